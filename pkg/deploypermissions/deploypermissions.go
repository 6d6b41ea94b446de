// Package deploypermissions lists every AWS action that a preview of the program calls, and every one that an update, a
// refresh or a destroy calls. The roles of GitHub Actions are allowed these and no others.
package deploypermissions

import (
	"slices"
	"strconv"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// Work is a row of the table: the actions on one kind of resource.
type Work struct {
	// Name begins the Sids of its statements.
	Name string
	// On are the ARNs and patterns of the resources, and Why is the reason for a pattern.
	On  []string
	Why string
	// Read are the reads, of previews and of updates.
	Read []string
	// Write create and change, and delete what can be created again.
	Write []string
	// Delete delete history, which the setting protect forbids.
	Delete []string
	// When are the conditions of Write and Delete.
	When []Condition
	// Apart is whether the boundary too allows Write on On alone.
	Apart bool
	// For is whether a stack has the resource; nil: every stack has.
	For func(*settings.Settings) bool
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
	// BoundaryResources replace Resources in the boundary, which has no room for them.
	BoundaryResources []string
}

// Preview allows the role for previews to read, but neither the value of a secret nor an artifact.
func Preview(s *settings.Settings) []Statement { return preview(naming.New(s), s) }

func preview(p naming.Plan, s *settings.Settings) []Statement {
	all := readSettings(p, s)
	for _, w := range rowsFor(p, s) {
		all = w.appendRead(all)
	}
	if role := s.Organization.PreviewRoleArn; role != "" { // the only role there, and it reads
		all = append(all, Statement{Sid: "ReadGuardrails", Actions: []string{"sts:AssumeRole"}, Resources: []string{role}, BoundaryResources: []string{role}})
	}
	return all
}

// readSettings allows reads of what settings name by ARN: the roles in access and source, adopted secrets, and the
// functions that rotate secrets.
func readSettings(p naming.Plan, s *settings.Settings) []Statement {
	people := append(slices.Concat(s.Access.DeployerArns, s.Access.ApproverArns), s.Access.BreakGlassArn)
	if others := slices.Concat(s.Source.ReviewerArns, s.Source.MergerArns); len(others) > 0 {
		people = append(people, sortedUnique(others)...)
	}
	all := []Statement{{Sid: "ReadAccessRoles", Actions: []string{"iam:GetRole"}, Resources: people, BoundaryResources: []string{p.AnyRole()}}}
	if tasks := taskRoles(s); len(tasks) > 0 {
		if len(tasks) > arnsPerStatement {
			tasks = []string{p.AnyRole()} // one policy has no room for so many ARNs
		}
		all = append(all, Statement{Sid: "ReadTaskRoles", Actions: []string{"iam:GetRole"}, Resources: tasks, BoundaryResources: []string{p.AnyRole()}})
	}
	secrets := secretARNs(s, func(secret settings.Secret) string { return secret.Arn })
	for i, some := range slices.Collect(slices.Chunk(secrets, arnsPerStatement)) {
		all = append(all, Statement{
			Sid: "ReadAdoptedSecrets" + strconv.Itoa(i+1), Actions: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"},
			Resources: some, BoundaryResources: []string{p.AllSecrets()},
		})
	}
	for i, some := range slices.Collect(slices.Chunk(rotationFunctions(s), arnsPerStatement)) {
		all = append(all, Statement{
			Sid: "ReadRotation" + strconv.Itoa(i+1), Actions: []string{"lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig"},
			Resources: some, BoundaryResources: []string{p.AllFunctions()},
		})
	}
	return all
}

// taskRoles are the execution roles and task roles of all apps.
func taskRoles(s *settings.Settings) []string {
	var all []string
	for _, app := range s.Apps {
		for _, arn := range []string{app.ExecutionRoleArn, app.TaskRoleArn} {
			if arn != "" {
				all = append(all, arn)
			}
		}
	}
	return sortedUnique(all)
}

// rotationFunctions are the Lambda functions that rotate secrets.
func rotationFunctions(s *settings.Settings) []string {
	return secretARNs(s, func(secret settings.Secret) string { return secret.RotationLambdaArn })
}

// secretARNs is one ARN of each app's secrets, without the secrets that have none.
func secretARNs(s *settings.Settings, arn func(settings.Secret) string) []string {
	var all []string
	for _, app := range s.Apps {
		for _, secret := range app.Secrets {
			if text := arn(secret); text != "" {
				all = append(all, text)
			}
		}
	}
	return sortedUnique(all)
}

// arnsPerStatement is how many ARNs fit into one policy at their longest.
const arnsPerStatement = 20

// rotate allows the rotation of created secrets. Secrets Manager starts the function with the caller's permissions.
func rotate(p naming.Plan, functions []string) []Statement {
	if len(functions) == 0 {
		return nil
	}
	all := []Statement{{
		Sid: "WriteRotation", Actions: []string{"secretsmanager:CancelRotateSecret", "secretsmanager:RotateSecret"}, Resources: []string{p.Secrets()},
	}}
	for i, some := range slices.Collect(slices.Chunk(functions, arnsPerStatement)) {
		all = append(all, Statement{
			Sid: "StartRotation" + strconv.Itoa(i+1), Actions: []string{"lambda:InvokeFunction"}, Resources: some, BoundaryResources: []string{p.AllFunctions()},
		})
	}
	return all
}

// Deploy allows the role for updates what pulumi up does, and denies it changes of its own permissions.
func Deploy(s *settings.Settings) []Statement { return deploy(naming.New(s), s) }

func deploy(p naming.Plan, s *settings.Settings) []Statement {
	all := append(readSettings(p, s), rotate(p, rotationFunctions(s))...)
	for _, w := range rowsFor(p, s) {
		all = w.appendRead(all)
		actions := w.Write
		if !s.Protect {
			actions = slices.Concat(w.Write, w.Delete)
		}
		if len(actions) > 0 {
			write := Statement{Sid: "Write" + w.Name, Actions: actions, Resources: w.On, Conditions: w.When}
			if w.Apart {
				write.BoundaryResources = w.On
			}
			all = append(all, write)
		}
	}
	if s.Organization.RoleArn != "" {
		account, _, _ := strings.Cut(s.Organization.RoleArn, "/")
		all = append(all, Statement{
			Sid: "AttachGuardrails", Actions: []string{"sts:AssumeRole"}, Resources: []string{s.Organization.RoleArn}, BoundaryResources: []string{account + "/*"},
		})
	}
	return append(all, denyEscalation(p, s)...)
}

// rowsFor are the rows of the table that a stack needs.
func rowsFor(p naming.Plan, s *settings.Settings) []Work {
	return slices.DeleteFunc(table(p), func(w Work) bool { return w.For != nil && !w.For(s) })
}

func (w Work) appendRead(all []Statement) []Statement {
	if len(w.Read) == 0 {
		return all
	}
	return append(all, Statement{Sid: "Read" + w.Name, Actions: w.Read, Resources: w.On})
}

// denyEscalation keeps the role for updates from extending its own permissions. Only a person in access.deployerArns
// changes who runs the program, and the boundaries.
func denyEscalation(p naming.Plan, s *settings.Settings) []Statement {
	people := append(slices.Clone(s.Access.DeployerArns), s.Access.BreakGlassArn)
	return []Statement{
		{
			Sid: "DenyOwnRoles", Deny: true,
			Actions: []string{
				"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy",
				"iam:DetachRolePolicy", "iam:PassRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:TagRole",
				"iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription", "sts:AssumeRole",
			},
			Resources: append([]string{p.Roles(naming.Deploy), p.Roles(naming.Preview)}, people...),
		},
		{
			Sid: "DenyOwnPolicies", Deny: true,
			Actions: []string{
				"iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion",
				"iam:SetDefaultPolicyVersion", "iam:TagPolicy", "iam:UntagPolicy",
			},
			Resources: []string{p.Policies(naming.Deploy), p.Policies(naming.Preview), p.Boundaries()},
		},
		{
			Sid: "DenyIdentityProvider", Deny: true,
			Actions: []string{
				"iam:AddClientIDToOpenIDConnectProvider", "iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider",
				"iam:RemoveClientIDFromOpenIDConnectProvider", "iam:TagOpenIDConnectProvider", "iam:UntagOpenIDConnectProvider",
				"iam:UpdateOpenIDConnectProviderThumbprint",
			},
			Resources: []string{p.GitHubProvider()},
		},
		// Every role of the gate has a boundary.
		{
			Sid: "DenyBoundaryRemoval", Deny: true, Actions: []string{"iam:DeleteRolePermissionsBoundary"}, Resources: []string{p.AllRoles()},
		},
	}
}
