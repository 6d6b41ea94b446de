package proofs

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"prodgate/sandbox/engine/recovery"
)

// TestStack_KilledUpdate kills the engine (SIGKILL) at several points of an update. Afterwards no process
// runs, another update completes the stack, and a destroy deletes everything: nothing is lost and
// nothing is created twice.
func TestStack_KilledUpdate(t *testing.T) {
	t.Parallel()
	for _, created := range []int{4, 25, 60} {
		t.Run("after "+strconv.Itoa(created)+" creations", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "dev", setSecrets("name: TOKEN"), quiet)
			w.Bridges, w.SavesOnce = "", false // as a user runs it: what is left running is looked for
			w.killUpdateAfter(created)
			w.assertNoProcess()

			w.must(recovery.Recover(w.Context(), w.Stack, region, t.Logf))
			w.up()
			w.full()
			w.deployed("backend-flask")
			if keys := w.inventory()["keys"]; len(keys) != 7 {
				t.Errorf("KMS keys are %v, want seven", keys)
			}
			same(t, "a preview after the recovery", w.planned(), map[string]string{})
			w.run("destroy", "--yes")
			w.empty("after destroy")
		})
	}
}

// killUpdateAfter starts an update and kills the engine after a number of created resources.
func (w *world) killUpdateAfter(created int) {
	w.Helper()
	screen, err := os.Create(filepath.Join(w.TempDir(), "screen"))
	w.must(err)
	cmd := w.Command(w.Context(), "up", "--yes", "--skip-preview")
	cmd.Stdout, cmd.Stderr = screen, screen
	w.must(cmd.Start())
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("the update did not create %d resources", created)
		}
		text, err := os.ReadFile(screen.Name())
		w.must(err)
		if strings.Count(string(text), " created (") >= created {
			break
		}
	}
	w.must(cmd.Process.Signal(syscall.SIGKILL))
	if err := cmd.Wait(); err == nil {
		w.Fatal("the update was over before it could be killed")
	}
}

// assertNoProcess fails if a process of this stack, which has the stack's PULUMI_HOME, still runs some
// seconds after the engine was killed.
func (w *world) assertNoProcess() {
	w.Helper()
	assertNoProcess(w.T, "PULUMI_HOME="+filepath.Join(w.Dir, "home"))
}

// assertNoProcess fails if a process with a mark in its environment keeps running.
func assertNoProcess(t *testing.T, mark string) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		left = nil
		environments, err := filepath.Glob("/proc/[0-9]*/environ")
		if err != nil || len(environments) == 0 {
			t.Fatalf("no /proc: what runs cannot be seen here: %v", err)
		}
		for _, file := range environments {
			text, err := os.ReadFile(file)
			if err != nil || !strings.Contains(string(text), mark) {
				continue // ended in between, or somebody else's
			}
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
			left = append(left, strings.ReplaceAll(string(command), "\x00", " "))
		}
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("still running: %q", left)
}

// TestStack_TwoUpdatesAtOnce runs two updates of one stack at once: one succeeds, the other prints the
// reason and changes nothing.
func TestStack_TwoUpdatesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev", quiet)
	first := w.Command(w.Context(), "up", "--yes", "--skip-preview")
	w.must(first.Start())
	locks := filepath.Join(w.Dir, "state", ".pulumi", "locks", "organization", "prodgate", "dev", "*")
	for held := []string{}; len(held) == 0; time.Sleep(10 * time.Millisecond) {
		held, _ = filepath.Glob(locks)
	}
	out := w.fails("up", "--yes", "--skip-preview")
	if !strings.Contains(out, "the stack is currently locked by 1 lock(s)") {
		t.Errorf("the second update fails for another reason:\n%s", out)
	}
	w.must(first.Wait())
	same(t, "a preview after both", w.planned(), map[string]string{})
	w.run("destroy", "--yes")
	w.empty("after destroy")
}

// TestStack_RefuseBeforeCreate covers problems of a whole stack: the update ends with one error and its
// remedy, and nothing is created.
func TestStack_RefuseBeforeCreate(t *testing.T) {
	t.Parallel()
	account := newWorld(t, "dev") // nothing is made in it, so that all can be refused in one
	for name, test := range map[string]struct {
		edit edit
		want []string
	}{
		"credentials of another account": {
			func(s string) string { return strings.ReplaceAll(s, "111111111111", "333333333333") },
			[]string{`prodgate:account: "333333333333"`, "sign in to"},
		},
		"three bad settings at once": {
			func(s string) string {
				s = replace("reviews: 1", "reviews: 9")(s)
				s = replace("guardDuty: create", "guardDuty: maybe")(s)
				return replace("service: backend-flask", "servcie: backend-flask")(s)
			},
			[]string{"prodgate:source.reviews: 9", `prodgate:detection.guardDuty: "maybe"`, "prodgate:apps[0].servcie"},
		},
		"an account that YAML reads as an octal number": {
			replace(`"111111111111"`, "012345670123"),
			[]string{"prodgate:account", "1402433619", "quotes"},
		},
		"a connection that does not exist": {
			replace("    reviews: 1\n", "    reviews: 1\n    connectionArn: arn:aws:codeconnections:eu-west-2:111111111111:connection/00000000-0000-0000-0000-000000000000\n"),
			[]string{"prodgate:source.connectionArn", "correct the ARN"},
		},
		"a detector to adopt where there is none": {
			replace("guardDuty: create", "guardDuty: adopt"),
			[]string{"prodgate:detection.guardDuty", "set it to create"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := *account // the account stays that of the stack as it is
			w.T = t
			w.must(w.Configure(configOf(t, "dev", test.edit).Text))
			out := w.fails("up", "--yes")
			for _, want := range test.want {
				if !strings.Contains(out, want) {
					t.Errorf("the error does not say %s:\n%s", want, out)
				}
			}
			if strings.Contains(out, "panic") || strings.Contains(out, "goroutine") {
				t.Errorf("a panic:\n%s", out)
			}
			w.empty("after the refusal")
		})
	}
}
