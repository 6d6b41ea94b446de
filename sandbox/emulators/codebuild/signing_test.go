package codebuild

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"gopkg.in/yaml.v3"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/settings"
	"prodgate/pkg/tool"
	"prodgate/sandbox/emulators/internet"
	oci "prodgate/sandbox/emulators/registry"
	"prodgate/sandbox/emulators/signer"
	"prodgate/sandbox/toolchain"
)

// signing is the environment of signed images: an AWS emulator, and the internet with the tools'
// releases and ECR's registry.
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
	s.net.Handle(registry, oci.New(ecr.New(ecr.Options{
		Region: "eu-west-2", BaseEndpoint: &s.endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})))
	return s
}

// profile creates a signing profile and returns its ARN.
func (s *signing) profile(t *testing.T, a *app, name string) string {
	t.Helper()
	return strings.TrimSuffix(a.aws(t, "signer", "put-signing-profile", "--profile-name", name,
		"--platform-id", "Notation-OCI-SHA384-ECDSA", "--query", "arn"), "\n")
}

// delivery is the delivery of an app: its build, its signature and the preparation of its deployment.
type delivery struct {
	*app
	world       *signing
	sign, ready Build
	digest      string
}

const profileName = "prodgate_eu_west_2"

// sampleSBOM is a minimal SBOM.
const sampleSBOM = `{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}`

// imageSBOM is a minimal SBOM of an image.
func imageSBOM(digest string) string {
	return `{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"type": "container", "version": "` + digest + `"}}, "components": []}`
}

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
	built := artifact(t, map[string]string{buildspec.ImageDefinitions: string(r.Artifacts[buildspec.ImageDefinitions])})
	sbom := artifact(t, map[string]string{buildspec.SBOMFile: sampleSBOM})
	image := artifact(t, map[string]string{buildspec.ImageSBOMFile: imageSBOM(d.digest)})

	arn := "arn:aws:signer:eu-west-2:123456789012:/signing-profiles/" + profileName
	shared := []Variable{
		{Name: tool.Notation.URLVariable(), Value: tool.Notation.URL},
		{Name: tool.Notation.SHA256Variable(), Value: s.variables[tool.Notation.SHA256Variable()]},
		{Name: tool.SignerPlugin.URLVariable(), Value: tool.SignerPlugin.URL},
		{Name: tool.SignerPlugin.SHA256Variable(), Value: s.variables[tool.SignerPlugin.SHA256Variable()]},
		{Name: buildspec.SignerRoot, Value: s.variables[buildspec.SignerRoot]},
		{Name: buildspec.SigningProfile, Value: arn},
		{Name: buildspec.App, Value: "backend"},
		{Name: buildspec.RepositoryURI, Value: registry + "/" + d.repository},
		{Name: buildspec.ImageDigest, Value: d.digest},
		{Name: buildspec.SBOM, Value: "true"},
		{Name: buildspec.ImageSBOM, Value: "true"},
		{Name: buildspec.CommitID, Value: commit},
	}
	project := func(name, spec string, variables ...Variable) Build {
		return Build{
			Project: Project{
				Name: name, Arn: "arn:aws:codebuild:eu-west-2:123456789012:project/" + name, Source: Source{Buildspec: spec},
				Environment: Environment{Image: "aws/codebuild/standard:7.0", Variables: append(append([]Variable(nil), shared...), variables...)},
			},
			Source: built, Further: map[string]string{buildspec.SBOMArtifact: sbom, buildspec.ImageSBOMArtifact: image}, Commit: commit,
			Initiator: "codepipeline/app-prodgate", Env: append(append([]string(nil), d.Env...), s.net.Env()...),
		}
	}
	d.sign = project("prodgate-sign", buildspec.Text("sign"), Variable{Name: buildspec.ImageOrigin, Value: r.Exported[buildspec.ImageOrigin]})
	d.ready = project("prodgate-prepare", buildspec.Text("prepare"),
		Variable{Name: buildspec.ContainerName, Value: "backend"}, Variable{Name: buildspec.Deployment, Value: settings.Rolling})
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

