package proofs

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/codeowners"
	"prodgate/pkg/onlymain"
	"prodgate/sandbox/emulators/github"
	"prodgate/sandbox/engine/stack"
)

type object = map[string]any

// rest calls GitHub with a token. The path is relative to the stack's repository, unless it
// begins with a slash.
func (w *world) rest(token, call string, body any) (status int, answer object) {
	w.Helper()
	method, path, _ := strings.Cut(call, " ")
	if !strings.HasPrefix(path, "/") {
		path = "/api/v3/repos/example-org/" + w.repository() + "/" + path
	}
	text, err := json.Marshal(body)
	w.must(err)
	request, err := http.NewRequestWithContext(w.Context(), method, strings.TrimSuffix(w.Cloud.GitHub, "/")+path, bytes.NewReader(text))
	w.must(err)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusNoContent {
		w.must(json.NewDecoder(response.Body).Decode(&answer))
	}
	return response.StatusCode, answer
}

// does is rest for a call that must succeed.
func (w *world) does(token, call string, body any) object {
	w.Helper()
	status, answer := w.rest(token, call, body)
	if status >= 300 {
		w.Fatalf("%s as %s: %d %v", call, token, status, answer)
	}
	return answer
}

// refused is rest for a call that must be refused with a message.
func (w *world) refused(token, call string, body any, message string) {
	w.Helper()
	status, answer := w.rest(token, call, body)
	if got, _ := answer["message"].(string); status < 400 || status == http.StatusNotImplemented || !strings.Contains(got, message) {
		w.Errorf("%s as %s: %d %v, want %q", call, token, status, answer, message)
	}
}

// at is the commit of a branch.
func (w *world) at(branch string) string {
	w.Helper()
	return w.does(stack.Administrator, "GET git/ref/heads/"+branch, nil)["object"].(object)["sha"].(string)
}

// read returns a file of a branch; empty if it does not exist.
func (w *world) read(branch, file string) string {
	w.Helper()
	status, answer := w.rest(stack.Administrator, "GET contents/"+file+"?ref="+branch, nil)
	if status == http.StatusNotFound {
		return ""
	}
	text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(answer["content"].(string), "\n", ""))
	w.must(err)
	return string(text)
}

// put is the body that writes a file to a branch.
func (w *world) put(branch, file, text string) object {
	w.Helper()
	body := object{"message": "m", "branch": branch, "content": []byte(text)}
	if _, there := w.rest(stack.Administrator, "GET contents/"+file+"?ref="+branch, nil); there["sha"] != nil {
		body["sha"] = there["sha"]
	}
	return body
}

func (w *world) writeFile(token, branch, file, text string) {
	w.Helper()
	w.does(token, "PUT contents/"+file, w.put(branch, file, text))
}

// openPullRequest opens a pull request to prod and returns its path.
func (w *world) openPullRequest(token, head string) string {
	w.Helper()
	return fmt.Sprintf("pulls/%v", w.does(token, "POST pulls", object{"title": "t", "head": head, "base": "prod"})["number"])
}

var approve = object{"event": "APPROVE"}

// checks does what GitHub Actions does for a pull request: the app's tests pass, and
// the workflow on prod is run for real.
func (w *world) checks(head string) {
	w.Helper()
	conclusion := "failure"
	if w.onlyMain(head) {
		conclusion = "success"
	}
	for name, how := range map[string]string{"test": "success", onlymain.Check: conclusion} {
		w.does(stack.Actions, "POST check-runs", object{"name": name, "head_sha": w.at(head), "conclusion": how})
	}
}

