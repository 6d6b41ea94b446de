package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// installPackages installs the npm packages of the lock file in a folder of sandbox/toolchain/modules,
// unless they are installed. Only tests need them.
func installPackages(ctx context.Context, root, folder, what string, log Log) (modules string, err error) {
	source := filepath.Join(root, "sandbox", "toolchain", "modules", folder)
	dir := filepath.Join(root, ".sandbox", "tools", folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	unlock, err := Lock(filepath.Join(dir, "lock"), func() { log("waiting for another run that installs %s", what) })
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	defer unlock()

	modules = filepath.Join(dir, "node_modules")
	files := []string{"package.json", "package-lock.json", ".npmrc"}
	sources := make([]string, len(files))
	for i, name := range files {
		sources[i] = filepath.Join(source, name)
	}
	stamp, err := fingerprint(sources...)
	if err != nil {
		return "", err
	}
	stampFile := filepath.Join(dir, "stamp")
	if old, err := os.ReadFile(stampFile); err == nil && string(old) == stamp {
		return modules, nil
	}
	log("installing %s (10 seconds the first time)", what)
	for i, name := range files {
		text, err := os.ReadFile(sources[i])
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return "", err
		}
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if err := run(ctx, log, "npm ci", cmd); err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	return modules, os.WriteFile(stampFile, []byte(stamp), 0o644)
}
