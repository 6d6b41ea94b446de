// Package deploypermissions is what it takes to keep a gate: every AWS action that a preview
// of the program makes, and every one that an update, a refresh or a destroy makes.
// The roles of GitHub Actions are allowed these and no others.
package deploypermissions

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"prodgate/pkg/naming"
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
	// Apart is whether a boundary too allows this on nothing else.
	Apart bool
	// For is whether a stack has the resource; nil where every one has.
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
	// Within is what a boundary has in the place of Resources that are too long for it.
	Within []string
}

// Preview is what the role for previews may do: look, and see neither a secret's
// value nor an artifact.
func Preview(s *settings.Settings) []Statement { return preview(naming.New(s), s) }

func preview(p naming.Plan, s *settings.Settings) []Statement {
	all := named(p, s)
	for _, w := range of(p, s) {
		all = w.reads(all)
	}
	if role := s.Organization.PreviewRoleArn; role != "" { // which reads, and no other there
		all = append(all, Statement{Sid: "ReadGuardrails", Actions: []string{"sts:AssumeRole"}, Resources: []string{role}, Within: []string{role}})
	}
	return all
}

// named are those that settings name, whose ARNs are other people's to choose: who
// may change the gate, and what the builds' secrets are kept and rotated by.
func named(p naming.Plan, s *settings.Settings) []Statement {
	people := append(slices.Concat(s.Access.DeployerArns, s.Access.ApproverArns), s.Access.BreakGlassArn)
	if others := slices.Concat(s.Source.ReviewerArns, s.Source.MergerArns); len(others) > 0 {
		people = append(people, sortedUnique(others)...)
	}
	all := []Statement{{Sid: "ReadPeople", Actions: []string{"iam:GetRole"}, Resources: people, Within: []string{p.AnyRole()}}}
	if tasks := taskRoles(s); len(tasks) > few { // one policy would not hold them
		all = append(all, Statement{Sid: "ReadTaskRoles", Actions: []string{"iam:GetRole"}, Resources: []string{p.AnyRole()}, Within: []string{p.AnyRole()}})
	} else if len(tasks) > 0 {
		all = append(all, Statement{Sid: "ReadTaskRoles", Actions: []string{"iam:GetRole"}, Resources: tasks, Within: []string{p.AnyRole()}})
	}
	secrets := ofSecrets(s, func(secret settings.Secret) string { return secret.Arn })
	for i, some := range slices.Collect(slices.Chunk(secrets, few)) {
		all = append(all, Statement{
			Sid: "ReadAdoptedSecrets" + strconv.Itoa(i+1), Actions: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"},
			Resources: some, Within: []string{p.AllSecrets()},
		})
	}
	for i, some := range slices.Collect(slices.Chunk(rotators(s), few)) {
		all = append(all, Statement{
			Sid: "ReadRotation" + strconv.Itoa(i+1), Actions: []string{"lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig"},
			Resources: some, Within: []string{p.AllFunctions()},
		})
	}
	return all
}

// taskRoles are the roles of the apps' tasks.
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

// rotators are the functions that rotate secrets.
func rotators(s *settings.Settings) []string {
	return ofSecrets(s, func(secret settings.Secret) string { return secret.RotationLambdaArn })
}

