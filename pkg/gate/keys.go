package gate

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/policydoc"
)

// key makes a KMS key of one purpose, with an alias to find it by. Account
// administrators use it through IAM; uses are added for services, which have
// no IAM policies.
func (b builder) key(parent pulumi.Resource, purpose, description string, uses ...policydoc.Statement) (*kms.Key, error) {
	policy := append(policydoc.Document{{
		Sid:        "AccountDelegatesToIam",
		Principals: map[string][]string{"AWS": {b.plan.Root()}},
		Actions:    []string{"kms:*"},
		Resources:  policydoc.On("*"),
	}}, uses...)
	name := b.called(purpose)
	key, err := kms.NewKey(b.ctx, name, &kms.KeyArgs{
		Description:          pulumi.String(description),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(b.settings.Retention.KeyDays),
		Policy:               policy.JSON(),
	}, pulumi.Parent(parent), b.keeps())
	if err != nil {
		return nil, err
	}
	_, err = kms.NewAlias(b.ctx, name, &kms.AliasArgs{
		Name:        pulumi.Sprintf("alias/%s-%s", b.plan.Gate, purpose),
		TargetKeyId: key.KeyId,
		// No child of the key: it would be protected with it, and holds nothing.
	}, pulumi.Parent(parent))
	return key, err
}
