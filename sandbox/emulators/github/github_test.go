package github

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// seed is an organization with a private repository on a paid plan and a public
// one, and a token of each permission.
func seed() Seed {
	return Seed{
		Owner: Owner{Login: "example-org", Organization: true, Plan: Team},
		Users: []string{"alice", "bob"},
		Teams: []SeedTeam{{Slug: "maintainers", Members: []string{"alice"}}},
		Apps:  []SeedApp{{Slug: "aws-connector", Name: "AWS Connector"}},
		Repositories: []SeedRepository{
			{
				Name: "cruddur", Private: true, Branches: []string{"prod", "release/1"},
				Files:  map[string]string{"README.md": "# Cruddur\n", "docs/a.md": "a\n"},
				Access: map[string]Permission{"/alice": Write, "/bob": Read, "example-org/maintainers": Admin},
			},
			{Name: "public"},
		},
		Tokens: []Token{
			{Value: "t-admin", Login: "root", Permission: Admin},
			{Value: "t-write", Login: "alice", Permission: Write},
			{Value: "t-read", Login: "bob", Permission: Read},
			{Value: "t-none", Login: "mallory", Permission: None},
		},
	}
}

// client calls a server with a token.
type client struct {
	*testing.T
	*Server
	token string
}

// start creates a server with a fixed clock.
func start(t *testing.T, s Seed) client {
	t.Helper()
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	server, err := newServer(filepath.Join(t.TempDir(), "state.json"), s, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return client{t, server, "t-admin"}
}

func (c client) as(token string) client {
	c.token = token
	return c
}

// send makes a call and returns its whole response.
func (c client) send(call, body string, header ...string) *httptest.ResponseRecorder {
	c.Helper()
	method, path, _ := strings.Cut(call, " ")
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

// rest makes a call to the REST API and returns its decoded response.
func (c client) rest(status int, call, body string) any {
	c.Helper()
	w := c.send(strings.Replace(call, " ", " /api/v3", 1), body)
	if w.Code != status {
		c.Fatalf("%s: status %d, want %d: %s", call, w.Code, status, w.Body)
	}
	return decode(c.T, w.Body.String())
}

// expectError makes a call that must fail with a message.
func (c client) expectError(status int, message, call, body string) {
	c.Helper()
	answer, _ := c.rest(status, call, body).(object)
	if answer["message"] != message {
		c.Errorf("%s: message %q, want %q", call, answer["message"], message)
	}
}

// graphql runs a query and returns its data and its errors' messages.
func (c client) graphql(query string, variables object) (data object, messages []string) {
	c.Helper()
	w := c.send("POST /api/graphql", encodeJSON(object{"query": query, "variables": variables}))
	if w.Code != http.StatusOK {
		c.Fatalf("graphql: status %d: %s", w.Code, w.Body)
	}
	answer := decode(c.T, w.Body.String()).(object)
	problems, _ := answer["errors"].([]any)
	for _, p := range problems {
		messages = append(messages, p.(object)["message"].(string))
	}
	data, _ = answer["data"].(object)
	return data, messages
}

func decode(t *testing.T, body string) any {
	t.Helper()
	if body == "" {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("answer is not JSON: %v: %s", err, body)
	}
	return v
}

// at returns a value in decoded JSON by object keys and array indexes.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch s := step.(type) {
		case string:
			o, ok := v.(object)
			if !ok {
				t.Fatalf("no object to look for %q in: %v", s, v)
			}
			v = o[s]
		case int:
			a, ok := v.([]any)
			if !ok || s >= len(a) {
				t.Fatalf("no item %d in %v", s, v)
			}
			v = a[s]
		}
	}
	return v
}