// onlyMain runs the script of the workflow that is on prod, with the variables of a
// pull request from a branch of the repository.
func (w *world) onlyMain(head string) bool {
	w.Helper()
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct {
				Env map[string]string
				Run string
			}
		}
	}
	w.must(yaml.Unmarshal([]byte(w.read("prod", onlymain.File)), &workflow))
	steps := workflow.Jobs[onlymain.Check].Steps
	if len(steps) != 1 {
		w.Fatalf("the workflow has %d steps", len(steps))
	}
	full := "example-org/" + w.repository()
	event := map[string]string{
		"head.ref": head, "head.repo.full_name": full, "base.ref": "prod", "base.repo.full_name": full,
	}
	cmd := exec.CommandContext(w.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", steps[0].Run)
	for name, expression := range steps[0].Env {
		field := strings.TrimSuffix(strings.TrimPrefix(expression, "${{ github.event.pull_request."), " }}")
		value, known := event[field]
		if !known {
			w.Fatalf("the workflow reads %s", expression)
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd.Run() == nil
}

// attacks are attempts to bypass the gate, by the rows of the catalogue.
var attacks = map[string]func(*world){
	"github:ForcePush": func(w *world) {
		first := w.at("begun")
		for _, who := range []string{stack.Developer, stack.Lead, stack.Administrator} {
			w.refused(who, "PATCH git/refs/heads/prod", object{"sha": first, "force": true}, "Cannot force-push to this branch")
		}
	},
	"github:DeleteBranch": func(w *world) {
		for _, who := range []string{stack.Developer, stack.Lead, stack.Administrator} {
			w.refused(who, "DELETE git/refs/heads/prod", nil, "Cannot delete a protected branch")
		}
	},
	"github:Push": func(w *world) {
		const why = "Changes must be made through a pull request."
		w.refused(stack.Developer, "PUT contents/app.py", w.put("prod", "app.py", "x"), "You're not authorized to push to this branch. "+why)
		w.refused(stack.Lead, "PUT contents/app.py", w.put("prod", "app.py", "x"), why)
		w.refused(stack.Lead, "POST merges", object{"base": "prod", "head": "main"}, why)
		w.refused(stack.Lead, "PATCH git/refs/heads/prod", object{"sha": w.at("ahead")}, why)
	},
	"github:AdminOverride": func(w *world) {
		w.refused(stack.Administrator, "PUT contents/app.py", w.put("prod", "app.py", "x"), "Changes must be made through a pull request.")
		w.refused(stack.Administrator, "PATCH git/refs/heads/prod", object{"sha": w.at("ahead")}, "Changes must be made through a pull request.")
		request := w.openPullRequest(stack.Developer, "main")
		w.refused(stack.Administrator, "PUT "+request+"/merge", nil, "At least 1 approving review is required")
	},
	"github:EditWorkflow": func(w *world) {
		w.refused(stack.Developer, "PUT contents/"+onlymain.File, w.put("prod", onlymain.File, "on: push\n"), "Changes must be made through a pull request.")
		// main accepts it, and prod requires the code owners.
		before := w.at("main")
		w.writeFile(stack.Developer, "main", onlymain.File, "on: push\n")
		request := w.openPullRequest(stack.Developer, "main")
		w.checks("main")
		w.does(stack.Administrator, "POST "+request+"/reviews", approve)
		w.refused(stack.Lead, "PUT "+request+"/merge", nil, "Waiting on code owner review from @example-org/platform.")
		w.does(stack.Administrator, "PATCH git/refs/heads/main", object{"sha": before, "force": true})
	},
	"github:MergeFromOtherBranch": func(w *world) {
		request := w.openPullRequest(stack.Developer, "ahead")
		w.does(stack.Lead, "POST "+request+"/reviews", approve)
		for _, name := range []string{"test", onlymain.Check} { // anybody who may write can say so
			w.does(stack.Developer, "POST statuses/"+w.at("ahead"), object{"state": "success", "context": name})
		}
		w.refused(stack.Lead, "PUT "+request+"/merge", nil, `Repository rule violations found: Required status check "only-main" is expected.`)
		w.checks("ahead")
		w.refused(stack.Lead, "PUT "+request+"/merge", nil, `Required status check "only-main" is expected.`)
	},
}

// TestGitHub_NoWayAround tries every way around a gate at GitHub; then a regular change, an update,
// and a weakened protection.
func TestGitHub_NoWayAround(t *testing.T) {
	t.Parallel()
	w := newWorldUp(t, "dev", quiet)
	w.assertProtected(1, "@example-org/platform")
	w.run("refresh", "--yes")
	same(t, "what the provider reads back", w.lastChanges(), map[string]int{})
	same(t, "a second preview", w.planned(), map[string]string{})

	// Another stack can adopt the protection, and cannot create a second one.
	for resource := range w.beside("onlooker", adoptProtection).planned() {
		if strings.HasPrefix(resource, "github:") {
			t.Errorf("a stack that adoptProtection the protection makes %s", resource)
		}
	}
	if out := w.beside("rival").fails("preview"); !strings.Contains(out, `is another stack's, it begins with "# Made by the stack dev of the Pulumi project prodgate, change it there."`) {
		t.Errorf("a second stack that protects the repository is told\n%s", out)
	}

	// The strict checks require a merge of prod into main; a branch continues from it.
	first := w.does(stack.Developer, "GET commits/main", nil)["parents"].([]any)[0].(object)["sha"]
	w.does(stack.Developer, "POST git/refs", object{"ref": "refs/heads/begun", "sha": first})
	w.does(stack.Developer, "POST merges", object{"base": "main", "head": "prod"})
	w.writeFile(stack.Developer, "main", "app.py", "print()\n")
	w.does(stack.Developer, "POST git/refs", object{"ref": "refs/heads/ahead", "sha": w.at("main")})
	w.writeFile(stack.Developer, "ahead", "app.py", "print(1)\n")

	tried := 0
	for _, call := range catalogue.Calls {
		if !strings.HasPrefix(call.Action, "github:") {
			continue
		}
		attack, there := attacks[call.Action]
		if !there {
			t.Errorf("nobody tries %s", call.Action)
			continue
		}
		before := w.at("prod")
		attack(w)
		if tried++; w.at("prod") != before {
			t.Errorf("%s changes prod", call.Action)
		}
	}
	if tried != len(attacks) {
		t.Errorf("tried %d of %d attacks", tried, len(attacks))
	}

	w.mergeMain()
	if got := w.read("prod", "app.py"); got != "print()\n" {
		t.Errorf("what is merged is %q", got)
	}
	same(t, "a preview after the merge", w.planned(), map[string]string{})

	// A change reaches main at once, and prod through a pull request.
	w.configure(replace("reviews: 1", "reviews: 2"), replace(`["@example-org/platform"]`, `["@example-org/platform", "@lead"]`))
	name := func(kind, role string) string { return "github:index/" + kind + " gate-cruddur-dev-" + role }
	same(t, "more reviews and another owner", w.planned(), map[string]string{
		name("branchProtection:BranchProtection", "prod"):        "update",
		name("repositoryFile:RepositoryFile", "main-codeowners"): "update",
	})
	w.up()
	const both = "@example-org/platform @lead"
	if main, prod := w.read("main", codeowners.File), w.read("prod", codeowners.File); !strings.Contains(main, both) || strings.Contains(prod, both) {
		t.Errorf("main has\n%sprod has\n%s", main, prod)
	}
	same(t, "a preview after the change", w.planned(), map[string]string{})
	w.does(stack.Developer, "POST merges", object{"base": "main", "head": "prod"})
	w.mergeMain()
	w.assertProtected(2, both)
	w.run("refresh", "--yes")
	same(t, "a preview after the change is merged", w.planned(), map[string]string{})

	// A protection that is weakened by hand is detected and restored.
	w.weakenProtection()
	w.run("refresh", "--yes")
	same(t, "what a refresh sees", w.lastChanges(), map[string]int{"update": 2, "delete": 1})
	same(t, "the repair", w.planned(), map[string]string{
		name("branchProtection:BranchProtection", "prod"):           "update",
		name("repositoryFile:RepositoryFile", "main-workflow"):      "update",
		name("repositoryRuleset:RepositoryRuleset", onlymain.Check): "create",
	})
	w.up()
	w.assertProtected(2, both)

	// The protection is deleted first; otherwise prod would keep the files.
	w.run("destroy", "--yes", "--refresh")
	w.empty("after destroy")
}

// mergeMain merges main into prod through an approved pull request.
func (w *world) mergeMain() {
	w.Helper()
	request := w.openPullRequest(stack.Developer, "main")
	w.checks("main")
	w.refused(stack.Lead, "PUT "+request+"/merge", nil, "approving review is required")
	w.does(stack.Lead, "POST "+request+"/reviews", approve)
	w.does(stack.Administrator, "POST "+request+"/reviews", approve)
	w.refused(stack.Developer, "PUT "+request+"/merge", nil, "You're not authorized to push to this branch.")
	w.does(stack.Lead, "PUT "+request+"/merge", nil)
}

// assertProtected asserts, on GitHub's own responses, everything that the gate creates there.
func (w *world) assertProtected(reviews float64, owners string) {
	w.Helper()
	p := w.does(stack.Administrator, "GET branches/prod/protection", nil)
	for name, want := range map[string]bool{
		"enforce_admins": true, "required_signatures": true, "required_conversation_resolution": true, "block_creations": true,
		"allow_force_pushes": false, "allow_deletions": false, "required_linear_history": false, "lock_branch": false,
	} {
		if got := p[name].(object)["enabled"]; got != want {
			w.Errorf("%s is %v", name, got)
		}
	}
	review := p["required_pull_request_reviews"].(object)
	for name, want := range map[string]any{
		"required_approving_review_count": reviews, "require_code_owner_reviews": true,
		"require_last_push_approval": true, "dismiss_stale_reviews": true, "bypass_pull_request_allowances": nil,
	} {
		if review[name] != want {
			w.Errorf("%s is %v, want %v", name, review[name], want)
		}
	}
	checks := p["required_status_checks"].(object)
	contexts := fmt.Sprint(checks["contexts"])
	if !slices.Contains([]string{"[only-main test]", "[test only-main]"}, contexts) {
		w.Errorf("the required checks are %s", contexts)
	}
	same(w.T, "strict", checks["strict"], true)
	var allowed []string
	restrictions := p["restrictions"].(object)
	for kind, key := range map[string]string{"teams": "slug", "users": "login", "apps": "slug"} {
		for _, actor := range restrictions[kind].([]any) {
			allowed = append(allowed, actor.(object)[key].(string))
		}
	}
	slices.Sort(allowed)
	var want []string
	for owner := range strings.FieldsSeq(owners) {
		want = append(want, owner[strings.LastIndexAny(owner, "@/")+1:])
	}
	slices.Sort(want)
	same(w.T, "who may merge", allowed, want)

	var rules []struct {
		Type       string
		Parameters struct {
			Strict bool `json:"strict_required_status_checks_policy"`
			Checks []struct {
				Context string
				App     int `json:"integration_id"`
			} `json:"required_status_checks"`
		}
	}
	_, err := w.Cloud.GetGitHub(w.Context(), w.repository(), "rules/branches/prod", &rules)
	w.must(err)
	if len(rules) != 1 || !rules[0].Parameters.Strict || len(rules[0].Parameters.Checks) != 1 ||
		rules[0].Parameters.Checks[0].Context != onlymain.Check || rules[0].Parameters.Checks[0].App != onlymain.ActionsApp {
		w.Errorf("the rules of prod are %+v", rules)
	}
	for _, branch := range []string{"main", "prod"} {
		if got := w.read(branch, onlymain.File); !strings.HasSuffix(got, "\n"+onlymain.Workflow) {
			w.Errorf("the workflow on %s is\n%s", branch, got)
		}
		if got := w.read(branch, codeowners.File); !strings.HasSuffix(got, "\n/.github/ "+owners+"\n") {
			w.Errorf("the code owners on %s are\n%s", branch, got)
		}
	}
}

// weakenProtection weakens the protection as an administrator with a browser could.
func (w *world) weakenProtection() {
	w.Helper()
	data := w.graphql(`{repository(owner:"example-org",name:"cruddur-dev"){branchProtectionRules(first:9){nodes{id}}}}`, nil)
	rule := data["repository"].(object)["branchProtectionRules"].(object)["nodes"].([]any)[0].(object)["id"]
	w.graphql("mutation($input:UpdateBranchProtectionRuleInput!){updateBranchProtectionRule(input:$input){clientMutationId}}", object{
		"branchProtectionRuleId": rule, "isAdminEnforced": false, "requireLastPushApproval": false, "requiresCommitSignatures": false,
	})
	var rulesets []struct{ ID int64 }
	_, err := w.Cloud.GetGitHub(w.Context(), w.repository(), "rulesets", &rulesets)
	w.must(err)
	for _, ruleset := range rulesets {
		w.does(stack.Administrator, fmt.Sprintf("DELETE rulesets/%d", ruleset.ID), nil)
	}
	w.writeFile(stack.Developer, "main", onlymain.File, "on: push\n")
}

func (w *world) graphql(query string, input object) object {
	w.Helper()
	answer := w.does(stack.Administrator, "POST /api/graphql", object{"query": query, "variables": object{"input": input}})
	if answer["errors"] != nil {
		w.Fatalf("%s: %v", query, answer["errors"])
	}
	return answer["data"].(object)
}

// TestGitHub_Preflight asserts that a preview and an update report the problems at GitHub and create
// nothing.
func TestGitHub_Preflight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev", quiet)
	says := func(want ...string) {
		t.Helper()
		out := w.fails("up", "--yes", "--skip-preview")
		for _, text := range want {
			if !strings.Contains(out, text) {
				t.Errorf("does not say %s:\n%s", text, out)
			}
		}
		same(t, "after the refusal the account", w.inventory(), map[string][]string{})
	}
	w.writeFile(stack.Developer, "main", codeowners.File, "* @lead\n")
	w.configOnly(replace("cruddur-dev", "cruddur-dev\n    mergers: [\"@example-org/nobody\", \"@nobody\"]"))
	says(`prodgate:source.codeOwnersFile: "create": .github/CODEOWNERS of main in cruddur-dev is there and not the gate's`,
		"set it to adopt, and add the line to the end of the file: /.github/ @example-org/platform",
		`prodgate:source.mergers[0]: "@example-org/nobody": is no team that the token can see`,
		`prodgate:source.mergers[1]: "@nobody": is no user of GitHub`)

	// The remedy of the error message.
	for _, branch := range []string{"main", "prod"} {
		w.writeFile(stack.Administrator, branch, codeowners.File, "* @lead\n/.github/ @example-org/platform\n")
	}
	w.configure(replace("cruddur-dev", "cruddur-dev\n    codeOwnersFile: adopt"))
	planned := w.planned()
	for _, role := range []string{"main-codeowners", "prod-codeowners"} {
		if _, there := planned["github:index/repositoryFile:RepositoryFile gate-cruddur-dev-"+role]; there {
			t.Errorf("writes the %s that it adopts", role)
		}
	}
	if planned["github:index/repositoryFile:RepositoryFile gate-cruddur-dev-main-workflow"] != "create" {
		t.Errorf("plans %v", planned)
	}

	w.configOnly(replace("cruddur-dev", "elsewhere"))
	says(`prodgate:source.repository: "elsewhere": the token sees no repository example-org/elsewhere`)
	w.does(stack.Administrator, "DELETE git/refs/heads/prod", nil)
	w.configOnly()
	says(`prodgate:source.repository: "cruddur-dev": has no branch prod; make it: git push origin main:prod`)
}

// TestGitHub_FreePlan has a private repository on a free plan: an error with three remedies, of which
// one is to leave prod unprotected.
func TestGitHub_FreePlan(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "dev", func(c *stack.Config) { c.GitHub.Owner.Plan = github.Free }, quiet)
	out := w.fails("preview")
	if !strings.Contains(out, "upgrade the plan (GitHub Team, or Pro for a user), make the repository public, or set source.protection to off") {
		t.Errorf("says\n%s", out)
	}
	w.configure(replace(`    reviews: 1
    statusChecks: [test]
    codeOwners: ["@example-org/platform"]`, "    protection: off"))
	if out := w.run("preview", "--policy-pack", kit.Policy); !strings.Contains(out, "nothing at GitHub keeps anybody who may write to cruddur-dev from pushing to prod") {
		t.Errorf("does not warn:\n%s", out)
	}
	for resource := range w.planned() {
		if strings.HasPrefix(resource, "github:") {
			t.Errorf("plans %s", resource)
		}
	}
}

