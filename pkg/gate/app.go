package gate

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/contract"
	"prodgate/pkg/gate/component"
	secretsroom "prodgate/pkg/gate/secrets"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// app makes everything of one app: the repository of its images, the projects that scan
// and build, the role of those who approve, and the pipeline, after what all pipelines
// start.
func (b builder) app(parent pulumi.Resource, app settings.App, source *source, store *store, alerts *alerts, after []pulumi.Resource) (pulumi.StringMap, error) {
	b.known = &known{}
	group, err := b.group(component.AppType, parent, b.called(app.Name))
	if err != nil {
		return nil, err
	}
	images, err := b.repository(group, app, store)
	if err != nil {
		return nil, fmt.Errorf("repository: %w", err)
	}
	secrets, err := secretsroom.New(b.c, group, app, store.SecretsKey, b.rotators)
	if err != nil {
		return nil, fmt.Errorf("secrets: %w", err)
	}
	build, err := b.project(group, app, store, project{
		duty:        naming.Build,
		description: "Builds the image of " + app.Name + " and pushes it to ECR by digest",
		buildspec:   buildspec.Build,
		privileged:  true, // docker build needs it; no other project has it
		environment: []variable{
			{buildspec.AppFolder, app.Folder},
			{buildspec.Dockerfile, app.Dockerfile},
			{buildspec.RepositoryURI, b.plan.RepositoryURI(app.Name)},
			{buildspec.RepositoryName, b.plan.Repository(app.Name).Name},
			{buildspec.ContainerName, app.Container},
		},
		secrets: secrets,
		may: func(app settings.App) policydoc.Document {
			return append(b.pushesImages(app), b.readSecrets(app, store)...)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	scans, err := b.scanProjects(group, app, store)
	if err != nil {
		return nil, fmt.Errorf("scan: %w", err)
	}
	approver, err := b.approver(group, app)
	if err != nil {
		return nil, fmt.Errorf("approver: %w", err)
	}
	shifted, err := b.deployment(group, app)
	if err != nil {
		return nil, fmt.Errorf("deployment: %w", err)
	}
	pipeline, err := b.delivery(group, app, source, store, alerts, slices.Concat(after, []pulumi.Resource{build}, scans, shifted))
	if err != nil {
		return nil, fmt.Errorf("delivery: %w", err)
	}
	return pulumi.StringMap{
		contract.AppPipeline:        pipeline.Name,
		contract.AppPipelineArn:     pipeline.Arn,
		contract.AppProject:         build.Name,
		contract.AppRepositoryArn:   images.Arn,
		contract.AppRepositoryURI:   images.RepositoryUrl,
		contract.AppApproverRoleArn: approver,
	}, nil
}

// pushesImages is what a build needs of the registry.
func (b builder) pushesImages(app settings.App) policydoc.Document {
	return policydoc.Document{
		{
			Sid:       "RegistryLogin",
			Actions:   []string{"ecr:GetAuthorizationToken"},
			Resources: policydoc.On("*"),
		},
		{
			Sid: "PushImages",
			Actions: []string{
				"ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart",
				"ecr:CompleteLayerUpload", "ecr:PutImage", "ecr:BatchGetImage", "ecr:DescribeImages",
			},
			Resources: policydoc.On(b.plan.Repository(app.Name).ARN),
		},
	}
}
