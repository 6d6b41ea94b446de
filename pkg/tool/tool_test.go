package tool

import (
	"regexp"
	"strings"
	"testing"
)

// TestRequirements_LeaveRoomInAProject: CodeBuild accepts 5,500 characters for all variables of a project.
func TestRequirements_LeaveRoomInAProject(t *testing.T) {
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

func TestTool_VariablesAreNamedForIt(t *testing.T) {
	t.Parallel()
	if url, sum := Gitleaks.URLVariable(), Gitleaks.SHA256Variable(); url != "GITLEAKS_URL" || sum != "GITLEAKS_SHA256" {
		t.Errorf("%s, %s", url, sum)
	}
}
