// Package guardrails attaches the service control policies and resource control policies of the gate to the organization.
package guardrails

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/organizations"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// The types of policies, by Organizations' names.
const (
	scp = "SERVICE_CONTROL_POLICY"
	rcp = "RESOURCE_CONTROL_POLICY"
)

// policies are the documents of a gate of one type, and the setting that asks for them.
type policies struct {
	kind, name, key, value string
	documents              []catalogue.Document
}

func (of policies) settingError(format string, args ...any) error {
	return component.SettingError(of.key, of.value, format, args...)
}

// all are the policies of a gate, of each type that it has.
func all(s *settings.Settings) ([]policies, error) {
	guardrails, err := catalogue.Guardrails(s)
	if err != nil {
		return nil, err
	}
	controls, err := catalogue.ResourceControls(s)
	if err != nil {
		return nil, err
	}
	types := []policies{{scp, "service control policies", "organization.targetId", s.Organization.TargetId, guardrails}}
	if len(controls) > 0 {
		types = append(types, policies{rcp, "resource control policies", "organization.id", s.Organization.Id, controls})
	}
	return types, nil
}

// Guardrails are the policies of one gate. They stand beside the
// Gate and not in it: another account holds them.
type Guardrails struct{ pulumi.ResourceState }

// New attaches the guardrails of a gate to the target that settings
// name, with the aws provider in the options.
//
// Nothing waits for them and they wait for nothing of the gate: whoever brings it up
// or down is a deployer, and every document excepts those. An app that cannot be
// made does so not keep the organization open; and as nothing depends on an
// attachment, they are among the first to go in a destroy.
func New(ctx *pulumi.Context, name string, s *settings.Settings, opts ...pulumi.ResourceOption) (*Guardrails, error) {
	types, err := all(s)
	if err != nil {
		return nil, fmt.Errorf("guardrails: %w", err)
	}
	made := &Guardrails{}
	if err := ctx.RegisterComponentResource(component.GuardrailsType, name, made, opts...); err != nil {
		return nil, fmt.Errorf("guardrails: %w", err)
	}
	for _, of := range types {
		for _, document := range of.documents {
			if err := attach(ctx, name, s, of.kind, document, pulumi.Parent(made)); err != nil {
				return nil, fmt.Errorf("guardrail %s: %w", document.Name, err)
			}
		}
	}
	return made, ctx.RegisterResourceOutputs(made, pulumi.Map{})
}

// attach makes a policy and attaches it to the target.
func attach(ctx *pulumi.Context, name string, s *settings.Settings, kind string, document catalogue.Document, below pulumi.ResourceOption) error {
	child := name + strings.TrimPrefix(document.Name, s.Name)
	policy, err := organizations.NewPolicy(ctx, child, &organizations.PolicyArgs{
		Name:        pulumi.String(naming.New(s).Guardrail(document.Name)),
		Description: pulumi.String(document.Description),
		Type:        pulumi.String(kind),
		Content:     pulumi.String(document.JSON),
	}, below)
	if err != nil {
		return err
	}
	_, err = organizations.NewPolicyAttachment(ctx, child, &organizations.PolicyAttachmentArgs{
		PolicyId: policy.ID(),
		TargetId: pulumi.String(s.Organization.TargetId),
	}, below)
	return err
}

// Documents are the service control policies and the resource control policies, as outputs.
func Documents(s *settings.Settings) (guardrails, controls pulumi.StringArrayOutput, err error) {
	types, err := all(s)
	texts := map[string]pulumi.StringArray{scp: {}, rcp: {}}
	for _, of := range types {
		for _, document := range of.documents {
			texts[of.kind] = append(texts[of.kind], pulumi.String(document.JSON))
		}
	}
	return texts[scp].ToStringArrayOutput(), texts[rcp].ToStringArrayOutput(), err
}

