package buildspec

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// reads are the environment's variables that a buildspec's commands use, but for CodeBuild's,
// AWS's, and those that they set themselves.
func reads(t *testing.T, text string) []string {
	t.Helper()
	commands := strings.Join(parse(t, text).commands(), "\n")
	var names []string
	for _, match := range regexp.MustCompile(`\$\{?([A-Z][A-Z0-9_]*)`).FindAllStringSubmatch(commands, -1) {
		name := match[1]
		if !regexp.MustCompile(`^(CODEBUILD|AWS)_`).MatchString(name) && name != "PATH" && !strings.Contains(commands, "export "+name+"=") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestSignAndPrepareReadExactlyTheVariablesThatAreSet(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text          string
		always, mayBe []string
	}{
		"sign.yaml":    {Sign, SignReads(), []string{SBOM}},
		"prepare.yaml": {Prepare, PrepareReads(), PrepareMayRead()},
	} {
		want := slices.Sorted(slices.Values(append(test.always, test.mayBe...)))
		if read := reads(t, test.text); !slices.Equal(read, want) {
			t.Errorf("%s reads %v, its lists say %v", name, read, want)
		}
		for _, variable := range test.always {
			if !strings.Contains(test.text, `: "${`+variable+`:?`) {
				t.Errorf("%s does not check that %s is set", name, variable)
			}
		}
	}
	for _, variable := range append(signing()[:5], Cluster, Service, ContainerPort) {
		if !strings.Contains(Prepare, `: "${`+variable+`:?`) {
			t.Errorf("prepare.yaml does not check that %s is set where it is needed", variable)
		}
	}
}

func TestSignExportsItsSummary(t *testing.T) {
	t.Parallel()
	s := parse(t, Sign)
	if !slices.Equal(s.Env.ExportedVariables, []string{Summary}) || !strings.Contains(Sign, "export "+Summary+"=") {
		t.Errorf("sign.yaml exports %v", s.Env.ExportedVariables)
	}
	if len(s.Artifacts.Files) > 0 {
		t.Errorf("sign.yaml has an artifact: %v", s.Artifacts.Files)
	}
}

// What verifies before a deployment must not be something else than what signed.
func TestSignAndPrepareInstallTheSame(t *testing.T) {
	t.Parallel()
	install := func(text string) string {
		for _, command := range parse(t, text).commands() {
			_, lines, found := strings.Cut(command, "umask 077")
			if !found {
				continue
			}
			lines, _, ended := strings.Cut(lines, "notation version")
			if !ended {
				t.Fatal("the installation has no end")
			}
			return regexp.MustCompile(`\s+`).ReplaceAllString(lines, " ")
		}
		t.Fatal("there is no installation")
		return ""
	}
	if sign, prepare := install(Sign), install(Prepare); sign != prepare {
		t.Errorf("sign.yaml installs\n%s\nprepare.yaml\n%s", sign, prepare)
	}
}

func TestPrepareUploadsOnlyWhatItWrites(t *testing.T) {
	t.Parallel()
	s := parse(t, Prepare)
	if s.Artifacts.BaseDirectory != "deploy" || !slices.Equal(s.Artifacts.Files, []string{"**/*"}) {
		t.Errorf("the artifact holds %v of %q", s.Artifacts.Files, s.Artifacts.BaseDirectory)
	}
	for _, file := range []string{ImageDefinitions, ImageDetail, TaskDefinition, AppSpec} {
		if !strings.Contains(Prepare, " > "+file) {
			t.Errorf("prepare.yaml does not write %s", file)
		}
	}
	if !strings.Contains(Prepare, `"<`+ImagePlaceholder+`>"`) {
		t.Errorf("prepare.yaml does not write <%s>", ImagePlaceholder)
	}
}
