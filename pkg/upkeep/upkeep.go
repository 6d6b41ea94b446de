// Package upkeep is what it takes to keep a gate: every AWS action that a preview
// of the program makes, and every one that an update, a refresh or a destroy makes.
// The roles of GitHub Actions are allowed these and no others.
package upkeep

import (
	"slices"
	"strings"

	"prodgate/pkg/address"
	"prodgate/pkg/settings"
)

// Work is what is done to one kind of resource.
type Work struct {
	// Name begins the Sids of its statements.
	Name string
	// On are the ARNs and patterns of the resources, and Why is the reason that a
	// pattern is no name.
	On  []string
	Why string
	// Read shows what is there: a preview needs it, and whatever changes something.
	Read []string
	// Write makes and changes, and takes away what can be made again.
	Write []string
	// Delete takes away history: nobody needs it of a gate whose settings protect that.
	Delete []string
	// When has to hold of Write and Delete.
	When []Condition
}

// Condition holds when Operator is true of the request's Key and any of Values.
type Condition struct {
	Operator, Key string
	Values        []string
}

// Statement allows, or denies.
type Statement struct {
	Sid                string
	Deny               bool
	Actions, Resources []string
	Conditions         []Condition
}

// Preview is what the role for previews may do: look, and see neither a secret's
// value nor an artifact.
func Preview(s *settings.Settings) []Statement {
	var all []Statement
	for _, w := range table(address.New(s)) {
		all = w.reads(all)
	}
	return all
}

// Deploy is what the role for updates may do, and what no policy may let it do.
func Deploy(s *settings.Settings) []Statement {
	p := address.New(s)
	var all []Statement
	for _, w := range table(p) {
		all = w.reads(all)
		actions := w.Write
		if !s.Protect {
			actions = slices.Concat(w.Write, w.Delete)
		}
		if len(actions) > 0 {
			all = append(all, Statement{Sid: "Write" + w.Name, Actions: actions, Resources: w.On, Conditions: w.When})
		}
	}
	if s.Organization.RoleArn != "" {
		all = append(all, Statement{Sid: "AttachGuardrails", Actions: []string{"sts:AssumeRole"}, Resources: []string{s.Organization.RoleArn}})
	}
	return append(all, refusals(p, s)...)
}

func (w Work) reads(all []Statement) []Statement {
	if len(w.Read) == 0 {
		return all
	}
	return append(all, Statement{Sid: "Read" + w.Name, Actions: w.Read, Resources: w.On})
}

// refusals keep the deploying role from making more of itself. Who runs the
// program, and within which bounds, is changed by a person whom settings name.
func refusals(p address.Plan, s *settings.Settings) []Statement {
	people := append(slices.Clone(s.Access.DeployerArns), s.Access.BreakGlassArn)
	return []Statement{
		{
			Sid: "NeverItself", Deny: true,
			Actions: []string{
				"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy",
				"iam:DetachRolePolicy", "iam:PassRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:TagRole",
				"iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription", "sts:AssumeRole",
			},
			Resources: append([]string{p.Roles(address.Deploy), p.Roles(address.Preview)}, people...),
		},
		{
			Sid: "NeverItsPoliciesAndBounds", Deny: true,
			Actions: []string{
				"iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion",
				"iam:SetDefaultPolicyVersion", "iam:TagPolicy", "iam:UntagPolicy",
			},
			Resources: []string{p.Policies(address.Deploy), p.Policies(address.Preview), p.Boundaries()},
		},
		{
			Sid: "NeverItsIdentityProvider", Deny: true,
			Actions: []string{
				"iam:AddClientIDToOpenIDConnectProvider", "iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider",
				"iam:RemoveClientIDFromOpenIDConnectProvider", "iam:TagOpenIDConnectProvider", "iam:UntagOpenIDConnectProvider",
				"iam:UpdateOpenIDConnectProviderThumbprint",
			},
			Resources: []string{p.OIDCProvider()},
		},
		// A role without a boundary is nobody's of the gate.
		{
			Sid: "NeverUnbound", Deny: true, Actions: []string{"iam:DeleteRolePermissionsBoundary"}, Resources: []string{p.AllRoles()},
		},
	}
}

// Pattern is an action that the table allows on a pattern, and why.
type Pattern struct{ Action, On, Why string }

// Patterns are all there are, with ${Partition}, ${Region}, ${Account} and ${Gate}
// for what a stack fills in.
func Patterns() []Pattern {
	var all []Pattern
	add := func(actions []string, on, why string) {
		for _, action := range actions {
			known := func(p Pattern) bool { return p.Action == action && p.On == on }
			if strings.Contains(on, "*") && !slices.ContainsFunc(all, known) {
				all = append(all, Pattern{action, on, why})
			}
		}
	}
	for _, w := range table(address.Plan{Partition: "${Partition}", Region: "${Region}", Account: "${Account}", Gate: "${Gate}"}) {
		for _, on := range w.On {
			add(slices.Concat(w.Read, w.Write, w.Delete), on, w.Why)
		}
		for _, c := range w.When {
			for _, on := range c.Values {
				add(slices.Concat(w.Write, w.Delete), on, w.Why)
			}
		}
	}
	return all
}
