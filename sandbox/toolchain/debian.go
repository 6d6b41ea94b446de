package toolchain

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// debianTools are what the tests run beside the kit: the buildspec's jq, and
// the linter of its shell.
var debianTools = []string{"jq", "shellcheck"}

// PrepareTests installs what only the tests need, where this process may.
func PrepareTests(ctx context.Context, log Log) error {
	var missing []string
	for _, tool := range debianTools {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, tool)
		}
	}
	if len(missing) == 0 {
		return nil
	}
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
