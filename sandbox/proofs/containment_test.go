package proofs

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"prodgate/pkg/settings"
)

// TestContainment_HoldAndRelease tests the containment of a deployed stack: a tampering call holds
// its pipeline, a finding holds all pipelines; authorized and denied calls hold none; failures are
// reported; and the printed command releases.
func TestContainment_HoldAndRelease(t *testing.T) {
	t.Parallel()
	w := newWorldUp(t, "prod", unprotected)
	w.configure(unprotected, secondAppProd)
	w.up()
	c := &containing{world: w, machine: w.output("containmentArn"), queue: w.listens()}
	one, other, all := "backend-flask", "frontend-react-js", []string{"backend-flask", "frontend-react-js"}
	w.handshake()

	t.Log("a call that tampers with one pipeline, seen twice")
	runs := map[string]string{one: w.waitingRun(one), other: w.waitingRun(other)}
	before := time.Now()
	for range 2 {
		c.ends(tampering("UpdatePipeline", `{"pipeline": {"name": "backend-flask-prodgate", "version": 3}}`, mona), sfntypes.ExecutionStatusSucceeded)
		c.held(one, before)
		c.open(other)
		if got := w.status(one, runs[one]); got != "Stopped" {
			t.Errorf("the run of %s is %s", one, got)
		}
		if got := w.status(other, runs[other]); got != "InProgress" {
			t.Errorf("the run of %s is %s", other, got)
		}
		record := c.record("Deployments are stopped.")
		for _, says := range []string{
			"assumed-role/developer/mona", "UpdatePipeline of codepipeline.amazonaws.com", "203.0.113.7", `"pipeline":"backend-flask-prodgate"`,
			"Failed: []", `--input '{"pipeline":"backend-flask-prodgate"}'`,
		} {
			if !strings.Contains(record, says) {
				t.Errorf("the record does not say %s:\n%s", says, record)
			}
		}
		c.undo = line(record, "To release them: ")
	}
	same(t, "a preview of what is contained", w.planned(), lifted(one))

	t.Log("the command of the record, twice")
	for range 2 {
		c.released(c.undo)
		c.open(all...)
		if record := c.record("Deployments are released."); !strings.Contains(record, `"pipeline":"backend-flask-prodgate"`) || strings.Contains(record, other) {
			t.Errorf("the record is about another than %s:\n%s", one, record)
		}
	}
	same(t, "a preview after the release", w.planned(), map[string]string{})

	t.Log("events that contain nothing")
	for name, event := range map[string]string{
		"a call that AWS refused":       strings.Replace(tampering("UpdatePipeline", `{"pipeline": {"name": "backend-flask-prodgate"}}`, mona), `"eventID"`, `"errorCode": "AccessDenied", "eventID"`, 1),
		"one whose request is left out": tampering("PutBucketPolicy", `{"omitted": true, "originalSize": 120000, "reason": "too large"}`, mona),
		"a deployer's":                  tampering("UpdatePipeline", `{"pipeline": {"name": "backend-flask-prodgate"}}`, "deployer"),
		"that of GitHub Actions":        tampering("UpdatePipeline", `{"pipeline": {"name": "backend-flask-prodgate"}}`, "prodgate/deploy/prodgate-deploy"),
		"that of an emergency":          tampering("StopPipelineExecution", `{"pipelineName": "backend-flask-prodgate"}`, "break-glass"),
		"containment's own":             tampering("DisableStageTransition", `{"pipelineName": "backend-flask-prodgate"}`, "prodgate/containment/prodgate-containment"),
		"that of who releases it":       tampering("EnableStageTransition", `{"pipelineName": "backend-flask-prodgate"}`, "prodgate/release/prodgate-release"),
	} {
		c.ends(event, sfntypes.ExecutionStatusSucceeded)
		c.open(all...)
		if told := c.records(); len(told) != 0 {
			t.Errorf("%s is reported: %q", name, told)
		}
	}

	t.Log("a finding, twice")
	runs[one] = w.waitingRun(one)
	before = time.Now()
	for range 2 {
		events := c.ends(finding, sfntypes.ExecutionStatusSucceeded)
		c.held(one, before)
		c.held(other, before)
		for _, app := range all {
			if got := w.status(app, runs[app]); got != "Stopped" {
				t.Errorf("the run of %s is %s", app, got)
			}
		}
		// maxHistory is the most events of an execution (AWS Step Functions Developer Guide, Service quotas). Each of as
		// many apps as settings allow has its share of it.
		const maxHistory = 25000
		if limit := maxHistory / settings.MaxContained * len(all); events > limit {
			t.Errorf("%d events for %d apps, more than %d", events, len(all), limit)
		}
		record := c.record("Deployments are stopped.")
		for _, says := range []string{"Trojan:EC2/DNSDataExfiltration", "i-99999999", "(finding c0b8a1", "backend-flask-prodgate", "frontend-react-js-prodgate", "Failed: []"} {
			if !strings.Contains(record, says) {
				t.Errorf("the record does not say %s:\n%s", says, record)
			}
		}
		same(t, "the command that undoes it", line(record, "To release them: "), w.output("releaseCommand"))
	}
	for range 2 {
		c.released(w.output("releaseCommand"))
		c.open(all...)
		c.record("Deployments are released.")
	}

	t.Log("an event that a rule matches, and a person")
	c.starts(1, tampering("UpdateProject", `{"name": "prodgate-backend-flask-build"}`, mona))
	c.held(one, before)
	c.open(other)
	c.record("Deployments are stopped.")
	c.ends(`{"by-hand": "a commit that nobody knows", "detail": {"requestParameters": {"name": "frontend-react-js-prodgate"}}}`, sfntypes.ExecutionStatusSucceeded)
	c.held(other, before)
	if record := c.record("Deployments are stopped."); !strings.Contains(record, "Why: by hand: a commit that nobody knows\n") {
		t.Errorf("the record does not say why:\n%s", record)
	}
	c.released(w.output("releaseCommand"))
	c.record("Deployments are released.")

	t.Log("a deleted role")
	w.deleteRole("prodgate-backend-flask-build")
	c.ends(tampering("PutBucketPolicy", `{"bucketName": "prodgate-artifacts-222222222222-eu-west-2"}`, mona), sfntypes.ExecutionStatusFailed)
	c.held(other, before)
	record := c.record("Deployments are stopped.")
	for _, says := range []string{
		`Failed: ["backend-flask-prodgate: the sessions of the build role stay valid: Iam.NoSuchEntityException"]`,
		`{"pipeline":"backend-flask-prodgate","what":["Deploy is closed","the sessions of the pipeline role are revoked"]}`,
	} {
		if !strings.Contains(record, says) {
			t.Errorf("the record does not say %s:\n%s", says, record)
		}
	}
	c.released(w.output("releaseCommand"))
	c.record("Deployments are released.")
	w.up()
	c.open(all...)
	same(t, "a preview after the repair", w.planned(), map[string]string{})

	t.Log("a stack that only alerts")
	w.deafens(c.queue)
	w.configure(unprotected, secondAppProd, replace("response: contain", "response: alert"))
	w.up()
	same(t, "the state machines", w.inventory()["state machines"], []string(nil))
	same(t, "the outputs", w.output("containmentArn")+w.output("releaseCommand"), "")
	same(t, "a preview of a stack that tells only", w.planned(), map[string]string{})
	w.run("destroy", "--yes")
	w.empty("after destroy")
}

