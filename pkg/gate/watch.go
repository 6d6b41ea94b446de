package gate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/settings"
)

// watch makes the rules of the catalogue: each call that goes around the gate is told
// of, and contained where the stack contains.
func (b builder) watch(parent pulumi.Resource, alerts *alerts, dispatcher *dispatcher, answer *containment) error {
	if b.settings.Detection.Response == settings.Ignore {
		return b.ctx.Log.Warn(fmt.Sprintf("prodgate:detection.response: %q: nobody is told when somebody goes around the gate; "+
			"set it to alert, unless something else watches the account", settings.Ignore), nil)
	}
	group, err := b.group(component.WatchType, parent, b.called("watch"))
	if err != nil {
		return err
	}
	if err := b.watchSources(group, alerts); err != nil {
		return err
	}
	for _, call := range catalogue.Alerts(b.settings) {
		pattern, fits := b.patternOf(call)
		if !fits {
			if err := b.ctx.Log.Warn(fmt.Sprintf("the alert %s is left out: the ARNs of those who may make the calls are longer than a pattern of %d characters has room for; "+
				"let services share execution roles, or name roles of shorter paths", call.Name, catalogue.MaxPattern), nil); err != nil {
				return err
			}
			continue
		}
		one := rule{
			name:        call.Name,
			description: "Somebody else than may makes a call on " + call.What,
			pattern:     pattern,
			reads:       call.Reads,
			paths: map[string]string{
				"call": "$.detail.eventName", "error": "$.detail.errorCode", "at": "$.detail.eventTime",
				"from": "$.detail.sourceIPAddress", "agent": "$.detail.userAgent",
				"type": "$.detail.userIdentity.type", "who": "$.detail.userIdentity.arn",
				"principal": "$.detail.userIdentity.principalId", "account": "$.detail.userIdentity.accountId",
			},
		}
		part := ""
		for i, path := range call.Parameters {
			variable := "part" + strconv.Itoa(i)
			one.paths[variable] = "$.detail." + path
			part += "<" + variable + ">"
		}
		one.message = b.told(call.What, part)
		if call.Pipeline && answer != nil {
			one.answered = &answered{answer.machineArn, dispatcher}
		}
		if err := b.rule(group, alerts, one); err != nil {
			return err
		}
		if call.Global && b.global != nil {
			if err := b.bring(group, one, dispatcher); err != nil {
				return err
			}
		}
	}
	return nil
}

// patternOf is a rule's pattern, and whether EventBridge takes one of its length.
func (b builder) patternOf(call catalogue.Rule) (pulumi.StringInput, bool) {
	known := catalogue.Known{Rotators: slices.Sorted(maps.Values(b.rotators))}
	if !call.OfKeys {
		text := call.Pattern(b.settings, known)
		return pulumi.String(text), len(text) <= catalogue.MaxPattern
	}
	arns := pulumi.StringMap{}
	for purpose, key := range b.stock.keys {
		arns[purpose] = key.Arn
	}
	return arns.ToStringMapOutput().ApplyT(func(arns map[string]string) string {
		return call.Pattern(b.settings, catalogue.Known{Rotators: known.Rotators, Keys: arns})
	}).(pulumi.StringOutput), true
}

// told is what people are told of a call: who did what to which part, from where, and
// what to do about it.
func (b builder) told(what, part string) string {
	if part != "" {
		part = " (" + part + ")"
	}
	return strings.Join([]string{
		"Gate " + b.plan.Gate + " of account " + b.plan.Account + " in " + b.plan.Region + ":",
		"<call> was called on " + what + part + " by <type> <who>, principal <principal> of account <account>,",
		"from <from> with <agent> at <at>. Refused with: <error> (nothing here: it was carried out).",
		"If nobody of yours did this, take their credentials away, run pulumi preview to see what differs and pulumi up to put it right;",
		"pkg/catalogue/README.md says what the call can do.",
		"If it was one of yours: the gate is changed by pulumi up alone, and a deployment made by its pipeline.",
	}, " ")
}

// bring makes the same rule in the region where IAM's events arrive: it brings them to
// the bus of the stack's region. EventBridge tries for 24 hours; there is no queue for
// what it cannot bring, since one would have to be in that region.
func (b builder) bring(parent pulumi.Resource, r rule, dispatcher *dispatcher) error {
	name, there := b.called(r.name+"-global"), []pulumi.ResourceOption{pulumi.Parent(parent), pulumi.Provider(b.global)}
	made, err := cloudwatch.NewEventRule(b.ctx, name, &cloudwatch.EventRuleArgs{
		Name:         pulumi.String(b.plan.Gate + "-" + r.name),
		Description:  pulumi.String("Brings to " + b.plan.Region + ": " + r.description),
		EventPattern: r.pattern,
		State:        r.state(),
	}, there...)
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	_, err = cloudwatch.NewEventTarget(b.ctx, name, &cloudwatch.EventTargetArgs{
		Rule:     made.Name,
		TargetId: pulumi.String(b.plan.Region),
		Arn:      pulumi.String(b.plan.Bus()),
		RoleArn:  dispatcher.Arn,
	}, append(there, pulumi.DependsOn(dispatcher.Attached))...)
	if err != nil {
		return fmt.Errorf("%s: target: %w", r.name, err)
	}
	return nil
}
