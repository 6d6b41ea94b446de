package gate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// reference is a variable of a project whose value CodeBuild reads from Secrets
// Manager when a build begins. The gate itself never knows a value: none is in its
// program, its settings or its state.
type reference struct {
	name string
	arn  pulumi.StringInput
}

// checkSecrets looks, before anything is made, at what settings say is there: the
// secrets to adopt, their keys, and the functions that rotate. It returns the roles
// of those functions.
func (b builder) checkSecrets(parent pulumi.Resource) (rotators map[string]string, err error) {
	rotators = map[string]string{}
	var problems []error
	for i, app := range b.settings.Apps {
		if n := lengthOf(app.Secrets, b.plan, app.Name); n > maxSecretARNs {
			problems = append(problems, fmt.Errorf("prodgate:apps[%d].secrets: %d entries: their ARNs have %d characters, the policy of the "+
				"build's role has room for %d; keep several values in one secret, as JSON", i, len(app.Secrets), n, maxSecretARNs))
		}
		for j, secret := range app.Secrets {
			at := fmt.Sprintf("apps[%d].secrets[%d]", i, j)
			switch {
			case !created(secret):
				problems = append(problems, b.checkAdopted(parent, at, secret))
			case secret.RotationLambdaArn != "" && rotators[secret.RotationLambdaArn] == "":
				name, qualifier := functionOf(secret.RotationLambdaArn)
				function, err := lambda.LookupFunction(b.ctx,
					&lambda.LookupFunctionArgs{FunctionName: name, Qualifier: &qualifier}, pulumi.Parent(parent))
				if err != nil {
					problems = append(problems, wrong(at+".rotationLambdaArn", secret.RotationLambdaArn, "cannot be read; correct the ARN, "+
						"or leave it out and the secret is not rotated: %w", err))
					continue
				}
				rotators[secret.RotationLambdaArn] = function.Role
			}
		}
	}
	return rotators, errors.Join(problems...)
}

// maxSecretARNs is what is left of IAM's 6,144 characters of a policy where all other
// names of a build's role are longest.
const maxSecretARNs = 4000

// lengthOf are the characters of the ARNs that readSecrets writes.
func lengthOf(secrets []settings.Secret, plan naming.Plan, app string) (n int) {
	for _, secret := range secrets {
		switch {
		case created(secret):
			n += 2 * len(plan.Secret(app, secret.Name).ARN)
		case secret.KeyArn != "":
			n += 2*len(secret.Arn) + len(secret.KeyArn)
		default:
			n += len(secret.Arn)
		}
	}
	return n
}

// functionOf is a function and its version or alias, which end its ARN where there
// are eight parts. Without one, Lambda's name for what is deployed last.
func functionOf(arn string) (name, qualifier string) {
	parts := strings.Split(arn, ":")
	if len(parts) == 8 {
		return strings.Join(parts[:7], ":"), parts[7]
	}
	return arn, "$LATEST"
}

// checkAdopted looks at a secret that is there, and at its key. Secrets Manager
// answers the key as whoever made the secret wrote it: an id, an ARN or an alias.
func (b builder) checkAdopted(parent pulumi.Resource, at string, secret settings.Secret) error {
	found, err := secretsmanager.LookupSecret(b.ctx, &secretsmanager.LookupSecretArgs{Arn: &secret.Arn}, pulumi.Parent(parent))
	if err != nil {
		return wrong(at+".arn", secret.Arn, "cannot be read; correct the ARN, or leave it out and the gate creates a secret: %w", err)
	}
	var key string
	if found.KmsKeyId != "" && found.KmsKeyId != awsKey {
		used, err := kms.LookupKey(b.ctx, &kms.LookupKeyArgs{KeyId: found.KmsKeyId}, pulumi.Parent(parent))
		if err != nil {
			return wrong(at+".arn", secret.Arn, "its key %s cannot be read; let the deployer call kms:DescribeKey on it: %w", found.KmsKeyId, err)
		}
		key = used.Arn
	}
	switch {
	case key == secret.KeyArn:
		return nil
	case key == "":
		return wrong(at+".keyArn", secret.KeyArn, "%s is encrypted with AWS's own key; leave the key out", secret.Arn)
	default:
		return wrong(at+".keyArn", secret.KeyArn, "%s is encrypted with another key; write %s", secret.Arn, key)
	}
}

// awsKey is the key of a secret for which nobody chose one.
const awsKey = "alias/aws/secretsmanager"

// secrets makes those of an app that are not adopted, and refers to all of them.
func (b builder) secrets(parent pulumi.Resource, app settings.App, s *store) ([]reference, error) {
	if slices.ContainsFunc(app.Secrets, created) {
		group, err := b.group(component.SecretsType, parent, b.called(app.Name+"-secrets"))
		if err != nil {
			return nil, err
		}
		parent = group
	}
	var all []reference
	for _, secret := range app.Secrets {
		ref := reference{secret.Name, pulumi.String(secret.Arn)}
		if created(secret) {
			made, err := b.secret(parent, app, secret, s.SecretsKey)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", secret.Name, err)
			}
			ref.arn = made.Arn
		}
		all = append(all, ref)
	}
	return all, nil
}

// secret makes one, without a value.
func (b builder) secret(parent pulumi.Resource, app settings.App, s settings.Secret, key *storage.Key) (*secretsmanager.Secret, error) {
	at, name, child := b.plan.Secret(app.Name, s.Name), b.called(app.Name+"-"+s.Name), pulumi.Parent(parent)
	// A secret that waits for its deletion keeps its name: a gate without protection
	// is meant to be thrown away, and brought up again.
	window := 0
	if b.settings.Protect {
		window = b.settings.Retention.KeyDays
	}
	made, err := secretsmanager.NewSecret(b.ctx, name, &secretsmanager.SecretArgs{
		Name: pulumi.String(at.Name),
		Description: pulumi.String(fmt.Sprintf("The build of %s reads it as %s. A deployer or the break-glass role puts the value here; "+
			"until then the build fails.", app.Name, s.Name)),
		KmsKeyId:             key.Arn,
		RecoveryWindowInDays: pulumi.Int(window),
	}, child, b.keeps())
	if err != nil {
		return nil, err
	}
	policy, err := secretsmanager.NewSecretPolicy(b.ctx, name, &secretsmanager.SecretPolicyArgs{
		SecretArn:         made.Arn,
		BlockPublicPolicy: pulumi.Bool(true),
		Policy:            b.secretPolicy(app, s).JSON(),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if s.RotationLambdaArn == "" {
		return made, b.ctx.Log.Warn(fmt.Sprintf("%s has no rotationLambdaArn: nothing rotates it, and AWS Config's rule "+
			"SECRETSMANAGER_ROTATION_ENABLED_CHECK reports it", at.Name), nil)
	}
	_, err = secretsmanager.NewSecretRotation(b.ctx, name, &secretsmanager.SecretRotationArgs{
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
func (b builder) secretPolicy(app settings.App, s settings.Secret) policydoc.Document {
	var also []string
	// A secret's policy cannot name the function itself: AWS Lambda Developer Guide,
	// Using source function ARN, "not in resource-based policies". So its role.
	if role := b.rotators[s.RotationLambdaArn]; role != "" {
		also = append(also, role)
	}
	return append(catalogue.Refusals(catalogue.Secrets, b.settings, app.Name, "*", also...), catalogue.PlainHTTP(catalogue.Secrets, "*"))
}

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
