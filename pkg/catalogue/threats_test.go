package catalogue

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/settings"
)

// TestCatalogue_Threats compares every number of THREATS.md with the program, and refuses a number that nothing compares.
func TestCatalogue_Threats(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("THREATS.md")
	if err != nil {
		t.Fatal(err)
	}
	var always, guardrails, undenied, reported, unreported int
	for _, c := range Calls {
		switch {
		case len(c.Denied) == 0:
			undenied++
		case slices.Equal(c.Denied, []Control{Guardrail}):
			guardrails++
			if c.Reported == Nothing && c.Action != "iam:PassRole" {
				t.Errorf("without an organization %s is neither denied nor reported", c.Action)
			}
		default:
			always++
		}
		if c.Reported == Nothing {
			unreported++
		} else {
			reported++
		}
	}
	page := string(text)
	for _, phrase := range []string{
		fmt.Sprintf("lists each of the %d calls", len(Calls)),
		fmt.Sprintf("with and without an organization | %d |", always),
		fmt.Sprintf("attached to the account's organization | %d |", guardrails),
		fmt.Sprintf("denied by nothing, reported | %d |", undenied),
		fmt.Sprintf("a branch event or a preview | %d |", reported),
		fmt.Sprintf("and reported by nothing | %d |", unreported),
		fmt.Sprintf("has at most %d apps", settings.MaxContained),
		fmt.Sprintf("longer than %d,%03d characters", MaxPattern/1000, MaxPattern%1000),
		// Names that have a digit.
		"SHA-256", "us-east-1", "objects of S3",
	} {
		if !strings.Contains(page, phrase) {
			t.Errorf("THREATS.md does not say %q", phrase)
		}
		page = strings.ReplaceAll(page, phrase, "")
	}
	code := regexp.MustCompile("`[^`]*`")
	for _, number := range regexp.MustCompile(`.{0,30}\d.{0,30}`).FindAllString(code.ReplaceAllString(page, ""), -1) {
		t.Errorf("nothing compares the number in %q with the program", number)
	}
}

// openActions are the actions that THREATS.md says are not in the table.
func openActions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("THREATS.md")
	if err != nil {
		t.Fatal(err)
	}
	action := regexp.MustCompile(`^[a-z0-9-]+:[A-Z]\w+$`)
	var all []string
	for line := range strings.Lines(string(text)) {
		way, today, is := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		if !is || !strings.HasPrefix(strings.TrimSpace(today), "Not in the table") {
			continue
		}
		service := ""
		for _, span := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(way, -1) {
			name := span[1]
			if strings.Contains(name, ":") {
				service, _, _ = strings.Cut(name, ":")
			} else {
				name = service + ":" + name
			}
			if !action.MatchString(name) {
				t.Errorf("%q is no action", name)
			}
			all = append(all, name)
		}
	}
	return all
}

// TestCatalogue_ThreatsAreOpen keeps THREATS.md true: an action that it says is not in the table has no row.
func TestCatalogue_ThreatsAreOpen(t *testing.T) {
	t.Parallel()
	open := openActions(t)
	for _, name := range open {
		if isRow(name) {
			t.Errorf("%s has a row: THREATS.md says that it is not in the table", name)
		}
	}
	if len(open) == 0 {
		t.Error("THREATS.md names no action")
	}
}

func isRow(action string) bool {
	return slices.ContainsFunc(Calls, func(c Call) bool { return c.Action == action })
}
