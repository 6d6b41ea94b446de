package gate_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/gate/gatetest"
)

// actionOf is an action as the pipeline was given it.
type actionOf struct {
	stage, name, category, provider string
	in, out                         []string
	configuration                   map[string]string
}

func actions(pipeline *gatetest.Resource) []actionOf {
	texts := func(list resource.PropertyValue) []string {
		var all []string
		if list.IsArray() {
			for _, v := range list.ArrayValue() {
				all = append(all, v.StringValue())
			}
		}
		return all
	}
	var all []actionOf
	for _, stage := range pipeline.Input("stages").ArrayValue() {
		for _, value := range stage.ObjectValue()["actions"].ArrayValue() {
			a := value.ObjectValue()
			made := actionOf{
				stage: stage.ObjectValue()["name"].StringValue(), name: a["name"].StringValue(),
				category: a["category"].StringValue(), provider: a["provider"].StringValue(),
				in: texts(a["inputArtifacts"]), out: texts(a["outputArtifacts"]),
				configuration: map[string]string{},
			}
			for key, value := range a["configuration"].ObjectValue() {
				made.configuration[string(key)] = value.StringValue()
			}
			all = append(all, made)
		}
	}
	return all
}

func TestACommitMeetsSourceBuildAndDeploymentInOrder(t *testing.T) {
	t.Parallel()
	for _, pipeline := range built(t, config("api", "web")).Of(t, pipelineType) {
		made := map[string]bool{}
		var got []string
		for _, a := range actions(pipeline) {
			got = append(got, a.stage+": "+a.category+" by "+a.provider)
			for _, artifact := range a.in {
				if !made[artifact] {
					t.Errorf("%s: %s reads the artifact %s, which nothing before it makes", pipeline, a.name, artifact)
				}
			}
			for _, artifact := range a.out {
				if made[artifact] {
					t.Errorf("%s: the artifact %s is made twice", pipeline, artifact)
				}
				made[artifact] = true
			}
		}
		want := []string{
			"Source: Source by CodeStarSourceConnection",
			"Build: Build by CodeBuild",
			"Deploy: Test by CodeBuild",
			"Deploy: Deploy by ECS",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", pipeline, got, want)
		}
	}
}

func TestActionsAreOfTheApp(t *testing.T) {
	t.Parallel()
	r := built(t, config("api", "web"))
	for _, name := range []string{"api", "web"} {
		pipeline := r.One(t, pipelineType, "gate-"+name)
		all := actions(pipeline)
		source, build, check, deploy := all[0].configuration, all[1].configuration, all[2].configuration, all[3].configuration
		for _, c := range []struct{ what, got, want string }{
			{"the connection", source["ConnectionArn"], r.One(t, connectionType, "gate-github").Output("arn")},
			{"the repository", source["FullRepositoryId"], "example-org/web"},
			{"the branch", source["BranchName"], "prod"},
			{"change detection", source["DetectChanges"], "false"},
			{"the project", build["ProjectName"], r.One(t, projectType, "gate-"+name+"-build").Text("name")},
			{"the project of the check", check["ProjectName"], r.One(t, projectType, "gate-verifier-before-deploy").Text("name")},
			{"the app that is checked", check["EnvironmentVariables"], `[{"name":"APP","type":"PLAINTEXT","value":"` + name + `"}]`},
			{"the cluster", deploy["ClusterName"], "web"},
			{"the service", deploy["ServiceName"], name},
			{"the file of images", deploy["FileName"], buildspec.ImageDefinitions},
			{"the minutes to deploy", deploy["DeploymentTimeout"], "20"},
			{"the type", pipeline.Text("pipelineType"), "V2"},
			{"the execution mode", pipeline.Text("executionMode"), "QUEUED"},
			{"the store", pipeline.Text("artifactStores.location"), r.One(t, bucketType, "gate-artifacts").Text("bucket")},
			{"the store's key", pipeline.Text("artifactStores.encryptionKey.id"), r.One(t, keyType, "gate-artifacts").Output("arn")},
		} {
			if c.got != c.want {
				t.Errorf("%s: %s is %q, want %q", pipeline, c.what, c.got, c.want)
			}
		}
	}
}

