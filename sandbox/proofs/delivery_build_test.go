package proofs

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/catalogue"
	"prodgate/sandbox/emulators/codebuild"
	"prodgate/sandbox/emulators/codebuild/docker"
)

// commit is the one that is built.
const commit = "9fceb02d0ae598e95dc970b74767f19372d61af8"

// sampleBuild is a build of the sample app by the project of backend-flask, as read from the
// emulator, and its stand-in for docker.
func (w *world) sampleBuild() (codebuild.Build, docker.StandIn) {
	w.Helper()
	source := w.TempDir()
	w.must(os.CopyFS(filepath.Join(source, "backend-flask"), os.DirFS(filepath.Join(kit.Root, "examples", "backend-flask"))))

	tools := w.TempDir()
	standIn, err := docker.Install(tools)
	w.must(err)
	return codebuild.Build{
		Project: asDeployed(w.buildProject("backend-flask")), Source: source, Commit: commit, Initiator: "codepipeline/backend-flask-prodgate",
		Env: append(w.Cloud.Env(), "PATH="+tools+":"+kit.Path()),
	}, standIn
}

// asDeployed converts a project of the emulator into one that can run.
func asDeployed(p cbtypes.Project) codebuild.Project {
	project := codebuild.Project{Name: awssdk.ToString(p.Name), Arn: awssdk.ToString(p.Arn)}
	project.Source.Buildspec = awssdk.ToString(p.Source.Buildspec)
	project.Environment.PrivilegedMode = awssdk.ToBool(p.Environment.PrivilegedMode)
	for _, v := range p.Environment.EnvironmentVariables {
		project.Environment.Variables = append(project.Environment.Variables,
			codebuild.Variable{Name: awssdk.ToString(v.Name), Value: awssdk.ToString(v.Value), Type: string(v.Type)})
	}
	return project
}

// buildSampleApp builds the sample app once for a commit, and once more for the same.
func (w *world) buildSampleApp() {
	w.Helper()
	build, standIn := w.sampleBuild()
	first, err := build.Run(w.Context())
	w.must(err)
	if !first.Succeeded {
		w.Fatalf("the first build failed:\n%s", first.Log)
	}
	pushes := w.countCommands(standIn)["push"]
	second, err := build.Run(w.Context())
	w.must(err)
	if !second.Succeeded {
		w.Fatalf("the second build of the commit failed:\n%s", second.Log)
	}
	if again := w.countCommands(standIn)["push"]; pushes != 1 || again != 1 {
		w.Errorf("one commit was pushed %d and %d times, want once", pushes, again)
	}
	same(w.T, "what the second build exports", second.Exported, first.Exported)

	images, err := w.aws.ecr.DescribeImages(w.Context(), &ecr.DescribeImagesInput{
		RepositoryName: ptr("prodgate/backend-flask"), ImageIds: []ecrtypes.ImageIdentifier{{ImageTag: ptr(commit)}},
	})
	w.must(err)
	repository := w.account() + ".dkr.ecr." + region + ".amazonaws.com/prodgate/backend-flask"
	want := repository + "@" + awssdk.ToString(images.ImageDetails[0].ImageDigest)
	same(w.T, "the image that is handed on", first.Exported[buildspec.ImageURI], want)
	var definitions []map[string]string
	w.must(json.Unmarshal(first.Artifacts[buildspec.ImageDefinitions], &definitions))
	same(w.T, "what is deployed", definitions, []map[string]string{{"name": "backend-flask", "imageUri": want}})
}

func (w *world) countCommands(standIn docker.StandIn) map[string]int {
	w.Helper()
	calls, err := standIn.Calls()
	w.must(err)
	verbs := map[string]int{}
	for _, call := range calls {
		verbs[call.Argv[0]]++
	}
	return verbs
}

// TestDelivery_BuildAndStackReference builds the sample app on a gate that is up, and lets an
// app team's program read the gate's outputs through a stack reference.
func TestDelivery_BuildAndStackReference(t *testing.T) {
	t.Parallel()
	w := newWorldUp(t, "dev", quiet)
	// No organization is above this one.
	w.readEstate().assertCatalogue(t, []delivered{w.theApp()},
		append(committed, catalogue.IdentityProvider, catalogue.Secrets, catalogue.SecretsKey, catalogue.ApproverRoles, catalogue.Approval,
			catalogue.Hub, catalogue.Chat, catalogue.ChatDestination, catalogue.Machines, catalogue.Executions,
			catalogue.Deployments, catalogue.DeploymentGroups, catalogue.Listeners, catalogue.ListenerRules, catalogue.LoadBalancers, catalogue.TargetGroups,
			catalogue.ForeignServices)...)
	w.assertBucketEncryption()
	w.buildSampleApp()

	team := w.appTeam()
	team.run("up", "--yes", "--skip-preview")
	same(t, "a second preview of the app team's program", team.steps(team.Command(t.Context(), "preview", "--json")), map[string]string{})
	pull := ptr(team.output("pullPolicyArn"))
	version, err := w.aws.iam.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: pull, VersionId: ptr("v1")})
	w.must(err)
	document, err := url.QueryUnescape(awssdk.ToString(version.PolicyVersion.Document))
	w.must(err)
	if !strings.Contains(document, "arn:aws:ecr:eu-west-2:111111111111:repository/prodgate/backend-flask") {
		t.Errorf("the app team may not pull from its repository: %s", document)
	}
	team.run("destroy", "--yes")

	w.run("destroy", "--yes") // images and artifacts too: dev is not protected
	w.empty("after destroy")
}

// appTeam is the example program of an app team, on the same account and state.
func (w *world) appTeam() *world {
	w.Helper()
	program := filepath.Join(kit.Root, "examples", "app-team")
	text, err := os.ReadFile(filepath.Join(program, "Pulumi.dev.yaml"))
	w.must(err)
	s := *w.Stack
	s.Program = program
	team := &world{T: w.T, aws: w.aws, Stack: &s}
	w.must(team.Init(w.Context(), text))
	return team
}
