package catalogue

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/settings"
)

// keys stand for those of KMS.
func keys() DeployedARNs {
	known := DeployedARNs{Keys: map[string]string{}, Rotators: []string{"arn:aws:iam::111111111111:role/rotation"}}
	for i, purpose := range []string{"alerts", "artifacts", "config", "images", "logs", "secrets", "trail"} {
		known.Keys[purpose] = fmt.Sprintf("arn:aws:kms:eu-west-2:111111111111:key/1234abcd-12ab-34cd-56ef-12345678900%d", i)
	}
	return known
}

func TestCatalogue_EveryReportedCallHasOneRule(t *testing.T) {
	t.Parallel()
	s := account("web")
	rules := AlertRules(s)
	in := map[string]int{}
	for _, r := range rules {
		for _, c := range r.calls {
			in[c.Action+" on "+string(c.On)]++
			if r.Reads != (c.Reported == AlertOnRead) {
				t.Errorf("%s: %s is reported by an %s", r.Name, c.Action, c.Reported)
			}
		}
	}
	checked := 0
	for _, c := range Calls {
		row := c.Action + " on " + string(c.On)
		reported := (c.Reported == Alert || c.Reported == AlertOnRead) && len(c.On.Resources(s)) > 0
		if n := in[row]; n != map[bool]int{true: 1, false: 0}[reported] {
			t.Errorf("%s is in %d rules", row, n)
		}
		if reported {
			checked++
		}
		if _, seen := eventMatchers[c.On]; !seen && reported {
			t.Errorf("%s: nothing says how an event shows it", c.On)
		}
	}
	if checked < 150 {
		t.Errorf("looked at %d rows only", checked)
	}
}

func TestCatalogue_RuleNamesAreUnique(t *testing.T) {
	t.Parallel()
	// Amazon EventBridge API, PutRule: up to 64 of these, the gate's name and a hyphen first.
	shape := regexp.MustCompile(`^on(-[a-z0-9]+)+$`)
	seen := map[string]bool{}
	for _, r := range AlertRules(account(numbered(200, "cluster")...)) {
		if !shape.MatchString(r.Name) || len(r.Name) > 64-len("-")-20 {
			t.Errorf("%q is no name of a rule", r.Name)
		}
		if seen[r.Name] {
			t.Errorf("two rules are called %s", r.Name)
		}
		seen[r.Name] = true
	}
}

func TestCatalogue_PatternLength(t *testing.T) {
	t.Parallel()
	wide := account("web")
	wide.Source.ConnectionArn = "arn:aws:codestar-connections:eu-west-2:111111111111:connection/7d2469ff-514a-4e4f-9003-5ca4a43cdc41"
	crowded := committed(numbered(50, "cluster")...)
	for i := range crowded.Apps {
		crowded.Apps[i].Repository = fmt.Sprint(strings.Repeat("r", 95), i)
	}
	for name, s := range map[string]*settings.Settings{
		"one cluster": account("web"), "200 clusters": account(numbered(200, "cluster")...), "the longest names": longest(3, 5),
		"the cluster default": account("default"), "CodeCommit": committed("web"), "CodeCommit, 50 repositories": crowded, "an adopted connection": wide, "clusters of the longest names": account(numbered(5, strings.Repeat("c", 250))...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, r := range AlertRules(s) {
				text := r.Pattern(s, keys())
				if len(text) > MaxPattern && !slices.Contains(r.authorized, Execution) { // of those there is a warning
					t.Errorf("%s: %d characters: %s", r.Name, len(text), text)
				}
				var parsed struct {
					Source     []any
					DetailType []string `json:"detail-type"`
					Detail     map[string]any
				}
				if err := json.Unmarshal([]byte(text), &parsed); err != nil || len(parsed.Source) != 1 || len(parsed.DetailType) != 1 {
					t.Errorf("%s: %v: %s", r.Name, err, text)
				}
				if strings.Contains(text, "null") || strings.Contains(text, "[]") || strings.Contains(text, `:""`) {
					t.Errorf("%s has a hole: %s", r.Name, text)
				}
			}
		})
	}
}

// Everything that a pattern leaves out may make the call, and nobody else is left out.
func TestCatalogue_PatternExceptsOnlyAuthorized(t *testing.T) {
	t.Parallel()
	s := account("web")
	for _, r := range AlertRules(s) {
		identity := r.unauthorizedIdentity(s, keys())
		session, limited := identity["sessionContext"].(pattern)
		if limited == (r.target == BreakGlass) {
			t.Errorf("%s leaves out %v", r.Name, session)
		}
		if !limited {
			continue
		}
		these := session["sessionIssuer"].(pattern)["arn"].([]any)[0].(pattern)["anything-but"].(pattern)["wildcard"].([]string)
		if want := slices.DeleteFunc(authorizedARNs(s, "", r.authorized, keys().Rotators), func(arn string) bool { return arn == s.Access.BreakGlassArn }); !slices.Equal(these, want) {
			t.Errorf("%s leaves out %v, want %v", r.Name, these, want)
		}
	}
}
