package proofs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/tool"
	"prodgate/sandbox/emulators/codebuild"
	"prodgate/sandbox/emulators/codebuild/docker"
	"prodgate/sandbox/emulators/codebuild/zap"
	"prodgate/sandbox/emulators/internet"
	"prodgate/sandbox/emulators/lambda"
	"prodgate/sandbox/emulators/registry"
	"prodgate/sandbox/emulators/signer"
	"prodgate/sandbox/engine/stack"
	"prodgate/sandbox/toolchain"
	"prodgate/sandbox/toolchain/scanners"
)

// well is the response of the app.
const well = `{"success": true, "ver": 1}`

// delivering is the pipeline of backend-flask as read from the emulator, and the environment of its
// actions.
type delivering struct {
	*world
	ecs    *ecs.Client
	stages []cptypes.StageDeclaration
	env    []string
	// pins replace the checksums of the projects, because the downloads are built here.
	pins map[string]string
	// answer is the app's response about itself.
	answer atomic.Value
}

// run is one execution of the pipeline.
type run struct {
	*delivering
	commit    string
	artifacts map[string]string            // folders
	variables map[string]map[string]string // by namespace
	// found is ECR's findings for the image of the run.
	found []map[string]any
	// asked is what approvers were asked.
	asked string
	// skipped are bypassed actions, as "Stage/Action".
	skipped []string
	// logs are the logs of failed actions, by "Stage/Action".
	logs map[string]string
}

// newDelivering is the pipeline of a deployed stack, whose service runs another image.
func newDelivering(w *world) *delivering {
	w.Helper()
	got, err := w.aws.codepipeline.GetPipeline(w.Context(), &codepipeline.GetPipelineInput{Name: ptr("backend-flask-prodgate")})
	w.must(err)
	folder := w.TempDir()
	net, err := internet.Start(folder)
	w.must(err)
	w.Cleanup(func() { _ = net.Close() })
	l := &delivering{world: w, stages: got.Pipeline.Stages}

	scans, err := scanners.Prepare(w.Context(), kit.Root, w.TempDir(), w.Logf)
	w.must(err)
	for host, files := range scans.Files {
		for path, file := range files {
			w.must(net.Serve("https://"+host+path, file))
		}
	}
	signing, err := toolchain.PrepareSigning(w.Context(), kit.Root, w.Logf)
	w.must(err)
	l.pins, err = signer.Serve(w.Context(), net, w.TempDir(), signing, w.Cloud.AWS)
	w.must(err)
	maps.Copy(l.pins, scans.Variables)
	archive := filepath.Join(folder, "zap.tar.gz")
	l.pins[tool.ZAP.SHA256Variable()], err = zap.Archive(archive, zap.Script)
	w.must(err)
	w.must(net.Serve(tool.ZAP.URL, archive))
	net.Handle(w.account()+".dkr.ecr."+region+".amazonaws.com", registry.New(w.aws.ecr))
	net.Handle("api.example.com", http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		fmt.Fprint(rw, l.answer.Load())
	}))
	l.answer.Store(well)

	tools := w.TempDir()
	_, err = docker.Install(tools)
	w.must(err)
	// The verification does not wait.
	w.must(os.WriteFile(filepath.Join(tools, "sleep"), []byte("#!/bin/bash\nexec /bin/sleep 0.2\n"), 0o700))
	l.env = slices.Concat(w.Cloud.Env(), net.Env(), []string{"PATH=" + tools + ":" + kit.Path()})

	cfg, err := w.Cloud.AWSConfig(w.Context(), region)
	w.must(err)
	l.ecs = ecs.NewFromConfig(cfg)
	l.createService()
	return l
}

// createService creates the service of an app team.
func (l *delivering) createService() {
	l.Helper()
	_, err := l.ecs.CreateCluster(l.Context(), &ecs.CreateClusterInput{ClusterName: ptr("cruddur")})
	l.must(err)
	l.define("example.com/before@sha256:" + strings.Repeat("0", 64))
	_, err = l.ecs.CreateService(l.Context(), &ecs.CreateServiceInput{
		Cluster: ptr("cruddur"), ServiceName: ptr("backend-flask"), TaskDefinition: ptr("backend-flask"), DesiredCount: ptr(int32(2)),
	})
	l.must(err)
}

