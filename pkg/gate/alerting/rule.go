package alerting

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
)

// Rule is an EventBridge rule that publishes an alert.
type Rule struct {
	Name, Description string
	Pattern           pulumi.StringInput
	// Reads is whether read-only calls are passed to the rule too.
	Reads bool
	// Paths are what the message takes from the event, by the name that it has there
	// between < and >. What an event has not is left out.
	Paths map[string]string
	// SecondTopic is whether the alert goes to the second topic: it is about the first one.
	SecondTopic bool
	// Message is the alert; empty where another rule publishes it.
	Message string
	// Starts is the state machine that the rule starts too; nil for none.
	Starts *StepFunctionsTarget
	// Checks is the check of the known state, where the rule invokes it too; nil for none.
	Checks *CheckTarget
}

// CheckTarget is the function that checks the known state. Its policy lets the gate's rules invoke it.
type CheckTarget struct {
	FunctionArn pulumi.StringInput
	// Ready is what must exist before a rule invokes it.
	Ready []pulumi.Resource
}

// StepFunctionsTarget is a state machine that a rule starts with the whole event, as
// EventBridge's role.
type StepFunctionsTarget struct {
	MachineArn pulumi.StringInput
	Role       *identity.Role
}

// State is EventBridge's word for which calls a rule is asked about (Amazon EventBridge
// User Guide, Receiving read-only management events from AWS services).
func (r Rule) State() pulumi.StringInput {
	if r.Reads {
		return pulumi.String("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
	}
	return pulumi.String("ENABLED")
}

// NewRule makes a rule that publishes to the topic of alerts.
func (a *Alerts) NewRule(c component.Context, parent pulumi.Resource, r Rule) (baseline.Records, error) {
	child, name := pulumi.Parent(parent), c.ChildName(r.Name)
	rule := &cloudwatch.EventRuleArgs{
		Name:         pulumi.String(c.Names.Gate + "-" + r.Name),
		Description:  pulumi.String(r.Description),
		EventPattern: r.Pattern,
		State:        r.State(),
	}
	made, err := cloudwatch.NewEventRule(c.Ctx, name, rule, child)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	records := baseline.Records{{Kind: knownstate.Rule, Inputs: rule}}
	topic, ready := a.TopicArn, a.Ready
	if r.SecondTopic {
		topic, ready = a.SecondTopicArn, a.secondReady
	}
	undelivered := cloudwatch.EventTargetDeadLetterConfigArgs{Arn: a.DeadLettersArn}
	if r.Message != "" {
		target := &cloudwatch.EventTargetArgs{
			Rule:     made.Name,
			TargetId: pulumi.String("alerts"),
			Arn:      topic,
			InputTransformer: cloudwatch.EventTargetInputTransformerArgs{
				InputPaths:    pulumi.ToStringMap(r.Paths),
				InputTemplate: pulumi.String(`"` + r.Message + `"`),
			},
			DeadLetterConfig: undelivered,
		}
		if _, err = cloudwatch.NewEventTarget(c.Ctx, name, target, child, pulumi.DependsOn(ready)); err != nil {
			return nil, fmt.Errorf("%s: target: %w", r.Name, err)
		}
		records = append(records, baseline.Record{Kind: knownstate.Target, Inputs: target})
	}
	if r.Checks != nil {
		// The event itself is of no use to the check, and may be larger than what Lambda takes.
		input, _ := json.Marshal(map[string]string{"rule": c.Names.Gate + "-" + r.Name})
		check := &cloudwatch.EventTargetArgs{
			Rule:             made.Name,
			TargetId:         pulumi.String(naming.Verifier),
			Arn:              r.Checks.FunctionArn,
			Input:            pulumi.String(input),
			DeadLetterConfig: undelivered,
		}
		if _, err = cloudwatch.NewEventTarget(c.Ctx, name+"-check", check, child, pulumi.DependsOn(slices.Concat(r.Checks.Ready, a.Ready))); err != nil {
			return nil, fmt.Errorf("%s: check: %w", r.Name, err)
		}
		records = append(records, baseline.Record{Kind: knownstate.Target, Inputs: check})
	}
	if r.Starts == nil {
		return records, nil
	}
	answer := &cloudwatch.EventTargetArgs{
		Rule:             made.Name,
		TargetId:         pulumi.String("answer"),
		Arn:              r.Starts.MachineArn,
		RoleArn:          r.Starts.Role.Arn,
		DeadLetterConfig: undelivered,
	}
	_, err = cloudwatch.NewEventTarget(c.Ctx, name+"-answer", answer, child, pulumi.DependsOn(slices.Concat(r.Starts.Role.Attached, a.Ready)))
	if err != nil {
		return nil, fmt.Errorf("%s: answer: %w", r.Name, err)
	}
	return append(records, baseline.Record{Kind: knownstate.Target, Inputs: answer}), nil
}
