package github

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	apiURL = "https://api.github.com"
	webURL = "https://github.com"
)

// object is a JSON object of a response.
type object = map[string]any

// route is a REST call: the minimum permission on the repository in its path, and its
// handler. A pattern with {repo} has its repository looked up.
type route struct {
	pattern string
	minimum Permission
	handler func(*call) (any, error)
}

func routes() []route {
	return slices.Concat(accountRoutes, repositoryRoutes, refRoutes, contentRoutes,
		protectionRoutes, rulesetRoutes, environmentRoutes, actionsRoutes, pullRoutes)
}

// call is one REST call.
type call struct {
	*http.Request
	state  *state
	repo   *repository
	token  Token
	plan   Plan
	now    time.Time
	header http.Header
}

// response is a response with another status than its method's default.
type response struct {
	status int
	body   any
}

// apiError is an error response, the same for REST and GraphQL.
type apiError struct {
	status  int
	message string
	details []any
}

func (r *apiError) Error() string { return r.message }

func newError(status int, format string, args ...any) *apiError {
	return &apiError{status: status, message: fmt.Sprintf(format, args...)}
}

func notFound() *apiError { return newError(http.StatusNotFound, "Not Found") }

func forbidden() *apiError {
	return newError(http.StatusForbidden, "Resource not accessible by personal access token")
}

// checkPlan rejects what a free account has only for public repositories.
func checkPlan(r *repository, plan Plan) error {
	if r.Private && plan == Free {
		return newError(http.StatusForbidden, "Upgrade to GitHub Pro or make this repository public to enable this feature.")
	}
	return nil
}

func (s *Server) serveREST(r route) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body, err := s.answer(r, req, w.Header())
		var apiErr *apiError
		if errors.As(err, &apiErr) {
			out := object{
				"message": apiErr.message, "status": strconv.Itoa(apiErr.status),
				"documentation_url": "https://docs.github.com/rest",
			}
			if apiErr.details != nil {
				out["errors"] = apiErr.details
			}
			writeJSON(w, apiErr.status, out)
			return
		}
		if err != nil {
			writeJSON(w, http.StatusInternalServerError, object{"message": err.Error()})
			return
		}
		status := map[string]int{http.MethodPost: http.StatusCreated, http.MethodDelete: http.StatusNoContent}[req.Method]
		if given, ok := body.(response); ok {
			status, body = given.status, given.body
		}
		switch {
		case status != 0:
		case body == nil:
			status = http.StatusNoContent
		default:
			status = http.StatusOK
		}
		writeJSON(w, status, body)
	}
}

func (s *Server) answer(r route, req *http.Request, header http.Header) (any, error) {
	token, err := s.authenticate(req)
	if err != nil {
		return nil, err
	}
	c := &call{Request: req, state: s.state, token: token, plan: s.plan, now: s.now(), header: header}
	if strings.Contains(r.pattern, "{repo}") {
		c.repo = s.state.repository(c.PathValue("owner"), c.PathValue("repo"))
	} else if id := c.PathValue("repository_id"); id != "" {
		c.repo = find(s.state.Repositories, func(r *repository) bool { return strconv.FormatInt(r.ID, 10) == id })
	} else {
		return r.handler(c)
	}
	switch {
	case c.repo == nil, c.repo.Private && !token.Permission.includes(Read):
		return nil, notFound()
	case !token.Permission.includes(r.minimum) && r.minimum != Read:
		return nil, forbidden()
	}
	return r.handler(c)
}

// decode reads the body of a call.
func (c *call) decode(into any) error {
	if err := json.NewDecoder(c.Body).Decode(into); err != nil {
		return newError(http.StatusBadRequest, "Problems parsing JSON")
	}
	return nil
}

// page returns the requested page of a list and links to the next one.
func page[T any](c *call, items []T) []T {
	number := func(key string, fallback int) int {
		if n, err := strconv.Atoi(c.URL.Query().Get(key)); err == nil && n > 0 {
			return n
		}
		return fallback
	}
	size, current := min(number("per_page", 30), 100), number("page", 1)
	from, to := min((current-1)*size, len(items)), min(current*size, len(items))
	if to < len(items) {
		last := (len(items) + size - 1) / size
		link := func(n int, rel string) string {
			q := url.Values{"page": {strconv.Itoa(n)}, "per_page": {strconv.Itoa(size)}}
			return fmt.Sprintf("<%s%s?%s>; rel=%q", apiURL, strings.TrimPrefix(c.URL.Path, "/api/v3"), q.Encode(), rel)
		}
		c.header.Set("Link", link(current+1, "next")+", "+link(last, "last"))
	}
	return items[from:to]
}

// list renders each item into a JSON array, which is never null.
func list[T any](items []T, render func(T) object) []object {
	out := make([]object, 0, len(items))
	for _, item := range items {
		out = append(out, render(item))
	}
	return out
}

// find returns the first matching item, or nil.
func find[T any](items []*T, fits func(*T) bool) *T {
	if i := slices.IndexFunc(items, fits); i >= 0 {
		return items[i]
	}
	return nil
}

// without returns the list without one of its items.
func without[T any](items []*T, item *T) []*T {
	return slices.DeleteFunc(items, func(i *T) bool { return i == item })
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if body != nil {
		_, _ = w.Write([]byte(encodeJSON(body)))
	}
}

// recorder buffers a response until the state is saved.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// send adds GitHub's headers to a response: rate limit, request id and entity tag. A caller
// with a current entity tag gets a 304.
func (r *recorder) send(w http.ResponseWriter, req *http.Request, now time.Time) {
	resource := "core"
	if strings.HasSuffix(req.URL.Path, "/graphql") {
		resource = "graphql"
	}
	for key, value := range map[string]string{
		"Limit": "5000", "Remaining": "4999", "Used": "1", "Resource": resource,
		"Reset": strconv.FormatInt(now.Add(time.Hour).Unix(), 10),
	} {
		r.header.Set("X-RateLimit-"+key, value)
	}
	// The provider treats a response without this header as missing.
	r.header.Set("X-GitHub-Request-Id", strings.ToUpper(hash(req.Method + req.URL.String())[:16]))
	r.header.Set("X-GitHub-Media-Type", "github.v3; format=json")
	if resource == "core" && r.status < 300 && r.body.Len() > 0 {
		tag := fmt.Sprintf(`"%x"`, sha256.Sum256(r.body.Bytes()))
		r.header.Set("ETag", "W/"+tag)
		if req.Method == http.MethodGet && strings.TrimPrefix(req.Header.Get("If-None-Match"), "W/") == tag {
			r.status = http.StatusNotModified
			r.body.Reset()
		}
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body.Bytes())
}
