package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"

	"prodgate/pkg/settings"
)

// policies are all there are.
var policies = []policy{
	regionAndAccount,
	noIAMWildcard,
	boundedRole,
	prodPipeline,
	inlineBuildspec,
	noPlainSecret,
	immutableRegistry,
	protectedBranch,
}

// policy is one rule. Its checks are pure: they say what they find.
type policy struct {
	name, description string
	// types are the tokens of the resources that resource looks at.
	types []string
	// resource looks at one resource, before it is made.
	resource func(stack, resource) []finding
	// missing looks for what the whole stack has to have. It is known only when
	// everything has been registered: in a preview before anything is made, in an
	// up without a preview after.
	missing func(stack, []resource) []finding
}

// stack is what the stack's own configuration promises.
type stack struct {
	region, account string
	roles           []string          // of the organization, for the guardrails
	protection      settings.Presence // of the branch prod
	committed       bool              // whether that is CodeCommit's
}

// finding is a violation. It never goes without a remedy.
type finding struct{ problem, remedy string }

func (f finding) String() string { return f.problem + "; " + f.remedy }

// pack makes the policies for the stack of a context, the engine's.
func pack(ctx *pulumi.Context) (policyx.PolicyPack, error) {
	var s stack
	s.region, _ = ctx.GetConfig(regionKey)
	s.account, _ = ctx.GetConfig(accountKey)
	organization, _ := ctx.GetConfig(organizationKey)
	s.roles = rolesOf(organization)
	source, _ := ctx.GetConfig(sourceKey)
	s.protection, s.committed = chosenProtection(source)
	var all []policyx.Policy
	for _, p := range policies {
		all = append(all, p.registered(s)...)
	}
	return policyx.NewPolicyPack("prodgate", semver.MustParse("1.0.0"), level, all)
}

// level is every policy's. Each is given it: policyx (v3.259.0) drops the pack's.
const level = policyx.EnforcementLevelMandatory

// registered is the policy as the SDK has it: a resource and a stack policy are
// two types there, which one value cannot be.
func (p policy) registered(s stack) []policyx.Policy {
	var all []policyx.Policy
	if p.resource != nil {
		all = append(all, policyx.NewResourceValidationPolicy(p.name, policyx.ResourceValidationPolicyArgs{
			Description: p.description, EnforcementLevel: level,
			ValidateResource: func(_ context.Context, args policyx.ResourceValidationArgs) error {
				report(args.Manager, p.look(s, newResource(args.Resource)))
				return nil
			},
		}))
	}
	if p.missing != nil {
		all = append(all, policyx.NewStackValidationPolicy(p.name+"-exists", policyx.StackValidationPolicyArgs{
			Description: p.description, EnforcementLevel: level,
			ValidateStack: func(_ context.Context, args policyx.StackValidationArgs) error {
				resources := make([]resource, len(args.Resources))
				for i, r := range args.Resources {
					resources[i] = newResource(r)
				}
				report(args.Manager, guarded(func() []finding { return p.missing(s, resources) }))
				return nil
			},
		}))
	}
	return all
}

// look is what the policy finds in a resource.
func (p policy) look(s stack, r resource) []finding {
	if p.resource == nil || !slices.Contains(p.types, r.token) {
		return nil
	}
	return guarded(func() []finding { return p.resource(s, r) })
}

func report(to policyx.PolicyManager, found []finding) {
	for _, f := range found {
		to.ReportViolation(f.String(), "")
	}
}

// guarded makes a panic a finding. The pack would die of it, and all the engine
// would say is "error reading from server: EOF".
func guarded(check func() []finding) (found []finding) {
	defer func() {
		if cause := recover(); cause != nil {
			found = []finding{{fmt.Sprintf("the policy itself failed: %v", cause), "correct it in policy/"}}
		}
	}()
	return check()
}
