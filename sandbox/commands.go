package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"prodgate/sandbox/engine/cloud"
	"prodgate/sandbox/engine/recovery"
	"prodgate/sandbox/engine/screen"
	"prodgate/sandbox/engine/stack"
	"prodgate/sandbox/mutation"
	"prodgate/sandbox/toolchain"
)

// commands are by name; each takes a stack and what stands behind it.
var commands = map[string]func(ctx context.Context, stack string, rest ...string) error{
	"tools":   tools,
	"up":      up,
	"preview": preview,
	"refresh": refresh,
	"down":    down,
	"outputs": outputs,
	"lint":    onPython(toolchain.CheckPython),
	"fmt":     onPython(toolchain.FormatPython),
	"mutate":  mutate,
}

func tools(ctx context.Context, _ string, _ ...string) error {
	started := time.Now()
	root, err := toolchain.Root()
	if err != nil {
		return err
	}
	if _, err := toolchain.Prepare(ctx, root, say); err != nil {
		return err
	}
	if err := toolchain.PrepareTests(ctx, root, say); err != nil {
		return err
	}
	say("tools are ready (%s)", time.Since(started).Round(time.Second))
	return nil
}

// onPython is a command for the repository's Python code, which needs no stack.
func onPython(do func(context.Context, string, toolchain.Log) error) func(context.Context, string, ...string) error {
	return func(ctx context.Context, _ string, _ ...string) error {
		root, err := toolchain.Root()
		if err != nil {
			return err
		}
		return do(ctx, root, say)
	}
}

// mutate prints how many mutants of a package its tests kill, and those that survive.
func mutate(ctx context.Context, pkg string, _ ...string) error {
	root, err := toolchain.Root()
	if err != nil {
		return err
	}
	gremlins, err := toolchain.PrepareGremlins(ctx, root, say)
	if err != nil {
		return err
	}
	result, err := mutation.Measure(ctx, root, pkg, gremlins)
	if err != nil {
		return err
	}
	for _, survivor := range result.Survivors {
		fmt.Println(survivor)
	}
	fmt.Println(result)
	return nil
}

func up(ctx context.Context, name string, _ ...string) error {
	return onCloud(ctx, name, "up", func(s *stack.Stack) error {
		return update(ctx, s, "up", "--yes", "--suppress-outputs", "--policy-pack", s.Kit.Policy)
	})
}

func preview(ctx context.Context, name string, _ ...string) error {
	return onCloud(ctx, name, "preview", func(s *stack.Stack) error {
		return attach(ctx, s, "preview", "--diff", "--suppress-outputs", "--policy-pack", s.Kit.Policy)
	})
}

func refresh(ctx context.Context, name string, _ ...string) error {
	return onCloud(ctx, name, "refresh", func(s *stack.Stack) error {
		return attach(ctx, s, "refresh", "--yes", "--diff", "--suppress-outputs")
	})
}

func down(ctx context.Context, name string, _ ...string) error {
	return onCloud(ctx, name, "down", func(s *stack.Stack) error {
		// Nothing in a sandbox is worth protecting; on a real account this is
		// the owner's decision (prodgate:protect).
		if out, err := s.Command(ctx, "state", "unprotect", "--all", "--yes").CombinedOutput(); err != nil {
			return fmt.Errorf("unprotect: %w\n%s", err, out)
		}
		return update(ctx, s, "destroy", "--yes")
	})
}

