package check

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"prodgate/pkg/knownstate"
)

// An answer of AWS as the inputs that the program would declare: the same names, and what AWS fills in by
// itself left out. Whatever else an answer has is compared.

type object = map[string]any

// pipelineInputs are of GetPipeline. CodePipeline counts a pipeline's versions.
func pipelineInputs(region string, answer *codepipeline.GetPipelineOutput) knownstate.Inputs {
	p := objectOf(answer.Pipeline)
	delete(p, "version")
	var stores []any // one, or one by region
	if store, is := p["artifactStore"].(object); is {
		stores = append(stores, store)
	}
	for at, store := range in(p, "artifactStores") {
		one, _ := store.(object)
		one["region"] = at
		stores = append(stores, one)
	}
	p["artifactStores"] = stores
	delete(p, "artifactStore")
	for _, stage := range objectsIn(p["stages"]) {
		for _, action := range objectsIn(stage["actions"]) {
			kind, _ := action["actionTypeId"].(object)
			maps.Copy(action, kind)
			delete(action, "actionTypeId")
			action["inputArtifacts"], action["outputArtifacts"] = names(action["inputArtifacts"]), names(action["outputArtifacts"])
			leaveOut(action, "region", region) // the pipeline's own
		}
	}
	for _, trigger := range objectsIn(p["triggers"]) {
		if git, is := trigger["gitConfiguration"].(object); is {
			rename(git, "push", "pushes")
			rename(git, "pullRequest", "pullRequests")
		}
	}
	return p
}

// names are artifacts by their names, where they have nothing else.
func names(artifacts any) []any {
	var all []any
	for _, artifact := range objectsIn(artifacts) {
		if isEmpty(artifact, "name") {
			all = append(all, artifact["name"])
		} else {
			all = append(all, artifact)
		}
	}
	return all
}

// projectInputs are of BatchGetProjects.
func projectInputs(answer cbtypes.Project) knownstate.Inputs {
	p := objectOf(answer)
	for _, name := range []string{"arn", "created", "lastModified", "tags", "description"} {
		delete(p, name)
	}
	rename(p, "timeoutInMinutes", "buildTimeout")
	rename(p, "queuedTimeoutInMinutes", "queuedTimeout")
	if key, _ := p["encryptionKey"].(string); strings.HasSuffix(key, ":alias/aws/s3") {
		delete(p, "encryptionKey") // AWS's own, of a project that names none
	}
	leaveOut(p, "projectVisibility", "PRIVATE")
	leaveOut(p, "autoRetryLimit", 0)
	leaveOut(in(p, "badge"), "badgeEnabled", false)
	leaveOut(in(p, "cache"), "type", "NO_CACHE")
	for _, flag := range []string{"insecureSsl", "reportBuildStatus"} {
		leaveOut(in(p, "source"), flag, false)
	}
	leaveOut(in(p, "source"), "gitCloneDepth", 0)
	artifacts := in(p, "artifacts")
	if artifacts["type"] == "CODEPIPELINE" || artifacts["type"] == "NO_ARTIFACTS" { // of these the pipeline decides the name
		delete(artifacts, "name")
	}
	leaveOut(artifacts, "packaging", "NONE")
	leaveOut(artifacts, "encryptionDisabled", false)
	leaveOut(artifacts, "overrideArtifactName", false)
	leaveOut(in(p, "environment"), "imagePullCredentialsType", "CODEBUILD")
	for _, variable := range objectsIn(in(p, "environment")["environmentVariables"]) {
		if isEmpty(object{"type": variable["type"]}) {
			variable["type"] = "PLAINTEXT"
		}
	}
	logs := in(p, "logsConfig")
	rename(logs, "cloudWatchLogs", "cloudwatchLogs")
	leaveOut(in(logs, "s3Logs"), "status", "DISABLED")
	leaveOut(in(logs, "s3Logs"), "encryptionDisabled", false)
	return p
}

