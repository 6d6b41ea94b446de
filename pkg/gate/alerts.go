package gate

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/policydoc"
)

// alerts is how people are told.
type alerts struct {
	topicArn pulumi.StringOutput
	key      *kms.Key
	// policy lets the gate's rules publish.
	policy *sns.TopicPolicy
}

func (b builder) alerts(parent pulumi.Resource) (*alerts, error) {
	component, err := b.group(AlertsType, parent, b.called("alerts"))
	if err != nil {
		return nil, err
	}
	child := pulumi.Parent(component)
	// EventBridge cannot use the AWS managed key alias/aws/sns: it has no policy
	// of ours. No condition on the source: SNS does not say that it passes one on
	// to KMS, and an alert that is silently lost is worse.
	key, err := b.key(component, "alerts", "Alerts of the gate", policydoc.Statement{
		Sid:        "EventBridgePublishesEncrypted",
		Principals: policydoc.Service("events.amazonaws.com"),
		Actions:    []string{"kms:GenerateDataKey*", "kms:Decrypt"},
		Resources:  policydoc.On("*"),
	})
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	at := b.plan.Topic()
	topic, err := sns.NewTopic(b.ctx, b.called("alerts"), &sns.TopicArgs{
		Name:           pulumi.String(at.Name),
		KmsMasterKeyId: key.Arn,
	}, child)
	if err != nil {
		return nil, fmt.Errorf("topic: %w", err)
	}
	args := &sns.TopicPolicyArgs{
		Arn: topic.Arn,
		Policy: append(policydoc.Document{
			{
				Sid:        "RulesOfTheGatePublish",
				Principals: policydoc.Service("events.amazonaws.com"),
				Actions:    []string{"sns:Publish"},
				Resources:  policydoc.On(at.ARN),
				Conditions: []policydoc.Condition{policydoc.Is("ArnLike", "aws:SourceArn", b.plan.Rules())},
			},
			catalogue.PlainHTTP(catalogue.Topic, at.ARN),
		}, catalogue.Refusals(catalogue.Topic, b.settings, "", at.ARN)...).JSON(),
	}
	policy, err := sns.NewTopicPolicy(b.ctx, b.called("alerts"), args, child)
	if err != nil {
		return nil, fmt.Errorf("topic policy: %w", err)
	}
	b.ofAll().knows(knownstate.TopicPolicy(at.Name), args)
	for _, email := range b.settings.Alerts.Emails {
		if _, err := sns.NewTopicSubscription(b.ctx, b.called("alerts-"+email), &sns.TopicSubscriptionArgs{
			Topic:    topic.Arn,
			Protocol: pulumi.String("email"),
			Endpoint: pulumi.String(email),
		}, child); err != nil {
			return nil, fmt.Errorf("subscription of %s: %w", email, err)
		}
	}

	a := &alerts{topicArn: topic.Arn, key: key, policy: policy}
	// One rule for any number of apps: it matches by the end of the name.
	return a, b.tell(component, a, told{
		name: "failed-runs", what: "A pipeline of the gate failed or was stopped",
		source: "aws.codepipeline", kind: "CodePipeline Pipeline Execution State Change",
		detail: map[string]any{
			"pipeline": []any{map[string]string{"suffix": "-" + b.plan.Gate}},
			"state":    []string{"FAILED", "STOPPED"},
		},
		paths: map[string]string{"pipeline": "$.detail.pipeline", "state": "$.detail.state", "execution": "$.detail.execution-id", "time": "$.time"},
		says:  "Pipeline <pipeline>: execution <execution> is <state> at <time>. Nothing after the failed stage ran.",
	})
}

// told is an event of a service of AWS's that people are told of.
type told struct {
	name, what   string // the rule's, and what it is there for
	source, kind string
	detail       map[string]any
	// paths are where the event has what says mentions, as <name>.
	paths map[string]string
	says  string
}

// tell makes the rule that publishes it.
func (b builder) tell(parent pulumi.Resource, a *alerts, t told) error {
	child := pulumi.Parent(parent)
	rule, err := cloudwatch.NewEventRule(b.ctx, b.called(t.name), &cloudwatch.EventRuleArgs{
		Name:        pulumi.String(b.plan.Gate + "-" + t.name),
		Description: pulumi.String(t.what),
		EventPattern: pulumi.JSONMarshal(map[string]any{
			"source": []string{t.source}, "detail-type": []string{t.kind}, "detail": t.detail,
		}),
	}, child)
	if err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	_, err = cloudwatch.NewEventTarget(b.ctx, b.called(t.name), &cloudwatch.EventTargetArgs{
		Rule:     rule.Name,
		TargetId: pulumi.String("alerts"),
		Arn:      a.topicArn,
		InputTransformer: cloudwatch.EventTargetInputTransformerArgs{
			InputPaths:    pulumi.ToStringMap(t.paths),
			InputTemplate: pulumi.String(strconv.Quote(t.says)),
		},
	}, child, pulumi.DependsOn([]pulumi.Resource{a.policy}))
	if err != nil {
		return fmt.Errorf("%s target: %w", t.name, err)
	}
	return nil
}
