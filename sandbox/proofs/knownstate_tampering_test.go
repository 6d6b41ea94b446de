package proofs

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
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
		alerts       = "topic prodgate-alerts"
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
		{"a rule reports other calls", "rule prodgate-watch-images", "pattern", ruled(region, "prodgate-watch-images", func(r *eventbridge.PutRuleInput) {
			r.EventPattern = ptr(`{"source": ["aws.nothing"]}`)
		})},
		{"a rule reports nothing", "rule prodgate-watch-source", "state", disabled("prodgate-watch-source")},
		{"the rule of the rules reports nothing", "rule prodgate-rules", "state", disabled("prodgate-rules")},
		{"a rule is asked about fewer calls", "rule prodgate-watch-sessions", "state", ruled(region, "prodgate-watch-sessions", func(r *eventbridge.PutRuleInput) {
			r.State = eventtypes.RuleStateEnabled
		})},
		{"failed runs are not reported", "rule prodgate-failed-runs", "state", disabled("prodgate-failed-runs")},
		{"findings go elsewhere", "rule prodgate-findings", "target alerts", aimedOf(region, "prodgate-findings", func(t *eventtypes.Target) {
			t.Arn = ptr("arn:aws:sns:" + region + ":111111111111:other")
		})},
		{"an alert says something else", "rule prodgate-watch-roles", "target alerts", aimedOf(region, "prodgate-watch-roles", func(t *eventtypes.Target) {
			t.InputTransformer = &eventtypes.InputTransformer{InputPathsMap: t.InputTransformer.InputPathsMap, InputTemplate: ptr(`"All is well."`)}
		})},
		{"an alert takes other values", "rule prodgate-watch-topic", "target alerts", aimedOf(region, "prodgate-watch-topic", func(t *eventtypes.Target) {
			paths := maps.Clone(t.InputTransformer.InputPathsMap)
			paths["who"] = "$.detail.eventID"
			t.InputTransformer = &eventtypes.InputTransformer{InputPathsMap: paths, InputTemplate: t.InputTransformer.InputTemplate}
		})},
		{"an alert is a part of the event", "rule prodgate-watch-storage", "target alerts", aimedOf(region, "prodgate-watch-storage", func(t *eventtypes.Target) {
			t.InputTransformer, t.InputPath = nil, ptr("$.detail.eventID")
		})},
		{"an alert that is not delivered is lost", "rule prodgate-watch-pipelines", "target alerts", aimedOf(region, "prodgate-watch-pipelines", func(t *eventtypes.Target) {
			t.DeadLetterConfig = nil
		})},
		{"a rule has a target more", "rule prodgate-watch-records", "target other", aimedOf(region, "prodgate-watch-records", func(t *eventtypes.Target) { t.Id = ptr("other") })},
		{"no event starts the check", "rule prodgate-rules", "target verifier", untargetedOf(region, "prodgate-rules", "verifier")},
		{"a rule has no target", "rule prodgate-watch-account", "target alerts", untargeted(region, "prodgate-watch-account")},
		{"events of IAM are not forwarded", "rule us-east-1/prodgate-watch-roles", "state", ruled("us-east-1", "prodgate-watch-roles", func(r *eventbridge.PutRuleInput) {
			r.State = eventtypes.RuleStateDisabled
		})},
		{"fewer events of IAM are forwarded", "rule us-east-1/prodgate-watch-sessions", "pattern", ruled("us-east-1", "prodgate-watch-sessions", func(r *eventbridge.PutRuleInput) {
			r.EventPattern = ptr(`{"source": ["aws.nothing"]}`)
		})},
		{"events of IAM are forwarded to nobody", "rule us-east-1/prodgate-watch-sessions", "target eu-west-2", untargeted("us-east-1", "prodgate-watch-sessions")},
		{"another account puts events", "bus default", "policy", permitted},
		{"another key encrypts alerts", alerts, "key", topicAttribute("prodgate-alerts", "KmsMasterKeyId", "alias/aws/sns")},
		{"messages are delivered once", alerts, "additions", topicAttribute("prodgate-alerts", "DeliveryPolicy", `{"http":{"defaultHealthyRetryPolicy":{"numRetries":0}}}`)},
		{"messages are masked", alerts, "additions", protected("prodgate-alerts")},
		{"somebody else is told", alerts, "subscription email somebody@example.com", subscribed("somebody@example.com")},
		{"nobody is told", alerts, "subscription email platform-dev@example.com", unsubscribed("prodgate-alerts")},
		{"somebody is told of some", alerts, "subscription email platform-dev@example.com", filtered("prodgate-alerts")},
		{"nobody is told of the first topic", alerts + "-watch", "subscription email platform-dev@example.com", unsubscribed("prodgate-alerts-watch")},
		{"somebody else tells of the first topic", alerts + "-watch", "policy", document(topicPolicyOf("prodgate-alerts-watch"), replaceDeployer)},
		{"another key encrypts the second topic", alerts + "-watch", "key", topicAttribute("prodgate-alerts-watch", "KmsMasterKeyId", "alias/aws/sns")},
		{"somebody else uses a key", "key prodgate-artifacts", "policy", document(keyPolicyOf("alias/prodgate-artifacts"), replaceDeployer)},
		{"a key is not rotated", "key prodgate-logs", "rotation", rotated("alias/prodgate-logs")},
		{"a key is disabled", "key prodgate-alerts", "state", keyDisabled("alias/prodgate-alerts")},
		{"an alias is another key's", "key prodgate-images", "id, policy", aliased("alias/prodgate-images", "alias/prodgate-artifacts")},
		{"somebody else may deploy", "trust deployer", "policy", trusts("deployer")},
		{"somebody else breaks the glass", "trust break-glass", "policy", trusts("break-glass")},
		{"a role more may act as a pipeline", "roles /prodgate/", "pipeline", createdRole("/prodgate/pipeline/", "helper")},
		{"a role is made where none is", "roles /prodgate/", "other", createdRole("/prodgate/other/", "helper-2")},
		{"somebody else takes the recorder's role on", "role prodgate-recorder", "trust", trusts("prodgate-recorder")},
		{"the recorder's role has a policy more", "role prodgate-recorder", "policies", attach("prodgate-recorder")},

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
