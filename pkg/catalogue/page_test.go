package catalogue

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"prodgate/pkg/naming"
)

var update = flag.Bool("update", false, "write the page anew")

const pagePath = "README.md"

// words are the page's names of the authorized principals.
var words = map[string]string{
	naming.Pipeline:    "the app's pipeline",
	naming.Build:       "the app's build",
	naming.Scan:        "the app's scans",
	naming.Approver:    "the app's approver",
	naming.Inspect:     "the inspection projects",
	naming.Sign:        "the signing project",
	naming.Prepare:     "the project that prepares a deployment",
	naming.Shift:       "CodeDeploy",
	naming.Recorder:    "AWS Config's recorder",
	naming.Dispatcher:  "EventBridge, for the gate's rules",
	naming.ChatPipe:    "the pipe to the chat",
	naming.Verifier:    "the check of the known state",
	naming.Containment: "containment",
	naming.Release:     "release",
	naming.Remediator:  "AWS Config's remediations",
	Execution:          "the app's execution role",
	Approvers:          "`access.approverArns`",
	Mergers:            "`source.mergerArns`",
	Trigger:            "EventBridge, where the source is CodeCommit",
	Rotation:           "the rotation function",
	ServiceLinked:      "AWS's service-linked roles",
}

const preamble = `# Ways around the pipeline

Generated from the table in ` + "`calls.go`" + ` by ` + "`go test ./pkg/catalogue -update`" + `: %d calls that can change production around the
pipeline, hide such a change, or prepare it. [THREATS.md](THREATS.md) says what they add up to, and what is not closed. Always authorized, and
not listed, are the deployers (` + "`access.deployerArns`" + ` and the gate's own role for
GitHub Actions) and ` + "`access.breakGlassArn`" + `.

**Denied by.** A *guardrail* is a service control policy: it applies to every user and role of the account, its root included, and exists in
an organization only. On a part with the gate's name in its ARN it denies every action but reads, whether a row names the action or not, to
everybody but deployers, the break-glass role and the gate's own roles, which their permission boundaries bind. Without a guardrail the account's own IAM decides about the %d calls that only a guardrail denies, and they are reported
(except ` + "`iam:PassRole`" + `, which is of little use with a role of the gate: its trust names one pipeline or project). Guardrails do not apply to
AWS's service-linked roles, through which services do their own work. A *policy* is the resource's own, and denies everywhere.
*Branch protection*, *only-main check* and *code owners* are GitHub's, where ` + "`source.protection`" + ` is not off. – means no control.
Rows about GitHub and the connection apply where the source is GitHub, rows about CodeCommit where it is CodeCommit.

**Reported by.** An *alert* is an EventBridge rule that reports every write call on the part, whichever call it is: the rows are the calls that
are known to matter. It matches the service and what the request names, by CloudTrail's management event, and leaves out the deployers and the
principals that rows authorize on that service. An *alert on reads* names its calls, and receives read-only events too. A request that CloudTrail
left out for its size is reported without its part. A *branch event* is
an EventBridge rule on CodeCommit's own event, which reports every change of prod by anybody. A *preview* is the next
` + "`pulumi preview --refresh`" + `, which shows the difference. *Nothing*: a data event (objects of S3, messages of SNS), which EventBridge
receives only where a trail logs it; or no call of its own (` + "`iam:PassRole`" + `, which is checked within others; a push to GitHub).

**On what.** The calls on *the account* name no resource of the gate: they are denied in the whole account. So are those
on trails, GuardDuty, AWS Config and, where the gate makes it, the connection, to which AWS gives the ids.

| call | impact | on | authorized | denied by | reported by |
|---|---|---|---|---|---|
`

// page is the text of README.md.
func page() string {
	var b strings.Builder
	alone := 0
	for _, c := range Calls {
		if len(c.Denied) == 1 && c.Denied[0] == Guardrail {
			alone++
		}
	}
	fmt.Fprintf(&b, preamble, len(Calls), alone)
	for _, c := range Calls {
		var who, controls []string
		for _, duty := range c.Authorized {
			who = append(who, words[duty])
		}
		for _, control := range c.Denied {
			controls = append(controls, string(control))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", c.Action, c.Impact, c.On.scope().description,
			cmp.Or(strings.Join(who, ", "), "–"), cmp.Or(strings.Join(controls, ", "), "–"), c.Reported)
	}
	return b.String()
}

func TestCatalogue_Page(t *testing.T) {
	t.Parallel()
	want := page()
	if *update {
		if err := os.WriteFile(pagePath, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(pagePath)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("the page differs from the table; run go test ./pkg/catalogue -update")
	}
	for _, c := range Calls {
		for _, duty := range c.Authorized {
			if words[duty] == "" {
				t.Errorf("%s: the page has no word for %s", c.Action, duty)
			}
		}
	}
}
