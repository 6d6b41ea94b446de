package github

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestServer_Tokens(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	for name, test := range map[string]struct {
		token, call, message string
		status               int
	}{
		"no token":                           {"", "GET /user", "Requires authentication", 401},
		"a token that is not known":          {"t-other", "GET /user", "Bad credentials", 401},
		"a reader may not see protection":    {"t-read", "GET /repos/example-org/cruddur/branches/prod/protection", "Resource not accessible by personal access token", 403},
		"a private repository is not there":  {"t-none", "GET /repos/example-org/cruddur", "Not Found", 404},
		"a repository that really isn't":     {"t-admin", "GET /repos/example-org/nowhere", "Not Found", 404},
		"a user is not an organization":      {"t-admin", "GET /orgs/alice", "Not Found", 404},
		"a team that is not there":           {"t-admin", "GET /orgs/example-org/teams/nobody", "Not Found", 404},
		"a writer may not make environments": {"t-write", "PUT /repos/example-org/public/environments/x", "Resource not accessible by personal access token", 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client{t, c.Server, test.token}.expectError(test.status, test.message, test.call, "{}")
		})
	}
	if w := c.as("").send("POST /api/graphql", `{"query":"{viewer{login}}"}`); w.Code != http.StatusUnauthorized {
		t.Errorf("GraphQL without a token: status %d, want 401", w.Code)
	}
	if got := at(t, c.as("t-none").rest(200, "GET /repos/example-org/public", ""), "full_name"); got != "example-org/public" {
		t.Errorf("a public repository is %v to a stranger", got)
	}
}

func TestAccounts_LookUp(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	id := encodeJSON(at(t, c.rest(200, "GET /users/alice", ""), "id"))
	for call, want := range map[string]string{
		"GET /user":                           "root",
		"GET /user/" + id:                     "alice",
		"GET /users/ALICE":                    "alice",
		"GET /orgs/example-org":               "example-org",
		"GET /orgs/example-org/teams/readers": "",
	} {
		if want == "" {
			c.rest(404, call, "")
		} else if got := at(t, c.rest(200, call, ""), "login"); got != want {
			t.Errorf("%s: %v, want %s", call, got, want)
		}
	}
	for call, want := range map[string]string{
		"GET /orgs/example-org/teams/maintainers/members": "alice",
		"GET /orgs/example-org/teams/maintainers/repos":   "cruddur",
	} {
		first := at(t, c.rest(200, call, ""), 0).(object)
		if first["login"] != want && first["name"] != want {
			t.Errorf("%s: %v, want %s", call, first, want)
		}
	}
	if got := at(t, c.rest(200, "GET /apps/aws-connector", ""), "name"); got != "AWS Connector" {
		t.Errorf("app is named %v", got)
	}
}

// TestServer_AnyToken: without tokens in the seed every token is an administrator's.
func TestServer_AnyToken(t *testing.T) {
	t.Parallel()
	for owner, want := range map[Owner]string{
		{Login: "solo", Plan: Free}:                            "solo",
		{Login: "example-org", Organization: true, Plan: Team}: "example-org-admin",
	} {
		c := start(t, Seed{Owner: owner}).as("whatever")
		if got := at(t, c.rest(200, "GET /user", ""), "login"); got != want {
			t.Errorf("the token is %v's, want %s's", got, want)
		}
		c.as("").rest(401, "GET /user", "")
	}
}

