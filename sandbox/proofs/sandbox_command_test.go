package proofs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSandbox_Command runs the sandbox's own command as make does: killed in the middle,
// nothing stays behind; again, and it is made whole; again, and nothing changes.
func TestSandbox_Command(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	mark := "SANDBOX_STATE=" + state
	command := func(args ...string) (*exec.Cmd, *bytes.Buffer) {
		cmd := exec.CommandContext(t.Context(), filepath.Join(kit.Bin, "sandbox"), args...)
		cmd.Dir, cmd.Env = kit.Root, append(os.Environ(), mark)
		screen := &bytes.Buffer{}
		cmd.Stdout, cmd.Stderr = screen, screen
		return cmd, screen
	}

	killed, _ := command("up", "dev")
	screen, err := os.Create(filepath.Join(t.TempDir(), "screen"))
	if err != nil {
		t.Fatal(err)
	}
	killed.Stdout, killed.Stderr = screen, screen
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(screen.Name())
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("up does not get going: %v\n%s", err, text)
		}
		if strings.Count(string(text), " created (") >= 10 {
			break
		}
	}
	if err := killed.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := killed.Wait(); err == nil {
		t.Fatal("up was over before it could be killed")
	}
	nothingRuns(t, mark)

	for _, run := range []struct {
		args []string
		says []string
	}{
		{[]string{"up", "dev"}, []string{"the last run was killed", "prodgate:index:Gate", "contractVersion", "sandbox: up of dev: "}},
		{[]string{"up", "dev"}, []string{"sandbox: up of dev: nothing changed (319 resources), in "}},
		{[]string{"preview", "dev"}, []string{"319 unchanged", "sandbox: preview of dev: nothing was touched, in "}},
		{[]string{"refresh", "dev"}, []string{"sandbox: refresh of dev: nothing changed (319 resources), in "}},
		{[]string{"down", "dev"}, []string{"sandbox: destroy of dev: 319 to delete, 0 unchanged, in "}},
	} {
		cmd, screen := command(run.args...)
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %v\n%s", run.args, err, screen)
		}
		for _, text := range run.says {
			if !strings.Contains(screen.String(), text) {
				t.Errorf("%v does not say %q:\n%s", run.args, text, screen)
			}
		}
	}
	nothingRuns(t, mark)

	for _, wrong := range []struct {
		args []string
		says string
	}{
		{[]string{"up", "staging"}, `no stack "staging": there is no Pulumi.staging.yaml`},
		{[]string{"fly"}, `no command "fly"`},
		{nil, "usage: sandbox COMMAND [STACK]"},
	} {
		cmd, screen := command(wrong.args...)
		if err := cmd.Run(); err == nil || !strings.Contains(screen.String(), wrong.says) {
			t.Errorf("%v: %v, and says\n%s", wrong.args, err, screen)
		}
	}
}
