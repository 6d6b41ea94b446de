package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/pipes"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// chatTemplate is what Slack, Mattermost and Google Chat take. The message is looked for
// in SNS's envelope: an alarm's is JSON itself, of which a pipe would make an object where
// a chat wants a text (Amazon EventBridge User Guide, Pipes, Implicit body data parsing).
const chatTemplate = `{"text": <$.body.Message>}`

// chatTries is how often the chat is told before an alert goes to the dead letters.
const chatTries = 5

// chat brings alerts to a chat too: topic, queue, pipe, webhook. SNS itself would want
// the chat to confirm a subscription, and no chat does.
func (b builder) chat(parent pulumi.Resource, a *alerts) error {
	child, name := pulumi.Parent(parent), b.called("chat")
	queue, subscribed, err := b.chatQueue(child, a)
	if err != nil {
		return err
	}
	// A connection has to authorize somehow. What opens a chat is in its webhook's path,
	// which a connection cannot keep: the header only says who asks.
	connection, err := cloudwatch.NewEventConnection(b.ctx, name, &cloudwatch.EventConnectionArgs{
		Name:              pulumi.String(b.plan.ChatConnection().Name),
		Description:       pulumi.String("Says who tells the chat"),
		AuthorizationType: pulumi.String("API_KEY"),
		AuthParameters: cloudwatch.EventConnectionAuthParametersArgs{
			ApiKey: cloudwatch.EventConnectionAuthParametersApiKeyArgs{Key: pulumi.String("X-Sender"), Value: pulumi.String(b.plan.Gate)},
		},
	}, child)
	if err != nil {
		return fmt.Errorf("connection: %w", err)
	}
	destination, err := cloudwatch.NewEventApiDestination(b.ctx, name, &cloudwatch.EventApiDestinationArgs{
		Name:          pulumi.String(b.plan.ChatDestination().Name),
		Description:   pulumi.String("The chat that alerts go to"),
		ConnectionArn: connection.Arn,
		HttpMethod:    pulumi.String("POST"),
		// Slack, Rate limits: one message a second and webhook; more at once are taken.
		InvocationRateLimitPerSecond: pulumi.Int(1),
		InvocationEndpoint:           pulumi.ToSecret(pulumi.String(b.settings.ChatWebhook)).(pulumi.StringOutput),
	}, child)
	if err != nil {
		return fmt.Errorf("destination: %w", err)
	}
	role, attached, err := b.courier(parent, a, destination)
	if err != nil {
		return fmt.Errorf("courier: %w", err)
	}
	_, err = pipes.NewPipe(b.ctx, name, &pipes.PipeArgs{
		Name:        pulumi.String(b.plan.Chat().Name),
		Description: pulumi.String("Brings alerts to the chat"),
		RoleArn:     role,
		Source:      queue.Arn,
		SourceParameters: pipes.PipeSourceParametersArgs{
			// One is told at a time, so that one that the chat refuses holds no other up.
			SqsQueueParameters: pipes.PipeSourceParametersSqsQueueParametersArgs{BatchSize: pulumi.Int(1)},
		},
		Target:           destination.Arn,
		TargetParameters: pipes.PipeTargetParametersArgs{InputTemplate: pulumi.String(chatTemplate)},
	}, child, pulumi.DependsOn(append(attached, subscribed)))
	if err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	return nil
}

// chatQueue keeps alerts until the chat has them.
func (b builder) chatQueue(child pulumi.ResourceOption, a *alerts) (*sqs.Queue, pulumi.Resource, error) {
	queue, policy, err := b.queue(child, b.called("chat"), b.plan.ChatQueue(), a, &sqs.QueueArgs{
		RedrivePolicy: pulumi.JSONMarshal(map[string]any{
			"deadLetterTargetArn": a.deadLettersArn, "maxReceiveCount": chatTries,
		}),
	}, policydoc.Statement{
		Sid:        "TopicOfTheGateSends",
		Principals: policydoc.Service("sns.amazonaws.com"),
		Conditions: []policydoc.Condition{policydoc.Is("ArnEquals", "aws:SourceArn", b.plan.Topic().ARN)},
	})
	if err != nil {
		return nil, nil, err
	}
	subscribed, err := sns.NewTopicSubscription(b.ctx, b.called("alerts-chat"), &sns.TopicSubscriptionArgs{
		Topic:    a.topicArn,
		Protocol: pulumi.String("sqs"),
		Endpoint: queue.Arn,
	}, child, pulumi.DependsOn([]pulumi.Resource{policy}))
	if err != nil {
		return nil, nil, fmt.Errorf("subscription: %w", err)
	}
	return queue, subscribed, nil
}

// courier is the role of the pipe.
func (b builder) courier(parent pulumi.Resource, a *alerts, destination *cloudwatch.EventApiDestination) (pulumi.StringOutput, []pulumi.Resource, error) {
	role, attached, err := b.ofAll().role(parent, duty{
		name: b.called("courier"), duty: naming.Courier,
		trust: b.byService("pipes.amazonaws.com", b.plan.Chat().ARN),
		may: func(settings.App) policydoc.Document {
			return policydoc.Document{
				{
					// Amazon EventBridge User Guide, Pipes, Permissions: Amazon SQS.
					Sid:       "TakeAlerts",
					Actions:   []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
					Resources: policydoc.On(b.plan.ChatQueue().ARN),
				},
				{
					Sid:        "ReadAlerts",
					Actions:    []string{"kms:Decrypt"},
					Resources:  []pulumi.StringInput{a.key.Arn},
					Conditions: []policydoc.Condition{b.by("sqs")},
				},
				{
					Sid:       "TellChat",
					Actions:   []string{"events:InvokeApiDestination"},
					Resources: []pulumi.StringInput{destination.Arn},
				},
			}
		},
	})
	if err != nil {
		return pulumi.StringOutput{}, nil, err
	}
	return role.Arn, attached, nil
}
