package gatetest

import (
	"cmp"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Organization is what the role of organization.roleArn finds. Its zero value is an
// organization with the World's account in its one unit, and room for policies.
type Organization struct {
	// Manager is its management account.
	Manager string
	// Accounts are all of it, Below those under any unit.
	Accounts, Below []string
	// PolicyTypes are those that are enabled.
	PolicyTypes []string
	// Attached are the names of the policies on any target.
	Attached []string
	// Controls are the names of the resource control policies on any target.
	Controls []string
	// ID is the organization's.
	ID string
	// Closed hides everything from a role that may not list.
	Closed bool
}

// Root is the root of every Organization.
const Root = "r-ab12"

func (o Organization) filled(account string) Organization {
	o.Manager = cmp.Or(o.Manager, "999999999999")
	if o.Accounts == nil {
		o.Accounts = []string{o.Manager, account}
	}
	if o.Below == nil {
		o.Below = []string{account}
	}
	if o.PolicyTypes == nil {
		o.PolicyTypes = []string{"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"}
	}
	if o.Attached == nil {
		o.Attached = []string{"FullAWSAccess"}
	}
	if o.Controls == nil {
		o.Controls = []string{"RCPFullAWSAccess"}
	}
	o.ID = cmp.Or(o.ID, "o-ab12cd34ef")
	return o
}

// organization answers the invokes of Organizations; nil for others.
func (w World) organization(token string, args resource.PropertyMap) map[string]any {
	o := w.Organization.filled(w.Account)
	switch token {
	case "aws:organizations/getOrganization:getOrganization":
		found := map[string]any{"id": o.ID, "masterAccountId": o.Manager}
		if !o.Closed {
			found["roots"] = []any{map[string]any{"id": Root}}
			found["accounts"] = identified(o.Accounts)
			found["enabledPolicyTypes"] = texts(o.PolicyTypes)
		}
		return found
	case "aws:organizations/getOrganizationalUnitDescendantAccounts:getOrganizationalUnitDescendantAccounts":
		return map[string]any{"accounts": identified(o.Below)}
	case "aws:organizations/getPoliciesForTarget:getPoliciesForTarget":
		if args["filter"].StringValue() == "RESOURCE_CONTROL_POLICY" {
			return map[string]any{"ids": texts(o.Controls)}
		}
		return map[string]any{"ids": texts(o.Attached)}
	case "aws:organizations/getPolicy:getPolicy":
		return map[string]any{"name": args["policyId"].StringValue()}
	}
	return nil
}

func identified(ids []string) []any {
	all := []any{}
	for _, id := range ids {
		all = append(all, map[string]any{"id": id})
	}
	return all
}

func texts(of []string) []any {
	all := []any{}
	for _, text := range of {
		all = append(all, text)
	}
	return all
}
