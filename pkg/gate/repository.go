package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/settings"
)

// repository keeps an app's images. A tag is a commit and never moves, nobody pushes
// but the app's build role, and nobody pulls but that and who runs the image.
func (b builder) repository(parent pulumi.Resource, app settings.App, s *store) (*ecr.Repository, error) {
	name := b.called(app.Name)
	group, err := b.group(component.RepositoryType, parent, name+"-images")
	if err != nil {
		return nil, err
	}
	child := pulumi.Parent(group)
	args := &ecr.RepositoryArgs{
		Name:               pulumi.String(b.plan.Repository(app.Name).Name),
		ImageTagMutability: pulumi.String("IMMUTABLE"),
		ImageScanningConfiguration: ecr.RepositoryImageScanningConfigurationArgs{
			ScanOnPush: pulumi.Bool(true),
		},
		EncryptionConfigurations: ecr.RepositoryEncryptionConfigurationArray{ecr.RepositoryEncryptionConfigurationArgs{
			EncryptionType: pulumi.String("KMS"),
			KmsKey:         s.ImageKey.Arn,
		}},
		// A gate without protection is meant to be thrown away, images and all.
		ForceDelete: pulumi.Bool(!b.settings.Protect),
	}
	repository, err := ecr.NewRepository(b.ctx, name, args, child, b.keeps())
	if err != nil {
		return nil, err
	}
	b.knows(knownstate.Repository, args)
	if _, err := ecr.NewLifecyclePolicy(b.ctx, name, &ecr.LifecyclePolicyArgs{
		Repository: repository.Name,
		Policy: pulumi.JSONMarshal(map[string]any{"rules": []any{map[string]any{
			"rulePriority": 1,
			"description":  "Keep the newest images",
			"selection": map[string]any{
				"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": b.settings.Retention.Images,
			},
			"action": map[string]string{"type": "expire"},
		}}}),
	}, child); err != nil {
		return nil, fmt.Errorf("life cycle: %w", err)
	}
	policy := &ecr.RepositoryPolicyArgs{
		Repository: repository.Name,
		// A repository's policy names no resource: it is the repository.
		Policy: append(catalogue.DenyStatements(catalogue.Repositories, b.settings, app.Name, ""),
			catalogue.DenyPlainHTTP(catalogue.Repositories, "")).JSON(),
	}
	if _, err := ecr.NewRepositoryPolicy(b.ctx, name, policy, child); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	b.knows(knownstate.RepositoryPolicy, policy)
	return repository, nil
}
