package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// oldestNode is the oldest Node.js whose language the evaluator is written in.
const oldestNode = 18

// Evaluator is the policy evaluator of sandbox/authority: a script, and the
// packages that it needs.
type Evaluator struct{ Node, Script, Modules string }

// PrepareEvaluator installs the packages that the lock names, unless these are
// there. Only tests need them.
func PrepareEvaluator(ctx context.Context, root string, log Log) (*Evaluator, error) {
	source := filepath.Join(root, "sandbox", "tools", "authority")
	dir := filepath.Join(root, ".sandbox", "tools", "authority")
	e := &Evaluator{Script: filepath.Join(source, "evaluate.js"), Modules: filepath.Join(dir, "node_modules")}
	var err error
	if e.Node, err = node(ctx); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	unlock, err := Lock(filepath.Join(dir, "lock"), func() { log("waiting for another run that installs the policy evaluator") })
	if err != nil {
		return nil, fmt.Errorf("policy evaluator: %w", err)
	}
	defer unlock()

	files := []string{"package.json", "package-lock.json", ".npmrc"}
	sources := make([]string, len(files))
	for i, name := range files {
		sources[i] = filepath.Join(source, name)
	}
	stamp, err := fingerprint(sources...)
	if err != nil {
		return nil, err
	}
	stampFile := filepath.Join(dir, "stamp")
	if old, err := os.ReadFile(stampFile); err == nil && string(old) == stamp {
		return e, nil
	}
	log("installing the policy evaluator (10 seconds the first time)")
	for i, name := range files {
		text, err := os.ReadFile(sources[i])
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = dir
	if err := run(ctx, log, "npm ci", cmd); err != nil {
		return nil, fmt.Errorf("policy evaluator: %w", err)
	}
	return e, os.WriteFile(stampFile, []byte(stamp), 0o644)
}

// node is a Node.js that is new enough.
func node(ctx context.Context) (string, error) {
	path, err := exec.LookPath("node")
	if err != nil {
		return "", fmt.Errorf("the policy evaluator needs Node.js %d or later and npm (Debian: nodejs, npm): %w", oldestNode, err)
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	version := strings.TrimSpace(string(out))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldestNode {
		return "", fmt.Errorf("%s is %s: the policy evaluator needs Node.js %d or later", path, version, oldestNode)
	}
	return path, nil
}
