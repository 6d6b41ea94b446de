package gate

import (
	"maps"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/accessanalyzer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/findings"
	"prodgate/pkg/settings"
)

// findings makes the rules for what GuardDuty finds: one that tells people, and those
// that hold deployments back where the stack contains. What is told and what is contained
// are two questions: a finding is told of once, by one rule.
func (b builder) findings(parent pulumi.Resource, alerts *alerts, dispatcher *dispatcher, answer *containment) error {
	if b.settings.Detection.GuardDuty == settings.Off || b.settings.Detection.Response == settings.Ignore {
		return nil
	}
	then := "Nothing is held back: if it may reach a deployment, disable the pipelines' transitions into Deploy."
	if answer != nil {
		then = "Deployments are held back if it is about DNS, or about a role, a bucket or a cluster of the gate; another message says so."
	}
	if err := b.rule(parent, alerts, rule{
		name:        "findings",
		description: "GuardDuty found something about DNS, or something of severity " + b.settings.Detection.Severity + " or more",
		pattern:     pulumi.String(findings.Told(b.settings)),
		paths: map[string]string{
			"title": "$.detail.title", "type": "$.detail.type", "severity": "$.detail.severity", "id": "$.detail.id",
			"resource": "$.detail.resource.resourceType", "account": "$.detail.accountId", "region": "$.detail.region",
			"count": "$.detail.service.count", "first": "$.detail.service.eventFirstSeen", "last": "$.detail.service.eventLastSeen",
		},
		message: b.ofGate() + " GuardDuty found: <title> Type <type>, severity <severity> of 10, on a resource of type <resource>, " +
			"account <account>, <region>, seen <count> times from <first> to <last>. " + then +
			" Open finding <id> in GuardDuty of <region>: it names the resource. Isolate that, and take away its credentials.",
	}); err != nil {
		return err
	}
	if answer == nil {
		return nil
	}
	for i, pattern := range findings.Contained(b.settings) {
		if err := b.rule(parent, alerts, rule{
			name:        "contained-findings-" + strconv.Itoa(i+1),
			description: "Holds deployments back when GuardDuty finds something that may reach them",
			pattern:     pulumi.String(pattern),
			answered:    &answered{answer.machineArn, dispatcher},
		}); err != nil {
			return err
		}
	}
	return nil
}

// analyzer makes the analyzer of what others than the account may reach, and the rule
// that tells of what it finds of the gate. It needs no answer: what it finds is minutes
// to an hour old.
func (b builder) analyzer(parent pulumi.Resource, alerts *alerts) error {
	if b.settings.Detection.AccessAnalyzer == settings.Off {
		return nil
	}
	if b.settings.Detection.AccessAnalyzer == settings.Create {
		if _, err := accessanalyzer.NewAnalyzer(b.ctx, b.called("analyzer"), &accessanalyzer.AnalyzerArgs{
			AnalyzerName: pulumi.String(b.plan.Analyzer().Name), Type: pulumi.String("ACCOUNT"),
		}, pulumi.Parent(parent)); err != nil {
			return err
		}
	}
	if b.settings.Detection.Response == settings.Ignore {
		return nil
	}
	keys := pulumi.StringArray{}
	for _, purpose := range slices.Sorted(maps.Keys(b.stock.keys)) {
		keys = append(keys, b.stock.keys[purpose].Arn)
	}
	return b.rule(parent, alerts, rule{
		name:        "external-access",
		description: "IAM Access Analyzer found that somebody outside may reach a part of the gate",
		pattern: keys.ToStringArrayOutput().ApplyT(func(arns []string) string {
			return findings.External(b.settings, arns)
		}).(pulumi.StringOutput),
		paths: map[string]string{
			"resource": "$.detail.resource", "type": "$.detail.resourceType", "public": "$.detail.isPublic", "id": "$.detail.id",
			"account": "$.detail.accountId", "region": "$.detail.region", "time": "$.detail.updatedAt",
		},
		message: b.ofGate() + " IAM Access Analyzer found that somebody outside may reach <resource> (<type>, public: <public>), " +
			"account <account>, <region>, at <time>. Finding <id> names who, and what they may do. " +
			"If nobody of yours did this, run pulumi preview to see what differs and pulumi up to put it right.",
	})
}
