package buildspec

import (
	"strings"
	"testing"
)

// TestBuildspec_AcceptedFindingsAreReadAlike: a buildspec has nothing to share a function with.
func TestBuildspec_AcceptedFindingsAreReadAlike(t *testing.T) {
	t.Parallel()
	part := func(text string) string {
		_, rest, _ := strings.Cut(strings.Join(parse(t, text).commands(), "\n"), "# The entries of this app")
		part, _, found := strings.Cut(rest, "\nif [ -n \"$expired\" ]")
		if !found {
			t.Fatal("nothing reads what is accepted")
		}
		return part
	}
	if part(Text("findings")) != part(Text("zap")) {
		t.Error("findings.yaml and zap.yaml read accepted findings differently")
	}
}