func (l *delivering) define(image string) (arn *string) {
	l.Helper()
	made, err := l.ecs.RegisterTaskDefinition(l.Context(), &ecs.RegisterTaskDefinitionInput{
		Family:               ptr("backend-flask"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: ptr("backend-flask"), Image: &image, Memory: ptr(int32(256))}},
	})
	l.must(err)
	return made.TaskDefinition.TaskDefinitionArn
}

// runOf is a new execution for a commit: the sample app with added or replaced files.
func (l *delivering) runOf(n int, files map[string]string) *run {
	l.Helper()
	source := l.TempDir()
	l.must(os.CopyFS(filepath.Join(source, "backend-flask"), os.DirFS(filepath.Join(kit.Root, "examples", "backend-flask"))))
	for name, content := range files {
		l.must(os.WriteFile(filepath.Join(source, "backend-flask", name), []byte(content), 0o600))
	}
	r := &run{delivering: l, artifacts: map[string]string{"": source}, variables: map[string]map[string]string{}, logs: map[string]string{}}
	r.commit = fmt.Sprintf("%040x", n)
	return r
}

// fork is another execution with the same progress, with another commit from here on.
func (r *run) fork(n int) *run {
	other := *r
	other.artifacts, other.variables, other.logs = maps.Clone(r.artifacts), map[string]map[string]string{}, map[string]string{}
	for namespace, variables := range r.variables {
		other.variables[namespace] = maps.Clone(variables)
	}
	if n > 0 {
		other.commit = fmt.Sprintf("%040x", n)
		other.variables["Source"]["CommitId"] = other.commit
	}
	return &other
}

// runStages runs stages up to the first that fails, and returns the failed actions. Actions with the
// same run order run in parallel: all of them are run.
func (r *run) runStages(stages ...string) (failed []string) {
	r.Helper()
	done := 0
	for _, s := range r.stages {
		if !slices.Contains(stages, *s.Name) {
			continue
		}
		done++
		for order := int32(1); order <= 10 && failed == nil; order++ {
			for _, a := range s.Actions {
				if at := *s.Name + "/" + *a.Name; awssdk.ToInt32(a.RunOrder) == order && !slices.Contains(r.skipped, at) && !r.does(at, a) {
					failed = append(failed, at)
				}
			}
		}
		if failed != nil {
			return failed
		}
	}
	if done != len(stages) {
		r.Fatalf("the pipeline has not all of the stages %v", stages)
	}
	return nil
}

var reference = regexp.MustCompile(`#\{(\w+)\.(\w+)\}`)

// resolved is a value of an action's configuration, with variables resolved as by CodePipeline.
func (r *run) resolved(at, value string) string {
	return reference.ReplaceAllStringFunc(value, func(text string) string {
		of := reference.FindStringSubmatch(text)
		got, is := r.variables[of[1]][of[2]]
		if !is {
			r.Errorf("%s refers to %s, which nothing has exported", at, text)
		}
		return got
	})
}

// does runs one action, and reports whether it succeeded.
func (r *run) does(at string, a cptypes.ActionDeclaration) bool {
	r.Helper()
	configuration := map[string]string{}
	for key, value := range a.Configuration {
		configuration[key] = r.resolved(at, value)
	}
	switch provider := *a.ActionTypeId.Provider; provider {
	case "CodeStarSourceConnection":
		r.artifacts[*a.OutputArtifacts[0].Name] = r.artifacts[""]
		r.variables[*a.Namespace] = map[string]string{
			"CommitId": r.commit, "FullRepositoryName": configuration["FullRepositoryId"], "BranchName": configuration["BranchName"],
			"AuthorDate": "2026-11-25T22:00:00Z", "CommitMessage": "a change",
		}
	case "Manual":
		r.asked = configuration["CustomData"]
	case "ECS":
		r.deployToECS(a, configuration)
	case "CodeBuild":
		return r.builds(at, a, configuration)
	case "Lambda":
		return r.invokes(at, configuration)
	default:
		r.Fatalf("%s is done by %s", at, provider)
	}
	return true
}

// deployToECS does what the ECS action does: it registers a revision with the image of the file.
func (r *run) deployToECS(a cptypes.ActionDeclaration, configuration map[string]string) {
	r.Helper()
	text, err := os.ReadFile(filepath.Join(r.artifacts[*a.InputArtifacts[0].Name], configuration["FileName"]))
	r.must(err)
	var images []struct{ Name, ImageURI string }
	r.must(json.Unmarshal(text, &images))
	if len(images) != 1 || images[0].Name != "backend-flask" {
		r.Fatalf("what is deployed is %s", text)
	}
	_, err = r.ecs.UpdateService(r.Context(), &ecs.UpdateServiceInput{
		Cluster: ptr(configuration["ClusterName"]), Service: ptr(configuration["ServiceName"]), TaskDefinition: r.define(images[0].ImageURI),
	})
	r.must(err)
}

