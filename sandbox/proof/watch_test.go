package proof

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"prodgate/pkg/catalogue"
)

// TestEveryReportedCallIsToldOfOnce makes every call of the catalogue that is reported,
// as everybody, on the stack's own parts: who may makes it in silence, everybody else is
// told of in exactly one message. The calls have no effect, or the first of them would
// take the watch away; what CloudTrail says of them, the emulator makes of the request.
func TestEveryReportedCallIsToldOfOnce(t *testing.T) {
	t.Parallel()
	// Containment would answer with messages of its own.
	w := newWorld(t, "prod", replace("response: contain", "response: alert"))
	w.up()
	box := w.mailbox()
	e := w.readEstate()
	app := w.theApp()

	type try struct {
		row  catalogue.Call
		who  caller
		told bool // whether a message has to come
	}
	var tries []try
	var calls, events []any
	rows := map[string]bool{}
	for _, row := range catalogue.Calls {
		if row.Reported != catalogue.Alert && row.Reported != catalogue.AlertOnRead {
			continue
		}
		named := names[row.On]
		if named == nil {
			if !slices.Contains([]catalogue.Target{catalogue.Machines, catalogue.Executions, catalogue.Hub}, row.On) { // prod has none without containment
				t.Errorf("%s on %s: nothing says how a request names it", row.Action, row.On)
			}
			continue
		}
		rows[row.Action+string(row.On)] = true
		for _, who := range w.callers(app) {
			for _, operation := range operationsOf(row.Action) {
				told := map[string]any{"userIdentity": who.identity, "userAgent": "try-" + strconv.Itoa(len(tries))}
				if service, is := noOperation[row.Action]; is {
					events = append(events, recorded(w, row, service, told, named(e, app)))
				} else {
					calls = append(calls, map[string]any{
						"service": clientOf(row.Action), "operation": operation, "region": regionOf(row.Action),
						"names": named(e, app), "told": told,
					})
				}
				tries = append(tries, try{row, who, !who.may(row)})
			}
		}
	}
	w.call(calls)
	for _, event := range events {
		w.must(w.Cloud.Inject(t.Context(), event))
	}
	w.must(w.Cloud.Settled(t.Context()))

	got := map[int]int{}
	for _, message := range box.read() {
		found := regexp.MustCompile(`with try-(\d+) at`).FindStringSubmatch(message)
		if found == nil {
			t.Errorf("a message of no call: %s", message)
			continue
		}
		n, _ := strconv.Atoi(found[1])
		got[n]++
		if who := tries[n].who.arn(); who != "" && !strings.Contains(message, who) {
			t.Errorf("%s by %s: the message does not say who: %s", tries[n].row.Action, tries[n].who.name, message)
		}
	}
	messages := 0
	for n, one := range tries {
		want := map[bool]int{true: 1, false: 0}[one.told]
		messages += want
		if got[n] != want {
			t.Errorf("%s on %s by %s: %d messages, want %d", one.row.Action, one.row.On, one.who.name, got[n], want)
		}
	}
	if len(rows) < 150 || messages < 1000 || messages == len(tries) {
		t.Errorf("%d rows, %d tries and %d messages: that proves little", len(rows), len(tries), messages)
	}
	t.Logf("%d rows × %d callers: %d calls, %d told of in one message each, the others in none", len(rows), len(w.callers(app)), len(tries), messages)
}

// mailbox is a queue that is subscribed to the topic of alerts.
type mailbox struct {
	*world
	url string
}

func (w *world) mailbox() mailbox {
	w.Helper()
	made, err := w.aws.sqs.CreateQueue(w.Context(), &sqs.CreateQueueInput{QueueName: ptr("mailbox")})
	w.must(err)
	_, err = w.aws.sns.Subscribe(w.Context(), &sns.SubscribeInput{
		TopicArn: ptr(w.output("alertTopicArn")), Protocol: ptr("sqs"), Endpoint: ptr("arn:aws:sqs:" + region + ":" + w.account() + ":mailbox"),
	})
	w.must(err)
	return mailbox{w, *made.QueueUrl}
}

// read takes all messages out.
func (m mailbox) read() []string {
	m.Helper()
	var all []string
	for {
		got, err := m.aws.sqs.ReceiveMessage(m.Context(), &sqs.ReceiveMessageInput{QueueUrl: &m.url, MaxNumberOfMessages: 10})
		m.must(err)
		if len(got.Messages) == 0 {
			return all
		}
		var done []sqstypes.DeleteMessageBatchRequestEntry
		for i, message := range got.Messages {
			var envelope struct{ Message string }
			m.must(json.Unmarshal([]byte(*message.Body), &envelope))
			all = append(all, envelope.Message)
			done = append(done, sqstypes.DeleteMessageBatchRequestEntry{Id: ptr(strconv.Itoa(i)), ReceiptHandle: message.ReceiptHandle})
		}
		_, err = m.aws.sqs.DeleteMessageBatch(m.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: &m.url, Entries: done})
		m.must(err)
	}
}

// call makes calls that have no effect, all in one process.
func (w *world) call(calls []any) {
	w.Helper()
	var lines, out bytes.Buffer
	for _, one := range calls {
		line, err := json.Marshal(one)
		w.must(err)
		lines.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(w.Context(), kit.Python, filepath.Join("testdata", "call.py"))
	cmd.Env = append(cmd.Environ(), "AWS_ENDPOINT_URL="+w.Cloud.AWS)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &lines, &out, &out
	w.must(cmd.Run())
	made := 0
	for line := range strings.Lines(out.String()) {
		var answer struct{ Call, Error string }
		if json.Unmarshal([]byte(line), &answer) != nil || answer.Error != "" {
			w.Errorf("a call cannot be made: %s", line)
			continue
		}
		made++
	}
	if made != len(calls) {
		w.Errorf("%d calls made of %d", made, len(calls))
	}
}
