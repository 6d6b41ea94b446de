package preflight

import (
	"fmt"
	"slices"
)

// branchRule is one of a ruleset's that is in force on a branch (GitHub REST, Get rules for a
// branch).
type branchRule struct {
	Type       string
	RulesetID  int64 `json:"ruleset_id"`
	Parameters struct {
		pullRequestRule
		Strict bool `json:"strict_required_status_checks_policy"`
		Checks []struct {
			Context string
			App     int `json:"integration_id"`
		} `json:"required_status_checks"`
	}
}

// pullRequestRule is what a rule pull_request asks for.
type pullRequestRule struct {
	Count         int  `json:"required_approving_review_count"`
	CodeOwners    bool `json:"require_code_owner_review"`
	LastPush      bool `json:"require_last_push_approval"`
	Stale         bool `json:"dismiss_stale_reviews_on_push"`
	Conversations bool `json:"required_review_thread_resolution"`
}

// ruleset is what GitHub says of a ruleset beside its rules.
type ruleset struct {
	Name string
	// CanBypass is whether the token's own pushes pass: always, exempt, pull_requests_only or never.
	CanBypass string `json:"current_user_can_bypass"`
	// Actors are shown to whoever may change the ruleset.
	Actors []bypassActor `json:"bypass_actors"`
}

type bypassActor struct {
	ID   int64  `json:"actor_id"`
	Type string `json:"actor_type"`
}

// name is who an actor is, of whom GitHub gives the id alone. It documents the id of the role
// of administrators as 5.
func (a bypassActor) name() string {
	switch {
	case a.Type == "OrganizationAdmin":
		return "the owners of the organization"
	case a.Type == "DeployKey":
		return "deploy keys"
	case a.Type == "RepositoryRole" && a.ID == 5:
		return "administrators"
	}
	return fmt.Sprintf("the %s %d", a.Type, a.ID)
}

// branchRules are the active rules of a branch.
type branchRules struct {
	rules []branchRule
	// bypassers says who passes a ruleset, in words.
	bypassers []string
	// closedTo are the rulesets that the token cannot push past.
	closedTo []string
}

// restricting are the rules whose bypassers are those who may do what everybody else may not.
var restricting = []string{"creation", "update"}

// closing are the rules that refuse a commit without a pull request.
var closing = []string{"pull_request", "update", "required_status_checks"}

// branchRules reads the active rules of a branch, and their rulesets.
func (g githubClient) branchRules(repository, branch string) (branchRules, error) {
	var found branchRules
	const most = 100 // of a page
	for page := 1; ; page++ {
		path := fmt.Sprintf("/rules/branches/%s?per_page=%d", branch, most)
		if page > 1 {
			path += fmt.Sprintf("&page=%d", page)
		}
		a := g.getRepository(repository, path)
		var some []branchRule
		if !a.found() || a.into(&some) != nil {
			return found, fmt.Errorf("rules of %s", branch)
		}
		if found.rules = append(found.rules, some...); len(some) < most {
			break
		}
	}
	seen := map[int64]ruleset{}
	for _, r := range found.rules {
		if _, read := seen[r.RulesetID]; read || r.RulesetID == 0 {
			continue
		}
		var set ruleset
		if a := g.getRepository(repository, fmt.Sprintf("/rulesets/%d", r.RulesetID)); !a.found() || a.into(&set) != nil {
			return found, fmt.Errorf("ruleset %d of %s", r.RulesetID, branch)
		}
		seen[r.RulesetID] = set
		has := func(kinds []string, want bool) bool {
			return slices.ContainsFunc(found.rules, func(o branchRule) bool {
				return o.RulesetID == r.RulesetID && slices.Contains(kinds, o.Type) == want
			})
		}
		if has(closing, true) && !slices.Contains([]string{"always", "exempt"}, set.CanBypass) {
			found.closedTo = append(found.closedTo, set.Name)
		}
		if !has(restricting, false) {
			continue
		}
		for _, actor := range set.Actors {
			found.bypassers = append(found.bypassers, fmt.Sprintf("%s may bypass the ruleset %s", actor.name(), set.Name))
		}
	}
	return found, nil
}

// has is whether a rule without parameters is in force.
func (b branchRules) has(kind string) bool {
	return slices.ContainsFunc(b.rules, func(r branchRule) bool { return r.Type == kind })
}

// reviews is the most that a rule asks for.
func (b branchRules) reviews() int {
	most := 0
	for _, r := range b.rules {
		if r.Type == "pull_request" {
			most = max(most, r.Parameters.Count)
		}
	}
	return most
}

// strict is whether checks must be of the newest commit.
func (b branchRules) strict() bool {
	return slices.ContainsFunc(b.rules, func(r branchRule) bool { return r.Type == "required_status_checks" && r.Parameters.Strict })
}
