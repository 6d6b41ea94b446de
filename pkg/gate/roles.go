package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// duty is one role: who may take it on, and what it may do.
type duty struct {
	name  string       // of the resources
	app   settings.App // whose it is; without a name: the whole gate's
	duty  string       // one of address's duties
	trust policydoc.Statement
	// may is what the role of an app needs. The boundary of the duty is what it says
	// of anyApp: so the two cannot drift apart.
	may func(settings.App) policydoc.Document
	// reads is a policy of AWS's beside it, by name; empty for none. The boundary lets
	// through no more of that than most.
	reads string
	most  policydoc.Document
}

// byService is the trust in one service, for the sources that it acts for; none where
// the service names none.
func (b builder) byService(host string, sources ...string) policydoc.Statement {
	trusted := []policydoc.Condition{policydoc.Is("StringEquals", "aws:SourceAccount", b.plan.Account)}
	if len(sources) > 0 {
		operator := "ArnEquals"
		if strings.Contains(strings.Join(sources, ""), "*") {
			operator = "ArnLike"
		}
		trusted = append(trusted, policydoc.Is(operator, "aws:SourceArn", sources...))
	}
	return policydoc.Statement{
		Sid:        "OneServiceForOneSource",
		Principals: policydoc.Service(host),
		Actions:    []string{"sts:AssumeRole"},
		Conditions: trusted,
	}
}

// anyApp stands for every app there is: what is written for it are patterns.
func (b builder) anyApp() settings.App {
	return settings.App{
		Name: "*", Repository: "*", Cluster: "*", Service: "*", ExecutionRoleArn: b.plan.AnyRole(),
		Scan: settings.Scan{Secrets: "*", Code: "*", Dependencies: "*", Image: "*"},
	}
}

// role makes the role below its duty's boundary, its one customer-managed policy
// and what is attached, which is also what the role is waited for by. The policy
// is no inline one: AWS Config's IAM rules do not look into those.
func (b builder) role(parent pulumi.Resource, d duty) (*iam.Role, []pulumi.Resource, error) {
	boundary, err := b.boundary(d)
	if err != nil {
		return nil, nil, err
	}
	child := pulumi.Parent(parent)
	role, err := b.bounded(child, d.name, b.plan.Role(d.app.Name, d.duty), d.duty, d.trust, boundary)
	if err != nil {
		return nil, nil, err
	}
	policy, err := b.policy(child, d.name, b.plan.Policy(d.app.Name, d.duty), d.may(d.app))
	if err != nil {
		return nil, nil, err
	}
	all := []given{policy}
	if d.reads != "" {
		all = append(all, given{d.name + "-reads", pulumi.String(b.plan.Managed(d.reads))})
	}
	attached, err := b.attach(child, d.name, role, all)
	return role, attached, err
}

// bounded makes a role that is below the boundary of its duty, after what its trust
// and its boundary name.
func (b builder) bounded(child pulumi.ResourceOption, name string, at naming.Role, duty string, trust policydoc.Statement, after ...pulumi.Resource) (*iam.Role, error) {
	args := &iam.RoleArgs{
		Name:             pulumi.String(at.Name),
		Path:             pulumi.String(at.Path),
		AssumeRolePolicy: policydoc.Document{trust}.JSON(),
		// From the plan, so that a preview shows it.
		PermissionsBoundary: pulumi.String(b.plan.Boundary(duty).ARN),
	}
	role, err := iam.NewRole(b.ctx, name, args, child, pulumi.DependsOn(after))
	if err != nil {
		return nil, fmt.Errorf("role: %w", err)
	}
	b.knows(knownstate.Role, args)
	return role, nil
}

// given is a policy that a role is given, and the name of its attachment.
type given struct {
	name string
	arn  pulumi.StringInput
}

// policy makes a customer-managed policy.
func (b builder) policy(child pulumi.ResourceOption, name string, at naming.Role, may policydoc.Document) (given, error) {
	args := &iam.PolicyArgs{Name: pulumi.String(at.Name), Path: pulumi.String(at.Path), Policy: may.JSON()}
	made, err := iam.NewPolicy(b.ctx, name, args, child)
	if err != nil {
		return given{}, fmt.Errorf("policy: %w", err)
	}
	b.knows(knownstate.Policy, args)
	return given{name, made.Arn}, nil
}

