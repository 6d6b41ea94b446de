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

// branchRule is one of a ruleset's that is in force on a branch.
type branchRule struct {
	Type       string
	Parameters struct {
		Checks []struct {
			Context string
			App     int `json:"integration_id"`
		} `json:"required_status_checks"`
	}
}

// weaknesses are all that lets more happen to prod than the gate's own protection would.
// A user's repository cannot restrict who pushes.
func (p branchProtection) weaknesses(s *settings.Settings, organization bool, rules []branchRule) []string {
	var found []string
	for _, c := range []struct {
		holds bool
		what  string
	}{
		{p.Admins.Enabled, "administrators are let through"},
		{p.Reviews.Count >= s.Source.Reviews, fmt.Sprintf("it asks for %d reviews and not for %d", p.Reviews.Count, s.Source.Reviews)},
		{p.Reviews.CodeOwners, "code owners are not asked"},
		{p.Reviews.LastPush, "who pushed last may approve"},
		{p.Reviews.Stale, "approvals outlive a push"},
		{p.Conversations.Enabled, "conversations may stay open"},
		{p.Signatures.Enabled, "commits may be unsigned"},
		{p.Checks.Strict, "checks may be of an older prod"},
		{!p.ForcePushes.Enabled, "force pushes are allowed"},
		{!p.Deletions.Enabled, "the branch may be deleted"},
		{!organization || p.Creations.Enabled, "anybody may create the branch"},
		{!organization || p.Allowed != nil, "whoever may write may merge"},
	} {
		if !c.holds {
			found = append(found, c.what)
		}
	}
	for _, who := range p.Reviews.Bypassers.names(s.Source.Owner) {
		found = append(found, who+" needs no pull request")
	}
	if p.Allowed != nil && len(s.Source.Mergers) > 0 {
		for _, who := range p.Allowed.names(s.Source.Owner) {
			if !slices.ContainsFunc(s.Source.Mergers, func(merger string) bool { return strings.EqualFold(merger, who) }) {
				found = append(found, who+" may merge and is not in source.mergers")
			}
		}
	}
	bound := false // the gate's own check, to the app that runs workflows
	for _, r := range rules {
		for _, c := range r.Parameters.Checks {
			bound = bound || r.Type == "required_status_checks" && c.Context == onlymain.Check && c.App == onlymain.ActionsApp
		}
	}
	for _, name := range source.RequiredChecks(s) {
		required := slices.IndexFunc(p.Checks.Checks, func(c check) bool { return c.Context == name })
		if required < 0 {
			found = append(found, "the check "+name+" is not required")
		} else if name == onlymain.Check && !bound && p.Checks.Checks[required].AppID != onlymain.ActionsApp {
			found = append(found, fmt.Sprintf("whoever may write can pass the check %s with a commit status: "+
				"it is not bound to GitHub Actions, the app %d", name, onlymain.ActionsApp))
		}
	}
	return found
}
