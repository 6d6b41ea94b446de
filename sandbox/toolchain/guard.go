package toolchain

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
)

// PrepareGuard installs cfn-guard, AWS's own interpreter of Guard, from an npm package of AWS.
func PrepareGuard(ctx context.Context, root string, log Log) (program string, err error) {
	system, known := map[string]string{"linux": "ubuntu", "darwin": "macos"}[runtime.GOOS]
	machine, built := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	if !known || !built {
		return "", fmt.Errorf("cfn-guard is not available for %s on %s", runtime.GOOS, runtime.GOARCH)
	}
	modules, err := installPackages(ctx, root, "guard", "cfn-guard", log)
	if err != nil {
		return "", err
	}
	return filepath.Join(modules, "@cdklabs", "cdk-validator-cfnguard", "bin", system, machine, "cfn-guard"), nil
}
