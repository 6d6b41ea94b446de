package gate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/guard"
)

// written are the rules in Guard of a gate, by name.
func written(t *testing.T, r *gatetest.Recording) map[string]*gatetest.Resource {
	t.Helper()
	all := map[string]*gatetest.Resource{}
	for _, rule := range r.Of(t, ruleType) {
		if rule.Text("source.owner") == "CUSTOM_POLICY" {
			all[strings.TrimPrefix(rule.Text("name"), "prodgate-")] = rule
		}
	}
	return all
}

const policyText = "source.customPolicyDetails.policyText"

func TestConfigRules_GuardRulesAsAWSConfigTakesThem(t *testing.T) {
	t.Parallel()
	rules, err := guard.Rules()
	if err != nil {
		t.Fatal(err)
	}
	r := built(t, approved("api", "web"))
	made := written(t, r)
	made["pipeline-codecommit"] = written(t, built(t, committed(approved("api", "web"))))["pipeline-codecommit"]
	for _, rule := range rules {
		got := made[rule.Name]
		if got == nil {
			t.Errorf("%s is not made", rule.Name)
			continue
		}
		delete(made, rule.Name)
		text := got.Text(policyText)
		if !strings.HasSuffix(text, rule.Body()) || len(text) > guard.MaxPolicy {
			t.Errorf("%s is\n%s", rule.Name, text)
		}
		if runtime := got.Text("source.customPolicyDetails.policyRuntime"); runtime != "guard-2.x.x" {
			t.Errorf("%s is for %s", rule.Name, runtime)
		}
		if types := texts(got, "scope.complianceResourceTypes"); !slices.Equal(types, []string{rule.Type}) || got.Text("scope.tagKey") != "" {
			t.Errorf("%s looks at %v", rule.Name, types)
		}
		var messages []string
		for _, detail := range got.Input("source.sourceDetails").ArrayValue() {
			messages = append(messages, detail.ObjectValue()["messageType"].StringValue())
		}
		if !slices.Equal(messages, []string{"ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification"}) {
			t.Errorf("%s is asked on %v", rule.Name, messages)
		}
	}
	if len(made) > 0 {
		t.Errorf("are nobody's: %v", slices.Collect(maps.Keys(made)))
	}
}

func TestConfigRules_GuardRulesNameTheGate(t *testing.T) {
	t.Parallel()
	r := built(t, approved("api", "web"))
	made := written(t, r)
	pipeline := r.One(t, "aws:codepipeline/pipeline:Pipeline", "gate-api")
	project := r.One(t, "aws:codebuild/project:Project", "gate-api-build")
	stage := func(name string) string {
		for i, stage := range pipeline.Input("stages").ArrayValue() {
			if stage.ObjectValue()["name"].StringValue() == name {
				return fmt.Sprint("configuration.pipeline.stages.", i)
			}
		}
		t.Fatalf("%s has no stage %s", pipeline, name)
		return ""
	}
	for rule, lets := range map[string][]string{
		"pipeline-actions":    {`check_function = "prodgate-verifier"`, `pipelines = /-prodgate$/`, `projects = /^prodgate-/`, `region = "eu-west-2"`, `roles = /:role\/prodgate\/./`, `shared_projects = ["prodgate-findings", "prodgate-packages", "prodgate-sign", "prodgate-prepare", "prodgate-verify", "prodgate-dast"]`},
		"pipeline-approval":   {"approval_stage = " + stage("Approve"), "deploy_stage = " + stage("Deploy"), `pipelines = /-prodgate$/`},
		"pipeline-artifacts":  {`artifact_bucket = "` + r.One(t, bucketType, "gate-artifacts").Text("bucket") + `"`, `artifact_key = "` + pipeline.Text("artifactStores.encryptionKey.id") + `"`, `pipelines = /-prodgate$/`},
		"pipeline-trigger":    {`branch = "prod"`, `pipelines = /-prodgate$/`, `repositories = ["example-org/web"]`},
		"pipeline-type":       {`pipelines = /-prodgate$/`},
		"project-buildspec":   {`projects = /^prodgate-/`},
		"project-environment": {`app_projects = [/^prodgate-.+-/, /^prodgate-(findings|packages|sign|prepare|verify|dast)$/]`, `artifact_key = "` + project.Text("encryptionKey") + `"`, `build_image = "` + project.Text("environment.image") + `"`, `roles = /:role\/prodgate\/./`},
		"project-privileged":  {`docker_projects = /^prodgate-.+-build$/`, `projects = /^prodgate-/`},
		"project-source":      {`projects = /^prodgate-/`},
		"role-bounds":         {`boundaries = /:policy\/prodgate\/boundary\/./`, `role_paths = /^\/prodgate\/./`, `role_policies = [/:policy\/prodgate\/./, /:aws:policy\/service-role\/AWS_ConfigRole$/]`},
	} {
		var got []string
		for line := range strings.Lines(made[rule].Text(policyText)) {
			if let, is := strings.CutPrefix(line, "let "); is {
				got = append(got, strings.TrimSpace(let))
			}
		}
		if !slices.Equal(got, lets) {
			t.Errorf("%s begins with %q, want %q", rule, got, lets)
		}
		delete(made, rule)
	}
	if len(made) > 0 {
		t.Errorf("are not looked at: %v", slices.Collect(maps.Keys(made)))
	}
}

func TestConfigRules_ApprovalWherePeopleApprove(t *testing.T) {
	t.Parallel()
	if written(t, built(t, config("api")))["pipeline-approval"] != nil {
		t.Error("an approval is asked for that nobody gives")
	}
	if written(t, built(t, approved("api")))["pipeline-approval"] == nil {
		t.Error("nobody asks for the approval")
	}
}

func TestConfigRules_RoleRulesWhereIAMIsRecorded(t *testing.T) {
	t.Parallel()
	r := built(t, everything(t, "me-central-1"))
	if written(t, r)["role-bounds"] != nil || !strings.Contains(strings.Join(r.Notes, "\n"), "role-bounds in me-central-1") {
		t.Errorf("the notes are %q", r.Notes)
	}
}

func TestConfigRules_WarnOfGuardRuleLeftOut(t *testing.T) {
	t.Parallel()
	for _, n := range []int{50, 100} {
		c := config()
		var apps []any
		for i := range n {
			one := app(fmt.Sprintf("a%03d-%020d", i, i))
			one["repository"] = fmt.Sprintf("r%03d-%090d", i, i)
			apps = append(apps, one)
		}
		c["apps"] = apps
		delete(c["source"].(object), "repository") // every app has its own
		r := builtRooms(t, c, detectionRoom)
		fits := n == 50
		if made := written(t, r)["pipeline-trigger"]; (made != nil) != fits || made != nil && len(made.Text(policyText)) > guard.MaxPolicy {
			t.Errorf("%d repositories: the rule is made: %t", n, made != nil)
		}
		if warned := strings.Contains(strings.Join(r.Warnings, "\n"), "pipeline-trigger is left out"); warned == fits {
			t.Errorf("%d repositories: %q", n, r.Warnings)
		}
	}
}
