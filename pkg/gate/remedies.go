package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// remedy is a runbook of Systems Manager that AWS Config runs on what a rule finds.
//
// Few rules have one. A right to repair is a right to break, for whoever can have the
// role passed: UpdateTrail sends a trail elsewhere, SetTopicAttributes lets others
// publish, UpdateProject is what the gate is there to prevent. Everything is put right
// by the next pulumi up, which shows it first. Not to wait for that is worth it only
// where what is in the gate's buckets would meanwhile be read or lost, and where the
// call does nothing else.
type remedy struct {
	runbook string
	// resource is the runbook's parameter that takes the resource, fixed are the others.
	resource string
	fixed    map[string]string
	// action is all that it does.
	action string
}

var (
	// It takes no value that would open a bucket.
	closeBucket = remedy{
		runbook: "AWS-DisableS3BucketPublicReadWrite", resource: "S3BucketName", action: "s3:PutBucketPublicAccessBlock",
	}
	versionBucket = remedy{
		runbook: "AWS-ConfigureS3BucketVersioning", resource: "BucketName", fixed: map[string]string{"VersioningState": "Enabled"},
		action: "s3:PutBucketVersioning",
	}
)

// How often a remedy is tried, and within how many seconds: what does not help in ten
// minutes needs a person.
const (
	remedyAttempts = 3
	remedySeconds  = 600
)

// remedied is a rule that was made and has a remedy.
type remedied struct {
	configRule
	made *cfg.Rule
}

// remedies lets AWS Config put right what rules find, as a role that can do just that to
// the gate's own buckets. They start by themselves: the rules look by the gate's tag.
func (b builder) remedies(parent pulumi.Resource, rules []remedied) error {
	if len(rules) == 0 {
		return nil
	}
	var buckets []string
	for _, purpose := range b.stock.buckets {
		buckets = append(buckets, b.plan.Bucket(purpose).ARN)
	}
	var actions []string
	for _, rule := range rules {
		actions = append(actions, rule.remedy.action)
	}
	role, attached, err := b.role(parent, duty{
		name: b.called("remediator"), duty: naming.Remediator,
		// AWS Systems Manager User Guide, Create the service roles for Automation: the
		// execution is the source.
		trust: b.byService("ssm.amazonaws.com", b.plan.Automations()),
		may: func(settings.App) policydoc.Document {
			return policydoc.Document{{Sid: "RemedyBuckets", Actions: actions, Resources: policydoc.On(buckets...)}}
		},
	})
	if err != nil {
		return fmt.Errorf("remediator: %w", err)
	}
	for _, rule := range rules {
		parameters := cfg.RemediationConfigurationParameterArray{
			cfg.RemediationConfigurationParameterArgs{Name: pulumi.String("AutomationAssumeRole"), StaticValue: role.Arn},
			cfg.RemediationConfigurationParameterArgs{Name: pulumi.String(rule.remedy.resource), ResourceValue: pulumi.String("RESOURCE_ID")},
		}
		for name, value := range rule.remedy.fixed {
			parameters = append(parameters, cfg.RemediationConfigurationParameterArgs{
				Name: pulumi.String(name), StaticValue: pulumi.String(value),
			})
		}
		if _, err := cfg.NewRemediationConfiguration(b.ctx, b.called(rule.slug()), &cfg.RemediationConfigurationArgs{
			ConfigRuleName:           rule.made.Name,
			ResourceType:             pulumi.String(rule.item),
			TargetType:               pulumi.String("SSM_DOCUMENT"),
			TargetId:                 pulumi.String(rule.remedy.runbook),
			Parameters:               parameters,
			Automatic:                pulumi.Bool(true),
			MaximumAutomaticAttempts: pulumi.Int(remedyAttempts),
			RetryAttemptSeconds:      pulumi.Int(remedySeconds),
		}, pulumi.Parent(parent), pulumi.DependsOn(attached)); err != nil {
			return fmt.Errorf("remedy of %s: %w", rule.identifier, err)
		}
	}
	return nil
}
