package gate_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const (
	sourceType      = "aws:codecommit/repository:Repository"
	templateType    = "aws:codecommit/approvalRuleTemplate:ApprovalRuleTemplate"
	associationType = "aws:codecommit/approvalRuleTemplateAssociation:ApprovalRuleTemplateAssociation"
	sourceLookup    = "aws:codecommit/getRepository:getRepository"
)

func TestSource_CodeCommitRequiresApproval(t *testing.T) {
	t.Parallel()
	r := built(t, committed(config("api", "web")))
	template := r.One(t, templateType, "gate-prod")
	var rule map[string]any
	if err := json.Unmarshal([]byte(template.Text("content")), &rule); err != nil {
		t.Fatal(err)
	}
	if want := (map[string]any{
		"Version": "2018-11-08", "DestinationReferences": []any{"refs/heads/prod"},
		"Statements": []any{map[string]any{
			"Type": "Approvers", "NumberOfApprovalsNeeded": 2.0, "ApprovalPoolMembers": []any{"arn:aws:sts::111111111111:assumed-role/reviewer/*"},
		}},
	}); !reflect.DeepEqual(rule, want) {
		t.Errorf("the rule is %v, want %v", rule, want)
	}
	if repository := r.One(t, sourceType, "gate-web"); repository.Text("repositoryName") != "web" || repository.Protect {
		t.Errorf("%s is %v", repository, repository.Inputs)
	}
	if asked := r.One(t, associationType, "gate-web"); asked.Text("approvalRuleTemplateName") != "prodgate-prod" || asked.Text("repositoryName") != "web" {
		t.Errorf("%s is %v", asked, asked.Inputs)
	}
	for _, one := range r.All() {
		if strings.HasPrefix(one.Type, "github:") || strings.HasPrefix(one.Type, "aws:codeconnections/") {
			t.Errorf("%s is of another source", one)
		}
	}
	for _, invoke := range r.Invokes {
		if strings.HasPrefix(invoke.Token, "github:") {
			t.Errorf("GitHub is asked: %s", invoke.Token)
		}
	}
	for _, name := range []string{"connectionArn", "connectionStatus", "connectionHandshake"} {
		if got := r.Outputs[name].Value; got != "" {
			t.Errorf("%s is %v", name, got)
		}
	}
}

func TestSource_CodeCommitAdopted(t *testing.T) {
	t.Parallel()
	c := committed(config("api"))
	c["source"].(object)["repositories"] = "adopt"
	r := built(t, c)
	for _, made := range r.All() {
		if made.Type == sourceType {
			t.Errorf("%s is made", made)
		}
	}
	if asked := r.One(t, associationType, "gate-web"); asked.Text("repositoryName") != "web" {
		t.Errorf("%s is %v", asked, asked.Inputs)
	}
	s := decoded(t, c)
	w := world(s)
	w.Refused = []string{sourceLookup}
	_, err := w.Run(program(s))
	if err == nil || !strings.Contains(err.Error(), `prodgate:source.repositories: "adopt": CodeCommit does not show web; correct the name, or set it to create`) {
		t.Errorf("says %v", err)
	}
}

// A change of prod starts the pipelines of its repository, and nothing else does.
func TestSource_CodeCommitStartsPipeline(t *testing.T) {
	t.Parallel()
	c := committed(config("api", "web"))
	c["apps"].([]any)[1].(object)["repository"] = "site"
	r := built(t, c)
	for app, repository := range map[string]string{"api": "web", "web": "site"} {
		rule := r.One(t, eventRuleType, "gate-"+app+"-prod")
		var pattern map[string]any
		if err := json.Unmarshal([]byte(rule.Text("eventPattern")), &pattern); err != nil {
			t.Fatal(err)
		}
		if want := (map[string]any{
			"source": []any{"aws.codecommit"}, "detail-type": []any{"CodeCommit Repository State Change"},
			"detail": map[string]any{
				"event": []any{"referenceCreated", "referenceUpdated"}, "referenceType": []any{"branch"}, "referenceName": []any{"prod"}, "repositoryName": []any{repository},
			},
		}); !reflect.DeepEqual(pattern, want) {
			t.Errorf("%s: %v, want %v", app, pattern, want)
		}
		target, pipeline := r.One(t, eventTargetType, "gate-"+app+"-prod"), r.One(t, pipelineType, "gate-"+app)
		if target.Text("arn") != pipeline.Output("arn") || target.Text("roleArn") != r.One(t, roleType, "gate-dispatcher").Output("arn") {
			t.Errorf("%s starts %v", rule, target.Inputs)
		}
		if triggers, there := pipeline.Inputs["triggers"]; there {
			t.Errorf("%s has triggers: %v", pipeline, triggers)
		}
		source := pipeline.Input("stages").ArrayValue()[0].ObjectValue()["actions"].ArrayValue()[0].ObjectValue()["configuration"].Mappable()
		if want := (map[string]any{
			"RepositoryName": repository, "BranchName": "prod", "OutputArtifactFormat": "CODE_ZIP", "PollForSourceChanges": "false",
		}); !reflect.DeepEqual(source, want) {
			t.Errorf("%s delivers %v, want %v", pipeline, source, want)
		}
		if !slices.Contains(pipeline.DependsOn, r.One(t, associationType, "gate-"+repository).URN) {
			t.Errorf("%s may run before anybody has to approve", pipeline)
		}
	}
	told := r.One(t, eventRuleType, "gate-source-changes")
	if pattern := told.Text("eventPattern"); !strings.Contains(pattern, `"referenceDeleted"`) || !strings.Contains(pattern, `["site","web"]`) {
		t.Errorf("%s matches %s", told, pattern)
	}
}

func TestSource_CodeCommitReadByItsPipeline(t *testing.T) {
	t.Parallel()
	r := built(t, committed(config("api", "web")))
	p, _ := own(t, r, r.One(t, roleType, "gate-api-pipeline"))
	var resources []string
	for _, s := range parsed(t, p).Statement {
		if slices.ContainsFunc(s.Action, func(action string) bool {
			return strings.HasPrefix(action, "code") && !strings.HasPrefix(action, "codebuild:")
		}) {
			resources = append(resources, s.Resource...)
		}
	}
	if want := []string{"arn:aws:codecommit:eu-west-2:111111111111:web"}; !slices.Equal(resources, want) {
		t.Errorf("%s may read %v, want %v", p, resources, want)
	}
}
