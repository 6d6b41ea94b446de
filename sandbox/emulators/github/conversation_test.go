package github

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// turn is one call that terraform-provider-github made, and its response.
type turn struct {
	Call        string          `json:"call"`
	Body        json.RawMessage `json:"body,omitempty"`
	IfNoneMatch string          `json:"ifNoneMatch,omitempty"`
	Status      int             `json:"status"`
	Answer      json.RawMessage `json:"answer,omitempty"`
}

// TestProvider_ReplayConversations repeats the calls of terraform-provider-github 6.13.0
// while it created, read, updated, read again and deleted a resource, with
// "No changes" planned after each step. The responses that satisfied it then are
// expected now.
func TestProvider_ReplayConversations(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := start(t, seed())
			lines := bufio.NewScanner(bytes.NewReader(data))
			lines.Buffer(nil, 1<<20)
			for n := 1; lines.Scan(); n++ {
				var want turn
				if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
					t.Fatalf("line %d: %v", n, err)
				}
				got := c.send(want.Call, string(want.Body), "If-None-Match", want.IfNoneMatch)
				if got.Code != want.Status || !sameJSON(t, got.Body.Bytes(), want.Answer) {
					t.Fatalf("line %d: %s\n got %d %s\nwant %d %s", n, want.Call, got.Code, got.Body, want.Status, want.Answer)
				}
				if got.Code == http.StatusNotImplemented {
					t.Errorf("line %d: %s is not emulated", n, want.Call)
				}
			}
			if unknown := c.UnknownCalls(); len(unknown) > 0 {
				t.Errorf("not emulated: %q", unknown)
			}
		})
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	return encodeJSON(decode(t, string(a))) == encodeJSON(decode(t, string(b)))
}
