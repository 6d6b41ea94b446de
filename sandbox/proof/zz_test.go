package proof

import (
	"encoding/json"
	"os"
	"testing"
)

func TestZZ(t *testing.T) {
	w := newWorld(t, "prod", replace("prodgate:protect: true", "prodgate:protect: false"))
	dump := func(n string) {
		b, _ := json.MarshalIndent(w.calls(), "", " ")
		os.WriteFile("/tmp/h/wcalls-"+n+".json", b, 0o644)
	}
	w.calls()
	t.Log(w.up())
	dump("up")
	t.Log(w.planned())
	t.Log(w.run("preview", "--refresh", "--diff"))
	dump("preview")
	w.run("refresh", "--yes")
	t.Log(w.lastChanges())
	dump("refresh")
	w.run("destroy", "--yes")
	dump("destroy")
}
