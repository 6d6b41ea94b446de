package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// sourceKey is the setting that says who protects prod.
const sourceKey = "prodgate:source"

// protectionType is GitHub's protection of the branches that match a pattern,
// rulesetType the newer way, which can say whose a required check is. templateType is who
// approves a pull request in CodeCommit.
const (
	protectionType = "github:index/branchProtection:BranchProtection"
	rulesetType    = "github:index/repositoryRuleset:RepositoryRuleset"
	templateType   = "aws:codecommit/approvalRuleTemplate:ApprovalRuleTemplate"
)

// protectedBranch keeps prod closed to everything but a reviewed and checked pull
// request from main, administrators included. Patterns are compared as texts: of
// several that match a branch, GitHub takes the one that is its name.
var protectedBranch = policy{
	name: "protected-branch",
	description: "The branch prod is protected: for administrators too, with reviews of code owners, signed commits, " +
		"the check that only main is merged, and without force pushes and deletion. In CodeCommit pull requests to it need an approval.",
	types: []string{protectionType, rulesetType, templateType},
	resource: func(_ stack, r resource) []finding {
		switch r.token {
		case rulesetType:
			return weakerRuleset(r)
		case templateType:
			return weakerTemplate(r)
		}
		if r.at("pattern").text() != prodBranch {
			return nil
		}
		return weakerProtection(r)
	},
	missing: func(s stack, all []resource) []finding {
		if s.protection != settings.Create {
			return nil // the user's choice, which is in the stack's configuration to see
		}
		is := func(token string, of func(resource) bool) bool {
			return slices.ContainsFunc(all, func(r resource) bool { return r.token == token && of(r) })
		}
		switch {
		case s.committed:
			if !is(templateType, func(r resource) bool { return r.at("content").unknown() || ofProd(r) != nil }) {
				return []finding{{"nobody has to approve a pull request to the branch " + prodBranch, "add a " + templateType + " for " + prodReference}}
			}
		case !is(protectionType, func(r resource) bool { return r.at("pattern").may(prodBranch) }):
			return []finding{{"nothing protects the branch " + prodBranch, "add a " + protectionType + " of that pattern"}}
		case !is(rulesetType, func(r resource) bool { return r.at(requiredChecks).unknown() || len(ownCheck(r)) > 0 }):
			return []finding{{"whoever may write can pass the check " + onlymain.Check + " with a commit status",
				fmt.Sprintf("add a %s that requires it of the app %d, GitHub Actions", rulesetType, onlymain.ActionsApp)}}
		}
		return nil
	},
}

func weakerProtection(r resource) []finding {
	var found []finding
	for _, asked := range []string{"enforceAdmins", "requireSignedCommits", "requireConversationResolution"} {
		found = append(found, r.want(asked, true)...)
	}
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
		for _, asked := range []string{"requireCodeOwnerReviews", "requireLastPushApproval", "dismissStaleReviews"} {
			found = append(found, reviews.want(asked, true)...)
		}
		if who := reviews.at("pullRequestBypassers"); !who.silent() {
			found = append(found, finding{fmt.Sprintf("%s may push without a review", who), "leave pullRequestBypassers out"})
		}
		return found
	})...)
	found = append(found, one(r.at("requiredStatusChecks"), "status check rule", func(checks value) []finding {
		found := checks.want("strict", true)
		names := checks.at("contexts")
		if !names.unknown() && !slices.ContainsFunc(names.list(), func(name value) bool { return name.may(onlymain.Check) }) {
			found = append(found, finding{fmt.Sprintf("contexts is %s", names), "add " + onlymain.Check + ", which lets only main be merged"})
		}
		return found
	})...)
	return append(found, one(r.at("restrictPushes"), "push restriction", func(pushes value) []finding {
		if pushes.at("blocksCreations").silent() { // the provider's default is true
			return nil
		}
		return pushes.want("blocksCreations", true)
	})...)
}

// prodReference is git's name of the branch.
const prodReference = "refs/heads/" + prodBranch

// rule is an approval rule template's content, as far as it is looked at.
type rule struct {
	DestinationReferences []string
	Statements            []struct {
		NumberOfApprovalsNeeded int
		ApprovalPoolMembers     []string
	}
}

// ofProd is the rule of a template for prod, nil of one for other branches. Without references
// it is for all.
func ofProd(r resource) *rule {
	var content rule
	if err := json.Unmarshal([]byte(r.at("content").text()), &content); err != nil {
		return nil
	}
	if len(content.DestinationReferences) > 0 && !slices.Contains(content.DestinationReferences, prodReference) {
		return nil
	}
	return &content
}

// weakerTemplate looks at the template of prod.
func weakerTemplate(r resource) []finding {
	content := ofProd(r)
	if content == nil {
		return nil
	}
	var found []finding
	for _, s := range content.Statements {
		if s.NumberOfApprovalsNeeded < 1 {
			found = append(found, finding{fmt.Sprintf("it asks for %d approvals", s.NumberOfApprovalsNeeded), "ask for 1 or more (prodgate:source.reviews)"})
		}
		if len(s.ApprovalPoolMembers) == 0 || slices.Contains(s.ApprovalPoolMembers, "*") {
			found = append(found, finding{"anybody may approve", "name the members of its approval pool (prodgate:source.reviewerArns)"})
		}
	}
	if len(content.Statements) == 0 {
		found = append(found, finding{"it asks for no approval", "give it a statement"})
	}
	return found
}

// requiredChecks is where a ruleset has them.
const requiredChecks = "rules.requiredStatusChecks.requiredChecks"

// ownCheck are a ruleset's entries of the check that lets only main be merged.
func ownCheck(r resource) []value {
	return slices.DeleteFunc(r.at(requiredChecks).list(), func(c value) bool { return !c.at("context").may(onlymain.Check) })
}

// weakerRuleset looks at one that requires this check; others are not the gate's.
func weakerRuleset(r resource) []finding {
	own := ownCheck(r)
	if len(own) == 0 {
		return nil
	}
	found := r.want("enforcement", "active")
	found = append(found, r.want("target", "branch")...)
	found = append(found, r.at("conditions.refName.includes").wantList("includes of its conditions", "refs/heads/"+prodBranch)...)
	for _, exception := range []string{"bypassActors", "conditions.refName.excludes"} {
		if got := r.at(exception); !got.silent() {
			found = append(found, finding{exception + " makes exceptions", "leave it empty"})
		}
	}
	found = append(found, r.at("rules.requiredStatusChecks").want("strictRequiredStatusChecksPolicy", true)...)
	for _, c := range own {
		if app := c.at("integrationId"); !app.unknown() && app.number() != onlymain.ActionsApp {
			found = append(found, finding{fmt.Sprintf("integrationId of %s is %s", onlymain.Check, app),
				fmt.Sprintf("set it to %d, GitHub Actions, or a commit status passes it", onlymain.ActionsApp)})
		}
	}
	return found
}

// chosenProtection is who protects prod, as the stack's configuration says it, and whether it
// is a branch of CodeCommit. What cannot be read is no excuse.
func chosenProtection(source string) (by settings.Presence, committed bool) {
	var s struct {
		Provider   string
		Protection settings.Presence
	}
	_ = json.Unmarshal([]byte(source), &s)
	committed = s.Provider == settings.CodeCommit
	if !committed && (s.Protection == settings.Adopt || s.Protection == settings.Off) {
		return s.Protection, false
	}
	return settings.Create, committed
}
