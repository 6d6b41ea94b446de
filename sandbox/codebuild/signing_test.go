package codebuild

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecr"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/tool"
	"prodgate/sandbox/internet"
	registrypkg "prodgate/sandbox/registry"
	"prodgate/sandbox/signer"
	"prodgate/sandbox/toolchain"
)

// signing is a world in which images are signed: an emulator of AWS, the internet with the
// releases of the tools and the registry of ECR.
type signing struct {
	endpoint string
	net      *internet.Internet
	// variables are those of a project that are different here.
	variables map[string]string
}

func newSigning(t *testing.T) *signing {
	t.Helper()
	for tool, pack := range map[string]string{"curl": "curl", "jq": "jq", "unzip": "unzip", "tar": "tar"} {
		need(t, tool, "apt-get install "+pack)
	}
	need(t, "aws", "pipx install awscli")
	s := &signing{endpoint: emulator(t)}
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	tools, err := toolchain.PrepareSigning(t.Context(), root, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if s.net, err = internet.Start(folder); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.net.Close() })
	if s.variables, err = signer.Serve(t.Context(), s.net, folder, tools, s.endpoint); err != nil {
		t.Fatal(err)
	}
	s.net.Handle(registry, registrypkg.New(ecr.New(ecr.Options{
		Region: "eu-west-2", BaseEndpoint: &s.endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})))
	return s
}

// profile makes a signing profile and answers with its ARN.
func (s *signing) profile(t *testing.T, a *app, name string) string {
	t.Helper()
	return strings.TrimSuffix(a.aws(t, "signer", "put-signing-profile", "--profile-name", name,
		"--platform-id", "Notation-OCI-SHA384-ECDSA", "--query", "arn"), "\n")
}

// delivery is an app on its way: what it built, and what signs it and prepares its deployment.
type delivery struct {
	*app
	world       *signing
	sign, ready Build
	digest      string
	sbom        string // folder of the artifact
	built       string
}

const profileName = "prodgate_eu_west_2"

// sampleSBOM is the least that an SBOM can be.
const sampleSBOM = `{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}`

// deliver builds the app with the real buildspec of the build. Nothing is signed yet.
func (s *signing) deliver(t *testing.T) *delivery {
	t.Helper()
	d := &delivery{app: newApp(t, s.endpoint), world: s}
	// The sample app, as an app team has it.
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(d.Source, "backend-flask")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(d.Source, "backend-flask"), os.DirFS(filepath.Join(root, "examples", "backend-flask"))); err != nil {
		t.Fatal(err)
	}
	r := d.run(t, succeeds)
	d.digest = r.Exported[buildspec.ImageDigest]
	d.built = artifact(t, map[string]string{buildspec.ImageDefinitions: string(r.Artifacts[buildspec.ImageDefinitions])})
	d.sbom = artifact(t, map[string]string{buildspec.SBOMFile: sampleSBOM})

	arn := "arn:aws:signer:eu-west-2:123456789012:/signing-profiles/" + profileName
	shared := []Variable{
		{Name: buildspec.NotationURL, Value: tool.Notation.URL},
		{Name: buildspec.NotationSHA256, Value: s.variables[buildspec.NotationSHA256]},
		{Name: buildspec.SignerPluginURL, Value: tool.SignerPlugin.URL},
		{Name: buildspec.SignerPluginSHA256, Value: s.variables[buildspec.SignerPluginSHA256]},
		{Name: buildspec.SignerRoot, Value: s.variables[buildspec.SignerRoot]},
		{Name: buildspec.SigningProfile, Value: arn},
		{Name: buildspec.App, Value: "backend"},
		{Name: buildspec.RepositoryURI, Value: registry + "/" + d.repository},
		{Name: buildspec.ImageDigest, Value: d.digest},
		{Name: buildspec.SBOM, Value: "true"},
	}
	project := func(name, spec string, variables ...Variable) Build {
		return Build{
			Project: Project{
				Name: name, Arn: "arn:aws:codebuild:eu-west-2:123456789012:project/" + name, Source: Source{Buildspec: spec},
				Environment: Environment{Image: "aws/codebuild/standard:7.0", Variables: append(append([]Variable(nil), shared...), variables...)},
			},
			Source: d.built, Further: map[string]string{buildspec.SBOMArtifact: d.sbom}, Commit: commit,
			Initiator: "codepipeline/app-prodgate", Env: append(append([]string(nil), d.Env...), s.net.Env()...),
		}
	}
	d.sign = project("prodgate-sign", buildspec.Sign, Variable{Name: buildspec.CommitID, Value: commit})
	d.ready = project("prodgate-prepare", buildspec.Prepare,
		Variable{Name: buildspec.ContainerName, Value: "backend"}, Variable{Name: buildspec.Deployment, Value: buildspec.Rolling})
	return d
}

// artifact is a folder with files.
func artifact(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// with is the build with variables of other values; one without a value is not set.
func (b Build) with(changes ...Variable) Build {
	var variables []Variable
	for _, v := range b.Project.Environment.Variables {
		for _, change := range changes {
			if change.Name == v.Name {
				v.Value = ""
			}
		}
		if v.Value != "" {
			variables = append(variables, v)
		}
	}
	for _, change := range changes {
		if change.Value != "" {
			variables = append(variables, change)
		}
	}
	b.Project.Environment.Variables = variables
	return b
}

// ends runs a build, which ends as it should.
func ends(t *testing.T, b Build, want string) *Result {
	t.Helper()
	result, err := b.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := ran(result); got != want {
		t.Fatalf("ran %q, want %q\n%s", got, want, result.Log)
	}
	return result
}

const (
	signs    = "PRE_BUILD BUILD"
	prepares = "PRE_BUILD BUILD POST_BUILD UPLOAD_ARTIFACTS"
	// Nothing is uploaded of a build that fails, so nothing is deployed.
	refuses = "PRE_BUILD BUILD! UPLOAD_ARTIFACTS!"
)

func TestSigning(t *testing.T) {
	t.Parallel()
	s := newSigning(t)
	d := s.deliver(t)
	arn := s.profile(t, d.app, profileName)

	r := ends(t, d.sign, signs)
	said(t, r, "Successfully signed")
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(sampleSBOM)))
	want := fmt.Sprintf("notation: %s signed by %s, SBOM %s", d.digest[:19], profileName, sum[:12])
	if got := r.Exported[buildspec.Summary]; got != want {
		t.Errorf("the summary is %q, want %q", got, want)
	}
	r = ends(t, d.ready, prepares)
	said(t, r, "is signed by "+arn)
	_ = json.Marshal
	_ = aws.String
}
