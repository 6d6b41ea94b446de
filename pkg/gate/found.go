package gate

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// foundWorkflows is the repository that holds the program, as GitHub knows it.
type foundWorkflows struct {
	fullName        string // owner/name, in GitHub's own case
	ownerID, repoID string
}

// subjects are the two forms in which GitHub writes the subject of a job in an
// environment. A repository that was created after July 15, 2026, or has opted in,
// has the ids in it (GitHub, OpenID Connect reference, immutable subject claims);
// one that takes over an older one's name is therefore never taken for it.
func (f *foundWorkflows) subjects(environment string) []string {
	owner, name, _ := strings.Cut(f.fullName, "/")
	return []string{
		"repo:" + f.fullName + ":environment:" + environment,
		"repo:" + owner + "@" + f.ownerID + "/" + name + "@" + f.repoID + ":environment:" + environment,
	}
}

// findWorkflows looks at what the roles of GitHub Actions rest on, before anything
// is made. It is nil where settings want none.
func (b builder) findWorkflows(parent pulumi.Resource) (*foundWorkflows, error) {
	if b.settings.Workflows.Repository == "" {
		return nil, nil
	}
	if err := b.checkOIDCProvider(parent); err != nil {
		return nil, err
	}
	found, err := b.findRepository(parent)
	if err != nil {
		return nil, err
	}
	return found, b.checkEnvironments(parent, found)
}

// checkOIDCProvider compares what settings say of GitHub's OIDC provider with what
// the account has. One that this gate made bears its tag.
func (b builder) checkOIDCProvider(parent pulumi.Resource) error {
	arn := b.plan.GitHubProvider()
	wanted := b.settings.Workflows.OidcProvider
	found, err := iam.LookupOpenIdConnectProvider(b.ctx, &iam.LookupOpenIdConnectProviderArgs{Arn: &arn}, pulumi.Parent(parent))
	absent := err != nil && strings.Contains(err.Error(), "NoSuchEntity")
	switch {
	case err != nil && !absent:
		return wrong("workflows.oidcProvider", wanted, "AWS does not say whether the account has %s; "+
			"let the credentials call iam:GetOpenIDConnectProvider: %w", arn, err)
	case wanted == settings.Adopt && absent:
		return wrong("workflows.oidcProvider", wanted, "the account has no OIDC provider of %s; set it to create", naming.OIDCHost)
	case wanted == settings.Adopt && !slices.Contains(found.ClientIdLists, stsAudience):
		return wrong("workflows.oidcProvider", wanted, "the account's OIDC provider of %s does not take tokens for %s; "+
			"add it to the provider's audiences", naming.OIDCHost, stsAudience)
	case wanted == settings.Create && !absent && found.Tags[naming.GateTag] != b.plan.Gate:
		return wrong("workflows.oidcProvider", wanted, "the account has an OIDC provider of %s already, and can have only one; "+
			"set it to adopt", naming.OIDCHost)
	}
	return nil
}

func (b builder) findRepository(parent pulumi.Resource) (*foundWorkflows, error) {
	owner, name := b.settings.Source.Owner, b.settings.Workflows.Repository
	problem := func(what string, err error) error {
		problem := wrong("workflows.repository", name, "%s", what)
		if err != nil {
			problem = fmt.Errorf("%w: %w", problem, err)
		}
		return problem
	}
	const remedy = "; correct the name, or let the GitHub token administer the repository"
	repository, err := github.LookupRepository(b.ctx, &github.LookupRepositoryArgs{Name: &name}, pulumi.Parent(parent))
	if err != nil {
		return nil, problem("GitHub does not show it"+remedy, err)
	}
	if repository.RepoId == 0 { // the provider takes "not found" for an answer
		return nil, problem(owner+" has no repository of this name that the GitHub token can see"+remedy, nil)
	}
	found := &foundWorkflows{fullName: repository.FullName, repoID: fmt.Sprint(repository.RepoId)}
	summary := true
	organization, err := github.GetOrganization(b.ctx, &github.GetOrganizationArgs{Name: owner, SummaryOnly: &summary}, pulumi.Parent(parent))
	if err != nil { // a user, then
		user, err := github.GetUser(b.ctx, &github.GetUserArgs{Username: owner}, pulumi.Parent(parent))
		if err != nil {
			return nil, problem("GitHub does not show its owner "+owner+remedy, err)
		}
		found.ownerID = user.Id
		return found, nil
	}
	// GitHub tells the plan to owners only: to others it is empty.
	if repository.Private && organization.Plan == "free" {
		return nil, problem("is private, and GitHub's free plan has environments of public repositories only; "+
			"change the plan or the visibility, or leave workflows out", nil)
	}
	found.ownerID = organization.Id
	return found, nil
}

// checkEnvironments refuses to take over an environment of somebody else: GitHub
// would replace its rules and say nothing, and a destroy would take its secrets
// along. Which are the gate's stands in the trust of its roles.
func (b builder) checkEnvironments(parent pulumi.Resource, found *foundWorkflows) error {
	listed, err := github.GetRepositoryEnvironments(b.ctx, &github.GetRepositoryEnvironmentsArgs{
		Repository: b.settings.Workflows.Repository,
	}, pulumi.Parent(parent))
	if err != nil {
		return wrong("workflows.repository", b.settings.Workflows.Repository, "its environments cannot be read; "+
			"let the GitHub token administer the repository: %w", err)
	}
	for _, one := range []struct{ key, name, duty string }{
		{"previewEnvironment", b.settings.Workflows.PreviewEnvironment, naming.Preview},
		{"upEnvironment", b.settings.Workflows.UpEnvironment, naming.Deploy},
	} {
		there := slices.ContainsFunc(listed.Environments, func(e github.GetRepositoryEnvironmentsEnvironment) bool {
			return strings.EqualFold(e.Name, one.name) // to GitHub they are one
		})
		if !there {
			continue
		}
		role, err := iam.LookupRole(b.ctx, &iam.LookupRoleArgs{Name: b.plan.Role("", one.duty).Name}, pulumi.Parent(parent))
		if err != nil && !strings.Contains(err.Error(), "NoSuchEntity") && !strings.Contains(err.Error(), "couldn't find resource") {
			return wrong("workflows."+one.key, one.name, "AWS does not say whose the environment is; "+
				"let the credentials call iam:GetRole: %w", err)
		}
		if err != nil || !trusts(role.AssumeRolePolicy, found.subjects(one.name)[0]) {
			return wrong("workflows."+one.key, one.name, "%s has an environment of this name already, which the gate would "+
				"overwrite, and delete with its secrets one day; name another, or delete it", found.fullName)
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
