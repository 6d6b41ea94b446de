package preflight

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/settings"
)

// RequireAccount returns the caller. The preview stops here if the credentials belong to
// another account, or to a role that is not in access.deployerArns.
func RequireAccount(ctx *pulumi.Context, s *settings.Settings, provider *aws.Provider) (caller string, err error) {
	identity, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{}, pulumi.Provider(provider))
	if err != nil {
		return "", component.SettingError("account", s.Account, "AWS does not confirm that the credentials are of this account; "+
			"sign in to it, or correct the account id: %w", err)
	}
	if identity.AccountId != s.Account {
		return "", component.SettingError("account", s.Account, "the credentials are of account %s; "+
			"sign in to the stack's account, or correct the account id", identity.AccountId)
	}
	return identity.Arn, requireAccess(ctx, s, identity.Arn, pulumi.Provider(provider))
}
