package proofs

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// message is what a person would get by mail.
type message struct{ Subject, Message string }

// inbox subscribes to the gate's alerts. What it returns are those since the last time.
func (w *world) inbox() func() []message {
	w.Helper()
	inbox, topic := w.queue("inbox"), "arn:aws:sns:"+region+":"+w.account()+":prodgate-alerts"
	_, err := w.aws.sns.Subscribe(w.Context(), &sns.SubscribeInput{TopicArn: &topic, Protocol: ptr("sqs"), Endpoint: &inbox.arn})
	w.must(err)
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
