package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
)

// alerts is how people are told.
type alerts struct {
	topicArn pulumi.StringOutput
	key      *kms.Key
	// deadLettersArn is where an alert goes that the topic does not take.
	deadLettersArn pulumi.StringOutput
	// ready is what has to be there before a rule publishes.
	ready []pulumi.Resource
}

func (b builder) alerts(parent pulumi.Resource) (*alerts, error) {
	component, err := b.group(AlertsType, parent, b.called("alerts"))
	if err != nil {
		return nil, err
	}
	child := pulumi.Parent(component)
	// EventBridge and CloudWatch cannot use the AWS managed key alias/aws/sns: it has no
	// policy of ours. No condition on the source: SNS does not say that it passes one on
	// to KMS, and an alert that is silently lost is worse.
	uses := []policydoc.Statement{publishesEncrypted("EventBridge", "events"), publishesEncrypted("CloudWatch", "cloudwatch")}
	if b.settings.TellsChat() {
		uses = append(uses, publishesEncrypted("Topic", "sns"))
	}
	key, err := b.key(component, "alerts", "Alerts of the gate", uses...)
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
			{
				Sid:        "AlarmOfTheGatePublishes",
				Principals: policydoc.Service("cloudwatch.amazonaws.com"),
				Actions:    []string{"sns:Publish"},
				Resources:  policydoc.On(at.ARN),
				Conditions: []policydoc.Condition{policydoc.Is("ArnEquals", "aws:SourceArn", b.plan.DeadLetterAlarm().ARN)},
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
	a := &alerts{topicArn: topic.Arn, key: key, ready: []pulumi.Resource{policy}}
	if err := b.deadLetters(component, a); err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	if b.settings.TellsChat() {
		if err := b.chat(component, a); err != nil {
			return nil, fmt.Errorf("chat: %w", err)
		}
	}
	// One rule for any number of apps: it matches by the end of the name.
	return a, b.rule(component, a, rule{
		name:        "failed-runs",
		description: "A pipeline of the gate failed or was stopped",
		pattern: pulumi.JSONMarshal(map[string]any{
			"source":      []string{"aws.codepipeline"},
			"detail-type": []string{"CodePipeline Pipeline Execution State Change"},
			"detail": map[string]any{
				"pipeline": []any{map[string]string{"suffix": "-" + b.plan.Gate}},
				"state":    []string{"FAILED", "STOPPED"},
			},
		}),
		paths: map[string]string{
			"pipeline": "$.detail.pipeline", "state": "$.detail.state", "execution": "$.detail.execution-id", "time": "$.time",
		},
		message: "Pipeline <pipeline>: execution <execution> is <state> at <time>. Nothing after the failed stage ran.",
	})
}

// publishesEncrypted lets a service use the key of alerts.
func publishesEncrypted(name, host string) policydoc.Statement {
	return policydoc.Statement{
		Sid:        name + "PublishesEncrypted",
		Principals: policydoc.Service(host + ".amazonaws.com"),
		Actions:    []string{"kms:GenerateDataKey*", "kms:Decrypt"},
		Resources:  policydoc.On("*"),
	}
}

// deadLetters keeps what EventBridge could not deliver for 24 hours (Amazon EventBridge
// User Guide, How EventBridge retries delivering events), and tells of it.
func (b builder) deadLetters(parent pulumi.Resource, a *alerts) error {
	child, name, at := pulumi.Parent(parent), b.called("dead-letters"), b.plan.DeadLetters()
	queue, policy, err := b.queue(child, name, at, a, &sqs.QueueArgs{
		MessageRetentionSeconds: pulumi.Int(14 * 24 * 60 * 60), // the longest that SQS keeps any
	}, policydoc.Statement{
		Sid:        "RulesOfTheGateSend",
		Principals: policydoc.Service("events.amazonaws.com"),
		Conditions: []policydoc.Condition{policydoc.Is("ArnLike", "aws:SourceArn", b.plan.Rules())},
	})
	if err != nil {
		return err
	}
	a.deadLettersArn, a.ready = queue.Arn, append(a.ready, policy)
	_, err = cloudwatch.NewMetricAlarm(b.ctx, name, &cloudwatch.MetricAlarmArgs{
		Name:               pulumi.String(b.plan.DeadLetterAlarm().Name),
		AlarmDescription:   pulumi.String("An alert of the gate could not be delivered: it is in the queue " + at.Name),
		Namespace:          pulumi.String("AWS/SQS"),
		MetricName:         pulumi.String("ApproximateNumberOfMessagesVisible"),
		Dimensions:         pulumi.StringMap{"QueueName": queue.Name},
		Statistic:          pulumi.String("Maximum"),
		Period:             pulumi.Int(60), // seconds; SQS's own
		EvaluationPeriods:  pulumi.Int(1),
		ComparisonOperator: pulumi.String("GreaterThanThreshold"),
		Threshold:          pulumi.Float64(0),
		TreatMissingData:   pulumi.String("notBreaching"), // of a queue that was empty for six hours SQS says nothing
		AlarmActions:       pulumi.Array{a.topicArn},
	}, child)
	if err != nil {
		return fmt.Errorf("alarm: %w", err)
	}
	return nil
}

// queue makes one of alerts, encrypted with their key, that those of a statement alone send to.
func (b builder) queue(child pulumi.ResourceOption, name string, at naming.Named, a *alerts, args *sqs.QueueArgs, sends policydoc.Statement) (*sqs.Queue, *sqs.QueuePolicy, error) {
	args.Name, args.KmsMasterKeyId = pulumi.String(at.Name), a.key.Arn
	queue, err := sqs.NewQueue(b.ctx, name, args, child)
	if err != nil {
		return nil, nil, fmt.Errorf("queue: %w", err)
	}
	sends.Actions, sends.Resources = []string{"sqs:SendMessage"}, policydoc.On(at.ARN)
	policy, err := sqs.NewQueuePolicy(b.ctx, name, &sqs.QueuePolicyArgs{
		QueueUrl: queue.Url, Policy: policydoc.Document{sends, tlsOnly("sqs", at.ARN)}.JSON(),
	}, child)
	if err != nil {
		return nil, nil, fmt.Errorf("queue policy: %w", err)
	}
	return queue, policy, nil
}

// publishes lets a role tell something, for the reason that is the statement's Sid.
func (b builder) publishes(sid string, alerts *alerts) policydoc.Document {
	return policydoc.Document{
		{Sid: sid, Actions: []string{"sns:Publish"}, Resources: policydoc.On(b.plan.Topic().ARN)},
		{
			Sid:        "AlertKey",
			Actions:    []string{"kms:Decrypt", "kms:GenerateDataKey"},
			Resources:  []pulumi.StringInput{alerts.key.Arn},
			Conditions: []policydoc.Condition{b.by("sns")},
		},
	}
}
