package proofs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/pipes"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"prodgate/pkg/naming"
	"prodgate/sandbox/evaluators/authority"
)

// TestAlerts_Chat brings a stack up that tells a chat, and has the roles of GitHub Actions held
// against what that took. What the pipe would send is not emulated: the proof ends at the
// queue that it takes alerts from.
func TestAlerts_Chat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prod", unprotected, quiet)
	const first, second = "https://chat.example.com/services/T0/B0/hunter2", "https://chat.example.com/services/T0/B0/hunter3"

	w.run("config", "set", "chatWebhook", first)
	if out := w.fails("preview"); !strings.Contains(out, "chatWebhook") || strings.Contains(out, "hunter2") {
		t.Errorf("a webhook that everybody can read: %s", out)
	}
	w.tellChat(first)
	w.calls()
	w.up()
	ran := newUsage()
	ran.deploy(w.calls())
	grants := w.grants("deploy")
	for _, kind := range ofChat {
		if n := len(w.inventory()[kind]); n != 1 {
			t.Errorf("there are %d %s", n, kind)
		}
	}
	same(t, "the second preview", w.planned(), map[string]string{})
	w.keepsSecret("hunter2")
	w.chatHears()

	w.tellChat(second)
	same(t, "another webhook", w.planned(), map[string]string{"aws:cloudwatch/eventApiDestination:EventApiDestination gate-chat": "update"})
	w.calls()
	same(t, "what another webhook does", w.up(), map[string]int{"update": 1})
	ran.deploy(w.calls())
	w.keepsSecret("hunter3")
	found, err := w.aws.events.DescribeApiDestination(t.Context(), &eventbridge.DescribeApiDestinationInput{Name: ptr("prodgate-chat")})
	w.must(err)
	same(t, "where alerts go", found.InvocationEndpoint, second)

	// What somebody changed by hand is seen, and put right; other tags.
	pipe, err := w.aws.pipes.DescribePipe(t.Context(), &pipes.DescribePipeInput{Name: ptr("prodgate-chat")})
	w.must(err)
	_, err = w.aws.pipes.UpdatePipe(t.Context(), &pipes.UpdatePipeInput{Name: pipe.Name, RoleArn: pipe.RoleArn, Description: ptr("mine")})
	w.must(err)
	_, err = w.aws.events.UpdateConnection(t.Context(), &eventbridge.UpdateConnectionInput{Name: ptr("prodgate-chat"), Description: ptr("mine")})
	w.must(err)
	same(t, "what somebody changed", w.planned(), map[string]string{
		"aws:pipes/pipe:Pipe gate-chat": "update", "aws:cloudwatch/eventConnection:EventConnection gate-chat": "update",
	})
	w.configure(unprotected, replace("    owner: platform\n", "    team: platform\n"))
	w.tellChat(second)
	w.calls()
	w.run("refresh", "--yes")
	w.up()
	same(t, "a preview after the repair", w.planned(), map[string]string{})
	w.run("destroy", "--yes", "--skip-preview")
	ran.deploy(w.calls())
	w.empty("after everything is destroyed")

	holds(t, ran, grants, func(g grant) bool {
		// EventBridge writes the secret, in the name of who makes the connection. TestWorkflows_LeastPrivilege holds what is granted on roles.
		return strings.Contains(g.Sid, "Chat") && g.Sid != "WriteChatSecret" && !strings.HasSuffix(g.Sid, "ChatPipeRoles")
	}, "pipes", "events", "sqs")
}

// holds asserts that the deploying role has what it needs of some services, and of some grants
// nothing that it does not need.
func holds(t *testing.T, ran usage, grants []grant, these func(grant) bool, services ...string) {
	t.Helper()
	for _, g := range grants {
		if !these(g) {
			continue
		}
		for _, action := range g.Action {
			if ran.deployed[action] == nil {
				t.Errorf("%s allows %s, which nothing did", g.Sid, action)
			}
		}
	}
	for _, action := range keys(ran.deployed) {
		service, _, _ := strings.Cut(action, ":")
		if slices.Contains(services, service) && !slices.ContainsFunc(grants, func(g grant) bool { return slices.Contains(g.Action, action) }) {
			t.Errorf("the deploying role may not %s", action)
		}
	}
}

