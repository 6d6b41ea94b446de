package codebuild

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/buildspec"
	"prodgate/sandbox/emulators/codebuild/docker"
)

const (
	registry   = "123456789012.dkr.ecr.eu-west-2.amazonaws.com"
	commit     = "0123456789abcdef0123456789abcdef01234567"
	dockerfile = "Dockerfile.prod"
)

// TestBuild runs the real buildspec against an emulator, with the real AWS CLI
// and a stand-in for docker.
func TestBuild(t *testing.T) {
	t.Parallel()
	need(t, "aws", "pipx install awscli")
	need(t, "jq", "apt-get install jq")
	endpoint := emulator(t)

	for name, test := range map[string]func(t *testing.T, a *app){
		"the first build of a commit pushes its image":                firstBuild,
		"a build of the same commit reuses the image":                 sameCommit,
		"a build of another commit pushes another image":              otherCommit,
		"an image of anybody's with the commit's tag is only found":   foreignImage,
		"without signatures the commit is built again":                unsignedCommit,
		"without signatures a lost race fails the build":              unsignedRace,
		"a build that loses the race ends with the winner's image":    lostRace,
		"a push that fails without a winner fails the build":          failedPush,
		"a missing Dockerfile fails the build":                        missingDockerfile,
		"an image that runs as root fails the build":                  rootImage,
		"a denied login fails the build":                              deniedLogin,
		"an unknown error of ECR fails the build":                     unknownError,
		"a repository that is not there fails the build":              missingRepository,
		"a project without privileged mode fails the build":           unprivileged,
		"every missing variable fails the build":                      missingVariables,
		"a branch name instead of a commit fails the build":           noCommit,
		"a push to another repository than ECR's fails the build":     twoRepositories,
		"without ABORT a failed build still names no image":           withoutAbort,
		"the commands do the same in one shell that is never left":    oneShell,
		"secrets reach docker, and nothing else":                      handsOnSecrets,
		"a secret without a value fails the build":                    secretWithoutValue,
		"a secret that is not there fails the build":                  missingSecret,
		"a folder and a container with odd names are taken literally": oddNames,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newApp(t, endpoint))
		})
	}
}

