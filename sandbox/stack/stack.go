// Package stack runs the Pulumi CLI on one stack of a program, against one
// emulated account, with state in a folder and nothing from the machine.
package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"prodgate/sandbox/cloud"
	"prodgate/sandbox/toolchain"
)

// Stack is a stack that can be run.
type Stack struct {
	Kit   *toolchain.Kit
	Cloud *cloud.Cloud
	// Name is the stack's, Program the folder of its Pulumi.yaml.
	Name, Program string
	// Dir holds state and PULUMI_HOME.
	Dir string
}

// Init creates the stack where it does not exist.
func (s *Stack) Init(ctx context.Context) error {
	home := filepath.Join(s.Dir, "home")
	for _, d := range []string{home, filepath.Join(s.Dir, "state")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	plugins := filepath.Join(home, "plugins")
	if err := os.RemoveAll(plugins); err != nil {
		return err
	}
	if err := os.Symlink(s.Kit.Plugins, plugins); err != nil {
		return err
	}
	if out, err := s.Command(ctx, "stack", "select", "--create").CombinedOutput(); err != nil {
		return fmt.Errorf("stack %s: %w\n%s", s.Name, err, out)
	}
	return nil
}

// Command is a command of the CLI on this stack. A killed sandbox takes it along.
func (s *Stack) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.Kit.Pulumi, append(args, "--stack", s.Name)...)
	cmd.Dir = s.Program
	cmd.Env = s.Env()
	// The CLI is asked to stop, so that it finishes what it has begun.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	endWithParent(cmd)
	return cmd
}

// Env is the environment of the CLI: the machine's, less all that could lead
// the providers or the engine elsewhere.
func (s *Stack) Env() []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		switch {
		case strings.HasPrefix(name, "AWS_"), strings.HasPrefix(name, "GITHUB_"), strings.HasPrefix(name, "PULUMI_"), name == "PATH":
		default:
			env = append(env, v)
		}
	}
	env = append(env, s.Cloud.Env()...)
	return append(env,
		"PATH="+s.Kit.Path(),
		"PULUMI_HOME="+filepath.Join(s.Dir, "home"),
		"PULUMI_BACKEND_URL=file://"+filepath.Join(s.Dir, "state"),
		"PULUMI_CONFIG_PASSPHRASE=sandbox",
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		"SANDBOX_PROGRAMS="+s.Kit.Programs(),
	)
}
