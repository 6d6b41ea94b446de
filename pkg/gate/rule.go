package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// rule is an EventBridge rule that tells people.
type rule struct {
	name, description string
	pattern           pulumi.StringInput
	// reads is whether read-only calls are passed to the rule too.
	reads bool
	// paths are what the message takes from the event, by the name that it has there
	// between < and >. What an event has not is left out.
	paths map[string]string
	// message is what people are told; empty where another rule tells them.
	message string
	// answered is what is started beside; nil for nothing.
	answered *answered
}

// answered is a state machine that a rule starts with the whole event, and the role for
// it.
type answered struct {
	machineArn pulumi.StringInput
	dispatcher *dispatcher
}

// state is EventBridge's word for which calls a rule is asked about (Amazon EventBridge
// User Guide, Receiving read-only management events from AWS services).
func (r rule) state() pulumi.StringInput {
	if r.reads {
		return pulumi.String("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
	}
	return pulumi.String("ENABLED")
}

// rule makes one that publishes to the topic of alerts.
func (b builder) rule(parent pulumi.Resource, a *alerts, r rule) error {
	child, name := pulumi.Parent(parent), b.called(r.name)
	made, err := cloudwatch.NewEventRule(b.ctx, name, &cloudwatch.EventRuleArgs{
		Name:         pulumi.String(b.plan.Gate + "-" + r.name),
		Description:  pulumi.String(r.description),
		EventPattern: r.pattern,
		State:        r.state(),
	}, child)
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	undelivered := cloudwatch.EventTargetDeadLetterConfigArgs{Arn: a.deadLettersArn}
	if r.message != "" {
		_, err = cloudwatch.NewEventTarget(b.ctx, name, &cloudwatch.EventTargetArgs{
			Rule:     made.Name,
			TargetId: pulumi.String("alerts"),
			Arn:      a.topicArn,
			InputTransformer: cloudwatch.EventTargetInputTransformerArgs{
				InputPaths:    pulumi.ToStringMap(r.paths),
				InputTemplate: pulumi.String(`"` + r.message + `"`),
			},
			DeadLetterConfig: undelivered,
		}, child, pulumi.DependsOn(a.ready))
		if err != nil {
			return fmt.Errorf("%s: target: %w", r.name, err)
		}
	}
	if r.answered == nil {
		return nil
	}
	_, err = cloudwatch.NewEventTarget(b.ctx, name+"-answer", &cloudwatch.EventTargetArgs{
		Rule:             made.Name,
		TargetId:         pulumi.String("answer"),
		Arn:              r.answered.machineArn,
		RoleArn:          r.answered.dispatcher.role.Arn,
		DeadLetterConfig: undelivered,
	}, child, pulumi.DependsOn(append(r.answered.dispatcher.attached, a.ready...)))
	if err != nil {
		return fmt.Errorf("%s: answer: %w", r.name, err)
	}
	return nil
}
