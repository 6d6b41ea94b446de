package toolchain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// PrepareGremlins builds the tool that changes operators. Only the command mutate needs it.
func PrepareGremlins(ctx context.Context, root string, log Log) (string, error) {
	kit := &Kit{Root: root, Bin: filepath.Join(root, ".sandbox", "tools", "bin")}
	if err := os.MkdirAll(kit.Bin, 0o755); err != nil {
		return "", err
	}
	t := builtTool{name: "gremlins", module: "gremlins", pkg: "github.com/go-gremlins/gremlins/cmd/gremlins", duration: "1 minute"}
	if err := kit.build(ctx, log, t); err != nil {
		return "", fmt.Errorf("gremlins: %w", err)
	}
	return filepath.Join(kit.Bin, "gremlins"), nil
}