// TestGitHub_RefuseWeakProtection asserts that the error names everything that an adopted protection
// lacks.
func TestGitHub_RefuseWeakProtection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev", adoptProtection, quiet)
	_, repository := w.github("repos/example-org/cruddur-dev")
	w.graphql("mutation($input:CreateBranchProtectionRuleInput!){createBranchProtectionRule(input:$input){clientMutationId}}", object{
		"repositoryId": repository["node_id"], "pattern": "prod", "requiresApprovingReviews": true, "restrictsPushes": true,
		"requiresStatusChecks": true, "requiredStatusCheckContexts": []string{"test", onlymain.Check},
	})
	out := w.fails("preview")
	for _, want := range []string{
		`prodgate:source.protection: "adopt": .github/workflows/prodgate.yml of prod in cruddur-dev is not the workflow`,
		"the protection of prod in cruddur-dev is weaker than the gate's: administrators are let through, code owners are not asked, " +
			"who pushed last may approve, approvals outlive a push, conversations may stay open, commits may be unsigned, " +
			"checks may be of an older prod, anybody may create the branch, whoever may write can pass the check only-main",
		`prodgate:source.protection: "adopt": prod of cruddur-dev has no CODEOWNERS`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("does not say %s:\n%s", want, out)
		}
	}
}

// adoptProtection is the configuration of a stack whose repository another one protects.
var adoptProtection = replace(`    codeOwners: ["@example-org/platform"]`, "    protection: adopt")

// beside is another stack of the same program, on the same emulators.
func (w *world) beside(name string, edits ...edit) *world {
	w.Helper()
	copied := *w.Stack
	copied.Name, copied.Dir = name, w.TempDir()
	other := &world{T: w.T, aws: w.aws, silent: true, Stack: &copied}
	w.must(other.Init(w.Context(), configOf(w.T, w.Name, append(edits, quiet)...).Text))
	return other
}
