package zap

import (
	"os"
	"os/exec"
	"testing"
)

func TestBuildspec_ShellcheckFindsNothing(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("shellcheck"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("shellcheck is missing")
		}
		t.Skip("shellcheck is missing: apt-get install shellcheck")
	}
	if out, err := exec.Command("shellcheck", "zap.sh").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
