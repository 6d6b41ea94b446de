package buildspec

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scans are the scans' buildspecs by name.
var scans = map[string]string{"gitleaks": Gitleaks, "bandit": Bandit, "gosec": Gosec, "grype": Grype}

func TestScansReadExactlyTheVariablesTheirProjectsSet(t *testing.T) {
	t.Parallel()
	// By convention capitals are the environment's, small letters the script's own.
	used := regexp.MustCompile(`\$\{?([A-Z][A-Z0-9_]*)`)
	for name, text := range scans {
		s := parse(t, text)
		var read []string
		for _, match := range used.FindAllStringSubmatch(strings.Join(s.commands(), "\n"), -1) {
			if match[1] != "CODEBUILD_SRC_DIR" && match[1] != Summary {
				read = append(read, match[1])
			}
		}
		slices.Sort(read)
		read = slices.Compact(read)
		want := slices.Sorted(slices.Values(ScanReads()[text]))
		if !slices.Equal(read, want) {
			t.Errorf("%s.yaml reads %v, ScanReads() says %v", name, read, want)
		}
		for _, variable := range want {
			if !strings.Contains(text, `: "${`+variable+`:?`) {
				t.Errorf("%s.yaml does not check that %s is set", name, variable)
			}
		}
	}
}

func TestScansExportASummary(t *testing.T) {
	t.Parallel()
	for name, text := range scans {
		s := parse(t, text)
		if !slices.Equal(s.Env.ExportedVariables, []string{Summary}) || !strings.Contains(text, "export "+Summary+"\n") {
			t.Errorf("%s.yaml exports %v", name, s.Env.ExportedVariables)
		}
		var want []string
		if text == Grype {
			want = []string{SBOMFile}
		}
		if !slices.Equal(s.Artifacts.Files, want) {
			t.Errorf("%s.yaml uploads %v, want %v", name, s.Artifacts.Files, want)
		}
	}
}

// A buildspec is one file, so what every scan does stands in each of them.
func TestEveryScanJudgesAlike(t *testing.T) {
	t.Parallel()
	for what, part := range map[string]*regexp.Regexp{
		"what is accepted":  regexp.MustCompile(`(?s)\n +# What is accepted is .*?\n +fi\n`),
		"what is a failure": regexp.MustCompile(`(?s)\n +# The same for every scanner: .*?\n +fi\n`),
	} {
		first := part.FindString(Gitleaks)
		if first == "" {
			t.Fatalf("found no lines of %s", what)
		}
		for name, text := range scans {
			if part.FindString(text) != first {
				t.Errorf("%s.yaml has lines of its own for %s", name, what)
			}
		}
	}
}
