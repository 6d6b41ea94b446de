package detection

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/securityhub"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/settings"
)

// enableSecurityHub enables Security Hub, where settings want that, with the one standard whose
// controls cover CodeBuild and Amazon ECR, and an insight that shows what fails there.
func enableSecurityHub(c component.Context, parent pulumi.Resource) error {
	if c.Settings.Detection.SecurityHub != settings.Create {
		return nil
	}
	child, name := pulumi.Parent(parent), c.ChildName("hub")
	made, err := securityhub.NewAccount(c.Ctx, name, &securityhub.AccountArgs{
		EnableDefaultStandards:  pulumi.Bool(false), // an old benchmark of CIS among them
		AutoEnableControls:      pulumi.Bool(true),
		ControlFindingGenerator: pulumi.String("SECURITY_CONTROL"), // one finding of a control, whatever standards have it
	}, child)
	if err != nil {
		return err
	}
	after := pulumi.DependsOn([]pulumi.Resource{made})
	if _, err := securityhub.NewStandardsSubscription(c.Ctx, name, &securityhub.StandardsSubscriptionArgs{
		StandardsArn: pulumi.String(c.Names.BestPractices()),
	}, child, after); err != nil {
		return fmt.Errorf("standard: %w", err)
	}
	equals := func(value string) securityhub.InsightFiltersResourceTypeArgs {
		return securityhub.InsightFiltersResourceTypeArgs{Comparison: pulumi.String("EQUALS"), Value: pulumi.String(value)}
	}
	_, err = securityhub.NewInsight(c.Ctx, name, &securityhub.InsightArgs{
		Name:             pulumi.String(c.Names.Insight()),
		GroupByAttribute: pulumi.String("ResourceId"),
		Filters: securityhub.InsightFiltersArgs{
			ResourceTypes: securityhub.InsightFiltersResourceTypeArray{equals("AwsCodeBuildProject"), equals("AwsEcrRepository")},
			ComplianceStatuses: securityhub.InsightFiltersComplianceStatusArray{securityhub.InsightFiltersComplianceStatusArgs{
				Comparison: pulumi.String("EQUALS"), Value: pulumi.String("FAILED"),
			}},
			RecordStates: securityhub.InsightFiltersRecordStateArray{securityhub.InsightFiltersRecordStateArgs{
				Comparison: pulumi.String("EQUALS"), Value: pulumi.String("ACTIVE"),
			}},
		},
	}, child, after)
	if err != nil {
		return fmt.Errorf("insight: %w", err)
	}
	return nil
}
