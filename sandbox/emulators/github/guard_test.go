package github

import (
	"fmt"
	"strings"
	"testing"
)

// TestProtection_RejectCommits: a commit through the contents API is subject to the branch's protection.
func TestProtection_RejectCommits(t *testing.T) {
	t.Parallel()
	const pullRequest = "Could not create file: Changes must be made through a pull request."
	for name, test := range map[string]struct {
		rule    object
		token   string
		message string // empty: it is let in
	}{
		"a writer minimum a pull request":          {object{"requiresApprovingReviews": true}, "t-write", pullRequest},
		"an administrator does not":                {object{"requiresApprovingReviews": true}, "t-admin", ""},
		"unless administrators are held to it":     {object{"requiresApprovingReviews": true, "isAdminEnforced": true}, "t-admin", pullRequest},
		"whoever canBypass pull requests does not": {object{"requiresApprovingReviews": true, "isAdminEnforced": true, "bypassPullRequestActorIds": "alice"}, "t-write", ""},
		"one check":       {object{"requiresStatusChecks": true, "requiredStatusCheckContexts": []string{"test"}}, "t-write", `Could not create file: Required status check "test" is expected.`},
		"several checks":  {object{"requiresStatusChecks": true, "requiredStatusCheckContexts": []string{"a", "b"}}, "t-write", "Could not create file: 2 of 2 required status checks are expected."},
		"no check named":  {object{"requiresStatusChecks": true}, "t-write", ""},
		"signatures":      {object{"requiresCommitSignatures": true}, "t-write", "Could not create file: Commits must have verified signatures."},
		"a locked branch": {object{"lockBranch": true}, "t-write", "Could not create file: Cannot change this locked branch"},
		"others may push": {object{"restrictsPushes": true}, "t-write", "Could not create file: You're not authorized to push to this branch."},
		"this team may":   {object{"restrictsPushes": true, "pushActorIds": "maintainers"}, "t-write", ""},
		"a bare rule":     {nil, "t-write", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, seed())
			ids := map[any][]string{"alice": {c.nodeID("/users/alice")}, "maintainers": {c.nodeID("/orgs/example-org/teams/maintainers")}}
			for key, value := range test.rule {
				if strings.HasSuffix(key, "ActorIds") {
					test.rule[key] = ids[value]
				}
			}
			c.protect("main", test.rule)
			c = c.as(test.token)
			if test.message == "" {
				c.rest(201, "PUT "+cruddur+"/contents/x", `{"message":"m","content":"eA=="}`)
			} else {
				c.expectError(409, test.message, "PUT "+cruddur+"/contents/x", `{"message":"m","content":"eA=="}`)
			}
		})
	}
}

func TestRulesets_RejectCommits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ rule, message string }{
		"pull request": {`{"type":"pull_request"}`, "Changes must be made through a pull request."},
		"update":       {`{"type":"update"}`, "Cannot update this protected ref."},
		"signatures":   {`{"type":"required_signatures"}`, "Commits must have verified signatures."},
		"checks":       {`{"type":"required_status_checks","parameters":{"required_status_checks":[{"context":"test"}]}}`, `Required status check "test" is expected.`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, seed())
			id := encodeJSON(at(t, c.rest(201, "POST "+cruddur+"/rulesets", rulesetWith("~DEFAULT_BRANCH", test.rule)), "id"))
			const put, body = "PUT " + cruddur + "/contents/x", `{"message":"m","content":"eA=="}`
			c.expectError(409, "Repository rule violations found\n\n"+test.message+"\n\n", put, body)
			c.rest(200, "PUT "+cruddur+"/rulesets/"+id, `{"bypass_actors":[{"actor_id":5,"actor_type":"RepositoryRole"}]}`)
			c.as("t-write").rest(409, put, body)
			c.rest(201, put, body)
		})
	}
}

// rulesetWith is the body of a ruleset with the given rules.
func rulesetWith(branch, rules string) string {
	return fmt.Sprintf(`{"name":"r","enforcement":"active","conditions":{"ref_name":{"include":[%q],"exclude":[]}},"rules":[%s]}`, branch, rules)
}

func TestProtection_RejectDeletion(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	head := at(t, c.rest(200, "GET "+cruddur+"/git/ref/heads/main", ""), "object", "sha").(string)
	create := func(branch string) string { return fmt.Sprintf(`{"ref":"refs/heads/%s","sha":%q}`, branch, head) }

	c.protect("prod", nil)
	c.protect("gate/*", object{"restrictsPushes": true, "blocksCreations": true})
	c.expectError(422, "Cannot delete a protected branch", "DELETE "+cruddur+"/git/refs/heads/prod", "")
	c.expectError(422, "Cannot delete the default branch", "DELETE "+cruddur+"/git/refs/heads/main", "")
	c.as("t-write").expectError(422, "Reference update failed", "POST "+cruddur+"/git/refs", create("gate/1"))
	c.rest(201, "POST "+cruddur+"/git/refs", create("gate/1"))

	c.rest(201, "POST "+cruddur+"/rulesets", rulesetWith("refs/heads/release/*", `{"type":"deletion"},{"type":"creation"}`))
	c.expectError(422, "Repository rule violations found\n\nCannot delete this branch\n\n", "DELETE "+cruddur+"/git/refs/heads/release/1", "")
	c.expectError(422, "Repository rule violations found\n\nCannot create ref due to creations being restricted.\n\n", "POST "+cruddur+"/git/refs", create("release/2"))
}
