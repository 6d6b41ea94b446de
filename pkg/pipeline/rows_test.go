package pipeline_test

import (
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/naming"
	"prodgate/pkg/pipeline"
	"prodgate/pkg/settings"
	"prodgate/pkg/tool"
)

// scanners are all that rows run: by the name of the buildspec, with its row.
func scanners(t *testing.T) map[string]struct {
	pipeline.Row
	pipeline.Scanner
} {
	t.Helper()
	all := map[string]struct {
		pipeline.Row
		pipeline.Scanner
	}{}
	for _, row := range pipeline.Rows() {
		if row.Project == nil {
			continue
		}
		these := []pipeline.Scanner{row.Project.Scanner}
		if row.Project.Choice != nil {
			these = nil
			for _, one := range row.Project.Scanners {
				these = append(these, one)
			}
		}
		for _, one := range these {
			if _, twice := all[one.Buildspec]; twice || buildspec.Text(one.Buildspec) == "" {
				t.Errorf("%s/%s runs the buildspec %q, which two rows run or nobody wrote", row.Stage, row.Action, one.Buildspec)
			}
			all[one.Buildspec] = struct {
				pipeline.Row
				pipeline.Scanner
			}{row, one}
		}
	}
	if len(all) < 10 {
		t.Fatalf("found %d buildspecs", len(all))
	}
	return all
}

// spec is what these tests read of a buildspec; package buildspec's own tests hold its format.
type spec struct {
	Env struct {
		ExportedVariables []string `yaml:"exported-variables"`
	}
	Phases    map[string]struct{ Commands []string }
	Artifacts struct{ Files []string }
}

func parse(t *testing.T, name string) (s spec, commands string) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(buildspec.Text(name)), &s); err != nil {
		t.Fatal(err)
	}
	for _, phase := range []string{"install", "pre_build", "build", "post_build"} {
		commands += strings.Join(s.Phases[phase].Commands, "\n") + "\n"
	}
	return s, commands
}

func TestRows_SetExactlyTheVariablesThatBuildspecsRead(t *testing.T) {
	t.Parallel()
	// By convention capitals are the environment's, small letters the script's own.
	used := regexp.MustCompile(`\$\{?([A-Z][A-Z0-9_]*)`)
	own := regexp.MustCompile(`^(CODEBUILD|AWS)_|^PATH$`)
	for name, of := range scanners(t) {
		s, commands := parse(t, name)
		var read []string
		for _, match := range used.FindAllStringSubmatch(commands, -1) {
			if !own.MatchString(match[1]) && !slices.Contains(s.Env.ExportedVariables, match[1]) && !strings.Contains(commands, "export "+match[1]+"=") {
				read = append(read, match[1])
			}
		}
		var always, sometimes []string
		for _, v := range slices.Concat(of.Row.Variables, of.Scanner.Variables) {
			if v.When == nil {
				always = append(always, v.Name)
			} else {
				sometimes = append(sometimes, v.Name)
			}
		}
		for _, one := range of.Tools {
			always = append(always, one.URLVariable(), one.SHA256Variable())
		}
		switch name {
		case "build":
			if !strings.Contains(commands, "${"+buildspec.BuildSecrets+"-}") {
				t.Errorf("%s fails without secrets", name)
			}
			sometimes = append(sometimes, buildspec.BuildSecrets)
		case "known": // the scheduled check is of all apps
			always = slices.DeleteFunc(always, func(v string) bool { return v == buildspec.App })
			sometimes = append(sometimes, buildspec.App)
		}
		if got, want := slices.Compact(sorted(read...)), sorted(append(always, sometimes...)...); !slices.Equal(got, want) {
			t.Errorf("%s reads %v, its row sets %v", name, got, want)
		}
		required := buildspec.Required(name)
		for _, variable := range always {
			if !slices.Contains(required, variable) {
				t.Errorf("%s does not check that %s is set", name, variable)
			}
		}
		if name == "prepare" { // each where it is needed
			for _, variable := range sometimes {
				optional := []string{buildspec.SBOM, buildspec.ImageSBOM, buildspec.SigningProfile, buildspec.SourceRepository}
				if !slices.Contains(required, variable) && !slices.Contains(optional, variable) {
					t.Errorf("%s does not check that %s is set where it is needed", name, variable)
				}
			}
		}
	}
}

func TestRows_ChecksExportASummaryAndProducersTheirArtifacts(t *testing.T) {
	t.Parallel()
	for name, of := range scanners(t) {
		s, _ := parse(t, name)
		switch {
		case name == "known" || name == "prepare":
			if len(s.Env.ExportedVariables) > 0 {
				t.Errorf("%s exports %v", name, s.Env.ExportedVariables)
			}
		case name != "build":
			if !slices.Equal(s.Env.ExportedVariables, []string{buildspec.Summary}) ||
				!regexp.MustCompile(`(?m)export SUMMARY(=|$)`).MatchString(buildspec.Text(name)) {
				t.Errorf("%s exports %v", name, s.Env.ExportedVariables)
			}
		}
		if got := buildspec.Exported(name); name != "known" && name != "prepare" && !slices.Equal(got, sorted(s.Env.ExportedVariables...)) {
			t.Errorf("%s exports %v, its list says %v", name, got, s.Env.ExportedVariables)
		}
		if (len(s.Artifacts.Files) > 0) != (len(of.Outputs) > 0) {
			t.Errorf("%s uploads %v, its row says %v", name, s.Artifacts.Files, of.Outputs)
		}
		if len(of.Outputs) == 1 && of.Outputs[0] == buildspec.SBOMArtifact && !slices.Equal(s.Artifacts.Files, []string{buildspec.SBOMFile}) {
			t.Errorf("%s uploads %v", name, s.Artifacts.Files)
		}
	}
}

