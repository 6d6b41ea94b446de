package docker

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// need skips the test when a tool is missing, and fails it in CI.
func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", tool)
	}
	t.Skipf("%s is missing: apt-get install %s", tool, tool)
}

func TestShellcheckFindsNothing(t *testing.T) {
	t.Parallel()
	need(t, "shellcheck")
	if out, err := exec.Command("shellcheck", "docker.sh").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestRefusesWhatDockerRefuses(t *testing.T) {
	t.Parallel()
	need(t, "jq")
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"a login without a password":      {[]string{"login", "--username", "AWS", "--password-stdin", "r.example"}, "interactive login"},
		"a context that is not there":     {[]string{"build", "--tag", "r.example/a:1", "missing"}, "unable to prepare context"},
		"an image that was not built":     {[]string{"push", "r.example/a:1"}, "does not exist locally"},
		"a command it does not stand for": {[]string{"run", "a"}, "not a docker command"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			standIn, err := Install(folder)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(filepath.Join(folder, "docker"), test.args...)
			cmd.Dir = folder
			cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), test.want) {
				t.Errorf("%v: %s, want an error about %q", err, out, test.want)
			}
			calls, err := standIn.Calls()
			if err != nil {
				t.Fatal(err)
			}
			if len(calls) != 1 || fmt.Sprint(calls[0].Argv) != fmt.Sprint(test.args) {
				t.Errorf("recorded %v, want %v", calls, test.args)
			}
		})
	}
}
