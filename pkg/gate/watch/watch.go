// Package watch makes the rules that report each call that bypasses the gate.
package watch

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/gate/source"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/settings"
)

// New makes the rules of the catalogue: each call that bypasses the gate is reported, and
// contained where the stack contains. A call on what delivers invokes the check of the known state too. Keys are all of the gate's; rotators are the roles of
// the functions that rotate secrets.
func New(c component.Context, parent pulumi.Resource, alerts *alerting.Alerts, eventBridgeRole *identity.Role, contain *alerting.StepFunctionsTarget,
	check *alerting.CheckTarget, keys storage.Keys, rotators []string) (baseline.Records, error) {
	if c.Settings.Detection.Response == settings.Ignore {
		return nil, c.Ctx.Log.Warn(fmt.Sprintf("prodgate:detection.response: %q: nobody is alerted when a call bypasses the gate; "+
			"set it to alert, unless something else watches the account", settings.Ignore), nil)
	}
	group, err := c.NewGroup(component.WatchType, parent, c.ChildName("watch"))
	if err != nil {
		return nil, err
	}
	records, err := source.NewChangeRules(c, group, alerts)
	if err != nil {
		return nil, err
	}
	global, err := newGlobalProvider(c, parent)
	if err != nil {
		return nil, fmt.Errorf("global provider: %w", err)
	}
	for _, call := range catalogue.AlertRules(c.Settings, rotators) {
		one, fits, err := newAlert(c, call, keys, rotators)
		if err != nil {
			return nil, err
		}
		if !fits {
			continue
		}
		if call.AffectsDelivery {
			one.Starts, one.Checks = contain, check
		}
		made, err := alerts.NewRule(c, group, one)
		if err != nil {
			return nil, err
		}
		records = append(records, made...)
	}
	if global != nil {
		for _, call := range catalogue.ForwardedRules(c.Settings, rotators) {
			one, fits, err := newAlert(c, call, keys, rotators)
			if err != nil {
				return nil, err
			}
			if !fits {
				continue
			}
			made, err := forwardToRegion(c, group, global, one, eventBridgeRole)
			if err != nil {
				return nil, err
			}
			records = append(records, made...)
		}
	}
	return records, c.RegisterOutputs(group, nil)
}

// newAlert is the rule of calls on some parts, and whether EventBridge takes its pattern: whoever runs the program is warned
// where it does not.
func newAlert(c component.Context, call catalogue.AlertRule, keys storage.Keys, rotators []string) (alerting.Rule, bool, error) {
	pattern, fits := patternOf(c, call, keys, rotators)
	if !fits {
		return alerting.Rule{}, false, c.Ctx.Log.Warn(fmt.Sprintf("the alert %s is left out: the ARNs of those who may make the calls are longer than a pattern of %d characters has room for; "+
			"let services share execution roles, or name roles of shorter paths", call.Name, catalogue.MaxPattern), nil)
	}
	description := "An unauthorized principal changed "
	switch {
	case call.Sessions:
		description = "A principal assumed "
	case call.Reads:
		description = "An unauthorized principal accessed "
	}
	one := alerting.Rule{
		Name:        call.Name,
		Description: shorten(description + call.What),
		Pattern:     pattern,
		Reads:       call.Reads,
		SecondTopic: call.SecondTopic,
		Paths: map[string]string{
			"call": "$.detail.eventName", "service": "$.detail.eventSource", "error": "$.detail.errorCode", "at": "$.detail.eventTime",
			"from": "$.detail.sourceIPAddress", "agent": "$.detail.userAgent",
			"type": "$.detail.userIdentity.type", "who": "$.detail.userIdentity.arn",
			"principal": "$.detail.userIdentity.principalId", "account": "$.detail.userIdentity.accountId",
		},
	}
	part := ""
	for i, path := range call.Parameters {
		variable := "part" + strconv.Itoa(i)
		one.Paths[variable] = "$.detail." + path
		part += "<" + variable + ">"
	}
	one.Message = alertMessage(c, call, part)
	return one, true, nil
}

// shorten cuts a description to the 512 characters that EventBridge takes (API reference, PutRule).
func shorten(text string) string {
	const most = 512
	return text[:min(len(text), most)]
}

