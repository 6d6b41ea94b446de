package proofs

import (
	"encoding/json"
	"net/http"
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

// published returns the messages that the gate's topics have had since the last time. Nothing is subscribed, so that the
// topics stay as the program declares them.
func (w *world) published() func() []message {
	w.Helper()
	read := func() map[string][]message {
		w.must(w.Cloud.WaitForEvents(w.Context()))
		request, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.Cloud.AWS+"/sandbox/messages", nil)
		w.must(err)
		answer, err := http.DefaultClient.Do(request)
		w.must(err)
		defer func() { _ = answer.Body.Close() }()
		var all []struct {
			Topic string
			message
		}
		w.must(json.NewDecoder(answer.Body).Decode(&all))
		topics := map[string][]message{}
		for _, one := range all {
			if strings.HasPrefix(one.Topic, "arn:aws:sns:"+region+":"+w.account()+":prodgate-alerts") {
				topics[one.Topic] = append(topics[one.Topic], one.message)
			}
		}
		return topics
	}
	before := read()
	return func() []message {
		w.Helper()
		var all []message
		now := read()
		for topic, messages := range now {
			all = append(all, messages[len(before[topic]):]...)
		}
		before = now
		return all
	}
}
