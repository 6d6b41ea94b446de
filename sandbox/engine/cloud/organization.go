package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Organization is what an organization looks like before a gate comes. The zero
// value is none.
type Organization struct {
	// TargetID is a root, a unit or an account; the cloud's account is below it.
	TargetID string
	// RoleArn is a role that may attach policies. Its account manages the
	// organization; unless there is a Manager, which delegates that to it.
	RoleArn, Manager string
	// PreviewRoleArn is a role of the same account that may read. Empty: none.
	PreviewRoleArn string
}

// organize makes the organization, unless it is there from a run before.
func (c *Cloud) organize(ctx context.Context) error {
	if c.Organization.TargetID == "" {
		return nil
	}
	return c.post(ctx, "organization", map[string]string{
		"role_arn": c.Organization.RoleArn, "preview_role_arn": c.Organization.PreviewRoleArn, "target": c.Organization.TargetID,
		"account": c.Account, "manager": c.Organization.Manager,
	})
}

// OrganizationConfig is AWSConfig for whoever may attach policies.
func (c *Cloud) OrganizationConfig(ctx context.Context, region string) (aws.Config, error) {
	return c.ConfigAs(ctx, region, c.Organization.RoleArn, "sandbox")
}
