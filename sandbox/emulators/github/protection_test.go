package github

import (
	"fmt"
	"reflect"
	"testing"
)

const (
	createRule = "mutation($input:CreateBranchProtectionRuleInput!){createBranchProtectionRule(input:$input){branchProtectionRule{id} clientMutationId}}"
	updateRule = "mutation($input:UpdateBranchProtectionRuleInput!){updateBranchProtectionRule(input:$input){branchProtectionRule{id}}}"
	deleteRule = "mutation($input:DeleteBranchProtectionRuleInput!){deleteBranchProtectionRule(input:$input){clientMutationId}}"
	readRule   = `query($id:ID!){node(id:$id){... on BranchProtectionRule{
		id databaseId pattern creator{login} repository{name} matchingRefs(first:9){nodes{name} totalCount}
		isAdminEnforced allowsDeletions allowsForcePushes blocksCreations lockBranch lockAllowsFetchAndMerge
		requiresCommitSignatures requiresConversationResolution requiresLinearHistory
		requiresApprovingReviews requiredApprovingReviewCount requiresCodeOwnerReviews requireLastPushApproval
		dismissesStaleReviews restrictsReviewDismissals
		requiresStatusChecks requiresStrictStatusChecks requiredStatusCheckContexts requiredStatusChecks{context app{slug}}
		requiresDeployments requiredDeploymentEnvironments restrictsPushes
		pushAllowances(first:9){nodes{...who}} 
		reviewDismissalAllowances(first:9){nodes{actor{...team}}}
		bypassForcePushAllowances(first:9){nodes{actor{...on User{login}}}}
		bypassPullRequestAllowances(first:9){nodes{actor{__typename ...on App{slug}}}}
	}}}
	fragment who on PushAllowance{actor{__typename ...team ...on User{login}}}
	fragment team on Team{slug}`
)

// protect creates a rule on cruddur and returns its id.
func (c client) protect(pattern string, more object) string {
	c.Helper()
	input := object{"repositoryId": c.nodeID("/repos/example-org/cruddur"), "pattern": pattern}
	for key, value := range more {
		input[key] = value
	}
	data, errs := c.graphql(createRule, object{"input": input})
	if errs != nil {
		c.Fatalf("protect %s: %q", pattern, errs)
	}
	return at(c.T, data, "createBranchProtectionRule", "branchProtectionRule", "id").(string)
}

func (c client) nodeID(path string) string {
	c.Helper()
	return at(c.T, c.rest(200, "GET "+path, ""), "node_id").(string)
}

func (c client) readRule(id string) object {
	c.Helper()
	data, errs := c.graphql(readRule, object{"id": id})
	if errs != nil {
		c.Fatalf("read rule: %q", errs)
	}
	return data["node"].(object)
}

// fullRule enables every setting of a rule.
func (c client) fullRule() object {
	alice, team := c.nodeID("/users/alice"), c.nodeID("/orgs/example-org/teams/maintainers")
	app := c.nodeID("/apps/aws-connector")
	return object{
		"isAdminEnforced": true, "allowsDeletions": true, "allowsForcePushes": true, "blocksCreations": true,
		"lockBranch": true, "lockAllowsFetchAndMerge": true, "requiresCommitSignatures": true,
		"requiresConversationResolution": true, "requiresLinearHistory": true,
		"requiresApprovingReviews": true, "requiredApprovingReviewCount": 2, "requiresCodeOwnerReviews": true,
		"requireLastPushApproval": true, "dismissesStaleReviews": true, "restrictsReviewDismissals": true,
		"requiresStatusChecks": true, "requiresStrictStatusChecks": true,
		"requiredStatusChecks": []object{{"context": "test", "appId": app}, {"context": "lint", "appId": "any"}},
		"requiresDeployments":  true, "requiredDeploymentEnvironments": []string{"staging"},
		"restrictsPushes": true, "pushActorIds": []string{alice, team, app}, "reviewDismissalActorIds": []string{team},
		"bypassForcePushActorIds": []string{alice}, "bypassPullRequestActorIds": []string{app},
	}
}

