package bridge

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestProxy_Point sends calls, unchanged, to the emulator that the proxy points at.
func TestProxy_Point(t *testing.T) {
	emulator := func(name string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s %s %s %s", name, r.Method, r.RequestURI, r.Header.Get("Authorization"), body)
		}))
		t.Cleanup(s.Close)
		return s
	}
	first, second := emulator("first"), emulator("second")
	p, err := newProxy(first.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.close() })
	for _, to := range []*httptest.Server{first, second, first} {
		if err := p.point(to.URL); err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, p.url+"/bucket/a%2Fb?policy&x=1;2", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "signed")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		name := map[*httptest.Server]string{first: "first", second: "second"}[to]
		if want := name + " PUT /bucket/a%2Fb?policy&x=1;2 signed body"; string(text) != want || p.target() != to.URL {
			t.Errorf("%q, want %q", text, want)
		}
	}
}
