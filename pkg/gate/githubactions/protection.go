package githubactions

import (
	"fmt"

	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/settings"
)

// Ruleset is the name of the ruleset that protects main of the program's repository.
func Ruleset(c component.Context) string { return c.Names.Gate + "-" + mainBranch }

// protectMain closes main of the program's repository to everything but reviewed pull
// requests, for administrators too: a job of main may assume the role for updates. A ruleset
// stands beside other protection of the branch, so that several gates can share the
// repository; GitHub applies the strictest (GitHub, About rulesets).
func protectMain(c component.Context, parent pulumi.Resource, after []pulumi.Resource) error {
	if c.Settings.Source.Protection != settings.Create {
		return nil
	}
	_, err := github.NewRepositoryRuleset(c.Ctx, c.ChildName(mainBranch), &github.RepositoryRulesetArgs{
		Repository:  pulumi.String(c.Settings.Workflows.Repository),
		Name:        pulumi.String(Ruleset(c)),
		Target:      pulumi.String("branch"),
		Enforcement: pulumi.String("active"),
		Conditions: github.RepositoryRulesetConditionsArgs{
			RefName: github.RepositoryRulesetConditionsRefNameArgs{
				Includes: pulumi.ToStringArray([]string{mainReference}),
				Excludes: pulumi.StringArray{},
			},
		},
		Rules: github.RepositoryRulesetRulesArgs{
			Deletion:       pulumi.Bool(true),
			NonFastForward: pulumi.Bool(true),
			PullRequest: github.RepositoryRulesetRulesPullRequestArgs{
				RequiredApprovingReviewCount: pulumi.Int(c.Settings.Source.Reviews),
				RequireCodeOwnerReview:       pulumi.Bool(true),
				RequireLastPushApproval:      pulumi.Bool(true),
				DismissStaleReviewsOnPush:    pulumi.Bool(true),
			},
		},
		// The gate's files on main come first and go last: a protected branch takes neither.
	}, pulumi.Parent(parent), c.ProtectOption(), pulumi.DependsOn(after))
	if err != nil {
		return fmt.Errorf("ruleset of %s: %w", mainBranch, err)
	}
	return nil
}
