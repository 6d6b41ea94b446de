package toolchain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"prodgate/pkg/tool"
)

// Scanners are the programs of the scans, built here in the versions of the pinned releases, which
// are not available.
type Scanners struct {
	Gitleaks, Gosec, Grype string
	// Database writes a database of vulnerabilities for grype.
	Database string
}

// DebianPython is the folder of Debian's Python packages, such as bandit.
const DebianPython = "/usr/lib/python3/dist-packages"

// PrepareScanners builds the missing scanners, and installs Debian's bandit. Only tests need them.
func PrepareScanners(ctx context.Context, root string, log Log) (*Scanners, error) {
	bin := filepath.Join(root, ".sandbox", "tools", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return nil, err
	}
	unlock, err := Lock(filepath.Join(root, ".sandbox", "tools", "scanners.lock"), func() {
		log("waiting for another run that builds the scanners")
	})
	if err != nil {
		return nil, fmt.Errorf("scanners: %w", err)
	}
	defer unlock()

	if _, err := os.Stat(filepath.Join(DebianPython, "bandit")); err != nil {
		if err := installDebian(ctx, log, []string{"bandit"}); err != nil {
			return nil, err
		}
	}
	kit := &Kit{Root: root, Bin: bin}
	for _, t := range []builtTool{
		{name: "gitleaks", module: "gitleaks", pkg: "github.com/zricethezav/gitleaks/v8", duration: "1 minute",
			ldflags: "-X github.com/zricethezav/gitleaks/v8/version.Version=" + tool.Gitleaks.Version},
		{name: "gosec", module: "gosec", pkg: "github.com/securego/gosec/v2/cmd/gosec", duration: "2 minutes",
			ldflags: "-X main.Version=" + tool.Gosec.Version},
		{name: "grype", module: "grype", pkg: "github.com/anchore/grype/cmd/grype", duration: "4 minutes",
			ldflags: "-X main.version=" + tool.Grype.Version},
		{name: "database", module: "grype", pkg: "./database", duration: "1 minute"},
	} {
		if err := kit.build(ctx, log, t); err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	at := func(name string) string { return filepath.Join(bin, name) }
	return &Scanners{Gitleaks: at("gitleaks"), Gosec: at("gosec"), Grype: at("grype"), Database: at("database")}, nil
}
