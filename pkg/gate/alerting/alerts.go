// Package alerting makes the topic that the gate's alerts go to, and the EventBridge rules
// that publish them.
package alerting

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// Alerts is the topic that alerts go to, and what alerts need beside it.
type Alerts struct {
	TopicArn pulumi.StringOutput
	// SecondTopicArn is the topic for alerts about the first one: with the same subscribers, so that
	// whoever takes those of one topic away is reported by the other.
	SecondTopicArn pulumi.StringOutput
	Key            *storage.Key
	// DeadLettersArn is the queue of alerts that the topic does not take.
	DeadLettersArn pulumi.StringOutput
	// Ready is what must exist before a rule publishes.
	Ready []pulumi.Resource
	// secondReady is the same for the second topic.
	secondReady []pulumi.Resource
	Records     baseline.Records
}

// New makes the topic, the queue of undelivered alerts, the way to the chat where settings
// name one, and the alert for runs that fail.
func New(c component.Context, parent pulumi.Resource, boundaries *identity.Boundaries) (*Alerts, error) {
	group, err := c.NewGroup(component.AlertsType, parent, c.ChildName("alerts"))
	if err != nil {
		return nil, err
	}
	child := pulumi.Parent(group)
	// EventBridge and CloudWatch cannot use the AWS managed key alias/aws/sns: it has no
	// policy of ours. No condition on the source: SNS does not say that it passes one on
	// to KMS, and an alert that is silently lost is worse.
	uses := []policydoc.Statement{publishesEncrypted("EventBridge", "events"), publishesEncrypted("CloudWatch", "cloudwatch")}
	if c.Settings.HasChat() {
		uses = append(uses, publishesEncrypted("Topic", "sns"))
	}
	key, err := storage.NewKey(c, group, "alerts", "Alerts of the gate", uses...)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	a := &Alerts{Key: key}
	args, err := a.newTopic(c, child, "alerts", c.Names.Topic(), policydoc.Statement{
		Sid:        "AlarmOfTheGatePublishes",
		Principals: policydoc.Service("cloudwatch.amazonaws.com"),
		Actions:    []string{"sns:Publish"},
		Resources:  policydoc.On(c.Names.Topic().ARN),
		Conditions: []policydoc.Condition{policydoc.Is("ArnEquals", "aws:SourceArn",
			c.Names.DeadLetterAlarm().ARN, c.Names.CheckErrorsAlarm().ARN, c.Names.CheckMissedAlarm().ARN)},
	})
	if err != nil {
		return nil, err
	}
	a.TopicArn, a.Ready = args.topic, []pulumi.Resource{args.policy}
	a.Records = args.records
	if c.Settings.Detection.Response != settings.Ignore {
		second, err := a.newTopic(c, child, "alerts-watch", c.Names.SecondTopic())
		if err != nil {
			return nil, fmt.Errorf("second topic: %w", err)
		}
		a.SecondTopicArn, a.secondReady = second.topic, []pulumi.Resource{second.policy}
		a.Records = append(a.Records, second.records...)
	}
	if err := a.addDeadLetters(c, group); err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	if c.Settings.HasChat() {
		if err := a.addChat(c, group, boundaries); err != nil {
			return nil, fmt.Errorf("chat: %w", err)
		}
	}
	// One rule for any number of apps: it matches by the end of the name.
	records, err := a.NewRule(c, group, Rule{
		Name:        "failed-runs",
		Description: "A pipeline of the gate failed or was stopped",
		Pattern: pulumi.JSONMarshal(map[string]any{
			"source":      []string{"aws.codepipeline"},
			"detail-type": []string{"CodePipeline Pipeline Execution State Change"},
			"detail": map[string]any{
				"pipeline": []any{map[string]string{"suffix": "-" + c.Names.Gate}},
				"state":    []string{"FAILED", "STOPPED"},
			},
		}),
		Paths: map[string]string{
			"pipeline": "$.detail.pipeline", "state": "$.detail.state", "execution": "$.detail.execution-id", "time": "$.time",
		},
		Message: "Pipeline <pipeline>: execution <execution> is <state> at <time>. Nothing after the failed stage ran.",
	})
	if err != nil {
		return nil, err
	}
	a.Records = append(a.Records, records...)
	return a, c.RegisterOutputs(group, pulumi.Map{"topicArn": a.TopicArn})
}

// madeTopic is a topic with its policy.
type madeTopic struct {
	topic   pulumi.StringOutput
	policy  pulumi.Resource
	records baseline.Records
}

