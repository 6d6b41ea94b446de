package configrules

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
)

// remediation is a runbook of Systems Manager that AWS Config runs on what a rule finds.
//
// Few rules have one. A right to repair is a right to break, for whoever can have the
// role passed: UpdateTrail sends a trail elsewhere, SetTopicAttributes lets others
// publish, UpdateProject is what the gate is there to prevent. Everything is corrected
// by the next pulumi up, which shows it first. Not to wait for that is worth it only
// where what is in the gate's buckets would meanwhile be read or lost, and where the
// call does nothing else.
type remediation struct {
	runbook string
	// resource is the runbook's parameter that takes the resource, fixed are the others.
	resource string
	fixed    map[string]string
	// action is all that it does.
	action string
}

var (
	// It takes no value that would open a bucket.
	closeBucket = remediation{
		runbook: "AWS-DisableS3BucketPublicReadWrite", resource: "S3BucketName", action: "s3:PutBucketPublicAccessBlock",
	}
	versionBucket = remediation{
		runbook: "AWS-ConfigureS3BucketVersioning", resource: "BucketName", fixed: map[string]string{"VersioningState": "Enabled"},
		action: "s3:PutBucketVersioning",
	}
)

// How often a remediation is tried, and within how many seconds: what does not help in ten
// minutes needs a person.
const (
	remediationAttempts = 3
	remediationSeconds  = 600
)

// remediatedRule is a rule that was made and has a remediation.
type remediatedRule struct {
	configRule
	made *cfg.Rule
}

// newRemediations let AWS Config correct what rules find, as a role that can do just that to
// the gate's own buckets. They start by themselves: the rules select by the gate's tag.
func newRemediations(s subject, parent pulumi.Resource, boundaries *identity.Boundaries, rules []remediatedRule) (baseline.Records, error) {
	if len(rules) == 0 {
		return nil, nil
	}
	var buckets []string
	for _, bucket := range s.Buckets {
		buckets = append(buckets, s.Names.Bucket(bucket.Purpose).ARN)
	}
	var actions []string
	for _, rule := range rules {
		actions = append(actions, rule.remediation.action)
	}
	role, err := boundaries.NewRole(s.Context, parent, identity.RoleSpec{
		Name: s.ChildName("remediator"), Duty: naming.Remediator,
		// AWS Systems Manager User Guide, Create the service roles for Automation: the
		// execution is the source.
		Trust:       identity.TrustService(s.Context, "ssm.amazonaws.com", s.Names.Automations()),
		Permissions: policydoc.Document{{Sid: "RemediateBuckets", Actions: actions, Resources: policydoc.On(buckets...)}},
	})
	if err != nil {
		return nil, fmt.Errorf("remediator: %w", err)
	}
	for _, rule := range rules {
		parameters := cfg.RemediationConfigurationParameterArray{
			cfg.RemediationConfigurationParameterArgs{Name: pulumi.String("AutomationAssumeRole"), StaticValue: role.Arn},
			cfg.RemediationConfigurationParameterArgs{Name: pulumi.String(rule.remediation.resource), ResourceValue: pulumi.String("RESOURCE_ID")},
		}
		for name, value := range rule.remediation.fixed {
			parameters = append(parameters, cfg.RemediationConfigurationParameterArgs{
				Name: pulumi.String(name), StaticValue: pulumi.String(value),
			})
		}
		if _, err := cfg.NewRemediationConfiguration(s.Ctx, s.ChildName(rule.slug()), &cfg.RemediationConfigurationArgs{
			ConfigRuleName:           rule.made.Name,
			ResourceType:             pulumi.String(rule.item),
			TargetType:               pulumi.String("SSM_DOCUMENT"),
			TargetId:                 pulumi.String(rule.remediation.runbook),
			Parameters:               parameters,
			Automatic:                pulumi.Bool(true),
			MaximumAutomaticAttempts: pulumi.Int(remediationAttempts),
			RetryAttemptSeconds:      pulumi.Int(remediationSeconds),
		}, pulumi.Parent(parent), pulumi.DependsOn(role.Attached)); err != nil {
			return nil, fmt.Errorf("remediation of %s: %w", rule.identifier, err)
		}
	}
	return role.AllRecords(), nil
}
