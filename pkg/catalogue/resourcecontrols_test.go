package catalogue

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// statementsOf are the statements of the resource control policies of a stack.
func statementsOf(t *testing.T, s *settings.Settings) []rcpStatement {
	t.Helper()
	documents, err := ResourceControls(s)
	if err != nil {
		t.Fatal(err)
	}
	var all []rcpStatement
	for _, d := range documents {
		var policy rcp
		if err := json.Unmarshal([]byte(d.JSON), &policy); err != nil {
			t.Fatal(err)
		}
		all = append(all, policy.Statement...)
	}
	return all
}

// TestResourceControls_CloseEveryPart: every part that guardrails close is closed to principals outside the organization too,
// where its service has resource control policies. The services are those of AWS Organizations User Guide, Services that support RCPs.
func TestResourceControls_CloseEveryPart(t *testing.T) {
	t.Parallel()
	actions := map[string]string{"s3": "s3:*", "ecr": "ecr:*", "sqs": "sqs:*", "secretsmanager": "secretsmanager:*", "kms": "kms:*"}
	for _, source := range []string{settings.GitHub, settings.CodeCommit} {
		s := everything(source)
		s.Organization.Id = "o-ab12cd34ef"
		statements, found := statementsOf(t, s), map[string]bool{}
		p := naming.New(s)
		for _, resource := range append(closingStatement(s).Resource, p.AllKeys()) {
			action := actions[strings.Split(resource, ":")[2]]
			if strings.Contains(resource, ":role/") {
				action = "sts:AssumeRole"
			}
			if action == "" {
				continue
			}
			found[action] = true
			if !slices.ContainsFunc(statements, func(st rcpStatement) bool {
				return st.Effect == "Deny" && st.Principal == "*" && slices.Contains(st.Action, action) && slices.Contains(st.Resource, resource)
			}) {
				t.Errorf("nothing denies %s on %s", action, resource)
			}
		}
		if len(found) != 6 {
			t.Errorf("the stack has parts of %v only", found)
		}
	}
}

// TestResourceControls_DenyOutsidersOnly: principals of the organization and AWS services are exempt, and the keys of others.
func TestResourceControls_DenyOutsidersOnly(t *testing.T) {
	t.Parallel()
	s := account("web")
	if got := statementsOf(t, s); got != nil {
		t.Errorf("without the organization's id there are %v", got)
	}
	s.Organization.Id = "o-ab12cd34ef"
	for _, st := range statementsOf(t, s) {
		if got := st.Condition["StringNotEqualsIfExists"]["aws:PrincipalOrgID"]; !slices.Equal(got, []string{"o-ab12cd34ef"}) {
			t.Errorf("%s denies others than %v", st.Sid, got)
		}
		if got := st.Condition["BoolIfExists"]["aws:PrincipalIsAWSService"]; !slices.Equal(got, []string{"false"}) {
			t.Errorf("%s: AWS services are %v", st.Sid, got)
		}
		isOfKeys := slices.Contains(st.Resource, naming.New(s).AllKeys())
		if got := st.Condition["ForAnyValue:StringLike"]["kms:ResourceAliases"]; isOfKeys != slices.Equal(got, []string{"alias/prodgate-*"}) {
			t.Errorf("%s is of keys %t, with the aliases %v", st.Sid, isOfKeys, got)
		}
		for _, resource := range st.Resource {
			if !strings.Contains(resource, "prodgate") && resource != naming.New(s).AllKeys() {
				t.Errorf("%s denies %s", st.Sid, resource)
			}
		}
	}
}

// TestResourceControls_Length: a gate with the longest name has one document.
func TestResourceControls_Length(t *testing.T) {
	t.Parallel()
	s := everything(settings.GitHub)
	s.Organization.Id = "o-" + strings.Repeat("a", 32)
	s.Name = strings.Repeat("g", 20)
	if documents, err := ResourceControls(s); err != nil || len(documents) != 1 {
		t.Errorf("%d documents: %v", len(documents), err)
	}
}
