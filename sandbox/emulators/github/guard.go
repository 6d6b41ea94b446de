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

// blocks lists what stands in the way of merging a pull request. Administrators are
// held to it only where the protection says so, and always may push (GitHub,
// "About protected branches": "people and apps with admin permissions").
func (c *call) blocks(pr *pull) []string {
	head, base := c.repo.Refs[headsPrefix+pr.Head], c.repo.Refs[headsPrefix+pr.Base]
	admin := c.token.Permission == Admin
	var broken []string
	if p := c.repo.protectionOf(pr.Base); p != nil && (!admin || p.IsAdminEnforced) {
		if p.RestrictsPushes && !admin && !c.state.covers(p.PushActorIDs, c.token.Login) {
			broken = append(broken, "You're not authorized to push to this branch.")
		}
		if p.RequiresApprovingReviews {
			broken = append(broken, c.lacksReviews(p, pr)...)
		}
		if p.RequiresStatusChecks {
			for _, check := range p.RequiredStatusChecks {
				app := int64(0)
				if a := c.state.appOf(check.AppID); a != nil {
					app = a.ID
				}
				if !c.repo.passed(head, check.Context, app) {
					broken = append(broken, expectedChecks([]string{check.Context}))
				}
			}
			if p.RequiresStrictStatusChecks && !slices.Contains(c.repo.ancestors(head), base) {
				broken = append(broken, "The head branch is not up to date with the base branch.")
			}
		}
		if p.RequiresCommitSignatures && slices.ContainsFunc(c.repo.ancestors(head), func(id string) bool {
			return !c.repo.Commits[id].Verified && !slices.Contains(c.repo.ancestors(base), id)
		}) {
			broken = append(broken, "Commits must have verified signatures.")
		}
	}
	for _, rs := range c.repo.Rulesets {
		if !rs.covers(c.repo, pr.Base) || c.bypasses(rs) {
			continue
		}
		for _, r := range rs.Rules {
			for _, check := range r.checks() {
				if !c.repo.passed(head, check.Context, check.App) {
					broken = append(broken, "Repository rule violations found: "+expectedChecks([]string{check.Context}))
				}
			}
		}
	}
	return broken
}

// lacksReviews counts the approvals of who may write.
func (c *call) lacksReviews(p *protection, pr *pull) []string {
	head := c.repo.Refs[headsPrefix+pr.Head]
	var by []string
	for login, commit := range pr.Approvals {
		if !p.DismissesStaleReviews || commit == head {
			by = append(by, login)
		}
	}
	var broken []string
	if n := p.RequiredApprovingReviewCount; len(by) < n {
		broken = append(broken, fmt.Sprintf("At least %d approving review is required by reviewers with write access.", n))
	}
	pusher := c.repo.Commits[head].Pusher
	if p.RequireLastPushApproval && !slices.ContainsFunc(by, func(login string) bool { return login != pusher }) {
		broken = append(broken, "New changes require approval from someone other than the last pusher.")
	}
	if p.RequiresCodeOwnerReviews {
		for _, owners := range c.repo.ownersOf(pr) {
			if !slices.ContainsFunc(by, func(login string) bool { return c.state.among(owners, login) }) {
				return append(broken, "Waiting on code owner review from "+strings.Join(owners, " ")+".")
			}
		}
	}
	return broken
}

// ownersOf are the code owners of each file that a pull request changes, by the
// CODEOWNERS of its base. Of the patterns, those of a folder at the root and * are
// understood.
func (r *repository) ownersOf(pr *pull) [][]string {
	base, head := r.Refs[headsPrefix+pr.Base], r.Refs[headsPrefix+pr.Head]
	before, now, rules := r.Commits[r.parted(base, head)].Files, r.Commits[head].Files, ""
	for _, file := range []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"} {
		if id, there := r.Commits[base].Files[file]; there {
			rules = string(r.Blobs[id].bytes())
			break
		}
	}
	var all [][]string
	for file := range mergedKeys(before, now) {
		if before[file] == now[file] {
			continue
		}
		var owners []string
		for line := range strings.Lines(rules) {
			words := strings.Fields(strings.SplitN(line, "#", 2)[0])
			if len(words) > 0 && (words[0] == "*" || strings.HasSuffix(words[0], "/") && strings.HasPrefix("/"+file, words[0])) {
				owners = words[1:]
			}
		}
		if len(owners) > 0 {
			all = append(all, owners)
		}
	}
	return all
}

// checkMove refuses to move a branch by hand.
func (c *call) checkMove(branch, to string) error {
	p := c.repo.protectionOf(branch)
	if p != nil && !p.AllowsForcePushes && !slices.Contains(c.repo.ancestors(to), c.repo.Refs[headsPrefix+branch]) {
		return refuse(http.StatusUnprocessableEntity, "Cannot force-push to this branch")
	}
	if p != nil {
		if broken := c.brokenBy(p); len(broken) > 0 {
			return refuse(http.StatusUnprocessableEntity, "%s", strings.Join(broken, " "))
		}
	}
	return nil
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

// requiredCheck is one of a rule's, by name; with an app, only of it.
type requiredCheck struct {
	Context string
	App     int64
}

// checks are those that a required_status_checks rule has.
func (r rule) checks() []requiredCheck {
	var all []requiredCheck
	checks, _ := r.Parameters["required_status_checks"].([]any)
	for _, check := range checks {
		if check, ok := check.(object); ok {
			name, _ := check["context"].(string)
			app, _ := check["integration_id"].(float64)
			all = append(all, requiredCheck{name, int64(app)})
		}
	}
	return all
}

// contexts are their names.
func (r rule) contexts() []string {
	var names []string
	for _, check := range r.checks() {
		names = append(names, check.Context)
	}
	return names
}
