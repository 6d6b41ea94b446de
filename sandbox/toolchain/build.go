package toolchain

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// builtTool is a program built from a Go module. Each has its own module file under
// sandbox/toolchain/modules, because their dependency graphs conflict.
type builtTool struct {
	name     string // of the binary
	module   string // folder under sandbox/toolchain/modules
	pkg      string // to build
	ldflags  string
	leashed  bool   // runs below a plugin, and must end with it
	duration string // of the first build
}

// build builds a tool unless it exists and its module file is unchanged.
func (k *Kit) build(ctx context.Context, log Log, t builtTool) error {
	dir := filepath.Join(k.Root, "sandbox", "toolchain", "modules", t.module)
	stamp, err := fingerprint(filepath.Join(dir, "go.mod"), filepath.Join(dir, "go.sum"))
	if err != nil {
		return err
	}
	stamp += " " + runtime.Version() + " " + t.pkg + " " + t.ldflags
	out := filepath.Join(k.Bin, t.name)
	if t.leashed {
		out = k.leashed(t.name)
		if err := k.link("sandbox", filepath.Join(k.Bin, t.name)); err != nil {
			return err
		}
	}
	stampFile := out + ".stamp"
	if old, err := os.ReadFile(stampFile); err == nil && string(old) == stamp {
		if _, err := os.Stat(out); err == nil {
			return nil
		}
	}
	log("building %s (%s the first time)", t.name, t.duration)
	if err := gobuild(ctx, log, dir, out, t.pkg, t.ldflags); err != nil {
		return err
	}
	return os.WriteFile(stampFile, []byte(stamp), 0o644)
}

// leashed is the path of a program that is started through the leash.
func (k *Kit) leashed(name string) string { return filepath.Join(k.Bin, "leashed", name) }

// gobuild builds a package; go itself skips what is up to date.
func gobuild(ctx context.Context, log Log, dir, out, pkg, ldflags string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, "-ldflags", "-s -w "+ldflags, pkg)
	cmd.Dir = dir
	return run(ctx, log, "go build "+filepath.Base(out), cmd)
}

func fingerprint(files ...string) (string, error) {
	h := sha256.New()
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		h.Write(text)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

func (k *Kit) sandbox(ctx context.Context, log Log) error {
	return gobuild(ctx, log, filepath.Join(k.Root, "sandbox"), filepath.Join(k.Bin, "sandbox"), ".", "")
}

func (k *Kit) policy(ctx context.Context, log Log) error {
	k.Policy = filepath.Join(k.Bin, "policy")
	if err := k.link("sandbox", k.Policy); err != nil {
		return err
	}
	return gobuild(ctx, log, k.Root, k.leashed("policy"), "./policy", "")
}
