// Package githubactions makes the roles and the environments by which GitHub Actions previews
// and updates the gate, and protects main of the repository that holds the program.
package githubactions

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/deploypermissions"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// mainBranch is what updates are run from, and mainReference is git's name of it.
const (
	mainBranch    = "main"
	mainReference = "refs/heads/" + mainBranch
)

// Roles are the roles of GitHub Actions. Without a repository that holds the program there
// are none, and their ARNs are empty.
type Roles struct {
	PreviewArn, DeployArn pulumi.StringOutput
	// Records are those of the roles, their boundaries and the identity provider.
	Records baseline.Records
}

// Repository is the repository that holds the program, as GitHub knows it.
type Repository struct {
	FullName              string // owner/name, in GitHub's own case
	OwnerID, RepositoryID string
	// Audiences are those of the account's OIDC provider of GitHub: the gate's own, or what an adopted one has.
	Audiences []string
	// ReviewingUsers and ReviewingTeams are the ids of those who approve updates.
	ReviewingUsers, ReviewingTeams []int
}

// Subjects are the two forms in which GitHub writes the subject of a job in an
// environment. A repository that was created after July 15, 2026, or has opted in,
// has the ids in it (GitHub, OpenID Connect reference, immutable subject claims);
// one that takes over an older one's name is therefore never taken for it.
func (r *Repository) Subjects(environment string) []string {
	owner, name, _ := strings.Cut(r.FullName, "/")
	return []string{
		"repo:" + r.FullName + ":environment:" + environment,
		"repo:" + owner + "@" + r.OwnerID + "/" + name + "@" + r.RepositoryID + ":environment:" + environment,
	}
}

// workflowRef is the claim job_workflow_ref of the jobs of a workflow's file, at a ref or a
// pattern of refs (GitHub, OpenID Connect reference).
func (r *Repository) workflowRef(file, ref string) string {
	return r.FullName + "/.github/workflows/" + file + "@" + ref
}

// New makes GitHub's OIDC provider, and for previews and for updates each a
// role and the GitHub environment whose jobs alone may assume it, and protects main, which
// updates are run from, after the files that the gate writes to it. A subject that names the
// repository only would let the job of any pull request do that; an environment that nobody
// protects, the job of any branch; and a main that nobody protects, any job.
func New(c component.Context, parent pulumi.Resource, boundaries *identity.Boundaries, of *Repository, files []pulumi.Resource) (*Roles, error) {
	if of == nil {
		none := pulumi.String("").ToStringOutput()
		return &Roles{PreviewArn: none, DeployArn: none}, nil
	}
	group, err := c.NewGroup(component.WorkflowsType, parent, c.ChildName("workflows"))
	if err != nil {
		return nil, err
	}
	child := pulumi.Parent(group)
	trusted := []pulumi.Resource{}
	provider := &iam.OpenIdConnectProviderArgs{Url: pulumi.String("https://" + naming.OIDCHost), ClientIdLists: pulumi.ToStringArray(of.Audiences)}
	if c.Settings.Workflows.OidcProvider == settings.Create {
		// No thumbprint: AWS knows GitHub's certificates. It fills one in, and the
		// provider keeps that.
		made, err := iam.NewOpenIdConnectProvider(c.Ctx, c.ChildName("github-actions"), provider, child)
		if err != nil {
			return nil, fmt.Errorf("OIDC provider: %w", err)
		}
		trusted = append(trusted, made)
	}

	roles := &Roles{}
	preview, err := newRole(c, group, boundaries, workflow{
		duty: naming.Preview, environment: c.Settings.Workflows.PreviewEnvironment, may: deploypermissions.Preview(c.Settings),
		// A pull request's job runs at refs/pull/<number>/merge, a started one's at its branch.
		file: c.Settings.Workflows.PreviewWorkflow,
	}, of, trusted)
	if err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	roles.PreviewArn = preview.Arn
	roles.Records = append(baseline.Records{{Kind: knownstate.IdentityProvider, Inputs: provider}}, preview.AllRecords()...)
	up, err := newRole(c, group, boundaries, workflow{
		duty: naming.Deploy, environment: c.Settings.Workflows.UpEnvironment, branch: mainBranch, may: deploypermissions.Deploy(c.Settings),
		file: c.Settings.Workflows.UpWorkflow,
	}, of, trusted)
	if err != nil {
		return nil, fmt.Errorf("deploy: %w", err)
	}
	roles.DeployArn, roles.Records = up.Arn, append(roles.Records, up.AllRecords()...)
	if err := protectMain(c, group, files); err != nil {
		return nil, err
	}
	return roles, c.RegisterOutputs(group, pulumi.Map{"previewRoleArn": preview.Arn, "deployRoleArn": up.Arn})
}

// STSAudience is the audience of the tokens.
const STSAudience = "sts.amazonaws.com"

// workflow is one role of GitHub Actions and its environment.
type workflow struct {
	duty, environment string
	// branch is the only one whose jobs get into the environment; empty: every one.
	branch string
	// file is the workflow's, in .github/workflows.
	file string
	may  []deploypermissions.Statement
}

