package codebuild

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// build runs a buildspec on a source of one file, with a minimal environment.
func build(t *testing.T, spec string, variables ...Variable) *Result {
	t.Helper()
	result, err := newBuild(t, spec, variables...).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func newBuild(t *testing.T, spec string, variables ...Variable) Build {
	t.Helper()
	source := t.TempDir()
	if err := os.WriteFile(filepath.Join(source, "file.txt"), []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Build{
		Project: Project{
			Name:        "app",
			Arn:         "arn:aws:codebuild:eu-west-2:111111111111:project/app",
			Source:      Source{Buildspec: spec},
			Environment: Environment{Image: "aws/codebuild/standard:7.0", Variables: variables},
		},
		Source:    source,
		Commit:    strings.Repeat("c", 40),
		Initiator: "codepipeline/app",
		Env:       []string{"PATH=" + os.Getenv("PATH")},
	}
}

// ran lists the phases that ran, with a mark on failed ones.
func ran(r *Result) string {
	var names []string
	for _, p := range r.Phases {
		name := p.Name
		if p.Failure != "" {
			name += "!"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func TestPhases(t *testing.T) {
	t.Parallel()
	const header = "version: 0.2\nenv: {shell: bash}\nphases:\n"
	for name, test := range map[string]struct{ phases, want string }{
		"all succeed": {
			"  install: {commands: ['true']}\n  pre_build: {commands: ['true']}\n  build: {commands: ['true']}\n  post_build: {commands: ['true']}",
			"INSTALL PRE_BUILD BUILD POST_BUILD",
		},
		"a failure in install ends the build": {
			"  install: {commands: ['false']}\n  build: {commands: ['true']}\n  post_build: {commands: ['true']}",
			"INSTALL!",
		},
		"a failure in pre_build ends the build, and nothing is uploaded": {
			"  pre_build: {commands: ['false']}\n  build: {commands: ['true']}\nartifacts: {files: [file.txt]}",
			"PRE_BUILD!",
		},
		"after a failure in build post_build runs": {
			"  build: {commands: ['false']}\n  post_build: {commands: ['true']}",
			"BUILD! POST_BUILD",
		},
		"post_build can tell that the build failed": {
			"  build: {commands: ['false']}\n  post_build: {commands: ['[ $CODEBUILD_BUILD_SUCCEEDING = 1 ]']}",
			"BUILD! POST_BUILD!",
		},
		"post_build can tell that the build succeeded": {
			"  build: {commands: ['true']}\n  post_build: {commands: ['[ $CODEBUILD_BUILD_SUCCEEDING = 1 ]']}",
			"BUILD POST_BUILD",
		},
		"on-failure ABORT keeps post_build from running": {
			"  build: {on-failure: ABORT, commands: ['false']}\n  post_build: {commands: ['true']}",
			"BUILD!",
		},
		"upload is attempted after a failure in build": {
			"  build: {commands: ['false']}\nartifacts: {files: [file.txt]}",
			"BUILD! UPLOAD_ARTIFACTS",
		},
		"a missing artifact fails the build": {
			"  build: {commands: ['true']}\nartifacts: {files: [missing.txt]}",
			"BUILD UPLOAD_ARTIFACTS!",
		},
		"an artifact outside the source fails the build": {
			"  build: {commands: ['ln -s /etc/hostname link']}\nartifacts: {files: [link]}",
			"BUILD UPLOAD_ARTIFACTS!",
		},
		"the first failing command is the phase's last": {
			"  build: {commands: ['false', 'touch reached']}\nartifacts: {files: [reached]}",
			"BUILD! UPLOAD_ARTIFACTS!",
		},
		"of several lines only the last counts": {
			"  build: {commands: [\"false\\ntrue\"]}",
			"BUILD",
		},
		"unless set -e says otherwise": {
			"  build: {commands: [\"set -e\\nfalse\\ntrue\"]}",
			"BUILD!",
		},
		"set -e does not reach the next command": {
			"  build: {commands: ['set -e', \"false\\ntrue\"]}",
			"BUILD",
		},
		"the working directory reaches the next phase": {
			"  pre_build: {commands: ['mkdir sub && cd sub']}\n  build: {commands: ['[ \"$PWD\" = \"$CODEBUILD_SRC_DIR/sub\" ]']}",
			"PRE_BUILD BUILD",
		},
		"variables reach the next phase, exported or not": {
			"  pre_build: {commands: ['A=\"x y\"']}\n  build: {commands: ['[ \"$(printenv A)\" = \"x y\" ]']}",
			"PRE_BUILD BUILD",
		},
		"variables of a command that exits do not": {
			"  build: {commands: ['A=x; exit 0', '[ -z \"${A-}\" ]']}",
			"BUILD",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := build(t, header+test.phases)
			if got := ran(r); got != test.want {
				t.Errorf("ran %q, want %q\n%s", got, test.want, r.Log)
			}
			if r.Succeeded == strings.Contains(test.want, "!") {
				t.Errorf("succeeded is %v after %q", r.Succeeded, test.want)
			}
		})
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	r := build(t, `
version: 0.2
env:
  shell: bash
  variables: {OF_BUILDSPEC: buildspec, OF_BOTH: buildspec}
  exported-variables: [OF_BUILDSPEC, OF_BOTH, OF_PROJECT, SET, LINES, UNSET, CODEBUILD_RESOLVED_SOURCE_VERSION]
phases:
  build:
    commands:
      - SET="it's set"
      - |
        LINES=$(printf 'one\ntwo')
`, Variable{Name: "OF_PROJECT", Value: "project"}, Variable{Name: "OF_BOTH", Value: "project", Type: "PLAINTEXT"})
	want := map[string]string{
		"OF_BUILDSPEC": "buildspec",
		"OF_BOTH":      "project",
		"OF_PROJECT":   "project",
		"SET":          "it's set",
		"LINES":        "one\ntwo",

		"CODEBUILD_RESOLVED_SOURCE_VERSION": strings.Repeat("c", 40),
	}
	if !maps.Equal(r.Exported, want) {
		t.Errorf("exported %q, want %q\n%s", r.Exported, want, r.Log)
	}
}

func TestBuild_OwnEnvironmentOnly(t *testing.T) {
	t.Parallel()
	r := build(t, `
version: 0.2
env: {shell: bash}
phases: {build: {commands: ['printenv -0 | cut -z -d = -f 1 | sort -z | tr "\0" "\n"']}}
`)
	_, list, _ := strings.Cut(r.Log, "\"\\n\"\n")
	list, _, _ = strings.Cut(list, "[Container]")
	want := []string{
		"AWS_DEFAULT_REGION", "AWS_REGION",
		"CODEBUILD_BUILD_ARN", "CODEBUILD_BUILD_ID", "CODEBUILD_BUILD_IMAGE", "CODEBUILD_BUILD_NUMBER",
		"CODEBUILD_BUILD_SUCCEEDING", "CODEBUILD_CI", "CODEBUILD_INITIATOR",
		"CODEBUILD_RESOLVED_SOURCE_VERSION", "CODEBUILD_SRC_DIR", "CODEBUILD_START_TIME",
		"DOCKER_HOST", "HOME", "OLDPWD", "PATH", "PWD", "SHLVL", "TMPDIR", "_",
	}
	if got := strings.Fields(list); !slices.Equal(got, want) {
		t.Errorf("the build sees\n%v, want\n%v\n%s", got, want, r.Log)
	}
}

func TestArtifacts_Upload(t *testing.T) {
	t.Parallel()
	r := build(t, `
version: 0.2
env: {shell: bash}
phases: {build: {commands: ['mkdir out && echo 1 > out/a.json && echo 2 > out/b.json && echo 3 > out/c']}}
artifacts: {files: [file.txt, out/*.json]}
`)
	got := slices.Sorted(maps.Keys(r.Artifacts))
	if want := []string{"file.txt", "out/a.json", "out/b.json"}; !slices.Equal(got, want) {
		t.Errorf("uploaded %v, want %v\n%s", got, want, r.Log)
	}
	if content := string(r.Artifacts["file.txt"]); content != "content" {
		t.Errorf("file.txt holds %q", content)
	}
}

func TestArtifacts_BaseDirectory(t *testing.T) {
	t.Parallel()
	const spec = `
version: 0.2
env: {shell: bash}
phases: {build: {commands: ['mkdir -p out/in && echo 1 > out/a && echo 2 > out/in/b']}}
artifacts: {base-directory: out, files: ['**/*']}
`
	got := slices.Sorted(maps.Keys(build(t, spec).Artifacts))
	if want := []string{"a", "in/b"}; !slices.Equal(got, want) {
		t.Errorf("uploaded %v, want %v", got, want)
	}
	if r := build(t, strings.Replace(spec, "base-directory: out", "base-directory: gone", 1)); ran(r) != "BUILD UPLOAD_ARTIFACTS!" {
		t.Errorf("ran %q without the base directory", ran(r))
	}
}

func TestArtifacts_SecondaryInputs(t *testing.T) {
	t.Parallel()
	b := newBuild(t, `
version: 0.2
env: {shell: bash}
phases:
  build:
    commands:
      - cat "$CODEBUILD_SRC_DIR_Sbom/file" file.txt > both.txt
      - rm "$CODEBUILD_SRC_DIR_Sbom/file"
artifacts: {files: [both.txt]}
`)
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "file"), []byte("further "), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Further = map[string]string{"Sbom": folder}
	r, err := b.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(r.Artifacts["both.txt"]); got != "further content" {
		t.Errorf("the build read %q\n%s", got, r.Log)
	}
	if _, err := os.Stat(filepath.Join(folder, "file")); err != nil {
		t.Errorf("the build took it away: %v", err)
	}
	b.Further = map[string]string{"no-name": folder}
	if _, err := b.Run(t.Context()); err == nil {
		t.Error("an artifact was taken whose name is no variable's")
	}
}

func TestSource_Unchanged(t *testing.T) {
	t.Parallel()
	b := newBuild(t, "version: 0.2\nenv: {shell: bash}\nphases: {build: {commands: ['rm file.txt && touch new']}}")
	if _, err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(b.Source)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || files[0].Name() != "file.txt" {
		t.Errorf("the source holds %v after the build", files)
	}
}

func TestBuild_RemoveTemporaryFiles(t *testing.T) {
	t.Parallel()
	r := build(t, "version: 0.2\nenv: {shell: bash, exported-variables: [made]}\nphases: {build: {commands: ['made=$(mktemp)', 'test -f $made']}}")
	made := r.Exported["made"]
	if _, err := os.Stat(made); !r.Succeeded || made == "" || !os.IsNotExist(err) {
		t.Errorf("%q is still there: %v\n%s", made, err, r.Log)
	}
}

func TestBuildspec_RejectUnsupported(t *testing.T) {
	t.Parallel()
	const good = "version: 0.2\nenv: {shell: bash}\nphases: {build: {commands: ['true']}}"
	for name, test := range map[string]struct {
		spec     string
		variable Variable
		want     string
	}{
		"nothing":             {spec: "", want: "is empty"},
		"version 0.1":         {spec: strings.Replace(good, "0.2", "0.1", 1), want: "version"},
		"the default shell":   {spec: strings.Replace(good, "env: {shell: bash}\n", "", 1), want: "shell"},
		"no phases":           {spec: "version: 0.2\nenv: {shell: bash}", want: "has no phases"},
		"on-failure CONTINUE": {spec: strings.Replace(good, "commands", "on-failure: CONTINUE, commands", 1), want: "CONTINUE"},
		"a finally block":     {spec: strings.Replace(good, "commands", "finally: [], commands", 1), want: "finally"},
		"an unknown key":      {spec: good + "\ncache: {}", want: "cache"},
		"a base elsewhere":    {spec: good + "\nartifacts: {base-directory: ../, files: ['*']}", want: "base-directory"},
		"an AWS_ export":      {spec: strings.Replace(good, "bash", "bash, exported-variables: [AWS_REGION]", 1), want: "AWS_REGION"},
		"a secret": {
			spec: good, variable: Variable{Name: "S", Value: "name", Type: "SECRETS_MANAGER"}, want: "SECRETS_MANAGER",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newBuild(t, test.spec, test.variable).Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one about %q", err, test.want)
			}
		})
	}
}