func TestAPushToProdStartsThePipelineOnce(t *testing.T) {
	t.Parallel()
	for _, pipeline := range built(t, config("api")).Of(t, pipelineType) {
		git := pipeline.Input("triggers").ArrayValue()[0].ObjectValue()["gitConfiguration"].ObjectValue()
		if source := actions(pipeline)[0].name; git["sourceActionName"].StringValue() != source {
			t.Errorf("the trigger is of the action %s, the source is %s", git["sourceActionName"], source)
		}
		push := git["pushes"].ArrayValue()[0].ObjectValue()
		branches, paths := push["branches"].ObjectValue()["includes"], push["filePaths"].ObjectValue()["includes"]
		if len(branches.ArrayValue()) != 1 || branches.ArrayValue()[0].StringValue() != "prod" {
			t.Errorf("branches are %v", branches)
		}
		if len(paths.ArrayValue()) != 1 || paths.ArrayValue()[0].StringValue() != "api/**" {
			t.Errorf("paths are %v", paths)
		}
		// CodePipeline refuses tags and branches in one filter.
		if !push["tags"].IsNull() || !git["pullRequests"].IsNull() || len(git["pushes"].ArrayValue()) != 1 {
			t.Errorf("starts for more than pushes to prod: %v", git)
		}
	}
}

func TestAProjectSetsWhatItsBuildspecReads(t *testing.T) {
	t.Parallel()
	for _, project := range built(t, config("api", "web")).Of(t, projectType) {
		run, reads := buildspec.Build, buildspec.Reads()
		if strings.HasPrefix(project.Name, "gate-verifier") {
			run, reads = buildspec.KnownState, buildspec.KnownStateReads()
		}
		var set []string
		for _, v := range project.Input("environment.environmentVariables").ArrayValue() {
			variable := v.ObjectValue()
			set = append(set, variable["name"].StringValue())
			if kind := variable["type"].StringValue(); kind != "PLAINTEXT" || variable["value"].StringValue() == "" {
				t.Errorf("%s: %v", project, variable)
			}
		}
		if !slices.Equal(slices.Sorted(slices.Values(set)), slices.Sorted(slices.Values(reads))) {
			t.Errorf("%s sets %v, its buildspec reads %v", project, set, reads)
		}
		if project.Text("source.buildspec") != run {
			t.Errorf("%s runs another buildspec", project)
		}
	}
}

func TestOnlyTheBuildIsPrivilegedAndOnlyThePipelineStartsIt(t *testing.T) {
	t.Parallel()
	r := built(t, config("api", "web"))
	privileged := 0
	for _, project := range r.Of(t, projectType) {
		docker := regexp.MustCompile(`-build$`).MatchString(project.Name)
		if got := project.Input("environment.privilegedMode").BoolValue(); got != docker {
			t.Errorf("%s: privileged is %t", project, got)
		}
		if docker {
			privileged++
		}
		for input, want := range map[string]string{"source.type": "CODEPIPELINE", "artifacts.type": "CODEPIPELINE"} {
			if project.Name == "gate-verifier" { // which the clock starts
				want = map[string]string{"source.type": "NO_SOURCE", "artifacts.type": "NO_ARTIFACTS"}[input]
			}
			if project.Text(input) != want {
				t.Errorf("%s: %s is %q", project, input, project.Text(input))
			}
		}
	}
	if privileged != 2 {
		t.Errorf("%d projects run docker", privileged)
	}
	if r.Has("aws:codebuild/webhook:Webhook") {
		t.Error("a webhook starts a build")
	}
}

func TestADigestIsAllThatCanBeDelivered(t *testing.T) {
	t.Parallel()
	for _, repository := range built(t, config("api", "web")).Of(t, repositoryType) {
		if repository.Text("imageTagMutability") != "IMMUTABLE" {
			t.Errorf("%s: tags can move", repository)
		}
		if !repository.Input("imageScanningConfiguration.scanOnPush").BoolValue() {
			t.Errorf("%s is not scanned", repository)
		}
	}
}
