package gate_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"testing"

	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/onlymain"
)

const (
	fileType    = "github:index/repositoryFile:RepositoryFile"
	rulesetType = "github:index/repositoryRuleset:RepositoryRuleset"
)

// Endpoints of GitHub's REST API.
const (
	web         = "repos/example-org/web"
	protected   = web + "/branches/prod/protection"
	rulesOf     = web + "/rules/branches/prod?per_page=100"
	mainRulesOf = web + "/rules/branches/main?per_page=100"
	ruleset     = web + "/rulesets/7"
	writers     = web + "/teams?per_page=100&page=1"
	platform    = "orgs/example-org/teams/platform"
	forbidden   = `403 {"message": "Resource not accessible by personal access token"}`
	notFound    = `404 {"message": "Not Found"}`
	signedTest  = "# Made by the stack test of the Pulumi project prodgate, change it there.\n"
)

func contents(name, branch string) string { return web + "/contents/" + name + "?ref=" + branch }

// holding is GitHub's answer with a file, in lines as GitHub breaks them.
func holding(text string) string {
	encoded := base64.StdEncoding.EncodeToString([]byte(text))
	return fmt.Sprintf(`200 {"encoding": "base64", "content": "%s\n%s\n"}`, encoded[:4*(len(encoded)/8)], encoded[4*(len(encoded)/8):])
}

// described is a repository as GitHub tells of it, with something changed.
func described(old, new string) string {
	text := `{"full_name": "example-org/web", "private": true, "archived": false, "default_branch": "main", "owner": {"type": "Organization"}}`
	return "200 " + strings.Replace(text, old, new, 1)
}

// strong is a protection as strong as the gate's.
const strong = `{
	"enforce_admins": {"enabled": true}, "required_signatures": {"enabled": true},
	"required_conversation_resolution": {"enabled": true}, "block_creations": {"enabled": true},
	"allow_force_pushes": {"enabled": false}, "allow_deletions": {"enabled": false},
	"restrictions": {"users": [], "teams": [{"slug": "platform"}], "apps": []},
	"required_status_checks": {"strict": true, "checks": [{"context": "test", "app_id": null}, {"context": "only-main", "app_id": 15368}]},
	"required_pull_request_reviews": {"required_approving_review_count": 2, "require_code_owner_reviews": true,
		"require_last_push_approval": true, "dismiss_stale_reviews": true}
}`

// ruled is GitHub's answer of a branch with one rule, of the ruleset 7.
func ruled(kind string, reviews int) string {
	return fmt.Sprintf(`200 [{"type": %q, "ruleset_id": 7, "parameters": {"required_approving_review_count": %d}}]`, kind, reviews)
}

// closedTo is GitHub's answer with the ruleset 7, whether the token passes it, and who does.
func closedTo(bypass, actors string) string {
	return fmt.Sprintf(`200 {"name": "reviewed", "current_user_can_bypass": %q, "bypass_actors": [%s]}`, bypass, actors)
}

// A ruleset that the token passes, or that refuses no commit, closes nothing.
func TestPreflight_RulesetsThatLetTheGateWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]map[string]string{
		"one that the token bypasses":     {mainRulesOf: ruled("pull_request", 2), ruleset: closedTo("always", `{"actor_type": "Integration", "actor_id": 3}`)},
		"one that the token is exempt of": {mainRulesOf: ruled("update", 0), ruleset: closedTo("exempt", "")},
		"one against force pushes":        {mainRulesOf: ruled("non_fast_forward", 0), ruleset: closedTo("never", "")},
		"one of prod for signatures":      {rulesOf: ruled("required_signatures", 0), ruleset: closedTo("never", "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := decoded(t, config("api"))
			w := world(s)
			w.GitHub = c
			w.MustRun(t, program(s))
		})
	}
}