// A buildspec is one file, so what every scan does is written in each of them.
func TestRows_ScansJudgeAlike(t *testing.T) {
	t.Parallel()
	for what, part := range map[string]*regexp.Regexp{
		"what is accepted":  regexp.MustCompile(`(?s)\n +# A finding is accepted up to and including a date\..*?\n +fi\n`),
		"what is a failure": regexp.MustCompile(`(?s)\n +# The same for every scanner: .*?\n +fi\n`),
	} {
		first := part.FindString(buildspec.Text("gitleaks"))
		if first == "" {
			t.Fatalf("found no lines of %s", what)
		}
		for name, of := range scanners(t) {
			if of.Stage == "Scan" && part.FindString(buildspec.Text(name)) != first {
				t.Errorf("%s.yaml has lines of its own for %s", name, what)
			}
		}
	}
}

// The settings name exactly the scanners that rows have.
func TestRows_ScannersAreThoseOfTheSettings(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"scan.secrets": settings.SecretScanners, "scan.code": settings.CodeScanners, "scan.dependencies": settings.DependencyScanners,
	}
	for _, row := range pipeline.Rows() {
		if row.Project == nil || row.Project.Choice == nil {
			continue
		}
		var got []string
		for name := range row.Project.Scanners {
			got = append(got, name)
		}
		if !slices.Equal(sorted(got...), sorted(want[row.Setting]...)) {
			t.Errorf("%s takes %v, the row has %v", row.Setting, want[row.Setting], got)
		}
		delete(want, row.Setting)
	}
	if len(want) > 0 {
		t.Errorf("no row is switched by %v", want)
	}
}

var (
	checksum = regexp.MustCompile(`^[0-9a-f]{64}$`)
	version  = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+$`)
)

func TestRows_ToolsArePinned(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	names := map[string]tool.Tool{}
	packages := 0
	for _, of := range scanners(t) {
		for _, one := range of.Tools {
			names[one.Name] = one
		}
		for _, p := range of.Packages {
			packages++
			if !version.MatchString(p.Version) {
				t.Errorf("%s: version %q", p.Name, p.Version)
			}
			isAttested(t, owner, p.Name, p.Seen, p.SHA256...)
		}
	}
	for _, one := range []tool.Tool{tool.Notation, tool.SignerPlugin} { // whose variables two rows share
		names[one.Name] = one
	}
	if len(names) < 6 || packages < 8 {
		t.Fatalf("found %d tools and %d packages", len(names), packages)
	}
	for _, one := range names {
		if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(one.Name) {
			t.Errorf("%q does not make the names of variables", one.Name)
		}
		if u, err := url.Parse(one.URL); err != nil || u.Scheme != "https" || u.Host == "" {
			t.Errorf("%s: %q is no https address", one.Name, one.URL)
		}
		if one.Name == tool.SignerPlugin.Name { // AWS has one address for whatever is the latest; notation.go says more
			continue
		}
		if !version.MatchString(one.Version) {
			t.Errorf("%s: version %q", one.Name, one.Version)
		}
		if strings.Contains(one.URL, "latest") || !strings.Contains(one.URL, one.Version) {
			t.Errorf("%s: %q does not name the version %s", one.Name, one.URL, one.Version)
		}
		isAttested(t, owner, one.Name, one.Seen, one.SHA256)
	}
}

// isAttested checks that there are checksums, none of them another one's, that two places
// agree on.
func isAttested(t *testing.T, owner map[string]string, name string, places []string, sums ...string) {
	t.Helper()
	if len(sums) == 0 {
		t.Errorf("%s has no checksum", name)
	}
	for _, sum := range sums {
		if !checksum.MatchString(sum) {
			t.Errorf("%s: checksum %q", name, sum)
		}
		if other := owner[sum]; other != "" {
			t.Errorf("%s has the checksum of %s", name, other)
		}
		owner[sum] = name
	}
	if len(places) < 2 || places[0] == places[1] {
		t.Errorf("%s: the checksum was seen in %q, want two places", name, places)
	}
}

func TestRows_StagesFollowEachOther(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	last := ""
	for _, row := range pipeline.Rows() {
		if row.Stage != last && seen[row.Stage] {
			t.Errorf("the stage %s is in two places", row.Stage)
		}
		seen[row.Stage], last = true, row.Stage
		if row.Project != nil && row.Project.IsShared == naming.PerApp(row.Project.Role) {
			t.Errorf("%s/%s: the project and its role are not both an app's", row.Stage, row.Action)
		}
	}
}

// The model is data: neither it nor what it imports can declare a resource. Only settings imports
// Pulumi's SDK, to read a stack's configuration.
func TestPackage_ImportsNoPulumi(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}} {{.Imports}}{{end}}", "prodgate/pkg/pipeline").Output()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(path, "prodgate/") || path == "prodgate/pkg/settings" {
			continue
		}
		if checked++; strings.Contains(imports, "pulumi") {
			t.Errorf("%s imports %s", path, imports)
		}
	}
	if checked < 5 {
		t.Fatalf("found %d packages to check:\n%s", checked, out)
	}
}

func sorted(texts ...string) []string { return slices.Sorted(slices.Values(texts)) }
