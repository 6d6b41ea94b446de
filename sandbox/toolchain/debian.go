package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// debianTool is a program and its Debian package.
type debianTool struct{ program, pack string }

// debianTools are the tests' tools beside the kit: the buildspec's jq, the linter of its
// shell, and Node.js with npm for the policy evaluator.
var debianTools = []debianTool{{"jq", "jq"}, {"shellcheck", "shellcheck"}, {"node", "nodejs"}, {"npm", "npm"}}

// PrepareTests installs what only the tests need, if this user can.
func PrepareTests(ctx context.Context, root string, log Log) error {
	var missing []string
	for _, tool := range debianTools {
		if _, err := exec.LookPath(tool.program); err != nil {
			missing = append(missing, tool.pack)
		}
	}
	if len(missing) > 0 {
		if err := installDebian(ctx, log, missing); err != nil {
			return err
		}
	}
	if _, err := PrepareEvaluator(ctx, root, log); err != nil {
		return err
	}
	if _, err := PrepareSigning(ctx, root, log); err != nil {
		return err
	}
	if _, err := PrepareGuard(ctx, root, log); err != nil {
		return err
	}
	_, err := PrepareScanners(ctx, root, log)
	return err
}

func installDebian(ctx context.Context, log Log, missing []string) error {
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("install %v for the tests (this user cannot)", missing)
	}
	log("installing %v", missing)
	if err := run(ctx, log, "apt-get update", exec.CommandContext(ctx, "apt-get", "update", "-qq")); err != nil {
		return err
	}
	return run(ctx, log, "apt-get install", exec.CommandContext(ctx, "apt-get",
		append([]string{"install", "-y", "-qq", "--no-install-recommends"}, missing...)...))
}
