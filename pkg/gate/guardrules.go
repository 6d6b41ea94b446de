package gate

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codepipeline"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/guard"
	"prodgate/pkg/naming"
)

// guardOf are the rules in Guard that are for this gate.
func (b builder) guardOf() ([]guard.Rule, error) {
	all, err := guard.Rules()
	var rules []guard.Rule
	absent := map[string]bool{
		"pipeline-approval": !b.asksForApproval(), "pipeline-trigger": b.settings.FromCodeCommit(), "pipeline-codecommit": !b.settings.FromCodeCommit(),
	}
	for _, rule := range all {
		if !absent[rule.Name] {
			rules = append(rules, rule)
		}
	}
	return rules, err
}

// guardRules makes them, and returns those that AWS Config cannot have here. They look
// at all there is of a type, and go by the gate's names: a tag can be taken off. The
// provider never reads a rule's text back (terraform-provider-aws, issue 31980): one
// that is changed by hand stays so, and is the alerts' to tell of.
func (b builder) guardRules(parent pulumi.Resource, recording []pulumi.Resource) (elsewhere []string, err error) {
	rules, err := b.guardOf()
	if err != nil {
		return nil, err
	}
	values := b.guardValues()
	for _, rule := range rules {
		if rule.Type == itemRole && !b.recordsIAM() {
			elsewhere = append(elsewhere, rule.Name)
			continue
		}
		if err := b.guardRule(parent, rule, values, recording); err != nil {
			return nil, fmt.Errorf("%s: %w", rule.Name, err)
		}
	}
	return elsewhere, nil
}

// guardRule makes one, unless its text is longer than AWS Config takes.
func (b builder) guardRule(parent pulumi.Resource, rule guard.Rule, values map[string]pulumi.StringInput, recording []pulumi.Resource) error {
	told := pulumi.StringMap{}
	length := len(rule.Body())
	for _, name := range rule.Names() {
		told[name] = values[name]
		if text, known := values[name].(pulumi.String); known {
			length += len(text)
		}
	}
	const around = 500 // the names, and what is not known before it is made
	if length > guard.MaxPolicy-around {
		return b.ctx.Log.Warn(fmt.Sprintf("AWS Config rule %s is left out: it needs %d characters for this many repositories, AWS takes %d",
			rule.Name, length+around, guard.MaxPolicy), nil)
	}
	_, err := cfg.NewRule(b.ctx, b.called(rule.Name), &cfg.RuleArgs{
		Name:  pulumi.String(b.plan.Gate + "-" + rule.Name),
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
				PolicyText:    told.ToStringMapOutput().ApplyT(rule.Policy).(pulumi.StringOutput),
			},
		},
	}, pulumi.Parent(parent), pulumi.DependsOn(recording))
	return err
}

// guardValues are what the rules in Guard name.
func (b builder) guardValues() map[string]pulumi.StringInput {
	repositories := b.settings.Repositories()
	if !b.settings.FromCodeCommit() {
		for i, name := range repositories {
			repositories[i] = b.settings.Source.Owner + "/" + name
		}
	}
	gate := regexp.QuoteMeta(b.plan.Gate)
	values := map[string]string{
		"artifact_bucket": guard.Text(b.plan.Bucket("artifacts").Name),
		"boundaries":      guard.Pattern(":policy/" + gate + "/boundary/."),
		"branch":          guard.Text(ProdBranch),
		"build_image":     guard.Text(b.settings.Build.Image),
		"told_projects":   guard.Texts(b.toldProjects()...),
		"pipelines":       guard.Pattern("-" + gate + "$"),
		"projects":        guard.Pattern("^" + gate + "-"),
		"app_projects":    guard.Patterns("^"+gate+"-.+-", "^"+gate+"-("+strings.Join(sharedProjects, "|")+")$"),
		"docker_projects": guard.Pattern("^" + gate + "-.+-" + naming.Build + "$"),
		"region":          guard.Text(b.settings.Region),
		"repositories":    guard.Texts(repositories...),
		"role_paths":      guard.Pattern("^/" + gate + "/."),
		"role_policies":   guard.Patterns(":policy/"+gate+"/.", ":aws:policy/service-role/AWS_ConfigRole$"),
		"roles":           guard.Pattern(":role/" + gate + "/."),
	}
	for i, name := range b.stageNames() {
		at := func(i int) string { return guard.Path("configuration.pipeline.stages." + strconv.Itoa(i)) }
		switch name {
		case naming.ApprovalStage:
			values["approval_stage"] = at(i)
		case naming.DeployStage:
			values["deploy_stage"] = at(i)
		}
	}
	all := map[string]pulumi.StringInput{
		"artifact_key": b.stock.keys["artifacts"].Arn.ApplyT(func(arn string) string { return guard.Text(arn) }).(pulumi.StringOutput),
	}
	for name, value := range values {
		all[name] = pulumi.String(value)
	}
	return all
}

// sharedProjects are those that every pipeline starts for its app, and tells of it.
var sharedProjects = []string{naming.Findings, naming.Signer, naming.Preparer, naming.Verify, naming.Dast}

// toldProjects are the names of all projects that read variables of an action.
func (b builder) toldProjects() []string {
	names := []string{b.plan.VerifierBeforeDeploy().Name}
	for _, what := range sharedProjects {
		names = append(names, b.plan.Shared(what).Name)
	}
	return names
}

// stageNames are what the stages of every pipeline are called, in order: that does not
// depend on what is in them.
func (b builder) stageNames() []string {
	var names []string
	for _, stage := range b.stages(b.settings.Apps[0], &source{}, &alerts{}) {
		names = append(names, string(stage.(codepipeline.PipelineStageArgs).Name.(pulumi.String)))
	}
	return names
}
