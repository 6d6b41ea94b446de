package alerting

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/pipes"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
)

// chatTemplate is what Slack, Mattermost and Google Chat take. The message is read from
// SNS's envelope: an alarm's is JSON itself, of which a pipe would make an object where
// a chat wants a text (Amazon EventBridge User Guide, Pipes, Implicit body data parsing).
const chatTemplate = `{"text": <$.body.Message>}`

// chatTries is how often an alert is sent to the chat before it goes to the dead letters.
const chatTries = 5

// addChat forwards alerts to a chat too: topic, queue, pipe, webhook. SNS itself would want
// the chat to confirm a subscription, and no chat does.
func (a *Alerts) addChat(c component.Context, parent pulumi.Resource, boundaries *identity.Boundaries) error {
	child, name := pulumi.Parent(parent), c.ChildName("chat")
	queue, subscribed, err := a.newChatQueue(c, child)
	if err != nil {
		return err
	}
	// A connection has to authorize somehow. What opens a chat is in its webhook's path,
	// which a connection cannot keep: the header only says who asks.
	connection, err := cloudwatch.NewEventConnection(c.Ctx, name, &cloudwatch.EventConnectionArgs{
		Name:              pulumi.String(c.Names.ChatConnection().Name),
		Description:       pulumi.String("Identifies the sender to the chat"),
		AuthorizationType: pulumi.String("API_KEY"),
		AuthParameters: cloudwatch.EventConnectionAuthParametersArgs{
			ApiKey: cloudwatch.EventConnectionAuthParametersApiKeyArgs{Key: pulumi.String("X-Sender"), Value: pulumi.String(c.Names.Gate)},
		},
	}, child)
	if err != nil {
		return fmt.Errorf("connection: %w", err)
	}
	destination, err := cloudwatch.NewEventApiDestination(c.Ctx, name, &cloudwatch.EventApiDestinationArgs{
		Name:          pulumi.String(c.Names.ChatDestination().Name),
		Description:   pulumi.String("The chat that alerts go to"),
		ConnectionArn: connection.Arn,
		HttpMethod:    pulumi.String("POST"),
		// Slack, Rate limits: one message a second and webhook; more at once are taken.
		InvocationRateLimitPerSecond: pulumi.Int(1),
		InvocationEndpoint:           pulumi.ToSecret(pulumi.String(c.Settings.ChatWebhook)).(pulumi.StringOutput),
	}, child)
	if err != nil {
		return fmt.Errorf("destination: %w", err)
	}
	role, err := a.newChatPipeRole(c, parent, boundaries, destination)
	if err != nil {
		return fmt.Errorf("role of the pipe: %w", err)
	}
	_, err = pipes.NewPipe(c.Ctx, name, &pipes.PipeArgs{
		Name:        pulumi.String(c.Names.Chat().Name),
		Description: pulumi.String("Forwards alerts to the chat"),
		RoleArn:     role.Arn,
		Source:      queue.Arn,
		SourceParameters: pipes.PipeSourceParametersArgs{
			// One alert at a time, so that one that the chat refuses holds no other up.
			SqsQueueParameters: pipes.PipeSourceParametersSqsQueueParametersArgs{BatchSize: pulumi.Int(1)},
		},
		Target:           destination.Arn,
		TargetParameters: pipes.PipeTargetParametersArgs{InputTemplate: pulumi.String(chatTemplate)},
	}, child, pulumi.DependsOn(append(role.Attached, subscribed)))
	if err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	a.Records = append(a.Records, role.AllRecords()...)
	return nil
}

// newChatQueue keeps alerts until the chat has them.
func (a *Alerts) newChatQueue(c component.Context, child pulumi.ResourceOption) (*sqs.Queue, pulumi.Resource, error) {
	queue, policy, err := a.newQueue(c, child, c.ChildName("chat"), c.Names.ChatQueue(), &sqs.QueueArgs{
		RedrivePolicy: pulumi.JSONMarshal(map[string]any{
			"deadLetterTargetArn": a.DeadLettersArn, "maxReceiveCount": chatTries,
		}),
	}, policydoc.Statement{
		Sid:        "TopicOfTheGateSends",
		Principals: policydoc.Service("sns.amazonaws.com"),
		Conditions: []policydoc.Condition{policydoc.Is("ArnEquals", "aws:SourceArn", c.Names.Topic().ARN)},
	})
	if err != nil {
		return nil, nil, err
	}
	args := &sns.TopicSubscriptionArgs{Topic: a.TopicArn, Protocol: pulumi.String("sqs"), Endpoint: queue.Arn}
	subscribed, err := sns.NewTopicSubscription(c.Ctx, c.ChildName("alerts-chat"), args, child, pulumi.DependsOn([]pulumi.Resource{policy}))
	if err != nil {
		return nil, nil, fmt.Errorf("subscription: %w", err)
	}
	a.Records = append(a.Records, baseline.Record{Kind: knownstate.Subscription(c.Names.Topic().Name), Inputs: args})
	return queue, subscribed, nil
}

// newChatPipeRole makes the role of the pipe.
func (a *Alerts) newChatPipeRole(c component.Context, parent pulumi.Resource, boundaries *identity.Boundaries,
	destination *cloudwatch.EventApiDestination) (*identity.Role, error) {
	return boundaries.NewRole(c, parent, identity.RoleSpec{
		Name: c.ChildName("courier"), Duty: naming.ChatPipe,
		Trust: identity.TrustService(c, "pipes.amazonaws.com", c.Names.Chat().ARN),
		Permissions: policydoc.Document{
			{
				// Amazon EventBridge User Guide, Pipes, Permissions: Amazon SQS.
				Sid:       "ReceiveAlerts",
				Actions:   []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
				Resources: policydoc.On(c.Names.ChatQueue().ARN),
			},
			{
				Sid:        "ReadAlerts",
				Actions:    []string{"kms:Decrypt"},
				Resources:  []pulumi.StringInput{a.Key.Arn},
				Conditions: []policydoc.Condition{storage.ViaService(c, "sqs")},
			},
			{
				Sid:       "InvokeChat",
				Actions:   []string{"events:InvokeApiDestination"},
				Resources: []pulumi.StringInput{destination.Arn},
			},
		},
	})
}
