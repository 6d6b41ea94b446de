package cfnguard_test

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prodgate/pkg/guard"
	"prodgate/sandbox/cfnguard"
	"prodgate/sandbox/toolchain"
)

// values are those of the gate prodgate, with approvals.
var values = map[string]string{
	"app_projects":           guard.Pattern("^prodgate-.+-"),
	"approval_stage":         guard.Path("configuration.pipeline.stages.2"),
	"artifact_bucket":        guard.Text("prodgate-artifacts-111111111111-eu-west-2"),
	"artifact_key":           guard.Text("arn:aws:kms:eu-west-2:111111111111:key/key-of-gate-artifacts"),
	"boundaries":             guard.Pattern(":policy/prodgate/boundary/."),
	"branch":                 guard.Text("prod"),
	"build_image":            guard.Text("aws/codebuild/amazonlinux-x86_64-standard:5.0"),
	"deploy_stage":           guard.Path("configuration.pipeline.stages.3"),
	"docker_projects":        guard.Pattern("^prodgate-.+-build$"),
	"pipelines":              guard.Pattern("-prodgate$"),
	"projects":               guard.Pattern("^prodgate-"),
	"region":                 guard.Text("eu-west-2"),
	"repositories":           guard.Texts("example-org/api", "example-org/web"),
	"role_paths":             guard.Pattern("^/prodgate/."),
	"role_policies":          guard.Patterns(":policy/prodgate/.", ":aws:policy/service-role/AWS_ConfigRole$"),
	"roles":                  guard.Pattern(":role/prodgate/."),
	"stage_after_deployment": guard.Path("configuration.pipeline.stages.4"),
}

// policies are all rules as AWS Config gets them, by the type that each looks at.
func policies(t *testing.T) map[string][]string {
	t.Helper()
	rules, err := guard.Rules()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, rule := range rules {
		text, err := rule.Policy(values)
		if err != nil {
			t.Fatal(err)
		}
		all[rule.Type] = append(all[rule.Type], text)
	}
	return all
}

