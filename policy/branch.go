package main

import (
	"fmt"
	"slices"
)

// protectionType is GitHub's protection of the branches that match a pattern.
const protectionType = "github:index/branchProtection:BranchProtection"

// protectedBranch keeps prod closed to everything but a reviewed and checked pull
// request, administrators included. Patterns are compared as texts: of several
// that match a branch, GitHub takes the one that is its name.
var protectedBranch = policy{
	name:        "protected-branch",
	description: "The branch prod is protected: for administrators too, with reviews and status checks, and without force pushes and deletion.",
	types:       []string{protectionType},
	resource: func(_ stack, r resource) []finding {
		if r.at("pattern").text() != prodBranch {
			return nil
		}
		found := r.want("enforceAdmins", true)
		for _, allowed := range []string{"allowsForcePushes", "allowsDeletions"} {
			if !r.at(allowed).silent() { // GitHub's default is false
				found = append(found, r.want(allowed, false)...)
			}
		}
		if who := r.at("forcePushBypassers"); !who.silent() {
			found = append(found, finding{fmt.Sprintf("%s may force-push", who), "leave forcePushBypassers out"})
		}
		found = append(found, one(r.at("requiredPullRequestReviews"), "review rule", func(reviews value) []finding {
			var found []finding
			if count := reviews.at("requiredApprovingReviewCount"); !count.unknown() && count.number() < 1 {
				found = append(found, finding{fmt.Sprintf("requiredApprovingReviewCount is %s", count), "set it to 1 or more (prodgate:source.reviews)"})
			}
			if who := reviews.at("pullRequestBypassers"); !who.silent() {
				found = append(found, finding{fmt.Sprintf("%s may push without a review", who), "leave pullRequestBypassers out"})
			}
			return found
		})...)
		return append(found, one(r.at("requiredStatusChecks"), "status check rule", func(checks value) []finding {
			return checks.want("strict", true)
		})...)
	},
	missing: func(all []resource) []finding {
		if slices.ContainsFunc(all, func(r resource) bool { return r.token == protectionType && r.at("pattern").may(prodBranch) }) {
			return nil
		}
		return []finding{{"nothing protects the branch " + prodBranch, "add a " + protectionType + " of that pattern"}}
	},
}
