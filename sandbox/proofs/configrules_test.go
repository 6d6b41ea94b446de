package proofs

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	configtypes "github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"prodgate/pkg/guard"
	"prodgate/sandbox/evaluators/cfnguard"
	"prodgate/sandbox/toolchain"
)

// expectedRules lists the names of the rules that the stack must have: the managed rules of the gate's
// tests, and the rules in Guard.
func (w *world) expectedRules() []string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(kit.Root, "pkg", "gate", "testdata", "managed-rules.json"))
	w.must(err)
	var managed map[string]any
	w.must(json.Unmarshal(text, &managed))
	secrets, organization := len(w.inventory()["secrets"]) > 0, w.Cloud.Organization.TargetID != ""
	var names []string
	for identifier := range managed {
		of := map[string]bool{"ACCOUNT_PART_OF_ORGANIZATIONS": organization, "GUARDDUTY_ENABLED_CENTRALIZED": organization}
		if there, is := of[identifier]; is && !there || strings.HasPrefix(identifier, "SECRETSMANAGER_") && !secrets {
			continue
		}
		names = append(names, "prodgate-"+strings.ToLower(strings.ReplaceAll(identifier, "_", "-")))
	}
	for _, rule := range w.guardRules() {
		names = append(names, "prodgate-"+rule.Name)
	}
	slices.Sort(names)
	return names
}

// guardRules lists the rules in Guard of a stack, without those of unused approvals and of the other
// source provider.
func (w *world) guardRules() []guard.Rule {
	w.Helper()
	all, err := guard.Rules()
	w.must(err)
	repositories, err := w.aws.codecommit.ListRepositories(w.Context(), &codecommit.ListRepositoriesInput{})
	w.must(err)
	absent := []string{map[bool]string{true: "pipeline-trigger", false: "pipeline-codecommit"}[len(repositories.Repositories) > 0]}
	if !w.approved() {
		absent = append(absent, "pipeline-approval")
	}
	return slices.DeleteFunc(all, func(rule guard.Rule) bool { return slices.Contains(absent, rule.Name) })
}

// assertConfigRules asserts that AWS Config has exactly the rules and remediations of the gate.
func (w *world) assertConfigRules() {
	w.Helper()
	rules, err := w.aws.config.DescribeConfigRules(w.Context(), &configservice.DescribeConfigRulesInput{})
	w.must(err)
	var names []string
	for _, rule := range rules.ConfigRules {
		names = append(names, awssdk.ToString(rule.ConfigRuleName))
		if rule.Scope != nil && rule.Scope.TagKey != nil {
			same(w.T, "the scope of "+*rule.ConfigRuleName, rule.Scope, &configtypes.Scope{TagKey: ptr("prodgate:gate"), TagValue: ptr("prodgate")})
		}
	}
	slices.Sort(names)
	same(w.T, "the Config rules", names, w.expectedRules())

	versioning, public := "prodgate-s3-bucket-versioning-enabled", "prodgate-s3-bucket-level-public-access-prohibited"
	role := ptr("arn:aws:iam::" + w.account() + ":role/prodgate/remediator/prodgate-remediator")
	remedies := w.remedies()
	same(w.T, "the remedies", keys(remedies), []string{public, versioning})
	static := func(values ...string) configtypes.RemediationParameterValue {
		return configtypes.RemediationParameterValue{StaticValue: &configtypes.StaticValue{Values: values}}
	}
	resource := configtypes.RemediationParameterValue{ResourceValue: &configtypes.ResourceValue{Value: configtypes.ResourceValueTypeResourceId}}
	for name, want := range map[string]configtypes.RemediationConfiguration{
		versioning: {TargetId: ptr("AWS-ConfigureS3BucketVersioning"), Parameters: map[string]configtypes.RemediationParameterValue{
			"AutomationAssumeRole": static(*role), "BucketName": resource, "VersioningState": static("Enabled"),
		}},
		public: {TargetId: ptr("AWS-DisableS3BucketPublicReadWrite"), Parameters: map[string]configtypes.RemediationParameterValue{
			"AutomationAssumeRole": static(*role), "S3BucketName": resource,
		}},
	} {
		got := remedies[name]
		same(w.T, "the runbook of "+name, got.TargetId, want.TargetId)
		same(w.T, "what it is told", got.Parameters, want.Parameters)
		if !got.Automatic || awssdk.ToInt32(got.MaximumAutomaticAttempts) != 3 || awssdk.ToInt64(got.RetryAttemptSeconds) != 600 {
			w.Errorf("%s is put right by itself: %t, %v times in %v seconds", name, got.Automatic, got.MaximumAutomaticAttempts, got.RetryAttemptSeconds)
		}
	}
}

