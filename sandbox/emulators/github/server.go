package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// Server is the emulator. It is safe for concurrent use and serves one call at a time.
type Server struct {
	file   string
	plan   Plan
	tokens []Token
	schema *ast.Schema
	mux    *http.ServeMux
	now    func() time.Time

	mu      sync.Mutex
	state   *state
	saved   []byte
	unknown []string
	http    *http.Server
}

// New loads the state file, if it exists, and adds the seed to it.
func New(stateFile string, seed Seed) (*Server, error) {
	return newServer(stateFile, seed, func() time.Time { return time.Now().UTC().Truncate(time.Second) })
}

func newServer(stateFile string, seed Seed, now func() time.Time) (*Server, error) {
	if err := seed.check(); err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	st, err := loadState(stateFile)
	if err != nil {
		return nil, err
	}
	schema, err := loadSchema()
	if err != nil {
		return nil, err
	}
	if len(seed.Tokens) == 0 {
		seed.Tokens = []Token{{Login: seed.Owner.admin(), Permission: Admin}}
	}
	s := &Server{
		file: stateFile, plan: seed.Owner.Plan, tokens: seed.Tokens,
		schema: schema, mux: http.NewServeMux(), now: now, state: st,
	}
	seed.applyTo(st, s.now())
	s.mux.HandleFunc("POST /api/graphql", s.serveGraphQL)
	s.mux.HandleFunc("/", s.serveUnknown)
	for _, r := range routes() {
		method, path, _ := strings.Cut(r.pattern, " ")
		s.mux.HandleFunc(method+" /api/v3"+path, s.serveREST(r))
	}
	return s, s.Save()
}

// Seed adds what the state does not have of a seed.
func (s *Server) Seed(seed Seed) error {
	if err := seed.check(); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seed.applyTo(s.state, s.now())
	return s.save()
}

// Listen serves on the loopback interface, until Close, and returns the base URL
// for GITHUB_BASE_URL. The port is that of the earlier server, unless it is in use: the URL is
// one of a stack's inputs, and should not change with a run.
func (s *Server) Listen() (string, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.state.Port))
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return "", fmt.Errorf("github emulator: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Port = l.Addr().(*net.TCPAddr).Port
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func(h *http.Server) { _ = h.Serve(l) }(s.http)
	return "http://" + l.Addr().String() + "/", nil
}

// Close stops listening after the current calls, and saves the state.
func (s *Server) Close() error {
	s.mu.Lock()
	h := s.http
	s.http = nil
	s.mu.Unlock()
	var err error
	if h != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = h.Shutdown(ctx)
	}
	return errors.Join(err, s.Save())
}

// Save writes the state file, if the state has changed since it was written.
func (s *Server) Save() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.save()
}

func (s *Server) save() error {
	data, err := json.MarshalIndent(s.state, "", "  ")
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	if bytes.Equal(data, s.saved) {
		return nil
	}
	if err := writeFile(s.file, data); err != nil {
		return err
	}
	s.saved = data
	return nil
}

// UnknownCalls lists the calls that are not emulated, in order.
func (s *Server) UnknownCalls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.unknown)
}

// ServeHTTP serves one call. Its changes are in the state file before the response
// is sent.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := &recorder{header: w.Header(), status: http.StatusOK}
	s.mux.ServeHTTP(answer, r)
	if err := s.save(); err != nil {
		answer.status = http.StatusInternalServerError
		answer.body.Reset()
		_ = json.NewEncoder(&answer.body).Encode(object{"message": err.Error()})
	}
	answer.send(w, r, s.now())
}

func (s *Server) serveUnknown(w http.ResponseWriter, r *http.Request) {
	what := r.Method + " " + r.URL.Path
	s.unknown = append(s.unknown, what)
	writeJSON(w, http.StatusNotImplemented, object{"message": "not emulated: " + what})
}

// authenticate finds the token of a call. A token without a value matches every call.
func (s *Server) authenticate(r *http.Request) (Token, error) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if value == "" {
		return Token{}, newError(http.StatusUnauthorized, "Requires authentication")
	}
	for _, t := range s.tokens {
		if (strings.EqualFold(scheme, "bearer") || strings.EqualFold(scheme, "token")) && (t.Value == value || t.Value == "") {
			return t, nil
		}
	}
	return Token{}, newError(http.StatusUnauthorized, "Bad credentials")
}
