package gate_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/gatetest"
)

// like is whether a text is of a pattern: IAM's * and ?.
func like(pattern, text string) bool {
	escaped := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^" + escaped + "$").MatchString(text)
}

// refused is whether a statement refuses a role what another one allows it, on the
// resource that the statement's policy is of; every condition but the one on the
// caller is taken to hold.
func refused(deny statement, on, role string, allow statement) (action string, yes bool) {
	i := slices.IndexFunc(deny.Action, func(a string) bool { return slices.Contains(allow.Action, a) })
	but, ok := deny.Condition["ArnNotLike"]["aws:PrincipalArn"]
	if i < 0 || deny.Effect != "Deny" || !ok || slices.ContainsFunc(but, func(pattern string) bool { return like(pattern, role) }) {
		return "", false
	}
	meets := slices.ContainsFunc(allow.Resource, func(resource string) bool {
		if on != "" {
			return like(resource, on)
		}
		return slices.ContainsFunc(deny.Resource, func(pattern string) bool { return like(pattern, resource) })
	})
	if !meets {
		return "", false
	}
	return deny.Action[i], true
}

// TestRefusals_AllowRolesTheirDuty holds what the gate's roles may do against every
// guardrail and every resource's policy: none locks the pipeline out of its own work.
func TestRefusals_AllowRolesTheirDuty(t *testing.T) {
	t.Parallel()
	c := withSecrets(config("api", "web"))
	r, s := built(t, c), decoded(t, c)

	type denial struct {
		from, on string // on is empty where the statement names it
		statement
	}
	var denials []denial
	documents, err := catalogue.Guardrails(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range documents {
		var parsed struct{ Statement []statement }
		if err := json.Unmarshal([]byte(d.JSON), &parsed); err != nil {
			t.Fatal(err)
		}
		for _, st := range parsed.Statement {
			denials = append(denials, denial{d.Name, "", st})
		}
	}
	for _, token := range []string{policyOfBucket, keyType, policyOfRepository, secretPolicyType, "aws:sns/topicPolicy:TopicPolicy"} {
		for _, of := range r.Of(t, token) {
			on := ""
			switch token {
			case keyType:
				on = of.Output("arn")
			case policyOfRepository:
				on = r.One(t, repositoryType, of.Name).Output("arn")
			case secretPolicyType:
				on = r.One(t, secretType, of.Name).Output("arn")
			}
			for _, st := range parsed(t, of).Statement {
				denials = append(denials, denial{of.String(), on, st})
			}
		}
	}

	may := func(policy *gatetest.Resource, look func(role string, allow statement)) {
		role := strings.Replace(policy.Output("arn"), ":policy/", ":role/", 1)
		for _, made := range r.Of(t, roleType) {
			if made.Output("arn") != role {
				continue
			}
			for _, allow := range parsed(t, policy).Statement {
				look(role, allow)
			}
		}
	}
	checked, others := 0, 0
	for _, policy := range r.Of(t, policyType) {
		may(policy, func(role string, allow statement) {
			for _, d := range denials {
				checked++
				if action, yes := refused(d.statement, d.on, role, allow); yes {
					t.Errorf("%s: %s refuses %s %s", d.from, d.Sid, role, action)
				}
				// The same by somebody else: the refusals do meet what is allowed.
				if _, yes := refused(d.statement, d.on, "arn:aws:iam::111111111111:role/admin", allow); yes {
					others++
				}
			}
		})
	}
	if checked == 0 || others < 10 {
		t.Errorf("looked at %d, of which %d would be refused to others", checked, others)
	}
}

// The policies that the catalogue's refusals are in name roles, and no apps.
func TestRefusals_PoliciesKeepTheirSize(t *testing.T) {
	t.Parallel()
	sizes := func(c map[string]any) map[string]int {
		longest := map[string]int{}
		eachDocument(t, built(t, c), func(of *gatetest.Resource, _ document) {
			longest[of.Type] = max(longest[of.Type], len(of.Text(documents[of.Type].input)))
		})
		return longest
	}
	one, many := sizes(manyApps(1)), sizes(manyApps(200))
	c := longest()
	role := func(i int) string {
		return fmt.Sprintf("arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/ap-northeast-1/AWSReservedSSO_%s_%016d", strings.Repeat("n", 32), i)
	}
	c["access"] = object{"deployerArns": []string{role(1), role(2), role(3), role(4), role(5)}, "breakGlassArn": role(6)}
	long := sizes(c)
	for token, limit := range documents {
		if long[token] > limit.limit {
			t.Errorf("%s has %d characters at the longest names, AWS takes %d", token, long[token], limit.limit)
		}
		t.Logf("%s: %d characters, of 200 apps %d, of the longest names %d, AWS takes %d", token, one[token], many[token], long[token], limit.limit)
		if token != policyType && many[token] != one[token] {
			t.Errorf("%s has %d characters for one app and %d for 200", token, one[token], many[token])
		}
	}
}
