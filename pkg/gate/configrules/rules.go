// Package configrules makes AWS Config's rules about the gate: managed rules, rules in Guard,
// and the remediation of what some of them find.
package configrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/naming"
	"prodgate/pkg/pipeline"
	"prodgate/pkg/settings"
)

// Stored are the keys and buckets of the gate.
type Stored struct {
	Keys    storage.Keys
	Buckets []*storage.Bucket
}

// subject is what the rules are about.
type subject struct {
	component.Context
	Stored
	pipeline pipeline.Model
}

// New makes the rules. Recording is what must exist before: AWS Config refuses rules without a
// recorder. The records are those of permission boundaries.
func New(c component.Context, parent pulumi.Resource, boundaries *identity.Boundaries, stored Stored, recording []pulumi.Resource) (baseline.Records, error) {
	return newRules(subject{c, stored, pipeline.New(c.Settings)}, parent, boundaries, recording)
}

// configRule is one of AWS Config's managed rules.
type configRule struct {
	// identifier is AWS's, which is not always the rule's name in capitals.
	identifier string
	// item is the type of the configuration items that it evaluates whenever there is a
	// new one; empty for a rule that looks once a day, at the whole account: a scope is of
	// what triggers.
	item string
	// parameters are this gate's.
	parameters map[string]value
	// needs is the parameter without which the rule flags what is right.
	needs string
	// of is whether the gate has what the rule is about; nil where it always has.
	of func(subject) bool
	// remediation corrects what the rule finds; nil where pulumi up does.
	remediation *remediation
}

// slug is the rule's name, after the gate's.
func (r configRule) slug() string { return strings.ToLower(strings.ReplaceAll(r.identifier, "_", "-")) }

// newRules makes the rules once the recorder runs: without one they are refused.
func newRules(s subject, parent pulumi.Resource, boundaries *identity.Boundaries, recording []pulumi.Resource) (baseline.Records, error) {
	if s.Settings.Detection.Config == settings.Adopt {
		types, err := RecordedTypes(s.Context)
		if err != nil {
			return nil, err
		}
		if err := s.Ctx.Log.Info("detection.config is adopt: rules find nothing in what the account's recorder does not record, of "+
			strings.Join(types, ", "), nil); err != nil {
			return nil, err
		}
	}
	var elsewhere []string
	var remediated []remediatedRule
	for _, rule := range managedRules {
		if rule.of != nil && !rule.of(s) {
			continue
		}
		if !isOffered(s.Context, rule.identifier) {
			elsewhere = append(elsewhere, rule.identifier)
			continue
		}
		made, err := newManagedRule(s, parent, rule, recording)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", rule.identifier, err)
		}
		if made != nil && rule.remediation != nil {
			remediated = append(remediated, remediatedRule{rule, made})
		}
	}
	written, err := newGuardRules(s, parent, recording)
	if err != nil {
		return nil, err
	}
	if elsewhere = append(elsewhere, written...); len(elsewhere) > 0 {
		if err := s.Ctx.Log.Info(fmt.Sprintf("AWS Config has no %s in %s: what they look at is not checked by it",
			strings.Join(elsewhere, ", "), s.Settings.Region), nil); err != nil {
			return nil, err
		}
	}
	return newRemediations(s, parent, boundaries, remediated)
}

// newManagedRule makes a managed rule; nil where a parameter that it needs does not fit.
func newManagedRule(s subject, parent pulumi.Resource, rule configRule, recording []pulumi.Resource) (*cfg.Rule, error) {
	args := &cfg.RuleArgs{
		Name:   pulumi.String(s.Names.Gate + "-" + rule.slug()),
		Source: cfg.RuleSourceArgs{Owner: pulumi.String("AWS"), SourceIdentifier: pulumi.String(rule.identifier)},
	}
	if rule.item != "" {
		args.Scope = newScope(s.Context, rule.item)
	}
	parameters, told, err := s.parameters(rule)
	if err != nil || !told {
		return nil, err
	}
	if len(parameters) > 0 {
		args.InputParameters = pulumi.JSONMarshal(parameters)
	}
	return cfg.NewRule(s.Ctx, s.ChildName(rule.slug()), args, pulumi.Parent(parent), pulumi.DependsOn(recording))
}

// holdsTags are the types whose items have the tags of the resource: for each there is a
// managed rule that evaluates them, such as ECR_REPOSITORY_TAGGED, and of secrets an
// example of AWS's (github.com/aws-samples/aws-config-custom-policy-rule-samples). Items
// of pipelines have none, whatever the pipeline has.
var holdsTags = []string{itemProject, itemRepository, itemBucket, itemSecret}

// newScope is what a rule evaluates: resources with the gate's tag where items hold tags,
// else all of the type. AWS Config takes one or the other. Whoever takes the tag off
// takes the resource out of these rules, and not out of those in Guard.
func newScope(c component.Context, item string) cfg.RuleScopeArgs {
	if slices.Contains(holdsTags, item) {
		return cfg.RuleScopeArgs{TagKey: pulumi.String(naming.GateTag), TagValue: pulumi.String(c.Names.Gate)}
	}
	return ofType(item)
}

// ofType is all there is of a type.
func ofType(item string) cfg.RuleScopeArgs {
	return cfg.RuleScopeArgs{ComplianceResourceTypes: pulumi.ToStringArray([]string{item})}
}