// invokes does what the Lambda action does: the function tells CodePipeline the result of a job.
func (r *run) invokes(at string, configuration map[string]string) bool {
	r.Helper()
	check := r.invokedBy(configuration)
	result, err := check.Invoke(r.Context(), check.event)
	r.must(err)
	if result.Error == "" && result.Jobs[check.job] == lambda.Succeeded {
		return true
	}
	r.logs[at] = result.Log + result.Error
	return false
}

func (r *run) builds(at string, a cptypes.ActionDeclaration, configuration map[string]string) bool {
	r.Helper()
	b := codebuild.Build{
		Project: asDeployed(r.projectOf(configuration["ProjectName"])), Commit: r.commit, Initiator: "codepipeline/backend-flask-prodgate",
		Env: r.env, Further: map[string]string{},
	}
	primary := configuration["PrimarySource"]
	if primary == "" {
		if len(a.InputArtifacts) != 1 {
			r.Fatalf("%s has %d input artifacts, and none is the primary one", at, len(a.InputArtifacts))
		}
		primary = *a.InputArtifacts[0].Name
	}
	for _, in := range a.InputArtifacts {
		folder, is := r.artifacts[*in.Name]
		if !is {
			r.Fatalf("%s takes %s, which nothing has made", at, *in.Name)
		}
		if *in.Name == primary {
			b.Source = folder
		} else {
			b.Further[*in.Name] = folder
		}
	}
	for i, v := range b.Project.Environment.Variables {
		if pin, is := r.pins[v.Name]; is {
			b.Project.Environment.Variables[i].Value = pin
		}
	}
	if text := configuration["EnvironmentVariables"]; text != "" {
		var overrides []codebuild.Variable
		r.must(json.Unmarshal([]byte(text), &overrides))
		for _, v := range overrides {
			set(&b, v.Name, v.Value)
		}
	}
	if at == "Build/Findings" {
		r.setFindings(configuration)
	}
	result, err := b.Run(r.Context())
	r.must(err)
	if !result.Succeeded {
		r.logs[at] = result.Log
		return false
	}
	if a.Namespace != nil {
		r.variables[*a.Namespace] = result.Exported
	}
	for _, out := range a.OutputArtifacts {
		if len(result.Artifacts) == 0 {
			r.Fatalf("%s has to make %s and makes nothing", at, *out.Name)
		}
		folder := r.TempDir()
		for name, content := range result.Artifacts {
			r.must(os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700))
			r.must(os.WriteFile(filepath.Join(folder, name), content, 0o600))
		}
		r.artifacts[*out.Name] = folder
	}
	return true
}

// setFindings sets ECR's findings for the image of the run.
func (r *run) setFindings(map[string]string) {
	r.Helper()
	text, err := json.Marshal(map[string]any{
		"region": region, "repository": "prodgate/backend-flask", "digest": r.variables["Build"][buildspec.ImageDigest],
		"scans": []any{map[string]any{"status": "COMPLETE", "findings": append([]map[string]any{}, r.found...)}},
	})
	r.must(err)
	answer, err := http.Post(r.Cloud.AWS+"/sandbox/scan", "application/json", bytes.NewReader(text))
	r.must(err)
	r.must(answer.Body.Close())
	if answer.StatusCode >= 300 {
		r.Fatalf("the emulator takes no findings: %s", answer.Status)
	}
}

// refused asserts that a run fails in one action only, and that its log has the reason.
func (r *run) refused(what string, failed []string, at, why string) {
	r.Helper()
	if !slices.Equal(failed, []string{at}) {
		r.Errorf("%s fails in %v, not in %s\n%v", what, failed, at, r.logs)
	} else if !strings.Contains(r.logs[at], why) {
		r.Errorf("%s fails, and not because %q:\n%s", what, why, r.logs[at])
	}
}

// everythingOn adds an approval and a version to the default checks.
func everythingOn(text string) string {
	text = replace("    breakGlassArn:", "    approverArns: [arn:aws:iam::111111111111:role/release-manager]\n    breakGlassArn:")(text)
	text = replace("expect: {success: true}\n", "expect: {success: true, ver: 1}\n        seconds: 10\n")(text)
	return strings.ReplaceAll(text, "api.dev.example.com", "api.example.com")
}

