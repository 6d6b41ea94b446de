package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// sourceKey is the setting with the source's provider and its branch protection.
const sourceKey = "prodgate:source"

// protectionType is GitHub's protection of the branches that match a pattern. rulesetType is
// GitHub's newer ruleset, which can name the app that must report a required check.
// templateType is CodeCommit's template of the rule that says who approves a pull request.
const (
	protectionType = "github:index/branchProtection:BranchProtection"
	rulesetType    = "github:index/repositoryRuleset:RepositoryRuleset"
	templateType   = "aws:codecommit/approvalRuleTemplate:ApprovalRuleTemplate"
)

// protectedBranch requires that prod changes only by a reviewed and checked pull
// request from main, for administrators too. It compares patterns as texts: where
// several match a branch, GitHub applies the one that is the branch's name.
var protectedBranch = policy{
	name: "protected-branch",
	description: "The branch prod is protected: for administrators too, with reviews of code owners, signed commits, " +
		"the check that only main is merged, and without force pushes and deletion. In CodeCommit pull requests to it need an approval.",
	types: []string{protectionType, rulesetType, templateType},
	check: func(_ stack, r resource) []finding {
		switch r.token {
		case rulesetType:
			return checkRuleset(r)
		case templateType:
			return checkTemplate(r)
		}
		if r.at("pattern").text() != prodBranch {
			return nil
		}
		return checkProtection(r)
	},
	checkStack: func(s stack, all []resource) []finding {
		if s.protection != settings.Create {
			return nil // the user chose this in the stack's configuration, where it is visible
		}
		is := func(token string, of func(resource) bool) bool {
			return slices.ContainsFunc(all, func(r resource) bool { return r.token == token && of(r) })
		}
		switch {
		case s.usesCodeCommit:
			if !is(templateType, func(r resource) bool { return r.at("content").isUnknown() || prodRule(r) != nil }) {
				return []finding{{"nobody has to approve a pull request to the branch " + prodBranch, "add a " + templateType + " for " + prodReference}}
			}
		case !is(protectionType, func(r resource) bool { return r.at("pattern").canBe(prodBranch) }):
			return []finding{{"nothing protects the branch " + prodBranch, "add a " + protectionType + " of that pattern"}}
		case !is(rulesetType, func(r resource) bool { return r.at(requiredChecks).isUnknown() || len(onlyMainChecks(r)) > 0 }):
			return []finding{{"whoever may write can pass the check " + onlymain.Check + " with a commit status",
				fmt.Sprintf("add a %s that requires it of the app %d, GitHub Actions", rulesetType, onlymain.ActionsApp)}}
		}
		return nil
	},
}

func checkProtection(r resource) []finding {
	var found []finding
	for _, asked := range []string{"enforceAdmins", "requireSignedCommits", "requireConversationResolution"} {
		found = append(found, r.require(asked, true)...)
	}
	for _, allowed := range []string{"allowsForcePushes", "allowsDeletions"} {
		if !r.at(allowed).isEmpty() { // GitHub's default is false
			found = append(found, r.require(allowed, false)...)
		}
	}
	if who := r.at("forcePushBypassers"); !who.isEmpty() {
		found = append(found, finding{fmt.Sprintf("%s may force-push", who), "leave forcePushBypassers out"})
	}
	found = append(found, requireOne(r.at("requiredPullRequestReviews"), "review rule", func(reviews value) []finding {
		var found []finding
		if count := reviews.at("requiredApprovingReviewCount"); !count.isUnknown() && count.number() < 1 {
			found = append(found, finding{fmt.Sprintf("requiredApprovingReviewCount is %s", count), "set it to 1 or more (prodgate:source.reviews)"})
		}
		for _, asked := range []string{"requireCodeOwnerReviews", "requireLastPushApproval", "dismissStaleReviews"} {
			found = append(found, reviews.require(asked, true)...)
		}
		if who := reviews.at("pullRequestBypassers"); !who.isEmpty() {
			found = append(found, finding{fmt.Sprintf("%s may push without a review", who), "leave pullRequestBypassers out"})
		}
		return found
	})...)
	found = append(found, requireOne(r.at("requiredStatusChecks"), "status check rule", func(checks value) []finding {
		found := checks.require("strict", true)
		names := checks.at("contexts")
		if !names.isUnknown() && !slices.ContainsFunc(names.list(), func(name value) bool { return name.canBe(onlymain.Check) }) {
			found = append(found, finding{fmt.Sprintf("contexts is %s", names), "add " + onlymain.Check + ", which lets only main be merged"})
		}
		return found
	})...)
	return append(found, requireOne(r.at("restrictPushes"), "push restriction", func(pushes value) []finding {
		if pushes.at("blocksCreations").isEmpty() { // the provider's default is true
			return nil
		}
		return pushes.require("blocksCreations", true)
	})...)
}

// prodReference is git's name of the branch.
const prodReference = "refs/heads/" + prodBranch

// approvalRule is the part of an approval rule template's content that the policy checks.
type approvalRule struct {
	DestinationReferences []string
	Statements            []struct {
		NumberOfApprovalsNeeded int
		ApprovalPoolMembers     []string
	}
}

// prodRule is the rule of a template that applies to prod; nil if it applies to other branches
// only. A template without references applies to every branch.
func prodRule(r resource) *approvalRule {
	var content approvalRule
	if err := json.Unmarshal([]byte(r.at("content").text()), &content); err != nil {
		return nil
	}
	if len(content.DestinationReferences) > 0 && !slices.Contains(content.DestinationReferences, prodReference) {
		return nil
	}
	return &content
}

// checkTemplate finds what is weak in the approval rule template of prod.
func checkTemplate(r resource) []finding {
	content := prodRule(r)
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

// requiredChecks is the path of a ruleset's required status checks.
const requiredChecks = "rules.requiredStatusChecks.requiredChecks"

// onlyMainChecks are a ruleset's entries for the check that lets only main be merged.
func onlyMainChecks(r resource) []value {
	return slices.DeleteFunc(r.at(requiredChecks).list(), func(c value) bool { return !c.at("context").canBe(onlymain.Check) })
}

// checkRuleset finds what is weak in a ruleset that requires the check only-main. Other
// rulesets are not the gate's.
func checkRuleset(r resource) []finding {
	own := onlyMainChecks(r)
	if len(own) == 0 {
		return nil
	}
	found := r.require("enforcement", "active")
	found = append(found, r.require("target", "branch")...)
	found = append(found, r.at("conditions.refName.includes").requireList("includes of its conditions", "refs/heads/"+prodBranch)...)
	for _, exception := range []string{"bypassActors", "conditions.refName.excludes"} {
		if got := r.at(exception); !got.isEmpty() {
			found = append(found, finding{exception + " makes exceptions", "leave it empty"})
		}
	}
	found = append(found, r.at("rules.requiredStatusChecks").require("strictRequiredStatusChecksPolicy", true)...)
	for _, c := range own {
		if app := c.at("integrationId"); !app.isUnknown() && app.number() != onlymain.ActionsApp {
			found = append(found, finding{fmt.Sprintf("integrationId of %s is %s", onlymain.Check, app),
				fmt.Sprintf("set it to %d, GitHub Actions, or a commit status passes it", onlymain.ActionsApp)})
		}
	}
	return found
}

// readProtection reads source.protection from the stack's configuration, and whether the source
// is CodeCommit. A setting that cannot be read counts as create, so that the policy applies.
func readProtection(source string) (by settings.Presence, committed bool) {
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
