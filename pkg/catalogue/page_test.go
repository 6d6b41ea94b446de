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

// words are how the page calls who may make a call.
var words = map[string]string{
	naming.Pipeline:    "the app's pipeline",
	naming.Build:       "the app's build",
	naming.Scan:        "the app's scans",
	naming.Approver:    "the app's approver",
	naming.Inspect:     "what looks at images and deployments",
	naming.Sign:        "what signs",
	naming.Prepare:     "what verifies before a deployment",
	naming.Shift:       "CodeDeploy",
	naming.Recorder:    "AWS Config's recorder",
	naming.Dispatcher:  "EventBridge, for the gate's rules",
	naming.Courier:     "what brings alerts to the chat",
	naming.Verifier:    "the check of the known state",
	naming.Containment: "containment",
	naming.Release:     "release",
	naming.Remediator:  "AWS Config's remedies",
	Execution:          "the app's execution role",
	Approvers:          "`access.approverArns`",
	Mergers:            "`source.mergerArns`",
	Trigger:            "EventBridge, where the source is CodeCommit",
	Rotation:           "the function that rotates it",
	ServiceLinked:      "AWS's service-linked roles",
}

const preamble = `# Ways around the pipeline

Written from the table in ` + "`calls.go`" + ` by ` + "`go test ./pkg/catalogue -update`" + `. %d calls that can change production around the
pipeline, hide it, or prepare it; nobody is listed who always may: the deployers (` + "`access.deployerArns`" + ` and the gate's own role for
GitHub Actions) and ` + "`access.breakGlassArn`" + `.

**Denied by.** A *guardrail* is a service control policy: it holds for every user and role of the account, its root included, but not
outside an organization. Without one the %d calls that a guardrail alone denies are left to the account's own IAM, and reported
(but for ` + "`iam:PassRole`" + `, which with a role of the gate is of little use: its trust names one pipeline or project). Guardrails do not bind
AWS's service-linked roles, through which services do their own work. A *policy* is the resource's own, and denies everywhere.
*Branch protection*, *only-main check* and *code owners* are GitHub's, where ` + "`source.protection`" + ` is not off. – is nothing.
What is on GitHub or the connection is so where the source is GitHub, what is on CodeCommit where it is CodeCommit.

**Reported by.** An *alert* is an EventBridge rule on the management event that CloudTrail logs; an *alert on reads* one that asks for
read-only events too; both leave out who may make the call and who may change the gate, and say who did what, from where. A *branch event* is
an EventBridge rule on CodeCommit's own event, which tells of every change of prod, whoever makes it. A *preview* is the next
` + "`pulumi preview --refresh`" + `, which shows the difference. *Nothing*: a data event (objects of S3, messages of SNS), of which EventBridge
hears only where a trail is made to log it; or no call of its own (` + "`iam:PassRole`" + `, which is checked within others; a push to GitHub).

**On what.** The calls on *the account* name nothing smaller that belongs to the gate: they are refused in the whole account. So are those
on trails, GuardDuty, AWS Config and, where the gate makes it, the connection, whose ids are AWS's to give.

| call | what it would do | on what | who else may | denied by | reported by |
|---|---|---|---|---|---|
`

// page is the table for a person.
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
		t.Error("the page is not of this table; run go test ./pkg/catalogue -update")
	}
	for _, c := range Calls {
		for _, duty := range c.Authorized {
			if words[duty] == "" {
				t.Errorf("%s: the page has no word for %s", c.Action, duty)
			}
		}
	}
}
