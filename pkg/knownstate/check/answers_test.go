package check

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"prodgate/pkg/knownstate"
)

// answering is a live gate with recorded answers.
func answering(t *testing.T, answers map[string]string) *live {
	t.Helper()
	s := &server{answer: func(c call) string {
		answer, is := answers[c.operation]
		if !is {
			t.Errorf("nobody expects the call %v", c)
		}
		return answer
	}}
	return newLive(s.start(t), Options{Policies: "arn:aws:iam::111111111111:policy/prodgate", Topic: "arn:t"})
}

// declared are the hashes of what inputs declare.
func declared(t *testing.T, part string, kinds []knownstate.Kind, inputs []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for i, text := range inputs {
		var in knownstate.Inputs
		if err := json.Unmarshal([]byte(text), &in); err != nil {
			t.Fatal(err)
		}
		parts, err := kinds[i].Declared(in)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(all, hashesOf(part, parts, nil).hashes)
	}
	if len(all) == 0 {
		t.Fatalf("nothing of %s is declared", part)
	}
	return all
}

// TestAnswers_AreWhatIsDeclared holds AWS's answers, with all that AWS fills in and writes in its own way, against
// what was asked for.
func TestAnswers_AreWhatIsDeclared(t *testing.T) {
	t.Parallel()
	for name, c := range recorded {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := declared(t, c.part, c.kinds, c.declared)
			got := answering(t, c.answers).read(t.Context(), []string{c.part})[c.part]
			if got.err != nil || len(differing(want, got.hashes)) > 0 {
				t.Errorf("%v: %v is not as declared", got.err, differing(want, got.hashes))
			}
		})
	}
}

// structures are AWS's answers as the SDK has them, with the parts that they make.
func structures(t *testing.T) map[string]struct {
	answer reflect.Value
	parts  func() ([]knownstate.Part, error)
} {
	t.Helper()
	ctx, name := t.Context(), aws.String("x")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	pipeline, err := answering(t, recorded["a pipeline"].answers).codepipeline.GetPipeline(ctx, &codepipeline.GetPipelineInput{Name: name})
	must(err)
	projects, err := answering(t, recorded["a project of a pipeline"].answers).codebuild.BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: []string{"p"}})
	must(err)
	of := answering(t, recorded["a role"].answers)
	role, err := of.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	must(err)
	repositories, err := answering(t, recorded["a repository, whose policy ECR writes anew"].answers).ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{})
	must(err)
	policy, err := answering(t, recorded["a repository, whose policy ECR writes anew"].answers).ecr.GetRepositoryPolicy(ctx, &ecr.GetRepositoryPolicyInput{RepositoryName: name})
	must(err)
	of = answering(t, recorded["a rule with a pattern"].answers)
	rule, err := of.events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: name})
	must(err)
	targets, err := of.events.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: name})
	must(err)
	of = answering(t, recorded["a function"].answers)
	function, err := of.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: name})
	must(err)
	permission, err := of.lambda.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: name})
	must(err)

	return map[string]struct {
		answer reflect.Value
		parts  func() ([]knownstate.Part, error)
	}{
		"GetPipeline":              {reflect.ValueOf(pipeline.Pipeline), func() ([]knownstate.Part, error) { return pipelineParts("eu-west-2", pipeline) }},
		"BatchGetProjects":         {reflect.ValueOf(&projects.Projects[0]), func() ([]knownstate.Part, error) { return projectParts(projects.Projects[0]) }},
		"GetRole":                  {reflect.ValueOf(role.Role), func() ([]knownstate.Part, error) { return roleParts(role, nil, nil) }},
		"DescribeRepositories":     {reflect.ValueOf(&repositories.Repositories[0]), func() ([]knownstate.Part, error) { return repositoryParts(repositories, policy) }},
		"DescribeRule":             {reflect.ValueOf(rule), func() ([]knownstate.Part, error) { return ruleParts(rule, targets) }},
		"ListTargetsByRule":        {reflect.ValueOf(&targets.Targets[0]), func() ([]knownstate.Part, error) { return ruleParts(rule, targets) }},
		"GetFunctionConfiguration": {reflect.ValueOf(function), func() ([]knownstate.Part, error) { return functionParts(function, permission) }},
	}
}

// ignored are the members of answers that decide nothing of what is delivered, or are AWS's own.
var ignored = map[string][]string{
	"GetPipeline": {"Version"},
	"BatchGetProjects": {
		"Arn", "Created", "LastModified", "Description", "Tags.Key", "Tags.Value",
		"Artifacts.Name", // of an artifact of a pipeline
	},
	"GetRole": {
		"Arn", "CreateDate", "Path", "RoleId", "Description", "RoleLastUsed.LastUsedDate", "RoleLastUsed.Region", "Tags.Key", "Tags.Value",
		"PermissionsBoundary.PermissionsBoundaryType", // there is one type
	},
	"DescribeRepositories": {
		"CreatedAt", "RegistryId", "RepositoryArn", "RepositoryUri", "EncryptionConfiguration.EncryptionType", "EncryptionConfiguration.KmsKey",
		"ImageScanningConfiguration.ScanOnPush",
	},
	"DescribeRule": {"Arn", "CreatedBy", "Description"},
	"GetFunctionConfiguration": {
		"CodeSize", "Description", "FunctionArn", "LastModified", "LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode", "RevisionId",
		"RuntimeVersionConfig.Error.ErrorCode", "RuntimeVersionConfig.Error.Message", "RuntimeVersionConfig.RuntimeVersionArn", "State", "StateReason",
		"StateReasonCode", "Version",
	},
}

