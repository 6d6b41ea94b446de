package buildspec

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestBuildspec_SignExportsItsSummary(t *testing.T) {
	t.Parallel()
	s := parse(t, Text("sign"))
	if !slices.Equal(s.Env.ExportedVariables, []string{Summary}) || !strings.Contains(Text("sign"), "export "+Summary+"=") {
		t.Errorf("sign.yaml exports %v", s.Env.ExportedVariables)
	}
	if len(s.Artifacts.Files) > 0 {
		t.Errorf("sign.yaml has an artifact: %v", s.Artifacts.Files)
	}
}

// What verifies before a deployment must not be something else than what signed.
func TestBuildspec_SignAndPrepareInstallTheSame(t *testing.T) {
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
	if sign, prepare := install(Text("sign")), install(Text("prepare")); sign != prepare {
		t.Errorf("sign.yaml installs\n%s\nprepare.yaml\n%s", sign, prepare)
	}
}

func TestBuildspec_PrepareUploadsOnlyItsFiles(t *testing.T) {
	t.Parallel()
	s := parse(t, Text("prepare"))
	if s.Artifacts.BaseDirectory != "deploy" || !slices.Equal(s.Artifacts.Files, []string{"**/*"}) {
		t.Errorf("the artifact holds %v of %q", s.Artifacts.Files, s.Artifacts.BaseDirectory)
	}
	for _, file := range []string{ImageDefinitions, ImageDetail, TaskDefinition, AppSpec} {
		if !strings.Contains(Text("prepare"), " > "+file) {
			t.Errorf("prepare.yaml does not write %s", file)
		}
	}
	if !strings.Contains(Text("prepare"), `"<`+ImagePlaceholder+`>"`) {
		t.Errorf("prepare.yaml does not write <%s>", ImagePlaceholder)
	}
}
