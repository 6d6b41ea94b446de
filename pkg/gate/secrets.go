package gate

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/secrets"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

type reference = secrets.Reference

// readSecrets lets a role of an app read its secrets, and nothing else with their
// keys. Secrets Manager names the secret in the encryption context: Secrets Manager
// User Guide, Secret encryption and decryption, Encryption context.
func (b builder) readSecrets(app settings.App, s *store) policydoc.Document {
	if app.Name == b.anyApp().Name {
		app.Secrets = b.anySecrets()
	}
	var secrets, encrypted []string
	var keys []pulumi.StringInput
	for _, secret := range app.Secrets {
		arn, key := secret.Arn, pulumi.StringInput(pulumi.String(secret.KeyArn))
		if created(secret) {
			arn, key = b.plan.Secret(app.Name, secret.Name).ARN, s.SecretsKey.Arn
		}
		secrets = append(secrets, arn)
		if key == pulumi.String("") { // AWS's own, which every role may use through the service
			continue
		}
		encrypted = append(encrypted, arn)
		if !slices.Contains(keys, key) { // one of the gate's for all that it makes
			keys = append(keys, key)
		}
	}
	var may policydoc.Document
	if len(secrets) > 0 {
		may = append(may, policydoc.Statement{
			Sid: "Secrets", Actions: []string{"secretsmanager:GetSecretValue"}, Resources: policydoc.On(secrets...),
		})
	}
	if len(keys) > 0 {
		may = append(may, policydoc.Statement{
			Sid: "SecretKeys", Actions: []string{"kms:Decrypt"}, Resources: keys,
			Conditions: []policydoc.Condition{
				b.by("secretsmanager"),
				policydoc.Is("ArnLike", "kms:EncryptionContext:SecretARN", encrypted...),
			},
		})
	}
	return may
}

// anySecrets stand for those of all apps: those that the gate makes, and those of
// others, whose names and keys are theirs.
func (b builder) anySecrets() []settings.Secret {
	var others settings.Secret
	for _, app := range b.settings.Apps {
		for _, secret := range app.Secrets {
			if !created(secret) {
				others.Arn = b.plan.AllSecrets()
			}
			if secret.KeyArn != "" {
				others.KeyArn = b.plan.AllKeys()
			}
		}
	}
	var all []settings.Secret
	if b.createsSecrets() {
		all = append(all, settings.Secret{Name: "*"})
	}
	if others.Arn != "" {
		all = append(all, others)
	}
	return all
}
