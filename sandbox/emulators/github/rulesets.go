package github

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

var rulesetRoutes = []route{
	{"GET /repos/{owner}/{repo}/rulesets", Read, withPlan(listRulesets)},
	{"POST /repos/{owner}/{repo}/rulesets", Admin, withPlan(createRuleset)},
	{"GET /repos/{owner}/{repo}/rulesets/{id}", Read, withPlan(withRuleset(func(c *call, rs *ruleset) (any, error) { return c.rulesetJSON(rs), nil }))},
	{"PUT /repos/{owner}/{repo}/rulesets/{id}", Admin, withPlan(withRuleset(updateRuleset))},
	{"DELETE /repos/{owner}/{repo}/rulesets/{id}", Admin, withPlan(withRuleset(deleteRuleset))},
	{"GET /repos/{owner}/{repo}/rules/branches/{branch}", Read, withPlan(listBranchRules)},
}

// ruleset is a repository ruleset, with the fields of the REST API.
type ruleset struct {
	ID           int64         `json:"id"`
	Name         string        `json:"name"`
	Target       string        `json:"target"`
	Enforcement  string        `json:"enforcement"`
	BypassActors []bypassActor `json:"bypass_actors"`
	Conditions   *conditions   `json:"conditions,omitempty"`
	Rules        []rule        `json:"rules"`
	CreatedAt    time.Time     `json:"created_at"`
	UpdatedAt    time.Time     `json:"updated_at"`
}

type bypassActor struct {
	ActorID    *int64 `json:"actor_id"`
	ActorType  string `json:"actor_type"`
	BypassMode string `json:"bypass_mode"`
}

type conditions struct {
	RefName refName `json:"ref_name"`
}

type refName struct {
	Include []string `json:"include"`
	Exclude []string `json:"exclude"`
}

type rule struct {
	Type       string `json:"type"`
	Parameters object `json:"parameters,omitempty"`
}

// ruleDefaults has every rule, by target, with the parameters that GitHub adds by
// default.
var ruleDefaults = map[string]map[string]object{
	"branch": {
		"creation": nil, "deletion": nil, "non_fast_forward": nil, "required_linear_history": nil, "required_signatures": nil,
		"update":                      {"update_allows_fetch_and_merge": false},
		"required_deployments":        nil,
		"required_status_checks":      {"do_not_enforce_on_create": false},
		"pull_request":                {"allowed_merge_methods": []string{"merge", "squash", "rebase"}, "required_reviewers": []any{}},
		"branch_name_pattern":         nil,
		"commit_message_pattern":      nil,
		"commit_author_email_pattern": nil,
		"committer_email_pattern":     nil,
		"merge_queue":                 nil,
		"workflows":                   {"do_not_enforce_on_create": false},
		"code_scanning":               nil,
		"copilot_code_review":         nil,
	},
	"tag": {
		"creation": nil, "deletion": nil, "non_fast_forward": nil, "required_linear_history": nil, "required_signatures": nil,
		"update":                      {"update_allows_fetch_and_merge": false},
		"required_deployments":        nil,
		"required_status_checks":      {"do_not_enforce_on_create": false},
		"tag_name_pattern":            nil,
		"commit_message_pattern":      nil,
		"commit_author_email_pattern": nil,
		"committer_email_pattern":     nil,
	},
	"push": {
		"file_path_restriction": nil, "file_extension_restriction": nil, "max_file_path_length": nil, "max_file_size": nil,
	},
}

func withPlan(handler func(*call) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		if err := checkPlan(c.repo, c.plan); err != nil {
			return nil, err
		}
		return handler(c)
	}
}

func withRuleset(handler func(*call, *ruleset) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		rs := find(c.repo.Rulesets, func(rs *ruleset) bool { return strconv.FormatInt(rs.ID, 10) == c.PathValue("id") })
		if rs == nil {
			return nil, notFound()
		}
		return handler(c, rs)
	}
}

func (c *call) rulesetJSON(rs *ruleset) object {
	out := object{}
	_ = json.Unmarshal([]byte(encodeJSON(rs)), &out)
	out["node_id"] = nodeID("RRS", rs.ID)
	out["source"], out["source_type"] = c.repo.fullName(), "Repository"
	out["current_user_can_bypass"] = "never"
	if c.canBypass(rs) {
		out["current_user_can_bypass"] = "always"
	}
	return out
}

func listRulesets(c *call) (any, error) {
	return list(page(c, c.repo.Rulesets), func(rs *ruleset) object {
		out := c.rulesetJSON(rs)
		for _, key := range []string{"bypass_actors", "conditions", "rules", "current_user_can_bypass"} {
			delete(out, key)
		}
		return out
	}), nil
}

