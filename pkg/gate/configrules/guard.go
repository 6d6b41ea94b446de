package configrules

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/guard"
)

// newGuardRules makes the rules in Guard, and returns those that AWS Config cannot have here. They evaluate
// everything of a type, and go by the gate's names: a tag can be taken off. The
// provider never reads a rule's text back (terraform-provider-aws, issue 31980): one
// that is changed by hand stays so, and is the alerts' to tell of.
func newGuardRules(s subject, parent pulumi.Resource, recording []pulumi.Resource) (elsewhere []string, err error) {
	rules, err := s.pipeline.GuardRules()
	if err != nil {
		return nil, err
	}
	values := s.guardValues()
	for _, rule := range rules {
		if rule.Type == itemRole && !recordsIAM(s.Context) {
			elsewhere = append(elsewhere, rule.Name)
			continue
		}
		if err := newGuardRule(s, parent, rule, values, recording); err != nil {
			return nil, fmt.Errorf("%s: %w", rule.Name, err)
		}
	}
	return elsewhere, nil
}

// newGuardRule makes one, unless its text is longer than AWS Config takes.
func newGuardRule(s subject, parent pulumi.Resource, rule guard.Rule, values map[string]pulumi.StringInput, recording []pulumi.Resource) error {
	named := pulumi.StringMap{}
	length := len(rule.Body())
	for _, name := range rule.Variables() {
		named[name] = values[name]
		if text, known := values[name].(pulumi.String); known {
			length += len(text)
		}
	}
	const around = 500 // the names, and what is not known before it is made
	if length > guard.MaxPolicy-around {
		return s.Ctx.Log.Warn(fmt.Sprintf("AWS Config rule %s is left out: it needs %d characters for this many repositories, AWS takes %d",
			rule.Name, length+around, guard.MaxPolicy), nil)
	}
	_, err := cfg.NewRule(s.Ctx, s.ChildName(rule.Name), &cfg.RuleArgs{
		Name:  pulumi.String(s.Names.Gate + "-" + rule.Name),
		Scope: ofType(rule.Type),
		Source: cfg.RuleSourceArgs{
			Owner: pulumi.String("CUSTOM_POLICY"),
			SourceDetails: cfg.RuleSourceSourceDetailArray{
				cfg.RuleSourceSourceDetailArgs{MessageType: pulumi.String("ConfigurationItemChangeNotification")},
				// Nobody gets out of sight by growing.
				cfg.RuleSourceSourceDetailArgs{MessageType: pulumi.String("OversizedConfigurationItemChangeNotification")},
			},
			CustomPolicyDetails: cfg.RuleSourceCustomPolicyDetailsArgs{
				PolicyRuntime: pulumi.String(guard.Runtime),
				PolicyText:    named.ToStringMapOutput().ApplyT(rule.Policy).(pulumi.StringOutput),
			},
		},
	}, pulumi.Parent(parent), pulumi.DependsOn(recording))
	return err
}

// guardValues are what the rules in Guard name.
func (s subject) guardValues() map[string]pulumi.StringInput {
	all := map[string]pulumi.StringInput{
		"artifact_key": pulumi.StringArray(s.Keys.Of("artifacts")).ToStringArrayOutput().Index(pulumi.Int(0)).ApplyT(func(arn string) string { return guard.Text(arn) }).(pulumi.StringOutput),
	}
	for name, value := range s.pipeline.GuardValues() {
		all[name] = pulumi.String(value)
	}
	return all
}