// TestAnswers_EveryMemberIsCompared changes every member of the SDK's answers, at any depth. Each change is one of the
// part's hashes, or of its name, but those that are listed.
func TestAnswers_EveryMemberIsCompared(t *testing.T) {
	t.Parallel()
	for name, s := range structures(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hashes := func() map[string]string {
				parts, err := s.parts()
				if err != nil {
					return map[string]string{"error": err.Error()}
				}
				all := map[string]string{}
				for _, part := range parts {
					for field, hash := range part.Hashes() {
						all[part.Name+" "+field] = hash
					}
				}
				return all
			}
			before := hashes()
			if before["error"] != "" || len(before) < 2 {
				t.Fatalf("the answer makes %v", before)
			}
			var found []string
			n := 0
			mutate(s.answer, "", func(path string) {
				n++
				if maps.Equal(hashes(), before) {
					found = append(found, path)
				}
			})
			slices.Sort(found)
			found = slices.Compact(found)
			want := slices.Clone(ignored[name])
			if slices.Sort(want); !slices.Equal(found, want) {
				t.Errorf("of %d members these change nothing:\n%q\nwant\n%q", n, found, want)
			}
			if !maps.Equal(hashes(), before) {
				t.Error("the changes were not taken back")
			}
			t.Logf("%d members", n)
		})
	}
}

// mutate sets each member of a structure to another value, one at a time.
func mutate(v reflect.Value, path string, changed func(path string)) {
	set := func(value reflect.Value) {
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		v.Set(value)
		changed(path)
		v.Set(before)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			mutate(v.Elem(), path, changed)
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		mutate(v.Elem(), path, changed)
		v.Set(reflect.Zero(v.Type()))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			set(reflect.ValueOf(time.Unix(1, 0)))
			return
		}
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Name != "ResultMetadata" {
				mutate(v.Field(i), strings.TrimPrefix(path+"."+field.Name, "."), changed)
			}
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			mutate(v.Index(0), path, changed)
			v.Set(reflect.Zero(v.Type()))
			return
		}
		for i := range v.Len() {
			mutate(v.Index(i), path, changed)
		}
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		fill := func(string) {
			more := reflect.MakeMap(v.Type())
			for _, key := range v.MapKeys() {
				more.SetMapIndex(key, v.MapIndex(key))
			}
			more.SetMapIndex(reflect.ValueOf("changed").Convert(v.Type().Key()), element)
			set(more)
		}
		mutate(element, path, fill)
	case reflect.String:
		set(reflect.ValueOf(v.String() + "changed").Convert(v.Type()))
	case reflect.Bool:
		set(reflect.ValueOf(!v.Bool()).Convert(v.Type()))
	case reflect.Int32, reflect.Int64:
		set(reflect.ValueOf(v.Int() + 1).Convert(v.Type()))
	case reflect.Float64:
		set(reflect.ValueOf(v.Float() + 1).Convert(v.Type()))
	default:
		panic(fmt.Sprintf("%s is a %s", path, v.Kind()))
	}
}

// TestAnswers_Errors: what AWS does not answer is an error that says so.
func TestAnswers_Errors(t *testing.T) {
	t.Parallel()
	for part, want := range map[string]string{
		"project p":      "there is no such project",
		"repository r":   "there is no such repository",
		"nothing n":      "unknown kind nothing",
		"pipeline p":     "PipelineNotFoundException",
		"role r":         "policy document: unexpected end of JSON input",
		"topic t":        "policy document: ",
		"bucket b":       "policy document: it is null",
		"rule r":         "a pattern: ",
		"policy p-build": "NoSuchEntity",
	} {
		l := answering(t, map[string]string{
			"BatchGetProjects": `{"projects": [], "projectsNotFound": ["p"]}`, "DescribeRepositories": `{"repositories": []}`, "GetRepositoryPolicy": `{}`,
			"GetPipeline":              `400 {"__type": "PipelineNotFoundException", "message": "no"}`,
			"GetRole":                  result("GetRole", "<Role><RoleName>r</RoleName></Role>"),
			"GetPolicy":                "404 <ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>",
			"ListAttachedRolePolicies": result("ListAttachedRolePolicies", ""), "ListRolePolicies": result("ListRolePolicies", ""),
			"GetTopicAttributes": result("GetTopicAttributes", ""), "GetBucketPolicy": "null",
			"DescribeRule": `{"Name": "r", "EventPattern": "x"}`, "ListTargetsByRule": `{}`,
		})
		if got := l.read(context.Background(), []string{part})[part]; got.err == nil || !strings.Contains(got.err.Error(), want) {
			t.Errorf("%s: %v, want %s", part, got.err, want)
		}
	}
}
