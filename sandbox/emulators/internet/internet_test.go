package internet_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"prodgate/sandbox/emulators/internet"
)

func TestInternet_ServeOnlyItsHosts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	net, err := internet.Start(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer net.Close()
	file := filepath.Join(folder, "tool")
	if err := os.WriteFile(file, []byte("a tool"), 0o600); err != nil {
		t.Fatal(err)
	}
	net.Handle("tools.example.com", internet.Files(map[string]string{"/v1/tool": file}))
	for _, name := range []string{"one", "two"} {
		if err := net.Serve("https://releases.example.com/"+name, file); err != nil {
			t.Fatal(err)
		}
	}
	if err := net.Serve("http://releases.example.com/three", file); err == nil {
		t.Error("a file is served without TLS")
	}
	net.Handle("app.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Method + " " + r.Host))
	}))

	for url, want := range map[string]string{
		"https://tools.example.com/v1/tool":    "a tool",
		"https://app.example.com/health-check": "GET app.example.com",
		"https://tools.example.com/v2/tool":    "",
		"https://releases.example.com/one":     "a tool",
		"https://releases.example.com/two":     "a tool",
		"https://releases.example.com/three":   "",
		"https://other.example.com/":           "",
		"http://app.example.com/health-check":  "",
	} {
		cmd := exec.Command("curl", "--silent", "--fail", url)
		cmd.Env = append(net.Env(), "PATH="+os.Getenv("PATH"))
		out, err := cmd.Output()
		if string(out) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v; want %q", url, out, err, want)
		}
	}
	if asked := strings.Join(net.Requests(), " "); !strings.Contains(asked, "https://tools.example.com/v1/tool") {
		t.Errorf("asked for: %s", asked)
	}
}