// tellChat has a stack tell a chat. A configuration that is written anew does not.
func (w *world) tellChat(webhook string) {
	w.Helper()
	w.run("config", "set", "--secret", "chatWebhook", webhook)
}

// keepsSecret fails where a text can be read in what the engine keeps or says.
func (w *world) keepsSecret(text string) {
	w.Helper()
	for _, said := range [][]string{{"stack", "export"}, {"stack", "output", "--json"}, {"stack", "history", "--json"}, {"preview", "--diff"}} {
		if strings.Contains(w.run(said...), text) {
			w.Errorf("pulumi %s tells the webhook", strings.Join(said, " "))
		}
	}
	files := 0
	w.must(filepath.WalkDir(w.Dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		files++
		kept, err := os.ReadFile(path)
		if strings.Contains(string(kept), text) {
			w.Errorf("%s tells the webhook", path)
		}
		return err
	}))
	if files == 0 {
		w.Error("the stack has no file to look into")
	}
}

// chatHears publishes an alert, which has to wait where the pipe takes it.
func (w *world) chatHears() {
	w.Helper()
	ctx := w.Context()
	// As an alarm's message is: JSON, which the envelope keeps as a text.
	told := `{"AlarmName": "prodgate-dead-letters", "NewStateValue": "ALARM"}`
	_, err := w.aws.sns.Publish(ctx, &sns.PublishInput{TopicArn: ptr(planOf(w.account()).Topic().ARN), Message: &told})
	w.must(err)
	pipe, err := w.aws.pipes.DescribePipe(ctx, &pipes.DescribePipeInput{Name: ptr("prodgate-chat")})
	w.must(err)
	found, err := w.aws.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: ptr((*pipe.Source)[strings.LastIndex(*pipe.Source, ":")+1:])})
	w.must(err)
	got, err := w.aws.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: found.QueueUrl})
	w.must(err)
	if len(got.Messages) != 1 {
		w.Fatalf("the chat's queue has %d messages", len(got.Messages))
	}
	var envelope struct{ Message any }
	w.must(json.Unmarshal([]byte(*got.Messages[0].Body), &envelope))
	same(w.T, "what the pipe would tell the chat", envelope.Message, told)
}

// tellsChat is whether the stack does.
func (e *estate) tellsChat() bool { return len(e.inventory["pipes"]) > 0 }

// tells is an alert's way to the chat.
func (e *estate) tells() []leg {
	e.Helper()
	if !e.tellsChat() {
		return nil
	}
	p, courier, queue := e.plan, e.role(naming.ChatPipe, ""), e.plan.ChatQueue().ARN
	return []leg{
		{"an alert goes to the chat's queue: Amazon SNS Developer Guide, Subscribing an Amazon SQS queue to an Amazon SNS topic; Encryption at rest",
			authority.Principal{ARN: "sns.amazonaws.com"}, []call{
				{"sqs:SendMessage", queue, map[string]string{"aws:SourceArn": p.Topic().ARN, "aws:SourceAccount": p.Account}},
				{"kms:GenerateDataKey", e.key("alerts"), nil}, {"kms:Decrypt", e.key("alerts"), nil},
			}},
		{"the pipe takes its role on: Amazon EventBridge User Guide, Cross-service confused deputy prevention", authority.Principal{ARN: "pipes.amazonaws.com"}, []call{
			{"sts:AssumeRole", courier.ARN, map[string]string{"aws:SourceArn": p.Chat().ARN, "aws:SourceAccount": p.Account}},
		}},
		{"it takes the alert: Amazon EventBridge User Guide, Event source permissions for Amazon EventBridge Pipes, Amazon SQS; " +
			"Amazon SQS Developer Guide, Key management, Configure AWS KMS permissions", courier.Principal, []call{
			{"sqs:ReceiveMessage", queue, nil}, {"sqs:DeleteMessage", queue, nil}, {"sqs:GetQueueAttributes", queue, nil},
			{"kms:Decrypt", e.key("alerts"), map[string]string{"kms:ViaService": "sqs." + region + ".amazonaws.com"}},
		}},
		{"and tells the chat: the same guide, Enrichment and target permissions", courier.Principal, []call{
			{"events:InvokeApiDestination", e.first("API destinations"), nil},
		}},
	}
}
