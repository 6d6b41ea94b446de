package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"prodgate/sandbox/engine/cloud"
	"prodgate/sandbox/engine/recovery"
	"prodgate/sandbox/engine/stack"
	"prodgate/sandbox/toolchain"
)

var commands = map[string]func(context.Context, string) error{
	"tools": func(ctx context.Context, _ string) error {
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
	},
	"up": func(ctx context.Context, name string) error {
		return on(ctx, name, "up", func(s *stack.Stack) error {
			return show(ctx, s, "up", "--yes", "--policy-pack", s.Kit.Policy)
		})
	},
	"preview": func(ctx context.Context, name string) error {
		return on(ctx, name, "preview", func(s *stack.Stack) error {
			return show(ctx, s, "preview", "--diff", "--policy-pack", s.Kit.Policy)
		})
	},
	"refresh": func(ctx context.Context, name string) error {
		return on(ctx, name, "refresh", func(s *stack.Stack) error {
			return show(ctx, s, "refresh", "--yes", "--diff")
		})
	},
	"down": func(ctx context.Context, name string) error {
		return on(ctx, name, "destroy", func(s *stack.Stack) error {
			// Nothing in a sandbox is worth protecting; on a real account this is
			// the owner's decision (prodgate:protect).
			if err := show(ctx, s, "state", "unprotect", "--all", "--yes"); err != nil {
				return err
			}
			return show(ctx, s, "destroy", "--yes")
		})
	},
}

func say(format string, args ...any) { fmt.Printf("sandbox: "+format+"\n", args...) }

// on runs what do does on a stack, between the start and the end of its
// emulators, and closes with a line that says what happened.
func on(ctx context.Context, name, kind string, do func(*stack.Stack) error) (err error) {
	started := time.Now()
	root, err := toolchain.Root()
	if err != nil {
		return err
	}
	config, err := stack.ReadConfig(root, name)
	if err != nil {
		return err
	}
	kit, err := toolchain.Prepare(ctx, root, say)
	if err != nil {
		return err
	}
	dir := filepath.Join(cmp.Or(os.Getenv("SANDBOX_STATE"), filepath.Join(root, ".sandbox", "stacks")), name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	unlock, err := toolchain.Lock(filepath.Join(dir, "lock"), func() {
		say("another run is busy with stack %s: waiting for it", name)
	})
	if err != nil {
		return err
	}
	defer unlock()
	c, err := cloud.Start(ctx, kit, dir, config.Account, config.GitHub, config.Organization, config.Roles...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	say("emulated AWS of account %s and GitHub of %s are up (%s)", config.Account, config.GitHub.Owner.Login, time.Since(started).Round(time.Second))

	s := &stack.Stack{Kit: kit, Cloud: c, Name: name, Program: root, Dir: dir}
	if err := s.Init(ctx, config.Text); err != nil {
		return err
	}
	if err := recovery.Recover(ctx, s, config.Region, say); err != nil {
		return fmt.Errorf("recover from a killed run: %w", err)
	}
	err = do(s)
	took := time.Since(started).Round(time.Second)
	if err != nil {
		return fmt.Errorf("%s of %s failed after %s: %w", kind, name, took, err)
	}
	what, err := last(ctx, s, kind)
	if err != nil {
		return err
	}
	say("%s of %s: %s, in %s", kind, name, what, took)
	return nil
}

// show runs the CLI with this terminal. What is no terminal gets the tree of
// resources at the end, which a terminal sees all along.
func show(ctx context.Context, s *stack.Stack, args ...string) error {
	cmd := s.Command(ctx, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("pulumi %s: %w", args[0], err)
	}
	if args[0] == "up" && !term.IsTerminal(int(os.Stdout.Fd())) {
		return show(ctx, s, "stack")
	}
	return nil
}

// last is what the last update of a kind did, from the engine's own history.
func last(ctx context.Context, s *stack.Stack, kind string) (string, error) {
	if kind == "preview" {
		return "nothing was touched", nil
	}
	out, err := s.Command(ctx, "stack", "history", "--json", "--page-size", "1").Output()
	if err != nil {
		return "", fmt.Errorf("history: %w", err)
	}
	var updates []struct {
		ResourceChanges map[string]int
	}
	if err := json.Unmarshal(out, &updates); err != nil {
		return "", fmt.Errorf("history: %w", err)
	}
	if len(updates) == 0 {
		return "nothing to do", nil
	}
	changes := updates[0].ResourceChanges
	same := changes["same"]
	delete(changes, "same")
	if len(changes) == 0 {
		return fmt.Sprintf("nothing changed (%d resources)", same), nil
	}
	var parts []string
	for _, op := range slices.Sorted(maps.Keys(changes)) {
		parts = append(parts, fmt.Sprintf("%d to %s", changes[op], op))
	}
	return fmt.Sprintf("%s, %d unchanged", strings.Join(parts, ", "), same), nil
}