// mona is the role of an unauthorized person.
const mona = "developer"

// tampering is a CloudTrail event in EventBridge's form. AWS CodePipeline User
// Guide, Logging CodePipeline API calls with AWS CloudTrail; CloudTrail User Guide,
// CloudTrail record contents.
func tampering(name, parameters, role string) string {
	source := map[string]string{"UpdateProject": "codebuild", "PutBucketPolicy": "s3"}[name]
	if source == "" {
		source = "codepipeline"
	}
	roleName := role[strings.LastIndex(role, "/")+1:]
	return `{"version": "0", "id": "36eb8523-97d0-4518-b33d-ee3579ff19f0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.` + source + `",
	"account": "222222222222", "time": "2026-11-25T09:12:25Z", "region": "eu-west-2", "resources": [], "detail": {
		"eventVersion": "1.11", "userIdentity": {"type": "AssumedRole", "principalId": "AROAEXAMPLE:mona",
			"arn": "arn:aws:sts::222222222222:assumed-role/` + roleName + `/mona", "accountId": "222222222222", "accessKeyId": "ASIAEXAMPLE",
			"sessionContext": {"sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLE", "arn": "arn:aws:iam::222222222222:role/` + role + `",
				"accountId": "222222222222", "userName": "` + roleName + `"}, "attributes": {"creationDate": "2026-11-25T09:00:00Z", "mfaAuthenticated": "false"}}},
		"eventTime": "2026-11-25T09:12:25Z", "eventSource": "` + source + `.amazonaws.com", "eventName": "` + name + `", "awsRegion": "eu-west-2",
		"sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.31.0", "requestParameters": ` + parameters + `, "responseElements": null,
		"requestID": "c4f4a1b2-0000-4000-8000-000000000000", "eventID": "7c6d1f0e-0000-4000-8000-000000000000", "readOnly": false,
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": "222222222222", "eventCategory": "Management"}}`
}