// with is the build with changed variables; a variable without a value is not set.
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

// ends runs a build and asserts its result.
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

// TestSigning_Cases runs the real buildspecs on the artifacts of the real build of the sample app, with
// notation itself. Packages signer and registry replace AWS's parts.
func TestSigning_Cases(t *testing.T) {
	t.Parallel()
	s := newSigning(t)
	d := s.deliver(t)
	arn := s.profile(t, d.app, profileName)
	other := s.profile(t, d.app, "another_profile")

	t.Run("an image that is not signed is not deployed", func(t *testing.T) {
		said(t, ends(t, d.ready, refuses), "@"+d.digest+" is not signed\n")
	})
	t.Run("an image of another profile is not deployed", func(t *testing.T) {
		ends(t, d.sign.with(Variable{Name: buildspec.SigningProfile, Value: other}), signs)
		said(t, ends(t, d.ready, refuses), "@"+d.digest+" is not signed by "+arn+"\n")
	})
	t.Run("an image signed for another app is not deployed", func(t *testing.T) {
		ends(t, d.sign.with(Variable{Name: buildspec.App, Value: "frontend"}), signs)
		said(t, ends(t, d.ready, refuses), "@"+d.digest+" is signed, but not as an image of backend\n")
	})
	found := d.sign.with(Variable{Name: buildspec.ImageOrigin, Value: "found"})
	refused := "has the tag of commit " + commit + ", but this run did not build it and the gate has not signed it for backend and this commit: " +
		"delete the image and run the pipeline again, or merge another commit\n"
	t.Run("an image that the build found is not signed, without a signature of the gate for this app and commit", func(t *testing.T) {
		// It has signatures: of another profile for this app and commit, and of the gate's for another app.
		said(t, ends(t, found, "PRE_BUILD BUILD!"), refused)
		said(t, ends(t, d.ready, refuses), " is signed, but not as an image of backend\n")
	})
	t.Run("an image signed for another commit is not deployed, and not signed as a found one", func(t *testing.T) {
		other := strings.Repeat("e", 40)
		ends(t, d.sign.with(Variable{Name: buildspec.CommitID, Value: other}), signs)
		said(t, ends(t, d.ready, refuses), " is signed as an image of backend, but not of this run's commit "+commit+"\n")
		said(t, ends(t, found, "PRE_BUILD BUILD!"), refused)
	})
	t.Run("a signed image is deployed, and is signed once", func(t *testing.T) {
		sum := fmt.Sprintf("%x", sha256.Sum256([]byte(sampleSBOM)))
		for _, how := range []string{"signed", "was signed already"} {
			r := ends(t, d.sign, signs)
			want := fmt.Sprintf("notation: %s %s by %s, SBOM %s", d.digest[:19], how, profileName, sum[:12])
			if got := r.Exported[buildspec.Summary]; got != want || len(got) > 120 {
				t.Errorf("the summary is %q, want %q", got, want)
			}
		}
		// Signed by the gate before: with the SBOM of another run too.
		ends(t, found, signs)
		again := found
		again.Further = maps.Clone(found.Further)
		again.Further[buildspec.SBOMArtifact] = artifact(t, map[string]string{buildspec.SBOMFile: sampleSBOM + "\n"})
		ends(t, again, signs)
		r := ends(t, d.ready, prepares)
		said(t, r, "is signed by "+arn+": app=backend commit="+commit+" sbom="+sum+" image-sbom="+fmt.Sprintf("%x", sha256.Sum256([]byte(imageSBOM(d.digest)))))
		definitions(t, r.Artifacts[buildspec.ImageDefinitions], "backend", registry+"/"+d.repository+"@"+d.digest)
		if len(r.Artifacts) != 1 {
			t.Errorf("a rolling deployment gets %d files", len(r.Artifacts))
		}
		if strings.Contains(r.Log, "auth-token") {
			t.Error("the log has the registry's password")
		}
	})
	if t.Failed() {
		return
	}
	t.Run("", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, *delivery){
			"an SBOM that was exchanged":                      exchangedSBOM,
			"an SBOM that is not there":                       missingSBOM,
			"another image of the repository":                 swappedDigest,
			"an image of another repository":                  swappedRepository,
			"more than one image":                             twoImages,
			"a digest that ECR does not have":                 unknownImage,
			"a registry that is down":                         registryDown,
			"tools whose checksum is another":                 wrongChecksums,
			"tools that are not to be had":                    toolsDown,
			"a root that is not AWS's":                        wrongRoot,
			"variables that are missing or wrong":             badVariables,
			"without signing":                                 unsigned,
			"blue/green: CodeDeploy's files":                  blueGreen,
			"blue/green: no service, no container, two names": noService,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				own := *d
				test(t, &own)
			})
		}
	})
	t.Run("a profile that is revoked", func(t *testing.T) {
		version := d.aws(t, "signer", "get-signing-profile", "--profile-name", profileName, "--query", "profileVersion")
		d.aws(t, "signer", "revoke-signing-profile", "--profile-name", profileName, "--profile-version", version,
			"--reason", "it leaked", "--effective-time", "2020-01-01T00:00:00Z")
		said(t, ends(t, d.ready, refuses), "is signed, but what signed it has been revoked\n")
		r := ends(t, d.sign.with(Variable{Name: buildspec.CommitID, Value: strings.Repeat("f", 40)}), "PRE_BUILD BUILD!")
		said(t, r, "is not active: Revoked")
	})
}