var releaseManager = func(c *stack.Config) { c.Roles = append(c.Roles, "arn:aws:iam::111111111111:role/release-manager") }

// TestDelivery_AllStages runs the deployed pipeline, action by action, on the deployed projects: a
// good commit, and commits that must not pass.
func TestDelivery_AllStages(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "dev", releaseManager, quiet, everythingOn)
	w.up()
	w.assertPipelineConsistent("everything on, rolling")
	l := newDelivering(w)

	good := l.runOf(1, nil)
	if failed := good.runStages("Source", "Scan"); failed != nil {
		t.Fatalf("the sample app fails in %v: %v", failed, good.logs)
	}
	scanned := good.fork(0)
	if failed := good.runStages("Build", "Sign"); failed != nil {
		t.Fatalf("the sample app fails in %v: %v", failed, good.logs)
	}
	signed := good.fork(0)
	if failed := good.runStages("Approve", "Deploy", "Test"); failed != nil {
		t.Fatalf("the sample app fails in %v: %v", failed, good.logs)
	}
	digest := good.variables["Build"][buildspec.ImageDigest]
	for _, word := range []string{digest, good.commit, "gitleaks 8.30.1: 0 findings", "bandit 1.6.2: 0 findings", "grype 0.110.0: 0 findings", "packages of the image: 0 findings", "ECR: 0 findings"} {
		if !strings.Contains(good.asked, word) || len(good.asked) > 1000 {
			t.Errorf("approvers are not told %q: %s", word, good.asked)
		}
	}

	token := "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
	for i, c := range []struct {
		what  string
		files map[string]string
		at    string
		why   string
	}{
		{"a planted secret", map[string]string{"settings.py": "TOKEN = '" + token + "'\n"}, "Scan/Secrets", "found: settings.py:github-pat:1"},
		{"an injection", map[string]string{"run.py": "import subprocess\n\n\ndef run(name):\n    subprocess.call(\"ls \" + name, shell=True)\n"}, "Scan/Code", "found: run.py:B602"},
		{"a dependency with a known hole", map[string]string{"requirements.txt": "Flask==2.2.2\n"}, "Scan/Dependencies", "found: CVE-2023-30861"},
	} {
		r := l.runOf(10+i, c.files)
		r.refused(c.what, r.runStages("Source", "Scan", "Build"), c.at, c.why)
	}

	dockerfile, err := os.ReadFile(filepath.Join(kit.Root, "examples", "backend-flask", "Dockerfile.prod"))
	w.must(err)
	installs := l.runOf(19, map[string]string{"Dockerfile.prod": strings.Replace(string(dockerfile), "\nUSER app\n", "\nRUN pip install Flask==2.2.2\nUSER app\n", 1)})
	installs.refused("a Dockerfile that installs a package with a known hole", installs.runStages("Source", "Scan", "Build", "Sign"),
		"Build/Packages", "found: CVE-2023-30861")

	// An image that replication brought, with the commit's tag.
	foreign := scanned.fork(22)
	manifest := `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","layers":[]}`
	_, err = w.aws.ecr.PutImage(w.Context(), &ecr.PutImageInput{
		RepositoryName: ptr("prodgate/backend-flask"), ImageTag: &foreign.commit, ImageManifest: &manifest,
	})
	w.must(err)
	foreign.skipped = []string{"Build/Packages"}
	foreign.artifacts["ImageSbom"] = signed.artifacts["ImageSbom"]
	foreign.refused("a foreign image with the commit's tag", foreign.runStages("Build", "Sign"), "Sign/Image", "this run did not build it and the gate has not signed it")

	ill := scanned.fork(20)
	ill.found = []map[string]any{{"name": "CVE-2026-1", "severity": "CRITICAL", "attributes": []map[string]any{}}}
	ill.refused("a critical finding of ECR", ill.runStages("Build", "Sign"), "Build/Findings", "refused: CRITICAL CVE-2026-1")

	unsigned := scanned.fork(21)
	unsigned.skipped = []string{"Sign/Image", "Deploy/KnownState"}
	unsigned.refused("an image that nobody signed", unsigned.runStages("Build", "Sign", "Deploy"), "Deploy/Prepare", "is not signed\n")

	// Only the artifact is swapped, and then the pipeline's variables too.
	swapped := signed.fork(0)
	swapped.skipped = []string{"Deploy/KnownState"}
	swapped.artifacts["Build"] = unsigned.artifacts["Build"]
	swapped.refused("an artifact swapped after signing", swapped.runStages("Deploy"), "Deploy/Prepare", "does not name")
	swapped.variables["Build"] = unsigned.variables["Build"]
	swapped.refused("a digest swapped after signing", swapped.runStages("Deploy"), "Deploy/Prepare", "is not signed\n")

	for answer, why := range map[string]string{
		`{"success": false, "ver": 1}`: "success is false, not true",
		`{"success": true, "ver": 2}`:  "ver is 2, not 1",
	} {
		l.answer.Store(answer)
		r := signed.fork(0)
		r.skipped = []string{"Deploy/KnownState"}
		r.refused("an app that answers "+answer, r.runStages("Deploy"), "Deploy/Verify", why)
	}
	l.answer.Store(well)

	// The rollback of a run that fails in Deploy.
	for _, s := range l.stages {
		if *s.Name == "Deploy" && (s.OnFailure == nil || s.OnFailure.Result != cptypes.ResultRollback) {
			t.Errorf("a Deploy that fails is not rolled back: %+v", s.OnFailure)
		}
	}
}