// newGlobalProvider makes the provider of the region where IAM and Organizations send their
// events; nil where the gate forwards none.
func newGlobalProvider(c component.Context, parent pulumi.Resource) (*aws.Provider, error) {
	if !alerting.ForwardsGlobalEvents(c.Settings) {
		return nil, nil
	}
	return aws.NewProvider(c.Ctx, c.ChildName("global"), &aws.ProviderArgs{
		Region:            pulumi.String(c.Names.Global),
		AllowedAccountIds: pulumi.ToStringArray([]string{c.Names.Account}),
		DefaultTags:       aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(component.Tags(c.Settings))},
	}, pulumi.Parent(parent))
}

// patternOf is a rule's pattern, and whether EventBridge takes one of its length.
func patternOf(c component.Context, call catalogue.AlertRule, keys storage.Keys, rotators []string) (pulumi.StringInput, bool) {
	known := catalogue.DeployedARNs{Rotators: rotators}
	if !call.OfKeys {
		text := call.Pattern(c.Settings, known)
		return pulumi.String(text), len(text) <= catalogue.MaxPattern
	}
	return keys.ByPurpose().ToStringMapOutput().ApplyT(func(arns map[string]string) string {
		return call.Pattern(c.Settings, catalogue.DeployedARNs{Rotators: known.Rotators, Keys: arns})
	}).(pulumi.StringOutput), true
}

// alertMessage is the alert of a call: who did what to which part, from where, and
// what to do about it.
func alertMessage(c component.Context, call catalogue.AlertRule, part string) string {
	if part != "" {
		part = " (" + part + ")"
	}
	gate := "Gate " + c.Names.Gate + " of account " + c.Names.Account + " in " + c.Names.Region + ":"
	who := "by <type> <who>, principal <principal> of account <account>,"
	whence := "from <from> with <agent> at <at>. Denied with: <error> (empty: the call succeeded)."
	if call.Sessions {
		return strings.Join([]string{
			gate, "<call> (<service>) assumed " + call.What + part, who, whence,
			"Deployers and the break-glass role may change everything, so that each of their sessions is reported; a role of the gate is assumed by its service only.",
			"If nobody of your team is at work, revoke the sessions of the role and the credentials of the caller, then run pulumi preview to see what differs and pulumi up to restore it.",
		}, " ")
	}
	return strings.Join([]string{
		gate, "<call> (<service>) was called on " + call.What + part, who, whence,
		"If no part is named, CloudTrail left the request out for its size: look the event up.",
		"If this was not your team, revoke the credentials of the caller, run pulumi preview to see what differs and pulumi up to restore it;",
		"pkg/catalogue/README.md says what the call can do.",
		"If it was your team: only pulumi up changes the gate, and only its pipeline deploys.",
	}, " ")
}

// forwardToRegion makes the same rule in the region where IAM's events arrive: it forwards them to
// the bus of the stack's region. EventBridge tries for 24 hours; there is no queue for
// what it cannot forward, since one would have to be in that region.
func forwardToRegion(c component.Context, parent pulumi.Resource, global *aws.Provider, r alerting.Rule, eventBridgeRole *identity.Role) (baseline.Records, error) {
	name, there := c.ChildName(r.Name+"-global"), []pulumi.ResourceOption{pulumi.Parent(parent), pulumi.Provider(global)}
	rule := &cloudwatch.EventRuleArgs{
		Name:         pulumi.String(c.Names.Gate + "-" + r.Name),
		Description:  pulumi.String("Forwards to " + c.Names.Region + ": " + r.Description),
		EventPattern: r.Pattern,
		State:        r.State(),
	}
	made, err := cloudwatch.NewEventRule(c.Ctx, name, rule, there...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	target := &cloudwatch.EventTargetArgs{
		Rule:     made.Name,
		TargetId: pulumi.String(c.Names.Region),
		Arn:      pulumi.String(c.Names.Bus()),
		RoleArn:  eventBridgeRole.Arn,
	}
	_, err = cloudwatch.NewEventTarget(c.Ctx, name, target, append(there, pulumi.DependsOn(eventBridgeRole.Attached))...)
	if err != nil {
		return nil, fmt.Errorf("%s: target: %w", r.Name, err)
	}
	return baseline.Records{
		{Kind: knownstate.In(c.Names.Global, knownstate.Rule), Inputs: rule}, {Kind: knownstate.In(c.Names.Global, knownstate.Target), Inputs: target},
	}, nil
}