func exchangedSBOM(t *testing.T, d *delivery) {
	for name, changed := range map[string]string{
		buildspec.SBOMArtifact:      artifact(t, map[string]string{buildspec.SBOMFile: sampleSBOM + " "}),
		buildspec.ImageSBOMArtifact: artifact(t, map[string]string{buildspec.ImageSBOMFile: imageSBOM(d.digest) + " "}),
	} {
		b := d.ready
		b.Further = maps.Clone(b.Further)
		b.Further[name] = changed
		said(t, ends(t, b, refuses), "is signed with other SBOMs than those of this run: sbom=")
	}
}

func missingSBOM(t *testing.T, d *delivery) {
	for _, b := range []Build{d.sign, d.ready} {
		b.Further = nil
		said(t, ends(t, b, "PRE_BUILD!"), "there is no artifact Sbom")
		b.Further = map[string]string{buildspec.SBOMArtifact: t.TempDir()}
		said(t, ends(t, b, "PRE_BUILD!"), "sbom.cdx.json: No such file")
	}
	for _, b := range []Build{d.sign, d.ready} {
		b.Further = maps.Clone(d.sign.Further)
		delete(b.Further, buildspec.ImageSBOMArtifact)
		said(t, ends(t, b, "PRE_BUILD!"), "there is no artifact ImageSbom")
	}
	whole := d.sign.Further
	d.sign.Further = maps.Clone(whole)
	d.sign.Further[buildspec.SBOMArtifact] = artifact(t, map[string]string{buildspec.SBOMFile: `{}`})
	said(t, ends(t, d.sign, "PRE_BUILD!"), "is no SBOM")
	for _, text := range []string{`{}`, sampleSBOM, imageSBOM("sha256:" + strings.Repeat("0", 64))} {
		d.sign.Further = maps.Clone(whole)
		d.sign.Further[buildspec.ImageSBOMArtifact] = artifact(t, map[string]string{buildspec.ImageSBOMFile: text})
		said(t, ends(t, d.sign, "PRE_BUILD!"), "is no SBOM of "+d.digest)
	}
}

