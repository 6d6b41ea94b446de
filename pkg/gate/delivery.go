package gate

import (
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codebuild"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codepipeline"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/address"
	"prodgate/pkg/buildspec"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// The artifacts that actions hand to each other.
const (
	sourceArtifact = "Source"
	buildArtifact  = "Build"
)

// delivery makes an app's pipeline and its role, and before the pipeline can run keeps
// what all of the app has to be: everything else of it is there already.
func (b builder) delivery(parent pulumi.Resource, app settings.App, source *source, s *store, alerts *alerts, build, check *codebuild.Project) (*codepipeline.Pipeline, error) {
	name := b.called(app.Name)
	component, err := b.group(DeliveryType, parent, name+"-delivery")
	if err != nil {
		return nil, err
	}
	at := b.plan.Pipeline(app.Name)
	role, attached, err := b.role(component, duty{
		name: name + "-pipeline", app: app, duty: address.Pipeline,
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
			Location: s.artifacts.name,
			EncryptionKey: codepipeline.PipelineArtifactStoreEncryptionKeyArgs{
				Type: pulumi.String("KMS"), Id: s.artifactKey.Arn,
			},
		}},
		Triggers: codepipeline.PipelineTriggerArray{codepipeline.PipelineTriggerArgs{
			ProviderType: pulumi.String("CodeStarSourceConnection"),
			GitConfiguration: codepipeline.PipelineTriggerGitConfigurationArgs{
				SourceActionName: pulumi.String("GitHub"),
				Pushes: codepipeline.PipelineTriggerGitConfigurationPushArray{codepipeline.PipelineTriggerGitConfigurationPushArgs{
					Branches:  codepipeline.PipelineTriggerGitConfigurationPushBranchesArgs{Includes: pulumi.ToStringArray([]string{ProdBranch})},
					FilePaths: codepipeline.PipelineTriggerGitConfigurationPushFilePathsArgs{Includes: pulumi.ToStringArray(app.Paths)},
				}},
			},
		}},
		Stages: b.stages(app, source, alerts, build, check),
	}
	b.knows(knownstate.Pipeline(b.plan.Region), args)
	kept, err := b.keep(component, name, b.plan.KnownState(app.Name), "What the pipeline of "+app.Name+" and its parts have to be")
	if err != nil {
		return nil, err
	}
	return codepipeline.NewPipeline(b.ctx, name, args, pulumi.Parent(component), pulumi.DependsOn(append(attached, s.artifacts.policy, kept)))
}

// stages is what a commit goes through, in order.
func (b builder) stages(app settings.App, source *source, alerts *alerts, build, check *codebuild.Project) codepipeline.PipelineStageArray {
	stages := codepipeline.PipelineStageArray{
		stage("Source", action{
			name: "GitHub", category: "Source", provider: "CodeStarSourceConnection",
			out: []string{sourceArtifact}, namespace: pulumi.String("Source"),
			configuration: pulumi.StringMap{
				"ConnectionArn":        source.connectionArn,
				"FullRepositoryId":     pulumi.String(b.settings.Source.Owner + "/" + app.Repository),
				"BranchName":           pulumi.String(ProdBranch),
				"OutputArtifactFormat": pulumi.String("CODE_ZIP"),
				"DetectChanges":        pulumi.String("false"), // the trigger does
			},
		}),
		stage("Build", action{
			name: "Image", category: "Build", provider: "CodeBuild",
			in: []string{sourceArtifact}, out: []string{buildArtifact}, namespace: pulumi.String("Build"),
			configuration: pulumi.StringMap{"ProjectName": build.Name},
		}),
	}
	if b.asksForApproval() {
		stages = append(stages, b.approval(app, alerts))
	}
	return append(stages,
		stage(address.DeployStage, b.checkKnownState(app, check), action{
			name: "Service", category: "Deploy", provider: "ECS", order: 2,
			in: []string{buildArtifact}, namespace: pulumi.String("Deploy"),
			configuration: pulumi.StringMap{
				"ClusterName":       pulumi.String(app.Cluster),
				"ServiceName":       pulumi.String(app.Service),
				"FileName":          pulumi.String(buildspec.ImageDefinitions),
				"DeploymentTimeout": pulumi.String(strconv.Itoa(app.DeployTimeout)),
			},
		}),
	)
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

// pipelineMay is what the pipeline's role needs: its artifacts, the connection,
// its builds, and the deployment of one service.
func (b builder) pipelineMay(app settings.App, source *source, s *store, alerts *alerts) policydoc.Document {
	passed := []string{app.ExecutionRoleArn}
	if app.TaskRoleArn != "" && app.TaskRoleArn != app.ExecutionRoleArn {
		passed = append(passed, app.TaskRoleArn)
	}
	artifacts := b.useArtifacts(app, s)
	// What CodePipeline does with artifacts and CodeBuild does not: CodePipeline User
	// Guide, CodePipeline service role policy.
	artifacts[0].Actions = append(artifacts[0].Actions, "s3:PutObjectAcl")
	artifacts[1].Actions = append(artifacts[1].Actions, "s3:GetBucketVersioning")
	may := append(artifacts,
		policydoc.Statement{
			Sid: "Connection",
			// The service was renamed and still checks either prefix.
			Actions:   []string{"codeconnections:UseConnection", "codestar-connections:UseConnection"},
			Resources: []pulumi.StringInput{source.connectionArn},
		},
		policydoc.Statement{
			Sid:       "Builds",
			Actions:   []string{"codebuild:StartBuild", "codebuild:BatchGetBuilds"},
			Resources: policydoc.On(b.plan.Project(app.Name, address.Build).ARN, b.plan.VerifierBeforeDeploy().ARN),
		},
		policydoc.Statement{
			Sid:       "DeployService",
			Actions:   []string{"ecs:DescribeServices", "ecs:UpdateService"},
			Resources: policydoc.On(b.plan.Service(app.Cluster, app.Service)),
		},
		policydoc.Statement{
			Sid:       "TaskDefinitions",
			Actions:   []string{"ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"},
			Resources: policydoc.On("*"),
		},
		policydoc.Statement{
			Sid:        "TagNewTaskDefinitions",
			Actions:    []string{"ecs:TagResource"},
			Resources:  policydoc.On(b.plan.TaskDefinitions()),
			Conditions: []policydoc.Condition{policydoc.Is("StringEquals", "ecs:CreateAction", "RegisterTaskDefinition")},
		},
		policydoc.Statement{
			Sid:        "PassTaskRoles",
			Actions:    []string{"iam:PassRole"},
			Resources:  policydoc.On(passed...),
			Conditions: []policydoc.Condition{policydoc.Is("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com")},
		},
	)
	if b.asksForApproval() {
		may = append(may, b.asks(alerts)...)
	}
	return may
}
