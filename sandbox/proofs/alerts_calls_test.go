package proofs

import (
	"bytes"
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/naming"
)

// TestAlerts_OnePerReportedCall makes every call of the catalogue that is reported on
// the stack's own parts, as a stranger and as everybody who may make it: one message, or
// none. The calls have no effect, or the first of them would take the watch away; what
// CloudTrail says of them, the emulator makes of the request. Then the same events of
// everybody else are held against the deployed rules.
func TestAlerts_OnePerReportedCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prod", shifted, alerting)
	w.tellChat("https://chat.example.com/services/T0/B0/x")
	w.up()
	app := w.theApp()
	app.listener = listener
	w.toldOfOnce(app, 150, func(target catalogue.Target) bool {
		// prod has no machine without containment, and its source is GitHub.
		return !slices.Contains(append(committed, catalogue.Machines, catalogue.Executions, catalogue.Hub), target)
	})
}

// toldOfOnce is the proof for the rows on some targets, which are so many at least.
func (w *world) toldOfOnce(app delivered, least int, on func(catalogue.Target) bool) {
	w.Helper()
	t := w.T
	inbox, records := w.inbox(), w.recordsOfCalls()
	e := w.readEstate()
	callers := w.callers(app)
	for i := range callers {
		callers[i].triggers = e.source != "" && callers[i].duty == naming.Dispatcher
	}
	stranger := callers[0]

	type try struct {
		row  catalogue.Call
		who  caller
		told bool // whether a message has to come
	}
	var tries []try
	var calls, events []any
	rows := map[string]bool{}
	for _, row := range catalogue.Calls {
		if row.Reported != catalogue.Alert && row.Reported != catalogue.AlertOnRead || !on(row.On) {
			continue
		}
		named := names[row.On]
		if named == nil {
			t.Errorf("%s on %s: nothing says how a request names it", row.Action, row.On)
			continue
		}
		rows[row.Action+string(row.On)] = true
		for _, who := range callers {
			if may := who.may(row); who.name != stranger.name && (!may || who.identity["type"] == "AWSService") {
				continue
			}
			for _, operation := range operationsOf(row) {
				told := map[string]any{"userIdentity": who.identity, "userAgent": "try-" + strconv.Itoa(len(tries))}
				if service, is := noOperation[row.Action]; is {
					events = append(events, recorded(w, row, service, told, named(e, app)))
				} else {
					calls = append(calls, map[string]any{
						"service": clientOf(row.Action), "operation": operation, "region": regionOf(row.Action),
						"names": named(e, app), "told": told,
					})
				}
				tries = append(tries, try{row, who, who.name == stranger.name})
			}
		}
	}
	w.call(calls)
	for _, event := range events {
		w.must(w.Cloud.Inject(t.Context(), event))
	}
	w.must(w.Cloud.WaitForEvents(t.Context()))

	got := map[int]int{}
	for _, message := range inbox() {
		found := regexp.MustCompile(`with try-(\d+) at`).FindStringSubmatch(message.Message)
		if found == nil {
			t.Errorf("a message of no call: %s", message.Message)
			continue
		}
		n, _ := strconv.Atoi(found[1])
		got[n]++
		if !strings.Contains(message.Message, tries[n].who.arn()) {
			t.Errorf("%s by %s: the message does not say who: %s", tries[n].row.Action, tries[n].who.name, message.Message)
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
	if len(rows) < least || messages < len(rows) || messages == len(tries) {
		t.Errorf("%d rows, %d tries and %d messages: that proves little", len(rows), len(tries), messages)
	}
	t.Logf("%d rows: %d calls, %d reported in one message each, the others in none", len(rows), len(tries), messages)

	if e.source == "" {
		w.assertUnlistedReported(app, stranger, callers, inbox)
	}

	// The stranger's events, as everybody's.
	seen := map[int]map[string]any{}
	for _, body := range w.messages(records) {
		var event map[string]any
		w.must(json.Unmarshal([]byte(body), &event))
		n, _ := strconv.Atoi(strings.TrimPrefix(event["detail"].(map[string]any)["userAgent"].(string), "try-"))
		seen[n] = event
	}
	var held []try
	var variants []any
	for n, one := range tries {
		if !one.told {
			continue
		}
		if seen[n] == nil {
			t.Errorf("%s on %s: no event of it came", one.row.Action, one.row.On)
			continue
		}
		for _, who := range callers {
			event, detail := maps.Clone(seen[n]), maps.Clone(seen[n]["detail"].(map[string]any))
			detail["userIdentity"] = who.identity
			event["detail"] = detail
			held, variants = append(held, try{one.row, who, !who.may(one.row)}), append(variants, event)
		}
	}
	for n, rules := range w.rulesFor(variants) {
		if want := map[bool]int{true: 1, false: 0}[held[n].told]; len(rules) != want {
			t.Errorf("%s on %s by %s is for the rules %v, want %d", held[n].row.Action, held[n].row.On, held[n].who.name, rules, want)
		}
	}
	t.Logf("%d events by %d callers: %d verdicts, one rule or none", len(variants)/len(callers), len(callers), len(variants))
}

// assertUnlistedReported injects calls that no row names: on the gate's parts, under names without its
// prefix, with omitted requests, on the rules and topics that report; and sessions of deployers, of
// break-glass and of the role for updates. Each is reported once, and a call on another part never.
func (w *world) assertUnlistedReported(app delivered, stranger caller, callers []caller, inbox func() []message) {
	w.Helper()
	p := planOf(w.account())
	deployer := callers[slices.IndexFunc(callers, func(c caller) bool { return c.name == "the deployer" })]
	type call struct {
		service, operation string
		parameters         map[string]any
		who                caller
		told               int
	}
	omitted := map[string]any{"omitted": true, "originalSize": 120000, "reason": "requestParameters too large"}
	calls := []call{
		{"iam", "CreateRole", map[string]any{"roleName": "harmless", "path": "/prodgate/pipeline/"}, stranger, 1},
		{"iam", "CreateRole", map[string]any{"roleName": "harmless", "path": "/team/"}, stranger, 0},
		{"iam", "TagRole", map[string]any{"roleName": p.Role(app.name, naming.Build).Name}, stranger, 1},
		{"iam", "PutRolePolicy", omitted, stranger, 1},
		{"iam", "PutRolePolicy", omitted, deployer, 0},
		{"ecr", "SetRepositoryPolicy", omitted, stranger, 1},
		{"ecr", "PutRegistryPolicy", omitted, stranger, 1},
		{"codepipeline", "SomethingNew", map[string]any{"pipelineName": p.Pipeline(app.name).Name}, stranger, 1},
		{"codepipeline", "SomethingNew", map[string]any{"pipelineName": "another"}, stranger, 0},
		{"codepipeline", "SomethingNew", map[string]any{"pipelineName": p.Pipeline(app.name).Name}, deployer, 0},
		{"codebuild", "BatchDeleteBuilds", map[string]any{"ids": []string{"other:1", p.Project(app.name, naming.Build).Name + ":1"}}, stranger, 1},
		{"events", "DisableRule", map[string]any{"name": p.Gate + "-rules"}, stranger, 1},
		{"events", "DisableRule", map[string]any{"name": p.Gate + "-watch-topic"}, stranger, 1},
		{"events", "RemoveTargets", map[string]any{"rule": p.Gate + "-findings", "ids": []string{"alerts"}}, stranger, 1},
		{"events", "PutPermission", map[string]any{"statementId": "x", "principal": "*"}, stranger, 1},
		{"events", "UpdateEventBus", map[string]any{"name": "default"}, stranger, 1},
		{"sns", "Unsubscribe", map[string]any{"subscriptionArn": p.Topic().ARN + ":5be8e5a7"}, stranger, 1},
		{"sns", "Unsubscribe", map[string]any{"subscriptionArn": p.SecondTopic().ARN + ":5be8e5a7"}, stranger, 1},
		{"sns", "ConfirmSubscription", map[string]any{"topicArn": p.Topic().ARN}, stranger, 0},
		{"monitoring", "PutAlarmMuteRule", map[string]any{"muteTargets": map[string]any{"alarmNames": []string{p.DeadLetterAlarm().Name}}}, stranger, 1},
		{"config", "DisassociateResourceTypes", map[string]any{"configurationRecorderArn": "x"}, stranger, 1},
		{"guardduty", "CreateTrustedEntitySet", map[string]any{"detectorId": "x"}, stranger, 1},
		{"ecs", "RegisterContainerInstance", map[string]any{"cluster": app.cluster}, stranger, 0},
		{"ecs", "CreateExpressGatewayService", map[string]any{"cluster": app.cluster}, stranger, 1},
		{"logs", "CreateLogStream", map[string]any{"logGroupName": p.LogGroup(app.name, naming.Build).Name}, stranger, 0},
		{"sts", "AssumeRole", map[string]any{"roleArn": deployer.identity["sessionContext"].(map[string]any)["sessionIssuer"].(map[string]any)["arn"]}, stranger, 1},
		{"sts", "AssumeRoleWithWebIdentity", map[string]any{"roleArn": p.Role("", naming.Deploy).ARN}, stranger, 1},
		{"sts", "AssumeRole", map[string]any{"roleArn": "arn:aws:iam::" + w.account() + ":role/developer"}, stranger, 0},
	}
	for n, c := range calls {
		event := recorded(w, catalogue.Call{Action: c.service + ":" + c.operation}, c.service+".amazonaws.com",
			map[string]any{"userIdentity": c.who.identity, "userAgent": "unlisted-" + strconv.Itoa(n)}, nil)
		event["detail"].(map[string]any)["requestParameters"] = c.parameters
		w.must(w.Cloud.Inject(w.Context(), event))
	}
	got := map[int]int{}
	for _, message := range inbox() {
		found := regexp.MustCompile(`with unlisted-(\d+) at`).FindStringSubmatch(message.Message)
		if found == nil {
			w.Errorf("a message of no call: %s", message.Message)
			continue
		}
		n, _ := strconv.Atoi(found[1])
		got[n]++
	}
	for n, c := range calls {
		if got[n] != c.told {
			w.Errorf("%s:%s with %v by %s: %d messages, want %d", c.service, c.operation, c.parameters, c.who.name, got[n], c.told)
		}
	}
}

// recordsOfCalls is a queue that gets the events of the tries as they are.
func (w *world) recordsOfCalls() queue {
	w.Helper()
	q := w.queue("records")
	_, err := w.aws.events.PutRule(w.Context(), &eventbridge.PutRuleInput{
		Name: ptr("records"), State: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
		EventPattern: ptr(`{"detail": {"userAgent": [{"prefix": "try-"}]}}`),
	})
	w.must(err)
	_, err = w.aws.events.PutTargets(w.Context(), &eventbridge.PutTargetsInput{
		Rule: ptr("records"), Targets: []eventtypes.Target{{Id: ptr("queue"), Arn: &q.arn}},
	})
	w.must(err)
	return q
}

// forget takes away what listened.
func (w *world) forget() {
	w.Helper()
	_, err := w.aws.events.RemoveTargets(w.Context(), &eventbridge.RemoveTargetsInput{Rule: ptr("records"), Ids: []string{"queue"}})
	w.must(err)
	_, err = w.aws.events.DeleteRule(w.Context(), &eventbridge.DeleteRuleInput{Name: ptr("records")})
	w.must(err)
	for _, name := range []string{"inbox", "records"} {
		found, err := w.aws.sqs.GetQueueUrl(w.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
		w.must(err)
		_, err = w.aws.sqs.DeleteQueue(w.Context(), &sqs.DeleteQueueInput{QueueUrl: found.QueueUrl})
		w.must(err)
	}
}

// rulesFor are the deployed rules that each event is for.
func (w *world) rulesFor(events []any) (rules [][]string) {
	w.Helper()
	type rule struct {
		Name    string `json:"name"`
		Pattern string `json:"pattern"`
		All     bool   `json:"all"`
	}
	var deployed []rule
	names, err := rulesOf(w.Context(), w.aws.events)
	w.must(err)
	for _, name := range names {
		r, err := w.aws.events.DescribeRule(w.Context(), &eventbridge.DescribeRuleInput{Name: &name})
		w.must(err)
		if strings.HasPrefix(name, "prodgate-watch-") || name == "prodgate-rules" {
			deployed = append(deployed, rule{name, *r.EventPattern, r.State == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"})
		}
	}
	for _, line := range w.python("judge.py", append([]any{deployed}, events...)) {
		var names []string
		w.must(json.Unmarshal([]byte(line), &names))
		rules = append(rules, names)
	}
	if len(rules) != len(events) || len(deployed) < 13 {
		w.Fatalf("%d verdicts on %d events by %d rules", len(rules), len(events), len(deployed))
	}
	return rules
}

// call makes calls that have no effect, all in one process.
func (w *world) call(calls []any) {
	w.Helper()
	made := 0
	for _, line := range w.python("call.py", calls) {
		var answer struct{ Call, Error string }
		w.must(json.Unmarshal([]byte(line), &answer))
		if answer.Error != "" {
			w.Fatalf("a call cannot be made: %s", line)
		}
		made++
	}
	if made != len(calls) {
		w.Errorf("%d calls made of %d", made, len(calls))
	}
}

// python runs a script of testdata on lines of JSON, and returns its lines.
func (w *world) python(script string, lines []any) []string {
	w.Helper()
	var in, out, errors bytes.Buffer
	for _, one := range lines {
		line, err := json.Marshal(one)
		w.must(err)
		in.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(w.Context(), kit.Python, filepath.Join("testdata", script))
	cmd.Env = append(cmd.Environ(), "AWS_ENDPOINT_URL="+w.Cloud.AWS)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &errors
	if err := cmd.Run(); err != nil {
		w.Fatalf("%s: %v\n%s", script, err, &errors)
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}
