package gate

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/policydoc"
)

// key makes a KMS key of one purpose, with an alias to find it by. IAM says who uses
// it, but nobody changes it who may not change the gate. Uses are added for services,
// which have no IAM policies.
func (b builder) key(parent pulumi.Resource, purpose, description string, uses ...policydoc.Statement) (*kms.Key, error) {
	policy := slices.Concat(policydoc.Document{{
		Sid:        "AccountDelegatesToIam",
		Principals: map[string][]string{"AWS": {b.plan.Root()}},
		Actions:    []string{"kms:*"},
		Resources:  policydoc.On("*"),
	}}, catalogue.Refusals(catalogue.Keys, b.settings, "", "*"), policydoc.Document{catalogue.PlainHTTP(catalogue.Keys, "*")}, uses)
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
	b.stock.keys[purpose] = key
	_, err = kms.NewAlias(b.ctx, name, &kms.AliasArgs{
		Name:        pulumi.String(b.plan.KeyAlias(purpose)),
		TargetKeyId: key.KeyId,
		// No child of the key: it would be protected with it, and holds nothing.
	}, pulumi.Parent(parent))
	return key, err
}

// by is the condition that a service of AWS's uses a key for the role that asked it to.
func (b builder) by(service string) policydoc.Condition {
	return policydoc.Is("StringEquals", "kms:ViaService", service+"."+b.plan.Region+"."+b.plan.DNSSuffix())
}