// remedies lists the remediations in AWS Config, by rule.
func (w *world) remedies() map[string]configtypes.RemediationConfiguration {
	w.Helper()
	all := map[string]configtypes.RemediationConfiguration{}
	for some := range slices.Chunk(w.expectedRules(), 25) { // DescribeRemediationConfigurations takes no more
		got, err := w.aws.config.DescribeRemediationConfigurations(w.Context(), &configservice.DescribeRemediationConfigurationsInput{ConfigRuleNames: some})
		w.must(err)
		for _, one := range got.RemediationConfigurations {
			all[awssdk.ToString(one.ConfigRuleName)] = one
		}
	}
	return all
}

// failedGuardRules evaluates the deployed rules in Guard on an item with AWS's own interpreter, and
// returns those that fail, sorted.
func (w *world) failedGuardRules(kind string, item any) []string {
	w.Helper()
	program, err := toolchain.PrepareGuard(w.Context(), kit.Root, w.Logf)
	w.must(err)
	var policies []string
	for _, rule := range w.guardRules() {
		if rule.Type == kind {
			policies = append(policies, w.policyText(rule.Name))
		}
	}
	verdicts, err := cfnguard.Evaluate(w.Context(), program, policies, item)
	w.must(err)
	if len(verdicts[0].Passed)+len(verdicts[0].Failed) == 0 {
		w.Errorf("no rule is about %s: %v", kind, verdicts[0].Skipped)
	}
	slices.Sort(verdicts[0].Failed)
	return slices.Clip(verdicts[0].Failed)
}

// policyText is the text of a rule in Guard from AWS Config.
func (w *world) policyText(rule string) string {
	w.Helper()
	got, err := w.aws.config.GetCustomRulePolicy(w.Context(), &configservice.GetCustomRulePolicyInput{ConfigRuleName: ptr("prodgate-" + rule)})
	w.must(err)
	return awssdk.ToString(got.PolicyText)
}

// The item types of rules in Guard, and the first app's resources.
const (
	pipelineItems, projectItems, roleItems = "AWS::CodePipeline::Pipeline", "AWS::CodeBuild::Project", "AWS::IAM::Role"
	firstPipeline, firstProject            = "backend-flask-prodgate", "prodgate-backend-flask-build"
)

// TestConfigRules_EvaluateDeployed evaluates the rules of a deployed gate on what AWS Config would record
// of it, and then tampers with one part after the other.
func TestConfigRules_EvaluateDeployed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dev", "prod"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldUp(t, name)
			w.assertConfigRules()
			w.assertGuardRulesPass("as deployed")
			same(t, "a second preview", w.planned(), map[string]string{})
			w.assertTamperingFound()
			w.removeConfigRules()
			w.up()
			w.assertConfigRules()
			w.assertGuardRulesPass("put right")
			same(t, "a preview after the repair", w.planned(), map[string]string{})

			// A rule in Guard follows the settings that it names.
			w.configure(replace("prodgate:build:\n", "prodgate:build:\n    image: aws/codebuild/amazonlinux-x86_64-standard:4.0\n"))
			want := map[string]string{
				"aws:cfg/rule:Rule gate-project-environment":     "update",
				"aws:ssm/parameter:Parameter gate-backend-flask": "update",
				"aws:ssm/parameter:Parameter gate-known-state":   "update",
			}
			for _, project := range w.inventory()["projects"] { // each is called as its resource is
				want["aws:codebuild/project:Project gate-"+strings.TrimPrefix(project, "prodgate-")] = "update"
			}
			same(t, "another image", w.planned(), want)
			w.up()
			w.assertGuardRulesPass("in another image")
		})
	}
}

// assertGuardRulesPass asserts that no rule in Guard fails.
func (w *world) assertGuardRulesPass(when string) {
	w.Helper()
	for what, failed := range map[string][]string{
		"the pipeline":                   w.failedGuardRules(pipelineItems, w.pipelineItem(firstPipeline)),
		"the pipeline with what V2 has":  w.failedGuardRules(pipelineItems, w.newPipelineItem(firstPipeline)),
		"the project":                    w.failedGuardRules(projectItems, w.projectItem(firstProject)),
		"the build's role":               w.failedGuardRules(roleItems, w.roleItem(firstProject)),
		"the role of AWS Config":         w.failedGuardRules(roleItems, w.roleItem("prodgate-recorder")),
		"the role that puts right":       w.failedGuardRules(roleItems, w.roleItem("prodgate-remediator")),
		"the pipeline's role, as it is,": w.failedGuardRules(roleItems, w.roleItem("prodgate-backend-flask-pipeline")),
	} {
		if len(failed) > 0 {
			w.Errorf("%s %s fails %v", when, what, failed)
		}
	}
}

// pipelineTampering is a change of a pipeline, and the rules that must fail.
type pipelineTampering struct {
	change func(*cptypes.PipelineDeclaration)
	finds  []string
	// newer is whether AWS Config would have to record what V2 has.
	newer bool
}

