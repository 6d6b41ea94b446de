package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// requiredChecks are those of the settings and the gate's own, once.
func requiredChecks(s *settings.Settings) []string {
	if slices.Contains(s.Source.StatusChecks, onlymain.Check) {
		return s.Source.StatusChecks
	}
	return append(slices.Clone(s.Source.StatusChecks), onlymain.Check)
}

// adopted is whether somebody else's protection of prod is as strong as the gate's.
func (i *inspection) adopted(repository string, organization bool, protection *live) {
	key, mode := "source.protection", string(settings.Adopt)
	if protection == nil {
		i.add(key, mode, "prod of "+repository+" is not protected", "set it to create, or protect the branch first")
		return
	}
	text, _, err := i.file(repository, onlymain.Base, onlymain.File)
	begins, rest, _ := strings.Cut(text, "\n")
	if strings.HasPrefix(begins, signature) {
		text = rest
	}
	if err != nil || text != onlymain.Workflow {
		i.add(key, mode, onlymain.File+" of prod in "+repository+" is not the workflow that lets only main through",
			"let the stack that protects the branch run first, or merge pkg/onlymain/prodgate.yml there")
	}
	var rules []branchRule
	if a := i.of(repository, "/rules/branches/"+ProdBranch+"?per_page=100"); !a.found() || a.into(&rules) != nil {
		i.add(key, mode, "GitHub does not tell the rules of prod in "+repository, "let the token (GITHUB_TOKEN) administer the repository")
		return
	}
	if weaker := protection.weaker(i.settings, organization, rules); len(weaker) > 0 {
		i.add(key, mode, "the protection of prod in "+repository+" is weaker than the gate's: "+strings.Join(weaker, ", "),
			"correct it, or take it away and set protection to create")
	}
}

// protect closes the prod branch of a repository to everything but a reviewed,
// checked pull request from main, for administrators too. Linear history is not
// asked for: main is merged by merge commits.
func (b builder) protect(parent pulumi.Resource, repository string, allowances []string) error {
	files, err := b.writeFiles(parent, repository)
	if err != nil {
		return err
	}
	// The files come first and go last: a protected branch takes neither.
	opts := []pulumi.ResourceOption{pulumi.Parent(parent), b.keeps(), pulumi.DependsOn(files)}
	_, err = github.NewBranchProtection(b.ctx, b.called(repository+"-"+ProdBranch), &github.BranchProtectionArgs{
		RepositoryId:                  pulumi.String(repository),
		Pattern:                       pulumi.String(ProdBranch),
		EnforceAdmins:                 pulumi.Bool(true),
		AllowsDeletions:               pulumi.Bool(false),
		AllowsForcePushes:             pulumi.Bool(false),
		RequireSignedCommits:          pulumi.Bool(true),
		RequireConversationResolution: pulumi.Bool(true),
		RequiredPullRequestReviews: github.BranchProtectionRequiredPullRequestReviewArray{
			github.BranchProtectionRequiredPullRequestReviewArgs{
				RequiredApprovingReviewCount: pulumi.Int(b.settings.Source.Reviews),
				RequireCodeOwnerReviews:      pulumi.Bool(true),
				RequireLastPushApproval:      pulumi.Bool(true),
				DismissStaleReviews:          pulumi.Bool(true),
			},
		},
		RequiredStatusChecks: github.BranchProtectionRequiredStatusCheckArray{
			github.BranchProtectionRequiredStatusCheckArgs{
				Strict:   pulumi.Bool(true),
				Contexts: pulumi.ToStringArray(requiredChecks(b.settings)),
			},
		},
		// To GitHub, the merge of a pull request is a push: with nobody allowed, nobody
		// could merge.
		RestrictPushes: github.BranchProtectionRestrictPushArray{
			github.BranchProtectionRestrictPushArgs{
				BlocksCreations: pulumi.Bool(true),
				PushAllowances:  pulumi.ToStringArray(allowances),
			},
		},
	}, opts...)
	if err != nil {
		return fmt.Errorf("protection: %w", err)
	}
	// The provider's branch protection names a check and not whose it is (6.13), and a
	// commit status of that name can be set by whoever may write. A ruleset binds it.
	_, err = github.NewRepositoryRuleset(b.ctx, b.called(repository+"-"+onlymain.Check), &github.RepositoryRulesetArgs{
		Repository:  pulumi.String(repository),
		Name:        pulumi.String(b.plan.Gate + "-" + onlymain.Check),
		Target:      pulumi.String("branch"),
		Enforcement: pulumi.String("active"),
		Conditions: github.RepositoryRulesetConditionsArgs{
			RefName: github.RepositoryRulesetConditionsRefNameArgs{
				Includes: pulumi.ToStringArray([]string{"refs/heads/" + ProdBranch}),
				Excludes: pulumi.StringArray{},
			},
		},
		Rules: github.RepositoryRulesetRulesArgs{
			RequiredStatusChecks: github.RepositoryRulesetRulesRequiredStatusChecksArgs{
				StrictRequiredStatusChecksPolicy: pulumi.Bool(true),
				RequiredChecks: github.RepositoryRulesetRulesRequiredStatusChecksRequiredCheckArray{
					github.RepositoryRulesetRulesRequiredStatusChecksRequiredCheckArgs{
						Context: pulumi.String(onlymain.Check), IntegrationId: pulumi.Int(onlymain.ActionsApp),
					},
				},
			},
		},
	}, opts...)
	if err != nil {
		return fmt.Errorf("ruleset: %w", err)
	}
	return nil
}