// assertPipelineConsistent asserts that the references in the deployed pipeline are consistent.
func (w *world) assertPipelineConsistent(what string) {
	w.Helper()
	got, err := w.aws.codepipeline.GetPipeline(w.Context(), &codepipeline.GetPipelineInput{Name: ptr("backend-flask-prodgate")})
	w.must(err)
	var stages []gatetest.Stage
	for _, s := range got.Pipeline.Stages {
		one := gatetest.Stage{Name: *s.Name}
		for _, a := range s.Actions {
			action := gatetest.Action{
				Name: *a.Name, Provider: *a.ActionTypeId.Provider, Namespace: awssdk.ToString(a.Namespace),
				RunOrder: int(awssdk.ToInt32(a.RunOrder)), Configuration: a.Configuration,
			}
			for _, in := range a.InputArtifacts {
				action.InputArtifacts = append(action.InputArtifacts, *in.Name)
			}
			for _, out := range a.OutputArtifacts {
				action.OutputArtifacts = append(action.OutputArtifacts, *out.Name)
			}
			one.Actions = append(one.Actions, action)
		}
		stages = append(stages, one)
	}
	problems := gatetest.FindProblems(stages, func(project string) (text string, trusted bool) {
		p := w.projectOf(project)
		name := (*p.ServiceRole)[strings.LastIndex(*p.ServiceRole, "/")+1:]
		role, err := w.aws.iam.GetRole(w.Context(), &iam.GetRoleInput{RoleName: &name})
		w.must(err)
		trust, err := url.QueryUnescape(*role.Role.AssumeRolePolicyDocument)
		w.must(err)
		return *p.Source.Buildspec, strings.Contains(trust, `:project/`+project+`"`)
	})
	for _, problem := range problems {
		w.Errorf("%s: %s", what, problem)
	}
}

// TestDelivery_RollingToBlueGreen changes the deployment kind and the checks of a deployed stack.
func TestDelivery_RollingToBlueGreen(t *testing.T) {
	t.Parallel()
	off := func(text string) string {
		return text + "  prodgate:sign: \"off\"\n  prodgate:scan:\n    {secrets: \"off\", code: \"off\", dependencies: \"off\", image: \"off\"}\n"
	}
	blueGreen := replace("      deployTimeout: 15\n", `      deployment:
        kind: blue-green
        listenerArn: arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/0123456789abcdef
        targetGroups: [blue, green]
        containerPort: 4567
`)
	w := newWorldOf(t, "dev", releaseManager, quiet, off)
	w.up()
	w.assertPipelineConsistent("everything off")
	for _, step := range []struct {
		what  string
		edits []edit
	}{
		{"rolling", nil},
		{"everything on, blue-green", []edit{blueGreen, everythingOn}},
		{"rolling again", nil},
	} {
		w.configure(step.edits...)
		w.up()
		w.assertPipelineConsistent(step.what)
		if shifted := len(w.inventory()["CodeDeploy applications"]); shifted != map[bool]int{true: 1, false: 0}[strings.Contains(step.what, "blue-green")] {
			t.Errorf("%s: CodeDeploy has %d applications", step.what, shifted)
		}
		same(t, "a preview of "+step.what, w.planned(), map[string]string{})
		w.run("refresh", "--yes")
		same(t, "a refresh of "+step.what, w.lastChanges(), map[string]int{})
	}
	w.run("destroy", "--yes")
	w.empty("after destroy")
}
