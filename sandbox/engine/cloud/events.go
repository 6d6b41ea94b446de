package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// rootKey is the access key of the account's root user in the emulator.
const rootKey = "AKIASANDBOXROOT00000"

// ConfigAs is AWSConfig for a session of a role, by its ARN. CloudTrail's records
// of its calls name the role.
func (c *Cloud) ConfigAs(ctx context.Context, region, roleARN, session string) (aws.Config, error) {
	cfg, err := c.AWSConfig(ctx, region)
	if err != nil {
		return cfg, err
	}
	named := func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = session }
	cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), roleARN, named))
	return cfg, nil
}

// ConfigAsRoot is AWSConfig for the account's root user.
func (c *Cloud) ConfigAsRoot(ctx context.Context, region string) (aws.Config, error) {
	cfg, err := c.AWSConfig(ctx, region)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(rootKey, "sandbox", "")
	return cfg, err
}

// Inject puts an event that no caller can put: an event of EventBridge with source,
// detail-type, account, region and detail, or a record of CloudTrail.
func (c *Cloud) Inject(ctx context.Context, event any) error {
	return c.post(ctx, "events", event)
}

// WaitForEvents waits until every event is delivered: those of calls that have
// returned, those that were put, and those that follow from them.
func (c *Cloud) WaitForEvents(ctx context.Context) error {
	return c.post(ctx, "wait-for-events", nil)
}

// post calls one of the AWS emulator's own paths, for what AWS has no API for.
func (c *Cloud) post(ctx context.Context, what string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.AWS+"/sandbox/"+what, bytes.NewReader(text))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusNoContent {
		err = fmt.Errorf("%s: %s", what, response.Status)
	}
	return errors.Join(err, response.Body.Close())
}
