package gate_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/wildcards"
)

// kinds is what a document of a resource's input is attached to.
var kinds = map[string]wildcards.Kind{
	"aws:iam/policy:Policy policy":                     wildcards.Identity,
	"aws:iam/role:Role assumeRolePolicy":               wildcards.Trust,
	"aws:kms/key:Key policy":                           wildcards.Key,
	"aws:s3/bucketPolicy:BucketPolicy policy":          wildcards.Bucket,
	"aws:sns/topicPolicy:TopicPolicy policy":           wildcards.Topic,
	"aws:sqs/queuePolicy:QueuePolicy policy":           wildcards.Queue,
	"aws:ecr/repositoryPolicy:RepositoryPolicy policy": wildcards.Repository,
	secretPolicyType + " policy":                       wildcards.Secret,
}

// TestDocuments_Wildcards holds the table of wildcards complete both ways: each that a
// document of the gate allows has one row, and each row is of a document.
func TestDocuments_Wildcards(t *testing.T) {
	t.Parallel()
	seen := map[wildcards.Kind]bool{}
	used := map[string]bool{}
	row := func(i int, action string) string {
		w := wildcards.Table[i]
		return fmt.Sprintf("%s: %s on %s", w.Kind, action, w.Pattern)
	}
	all := func() map[string]any {
		c := telling(shifted(contained(run(withSecrets(approved("web", "api"))))))
		c["detection"].(object)["securityHub"] = "create"
		return c
	}
	for _, made := range slices.Concat(built(t, all()).All(), built(t, committed(all())).All(), built(t, run(manyTaskRoles())).All()) {
		for input, value := range made.Inputs {
			if !value.IsString() || !strings.Contains(value.StringValue(), `"Statement"`) || made.Type == machineType {
				continue // what a machine writes into roles is a Deny
			}
			kind, listed := kinds[made.Type+" "+string(input)]
			if !listed {
				t.Errorf("%s: %s is a document of no kind", made, input)
			}
			if made.Type == policyType && isBoundary(made) {
				kind = wildcards.Boundary
			}
			seen[kind] = true
			for _, allowed := range wildcardsOf(t, value.StringValue()) {
				rows := 0
				for i, w := range wildcards.Table {
					if w.Covers(kind) && w.Allows(allowed.action, allowed.pattern) {
						rows++
						used[row(i, allowed.action)] = true
					}
				}
				if rows != 1 {
					t.Errorf("%s: %s on %s is in %d rows of wildcards.Table", made, allowed.action, allowed.pattern, rows)
				}
			}
		}
	}
	if len(seen) != len(kinds)+1 {
		t.Errorf("looked only at documents of the kinds %v", seen)
	}
	for i, w := range wildcards.Table {
		if w.Why == "" {
			t.Errorf("%s: %v on %s has no reason", w.Kind, w.Actions, w.Pattern)
		}
		for _, action := range w.Actions {
			if !used[row(i, action)] {
				t.Errorf("nothing allows %s any more", row(i, action))
			}
		}
	}
}

// manyTaskRoles are settings with more roles of tasks than one policy has room for.
func manyTaskRoles() map[string]any {
	var names []string
	for i := range 21 {
		names = append(names, fmt.Sprintf("api-%d", i))
	}
	c := config(names...)
	for i, app := range c["apps"].([]any) {
		app.(object)["executionRoleArn"] = fmt.Sprintf("%s-%d", execution, i)
	}
	return c
}

// allowance is an action, and a resource or a condition's value that allows it.
type allowance struct{ action, pattern string }

// wildcardsOf are the allowances of a document that have a * in them.
func wildcardsOf(t *testing.T, document string) []allowance {
	t.Helper()
	var d struct {
		Statement []struct {
			Effect           string
			Action, Resource []string
			Condition        map[string]map[string][]string
		}
	}
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		t.Fatal(err)
	}
	var all []allowance
	for _, s := range d.Statement {
		if s.Effect != "Allow" {
			continue
		}
		for _, action := range s.Action {
			for _, resource := range s.Resource {
				if strings.Contains(action+resource, "*") {
					all = append(all, allowance{action, resource})
				}
			}
			for _, keys := range s.Condition {
				for _, values := range keys {
					for _, value := range values {
						if strings.Contains(value, "*") {
							all = append(all, allowance{action, value})
						}
					}
				}
			}
		}
	}
	return all
}
