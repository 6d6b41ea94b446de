package gate_test

import (
	"encoding/json"
	"regexp"
	"slices"
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

func TestDelivery_StagesAreInOrder(t *testing.T) {
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
			"Scan: Test by CodeBuild",
			"Scan: Test by CodeBuild",
			"Scan: Test by CodeBuild",
			"Build: Build by CodeBuild",
			"Build: Test by CodeBuild",
			"Build: Test by CodeBuild",
			"Sign: Build by CodeBuild",
			"Deploy: Invoke by Lambda",
			"Deploy: Build by CodeBuild",
			"Deploy: Deploy by ECS",
			"Deploy: Test by CodeBuild",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", pipeline, got, want)
		}
	}
}

func TestDelivery_ActionsAreOfTheApp(t *testing.T) {
	t.Parallel()
	r := built(t, config("api", "web"))
	for _, name := range []string{"api", "web"} {
		pipeline := r.One(t, pipelineType, "gate-"+name)
		of := map[string]map[string]string{}
		for _, a := range actions(pipeline) {
			of[a.stage+"/"+a.name] = a.configuration
		}
		source, build, check, deploy := of["Source/GitHub"], of["Build/Image"], of["Deploy/KnownState"], of["Deploy/Service"]
		for _, c := range []struct{ what, got, want string }{
			{"the connection", source["ConnectionArn"], r.One(t, connectionType, "gate-github").Output("arn")},
			{"the repository", source["FullRepositoryId"], "example-org/web"},
			{"the branch", source["BranchName"], "prod"},
			{"change detection", source["DetectChanges"], "false"},
			{"the project", build["ProjectName"], r.One(t, projectType, "gate-"+name+"-build").Text("name")},
			{"the function of the check", check["FunctionName"], r.One(t, functionType, "gate-verifier").Text("name")},
			{"the app that is checked", check["UserParameters"], name},
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

func TestDelivery_PushToProdIsTheOnlyTrigger(t *testing.T) {
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

// readBy are the variables that buildspecs read, and those that they do without.
func readBy() map[string][2][]string {
	optional := map[string][]string{
		"build": {buildspec.BuildSecrets, buildspec.Signed}, "verify": {buildspec.Health}, "sign": {buildspec.SBOM, buildspec.ImageSBOM},
		"prepare": append(buildspec.Required("prepare"), buildspec.SBOM, buildspec.ImageSBOM, buildspec.SigningProfile, buildspec.SourceRepository),
	}
	all := map[string][2][]string{}
	for _, name := range []string{"build", "findings", "packages", "verify", "zap", "sign", "prepare", "gitleaks", "bandit", "gosec", "grype"} {
		all[buildspec.Text(name)] = [2][]string{buildspec.Required(name), optional[name]}
	}
	all[buildspec.Text("prepare")] = [2][]string{
		{buildspec.App, buildspec.RepositoryURI, buildspec.ImageDigest, buildspec.CommitID, buildspec.ContainerName, buildspec.Deployment}, optional["prepare"],
	}
	return all
}

// TestDelivery_ProjectsHaveTheVariablesOfTheirBuildspecs of its project and of the action that starts it,
// together, each once, and nothing else.
func TestDelivery_ProjectsHaveTheVariablesOfTheirBuildspecs(t *testing.T) {
	t.Parallel()
	reads := readBy()
	seen := map[string]bool{}
	for name, c := range map[string]map[string]any{"rolling": config("api", "web"), "blue-green": shifted(withSecrets(config("api", "web")))} {
		r := built(t, c)
		projects := map[string]*gatetest.Resource{}
		for _, project := range r.Of(t, projectType) {
			projects[project.Text("name")] = project
		}
		check := func(project *gatetest.Resource, told []string) {
			set := slices.Clone(told)
			for _, v := range project.Input("environment.environmentVariables").ArrayValue() {
				variable := v.ObjectValue()
				set = append(set, variable["name"].StringValue())
				if variable["value"].StringValue() == "" {
					t.Errorf("%s: %v", project, variable)
				}
			}
			of, known := reads[project.Text("source.buildspec")]
			if !known {
				t.Fatalf("%s runs a buildspec of which nobody knows what it reads", project)
			}
			seen[project.Text("source.buildspec")] = true
			slices.Sort(set)
			if len(slices.Compact(slices.Clone(set))) != len(set) {
				t.Errorf("%s, %s: is told twice: %v", name, project, set)
			}
			for _, wanted := range of[0] {
				if !slices.Contains(set, wanted) {
					t.Errorf("%s, %s: nobody sets %s", name, project, wanted)
				}
			}
			for _, got := range set {
				if !slices.Contains(of[0], got) && !slices.Contains(of[1], got) && !slices.Contains([]string{"TOKEN", "OTHER", "PLAIN"}, got) {
					t.Errorf("%s, %s: nothing reads %s", name, project, got)
				}
			}
		}
		for _, pipeline := range r.Of(t, pipelineType) {
			for _, a := range actions(pipeline) {
				if a.provider != "CodeBuild" {
					continue
				}
				var told []struct{ Name, Value string }
				if text := a.configuration["EnvironmentVariables"]; text != "" {
					if err := json.Unmarshal([]byte(text), &told); err != nil {
						t.Fatal(err)
					}
				}
				var names []string
				for _, one := range told {
					names = append(names, one.Name)
				}
				check(projects[a.configuration["ProjectName"]], names)
			}
		}
	}
	if len(seen) != len(reads)-1 { // one of the two that look at code
		t.Errorf("looked at %d buildspecs, there are %d", len(seen), len(reads))
	}
}

func TestDelivery_OnlyTheBuildIsPrivileged(t *testing.T) {
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

func TestDelivery_DeploysByDigest(t *testing.T) {
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
