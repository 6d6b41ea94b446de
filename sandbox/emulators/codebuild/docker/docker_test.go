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

func TestBuildspec_ShellcheckFindsNothing(t *testing.T) {
	t.Parallel()
	need(t, "shellcheck")
	if out, err := exec.Command("shellcheck", "docker.sh").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestDocker_RejectWhatDockerRejects(t *testing.T) {
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

func TestDocker_RejectSecretLeaks(t *testing.T) {
	t.Parallel()
	need(t, "jq")
	for name, test := range map[string]struct {
		args string
		kit  string
		want string
	}{
		"a build argument":                 {"--build-arg TOKEN", "DOCKER_BUILDKIT=1", "unknown flag: --build-arg"},
		"a secret that is a file":          {"--secret id=TOKEN,src=token.txt", "DOCKER_BUILDKIT=1", "does not know: id=TOKEN,src=token.txt"},
		"a secret that is not set":         {"--secret id=OTHER,env=OTHER", "DOCKER_BUILDKIT=1", "the secret OTHER is empty"},
		"a secret that is an argument too": {"--label by=s3cr3t --secret id=TOKEN,env=TOKEN", "DOCKER_BUILDKIT=1", "the value of the secret TOKEN is among the arguments"},
		"a secret without BuildKit":        {"--secret id=TOKEN,env=TOKEN", "DOCKER_BUILDKIT=0", "requires BuildKit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if _, err := Install(folder); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(filepath.Join(folder, "docker"), append([]string{"build"}, strings.Fields(test.args+" .")...)...)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TOKEN=s3cr3t", test.kit}
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), test.want) {
				t.Errorf("%v: %s, want an error about %q", err, out, test.want)
			}
		})
	}
}
