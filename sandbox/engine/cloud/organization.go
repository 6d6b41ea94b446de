package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Organization is the organization that exists before the gate. The zero value is none.
type Organization struct {
	// ID is the organization's; empty for any.
	ID string
	// TargetID is a root, a unit or an account; the cloud's account is below it.
	TargetID string
	// RoleArn is a role that attaches policies. Its account manages the organization, or is its
	// delegated administrator if there is a Manager.
	RoleArn, Manager string
	// PreviewRoleArn is a role of the same account that may read. Empty: none.
	PreviewRoleArn string
}

// createOrganization creates the organization, unless it exists from an earlier run.
func (c *Cloud) createOrganization(ctx context.Context) error {
	if c.Organization.TargetID == "" {
		return nil
	}
	return c.post(ctx, "organization", map[string]string{
		"role_arn": c.Organization.RoleArn, "preview_role_arn": c.Organization.PreviewRoleArn, "target": c.Organization.TargetID,
		"id": c.Organization.ID, "account": c.Account, "manager": c.Organization.Manager,
	})
}

// OrganizationConfig is AWSConfig for the role that attaches policies.
func (c *Cloud) OrganizationConfig(ctx context.Context, region string) (aws.Config, error) {
	return c.ConfigAs(ctx, region, c.Organization.RoleArn, "sandbox")
}
