package deploypermissions

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// The statements of a boundary.
const (
	sidNamed       = "Named"
	sidAnyResource = "AnyResource"
	sidServices    = "WholeServices"
	sidDeny        = "DenyOwnRoles"
)

// readActions are patterns of reads, which a boundary allows on any resource: a boundary grants nothing, and has no room
// to name them one by one.
var readActions = []string{
	"access-analyzer:List*", "cloudtrail:DescribeT*", "codebuild:BatchGet*", "codecommit:GetApprovalRule*", "codecommit:List*", "codedeploy:Get*", "codedeploy:List*", "codepipeline:GetPipeline*", "codepipeline:List*",
	"config:Describe*", "ecr:Describe*", "ecr:Get*Policy", "ecr:List*", "ecs:Describe*", "ecs:List*", "events:DescribeEventBus", "elasticloadbalancing:Describe*", "guardduty:List*",
	"iam:Get*", "iam:List*", "kms:Describe*", "kms:GetKey*", "kms:List*", "logs:Describe*", "s3:GetBucket*", "s3:Get*Configuration", "s3:List*",
	"ssm:Describe*", "states:Validate*",
}

// writeActions are patterns of writes, which a boundary allows on the resources of the statements. None matches an action
// that deletes history, writes an image, an artifact or the value of a secret, or takes a role's boundary away. *agResource is
// TagResource and UntagResource.
var writeActions = []string{
	"codebuild:*Project", "codecommit:*ApprovalRuleTemplate*", "codeconnections:*agResource", "codedeploy:*Application",
	"codedeploy:*DeploymentGroup", "codedeploy:*agResource", "codepipeline:*Pipeline", "codepipeline:*agResource", "ecr:*LifecyclePolicy",
	"ecr:*agResource", "ecr:*RepositoryPolicy", "iam:Create*", "iam:DeletePolicy*", "iam:Tag*", "iam:Untag*", "iam:Update*",
	"kms:*Alias", "kms:*Grant", "s3:DeleteObject*", "s3:Put*Configuration", "s3:PutBucket*", "secretsmanager:*RotateSecret",
}

// iamWrites are patterns of every change of a role or a policy.
var iamWrites = []string{
	"iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*", "iam:Set*", "iam:Tag*", "iam:Untag*", "iam:Update*",
}

// wholeServices are services with no action that deploys, approves or reads a secret: a boundary allows all of their
// actions, on the resources of the statements.
var wholeServices = []string{"access-analyzer", "cloudtrail", "cloudwatch", "config", "events", "guardduty", "lambda", "logs", "pipes", "securityhub", "sns", "sqs", "ssm", "states"}

// boundary collects the statements of a permission boundary.
type boundary struct {
	// named, anyResource and services allow actions on the resources of the statements, on any resource, and all actions
	// of some services.
	named, anyResource, services Statement
	// deny denies changes of roles and policies.
	deny Statement
	// apart are the statements whose resources the boundary keeps apart from all others.
	apart []Statement
}

// Boundary is the permission boundary of a role with these statements: each of their actions, on the resources of any of
// them. Which action is for which resource, the policies of the role say; a boundary is one document, and has no room.
func Boundary(statements []Statement) []Statement {
	b := boundary{
		named: Statement{Sid: sidNamed}, anyResource: Statement{Sid: sidAnyResource, Resources: everything}, services: Statement{Sid: sidServices},
		deny: Statement{Sid: sidDeny, Deny: true, Actions: iamWrites},
	}
	for _, s := range statements {
		if s.Deny {
			b.addDeny(s)
		} else {
			b.addAllow(s)
		}
	}
	b.merge()
	return slices.DeleteFunc(append([]Statement{b.named, b.anyResource, b.services, b.deny}, b.apart...), func(s Statement) bool {
		return len(s.Actions) == 0 || len(s.Resources) == 0
	})
}

// addDeny adds the roles and policies that a statement denies by the path of one role; of other resources the role's own
// policies deny the change.
func (b *boundary) addDeny(s Statement) {
	for _, resource := range s.Resources {
		if all, isPath := allPaths(resource); isPath && all != resource {
			b.deny.Resources = append(b.deny.Resources, resource)
		}
	}
}

