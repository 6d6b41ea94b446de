package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// What protection and rulesets refuse. A program that protects a branch and
// then writes a file to it meets this on GitHub, so it has to meet it here.

// checkPush refuses a commit through the contents API that a pull request
// should have made.
func (c *call) checkPush(branch, verb string) error {
	if p := c.repo.protectionOf(branch); p != nil {
		if broken := c.brokenBy(p); len(broken) > 0 {
			return refuse(http.StatusConflict, "Could not %s file: %s", verb, strings.Join(broken, " "))
		}
	}
	var broken []string
	for _, rs := range c.repo.Rulesets {
		if rs.covers(c.repo, branch) && !c.bypasses(rs) {
			broken = append(broken, rs.broken()...)
		}
	}
	if len(broken) > 0 {
		return refuse(http.StatusConflict, "Repository rule violations found\n\n%s\n\n", strings.Join(broken, "\n"))
	}
	return nil
}

// brokenBy lists what a plain, unsigned commit breaks. Administrators are held
// to it only where the protection says so.
func (c *call) brokenBy(p *protection) []string {
	admin := c.token.Permission == Admin
	var broken []string
	if p.LockBranch && (!admin || p.IsAdminEnforced) {
		broken = append(broken, "Cannot change this locked branch")
	}
	if p.RestrictsPushes && !admin && !c.state.covers(p.PushActorIDs, c.token.Login) {
		broken = append(broken, "You're not authorized to push to this branch.")
	}
	if admin && !p.IsAdminEnforced {
		return broken
	}
	if p.RequiresApprovingReviews && !c.state.covers(p.BypassPullRequestActorIDs, c.token.Login) {
		broken = append(broken, "Changes must be made through a pull request.")
	}
	if checks := p.contexts(); p.RequiresStatusChecks && len(checks) > 0 {
		broken = append(broken, expectedChecks(checks))
	}
	if p.RequiresCommitSignatures {
		broken = append(broken, "Commits must have verified signatures.")
	}
	return broken
}

func expectedChecks(contexts []string) string {
	if len(contexts) == 1 {
		return fmt.Sprintf("Required status check %q is expected.", contexts[0])
	}
	return fmt.Sprintf("%d of %d required status checks are expected.", len(contexts), len(contexts))
}

// checkBranchCreation refuses a branch of a name that the caller may not create.
func (c *call) checkBranchCreation(branch string) error {
	p := c.repo.protectionOf(branch)
	if p != nil && p.BlocksCreations && c.token.Permission != Admin && !c.state.covers(p.PushActorIDs, c.token.Login) {
		return refuse(http.StatusUnprocessableEntity, "Reference update failed")
	}
	return c.checkRule("creation", branch, "Cannot create ref due to creations being restricted.")
}

// checkBranchDeletion refuses to delete what is protected, to anybody.
func (c *call) checkBranchDeletion(branch string) error {
	if branch == c.repo.DefaultBranch {
		return refuse(http.StatusUnprocessableEntity, "Cannot delete the default branch")
	}
	if p := c.repo.protectionOf(branch); p != nil && !p.AllowsDeletions {
		return refuse(http.StatusUnprocessableEntity, "Cannot delete a protected branch")
	}
	return c.checkRule("deletion", branch, "Cannot delete this branch")
}

// checkRule refuses what a rule without parameters forbids.
func (c *call) checkRule(ruleType, branch, message string) error {
	for _, rs := range c.repo.Rulesets {
		if rs.covers(c.repo, branch) && !c.bypasses(rs) && slices.ContainsFunc(rs.Rules, func(r rule) bool { return r.Type == ruleType }) {
			return refuse(http.StatusUnprocessableEntity, "Repository rule violations found\n\n%s\n\n", message)
		}
	}
	return nil
}

// covers tells whether an active ruleset is about a branch.
func (rs *ruleset) covers(r *repository, branch string) bool {
	if rs.Enforcement != "active" || rs.Target != "branch" || rs.Conditions == nil {
		return false
	}
	fits := func(pattern string) bool {
		return pattern == "~ALL" || pattern == "~DEFAULT_BRANCH" && branch == r.DefaultBranch || matches(pattern, headsPrefix+branch)
	}
	name := rs.Conditions.RefName
	return slices.ContainsFunc(name.Include, fits) && !slices.ContainsFunc(name.Exclude, fits)
}

// bypasses tells whether the caller is excepted from a ruleset: administrators
// have repository role 5.
func (c *call) bypasses(rs *ruleset) bool {
	return slices.ContainsFunc(rs.BypassActors, func(a bypassActor) bool {
		if a.BypassMode == "pull_request" {
			return false
		}
		admin := c.token.Permission == Admin
		switch a.ActorType {
		case "OrganizationAdmin":
			return admin
		case "RepositoryRole":
			return admin && a.ActorID != nil && *a.ActorID == 5
		}
		return false
	})
}

// broken lists what a plain, unsigned commit breaks.
func (rs *ruleset) broken() []string {
	var broken []string
	for _, rule := range rs.Rules {
		switch rule.Type {
		case "pull_request":
			broken = append(broken, "Changes must be made through a pull request.")
		case "update":
			broken = append(broken, "Cannot update this protected ref.")
		case "required_signatures":
			broken = append(broken, "Commits must have verified signatures.")
		case "required_status_checks":
			if checks := rule.contexts(); len(checks) > 0 {
				broken = append(broken, expectedChecks(checks))
			}
		}
	}
	return broken
}

// contexts are the names of the checks that a required_status_checks rule has.
func (r rule) contexts() []string {
	var names []string
	checks, _ := r.Parameters["required_status_checks"].([]any)
	for _, check := range checks {
		if check, ok := check.(object); ok {
			name, _ := check["context"].(string)
			names = append(names, name)
		}
	}
	return names
}
