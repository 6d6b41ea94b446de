package catalogue

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/settings"
)

// iamActions are IAM's actions of the services that the gate uses, from the Service Authorization Reference.
type iamActions map[string]struct {
	Resources map[string]string   // ARN formats by type
	Actions   map[string][]string // Write or Read, and the types
}

func readActions(t *testing.T) iamActions {
	t.Helper()
	text, err := os.ReadFile("testdata/actions.json")
	if err != nil {
		t.Fatal(err)
	}
	var all iamActions
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

var placeholder = regexp.MustCompile(`\$\{[^}]*\}`)

// overlap is whether two patterns with * and ? have an ARN in common.
func overlap(a, b string) bool {
	if a == "" || b == "" {
		return strings.Trim(a+b, "*") == ""
	}
	switch {
	case a[0] == '*':
		return overlap(a[1:], b) || overlap(a, b[1:])
	case b[0] == '*':
		return overlap(b, a)
	case a[0] == '?' || b[0] == '?' || a[0] == b[0]:
		return overlap(a[1:], b[1:])
	}
	return false
}

// overlapARNs is overlap, part by part: a pattern's * ends with the part of the ARN.
func overlapARNs(a, b string) bool {
	left, right := strings.SplitN(a, ":", 6), strings.SplitN(b, ":", 6)
	return slices.EqualFunc(left, right, overlap)
}

// closedTypes are the types of a service's resources that the closing statement closes in one of the stacks.
func closedTypes(resources map[string]string, closed []string) map[string]bool {
	types := map[string]bool{}
	for key, format := range resources {
		pattern := placeholder.ReplaceAllString(format, "*")
		types[key] = slices.ContainsFunc(closed, func(arn string) bool { return overlapARNs(arn, pattern) })
	}
	return types
}

// closedARNs are the resources of the closing statement, of the stacks that have every part.
func closedARNs() []string {
	var all []string
	for _, source := range []string{settings.GitHub, settings.CodeCommit} {
		all = append(all, closingStatement(everything(source)).Resource...)
	}
	return unique(all)
}

// leftOpen is whether the closing statement, which has the same actions in every stack, leaves an action to IAM.
func leftOpen(closing []string, action string) bool {
	return slices.ContainsFunc(closing, func(pattern string) bool {
		prefix, isPattern := strings.CutSuffix(pattern, "*")
		return action == pattern || isPattern && strings.HasPrefix(action, prefix)
	})
}

// closedReads are actions that AWS calls reads and the closing statement denies, with the reason.
var closedReads = map[string]string{
	"sqs:ReceiveMessage":                   "It hides an undelivered alert from everybody else for a while.",
	"logs:Unmask":                          "It shows what a policy of the log group masks.",
	"s3:AllowVendedLogDeliveryForResource": "It is for who sets up the delivery of a bucket's logs: a change.",
}

// TestGuardrails_CloseEveryWrite goes through every action of AWS on a closed part: a write is denied, whether the table has it
// or not, and a read is not.
func TestGuardrails_CloseEveryWrite(t *testing.T) {
	t.Parallel()
	closed, closing := closedARNs(), closingStatement(everything(settings.GitHub)).NotAction
	writes, reads := 0, 0
	used := map[string]bool{}
	for service, of := range readActions(t) {
		types := closedTypes(of.Resources, closed)
		for name, action := range of.Actions {
			if !slices.ContainsFunc(action[1:], func(key string) bool { return types[key] }) {
				continue
			}
			name = service + ":" + name
			used[name] = true
			excepted := slices.ContainsFunc(openWrites, func(open struct{ action, why string }) bool {
				return open.action == name || open.action == service+":*"
			})
			switch open := leftOpen(closing, name); {
			case action[0] == "Write" && open != excepted:
				t.Errorf("%s writes: left to IAM %t, and excepted %t", name, open, excepted)
			case action[0] == "Write":
				writes++
			case open == (closedReads[name] != ""):
				t.Errorf("%s reads: left to IAM %t", name, open)
			default:
				reads++
			}
		}
	}
	for _, pattern := range closing {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(used)), func(name string) bool { return leftOpen([]string{pattern}, name) }) {
			t.Errorf("%s leaves nothing open", pattern)
		}
	}
	for name := range closedReads {
		if !used[name] {
			t.Errorf("%s is not made on a closed part", name)
		}
	}
	t.Logf("%d writes are denied by construction, %d reads are left to IAM", writes, reads)
	if writes < 200 || reads < 100 {
		t.Error("too few: the data or the parts are not read")
	}
}

// TestCatalogue_EveryActionIsJudged goes through every write action of the services that the gate uses. Each is a row, is denied by
// construction, or is excused with a reason; or THREATS.md names it. An action that AWS adds fails here until somebody judges it.
func TestCatalogue_EveryActionIsJudged(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/excuses.json")
	if err != nil {
		t.Fatal(err)
	}
	var groups map[string][]struct{ Actions, Reason string }
	if err := json.Unmarshal(text, &groups); err != nil {
		t.Fatal(err)
	}
	excused := map[string]bool{}
	for service, of := range groups {
		for _, group := range of {
			if !strings.HasSuffix(group.Reason, ".") || len(strings.Fields(group.Reason)) < 4 {
				t.Errorf("%s %s: %q is no sentence", service, group.Actions, group.Reason)
			}
			for name := range strings.FieldsSeq(group.Actions) {
				name = service + ":" + name
				if excused[name] {
					t.Errorf("%s is excused twice", name)
				}
				excused[name] = true
			}
		}
	}
	closed, open := closedARNs(), openActions(t)
	count := map[string]int{}
	for service, of := range readActions(t) {
		types := closedTypes(of.Resources, closed)
		for name, action := range of.Actions {
			name = service + ":" + name
			if action[0] != "Write" {
				if excused[name] {
					t.Errorf("%s is excused, and reads", name)
				}
				continue
			}
			var how []string
			for judgement, is := range map[string]bool{
				"a row":       isRow(name),
				"excused":     excused[name],
				"still open":  slices.Contains(open, name),
				"by its part": !isRow(name) && slices.ContainsFunc(action[1:], func(key string) bool { return types[key] }),
			} {
				if is {
					how = append(how, judgement)
				}
			}
			if len(how) != 1 {
				t.Errorf("%s, on %v, is %v: make it a row of calls.go, or excuse it in testdata/excuses.json", name, action[1:], how)
				continue
			}
			count[how[0]]++
			delete(excused, name)
		}
	}
	for name := range excused {
		t.Errorf("%s is excused, and AWS has no such action", name)
	}
	t.Logf("write actions: %d are rows, %d are denied by their part, %d are excused, %d are open", count["a row"], count["by its part"], count["excused"], count["still open"])
}
