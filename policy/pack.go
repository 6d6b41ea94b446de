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

// policies are all policies of the pack.
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

// policy is one rule. Its checks are pure functions that return findings.
type policy struct {
	name, description string
	// types are the type tokens of the resources that check applies to.
	types []string
	// check checks one resource before it is created.
	check func(stack, resource) []finding
	// checkStack checks what the stack as a whole must have. The engine calls it when every
	// resource is registered: in a preview before anything is created, in an up without
	// a preview afterwards.
	checkStack func(stack, []resource) []finding
}

// stack is what the stack's configuration says.
type stack struct {
	region, account   string
	organizationRoles []string          // of the setting organization, which attach guardrails
	protection        settings.Presence // of the branch prod
	usesCodeCommit    bool              // whether prod is a branch of CodeCommit
}

// finding is a violation and its remedy.
type finding struct{ problem, remedy string }

func (f finding) String() string { return f.problem + "; " + f.remedy }

// pack makes the policies for the stack whose configuration the engine passes in ctx.
func pack(ctx *pulumi.Context) (policyx.PolicyPack, error) {
	var s stack
	s.region, _ = ctx.GetConfig(regionKey)
	s.account, _ = ctx.GetConfig(accountKey)
	organization, _ := ctx.GetConfig(organizationKey)
	s.organizationRoles = readOrganizationRoles(organization)
	source, _ := ctx.GetConfig(sourceKey)
	s.protection, s.usesCodeCommit = readProtection(source)
	var all []policyx.Policy
	for _, p := range policies {
		all = append(all, p.sdkPolicies(s)...)
	}
	return policyx.NewPolicyPack("prodgate", semver.MustParse("1.0.0"), enforcementLevel, all)
}

// enforcementLevel is the level of every policy. Each policy sets it, because policyx
// (v3.259.0) drops the level of the pack.
const enforcementLevel = policyx.EnforcementLevelMandatory

// sdkPolicies are the SDK's policies of this one: the SDK has different types for a resource
// policy and a stack policy.
func (p policy) sdkPolicies(s stack) []policyx.Policy {
	var all []policyx.Policy
	if p.check != nil {
		all = append(all, policyx.NewResourceValidationPolicy(p.name, policyx.ResourceValidationPolicyArgs{
			Description: p.description, EnforcementLevel: enforcementLevel,
			ValidateResource: func(_ context.Context, args policyx.ResourceValidationArgs) error {
				report(args.Manager, p.checkResource(s, newResource(args.Resource)))
				return nil
			},
		}))
	}
	if p.checkStack != nil {
		all = append(all, policyx.NewStackValidationPolicy(p.name+"-exists", policyx.StackValidationPolicyArgs{
			Description: p.description, EnforcementLevel: enforcementLevel,
			ValidateStack: func(_ context.Context, args policyx.StackValidationArgs) error {
				resources := make([]resource, len(args.Resources))
				for i, r := range args.Resources {
					resources[i] = newResource(r)
				}
				report(args.Manager, recoverPanic(func() []finding { return p.checkStack(s, resources) }))
				return nil
			},
		}))
	}
	return all
}

// checkResource returns the policy's findings about a resource.
func (p policy) checkResource(s stack, r resource) []finding {
	if p.check == nil || !slices.Contains(p.types, r.token) {
		return nil
	}
	return recoverPanic(func() []finding { return p.check(s, r) })
}

func report(to policyx.PolicyManager, found []finding) {
	for _, f := range found {
		to.ReportViolation(f.String(), "")
	}
}

// recoverPanic turns a panic of a check into a finding. Otherwise the pack ends, and the
// engine reports only "error reading from server: EOF".
func recoverPanic(check func() []finding) (found []finding) {
	defer func() {
		if cause := recover(); cause != nil {
			found = []finding{{fmt.Sprintf("the policy itself failed: %v", cause), "correct it in policy/"}}
		}
	}()
	return check()
}
