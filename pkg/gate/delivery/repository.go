package delivery

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/settings"
)

// newRepository makes the repository of an app's images. A tag is a commit and never moves, only
// the app's build role pushes, and only that role and the app's tasks pull.
func (d *Delivery) newRepository(parent pulumi.Resource, app settings.App) (*ecr.Repository, baseline.Records, error) {
	c, name := d.c, d.c.ChildName(app.Name)
	group, err := c.NewGroup(component.RepositoryType, parent, name+"-images")
	if err != nil {
		return nil, nil, err
	}
	child := pulumi.Parent(group)
	args := &ecr.RepositoryArgs{
		Name:               pulumi.String(c.Names.Repository(app.Name).Name),
		ImageTagMutability: pulumi.String("IMMUTABLE"),
		ImageScanningConfiguration: ecr.RepositoryImageScanningConfigurationArgs{
			ScanOnPush: pulumi.Bool(true),
		},
		EncryptionConfigurations: ecr.RepositoryEncryptionConfigurationArray{ecr.RepositoryEncryptionConfigurationArgs{
			EncryptionType: pulumi.String("KMS"),
			KmsKey:         d.Store.ImageKey.Arn,
		}},
		// A gate without protection is meant to be thrown away, images and all.
		ForceDelete: pulumi.Bool(!c.Settings.Protect),
	}
	repository, err := ecr.NewRepository(c.Ctx, name, args, child, c.ProtectOption())
	if err != nil {
		return nil, nil, err
	}
	if _, err := ecr.NewLifecyclePolicy(c.Ctx, name, &ecr.LifecyclePolicyArgs{
		Repository: repository.Name,
		Policy: pulumi.JSONMarshal(map[string]any{"rules": []any{map[string]any{
			"rulePriority": 1,
			"description":  "Keep the newest images",
			"selection": map[string]any{
				"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": c.Settings.Retention.Images,
			},
			"action": map[string]string{"type": "expire"},
		}}}),
	}, child); err != nil {
		return nil, nil, fmt.Errorf("life cycle: %w", err)
	}
	policy := &ecr.RepositoryPolicyArgs{
		Repository: repository.Name,
		// A repository's policy names no resource: it is the repository.
		Policy: append(catalogue.DenyStatements(catalogue.Repositories, c.Settings, app.Name, ""),
			catalogue.DenyPlainHTTP(catalogue.Repositories, "")).JSON(),
	}
	if _, err := ecr.NewRepositoryPolicy(c.Ctx, name, policy, child); err != nil {
		return nil, nil, fmt.Errorf("policy: %w", err)
	}
	return repository, baseline.Records{{Kind: knownstate.Repository, Inputs: args}, {Kind: knownstate.RepositoryPolicy, Inputs: policy}},
		c.RegisterOutputs(group, pulumi.Map{"url": repository.RepositoryUrl})
}