// requireTarget fails when the guardrails cannot be attached or would have no effect
// on the stack's account.
func requireTarget(ctx *pulumi.Context, s *settings.Settings, as organizationRole, provider *aws.Provider) error {
	in := pulumi.Provider(provider)
	if _, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{}, in); err != nil {
		return component.SettingError(as.key, as.arn, "cannot be assumed; correct the ARN, name the roles that run "+
			"pulumi in its trust policy, and allow them sts:AssumeRole on it: %w", err)
	}
	organization, err := organizations.LookupOrganization(ctx, in)
	if err != nil {
		return component.SettingError(as.key, as.arn, "reads no organization; name a role of the organization's "+
			"management account, which may read it: %w", err)
	}
	if len(organization.Roots) == 0 {
		return component.SettingError(as.key, as.arn, "may not read all of the organization %s; allow it "+
			"organizations:Describe* and organizations:List*", organization.Id)
	}
	types, err := all(s)
	if err != nil {
		return fmt.Errorf("guardrails: %w", err)
	}
	t := target{ctx: ctx, in: in, as: as, settings: s, organization: organization}
	below, err := t.below()
	known := err == nil
	problems := []error{err, t.account(known, below), t.sameOrganization()}
	for _, of := range types {
		problems = append(problems, t.policyType(of))
		if !known {
			continue
		}
		others, err := t.others(of)
		if known = err == nil; known {
			err = room(of, others)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// target is what guardrails are attached to. What is wrong with it is said under
// its key; another key may be meant, but this one can be left out.
type target struct {
	ctx          *pulumi.Context
	in           pulumi.InvokeOption
	as           organizationRole
	settings     *settings.Settings
	organization *organizations.LookupOrganizationResult
}

func (t target) settingError(format string, args ...any) error {
	return component.SettingError("organization.targetId", t.settings.Organization.TargetId, format, args...)
}

// account is whether the target's policies have an effect on the stack's account.
// An unknown target is reported elsewhere.
func (t target) account(known bool, below []string) error {
	account, organization := t.settings.Account, t.organization.Id
	switch {
	case account == t.organization.MasterAccountId:
		return t.settingError("the account %s manages the organization %s, where service control policies have no effect; "+
			"move the workload to another account, or leave the key out", account, organization)
	case !slices.Contains(t.accounts(), account):
		return t.settingError("the account %s is not in the organization %s; invite it, or leave the key out", account, organization)
	case known && !slices.Contains(below, account):
		return t.settingError("the account %s is not below it; name the unit that the account is in, or the account", account)
	}
	return nil
}

// below are the accounts that the target's policies reach.
func (t target) below() ([]string, error) {
	id := t.settings.Organization.TargetId
	if strings.HasPrefix(id, "ou-") {
		found, err := organizations.GetOrganizationalUnitDescendantAccounts(t.ctx,
			&organizations.GetOrganizationalUnitDescendantAccountsArgs{ParentId: id}, t.in)
		if err != nil {
			return nil, t.settingError("is no organizational unit of %s that can be read; correct the id: %w", t.organization.Id, err)
		}
		var ids []string
		for _, account := range found.Accounts {
			ids = append(ids, account.Id)
		}
		return ids, nil
	}
	switch all := t.accounts(); {
	case id == t.organization.Roots[0].Id: // there is one
		return all, nil
	case slices.Contains(all, id):
		return []string{id}, nil
	}
	return nil, t.settingError("is neither the root nor an account of %s; correct the id", t.organization.Id)
}

// accounts are all of the organization's.
func (t target) accounts() []string {
	var ids []string
	for _, account := range t.organization.Accounts {
		ids = append(ids, account.Id)
	}
	return ids
}

// sameOrganization is whether the organization is the one that settings name.
func (t target) sameOrganization() error {
	if id := t.settings.Organization.Id; id != "" && id != t.organization.Id {
		return component.SettingError("organization.id", id, "%s is in the organization %s: the resource control policy would deny every principal of it; write %s",
			t.as.arn, t.organization.Id, t.organization.Id)
	}
	return nil
}

// policyType is whether the organization has policies of a type at all.
func (t target) policyType(of policies) error {
	if slices.Contains(t.organization.EnabledPolicyTypes, of.kind) {
		return nil
	}
	root := t.organization.Roots[0].Id
	return of.settingError("%s are not enabled on the root %s; enable them (aws organizations "+
		"enable-policy-type --root-id %s --policy-type %s), which takes an organization with all features", of.name, root, root, of.kind)
}

// others are the names of the policies of a type that the target has, without those that have the names of the gate's own.
func (t target) others(of policies) ([]string, error) {
	var names []string
	for _, document := range of.documents {
		names = append(names, naming.New(t.settings).Guardrail(document.Name))
	}
	attached, err := organizations.GetPoliciesForTarget(t.ctx, &organizations.GetPoliciesForTargetArgs{
		TargetId: t.settings.Organization.TargetId, Filter: of.kind,
	}, t.in)
	if err != nil {
		return nil, t.settingError("its policies cannot be read; allow %s organizations:ListPoliciesForTarget: %w",
			t.as.arn, err)
	}
	var others []string
	for _, id := range attached.Ids {
		policy, err := organizations.LookupPolicy(t.ctx, &organizations.LookupPolicyArgs{PolicyId: id}, t.in)
		if err != nil {
			return nil, t.settingError("its policy %s cannot be read; allow %s organizations:DescribePolicy: %w",
				id, t.as.arn, err)
		}
		if !slices.Contains(names, policy.Name) {
			others = append(others, policy.Name)
		}
	}
	return others, nil
}

// room is whether a target with other policies of a type takes the gate's.
func room(of policies, others []string) error {
	if n := catalogue.MaxAttached - len(others); n < len(of.documents) {
		return of.settingError("the target has room for %d %s, beside %s, and the gate has %d; merge or detach some, "+
			"or name a unit below it", n, of.name, strings.Join(others, ", "), len(of.documents))
	}
	return nil
}
