package gate

import (
	"encoding/json"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codepipeline"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// stages is what a commit goes through, in order. Which there are is the same for all apps
// up to the deployment: AWS Config's rules know stages by their number.
func (b builder) stages(app settings.App, source *source, alerts *alerts) codepipeline.PipelineStageArray {
	merged := b.ofGitHub(app, source)
	if b.settings.FromCodeCommit() {
		merged = b.ofCodeCommit(app)
	}
	stages := codepipeline.PipelineStageArray{stage("Source", merged)}
	if b.anyApps(settings.App.ScansSource) {
		var looks []action
		for _, scan := range scans(app) {
			one := b.starts(scan.action, "Test", b.plan.Project(app.Name, scan.project), []string{sourceArtifact})
			one.out, one.namespace = scan.out, pulumi.String(scan.action)
			looks = append(looks, one)
		}
		stages = append(stages, stage("Scan", looks...))
	}
	image := b.starts("Image", "Build", b.plan.Project(app.Name, naming.Build), []string{sourceArtifact})
	image.out, image.namespace = []string{buildArtifact}, pulumi.String("Build")
	build := []action{image}
	if looksAtImage(app) {
		findings := b.starts(findingsAction, "Test", b.plan.Shared(naming.Findings), []string{buildArtifact},
			variable{buildspec.App, app.Name}, variable{buildspec.RepositoryName, b.plan.Repository(app.Name).Name}, digest,
			variable{buildspec.Severity, app.Scan.Severity})
		findings.order, findings.namespace = 2, pulumi.String(findingsAction)
		build = append(build, findings)
	}
	stages = append(stages, stage("Build", build...))
	if b.settings.Signs() {
		stages = append(stages, stage("Sign", b.sign(app)))
	}
	if b.asksForApproval() {
		stages = append(stages, b.approval(app, alerts))
	}
	stages = append(stages, b.deploy(app))
	if isAttacked(app) {
		stages = append(stages, stage("Test", b.starts("Attack", "Test", b.plan.Shared(naming.Dast), []string{releaseArtifact},
			variable{buildspec.App, app.Name}, variable{buildspec.TargetURL, app.Dast.Url}, variable{buildspec.Severity, app.Scan.Severity})))
	}
	return stages
}

// findingsAction is the name of the action that waits for ECR, and of its variables.
const findingsAction = "Findings"

// digest is that of the image that the run has built, as a project reads it.
var digest = variable{buildspec.ImageDigest, "#{Build." + buildspec.ImageDigest + "}"}

func (b builder) ofGitHub(app settings.App, source *source) action {
	return action{
		name: "GitHub", category: "Source", provider: "CodeStarSourceConnection",
		out: []string{sourceArtifact}, namespace: pulumi.String("Source"),
		configuration: pulumi.StringMap{
			"ConnectionArn":        source.ConnectionArn,
			"FullRepositoryId":     pulumi.String(b.settings.Source.Owner + "/" + app.Repository),
			"BranchName":           pulumi.String(component.ProdBranch),
			"OutputArtifactFormat": pulumi.String("CODE_ZIP"),
			"DetectChanges":        pulumi.String("false"), // the trigger does
		},
	}
}

// inputs are the artifacts of what signs and verifies: what was built, and its SBOM.
func inputs(app settings.App) (names []string, also []variable) {
	if hasSBOM(app) {
		return []string{buildArtifact, buildspec.SBOMArtifact}, []variable{{buildspec.SBOM, "true"}}
	}
	return []string{buildArtifact}, nil
}

func (b builder) sign(app settings.App) action {
	in, also := inputs(app)
	sign := b.starts("Image", "Build", b.plan.Shared(naming.Signer), in, append(also,
		variable{buildspec.App, app.Name}, variable{buildspec.RepositoryURI, b.plan.RepositoryURI(app.Name)}, digest,
		variable{buildspec.CommitID, "#{Build." + buildspec.CommitID + "}"})...)
	return sign
}

// deploy is the stage that changes production. What is verified after the deployment is in
// it too: a stage that fails is rolled back to what it last did well, and so the service.
func (b builder) deploy(app settings.App) codepipeline.PipelineStageArgs {
	in, also := inputs(app)
	also = append(also, variable{buildspec.App, app.Name}, variable{buildspec.RepositoryURI, b.plan.RepositoryURI(app.Name)}, digest,
		variable{buildspec.ContainerName, app.Container}, variable{buildspec.Deployment, app.Deployment.Kind})
	if isShifted(app) {
		also = append(also, variable{buildspec.Cluster, app.Cluster}, variable{buildspec.Service, app.Service},
			variable{buildspec.ContainerPort, strconv.Itoa(app.Deployment.ContainerPort)})
	}
	if b.settings.FromCodeCommit() {
		also = append(also, variable{buildspec.SourceRepository, app.Repository}, variable{buildspec.CommitID, "#{Source.CommitId}"})
	}
	prepare := b.starts("Prepare", "Build", b.plan.Shared(naming.Preparer), in, also...)
	prepare.out = []string{releaseArtifact}

	verified := []variable{
		{buildspec.App, app.Name}, {buildspec.Cluster, app.Cluster}, {buildspec.Service, app.Service},
		{buildspec.ContainerName, app.Container}, digest,
	}
	if app.Health.Url != "" {
		verified = append(verified, variable{buildspec.Health, health(app.Health)})
	}
	verify := b.starts("Verify", "Test", b.plan.Shared(naming.Verify), []string{releaseArtifact}, verified...)
	verify.order = 3

	service := b.rolls(app)
	if isShifted(app) {
		service = b.shifts(app)
	}
	service.order = 2
	args := stage(naming.DeployStage, b.checkKnownState(app), prepare, service, verify)
	args.OnFailure = codepipeline.PipelineStageOnFailureArgs{Result: pulumi.String("ROLLBACK")}
	return args
}

// rolls is the action by which ECS replaces the tasks of a service.
func (b builder) rolls(app settings.App) action {
	return action{
		name: "Service", category: "Deploy", provider: "ECS", in: []string{releaseArtifact}, namespace: pulumi.String("Deploy"),
		configuration: pulumi.StringMap{
			"ClusterName":       pulumi.String(app.Cluster),
			"ServiceName":       pulumi.String(app.Service),
			"FileName":          pulumi.String(buildspec.ImageDefinitions),
			"DeploymentTimeout": pulumi.String(strconv.Itoa(app.DeployTimeout)),
		},
	}
}

// health is what an app has to answer, as a buildspec reads it.
func health(h settings.Health) string {
	said := map[string]any{"url": h.Url, "seconds": h.Seconds}
	if len(h.Expect) > 0 {
		said["expect"] = h.Expect
	}
	text, _ := json.Marshal(said) // of texts, numbers and booleans only
	return string(text)
}

// action is one action of a stage; its owner is always AWS and its version 1.
type action struct {
	name, category, provider string
	in, out                  []string
	namespace                pulumi.StringPtrInput // of the variables that it makes; nil: it makes none
	configuration            pulumi.StringMap
	minutes                  pulumi.IntPtrInput // nil: the category's own timeout
	order                    int                // of the stage's actions; 0: with the first
}

// starts is an action that starts a project, which reads variables beside its own.
func (b builder) starts(name, category string, project naming.Named, in []string, variables ...variable) action {
	configuration := pulumi.StringMap{"ProjectName": pulumi.String(project.Name)}
	if len(in) > 1 {
		configuration["PrimarySource"] = pulumi.String(in[0])
	}
	if len(variables) > 0 {
		var all []map[string]string // in plain text, which is the usual type
		for _, v := range variables {
			all = append(all, map[string]string{"name": v.name, "value": v.value})
		}
		text, _ := json.Marshal(all) // of texts only
		configuration["EnvironmentVariables"] = pulumi.String(text)
	}
	return action{name: name, category: category, provider: "CodeBuild", in: in, configuration: configuration}
}

func stage(name string, actions ...action) codepipeline.PipelineStageArgs {
	args := make(codepipeline.PipelineStageActionArray, len(actions))
	for i, a := range actions {
		args[i] = codepipeline.PipelineStageActionArgs{
			Name: pulumi.String(a.name), Category: pulumi.String(a.category), Provider: pulumi.String(a.provider),
			Owner: pulumi.String("AWS"), Version: pulumi.String("1"), Namespace: a.namespace,
			InputArtifacts: pulumi.ToStringArray(a.in), OutputArtifacts: pulumi.ToStringArray(a.out),
			Configuration: a.configuration, TimeoutInMinutes: a.minutes, RunOrder: pulumi.Int(max(a.order, 1)),
		}
	}
	return codepipeline.PipelineStageArgs{Name: pulumi.String(name), Actions: args}
}

// started are the ARNs of all projects that an app's pipeline starts; of any app, those of
// all pipelines.
func (b builder) started(app settings.App) []string {
	arns := []string{b.plan.Project(app.Name, naming.Build).ARN}
	for _, at := range b.scanned(app) {
		arns = append(arns, at.ARN)
	}
	arns = append(arns, b.plan.VerifierBeforeDeploy().ARN, b.plan.Shared(naming.Preparer).ARN, b.plan.Shared(naming.Verify).ARN)
	any := app.Name == b.anyApp().Name
	if looksAtImage(app) {
		arns = append(arns, b.plan.Shared(naming.Findings).ARN)
	}
	if b.settings.Signs() {
		arns = append(arns, b.plan.Shared(naming.Signer).ARN)
	}
	if isAttacked(app) || any {
		arns = append(arns, b.plan.Shared(naming.Dast).ARN)
	}
	return arns
}
