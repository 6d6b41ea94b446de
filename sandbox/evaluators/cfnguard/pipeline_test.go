package cfnguard_test

import (
	"slices"
	"strings"
)

const (
	stages   = "configuration.pipeline.stages."
	source   = stages + "0.actions.0."
	build    = stages + "1.actions.0."
	triggers = "configuration.pipeline.triggers"
)

// pipelines are changes of a pipeline, beginning with none.
var pipelines = map[string]testCase{
	"a pipeline as it is": {},
	"another branch":      {changes: []change{{source + "configuration.BranchName", "main"}}, fails: []string{"source_is_prod"}},
	"another repository of the owner's": {
		changes: []change{{source + "configuration.FullRepositoryId", "example-org/other"}},
		fails:   []string{"source_is_prod"},
	},
	"every change of a source": {
		changes: []change{{source + "configuration.DetectChanges", "true"}},
		fails:   []string{"source_is_prod"},
	},
	"every change, by default": {
		changes: []change{{source + "configuration.DetectChanges", nothing{}}},
		fails:   []string{"source_is_prod"},
	},
	"a bucket as the source": {
		changes: []change{{source + "actionTypeId.provider", "S3"}},
		fails:   []string{"source_is_prod", "actions_are_the_gates"},
	},
	"a trigger as it is": {changes: []change{{triggers, pushes(func(object) {})}}},
	"a trigger of another branch": {
		changes: []change{{triggers, pushes(func(x object) { push(x)["branches"] = object{"includes": []any{"main"}} })}},
		fails:   []string{"pushes_to_prod_trigger"},
	},
	"a trigger of one branch more": {
		changes: []change{{triggers, pushes(func(x object) { push(x)["branches"] = object{"includes": []any{"prod", "main"}} })}},
		fails:   []string{"pushes_to_prod_trigger"},
	},
	"a trigger of every branch": {
		changes: []change{{triggers, pushes(func(x object) { delete(push(x), "branches") })}},
		fails:   []string{"pushes_to_prod_trigger"},
	},
	"a trigger of tags": {
		changes: []change{{triggers, pushes(func(x object) { push(x)["tags"] = object{"includes": []any{"v*"}} })}},
		fails:   []string{"pushes_to_prod_trigger"},
	},
	"a trigger of pull requests": {
		changes: []change{{triggers, pushes(func(x object) { x["gitConfiguration"].(object)["pullRequest"] = []any{object{}} })}},
		fails:   []string{"pushes_to_prod_trigger"},
	},
	"no approval": {
		changes: []change{{stages + "2", nothing{}}},
		fails:   []string{"approval_before_deployment"},
	},
	"an approval after the deployment": {
		changes: []change{{stages + "2", deploy}, {stages + "3", approve}},
		fails:   []string{"approval_before_deployment"},
	},
	"an approval that a deployment is beside": {
		changes: []change{{stages + "2.actions", slices.Concat(approve["actions"].([]any), deploy["actions"].([]any))}},
		fails:   []string{"approval_before_deployment"},
	},
	"a stage that deploys before it": {
		changes: []change{{build + "actionTypeId.category", "Deploy"}, {build + "actionTypeId.provider", "ECS"}},
		fails:   []string{"approval_before_deployment"},
	},
	"a key of somebody else's": {
		changes: []change{{"configuration.pipeline.artifactStore.encryptionKey.id", "arn:aws:kms:eu-west-2:111111111111:key/other"}},
		fails:   []string{"artifacts_are_in_the_store"},
	},
	"AWS's key for artifacts": {
		changes: []change{{"configuration.pipeline.artifactStore.encryptionKey", nothing{}}},
		fails:   []string{"artifacts_are_in_the_store"},
	},
	"a bucket of somebody else's": {
		changes: []change{{"configuration.pipeline.artifactStore.location", "others"}},
		fails:   []string{"artifacts_are_in_the_store"},
	},
	"stores of other regions": {
		changes: []change{{"configuration.pipeline.artifactStores", object{"us-east-1": object{"type": "S3", "location": "others"}}}},
		fails:   []string{"artifacts_are_in_the_store"},
	},
	"a role of somebody else's": {
		changes: []change{{"configuration.pipeline.roleArn", "arn:aws:iam::111111111111:role/admin"}},
		fails:   []string{"actions_are_the_gates"},
	},
	"an action's own role": {
		changes: []change{{build + "roleArn", "arn:aws:iam::111111111111:role/admin"}},
		fails:   []string{"actions_are_the_gates"},
	},
	"an action in another region": {changes: []change{{build + "region", "us-east-1"}}, fails: []string{"actions_are_the_gates"}},
	"an action in the region":     {changes: []change{{build + "region", "eu-west-2"}}},
	"a function":                  {changes: []change{{build + "actionTypeId.provider", "Lambda"}}, fails: []string{"functions_are_the_gates"}},
	"an action of another kind":   {changes: []change{{build + "actionTypeId.provider", "Jenkins"}}, fails: []string{"actions_are_the_gates"}},
	"an action of a third party": {
		changes: []change{{build + "actionTypeId.owner", "ThirdParty"}},
		fails:   []string{"actions_are_the_gates"},
	},
	"a project of somebody else's": {
		changes: []change{{build + "configuration.ProjectName", "mine"}},
		fails:   []string{"builds_are_the_gates"},
	},
	"variables of an action": {
		changes: []change{{build + "configuration.EnvironmentVariables", "[]"}},
		fails:   []string{"builds_are_the_gates"},
	},
	"variables of an action that looks at what was deployed": {
		changes: []change{{build + "configuration.ProjectName", "prodgate-verify"}, {build + "configuration.EnvironmentVariables", "[]"}},
	},
	"another buildspec for an action": {
		changes: []change{{build + "configuration.BuildspecOverride", "version: 0.2"}},
		fails:   []string{"builds_are_the_gates"},
	},
	"a condition that skips the approval": {
		changes: []change{{stages + "2.beforeEntry", object{"conditions": []any{object{"result": "SKIP", "rules": []any{object{"name": "r"}}}}}}},
		fails:   []string{"stages_have_no_conditions"},
	},
	"a condition after a stage": {
		changes: []change{{stages + "1.onSuccess", object{"conditions": []any{object{"result": "ROLLBACK"}}}}},
		fails:   []string{"stages_have_no_conditions"},
	},
	"a condition after a failure": {
		changes: []change{{stages + "3.onFailure", object{"result": "ROLLBACK", "conditions": []any{object{"result": "SKIP"}}}}},
		fails:   []string{"stages_have_no_conditions"},
	},
	"a stage that rolls back": {changes: []change{{stages + "3.onFailure", object{"result": "ROLLBACK"}}}},
	"V1":                      {changes: []change{{"configuration.pipeline.pipelineType", "V1"}}, fails: []string{"type_is_v2"}},
	"V2":                      {changes: []change{{"configuration.pipeline.pipelineType", "V2"}}},
	"executions that overtake each other": {
		changes: []change{{"configuration.pipeline.executionMode", "SUPERSEDED"}},
		fails:   []string{"executions_queue"},
	},
	"executions that wait": {changes: []change{{"configuration.pipeline.executionMode", "QUEUED"}}},
	"a pipeline of somebody else's": {
		changes: []change{{"resourceName", "api-prodgate-2"}, {source + "configuration.BranchName", "main"}},
		foreign: true,
	},
}

