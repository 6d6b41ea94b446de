package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// configRule is one of AWS Config's managed rules.
type configRule struct {
	// identifier is AWS's, which is not always the rule's name in capitals.
	identifier string
	// item is the type of the configuration items that it looks at whenever there is a
	// new one; empty for a rule that looks once a day, at the whole account: a scope is of
	// what triggers.
	item string
	// parameters are this gate's.
	parameters map[string]value
	// needs is the parameter without which the rule flags what is right.
	needs string
	// of is whether the gate has what the rule is about; nil where it always has.
	of func(builder) bool
	// remedy puts right what the rule finds; nil where pulumi up does.
	remedy *remedy
}

// slug is the rule's name, after the gate's.
func (r configRule) slug() string { return strings.ToLower(strings.ReplaceAll(r.identifier, "_", "-")) }

// configRules makes the rules once the recorder runs: without one they are refused.
func (b builder) configRules(parent pulumi.Resource, recording []pulumi.Resource) error {
	if b.settings.Detection.Config == settings.Adopt {
		types, err := b.recordedTypes()
		if err != nil {
			return err
		}
		if err := b.ctx.Log.Info("detection.config is adopt: rules find nothing in what the account's recorder does not record, of "+
			strings.Join(types, ", "), nil); err != nil {
			return err
		}
	}
	var elsewhere []string
	var remedies []remedied
	for _, rule := range managedRules {
		if rule.of != nil && !rule.of(b) {
			continue
		}
		if !b.offers(rule.identifier) {
			elsewhere = append(elsewhere, rule.identifier)
			continue
		}
		made, err := b.managed(parent, rule, recording)
		if err != nil {
			return fmt.Errorf("%s: %w", rule.identifier, err)
		}
		if made != nil && rule.remedy != nil {
			remedies = append(remedies, remedied{rule, made})
		}
	}
	written, err := b.guardRules(parent, recording)
	if err != nil {
		return err
	}
	if elsewhere = append(elsewhere, written...); len(elsewhere) > 0 {
		if err := b.ctx.Log.Info(fmt.Sprintf("AWS Config has no %s in %s: what they look at is not checked by it",
			strings.Join(elsewhere, ", "), b.settings.Region), nil); err != nil {
			return err
		}
	}
	return b.remedies(parent, remedies)
}

// managed makes a managed rule; nil where it cannot be told what it needs.
func (b builder) managed(parent pulumi.Resource, rule configRule, recording []pulumi.Resource) (*cfg.Rule, error) {
	args := &cfg.RuleArgs{
		Name:   pulumi.String(b.plan.Gate + "-" + rule.slug()),
		Source: cfg.RuleSourceArgs{Owner: pulumi.String("AWS"), SourceIdentifier: pulumi.String(rule.identifier)},
	}
	if rule.item != "" {
		args.Scope = b.scope(rule.item)
	}
	parameters, told, err := b.parameters(rule)
	if err != nil || !told {
		return nil, err
	}
	if len(parameters) > 0 {
		args.InputParameters = pulumi.JSONMarshal(parameters)
	}
	return cfg.NewRule(b.ctx, b.called(rule.slug()), args, pulumi.Parent(parent), pulumi.DependsOn(recording))
}

// holdsTags are the types whose items have the tags of the resource: for each there is a
// managed rule that looks at them, such as ECR_REPOSITORY_TAGGED, and of secrets an
// example of AWS's (github.com/aws-samples/aws-config-custom-policy-rule-samples). Items
// of pipelines have none, whatever the pipeline has.
var holdsTags = []string{itemProject, itemRepository, itemBucket, itemSecret}

// scope is what a rule looks at: resources with the gate's tag where items hold tags,
// else all of the type. AWS Config takes one or the other. Whoever takes the tag off
// takes the resource out of these rules, and not out of those in Guard.
func (b builder) scope(item string) cfg.RuleScopeArgs {
	if slices.Contains(holdsTags, item) {
		return cfg.RuleScopeArgs{TagKey: pulumi.String(naming.GateTag), TagValue: pulumi.String(b.plan.Gate)}
	}
	return ofType(item)
}

// ofType is all there is of a type.
func ofType(item string) cfg.RuleScopeArgs {
	return cfg.RuleScopeArgs{ComplianceResourceTypes: pulumi.ToStringArray([]string{item})}
}
