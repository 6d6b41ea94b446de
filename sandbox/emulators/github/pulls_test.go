package github

import (
	"encoding/base64"
	"fmt"
	"testing"
)

// openPullRequest opens a pull request from a branch to which alice pushed a file.
func (c client) openPullRequest(branch, file string, more string) (path, head string) {
	c.Helper()
	base := at(c.T, c.rest(200, "GET "+cruddur+"/git/ref/heads/prod", ""), "object", "sha")
	c.rest(201, "POST "+cruddur+"/git/refs", fmt.Sprintf(`{"ref":"refs/heads/%s","sha":%q}`, branch, base))
	c.rest(201, "PUT "+cruddur+"/contents/"+file, fmt.Sprintf(`{"message":"m","content":"eA==","branch":%q%s}`, branch, more))
	number := at(c.T, c.rest(201, "POST "+cruddur+"/pulls", fmt.Sprintf(`{"title":"t","head":%q,"base":"prod"}`, branch)), "number")
	head = at(c.T, c.rest(200, "GET "+cruddur+"/git/ref/heads/"+branch, ""), "object", "sha").(string)
	return fmt.Sprintf("%s/pulls/%v", cruddur, number), head
}

// TestPullRequests_MeetProtection tries each requirement of a protection alone, and what satisfies it.
func TestPullRequests_MeetProtection(t *testing.T) {
	t.Parallel()
	const approve = `{"event":"APPROVE"}`
	checked := object{"isAdminEnforced": true, "requiresStatusChecks": true, "requiredStatusCheckContexts": []string{"test"}}
	status := func(c client, head, state string) {
		c.as("t-write").rest(201, "POST "+cruddur+"/statuses/"+head, fmt.Sprintf(`{"state":%q,"context":"test"}`, state))
	}
	for name, test := range map[string]struct {
		rule    object
		prepare func(c client, path, head string)
		message string // empty: it is merged
	}{
		"nothing is asked": {object{}, nil, ""},
		"a review": {object{"isAdminEnforced": true, "requiresApprovingReviews": true}, nil,
			"At least 1 approving review is required by reviewers with write access."},
		"a review, of administrators too only where the rule says so": {object{"requiresApprovingReviews": true}, nil, ""},
		"a review that is there": {object{"isAdminEnforced": true, "requiresApprovingReviews": true},
			func(c client, path, _ string) { c.rest(200, "POST "+path+"/reviews", approve) }, ""},
		"a review of what was pushed since": {object{"isAdminEnforced": true, "requiresApprovingReviews": true, "dismissesStaleReviews": true},
			func(c client, path, _ string) {
				c.rest(200, "POST "+path+"/reviews", approve)
				c.as("t-write").rest(201, "PUT "+cruddur+"/contents/later", `{"message":"m","content":"eA==","branch":"feature"}`)
			}, "At least 1 approving review is required by reviewers with write access."},
		"a check that nobody reports": {checked, nil, `Required status check "test" is expected.`},
		"a check that fails":          {checked, func(c client, _, head string) { status(c, head, "failure") }, `Required status check "test" is expected.`},
		"a check that passes":         {checked, func(c client, _, head string) { status(c, head, "success") }, ""},
		"a check that failed first":   {checked, func(c client, _, head string) { status(c, head, "failure"); status(c, head, "success") }, ""},
		"an older prod": {object{"isAdminEnforced": true, "requiresStatusChecks": true, "requiresStrictStatusChecks": true},
			func(c client, _, _ string) {
				c.state.repository("example-org", "cruddur").Protections[0].IsAdminEnforced = false
				c.rest(201, "PUT "+cruddur+"/contents/other", `{"message":"m","content":"eA==","branch":"prod"}`)
				c.state.repository("example-org", "cruddur").Protections[0].IsAdminEnforced = true
			}, "The head branch is not up to date with the base branch."},
		"signatures":   {object{"isAdminEnforced": true, "requiresCommitSignatures": true}, nil, "Commits must have verified signatures."},
		"who may push": {object{"isAdminEnforced": true, "restrictsPushes": true}, nil, ""}, // administrators always may
		"a merge of a file": {object{}, func(c client, _, _ string) {
			c.rest(201, "PUT "+cruddur+"/contents/other", `{"message":"m","content":"eA==","branch":"prod"}`)
		}, ""},
		"a check of one's own": {object{}, func(c client, _, head string) {
			c.rest(403, "POST "+cruddur+"/check-runs", fmt.Sprintf(`{"name":"test","head_sha":%q}`, head))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, seed())
			c.protect("prod", test.rule)
			path, head := c.as("t-write").openPullRequest("feature", "new", "")
			c.as("t-write").expectError(422, "Can not approve your own pull request", "POST "+path+"/reviews", approve)
			if test.prepare != nil {
				test.prepare(c, path, head)
			}
			if test.message != "" {
				c.expectError(405, test.message, "PUT "+path+"/merge", "")
				return
			}
			c.rest(200, "PUT "+path+"/merge", "")
			c.rest(200, "GET "+cruddur+"/contents/new?ref=prod", "")
			if name == "a merge of a file" {
				c.rest(200, "GET "+cruddur+"/contents/other?ref=prod", "")
			}
			c.expectError(405, "Pull Request is not mergeable", "PUT "+path+"/merge", "")
		})
	}
}