// ofSecrets is something of every app's secrets, where they have it.
func ofSecrets(s *settings.Settings, arn func(settings.Secret) string) []string {
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

// few are so many ARNs that one policy holds them where they are longest.
const few = 20

// rotation lets a created secret be rotated: by the function, which Secrets Manager
// has to be able to start as whoever asks for it.
func rotation(p naming.Plan, functions []string) []Statement {
	if len(functions) == 0 {
		return nil
	}
	all := []Statement{{
		Sid: "WriteRotation", Actions: []string{"secretsmanager:CancelRotateSecret", "secretsmanager:RotateSecret"}, Resources: []string{p.Secrets()},
	}}
	for i, some := range slices.Collect(slices.Chunk(functions, few)) {
		all = append(all, Statement{
			Sid: "StartRotation" + strconv.Itoa(i+1), Actions: []string{"lambda:InvokeFunction"}, Resources: some, Within: []string{p.AllFunctions()},
		})
	}
	return all
}

// Deploy is what the role for updates may do, and what no policy may let it do.
func Deploy(s *settings.Settings) []Statement { return deploy(naming.New(s), s) }

func deploy(p naming.Plan, s *settings.Settings) []Statement {
	all := append(named(p, s), rotation(p, rotators(s))...)
	for _, w := range of(p, s) {
		all = w.reads(all)
		actions := w.Write
		if !s.Protect {
			actions = slices.Concat(w.Write, w.Delete)
		}
		if len(actions) > 0 {
			write := Statement{Sid: "Write" + w.Name, Actions: actions, Resources: w.On, Conditions: w.When}
			if w.Apart {
				write.Within = w.On
			}
			all = append(all, write)
		}
	}
	if s.Organization.RoleArn != "" {
		account, _, _ := strings.Cut(s.Organization.RoleArn, "/")
		all = append(all, Statement{
			Sid: "AttachGuardrails", Actions: []string{"sts:AssumeRole"}, Resources: []string{s.Organization.RoleArn}, Within: []string{account + "/*"},
		})
	}
	return append(all, refusals(p, s)...)
}

// of is what of the table a stack needs.
func of(p naming.Plan, s *settings.Settings) []Work {
	return slices.DeleteFunc(table(p), func(w Work) bool { return w.For != nil && !w.For(s) })
}

func (w Work) reads(all []Statement) []Statement {
	if len(w.Read) == 0 {
		return all
	}
	return append(all, Statement{Sid: "Read" + w.Name, Actions: w.Read, Resources: w.On})
}

// refusals keep the deploying role from making more of itself. Who runs the
// program, and within which bounds, is changed by a person whom settings name.
func refusals(p naming.Plan, s *settings.Settings) []Statement {
	people := append(slices.Clone(s.Access.DeployerArns), s.Access.BreakGlassArn)
	return []Statement{
		{
			Sid: "NeverItself", Deny: true,
			Actions: []string{
				"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy",
				"iam:DetachRolePolicy", "iam:PassRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:TagRole",
				"iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription", "sts:AssumeRole",
			},
			Resources: append([]string{p.Roles(naming.Deploy), p.Roles(naming.Preview)}, people...),
		},
		{
			Sid: "NeverItsPoliciesAndBounds", Deny: true,
			Actions: []string{
				"iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion",
				"iam:SetDefaultPolicyVersion", "iam:TagPolicy", "iam:UntagPolicy",
			},
			Resources: []string{p.Policies(naming.Deploy), p.Policies(naming.Preview), p.Boundaries()},
		},
		{
			Sid: "NeverItsIdentityProvider", Deny: true,
			Actions: []string{
				"iam:AddClientIDToOpenIDConnectProvider", "iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider",
				"iam:RemoveClientIDFromOpenIDConnectProvider", "iam:TagOpenIDConnectProvider", "iam:UntagOpenIDConnectProvider",
				"iam:UpdateOpenIDConnectProviderThumbprint",
			},
			Resources: []string{p.GitHubProvider()},
		},
		// A role without a boundary is nobody's of the gate.
		{
			Sid: "NeverUnbound", Deny: true, Actions: []string{"iam:DeleteRolePermissionsBoundary"}, Resources: []string{p.AllRoles()},
		},
	}
}

// looks are reads as boundaries have them, of anything: a boundary gives nothing, and
// named one by one they are too long for it.
var looks = []string{
	"access-analyzer:List*", "cloudtrail:DescribeT*", "codebuild:BatchGet*", "codecommit:GetApprovalRule*", "codecommit:List*", "codedeploy:Get*", "codedeploy:List*", "codepipeline:GetPipeline*", "codepipeline:List*",
	"config:Describe*", "ecr:Describe*", "ecr:Get*Policy", "ecr:List*", "ecs:Describe*", "ecs:List*", "elasticloadbalancing:Describe*", "guardduty:List*", "iam:Get*", "iam:List*", "kms:Describe*", "kms:GetKey*", "kms:List*", "logs:Describe*", "s3:GetBucket*", "s3:Get*Configuration", "s3:List*", "ssm:Describe*", "states:Validate*",
}

// changes are writes as boundaries have them, on no more than those are for. None is of
// what takes history away, puts an image, an artifact or a secret's value somewhere, or
// unbinds a role.
var changes = []string{
	"codebuild:*Project", "codecommit:*ApprovalRuleTemplate*", "codedeploy:*Application", "codedeploy:*DeploymentGroup", "codepipeline:*Pipeline",
	"ecr:*LifecyclePolicy", "ecr:*RepositoryPolicy", "iam:Create*", "iam:DeletePolicy*", "iam:Tag*", "iam:Untag*", "iam:Update*",
	"kms:*Alias", "kms:*Grant", "s3:DeleteObject*", "s3:Put*Configuration", "s3:PutBucket*", "secretsmanager:*RotateSecret",
}

// writes are what IAM changes a role or a policy by.
var writes = []string{
	"iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*", "iam:Set*", "iam:Tag*", "iam:Untag*", "iam:Update*",
}

var ofDuty = regexp.MustCompile(`^(arn:[^:]+:iam::[^:]+:(?:role|policy)/[^/*]+/)(?:[^/*]+/)?\*$`)

// ofEveryDuty is the pattern of roles, or of policies, of all the gate's duties, for the
// pattern of one duty. A boundary names all, and denies what the role may not change:
// one by one they are too long for it.
func ofEveryDuty(pattern string) (all string, is bool) {
	found := ofDuty.FindStringSubmatch(pattern)
	if found == nil {
		return "", false
	}
	return found[1] + "*", true
}

// anywhere is an ARN of whichever region and account.
func anywhere(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return arn
	}
	parts[3], parts[4] = "*", "*"
	return strings.Join(parts, ":")
}

