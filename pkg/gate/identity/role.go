package identity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
)

// RoleSpec describes one role: who may assume it, and what it may do.
type RoleSpec struct {
	Name        string // of the Pulumi resources
	App         string // the app whose role it is; empty for a role of the whole gate
	Duty        string // one of naming's duties
	Trust       policydoc.Statement
	Permissions policydoc.Document
	// ManagedPolicy is a policy of AWS's that is attached too, by name; empty for none.
	ManagedPolicy string
}

// Role is a role with its attachments. What uses the role waits for Attached.
type Role struct {
	*iam.Role
	Attached []pulumi.Resource
	// Records are those of the role without its boundary, which roles of several apps share.
	Records  baseline.Records
	Boundary *Boundary
}

// AllRecords are those of the role and of its boundary; none of a role that the stack does not need.
func (r *Role) AllRecords() baseline.Records {
	if r == nil {
		return nil
	}
	return slices.Concat(r.Boundary.Records, r.Records)
}

// NewRole makes a role below the boundary of its duty, its one customer-managed policy
// and its attachments. The policy is not an inline policy: AWS Config's IAM rules do not
// look into those.
func NewRole(c component.Context, parent pulumi.Resource, boundary *Boundary, spec RoleSpec) (*Role, error) {
	child := pulumi.Parent(parent)
	role, err := NewBoundedRole(c, child, spec.Name, c.Names.Role(spec.App, spec.Duty), spec.Trust, boundary)
	if err != nil {
		return nil, err
	}
	policy, err := NewPolicy(c, child, spec.Name, c.Names.Policy(spec.App, spec.Duty), spec.Permissions)
	if err != nil {
		return nil, err
	}
	policies := []Policy{policy}
	if spec.ManagedPolicy != "" {
		policies = append(policies, Policy{name: spec.Name + "-reads", arn: pulumi.String(c.Names.Managed(spec.ManagedPolicy))})
	}
	return role, role.Attach(c, child, spec.Name, policies...)
}

// NewBoundedRole makes a role without policies, after its boundary and what its trust
// policy names. Attach completes it.
func NewBoundedRole(c component.Context, child pulumi.ResourceOption, name string, at naming.Role, trust policydoc.Statement,
	boundary *Boundary, trusted ...pulumi.Resource) (*Role, error) {
	args := &iam.RoleArgs{
		Name:             pulumi.String(at.Name),
		Path:             pulumi.String(at.Path),
		AssumeRolePolicy: policydoc.Document{trust}.JSON(),
		// From the plan, so that a preview shows it.
		PermissionsBoundary: pulumi.String(boundary.at.ARN),
	}
	made, err := iam.NewRole(c.Ctx, name, args, child, pulumi.DependsOn(append(trusted, boundary.policy)))
	if err != nil {
		return nil, fmt.Errorf("role: %w", err)
	}
	boundary.roles.all = append(boundary.roles.all, at)
	return &Role{Role: made, Boundary: boundary, Records: baseline.Records{{Kind: knownstate.Role, Inputs: args}}}, nil
}

// Policy is a policy to attach to a role, and the name of its attachment.
type Policy struct {
	name    string
	arn     pulumi.StringInput
	records baseline.Records
}

// NewPolicy makes a customer-managed policy.
func NewPolicy(c component.Context, child pulumi.ResourceOption, name string, at naming.Role, permissions policydoc.Document) (Policy, error) {
	args := &iam.PolicyArgs{Name: pulumi.String(at.Name), Path: pulumi.String(at.Path), Policy: permissions.JSON()}
	made, err := iam.NewPolicy(c.Ctx, name, args, child)
	if err != nil {
		return Policy{}, fmt.Errorf("policy: %w", err)
	}
	return Policy{name, made.Arn, baseline.Records{{Kind: knownstate.Policy, Inputs: args}}}, nil
}

// Attach attaches policies to the role, and declares that there are no others: the next
// up removes what somebody else attaches. The exclusive resources stand beside the
// attachments because they leave those behind when they are deleted.
func (r *Role) Attach(c component.Context, child pulumi.ResourceOption, name string, policies ...Policy) error {
	var arns pulumi.StringArray
	for _, policy := range policies {
		attachment, err := iam.NewRolePolicyAttachment(c.Ctx, policy.name, &iam.RolePolicyAttachmentArgs{
			Role: r.Name, PolicyArn: policy.arn,
		}, child)
		if err != nil {
			return fmt.Errorf("attachment: %w", err)
		}
		arns, r.Attached = append(arns, policy.arn), append(r.Attached, attachment)
		r.Records = append(r.Records, policy.records...)
	}
	only := &iam.RolePolicyAttachmentsExclusiveArgs{RoleName: r.Name, PolicyArns: arns}
	if _, err := iam.NewRolePolicyAttachmentsExclusive(c.Ctx, name, only, child, pulumi.DependsOn(r.Attached)); err != nil {
		return fmt.Errorf("exclusive attachments: %w", err)
	}
	inline := &iam.RolePoliciesExclusiveArgs{RoleName: r.Name, PolicyNames: pulumi.StringArray{}}
	if _, err := iam.NewRolePoliciesExclusive(c.Ctx, name, inline, child); err != nil {
		return fmt.Errorf("no inline policies: %w", err)
	}
	r.Records = append(r.Records, baseline.Record{Kind: knownstate.Attachments, Inputs: only}, baseline.Record{Kind: knownstate.InlinePolicies, Inputs: inline})
	return nil
}

// TrustService lets one AWS service assume a role, for the sources that it acts for;
// without sources where the service names none.
func TrustService(c component.Context, host string, sources ...string) policydoc.Statement {
	conditions := []policydoc.Condition{policydoc.Is("StringEquals", "aws:SourceAccount", c.Names.Account)}
	if len(sources) > 0 {
		operator := "ArnEquals"
		if strings.Contains(strings.Join(sources, ""), "*") {
			operator = "ArnLike"
		}
		conditions = append(conditions, policydoc.Is(operator, "aws:SourceArn", sources...))
	}
	return policydoc.Statement{
		Sid:        "OneServiceForOneSource",
		Principals: policydoc.Service(host),
		Actions:    []string{"sts:AssumeRole"},
		Conditions: conditions,
	}
}