func TestPullRequests_CodeOwnersAndLastPusher(t *testing.T) {
	t.Parallel()
	s := seed()
	s.Repositories[0].Files[".github/CODEOWNERS"] = "* @bob\n/.github/ @example-org/maintainers # alice\n"
	s.Tokens = append(s.Tokens, Token{Value: "t-eve", Login: "eve", Permission: Write})
	c := start(t, s)
	c.protect("prod", object{"requiresApprovingReviews": true, "requiresCodeOwnerReviews": true, "requireLastPushApproval": true, "isAdminEnforced": true})
	path, _ := c.as("t-eve").openPullRequest("feature", ".github/x", "")
	c.rest(200, "POST "+path+"/reviews", `{"event":"APPROVE"}`)
	c.expectError(405, "Waiting on code owner review from @example-org/maintainers.", "PUT "+path+"/merge", "")
	c.as("t-write").rest(200, "POST "+path+"/reviews", `{"event":"APPROVE"}`)
	c.rest(200, "PUT "+path+"/merge", "")

	// eve opens it, alice pushes last: her own approval is not enough.
	path, _ = c.as("t-eve").openPullRequest("other", ".github/y", "")
	c.as("t-write").rest(201, "PUT "+cruddur+"/contents/.github/z", `{"message":"m","content":"eA==","branch":"other"}`)
	c.as("t-write").rest(200, "POST "+path+"/reviews", `{"event":"APPROVE"}`)
	c.expectError(405, "New changes require approval from someone other than the last pusher.", "PUT "+path+"/merge", "")
	c.rest(200, "POST "+path+"/reviews", `{"event":"APPROVE"}`)
	c.rest(200, "PUT "+path+"/merge", "")
}

// TestRulesets_CheckOfApp: a commit status passes a check by name, and not a check that requires an app.
func TestRulesets_CheckOfApp(t *testing.T) {
	t.Parallel()
	s := seed()
	s.Tokens = append(s.Tokens, Token{Value: "t-app", Login: "app", Permission: Write, App: 7}, Token{Value: "t-other", Login: "other", Permission: Write, App: 8})
	c := start(t, s)
	c.rest(201, "POST "+cruddur+"/rulesets", rulesetWith("refs/heads/prod",
		`{"type":"required_status_checks","parameters":{"required_status_checks":[{"context":"test","integration_id":7}]}}`))
	path, head := c.as("t-app").openPullRequest("feature", "new", "")
	const apiError = `Repository rule violations found: Required status check "test" is expected.`
	run := fmt.Sprintf(`{"name":"test","head_sha":%q,"conclusion":"success"}`, head)
	c.as("t-write").rest(201, "POST "+cruddur+"/statuses/"+head, `{"state":"success","context":"test"}`)
	c.as("t-other").rest(201, "POST "+cruddur+"/check-runs", run)
	c.expectError(405, apiError, "PUT "+path+"/merge", "")
	c.as("t-app").rest(201, "POST "+cruddur+"/check-runs", run)
	c.rest(200, "PUT "+path+"/merge", "")
}