// roleInputs are of GetRole.
func roleInputs(answer *iamtypes.Role) (knownstate.Inputs, error) {
	trust, err := decoded(answer.AssumeRolePolicyDocument)
	if err != nil {
		return nil, fmt.Errorf("trust policy: %w", err)
	}
	role := objectOf(answer)
	role["permissionsBoundary"] = in(role, "permissionsBoundary")["permissionsBoundaryArn"]
	for _, name := range []string{"arn", "createDate", "description", "path", "roleId", "roleLastUsed", "tags", "assumeRolePolicyDocument"} {
		delete(role, name)
	}
	rename(role, "roleName", "name")
	role["assumeRolePolicy"] = trust
	return role, nil
}

// policyInputs are of GetPolicyVersion.
func policyInputs(name string, answer *iam.GetPolicyVersionOutput) (knownstate.Inputs, error) {
	text, err := decoded(answer.PolicyVersion.Document)
	return knownstate.Inputs{"name": name, "policy": text}, err
}

// decoded is a document of IAM, which encodes it as a part of a URL: IAM API Reference, GetRole.
func decoded(text *string) (string, error) {
	if text == nil {
		return "", nil
	}
	return url.PathUnescape(*text)
}

// repositoryInputs are of DescribeRepositories. What scans an image, and what encrypts and expires it, decides nothing.
func repositoryInputs(answer ecrtypes.Repository) knownstate.Inputs {
	r := objectOf(answer)
	for _, name := range []string{
		"repositoryArn", "registryId", "repositoryUri", "createdAt", "encryptionConfiguration", "imageScanningConfiguration",
	} {
		delete(r, name)
	}
	rename(r, "repositoryName", "name")
	return r
}

func repositoryPolicyInputs(answer *ecr.GetRepositoryPolicyOutput) knownstate.Inputs {
	p := objectOf(answer)
	return knownstate.Inputs{"repository": p["repositoryName"], "policy": p["policyText"]}
}

// ruleInputs are of DescribeRule.
func ruleInputs(answer *eventbridge.DescribeRuleOutput) knownstate.Inputs {
	r := objectOf(answer)
	for _, name := range []string{"arn", "createdBy", "description"} {
		delete(r, name)
	}
	leaveOut(r, "eventBusName", "default")
	return r
}

// targetInputs are of one target of ListTargetsByRule.
func targetInputs(rule string, answer any) knownstate.Inputs {
	t := objectOf(answer)
	rename(t, "id", "targetId")
	rename(in(t, "inputTransformer"), "inputPathsMap", "inputPaths")
	t["rule"] = rule
	return t
}

// topicInputs are of GetTopicAttributes, but for the topic's policy, and of GetDataProtectionPolicy. What SNS counts, shows to
// people and logs decides nothing of what is delivered.
func topicInputs(name string, answer *sns.GetTopicAttributesOutput, protection *sns.GetDataProtectionPolicyOutput) knownstate.Inputs {
	t := object{"name": name, "dataProtectionPolicy": aws.ToString(protection.DataProtectionPolicy)}
	for attribute, value := range answer.Attributes {
		switch {
		case strings.HasPrefix(attribute, "Subscriptions"), strings.HasSuffix(attribute, "FeedbackRoleArn"), strings.HasSuffix(attribute, "FeedbackSampleRate"),
			slices.Contains([]string{"DisplayName", "EffectiveDeliveryPolicy", "Owner", "Policy", "SignatureVersion", "TopicArn", "TracingConfig"}, attribute):
			continue
		}
		t[strings.ToLower(attribute[:1])+attribute[1:]] = value
	}
	leaveOut(t, "fifoTopic", "false")
	return t
}

// subscriptionInputs are of ListSubscriptionsByTopic, with the attributes that decide what is delivered: Amazon SNS API
// Reference, GetSubscriptionAttributes.
func subscriptionInputs(s snstypes.Subscription, attributes map[string]string) knownstate.Inputs {
	inputs := object{"protocol": aws.ToString(s.Protocol), "endpoint": aws.ToString(s.Endpoint)}
	for _, name := range []string{"DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "ReplayPolicy", "SubscriptionRoleArn"} {
		inputs[strings.ToLower(name[:1])+name[1:]] = attributes[name]
	}
	leaveOut(inputs, "rawMessageDelivery", "false")
	return inputs
}

