package source

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// RequiredChecks are those of the settings and the gate's own, once.
func RequiredChecks(s *settings.Settings) []string {
	if slices.Contains(s.Source.StatusChecks, onlymain.Check) {
		return s.Source.StatusChecks
	}
	return append(slices.Clone(s.Source.StatusChecks), onlymain.Check)
}

// protectBranch closes the prod branch of a repository to everything but a reviewed,
// checked pull request from main, for administrators too. Linear history is not
// asked for: main is merged by merge commits. It returns the files that it writes before.
func protectBranch(c component.Context, parent pulumi.Resource, repository string, mergers []string) ([]pulumi.Resource, error) {
	files, err := writeFiles(c, parent, repository)
	if err != nil {
		return nil, err
	}
	// The files come first and go last: a protected branch takes neither.
	opts := []pulumi.ResourceOption{pulumi.Parent(parent), c.ProtectOption(), pulumi.DependsOn(files)}
	_, err = github.NewBranchProtection(c.Ctx, c.ChildName(repository+"-"+component.ProdBranch), &github.BranchProtectionArgs{
		RepositoryId:                  pulumi.String(repository),
		Pattern:                       pulumi.String(component.ProdBranch),
		EnforceAdmins:                 pulumi.Bool(true),
		AllowsDeletions:               pulumi.Bool(false),
		AllowsForcePushes:             pulumi.Bool(false),
		RequireSignedCommits:          pulumi.Bool(true),
		RequireConversationResolution: pulumi.Bool(true),
		RequiredPullRequestReviews: github.BranchProtectionRequiredPullRequestReviewArray{
			github.BranchProtectionRequiredPullRequestReviewArgs{
				RequiredApprovingReviewCount: pulumi.Int(c.Settings.Source.Reviews),
				RequireCodeOwnerReviews:      pulumi.Bool(true),
				RequireLastPushApproval:      pulumi.Bool(true),
				DismissStaleReviews:          pulumi.Bool(true),
			},
		},
		RequiredStatusChecks: github.BranchProtectionRequiredStatusCheckArray{
			github.BranchProtectionRequiredStatusCheckArgs{
				Strict:   pulumi.Bool(true),
				Contexts: pulumi.ToStringArray(RequiredChecks(c.Settings)),
			},
		},
		// To GitHub, the merge of a pull request is a push: with nobody allowed, nobody
		// could merge.
		RestrictPushes: github.BranchProtectionRestrictPushArray{
			github.BranchProtectionRestrictPushArgs{
				BlocksCreations: pulumi.Bool(true),
				PushAllowances:  pulumi.ToStringArray(mergers),
			},
		},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("protection: %w", err)
	}
	// The provider's branch protection names a check and not whose it is (6.13), and a
	// commit status of that name can be set by whoever may write. A ruleset binds it.
	_, err = github.NewRepositoryRuleset(c.Ctx, c.ChildName(repository+"-"+onlymain.Check), &github.RepositoryRulesetArgs{
		Repository:  pulumi.String(repository),
		Name:        pulumi.String(c.Names.Gate + "-" + onlymain.Check),
		Target:      pulumi.String("branch"),
		Enforcement: pulumi.String("active"),
		Conditions: github.RepositoryRulesetConditionsArgs{
			RefName: github.RepositoryRulesetConditionsRefNameArgs{
				Includes: pulumi.ToStringArray([]string{"refs/heads/" + component.ProdBranch}),
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
		return nil, fmt.Errorf("ruleset: %w", err)
	}
	return files, nil
}