func TestSeed_RejectInvalid(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Seed{
		"no owner":              {Owner: Owner{Plan: Free}},
		"no such plan":          {Owner: Owner{Login: "solo", Plan: "gold"}},
		"a user with teams":     {Owner: Owner{Login: "solo", Plan: Free}, Teams: []SeedTeam{{Slug: "t"}}},
		"a token for nobody":    {Owner: Owner{Login: "solo", Plan: Free}, Tokens: []Token{{Value: "t", Permission: Admin}}},
		"a nameless repository": {Owner: Owner{Login: "solo", Plan: Free}, Repositories: []SeedRepository{{}}},
	} {
		if _, err := New(filepath.Join(t.TempDir(), "state.json"), s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestSeed_AddMissingFiles: a file of the seed is committed to each branch that does not have it, to a running
// server too; a file that exists is not changed.
func TestSeed_AddMissingFiles(t *testing.T) {
	t.Parallel()
	s := seed()
	server, err := New(filepath.Join(t.TempDir(), "state.json"), s)
	if err != nil {
		t.Fatal(err)
	}
	c := client{t, server, "t-admin"}
	const file = "/repos/example-org/cruddur/contents/app/Dockerfile?ref="
	c.rest(404, "GET "+file+"main", "")
	for _, content := range []string{"FROM scratch\n", "FROM other\n"} {
		s.Repositories[0].Files = map[string]string{"app/Dockerfile": content}
		if err := server.Seed(s); err != nil {
			t.Fatal(err)
		}
		for _, branch := range append([]string{"main"}, s.Repositories[0].Branches...) {
			if got := c.send("GET /api/v3"+file+branch, "").Body.String(); !strings.Contains(got, "RlJPTSBzY3JhdGNoCg==") {
				t.Errorf("%s has %s", branch, got)
			}
		}
	}
	if err := server.Seed(Seed{}); err == nil {
		t.Error("a wrong seed is accepted")
	}
}

func TestServer_RecordUnknownCalls(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	c.expectError(501, "not emulated: DELETE /api/v3/repos/example-org/cruddur", "DELETE /repos/example-org/cruddur", "")
	c.expectError(501, "not emulated: GET /api/v3/meta", "GET /meta", "")
	_, errs := c.graphql("{repository(owner:\"example-org\", name:\"cruddur\"){stargazerCount}}", nil)
	if len(errs) != 1 || !strings.HasPrefix(errs[0], "not emulated: ") || !strings.Contains(errs[0], "stargazerCount") {
		t.Errorf("an unknown field is answered with %q", errs)
	}
	_, errs = c.graphql("mutation($input:CreateBranchProtectionRuleInput!){createBranchProtectionRule(input:$input){clientMutationId}}",
		object{"input": object{"repositoryId": "x", "pattern": "x", "colour": "red"}})
	if len(errs) != 1 || !strings.Contains(errs[0], "colour") {
		t.Errorf("an unknown input is answered with %q", errs)
	}
	_, errs = c.graphql("{__schema{queryType{name}}}", nil)
	if len(errs) != 1 {
		t.Errorf("introspection is answered with %q", errs)
	}
	if unknown := c.UnknownCalls(); len(unknown) != 5 || unknown[0] != "DELETE /api/v3/repos/example-org/cruddur" {
		t.Errorf("allowed: %q", unknown)
	}
}

func TestServer_EntityTags(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	const call = "GET /api/v3/repos/example-org/cruddur/git/ref/heads/main"
	first := c.send(call, "")
	tag := first.Header().Get("ETag")
	if tag == "" || first.Header().Get("X-RateLimit-Remaining") == "" {
		t.Fatalf("headers: %v", first.Header())
	}
	if again := c.send(call, "", "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("the same again: status %d, %s", again.Code, again.Body)
	}
	c.rest(201, "PUT /repos/example-org/cruddur/contents/new", `{"message":"m","content":"eA=="}`)
	if changed := c.send(call, "", "If-None-Match", tag); changed.Code != http.StatusOK {
		t.Errorf("after a commit: status %d", changed.Code)
	}
}

func TestServer_Pages(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	w := c.send("GET /api/v3/repos/example-org/cruddur/branches?per_page=2", "")
	if got := at(t, decode(t, w.Body.String()), 1, "name"); got != "prod" {
		t.Errorf("second of the first page is %v", got)
	}
	if link := w.Header().Get("Link"); !strings.Contains(link, `page=2&per_page=2>; rel="next"`) {
		t.Errorf("link is %q", link)
	}
	w = c.send("GET /api/v3/repos/example-org/cruddur/branches?per_page=2&page=2", "")
	if got := at(t, decode(t, w.Body.String()), 0, "name"); got != "release/1" || w.Header().Get("Link") != "" {
		t.Errorf("second page starts with %v, link %q", got, w.Header().Get("Link"))
	}
}

func TestState_OutliveProcess(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	first, err := New(file, seed())
	if err != nil {
		t.Fatal(err)
	}
	c := client{t, first, "t-admin"}
	id := c.protect("prod", nil)
	c.rest(201, "PUT /repos/example-org/cruddur/contents/new", `{"message":"m","content":"/wA="}`)
	before := c.send("GET /api/v3/repos/example-org/cruddur/contents/new", "").Body.String()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	grown := seed()
	grown.Repositories = append(grown.Repositories, SeedRepository{Name: "third"})
	grown.Users = append(grown.Users, "newcomer")
	grown.Teams = append(grown.Teams, SeedTeam{Slug: "newcomers", Members: []string{"newcomer"}})
	for i := range grown.Repositories {
		grown.Repositories[i].Access = maps.Clone(grown.Repositories[i].Access)
		if grown.Repositories[i].Access == nil {
			grown.Repositories[i].Access = map[string]Permission{}
		}
		grown.Repositories[i].Access["/Newcomer"] = Write
		grown.Repositories[i].Access["example-org/newcomers"] = Write
	}
	second, err := New(file, grown)
	if err != nil {
		t.Fatal(err)
	}
	c.Server = second
	if data, errs := c.graphql("query($id:ID!){node(id:$id){... on BranchProtectionRule{pattern}}}", object{"id": id}); errs != nil {
		t.Errorf("the rule is lost: %v %v", data, errs)
	}
	if after := c.send("GET /api/v3/repos/example-org/cruddur/contents/new", "").Body.String(); after != before {
		t.Errorf("the file was %s, is %s", before, after)
	}
	c.rest(200, "GET /repos/example-org/third", "")
	// A code owner whom the settings of a live stack name later is known to every repository.
	for _, name := range []string{"cruddur", "third"} {
		if got := c.rest(200, "GET /repos/example-org/"+name+"/collaborators/newcomer/permission", "").(object)["permission"]; got != "write" {
			t.Errorf("the new code owner has %v on %s, want write", got, name)
		}
	}
	if got := len(c.rest(200, "GET /orgs/example-org/teams/newcomers/repos", "").([]any)); got != len(grown.Repositories) {
		t.Errorf("the new team has %d repositories, want %d", got, len(grown.Repositories))
	}

	if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 1 {
		t.Errorf("left behind beside the state: %v", entries)
	}
	if err := os.WriteFile(file, []byte(`{"lastId":1,"colour":"red"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(file, seed()); err == nil {
		t.Error("a state file of another form is read without an error")
	}
}

func TestServer_Listen(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	url, err := c.Listen()
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.Get(url + "api/v3/user")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Body.Close(); err != nil || r.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d, %v", r.StatusCode, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if r, err := http.Get(url + "api/v3/user"); err == nil {
		_ = r.Body.Close()
		t.Error("answers after Close")
	}
}

func TestPatterns_Match(t *testing.T) {
	t.Parallel()
	for pattern, names := range map[string]struct{ yes, no []string }{
		"main":         {[]string{"main"}, []string{"mainly", "x/main"}},
		"release/*":    {[]string{"release/1"}, []string{"release", "release/1/2"}},
		"release/**/*": {[]string{"release/1", "release/1/2/3"}, []string{"release"}},
		"*":            {[]string{"main"}, []string{"release/1"}},
		"**/*":         {[]string{"main", "a/b/c"}, nil},
		"v[0-9]?":      {[]string{"v1x"}, []string{"vx1", "v1"}},
		"[":            {nil, []string{"["}},
	} {
		for _, name := range slices.Concat(names.yes, names.no) {
			if want := slices.Contains(names.yes, name); matches(pattern, name) != want {
				t.Errorf("%s matches %s: %v, want %v", pattern, name, !want, want)
			}
		}
	}
}
