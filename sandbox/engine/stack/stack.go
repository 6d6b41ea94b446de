// Package stack runs the Pulumi CLI on one stack of a program, against one
// emulated account, with state in a folder and without settings of the machine.
package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"prodgate/sandbox/engine/bridge"
	"prodgate/sandbox/engine/cloud"
	"prodgate/sandbox/engine/languagehost"
	"prodgate/sandbox/toolchain"
)

// Stack is a stack of a program, and what the CLI needs to run it.
type Stack struct {
	Kit   *toolchain.Kit
	Cloud *cloud.Cloud
	// Name is the stack's name, Program the folder of the program's Pulumi.yaml.
	Name, Program string
	// Dir has the state, PULUMI_HOME, and a copy of the project's files: the engine writes
	// into the copy, and the clone stays unchanged.
	Dir string
	// Bridges is the address of a pool of bridges, if there is one.
	Bridges string
	// Built is whether the program was compiled into Kit.Programs and has not changed since.
	Built bool
	// SavesOnce is whether the engine saves its state only at the end of a run. Otherwise it saves
	// after each step, which takes more than half of its processor time. With SavesOnce a killed run
	// leaves no state from which the next run could continue.
	SavesOnce bool
}

// Init prepares the stack with a configuration, the text of a
// Pulumi.<stack>.yaml. It creates the stack if it does not exist.
func (s *Stack) Init(ctx context.Context, config []byte) error {
	home := filepath.Join(s.Dir, "home")
	for _, d := range []string{home, filepath.Join(s.Dir, "state"), s.project()} {
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
	if err := disableLogs(home); err != nil {
		return err
	}
	project, err := os.ReadFile(filepath.Join(s.Program, "Pulumi.yaml"))
	if err != nil {
		return err
	}
	project = append(project, "\nmain: "+s.Program+"\n"...)
	if err := os.WriteFile(filepath.Join(s.project(), "Pulumi.yaml"), project, 0o644); err != nil {
		return err
	}
	if err := s.Configure(config); err != nil {
		return err
	}
	if out, err := s.Command(ctx, "stack", "select", "--create").CombinedOutput(); err != nil {
		return fmt.Errorf("stack %s: %w\n%s", s.Name, err, out)
	}
	return nil
}

// disableLogs creates a file in place of the folder of the engine's logs. The engine writes a
// debug log of every command (7 MB and 2 seconds of processor time for a preview). No setting turns
// the log off, but without the folder the engine runs without it.
func disableLogs(home string) error {
	logs := filepath.Join(home, "logs")
	if err := os.RemoveAll(logs); err != nil {
		return err
	}
	return os.WriteFile(logs, nil, 0o600)
}

// Configure changes the configuration. The copy in the stack's folder has the salt
// of the sandbox's passphrase, and secrets that are encrypted with it.
func (s *Stack) Configure(config []byte) error {
	file := filepath.Join(s.project(), "Pulumi."+s.Name+".yaml")
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	salt := findSalt(old)
	if salt == "" {
		if salt, err = newSalt(); err != nil {
			return err
		}
	}
	read, err := readConfigFile(config)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if read.encrypted || len(read.secrets) > 0 {
		if config, err = read.encryptWith(salt); err != nil {
			return fmt.Errorf("configuration: %w", err)
		}
	}
	config = fmt.Appendf(slices.Clone(config), "\n%s: %s\n", saltKey, salt)
	return os.WriteFile(file, config, 0o644)
}

func (s *Stack) project() string { return filepath.Join(s.Dir, "projects", filepath.Base(s.Program)) }

// Command is a command of the CLI on this stack. It ends when the sandbox is killed.
func (s *Stack) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.Kit.Pulumi, append(args, "--stack", s.Name)...)
	cmd.Dir = s.project()
	cmd.Env = s.Env()
	// SIGINT lets the CLI finish the steps that it has begun.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	endWithParent(cmd)
	return cmd
}

// Env is the environment of the CLI: the machine's, without variables that could direct
// the providers or the engine to another account or backend.
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
	if s.Bridges != "" {
		env = append(env, bridge.PoolVariable+"="+s.Bridges)
	}
	if s.Built {
		env = append(env, languagehost.Built+"=true")
	}
	if s.SavesOnce {
		env = append(env, "PULUMI_SKIP_CHECKPOINTS=true", "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS=true")
	}
	return append(env,
		"PATH="+s.Kit.Path(),
		"PULUMI_HOME="+filepath.Join(s.Dir, "home"),
		// The file backend keeps attributes beside each file and does not write them atomically,
		// so that a killed run could leave a broken file. metadata=skip turns them off.
		"PULUMI_BACKEND_URL=file://"+filepath.Join(s.Dir, "state")+"?metadata=skip",
		"PULUMI_CONFIG_PASSPHRASE="+passphrase,
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		languagehost.Programs+"="+s.Kit.Programs(),
	)
}