// attach gives a role its policies, and takes away what somebody else gives it at the
// next up. That stands beside the attachments because it leaves them behind when it
// is deleted.
func (b builder) attach(child pulumi.ResourceOption, name string, role *iam.Role, policies []given) ([]pulumi.Resource, error) {
	var arns pulumi.StringArray
	var attached []pulumi.Resource
	for _, policy := range policies {
		one, err := iam.NewRolePolicyAttachment(b.ctx, policy.name, &iam.RolePolicyAttachmentArgs{Role: role.Name, PolicyArn: policy.arn}, child)
		if err != nil {
			return nil, fmt.Errorf("attachment: %w", err)
		}
		arns, attached = append(arns, policy.arn), append(attached, one)
	}
	only := &iam.RolePolicyAttachmentsExclusiveArgs{RoleName: role.Name, PolicyArns: arns}
	if _, err := iam.NewRolePolicyAttachmentsExclusive(b.ctx, name, only, child, pulumi.DependsOn(attached)); err != nil {
		return nil, fmt.Errorf("exclusive attachments: %w", err)
	}
	inline := &iam.RolePoliciesExclusiveArgs{RoleName: role.Name, PolicyNames: pulumi.StringArray{}}
	if _, err := iam.NewRolePoliciesExclusive(b.ctx, name, inline, child); err != nil {
		return nil, fmt.Errorf("no inline policies: %w", err)
	}
	b.knows(knownstate.Attachments, only)
	b.knows(knownstate.InlinePolicies, inline)
	return attached, nil
}

// boundary is the permission boundary of a duty. The first role makes it, for all of
// them.
func (b builder) boundary(d duty) (*iam.Policy, error) {
	if made := b.boundaries.of[d.duty]; made != nil {
		return made, nil
	}
	made, err := b.bound(d.duty, slices.Concat(d.may(b.anyApp()), d.most))
	b.boundaries.of[d.duty] = made
	return made, err
}

// bound makes a permission boundary: the most that any policy can give a role of a
// duty.
func (b builder) bound(duty string, most policydoc.Document) (*iam.Policy, error) {
	at := b.plan.Boundary(duty)
	args := &iam.PolicyArgs{
		Name:        pulumi.String(at.Name),
		Path:        pulumi.String(at.Path),
		Description: pulumi.String("The most that any policy can give a role of the duty " + duty),
		Policy:      most.JSON(),
	}
	made, err := iam.NewPolicy(b.ctx, b.called("boundary-"+duty), args, pulumi.Parent(b.boundaries.parent))
	if err != nil {
		return nil, fmt.Errorf("boundary: %w", err)
	}
	b.ofAll().knows(knownstate.Policy, args)
	return made, nil
}

// boundaries are those that have been made, by duty.
type boundaries struct {
	parent pulumi.Resource
	of     map[string]*iam.Policy
}

// useArtifacts lets a role read and write one app's artifacts.
func (b builder) useArtifacts(app settings.App, s *store) policydoc.Document {
	bucket, folder := b.plan.Bucket("artifacts").ARN, b.artifactFolder(app)
	return policydoc.Document{
		{
			Sid:       "Artifacts",
			Actions:   []string{"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"},
			Resources: policydoc.On(bucket + "/" + folder + "/*"),
		},
		{
			Sid:       "ArtifactBucket",
			Actions:   []string{"s3:GetBucketAcl", "s3:GetBucketLocation"},
			Resources: policydoc.On(bucket),
		},
		{
			Sid:        "ArtifactKey",
			Actions:    []string{"kms:Decrypt", "kms:GenerateDataKey"},
			Resources:  []pulumi.StringInput{s.artifactKey.Arn},
			Conditions: []policydoc.Condition{b.by("s3")},
		},
	}
}

// artifactFolder is where an app's artifacts are; of any app, every folder: a name may be
// cut off.
func (b builder) artifactFolder(app settings.App) string {
	if app.Name == b.anyApp().Name {
		return "*"
	}
	return settings.ArtifactFolder(b.plan.Gate, app.Name)
}
