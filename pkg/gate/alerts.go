package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/policydoc"
)

// alerts is how people are told.
type alerts struct {
	topicArn pulumi.StringOutput
	key      *kms.Key
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
	policy, err := sns.NewTopicPolicy(b.ctx, b.called("alerts"), &sns.TopicPolicyArgs{
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
	}, child)
	if err != nil {
		return nil, fmt.Errorf("topic policy: %w", err)
	}
	for _, email := range b.settings.Alerts.Emails {
		if _, err := sns.NewTopicSubscription(b.ctx, b.called("alerts-"+email), &sns.TopicSubscriptionArgs{
			Topic:    topic.Arn,
			Protocol: pulumi.String("email"),
			Endpoint: pulumi.String(email),
		}, child); err != nil {
			return nil, fmt.Errorf("subscription of %s: %w", email, err)
		}
	}

	// One rule for any number of apps: it matches by the end of the name.
	rule, err := cloudwatch.NewEventRule(b.ctx, b.called("failed-runs"), &cloudwatch.EventRuleArgs{
		Name:        pulumi.String(b.plan.Gate + "-failed-runs"),
		Description: pulumi.String("A pipeline of the gate failed or was stopped"),
		EventPattern: pulumi.JSONMarshal(map[string]any{
			"source":      []string{"aws.codepipeline"},
			"detail-type": []string{"CodePipeline Pipeline Execution State Change"},
			"detail": map[string]any{
				"pipeline": []any{map[string]string{"suffix": "-" + b.plan.Gate}},
				"state":    []string{"FAILED", "STOPPED"},
			},
		}),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("failed runs: %w", err)
	}
	_, err = cloudwatch.NewEventTarget(b.ctx, b.called("failed-runs"), &cloudwatch.EventTargetArgs{
		Rule:     rule.Name,
		TargetId: pulumi.String("alerts"),
		Arn:      topic.Arn,
		InputTransformer: cloudwatch.EventTargetInputTransformerArgs{
			InputPaths: pulumi.StringMap{
				"pipeline": pulumi.String("$.detail.pipeline"), "state": pulumi.String("$.detail.state"),
				"execution": pulumi.String("$.detail.execution-id"), "time": pulumi.String("$.time"),
			},
			InputTemplate: pulumi.String(`"Pipeline <pipeline>: execution <execution> is <state> at <time>. Nothing after the failed stage ran."`),
		},
	}, child, pulumi.DependsOn([]pulumi.Resource{policy}))
	if err != nil {
		return nil, fmt.Errorf("failed runs target: %w", err)
	}
	return &alerts{topicArn: topic.Arn, key: key}, nil
}