// finding is a GuardDuty event. Amazon GuardDuty User Guide, Processing GuardDuty
// findings with Amazon EventBridge; GuardDuty EC2 finding types.
const finding = `{"version": "0", "id": "cd2d702e-ab31-411b-9344-793ce56b1bc7", "detail-type": "GuardDuty Finding", "source": "aws.guardduty",
	"account": "222222222222", "time": "2026-11-25T09:12:25Z", "region": "eu-west-2", "resources": [], "detail": {
		"schemaVersion": "2.0", "accountId": "222222222222", "region": "eu-west-2", "partition": "aws", "id": "c0b8a1",
		"arn": "arn:aws:guardduty:eu-west-2:222222222222:detector/12abc34d567e8fa901bc2d34e56789f0/finding/c0b8a1",
		"type": "Trojan:EC2/DNSDataExfiltration", "resource": {"resourceType": "Instance", "instanceDetails": {"instanceId": "i-99999999"}},
		"service": {"serviceName": "guardduty", "action": {"actionType": "DNS_REQUEST", "dnsRequestAction": {"domain": "GeneratedFindingDomainName", "protocol": "UDP"}}},
		"severity": 8, "createdAt": "2026-11-25T09:10:00.000Z", "updatedAt": "2026-11-25T09:10:00.000Z",
		"title": "Data exfiltration through DNS queries from EC2 instance i-99999999.", "description": "EC2 instance i-99999999 is attempting to query domain names that resemble exfiltrated data."}}`

// containing is a stack whose containment is tested.
type containing struct {
	*world
	machine string // the state machine that contains
	queue   string // behind the topic
	undo    string // the command of the last record
}

// ends runs the machine to an end, and returns the number of its events.
func (c *containing) ends(input string, want sfntypes.ExecutionStatus) int {
	c.Helper()
	started, err := c.aws.sfn.StartExecution(c.Context(), &sfn.StartExecutionInput{StateMachineArn: &c.machine, Input: &input})
	c.must(err)
	return c.ended(awssdk.ToString(started.ExecutionArn), want)
}

func (c *containing) ended(execution string, want sfntypes.ExecutionStatus) int {
	c.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		got, err := c.aws.sfn.DescribeExecution(c.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
		c.must(err)
		if got.Status == sfntypes.ExecutionStatusRunning && time.Now().Before(deadline) {
			continue
		}
		if got.Status != want {
			c.Fatalf("%s is %s: %s: %s", execution, got.Status, awssdk.ToString(got.Error), awssdk.ToString(got.Cause))
		}
		history, err := c.aws.sfn.GetExecutionHistory(c.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: &execution})
		c.must(err)
		return len(history.Events)
	}
}

// starts asserts that an event starts a number of executions, by the gate's rules, which succeed.
func (c *containing) starts(want int, event string) {
	c.Helper()
	before := c.executions(c.machine)
	c.must(c.Cloud.Inject(c.Context(), json.RawMessage(event)))
	c.must(c.Cloud.WaitForEvents(c.Context()))
	started := 0
	for _, arn := range c.executions(c.machine) {
		if !slices.Contains(before, arn) {
			started++
			c.ended(arn, sfntypes.ExecutionStatusSucceeded)
		}
	}
	if started != want {
		c.Fatalf("%d executions are started, want %d", started, want)
	}
}

