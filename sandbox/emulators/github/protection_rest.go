package github

import "net/http"

var protectionRoutes = []route{
	{"GET /repos/{owner}/{repo}/branches/{branch}/protection", Admin, getProtection},
}

func (c *call) checkJSON(check statusCheck) object {
	out := object{"context": check.Context, "app_id": nil}
	if a := c.state.appByNodeID(check.AppID); a != nil {
		out["app_id"] = a.ID
	}
	return out
}

func getProtection(c *call) (any, error) {
	branch := c.PathValue("branch")
	if err := checkPlan(c.repo, c.plan); err != nil {
		return nil, err
	}
	if _, ok := c.repo.Refs[headsPrefix+branch]; !ok {
		return nil, newError(http.StatusNotFound, "Branch not found")
	}
	p := c.repo.protectionOf(branch)
	if p == nil {
		return nil, newError(http.StatusNotFound, "Branch not protected")
	}
	url := c.repo.url() + "/branches/" + branch + "/protection"
	enabled := func(on bool) object { return object{"enabled": on} }
	out := object{
		"url":                              url,
		"enforce_admins":                   object{"url": url + "/enforce_admins", "enabled": p.IsAdminEnforced},
		"required_signatures":              object{"url": url + "/required_signatures", "enabled": p.RequiresCommitSignatures},
		"required_linear_history":          enabled(p.RequiresLinearHistory),
		"allow_force_pushes":               enabled(p.AllowsForcePushes),
		"allow_deletions":                  enabled(p.AllowsDeletions),
		"block_creations":                  enabled(p.BlocksCreations),
		"required_conversation_resolution": enabled(p.RequiresConversationResolution),
		"lock_branch":                      enabled(p.LockBranch),
		"allow_fork_syncing":               enabled(p.LockAllowsFetchAndMerge),
	}
	if p.RequiresStatusChecks {
		out["required_status_checks"] = object{
			"url": url + "/required_status_checks", "strict": p.RequiresStrictStatusChecks,
			"contexts": p.contexts(), "contexts_url": url + "/required_status_checks/contexts",
			"checks": list(p.RequiredStatusChecks, c.checkJSON),
		}
	}
	if p.RequiresApprovingReviews {
		reviews := object{
			"url":                             url + "/required_pull_request_reviews",
			"required_approving_review_count": p.RequiredApprovingReviewCount,
			"require_code_owner_reviews":      p.RequiresCodeOwnerReviews,
			"require_last_push_approval":      p.RequireLastPushApproval,
			"dismiss_stale_reviews":           p.DismissesStaleReviews,
		}
		if p.RestrictsReviewDismissals {
			reviews["dismissal_restrictions"] = c.actorsJSON(p.ReviewDismissalActorIDs, url+"/dismissal_restrictions")
		}
		if len(p.BypassPullRequestActorIDs) > 0 {
			reviews["bypass_pull_request_allowances"] = c.actorsJSON(p.BypassPullRequestActorIDs, "")
		}
		out["required_pull_request_reviews"] = reviews
	}
	if p.RestrictsPushes {
		out["restrictions"] = c.actorsJSON(p.PushActorIDs, url+"/restrictions")
	}
	return out, nil
}

// actorsJSON sorts actors into users, teams and apps, as the REST API has them.
func (c *call) actorsJSON(ids []string, url string) object {
	users, teams, apps := []object{}, []object{}, []object{}
	for _, id := range ids {
		switch a, _ := c.state.actor(id); a := a.(type) {
		case *account:
			users = append(users, a.summary())
		case *team:
			teams = append(teams, c.state.account(c.repo.Owner).teamJSON(a))
		case *app:
			apps = append(apps, a.json())
		}
	}
	out := object{"users": users, "teams": teams, "apps": apps}
	if url != "" {
		out["url"], out["users_url"], out["teams_url"], out["apps_url"] = url, url+"/users", url+"/teams", url+"/apps"
	}
	return out
}