// busInputs are of DescribeEventBus.
func busInputs(answer *eventbridge.DescribeEventBusOutput) knownstate.Inputs {
	return knownstate.Inputs{"name": aws.ToString(answer.Name), "policy": aws.ToString(answer.Policy), "key": aws.ToString(answer.KmsKeyIdentifier)}
}

// identityProviderInputs are of GetOpenIDConnectProvider.
func identityProviderInputs(answer *iam.GetOpenIDConnectProviderOutput) knownstate.Inputs {
	audiences := []any{}
	for _, audience := range answer.ClientIDList {
		audiences = append(audiences, audience)
	}
	return knownstate.Inputs{"url": aws.ToString(answer.Url), "clientIdLists": audiences}
}

// functionInputs are of GetFunctionConfiguration.
func functionInputs(answer *lambda.GetFunctionConfigurationOutput) knownstate.Inputs {
	f := objectOf(answer)
	for _, name := range []string{
		"functionArn", "codeSize", "description", "lastModified", "revisionId", "version", "runtimeVersionConfig",
		"state", "stateReason", "stateReasonCode", "lastUpdateStatus", "lastUpdateStatusReason", "lastUpdateStatusReasonCode",
	} {
		delete(f, name)
	}
	rename(f, "functionName", "name")
	rename(f, "codeSha256", "sourceCodeHash")
	leaveOut(f, "packageType", "Zip")
	leaveOut(in(f, "ephemeralStorage"), "size", 512)
	leaveOut(in(f, "tracingConfig"), "mode", "PassThrough")
	leaveOut(in(f, "snapStart"), "applyOn", "None")
	leaveOut(in(f, "snapStart"), "optimizationStatus", "Off")
	leaveOut(in(f, "vpcConfig"), "ipv6AllowedForDualStack", false)
	return f
}

// leaveOut deletes a member that has the value that AWS fills in.
func leaveOut(from object, name string, usual any) {
	if from[name] == usual {
		delete(from, name)
	}
}

func rename(in object, from, to string) {
	if value, is := in[from]; is {
		in[to] = value
		delete(in, from)
	}
}

// in is an object in another; an empty one where there is none.
func in(from object, name string) object {
	inner, is := from[name].(object)
	if !is {
		return object{}
	}
	return inner
}

// isEmpty is whether an object has no value but those of some members.
func isEmpty(of object, but ...string) bool {
	rest := maps.Clone(of)
	for _, name := range but {
		delete(rest, name)
	}
	return string(knownstate.Canonical(rest)) == "{}"
}

func objectsIn(list any) []object {
	var all []object
	elements, _ := list.([]any)
	for _, element := range elements {
		if one, is := element.(object); is {
			all = append(all, one)
		}
	}
	return all
}

// objectOf is a structure of the SDK as an object: its members begin with a small letter, as in JSON.
func objectOf(answer any) object {
	all, is := plain(reflect.ValueOf(answer)).(object)
	if !is {
		return object{}
	}
	return all
}

func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plain(v.Elem())
	case reflect.Struct:
		if at, is := v.Interface().(time.Time); is {
			return at.UTC().Format(time.RFC3339)
		}
		all := object{}
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Name != "ResultMetadata" {
				all[strings.ToLower(field.Name[:1])+field.Name[1:]] = plain(v.Field(i))
			}
		}
		return all
	case reflect.Map:
		all := object{}
		for _, key := range v.MapKeys() {
			all[key.String()] = plain(v.MapIndex(key))
		}
		return all
	case reflect.Slice:
		all := make([]any, 0, v.Len())
		for i := range v.Len() {
			all = append(all, plain(v.Index(i)))
		}
		return all
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int32, reflect.Int64:
		return int(v.Int())
	case reflect.Float32, reflect.Float64:
		return v.Float()
	default:
		return nil
	}
}
