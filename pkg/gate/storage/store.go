package storage

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/policydoc"
)

// Store is where artifacts, images and logs are stored, and the keys they are encrypted
// with.
type Store struct {
	Artifacts                      *Bucket
	ArtifactKey, ImageKey, LogsKey *Key
	SecretsKey                     *Key // nil where the gate makes no secret
}

// Keys are those that the store has.
func (s *Store) Keys() Keys {
	keys := Keys{s.ArtifactKey, s.ImageKey, s.LogsKey}
	if s.SecretsKey != nil {
		keys = append(keys, s.SecretsKey)
	}
	return keys
}

// NewStore makes the store. Rotators are the roles of the functions that rotate secrets.
func NewStore(c component.Context, parent pulumi.Resource, rotators []string) (*Store, error) {
	group, err := c.NewGroup(component.StoreType, parent, c.ChildName("store"))
	if err != nil {
		return nil, err
	}
	s := &Store{}
	if s.ArtifactKey, err = NewKey(c, group, "artifacts", "Pipeline artifacts",
		catalogue.DenyStatements(catalogue.ArtifactKey, c.Settings, "", "*")...); err != nil {
		return nil, fmt.Errorf("artifact key: %w", err)
	}
	if s.ImageKey, err = NewKey(c, group, "images", "Container images"); err != nil {
		return nil, fmt.Errorf("image key: %w", err)
	}
	if s.LogsKey, err = NewKey(c, group, "logs", "Build logs", policydoc.Statement{
		// CloudWatch Logs names the log group in the encryption context.
		Sid:        "LogsOfTheGate",
		Principals: policydoc.Service("logs." + c.Names.Region + "." + c.Names.DNSSuffix()),
		Actions:    []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"},
		Resources:  policydoc.On("*"),
		Conditions: []policydoc.Condition{policydoc.Is("ArnLike", "kms:EncryptionContext:aws:logs:arn", c.Names.LogGroups())},
	}); err != nil {
		return nil, fmt.Errorf("logs key: %w", err)
	}
	if c.Settings.CreatesSecrets() {
		if s.SecretsKey, err = NewKey(c, group, "secrets", "Secrets of builds",
			catalogue.DenyStatements(catalogue.SecretsKey, c.Settings, "", "*", rotators...)...); err != nil {
			return nil, fmt.Errorf("secrets key: %w", err)
		}
	}
	s.Artifacts, err = NewBucket(c, group, BucketSpec{
		Purpose: "artifacts", Key: s.ArtifactKey, Days: c.Settings.Retention.ArtifactDays,
		Statements: catalogue.DenyStatements(catalogue.ArtifactObjects, c.Settings, "", c.Names.Bucket("artifacts").ARN+"/*"),
	})
	if err != nil {
		return nil, fmt.Errorf("artifact bucket: %w", err)
	}
	return s, c.RegisterOutputs(group, pulumi.Map{"artifactBucket": s.Artifacts.Name})
}
