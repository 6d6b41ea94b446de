package gate

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// OrganizationProvider is that of the account that attaches guardrails, for whoever
// runs the program; nil where they are only exported. Before anything is created, it
// fails when they cannot be attached or would have no effect.
//
// The gate's role for previews may not take on the role that attaches: any pull
// request could then take the guardrails off. It takes on another, so that its
// preview shows an update of this provider. That is all: Pulumi replaces a provider,
// and with it all it has made, only for settings that the provider's schema marks
// (ForcesProviderReplace of the bridge), and assumeRole is not. A preview that
// refreshes first does so with the provider as it was last made, and so as the role
// that attaches; with PULUMI_RUN_PROGRAM it does with the one that is made here.
func OrganizationProvider(ctx *pulumi.Context, s *settings.Settings, caller string) (*aws.Provider, error) {
	if s.Organization.TargetId == "" {
		return nil, nil
	}
	as := takenOn(s, caller)
	provider, err := aws.NewProvider(ctx, "organization", &aws.ProviderArgs{
		Region:            pulumi.String(s.Region),
		AllowedAccountIds: pulumi.ToStringArray([]string{strings.Split(as.arn, ":")[4]}),
		AssumeRole: aws.ProviderAssumeRoleArgs{
			RoleArn:     pulumi.String(as.arn),
			SessionName: pulumi.String(s.Name + "-guardrails"),
		},
		DefaultTags: aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(s.Tags)},
	})
	if err != nil {
		return nil, err
	}
	return provider, requireTarget(ctx, s, as, provider)
}

// organizationRole is a role of the organization's account, and the key of settings
// that names it.
type organizationRole struct{ key, arn string }

// takenOn is the role that a caller takes on.
func takenOn(s *settings.Settings, caller string) organizationRole {
	if previews(s, caller) {
		return organizationRole{"organization.previewRoleArn", s.Organization.PreviewRoleArn}
	}
	return organizationRole{"organization.roleArn", s.Organization.RoleArn}
}

// previews is whether a caller is the gate's own role for previews. An account has a
// role's name once, whatever the path.
func previews(s *settings.Settings, caller string) bool {
	name := session.FindStringSubmatch(caller)
	return s.Workflows.Repository != "" && name != nil && name[1] == naming.New(s).Role("", naming.Preview).Name
}
