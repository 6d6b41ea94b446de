package proofs

import (
	"encoding/json"
	"net/http"
)

// asked is an operation of a service that the emulator was asked for.
type asked struct{ Service, Operation, Resource string }

// calls are those since the last time, whoever made them.
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
