package toolchain

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/blang/semver"
)

const (
	pulumiVersion = "3.259.0"
	// oldestPulumi is the oldest version that runs an executable policy pack.
	oldestPulumi = "3.255.0"
)

// pulumi uses the CLI on PATH if it is new enough, with its language host; else it builds the
// CLI and links the stand-in for the host beside it.
func (k *Kit) pulumi(ctx context.Context, log Log) error {
	if path, err := exec.LookPath("pulumi"); err == nil {
		out, err := exec.CommandContext(ctx, path, "version").Output()
		if v, perr := semver.ParseTolerant(strings.TrimSpace(string(out))); err == nil && perr == nil &&
			v.GTE(semver.MustParse(oldestPulumi)) {
			k.Pulumi = path
			return nil
		}
		log("the pulumi on PATH is older than %s: not used", oldestPulumi)
	}
	k.Pulumi = filepath.Join(k.Bin, "pulumi")
	if err := k.link("sandbox", filepath.Join(k.Bin, "pulumi-language-go")); err != nil {
		return err
	}
	return k.build(ctx, log, builtTool{
		name: "pulumi", module: "pulumi", pkg: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", duration: "5 to 6 minutes",
		// The Automation API rejects a CLI without a version.
		ldflags: "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v" + pulumiVersion,
	})
}

// link makes path a symbolic link to target, and replaces what exists.
func (k *Kit) link(target, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if now, err := os.Readlink(path); err == nil && now == target {
		return nil
	}
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return os.Symlink(target, path)
}
