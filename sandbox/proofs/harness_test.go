package proofs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"prodgate/sandbox/engine/bridge"
	"prodgate/sandbox/engine/cloud"
	"prodgate/sandbox/engine/languagehost"
	"prodgate/sandbox/engine/stack"
	"prodgate/sandbox/toolchain"
)

var (
	kit *toolchain.Kit
	// runFolder holds the snapshots and the bridges of this run of the proofs.
	runFolder string
	// bridges are kept from one run of the engine to the next, of every proof.
	bridges *bridge.Pool
	spent   *meter
)

func TestMain(m *testing.M) {
	flag.Parse()
	started := time.Now()
	log := func(format string, args ...any) { fmt.Printf("proof: "+format+"\n", args...) }
	root, err := toolchain.Root()
	if err == nil {
		kit, err = toolchain.Prepare(context.Background(), root, log)
	}
	if err == nil {
		err = buildPrograms(context.Background())
	}
	if err == nil {
		runFolder, err = newRunFolder(os.TempDir())
	}
	if err == nil {
		bridges, err = bridge.NewPool(runFolder)
	}
	if err != nil {
		fmt.Println("proof:", err)
		os.Exit(1)
	}
	log("tools are ready (%s)", time.Since(started).Round(time.Second))
	spent = startMeter()
	code := m.Run()
	spent.report(os.Stdout)
	if err := bridges.Close(); err != nil {
		fmt.Println("proof:", err)
	}
	if err := os.RemoveAll(runFolder); err != nil {
		fmt.Println("proof:", err)
	}
	os.Exit(code)
}

// buildPrograms compiles the Pulumi programs once, for every run of the engine.
func buildPrograms(ctx context.Context) error {
	for _, program := range []string{kit.Root, filepath.Join(kit.Root, "examples", "app-team")} {
		if _, err := languagehost.Build(ctx, kit.Programs(), program); err != nil {
			return err
		}
	}
	return nil
}

// world is one stack on one emulated account, of a test's own.
type world struct {
	*testing.T
	*stack.Stack
	aws aws
	// silent is whether the stack has no rules for calls.
	silent bool
	// snapshot is the stack's initial state; nil if the proof brings the stack up itself.
	snapshot *snapshot
}

// edit changes a stack's configuration.
type edit func(string) string

// replace changes a text in the configuration, which must exist.
func replace(old, new string) edit {
	return func(text string) string {
		if !strings.Contains(text, old) {
			panic("the stack's configuration has no " + old)
		}
		return strings.Replace(text, old, new, 1)
	}
}

var response = regexp.MustCompile(`response: \w+`)

// quiet turns alerts on calls off: a test of something else need not create two hundred rules and
// targets, and read them back at every step.
func quiet(text string) string { return response.ReplaceAllString(text, "response: off") }

// newWorld starts emulators and prepares a stack of the repository's program.
func newWorld(t *testing.T, name string, edits ...edit) *world {
	t.Helper()
	return newWorldOf(t, name, func(*stack.Config) {}, edits...)
}

// newWorldOf is newWorld whose emulators begin with a changed seed.
func newWorldOf(t *testing.T, name string, seed func(*stack.Config), edits ...edit) *world {
	t.Helper()
	config := configOf(t, name, edits...)
	seed(config)
	w := startWorld(t, name, config, t.TempDir(), t.TempDir())
	t.Cleanup(w.stop)
	w.empty("before anything is done")
	return w
}

// startWorld starts emulators with the state in cloudDir, and prepares the stack whose state
// is in stackDir.
func startWorld(t *testing.T, name string, config *stack.Config, cloudDir, stackDir string) *world {
	t.Helper()
	spent.follow(filepath.Join(cloudDir, "aws.state"), t.Name())
	c, err := cloud.Start(t.Context(), kit, cloudDir, config.Account, config.GitHub, config.Organization, config.Workload, config.Roles...)
	if err != nil {
		t.Fatal(err)
	}
	spent.follow("AWS_ENDPOINT_URL="+c.AWS, t.Name())
	w := &world{T: t, aws: clients(t, c), silent: strings.Contains(string(config.Text), "response: off"), Stack: &stack.Stack{
		Kit: kit, Cloud: c, Name: name, Program: kit.Root, Dir: stackDir, Built: true, SavesOnce: true, Bridges: bridges.Address(),
	}}
	if err := w.Init(t.Context(), config.Text); err != nil {
		w.stop()
		t.Fatal(err)
	}
	return w
}

// stop ends the emulators, and asserts that they emulated every call.
func (w *world) stop() {
	if err := w.Cloud.Stop(); err != nil {
		w.Error(err)
	}
	for _, call := range w.Cloud.UnknownCalls() {
		w.Errorf("the GitHub emulator does not know %s", call)
	}
}

