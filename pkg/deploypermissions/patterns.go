package deploypermissions

import (
	"slices"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// Pattern is a resource with a wildcard, the actions that are allowed on it, and the reason for the wildcard.
type Pattern struct {
	On, Why string
	Actions []string
	// Bound is whether only the boundaries of the roles have it.
	Bound bool
}

// Why boundaries have wildcards that the policies do not have.
const (
	boundaryNamed = "which action is for which pattern, the policies of the role say; " +
		"both together are longer than one document"
	boundaryServices = "of these services nothing is deployed, approved or kept secret, and their actions one by one are " +
		"longer than one document has room for"
	boundaryApart = "the ARNs stand in the policies of the role, and are too long for a boundary beside all others"
)

// Patterns are those of all stacks, with ${Partition}, ${Region}, ${Account} and ${Gate} for the values of a stack.
func Patterns() []Pattern {
	p := naming.Plan{Partition: "${Partition}", Region: "${Region}", Account: "${Account}", Global: "${Region}", Gate: "${Gate}"}
	// A stack has one source provider, and a boundary for it.
	gitHub, codeCommit := Boundary(deploy(p, completeSettings(settings.GitHub))), Boundary(deploy(p, completeSettings(settings.CodeCommit)))
	all := policyPatterns(p)
	all = append(all, namedPatterns(all, gitHub, codeCommit)...)
	for _, s := range gitHub {
		if !s.Deny && s.Sid != sidNamed && s.Sid != sidAnyResource {
			all = append(all, servicePatterns(all, s)...)
		}
	}
	return all
}

// policyPatterns are those of the policies of the roles.
func policyPatterns(p naming.Plan) []Pattern {
	var all []Pattern
	add := func(resource, why string, actions ...string) {
		if !strings.Contains(resource, "*") {
			return
		}
		i := slices.IndexFunc(all, func(p Pattern) bool { return p.On == resource })
		if i < 0 {
			i = len(all)
			all = append(all, Pattern{On: resource, Why: why})
		}
		all[i].Actions = sortedUnique(append(all[i].Actions, actions...))
	}
	for _, w := range table(p) {
		for _, resource := range w.On {
			add(resource, w.Why, slices.Concat(w.Read, w.Write, w.Delete)...)
		}
		for _, condition := range w.When {
			for _, value := range condition.Values {
				add(value, w.Why, slices.Concat(w.Write, w.Delete)...)
			}
		}
	}
	add(p.AnyRole(), "app teams name the roles of tasks, and the ARNs of many are longer than one document has room for", "iam:GetRole")
	for _, s := range rotate(p, rotationFunctions(completeSettings(settings.GitHub))) {
		for _, resource := range s.Resources {
			add(resource, ownNames, s.Actions...)
		}
	}
	return all
}

// namedPatterns are the patterns of policies with the actions that boundaries alone allow on them.
func namedPatterns(all []Pattern, boundaries ...[]Statement) []Pattern {
	var more []Pattern
	for _, p := range all {
		var actions []string
		for _, statements := range boundaries {
			i := slices.IndexFunc(statements, func(s Statement) bool { return s.Sid == sidNamed })
			if i >= 0 && slices.Contains(statements[i].Resources, p.On) {
				actions = append(actions, statements[i].Actions...)
			}
		}
		actions = slices.DeleteFunc(sortedUnique(actions), func(action string) bool { return slices.Contains(p.Actions, action) })
		if len(actions) > 0 {
			more = append(more, Pattern{p.On, boundaryNamed, actions, true})
		}
	}
	return more
}

// servicePatterns are those of a boundary's statement about whole services, or about resources that it keeps apart, without
// those that are in all.
func servicePatterns(all []Pattern, s Statement) []Pattern {
	var more []Pattern
	for _, resource := range s.Resources {
		switch {
		case s.Sid == sidServices:
			more = append(more, Pattern{resource, boundaryServices, s.Actions, true})
		case !slices.ContainsFunc(all, func(p Pattern) bool { return p.On == resource && slices.Equal(p.Actions, s.Actions) }):
			more = append(more, Pattern{resource, boundaryApart, s.Actions, true})
		}
	}
	return more
}

// completeSettings are those of a stack that has everything with a pattern in a boundary.
func completeSettings(provider string) *settings.Settings {
	return &settings.Settings{
		Source:      settings.Source{Provider: provider},
		ChatWebhook: "webhook",
		Apps: []settings.App{{
			Secrets:    []settings.Secret{{Arn: "adopted"}, {RotationLambdaArn: "rotator"}},
			Deployment: settings.Deployment{Kind: settings.BlueGreen},
		}},
	}
}