// conditions are those of the trust policy: the environment of the repository, and the
// workflow's file; of updates also its branch. IAM has the claims job_workflow_ref and ref as
// condition keys of sts:AssumeRoleWithWebIdentity (Service Authorization Reference, Condition
// keys for AWS STS; IAM User Guide, Available keys for AWS OIDC federation). AWS announced
// them, in January 2026, for its commercial regions: other partitions have the subject alone,
// because a condition on a key that a request lacks is never met.
func (w workflow) conditions(c component.Context, of *Repository) []policydoc.Condition {
	all := []policydoc.Condition{
		policydoc.Is("StringEquals", naming.OIDCHost+":aud", STSAudience),
		policydoc.Is("StringEquals", naming.OIDCHost+":sub", of.Subjects(w.environment)...),
	}
	const file = naming.OIDCHost + ":job_workflow_ref"
	switch {
	case c.Settings.Partition() != "aws":
		return all
	case w.branch == "":
		return append(all, policydoc.Is("StringLike", file, of.workflowRef(w.file, "*")))
	}
	reference := "refs/heads/" + w.branch
	return append(all,
		policydoc.Is("StringEquals", file, of.workflowRef(w.file, reference)),
		// A workflow of another branch can call the file on main, where the file allows it.
		policydoc.Is("StringEquals", naming.OIDCHost+":ref", reference))
}

func newRole(c component.Context, parent pulumi.Resource, boundaries *identity.Boundaries, w workflow, of *Repository, trusted []pulumi.Resource) (*identity.Role, error) {
	name, child := c.ChildName(w.duty), pulumi.Parent(parent)
	at := c.Names.Role("", w.duty)
	boundary, err := boundaries.New(c, w.duty, document(deploypermissions.Boundary(w.may)))
	if err != nil {
		return nil, err
	}
	role, err := identity.NewBoundedRole(c, child, name, at, policydoc.Statement{
		Sid:        "OneEnvironmentOfOneRepository",
		Principals: map[string][]string{"Federated": {c.Names.GitHubProvider()}},
		Actions:    []string{"sts:AssumeRoleWithWebIdentity"},
		Conditions: w.conditions(c, of),
	}, boundary, trusted...)
	if err != nil {
		return nil, err
	}
	var all []identity.Policy
	for i, part := range split(document(w.may), maxManagedPolicy) {
		number := "-" + strconv.Itoa(i+1)
		policy, err := identity.NewPolicy(c, child, name+number, naming.Role{Name: at.Name + number, Path: at.Path}, part)
		if err != nil {
			return nil, err
		}
		all = append(all, policy)
	}
	if err := role.Attach(c, child, name, all...); err != nil {
		return nil, err
	}
	// After the role: its trust says from then on whose the environment is.
	return role, newEnvironment(c, parent, w, of, role)
}

// newEnvironment owns the GitHub environment whole: what else somebody has set there
// is taken away.
func newEnvironment(c component.Context, parent pulumi.Resource, w workflow, of *Repository, role *identity.Role) error {
	name, child := c.ChildName(w.duty), pulumi.Parent(parent)
	args := &github.RepositoryEnvironmentArgs{
		Repository:      pulumi.String(c.Settings.Workflows.Repository),
		Environment:     pulumi.String(w.environment),
		CanAdminsBypass: pulumi.Bool(w.branch == ""),
	}
	if w.branch != "" {
		args.DeploymentBranchPolicy = github.RepositoryEnvironmentDeploymentBranchPolicyArgs{
			ProtectedBranches: pulumi.Bool(false), CustomBranchPolicies: pulumi.Bool(true),
		}
		// GitHub takes prevent_self_review with reviewers only.
		if len(of.ReviewingUsers)+len(of.ReviewingTeams) > 0 {
			args.PreventSelfReview = pulumi.Bool(true)
			args.Reviewers = github.RepositoryEnvironmentReviewerArray{github.RepositoryEnvironmentReviewerArgs{
				Users: pulumi.ToIntArray(of.ReviewingUsers), Teams: pulumi.ToIntArray(of.ReviewingTeams),
			}}
		}
	}
	made, err := github.NewRepositoryEnvironment(c.Ctx, name, args, child, pulumi.DependsOn([]pulumi.Resource{role}))
	if err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	if w.branch == "" {
		return nil
	}
	if _, err := github.NewRepositoryEnvironmentDeploymentPolicy(c.Ctx, name, &github.RepositoryEnvironmentDeploymentPolicyArgs{
		Repository: made.Repository, Environment: made.Environment, BranchPattern: pulumi.String(w.branch),
	}, child); err != nil {
		return fmt.Errorf("branch of the environment: %w", err)
	}
	return nil
}

// maxManagedPolicy is IAM's limit of one customer-managed policy, in characters.
const maxManagedPolicy = 6144

// document is a list of the table's statements as IAM takes it.
func document(statements []deploypermissions.Statement) policydoc.Document {
	all := make(policydoc.Document, len(statements))
	for i, s := range statements {
		all[i] = policydoc.Statement{Sid: s.Sid, Deny: s.Deny, Actions: s.Actions, Resources: policydoc.On(s.Resources...)}
		for _, c := range s.Conditions {
			all[i].Conditions = append(all[i].Conditions, policydoc.Is(c.Operator, c.Key, c.Values...))
		}
	}
	return all
}

// split makes documents of no more than a number of characters, with all statements in order.
func split(all policydoc.Document, limit int) []policydoc.Document {
	const around = len(`{"Statement":[],"Version":"2012-10-17"}`)
	var parts []policydoc.Document
	room := 0
	for _, s := range all {
		// Known before anything is made: the table is of names that follow from settings.
		text, _ := json.Marshal(s)
		n := len(text)
		if n > room {
			parts, room = append(parts, nil), limit-around
		}
		parts[len(parts)-1], room = append(parts[len(parts)-1], s), room-n
	}
	return parts
}