// outputs lists the outputs of a stack, or prints one of them as JSON.
func outputs(ctx context.Context, name string, rest ...string) error {
	s, config, unlock, err := open(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	s.Cloud = &cloud.Cloud{}
	if err := s.Init(ctx, config.Text); err != nil {
		return err
	}
	if len(rest) == 0 || rest[0] == "" {
		return printOutputs(ctx, s)
	}
	text, err := read(s.Command(ctx, "stack", "output", "--json", rest[0]))
	if err != nil {
		return err
	}
	fmt.Print(string(decodeDocuments(text)))
	return nil
}

// decodeDocuments indents JSON, also where it is text inside a list.
func decodeDocuments(text []byte) []byte {
	var texts []string
	if json.Unmarshal(text, &texts) == nil {
		documents := make([]json.RawMessage, 0, len(texts))
		for _, t := range texts {
			if json.Valid([]byte(t)) {
				documents = append(documents, json.RawMessage(t))
			}
		}
		if all, err := json.Marshal(documents); err == nil && len(documents) == len(texts) {
			text = all
		}
	}
	var out bytes.Buffer
	if json.Indent(&out, text, "", "  ") != nil {
		return text
	}
	return append(bytes.TrimSpace(out.Bytes()), '\n')
}

func say(format string, args ...any) { fmt.Printf("sandbox: "+format+"\n", args...) }

// folder is where a stack is kept. It is this process's until unlock.
func folder(root, name string) (dir string, unlock func(), err error) {
	dir = filepath.Join(cmp.Or(os.Getenv("SANDBOX_STATE"), filepath.Join(root, ".sandbox", "stacks")), name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, err
	}
	unlock, err = toolchain.Lock(filepath.Join(dir, "lock"), func() {
		say("another run is busy with stack %s: waiting for it", name)
	})
	return dir, unlock, err
}

// open prepares the tools and takes the folder of a stack, without a cloud, until unlock.
func open(ctx context.Context, name string) (s *stack.Stack, config *stack.Config, unlock func(), err error) {
	root, err := toolchain.Root()
	if err != nil {
		return nil, nil, nil, err
	}
	if config, err = stack.ReadConfig(root, name); err != nil {
		return nil, nil, nil, err
	}
	kit, err := toolchain.Prepare(ctx, root, say)
	if err != nil {
		return nil, nil, nil, err
	}
	dir, unlock, err := folder(root, name)
	if err != nil {
		return nil, nil, nil, err
	}
	return &stack.Stack{Kit: kit, Name: name, Program: root, Dir: dir}, config, unlock, nil
}

// onCloud runs what do does on a stack, between the start and the end of its
// emulators, and closes with a line that says what happened.
func onCloud(ctx context.Context, name, kind string, do func(*stack.Stack) error) (err error) {
	started := time.Now()
	s, config, unlock, err := open(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	c, err := cloud.Start(ctx, s.Kit, s.Dir, config.Account, config.GitHub, config.Organization, config.Workload, config.Roles...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(c.Stop(), err) }()
	say("emulated %s are up (%s)", emulated(config), time.Since(started).Round(time.Second))
	for _, key := range config.Unreadable {
		say("%s is a secret, and its passphrase is not in PULUMI_CONFIG_PASSPHRASE: \"sandbox\" stands in for it", key)
	}

	s.Cloud = c
	if err := s.Init(ctx, config.Text); err != nil {
		return err
	}
	if err := recovery.Recover(ctx, s, config.Region, say); err != nil {
		return fmt.Errorf("recover from a killed run: %w", err)
	}
	err = do(s)
	took := time.Since(started).Round(time.Second)
	if err != nil {
		return errors.New(whatNext(ctx, name, kind, took))
	}
	what, err := last(ctx, s, kind)
	if err != nil {
		return err
	}
	if kind == "up" {
		if err := summarize(ctx, s); err != nil {
			return err
		}
	}
	say("%s of %s: %s, in %s", kind, name, what, took)
	return nil
}

// emulated names the services that stand for real ones.
func emulated(config *stack.Config) string {
	services := "AWS services of account " + config.Account
	if owner := config.GitHub.Owner.Login; owner != "" {
		services += " and GitHub of " + owner
	}
	return services
}

// whatNext is the last line of a run that failed or was stopped. The engine has
// said why.
func whatNext(ctx context.Context, name, kind string, took time.Duration) string {
	ended := "failed"
	if ctx.Err() != nil {
		ended = "was stopped"
	}
	line := fmt.Sprintf("%s of %s %s after %s", kind, name, ended, took)
	switch kind {
	case "preview":
		return line + "; nothing was changed"
	case "up":
		return fmt.Sprintf("%s; what was made is kept: `make up STACK=%s` goes on, `make down STACK=%[2]s` removes it", line, name)
	}
	return fmt.Sprintf("%s; `make %s STACK=%s` goes on", line, kind, name)
}

// update runs a command of the CLI that changes the stack: on a terminal with the
// engine's live display, else with lines of progress and, at the end, the tree of
// resources and the outputs where something changed.
func update(ctx context.Context, s *stack.Stack, args ...string) error {
	if term.IsTerminal(int(os.Stdout.Fd())) {
		return attach(ctx, s, args...)
	}
	if err := screen.Follow(s.Command(ctx, args...), os.Stdout); err != nil {
		return fmt.Errorf("pulumi %s: %w", args[0], err)
	}
	changes, _, err := lastChanges(ctx, s)
	if err != nil || args[0] != "up" || len(changes) == 0 {
		return err
	}
	text, err := read(s.Command(ctx, "stack"))
	if err != nil {
		return err
	}
	_, tree, _ := strings.Cut(string(text), "Current stack resources")
	tree, _, _ = strings.Cut(tree, "Current stack outputs")
	fmt.Println("Resources" + strings.TrimRight(tree, "\n") + "\nOutputs:")
	return printOutputs(ctx, s)
}

// attach runs a command of the CLI on this process's screen.
func attach(ctx context.Context, s *stack.Stack, args ...string) error {
	err := screen.Attach(ctx, func(ctx context.Context) *exec.Cmd { return s.Command(ctx, args...) })
	if err != nil {
		return fmt.Errorf("pulumi %s: %w", args[0], err)
	}
	return nil
}

// read is what a command of the CLI prints.
func read(cmd *exec.Cmd) ([]byte, error) {
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args[1:], " "), err, &problems)
	}
	return out, nil
}

