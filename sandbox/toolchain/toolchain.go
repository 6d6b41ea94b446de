// Package toolchain finds the sandbox's tools (the Pulumi CLI, the providers, moto, the aws
// CLI) and builds or installs the missing ones. An installed tool is preferred; a built one is
// kept for the next run.
package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Kit is the prepared tools.
type Kit struct {
	// Root is the repository.
	Root string
	// Pulumi is the CLI.
	Pulumi string
	// Bin holds the built tools, and is on PATH.
	Bin string
	// Plugins is the plugins folder of a PULUMI_HOME.
	Plugins string
	// Python is the interpreter with moto.
	Python string
	// Moto is the emulator of AWS.
	Moto string
	// Policy is the policy pack, as an executable.
	Policy string
}

// Log prints a line of progress.
type Log func(format string, args ...any)

// Prepare completes the kit. One process prepares at a time; others wait for it.
func Prepare(ctx context.Context, root string, log Log) (*Kit, error) {
	dir := filepath.Join(root, ".sandbox", "tools")
	kit := &Kit{Root: root, Bin: filepath.Join(dir, "bin"), Plugins: filepath.Join(dir, "plugins")}
	for _, d := range []string{kit.Bin, kit.Plugins, kit.Programs()} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return nil, err
		}
	}
	unlock, err := Lock(filepath.Join(dir, "lock"), func() {
		log("waiting for another run that is preparing the tools")
	})
	if err != nil {
		return nil, fmt.Errorf("tools: %w", err)
	}
	defer unlock()

	for _, step := range []struct {
		what string
		do   func(context.Context, Log) error
	}{
		{"sandbox", kit.sandbox},
		{"policy pack", kit.policy},
		{"pulumi", kit.pulumi},
		{"AWS provider", kit.awsProvider},
		{"GitHub provider", kit.githubProvider},
		{"moto", kit.moto},
	} {
		if err := step.do(ctx, log); err != nil {
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return kit, nil
}

// Root is the repository of the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "Pulumi.yaml")); err == nil {
			if _, err := os.Stat(filepath.Join(dir, "sandbox", "go.mod")); err == nil {
				return dir, nil
			}
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("not in a clone of prodgate: no Pulumi.yaml here or above")
		}
	}
}

// Path is a PATH with the kit first, then the machine's own.
func (k *Kit) Path() string {
	return k.Bin + string(os.PathListSeparator) + filepath.Dir(k.Pulumi) + string(os.PathListSeparator) + os.Getenv("PATH")
}

// Lock locks a file until unlock, or until this process ends. If another process holds the
// lock, it calls busy and waits.
func Lock(path string, busy func()) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		busy()
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			return nil, err
		}
	}
	return func() { _ = f.Close() }, nil
}

// run runs a long step, and logs its progress every few seconds.
func run(ctx context.Context, log Log, what string, cmd *exec.Cmd) error {
	started := time.Now()
	done := make(chan struct{})
	defer close(done)
	go func() {
		tick := time.NewTicker(15 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
				log("  … %s: %s", what, time.Since(started).Round(time.Second))
			}
		}
	}()
	text, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", what, err, text)
	}
	return nil
}

// Programs is the folder of compiled Pulumi programs.
func (k *Kit) Programs() string { return filepath.Join(filepath.Dir(k.Bin), "programs") }
