package proofs

import (
	"encoding/json"
	"net/http"
)

// asked is a call of the emulator.
type asked struct{ Service, Operation, Resource string }

// calls returns all calls since the last time.
func (w *world) calls() []asked {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.Cloud.AWS+"/sandbox/calls", nil)
	w.must(err)
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	defer func() { w.must(response.Body.Close()) }()
	var made []asked
	w.must(json.NewDecoder(response.Body).Decode(&made))
	return made
}
