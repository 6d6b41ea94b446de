package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The checks of branch protection and rulesets. On GitHub they reject a program that protects
// a branch and then writes a file to it, so the emulator rejects it too.

// checkPush rejects a commit through the contents API to a branch that requires a pull
// request.
func (c *call) checkPush(branch, verb string) error {
	if p := c.repo.protectionOf(branch); p != nil {
		if violations := c.violations(p); len(violations) > 0 {
			return newError(http.StatusConflict, "Could not %s file: %s", verb, strings.Join(violations, " "))
		}
	}
	var violations []string
	for _, rs := range c.repo.Rulesets {
		if rs.appliesTo(c.repo, branch) && !c.canBypass(rs) {
			violations = append(violations, rs.violations()...)
		}
	}
	if len(violations) > 0 {
		return newError(http.StatusConflict, "Repository rule violations found\n\n%s\n\n", strings.Join(violations, "\n"))
	}
	return nil
}

// violations lists what an unsigned commit without a pull request violates. Administrators
// are subject to it only if the protection says so.
func (c *call) violations(p *protection) []string {
	admin := c.token.Permission == Admin
	var violations []string
	if p.LockBranch && (!admin || p.IsAdminEnforced) {
		violations = append(violations, "Cannot change this locked branch")
	}
	if p.RestrictsPushes && !admin && !c.state.includesUser(p.PushActorIDs, c.token.Login) {
		violations = append(violations, "You're not authorized to push to this branch.")
	}
	if admin && !p.IsAdminEnforced {
		return violations
	}
	if p.RequiresApprovingReviews && !c.state.includesUser(p.BypassPullRequestActorIDs, c.token.Login) {
		violations = append(violations, "Changes must be made through a pull request.")
	}
	if checks := p.contexts(); p.RequiresStatusChecks && len(checks) > 0 {
		violations = append(violations, expectedChecks(checks))
	}
	if p.RequiresCommitSignatures {
		violations = append(violations, "Commits must have verified signatures.")
	}
	return violations
}

func expectedChecks(contexts []string) string {
	if len(contexts) == 1 {
		return fmt.Sprintf("Required status check %q is expected.", contexts[0])
	}
	return fmt.Sprintf("%d of %d required status checks are expected.", len(contexts), len(contexts))
}

// mergeBlockers lists what prevents the merge of a pull request. Administrators are
// subject to it only if the protection says so, and can always push (GitHub,
// "About protected branches": "people and apps with admin permissions").
func (c *call) mergeBlockers(pr *pull) []string {
	var blockers []string
	if p := c.repo.protectionOf(pr.Base); p != nil && (c.token.Permission != Admin || p.IsAdminEnforced) {
		blockers = c.protectionBlockers(p, pr)
	}
	return append(blockers, c.rulesetBlockers(pr)...)
}

// reviewRule is what a pull_request rule requires, as a protection requires it.
func (r rule) reviewRule() *protection {
	count, _ := r.Parameters["required_approving_review_count"].(float64)
	on := func(name string) bool { is, _ := r.Parameters[name].(bool); return is }
	return &protection{
		RequiredApprovingReviewCount: int(count), DismissesStaleReviews: on("dismiss_stale_reviews_on_push"),
		RequireLastPushApproval: on("require_last_push_approval"), RequiresCodeOwnerReviews: on("require_code_owner_review"),
	}
}

