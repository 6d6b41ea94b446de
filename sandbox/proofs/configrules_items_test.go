package proofs

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
)

// The configuration items that AWS Config would record of what the emulator holds. How
// they differ from what the services answer is from items that AWS Config recorded,
// which the tests of github.com/cloud-custodian/cloud-custodian hold, and from AWS's
// schema of them (github.com/awslabs/aws-config-resource-schema).

// configItem is one of a resource.
func configItem(kind, name string, configuration any) any {
	return map[string]any{
		"resourceType": kind, "resourceName": name, "configurationItemStatus": "OK", "configuration": configuration,
		"supplementaryConfiguration": map[string]any{},
	}
}

// pipelineItem is that of a pipeline: what GetPipeline answers, without what V2 has.
func (w *world) pipelineItem(name string) any {
	w.Helper()
	answer := w.asked("codepipeline", "get-pipeline", "--name", name)
	pipeline := answer["pipeline"].(map[string]any)
	for _, newer := range []string{"executionMode", "pipelineType", "triggers", "variables"} {
		delete(pipeline, newer)
	}
	return configItem("AWS::CodePipeline::Pipeline", name, answer)
}

// newPipelineItem is pipelineItem with what V2 has, should AWS Config record it.
func (w *world) newPipelineItem(name string) any {
	w.Helper()
	return configItem("AWS::CodePipeline::Pipeline", name, w.asked("codepipeline", "get-pipeline", "--name", name))
}

// projectItem is that of a project: what BatchGetProjects answers, with lists of sources
// and artifacts, another spelling, and no values of variables.
func (w *world) projectItem(name string) any {
	w.Helper()
	project := w.asked("codebuild", "batch-get-projects", "--names", name)["projects"].([]any)[0].(map[string]any)
	source := project["source"].(map[string]any)
	if text, is := source["buildspec"]; is {
		delete(source, "buildspec")
		source["buildSpec"] = text
	}
	project["source"], project["artifacts"] = []any{source}, []any{project["artifacts"]}
	for _, variable := range project["environment"].(map[string]any)["environmentVariables"].([]any) {
		if v := variable.(map[string]any); v["type"] == "PLAINTEXT" {
			v["value"] = "******"
		}
	}
	return configItem("AWS::CodeBuild::Project", name, project)
}

// roleItem is that of a role: IAM's answers in one, spelt as AWS Config spells.
func (w *world) roleItem(name string) any {
	w.Helper()
	role := w.asked("iam", "get-role", "--role-name", name)["Role"].(map[string]any)
	inline := w.asked("iam", "list-role-policies", "--role-name", name)["PolicyNames"].([]any)
	attached := w.asked("iam", "list-attached-role-policies", "--role-name", name)["AttachedPolicies"].([]any)
	configuration := map[string]any{"path": role["Path"], "roleName": name, "arn": role["Arn"]}
	if boundary, is := role["PermissionsBoundary"].(map[string]any); is {
		configuration["permissionsBoundary"] = map[string]any{"permissionsBoundaryArn": boundary["PermissionsBoundaryArn"]}
	}
	policies, given := []any{}, []any{}
	for _, policy := range inline {
		policies = append(policies, map[string]any{"policyName": policy})
	}
	for _, policy := range attached {
		p := policy.(map[string]any)
		given = append(given, map[string]any{"policyArn": p["PolicyArn"], "policyName": p["PolicyName"]})
	}
	configuration["rolePolicyList"], configuration["attachedManagedPolicies"] = policies, given
	return configItem("AWS::IAM::Role", name, configuration)
}

// asked is what a service answers, in the words of its API.
func (w *world) asked(args ...string) map[string]any {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), filepath.Join(kit.Bin, "aws"), append(args, "--region", region, "--output", "json")...)
	cmd.Env = append(w.Cloud.Env(), "PATH="+kit.Path())
	text, err := cmd.Output()
	w.must(err)
	var answer map[string]any
	w.must(json.Unmarshal(text, &answer))
	return answer
}