func TestProtection_ReadBack(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	want := c.fullRule()
	rule := c.readRule(c.protect("prod", want))
	for field, value := range want {
		switch field {
		case "requiredStatusChecks", "pushActorIds", "reviewDismissalActorIds", "bypassForcePushActorIds", "bypassPullRequestActorIds":
		default:
			if encodeJSON(rule[field]) != encodeJSON(value) {
				t.Errorf("%s is %v, want %v", field, rule[field], value)
			}
		}
	}
	for field, value := range map[string]string{
		"creator":                     `{"login":"root"}`,
		"repository":                  `{"name":"cruddur"}`,
		"matchingRefs":                `{"nodes":[{"name":"prod"}],"totalCount":1}`,
		"requiredStatusCheckContexts": `["test","lint"]`,
		"requiredStatusChecks":        `[{"app":{"slug":"aws-connector"},"context":"test"},{"app":null,"context":"lint"}]`,
		"reviewDismissalAllowances":   `{"nodes":[{"actor":{"slug":"maintainers"}}]}`,
		"bypassForcePushAllowances":   `{"nodes":[{"actor":{"login":"alice"}}]}`,
		"bypassPullRequestAllowances": `{"nodes":[{"actor":{"__typename":"App","slug":"aws-connector"}}]}`,
		"pushAllowances":              `{"nodes":[{"actor":{"__typename":"App"}},{"actor":{"__typename":"Team","slug":"maintainers"}},{"actor":{"__typename":"User","login":"alice"}}]}`,
	} {
		if got := encodeJSON(rule[field]); got != value {
			t.Errorf("%s is %s, want %s", field, got, value)
		}
	}
}

// TestProtection_REST: the REST API returns the same rule as GraphQL.
func TestProtection_REST(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	c.protect("prod", c.fullRule())
	rule := c.rest(200, "GET /repos/example-org/cruddur/branches/prod/protection", "")
	for _, test := range []struct {
		want any
		path []any
	}{
		{true, []any{"enforce_admins", "enabled"}},
		{true, []any{"required_signatures", "enabled"}},
		{true, []any{"required_linear_history", "enabled"}},
		{true, []any{"allow_force_pushes", "enabled"}},
		{true, []any{"allow_deletions", "enabled"}},
		{true, []any{"block_creations", "enabled"}},
		{true, []any{"required_conversation_resolution", "enabled"}},
		{true, []any{"lock_branch", "enabled"}},
		{true, []any{"allow_fork_syncing", "enabled"}},
		{true, []any{"required_status_checks", "strict"}},
		{"lint", []any{"required_status_checks", "contexts", 1}},
		{nil, []any{"required_status_checks", "checks", 1, "app_id"}},
		{2.0, []any{"required_pull_request_reviews", "required_approving_review_count"}},
		{true, []any{"required_pull_request_reviews", "require_code_owner_reviews"}},
		{true, []any{"required_pull_request_reviews", "require_last_push_approval"}},
		{true, []any{"required_pull_request_reviews", "dismiss_stale_reviews"}},
		{"maintainers", []any{"required_pull_request_reviews", "dismissal_restrictions", "teams", 0, "slug"}},
		{"aws-connector", []any{"required_pull_request_reviews", "bypass_pull_request_allowances", "apps", 0, "slug"}},
		{"alice", []any{"restrictions", "users", 0, "login"}},
	} {
		if got := at(t, rule, test.path...); got != test.want {
			t.Errorf("%v is %v, want %v", test.path, got, test.want)
		}
	}
	if app := at(t, rule, "required_status_checks", "checks", 0, "app_id"); app != at(t, c.rest(200, "GET /apps/aws-connector", ""), "id") {
		t.Errorf("the first check is app %v's", app)
	}
	branch := c.rest(200, "GET /repos/example-org/cruddur/branches/prod", "")
	if at(t, branch, "protected") != true || at(t, branch, "protection", "required_status_checks", "enforcement_level") != "everyone" {
		t.Errorf("branch is %v", branch)
	}
	c.expectError(404, "Branch not protected", "GET /repos/example-org/cruddur/branches/main/protection", "")
	c.expectError(404, "Branch not found", "GET /repos/example-org/cruddur/branches/nowhere/protection", "")
}

