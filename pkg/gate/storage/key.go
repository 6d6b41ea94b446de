// Package storage makes what the gate keeps things in: KMS keys, buckets, and the store
// of artifacts, images and logs.
package storage

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/policydoc"
)

// Key is a KMS key of one purpose.
type Key struct {
	*kms.Key
	Purpose string
	Records baseline.Records
}

// Keys are the keys that rooms have made.
type Keys []*Key

// Of are the ARNs of the keys of some purposes, as far as the gate has them.
func (k Keys) Of(purposes ...string) []pulumi.StringInput {
	var arns []pulumi.StringInput
	for _, purpose := range purposes {
		for _, key := range k {
			if key.Purpose == purpose {
				arns = append(arns, key.Arn)
			}
		}
	}
	return arns
}

// ByPurpose are the ARNs of all keys.
func (k Keys) ByPurpose() pulumi.StringMap {
	arns := pulumi.StringMap{}
	for _, key := range k {
		arns[key.Purpose] = key.Arn
	}
	return arns
}

// Records are those of all keys.
func (k Keys) Records() baseline.Records {
	var all baseline.Records
	for _, key := range k {
		all = append(all, key.Records...)
	}
	return all
}

// NewKey makes a KMS key of one purpose, with an alias to find it by. IAM says who uses
// the key, but only who may change the gate changes it. Uses are added for services,
// which have no IAM policies.
func NewKey(c component.Context, parent pulumi.Resource, purpose, description string, uses ...policydoc.Statement) (*Key, error) {
	policy := slices.Concat(policydoc.Document{{
		Sid:        "AccountDelegatesToIam",
		Principals: map[string][]string{"AWS": {c.Names.Root()}},
		Actions:    []string{"kms:*"},
		Resources:  policydoc.On("*"),
	}}, catalogue.DenyStatements(catalogue.Keys, c.Settings, "", "*"), policydoc.Document{catalogue.DenyPlainHTTP(catalogue.Keys, "*")}, uses)
	name := c.ChildName(purpose)
	args := &kms.KeyArgs{
		Description:          pulumi.String(description),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(c.Settings.Retention.KeyDays),
		Policy:               policy.JSON(),
	}
	key, err := kms.NewKey(c.Ctx, name, args, pulumi.Parent(parent), c.ProtectOption())
	if err != nil {
		return nil, err
	}
	alias := &kms.AliasArgs{Name: pulumi.String(c.Names.KeyAlias(purpose)), TargetKeyId: key.KeyId}
	// No child of the key: it would be protected with it, and holds nothing.
	if _, err = kms.NewAlias(c.Ctx, name, alias, pulumi.Parent(parent)); err != nil {
		return nil, fmt.Errorf("alias: %w", err)
	}
	return &Key{key, purpose, baseline.Records{
		{Kind: knownstate.Key(c.Names.KeyAlias(purpose)), Inputs: args}, {Kind: knownstate.KeyAlias, Inputs: alias},
	}}, nil
}

// ViaService is the condition that a service of AWS's uses a key for the role that asked
// it to.
func ViaService(c component.Context, service string) policydoc.Condition {
	return policydoc.Is("StringEquals", "kms:ViaService", service+"."+c.Names.Region+"."+c.Names.DNSSuffix())
}