// newTopic makes a topic that the gate's rules publish to, with the subscribers of settings.
func (a *Alerts) newTopic(c component.Context, child pulumi.ResourceOption, name string, at naming.Named, more ...policydoc.Statement) (*madeTopic, error) {
	args := &sns.TopicArgs{Name: pulumi.String(at.Name), KmsMasterKeyId: a.Key.Arn}
	topic, err := sns.NewTopic(c.Ctx, c.ChildName(name), args, child)
	if err != nil {
		return nil, fmt.Errorf("topic: %w", err)
	}
	document := policydoc.Document{{
		Sid:        "RulesOfTheGatePublish",
		Principals: policydoc.Service("events.amazonaws.com"),
		Actions:    []string{"sns:Publish"},
		Resources:  policydoc.On(at.ARN),
		Conditions: []policydoc.Condition{policydoc.Is("ArnLike", "aws:SourceArn", c.Names.Rules())},
	}}
	document = append(append(document, more...), catalogue.DenyPlainHTTP(catalogue.Topic, at.ARN))
	inputs := &sns.TopicPolicyArgs{
		Arn:    topic.Arn,
		Policy: append(document, catalogue.DenyStatements(catalogue.Topic, c.Settings, "", at.ARN)...).JSON(),
	}
	policy, err := sns.NewTopicPolicy(c.Ctx, c.ChildName(name), inputs, child)
	if err != nil {
		return nil, fmt.Errorf("topic policy: %w", err)
	}
	records := baseline.Records{{Kind: knownstate.Topic, Inputs: args}, {Kind: knownstate.TopicPolicy(at.Name), Inputs: inputs}}
	for _, email := range c.Settings.Alerts.Emails {
		subscription := &sns.TopicSubscriptionArgs{Topic: topic.Arn, Protocol: pulumi.String("email"), Endpoint: pulumi.String(email)}
		if _, err := sns.NewTopicSubscription(c.Ctx, c.ChildName(name+"-"+email), subscription, child); err != nil {
			return nil, fmt.Errorf("subscription of %s: %w", email, err)
		}
		records = append(records, baseline.Record{Kind: knownstate.Subscription(at.Name), Inputs: subscription})
	}
	return &madeTopic{topic.Arn, policy, records}, nil
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

// addDeadLetters keeps what EventBridge could not deliver for 24 hours (Amazon EventBridge
// User Guide, How EventBridge retries delivering events), with an alarm.
func (a *Alerts) addDeadLetters(c component.Context, parent pulumi.Resource) error {
	child, name, at := pulumi.Parent(parent), c.ChildName("dead-letters"), c.Names.DeadLetters()
	queue, policy, err := a.newQueue(c, child, name, at, &sqs.QueueArgs{
		MessageRetentionSeconds: pulumi.Int(14 * 24 * 60 * 60), // the longest that SQS keeps any
	}, policydoc.Statement{
		Sid:        "RulesOfTheGateSend",
		Principals: policydoc.Service("events.amazonaws.com"),
		Conditions: []policydoc.Condition{policydoc.Is("ArnLike", "aws:SourceArn", c.Names.Rules())},
	})
	if err != nil {
		return err
	}
	a.DeadLettersArn, a.Ready = queue.Arn, append(a.Ready, policy)
	_, err = cloudwatch.NewMetricAlarm(c.Ctx, name, &cloudwatch.MetricAlarmArgs{
		Name:               pulumi.String(c.Names.DeadLetterAlarm().Name),
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
		AlarmActions:       pulumi.Array{a.TopicArn},
	}, child)
	if err != nil {
		return fmt.Errorf("alarm: %w", err)
	}
	return nil
}

// newQueue makes a queue of alerts, encrypted with their key. Only the principals of the
// statement send to it.
func (a *Alerts) newQueue(c component.Context, child pulumi.ResourceOption, name string, at naming.Named, args *sqs.QueueArgs, sends policydoc.Statement) (*sqs.Queue, *sqs.QueuePolicy, error) {
	args.Name, args.KmsMasterKeyId = pulumi.String(at.Name), a.Key.Arn
	queue, err := sqs.NewQueue(c.Ctx, name, args, child)
	if err != nil {
		return nil, nil, fmt.Errorf("queue: %w", err)
	}
	sends.Actions, sends.Resources = []string{"sqs:SendMessage"}, policydoc.On(at.ARN)
	policy, err := sqs.NewQueuePolicy(c.Ctx, name, &sqs.QueuePolicyArgs{
		QueueUrl: queue.Url, Policy: policydoc.Document{sends, storage.TLSOnly("sqs", at.ARN)}.JSON(),
	}, child)
	if err != nil {
		return nil, nil, fmt.Errorf("queue policy: %w", err)
	}
	return queue, policy, nil
}

// PublishPermissions let a role publish to the topic. The Sid says for what.
func (a *Alerts) PublishPermissions(c component.Context, sid string) policydoc.Document {
	return policydoc.Document{
		{Sid: sid, Actions: []string{"sns:Publish"}, Resources: policydoc.On(c.Names.Topic().ARN)},
		{
			Sid:        "AlertKey",
			Actions:    []string{"kms:Decrypt", "kms:GenerateDataKey"},
			Resources:  []pulumi.StringInput{a.Key.Arn},
			Conditions: []policydoc.Condition{storage.ViaService(c, "sns")},
		},
	}
}
