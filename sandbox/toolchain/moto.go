package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The emulator of AWS and the real aws CLI, as pip names them.
var pythonTools = []string{"moto[server]==5.2.1", "awscli"}

// hasMoto fails where this version of moto is not, or has no server.
const hasMoto = `import moto, flask, awscli, sys; sys.exit(moto.__version__ != "5.2.1")`

// moto takes the machine's python3 when it has moto and the aws CLI; else it
// installs them into a virtual environment of the sandbox's own.
func (k *Kit) moto(ctx context.Context, log Log) error {
	venv := filepath.Join(filepath.Dir(k.Bin), "python")
	for _, python := range []string{"python3", filepath.Join(venv, "bin", "python3")} {
		if exec.CommandContext(ctx, python, "-c", hasMoto).Run() != nil {
			continue
		}
		// A version manager's python3 is a script; ask for the interpreter.
		out, err := exec.CommandContext(ctx, python, "-c", "import sys; print(sys.executable)").Output()
		if err != nil {
			return err
		}
		k.Python = strings.TrimSpace(string(out))
		return k.wrapPython()
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
	return k.wrapPython()
}

// wrapPython puts the interpreter and the aws CLI into the kit, for scripts. A
// link would not do: Python looks for its virtual environment beside the name
// it is called by.
func (k *Kit) wrapPython() error {
	for name, target := range map[string]string{
		"python3": k.Python,
		"aws":     filepath.Join(filepath.Dir(k.Python), "aws"),
	} {
		script := "#!/bin/sh\nexec '" + target + "' \"$@\"\n"
		if err := os.WriteFile(filepath.Join(k.Bin, name), []byte(script), 0o755); err != nil {
			return err
		}
	}
	return nil
}
