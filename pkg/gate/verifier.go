package gate

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codebuild"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// verifier compares the live gate with its known state.
type verifier struct {
	group *group
	// beforeDeploy is what pipelines start.
	beforeDeploy *codebuild.Project
}

// knownState makes what compares, by the clock and before each deployment.
func (b builder) knownState(parent pulumi.Resource, alerts *alerts, dispatcher *dispatcher, s *store) (*verifier, error) {
	group, err := b.group(component.KnownStateType, parent, b.called("known-state"))
	if err != nil {
		return nil, err
	}
	byClock, beforeDeploy := b.plan.VerifierProject(), b.plan.VerifierBeforeDeploy()
	name := b.called("verifier")
	role, attached, err := b.role(group, duty{
		name: name, duty: naming.Verifier,
		trust: b.byService("codebuild.amazonaws.com", byClock.ARN, beforeDeploy.ARN),
		may:   func(settings.App) policydoc.Document { return b.verifies(alerts, s) },
	})
	if err != nil {
		return nil, err
	}
	run := runner{
		name: name, at: byClock, description: "Compares the live gate with what pulumi up has made of it",
		role: role, attached: attached, source: "NO_SOURCE", buildspec: buildspec.KnownState,
		variables: codebuild.ProjectEnvironmentEnvironmentVariableArray{
			variable{buildspec.GateName, b.plan.Gate}.plain(),
			variable{buildspec.KnownStateParameter, b.plan.KnownState("").Name}.plain(),
			variable{buildspec.PolicyPath, b.plan.PolicyPath()}.plain(),
			variable{buildspec.AlertTopic, b.plan.Topic().ARN}.plain(),
			variable{buildspec.Attempts, strconv.Itoa(checkAttempts)}.plain(),
			variable{buildspec.Pause, strconv.Itoa(checkPause)}.plain(),
		},
		computeType: "BUILD_GENERAL1_SMALL", minutes: 8 * 60, concurrent: 1, // for a thousand apps
	}
	scheduled, err := b.runner(group, s, run)
	if err != nil {
		return nil, err
	}
	run.name, run.at, run.source = name+"-before-deploy", beforeDeploy, "CODEPIPELINE"
	run.description = "Compares the live gate with what pulumi up has made of it, before a deployment"
	run.minutes, run.concurrent = 60, 0
	ofPipelines, err := b.runner(group, s, run)
	if err != nil {
		return nil, fmt.Errorf("before deployments: %w", err)
	}
	if err := b.schedule(group, scheduled, dispatcher); err != nil {
		return nil, err
	}
	// Beside what the check itself tells: it may not get so far.
	return &verifier{group, ofPipelines}, b.rule(group, alerts, rule{
		name:        "check-failed",
		description: "The check of the known state failed or could not be made",
		pattern: pulumi.JSONMarshal(map[string]any{
			"source":      []string{"aws.codebuild"},
			"detail-type": []string{"CodeBuild Build State Change"},
			"detail": map[string]any{
				"project-name": []string{byClock.Name},
				"build-status": []string{"FAILED", "FAULT", "STOPPED", "TIMED_OUT"},
			},
		}),
		paths: map[string]string{
			"status": "$.detail.build-status", "time": "$.time", "log": "$.detail.additional-information.logs.deep-link",
		},
		message: "The check of the known state of " + b.plan.Gate + " is <status> at <time>: something differs, or nobody knows. The log: <log>",
	})
}

// What differs is looked at again: a pulumi up may be at work.
const (
	checkAttempts = 3
	checkPause    = 60 // seconds
)

// schedule starts the check by the clock.
func (b builder) schedule(parent pulumi.Resource, project *codebuild.Project, dispatcher *dispatcher) error {
	child, name := pulumi.Parent(parent), b.called("check")
	when := &cloudwatch.EventRuleArgs{
		Name:               pulumi.String(b.plan.Check().Name),
		Description:        pulumi.String("The known state is compared"),
		ScheduleExpression: pulumi.String(fmt.Sprintf("rate(%d minutes)", b.settings.Detection.CheckMinutes)),
	}
	rule, err := cloudwatch.NewEventRule(b.ctx, name, when, child)
	if err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	target := &cloudwatch.EventTargetArgs{
		Rule: rule.Name, TargetId: pulumi.String("verifier"), Arn: project.Arn, RoleArn: dispatcher.Arn,
	}
	if _, err := cloudwatch.NewEventTarget(b.ctx, name, target, child, pulumi.DependsOn(dispatcher.Attached)); err != nil {
		return fmt.Errorf("schedule target: %w", err)
	}
	b.knows(knownstate.Schedule, when)
	b.knows(knownstate.Target, target)
	return nil
}

// checkKnownState is the action before a deployment. Its artifact is one that
// CodePipeline asks for, and nothing reads.
func (b builder) checkKnownState(app settings.App) action {
	return b.starts("KnownState", "Test", b.plan.VerifierBeforeDeploy(), []string{buildArtifact}, variable{buildspec.App, app.Name})
}

// keepShared keeps what all apps share, when all of it has been made.
func (b builder) keepShared(of *verifier) (*ssm.Parameter, error) {
	at := b.plan.KnownState("")
	var names []string
	for _, app := range b.settings.Apps {
		names = append(names, b.plan.KnownState(app.Name).Name)
	}
	return b.keep(of.group, b.called("known-state"), at, advanced, "What all apps of the gate share has to be", knownstate.Names(at.Name, names))
}

// verifies is what the check needs: it reads what the gate is made of, and tells.
func (b builder) verifies(alerts *alerts, s *store) policydoc.Document {
	p := b.plan
	bucket := p.Bucket("artifacts").ARN
	viaS3 := []policydoc.Condition{b.by("s3")}
	return append(policydoc.Document{
		b.logsTo(p.VerifierProject(), p.VerifierBeforeDeploy()),
		{Sid: "KnownState", Actions: []string{"ssm:GetParameter", "ssm:GetParametersByPath"}, Resources: policydoc.On(p.KnownStates())},
		{Sid: "Pipelines", Actions: []string{"codepipeline:GetPipeline"}, Resources: policydoc.On(p.Pipelines())},
		{Sid: "Projects", Actions: []string{"codebuild:BatchGetProjects"}, Resources: policydoc.On(p.Projects())},
		{Sid: "Repositories", Actions: []string{"ecr:DescribeRepositories", "ecr:GetRepositoryPolicy"}, Resources: policydoc.On(p.Repositories())},
		{Sid: "Roles", Actions: []string{"iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"}, Resources: policydoc.On(p.AllRoles())},
		{Sid: "Policies", Actions: []string{"iam:GetPolicy", "iam:GetPolicyVersion"}, Resources: policydoc.On(p.AllPolicies())},
		{Sid: "Schedule", Actions: []string{"events:DescribeRule", "events:ListTargetsByRule"}, Resources: policydoc.On(p.Check().ARN)},
		// What CodeBuild needs to get an artifact: CodeBuild User Guide, Allow CodeBuild to
		// interact with other AWS services.
		{Sid: "Bucket", Actions: []string{"s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketPolicy"}, Resources: policydoc.On(bucket)},
		{Sid: "Artifacts", Actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resources: policydoc.On(bucket + "/*/" + buildArtifact + "/*")},
		{Sid: "ArtifactKey", Actions: []string{"kms:Decrypt"}, Resources: []pulumi.StringInput{s.ArtifactKey.Arn}, Conditions: viaS3},
		{Sid: "Topic", Actions: []string{"sns:GetTopicAttributes"}, Resources: policydoc.On(p.Topic().ARN)},
	}, b.publishes("Tell", alerts)...)
}