func TestProtection_Update(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	id := c.protect("prod", c.fullRule())
	update := func(input object) object {
		t.Helper()
		input["branchProtectionRuleId"] = id
		if _, errs := c.graphql(updateRule, object{"input": input}); errs != nil {
			t.Fatalf("update: %q", errs)
		}
		return c.readRule(id)
	}
	before := c.readRule(id)
	if after := update(object{"isAdminEnforced": nil, "pushActorIds": nil, "requiredStatusCheckContexts": nil}); !reflect.DeepEqual(before, after) {
		t.Errorf("nulls changed\n%v to\n%v", before, after)
	}
	after := update(object{"pattern": "main", "isAdminEnforced": false, "bypassForcePushActorIds": []string{}, "requiredStatusCheckContexts": []string{"one"}})
	for field, value := range map[string]string{
		"pattern": `"main"`, "isAdminEnforced": "false", "bypassForcePushAllowances": `{"nodes":[]}`,
		"requiredStatusCheckContexts": `["one"]`, "lockBranch": "true",
	} {
		if got := encodeJSON(after[field]); got != value {
			t.Errorf("%s is %s, want %s", field, got, value)
		}
	}
	update(object{"requiredStatusChecks": []object{{"context": "a", "appId": c.nodeID("/apps/aws-connector")}}})
	after = update(object{"requiredStatusChecks": []object{{"context": "b"}}})
	if got := encodeJSON(after["requiredStatusChecks"]); got != `[{"app":null,"context":"b"}]` {
		t.Errorf("checks are %s", got)
	}
	// What is switched off takes its details with it.
	after = update(object{"restrictsPushes": false, "requiresApprovingReviews": false, "requiresStatusChecks": false})
	for field, value := range map[string]string{
		"blocksCreations": "false", "pushAllowances": `{"nodes":[]}`, "requiresCodeOwnerReviews": "false",
		"requiredApprovingReviewCount": "null", "requiredStatusCheckContexts": "[]", "requiresStrictStatusChecks": "false",
	} {
		if got := encodeJSON(after[field]); got != value {
			t.Errorf("switched off, %s is %s, want %s", field, got, value)
		}
	}
	if _, errs := c.graphql(deleteRule, object{"input": object{"branchProtectionRuleId": id}}); errs != nil {
		t.Fatalf("delete: %q", errs)
	}
	if _, errs := c.graphql(deleteRule, object{"input": object{"branchProtectionRuleId": id}}); encodeJSON(errs) != encodeJSON([]string{unresolved(id).Error()}) {
		t.Errorf("deleted twice: %q", errs)
	}
}

func TestProtection_RejectInvalid(t *testing.T) {
	t.Parallel()
	private := seed()
	private.Owner.Plan = Free
	user := Seed{Owner: Owner{Login: "example-org", Plan: Free}, Repositories: []SeedRepository{{Name: "cruddur"}}}
	for name, test := range map[string]struct {
		seed    Seed
		token   string
		input   object
		message string
	}{
		"a second rule for a pattern":        {seed(), "t-admin", object{"pattern": "taken"}, "Name already protected: taken"},
		"no pattern":                         {seed(), "t-admin", object{"pattern": " "}, "Name can't be blank"},
		"seven reviews":                      {seed(), "t-admin", object{"requiredApprovingReviewCount": 7}, "Required approving review count must be less than or equal to 6"},
		"less than no reviews":               {seed(), "t-admin", object{"requiredApprovingReviewCount": -1}, "Required approving review count must be greater than or equal to 0"},
		"a repository that is not there":     {seed(), "t-admin", object{"repositoryId": "R_x"}, "Could not resolve to a node with the global id of 'R_x'"},
		"an actor that is not there":         {seed(), "t-admin", object{"restrictsPushes": true, "pushActorIds": []string{"U_x"}}, "Could not resolve to a node with the global id of 'U_x'"},
		"a check of an app that isn't there": {seed(), "t-admin", object{"requiresStatusChecks": true, "requiredStatusChecks": []object{{"context": "c", "appId": "A_x"}}}, "Could not resolve to a node with the global id of 'A_x'"},
		"a writer":                           {seed(), "t-write", object{}, "Resource not accessible by personal access token"},
		"a private repository, free plan":    {private, "t-admin", object{}, "Upgrade to GitHub Pro or make this repository public to enable this feature."},
		"a user's repository restricted":     {user, "t-admin", object{"restrictsPushes": true}, "Only organization repositories can have users and team restrictions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, test.seed)
			if test.input["pattern"] == "taken" {
				c.protect("taken", nil)
			}
			input := object{"repositoryId": c.nodeID("/repos/example-org/cruddur"), "pattern": "main"}
			for key, value := range test.input {
				input[key] = value
			}
			data, errs := c.as(test.token).graphql(createRule, object{"input": input})
			if len(errs) != 1 || errs[0] != test.message {
				t.Errorf("answer is %q, want %q", errs, test.message)
			}
			if data["createBranchProtectionRule"] != nil {
				t.Errorf("data is %v, want null", data)
			}
		})
	}
}

func TestProtection_DropActorsWithoutAccess(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	ids := []string{c.nodeID("/users/alice"), c.nodeID("/users/bob"), c.nodeID("/users/alice")}
	rule := c.readRule(c.protect("prod", object{"restrictsPushes": true, "pushActorIds": ids}))
	if got := encodeJSON(rule["pushAllowances"]); got != `{"nodes":[{"actor":{"__typename":"User","login":"alice"}}]}` {
		t.Errorf("allowances are %s", got)
	}
}

