package gate_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/onlymain"
)

const adopted = "arn:aws:codestar-connections:eu-west-2:111111111111:connection/" + gatetest.UUID

func TestSource_ConnectionCreatedOrAdopted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arn             string
		creates         bool
		status, message string
	}{
		"created, and somebody has to complete it": {"", true, "PENDING", "open https://eu-west-2.console.aws.amazon.com/"},
		"adopted, and complete already":            {adopted, false, "AVAILABLE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config("api")
			if c.arn != "" {
				config["source"].(object)["connectionArn"] = c.arn
			}
			r := built(t, config)
			if r.Has(connectionType) != c.creates {
				t.Errorf("a connection is made: %t", !c.creates)
			}
			used := actions(r.One(t, pipelineType, "gate-api"))[0].configuration["ConnectionArn"]
			if arn := r.Outputs["connectionArn"].Value; arn != used || used == "" || c.arn != "" && arn != c.arn {
				t.Errorf("the pipeline uses %v, the output is %v", used, arn)
			}
			if got := r.Outputs["connectionStatus"].Value; got != c.status {
				t.Errorf("the status is %v", got)
			}
			handshake, _ := r.Outputs["connectionHandshake"].Value.(string)
			if handshake != c.message && (c.message == "" || !strings.Contains(handshake, c.message)) {
				t.Errorf("the message is %q", handshake)
			}
		})
	}
}

func TestSource_NameUnreadableConnection(t *testing.T) {
	t.Parallel()
	c := config("api")
	c["source"].(object)["connectionArn"] = adopted
	s := decoded(t, c)
	w := world(s)
	w.Refused = []string{"aws:codestarconnections/getConnection:getConnection"}
	_, err := w.Run(program(s))
	if err == nil || !strings.Contains(err.Error(), `prodgate:source.connectionArn: "`+adopted+`": cannot be read`) {
		t.Errorf("got %v", err)
	}
}

func TestSource_ProtectEveryRepository(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		repositories []string // of the apps; empty is the common one, web
		want         []string
	}{
		"two apps of one repository":              {[]string{"", ""}, []string{"web"}},
		"two apps of two repositories":            {[]string{"api", ""}, []string{"api", "web"}},
		"three apps of two repositories":          {[]string{"api", "", "api"}, []string{"api", "web"}},
		"none of the common one":                  {[]string{"api"}, []string{"api"}},
		"one repository that is written two ways": {[]string{"Web", "web", "WEB"}, []string{"WEB"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config([]string{"a", "b", "c"}[:len(c.repositories)]...)
			if !slices.Contains(c.repositories, "") {
				delete(config["source"].(object), "repository")
			}
			for i, repository := range c.repositories {
				if repository != "" {
					config["apps"].([]any)[i].(object)["repository"] = repository
				}
			}
			var got []string
			for _, p := range built(t, config).Of(t, protectionType) {
				got = append(got, p.Text("repositoryId"))
				if want := "gate-" + p.Text("repositoryId") + "-prod"; p.Name != want {
					t.Errorf("is called %s, want %s", p.Name, want)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("protects %v, want %v", got, c.want)
			}
		})
	}
}

