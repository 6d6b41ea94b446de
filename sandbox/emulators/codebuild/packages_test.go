package codebuild

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/tool"
	"prodgate/sandbox/toolchain"
	"prodgate/sandbox/toolchain/scanners"
)

// inImage puts a line before the user of the sample app's Dockerfile.
func inImage(t *testing.T, a *app, line string) {
	t.Helper()
	file := filepath.Join(a.Source, "backend-flask", dockerfile)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "\nUSER app\n", "\n"+line+"\nUSER app\n", 1)
	if changed == string(text) {
		t.Fatalf("the sample app's Dockerfile has no USER app:\n%s", text)
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestPackages builds images of the sample app and scans them in the registry, with the real buildspecs and
// the real grype.
func TestPackages(t *testing.T) {
	t.Parallel()
	s := newSigning(t)
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	all, err := scanners.Prepare(t.Context(), root, t.TempDir(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	all.Serve(s.net)
	const vulnerable = "RUN pip install --no-cache-dir Flask==2.2.2"
	accepted := func(app string) string {
		return `[{"app": "` + app + `", "id": "CVE-2023-30861", "reason": "looked at", "expires": "` + later + `"}]`
	}
	const ends = "PRE_BUILD BUILD UPLOAD_ARTIFACTS"
	for name, test := range map[string]struct {
		line      string
		variables map[string]string
		summary   string
		says      string
	}{
		"the sample app passes":               {summary: "grype 0.110.0, 9 packages of the image: 0 findings, 0 accepted"},
		"a package that RUN installs is seen": {line: vulnerable, says: "found: CVE-2023-30861, GHSA-m2qf-hxjv-5gpq: high: flask 2.2.2: fixed in 2.2.5"},
		"accepted for this app": {line: vulnerable, variables: map[string]string{buildspec.AcceptedFindings: accepted("backend")},
			summary: "grype 0.110.0, 9 packages of the image: 0 findings, 1 accepted"},
		"accepted for another app":       {line: vulnerable, variables: map[string]string{buildspec.AcceptedFindings: accepted("frontend")}, says: "found: CVE-2023-30861"},
		"an acceptance that expired":     {variables: map[string]string{buildspec.AcceptedFindings: strings.ReplaceAll(accepted("backend"), later, before)}, says: expired("CVE-2023-30861")},
		"a lower severity passes":        {line: "RUN pip install requests==2.31.0", variables: map[string]string{buildspec.Severity: "high"}, summary: "grype 0.110.0, 10 packages of the image: 0 findings, 0 accepted, 1 below high"},
		"a digest that is not there":     {variables: map[string]string{buildspec.ImageDigest: "sha256:" + strings.Repeat("0", 64)}, says: "NAME_UNKNOWN"},
		"what is no digest":              {variables: map[string]string{buildspec.ImageDigest: "latest"}, says: "not a digest: latest"},
		"a severity that there is not":   {variables: map[string]string{buildspec.Severity: "any"}, says: "unknown severity any"},
		"accepted findings of no list":   {variables: map[string]string{buildspec.AcceptedFindings: "{}"}, says: "is no list"},
		"a tool of another checksum":     {variables: map[string]string{tool.Grype.SHA256Variable(): tool.Grype.SHA256}, says: "computed checksum did NOT match"},
		"a variable that is not set":     {variables: map[string]string{buildspec.App: ""}, says: "APP: is not set by the action"},
		"a registry of another password": {variables: map[string]string{buildspec.RepositoryURI: "elsewhere.example.com/backend"}, says: "elsewhere.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, s.endpoint)
			a.Env = append(a.Env, s.net.Env()...)
			if err := os.RemoveAll(filepath.Join(a.Source, "backend-flask")); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(filepath.Join(a.Source, "backend-flask"), os.DirFS(filepath.Join(root, "examples", "backend-flask"))); err != nil {
				t.Fatal(err)
			}
			if test.line != "" {
				inImage(t, a, test.line)
			}
			built := a.run(t, succeeds)
			values := map[string]string{
				buildspec.App: "backend", buildspec.RepositoryURI: registry + "/" + a.repository, buildspec.ImageDigest: built.Exported[buildspec.ImageDigest],
				buildspec.Severity: "medium", buildspec.AcceptedFindings: "[]", tool.Grype.URLVariable(): tool.Grype.URL,
				tool.Grype.SHA256Variable(): all.Variables[tool.Grype.SHA256Variable()],
			}
			for variable, value := range test.variables {
				values[variable] = value
			}
			scan := Build{
				Project: Project{
					Name: "prodgate-packages", Arn: "arn:aws:codebuild:eu-west-2:123456789012:project/prodgate-packages",
					Source: Source{Buildspec: buildspec.Text("packages")}, Environment: Environment{Image: "aws/codebuild/standard:7.0"},
				},
				Source: artifact(t, map[string]string{buildspec.ImageDefinitions: string(built.Artifacts[buildspec.ImageDefinitions])}),
				Commit: commit, Initiator: "codepipeline/app-prodgate", Env: a.Env,
			}
			for variable, value := range values {
				scan.Project.Environment.Variables = append(scan.Project.Environment.Variables, Variable{Name: variable, Value: value})
			}
			r, err := scan.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if test.says != "" {
				said(t, r, test.says)
				unnamed(t, r)
				return
			}
			if got := ran(r); got != ends {
				t.Fatalf("ran %q\n%s", got, r.Log)
			}
			if got := r.Exported[buildspec.Summary]; got != test.summary || len(got) > 120 {
				t.Errorf("the summary is %q, want %q\n%s", got, test.summary, r.Log)
			}
			var bom struct {
				Metadata struct {
					Component struct{ Type, Version string }
				}
				Components []struct{ Purl string }
			}
			if err := json.Unmarshal(r.Artifacts[buildspec.ImageSBOMFile], &bom); err != nil {
				t.Fatal(err)
			}
			if got := bom.Metadata.Component; got.Type != "container" || got.Version != values[buildspec.ImageDigest] {
				t.Errorf("the SBOM is of %v, not of %s", got, values[buildspec.ImageDigest])
			}
			if !strings.Contains(string(r.Artifacts[buildspec.ImageSBOMFile]), "pkg:pypi/flask@") {
				t.Errorf("the SBOM does not name Flask: %v", bom.Components)
			}
			if strings.Contains(r.Log, "auth-token") {
				t.Error("the log has the registry's password")
			}
		})
	}
}
