package gate

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

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

// byService is the trust in one service, for the one source that it acts for;
// empty where the service names none.
func (b builder) byService(host, source string) policydoc.Statement {
	trusted := []policydoc.Condition{policydoc.Is("StringEquals", "aws:SourceAccount", b.plan.Account)}
	if source != "" {
		trusted = append(trusted, policydoc.Is("ArnEquals", "aws:SourceArn", source))
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
	return settings.App{Name: "*", Cluster: "*", Service: "*", ExecutionRoleArn: b.plan.AnyRole()}
}

// role makes the role below its duty's boundary, its one customer-managed policy
// and what is attached, which is also what the role is waited for by. The policy
// is no inline one: AWS Config's IAM rules do not look into those.
func (b builder) role(parent pulumi.Resource, d duty) (*iam.Role, []pulumi.Resource, error) {
	boundary, err := b.boundary(d)
	if err != nil {
		return nil, nil, fmt.Errorf("boundary: %w", err)
	}
	at := b.plan.Role(d.app.Name, d.duty)
	child := pulumi.Parent(parent)
	role, err := iam.NewRole(b.ctx, d.name, &iam.RoleArgs{
		Name:             pulumi.String(at.Name),
		Path:             pulumi.String(at.Path),
		AssumeRolePolicy: policydoc.Document{d.trust}.JSON(),
		// From the plan, so that a preview shows it.
		PermissionsBoundary: pulumi.String(b.plan.Boundary(d.duty).ARN),
	}, child, pulumi.DependsOn([]pulumi.Resource{boundary}))
	if err != nil {
		return nil, nil, fmt.Errorf("role: %w", err)
	}
	where := b.plan.Policy(d.app.Name, d.duty)
	policy, err := iam.NewPolicy(b.ctx, d.name, &iam.PolicyArgs{
		Name:   pulumi.String(where.Name),
		Path:   pulumi.String(where.Path),
		Policy: d.may(d.app).JSON(),
	}, child)
	if err != nil {
		return nil, nil, fmt.Errorf("policy: %w", err)
	}
	all := []pulumi.StringInput{policy.Arn}
	names := []string{d.name}
	if d.reads != "" {
		all = append(all, pulumi.String(b.plan.Managed(d.reads)))
		names = append(names, d.name+"-reads")
	}
	var attached []pulumi.Resource
	for i, arn := range all {
		one, err := iam.NewRolePolicyAttachment(b.ctx, names[i], &iam.RolePolicyAttachmentArgs{Role: role.Name, PolicyArn: arn}, child)
		if err != nil {
			return nil, nil, fmt.Errorf("attachment: %w", err)
		}
		attached = append(attached, one)
	}
	return role, attached, b.nothingElse(child, d.name, role, all, attached)
}

// nothingElse takes away what somebody else gives the role, at the next up. It
// stands beside the attachments because it leaves them behind when it is deleted.
func (b builder) nothingElse(child pulumi.ResourceOption, name string, role *iam.Role, policies []pulumi.StringInput, attached []pulumi.Resource) error {
	if _, err := iam.NewRolePolicyAttachmentsExclusive(b.ctx, name, &iam.RolePolicyAttachmentsExclusiveArgs{
		RoleName: role.Name, PolicyArns: pulumi.StringArray(policies),
	}, child, pulumi.DependsOn(attached)); err != nil {
		return fmt.Errorf("exclusive attachments: %w", err)
	}
	if _, err := iam.NewRolePoliciesExclusive(b.ctx, name, &iam.RolePoliciesExclusiveArgs{
		RoleName: role.Name, PolicyNames: pulumi.StringArray{},
	}, child); err != nil {
		return fmt.Errorf("no inline policies: %w", err)
	}
	return nil
}

// boundary is the permission boundary of a duty: the most that any policy can
// give a role of it. The first role makes it, for all of them.
func (b builder) boundary(d duty) (*iam.Policy, error) {
	if made := b.boundaries.of[d.duty]; made != nil {
		return made, nil
	}
	at := b.plan.Boundary(d.duty)
	made, err := iam.NewPolicy(b.ctx, b.called("boundary-"+d.duty), &iam.PolicyArgs{
		Name:        pulumi.String(at.Name),
		Path:        pulumi.String(at.Path),
		Description: pulumi.String("The most that any policy can give a role of the duty " + d.duty),
		Policy:      slices.Concat(d.may(b.anyApp()), d.most).JSON(),
	}, pulumi.Parent(b.boundaries.parent))
	b.boundaries.of[d.duty] = made
	return made, err
}

// boundaries are those that have been made, by duty.
type boundaries struct {
	parent pulumi.Resource
	of     map[string]*iam.Policy
}

// useArtifacts lets a role read and write one app's artifacts.
func (b builder) useArtifacts(app settings.App, s *store) policydoc.Document {
	bucket := b.plan.Bucket("artifacts").ARN
	folder := settings.ArtifactFolder(b.plan.Gate, app.Name)
	if app.Name == b.anyApp().Name { // the pattern of a name that is cut off
		folder = "*"
	}
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
			Conditions: []policydoc.Condition{policydoc.Is("StringEquals", "kms:ViaService", "s3."+b.plan.Region+"."+b.plan.DNSSuffix())},
		},
	}
}
