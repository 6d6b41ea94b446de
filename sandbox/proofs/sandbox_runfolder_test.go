package proofs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// newRunFolder creates the folder of this run in dir, named by its process. It first removes the
// folders of runs whose process is gone: a killed run cannot remove its own.
func newRunFolder(dir string) (string, error) {
	const prefix = "proofs-"
	folder := filepath.Join(dir, prefix+strconv.Itoa(os.Getpid()))
	old, err := filepath.Glob(filepath.Join(dir, prefix+"*"))
	if err != nil {
		return "", fmt.Errorf("run folder: %w", err)
	}
	for _, one := range old {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(one), prefix))
		if err != nil || one != folder && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		if err := os.RemoveAll(one); err != nil {
			return "", fmt.Errorf("run folder: %w", err)
		}
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", fmt.Errorf("run folder: %w", err)
	}
	return folder, nil
}

// TestSandbox_RemoveKilledRuns creates the folders of an ended and of a running process.
func TestSandbox_RemoveKilledRuns(t *testing.T) {
	t.Parallel()
	ended, running := exec.Command("true"), exec.Command("sleep", "60")
	if err := errors.Join(ended.Run(), running.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Process.Kill(); _ = running.Wait() })
	dir := t.TempDir()
	folders := map[string]bool{ // and whether each stays
		"proofs-" + strconv.Itoa(ended.Process.Pid):   false,
		"proofs-" + strconv.Itoa(running.Process.Pid): true,
		"proofs-of-somebody":                          true,
	}
	for name := range folders {
		if err := os.MkdirAll(filepath.Join(dir, name, "snapshot-1"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	folder, err := newRunFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	folders[filepath.Base(folder)] = true
	for name, stays := range folders {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != stays {
			t.Errorf("%s: %v, want it to stay: %t", name, err, stays)
		}
	}
}