func configOf(t *testing.T, name string, edits ...edit) *stack.Config {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(kit.Root, "Pulumi."+name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		text = []byte(e(string(text)))
	}
	config, err := stack.ParseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// configure changes the configuration of a deployed stack, and adds to the emulators what it names.
func (w *world) configure(edits ...edit) {
	w.Helper()
	config := w.configOnly(edits...)
	w.must(w.Cloud.Seed(w.Context(), config.GitHub, config.Workload, config.Roles))
}

// configOnly is configure where the emulators lack what the configuration names.
func (w *world) configOnly(edits ...edit) *stack.Config {
	w.Helper()
	if w.silent {
		edits = append(edits, quiet)
	}
	config := configOf(w.T, w.Name, edits...)
	w.must(w.Configure(config.Text))
	return config
}

// pulumi runs the CLI and returns what it printed.
func (w *world) pulumi(args ...string) (string, error) {
	var out bytes.Buffer
	cmd := w.Command(w.Context(), args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// run runs the CLI, which must succeed.
func (w *world) run(args ...string) string {
	w.Helper()
	out, err := w.pulumi(args...)
	if err != nil {
		w.Fatalf("pulumi %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// diagnostics are what the CLI prints at the end of a failed run, each problem once. Its progress
// lines repeat the first line of a problem.
func diagnostics(out string) string {
	if _, after, found := strings.Cut(out, "Diagnostics:\n"); found {
		return after
	}
	return out
}

// fails runs the CLI, which must fail.
func (w *world) fails(args ...string) string {
	w.Helper()
	out, err := w.pulumi(args...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		w.Fatalf("pulumi %s has to fail: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// up brings the stack up and returns the number of changes, by operation.
func (w *world) up() map[string]int {
	w.Helper()
	w.run("up", "--yes", "--skip-preview", "--policy-pack", kit.Policy)
	return w.lastChanges()
}

// lastChanges is the number of changes of the last update or refresh, by operation, without "same".
func (w *world) lastChanges() map[string]int {
	w.Helper()
	files, err := filepath.Glob(filepath.Join(w.Dir, "state", ".pulumi", "history", "*", w.Name, "*.history.json"))
	w.must(err)
	if len(files) == 0 {
		w.Fatal("the stack has no history")
	}
	text, err := os.ReadFile(slices.Max(files)) // their names end with the time
	w.must(err)
	var update struct{ ResourceChanges map[string]int }
	w.must(json.Unmarshal(text, &update))
	delete(update.ResourceChanges, "same")
	return update.ResourceChanges
}

// planned lists the changes of an update: operations by "type name", from a preview with the policy
// pack. Unchanged resources are left out.
func (w *world) planned() map[string]string {
	w.Helper()
	return w.plannedAs(nil)
}

// plannedAs is planned with other credentials, which preview as preview.yml does; nil are the
// deployer's.
func (w *world) plannedAs(who awssdk.CredentialsProvider) map[string]string {
	w.Helper()
	cmd := w.commandAs(who, "preview", "--json", "--policy-pack", kit.Policy)
	if who != nil {
		cmd.Env = append(cmd.Env, "PULUMI_RUN_PROGRAM=true")
	}
	return w.steps(cmd)
}

func (w *world) steps(cmd *exec.Cmd) map[string]string {
	w.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		w.Fatalf("%s: %v\n%s%s", cmd, err, &stdout, &stderr)
	}
	var preview struct {
		Steps []struct{ Op, URN string }
	}
	w.must(json.Unmarshal(stdout.Bytes(), &preview))
	if len(preview.Steps) == 0 {
		w.Fatal("the preview has no steps at all")
	}
	steps := map[string]string{}
	for _, step := range preview.Steps {
		// Each resource is refreshed first; a difference shows in the next step.
		if step.Op != "same" && step.Op != "read" && step.Op != "refresh" {
			steps[nameOf(step.URN)] = step.Op
		}
	}
	return steps
}

// nameOf is "type name" of a URN.
func nameOf(urn string) string {
	return string(resource.URN(urn).Type()) + " " + resource.URN(urn).Name()
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// same fails when two values differ as JSON.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	x, err := json.MarshalIndent(want, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(g, x) {
		t.Errorf("%s is\n%s\nwant\n%s", what, g, x)
	}
}

// keys returns a map's keys, sorted.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// output returns an output of the stack that is a string, from the engine's state.
func (w *world) output(name string) string {
	w.Helper()
	text, err := os.ReadFile(w.stateFile())
	w.must(err)
	var state struct {
		Checkpoint struct {
			Latest struct {
				Resources []struct {
					Type    string
					Outputs map[string]any
				}
			}
		}
	}
	w.must(json.Unmarshal(text, &state))
	for _, r := range state.Checkpoint.Latest.Resources {
		if r.Type == "pulumi:pulumi:Stack" {
			value, is := r.Outputs[name].(string)
			if !is {
				w.Fatalf("the output %s is %v", name, r.Outputs[name])
			}
			return value
		}
	}
	w.Fatal("the state has no stack")
	return ""
}

// stateFile is the file of the stack's state.
func (w *world) stateFile() string {
	w.Helper()
	project, err := workspace.LoadProject(filepath.Join(w.Program, "Pulumi.yaml"))
	w.must(err)
	return filepath.Join(w.Dir, "state", ".pulumi", "stacks", string(project.Name), w.Name+".json")
}