// mostOfWatching is the statement of a boundary about whole.
const mostOfWatching = "MostOfWatching"

// whole are services of which nothing is deployed, approved or kept secret: a boundary
// has all of their actions, on what the role keeps.
var whole = []string{"access-analyzer", "cloudtrail", "cloudwatch", "config", "events", "guardduty", "logs", "pipes", "securityhub", "sns", "sqs", "ssm", "states"}

// short is all of the service of an action, if the service is one of whole.
func short(action string) (pattern string, found bool) {
	service, _, _ := strings.Cut(action, ":")
	return service + ":*", slices.Contains(whole, service)
}

// matching is the pattern that an action is of.
func matching(patterns []string, action string) (pattern string, found bool) {
	i := slices.IndexFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, action)
		return ok && err == nil
	})
	if i < 0 {
		return "", false
	}
	return patterns[i], true
}

// changing is the one of changes that an action is of, or the action.
func changing(action string) string {
	if pattern, found := matching(changes, action); found {
		return pattern
	}
	return action
}

// Bounds are the most that any policy could let a role do that these statements are
// for: each of their actions, on what any of them is about. Which action is for
// which resource is theirs to say; a boundary is one document and shorter.
func Bounds(statements []Statement) []Statement {
	most, untyped := Statement{Sid: "MostOfAll"}, Statement{Sid: "MostOfLists", Resources: everything}
	watching := Statement{Sid: mostOfWatching}
	var all []Statement
	never := Statement{Sid: "NeverItself", Deny: true, Actions: writes}
	for _, one := range statements {
		if one.Deny {
			for _, on := range one.Resources {
				if all, is := ofEveryDuty(on); is && all != on {
					never.Resources = append(never.Resources, on)
				}
			}
			continue
		}
		one.Actions = slices.DeleteFunc(slices.Clone(one.Actions), func(action string) bool {
			pattern, found := matching(looks, action)
			if found {
				untyped.Actions = append(untyped.Actions, pattern)
			}
			return found
		})
		switch {
		case len(one.Actions) == 0:
		case one.Within != nil:
			i := slices.IndexFunc(all, func(s Statement) bool { return slices.Equal(s.Resources, one.Within) })
			if i < 0 {
				i, all = len(all), append(all, Statement{Sid: "Most" + one.Sid, Resources: one.Within})
			}
			all[i].Actions = sortedUnique(append(all[i].Actions, one.Actions...))
		case slices.Equal(one.Resources, everything):
			for _, action := range one.Actions {
				untyped.Actions = append(untyped.Actions, changing(action))
			}
		default:
			for _, action := range one.Actions {
				if all, found := short(action); found {
					watching.Actions = append(watching.Actions, all)
					for _, on := range one.Resources {
						watching.Resources = append(watching.Resources, anywhere(on))
					}
				} else {
					most.Actions, most.Resources = append(most.Actions, changing(action)), append(most.Resources, one.Resources...)
				}
			}
		}
	}
	watching.Actions, watching.Resources = sortedUnique(watching.Actions), widest(watching.Resources)
	for i, on := range most.Resources {
		if all, is := ofEveryDuty(on); is && len(never.Resources) > 0 {
			most.Resources[i] = all
		}
	}
	most.Resources = widest(most.Resources)
	untyped.Actions = sortedUnique(untyped.Actions)
	most.Actions = slices.DeleteFunc(sortedUnique(most.Actions), func(action string) bool { return slices.Contains(untyped.Actions, action) })
	return slices.DeleteFunc(append([]Statement{most, untyped, watching, never}, all...), func(s Statement) bool {
		return len(s.Actions) == 0 || len(s.Resources) == 0
	})
}

