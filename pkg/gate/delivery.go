package gate

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codepipeline"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	sourceroom "prodgate/pkg/gate/source"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// The artifacts that actions hand to each other.
const (
	sourceArtifact  = "Source"
	buildArtifact   = "Build"
	releaseArtifact = "Release" // what deploys, written by what verified it
)

// delivery makes an app's pipeline and its role, after all that it starts, and before the
// pipeline can run keeps what all of the app has to be: everything else of it is there already.
func (b builder) delivery(parent pulumi.Resource, app settings.App, source *source, s *store, alerts *alerts, after []pulumi.Resource) (*codepipeline.Pipeline, error) {
	name := b.called(app.Name)
	group, err := b.group(component.DeliveryType, parent, name+"-delivery")
	if err != nil {
		return nil, err
	}
	at := b.plan.Pipeline(app.Name)
	role, attached, err := b.role(group, duty{
		name: name + "-pipeline", app: app, duty: naming.Pipeline,
		trust: b.byService("codepipeline.amazonaws.com", at.ARN),
		may:   func(app settings.App) policydoc.Document { return b.pipelineMay(app, source, s, alerts) },
	})
	if err != nil {
		return nil, err
	}
	args := &codepipeline.PipelineArgs{
		Name:         pulumi.String(at.Name),
		RoleArn:      role.Arn,
		PipelineType: pulumi.String("V2"),
		// SUPERSEDED could let an approval of one commit pass another.
		ExecutionMode: pulumi.String("QUEUED"),
		ArtifactStores: codepipeline.PipelineArtifactStoreArray{codepipeline.PipelineArtifactStoreArgs{
			Type:     pulumi.String("S3"),
			Location: s.Artifacts.Name,
			EncryptionKey: codepipeline.PipelineArtifactStoreEncryptionKeyArgs{
				Type: pulumi.String("KMS"), Id: s.ArtifactKey.Arn,
			},
		}},
		Stages: b.stages(app, source, alerts),
	}
	if !b.settings.FromCodeCommit() { // of which CodePipeline knows no trigger
		args.Triggers = codepipeline.PipelineTriggerArray{pushesToProd(app)}
	}
	b.knows(knownstate.Pipeline(b.plan.Region), args)
	kept, err := b.keep(group, name, b.plan.KnownState(app.Name), standard, "What the pipeline of "+app.Name+" and its parts have to be")
	if err != nil {
		return nil, err
	}
	made, err := codepipeline.NewPipeline(b.ctx, name, args, pulumi.Parent(group),
		pulumi.DependsOn(slices.Concat(after, attached, source.Ready, []pulumi.Resource{s.Artifacts.Policy, kept})))
	if err != nil || !b.settings.FromCodeCommit() {
		return made, err
	}
	return made, sourceroom.NewStartRule(b.c, group, app, alerts, b.eventBridgeRole, made)
}

// pushesToProd starts an app's pipeline when a push to prod changes a file of the app.
func pushesToProd(app settings.App) codepipeline.PipelineTriggerArgs {
	return codepipeline.PipelineTriggerArgs{
		ProviderType: pulumi.String("CodeStarSourceConnection"),
		GitConfiguration: codepipeline.PipelineTriggerGitConfigurationArgs{
			SourceActionName: pulumi.String("GitHub"),
			Pushes: codepipeline.PipelineTriggerGitConfigurationPushArray{codepipeline.PipelineTriggerGitConfigurationPushArgs{
				Branches:  codepipeline.PipelineTriggerGitConfigurationPushBranchesArgs{Includes: pulumi.ToStringArray([]string{component.ProdBranch})},
				FilePaths: codepipeline.PipelineTriggerGitConfigurationPushFilePathsArgs{Includes: pulumi.ToStringArray(app.Paths)},
			}},
		},
	}
}

// pipelineMay is what the pipeline's role needs: its artifacts, the connection,
// its builds, and the deployment of one service.
func (b builder) pipelineMay(app settings.App, source *source, s *store, alerts *alerts) policydoc.Document {
	artifacts := b.useArtifacts(app, s)
	// What CodePipeline does with artifacts and CodeBuild does not: CodePipeline User
	// Guide, CodePipeline service role policy.
	artifacts[0].Actions = append(artifacts[0].Actions, "s3:PutObjectAcl")
	artifacts[1].Actions = append(artifacts[1].Actions, "s3:GetBucketVersioning")
	reads := policydoc.Statement{
		Sid: "Connection",
		// The service was renamed and still checks either prefix.
		Actions:   []string{"codeconnections:UseConnection", "codestar-connections:UseConnection"},
		Resources: []pulumi.StringInput{source.ConnectionArn},
	}
	if b.settings.FromCodeCommit() {
		reads = b.readsSource(app)
	}
	may := append(artifacts,
		reads,
		policydoc.Statement{
			Sid:       "Builds",
			Actions:   []string{"codebuild:StartBuild", "codebuild:BatchGetBuilds"},
			Resources: policydoc.On(b.started(app)...),
		},
		policydoc.Statement{
			Sid:        "TagNewTaskDefinitions",
			Actions:    []string{"ecs:TagResource"},
			Resources:  policydoc.On(b.plan.TaskDefinitions()),
			Conditions: []policydoc.Condition{policydoc.Is("StringEquals", "ecs:CreateAction", "RegisterTaskDefinition")},
		},
		b.passes(passed(app)),
	)
	rolls, shifts := app.Deployment.Kind == settings.Rolling, isShifted(app)
	if app.Name == b.anyApp().Name {
		rolls, shifts = b.anyApps(func(a settings.App) bool { return !isShifted(a) }), b.anyApps(isShifted)
	}
	if rolls {
		may = append(may,
			policydoc.Statement{
				Sid:       "DeployService",
				Actions:   []string{"ecs:DescribeServices", "ecs:UpdateService"},
				Resources: policydoc.On(b.plan.Service(app.Cluster, app.Service)),
			},
			policydoc.Statement{
				Sid:       "TaskDefinitions",
				Actions:   []string{"ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"},
				Resources: policydoc.On("*"),
			})
	}
	if shifts {
		may = append(may, b.startsDeployments(app, !rolls)...)
	}
	if b.asksForApproval() {
		may = append(may, b.asks(alerts)...)
	}
	return may
}
