package buildspec

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestBuildspec_ShellcheckFindsNothing(t *testing.T) {
	t.Parallel()
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("shellcheck is missing")
		}
		t.Skip("shellcheck is missing: apt-get install shellcheck")
	}
	eachBuildspec(t, func(t *testing.T, text string) {
		for _, script := range parse(t, text).commands() {
			// What is in single quotes jq expands, or a shell that is started: SC2016 takes it
			// for a mistake.
			cmd := exec.Command(shellcheck, "--shell=bash", "--exclude=SC2016", "-")
			cmd.Stdin = strings.NewReader(script)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		}
	})
}
