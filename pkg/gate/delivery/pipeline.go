package delivery

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codepipeline"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/source"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/pipeline"
	"prodgate/pkg/settings"
)

// newPipeline makes an app's pipeline and its role, after all that it starts. Before the pipeline
// can run, the known state of the app is stored: everything else of it exists by then.
func (d *Delivery) newPipeline(parent pulumi.Resource, app settings.App, records baseline.Records, after []pulumi.Resource) (*codepipeline.Pipeline, error) {
	c, name := d.c, d.c.ChildName(app.Name)
	group, err := c.NewGroup(component.DeliveryType, parent, name+"-delivery")
	if err != nil {
		return nil, err
	}
	spec, _ := d.Model.Role(naming.Pipeline)
	role, err := d.newAppRole(group, name+"-pipeline", app, spec)
	if err != nil {
		return nil, err
	}
	args := &codepipeline.PipelineArgs{
		Name:         pulumi.String(c.Names.Pipeline(app.Name).Name),
		RoleArn:      role.Arn,
		PipelineType: pulumi.String("V2"),
		// SUPERSEDED could let an approval of one commit pass another.
		ExecutionMode: pulumi.String("QUEUED"),
		ArtifactStores: codepipeline.PipelineArtifactStoreArray{codepipeline.PipelineArtifactStoreArgs{
			Type:     pulumi.String("S3"),
			Location: d.Store.Artifacts.Name,
			EncryptionKey: codepipeline.PipelineArtifactStoreEncryptionKeyArgs{
				Type: pulumi.String("KMS"), Id: d.Store.ArtifactKey.Arn,
			},
		}},
		Stages: d.stages(app),
	}
	if !c.Settings.UsesCodeCommit() { // CodePipeline has no trigger for CodeCommit
		args.Triggers = codepipeline.PipelineTriggerArray{triggerOnProd(app)}
	}
	records = slices.Concat(records, role.Records, baseline.Records{{Kind: knownstate.Pipeline(c.Names.Region), Inputs: args}})
	var start *source.StartRule
	if c.Settings.UsesCodeCommit() {
		start = source.NewStartRule(c, app, d.Alerts, d.EventBridgeRole)
		records = append(records, start.Records()...)
	}
	state, err := baseline.Store(c, group, baseline.Parameter{
		Name: name, At: c.Names.KnownState(app.Name), Tier: baseline.Standard, Description: "Known state of the pipeline of " + app.Name,
	}, records)
	if err != nil {
		return nil, err
	}
	made, err := codepipeline.NewPipeline(c.Ctx, name, args, pulumi.Parent(group),
		pulumi.DependsOn(slices.Concat(after, d.projects, role.Attached, d.Source.Ready, []pulumi.Resource{d.Store.Artifacts.Policy, state})))
	if err != nil {
		return nil, err
	}
	if start != nil {
		if err := start.Declare(c, group, made); err != nil {
			return nil, err
		}
	}
	return made, c.RegisterOutputs(group, pulumi.Map{"pipeline": made.Name})
}

// triggerOnProd starts an app's pipeline when a push to prod changes a file of the app.
func triggerOnProd(app settings.App) codepipeline.PipelineTriggerArgs {
	return codepipeline.PipelineTriggerArgs{
		ProviderType: pulumi.String("CodeStarSourceConnection"),
		GitConfiguration: codepipeline.PipelineTriggerGitConfigurationArgs{
			SourceActionName: pulumi.String(pipeline.GitHubAction),
			Pushes: codepipeline.PipelineTriggerGitConfigurationPushArray{codepipeline.PipelineTriggerGitConfigurationPushArgs{
				Branches:  codepipeline.PipelineTriggerGitConfigurationPushBranchesArgs{Includes: pulumi.ToStringArray([]string{component.ProdBranch})},
				FilePaths: codepipeline.PipelineTriggerGitConfigurationPushFilePathsArgs{Includes: pulumi.ToStringArray(app.Paths)},
			}},
		},
	}
}

// stages are those of the model as CodePipeline takes them.
func (d *Delivery) stages(app settings.App) codepipeline.PipelineStageArray {
	var stages codepipeline.PipelineStageArray
	for _, stage := range d.Model.Stages(app) {
		var actions codepipeline.PipelineStageActionArray
		for _, a := range stage.Actions {
			actions = append(actions, d.action(a))
		}
		args := codepipeline.PipelineStageArgs{Name: pulumi.String(stage.Name), Actions: actions}
		if stage.RollsBack {
			args.OnFailure = codepipeline.PipelineStageOnFailureArgs{Result: pulumi.String("ROLLBACK")}
		}
		stages = append(stages, args)
	}
	return stages
}

func (d *Delivery) action(a pipeline.Action) codepipeline.PipelineStageActionArgs {
	configuration := pulumi.StringMap{}
	for key, value := range a.Configuration {
		configuration[key] = d.parts.input(value)
	}
	args := codepipeline.PipelineStageActionArgs{
		Name: pulumi.String(a.Name), Category: pulumi.String(a.Category), Provider: pulumi.String(a.Provider),
		Owner: pulumi.String("AWS"), Version: pulumi.String("1"),
		InputArtifacts: pulumi.ToStringArray(a.Inputs), OutputArtifacts: pulumi.ToStringArray(a.Outputs),
		Configuration: configuration, RunOrder: pulumi.Int(a.RunOrder),
	}
	if a.Namespace != "" { // CodePipeline refuses an empty one
		args.Namespace = pulumi.String(a.Namespace)
	}
	if a.TimeoutMinutes > 0 {
		args.TimeoutInMinutes = pulumi.Int(a.TimeoutMinutes)
	}
	return args
}
