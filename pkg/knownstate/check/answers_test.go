package check

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
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
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

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
	of = answering(t, recorded["a topic with its subscribers"].answers)
	topic, err := of.sns.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: name})
	must(err)
	protection, err := of.sns.GetDataProtectionPolicy(ctx, &sns.GetDataProtectionPolicyInput{ResourceArn: name})
	must(err)
	subscribed := &snstypes.Subscription{Protocol: aws.String("sqs"), Endpoint: aws.String("arn:q")}
	subscription, err := of.sns.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: name})
	must(err)
	topics := func() ([]knownstate.Part, error) {
		return topicParts("t", topic, protection, []knownstate.Inputs{subscriptionInputs(*subscribed, subscription.Attributes)})
	}
	bus, err := answering(t, recorded["a bus"].answers).events.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: name})
	must(err)
	of = answering(t, recorded["a key"].answers)
	key, err := of.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: name})
	must(err)
	keyPolicy, err := of.kms.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: name})
	must(err)
	rotation, err := of.kms.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: name})
	must(err)
	keys := func() ([]knownstate.Part, error) { return keyParts("alias/a", key, keyPolicy, rotation) }
	provider, err := answering(t, recorded["an identity provider"].answers).iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: name})
	must(err)

	return map[string]struct {
		answer reflect.Value
		parts  func() ([]knownstate.Part, error)
	}{
		"GetPipeline":               {reflect.ValueOf(pipeline.Pipeline), func() ([]knownstate.Part, error) { return pipelineParts("eu-west-2", pipeline) }},
		"BatchGetProjects":          {reflect.ValueOf(&projects.Projects[0]), func() ([]knownstate.Part, error) { return projectParts(projects.Projects[0]) }},
		"GetRole":                   {reflect.ValueOf(role.Role), func() ([]knownstate.Part, error) { return roleParts(role, nil, nil) }},
		"DescribeRepositories":      {reflect.ValueOf(&repositories.Repositories[0]), func() ([]knownstate.Part, error) { return repositoryParts(repositories, policy) }},
		"DescribeRule":              {reflect.ValueOf(rule), func() ([]knownstate.Part, error) { return ruleParts(rule, targets) }},
		"ListTargetsByRule":         {reflect.ValueOf(&targets.Targets[0]), func() ([]knownstate.Part, error) { return ruleParts(rule, targets) }},
		"GetTopicAttributes":        {reflect.ValueOf(topic), topics},
		"GetDataProtectionPolicy":   {reflect.ValueOf(protection), topics},
		"ListSubscriptionsByTopic":  {reflect.ValueOf(subscribed), topics},
		"GetSubscriptionAttributes": {reflect.ValueOf(subscription), topics},
		"DescribeEventBus":          {reflect.ValueOf(bus), func() ([]knownstate.Part, error) { return busParts(bus) }},
		"DescribeKey":               {reflect.ValueOf(key.KeyMetadata), keys},
		"GetKeyPolicy":              {reflect.ValueOf(keyPolicy), keys},
		"GetKeyRotationStatus":      {reflect.ValueOf(rotation), keys},
		"GetOpenIDConnectProvider":  {reflect.ValueOf(provider), func() ([]knownstate.Part, error) { return identityProviderParts(provider) }},
		"GetFunctionConfiguration":  {reflect.ValueOf(function), func() ([]knownstate.Part, error) { return functionParts(function, permission) }},
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
	"DescribeEventBus": {
		"Arn", "CreationTime", "DeadLetterConfig.Arn", "Description", "LastModifiedTime", "LogConfig.IncludeDetail", "LogConfig.Level", "ManagedBy",
	},
	// A key's origin, material and kind are fixed when the key is made: another key has another id. Enabled is part of its state.
	"DescribeKey": {
		"AWSAccountId", "Arn", "CloudHsmClusterId", "CreationDate", "CurrentKeyMaterialId", "CustomKeyStoreId", "CustomerMasterKeySpec", "DeletionDate", "Description",
		"Enabled", "EncapsulationAlgorithms", "EncryptionAlgorithms", "ExpirationModel", "KeyAgreementAlgorithms", "KeyManager", "KeySpec", "KeyUsage", "MacAlgorithms",
		"MultiRegion", "MultiRegionConfiguration.MultiRegionKeyType", "MultiRegionConfiguration.PrimaryKey.Arn", "MultiRegionConfiguration.PrimaryKey.Region",
		"MultiRegionConfiguration.ReplicaKeys.Arn", "MultiRegionConfiguration.ReplicaKeys.Region", "Origin", "PendingDeletionWindowInDays", "SigningAlgorithms", "ValidTo",
		"XksKeyConfiguration.Id",
	},
	"GetKeyPolicy":             {"PolicyName"}, // there is one name
	"GetKeyRotationStatus":     {"KeyId", "NextRotationDate", "OnDemandRotationStartDate", "RotationPeriodInDays"},
	"GetOpenIDConnectProvider": {"CreateDate", "Tags.Key", "Tags.Value", "ThumbprintList"},
	"ListSubscriptionsByTopic": {"Owner", "SubscriptionArn", "TopicArn"},
	// The attributes that decide what is delivered are listed: TestAnswers_Attributes.
	"GetSubscriptionAttributes": {"Attributes"},
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

// TestAnswers_Attributes: every attribute that decides what a topic delivers, and to whom, is compared, and no other.
func TestAnswers_Attributes(t *testing.T) {
	t.Parallel()
	compared := func(topic, subscription map[string]string) string {
		parts, err := topicParts("t", &sns.GetTopicAttributesOutput{Attributes: topic}, &sns.GetDataProtectionPolicyOutput{}, []knownstate.Inputs{
			subscriptionInputs(snstypes.Subscription{Protocol: aws.String("email"), Endpoint: aws.String("a@example.com")}, subscription),
		})
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, part := range parts {
			for _, field := range slices.Sorted(maps.Keys(part.Hashes())) {
				text += field + part.Hashes()[field]
			}
		}
		return text
	}
	policy := func(more map[string]string) map[string]string {
		all := map[string]string{"Policy": statement("sns:Publish")}
		maps.Copy(all, more)
		return all
	}
	usual := compared(policy(nil), nil)
	for name, differs := range map[string]bool{
		"DeliveryPolicy": true, "ArchivePolicy": true, "KmsMasterKeyId": true, "FifoTopic": true, "ContentBasedDeduplication": true,
		"DisplayName": false, "EffectiveDeliveryPolicy": false, "Owner": false, "SignatureVersion": false, "TopicArn": false, "TracingConfig": false,
		"SubscriptionsPending": false, "SubscriptionsConfirmed": false, "SQSSuccessFeedbackRoleArn": false, "SQSSuccessFeedbackSampleRate": false,
	} {
		if got := compared(policy(map[string]string{name: "x"}), nil) != usual; got != differs {
			t.Errorf("of a topic, %s differs is %t", name, got)
		}
	}
	for name, differs := range map[string]bool{
		"DeliveryPolicy": true, "FilterPolicy": true, "RawMessageDelivery": true, "RedrivePolicy": true, "ReplayPolicy": true,
		"SubscriptionRoleArn": true, "PendingConfirmation": false, "ConfirmationWasAuthenticated": false, "SubscriptionPrincipal": false, "EffectiveDeliveryPolicy": false,
	} {
		value := map[string]string{"RawMessageDelivery": "true", "SubscriptionRoleArn": "arn:r"}[name]
		if value == "" {
			value = `{"a": ["b"]}`
		}
		if got := compared(policy(nil), map[string]string{name: value}) != usual; got != differs {
			t.Errorf("of a subscription, %s differs is %t", name, got)
		}
	}
	if compared(policy(map[string]string{"FifoTopic": "false"}), map[string]string{"RawMessageDelivery": "false"}) != usual {
		t.Error("what SNS fills in is a difference")
	}
}

// TestCheck_RoleNames: the names of the roles below a path are read in pages, and each counts in its folder.
func TestCheck_RoleNames(t *testing.T) {
	t.Parallel()
	page := func(more string, names ...string) string {
		roles := ""
		for _, name := range names {
			i := strings.LastIndex(name, "/")
			roles += "<member><Path>" + name[:i+1] + "</Path><RoleName>" + name[i+1:] + "</RoleName></member>"
		}
		return result("ListRoles", "<Roles>"+roles+"</Roles>"+more)
	}
	s := &server{answer: func(c call) string {
		form, _ := url.ParseQuery(c.input)
		if c.operation != "ListRoles" || form.Get("PathPrefix") != "/prodgate/" || form.Get("MaxItems") != "1000" {
			t.Errorf("a call %v", c)
		}
		if form.Get("Marker") == "" {
			return page("<IsTruncated>true</IsTruncated><Marker>m</Marker>", "/prodgate/pipeline/a", "/prodgate/build/b")
		}
		return page("<IsTruncated>false</IsTruncated>", "/prodgate/pipeline/evil", "/prodgate/none")
	}}
	l := newLive(s.start(t), Options{Policies: policies})
	read := l.read(t.Context(), []string{"roles /prodgate/"})["roles /prodgate/"]
	want := knownstate.Part{Fields: knownstate.Fields{
		"pipeline": []any{"/prodgate/pipeline/a", "/prodgate/pipeline/evil"}, "build": []any{"/prodgate/build/b"}, "no folder": []any{"/prodgate/none"},
	}}.Hashes()
	if read.err != nil || !maps.Equal(read.hashes, want) {
		t.Errorf("read %v, %v, want %v", read.hashes, read.err, want)
	}
}

// TestCheck_Region: a rule of another region is read there.
func TestCheck_Region(t *testing.T) {
	t.Parallel()
	answers := recorded["a rule of another region"].answers
	s := &server{answer: func(c call) string { return answers[c.operation] }}
	l := newLive(s.start(t), Options{})
	for _, part := range []string{"rule us-east-1/r", "rule r"} {
		if got := l.read(t.Context(), []string{part})[part]; got.err != nil || len(got.hashes) == 0 {
			t.Errorf("%s: %v", part, got)
		}
	}
	var regions []string
	for _, c := range s.calls {
		regions = append(regions, c.region)
	}
	if want := []string{"us-east-1", "us-east-1", "eu-west-2", "eu-west-2"}; !slices.Equal(regions, want) {
		t.Errorf("the calls are of %q", regions)
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
			"GetTopicAttributes": result("GetTopicAttributes", ""), "GetDataProtectionPolicy": result("GetDataProtectionPolicy", ""),
			"ListSubscriptionsByTopic": result("ListSubscriptionsByTopic", ""), "GetBucketPolicy": "null",
			"DescribeRule": `{"Name": "r", "EventPattern": "x"}`, "ListTargetsByRule": `{}`,
		})
		if got := l.read(context.Background(), []string{part})[part]; got.err == nil || !strings.Contains(got.err.Error(), want) {
			t.Errorf("%s: %v, want %s", part, got.err, want)
		}
	}
}
