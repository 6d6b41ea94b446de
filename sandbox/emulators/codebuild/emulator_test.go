package codebuild

import (
	"os"
	"os/exec"
	"testing"

	"prodgate/sandbox/emulators/github"
	"prodgate/sandbox/emulators/internet"
	"prodgate/sandbox/engine/cloud"
	"prodgate/sandbox/toolchain"
)

// need skips the test when a tool is missing, and fails it in CI.
func need(t *testing.T, tool, install string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: %s", tool, install)
	}
	t.Skipf("%s is missing: %s", tool, install)
}

// emulator starts an AWS emulator for the test and returns its address.
func emulator(t *testing.T) string {
	t.Helper()
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	kit, err := toolchain.Prepare(t.Context(), root, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cloud.Start(t.Context(), kit, t.TempDir(), "123456789012", github.Seed{Owner: github.Owner{Login: "nobody", Plan: github.Free}}, cloud.Organization{}, cloud.Workload{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c.AWS
}

// online starts an internet for the test.
func online(t *testing.T) *internet.Internet {
	t.Helper()
	net, err := internet.Start(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = net.Close() })
	return net
}
