package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// noIAMWildcard limits roles to named actions and resources. The wildcards that AWS makes
// unavoidable are rows of wildcards.go. Every inline policy is refused, because AWS
// Config's IAM rules do not evaluate them.
var noIAMWildcard = policy{
	name:        "no-iam-wildcard",
	description: "No IAM policy allows a wildcard that AWS does not make unavoidable, no role trusts everybody, and no policy is inline.",
	types: []string{
		"aws:iam/policy:Policy", "aws:iam/role:Role",
		"aws:iam/rolePolicy:RolePolicy", "aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy",
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/userPolicyAttachment:UserPolicyAttachment",
		"aws:iam/groupPolicyAttachment:GroupPolicyAttachment", "aws:iam/policyAttachment:PolicyAttachment",
		"aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive", "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive",
	},
	check: func(_ stack, r resource) []finding {
		switch r.token {
		case "aws:iam/policy:Policy":
			return checkDocument(r.at("policy"), documentKindOf(r))
		case "aws:iam/role:Role":
			found := checkDocument(r.at("assumeRolePolicy"), trustPolicy)
			for _, inline := range r.at("inlinePolicies").list() {
				if !inline.isEmpty() { // an empty one removes inline policies that were added by hand
					found = append(found, inlinePolicyFinding)
				}
			}
			for _, arn := range r.at("managedPolicyArns").list() {
				found = append(found, checkAttachment(arn)...)
			}
			return found
		case "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive":
			var found []finding
			for _, arn := range r.at("policyArns").list() {
				found = append(found, checkAttachment(arn)...)
			}
			return found
		case "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive":
			if names := r.at("policyNames"); !names.isEmpty() {
				return []finding{{fmt.Sprintf("it leaves the inline policies %s, which AWS Config does not evaluate", names), "leave policyNames empty"}}
			}
			return nil
		case "aws:iam/rolePolicy:RolePolicy", "aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy":
			return []finding{inlinePolicyFinding}
		default:
			return checkAttachment(r.at("policyArn"))
		}
	},
}

var inlinePolicyFinding = finding{"it is an inline policy, which AWS Config does not evaluate", "make it an aws:iam/policy and attach that"}

// fullAccessPolicy matches the ARN of an AWS managed policy that allows whole services.
var fullAccessPolicy = regexp.MustCompile(`:aws:policy/(.*/)?(AdministratorAccess|PowerUserAccess|\w*FullAccess)$`)

// boundaryPath ends the path of every permission boundary. A boundary may allow more than
// an attached policy may, so that no policy with this path may be attached.
const boundaryPath = "/boundary/"

// documentKindOf is whether a policy is a boundary or is attached. A path that is not known
// yet may be a boundary's.
func documentKindOf(policy resource) documentKind {
	if at := policy.at("path"); at.isUnknown() || strings.HasSuffix(at.text(), boundaryPath) {
		return boundaryPolicy
	}
	return identityPolicy
}

// checkAttachment refuses to attach a full-access policy of AWS's or a permission boundary.
func checkAttachment(arn value) []finding {
	name := arn.text()
	switch at := strings.LastIndex(name, "/"); {
	case fullAccessPolicy.MatchString(name):
		return []finding{{name + " allows everything of a service", "attach a policy that names actions and resources"}}
	case strings.HasSuffix(name[:at+1], boundaryPath):
		return []finding{{name + " is a permission boundary, which must not be attached", "attach a policy that allows what is needed"}}
	}
	return nil
}

// statement is one statement of a policy document. IAM accepts a text in place of a list of one.
type statement struct {
	Sid, Effect             string
	Principal, NotPrincipal principals
	Action, NotAction       oneOrMany[string]
	Resource, NotResource   oneOrMany[string]
}

type oneOrMany[T any] []T

func (all *oneOrMany[T]) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, (*[]T)(all)) == nil {
		return nil
	}
	*all = make([]T, 1)
	return json.Unmarshal(text, &(*all)[0])
}

// principals are all principals of a statement, of every type.
type principals []string

func (all *principals) UnmarshalJSON(text []byte) error {
	var anybody string // "*" without a type
	if json.Unmarshal(text, &anybody) == nil {
		*all = principals{anybody}
		return nil
	}
	var byType map[string]oneOrMany[string]
	err := json.Unmarshal(text, &byType)
	for _, names := range byType {
		*all = append(*all, names...)
	}
	return err
}

// checkDocument checks the statements of a document that allow something.
func checkDocument(document value, kind documentKind) []finding {
	if document.isEmpty() {
		return nil // the provider refuses a resource without a document
	}
	var d struct{ Statement oneOrMany[statement] }
	if err := json.Unmarshal([]byte(document.text()), &d); err != nil {
		return []finding{{"its policy document cannot be read", "write it as JSON, with policydoc.Document"}}
	}
	var found []finding
	for i, s := range d.Statement {
		if s.Effect == "Deny" {
			continue
		}
		name := cmp.Or(s.Sid, fmt.Sprint(i+1))
		for _, f := range s.check(kind) {
			found = append(found, finding{"statement " + name + " " + f.problem, f.remedy})
		}
	}
	return found
}

func (s statement) check(kind documentKind) []finding {
	var found []finding
	if s.NotAction != nil {
		found = append(found, finding{"allows every action except those in NotAction", "name the allowed actions in Action"})
	}
	if s.NotResource != nil {
		found = append(found, finding{"allows every resource except those in NotResource", "name the allowed resources in Resource"})
	}
	if s.NotPrincipal != nil || slices.Contains(s.Principal, "*") {
		found = append(found, finding{"trusts everybody", "name the one service or role"})
	}
	var patterns []string
	for _, action := range s.Action {
		avoidable := func(resource string) bool { return !isUnavoidable(kind, action, resource) }
		if strings.ContainsAny(action, "*?") && (len(s.Resource) == 0 || slices.ContainsFunc(s.Resource, avoidable)) {
			patterns = append(patterns, action)
		}
	}
	if patterns != nil {
		found = append(found, finding{"allows " + strings.Join(patterns, ", "), "name the actions"})
	}
	var avoidable []string
	for _, action := range s.Action {
		if slices.ContainsFunc(s.Resource, func(resource string) bool {
			ignored := kind == boundaryPolicy && isOfAnotherService(action, resource)
			return coversAllResources(resource) && !ignored && !isUnavoidable(kind, action, resource)
		}) {
			avoidable = append(avoidable, action)
		}
	}
	if avoidable != nil {
		found = append(found, finding{"allows " + strings.Join(avoidable, ", ") + " on every resource",
			"name the resources; for an action that takes none, add a row with AWS's reason to policy/wildcards.go"})
	}
	return found
}

// arnParts is how many parts an ARN has: arn:partition:service:region:account:resource.
const arnParts = 6

// coversAllResources is whether a pattern matches the resources of every service, or every
// resource of one.
func coversAllResources(resource string) bool {
	arn := strings.SplitN(resource, ":", arnParts)
	if len(arn) < arnParts {
		return strings.Contains(resource, "*")
	}
	return strings.Contains(arn[2], "*") || strings.Trim(arn[5], "*?") == ""
}