// fromCodeCommit changes the source of a pipeline to CodeCommit.
func fromCodeCommit() []change {
	return []change{
		{source + "actionTypeId.provider", "CodeCommit"},
		{source + "configuration", object{
			"BranchName": "prod", "OutputArtifactFormat": "CODE_ZIP", "PollForSourceChanges": "false", "RepositoryName": "example-org/web",
		}},
	}
}

// committed are the cases of pipelines whose source is CodeCommit, and the violations of the
// other pipelines again, because the rules are the same.
var committed = func() map[string]testCase {
	all := map[string]testCase{
		"another branch":     {changes: []change{{source + "configuration.BranchName", "main"}}, fails: []string{"source_is_prod_of_codecommit"}},
		"another repository": {changes: []change{{source + "configuration.RepositoryName", "other"}}, fails: []string{"source_is_prod_of_codecommit"}},
		"a source that polls": {
			changes: []change{{source + "configuration.PollForSourceChanges", "true"}},
			fails:   []string{"source_is_prod_of_codecommit"},
		},
		"a source that polls, by default": {
			changes: []change{{source + "configuration.PollForSourceChanges", nothing{}}},
			fails:   []string{"source_is_prod_of_codecommit"},
		},
		"a trigger": {changes: []change{{triggers, pushes(func(object) {})}}, fails: []string{"source_is_prod_of_codecommit"}},
		"a bucket as the source": {
			changes: []change{{source + "actionTypeId.provider", "S3"}},
			fails:   []string{"source_is_prod_of_codecommit", "actions_are_the_gates"},
		},
	}
	for name, one := range pipelines {
		if _, own := all[name]; !own && !slices.ContainsFunc(one.changes, func(c change) bool {
			return strings.HasPrefix(c.path, source) || c.path == triggers
		}) {
			all[name] = one
		}
	}
	return all
}()

// approve is the stage before the deployment, deploy the stage that changes production.
var (
	approve = stage("Approve", "Approval", "Manual")
	deploy  = stage("Deploy", "Deploy", "ECS")
)

// stage has one action.
func stage(name, category, provider string) object {
	return object{"name": name, "actions": []any{object{"name": name, "actionTypeId": object{
		"category": category, "owner": "AWS", "provider": provider, "version": "1",
	}}}}
}

// pushes is a trigger as CodePipeline describes it, which AWS Config may record one day.
func pushes(change func(trigger object)) []any {
	trigger := object{
		"providerType": "CodeStarSourceConnection",
		"gitConfiguration": object{
			"sourceActionName": "GitHub",
			"push":             []any{object{"branches": object{"includes": []any{"prod"}}, "filePaths": object{"includes": []any{"api/**"}}}},
		},
	}
	change(trigger)
	return []any{trigger}
}

func push(trigger object) object {
	return trigger["gitConfiguration"].(object)["push"].([]any)[0].(object)
}
