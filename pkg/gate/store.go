package gate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/policydoc"
)

// store is where artifacts, images and logs are kept, and the keys they are
// encrypted with.
type store struct {
	artifacts                      *bucket
	artifactKey, imageKey, logsKey *kms.Key
	secretsKey                     *kms.Key // nil where the gate makes no secret
}

func (b builder) store(parent pulumi.Resource) (*store, error) {
	component, err := b.group(StoreType, parent, b.called("store"))
	if err != nil {
		return nil, err
	}
	s := &store{}
	if s.artifactKey, err = b.key(component, "artifacts", "Pipeline artifacts",
		catalogue.Refusals(catalogue.ArtifactKey, b.settings, "", "*")...); err != nil {
		return nil, fmt.Errorf("artifact key: %w", err)
	}
	if s.imageKey, err = b.key(component, "images", "Container images"); err != nil {
		return nil, fmt.Errorf("image key: %w", err)
	}
	if s.logsKey, err = b.key(component, "logs", "Build logs", policydoc.Statement{
		// CloudWatch Logs names the log group in the encryption context.
		Sid:        "LogsOfTheGate",
		Principals: policydoc.Service("logs." + b.plan.Region + "." + b.plan.DNSSuffix()),
		Actions:    []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"},
		Resources:  policydoc.On("*"),
		Conditions: []policydoc.Condition{policydoc.Is("ArnLike", "kms:EncryptionContext:aws:logs:arn", b.plan.LogGroups())},
	}); err != nil {
		return nil, fmt.Errorf("logs key: %w", err)
	}
	if b.createsSecrets() {
		if s.secretsKey, err = b.key(component, "secrets", "Secrets of builds",
			catalogue.Refusals(catalogue.SecretsKey, b.settings, "", "*", slices.Sorted(maps.Values(b.rotators))...)...); err != nil {
			return nil, fmt.Errorf("secrets key: %w", err)
		}
	}
	s.artifacts, err = b.ofAll().bucket(component, "artifacts", s.artifactKey, b.settings.Retention.ArtifactDays,
		catalogue.Refusals(catalogue.ArtifactObjects, b.settings, "", b.plan.Bucket("artifacts").ARN+"/*")...)
	if err != nil {
		return nil, fmt.Errorf("artifact bucket: %w", err)
	}
	return s, nil
}
