package github

import (
	"fmt"
	"testing"
)

func TestEnvironments_LifeCycle(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	const env = "/repos/example-org/public/environments/prod%2Feu"
	team := at(t, c.rest(200, "GET /orgs/example-org/teams/maintainers", ""), "id").(float64)
	alice := at(t, c.rest(200, "GET /users/alice", ""), "id").(float64)
	c.rest(404, "GET "+env, "")
	c.rest(200, "PUT "+env, fmt.Sprintf(`{"wait_timer":5,"prevent_self_review":true,"can_admins_bypass":false,
		"reviewers":[{"type":"Team","id":%.0f},{"type":"User","id":%.0f}],
		"deployment_branch_policy":{"protected_branches":false,"custom_branch_policies":true}}`, team, alice))
	got := c.rest(200, "GET "+env, "")
	for _, test := range []struct {
		want any
		path []any
	}{
		{"prod/eu", []any{"name"}},
		{false, []any{"can_admins_bypass"}},
		{5.0, []any{"protection_rules", 0, "wait_timer"}},
		{true, []any{"protection_rules", 1, "prevent_self_review"}},
		{"maintainers", []any{"protection_rules", 1, "reviewers", 0, "reviewer", "slug"}},
		{"alice", []any{"protection_rules", 1, "reviewers", 1, "reviewer", "login"}},
		{"branch_policy", []any{"protection_rules", 2, "type"}},
		{true, []any{"deployment_branch_policy", "custom_branch_policies"}},
	} {
		if value := at(t, got, test.path...); value != test.want {
			t.Errorf("%v is %v, want %v", test.path, value, test.want)
		}
	}

	policies := env + "/deployment-branch-policies"
	policy := policies + "/" + encodeJSON(at(t, c.rest(200, "POST "+policies, `{"name":"prod"}`), "id"))
	c.rest(200, "PUT "+policy, `{"name":"prod*"}`)
	if value := c.rest(200, "GET "+policy, ""); at(t, value, "name") != "prod*" || at(t, value, "type") != "branch" {
		t.Errorf("policy is %v", value)
	}
	c.expectError(422, "Invalid request.\n\n\"name\" wasn't supplied.", "POST "+policies, `{}`)
	if n := at(t, c.rest(200, "GET "+policies, ""), "total_count"); n != 1.0 {
		t.Errorf("%v policies, want 1", n)
	}
	c.rest(204, "DELETE "+policy, "")
	c.rest(404, "GET "+policy, "")

	// A PUT says everything anew.
	bare := c.rest(200, "PUT "+env, `{}`)
	if at(t, bare, "deployment_branch_policy") != nil || len(at(t, bare, "protection_rules").([]any)) > 0 || at(t, bare, "can_admins_bypass") != true {
		t.Errorf("put bare, it is %v", bare)
	}
	c.rest(404, "POST "+policies, `{"name":"prod"}`)
	if n := at(t, c.rest(200, "GET /repos/example-org/public/environments", ""), "total_count"); n != 1.0 {
		t.Errorf("%v environments, want 1", n)
	}
	c.rest(204, "DELETE "+env, "")
	c.rest(404, "DELETE "+env, "")
}

func TestEnvironments_RejectInvalid(t *testing.T) {
	t.Parallel()
	plan := func(p Plan) Seed {
		s := seed()
		s.Owner.Plan = p
		return s
	}
	const plans = "Failed to create the environment protection rule. Please ensure the billing plan supports the %s protection rule."
	for name, test := range map[string]struct {
		plan             Plan
		repository, body string
		status           int
		message          string
	}{
		"a private one on a free plan":  {Free, "cruddur", `{}`, 404, "Not Found"},
		"reviewers on a team plan":      {Team, "cruddur", `{"reviewers":[{"type":"User","id":1}]}`, 422, fmt.Sprintf(plans, "required reviewers")},
		"a timer on a team plan":        {Team, "cruddur", `{"wait_timer":1}`, 422, fmt.Sprintf(plans, "wait timer")},
		"self review without reviewers": {Free, "public", `{"prevent_self_review":true}`, 422, "Failed to create or update the environment protection rule. Required reviewers must have at least one reviewer to set prevent_self_review."},
		"a policy that is neither":      {Free, "public", `{"deployment_branch_policy":{}}`, 422, "protected_branches and custom_branch_policies cannot have the same value"},
		"a reviewer that is not there":  {Free, "public", `{"reviewers":[{"type":"User","id":1}]}`, 422, "Failed to create the environment protection rule. One of the reviewers does not exist or cannot read the repository."},
		"a timer of more than a month":  {Free, "public", `{"wait_timer":43201}`, 422, "Invalid request.\n\nwait_timer must be between 0 and 43200"},
		"seven reviewers":               {Free, "public", `{"reviewers":[{},{},{},{},{},{},{}]}`, 422, "Invalid request.\n\nNo more than 6 items are allowed; 7 were supplied."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start(t, plan(test.plan)).expectError(test.status, test.message, "PUT /repos/example-org/"+test.repository+"/environments/prod", test.body)
		})
	}
	start(t, plan(Enterprise)).rest(200, "PUT "+cruddur+"/environments/prod", `{"wait_timer":1}`)
}