func printOutputs(ctx context.Context, s *stack.Stack) error {
	text, err := read(s.Command(ctx, "stack", "output", "--json"))
	if err != nil {
		return err
	}
	return printLines(screen.Outputs(s.Name, text))
}

func summarize(ctx context.Context, s *stack.Stack) error {
	text, err := read(s.Command(ctx, "stack", "export"))
	if err != nil {
		return err
	}
	return printLines(screen.Summary(s.Name, text))
}

func printLines(lines []string, err error) error {
	for _, line := range lines {
		fmt.Println(line)
	}
	return err
}

// last is what the last update of a kind did.
func last(ctx context.Context, s *stack.Stack, kind string) (string, error) {
	if kind == "preview" {
		return "nothing was changed", nil
	}
	changes, same, err := lastChanges(ctx, s)
	if err != nil {
		return "", err
	}
	if len(changes) == 0 {
		return fmt.Sprintf("nothing changed (%d resources)", same), nil
	}
	var parts []string
	for _, op := range slices.Sorted(maps.Keys(changes)) {
		parts = append(parts, fmt.Sprintf("%d %s", changes[op], cmp.Or(past[op], op)))
	}
	return fmt.Sprintf("%s, %d unchanged", strings.Join(parts, ", "), same), nil
}

// past is what the engine's operations are called when they are over.
var past = map[string]string{
	"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced",
	"create-replacement": "created as replacements", "delete-replaced": "deleted after replacement",
	"import": "imported", "discard": "forgotten",
}

// lastChanges counts what the engine's last update did, by operation, and what it
// left as it was.
func lastChanges(ctx context.Context, s *stack.Stack) (changes map[string]int, same int, err error) {
	out, err := read(s.Command(ctx, "stack", "history", "--json", "--page-size", "1"))
	if err != nil {
		return nil, 0, err
	}
	var updates []struct {
		ResourceChanges map[string]int
	}
	if err := json.Unmarshal(out, &updates); err != nil {
		return nil, 0, fmt.Errorf("history: %w", err)
	}
	if len(updates) == 0 {
		return nil, 0, nil
	}
	changes = updates[0].ResourceChanges
	same = changes["same"]
	delete(changes, "same")
	return changes, same, nil
}
