package gate_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/gatetest"
)

// respondingWith is a stack with everything that the catalogue knows, and a response.
func respondingWith(response string) map[string]any {
	c := withSecrets(approved("api"))
	c["detection"] = object{"response": response}
	return c
}

// targets are those of a rule, by id.
func targets(t *testing.T, r *gatetest.Recording, rule *gatetest.Resource) map[string]*gatetest.Resource {
	t.Helper()
	all := map[string]*gatetest.Resource{}
	for _, target := range r.Of(t, eventTargetType) {
		if target.Text("rule") == rule.Text("name") && strings.HasSuffix(target.Name, "-global") == strings.HasSuffix(rule.Name, "-global") {
			all[target.Text("targetId")] = target
		}
	}
	return all
}

// TestWatch_StartTheCheck: an event on a part that delivers invokes the check of the known state, whose policy lets it.
func TestWatch_StartTheCheck(t *testing.T) {
	t.Parallel()
	for _, response := range []string{"alert", "contain"} {
		c := respondingWith(response)
		r := built(t, c)
		function := r.One(t, functionType, "gate-verifier").Output("arn")
		permission := r.One(t, "aws:lambda/permission:Permission", "gate-check")
		if got := permission.Text("sourceArn"); got != "arn:aws:events:eu-west-2:111111111111:rule/prodgate-*" || permission.Text("principal") != "events.amazonaws.com" {
			t.Errorf("the function lets %s of %s invoke it", permission.Text("principal"), got)
		}
		started := 0
		for _, rule := range r.Of(t, eventRuleType) {
			to := targets(t, r, rule)
			if len(to) > 5 { // Amazon EventBridge quotas, Targets per rule
				t.Errorf("%s has %d targets", rule, len(to))
			}
			i := slices.IndexFunc(catalogue.AlertRules(decoded(t, c), nil), func(a catalogue.AlertRule) bool { return "gate-"+a.Name == rule.Name && a.AffectsDelivery })
			check := to["verifier"]
			if rule.Name == "gate-check" { // the schedule
				continue
			}
			if (check != nil) != (i >= 0) {
				t.Errorf("%s starts the check is %t", rule, check != nil)
			}
			if check == nil {
				continue
			}
			started++
			if check.Text("arn") != function || check.Text("input") != `{"rule":"`+rule.Text("name")+`"}` || check.Input("deadLetterConfig").IsNull() || !slices.Contains(check.DependsOn, permission.URN) {
				t.Errorf("%s starts %s with %s", rule, check.Text("arn"), check.Text("input"))
			}
		}
		if started < 7 {
			t.Errorf("%d rules start the check", started)
		}
	}
}