// app is an app with a repository in the emulator and a project to build it.
type app struct {
	Build
	docker     docker.StandIn
	repository string
	path       string
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// newApp creates an app for one test, because all tests share one emulator.
func newApp(t *testing.T, endpoint string) *app {
	t.Helper()
	tools := t.TempDir()
	standIn, err := docker.Install(tools)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{
		docker:     standIn,
		repository: "prodgate/" + notInNames.ReplaceAllString(strings.ToLower(t.Name()), "-"),
		path:       tools + ":" + os.Getenv("PATH"),
	}
	a.Build = Build{
		Project: Project{
			Name:   "prodgate-app",
			Arn:    "arn:aws:codebuild:eu-west-2:123456789012:project/prodgate-app",
			Source: Source{Buildspec: buildspec.Text("build")},
			Environment: Environment{Image: "aws/codebuild/standard:7.0", PrivilegedMode: true, Variables: []Variable{
				{Name: buildspec.AppFolder, Value: "backend-flask"},
				{Name: buildspec.Dockerfile, Value: dockerfile},
				{Name: buildspec.RepositoryURI, Value: registry + "/" + a.repository},
				{Name: buildspec.RepositoryName, Value: a.repository},
				{Name: buildspec.ContainerName, Value: "backend"},
				{Name: buildspec.Signed, Value: "true"},
			}},
		},
		Source:    t.TempDir(),
		Commit:    commit,
		Initiator: "codepipeline/prodgate-app",
		Env: []string{
			"PATH=" + a.path,
			"AWS_ENDPOINT_URL=" + endpoint,
			"AWS_ACCESS_KEY_ID=test",
			"AWS_SECRET_ACCESS_KEY=test",
			"AWS_MAX_ATTEMPTS=1",
		},
	}
	a.file(t, "backend-flask/"+dockerfile, "FROM scratch\nUSER 10001\n")
	a.aws(t, "ecr", "create-repository", "--repository-name", a.repository, "--image-tag-mutability", "IMMUTABLE")
	return a
}

// file puts a file into the app's source.
func (a *app) file(t *testing.T, name, content string) {
	t.Helper()
	name = filepath.Join(a.Source, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// variable changes a variable of the project.
func (a *app) variable(name, value string) {
	for i, v := range a.Project.Environment.Variables {
		if v.Name == name {
			a.Project.Environment.Variables[i].Value = value
		}
	}
}

// shim puts a script before a tool on the build's PATH. The script can call
// the tool as "$tool".
func (a *app) shim(t *testing.T, tool, script string) {
	t.Helper()
	folder := t.TempDir()
	script = "#!/usr/bin/env bash\nPATH=" + a.path + "\ntool=$(command -v " + tool + ")\n" + script
	if err := os.WriteFile(filepath.Join(folder, tool), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	a.path = folder + ":" + a.path
	a.Env[0] = "PATH=" + a.path
}

// aws calls the emulator directly, without the build's environment.
func (a *app) aws(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("aws", append([]string{"--region", "eu-west-2", "--output", "text"}, args...)...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, a.Env[1:]...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("aws %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// digest returns the image digest of a tag.
func (a *app) digest(t *testing.T, tag string) string {
	t.Helper()
	return a.aws(t, "ecr", "describe-images", "--repository-name", a.repository,
		"--image-ids", "imageTag="+tag, "--query", "imageDetails[0].imageDigest")
}

// images counts the images in the repository.
func (a *app) images(t *testing.T) string {
	t.Helper()
	return a.aws(t, "ecr", "list-images", "--repository-name", a.repository, "--query", "length(imageIds)")
}

// run runs a build and asserts its result.
func (a *app) run(t *testing.T, want string) *Result {
	t.Helper()
	result, err := a.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := ran(result); got != want {
		t.Fatalf("ran %q, want %q\n%s", got, want, result.Log)
	}
	return result
}

const succeeds = "PRE_BUILD BUILD POST_BUILD UPLOAD_ARTIFACTS"

// named asserts that every output of the build names the image by its digest.
func named(t *testing.T, a *app, r *Result, digest string) {
	t.Helper()
	image := registry + "/" + a.repository + "@" + digest
	for name, want := range map[string]string{
		buildspec.ImageURI: image, buildspec.ImageDigest: digest, buildspec.CommitID: a.Commit,
	} {
		if got := r.Exported[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	definitions(t, r.Artifacts[buildspec.ImageDefinitions], "backend", image)
}

// origin asserts that the build says whether it pushed the image.
func origin(t *testing.T, r *Result, want string) {
	t.Helper()
	if got := r.Exported[buildspec.ImageOrigin]; got != want {
		t.Errorf("%s is %q, want %q\n%s", buildspec.ImageOrigin, got, want, r.Log)
	}
}

func definitions(t *testing.T, file []byte, container, image string) {
	t.Helper()
	var got any
	if err := json.Unmarshal(file, &got); err != nil {
		t.Fatalf("%s: %v\n%s", buildspec.ImageDefinitions, err, file)
	}
	if want := fmt.Sprint([]any{map[string]any{"name": container, "imageUri": image}}); fmt.Sprint(got) != want {
		t.Errorf("%s holds %v, want %v", buildspec.ImageDefinitions, got, want)
	}
}

// unnamed asserts that a failed build has nothing to deploy.
func unnamed(t *testing.T, r *Result) {
	t.Helper()
	if r.Succeeded || len(r.Exported) > 0 || len(r.Artifacts) > 0 {
		t.Errorf("succeeded %v, exported %v, uploaded %v", r.Succeeded, r.Exported, r.Artifacts)
	}
}

// called asserts docker's commands, by their first words.
func called(t *testing.T, a *app, want ...string) []docker.Call {
	t.Helper()
	calls, err := a.docker.Calls()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, call := range calls {
		got = append(got, call.Argv[0])
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("docker was called with %v, want %v", got, want)
	}
	return calls
}

func said(t *testing.T, r *Result, words string) {
	t.Helper()
	if !strings.Contains(r.Log, words) {
		t.Errorf("the log does not say %q:\n%s", words, r.Log)
	}
}

func firstBuild(t *testing.T, a *app) {
	r := a.run(t, succeeds)
	named(t, a, r, a.digest(t, commit))
	origin(t, r, "built")
	calls := called(t, a, "login", "build", "image", "push", "image")
	if calls[0].Stdin == "" {
		t.Error("the login read no password")
	}
	for i, want := range []string{
		"login --username AWS --password-stdin " + registry,
		"build --label org.opencontainers.image.revision=" + commit + " --tag " + registry + "/" + a.repository + ":" + commit + " --file ",
		"image inspect --format {{.Config.User}} " + registry + "/" + a.repository + ":" + commit,
		"push " + registry + "/" + a.repository + ":" + commit,
	} {
		if got := strings.Join(calls[i].Argv, " "); !strings.HasPrefix(got, want) {
			t.Errorf("call %d is %q, want %q", i, got, want)
		}
	}
	if n := a.images(t); n != "1" {
		t.Errorf("the repository holds %s images, want only the commit's", n)
	}
}

func sameCommit(t *testing.T, a *app) {
	a.run(t, succeeds)
	digest := a.digest(t, commit)
	r := a.run(t, succeeds)
	named(t, a, r, digest)
	origin(t, r, "found")
	called(t, a, "login", "build", "image", "push", "image", "login")
}

func otherCommit(t *testing.T, a *app) {
	a.run(t, succeeds)
	digest := a.digest(t, commit)
	a.Commit = strings.Repeat("f", 40)
	r := a.run(t, succeeds)
	named(t, a, r, a.digest(t, a.Commit))
	if r.Exported[buildspec.ImageDigest] == digest {
		t.Error("both commits have one image")
	}
}

// foreign puts an image with the commit's tag into the repository, as replication does.
func (a *app) foreign(t *testing.T) (digest string) {
	t.Helper()
	manifest := `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","layers":[],"annotations":{"of":"another"}}`
	digest = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(manifest)))
	a.aws(t, "ecr", "put-image", "--repository-name", a.repository, "--image-tag", a.Commit, "--image-manifest", manifest, "--image-digest", digest)
	return digest
}

func foreignImage(t *testing.T, a *app) {
	digest := a.foreign(t)
	r := a.run(t, succeeds)
	named(t, a, r, digest)
	origin(t, r, "found")
	called(t, a, "login")
}

func unsignedCommit(t *testing.T, a *app) {
	a.variable(buildspec.Signed, "")
	digest := a.foreign(t)
	r := a.run(t, succeeds)
	said(t, r, "signing is off: nothing shows who built it, so the commit is built again")
	origin(t, r, "built")
	if r.Exported[buildspec.ImageDigest] == digest {
		t.Error("the build took over an image of anybody's")
	}
	named(t, a, r, r.Exported[buildspec.ImageDigest])
	push := called(t, a, "login", "build", "image", "push", "image")[3].Argv[1]
	if !regexp.MustCompile(":" + commit + "-[0-9A-Za-z-]+$").MatchString(push) {
		t.Errorf("docker pushed %s", push)
	}
	if again := a.run(t, succeeds); again.Exported[buildspec.ImageDigest] == r.Exported[buildspec.ImageDigest] {
		t.Error("a second build took over the image of the first")
	}
}

func unsignedRace(t *testing.T, a *app) {
	a.variable(buildspec.Signed, "")
	a.shim(t, "docker", winner)
	r := a.run(t, "PRE_BUILD BUILD! UPLOAD_ARTIFACTS!")
	said(t, r, "is an image that this build did not push, and signing is off")
	unnamed(t, r)
}

// winner is a docker before which another build pushes its image of the commit.
const winner = `
if [ "$1" = push ]; then
  aws ecr put-image --repository-name "$REPOSITORY_NAME" --image-tag "$CODEBUILD_RESOLVED_SOURCE_VERSION" \
    --image-manifest '{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","layers":[]}' > /dev/null
fi
exec "$tool" "$@"
`

func lostRace(t *testing.T, a *app) {
	a.shim(t, "docker", winner)
	r := a.run(t, succeeds)
	said(t, r, "already exists in the '"+a.repository+"' repository")
	named(t, a, r, a.digest(t, commit))
	origin(t, r, "found")
	called(t, a, "login", "build", "image", "push", "image")
	if n := a.images(t); n != "1" {
		t.Errorf("the repository holds %s images, want only the winner's", n)
	}
}

func failedPush(t *testing.T, a *app) {
	a.shim(t, "docker", `if [ "$1" = push ]; then echo 'denied: push' >&2; exit 1; fi; exec "$tool" "$@"`)
	r := a.run(t, "PRE_BUILD BUILD! UPLOAD_ARTIFACTS!")
	said(t, r, "denied: push")
	said(t, r, "ECR has no image")
	unnamed(t, r)
}

func missingDockerfile(t *testing.T, a *app) {
	a.variable(buildspec.Dockerfile, "Dockerfile.missing")
	r := a.run(t, "PRE_BUILD BUILD! UPLOAD_ARTIFACTS!")
	said(t, r, "failed to read dockerfile")
	unnamed(t, r)
	called(t, a, "login", "build")
}

func rootImage(t *testing.T, a *app) {
	a.file(t, "backend-flask/passwd", "root:x:0:0::/:/bin/sh\n  toor:x:0:0::/:/bin/sh\napp:x:10001:0::/:/bin/sh\nempty:x::0::/:\n"+
		"word:x:ten:0::/:\nnegative:x:-1:0::/:\nhex:x:0x1:0::/:\nzeros:x:000:0::/:\nshort\ntwice:x:10001:0::/:\ntwice:x:0:0::/:\n")
	whole := *a
	a.shim(t, "aws", `
case $2 in
  get-login-password) echo password ;;
  *) echo 'An error occurred (ImageNotFoundException) when calling the DescribeImages operation' >&2; exit 254 ;;
esac`)
	image := func(user string) {
		a.file(t, "backend-flask/"+dockerfile, "FROM scratch\nCOPY passwd /etc/passwd\n"+user)
	}
	for _, user := range []string{
		"", "root", "0", "00", "000:10001", "0:0", "root:app", "toor", "empty", "word", "negative", "hex", "zeros", "short", "twice", "gone",
		"-1", "+1", "+0", "0x1", "4294967296", "99999999999999999999", "$USER", ".*", ":10001", "app\nFROM scratch", "app\nUSER 0",
	} {
		if user != "" {
			user = "USER " + user + "\n"
		}
		image(user)
		r := a.run(t, "PRE_BUILD BUILD! UPLOAD_ARTIFACTS!")
		said(t, r, "give "+dockerfile+" a USER that is a number above 0, or a name with such a number in the image's /etc/passwd (USER is '")
		unnamed(t, r)
	}
	// A name, of an image without /etc/passwd.
	a.file(t, "backend-flask/"+dockerfile, "FROM scratch\nUSER app\n")
	said(t, a.run(t, "PRE_BUILD BUILD! UPLOAD_ARTIFACTS!"), "(USER is 'app')")
	if calls, err := a.docker.Calls(); err != nil || slices.ContainsFunc(calls, func(c docker.Call) bool { return c.Argv[0] == "push" }) {
		t.Errorf("an image was pushed: %v", err)
	}
	*a = whole
	a.Env[0] = "PATH=" + a.path
	for i, user := range []string{"10001:0", "app:root", "root\nUSER 01"} {
		a.Commit = strings.Repeat(fmt.Sprint(i), 40)
		image("USER " + user + "\n")
		named(t, a, a.run(t, succeeds), a.digest(t, a.Commit))
	}
}

func deniedLogin(t *testing.T, a *app) {
	a.shim(t, "aws", `
if [ "$2" = get-login-password ]; then
  echo 'An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation' >&2; exit 254
fi
exec "$tool" "$@"`)
	r := a.run(t, "PRE_BUILD!")
	said(t, r, "AccessDeniedException")
	unnamed(t, r)
	called(t, a, "login")
}

func unknownError(t *testing.T, a *app) {
	a.shim(t, "aws", `
if [ "$2" = describe-images ]; then
  echo 'An error occurred (AccessDeniedException) when calling the DescribeImages operation' >&2; exit 254
fi
exec "$tool" "$@"`)
	r := a.run(t, "PRE_BUILD BUILD! UPLOAD_ARTIFACTS!")
	said(t, r, "AccessDeniedException")
	unnamed(t, r)
	called(t, a, "login")
}

func missingRepository(t *testing.T, a *app) {
	a.aws(t, "ecr", "delete-repository", "--repository-name", a.repository)
	r := a.run(t, "PRE_BUILD BUILD! UPLOAD_ARTIFACTS!")
	said(t, r, "RepositoryNotFoundException")
	unnamed(t, r)
	called(t, a, "login")
}

func unprivileged(t *testing.T, a *app) {
	a.Project.Environment.PrivilegedMode = false
	r := a.run(t, "PRE_BUILD!")
	said(t, r, "Cannot connect to the Docker daemon")
	unnamed(t, r)
}

func missingVariables(t *testing.T, a *app) {
	for _, name := range buildspec.Required("build") {
		b := *a
		b.Project.Environment.Variables = nil
		for _, v := range a.Project.Environment.Variables {
			if v.Name != name {
				b.Project.Environment.Variables = append(b.Project.Environment.Variables, v)
			}
		}
		r := b.run(t, "PRE_BUILD!")
		said(t, r, name+": is not set by the project")
	}
	called(t, a)
}

func noCommit(t *testing.T, a *app) {
	for _, version := range []string{"", "prod", commit[:7], commit + "0", "latest"} {
		a.Commit = version
		a.run(t, "PRE_BUILD!")
	}
	called(t, a)
}

func twoRepositories(t *testing.T, a *app) {
	a.variable(buildspec.RepositoryURI, registry+"/prodgate/other")
	r := a.run(t, "PRE_BUILD!")
	said(t, r, "is not the repository "+a.repository)
	called(t, a)
}

func withoutAbort(t *testing.T, a *app) {
	// A stale file in the source must not pass for the build's own either.
	a.file(t, buildspec.ImageDefinitions, "stale")
	a.variable(buildspec.Dockerfile, "Dockerfile.missing")
	a.Project.Source.Buildspec = strings.ReplaceAll(buildspec.Text("build"), "on-failure: ABORT", "")
	r := a.run(t, "PRE_BUILD BUILD! POST_BUILD! UPLOAD_ARTIFACTS")
	if r.Succeeded || len(r.Exported) > 0 {
		t.Errorf("succeeded %v, exported %v", r.Succeeded, r.Exported)
	}
	if file := r.Artifacts[buildspec.ImageDefinitions]; bytes.Contains(file, []byte("sha256")) {
		t.Errorf("%s names an image: %s", buildspec.ImageDefinitions, file)
	}
}

// The guide says that all commands share one shell. The commands must work with and without
// a shared shell.
func oneShell(t *testing.T, a *app) {
	spec, err := parse(buildspec.Text("build"))
	if err != nil {
		t.Fatal(err)
	}
	env, err := a.environment(spec, "id", t.TempDir(), a.Source, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all string
	for _, p := range []*phaseSpec{spec.Phases.PreBuild, spec.Phases.Build, spec.Phases.PostBuild} {
		all += strings.Join(p.Commands, "\n")
	}
	cmd := exec.Command("bash", "-c", all)
	cmd.Dir, cmd.Env = a.Source, env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file, err := os.ReadFile(filepath.Join(a.Source, buildspec.ImageDefinitions))
	if err != nil {
		t.Fatal(err)
	}
	definitions(t, file, "backend", registry+"/"+a.repository+"@"+a.digest(t, commit))
}

func oddNames(t *testing.T, a *app) {
	const folder, container = "it's $HOME/of \"apps\"", `back"end $(id)`
	a.file(t, folder+"/"+dockerfile, "FROM scratch\nUSER 10001\n")
	a.variable(buildspec.AppFolder, folder)
	a.variable(buildspec.ContainerName, container)
	r := a.run(t, succeeds)
	definitions(t, r.Artifacts[buildspec.ImageDefinitions], container,
		registry+"/"+a.repository+"@"+a.digest(t, commit))
}

// secret creates a secret in the emulator, without a value if that is empty, and adds it to the
// build.
func (a *app) secret(t *testing.T, name, value string) {
	t.Helper()
	arn := a.aws(t, "secretsmanager", "create-secret", "--name", a.repository+"/"+name, "--query", "ARN")
	if value != "" {
		a.aws(t, "secretsmanager", "put-secret-value", "--secret-id", arn, "--secret-string", value)
	}
	a.Project.Environment.Variables = append(a.Project.Environment.Variables, Variable{Name: name, Value: arn, Type: "SECRETS_MANAGER"})
}

func handsOnSecrets(t *testing.T, a *app) {
	values := map[string]string{"TOKEN": `it's "s3cr3t", $HOME and \n`, "OTHER": "two\nlines"}
	for name, value := range values {
		a.secret(t, name, value)
	}
	a.Project.Environment.Variables = append(a.Project.Environment.Variables, Variable{Name: buildspec.BuildSecrets, Value: "TOKEN OTHER"})
	r := a.run(t, succeeds)
	named(t, a, r, a.digest(t, commit))
	build := called(t, a, "login", "build", "image", "push", "image")[1]
	if len(build.Secrets) != len(values) {
		t.Errorf("docker was handed %v", build.Secrets)
	}
	for name, value := range values {
		if got, want := build.Secrets[name], fmt.Sprintf("%x", sha256.Sum256([]byte(value))); got != want {
			t.Errorf("docker was handed another %s: %s, want %s", name, got, want)
		}
		for line := range strings.Lines(value) {
			if strings.Contains(r.Log+fmt.Sprint(r.Artifacts, r.Exported, build.Argv), strings.TrimSpace(line)) {
				t.Errorf("%s is seen: %s", name, r.Log)
			}
		}
	}
}

func secretWithoutValue(t *testing.T, a *app) {
	a.secret(t, "TOKEN", "")
	r := a.run(t, "DOWNLOAD_SOURCE!")
	said(t, r, "can't find the specified secret value for staging label: AWSCURRENT")
	unnamed(t, r)
	called(t, a)
}

func missingSecret(t *testing.T, a *app) {
	a.Project.Environment.Variables = append(a.Project.Environment.Variables, Variable{
		Name: "TOKEN", Value: "arn:aws:secretsmanager:eu-west-2:123456789012:secret:gone-AbCdEf", Type: "SECRETS_MANAGER",
	})
	r := a.run(t, "DOWNLOAD_SOURCE!")
	said(t, r, "ResourceNotFoundException")
	called(t, a)
}
