package account

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
)

func (r awsReader) Hub(ctx context.Context) (*Hub, error) {
	cfg, err := r.load()
	if err != nil {
		return nil, err
	}
	client := securityhub.NewFromConfig(cfg)
	// Both say that Security Hub is not enabled (Security Hub API, DescribeHub).
	var notSubscribed *hubtypes.InvalidAccessException
	var notFound *hubtypes.ResourceNotFoundException
	_, err = client.DescribeHub(ctx, &securityhub.DescribeHubInput{})
	if errors.As(err, &notSubscribed) || errors.As(err, &notFound) {
		return nil, nil
	}
	if err != nil {
		return nil, withAction(err)
	}
	hub := &Hub{}
	standards := securityhub.NewGetEnabledStandardsPaginator(client, &securityhub.GetEnabledStandardsInput{})
	for standards.HasMorePages() {
		page, err := standards.NextPage(ctx)
		if err != nil {
			return nil, withAction(err)
		}
		for _, s := range page.StandardsSubscriptions {
			hub.Standards = append(hub.Standards, aws.ToString(s.StandardsArn))
		}
	}
	insights := securityhub.NewGetInsightsPaginator(client, &securityhub.GetInsightsInput{})
	for insights.HasMorePages() {
		page, err := insights.NextPage(ctx)
		if err != nil {
			return nil, withAction(err)
		}
		for _, i := range page.Insights {
			hub.Insights = append(hub.Insights, aws.ToString(i.Name))
		}
	}
	return hub, nil
}
