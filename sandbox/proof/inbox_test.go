package proof

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// message is what a person would get by mail.
type message struct{ Subject, Message string }

// inbox subscribes to the gate's alerts. What it returns are those since the last time.
func (w *world) inbox() func() []message {
	w.Helper()
	ctx := w.Context()
	queue, err := w.aws.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: ptr("inbox")})
	w.must(err)
	arn := "arn:aws:sqs:" + region + ":" + w.account() + ":inbox"
	topic := "arn:aws:sns:" + region + ":" + w.account() + ":prodgate-alerts"
	_, err = w.aws.sns.Subscribe(ctx, &sns.SubscribeInput{TopicArn: &topic, Protocol: ptr("sqs"), Endpoint: &arn})
	w.must(err)
	return func() []message {
		w.Helper()
		var all []message
		for {
			got, err := w.aws.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, MaxNumberOfMessages: 10})
			w.must(err)
			if len(got.Messages) == 0 {
				return all
			}
			for _, m := range got.Messages {
				var one message
				w.must(json.Unmarshal([]byte(*m.Body), &one))
				all = append(all, one)
				_, err := w.aws.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: queue.QueueUrl, ReceiptHandle: m.ReceiptHandle})
				w.must(err)
			}
		}
	}
}
