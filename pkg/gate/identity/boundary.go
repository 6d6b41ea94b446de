// Package identity makes the gate's IAM roles: each below the permission boundary of its
// duty, with one customer-managed policy and nothing else attached.
package identity

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
)

// Boundaries is the component of all permission boundaries. Each room makes those of its
// own duties, since a boundary names keys and other resources that the room knows.
type Boundaries struct {
	group *component.Group
	roles *roleList
}

// roleList are the roles below the boundaries, as they are made.
type roleList struct{ all []naming.Role }

// Roles are all roles that rooms have made below a boundary: every role of the gate.
func (b *Boundaries) Roles() []naming.Role { return b.roles.all }

// NewBoundaries registers the component.
func NewBoundaries(c component.Context, parent pulumi.Resource) (*Boundaries, error) {
	group, err := c.NewGroup(component.BoundariesType, parent, c.ChildName("boundaries"))
	return &Boundaries{group, &roleList{}}, err
}

// RegisterOutputs ends the component, when every room has made its boundaries.
func (b *Boundaries) RegisterOutputs(c component.Context) error {
	return c.RegisterOutputs(b.group, nil)
}

// Boundary is the permission boundary of one duty: the most that any policy can give a
// role of the duty.
type Boundary struct {
	at      naming.Role
	policy  *iam.Policy
	roles   *roleList
	Records baseline.Records
}

// New makes the boundary of a duty.
func (b *Boundaries) New(c component.Context, duty string, most policydoc.Document) (*Boundary, error) {
	at := c.Names.Boundary(duty)
	args := &iam.PolicyArgs{
		Name:        pulumi.String(at.Name),
		Path:        pulumi.String(at.Path),
		Description: pulumi.String("The most that any policy can give a role of the duty " + duty),
		Policy:      most.JSON(),
	}
	made, err := iam.NewPolicy(c.Ctx, c.ChildName("boundary-"+duty), args, pulumi.Parent(b.group))
	if err != nil {
		return nil, fmt.Errorf("boundary: %w", err)
	}
	return &Boundary{at, made, b.roles, baseline.Records{{Kind: knownstate.Policy, Inputs: args}}}, nil
}

// NewRole makes the only role of a duty, and the boundary from the same permissions: so
// the two cannot drift apart. Managed is the most that the boundary lets through of the
// role's managed policy.
func (b *Boundaries) NewRole(c component.Context, parent pulumi.Resource, spec RoleSpec, managed ...policydoc.Statement) (*Role, error) {
	boundary, err := b.New(c, spec.Duty, slices.Concat(spec.Permissions, managed))
	if err != nil {
		return nil, err
	}
	return NewRole(c, parent, boundary, spec)
}
