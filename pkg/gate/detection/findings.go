package detection

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/accessanalyzer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/findings"
	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/settings"
)

// NewFindingRules makes the rules for what GuardDuty finds: one that publishes an alert, and
// those that hold deployments back where the stack contains. What is reported and what is
// contained are two questions: a finding is reported once, by one rule. Contain is nil where
// nothing contains.
func NewFindingRules(c component.Context, parent pulumi.Resource, alerts *alerting.Alerts, contain *alerting.StepFunctionsTarget) (baseline.Records, error) {
	if c.Settings.Detection.GuardDuty == settings.Off || c.Settings.Detection.Response == settings.Ignore {
		return nil, nil
	}
	then := "No deployment is stopped: if the finding may affect one, disable the pipelines' transitions into Deploy."
	if contain != nil {
		then = "Deployments are stopped if the finding is about DNS, or about a role, a bucket or a cluster of the gate; another message reports that."
	}
	records, err := alerts.NewRule(c, parent, alerting.Rule{
		Name:        "findings",
		Description: "GuardDuty found something about DNS, or something of severity " + c.Settings.Detection.Severity + " or more",
		Pattern:     pulumi.String(findings.ReportedPattern(c.Settings)),
		Paths: map[string]string{
			"title": "$.detail.title", "type": "$.detail.type", "severity": "$.detail.severity", "id": "$.detail.id",
			"resource": "$.detail.resource.resourceType", "account": "$.detail.accountId", "region": "$.detail.region",
			"count": "$.detail.service.count", "first": "$.detail.service.eventFirstSeen", "last": "$.detail.service.eventLastSeen",
		},
		Message: c.AlertPrefix() + " GuardDuty found: <title> Type <type>, severity <severity> of 10, on a resource of type <resource>, " +
			"account <account>, <region>, seen <count> times from <first> to <last>. " + then +
			" Open finding <id> in GuardDuty of <region>: it names the resource. Isolate the resource and revoke its credentials.",
	})
	if err != nil || contain == nil {
		return records, err
	}
	for i, pattern := range findings.ContainedPatterns(c.Settings) {
		made, err := alerts.NewRule(c, parent, alerting.Rule{
			Name:        "contained-findings-" + strconv.Itoa(i+1),
			Description: "Holds deployments back when GuardDuty finds something that may reach them",
			Pattern:     pulumi.String(pattern),
			Starts:      contain,
		})
		if err != nil {
			return nil, err
		}
		records = append(records, made...)
	}
	return records, nil
}

// newAnalyzer makes the analyzer of what others than the account may reach, and the rule that
// reports what it finds of the gate. Keys are all of the gate's. No finding starts
// containment: it is minutes to an hour old.
func newAnalyzer(c component.Context, parent pulumi.Resource, alerts *alerting.Alerts, keys storage.Keys) (baseline.Records, error) {
	if c.Settings.Detection.AccessAnalyzer == settings.Off {
		return nil, nil
	}
	if c.Settings.Detection.AccessAnalyzer == settings.Create {
		if _, err := accessanalyzer.NewAnalyzer(c.Ctx, c.ChildName("analyzer"), &accessanalyzer.AnalyzerArgs{
			AnalyzerName: pulumi.String(c.Names.Analyzer().Name), Type: pulumi.String("ACCOUNT"),
		}, pulumi.Parent(parent)); err != nil {
			return nil, err
		}
	}
	if c.Settings.Detection.Response == settings.Ignore {
		return nil, nil
	}
	arns := pulumi.StringArray{}
	for _, key := range slices.SortedFunc(slices.Values(keys), func(a, b *storage.Key) int { return strings.Compare(a.Purpose, b.Purpose) }) {
		arns = append(arns, key.Arn)
	}
	return alerts.NewRule(c, parent, alerting.Rule{
		Name:        "external-access",
		Description: "IAM Access Analyzer found external access to a part of the gate",
		Pattern: arns.ToStringArrayOutput().ApplyT(func(arns []string) string {
			return findings.ExternalAccessPattern(c.Settings, arns)
		}).(pulumi.StringOutput),
		Paths: map[string]string{
			"resource": "$.detail.resource", "type": "$.detail.resourceType", "public": "$.detail.isPublic", "id": "$.detail.id",
			"account": "$.detail.accountId", "region": "$.detail.region", "time": "$.detail.updatedAt",
		},
		Message: c.AlertPrefix() + " IAM Access Analyzer found external access to <resource> (<type>, public: <public>), " +
			"account <account>, <region>, at <time>. Finding <id> names the principal and the actions. " +
			"If this was not your team, run pulumi preview to see what differs and pulumi up to restore it.",
	})
}
