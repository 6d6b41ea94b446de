package account

import (
	"context"
	"errors"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	analyzertypes "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	guarddutytypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/smithy-go"
)

// awsReader reads from AWS.
type awsReader struct{ load func() (aws.Config, error) }

// In is a reader of a region. It takes credentials and endpoints from AWS's standard configuration, as the provider does.
func In(region string) Reader {
	return awsReader{sync.OnceValues(func() (aws.Config, error) {
		return config.LoadDefaultConfig(context.Background(), config.WithRegion(region))
	})}
}

// prefixes are IAM's names of the services, by the SDK's.
var prefixes = map[string]string{
	accessanalyzer.ServiceID: "access-analyzer",
	elb.ServiceID:            "elasticloadbalancing",
	cloudtrail.ServiceID:     "cloudtrail",
	codecommit.ServiceID:     "codecommit",
	configservice.ServiceID:  "config",
	ecs.ServiceID:            "ecs",
	eventbridge.ServiceID:    "events",
	guardduty.ServiceID:      "guardduty",
	iam.ServiceID:            "iam",
	securityhub.ServiceID:    "securityhub",
}

// withAction adds IAM's name of the call to an error of the SDK.
func withAction(err error) error {
	var operation *smithy.OperationError
	if !errors.As(err, &operation) {
		return err
	}
	return &Error{prefixes[operation.Service()] + ":" + operation.Operation(), err}
}

func (r awsReader) Trails(ctx context.Context) ([]Trail, error) {
	cfg, err := r.load()
	if err != nil {
		return nil, err
	}
	listed, err := cloudtrail.NewFromConfig(cfg).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
	if err != nil {
		return nil, withAction(err)
	}
	var trails []Trail
	for _, t := range listed.TrailList {
		trails = append(trails, Trail{
			Name: aws.ToString(t.Name), ARN: aws.ToString(t.TrailARN),
			MultiRegion: aws.ToBool(t.IsMultiRegionTrail), Validated: aws.ToBool(t.LogFileValidationEnabled),
		})
	}
	return trails, nil
}

// Logs takes the ARN, because CloudTrail finds a trail of another region by its ARN only.
func (r awsReader) Logs(ctx context.Context, arn string) (Logs, error) {
	cfg, err := r.load()
	if err != nil {
		return Logs{}, err
	}
	client := cloudtrail.NewFromConfig(cfg)
	status, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &arn})
	if err != nil {
		return Logs{}, withAction(err)
	}
	selected, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: &arn})
	if err != nil {
		return Logs{}, withAction(err)
	}
	logs := managementEvents(selected.EventSelectors, selected.AdvancedEventSelectors)
	logs.On = aws.ToBool(status.IsLogging)
	return logs, nil
}

func (r awsReader) Detectors(ctx context.Context) ([]Detector, error) {
	cfg, err := r.load()
	if err != nil {
		return nil, err
	}
	client := guardduty.NewFromConfig(cfg)
	listed, err := client.ListDetectors(ctx, &guardduty.ListDetectorsInput{})
	if err != nil {
		return nil, withAction(err)
	}
	var detectors []Detector
	for _, id := range listed.DetectorIds {
		d, err := client.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &id})
		if err != nil {
			return nil, withAction(err)
		}
		detectors = append(detectors, Detector{ID: id, Enabled: d.Status == guarddutytypes.DetectorStatusEnabled, Tags: d.Tags})
	}
	return detectors, nil
}

func (r awsReader) Recorders(ctx context.Context) ([]Recorder, error) {
	cfg, err := r.load()
	if err != nil {
		return nil, err
	}
	client := configservice.NewFromConfig(cfg)
	// The response has no service-linked recorders.
	listed, err := client.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
	if err != nil {
		return nil, withAction(err)
	}
	var recorders []Recorder
	for _, r := range listed.ConfigurationRecorders {
		recorders = append(recorders, Recorder{Name: aws.ToString(r.Name)})
	}
	statuses, err := client.DescribeConfigurationRecorderStatus(ctx, &configservice.DescribeConfigurationRecorderStatusInput{})
	if err != nil {
		return nil, withAction(err)
	}
	for _, s := range statuses.ConfigurationRecordersStatus {
		for i, r := range recorders {
			recorders[i].Recording = r.Recording || s.Recording && aws.ToString(s.Name) == r.Name
		}
	}
	return recorders, nil
}

func (r awsReader) Channels(ctx context.Context) ([]string, error) {
	cfg, err := r.load()
	if err != nil {
		return nil, err
	}
	listed, err := configservice.NewFromConfig(cfg).DescribeDeliveryChannels(ctx, &configservice.DescribeDeliveryChannelsInput{})
	if err != nil {
		return nil, withAction(err)
	}
	var names []string
	for _, c := range listed.DeliveryChannels {
		names = append(names, aws.ToString(c.Name))
	}
	return names, nil
}

func (r awsReader) Analyzers(ctx context.Context) ([]Analyzer, error) {
	cfg, err := r.load()
	if err != nil {
		return nil, err
	}
	var analyzers []Analyzer
	pages := accessanalyzer.NewListAnalyzersPaginator(accessanalyzer.NewFromConfig(cfg), &accessanalyzer.ListAnalyzersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, withAction(err)
		}
		for _, a := range page.Analyzers {
			if a.Type != analyzertypes.TypeAccount && a.Type != analyzertypes.TypeOrganization {
				continue // of unused or internal access
			}
			analyzers = append(analyzers, Analyzer{
				Name: aws.ToString(a.Name), OfOrganization: a.Type == analyzertypes.TypeOrganization,
				Active: a.Status == analyzertypes.AnalyzerStatusActive, Tags: a.Tags,
			})
		}
	}
	return analyzers, nil
}

func (r awsReader) Bus(ctx context.Context) (Bus, error) {
	cfg, err := r.load()
	if err != nil {
		return Bus{}, err
	}
	bus, err := eventbridge.NewFromConfig(cfg).DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{})
	if err != nil {
		return Bus{}, withAction(err)
	}
	return Bus{aws.ToString(bus.Name), aws.ToString(bus.Policy), aws.ToString(bus.KmsKeyIdentifier)}, nil
}