func program(t *testing.T) string {
	t.Helper()
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	path, err := toolchain.PrepareGuard(t.Context(), root, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// item is one that AWS Config recorded, with changes.
func item(t *testing.T, file string, changes ...change) any {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var read any
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		c.apply(t, read)
	}
	return read
}

// change is what is written at a path, such as configuration.source.0.type; nothing
// takes away what is there.
type change struct {
	path string
	to   any
}

type nothing struct{}

func (c change) apply(t *testing.T, in any) {
	t.Helper()
	steps := strings.Split(c.path, ".")
	for i, step := range steps {
		last := i == len(steps)-1
		switch at := in.(type) {
		case map[string]any:
			if !last {
				in = at[step]
			} else if c.to == (nothing{}) {
				delete(at, step)
			} else {
				at[step] = c.to
			}
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(at) {
				t.Fatalf("%s: there is no %s", c.path, step)
			}
			if last {
				at[n] = c.to
			}
			in = at[n]
		default:
			t.Fatalf("%s: there is no %s", c.path, step)
		}
	}
}

type object = map[string]any

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

const pipeline, project, role = "pipeline", "project", "role"

// approve is the stage that is before the deployment.
var approve = object{"name": "Approve", "actions": []any{object{"name": "Approve", "actionTypeId": object{
	"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1",
}}}}

// deploy is the stage that changes production.
var deploy = object{"name": "Deploy", "actions": []any{object{"name": "Service", "actionTypeId": object{
	"category": "Deploy", "owner": "AWS", "provider": "ECS", "version": "1",
}}}}

func TestRulesSayWhatIsWrongAndNothingElse(t *testing.T) {
	t.Parallel()
	const (
		stages = "configuration.pipeline.stages."
		source = stages + "0.actions.0."
		build  = stages + "1.actions.0."
	)
	recorded := item(t, pipeline).(object)["configuration"].(object)["pipeline"].(object)["stages"].([]any)
	cases := map[string]struct {
		of      string
		changes []change
		fails   []string
		// about is whether the item is of the gate; nil is yes.
		foreign bool
	}{
		"a pipeline as it is": {of: pipeline},
		"a project as it is":  {of: project},
		"a role as it is":     {of: role},

		"a buildspec in the repository, by name":        {of: project, changes: []change{{"configuration.source.0.buildSpec", "buildspec.yml"}}, fails: []string{"buildspec_is_inline"}},
		"a buildspec in a bucket":                       {of: project, changes: []change{{"configuration.source.0.buildSpec", "arn:aws:s3:::others/buildspec.yml"}}, fails: []string{"buildspec_is_inline"}},
		"the buildspec that a repository has":           {of: project, changes: []change{{"configuration.source.0.buildSpec", ""}}, fails: []string{"buildspec_is_inline"}},
		"no buildspec":                                  {of: project, changes: []change{{"configuration.source.0.buildSpec", nothing{}}}, fails: []string{"buildspec_is_inline"}},
		"a source that is one and no list":              {of: project, changes: []change{{"configuration.source", object{"type": "CODEPIPELINE", "buildSpec": "version: 0.2\n"}}}},
		"a project without a source":                    {of: project, changes: []change{{"configuration.source.0.type", "NO_SOURCE"}}},
		"a source at GitHub":                            {of: project, changes: []change{{"configuration.source.0.type", "GITHUB"}}, fails: []string{"source_is_the_pipeline"}},
		"a second source, in AWS Config's list":         {of: project, changes: []change{{"configuration.source", []any{object{"type": "CODEPIPELINE", "buildSpec": "a\nb"}, object{"type": "GITHUB", "buildSpec": "a\nb"}}}}, fails: []string{"source_is_the_pipeline"}},
		"a second source, as CodeBuild has it":          {of: project, changes: []change{{"configuration.secondarySources", []any{object{"type": "S3"}}}}, fails: []string{"source_is_the_pipeline"}},
		"secondary sources, none":                       {of: project, changes: []change{{"configuration.secondarySources", []any{}}}},
		"a webhook":                                     {of: project, changes: []change{{"configuration.webhook", object{"url": "https://api.github.com/repos/example-org/api/hooks/1"}}}, fails: []string{"nobody_calls_by_webhook"}},
		"a webhook that somebody has yet to create":     {of: project, changes: []change{{"configuration.webhook", object{"payloadUrl": "https://codebuild.eu-west-2.amazonaws.com/webhooks"}}}, fails: []string{"nobody_calls_by_webhook"}},
		"a project that does not run docker":            {of: project, changes: []change{{"resourceName", "prodgate-api-scan"}}, fails: []string{"privileged_to_run_docker"}},
		"one that is not privileged":                    {of: project, changes: []change{{"resourceName", "prodgate-api-scan"}, {"configuration.environment.privilegedMode", false}}},
		"one of no app, of another role, key and image": {of: project, changes: []change{{"resourceName", "prodgate-verifier"}, {"configuration.environment.privilegedMode", false}, {"configuration.encryptionKey", "alias/aws/s3"}}},
		"a role of somebody else's for a project":       {of: project, changes: []change{{"configuration.serviceRole", "arn:aws:iam::111111111111:role/admin"}}, fails: []string{"environment_is_the_gates"}},
		"AWS's key for what is built":                   {of: project, changes: []change{{"configuration.encryptionKey", "arn:aws:kms:eu-west-2:111111111111:alias/aws/s3"}}, fails: []string{"environment_is_the_gates"}},
		"an image of somebody else's to build in":       {of: project, changes: []change{{"configuration.environment.image", "111111111111.dkr.ecr.eu-west-2.amazonaws.com/mine:latest"}}, fails: []string{"environment_is_the_gates"}},
		"a cache":                          {of: project, changes: []change{{"configuration.cache", object{"type": "S3", "location": "others/cache"}}}, fails: []string{"nothing_stays"}},
		"a cache of which nothing is said": {of: project, changes: []change{{"configuration.cache", nothing{}}}},
		"a file system":                    {of: project, changes: []change{{"configuration.fileSystemLocations", []any{object{"type": "EFS"}}}}, fails: []string{"nothing_stays"}},

		"another branch":                      {of: pipeline, changes: []change{{source + "configuration.BranchName", "main"}}, fails: []string{"source_is_prod"}},
		"another repository of the owner's":   {of: pipeline, changes: []change{{source + "configuration.FullRepositoryId", "example-org/other"}}, fails: []string{"source_is_prod"}},
		"every change of a source":            {of: pipeline, changes: []change{{source + "configuration.DetectChanges", "true"}}, fails: []string{"source_is_prod"}},
		"every change, by default":            {of: pipeline, changes: []change{{source + "configuration.DetectChanges", nothing{}}}, fails: []string{"source_is_prod"}},
		"a bucket as the source":              {of: pipeline, changes: []change{{source + "actionTypeId.provider", "S3"}}, fails: []string{"source_is_prod", "actions_are_the_gates"}},
		"a trigger as it is":                  {of: pipeline, changes: []change{{"configuration.pipeline.triggers", pushes(func(object) {})}}},
		"a trigger of another branch":         {of: pipeline, changes: []change{{"configuration.pipeline.triggers", pushes(func(x object) { push(x)["branches"] = object{"includes": []any{"main"}} })}}, fails: []string{"pushes_to_prod_trigger"}},
		"a trigger of one branch more":        {of: pipeline, changes: []change{{"configuration.pipeline.triggers", pushes(func(x object) { push(x)["branches"] = object{"includes": []any{"prod", "main"}} })}}, fails: []string{"pushes_to_prod_trigger"}},
		"a trigger of every branch":           {of: pipeline, changes: []change{{"configuration.pipeline.triggers", pushes(func(x object) { delete(push(x), "branches") })}}, fails: []string{"pushes_to_prod_trigger"}},
		"a trigger of tags":                   {of: pipeline, changes: []change{{"configuration.pipeline.triggers", pushes(func(x object) { push(x)["tags"] = object{"includes": []any{"v*"}} })}}, fails: []string{"pushes_to_prod_trigger"}},
		"a trigger of pull requests":          {of: pipeline, changes: []change{{"configuration.pipeline.triggers", pushes(func(x object) { x["gitConfiguration"].(object)["pullRequest"] = []any{object{}} })}}, fails: []string{"pushes_to_prod_trigger"}},
		"no approval":                         {of: pipeline, changes: []change{{"configuration.pipeline.stages", []any{recorded[0], recorded[1], deploy}}}, fails: []string{"approval_before_deployment"}},
		"an approval after the deployment":    {of: pipeline, changes: []change{{stages + "2", deploy}, {stages + "3", approve}}, fails: []string{"approval_before_deployment"}},
		"an approval that a build is beside":  {of: pipeline, changes: []change{{stages + "2.actions", []any{approve["actions"].([]any)[0], object{"actionTypeId": object{"category": "Deploy", "owner": "AWS", "provider": "ECS"}}}}}, fails: []string{"approval_before_deployment"}},
		"a stage that deploys before it":      {of: pipeline, changes: []change{{build + "actionTypeId.category", "Deploy"}, {build + "actionTypeId.provider", "ECS"}}, fails: []string{"approval_before_deployment"}},
		"a key of somebody else's":            {of: pipeline, changes: []change{{"configuration.pipeline.artifactStore.encryptionKey.id", "arn:aws:kms:eu-west-2:111111111111:key/other"}}, fails: []string{"artifacts_are_in_the_store"}},
		"AWS's key for artifacts":             {of: pipeline, changes: []change{{"configuration.pipeline.artifactStore.encryptionKey", nothing{}}}, fails: []string{"artifacts_are_in_the_store"}},
		"a bucket of somebody else's":         {of: pipeline, changes: []change{{"configuration.pipeline.artifactStore.location", "others"}}, fails: []string{"artifacts_are_in_the_store"}},
		"stores of other regions":             {of: pipeline, changes: []change{{"configuration.pipeline.artifactStores", object{"us-east-1": object{"type": "S3", "location": "others"}}}}, fails: []string{"artifacts_are_in_the_store"}},
		"a role of somebody else's":           {of: pipeline, changes: []change{{"configuration.pipeline.roleArn", "arn:aws:iam::111111111111:role/admin"}}, fails: []string{"actions_are_the_gates"}},
		"an action's own role":                {of: pipeline, changes: []change{{build + "roleArn", "arn:aws:iam::111111111111:role/admin"}}, fails: []string{"actions_are_the_gates"}},
		"an action in another region":         {of: pipeline, changes: []change{{build + "region", "us-east-1"}}, fails: []string{"actions_are_the_gates"}},
		"an action in the region":             {of: pipeline, changes: []change{{build + "region", "eu-west-2"}}},
		"a function":                          {of: pipeline, changes: []change{{build + "actionTypeId.provider", "Lambda"}}, fails: []string{"actions_are_the_gates"}},
		"an action of a third party":          {of: pipeline, changes: []change{{build + "actionTypeId.owner", "ThirdParty"}}, fails: []string{"actions_are_the_gates"}},
		"a project of somebody else's":        {of: pipeline, changes: []change{{build + "configuration.ProjectName", "mine"}}, fails: []string{"builds_are_the_gates"}},
		"variables of an action":              {of: pipeline, changes: []change{{build + "configuration.EnvironmentVariables", "[]"}}, fails: []string{"builds_are_the_gates"}},
		"V1":                                  {of: pipeline, changes: []change{{"configuration.pipeline.pipelineType", "V1"}}, fails: []string{"type_is_v2"}},
		"V2":                                  {of: pipeline, changes: []change{{"configuration.pipeline.pipelineType", "V2"}}},
		"executions that overtake each other": {of: pipeline, changes: []change{{"configuration.pipeline.executionMode", "SUPERSEDED"}}, fails: []string{"executions_queue"}},
		"executions that wait":                {of: pipeline, changes: []change{{"configuration.pipeline.executionMode", "QUEUED"}}},

		"no boundary":                    {of: role, changes: []change{{"configuration.permissionsBoundary", nothing{}}}, fails: []string{"role_is_bounded"}},
		"a boundary of somebody else's":  {of: role, changes: []change{{"configuration.permissionsBoundary.permissionsBoundaryArn", "arn:aws:iam::aws:policy/AdministratorAccess"}}, fails: []string{"role_is_bounded"}},
		"an inline policy":               {of: role, changes: []change{{"configuration.rolePolicyList", []any{object{"policyName": "by-hand"}}}}, fails: []string{"role_is_bounded"}},
		"a policy of AWS's":              {of: role, changes: []change{{"configuration.attachedManagedPolicies.0.policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"}}, fails: []string{"role_is_bounded"}},
		"the recorder's policy of AWS's": {of: role, changes: []change{{"configuration.attachedManagedPolicies.0.policyArn", "arn:aws:iam::aws:policy/service-role/AWS_ConfigRole"}}},
		"a role that is not ready yet":   {of: role, changes: []change{{"configuration.attachedManagedPolicies", []any{}}}},

		"a pipeline of somebody else's":          {of: pipeline, changes: []change{{"resourceName", "api-prodgate-2"}, {source + "configuration.BranchName", "main"}}, foreign: true},
		"a project that is nobody's of the gate": {of: project, changes: []change{{"resourceName", "myprodgate-api-build"}, {"configuration.source.0.type", "GITHUB"}}, foreign: true},
		"a role that is nobody's of the gate":    {of: role, changes: []change{{"configuration.path", "/team/prodgate/"}, {"configuration.permissionsBoundary", nothing{}}}, foreign: true},
	}
	for of, kind := range map[string]string{
		pipeline: "AWS::CodePipeline::Pipeline", project: "AWS::CodeBuild::Project", role: "AWS::IAM::Role",
	} {
		var names []string
		var items []any
		for name, c := range cases {
			if c.of == of {
				names, items = append(names, name), append(items, item(t, of, c.changes...))
			}
		}
		verdicts, err := cfnguard.Evaluate(t.Context(), program(t), policies(t)[kind], items...)
		if err != nil {
			t.Fatal(err)
		}
		failed := map[string]bool{}
		for i, name := range names {
			c, got := cases[name], verdicts[i]
			slices.Sort(got.Failed)
			slices.Sort(c.fails)
			if !slices.Equal(got.Failed, c.fails) {
				t.Errorf("%s: %q fail, want %q", name, got.Failed, c.fails)
			}
			if (len(got.Passed) == 0 && len(got.Failed) == 0) != c.foreign {
				t.Errorf("%s: %q pass, %q are not about it", name, got.Passed, got.Skipped)
			}
			for _, rule := range got.Failed {
				failed[rule] = true
			}
		}
		for _, rule := range slices.Concat(verdicts[0].Passed, verdicts[0].Failed, verdicts[0].Skipped) {
			if !failed[rule] {
				t.Errorf("nothing makes %s fail", rule)
			}
		}
	}
}