// addAllow adds the actions of a statement, reads by their patterns.
func (b *boundary) addAllow(s Statement) {
	s.Actions = slices.DeleteFunc(slices.Clone(s.Actions), func(action string) bool {
		pattern, isRead := findPattern(readActions, action)
		if isRead {
			b.anyResource.Actions = append(b.anyResource.Actions, pattern)
		}
		return isRead
	})
	switch {
	case len(s.Actions) == 0:
	case s.BoundaryResources != nil:
		b.addApart(s)
	case slices.Equal(s.Resources, everything):
		for _, action := range s.Actions {
			b.anyResource.Actions = append(b.anyResource.Actions, shortenWrite(action))
		}
	default:
		for _, action := range s.Actions {
			b.addAction(action, s.Resources)
		}
	}
}

// addApart adds a statement to the one with the same resources.
func (b *boundary) addApart(s Statement) {
	i := slices.IndexFunc(b.apart, func(other Statement) bool { return slices.Equal(other.Resources, s.BoundaryResources) })
	if i < 0 {
		i, b.apart = len(b.apart), append(b.apart, Statement{Sid: s.Sid, Resources: s.BoundaryResources})
	}
	b.apart[i].Actions = sortedUnique(append(b.apart[i].Actions, s.Actions...))
}

// addAction adds an action and its resources, by the whole service where the service is one of wholeServices.
func (b *boundary) addAction(action string, resources []string) {
	service, _, _ := strings.Cut(action, ":")
	if !slices.Contains(wholeServices, service) {
		b.named.Actions, b.named.Resources = append(b.named.Actions, shortenWrite(action)), append(b.named.Resources, resources...)
		return
	}
	b.services.Actions = append(b.services.Actions, service+":*")
	for _, resource := range resources {
		b.services.Resources = append(b.services.Resources, inAnyRegion(resource))
	}
}

// merge removes repetitions: actions that anyResource allows already, and resources that another pattern matches. The
// boundary allows changes of all of the gate's roles and policies at once where it denies those of some.
func (b *boundary) merge() {
	b.services.Actions, b.services.Resources = sortedUnique(b.services.Actions), removeMatched(b.services.Resources)
	for i, resource := range b.named.Resources {
		if all, isPath := allPaths(resource); isPath && len(b.deny.Resources) > 0 {
			b.named.Resources[i] = all
		}
	}
	b.named.Resources = removeMatched(b.named.Resources)
	b.anyResource.Actions = sortedUnique(b.anyResource.Actions)
	b.named.Actions = slices.DeleteFunc(sortedUnique(b.named.Actions), func(action string) bool { return slices.Contains(b.anyResource.Actions, action) })
}

var rolePath = regexp.MustCompile(`^(arn:[^:]+:iam::[^:]+:(?:role|policy)/[^/*]+/)(?:[^/*]+/)?\*$`)

// allPaths is the pattern of all of the gate's roles, or of all of its policies, for the pattern of one path below it.
func allPaths(pattern string) (all string, isPath bool) {
	found := rolePath.FindStringSubmatch(pattern)
	if found == nil {
		return "", false
	}
	return found[1] + "*", true
}

// inAnyRegion is an ARN of any region and account.
func inAnyRegion(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return arn
	}
	parts[3], parts[4] = "*", "*"
	return strings.Join(parts, ":")
}

// findPattern is the pattern that matches an action.
func findPattern(patterns []string, action string) (pattern string, found bool) {
	i := slices.IndexFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, action)
		return ok && err == nil
	})
	if i < 0 {
		return "", false
	}
	return patterns[i], true
}

// shortenWrite is the pattern of writeActions that matches an action, or the action.
func shortenWrite(action string) string {
	if pattern, found := findPattern(writeActions, action); found {
		return pattern
	}
	return action
}

func sortedUnique(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return slices.Compact(texts)
}

// removeMatched are patterns, sorted, without those that another one includes.
func removeMatched(patterns []string) []string {
	all := sortedUnique(patterns)
	return slices.DeleteFunc(slices.Clone(all), func(pattern string) bool { return isMatched(pattern, all) })
}

// isMatched is whether another pattern includes this one.
func isMatched(pattern string, others []string) bool {
	return slices.ContainsFunc(others, func(other string) bool {
		prefix, isOpen := strings.CutSuffix(other, "*")
		return isOpen && other != pattern && strings.HasPrefix(pattern, prefix)
	})
}
