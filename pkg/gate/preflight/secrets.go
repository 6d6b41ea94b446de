package preflight

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// checkSecrets reads, before anything is made, what settings say exists: the secrets to
// adopt, their keys, and the functions that rotate secrets. It returns the roles of those
// functions.
func checkSecrets(c component.Context, parent pulumi.Resource) (rotators map[string]string, err error) {
	rotators = map[string]string{}
	var problems []error
	for i, app := range c.Settings.Apps {
		if n := lengthOf(app.Secrets, c.Names, app.Name); n > maxSecretARNs {
			problems = append(problems, fmt.Errorf("prodgate:apps[%d].secrets: %d entries: their ARNs have %d characters, the policy of the "+
				"build's role has room for %d; keep several values in one secret, as JSON", i, len(app.Secrets), n, maxSecretARNs))
		}
		for j, secret := range app.Secrets {
			at := fmt.Sprintf("apps[%d].secrets[%d]", i, j)
			switch {
			case !secret.IsCreated():
				problems = append(problems, checkAdopted(c, parent, at, secret))
			case secret.RotationLambdaArn != "" && rotators[secret.RotationLambdaArn] == "":
				name, qualifier := functionOf(secret.RotationLambdaArn)
				function, err := lambda.LookupFunction(c.Ctx,
					&lambda.LookupFunctionArgs{FunctionName: name, Qualifier: &qualifier}, pulumi.Parent(parent))
				if err != nil {
					problems = append(problems, component.SettingError(at+".rotationLambdaArn", secret.RotationLambdaArn, "cannot be read; correct the ARN, "+
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
		case secret.IsCreated():
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

// checkAdopted reads a secret that exists, and its key. Secrets Manager
// answers the key as whoever made the secret wrote it: an id, an ARN or an alias.
func checkAdopted(c component.Context, parent pulumi.Resource, at string, secret settings.Secret) error {
	found, err := secretsmanager.LookupSecret(c.Ctx, &secretsmanager.LookupSecretArgs{Arn: &secret.Arn}, pulumi.Parent(parent))
	if err != nil {
		return component.SettingError(at+".arn", secret.Arn, "cannot be read; correct the ARN, or leave it out and the gate creates a secret: %w", err)
	}
	var key string
	if found.KmsKeyId != "" && found.KmsKeyId != awsKey {
		used, err := kms.LookupKey(c.Ctx, &kms.LookupKeyArgs{KeyId: found.KmsKeyId}, pulumi.Parent(parent))
		if err != nil {
			return component.SettingError(at+".arn", secret.Arn, "its key %s cannot be read; let the deployer call kms:DescribeKey on it: %w", found.KmsKeyId, err)
		}
		key = used.Arn
	}
	switch key {
	case secret.KeyArn:
		return nil
	case "":
		return component.SettingError(at+".keyArn", secret.KeyArn, "%s is encrypted with AWS's own key; leave the key out", secret.Arn)
	default:
		return component.SettingError(at+".keyArn", secret.KeyArn, "%s is encrypted with another key; write %s", secret.Arn, key)
	}
}

// awsKey is the key of a secret for which nobody chose one.
const awsKey = "alias/aws/secretsmanager"
