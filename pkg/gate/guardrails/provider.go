package guardrails

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/settings"
)

// NewProvider is that of the account that attaches guardrails, for whoever
// runs the program; nil where they are only exported. Before anything is created, it
// fails when they cannot be attached or would have no effect.
//
// The gate's role for previews may not assume the role that attaches: any pull
// request could then take the guardrails off. It assumes another, so that its
// preview shows an update of this provider. That is all: Pulumi replaces a provider,
// and with it all it has made, only for settings that the provider's schema marks
// (ForcesProviderReplace of the bridge), and assumeRole is not. A preview that
// refreshes first does so with the provider as it was last made, and so as the role
// that attaches; with PULUMI_RUN_PROGRAM it does with the one that is made here.
func NewProvider(ctx *pulumi.Context, s *settings.Settings, caller string) (*aws.Provider, error) {
	if s.Organization.TargetId == "" {
		return nil, nil
	}
	as := roleFor(s, caller)
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

// roleFor is the role that a caller assumes.
func roleFor(s *settings.Settings, caller string) organizationRole {
	if component.IsPreviewRole(s, caller) {
		return organizationRole{"organization.previewRoleArn", s.Organization.PreviewRoleArn}
	}
	return organizationRole{"organization.roleArn", s.Organization.RoleArn}
}
