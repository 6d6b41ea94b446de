package proofs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// manualChange is a change by hand, and the expected finding.
type manualChange struct {
	what         string
	part, fields string
	// change makes the change, and returns its undo function.
	change func(*world) (undo func())
}

type pipelineOf = cptypes.PipelineDeclaration

// listTamperings lists changes of every compared part.
func (w *world) listTamperings() []manualChange {
	w.Helper()
	const (
		app, trigger = "pipeline backend-flask-prodgate", "trigger backend-flask-prodgate"
		build, repo  = "project prodgate-backend-flask-build", "repository prodgate/backend-flask"
		check        = "function prodgate-verifier"
		role, other  = "role prodgate-backend-flask-pipeline", "role prodgate-backend-flask-build"
	)
	stranger := w.createOutsideRole()
	ofBuild := func(change func(*codebuild.UpdateProjectInput)) func(*world) func() {
		return project("prodgate-backend-flask-build", change)
	}
	return []manualChange{
		{"another branch is delivered", app, "stage Source", pipeline(func(p *pipelineOf) { p.Stages[0].Actions[0].Configuration["BranchName"] = "anything" })},
		{"the check is taken out", app, "stage Deploy", pipeline(func(p *pipelineOf) { stageOf(p, "Deploy").Actions = stageOf(p, "Deploy").Actions[1:] })},
		// Not the deployment together with the check: CodePipeline rejects that.
		{"what runs is looked at too early", app, "stage Deploy", pipeline(func(p *pipelineOf) { actionOf(p, "Deploy", "Verify").RunOrder = ptr(int32(2)) })},
		{"an action acts as somebody else", app, "stage Deploy", pipeline(func(p *pipelineOf) { actionOf(p, "Deploy", "Service").RoleArn = &stranger })},
		{"a build is another project's", app, "stage Build", pipeline(func(p *pipelineOf) { actionOf(p, "Build", "Image").Configuration["ProjectName"] = "other" })},
		{"a failed deployment stays", app, "stage Deploy", pipeline(func(p *pipelineOf) { stageOf(p, "Deploy").OnFailure = nil })},
		{"nobody looks at what runs", app, "stage Deploy", pipeline(func(p *pipelineOf) {
			stageOf(p, "Deploy").Actions = slices.DeleteFunc(stageOf(p, "Deploy").Actions, func(a cptypes.ActionDeclaration) bool { return *a.Name == "Verify" })
		})},
		{"nothing is signed", app, "stage Sign, stages", pipeline(func(p *pipelineOf) {
			p.Stages = slices.DeleteFunc(p.Stages, func(s cptypes.StageDeclaration) bool { return *s.Name == "Sign" })
		})},
		{"a scan is another project's", app, "stage Scan", pipeline(func(p *pipelineOf) { actionOf(p, "Scan", "Secrets").Configuration["ProjectName"] = "other" })},
		{"a stage is put in", app, "stage More, stages", pipeline(func(p *pipelineOf) {
			p.Stages = append(p.Stages, cptypes.StageDeclaration{Name: ptr("More"), Actions: []cptypes.ActionDeclaration{{
				Name: ptr("Ask"), ActionTypeId: &cptypes.ActionTypeId{
					Category: cptypes.ActionCategoryApproval, Owner: cptypes.ActionOwnerAws, Provider: ptr("Manual"), Version: ptr("1"),
				},
			}}})
		})},
		{"a run supersedes another", app, "execution mode", pipeline(func(p *pipelineOf) { p.ExecutionMode = cptypes.ExecutionModeSuperseded })},
		{"the pipeline acts as somebody else", app, "role", pipeline(func(p *pipelineOf) { p.RoleArn = &stranger })},
		{"who starts it says what it does", app, "variables", pipeline(func(p *pipelineOf) {
			p.Variables = []cptypes.PipelineVariableDeclaration{{Name: ptr("X"), DefaultValue: ptr("y")}}
		})},
		{"artifacts lie elsewhere", app, "artifact store", pipeline(func(p *pipelineOf) { p.ArtifactStore.Location = ptr("elsewhere") })},
		{"another branch starts it", trigger, "branches", pipeline(func(p *pipelineOf) { p.Triggers[0].GitConfiguration.Push[0].Branches.Includes = []string{"main"} })},
		{"other files start it", trigger, "paths", pipeline(func(p *pipelineOf) { p.Triggers[0].GitConfiguration.Push[0].FilePaths.Excludes = []string{"**/*.py"} })},
		{"pull requests start it", trigger, "pull requests", pipeline(func(p *pipelineOf) {
			p.Triggers[0].GitConfiguration.PullRequest = []cptypes.GitPullRequestFilter{{Branches: &cptypes.GitBranchFilterCriteria{Includes: []string{"prod"}}}}
		})},
		{"nothing starts it", trigger, "branches, paths, source, tags", pipeline(func(p *pipelineOf) { p.Triggers = nil })},

		{"the app's own buildspec is run", build, "buildspec", ofBuild(func(u *codebuild.UpdateProjectInput) { u.Source.Buildspec = ptr("buildspec.yml") })},
		{"another image is built in", build, "image", ofBuild(func(u *codebuild.UpdateProjectInput) { u.Environment.Image = ptr("elsewhere/image:1") })},
		{"a variable is another", build, "variables", ofBuild(func(u *codebuild.UpdateProjectInput) { u.Environment.EnvironmentVariables[0].Value = ptr("x") })},
		{"a variable is put in", build, "variables", ofBuild(func(u *codebuild.UpdateProjectInput) {
			u.Environment.EnvironmentVariables = append(u.Environment.EnvironmentVariables, cbtypes.EnvironmentVariable{Name: ptr("BASH_ENV"), Value: ptr("x")})
		})},
		{"a build acts as somebody else", build, "role", ofBuild(func(u *codebuild.UpdateProjectInput) { u.ServiceRole = &stranger })},
		{"a build runs no docker", build, "privileged", ofBuild(func(u *codebuild.UpdateProjectInput) { u.Environment.PrivilegedMode = ptr(false) })},
		{"nobody sees what a build does", build, "logs", ofBuild(func(u *codebuild.UpdateProjectInput) {
			u.LogsConfig = &cbtypes.LogsConfig{CloudWatchLogs: &cbtypes.CloudWatchLogsConfig{Status: cbtypes.LogsConfigStatusTypeDisabled}}
		})},
		{"a build is in somebody's network", build, "additions", ofBuild(func(u *codebuild.UpdateProjectInput) {
			u.VpcConfig = &cbtypes.VpcConfig{VpcId: ptr("vpc-1"), Subnets: []string{"subnet-1"}, SecurityGroupIds: []string{"sg-1"}}
		})},

		{"a scan finds nothing", "project prodgate-backend-flask-scan-secrets", "buildspec", project("prodgate-backend-flask-scan-secrets", func(u *codebuild.UpdateProjectInput) {
			u.Source.Buildspec = ptr("version: 0.2\nphases: {build: {commands: [date]}}")
		})},
		{"a scan accepts more", "project prodgate-backend-flask-scan-dependencies", "variables", project("prodgate-backend-flask-scan-dependencies", func(u *codebuild.UpdateProjectInput) {
			u.Environment.EnvironmentVariables[0].Value = ptr("x")
		})},
		{"a scan may do more", "policy prodgate-backend-flask-scan", "document", newVersion("scan", "prodgate-backend-flask-scan")},
		{"an image is signed by another profile", "project prodgate-sign", "variables", project("prodgate-sign", func(u *codebuild.UpdateProjectInput) {
			u.Environment.EnvironmentVariables[0].Value = ptr("x")
		})},
		{"a signature is not looked at", "project prodgate-prepare", "buildspec", project("prodgate-prepare", func(u *codebuild.UpdateProjectInput) {
			u.Source.Buildspec = ptr("version: 0.2\nphases: {build: {commands: [date]}}")
		})},
		{"what signs has a policy more", "role prodgate-sign", "policies", attach("prodgate-sign")},
		{"what inspects may do more", "policy prodgate-inspect", "document", newVersion("inspect", "prodgate-inspect")},

		{"somebody else takes the role on", role, "trust", trusts("prodgate-backend-flask-pipeline")},
		{"the role has no boundary", role, "boundary", removeBoundary("prodgate-backend-flask-pipeline")},
		{"the role has a policy more", role, "policies", attach("prodgate-backend-flask-pipeline")},
		{"the role has a policy in it", role, "inline policies", inline("prodgate-backend-flask-pipeline")},
		{"the role's sessions are long", other, "session length", sessions("prodgate-backend-flask-build", 43200)},
		{"a role may do more", "policy prodgate-backend-flask-build", "document", newVersion("build", "prodgate-backend-flask-build")},

		{"somebody else pushes", repo, "policy", document(repositoryPolicy, replaceDeployer)},
		{"tags move", repo, "tag mutability", tagsMove},

		{"a boundary lets everything through", "policy prodgate-build-boundary", "document", newVersion("boundary", "prodgate-build-boundary")},
		{"the check may do more", "policy prodgate-verifier", "document", newVersion("verifier", "prodgate-verifier")},
		{"the check checks nothing", check, "code", otherCode},
		{"the check is told a variable more", check, "variables", configured(func(u *lambda.UpdateFunctionConfigurationInput) {
			u.Environment.Variables["MORE"] = "other"
		})},
		{"the check has less time", check, "limits", configured(func(u *lambda.UpdateFunctionConfigurationInput) { u.Timeout = ptr(int32(600)) })},
		{"the check acts as another role", check, "role", configured(func(u *lambda.UpdateFunctionConfigurationInput) { u.Role = &stranger })},
		{"nobody sees what the check does", check, "logs", configured(func(u *lambda.UpdateFunctionConfigurationInput) {
			u.LoggingConfig.LogGroup = ptr("/aws/codebuild/other")
		})},
		{"anybody invokes the check", check, "policy", invokedByAnybody},
		{"the check is told something else", "rule prodgate-check", "target verifier", aimed(func(t *eventtypes.Target) { t.InputPath = ptr("$.detail") })},
		{"the check is told a text", "rule prodgate-check", "target verifier", aimed(func(t *eventtypes.Target) {
			t.InputTransformer = &eventtypes.InputTransformer{InputTemplate: ptr(`"x"`)}
		})},
		{"a check that does not start is lost", "rule prodgate-check", "target verifier", aimed(func(t *eventtypes.Target) { t.DeadLetterConfig = nil })},
		{"something else starts with the check", "rule prodgate-check", "target other", aimed(func(t *eventtypes.Target) { t.Id = ptr("other") })},
		{"the check acts as somebody else", "role prodgate-verifier", "trust", trusts("prodgate-verifier")},
		{"what starts the check has a policy more", "role prodgate-dispatcher", "policies", attach("prodgate-dispatcher")},
		{"nothing starts the check", "rule prodgate-check", "state", disabled("prodgate-check")},
		{"somebody else tells", "topic prodgate-alerts", "policy", document(topicPolicy, replaceDeployer)},
		{"somebody else writes artifacts", "bucket prodgate-artifacts-" + w.account() + "-" + region, "policy", document(bucketPolicy, replaceDeployer)},
	}
}

// stageOf returns an existing stage of a pipeline.
func stageOf(p *pipelineOf, name string) *cptypes.StageDeclaration {
	return &p.Stages[slices.IndexFunc(p.Stages, func(s cptypes.StageDeclaration) bool { return *s.Name == name })]
}

func actionOf(p *pipelineOf, stage, name string) *cptypes.ActionDeclaration {
	actions := stageOf(p, stage).Actions
	return &actions[slices.IndexFunc(actions, func(a cptypes.ActionDeclaration) bool { return *a.Name == name })]
}
