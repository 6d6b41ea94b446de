package preflight

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/githubactions"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// findWorkflows reads what the roles of GitHub Actions depend on, before anything is made.
// It returns nil where settings want no such roles.
func findWorkflows(c component.Context, parent pulumi.Resource) (*githubactions.Repository, error) {
	if c.Settings.Workflows.Repository == "" {
		return nil, nil
	}
	audiences, err := checkOIDCProvider(c, parent)
	if err != nil {
		return nil, err
	}
	found, err := findRepository(c, parent)
	if err != nil {
		return nil, err
	}
	found.Audiences = audiences
	if err := checkEnvironments(c, parent, found); err != nil {
		return nil, err
	}
	return found, checkProgram(c, parent, found)
}

// checkOIDCProvider compares what settings say of GitHub's OIDC provider with what
// the account has. One that this gate made bears its tag. It returns the provider's audiences.
func checkOIDCProvider(c component.Context, parent pulumi.Resource) ([]string, error) {
	arn := c.Names.GitHubProvider()
	wanted := c.Settings.Workflows.OidcProvider
	found, err := iam.LookupOpenIdConnectProvider(c.Ctx, &iam.LookupOpenIdConnectProviderArgs{Arn: &arn}, pulumi.Parent(parent))
	absent := err != nil && strings.Contains(err.Error(), "NoSuchEntity")
	switch {
	case err != nil && !absent:
		return nil, component.SettingError("workflows.oidcProvider", wanted, "AWS does not say whether the account has %s; "+
			"let the credentials call iam:GetOpenIDConnectProvider: %w", arn, err)
	case wanted == settings.Adopt && absent:
		return nil, component.SettingError("workflows.oidcProvider", wanted, "the account has no OIDC provider of %s; set it to create", naming.OIDCHost)
	case wanted == settings.Adopt && !slices.Contains(found.ClientIdLists, githubactions.STSAudience):
		return nil, component.SettingError("workflows.oidcProvider", wanted, "the account's OIDC provider of %s does not take tokens for %s; "+
			"add it to the provider's audiences", naming.OIDCHost, githubactions.STSAudience)
	case wanted == settings.Create && !absent && found.Tags[naming.GateTag] != c.Names.Gate:
		return nil, component.SettingError("workflows.oidcProvider", wanted, "the account has an OIDC provider of %s already, and can have only one; "+
			"set it to adopt", naming.OIDCHost)
	}
	if wanted == settings.Adopt {
		return found.ClientIdLists, nil
	}
	return []string{githubactions.STSAudience}, nil
}

func findRepository(c component.Context, parent pulumi.Resource) (*githubactions.Repository, error) {
	owner, name := c.Settings.Source.Owner, c.Settings.Workflows.Repository
	problem := func(what string, err error) error {
		problem := component.SettingError("workflows.repository", name, "%s", what)
		if err != nil {
			problem = fmt.Errorf("%w: %w", problem, err)
		}
		return problem
	}
	const remedy = "; correct the name, or let the GitHub token administer the repository"
	repository, err := github.LookupRepository(c.Ctx, &github.LookupRepositoryArgs{Name: &name}, pulumi.Parent(parent))
	if err != nil {
		return nil, problem("GitHub does not show it"+remedy, err)
	}
	if repository.RepoId == 0 { // the provider takes "not found" for an answer
		return nil, problem(owner+" has no repository of this name that the GitHub token can see"+remedy, nil)
	}
	found := &githubactions.Repository{FullName: repository.FullName, RepositoryID: fmt.Sprint(repository.RepoId)}
	summary := true
	organization, err := github.GetOrganization(c.Ctx, &github.GetOrganizationArgs{Name: owner, SummaryOnly: &summary}, pulumi.Parent(parent))
	if err != nil { // a user, then
		user, err := github.GetUser(c.Ctx, &github.GetUserArgs{Username: owner}, pulumi.Parent(parent))
		if err != nil {
			return nil, problem("GitHub does not show its owner "+owner+remedy, err)
		}
		found.OwnerID = user.Id
		if repository.Private && len(c.Settings.Workflows.Reviewers) > 0 {
			return nil, noReviewers(c, "of users")
		}
		return found, nil
	}
	// GitHub shows the plan to owners only: to others it is empty.
	if repository.Private && organization.Plan == "free" {
		return nil, problem("is private, and GitHub's free plan has environments of public repositories only; "+
			"change the plan or the visibility, or leave workflows out", nil)
	}
	if repository.Private && organization.Plan == "team" && len(c.Settings.Workflows.Reviewers) > 0 {
		return nil, noReviewers(c, "with the team plan")
	}
	found.OwnerID = organization.Id
	return found, nil
}

// noReviewers is a private repository whose plan has no reviewers of environments: GitHub
// Enterprise alone has them (GitHub, Deployments and environments, Required reviewers).
func noReviewers(c component.Context, whose string) error {
	return component.SettingError("workflows.reviewers", strings.Join(c.Settings.Workflows.Reviewers, ", "), "%s is private, and repositories %s have "+
		"reviewers of environments only if they are public; change the plan or the visibility, or set it to []", c.Settings.Workflows.Repository, whose)
}

// checkEnvironments refuses to take over an environment of somebody else: GitHub
// would replace its rules and say nothing, and a destroy would take its secrets
// along. The trust policies of the gate's roles name the environments that may assume them.
func checkEnvironments(c component.Context, parent pulumi.Resource, found *githubactions.Repository) error {
	listed, err := github.GetRepositoryEnvironments(c.Ctx, &github.GetRepositoryEnvironmentsArgs{
		Repository: c.Settings.Workflows.Repository,
	}, pulumi.Parent(parent))
	if err != nil {
		return component.SettingError("workflows.repository", c.Settings.Workflows.Repository, "its environments cannot be read; "+
			"let the GitHub token administer the repository: %w", err)
	}
	for _, one := range []struct{ key, name, duty string }{
		{"previewEnvironment", c.Settings.Workflows.PreviewEnvironment, naming.Preview},
		{"upEnvironment", c.Settings.Workflows.UpEnvironment, naming.Deploy},
	} {
		there := slices.ContainsFunc(listed.Environments, func(e github.GetRepositoryEnvironmentsEnvironment) bool {
			return strings.EqualFold(e.Name, one.name) // to GitHub they are one
		})
		if !there {
			continue
		}
		role, err := iam.LookupRole(c.Ctx, &iam.LookupRoleArgs{Name: c.Names.Role("", one.duty).Name}, pulumi.Parent(parent))
		if err != nil && !strings.Contains(err.Error(), "NoSuchEntity") && !strings.Contains(err.Error(), "couldn't find resource") {
			return component.SettingError("workflows."+one.key, one.name, "AWS does not say whose the environment is; "+
				"let the credentials call iam:GetRole: %w", err)
		}
		if err != nil || !trusts(role.AssumeRolePolicy, found.Subjects(one.name)[0]) {
			return component.SettingError("workflows."+one.key, one.name, "%s has an environment of this name already, which the gate would "+
				"overwrite, and delete with its secrets one day; name another, or delete it", found.FullName)
		}
	}
	return nil
}

// trusts is whether a trust policy, as AWS gives it out, names a subject whole.
func trusts(policy, subject string) bool {
	if text, err := url.QueryUnescape(policy); err == nil {
		policy = text
	}
	return strings.Contains(policy, `"`+subject+`"`)
}
