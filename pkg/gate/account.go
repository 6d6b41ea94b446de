package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/settings"
)

// RequireAccount fails, before anything is created, when the credentials are
// not of the account that the stack names, or of nobody who may change the gate.
func RequireAccount(ctx *pulumi.Context, s *settings.Settings, provider *aws.Provider) error {
	identity, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{}, pulumi.Provider(provider))
	if err != nil {
		return fmt.Errorf("prodgate:account: %q: AWS does not confirm that the credentials are of this account; "+
			"sign in to it, or correct the account id: %w", s.Account, err)
	}
	if identity.AccountId != s.Account {
		return fmt.Errorf("prodgate:account: %q: the credentials are of account %s; "+
			"sign in to the stack's account, or correct the account id", s.Account, identity.AccountId)
	}
	return requireAccess(ctx, s, identity.Arn, pulumi.Provider(provider))
}