func TestWatch_ReportEachAlertOnce(t *testing.T) {
	t.Parallel()
	c := respondingWith("alert")
	r := built(t, c)
	topics := map[bool]string{
		false: r.One(t, "aws:sns/topic:Topic", "gate-alerts").Output("arn"), true: r.One(t, "aws:sns/topic:Topic", "gate-alerts-watch").Output("arn"),
	}
	queue := r.One(t, "aws:sqs/queue:Queue", "gate-dead-letters").Output("arn")
	alerts := catalogue.AlertRules(decoded(t, c), nil)
	for _, alert := range alerts {
		rule := r.One(t, eventRuleType, "gate-"+alert.Name)
		want := map[bool]string{true: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", false: "ENABLED"}[alert.Reads]
		if rule.Text("state") != want || !json.Valid([]byte(rule.Text("eventPattern"))) {
			t.Errorf("%s is %s: %s", rule, rule.Text("state"), rule.Text("eventPattern"))
		}
		to := targets(t, r, rule)
		delete(to, "verifier") // TestWatch_StartTheCheck
		if len(to) != 1 || to["alerts"] == nil || to["alerts"].Text("arn") != topics[alert.SecondTopic] || to["alerts"].Text("deadLetterConfig.arn") != queue {
			t.Errorf("%s has the targets %v", rule, to)
			continue
		}
		message := to["alerts"].Text("inputTransformer.inputTemplate")
		for _, says := range []string{alert.What, "<who>", "<call>", "<from>", "<at>", "<error>", "pulumi up", "111111111111"} {
			if !strings.Contains(message, says) {
				t.Errorf("%s does not tell of %s: %s", rule, says, message)
			}
		}
		for path := range to["alerts"].Input("inputTransformer.inputPaths").ObjectValue() {
			if !strings.Contains(message, "<"+string(path)+">") {
				t.Errorf("%s: %s is looked up and not told", rule, path)
			}
		}
	}
	if len(alerts) < 10 {
		t.Errorf("%d alerts only", len(alerts))
	}
}

func TestWatch_ForwardIAMEvents(t *testing.T) {
	t.Parallel()
	c := respondingWith("alert")
	r := built(t, c)
	forwarding := catalogue.ForwardedRules(decoded(t, c), nil)
	for _, alert := range forwarding {
		there := r.One(t, eventRuleType, "gate-"+alert.Name+"-global")
		want := map[bool]string{true: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", false: "ENABLED"}[alert.Reads]
		if there.Text("name") != "prodgate-"+alert.Name || there.Text("eventPattern") != alert.Pattern(decoded(t, c), catalogue.DeployedARNs{}) || there.Text("state") != want {
			t.Errorf("%s is %s in the state %s: %s", there, there.Text("name"), there.Text("state"), there.Text("eventPattern"))
		}
		to := targets(t, r, there)
		bus := to["eu-west-2"]
		if len(to) != 1 || bus == nil || bus.Text("arn") != "arn:aws:events:eu-west-2:111111111111:event-bus/default" || bus.Text("roleArn") == "" {
			t.Errorf("%s goes to %v", there, to)
		}
	}
	made := 0
	for _, rule := range r.Of(t, eventRuleType) {
		if strings.HasSuffix(rule.Name, "-global") {
			made++
		}
	}
	if len(forwarding) != 2 || made != 2 {
		t.Errorf("%d rules forward, of %d", made, len(forwarding))
	}

	home := approved("api")
	home["aws:region"] = "us-east-1"
	for _, made := range built(t, home).All() {
		if strings.HasSuffix(made.Name, "-global") {
			t.Errorf("%s is made in the region where the events arrive anyway", made)
		}
	}
}

func TestWatch_WarnWithoutAlerts(t *testing.T) {
	t.Parallel()
	r := built(t, respondingWith("off"))
	for _, made := range r.All() {
		if strings.HasPrefix(made.Name, "gate-watch-") || made.Name == "gate-rules" || made.Name == "gate-alerts-watch" || strings.HasSuffix(made.Name, "-global") {
			t.Errorf("%s is made", made)
		}
	}
	want := `prodgate:detection.response: "off": nobody is alerted when a call bypasses the gate; set it to alert, unless something else watches the account`
	if !slices.Contains(r.Warnings, want) {
		t.Errorf("warns of %q", r.Warnings)
	}
}

// EventBridge has no room for the execution roles of too many apps: what is told
// without the rule would be every pull of an image.
func TestWatch_WarnOfAlertLeftOut(t *testing.T) {
	t.Parallel()
	c := respondingWith("alert")
	var apps []any
	for i := range 40 {
		one := app(fmt.Sprintf("app%d", i))
		one["executionRoleArn"] = fmt.Sprintf("arn:aws:iam::111111111111:role/%s%d", strings.Repeat("e", 50), i)
		apps = append(apps, one)
	}
	c["apps"] = apps
	r := built(t, c)
	for _, name := range []string{"watch-images-read"} {
		if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "the alert "+name+" is left out") }) {
			t.Errorf("%s: warns of %q", name, r.Warnings)
		}
		for _, made := range r.Of(t, eventRuleType) {
			if made.Name == "gate-"+name {
				t.Errorf("%s is made all the same", made)
			}
		}
	}
}
