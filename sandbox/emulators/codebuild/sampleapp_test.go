package codebuild

import (
	"bufio"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"prodgate/pkg/buildspec"
	"prodgate/sandbox/emulators/codebuild/zap"
	"prodgate/sandbox/toolchain"
)

// serve prints its port and serves the app.
const serve = `
import app, werkzeug.serving
server = werkzeug.serving.make_server("127.0.0.1", 0, app.app)
print(server.server_port, flush=True)
server.serve_forever()`

// sampleApp runs the sample app, with a change of its source.
func sampleApp(t *testing.T, from, to string) http.Handler {
	t.Helper()
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	kit, err := toolchain.Prepare(t.Context(), root, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, "examples", "backend-flask", "app.py"))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(source), from, to, 1)
	if (changed == string(source)) != (from == to) {
		t.Fatalf("the sample app has no %s", from)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "app.py"), []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	// It ends with the test.
	cmd := exec.CommandContext(t.Context(), kit.Python, "-c", serve)
	cmd.Dir = folder
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the sample app does not start: %v", err)
	}
	return httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "127.0.0.1:" + strings.TrimSpace(port)})
}

// TestSampleApp_Gates runs the sample app against the gates that test a running app.
func TestSampleApp_Gates(t *testing.T) {
	t.Parallel()
	need(t, "jq", "apt-get install jq")
	need(t, "curl", "apt-get install curl")
	net := online(t)
	for host, c := range map[string]struct{ from, to, refused string }{
		"sample.example.com":  {},
		"version.example.com": {`"ver": 1`, `"ver": 2`, "ver is 2, not 1"},
		"failing.example.com": {"True", "False", "success is false, not true"},
		"broken.example.com":  {"return {", "raise Exception(0)\n    return {", "answers with status 500"},
	} {
		t.Run(host, func(t *testing.T) {
			net.Handle(host, sampleApp(t, c.from, c.to))
			g := healthGate(t, net, host)
			g.set(buildspec.Health, `{"url":"https://`+host+`/api/health-check","expect":{"success":true,"ver":1},"seconds":1}`)
			if c.refused != "" {
				g.refuses(t, c.refused, "after 1 seconds")
				return
			}
			g.passes(t, "backend runs sha256:bbbbbbbbbbbb and answers as expected", "answers as expected")
		})
	}

	t.Run("from outside", func(t *testing.T) {
		g := zapGate(t, sampleApp(t, "", ""), zap.Script)
		g.set(buildspec.TargetURL, "https://app.example.com/api/health-check")
		g.passes(t, "ZAP 2.17.0: 0 findings of medium or above, 0 accepted, 3 below", "below medium: LOW 10021")
	})
}
