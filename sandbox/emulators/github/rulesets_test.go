package github

import "testing"

func TestRulesets_LifeCycle(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	const pulls = `{"type":"pull_request","parameters":{"required_approving_review_count":2}}`
	made := c.rest(201, "POST "+cruddur+"/rulesets", rulesetWith("~ALL", pulls))
	id := encodeJSON(at(t, made, "id"))
	if encodeJSON(c.rest(200, "GET "+cruddur+"/rulesets/"+id, "")) != encodeJSON(made) {
		t.Error("the ruleset is not read as it was made")
	}
	for _, test := range []struct {
		want any
		path []any
	}{
		{"branch", []any{"target"}},
		{"example-org/cruddur", []any{"source"}},
		{"Repository", []any{"source_type"}},
		{"never", []any{"current_user_can_bypass"}},
		{2.0, []any{"rules", 0, "parameters", "required_approving_review_count"}},
		{"squash", []any{"rules", 0, "parameters", "allowed_merge_methods", 1}}, // GitHub fills it in
	} {
		if got := at(t, made, test.path...); got != test.want {
			t.Errorf("%v is %v, want %v", test.path, got, test.want)
		}
	}
	if got := at(t, c.rest(200, "GET "+cruddur+"/rules/branches/prod", ""), 0, "type"); got != "pull_request" {
		t.Errorf("the rule on prod is %v", got)
	}
	changed := c.rest(200, "PUT "+cruddur+"/rulesets/"+id, `{"enforcement":"disabled"}`)
	if at(t, changed, "enforcement") != "disabled" || at(t, changed, "rules", 0, "type") != "pull_request" {
		t.Errorf("changed to %v", changed)
	}
	if rules := c.rest(200, "GET "+cruddur+"/rules/branches/prod", "").([]any); len(rules) > 0 {
		t.Errorf("disabled, the rules on prod are %v", rules)
	}
	listed := c.rest(200, "GET "+cruddur+"/rulesets", "")
	if at(t, listed, 0, "name") != "r" || at(t, listed, 0, "rules") != nil {
		t.Errorf("the list is %v", listed)
	}
	c.rest(204, "DELETE "+cruddur+"/rulesets/"+id, "")
	c.rest(404, "GET "+cruddur+"/rulesets/"+id, "")
}

func TestRulesets_RejectInvalid(t *testing.T) {
	t.Parallel()
	c := start(t, seed())
	id := encodeJSON(at(t, c.rest(201, "POST "+cruddur+"/rulesets", rulesetWith("~ALL", "")), "id"))
	for body, message := range map[string]string{
		`{"enforcement":"active"}`:                                                             "Invalid request.\n\n\"name\" wasn't supplied.",
		`{"name":"n","enforcement":"on"}`:                                                      "Invalid request.\n\nInvalid property /enforcement: `on` is not a possible value.",
		`{"name":"n","enforcement":"active","target":"x"}`:                                     "Invalid request.\n\nInvalid property /target: `x` is not a possible value.",
		`{"name":"n","enforcement":"active","bypass_actors":null}`:                             "Invalid request.\n\nInvalid property /bypass_actors: data cannot be null.",
		`{"name":"n","enforcement":"evaluate"}`:                                                "Validation Failed",
		`{"name":"r","enforcement":"active"}`:                                                  "Validation Failed",
		`{"name":"n","enforcement":"active","rules":[{"type":"x"}]}`:                           "Validation Failed",
		`{"name":"n","enforcement":"active","target":"tag","rules":[{"type":"pull_request"}]}`: "Validation Failed",
	} {
		c.expectError(422, message, "POST "+cruddur+"/rulesets", body)
	}
	before := encodeJSON(c.rest(200, "GET "+cruddur+"/rulesets/"+id, ""))
	c.rest(422, "PUT "+cruddur+"/rulesets/"+id, `{"name":"n","rules":[{"type":"x"}]}`)
	if after := encodeJSON(c.rest(200, "GET "+cruddur+"/rulesets/"+id, "")); after != before {
		t.Errorf("a refused change made %s of %s", after, before)
	}
	free := seed()
	free.Owner.Plan = Free
	start(t, free).expectError(403, "Upgrade to GitHub Pro or make this repository public to enable this feature.",
		"POST "+cruddur+"/rulesets", rulesetWith("~ALL", ""))
	start(t, free).rest(201, "POST /repos/example-org/public/rulesets", rulesetWith("~ALL", ""))
}
