package toolchain

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/modfile"
)

// TestModules_BridgeSharesVersions compares the module files of the Pulumi CLI and
// of the bridge: a package of the same version is compiled once for both.
func TestModules_BridgeSharesVersions(t *testing.T) {
	t.Parallel()
	cli, bridge := versions(t, "pulumi"), versions(t, "bridge")
	shared, same := 0, 0
	for module, version := range bridge {
		if cli[module] == "" {
			continue
		}
		shared++
		if cli[module] == version {
			same++
		}
	}
	// Pulumi's own modules are of the bridge's release, and a few are newer there.
	if shared == 0 || same*10 < shared*9 {
		t.Errorf("of %d modules that both need, %d are of the same version: a cold build compiles the others twice", shared, same)
	}
}

func versions(t *testing.T, tool string) map[string]string {
	t.Helper()
	name := filepath.Join("modules", tool, "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse(name, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, require := range file.Require {
		all[require.Mod.Path] = require.Mod.Version
	}
	return all
}
