package buildspec

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// looking are the gates that look at what was made. Each is one script.
var looking = map[string]struct {
	text         string
	reads, other []string
}{
	"findings.yaml": {text: Findings, reads: FindingsReads()},
	"verify.yaml":   {text: Verify, reads: VerifyReads(), other: []string{Health}},
	"zap.yaml":      {text: ZAP, reads: ZAPReads()},
}

func TestAGateThatLooksReadsExactlyTheVariablesThatAreSet(t *testing.T) {
	t.Parallel()
	variable := regexp.MustCompile(`\$\{?([A-Z][A-Z0-9_]*)`)
	for name, c := range looking {
		s := parse(t, c.text)
		script := strings.Join(s.commands(), "\n")
		var read []string
		for _, match := range variable.FindAllStringSubmatch(script, -1) {
			if match[1] != Summary && !regexp.MustCompile(`^(CODEBUILD|AWS)_`).MatchString(match[1]) {
				read = append(read, match[1])
			}
		}
		slices.Sort(read)
		read = slices.Compact(read)
		if want := slices.Sorted(slices.Values(append(slices.Clone(c.reads), c.other...))); !slices.Equal(read, want) {
			t.Errorf("%s reads %v, Go says %v", name, read, want)
		}
		for _, variable := range c.reads {
			if !strings.Contains(script, `: "${`+variable+`:?`) {
				t.Errorf("%s does not check that %s is set", name, variable)
			}
		}
		if !slices.Equal(s.Env.ExportedVariables, []string{Summary}) {
			t.Errorf("%s exports %v", name, s.Env.ExportedVariables)
		}
	}
}

// TestWhatIsAcceptedIsReadAlike: a buildspec has nothing to share a function with.
func TestWhatIsAcceptedIsReadAlike(t *testing.T) {
	t.Parallel()
	part := func(text string) string {
		_, rest, _ := strings.Cut(strings.Join(parse(t, text).commands(), "\n"), "# The entries of this app")
		part, _, found := strings.Cut(rest, "\nif [ -n \"$expired\" ]")
		if !found {
			t.Fatal("nothing reads what is accepted")
		}
		return part
	}
	if part(Findings) != part(ZAP) {
		t.Error("findings.yaml and zap.yaml read accepted findings differently")
	}
}