func TestSource_RequireReviewedPullRequest(t *testing.T) {
	t.Parallel()
	c := config("api")
	source := c["source"].(object)
	source["reviews"], source["mergers"] = 2, []string{"@Example-Org/platform-2", "@ALICE"}
	s := decoded(t, c)
	w := world(s)
	w.GitHub = map[string]string{web + "/collaborators/ALICE/permission": `200 {"permission": "admin", "user": {"login": "Alice"}}`}
	r := w.MustRun(t, program(s))
	for _, p := range r.Of(t, protectionType) {
		want := map[string]any{
			"repositoryId": "web", "pattern": "prod",
			"enforceAdmins": true, "allowsDeletions": false, "allowsForcePushes": false,
			"requireSignedCommits": true, "requireConversationResolution": true,
			"requiredPullRequestReviews": []any{object{
				"requiredApprovingReviewCount": 2.0, "requireCodeOwnerReviews": true,
				"requireLastPushApproval": true, "dismissStaleReviews": true,
			}},
			"requiredStatusChecks": []any{object{"strict": true, "contexts": []any{"test", "only-main"}}},
			// In GitHub's spelling: the provider compares texts.
			"restrictPushes": []any{object{"blocksCreations": true, "pushAllowances": []any{"example-org/platform-2", "/Alice"}}},
		}
		if got := p.Inputs.Mappable(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is\n%v, want\n%v", p, got, want)
		}
	}
	for _, set := range r.Of(t, rulesetType) {
		want := map[string]any{
			"repository": "web", "name": "prodgate-only-main", "target": "branch", "enforcement": "active",
			"conditions": object{"refName": object{"includes": []any{"refs/heads/prod"}, "excludes": []any{}}},
			"rules": object{"requiredStatusChecks": object{
				"strictRequiredStatusChecksPolicy": true,
				"requiredChecks":                   []any{object{"context": "only-main", "integrationId": 15368.0}},
			}},
		}
		if got := set.Inputs.Mappable(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is\n%v, want\n%v", set, got, want)
		}
	}
}

func TestSource_RequireOwnCheckOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ checks, want []string }{
		"beside others": {[]string{"test", "lint"}, []string{"test", "lint", "only-main"}},
		"alone":         {nil, []string{"only-main"}},
		"named already": {[]string{"only-main", "test"}, []string{"only-main", "test"}},
	} {
		config := config("api")
		set("statusChecks", c.checks)(config)
		if c.checks == nil {
			delete(config["source"].(object), "statusChecks")
		}
		var got []string
		for _, check := range built(t, config).One(t, protectionType, "gate-web-prod").Input("requiredStatusChecks.contexts").ArrayValue() {
			got = append(got, check.StringValue())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// The files are on both branches before prod is closed, and prod's change by merges
// only.
func TestSource_FilesOnMainAndProd(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		onlymain.File:        signedTest + onlymain.Workflow,
		".github/CODEOWNERS": signedTest + "/.github/ @example-org/platform\n",
	}
	for mode, files := range map[string][]string{"create": {onlymain.File, ".github/CODEOWNERS"}, "adopt": {onlymain.File}} {
		c := config("api")
		set("codeOwnersFile", mode)(c)
		s := decoded(t, c)
		w := world(s)
		if mode == "adopt" {
			w.GitHub = adoptable("", "")
			delete(w.GitHub, protected)
			delete(w.GitHub, contents(onlymain.File, "prod"))
		}
		r := w.MustRun(t, program(s))
		found := map[string]bool{}
		for _, made := range r.Of(t, fileType) {
			file, branch := made.Text("file"), made.Text("branch")
			found[file+" "+branch] = true
			if made.Text("content") != texts[file] || made.Text("repository") != "web" {
				t.Errorf("%s of %s is\n%s", file, made.Text("repository"), made.Text("content"))
			}
			if ignores := len(made.IgnoreChanges) > 0; ignores != (branch == "prod") {
				t.Errorf("%s ignores changes: %t", made, ignores)
			}
			for _, input := range []string{"commitAuthor", "commitEmail", "overwriteOnCreate"} { // GitHub signs for an app that names nobody
				if !made.Input(input).IsNull() {
					t.Errorf("%s: %s is %v", made, input, made.Input(input))
				}
			}
			for _, closes := range slices.Concat(r.Of(t, protectionType), r.Of(t, rulesetType)) {
				if !slices.Contains(closes.DependsOn, made.URN) {
					t.Errorf("%s does not wait for %s", closes, made)
				}
			}
		}
		for _, file := range files {
			if !found[file+" main"] || !found[file+" prod"] {
				t.Errorf("%s: the files are %v", mode, found)
			}
		}
		if len(found) != 2*len(files) {
			t.Errorf("%s: the files are %v", mode, found)
		}
	}
}