// TestCommits_Signatures: GitHub signs the commits of an app, unless the app names an author.
func TestCommits_Signatures(t *testing.T) {
	t.Parallel()
	s := seed()
	s.Tokens = append(s.Tokens, Token{Value: "t-app", Login: "app", Permission: Write, App: 7}, Token{Value: "t-signs", Login: "signer", Permission: Write, SignsCommits: true})
	const author = `,"author":{"name":"A","email":"a@example.com"}`
	for name, test := range map[string]struct {
		token, more string
		signed      bool
	}{
		"a person's":                     {"t-write", "", false},
		"that of a person who signs":     {"t-signs", "", true},
		"an app's":                       {"t-app", "", true},
		"an app's that names its author": {"t-app", author, false},
	} {
		c := start(t, s)
		_, head := c.as(test.token).openPullRequest("feature", "new", test.more)
		if got := at(t, c.rest(200, "GET "+cruddur+"/commits/"+head, ""), "commit", "verification", "verified"); got != test.signed {
			t.Errorf("a commit of %s is verified: %v", name, got)
		}
	}
	c := start(t, s)
	c.as("t-app").expectError(403, "Resource not accessible by integration", "GET /user", "")
}

func TestRefs_FastForward(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	old := at(t, c.rest(200, "GET "+cruddur+"/git/ref/heads/prod", ""), "object", "sha").(string)
	c.rest(201, "PUT "+cruddur+"/contents/new", fmt.Sprintf(`{"message":"m","content":%q}`, base64.StdEncoding.EncodeToString([]byte("x"))))
	tip := at(t, c.rest(200, "GET "+cruddur+"/git/ref/heads/main", ""), "object", "sha").(string)
	move := func(sha string, force bool) string { return fmt.Sprintf(`{"sha":%q,"force":%v}`, sha, force) }
	const prod = "PATCH " + cruddur + "/git/refs/heads/prod"
	c.rest(200, prod, move(tip, false))
	c.expectError(422, "Update is not a fast forward", prod, move(old, false))
	c.expectError(422, "Object does not exist", prod, move("0000", true))
	c.expectError(422, "Reference does not exist", "PATCH "+cruddur+"/git/refs/heads/nowhere", move(tip, true))
	c.rest(200, prod, move(old, true))
	c.protect("prod", nil)
	c.rest(200, prod, move(tip, false))
	c.expectError(422, "Cannot force-push to this branch", prod, move(old, true))
}

// TestAccounts_TeamsAndPermissions reads permissions with the calls that the gate makes.
func TestAccounts_TeamsAndPermissions(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	teams := c.rest(200, "GET "+cruddur+"/teams?per_page=100&page=1", "")
	if at(t, teams, 0, "slug") != "maintainers" || at(t, teams, 0, "permissions", "push") != true {
		t.Errorf("teams are %v", teams)
	}
	if got := c.rest(200, "GET /repos/example-org/public/teams", "").([]any); len(got) != 0 {
		t.Errorf("teams of the other repository are %v", got)
	}
	for login, want := range map[string]string{"ALICE": "write", "bob": "read", "root": "admin", "mallory": "none"} {
		if got := at(t, c.rest(200, "GET "+cruddur+"/collaborators/"+login+"/permission", ""), "permission"); got != want {
			t.Errorf("%s may %v", login, got)
		}
	}
	c.rest(404, "GET "+cruddur+"/collaborators/nobody/permission", "")
}