// asStrong are rules as strong as the gate's protection of prod, all of the ruleset 7.
const asStrong = `[
	{"type": "deletion", "ruleset_id": 7}, {"type": "non_fast_forward", "ruleset_id": 7}, {"type": "creation", "ruleset_id": 7},
	{"type": "required_signatures", "ruleset_id": 7}, {"type": "update", "ruleset_id": 7},
	{"type": "pull_request", "ruleset_id": 7, "parameters": {"required_approving_review_count": 2, "require_code_owner_review": true,
		"require_last_push_approval": true, "dismiss_stale_reviews_on_push": true, "required_review_thread_resolution": true}},
	{"type": "required_status_checks", "ruleset_id": 7, "parameters": {"strict_required_status_checks_policy": true,
		"required_status_checks": [{"context": "test"}, {"context": "only-main", "integration_id": 15368}]}}]`

// Rulesets count where a branch has no protection, and where its protection lacks something;
// what they lack, and who gets past them, is named.
func TestPreflight_AdoptedRulesetsAreAsStrong(t *testing.T) {
	t.Parallel()
	none := `404 {"message": "Branch not protected"}`
	loose := "200 " + strings.Replace(strong, `"allow_force_pushes": {"enabled": false}`, `"allow_force_pushes": {"enabled": true}`, 1)
	unenforced := "200 " + strings.Replace(strong, `"enforce_admins": {"enabled": true}`, `"enforce_admins": {"enabled": false}`, 1)
	for name, c := range map[string]struct {
		protection, old, new, actors string
		want                         string // empty: they are strong enough
	}{
		"rulesets alone":                        {none, "", "", "", ""},
		"no rule and no protection":             {none, asStrong, "[]", "", "prod of web is not protected; set it to create"},
		"force pushes, which protection allows": {loose, asStrong, `[{"type": "non_fast_forward", "ruleset_id": 7}]`, "", ""},
		"administrators, where rules do all":    {unenforced, "", "", "", ""},
		"administrators, where rules do some":   {unenforced, asStrong, `[{"type": "deletion", "ruleset_id": 7}]`, "", "weaker than the gate's: administrators are let through"},
		"no rule against deletion":              {none, `{"type": "deletion", "ruleset_id": 7}, `, "", "", "weaker than the gate's: the branch may be deleted"},
		"no rule against force pushes":          {none, `{"type": "non_fast_forward", "ruleset_id": 7}, `, "", "", "weaker than the gate's: force pushes are allowed"},
		"no rule of creation":                   {none, `, {"type": "creation", "ruleset_id": 7}`, "", "", "weaker than the gate's: anybody may create the branch"},
		"no rule of pushes":                     {none, `, {"type": "update", "ruleset_id": 7}`, "", "", "weaker than the gate's: whoever may write may merge"},
		"no signatures":                         {none, `{"type": "required_signatures", "ruleset_id": 7}, `, "", "", "weaker than the gate's: commits may be unsigned"},
		"fewer reviews":                         {none, `count": 2`, `count": 1`, "", "weaker than the gate's: it asks for 1 reviews and not for 2"},
		"no code owners":                        {none, `"require_code_owner_review": true`, `"x": 1`, "", "weaker than the gate's: code owners are not asked"},
		"the last push":                         {none, `"require_last_push_approval": true`, `"x": 1`, "", "weaker than the gate's: who pushed last may approve"},
		"stale approvals":                       {none, `"dismiss_stale_reviews_on_push": true`, `"x": 1`, "", "weaker than the gate's: approvals outlive a push"},
		"open conversations":                    {none, `, "required_review_thread_resolution": true`, "", "", "weaker than the gate's: conversations may stay open"},
		"an older prod":                         {none, `"strict_required_status_checks_policy": true`, `"x": 1`, "", "weaker than the gate's: checks may be of an older prod"},
		"fewer checks":                          {none, `{"context": "test"}, `, "", "", "weaker than the gate's: the check test is not required"},
		"a check of anybody's":                  {none, `, "integration_id": 15368`, "", "", "whoever may write can pass the check only-main"},
		"a rule that names a check by accident": {none, `"required_status_checks", "ruleset_id"`, `"workflows", "ruleset_id"`, "", "the check test is not required, the check only-main is not required"},
		"administrators who bypass":             {none, "", "", `{"actor_type": "RepositoryRole", "actor_id": 5}`, "weaker than the gate's: administrators may bypass the ruleset reviewed"},
		"an app that bypasses":                  {none, "", "", `{"actor_type": "Integration", "actor_id": 3}`, "weaker than the gate's: the Integration 3 may bypass the ruleset reviewed"},
		"owners and deploy keys that bypass":    {none, "", "", `{"actor_type": "OrganizationAdmin"}, {"actor_type": "DeployKey"}`, "the owners of the organization may bypass the ruleset reviewed, deploy keys may bypass the ruleset reviewed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config("api")
			adopts(config)
			set("reviews", 2)(config)
			s := decoded(t, config)
			w := world(s)
			w.GitHub = adoptable("", "")
			rules := strings.Replace(asStrong, c.old, c.new, 1)
			if c.old != "" && rules == asStrong {
				t.Fatalf("the rules have no %s", c.old)
			}
			w.GitHub[protected], w.GitHub[rulesOf], w.GitHub[ruleset] = c.protection, "200 "+rules, closedTo("never", c.actors)
			_, err := w.Run(program(s))
			if c.want == "" && err != nil {
				t.Fatal(err)
			}
			if c.want != "" && (err == nil || strings.Count(err.Error(), "prodgate:") != 1 || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

// Who alone may push is no way past a ruleset that asks for nothing else.
func TestPreflight_BypassOfRestrictionIsTheMergers(t *testing.T) {
	t.Parallel()
	config := config("api")
	adopts(config)
	s := decoded(t, config)
	w := world(s)
	w.GitHub = adoptable(`"restrictions"`, `"x"`)
	w.GitHub[rulesOf], w.GitHub[ruleset] = ruled("update", 0), closedTo("never", `{"actor_type": "Team", "actor_id": 9}`)
	w.MustRun(t, program(s))
}

// adopts is the configuration of a gate that another stack protects prod for.
func adopts(c object) {
	source := maps.Clone(c["source"].(object))
	delete(source, "codeOwners")
	source["protection"] = "adopt"
	c["source"] = source
}

// adoptable is what GitHub answers then.
func adoptable(old, new string) map[string]string {
	return map[string]string{
		protected:                              "200 " + strings.Replace(strong, old, new, 1),
		contents(onlymain.File, "prod"):        holding("# Made by the stack other of the Pulumi project prodgate, change it there.\n" + onlymain.Workflow),
		contents(".github/CODEOWNERS", "main"): holding("/.github/ @example-org/platform\n"),
		contents(".github/CODEOWNERS", "prod"): holding("/.github/ @example-org/platform\n"),
	}
}

func set(key string, value any) func(object) {
	return func(c object) {
		source := maps.Clone(c["source"].(object))
		source[key] = value
		c["source"] = source
	}
}

// unprotected leaves prod open, and sets nothing that has no effect then.
func unprotected(c object) {
	set("protection", "off")(c)
	delete(c["source"].(object), "statusChecks")
}

// What is wrong at GitHub is said before anything is made.
func TestPreflight_InspectGitHub(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		github map[string]string
		edit   func(object)
		want   []string // a part of each problem, and there are as many
	}{
		"no such repository":             {map[string]string{web: notFound}, nil, []string{`prodgate:source.repository: "web": the token sees no repository example-org/web; correct the name`}},
		"a token that GitHub turns away": {map[string]string{web: `401 {"message": "Bad credentials"}`}, nil, []string{`GitHub does not show example-org/web: `}},
		"a repository that was renamed":  {map[string]string{web: described("example-org/web", "example-org/site")}, nil, []string{`"web": example-org/web is called example-org/site now; write its new name`}},
		"an archived repository":         {map[string]string{web: described(`"archived": false`, `"archived": true`)}, nil, []string{`"web": is archived and cannot be changed; unarchive it`}},
		"another default branch":         {map[string]string{web: described(`"main"`, `"master"`)}, nil, []string{`its default branch is "master", and only main may be merged to prod; rename`}},
		"a user's repository":            {map[string]string{web: described("Organization", "User")}, nil, []string{`prodgate:source.owner: "example-org": is a user, and GitHub restricts`}},
		"no branch prod":                 {map[string]string{protected: `404 {"message": "Branch not found"}`}, nil, []string{`"web": has no branch prod; make it: git push origin main:prod`}},
		"a token without rights":         {map[string]string{protected: notFound}, nil, []string{`the token (GITHUB_TOKEN) may not administer it; use one of an administrator`}},
		"a token with few rights":        {map[string]string{protected: forbidden}, nil, []string{`the token (GITHUB_TOKEN) may not administer it`}},
		"a free plan": {map[string]string{protected: `403 {"message": "Upgrade to GitHub Pro or make this repository public to enable this feature."}`}, nil,
			[]string{`"web": is private, and the plan of example-org protects branches of public repositories only; upgrade the plan (GitHub Team, or Pro for a user), make the repository public, or set source.protection to off`}},
		"a team that is not there":  {map[string]string{platform: notFound}, nil, []string{`prodgate:source.codeOwners[0]: "@example-org/platform": is no team that the token can see; name one`}},
		"a secret team":             {map[string]string{platform: `200 {"slug": "platform", "privacy": "secret"}`}, nil, []string{`is a secret team`}},
		"a team that may only read": {map[string]string{platform: `200 {"slug": "platform"}`, writers: `200 [{"slug": "platform", "permissions": {"push": false}}]`}, nil, []string{`may not write to web`}},
		"a team that is a stranger": {map[string]string{platform: `200 {"slug": "platform", "parent": {"slug": "all"}}`, "orgs/example-org/teams/all": `200 {"slug": "all"}`}, nil, []string{`may not write to web`}},
		"teams that cannot be read": {map[string]string{writers: forbidden}, nil, []string{`GitHub does not list the teams of web`}},
		"a merger who may only read": {map[string]string{web + "/collaborators/bob/permission": `200 {"permission": "read", "user": {"login": "bob"}}`}, set("mergers", []string{"@bob"}),
			[]string{`prodgate:source.mergers[0]: "@bob": may not write to web`}},
		"a merger who does not exist": {map[string]string{web + "/collaborators/bob/permission": notFound}, set("mergers", []string{"@example-org/platform", "@bob"}),
			[]string{`prodgate:source.mergers[1]: "@bob": is no user of GitHub`}},
		"somebody's CODEOWNERS on main": {map[string]string{contents(".github/CODEOWNERS", "main"): holding("* @bob\n")}, nil,
			[]string{`prodgate:source.codeOwnersFile: "create": .github/CODEOWNERS of main in web is there and not the gate's; set it to adopt, and add the line to the end of the file: /.github/ @example-org/platform`}},
		"somebody's CODEOWNERS elsewhere": {map[string]string{contents("docs/CODEOWNERS", "prod"): holding("* @bob\n")}, nil,
			[]string{`docs/CODEOWNERS of prod in web would not count beside .github/CODEOWNERS`}},
		"somebody's workflow":      {map[string]string{contents(onlymain.File, "main"): holding("name: x\n")}, nil, []string{`.github/workflows/prodgate.yml of main is there and not the gate's; remove it`}},
		"another stack's workflow": {map[string]string{contents(onlymain.File, "prod"): holding(strings.Replace(signedTest, "test", "dev", 1))}, nil, []string{`of prod is another stack's, it begins with "# Made by the stack dev of the Pulumi project prodgate, change it there."; set source.protection to adopt in one`}},
		"a file that is too large": {map[string]string{contents(onlymain.File, "main"): `200 {"encoding": "none", "content": ""}`}, nil, []string{`of main cannot be read: its content is not`}},
		"somebody's protection": {map[string]string{protected: "200 " + strong}, nil, []string{
			`prod is protected already and has no .github/workflows/prodgate.yml`, `prod is protected already and has no .github/CODEOWNERS`}},
		"an adopted CODEOWNERS that is not there": {nil, set("codeOwnersFile", "adopt"), []string{
			`"adopt": main of web has no CODEOWNERS; add .github/CODEOWNERS with the line: /.github/ @example-org/platform`, `prod of web has no CODEOWNERS`}},
		"an adopted CODEOWNERS of others": {map[string]string{
			contents(".github/CODEOWNERS", "main"): holding("/.github/ @example-org/platform\n"),
			contents(".github/CODEOWNERS", "prod"): holding("/.github/ @example-org/platform\n*.yml @bob\n"),
		}, set("codeOwnersFile", "adopt"), []string{`in .github/CODEOWNERS of prod in web line 2, "*.yml @bob", takes .github/`}},
		"an adopted CODEOWNERS that does not guard itself": {map[string]string{
			contents("CODEOWNERS", "main"): holding("/.github/ @example-org/platform\n"),
			contents("CODEOWNERS", "prod"): holding("/.github/ @example-org/platform\n"),
		}, set("codeOwnersFile", "adopt"), []string{`CODEOWNERS of main in web is not guarded by the rule for .github/; move it`, `CODEOWNERS of prod in web is not guarded`}},
		"a main that takes pull requests only": {map[string]string{web + "/branches/main/protection": "200 " + strong}, nil,
			[]string{`"web": main takes pull requests only, so the gate cannot write .github/workflows/prodgate.yml, .github/CODEOWNERS to it; let the app`}},
		"a main that a ruleset closes": {map[string]string{mainRulesOf: ruled("pull_request", 2), ruleset: closedTo("never", "")}, nil,
			[]string{`"web": main takes pull requests only (ruleset reviewed), so the gate cannot write .github/workflows/prodgate.yml, .github/CODEOWNERS to it; let the app`}},
		"a main that a ruleset closes to pushes": {map[string]string{mainRulesOf: ruled("update", 0), ruleset: closedTo("pull_requests_only", "")}, nil,
			[]string{`"web": main takes pull requests only (ruleset reviewed), so the gate cannot write`}},
		"a main whose rules are not told":   {map[string]string{mainRulesOf: forbidden}, nil, []string{`"web": GitHub does not tell the rules of main in web`}},
		"a main whose ruleset is not shown": {map[string]string{mainRulesOf: ruled("pull_request", 2), ruleset: notFound}, nil, []string{`"web": GitHub does not tell the ruleset 7 of main in web`}},
		"a prod that a ruleset closes": {map[string]string{rulesOf: ruled("pull_request", 1), ruleset: closedTo("never", "")}, nil, []string{
			`prod is protected already and has no .github/workflows/prodgate.yml`, `prod is protected already and has no .github/CODEOWNERS`}},
		"a team that is not there, of two repositories": {map[string]string{platform: notFound}, func(c object) { c["apps"] = []any{app("web"), with(app("api"), "repository", "api")} },
			[]string{`prodgate:source.codeOwners[0]: "@example-org/platform": is no team`}},
		"no branch prod to leave open": {map[string]string{web + "/branches/prod": notFound}, func(c object) { adopts(c); unprotected(c) }, []string{`has no branch prod`}},
		"three things at once, in two repositories": {
			map[string]string{
				web: described(`"archived": false`, `"archived": true`), platform: `200 {"slug": "platform"}`,
				"repos/example-org/api": notFound,
			},
			func(c object) { c["apps"] = []any{app("web"), with(app("api"), "repository", "api")} },
			[]string{`prodgate:apps[1].repository: "api": the token sees no`, `"web": is archived`, `prodgate:source.codeOwners[0]`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config("api")
			if c.edit != nil {
				c.edit(config)
			}
			s := decoded(t, config)
			w := world(s)
			w.GitHub = c.github
			r, err := w.Run(program(s))
			if err == nil {
				t.Fatal("nothing is wrong")
			}
			assertProblems(t, err, c.want)
			for _, made := range r.All() {
				if made.Custom && !strings.HasPrefix(made.Type, "pulumi:") {
					t.Errorf("made %s", made)
				}
			}
		})
	}
}

func with(o object, key string, value any) object {
	o[key] = value
	return o
}

// What weakens an adopted protection is named, one change at a time.
func TestPreflight_AdoptedProtectionIsAsStrong(t *testing.T) {
	t.Parallel()
	bound := fmt.Sprintf(`200 [{"type": "deletion"}, {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "only-main", "integration_id": %d}]}}]`, onlymain.ActionsApp)
	for name, c := range map[string]struct {
		old, new string
		more     map[string]string
		want     string // empty: it is strong enough
	}{
		"one like the gate's":           {"", "", nil, ""},
		"more reviews":                  {`"required_approving_review_count": 2`, `"required_approving_review_count": 6`, nil, ""},
		"bound by a ruleset":            {`"app_id": 15368`, `"app_id": null`, map[string]string{rulesOf: bound}, ""},
		"none":                          {"", "", map[string]string{protected: `404 {"message": "Branch not protected"}`}, "prod of web is not protected; set it to create"},
		"administrators":                {`"enforce_admins": {"enabled": true}`, `"enforce_admins": {"enabled": false}`, nil, "administrators are let through"},
		"signatures":                    {`"required_signatures": {"enabled": true}`, `"required_signatures": {"enabled": false}`, nil, "commits may be unsigned"},
		"conversations":                 {`"required_conversation_resolution": {"enabled": true}`, `"x": 1`, nil, "conversations may stay open"},
		"creations":                     {`"block_creations": {"enabled": true}`, `"x": 1`, nil, "anybody may create the branch"},
		"force pushes":                  {`"allow_force_pushes": {"enabled": false}`, `"allow_force_pushes": {"enabled": true}`, nil, "force pushes are allowed"},
		"deletion":                      {`"allow_deletions": {"enabled": false}`, `"allow_deletions": {"enabled": true}`, nil, "the branch may be deleted"},
		"no restriction":                {`"restrictions"`, `"x"`, nil, "whoever may write may merge"},
		"an older prod":                 {`"strict": true`, `"strict": false`, nil, "checks may be of an older prod"},
		"fewer checks":                  {`{"context": "test", "app_id": null}, `, ``, nil, "the check test is not required"},
		"no check of main":              {`, {"context": "only-main", "app_id": 15368}`, ``, nil, "the check only-main is not required"},
		"a check of anybody's":          {`"app_id": 15368`, `"app_id": null`, nil, "can pass the check only-main with a commit status"},
		"no reviews":                    {`"required_pull_request_reviews"`, `"x"`, nil, "it asks for 0 reviews and not for 2, code owners are not asked, who pushed last may approve, approvals outlive a push"},
		"fewer reviews":                 {`"required_approving_review_count": 2`, `"required_approving_review_count": 1`, nil, "it asks for 1 reviews and not for 2"},
		"somebody who needs no request": {`"dismiss_stale_reviews": true`, `"dismiss_stale_reviews": true, "bypass_pull_request_allowances": {"users": [{"login": "bob"}], "apps": [{"slug": "bot"}]}`, nil, "@bob needs no pull request, the app bot needs no pull request"},
		"another workflow":              {"", "", map[string]string{contents(onlymain.File, "prod"): holding(onlymain.Workflow + "#\n")}, "is not the workflow that lets only main through"},
		"a workflow nobody signed":      {"", "", map[string]string{contents(onlymain.File, "prod"): holding(onlymain.Workflow)}, ""},
		"no workflow":                   {"", "", map[string]string{contents(onlymain.File, "prod"): notFound}, "is not the workflow that lets only main through"},
		"no CODEOWNERS":                 {"", "", map[string]string{contents(".github/CODEOWNERS", "prod"): notFound}, "prod of web has no CODEOWNERS"},
		"nobody's .github/":             {"", "", map[string]string{contents(".github/CODEOWNERS", "prod"): holding("/src/ @bob\n")}, "no line gives .github/ to owners"},
		"rules that are not told":       {"", "", map[string]string{rulesOf: forbidden}, "GitHub does not tell the rules of prod in web"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config("api")
			adopts(config)
			set("reviews", 2)(config)
			s := decoded(t, config)
			w := world(s)
			w.GitHub = adoptable(c.old, c.new)
			if c.old != "" && w.GitHub[protected] == "200 "+strong {
				t.Fatalf("the protection has no %s", c.old)
			}
			maps.Copy(w.GitHub, c.more)
			r, err := w.Run(program(s))
			if c.want != "" {
				if err == nil || strings.Count(err.Error(), "prodgate:") != 1 || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v\nwant %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, token := range []string{fileType, protectionType, rulesetType} {
				if r.Has(token) {
					t.Errorf("makes a %s beside the one that it adopts", token)
				}
			}
		})
	}
}

// A user's repository cannot restrict who pushes: that much less is accepted.
func TestPreflight_AdoptUsersProtection(t *testing.T) {
	t.Parallel()
	config := config("api")
	adopts(config)
	s := decoded(t, config)
	w := world(s)
	w.GitHub = adoptable(`"restrictions"`, `"x"`)
	w.GitHub[protected] = strings.Replace(w.GitHub[protected], `"block_creations": {"enabled": true}`, `"y": 1`, 1)
	w.GitHub[web] = described("Organization", "User")
	w.MustRun(t, program(s))
}

func TestPreflight_WarnOfNoProtection(t *testing.T) {
	t.Parallel()
	config := config("api")
	adopts(config)
	unprotected(config)
	r := built(t, config)
	for _, token := range []string{fileType, protectionType, rulesetType} {
		if r.Has(token) {
			t.Errorf("makes a %s", token)
		}
	}
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], `prodgate:source.protection: "off": nothing at GitHub keeps anybody who may write to web from pushing to prod`) {
		t.Errorf("warns %q", r.Warnings)
	}
}

// A file that lost the gate's signature on main is put right, as long as prod has it.
func TestPreflight_OwnFileChangedOnMain(t *testing.T) {
	t.Parallel()
	s := decoded(t, config("api"))
	w := world(s)
	w.GitHub = map[string]string{
		protected:                              "200 " + strong,
		contents(onlymain.File, "prod"):        holding(signedTest + onlymain.Workflow),
		contents(onlymain.File, "main"):        holding("on: push\n"),
		contents(".github/CODEOWNERS", "prod"): holding(signedTest + "* @bob\n"),
		contents(".github/CODEOWNERS", "main"): notFound,
	}
	w.MustRun(t, program(s))
}

// GitHub signs what an app commits, and prod takes signed commits only.
func TestPreflight_WarnOfPersonalToken(t *testing.T) {
	t.Parallel()
	up := func(github map[string]string) *gatetest.Recording {
		s := decoded(t, config("api"))
		w := world(s)
		w.GitHub = github
		return w.MustRun(t, program(s))
	}
	written := map[string]string{"user": `200 {"login": "alice"}`}
	for _, file := range up(nil).Of(t, fileType) {
		written[contents(file.Text("file"), file.Text("branch"))] = holding(file.Text("content"))
	}
	changed := maps.Clone(written)
	changed[contents(onlymain.File, "main")] = holding(signedTest + "name: older\n")
	for name, c := range map[string]struct {
		github map[string]string
		want   string
	}{
		"an app's token":                  {nil, ""},
		"a person's token":                {map[string]string{"user": `200 {"login": "alice"}`}, "unsigned commits of .github/CODEOWNERS, .github/workflows/prodgate.yml; use the token of a GitHub App"},
		"a person's and nothing to write": {written, ""},
		"a person's and one to change":    {changed, "unsigned commits of .github/workflows/prodgate.yml; use"},
	} {
		if got := strings.Join(up(c.github).Warnings, "\n"); got != c.want && (c.want == "" || !strings.Contains(got, c.want)) {
			t.Errorf("%s: warns %q, want %q", name, got, c.want)
		}
	}
}
