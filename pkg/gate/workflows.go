package gate

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/deploypermissions"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// mainBranch is what updates are run from.
const mainBranch = "main"

// workflows are the roles of GitHub Actions. Without a repository that holds the
// program there are none, and their ARNs are empty.
type workflows struct{ previewArn, deployArn pulumi.StringOutput }

// workflows makes GitHub's OIDC provider, and for previews and for updates each a
// role and the GitHub environment whose jobs alone may take it on. A subject that
// names the repository only would let the job of any pull request do that; an
// environment that nobody protects, the job of any branch.
func (b builder) workflows(parent pulumi.Resource, found *foundWorkflows) (*workflows, error) {
	if found == nil {
		none := pulumi.String("").ToStringOutput()
		return &workflows{none, none}, nil
	}
	group, err := b.group(component.WorkflowsType, parent, b.called("workflows"))
	if err != nil {
		return nil, err
	}
	child := pulumi.Parent(group)
	trusted := []pulumi.Resource{}
	if b.settings.Workflows.OidcProvider == settings.Create {
		made, err := iam.NewOpenIdConnectProvider(b.ctx, b.called("github-actions"), &iam.OpenIdConnectProviderArgs{
			Url:           pulumi.String("https://" + naming.OIDCHost),
			ClientIdLists: pulumi.ToStringArray([]string{stsAudience}),
			// No thumbprint: AWS knows GitHub's certificates. It fills one in, and the
			// provider keeps that.
		}, child)
		if err != nil {
			return nil, fmt.Errorf("OIDC provider: %w", err)
		}
		trusted = append(trusted, made)
	}

	w := &workflows{}
	preview, err := b.workflow(group, workflow{
		duty: naming.Preview, environment: b.settings.Workflows.PreviewEnvironment, may: deploypermissions.Preview(b.settings),
	}, found, trusted)
	if err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	w.previewArn = preview.Arn
	up, err := b.workflow(group, workflow{
		duty: naming.Deploy, environment: b.settings.Workflows.UpEnvironment, branch: mainBranch, may: deploypermissions.Deploy(b.settings),
	}, found, trusted)
	if err != nil {
		return nil, fmt.Errorf("deploy: %w", err)
	}
	w.deployArn = up.Arn
	return w, nil
}

// stsAudience is whom the tokens are for.
const stsAudience = "sts.amazonaws.com"

// workflow is one role of GitHub Actions and its environment.
type workflow struct {
	duty, environment string
	// branch is the only one whose jobs get into the environment; empty: every one.
	branch string
	may    []deploypermissions.Statement
}

func (b builder) workflow(parent pulumi.Resource, w workflow, found *foundWorkflows, trusted []pulumi.Resource) (*iam.Role, error) {
	name, child := b.called(w.duty), pulumi.Parent(parent)
	at := b.plan.Role("", w.duty)
	boundary, err := b.boundaries.New(b.c, w.duty, document(deploypermissions.Bounds(w.may)))
	if err != nil {
		return nil, err
	}
	role, err := identity.NewBoundedRole(b.c, child, name, at, policydoc.Statement{
		Sid:        "OneEnvironmentOfOneRepository",
		Principals: map[string][]string{"Federated": {b.plan.GitHubProvider()}},
		Actions:    []string{"sts:AssumeRoleWithWebIdentity"},
		Conditions: []policydoc.Condition{
			policydoc.Is("StringEquals", naming.OIDCHost+":aud", stsAudience),
			policydoc.Is("StringEquals", naming.OIDCHost+":sub", found.subjects(w.environment)...),
		},
	}, boundary, trusted...)
	if err != nil {
		return nil, err
	}
	var all []identity.Policy
	for i, part := range split(document(w.may), maxManagedPolicy) {
		number := "-" + strconv.Itoa(i+1)
		policy, err := identity.NewPolicy(b.c, child, name+number, naming.Role{Name: at.Name + number, Path: at.Path}, part)
		if err != nil {
			return nil, err
		}
		all = append(all, policy)
	}
	if err := role.Attach(b.c, child, name, all...); err != nil {
		return nil, err
	}
	// After the role: its trust says from then on whose the environment is.
	b.ofAll().keepRecords(boundary.Records)
	return role.Role, b.environment(parent, w, found, role.Role)
}

// environment owns the GitHub environment whole: what else somebody has set there
// is taken away.
func (b builder) environment(parent pulumi.Resource, w workflow, found *foundWorkflows, role *iam.Role) error {
	name, child := b.called(w.duty), pulumi.Parent(parent)
	args := &github.RepositoryEnvironmentArgs{
		Repository:      pulumi.String(b.settings.Workflows.Repository),
		Environment:     pulumi.String(w.environment),
		CanAdminsBypass: pulumi.Bool(w.branch == ""),
	}
	if w.branch != "" {
		args.DeploymentBranchPolicy = github.RepositoryEnvironmentDeploymentBranchPolicyArgs{
			ProtectedBranches: pulumi.Bool(false), CustomBranchPolicies: pulumi.Bool(true),
		}
	}
	made, err := github.NewRepositoryEnvironment(b.ctx, name, args, child, pulumi.DependsOn([]pulumi.Resource{role}))
	if err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	if w.branch == "" {
		return nil
	}
	if _, err := github.NewRepositoryEnvironmentDeploymentPolicy(b.ctx, name, &github.RepositoryEnvironmentDeploymentPolicyArgs{
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
