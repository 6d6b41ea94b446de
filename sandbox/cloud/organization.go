package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
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
	body, err := json.Marshal(map[string]string{
		"role_arn": c.Organization.RoleArn, "preview_role_arn": c.Organization.PreviewRoleArn, "target": c.Organization.TargetID,
		"account": c.Account, "manager": c.Organization.Manager,
	})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.AWS+"/sandbox/organization", bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusNoContent {
		err = fmt.Errorf("organization: %s", response.Status)
	}
	_ = response.Body.Close()
	return err
}

// OrganizationConfig is AWSConfig for whoever may attach policies.
func (c *Cloud) OrganizationConfig(ctx context.Context, region string) (aws.Config, error) {
	cfg, err := c.AWSConfig(ctx, region)
	if err != nil {
		return cfg, err
	}
	cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), c.Organization.RoleArn))
	return cfg, nil
}