// names is an artifact of the build that names images.
func names(t *testing.T, images ...string) string {
	t.Helper()
	list := []map[string]string{}
	for _, image := range images {
		list = append(list, map[string]string{"name": "backend", "imageUri": image})
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return artifact(t, map[string]string{buildspec.ImageDefinitions: string(text)})
}

// push pushes another image to the app's repository.
func (d *delivery) push(t *testing.T) (digest string) {
	t.Helper()
	tag := notInNames.ReplaceAllString(strings.ToLower(t.Name()), "-")
	manifest := `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","layers":[],"annotations":{"of":"` + tag + `"}}`
	digest = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(manifest)))
	d.aws(t, "ecr", "put-image", "--repository-name", d.repository, "--image-tag", tag, "--image-manifest", manifest, "--image-digest", digest)
	return digest
}

func swappedDigest(t *testing.T, d *delivery) {
	digest := d.push(t)
	image := registry + "/" + d.repository + "@"
	for _, b := range []Build{d.sign, d.ready} {
		b.Source = names(t, image+digest)
		said(t, ends(t, b, "PRE_BUILD!"), "imagedefinitions.json does not name "+image+d.digest+" alone")
	}
	// Swapped in the artifact and in the pipeline's variable: there is no signature.
	d.ready.Source = names(t, image+digest)
	r := ends(t, d.ready.with(Variable{Name: buildspec.ImageDigest, Value: digest}), refuses)
	said(t, r, "@"+digest+" is not signed\n")
}

func swappedRepository(t *testing.T, d *delivery) {
	for _, b := range []Build{d.sign, d.ready} {
		b.Source = names(t, registry+"/prodgate/other@"+d.digest)
		said(t, ends(t, b, "PRE_BUILD!"), "does not name "+registry+"/"+d.repository+"@"+d.digest+" alone")
	}
}

func twoImages(t *testing.T, d *delivery) {
	image := registry + "/" + d.repository + "@" + d.digest
	for _, source := range []string{
		names(t, image, image), names(t), artifact(t, nil),
		artifact(t, map[string]string{buildspec.ImageDefinitions: `[{"name": "backend", "imageUri": "` + image + `"}] []`}),
	} {
		for _, b := range []Build{d.sign, d.ready} {
			b.Source = source
			said(t, ends(t, b, "PRE_BUILD!"), "imagedefinitions.json does not name "+image+" alone")
		}
	}
}

func unknownImage(t *testing.T, d *delivery) {
	digest := "sha256:" + strings.Repeat("0", 64)
	d.ready.Source = names(t, registry+"/"+d.repository+"@"+digest)
	said(t, ends(t, d.ready.with(Variable{Name: buildspec.ImageDigest, Value: digest}), "PRE_BUILD!"), "ECR does not show ")
}

// elsewhere is an internet that has only the tools, or nothing.
func (d *delivery) elsewhere(t *testing.T, tools bool) []string {
	t.Helper()
	folder := t.TempDir()
	net, err := internet.Start(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { net.Close() })
	if tools {
		root, err := toolchain.Root()
		if err != nil {
			t.Fatal(err)
		}
		programs, err := toolchain.PrepareSigning(t.Context(), root, t.Logf)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := signer.Serve(t.Context(), net, folder, programs, d.world.endpoint); err != nil {
			t.Fatal(err)
		}
	}
	return append(append([]string(nil), d.Env...), net.Env()...)
}

func registryDown(t *testing.T, d *delivery) {
	d.ready.Env, d.sign.Env = d.elsewhere(t, true), d.elsewhere(t, true)
	said(t, ends(t, d.ready, refuses), "@"+d.digest+" could not be verified\n")
	said(t, ends(t, d.sign, "PRE_BUILD BUILD!"), "Bad Gateway")
}

func wrongChecksums(t *testing.T, d *delivery) {
	for _, name := range []string{tool.Notation.SHA256Variable(), tool.SignerPlugin.SHA256Variable()} {
		for _, b := range []Build{d.sign, d.ready} {
			said(t, ends(t, b.with(Variable{Name: name, Value: strings.Repeat("0", 64)}), "PRE_BUILD!"), ": FAILED\n")
		}
	}
}

