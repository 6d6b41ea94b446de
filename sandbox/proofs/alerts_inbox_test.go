package proofs

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// message is what a person would get by mail.
type message struct{ Subject, Message string }

// inbox subscribes to the gate's alerts: to the topic, and to the second one where the stack
// has it. What it returns are those since the last time.
func (w *world) inbox() func() []message {
	w.Helper()
	inbox := w.queue("inbox")
	topics, err := w.aws.sns.ListTopics(w.Context(), &sns.ListTopicsInput{})
	w.must(err)
	subscribed := 0
	for _, topic := range topics.Topics {
		if strings.HasPrefix(*topic.TopicArn, "arn:aws:sns:"+region+":"+w.account()+":prodgate-alerts") {
			_, err := w.aws.sns.Subscribe(w.Context(), &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: ptr("sqs"), Endpoint: &inbox.arn})
			w.must(err)
			subscribed++
		}
	}
	if subscribed == 0 {
		w.Fatal("there is no topic of alerts")
	}
	return func() []message {
		w.Helper()
		var all []message
		for _, body := range w.messages(inbox) {
			var one message
			w.must(json.Unmarshal([]byte(body), &one))
			all = append(all, one)
		}
		return all
	}
}