// released runs a printed command with the real aws CLI, until its execution ends.
func (c *containing) released(command string) {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), "sh", "-c", command)
	cmd.Env = append(c.Cloud.Env(), "PATH="+kit.Path(), "HOME="+os.DevNull, "AWS_DEFAULT_OUTPUT=json")
	out, err := cmd.CombinedOutput()
	var started struct{ ExecutionArn string }
	if err != nil || json.Unmarshal(out, &started) != nil {
		c.Fatalf("%s: %v\n%s", command, err, out)
	}
	c.ended(started.ExecutionArn, sfntypes.ExecutionStatusSucceeded)
}

// held asserts that the app's transition into Deploy is disabled, and that the sessions of its
// roles from before a time are revoked.
func (c *containing) held(app string, before time.Time) {
	c.Helper()
	by, why, closed := c.transition(app)
	if !closed || !strings.Contains(by, ":assumed-role/prodgate-containment/") || !strings.Contains(why, "start the state machine prodgate-release") {
		c.Errorf("Deploy of %s is closed: %t, by %s: %s", app, closed, by, why)
	}
	for _, role := range rolesOf(app) {
		got, err := c.aws.iam.GetRolePolicy(c.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: ptr("AWSRevokeOlderSessions")})
		if err != nil {
			c.Errorf("%s: %v", role, err)
			continue
		}
		var document struct {
			Statement []struct {
				Effect           string
				Action, Resource []string
				Condition        map[string]map[string]time.Time
			}
		}
		c.must(json.Unmarshal([]byte(unescaped(c.T, got.PolicyDocument)), &document))
		s := document.Statement[0]
		if cut := s.Condition["DateLessThan"]["aws:TokenIssueTime"]; len(document.Statement) != 1 || s.Effect != "Deny" ||
			!slices.Equal(s.Action, []string{"*"}) || !slices.Equal(s.Resource, []string{"*"}) || cut.Before(before.Truncate(time.Millisecond)) || cut.After(time.Now()) {
			c.Errorf("%s has %+v", role, document)
		}
	}
}

// open asserts that some apps are not contained.
func (c *containing) open(apps ...string) {
	c.Helper()
	for _, app := range apps {
		if by, why, closed := c.transition(app); closed {
			c.Errorf("Deploy of %s is closed by %s: %s", app, by, why)
		}
		for _, role := range rolesOf(app) {
			got, err := c.aws.iam.ListRolePolicies(c.Context(), &iam.ListRolePoliciesInput{RoleName: &role})
			if err != nil || len(got.PolicyNames) != 0 {
				c.Errorf("%s has %v: %v", role, got.PolicyNames, err)
			}
		}
	}
}

func rolesOf(app string) []string {
	return []string{"prodgate-" + app + "-pipeline", "prodgate-" + app + "-build"}
}

// lifted are the steps of an update that remove the denials of an app's roles.
func lifted(app string) map[string]string {
	steps := map[string]string{}
	for _, duty := range []string{"pipeline", "build"} {
		steps["aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-"+app+"-"+duty] = "update"
	}
	return steps
}

// record returns the only record since the last time, and asserts its beginning.
func (c *containing) record(begins string) string {
	c.Helper()
	told := c.records()
	if len(told) != 1 || !strings.HasPrefix(told[0], begins) {
		c.Fatalf("the records are %q, want one that begins with %q", told, begins)
	}
	return told[0]
}

// records are the state machines' messages since the last time. Other proofs cover the topic's other
// messages (alerts, stopped runs, approvals).
func (c *containing) records() []string {
	c.Helper()
	var told []string
	for {
		got, err := c.aws.sqs.ReceiveMessage(c.Context(), &sqs.ReceiveMessageInput{QueueUrl: &c.queue, MaxNumberOfMessages: 10})
		c.must(err)
		if len(got.Messages) == 0 {
			return told
		}
		for _, m := range got.Messages {
			if body := awssdk.ToString(m.Body); strings.HasPrefix(body, "Deployments ") {
				told = append(told, body)
			}
			_, err := c.aws.sqs.DeleteMessage(c.Context(), &sqs.DeleteMessageInput{QueueUrl: &c.queue, ReceiptHandle: m.ReceiptHandle})
			c.must(err)
		}
	}
}

