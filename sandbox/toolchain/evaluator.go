package toolchain

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// oldestNode is the oldest Node.js that runs the evaluator.
const oldestNode = 18

// Evaluator is the policy evaluator of sandbox/evaluators/authority: a script, and its
// packages.
type Evaluator struct{ Node, Script, Modules string }

// PrepareEvaluator installs the packages of the lock file, unless they are installed. Only
// tests need them.
func PrepareEvaluator(ctx context.Context, root string, log Log) (*Evaluator, error) {
	node, err := findNode(ctx)
	if err != nil {
		return nil, err
	}
	modules, err := installPackages(ctx, root, "authority", "the policy evaluator", log)
	if err != nil {
		return nil, err
	}
	return &Evaluator{
		Node: node, Script: filepath.Join(root, "sandbox", "toolchain", "modules", "authority", "evaluate.js"), Modules: modules,
	}, nil
}

// findNode finds a Node.js that is new enough.
func findNode(ctx context.Context) (string, error) {
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
