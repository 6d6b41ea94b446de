package delivery

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codebuild"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/gate/secrets"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/pipeline"
)

// newProject makes a project and its log group. It has no webhook: only a pipeline starts it, or
// the schedule.
func (d *Delivery) newProject(parent pulumi.Resource, p pipeline.CodeBuildProject, role *identity.Role, references []secrets.Reference) (*codebuild.Project, baseline.Records, error) {
	c, child, name := d.c, pulumi.Parent(parent), d.c.ChildName(p.Suffix)
	group, err := cloudwatch.NewLogGroup(c.Ctx, name, &cloudwatch.LogGroupArgs{
		Name:            pulumi.String(c.Names.LogGroupOf(p.Named).Name),
		RetentionInDays: pulumi.Int(c.Settings.Retention.LogDays),
		KmsKeyId:        d.Store.LogsKey.Arn,
	}, child)
	if err != nil {
		return nil, nil, fmt.Errorf("log group: %w", err)
	}
	artifacts := p.Source
	if p.Source == "NO_SOURCE" {
		artifacts = "NO_ARTIFACTS"
	}
	args := &codebuild.ProjectArgs{
		Name:        pulumi.String(p.Name),
		Description: pulumi.String(p.Description),
		ServiceRole: role.Arn,
		Source: codebuild.ProjectSourceArgs{
			Type:      pulumi.String(p.Source),
			Buildspec: pulumi.String(p.Buildspec),
		},
		Artifacts:     codebuild.ProjectArtifactsArgs{Type: pulumi.String(artifacts)},
		EncryptionKey: d.Store.ArtifactKey.Arn,
		Environment: codebuild.ProjectEnvironmentArgs{
			Type:                 pulumi.String("LINUX_CONTAINER"),
			Image:                pulumi.String(c.Settings.Build.Image),
			ComputeType:          pulumi.String(p.ComputeType),
			PrivilegedMode:       pulumi.Bool(p.IsPrivileged),
			EnvironmentVariables: d.variables(p, references),
		},
		LogsConfig: codebuild.ProjectLogsConfigArgs{
			CloudwatchLogs: codebuild.ProjectLogsConfigCloudwatchLogsArgs{
				Status: pulumi.String("ENABLED"), GroupName: group.Name,
			},
		},
		BuildTimeout:  pulumi.Int(p.Minutes),
		QueuedTimeout: pulumi.Int(c.Settings.Build.QueuedTimeout),
	}
	if p.ConcurrentBuilds > 0 {
		args.ConcurrentBuildLimit = pulumi.Int(p.ConcurrentBuilds)
	}
	// A build that starts before its role may log fails without a word.
	made, err := codebuild.NewProject(c.Ctx, name, args, child, pulumi.DependsOn(role.Attached))
	if err != nil {
		return nil, nil, fmt.Errorf("project: %w", err)
	}
	return made, baseline.Records{{Kind: knownstate.Project, Inputs: args}}, nil
}

// variables are those of a project: plain texts, and references to secrets.
func (d *Delivery) variables(p pipeline.CodeBuildProject, references []secrets.Reference) codebuild.ProjectEnvironmentEnvironmentVariableArray {
	var all codebuild.ProjectEnvironmentEnvironmentVariableArray
	add := func(name string, value pulumi.StringInput, kind string) {
		all = append(all, codebuild.ProjectEnvironmentEnvironmentVariableArgs{Name: pulumi.String(name), Value: value, Type: pulumi.String(kind)})
	}
	for _, v := range p.Variables {
		add(v.Name, d.parts.input(v.Value), "PLAINTEXT")
	}
	var names []string
	for _, secret := range references {
		add(secret.Name, secret.ARN, "SECRETS_MANAGER")
		names = append(names, secret.Name)
	}
	if len(names) > 0 {
		add(buildspec.BuildSecrets, pulumi.String(strings.Join(names, " ")), "PLAINTEXT")
	}
	return all
}
