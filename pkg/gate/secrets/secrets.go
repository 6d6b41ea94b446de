// Package secrets makes the secrets that an app's build reads, without their values.
package secrets

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// Reference is a variable of a project whose value CodeBuild reads from Secrets
// Manager when a build begins. The gate itself never knows a value: none is in its
// program, its settings or its state.
type Reference struct {
	Name string
	ARN  pulumi.StringInput
}

// New makes the secrets of an app that it does not adopt, and refers to all of them. Rotators
// are the roles of the functions that rotate secrets, by function.
func New(c component.Context, parent pulumi.Resource, app settings.App, key *storage.Key, rotators map[string]string) ([]Reference, error) {
	if !slices.ContainsFunc(app.Secrets, settings.Secret.IsCreated) {
		return references(app, nil), nil
	}
	group, err := c.NewGroup(component.SecretsType, parent, c.ChildName(app.Name+"-secrets"))
	if err != nil {
		return nil, err
	}
	created := map[string]pulumi.StringInput{}
	for _, secret := range app.Secrets {
		if !secret.IsCreated() {
			continue
		}
		made, err := newSecret(c, group, app, secret, key, rotators)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", secret.Name, err)
		}
		created[secret.Name] = made.Arn
	}
	return references(app, created), c.RegisterOutputs(group, nil)
}

// references refer to all secrets of an app. Created are the ARNs of those that it does not
// adopt, by name.
func references(app settings.App, created map[string]pulumi.StringInput) []Reference {
	var all []Reference
	for _, secret := range app.Secrets {
		ref := Reference{secret.Name, pulumi.String(secret.Arn)}
		if secret.IsCreated() {
			ref.ARN = created[secret.Name]
		}
		all = append(all, ref)
	}
	return all
}

// newSecret makes one, without a value.
func newSecret(c component.Context, parent pulumi.Resource, app settings.App, s settings.Secret, key *storage.Key, rotators map[string]string) (*secretsmanager.Secret, error) {
	at, name, child := c.Names.Secret(app.Name, s.Name), c.ChildName(app.Name+"-"+s.Name), pulumi.Parent(parent)
	// A secret that waits for its deletion keeps its name: a gate without protection
	// is meant to be thrown away, and brought up again.
	window := 0
	if c.Settings.Protect {
		window = c.Settings.Retention.KeyDays
	}
	made, err := secretsmanager.NewSecret(c.Ctx, name, &secretsmanager.SecretArgs{
		Name: pulumi.String(at.Name),
		Description: pulumi.String(fmt.Sprintf("The build of %s reads it as %s. A deployer or the break-glass role puts the value here; "+
			"until then the build fails.", app.Name, s.Name)),
		KmsKeyId:             key.Arn,
		RecoveryWindowInDays: pulumi.Int(window),
	}, child, c.ProtectOption())
	if err != nil {
		return nil, err
	}
	policy, err := secretsmanager.NewSecretPolicy(c.Ctx, name, &secretsmanager.SecretPolicyArgs{
		SecretArn:         made.Arn,
		BlockPublicPolicy: pulumi.Bool(true),
		Policy:            secretPolicy(c, app, rotators[s.RotationLambdaArn]).JSON(),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if s.RotationLambdaArn == "" {
		return made, c.Ctx.Log.Warn(fmt.Sprintf("%s has no rotationLambdaArn: nothing rotates it, and AWS Config's rule "+
			"SECRETSMANAGER_ROTATION_ENABLED_CHECK reports it", at.Name), nil)
	}
	_, err = secretsmanager.NewSecretRotation(c.Ctx, name, &secretsmanager.SecretRotationArgs{
		SecretId:          made.Arn,
		RotationLambdaArn: pulumi.String(s.RotationLambdaArn),
		// There is no value yet to begin with.
		RotateImmediately: pulumi.Bool(false),
		RotationRules:     secretsmanager.SecretRotationRotationRulesArgs{AutomaticallyAfterDays: pulumi.Int(s.RotationDays)},
	}, child, pulumi.DependsOn([]pulumi.Resource{policy}))
	if err != nil {
		return nil, fmt.Errorf("rotation: %w", err)
	}
	return made, nil
}

// secretPolicy keeps a secret from whom the catalogue does not name. In such a policy
// * is the secret that it is attached to.
func secretPolicy(c component.Context, app settings.App, rotator string) policydoc.Document {
	var also []string
	// A secret's policy cannot name the function itself: AWS Lambda Developer Guide,
	// Using source function ARN, "not in resource-based policies". So its role.
	if rotator != "" {
		also = append(also, rotator)
	}
	return append(catalogue.DenyStatements(catalogue.Secrets, c.Settings, app.Name, "*", also...), catalogue.DenyPlainHTTP(catalogue.Secrets, "*"))
}
