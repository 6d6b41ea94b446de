package delivery

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// newApprover makes the role that the approvers assume to answer the one approval of
// one app. Its ARN is empty where no deployment needs an approval.
func (d *Delivery) newApprover(parent pulumi.Resource, app settings.App) (pulumi.StringInput, baseline.Records, error) {
	spec, isThere := d.Model.Role(naming.Approver)
	if !isThere {
		return pulumi.String(""), nil, nil
	}
	role, err := d.newAppRole(parent, d.c.ChildName(app.Name+"-approver"), app, spec)
	if err != nil {
		return nil, nil, err
	}
	return role.Arn, role.Records, nil
}

// approverTrust lets the approvers of the settings assume a role. They are named in a condition: as
// a principal, a role that is deleted becomes an id that its successor does not have.
// It asks for no second factor: who is in a role already has none to show.
func approverTrust(c component.Context) policydoc.Statement {
	return policydoc.Statement{
		Sid:        "NamedApprovers",
		Principals: map[string][]string{"AWS": {c.Names.Root()}},
		Actions:    []string{"sts:AssumeRole"},
		Conditions: []policydoc.Condition{policydoc.Is("ArnEquals", "aws:PrincipalArn", c.Settings.Access.ApproverArns...)},
	}
}
