package screen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

const aRole = "urn:pulumi:dev::prodgate::prodgate:index:Gate$aws:iam/role:Role::gate-build"

func newProgress(out *bytes.Buffer) *progress {
	p := &progress{out: out, printed: map[string]bool{}}
	p.begin("")
	return p
}

// TestProgress_Problems prints each problem once, with its resource, and no
// debug messages of the engine.
func TestProgress_Problems(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := newProgress(&out)
	diagnostic := func(severity, urn, text string, ephemeral bool) {
		p.record(apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: severity, URN: urn, Message: text, Ephemeral: ephemeral}})
	}
	diagnostic("warning", "", "<{%fg 3%}>deprecated<{%reset%}>\n", false)
	if p.hasProblems() {
		t.Error("a warning is a problem")
	}
	diagnostic("debug", "", "noise", false)
	diagnostic("info", "", "spinner", true)
	for range 2 { // by the preview, and by the update
		diagnostic("error", aRole, "<{%reset%}>no such boundary<{%reset%}>\n", false)
	}
	diagnostic("error", "urn:pulumi:dev::prodgate::pulumi:pulumi:Stack::prodgate-dev", "reviews: 9 is too many", false)
	p.record(apitype.EngineEvent{PolicyEvent: &apitype.PolicyEvent{ResourceURN: aRole, PolicyName: "roles-have-boundaries", EnforcementLevel: "mandatory", Message: "has none"}})
	want := `warning: deprecated
error: aws:iam/role:Role gate-build: no such boundary
error: reviews: 9 is too many
policy roles-have-boundaries (mandatory): aws:iam/role:Role gate-build: has none
`
	if got := out.String(); got != want {
		t.Errorf("printed is\n%swant\n%s", got, want)
	}
	if !p.hasProblems() {
		t.Error("errors are no problems")
	}
}

// TestProgress_Lines prints the progress, and no line twice in a row.
func TestProgress_Lines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := newProgress(&out)
	step := func(op apitype.OpType, name string, planning bool) {
		p.record(apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{
			Planning: planning, Metadata: apitype.StepEventMetadata{Op: op, URN: aRole + name}}})
	}
	p.report()
	step(apitype.OpRefresh, "a", true)
	p.report()
	p.report()
	step(apitype.OpCreate, "a", true)
	step(apitype.OpCreate, "b", true)
	p.report()
	p.record(apitype.EngineEvent{SummaryEvent: &apitype.SummaryEvent{IsPreview: true, ResourceChanges: map[apitype.OpType]int{apitype.OpCreate: 2, apitype.OpSame: 1}}})
	p.begin("")
	step(apitype.OpCreate, "a", false)
	p.report()
	want := `  … starting the engine
  … preview: 1 resources read
  … preview: 2 resources
  … update: 1 of 3 resources done
`
	if got := out.String(); got != want {
		t.Errorf("printed is\n%swant\n%s", got, want)
	}
}

// TestFollow_CommandThatFails prints the output of a command that fails before its engine
// starts, and no output of a command that succeeds.
func TestFollow_CommandThatFails(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Follow(exec.CommandContext(t.Context(), "sh", "-c", "echo the stack is locked >&2; exit 3"), &out); err == nil || out.String() != "the stack is locked\n" {
		t.Errorf("%v, printed is %q", err, &out)
	}
	out.Reset()
	if err := Follow(exec.CommandContext(t.Context(), "sh", "-c", "echo hundreds of lines"), &out); err != nil || out.Len() > 0 {
		t.Errorf("%v, printed is %q", err, &out)
	}
}

// exported is the exported state of a stack with some apps.
func exported(t *testing.T, apps int, handshake string) []byte {
	t.Helper()
	byName := map[string]any{}
	resources := []any{
		map[string]any{"type": "aws:iam/role:Role"}, map[string]any{"type": "aws:iam/role:Role"}, map[string]any{"type": "aws:kms/key:Key"},
		map[string]any{"type": "aws:sns/topicSubscription:TopicSubscription", "outputs": map[string]any{"pendingConfirmation": true, "endpoint": "ops@example.com"}},
		map[string]any{"type": "aws:sns/topicSubscription:TopicSubscription", "outputs": map[string]any{"pendingConfirmation": false, "endpoint": "dev@example.com"}},
	}
	for i := range apps {
		name := fmt.Sprintf("app-%02d", i)
		byName[name] = map[string]any{"pipelineArn": "arn:aws:codepipeline:eu-west-2:111111111111:" + name + "-gate"}
	}
	resources = append(resources, map[string]any{"type": "pulumi:pulumi:Stack", "outputs": map[string]any{"apps": byName, "connectionHandshake": handshake}})
	text, err := json.Marshal(map[string]any{"deployment": map[string]any{"resources": resources}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestSummary_SaysWhatIsThere names the pipelines with their pages, the whole
// handshake, and the next command.
func TestSummary_SaysWhatIsThere(t *testing.T) {
	t.Parallel()
	handshake := "The connection is PENDING: open https://example.com/" + strings.Repeat("long/", 40) + ", choose it."
	lines, err := Summary("prod", exported(t, 1, handshake))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"  6 resources, among them 1 key, 2 roles",
		"  pipeline of app-00: https://eu-west-2.console.aws.amazon.com/codesuite/codepipeline/pipelines/app-00-gate/view?region=eu-west-2",
		"  pending: " + handshake,
		"  pending: ops@example.com gets no alerts before it confirms AWS's message.",
		"  next: `make preview STACK=prod` after a change, `make outputs STACK=prod`, `make down STACK=prod`",
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// TestSummary_StaysShort: a summary has less than 20 lines for a stack of any size.
func TestSummary_StaysShort(t *testing.T) {
	t.Parallel()
	lines, err := Summary("prod", exported(t, 40, ""))
	if err != nil || len(lines) >= 19 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
	if text := strings.Join(lines, "\n"); !strings.Contains(text, "… and 32 more pipelines") || strings.Contains(text, "handshake") {
		t.Errorf("got\n%s", text)
	}
}

// TestOutputs_CountsDocuments lists every output, and only the number of guardrails.
func TestOutputs_CountsDocuments(t *testing.T) {
	t.Parallel()
	lines, err := Outputs("dev", []byte(`{"account": "111111111111", "containmentArn": "", "contractVersion": 1,
		"guardrails": ["{\"Statement\": []}", "{}"], "apps": {"web": {"pipeline": "web-gate", "approverRoleArn": ""}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `  account              111111111111
  apps
    web
      approverRoleArn
      pipeline         web-gate
  containmentArn
  contractVersion      1
  guardrails           2 documents: make outputs STACK=dev OUTPUT=guardrails`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
