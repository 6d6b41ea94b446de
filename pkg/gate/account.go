package gate

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/settings"
)

// RequireAccount is whose the credentials are. It fails, before anything is created,
// when they are not of the account that the stack names, or of nobody who may change
// the gate.
func RequireAccount(ctx *pulumi.Context, s *settings.Settings, provider *aws.Provider) (caller string, err error) {
	identity, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{}, pulumi.Provider(provider))
	if err != nil {
		return "", wrong("account", s.Account, "AWS does not confirm that the credentials are of this account; "+
			"sign in to it, or correct the account id: %w", err)
	}
	if identity.AccountId != s.Account {
		return "", wrong("account", s.Account, "the credentials are of account %s; "+
			"sign in to the stack's account, or correct the account id", identity.AccountId)
	}
	return identity.Arn, requireAccess(ctx, s, identity.Arn, pulumi.Provider(provider))
}