var pipelineTamperings = map[string]pipelineTampering{
	"another branch": {
		change: func(p *cptypes.PipelineDeclaration) { p.Stages[0].Actions[0].Configuration["BranchName"] = "main" },
		finds:  []string{"source_is_prod"},
	},
	"AWS's key for artifacts": {
		change: func(p *cptypes.PipelineDeclaration) { p.ArtifactStore.EncryptionKey = nil },
		finds:  []string{"artifacts_are_in_the_store"},
	},
	"a project of somebody else's": {
		change: func(p *cptypes.PipelineDeclaration) { p.Stages[1].Actions[0].Configuration["ProjectName"] = "mine" },
		finds:  []string{"builds_are_the_gates"},
	},
	"variables of a build": {
		change: func(p *cptypes.PipelineDeclaration) {
			p.Stages[1].Actions[0].Configuration["EnvironmentVariables"] = `[{"name":"APP","value":"other","type":"PLAINTEXT"}]`
		},
		finds: []string{"builds_are_the_gates"},
	},
	"executions that overtake each other": {
		change: func(p *cptypes.PipelineDeclaration) { p.ExecutionMode = cptypes.ExecutionModeSuperseded },
		finds:  []string{"executions_queue"}, newer: true,
	},
	"a trigger of main": {
		change: func(p *cptypes.PipelineDeclaration) {
			p.Triggers[0].GitConfiguration.Push[0].Branches.Includes = []string{"main"}
		},
		finds: []string{"pushes_to_prod_trigger"}, newer: true,
	},
}

// noApproval removes the approval, if any.
var noApproval = pipelineTampering{
	change: func(p *cptypes.PipelineDeclaration) {
		p.Stages = slices.DeleteFunc(p.Stages, func(s cptypes.StageDeclaration) bool { return *s.Name == "Approve" })
	},
	finds: []string{"approval_before_deployment"},
}

// assertTamperingFound tampers with what the rules in Guard cover: exactly the expected rules fail.
func (w *world) assertTamperingFound() {
	w.Helper()
	tamperings := maps.Clone(pipelineTamperings)
	if w.approved() {
		tamperings["no approval"] = noApproval
	}
	got, err := w.aws.codepipeline.GetPipeline(w.Context(), &codepipeline.GetPipelineInput{Name: ptr(firstPipeline)})
	w.must(err)
	original, err := json.Marshal(got.Pipeline)
	w.must(err)
	// In the order of their names: after the last one an up has something to put right that it sees,
	// and brings the trigger along.
	for _, what := range keys(tamperings) {
		tampering := tamperings[what]
		var p cptypes.PipelineDeclaration
		w.must(json.Unmarshal(original, &p))
		tampering.change(&p)
		_, err := w.aws.codepipeline.UpdatePipeline(w.Context(), &codepipeline.UpdatePipelineInput{Pipeline: &p})
		w.must(err)
		item := w.pipelineItem(firstPipeline)
		if tampering.newer {
			item = w.newPipelineItem(firstPipeline)
		}
		same(w.T, what+" is found by", w.failedGuardRules(pipelineItems, item), tampering.finds)
	}
	_, err = w.aws.codebuild.UpdateProject(w.Context(), &codebuild.UpdateProjectInput{
		Name:      ptr(firstProject),
		Source:    &cbtypes.ProjectSource{Type: cbtypes.SourceTypeGithub, Location: ptr("https://github.com/example-org/cruddur"), Buildspec: ptr("buildspec.yml")},
		Artifacts: &cbtypes.ProjectArtifacts{Type: cbtypes.ArtifactsTypeNoArtifacts},
	})
	w.must(err)
	same(w.T, "a source of the project's own is found by", w.failedGuardRules(projectItems, w.projectItem(firstProject)), []string{"buildspec_is_inline", "source_is_the_pipeline"})
	w.widenRoles()
	same(w.T, "a role that is wider is found by", w.failedGuardRules(roleItems, w.roleItem(firstProject)), []string{"role_is_bounded"})
}

// removeConfigRules removes a rule, the scope of another, and a remediation. Not the text
// of a rule: the provider (terraform-provider-aws 5.100) asks DescribeConfigRules, which
// leaves it out, so that neither refresh nor up sees a change of it.
func (w *world) removeConfigRules() {
	w.Helper()
	_, err := w.aws.config.PutConfigRule(w.Context(), &configservice.PutConfigRuleInput{ConfigRule: &configtypes.ConfigRule{
		ConfigRuleName: ptr("prodgate-s3-bucket-versioning-enabled"),
		Scope:          &configtypes.Scope{ComplianceResourceTypes: []string{"AWS::S3::Bucket"}},
		Source:         &configtypes.Source{Owner: configtypes.OwnerAws, SourceIdentifier: ptr("S3_BUCKET_VERSIONING_ENABLED")},
	}})
	w.must(err)
	_, err = w.aws.config.DeleteConfigRule(w.Context(), &configservice.DeleteConfigRuleInput{ConfigRuleName: ptr("prodgate-pipeline-trigger")})
	w.must(err)
	_, err = w.aws.config.DeleteRemediationConfiguration(w.Context(), &configservice.DeleteRemediationConfigurationInput{
		ConfigRuleName: ptr("prodgate-s3-bucket-level-public-access-prohibited"),
	})
	w.must(err)
}
