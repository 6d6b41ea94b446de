package buildspec

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// all is every buildspec of the package, so that a new one is checked too.
//
//go:embed *.yaml
var all embed.FS

// spec is the part of CodeBuild's format that the buildspecs use. Anything
// else in them is a mistake, or belongs here and in the checks below.
type spec struct {
	Version string
	Env     struct {
		Shell             string
		ExportedVariables []string `yaml:"exported-variables"`
	}
	Phases    map[string]phase
	Artifacts struct {
		BaseDirectory string `yaml:"base-directory"`
		Files         []string
	}
}

type phase struct {
	OnFailure string `yaml:"on-failure"`
	Commands  []string
}

// commands are those of all phases, in the order they run.
func (s spec) commands() []string {
	var commands []string
	for _, name := range []string{"install", "pre_build", "build", "post_build"} {
		commands = append(commands, s.Phases[name].Commands...)
	}
	return commands
}

func parse(t *testing.T, text string) spec {
	t.Helper()
	var s spec
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// eachBuildspec runs the check on every buildspec of the package.
func eachBuildspec(t *testing.T, check func(t *testing.T, text string)) {
	t.Helper()
	names, err := fs.Glob(all, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatal("found no buildspec to check")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			text, err := all.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			check(t, string(text))
		})
	}
}

func TestBuildspec_RunsInBashAndStopsAtTheFirstFailure(t *testing.T) {
	t.Parallel()
	eachBuildspec(t, func(t *testing.T, text string) {
		s := parse(t, text)
		if s.Version != "0.2" {
			t.Errorf("version is %q, want 0.2", s.Version)
		}
		if s.Env.Shell != "bash" {
			t.Errorf("shell is %q, want bash: CodeBuild's default is sh, which has no pipefail", s.Env.Shell)
		}
		if len(s.commands()) == 0 {
			t.Error("no commands")
		}
		for name, phase := range s.Phases {
			if phase.OnFailure != "ABORT" {
				t.Errorf("phase %s: on-failure is %q, want ABORT", name, phase.OnFailure)
			}
		}
		for _, command := range s.commands() {
			if strings.Contains(strings.TrimSpace(command), "\n") && !strings.HasPrefix(command, "set -euo pipefail\n") {
				t.Errorf("does not begin with set -euo pipefail, so only its last line can fail:\n%s", command)
			}
		}
	})
}

func TestBuildspec_BuildExportsItsVariables(t *testing.T) {
	t.Parallel()
	s := parse(t, Text("build"))
	want := []string{ImageURI, ImageDigest, CommitID, ImageOrigin}
	if !slices.Equal(s.Env.ExportedVariables, want) {
		t.Errorf("build.yaml exports %v, want %v", s.Env.ExportedVariables, want)
	}
	commands := strings.Join(s.commands(), "\n")
	for _, name := range want {
		if !strings.Contains(commands, "export "+name+"=") {
			t.Errorf("build.yaml never sets %s", name)
		}
	}
	if !slices.Equal(s.Artifacts.Files, []string{ImageDefinitions}) {
		t.Errorf("the artifact holds %v, want only %s", s.Artifacts.Files, ImageDefinitions)
	}
}
