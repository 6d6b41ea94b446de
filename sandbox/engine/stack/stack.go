// Package stack runs the Pulumi CLI on one stack of a program, against one
// emulated account, with state in a folder and nothing from the machine.
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

// Stack is a stack that can be run.
type Stack struct {
	Kit   *toolchain.Kit
	Cloud *cloud.Cloud
	// Name is the stack's, Program the folder of the program's Pulumi.yaml.
	Name, Program string
	// Dir holds state, PULUMI_HOME, and a copy of a project's files: the engine
	// writes into them, and a clone stays as it was.
	Dir string
	// Bridges is the address of a pool of bridges, if there is one.
	Bridges string
	// Built says that the program was compiled into Kit.Programs and has not changed since.
	Built bool
	// SavesOnce says that the engine saves its state at the end of a run only. It saves after
	// each step otherwise, which takes more than half of its processor time; a run that is
	// killed then leaves nothing that the next one could go on from.
	SavesOnce bool
}

// Init prepares the stack with a configuration: the text of a
// Pulumi.<stack>.yaml. It creates the stack where it does not exist.
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
	if err := withoutLogs(home); err != nil {
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

// withoutLogs puts a file where the engine has the folder of its logs. The engine writes
// a debug log of every command (7 MB and 2 seconds of a processor a preview), has no
// setting against it, and goes on without one where there is no folder.
func withoutLogs(home string) error {
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
	salt := saltIn(old)
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
		if config, err = read.encryptedWith(salt); err != nil {
			return fmt.Errorf("configuration: %w", err)
		}
	}
	config = fmt.Appendf(slices.Clone(config), "\n%s: %s\n", saltKey, salt)
	return os.WriteFile(file, config, 0o644)
}

func (s *Stack) project() string { return filepath.Join(s.Dir, "projects", filepath.Base(s.Program)) }

// Command is a command of the CLI on this stack. A killed sandbox takes it along.
func (s *Stack) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.Kit.Pulumi, append(args, "--stack", s.Name)...)
	cmd.Dir = s.project()
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
		// Without the attributes that the file backend keeps beside each file: it does
		// not write those atomically, and a killed run could leave a broken one.
		"PULUMI_BACKEND_URL=file://"+filepath.Join(s.Dir, "state")+"?metadata=skip",
		"PULUMI_CONFIG_PASSPHRASE="+passphrase,
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		languagehost.Programs+"="+s.Kit.Programs(),
	)
}