// protectionBlockers lists the requirements of a protection that a pull request does not meet.
func (c *call) protectionBlockers(p *protection, pr *pull) []string {
	head, base := c.repo.Refs[headsPrefix+pr.Head], c.repo.Refs[headsPrefix+pr.Base]
	var blockers []string
	if p.RestrictsPushes && c.token.Permission != Admin && !c.state.includesUser(p.PushActorIDs, c.token.Login) {
		blockers = append(blockers, "You're not authorized to push to this branch.")
	}
	if p.RequiresApprovingReviews {
		blockers = append(blockers, c.missingReviews(p, pr)...)
	}
	if p.RequiresStatusChecks {
		for _, check := range p.RequiredStatusChecks {
			app := int64(0)
			if a := c.state.appByNodeID(check.AppID); a != nil {
				app = a.ID
			}
			if !c.repo.hasPassed(head, check.Context, app) {
				blockers = append(blockers, expectedChecks([]string{check.Context}))
			}
		}
		if p.RequiresStrictStatusChecks && !slices.Contains(c.repo.ancestors(head), base) {
			blockers = append(blockers, "The head branch is not up to date with the base branch.")
		}
	}
	if p.RequiresCommitSignatures && slices.ContainsFunc(c.repo.ancestors(head), func(id string) bool {
		return !c.repo.Commits[id].Verified && !slices.Contains(c.repo.ancestors(base), id)
	}) {
		blockers = append(blockers, "Commits must have verified signatures.")
	}
	return blockers
}

// rulesetBlockers lists the status checks and the reviews of rulesets that a pull request lacks.
func (c *call) rulesetBlockers(pr *pull) []string {
	head := c.repo.Refs[headsPrefix+pr.Head]
	var blockers []string
	for _, rs := range c.repo.Rulesets {
		if !rs.appliesTo(c.repo, pr.Base) || c.canBypass(rs) {
			continue
		}
		for _, r := range rs.Rules {
			if r.Type == "pull_request" {
				for _, missing := range c.missingReviews(r.reviewRule(), pr) {
					blockers = append(blockers, "Repository rule violations found: "+missing)
				}
			}
			for _, check := range r.checks() {
				if !c.repo.hasPassed(head, check.Context, check.App) {
					blockers = append(blockers, "Repository rule violations found: "+expectedChecks([]string{check.Context}))
				}
			}
		}
	}
	return blockers
}

// missingReviews lists the approvals that the protection requires and the pull request lacks.
func (c *call) missingReviews(p *protection, pr *pull) []string {
	head := c.repo.Refs[headsPrefix+pr.Head]
	var by []string
	for login, commit := range pr.Approvals {
		if !p.DismissesStaleReviews || commit == head {
			by = append(by, login)
		}
	}
	var violations []string
	if n := p.RequiredApprovingReviewCount; len(by) < n {
		violations = append(violations, fmt.Sprintf("At least %d approving review is required by reviewers with write access.", n))
	}
	pusher := c.repo.Commits[head].Pusher
	if p.RequireLastPushApproval && !slices.ContainsFunc(by, func(login string) bool { return login != pusher }) {
		violations = append(violations, "New changes require approval from someone other than the last pusher.")
	}
	if p.RequiresCodeOwnerReviews {
		for _, owners := range c.repo.codeOwners(pr) {
			if !slices.ContainsFunc(by, func(login string) bool { return c.state.isListed(owners, login) }) {
				return append(violations, "Waiting on code owner review from "+strings.Join(owners, " ")+".")
			}
		}
	}
	return violations
}