func toolsDown(t *testing.T, d *delivery) {
	d.ready.Env, d.sign.Env = d.elsewhere(t, false), d.elsewhere(t, false)
	for _, b := range []Build{d.sign, d.ready} {
		said(t, ends(t, b, "PRE_BUILD!"), "curl: (")
	}
}

func wrongRoot(t *testing.T, d *delivery) {
	said(t, ends(t, d.ready.with(Variable{Name: buildspec.SignerRoot, Value: tool.SignerRoot}), refuses), "could not be verified\n")
}

func badVariables(t *testing.T, d *delivery) {
	green := d.ready.with(Variable{Name: buildspec.Deployment, Value: settings.BlueGreen},
		Variable{Name: buildspec.Cluster, Value: "c"}, Variable{Name: buildspec.Service, Value: "s"}, Variable{Name: buildspec.ContainerPort, Value: "80"})
	for _, test := range []struct {
		build Build
		names []string
	}{
		{d.sign, buildspec.Required("sign")},
		{green, buildspec.Required("prepare")},
	} {
		for _, name := range test.names {
			said(t, ends(t, test.build.with(Variable{Name: name}), "PRE_BUILD!"), name+": is not set by the ")
		}
	}
	for name, value := range map[string]string{
		buildspec.ImageDigest: "latest", buildspec.CommitID: "prod", buildspec.Deployment: "canary", buildspec.ContainerPort: "80; id",
	} {
		said(t, ends(t, green.with(Variable{Name: name, Value: value}), "PRE_BUILD!"), "not a ")
	}
	said(t, ends(t, d.sign.with(Variable{Name: buildspec.CommitID, Value: "prod"}), "PRE_BUILD!"), "not a full commit id: prod")
	said(t, ends(t, d.sign.with(Variable{Name: buildspec.ImageOrigin, Value: "Found"}), "PRE_BUILD!"), "IMAGE_ORIGIN is Found, and can be built or found")
}

func unsigned(t *testing.T, d *delivery) {
	digest := d.push(t)
	d.ready = d.ready.with(Variable{Name: buildspec.SigningProfile}, Variable{Name: tool.Notation.URLVariable()}, Variable{Name: buildspec.SBOM}, Variable{Name: buildspec.ImageSBOM},
		Variable{Name: buildspec.ImageDigest, Value: digest})
	d.ready.Source, d.ready.Env = names(t, registry+"/"+d.repository+"@"+digest), d.Env
	r := ends(t, d.ready, prepares)
	definitions(t, r.Artifacts[buildspec.ImageDefinitions], "backend", registry+"/"+d.repository+"@"+digest)
}

const taskDefinition = `[
	{"name": "backend", "image": "first", "cpu": 0, "memory": 512, "essential": true,
		"portMappings": [{"containerPort": 4567, "hostPort": 4567, "protocol": "tcp"}],
		"environment": [{"name": "LEVEL", "value": "<b> & \"c\""}],
		"secrets": [{"name": "URL", "valueFrom": "arn:aws:secretsmanager:eu-west-2:123456789012:secret:url-AbCdEf"}]},
	{"name": "sidecar", "image": "second", "memory": 128, "essential": false}]`

// service creates a service that runs a task definition, and returns its cluster.
func (d *delivery) service(t *testing.T, containers string) (cluster string) {
	t.Helper()
	cluster = notInNames.ReplaceAllString(strings.ToLower(t.Name()), "-")
	d.aws(t, "ecs", "create-cluster", "--cluster-name", cluster)
	d.aws(t, "ecs", "register-task-definition", "--family", cluster, "--container-definitions", containers,
		"--execution-role-arn", "arn:aws:iam::123456789012:role/execution", "--task-role-arn", "arn:aws:iam::123456789012:role/task",
		"--network-mode", "awsvpc", "--requires-compatibilities", "FARGATE", "--cpu", "256", "--memory", "1024")
	d.aws(t, "ecs", "create-service", "--cluster", cluster, "--service-name", "backend", "--task-definition", cluster, "--desired-count", "1")
	d.ready = d.ready.with(Variable{Name: buildspec.Deployment, Value: settings.BlueGreen}, Variable{Name: buildspec.Cluster, Value: cluster},
		Variable{Name: buildspec.Service, Value: "backend"}, Variable{Name: buildspec.ContainerPort, Value: "4567"})
	return cluster
}

