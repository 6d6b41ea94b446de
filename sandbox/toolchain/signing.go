package toolchain

import (
	"context"
	"os"
	"path/filepath"
)

// Signing is the tools that sign images and verify signatures.
type Signing struct {
	// Notation is built from its Go module, as its release is.
	Notation string
	// Plugin stands in for AWS's plugin of notation.
	Plugin string
}

// PrepareSigning builds the signing tools.
func PrepareSigning(ctx context.Context, root string, log Log) (*Signing, error) {
	kit := &Kit{Root: root, Bin: filepath.Join(root, ".sandbox", "tools", "bin")}
	if err := os.MkdirAll(kit.Bin, 0o755); err != nil {
		return nil, err
	}
	unlock, err := Lock(filepath.Join(root, ".sandbox", "tools", "lock"), func() {
		log("waiting for another run that is preparing the tools")
	})
	if err != nil {
		return nil, err
	}
	defer unlock()
	signing := &Signing{
		Notation: filepath.Join(kit.Bin, "notation"),
		Plugin:   filepath.Join(kit.Bin, "notation-com.amazonaws.signer.notation.plugin"),
	}
	if err := kit.build(ctx, log, builtTool{
		name: "notation", module: "notation", duration: "1 minute", pkg: "github.com/notaryproject/notation/cmd/notation",
	}); err != nil {
		return nil, err
	}
	return signing, gobuild(ctx, log, filepath.Join(root, "sandbox"), signing.Plugin, "./emulators/signer/plugin", "")
}
