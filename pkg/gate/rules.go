package gate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/address"
)

// configRule is one of AWS Config's managed rules.
type configRule struct {
	// identifier is AWS's, which is not always the rule's name in capitals.
	identifier string
	// types are what it looks at whenever one of them changes; nil for a rule that looks
	// once a day, at the whole account: AWS Config takes no scope for those.
	types []string
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

// value is what a parameter is: parts, which AWS Config takes with commas between. Of
// one without parts, the rule is not told.
type value func(builder) []pulumi.StringInput

// is is a value that is the same for every gate.
func is(text string) value {
	return func(builder) []pulumi.StringInput { return []pulumi.StringInput{pulumi.String(text)} }
}

// each is a value with a name for each of some things of the gate.
func each(names func(builder) []string) value {
	return func(b builder) []pulumi.StringInput {
		var parts []pulumi.StringInput
		for _, name := range names(b) {
			parts = append(parts, pulumi.String(name))
		}
		return parts
	}
}

// keys are the ARNs of those keys of the gate that are for these purposes.
func keys(purposes ...string) value {
	return func(b builder) []pulumi.StringInput {
		var arns []pulumi.StringInput
		for _, purpose := range purposes {
			if key := b.stock.keys[purpose]; key != nil {
				arns = append(arns, key.Arn)
			}
		}
		return arns
	}
}

// configRules makes the rules once the recorder runs: without one they are refused.
func (b builder) configRules(parent pulumi.Resource, recording []pulumi.Resource) error {
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
	if rule.types != nil {
		args.Scope = b.scope(rule.types)
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

// holdsTags are the types whose items in AWS Config have the tags of the resource: for
// each there is a managed rule that looks at them, such as ECR_REPOSITORY_TAGGED, and
// of secrets an example of AWS's (aws-config-custom-policy-rule-samples). Items of
// pipelines have none, whatever the pipeline has.
var holdsTags = []string{itemProject, itemRepository, itemBucket, itemSecret}

// scope is what a rule looks at: resources with the gate's tag where items hold tags,
// else all of the types. AWS Config takes one or the other. Whoever takes the tag off
// takes the resource out of these rules, and not out of those in Guard.
func (b builder) scope(types []string) cfg.RuleScopePtrInput {
	for _, one := range types {
		if !slices.Contains(holdsTags, one) {
			return cfg.RuleScopeArgs{ComplianceResourceTypes: pulumi.ToStringArray(types)}
		}
	}
	return cfg.RuleScopeArgs{TagKey: pulumi.String(address.GateTag), TagValue: pulumi.String(b.plan.Gate)}
}

// maxParameters is the limit of PutConfigRule's InputParameters, in characters.
const maxParameters = 1024

// parameters are what a rule is told, every value a string as AWS Config wants it. A
// list that is too long for many apps is left out, and the rule with it that needs it.
func (b builder) parameters(rule configRule) (parameters pulumi.Map, told bool, err error) {
	parts := map[string][]pulumi.StringInput{}
	for name, value := range rule.parameters {
		if list := value(b); len(list) > 0 {
			parts[name] = list
		}
	}
	for size := lengthOfParameters(parts); size > maxParameters; size = lengthOfParameters(parts) {
		longest := slices.MaxFunc(slices.Sorted(maps.Keys(parts)), func(x, y string) int { return len(parts[x]) - len(parts[y]) })
		what, told := "is made without "+longest, longest != rule.needs
		if !told {
			what = "is left out"
		}
		if err := b.ctx.Log.Warn(fmt.Sprintf("AWS Config rule %s %s: its parameters need %d characters for this many apps, AWS takes %d",
			rule.identifier, what, size, maxParameters), nil); err != nil || !told {
			return nil, false, err
		}
		delete(parts, longest)
	}
	parameters = pulumi.Map{}
	for name, list := range parts {
		parameters[name] = pulumi.StringArray(list).ToStringArrayOutput().ApplyT(func(list []string) string {
			return strings.Join(list, ",")
		})
	}
	return parameters, true, nil
}

// lengthOfParameters is how long parameters are as JSON.
func lengthOfParameters(parts map[string][]pulumi.StringInput) int {
	const arn = "arn:aws-us-gov:kms:ap-southeast-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	texts := map[string]string{}
	for name, list := range parts {
		all := make([]string, len(list))
		for i, part := range list {
			all[i] = arn // a key's, which is not known before it is made
			if text, known := part.(pulumi.String); known {
				all[i] = string(text)
			}
		}
		texts[name] = strings.Join(all, ",")
	}
	text, _ := json.Marshal(texts) // of strings
	return len(text)
}