func createRuleset(c *call) (any, error) {
	rs := &ruleset{Target: "branch", CreatedAt: c.now}
	if err := c.readRuleset(rs); err != nil {
		return nil, err
	}
	rs.ID = c.state.nextID()
	c.repo.Rulesets = append(c.repo.Rulesets, rs)
	return c.rulesetJSON(rs), nil
}

func updateRuleset(c *call, rs *ruleset) (any, error) {
	// The changes go to a copy, so that a rejected one changes nothing.
	changed := *rs
	changed.BypassActors, changed.Rules = slices.Clone(rs.BypassActors), slices.Clone(rs.Rules)
	if err := c.readRuleset(&changed); err != nil {
		return nil, err
	}
	*rs = changed
	return c.rulesetJSON(rs), nil
}

func deleteRuleset(c *call, rs *ruleset) (any, error) {
	c.repo.Rulesets = without(c.repo.Rulesets, rs)
	return nil, nil
}

// readRuleset applies the body to a ruleset and validates the result.
func (c *call) readRuleset(rs *ruleset) error {
	sent := map[string]json.RawMessage{}
	if err := c.decode(&sent); err != nil {
		return err
	}
	for _, key := range []string{"bypass_actors", "rules"} {
		if string(sent[key]) == "null" {
			return newError(http.StatusUnprocessableEntity, "Invalid request.\n\nInvalid property /%s: data cannot be null.", key)
		}
	}
	id := rs.ID
	if sent["conditions"] != nil {
		rs.Conditions = nil
	}
	if sent["rules"] != nil {
		rs.Rules = nil
	}
	if sent["bypass_actors"] != nil {
		rs.BypassActors = nil
	}
	if err := json.Unmarshal([]byte(encodeJSON(sent)), rs); err != nil {
		return newError(http.StatusUnprocessableEntity, "Invalid request.\n\n%v", err)
	}
	rs.ID, rs.UpdatedAt = id, c.now
	known := ruleDefaults[rs.Target]
	switch {
	case rs.Name == "":
		return newError(http.StatusUnprocessableEntity, "Invalid request.\n\n\"name\" wasn't supplied.")
	case known == nil:
		return newError(http.StatusUnprocessableEntity, "Invalid request.\n\nInvalid property /target: `%s` is not a possible value.", rs.Target)
	case !slices.Contains([]string{"active", "disabled", "evaluate"}, rs.Enforcement):
		return newError(http.StatusUnprocessableEntity, "Invalid request.\n\nInvalid property /enforcement: `%s` is not a possible value.", rs.Enforcement)
	case rs.Enforcement == "evaluate" && c.plan != Enterprise:
		return validationError("Enforcement evaluate is not available on this plan")
	case find(c.repo.Rulesets, func(o *ruleset) bool { return o.Name == rs.Name && o.ID != rs.ID }) != nil:
		return validationError("Name must be unique")
	}
	for i, r := range rs.Rules {
		defaults, ok := known[r.Type]
		if !ok {
			return validationError("Invalid rule '" + r.Type + "': ")
		}
		rs.Rules[i].Parameters = maps.Clone(defaults)
		if rs.Rules[i].Parameters == nil {
			rs.Rules[i].Parameters = object{}
		}
		maps.Copy(rs.Rules[i].Parameters, r.Parameters)
	}
	for i := range rs.BypassActors {
		if rs.BypassActors[i].BypassMode == "" {
			rs.BypassActors[i].BypassMode = "always"
		}
	}
	rs.BypassActors, rs.Rules = append([]bypassActor{}, rs.BypassActors...), append([]rule{}, rs.Rules...)
	return nil
}

func validationError(problem string) error {
	r := newError(http.StatusUnprocessableEntity, "Validation Failed")
	r.details = []any{problem}
	return r
}

// listBranchRules lists the active rules of a branch, from all rulesets.
func listBranchRules(c *call) (any, error) {
	var all []object
	for _, rs := range c.repo.Rulesets {
		if !rs.appliesTo(c.repo, c.PathValue("branch")) {
			continue
		}
		for _, r := range rs.Rules {
			out := object{
				"type": r.Type, "ruleset_id": rs.ID, "ruleset_source": c.repo.fullName(), "ruleset_source_type": "Repository",
			}
			if len(r.Parameters) > 0 {
				out["parameters"] = r.Parameters
			}
			all = append(all, out)
		}
	}
	return page(c, append([]object{}, all...)), nil
}
