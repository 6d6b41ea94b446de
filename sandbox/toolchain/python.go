package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// CheckPython checks the repository's Python: format and style with Ruff, types with Pyright. Both
// are npm packages, so Python's own registry is not needed.
func CheckPython(ctx context.Context, root string, log Log) error {
	modules, files, err := prepareChecks(ctx, root, log)
	if err != nil {
		return err
	}
	if err := ruff(ctx, root, modules, files...); err != nil {
		return fmt.Errorf("ruff: %w", err)
	}
	python, err := preparePython(ctx, root, log)
	if err != nil {
		return err
	}
	pyright := filepath.Join(modules, "pyright", "index.js")
	if err := inTerminal(ctx, filepath.Join(root, "sandbox"), "node", pyright, "--pythonpath", python); err != nil {
		return fmt.Errorf("pyright: %w", err)
	}
	return nil
}

// FormatPython formats the repository's Python with Ruff.
func FormatPython(ctx context.Context, root string, log Log) error {
	modules, files, err := prepareChecks(ctx, root, log)
	if err != nil {
		return err
	}
	if err := ruff(ctx, root, modules, append([]string{"--write"}, files...)...); err != nil {
		return fmt.Errorf("ruff: %w", err)
	}
	return nil
}

// prepareChecks installs the checks, and lists git's Python files.
func prepareChecks(ctx context.Context, root string, log Log) (modules string, files []string, err error) {
	if _, err := findNode(ctx); err != nil {
		return "", nil, err
	}
	if modules, err = installPackages(ctx, root, "python", "Ruff and Pyright", log); err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, "git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return "", nil, fmt.Errorf("list the Python files: %w", err)
	}
	return modules, strings.Fields(string(out)), nil
}

func ruff(ctx context.Context, root, modules string, arguments ...string) error {
	script := filepath.Join(root, "sandbox", "toolchain", "modules", "python", "lint.mjs")
	return inTerminal(ctx, root, "node", append([]string{script, modules}, arguments...)...)
}

// preparePython returns the interpreter with moto, whose types Pyright needs.
func preparePython(ctx context.Context, root string, log Log) (string, error) {
	kit := &Kit{Root: root, Bin: filepath.Join(root, ".sandbox", "tools", "bin")}
	if err := os.MkdirAll(kit.Bin, 0o755); err != nil {
		return "", err
	}
	unlock, err := Lock(filepath.Join(root, ".sandbox", "tools", "lock"), func() {
		log("waiting for another run that is preparing the tools")
	})
	if err != nil {
		return "", err
	}
	defer unlock()
	if err := kit.moto(ctx, log); err != nil {
		return "", fmt.Errorf("moto: %w", err)
	}
	return kit.Python, nil
}

// inTerminal runs a program in a folder with this process's own output.
func inTerminal(ctx context.Context, folder, program string, arguments ...string) error {
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, os.Stdout, os.Stderr
	return cmd.Run()
}