func TestGraphQL_Connections(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	for i := range 3 {
		c.protect(fmt.Sprintf("branch-%d", i), nil)
	}
	query := `query($n:Int,$after:String){repository(owner:"EXAMPLE-ORG",name:"cruddur"){
		branchProtectionRules(first:$n,after:$after){nodes{pattern} totalCount pageInfo{hasNextPage hasPreviousPage endCursor}}}}`
	var patterns []any
	var after any
	for range 2 {
		data, errs := c.graphql(query, object{"n": 2, "after": after})
		if errs != nil {
			t.Fatal(errs)
		}
		rules := at(t, data, "repository", "branchProtectionRules").(object)
		for _, node := range rules["nodes"].([]any) {
			patterns = append(patterns, at(t, node, "pattern"))
		}
		after = at(t, rules, "pageInfo", "endCursor")
		if more := at(t, rules, "pageInfo", "hasNextPage"); more != (len(patterns) < 3) || rules["totalCount"] != 3.0 {
			t.Errorf("after %d of 3: %v", len(patterns), rules)
		}
	}
	if encodeJSON(patterns) != `["branch-0","branch-1","branch-2"]` {
		t.Errorf("pages have %v", patterns)
	}
	for message, variables := range map[string]object{
		"You must provide a `first` or `last` value to properly paginate the `branchProtectionRules` connection.":    {},
		"Requesting 101 records on the `branchProtectionRules` connection exceeds the `first` limit of 100 records.": {"n": 101},
		"`x` does not appear to be a valid cursor.":                                                                  {"n": 1, "after": "x"},
	} {
		if _, errs := c.graphql(query, variables); len(errs) != 1 || errs[0] != message {
			t.Errorf("%v is answered with %q, want %q", variables, errs, message)
		}
	}
}

func TestGraphQL_LookUp(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	for query, want := range map[string]string{
		`{viewer{login} rateLimit{remaining}}`:                                                        `{"rateLimit":{"remaining":4999},"viewer":{"login":"root"}}`,
		`{me:user(login:"alice"){login ...on Node{__typename}}}`:                                      `{"me":{"__typename":"User","login":"alice"}}`,
		`{organization(login:"example-org"){team(slug:"nobody"){id}}}`:                                `{"organization":{"team":null}}`,
		`{organization(login:"example-org"){team(slug:"maintainers"){slug @skip(if:true) name}}}`:     `{"organization":{"team":{"name":"maintainers"}}}`,
		`{repository(owner:"example-org",name:"public"){isPrivate @include(if:false) nameWithOwner}}`: `{"repository":{"nameWithOwner":"example-org/public"}}`,
		`{repository(owner:"example-org",name:"cruddur"){owner{login} defaultBranchRef{name branchProtectionRule{id}} ref(qualifiedName:"refs/heads/prod"){prefix name}}}`: `{"repository":{"defaultBranchRef":{"branchProtectionRule":null,"name":"main"},"owner":{"login":"example-org"},"ref":{"name":"prod","prefix":"refs/heads/"}}}`,
	} {
		if data, errs := c.graphql(query, nil); errs != nil || encodeJSON(data) != want {
			t.Errorf("%s:\n got %s %q\nwant %s", query, encodeJSON(data), errs, want)
		}
	}
	for query, want := range map[string]string{
		`{repository(owner:"example-org",name:"nowhere"){id}}`: "Could not resolve to a Repository with the name 'example-org/nowhere'.",
		`{user(login:"example-org"){id}}`:                      "Could not resolve to a User with the login of 'example-org'.",
		`{organization(login:"alice"){id}}`:                    "Could not resolve to an Organization with the login of 'alice'.",
		`{node(id:"nothing"){id}}`:                             "Could not resolve to a node with the global id of 'nothing'",
	} {
		if _, errs := c.graphql(query, nil); len(errs) != 1 || errs[0] != want {
			t.Errorf("%s is answered with %q, want %q", query, errs, want)
		}
	}
	if _, errs := c.as("t-none").graphql(`{repository(owner:"example-org",name:"cruddur"){id}}`, nil); len(errs) != 1 {
		t.Errorf("a stranger sees the private repository: %q", errs)
	}
	if _, errs := c.graphql(`{user(`, nil); len(errs) != 1 || len(c.UnknownCalls()) > 0 {
		t.Errorf("half a query is answered with %q, and unknown are %q", errs, c.UnknownCalls())
	}
	for _, path := range []string{"/users/alice", "/orgs/example-org", "/orgs/example-org/teams/maintainers", "/apps/aws-connector", "/repos/example-org/cruddur"} {
		id := c.nodeID(path)
		if data, errs := c.graphql("query($id:ID!){node(id:$id){id}}", object{"id": id}); errs != nil || at(t, data, "node", "id") != id {
			t.Errorf("%s: node %s is %v %q", path, id, data, errs)
		}
	}
}