// codeOwners lists the code owners of each file that a pull request changes, by the
// CODEOWNERS file of its base. Only the patterns * and of a folder at the root are
// supported.
func (r *repository) codeOwners(pr *pull) [][]string {
	base, head := r.Refs[headsPrefix+pr.Base], r.Refs[headsPrefix+pr.Head]
	before, now, rules := r.Commits[r.mergeBase(base, head)].Files, r.Commits[head].Files, ""
	for _, file := range []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"} {
		if id, there := r.Commits[base].Files[file]; there {
			rules = string(r.Blobs[id].bytes())
			break
		}
	}
	var all [][]string
	for file := range unionOfKeys(before, now) {
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

// checkRefUpdate rejects a direct update of a protected branch.
func (c *call) checkRefUpdate(branch, to string) error {
	p := c.repo.protectionOf(branch)
	if p != nil && !p.AllowsForcePushes && !slices.Contains(c.repo.ancestors(to), c.repo.Refs[headsPrefix+branch]) {
		return newError(http.StatusUnprocessableEntity, "Cannot force-push to this branch")
	}
	if p != nil {
		if violations := c.violations(p); len(violations) > 0 {
			return newError(http.StatusUnprocessableEntity, "%s", strings.Join(violations, " "))
		}
	}
	if !slices.Contains(c.repo.ancestors(to), c.repo.Refs[headsPrefix+branch]) {
		if err := c.checkRule("non_fast_forward", branch, "Cannot force-push to this branch"); err != nil {
			return err
		}
	}
	for _, rs := range c.repo.Rulesets {
		if !rs.appliesTo(c.repo, branch) || c.canBypass(rs) {
			continue
		}
		if violations := rs.violations(); len(violations) > 0 {
			return newError(http.StatusUnprocessableEntity, "Repository rule violations found\n\n%s\n\n", strings.Join(violations, "\n"))
		}
	}
	return nil
}

// checkBranchCreation rejects a branch name that the caller cannot create.
func (c *call) checkBranchCreation(branch string) error {
	p := c.repo.protectionOf(branch)
	if p != nil && p.BlocksCreations && c.token.Permission != Admin && !c.state.includesUser(p.PushActorIDs, c.token.Login) {
		return newError(http.StatusUnprocessableEntity, "Reference update failed")
	}
	return c.checkRule("creation", branch, "Cannot create ref due to creations being restricted.")
}

// checkBranchDeletion rejects the deletion of a protected branch by anybody.
func (c *call) checkBranchDeletion(branch string) error {
	if branch == c.repo.DefaultBranch {
		return newError(http.StatusUnprocessableEntity, "Cannot delete the default branch")
	}
	if p := c.repo.protectionOf(branch); p != nil && !p.AllowsDeletions {
		return newError(http.StatusUnprocessableEntity, "Cannot delete a protected branch")
	}
	return c.checkRule("deletion", branch, "Cannot delete this branch")
}

// checkRule rejects what a rule without parameters forbids.
func (c *call) checkRule(ruleType, branch, message string) error {
	for _, rs := range c.repo.Rulesets {
		if rs.appliesTo(c.repo, branch) && !c.canBypass(rs) && slices.ContainsFunc(rs.Rules, func(r rule) bool { return r.Type == ruleType }) {
			return newError(http.StatusUnprocessableEntity, "Repository rule violations found\n\n%s\n\n", message)
		}
	}
	return nil
}

// appliesTo reports whether an active ruleset applies to a branch.
func (rs *ruleset) appliesTo(r *repository, branch string) bool {
	if rs.Enforcement != "active" || rs.Target != "branch" || rs.Conditions == nil {
		return false
	}
	fits := func(pattern string) bool {
		return pattern == "~ALL" || pattern == "~DEFAULT_BRANCH" && branch == r.DefaultBranch || matches(pattern, headsPrefix+branch)
	}
	name := rs.Conditions.RefName
	return slices.ContainsFunc(name.Include, fits) && !slices.ContainsFunc(name.Exclude, fits)
}

// canBypass reports whether the caller can bypass a ruleset. Administrators have
// repository role 5.
func (c *call) canBypass(rs *ruleset) bool {
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

// violations lists the rules that an unsigned commit without a pull request violates.
func (rs *ruleset) violations() []string {
	var violations []string
	for _, rule := range rs.Rules {
		switch rule.Type {
		case "pull_request":
			violations = append(violations, "Changes must be made through a pull request.")
		case "update":
			violations = append(violations, "Cannot update this protected ref.")
		case "required_signatures":
			violations = append(violations, "Commits must have verified signatures.")
		case "required_status_checks":
			if checks := rule.contexts(); len(checks) > 0 {
				violations = append(violations, expectedChecks(checks))
			}
		}
	}
	return violations
}

// requiredCheck is a check that a rule requires, by name; with an app, only from that app.
type requiredCheck struct {
	Context string
	App     int64
}

// checks lists the checks of a required_status_checks rule.
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
