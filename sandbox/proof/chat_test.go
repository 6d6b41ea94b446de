package proof

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// TestChat brings a stack up that tells a chat. What the pipe would send is not emulated:
// the proof ends at the queue that it takes alerts from.
func TestChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev", quiet)
	const first, second = "https://chat.example.com/services/T0/B0/hunter2", "https://chat.example.com/services/T0/B0/hunter3"

	w.run("config", "set", "chatWebhook", first)
	if out := w.fails("preview"); !strings.Contains(out, "chatWebhook") || strings.Contains(out, "hunter2") {
		t.Errorf("a webhook that everybody can read: %s", out)
	}
	w.run("config", "set", "--secret", "chatWebhook", first)
	w.up()
	same(t, "the second preview", w.planned(), map[string]string{})

	state, err := w.pulumi("stack", "export")
	w.must(err)
	if strings.Contains(state, "hunter2") {
		t.Error("the state tells the webhook")
	}
	err = filepath.WalkDir(w.Dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "hunter2") {
			t.Errorf("%s tells the webhook", path)
		}
		return err
	})
	w.must(err)

	// As an alarm's message is: JSON, which the envelope keeps as a text.
	told := `{"AlarmName": "prodgate-dead-letters", "NewStateValue": "ALARM"}`
	topic := "arn:aws:sns:" + region + ":" + w.account() + ":prodgate-alerts"
	_, err = w.aws.sns.Publish(t.Context(), &sns.PublishInput{TopicArn: &topic, Message: &told})
	w.must(err)
	found, err := w.aws.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: ptr("prodgate-chat")})
	w.must(err)
	got, err := w.aws.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: found.QueueUrl})
	w.must(err)
	if len(got.Messages) != 1 {
		t.Fatalf("the chat's queue has %d messages", len(got.Messages))
	}
	var envelope struct{ Message any }
	w.must(json.Unmarshal([]byte(*got.Messages[0].Body), &envelope))
	same(t, "what the pipe would tell the chat", envelope.Message, told)

	w.run("config", "set", "--secret", "chatWebhook", second)
	same(t, "another webhook", w.planned(), map[string]string{"aws:cloudwatch/eventApiDestination:EventApiDestination gate-chat": "update"})
	same(t, "what another webhook does", w.up(), map[string]int{"update": 1})

	w.run("destroy", "--yes", "--skip-preview")
	w.empty("after everything is destroyed")
}