// line returns the rest of the line after a text.
func line(text, after string) string {
	_, rest, _ := strings.Cut(text, after)
	first, _, _ := strings.Cut(rest, "\n")
	return first
}

// listens puts a queue behind the topic, and deafens takes it away.
func (w *world) listens() string {
	w.Helper()
	queue, err := w.aws.sqs.CreateQueue(w.Context(), &sqs.CreateQueueInput{QueueName: ptr("behind-the-topic")})
	w.must(err)
	attributes, err := w.aws.sqs.GetQueueAttributes(w.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: queue.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	w.must(err)
	_, err = w.aws.sns.Subscribe(w.Context(), &sns.SubscribeInput{
		TopicArn: ptr(w.output("alertTopicArn")), Protocol: ptr("sqs"), Endpoint: ptr(attributes.Attributes["QueueArn"]),
		Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	w.must(err)
	return awssdk.ToString(queue.QueueUrl)
}

func (w *world) deafens(queue string) {
	w.Helper()
	subscriptions, err := w.aws.sns.ListSubscriptions(w.Context(), &sns.ListSubscriptionsInput{})
	w.must(err)
	for _, s := range subscriptions.Subscriptions {
		if strings.HasSuffix(awssdk.ToString(s.Endpoint), ":behind-the-topic") {
			_, err := w.aws.sns.Unsubscribe(w.Context(), &sns.UnsubscribeInput{SubscriptionArn: s.SubscriptionArn})
			w.must(err)
		}
	}
	_, err = w.aws.sqs.DeleteQueue(w.Context(), &sqs.DeleteQueueInput{QueueUrl: &queue})
	w.must(err)
}

// handshake completes the connection, as a person does in the console.
func (w *world) handshake() {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.Cloud.AWS+"/sandbox/handshake", strings.NewReader(w.output("connectionArn")))
	w.must(err)
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	w.must(response.Body.Close())
	if response.StatusCode != http.StatusNoContent {
		w.Fatalf("handshake: %s", response.Status)
	}
}

// waitingRun starts a run of an app's pipeline, which waits for its approval.
func (w *world) waitingRun(app string) string {
	w.Helper()
	started, err := w.aws.codepipeline.StartPipelineExecution(w.Context(), &codepipeline.StartPipelineExecutionInput{Name: ptr(app + "-prodgate")})
	w.must(err)
	run := awssdk.ToString(started.PipelineExecutionId)
	if got := w.status(app, run); got != "InProgress" {
		w.Fatalf("a run of %s is %s, and does not wait", app, got)
	}
	return run
}

// status is that of a run.
func (w *world) status(app, run string) string {
	w.Helper()
	got, err := w.aws.codepipeline.GetPipelineExecution(w.Context(), &codepipeline.GetPipelineExecutionInput{
		PipelineName: ptr(app + "-prodgate"), PipelineExecutionId: &run,
	})
	w.must(err)
	return string(got.PipelineExecution.Status)
}

// transition is who closed the way into Deploy, and why; closed is false if it is open.
func (w *world) transition(app string) (by, why string, closed bool) {
	w.Helper()
	got, err := w.aws.codepipeline.GetPipelineState(w.Context(), &codepipeline.GetPipelineStateInput{Name: ptr(app + "-prodgate")})
	w.must(err)
	for _, s := range got.StageStates {
		if awssdk.ToString(s.StageName) == "Deploy" {
			in := s.InboundTransitionState
			return awssdk.ToString(in.LastChangedBy), awssdk.ToString(in.DisabledReason), !in.Enabled
		}
	}
	w.Fatalf("%s has no stage Deploy", app)
	return "", "", false
}

// deleteRole takes a role away, and what is attached to it first.
func (w *world) deleteRole(name string) {
	w.Helper()
	attached, err := w.aws.iam.ListAttachedRolePolicies(w.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	w.must(err)
	for _, p := range attached.AttachedPolicies {
		_, err := w.aws.iam.DetachRolePolicy(w.Context(), &iam.DetachRolePolicyInput{RoleName: &name, PolicyArn: p.PolicyArn})
		w.must(err)
	}
	_, err = w.aws.iam.DeleteRole(w.Context(), &iam.DeleteRoleInput{RoleName: &name})
	w.must(err)
}