func blueGreen(t *testing.T, d *delivery) {
	cluster := d.service(t, taskDefinition)
	// What is registered and not run is not what is deployed.
	d.aws(t, "ecs", "register-task-definition", "--family", cluster, "--container-definitions",
		`[{"name": "backend", "image": "later", "memory": 1, "essential": true}]`)
	r := ends(t, d.ready, prepares)
	image := registry + "/" + d.repository + "@" + d.digest
	definitions(t, r.Artifacts[buildspec.ImageDefinitions], "backend", image)

	var detail map[string]string
	if err := json.Unmarshal(r.Artifacts[buildspec.ImageDetail], &detail); err != nil || len(detail) != 1 || detail["ImageURI"] != image {
		t.Errorf("%s: %v, %v", buildspec.ImageDetail, detail, err)
	}

	// The file is what the service runs but for one image and what AWS alone sets.
	var got, want map[string]any
	if err := json.Unmarshal(r.Artifacts[buildspec.TaskDefinition], &got); err != nil {
		t.Fatalf("%v\n%s", err, r.Artifacts[buildspec.TaskDefinition])
	}
	// The caller's output is text.
	asked := d.aws(t, "ecs", "describe-task-definition", "--task-definition", cluster+":1", "--query", "taskDefinition", "--output", "json")
	if err := json.Unmarshal([]byte(asked), &want); err != nil {
		t.Fatalf("%v\n%s", err, asked)
	}
	for _, field := range []string{"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy"} {
		delete(want, field)
	}
	want["containerDefinitions"].([]any)[0].(map[string]any)["image"] = "<IMAGE1_NAME>"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s holds\n%v, want\n%v", buildspec.TaskDefinition, got, want)
	}
	if len(got["containerDefinitions"].([]any)) != 2 || got["executionRoleArn"] == nil || !strings.Contains(asked, "secret:url-AbCdEf") {
		t.Errorf("the task definition was not the one of the test: %v", got)
	}

	var spec struct {
		Version   string
		Resources []struct {
			TargetService struct {
				Type       string `yaml:"Type"`
				Properties struct {
					TaskDefinition   string `yaml:"TaskDefinition"`
					LoadBalancerInfo struct {
						ContainerName string `yaml:"ContainerName"`
						ContainerPort int    `yaml:"ContainerPort"`
					} `yaml:"LoadBalancerInfo"`
				} `yaml:"Properties"`
			} `yaml:"TargetService"`
		} `yaml:"Resources"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(r.Artifacts[buildspec.AppSpec]))
	decoder.KnownFields(true)
	if err := decoder.Decode(&spec); err != nil {
		t.Fatalf("%v\n%s", err, r.Artifacts[buildspec.AppSpec])
	}
	if got := fmt.Sprint(spec); got != "{0.0 [{{AWS::ECS::Service {<TASK_DEFINITION> {backend 4567}}}}]}" {
		t.Errorf("%s holds %s", buildspec.AppSpec, got)
	}
	if len(r.Artifacts) != 4 {
		t.Errorf("the artifact holds %d files", len(r.Artifacts))
	}
}

func noService(t *testing.T, d *delivery) {
	const fails = "PRE_BUILD BUILD POST_BUILD! UPLOAD_ARTIFACTS"
	d.service(t, `[{"name": "other", "image": "first", "memory": 1, "essential": true}]`)
	said(t, ends(t, d.ready, fails), "has no container backend")
	said(t, ends(t, d.ready.with(Variable{Name: buildspec.Service, Value: "gone"}), fails), "there is no such service that is active")
	said(t, ends(t, d.ready.with(Variable{Name: buildspec.Cluster, Value: "gone"}), fails), "ClusterNotFoundException")
}
