package gate_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/findings"
	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/detection"
	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/settings"
)

const (
	eventTargetType = "aws:cloudwatch/eventTarget:EventTarget"
	findingsMachine = "arn:aws:states:eu-west-2:111111111111:stateMachine:prodgate-containment"
)

// responding is a stack with a response to what is found.
func responding(t *testing.T, response, guardDuty string) *settings.Settings {
	t.Helper()
	c := config("api")
	c["detection"] = object{"response": response, "guardDuty": guardDuty}
	return decoded(t, c)
}

func TestDetection_FindingsReportedOnceAndContained(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		response, guardDuty, findingsMachine string
		told                                 bool
		contained                            int
	}{
		"a stack that contains":             {"contain", "create", findingsMachine, true, 1},
		"one that contains, and adopts":     {"contain", "adopt", findingsMachine, true, 1},
		"a stack that alerts":               {"alert", "create", "", true, 0},
		"a stack that does neither":         {"off", "create", "", false, 0},
		"a stack that has no GuardDuty":     {"contain", "off", findingsMachine, false, 0},
		"a stack that has nothing of these": {"off", "off", "", false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := responding(t, c.response, c.guardDuty)
			r := world(s).MustRun(t, findingRules(s, c.findingsMachine))
			if r.Has(eventRuleType) != c.told {
				t.Fatalf("there are rules: %t", r.Has(eventRuleType))
			}
			if !c.told {
				return
			}
			patterns := map[string]string{}
			for _, rule := range r.Of(t, eventRuleType) {
				patterns[rule.Name] = rule.Text("eventPattern")
			}
			want := map[string]string{"gate-findings": findings.ReportedPattern(s)}
			for i, pattern := range findings.ContainedPatterns(s)[:c.contained] {
				want["gate-contained-findings-"+string(rune('1'+i))] = pattern
			}
			if !maps.Equal(patterns, want) {
				t.Errorf("the rules are %v\nwant %v", patterns, want)
			}
			for _, target := range r.Of(t, eventTargetType) {
				told := target.Name == "gate-findings"
				if target.Text("deadLetterConfig.arn") != "queue" {
					t.Errorf("%s: what is not delivered is lost", target)
				}
				if told && (target.Text("arn") != "topic" || target.Text("roleArn") != "") {
					t.Errorf("%s: is reported to %s", target, target.Text("arn"))
				}
				if !told && (target.Text("arn") != findingsMachine || !strings.Contains(target.Text("roleArn"), "role/dispatcher") || target.Text("inputTransformer.inputTemplate") != "") {
					t.Errorf("%s: starts %s as %s", target, target.Text("arn"), target.Text("roleArn"))
				}
			}
			if n := len(r.Of(t, eventTargetType)); n != 1+c.contained {
				t.Errorf("%d targets", n)
			}
			says := r.One(t, eventTargetType, "gate-findings").Text("inputTransformer.inputTemplate")
			if held := strings.Contains(says, "Deployments are stopped"); held != (c.contained > 0) {
				t.Errorf("the alert says that deployments are stopped: %t", held)
			}
		})
	}
}

// variable is one of a message, between < and >.
var variable = regexp.MustCompile(`<([A-Za-z0-9_-]+)>`)

// TestDetection_MessagesUseRulePaths: EventBridge leaves a variable that has no path
// as it stands, and a template has to be a JSON string.
func TestDetection_MessagesUseRulePaths(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, target := range built(t, config("api")).Of(t, eventTargetType) {
		text := target.Text("inputTransformer.inputTemplate")
		if text == "" {
			continue
		}
		checked++
		var message string
		if err := json.Unmarshal([]byte(text), &message); err != nil {
			t.Errorf("%s: %v in %s", target, err, text)
		}
		var used []string
		for _, found := range variable.FindAllStringSubmatch(message, -1) {
			used = append(used, found[1])
		}
		var paths []string
		for name := range target.Input("inputTransformer.inputPaths").ObjectValue() {
			paths = append(paths, string(name))
		}
		if used, paths := slices.Compact(slices.Sorted(slices.Values(used))), slices.Sorted(slices.Values(paths)); !slices.Equal(used, paths) {
			t.Errorf("%s says %v and takes %v", target, used, paths)
		}
	}
	if checked < 3 {
		t.Errorf("looked at %d messages only", checked)
	}
}

func TestDetection_ReportExternalAccess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		response, analyzer string
		want               bool
	}{{"alert", "create", true}, {"contain", "adopt", true}, {"alert", "off", false}, {"off", "create", false}} {
		configuration := config("api")
		configuration["detection"] = object{"response": c.response, "accessAnalyzer": c.analyzer}
		r := built(t, configuration)
		var rule *gatetest.Resource
		for _, one := range r.All() {
			if one.Type == eventRuleType && one.Name == "gate-external-access" {
				rule = one
			}
		}
		if (rule != nil) != c.want {
			t.Errorf("response %s, analyzer %s: there is a rule: %t", c.response, c.analyzer, rule != nil)
		}
		if rule == nil {
			continue
		}
		for _, key := range r.Of(t, keyType) {
			if !strings.Contains(rule.Text("eventPattern"), key.Output("arn")) {
				t.Errorf("%s is not in the pattern", key)
			}
		}
	}
}

// findingRules are the rules for findings alone, in a stack whose containment is a state
// machine of an ARN; empty for none.
func findingRules(s *settings.Settings, machineArn string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		c := component.New(ctx, s, "gate")
		role, err := iam.NewRole(ctx, "gate-dispatcher", &iam.RoleArgs{Name: pulumi.String("dispatcher"), AssumeRolePolicy: pulumi.String("{}")})
		if err != nil {
			return err
		}
		parent, err := c.NewGroup(component.DetectionType, nil, "gate-detection")
		if err != nil {
			return err
		}
		alerts := &alerting.Alerts{TopicArn: pulumi.String("topic").ToStringOutput(), DeadLettersArn: pulumi.String("queue").ToStringOutput()}
		var contain *alerting.StepFunctionsTarget
		if machineArn != "" {
			contain = &alerting.StepFunctionsTarget{
				MachineArn: pulumi.String(machineArn), Role: &identity.Role{Role: role, Attached: []pulumi.Resource{role}},
			}
		}
		_, err = detection.NewFindingRules(c, parent, alerts, contain)
		return err
	}
}