func sortedUnique(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return slices.Compact(texts)
}

// widest are patterns without those that another covers.
func widest(patterns []string) []string {
	all := sortedUnique(patterns)
	return slices.DeleteFunc(slices.Clone(all), func(on string) bool { return covered(on, all) })
}

// covered is whether another pattern matches all that one does.
func covered(on string, by []string) bool {
	return slices.ContainsFunc(by, func(pattern string) bool {
		prefix, open := strings.CutSuffix(pattern, "*")
		return open && pattern != on && strings.HasPrefix(on, prefix)
	})
}

// Pattern is what some actions are allowed on, and why it is no name.
type Pattern struct {
	On, Why string
	Actions []string
	// Bound is whether only the boundaries of the roles have it.
	Bound bool
}

// Patterns are all there are, with ${Partition}, ${Region}, ${Account} and ${Gate}
// for what a stack fills in.
func Patterns() []Pattern {
	p := naming.Plan{Partition: "${Partition}", Region: "${Region}", Account: "${Account}", Global: "${Region}", Gate: "${Gate}"}
	var all []Pattern
	add := func(on, why string, actions ...string) {
		if !strings.Contains(on, "*") {
			return
		}
		i := slices.IndexFunc(all, func(p Pattern) bool { return p.On == on })
		if i < 0 {
			i = len(all)
			all = append(all, Pattern{On: on, Why: why})
		}
		all[i].Actions = sortedUnique(append(all[i].Actions, actions...))
	}
	for _, w := range table(p) {
		for _, on := range w.On {
			add(on, w.Why, slices.Concat(w.Read, w.Write, w.Delete)...)
		}
		for _, c := range w.When {
			for _, on := range c.Values {
				add(on, w.Why, slices.Concat(w.Write, w.Delete)...)
			}
		}
	}
	add(p.AnyRole(), "the roles of tasks are the app teams' to name, and so many ARNs are longer than one document has room for", "iam:GetRole")
	for _, one := range rotation(p, rotators(secretive(settings.GitHub))) {
		for _, on := range one.Resources {
			add(on, ownNames, one.Actions...)
		}
	}
	// A stack has one provider of sources, and a boundary of what that needs.
	ofGitHub, ofCodeCommit := Bounds(deploy(p, secretive(settings.GitHub))), Bounds(deploy(p, secretive(settings.CodeCommit)))
	for _, one := range all {
		var rest []string
		for _, most := range []Statement{ofGitHub[0], ofCodeCommit[0]} {
			if slices.Contains(most.Resources, one.On) {
				rest = append(rest, most.Actions...)
			}
		}
		if rest = slices.DeleteFunc(sortedUnique(rest), func(action string) bool { return slices.Contains(one.Actions, action) }); len(rest) > 0 {
			all = append(all, Pattern{one.On, "which action is for which pattern, the policies of the role say; " +
				"both together are longer than one document", rest, true})
		}
	}
	for _, others := range ofGitHub[2:] {
		if others.Deny {
			continue
		}
		if others.Sid == mostOfWatching {
			for _, on := range others.Resources {
				all = append(all, Pattern{on, "of these services nothing is deployed, approved or kept secret, and their actions one by one are " +
					"longer than one document has room for", others.Actions, true})
			}
			continue
		}
		for _, on := range others.Resources {
			if slices.ContainsFunc(all, func(p Pattern) bool { return p.On == on && slices.Equal(p.Actions, others.Actions) }) {
				continue // what a boundary has apart
			}
			all = append(all, Pattern{on, "the ARNs stand in the policies of the role, and are too long for a boundary beside all others", others.Actions, true})
		}
	}
	return all
}

// secretive are settings with all that has a pattern in a boundary.
func secretive(provider string) *settings.Settings {
	return &settings.Settings{
		Source:      settings.Source{Provider: provider, Repositories: settings.Adopt},
		ChatWebhook: "webhook",
		Apps: []settings.App{{
			Secrets:    []settings.Secret{{Arn: "adopted"}, {RotationLambdaArn: "rotator"}},
			Deployment: settings.Deployment{Kind: settings.BlueGreen},
		}},
	}
}
