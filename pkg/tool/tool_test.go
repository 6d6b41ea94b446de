package tool

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var (
	sum     = regexp.MustCompile(`^[0-9a-f]{64}$`)
	version = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+$`)
)

func TestEveryToolIsPinned(t *testing.T) {
	t.Parallel()
	if len(All()) == 0 {
		t.Fatal("found no tool to check")
	}
	seen := map[string]string{}
	for _, tool := range All() {
		if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(tool.Name) {
			t.Errorf("%q does not make the names of variables", tool.Name)
		}
		if u, err := url.Parse(tool.URL); err != nil || u.Scheme != "https" || u.Host == "" {
			t.Errorf("%s: %q is no https address", tool.Name, tool.URL)
		}
		if tool.Name == SignerPlugin.Name { // AWS has one address for whatever is the latest; notation.go says more
			continue
		}
		if !version.MatchString(tool.Version) {
			t.Errorf("%s: version %q", tool.Name, tool.Version)
		}
		if strings.Contains(tool.URL, "latest") || !strings.Contains(tool.URL, tool.Version) {
			t.Errorf("%s: %q does not name the version %s", tool.Name, tool.URL, tool.Version)
		}
		attested(t, seen, tool.Name, tool.Seen, tool.SHA256)
	}
}

func TestEveryPackageOfBanditIsPinned(t *testing.T) {
	t.Parallel()
	if len(Bandit) == 0 {
		t.Fatal("found no package to check")
	}
	seen := map[string]string{}
	for _, p := range Bandit {
		if !version.MatchString(p.Version) {
			t.Errorf("%s: version %q", p.Name, p.Version)
		}
		attested(t, seen, p.Name, p.Seen, p.SHA256...)
	}
}

// attested checks that there are checksums, none of them another one's, that two places
// agree on.
func attested(t *testing.T, seen map[string]string, name string, places []string, sums ...string) {
	t.Helper()
	if len(sums) == 0 {
		t.Errorf("%s has no checksum", name)
	}
	for _, s := range sums {
		if !sum.MatchString(s) {
			t.Errorf("%s: checksum %q", name, s)
		}
		if other := seen[s]; other != "" {
			t.Errorf("%s has the checksum of %s", name, other)
		}
		seen[s] = name
	}
	if len(places) < 2 || places[0] == places[1] {
		t.Errorf("%s: the checksum was seen in %q, want two places", name, places)
	}
}

// The variables of a project may have 5,500 characters together.
func TestBanditsRequirementsLeaveRoomInAProject(t *testing.T) {
	t.Parallel()
	requirements := Requirements(Bandit)
	if len(requirements) > 2000 {
		t.Errorf("%d characters", len(requirements))
	}
	line := regexp.MustCompile(`^[a-z-]+==[0-9.]+( --hash=sha256:[0-9a-f]{64})+$`)
	for _, got := range strings.Split(requirements, "\n") {
		if !line.MatchString(got) {
			t.Errorf("pip would not read %q", got)
		}
	}
}

func TestVariablesAreNamedForTheTool(t *testing.T) {
	t.Parallel()
	got := Gitleaks.Variables()
	if len(got) != 2 || got["GITLEAKS_URL"] != Gitleaks.URL || got["GITLEAKS_SHA256"] != Gitleaks.SHA256 {
		t.Errorf("%v", got)
	}
}
