package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The pip packages of the AWS emulator and of the real aws CLI.
var pythonTools = []string{"moto[server]==5.2.1", "awscli"}

// hasMoto fails if this version of moto, or its server, is not installed.
const hasMoto = `import moto, flask, awscli, sys; sys.exit(moto.__version__ != "5.2.1")`

// moto uses the machine's python3 if it has moto and the aws CLI; else it installs them into
// the sandbox's own virtual environment.
func (k *Kit) moto(ctx context.Context, log Log) error {
	venv := filepath.Join(filepath.Dir(k.Bin), "python")
	for _, python := range []string{"python3", filepath.Join(venv, "bin", "python3")} {
		if exec.CommandContext(ctx, python, "-c", hasMoto).Run() != nil {
			continue
		}
		// A version manager's python3 is a script; the kit needs the interpreter.
		out, err := exec.CommandContext(ctx, python, "-c", "import sys; print(sys.executable)").Output()
		if err != nil {
			return err
		}
		k.Python = strings.TrimSpace(string(out))
		return k.linkPython(ctx, log)
	}
	log("installing %s", strings.Join(pythonTools, " and "))
	if err := run(ctx, log, "python3 -m venv", exec.CommandContext(ctx, "python3", "-m", "venv", venv)); err != nil {
		return fmt.Errorf("a python3 with venv is needed (Debian: python3-venv): %w", err)
	}
	k.Python = filepath.Join(venv, "bin", "python3")
	cmd := exec.CommandContext(ctx, k.Python, append([]string{"-m", "pip", "install", "--quiet"}, pythonTools...)...)
	cmd.Env = os.Environ()
	if err := run(ctx, log, "pip install", cmd); err != nil {
		return err
	}
	return k.linkPython(ctx, log)
}

// linkPython adds to the kit the interpreter, for scripts, and the programs that fork from a
// server instead of starting: the aws CLI, and the emulator. The interpreter is a script and
// not a link, because Python looks for its virtual environment beside its own path.
func (k *Kit) linkPython(ctx context.Context, log Log) error {
	script := "#!/bin/sh\nexec '" + k.Python + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(k.Bin, "python3"), []byte(script), 0o755); err != nil {
		return err
	}
	k.Moto = filepath.Join(k.Bin, "moto")
	if err := k.forkServer(ctx, log, filepath.Join(k.Bin, "aws"), "aws_cli", filepath.Join(filepath.Dir(k.Python), "aws")); err != nil {
		return err
	}
	return k.forkServer(ctx, log, k.Moto, "emulated_aws", filepath.Join(k.Root, "sandbox", "emulators", "aws"))
}

// forkServer builds a program that forks from a server (package forkserver).
func (k *Kit) forkServer(ctx context.Context, log Log, out, program, command string) error {
	// An older kit has a script at this path, which go build does not replace.
	if text, err := os.ReadFile(out); err == nil && strings.HasPrefix(string(text), "#!") {
		if err := os.Remove(out); err != nil {
			return err
		}
	}
	module := filepath.Join(k.Root, "sandbox")
	ldflags := fmt.Sprintf("-X main.python=%s -X main.command=%s -X main.server=%s -X main.program=%s",
		k.Python, command, filepath.Join(module, "toolchain", "forkserver", "server.py"), program)
	return gobuild(ctx, log, module, out, "./toolchain/forkserver", ldflags)
}
