package proofs

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// atWork matches the progress of an update that has made at least ten resources.
var atWork = regexp.MustCompile(`update: [1-9]\d+ of \d+ resources done`)

// TestSandbox_Command runs the sandbox's own command as make does: a killed run leaves no process, the
// next one completes the stack, and a further one changes nothing.
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
		if atWork.Match(text) {
			break
		}
	}
	if err := killed.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := killed.Wait(); err == nil {
		t.Fatal("up was over before it could be killed")
	}
	assertNoProcess(t, mark)

	const link = "https://eu-west-2.console.aws.amazon.com/codesuite/"
	for _, run := range []struct {
		args []string
		says []string
		// at most lines are printed; 0 is any number
		lines int
	}{
		{[]string{"up", "dev"}, []string{"the last run was killed", "prodgate:index:Gate", "contractVersion", "sandbox: up of dev: "}, 0},
		// A refresh right after the first up finds nothing to change, or to show.
		{[]string{"preview", "dev"}, []string{"250 unchanged", "sandbox: preview of dev: nothing was changed, in "}, 0},
		{[]string{"up", "dev"}, []string{"  250 resources, among them 1 pipeline, ",
			"pipeline of backend-flask: " + link + "codepipeline/pipelines/backend-flask-prodgate/view?region=eu-west-2\n",
			"pending: The connection to GitHub is PENDING", link + "settings/connections?region=eu-west-2, choose it",
			"make preview STACK=dev", "sandbox: up of dev: nothing changed (250 resources), in "}, 0},
		{[]string{"refresh", "dev"}, []string{"sandbox: refresh of dev: nothing changed (250 resources), in "}, 0},
		{[]string{"outputs", "dev"}, []string{"documents: make outputs STACK=dev OUTPUT=guardrails", "/prodgate/known-state"}, 30},
		{[]string{"outputs", "dev", "guardrails"}, []string{`"Effect": "Deny"`}, 0},
		{[]string{"down", "dev"}, []string{"sandbox: down of dev: 250 deleted, 0 unchanged, in "}, 0},
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
		if lines := strings.Count(screen.String(), "\n"); run.lines > 0 && lines > run.lines {
			t.Errorf("%v prints %d lines, more than %d:\n%s", run.args, lines, run.lines, screen)
		}
		if blocks := strings.Count(screen.String(), "(refresh)"); blocks > 1 { // the stack's own
			t.Errorf("%v shows %d resources as refreshed:\n%s", run.args, blocks, screen)
		}
		if documents := `"Effect": "Deny"`; len(run.args) < 3 && strings.Contains(screen.String(), documents) {
			t.Errorf("%v prints the guardrails", run.args)
		}
		if _, end, _ := strings.Cut(screen.String(), "  250 resources"); run.args[0] == "up" && strings.Count(end, "\n") >= 15 {
			t.Errorf("%v ends with too many lines:\n%s", run.args, end)
		}
	}
	assertNoProcess(t, mark)

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
