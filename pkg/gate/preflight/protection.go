package preflight

import (
	"fmt"
	"slices"
	"strings"

	"prodgate/pkg/gate/source"
	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// branchProtection is the protection of a branch as GitHub's REST API returns it.
type branchProtection struct {
	Admins        toggle  `json:"enforce_admins"`
	Signatures    toggle  `json:"required_signatures"`
	Conversations toggle  `json:"required_conversation_resolution"`
	ForcePushes   toggle  `json:"allow_force_pushes"`
	Deletions     toggle  `json:"allow_deletions"`
	Creations     toggle  `json:"block_creations"`
	Allowed       *actors `json:"restrictions"`
	Checks        struct {
		Strict bool
		Checks []check
	} `json:"required_status_checks"`
	Reviews struct {
		Count      int    `json:"required_approving_review_count"`
		CodeOwners bool   `json:"require_code_owner_reviews"`
		LastPush   bool   `json:"require_last_push_approval"`
		Stale      bool   `json:"dismiss_stale_reviews"`
		Bypassers  actors `json:"bypass_pull_request_allowances"`
	} `json:"required_pull_request_reviews"`
}

type toggle struct{ Enabled bool }

type check struct {
	Context string
	AppID   int `json:"app_id"`
}

// actors are users, teams and apps.
type actors struct {
	Users []struct{ Login string }
	Teams []struct{ Slug string }
	Apps  []struct{ Slug string }
}

// names are as settings write them; an app has no such name.
func (a actors) names(owner string) []string {
	var names []string
	for _, user := range a.Users {
		names = append(names, "@"+user.Login)
	}
	for _, team := range a.Teams {
		names = append(names, "@"+owner+"/"+team.Slug)
	}
	for _, app := range a.Apps {
		names = append(names, "the app "+app.Slug)
	}
	return names
}

// requirement is what a branch must ask for, whether its protection and whether its rulesets do,
// and what is possible where neither does.
type requirement struct {
	protected, ruled bool
	missing          string
}

// unmet are the requirements that neither a branch's protection nor its rulesets meet.
// Administrators get past a protection that is not enforced for them, and past no ruleset.
func (p *branchProtection) unmet(rules branchRules, all []requirement) []string {
	var found []string
	passed := false
	for _, r := range all {
		if r.ruled {
			continue
		}
		passed = passed || p != nil && !p.Admins.Enabled
		if !r.protected {
			found = append(found, r.missing)
		}
	}
	if passed {
		found = append([]string{"administrators are let through"}, found...)
	}
	return append(found, rules.bypassers...)
}

// history is what keeps a branch from being rewritten, for main of the program's repository
// and for prod alike.
func (p *branchProtection) history(rules branchRules) []requirement {
	return []requirement{
		{p != nil && !p.ForcePushes.Enabled, rules.has("non_fast_forward"), "force pushes are allowed"},
		{p != nil && !p.Deletions.Enabled, rules.has("deletion"), "the branch may be deleted"},
	}
}

// reviews are the reviews of a pull request.
func (p *branchProtection) reviews(s *settings.Settings, rules branchRules) []requirement {
	var asked branchProtection
	if p != nil {
		asked = *p
	}
	most := max(asked.Reviews.Count, rules.reviews())
	return []requirement{
		{asked.Reviews.Count >= s.Source.Reviews, rules.reviews() >= s.Source.Reviews, fmt.Sprintf("it asks for %d reviews and not for %d", most, s.Source.Reviews)},
	}
}

// mainWeaknesses are all that lets more happen to main of the program's repository than the
// gate's own ruleset would.
func (p *branchProtection) mainWeaknesses(s *settings.Settings, rules branchRules) []string {
	found := p.unmet(rules, slices.Concat(p.reviews(s, rules), p.history(rules)))
	if p != nil && rules.reviews() < s.Source.Reviews {
		found = append(found, p.passPullRequest(s)...)
	}
	return found
}

// passPullRequest are those who need no pull request.
func (p *branchProtection) passPullRequest(s *settings.Settings) []string {
	var found []string
	for _, who := range p.Reviews.Bypassers.names(s.Source.Owner) {
		found = append(found, who+" needs no pull request")
	}
	return found
}

// weaknesses are all that lets more happen to prod than the gate's own protection would.
// A user's repository cannot restrict who pushes.
func (p *branchProtection) weaknesses(s *settings.Settings, organization bool, rules branchRules) []string {
	if p == nil {
		return (&branchProtection{Admins: toggle{true}, ForcePushes: toggle{true}, Deletions: toggle{true}}).weaknesses(s, organization, rules)
	}
	pulls := func(is func(pullRequestRule) bool) bool {
		return slices.ContainsFunc(rules.rules, func(r branchRule) bool { return r.Type == "pull_request" && is(r.Parameters.pullRequestRule) })
	}
	found := p.unmet(rules, slices.Concat(p.reviews(s, rules), []requirement{
		{p.Reviews.CodeOwners, pulls(func(r pullRequestRule) bool { return r.CodeOwners }), "code owners are not asked"},
		{p.Reviews.LastPush, pulls(func(r pullRequestRule) bool { return r.LastPush }), "who pushed last may approve"},
		{p.Reviews.Stale, pulls(func(r pullRequestRule) bool { return r.Stale }), "approvals outlive a push"},
		{p.Conversations.Enabled, pulls(func(r pullRequestRule) bool { return r.Conversations }), "conversations may stay open"},
		{p.Signatures.Enabled, rules.has("required_signatures"), "commits may be unsigned"},
		{p.Checks.Strict, rules.strict(), "checks may be of an older prod"},
	}, p.history(rules), []requirement{
		{p.Creations.Enabled, !organization || rules.has("creation"), "anybody may create the branch"},
		{p.Allowed != nil, !organization || rules.has("update"), "whoever may write may merge"},
	}))
	if rules.reviews() < s.Source.Reviews {
		found = append(found, p.passPullRequest(s)...)
	}
	if p.Allowed != nil && len(s.Source.Mergers) > 0 {
		for _, who := range p.Allowed.names(s.Source.Owner) {
			if !slices.ContainsFunc(s.Source.Mergers, func(merger string) bool { return strings.EqualFold(merger, who) }) {
				found = append(found, who+" may merge and is not in source.mergers")
			}
		}
	}
	ruled, bound := map[string]bool{}, false // the gate's own check, to the app that runs workflows
	for _, r := range rules.rules {
		for _, c := range r.Parameters.Checks {
			ruled[c.Context] = ruled[c.Context] || r.Type == "required_status_checks"
			bound = bound || r.Type == "required_status_checks" && c.Context == onlymain.Check && c.App == onlymain.ActionsApp
		}
	}
	for _, name := range source.RequiredChecks(s) {
		required := slices.IndexFunc(p.Checks.Checks, func(c check) bool { return c.Context == name })
		switch {
		case required < 0 && !ruled[name]:
			found = append(found, "the check "+name+" is not required")
		case name == onlymain.Check && !bound && (required < 0 || p.Checks.Checks[required].AppID != onlymain.ActionsApp):
			found = append(found, fmt.Sprintf("whoever may write can pass the check %s with a commit status: "+
				"it is not bound to GitHub Actions, the app %d", name, onlymain.ActionsApp))
		}
	}
	return found
}
