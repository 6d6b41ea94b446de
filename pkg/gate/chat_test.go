package gate_test

import (
	"reflect"
	"strings"
	"testing"
)

const (
	pipeType           = "aws:pipes/pipe:Pipe"
	destinationType    = "aws:cloudwatch/eventApiDestination:EventApiDestination"
	chatConnectionType = "aws:cloudwatch/eventConnection:EventConnection"
	queueType          = "aws:sqs/queue:Queue"
)

func TestAlerting_ForwardToChat(t *testing.T) {
	t.Parallel()
	r := built(t, telling(config("api")))
	queue, pipe, destination := r.One(t, queueType, "gate-chat"), r.One(t, pipeType, "gate-chat"), r.One(t, destinationType, "gate-chat")
	subscription := r.One(t, "aws:sns/topicSubscription:TopicSubscription", "gate-alerts-chat")
	role := r.One(t, roleType, "gate-courier")
	for what, pair := range map[string][2]string{
		"the subscription's protocol": {subscription.Text("protocol"), "sqs"},
		"what is subscribed":          {subscription.Text("endpoint"), queue.Output("arn")},
		"the queue's key":             {queue.Text("kmsMasterKeyId"), r.One(t, keyType, "gate-alerts").Output("arn")},
		"what the queue gives up on":  {queue.Text("redrivePolicy"), `{"deadLetterTargetArn":"` + r.One(t, queueType, "gate-dead-letters").Output("arn") + `","maxReceiveCount":5}`},
		"the pipe's source":           {pipe.Text("source"), queue.Output("arn")},
		"the pipe's target":           {pipe.Text("target"), destination.Output("arn")},
		"the pipe's role":             {pipe.Text("roleArn"), role.Output("arn")},
		"what is sent":                {pipe.Text("targetParameters.inputTemplate"), `{"text": <$.body.Message>}`},
		"where it is sent":            {destination.Text("invocationEndpoint"), webhook},
		"by what connection":          {destination.Text("connectionArn"), r.One(t, chatConnectionType, "gate-chat").Output("arn")},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
		}
	}
	waits := func(of, token, name string) {
		t.Helper()
		made := r.One(t, of[:strings.Index(of, " ")], of[strings.Index(of, " ")+1:])
		first := r.One(t, token, name)
		for _, urn := range made.DependsOn {
			if urn == first.URN {
				return
			}
		}
		t.Errorf("%s does not wait for %s", made, first)
	}
	waits(pipeType+" gate-chat", attachmentType, "gate-courier")
	waits(subscription.Type+" gate-alerts-chat", "aws:sqs/queuePolicy:QueuePolicy", "gate-chat")
}

func TestAlerting_ChatPipeRoleIsMinimal(t *testing.T) {
	t.Parallel()
	r := built(t, telling(config("api")))
	queue := "arn:aws:sqs:eu-west-2:111111111111:prodgate-chat"
	own, boundary := own(t, r, r.One(t, roleType, "gate-courier"))
	want := []statement{
		{Sid: "ReceiveAlerts", Effect: "Allow", Action: []string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}, Resource: []string{queue}},
		{
			Sid: "ReadAlerts", Effect: "Allow", Action: []string{"kms:Decrypt"}, Resource: []string{r.One(t, keyType, "gate-alerts").Output("arn")},
			Condition: map[string]map[string][]string{"StringEquals": {"kms:ViaService": {"sqs.eu-west-2.amazonaws.com"}}},
		},
		{
			Sid: "InvokeChat", Effect: "Allow", Action: []string{"events:InvokeApiDestination"},
			Resource: []string{r.One(t, destinationType, "gate-chat").Output("arn")},
		},
	}
	if got := parsed(t, own).Statement; !reflect.DeepEqual(got, want) {
		t.Errorf("it may %+v, want %+v", got, want)
	}
	if own.Text("policy") != boundary.Text("policy") {
		t.Errorf("its boundary is %s", boundary.Text("policy"))
	}
	trust := parsed(t, r.One(t, roleType, "gate-courier")).Statement
	only := map[string]map[string][]string{
		"StringEquals": {"aws:SourceAccount": {"111111111111"}}, "ArnEquals": {"aws:SourceArn": {r.One(t, pipeType, "gate-chat").Output("arn")}},
	}
	if len(trust) != 1 || !reflect.DeepEqual(trust[0].Principal, map[string][]string{"Service": {"pipes.amazonaws.com"}}) || !reflect.DeepEqual(trust[0].Condition, only) {
		t.Errorf("it trusts %+v", trust)
	}

	sends := parsed(t, r.One(t, "aws:sqs/queuePolicy:QueuePolicy", "gate-chat")).Statement
	if len(sends) != 2 || !reflect.DeepEqual(sends[0].Principal, map[string][]string{"Service": {"sns.amazonaws.com"}}) ||
		!reflect.DeepEqual(sends[0].Condition, map[string]map[string][]string{"ArnEquals": {"aws:SourceArn": {"arn:aws:sns:eu-west-2:111111111111:prodgate-alerts"}}}) ||
		sends[1].Effect != "Deny" {
		t.Errorf("the queue lets in %+v", sends)
	}
}

func TestAlerting_NoChatWithoutWebhook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config map[string]any
		want   bool
	}{"with": {telling(config("api")), true}, "without": {config("api"), false}} {
		r := built(t, c.config)
		var parts int
		for _, made := range r.All() {
			if strings.Contains(made.Name, "chat") || strings.Contains(made.Name, "courier") {
				parts++
			}
		}
		if (parts > 0) != c.want {
			t.Errorf("%s a webhook %d parts are made of the chat", name, parts)
		}
		lets := strings.Contains(r.One(t, keyType, "gate-alerts").Text("policy"), "sns.amazonaws.com")
		if lets != c.want {
			t.Errorf("%s a webhook SNS may use the key: %t", name, lets)
		}
	}
}
