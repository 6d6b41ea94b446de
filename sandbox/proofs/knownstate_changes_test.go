package proofs

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"prodgate/pkg/knownstate/archive"
)

// Manual changes. Each returns its undo function.

const anythingGoes = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`

// pipeline changes the pipeline of backend-flask.
func pipeline(change func(*pipelineOf)) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		get := func() *pipelineOf {
			got, err := w.aws.codepipeline.GetPipeline(w.Context(), &codepipeline.GetPipelineInput{Name: ptr("backend-flask-prodgate")})
			w.must(err)
			return got.Pipeline
		}
		put := func(p *pipelineOf) {
			_, err := w.aws.codepipeline.UpdatePipeline(w.Context(), &codepipeline.UpdatePipelineInput{Pipeline: p})
			w.must(err)
		}
		before, changed := get(), get()
		change(changed)
		put(changed)
		return func() { put(before) }
	}
}

// project changes a CodeBuild project.
func project(name string, change func(*codebuild.UpdateProjectInput)) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		get := func() *codebuild.UpdateProjectInput {
			p := w.projectOf(name)
			return &codebuild.UpdateProjectInput{
				Name: &name, Source: p.Source, Environment: p.Environment, ServiceRole: p.ServiceRole, LogsConfig: p.LogsConfig,
				VpcConfig: &cbtypes.VpcConfig{}, // none
			}
		}
		put := func(p *codebuild.UpdateProjectInput) {
			_, err := w.aws.codebuild.UpdateProject(w.Context(), p)
			w.must(err)
		}
		before, changed := get(), get()
		change(changed)
		put(changed)
		return func() { put(before) }
	}
}

// createOutsideRole creates a role that the two services can assume.
func (w *world) createOutsideRole() string {
	w.Helper()
	made, err := w.aws.iam.CreateRole(w.Context(), &iam.CreateRoleInput{RoleName: ptr("stranger"), AssumeRolePolicyDocument: ptr(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
			"Principal": {"Service": ["codepipeline.amazonaws.com", "codebuild.amazonaws.com"]}}]}`)})
	w.must(err)
	return *made.Role.Arn
}

func trusts(role string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		got, err := w.aws.iam.GetRole(w.Context(), &iam.GetRoleInput{RoleName: &role})
		w.must(err)
		before, err := url.QueryUnescape(*got.Role.AssumeRolePolicyDocument)
		w.must(err)
		put := func(text string) {
			_, err := w.aws.iam.UpdateAssumeRolePolicy(w.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: &text})
			w.must(err)
		}
		changed := strings.Replace(before, `"Service"`, `"AWS":["arn:aws:iam::`+w.account()+`:root"],"Service"`, 1)
		if changed == before { // people take the role on
			changed = strings.Replace(before, `"AWS"`, `"Service": "ec2.amazonaws.com", "AWS"`, 1)
		}
		put(changed)
		return func() { put(before) }
	}
}

func removeBoundary(role string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		got, err := w.aws.iam.GetRole(w.Context(), &iam.GetRoleInput{RoleName: &role})
		w.must(err)
		_, err = w.aws.iam.DeleteRolePermissionsBoundary(w.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: &role})
		w.must(err)
		return func() {
			_, err := w.aws.iam.PutRolePermissionsBoundary(w.Context(), &iam.PutRolePermissionsBoundaryInput{
				RoleName: &role, PermissionsBoundary: got.Role.PermissionsBoundary.PermissionsBoundaryArn,
			})
			w.must(err)
		}
	}
}

func attach(role string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		administrator := ptr("arn:aws:iam::aws:policy/AdministratorAccess")
		_, err := w.aws.iam.AttachRolePolicy(w.Context(), &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: administrator})
		w.must(err)
		return func() {
			_, err := w.aws.iam.DetachRolePolicy(w.Context(), &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: administrator})
			w.must(err)
		}
	}
}

func inline(role string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		_, err := w.aws.iam.PutRolePolicy(w.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: ptr("by-hand"), PolicyDocument: ptr(anythingGoes)})
		w.must(err)
		return func() {
			_, err := w.aws.iam.DeleteRolePolicy(w.Context(), &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: ptr("by-hand")})
			w.must(err)
		}
	}
}

func sessions(role string, seconds int32) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		set := func(seconds int32) {
			_, err := w.aws.iam.UpdateRole(w.Context(), &iam.UpdateRoleInput{RoleName: &role, MaxSessionDuration: &seconds})
			w.must(err)
		}
		set(seconds)
		return func() { set(3600) }
	}
}

// newVersion creates a new default version of a policy.
func newVersion(duty, name string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		return w.version(duty, name, anythingGoes)
	}
}

func (w *world) version(duty, name, document string) (undo func()) {
	w.Helper()
	arn := ptr("arn:aws:iam::" + w.account() + ":policy/prodgate/" + duty + "/" + name)
	before, err := w.aws.iam.GetPolicy(w.Context(), &iam.GetPolicyInput{PolicyArn: arn})
	w.must(err)
	made, err := w.aws.iam.CreatePolicyVersion(w.Context(), &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: &document, SetAsDefault: true})
	w.must(err)
	return func() {
		_, err := w.aws.iam.SetDefaultPolicyVersion(w.Context(), &iam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: before.Policy.DefaultVersionId})
		w.must(err)
		_, err = w.aws.iam.DeletePolicyVersion(w.Context(), &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: made.PolicyVersion.VersionId})
		w.must(err)
	}
}

func tagsMove(w *world) func() {
	w.Helper()
	set := func(to ecrtypes.ImageTagMutability) {
		_, err := w.aws.ecr.PutImageTagMutability(w.Context(), &ecr.PutImageTagMutabilityInput{RepositoryName: ptr("prodgate/backend-flask"), ImageTagMutability: to})
		w.must(err)
	}
	set(ecrtypes.ImageTagMutabilityMutable)
	return func() { set(ecrtypes.ImageTagMutabilityImmutable) }
}

func disabled(rule string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		_, err := w.aws.events.DisableRule(w.Context(), &eventbridge.DisableRuleInput{Name: &rule})
		w.must(err)
		return func() {
			_, err := w.aws.events.EnableRule(w.Context(), &eventbridge.EnableRuleInput{Name: &rule})
			w.must(err)
		}
	}
}

// configured changes the configuration of the check.
func configured(change func(*lambda.UpdateFunctionConfigurationInput)) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		get := func() *lambda.UpdateFunctionConfigurationInput {
			got, err := w.aws.lambda.GetFunctionConfiguration(w.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: ptr("prodgate-verifier")})
			w.must(err)
			return &lambda.UpdateFunctionConfigurationInput{
				FunctionName: got.FunctionName, Role: got.Role, Timeout: got.Timeout, LoggingConfig: got.LoggingConfig,
				Environment: &lambdatypes.Environment{Variables: got.Environment.Variables},
			}
		}
		put := func(u *lambda.UpdateFunctionConfigurationInput) {
			_, err := w.aws.lambda.UpdateFunctionConfiguration(w.Context(), u)
			w.must(err)
		}
		before, changed := get(), get()
		change(changed)
		put(changed)
		return func() { put(before) }
	}
}

// otherCode gives the check other code.
func otherCode(w *world) func() {
	w.Helper()
	put := func(content []byte) {
		_, err := w.aws.lambda.UpdateFunctionCode(w.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: ptr("prodgate-verifier"), ZipFile: content})
		w.must(err)
	}
	built, err := archive.BuildFor(w.Context(), kit.Root, archive.System, archive.Architecture)
	w.must(err)
	before, err := os.ReadFile(built.Path)
	w.must(err)
	var other bytes.Buffer
	files := zip.NewWriter(&other)
	_, err = files.Create("bootstrap")
	w.must(err)
	w.must(files.Close())
	put(other.Bytes())
	return func() { put(before) }
}

func invokedByAnybody(w *world) func() {
	w.Helper()
	_, err := w.aws.lambda.AddPermission(w.Context(), &lambda.AddPermissionInput{
		FunctionName: ptr("prodgate-verifier"), StatementId: ptr("Anybody"), Action: ptr("lambda:InvokeFunction"), Principal: ptr("*"),
	})
	w.must(err)
	return func() {
		_, err := w.aws.lambda.RemovePermission(w.Context(), &lambda.RemovePermissionInput{FunctionName: ptr("prodgate-verifier"), StatementId: ptr("Anybody")})
		w.must(err)
	}
}

// aimed changes what the schedule invokes, or with what, and adds a target where its id is another.
func aimed(change func(*eventtypes.Target)) func(*world) func() {
	return aimedOf(region, "prodgate-check", change)
}

// eventsIn is EventBridge of a region.
func (w *world) eventsIn(of string) *eventbridge.Client {
	if of == region {
		return w.aws.events
	}
	return w.aws.global
}

// aimedOf changes the target alerts of a rule, or its only one.
func aimedOf(in, name string, change func(*eventtypes.Target)) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		rule := ptr(name)
		got, err := w.eventsIn(in).ListTargetsByRule(w.Context(), &eventbridge.ListTargetsByRuleInput{Rule: rule})
		w.must(err)
		i := max(0, slices.IndexFunc(got.Targets, func(t eventtypes.Target) bool { return *t.Id == "alerts" }))
		before, changed := got.Targets[i], got.Targets[i]
		change(&changed)
		put := func(target eventtypes.Target) {
			_, err := w.eventsIn(in).PutTargets(w.Context(), &eventbridge.PutTargetsInput{Rule: rule, Targets: []eventtypes.Target{target}})
			w.must(err)
		}
		put(changed)
		return func() {
			if *changed.Id != *before.Id {
				_, err := w.eventsIn(in).RemoveTargets(w.Context(), &eventbridge.RemoveTargetsInput{Rule: rule, Ids: []string{*changed.Id}})
				w.must(err)
			}
			put(before)
		}
	}
}

// untargeted takes the first target of a rule away.
func untargeted(in, name string) func(*world) func() { return untargetedOf(in, name, "") }

// untargetedOf takes a target of a rule away; without an id the first.
func untargetedOf(in, name, id string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		got, err := w.eventsIn(in).ListTargetsByRule(w.Context(), &eventbridge.ListTargetsByRuleInput{Rule: &name})
		w.must(err)
		target := got.Targets[max(0, slices.IndexFunc(got.Targets, func(t eventtypes.Target) bool { return *t.Id == id }))]
		_, err = w.eventsIn(in).RemoveTargets(w.Context(), &eventbridge.RemoveTargetsInput{Rule: &name, Ids: []string{*target.Id}})
		w.must(err)
		return func() {
			_, err := w.eventsIn(in).PutTargets(w.Context(), &eventbridge.PutTargetsInput{Rule: &name, Targets: []eventtypes.Target{target}})
			w.must(err)
		}
	}
}

// ruled changes a rule.
func ruled(in, name string, change func(*eventbridge.PutRuleInput)) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		got, err := w.eventsIn(in).DescribeRule(w.Context(), &eventbridge.DescribeRuleInput{Name: &name})
		w.must(err)
		put := func(rule eventbridge.PutRuleInput) {
			_, err := w.eventsIn(in).PutRule(w.Context(), &rule)
			w.must(err)
		}
		before := eventbridge.PutRuleInput{Name: &name, Description: got.Description, EventPattern: got.EventPattern, State: got.State}
		changed := before
		change(&changed)
		put(changed)
		return func() { put(before) }
	}
}

// permitted lets another account put events on the default bus.
func permitted(w *world) func() {
	w.Helper()
	_, err := w.aws.events.PutPermission(w.Context(), &eventbridge.PutPermissionInput{
		StatementId: ptr("Other"), Action: ptr("events:PutEvents"), Principal: ptr("222222222222"),
	})
	w.must(err)
	return func() {
		_, err := w.aws.events.RemovePermission(w.Context(), &eventbridge.RemovePermissionInput{StatementId: ptr("Other")})
		w.must(err)
	}
}

// topicARN is the ARN of a topic.
func (w *world) topicARN(name string) *string {
	return ptr("arn:aws:sns:" + region + ":" + w.account() + ":" + name)
}

func topicAttribute(topic, name, value string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		got, err := w.aws.sns.GetTopicAttributes(w.Context(), &sns.GetTopicAttributesInput{TopicArn: w.topicARN(topic)})
		w.must(err)
		put := func(value string) {
			_, err := w.aws.sns.SetTopicAttributes(w.Context(), &sns.SetTopicAttributesInput{TopicArn: w.topicARN(topic), AttributeName: &name, AttributeValue: &value})
			w.must(err)
		}
		put(value)
		return func() { put(got.Attributes[name]) }
	}
}

// protected masks whatever looks like an address in a topic's messages.
func protected(topic string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		put := func(policy string) {
			_, err := w.aws.sns.PutDataProtectionPolicy(w.Context(), &sns.PutDataProtectionPolicyInput{ResourceArn: w.topicARN(topic), DataProtectionPolicy: &policy})
			w.must(err)
		}
		put(`{"Name": "mask", "Version": "2021-06-01", "Statement": []}`)
		return func() { put("") }
	}
}

func subscribed(email string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		made, err := w.aws.sns.Subscribe(w.Context(), &sns.SubscribeInput{
			TopicArn: w.topicARN("prodgate-alerts"), Protocol: ptr("email"), Endpoint: &email, ReturnSubscriptionArn: true,
		})
		w.must(err)
		return func() {
			_, err := w.aws.sns.Unsubscribe(w.Context(), &sns.UnsubscribeInput{SubscriptionArn: made.SubscriptionArn})
			w.must(err)
		}
	}
}

// subscription is the first one of a topic.
func (w *world) subscription(topic string) snstypes.Subscription {
	w.Helper()
	got, err := w.aws.sns.ListSubscriptionsByTopic(w.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: w.topicARN(topic)})
	w.must(err)
	return got.Subscriptions[0]
}

func unsubscribed(topic string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		was := w.subscription(topic)
		_, err := w.aws.sns.Unsubscribe(w.Context(), &sns.UnsubscribeInput{SubscriptionArn: was.SubscriptionArn})
		w.must(err)
		return func() {
			_, err := w.aws.sns.Subscribe(w.Context(), &sns.SubscribeInput{TopicArn: was.TopicArn, Protocol: was.Protocol, Endpoint: was.Endpoint})
			w.must(err)
		}
	}
}

func filtered(topic string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		put := func(policy string) {
			_, err := w.aws.sns.SetSubscriptionAttributes(w.Context(), &sns.SetSubscriptionAttributesInput{
				SubscriptionArn: w.subscription(topic).SubscriptionArn, AttributeName: ptr("FilterPolicy"), AttributeValue: &policy,
			})
			w.must(err)
		}
		put(`{"kind": ["none"]}`)
		return func() { put("{}") }
	}
}

// keyID is the id of the key that an alias stands for.
func (w *world) keyID(alias string) *string {
	w.Helper()
	got, err := w.aws.kms.DescribeKey(w.Context(), &kms.DescribeKeyInput{KeyId: &alias})
	w.must(err)
	return got.KeyMetadata.KeyId
}

func keyPolicyOf(alias string) policyOf {
	return func(w *world) (func() string, func(string)) {
		return func() string {
				got, err := w.aws.kms.GetKeyPolicy(w.Context(), &kms.GetKeyPolicyInput{KeyId: w.keyID(alias), PolicyName: ptr("default")})
				w.must(err)
				return *got.Policy
			}, func(text string) {
				_, err := w.aws.kms.PutKeyPolicy(w.Context(), &kms.PutKeyPolicyInput{KeyId: w.keyID(alias), Policy: &text})
				w.must(err)
			}
	}
}

func rotated(alias string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		_, err := w.aws.kms.DisableKeyRotation(w.Context(), &kms.DisableKeyRotationInput{KeyId: w.keyID(alias)})
		w.must(err)
		return func() {
			_, err := w.aws.kms.EnableKeyRotation(w.Context(), &kms.EnableKeyRotationInput{KeyId: w.keyID(alias)})
			w.must(err)
		}
	}
}

func keyDisabled(alias string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		_, err := w.aws.kms.DisableKey(w.Context(), &kms.DisableKeyInput{KeyId: w.keyID(alias)})
		w.must(err)
		return func() {
			_, err := w.aws.kms.EnableKey(w.Context(), &kms.EnableKeyInput{KeyId: w.keyID(alias)})
			w.must(err)
		}
	}
}

// aliased gives the alias of one key to another.
func aliased(alias, other string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		before := w.keyID(alias)
		put := func(id *string) {
			_, err := w.aws.kms.UpdateAlias(w.Context(), &kms.UpdateAliasInput{AliasName: &alias, TargetKeyId: id})
			w.must(err)
		}
		put(w.keyID(other))
		return func() { put(before) }
	}
}

// createdRole makes a role below the gate's IAM path.
func createdRole(path, name string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		_, err := w.aws.iam.CreateRole(w.Context(), &iam.CreateRoleInput{RoleName: &name, Path: &path, AssumeRolePolicyDocument: ptr(
			`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "222222222222"}}]}`)})
		w.must(err)
		return func() {
			_, err := w.aws.iam.DeleteRole(w.Context(), &iam.DeleteRoleInput{RoleName: &name})
			w.must(err)
		}
	}
}

// policyOf reads and writes the policy of a resource.
type policyOf func(*world) (get func() string, put func(string))

// document changes a resource policy.
func document(of policyOf, change func(string) string) func(*world) func() {
	return func(w *world) func() {
		w.Helper()
		get, put := of(w)
		before := get()
		put(change(before))
		return func() { put(before) }
	}
}

// replaceDeployer replaces the deployer in a policy.
func replaceDeployer(text string) string {
	return strings.Replace(text, "role/deployer", "role/somebody", 1)
}

// reformatPolicy returns an equivalent policy: a string instead of a list of one, lists and
// statements reversed, and the wildcard principal without a type.
func reformatPolicy(text string) string {
	var d struct {
		Version   string
		Statement []map[string]any
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return err.Error()
	}
	slices.Reverse(d.Statement)
	for _, s := range d.Statement {
		for _, key := range []string{"Action", "Resource"} {
			if all, is := s[key].([]any); is {
				slices.Reverse(all)
				if len(all) == 1 {
					s[key] = all[0]
				}
			}
		}
		if everybody, is := s["Principal"].(map[string]any); is && len(everybody) == 1 && everybody["AWS"] != nil {
			s["Principal"] = "*"
		}
	}
	again, _ := json.MarshalIndent(d, "", "  ")
	return string(again)
}

func repositoryPolicy(w *world) (func() string, func(string)) {
	name := ptr("prodgate/backend-flask")
	return func() string {
			got, err := w.aws.ecr.GetRepositoryPolicy(w.Context(), &ecr.GetRepositoryPolicyInput{RepositoryName: name})
			w.must(err)
			return *got.PolicyText
		}, func(text string) {
			_, err := w.aws.ecr.SetRepositoryPolicy(w.Context(), &ecr.SetRepositoryPolicyInput{RepositoryName: name, PolicyText: &text})
			w.must(err)
		}
}

func topicPolicy(w *world) (func() string, func(string)) { return topicPolicyOf("prodgate-alerts")(w) }

func topicPolicyOf(name string) policyOf {
	return func(w *world) (func() string, func(string)) {
		topic := w.topicARN(name)
		return func() string {
				got, err := w.aws.sns.GetTopicAttributes(w.Context(), &sns.GetTopicAttributesInput{TopicArn: topic})
				w.must(err)
				return got.Attributes["Policy"]
			}, func(text string) {
				_, err := w.aws.sns.SetTopicAttributes(w.Context(), &sns.SetTopicAttributesInput{TopicArn: topic, AttributeName: ptr("Policy"), AttributeValue: &text})
				w.must(err)
			}
	}
}

func bucketPolicy(w *world) (func() string, func(string)) {
	bucket := ptr("prodgate-artifacts-" + w.account() + "-" + region)
	return func() string {
			got, err := w.aws.s3.GetBucketPolicy(w.Context(), &s3.GetBucketPolicyInput{Bucket: bucket})
			w.must(err)
			return *got.Policy
		}, func(text string) {
			_, err := w.aws.s3.PutBucketPolicy(w.Context(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: &text})
			w.must(err)
		}
}

// without deletes the policy of a repository.
func (w *world) without(name string) (undo func()) {
	w.Helper()
	get, put := repositoryPolicy(w)
	before := get()
	_, err := w.aws.ecr.DeleteRepositoryPolicy(w.Context(), &ecr.DeleteRepositoryPolicyInput{RepositoryName: &name})
	w.must(err)
	return func() { put(before) }
}

// uncoveredChanges are changes that the check does not cover: they allow no delivery, or change nothing.
func (w *world) uncoveredChanges() map[string]func(*world) func() {
	return map[string]func(*world) func(){
		"a repository's policy in other words": document(repositoryPolicy, reformatPolicy),
		"a topic's policy in other words":      document(topicPolicy, reformatPolicy),
		"a bucket's policy in other words":     document(bucketPolicy, reformatPolicy),
		"a key's policy in other words":        document(keyPolicyOf("alias/prodgate-artifacts"), reformatPolicy),
		"a topic's name for people":            topicAttribute("prodgate-alerts", "DisplayName", "Alerts"),
		"a rule's description":                 ruled(region, "prodgate-watch-images", func(r *eventbridge.PutRuleInput) { r.Description = ptr("somebody's words") }),
		"a rule's pattern in other words": ruled(region, "prodgate-watch-roles", func(r *eventbridge.PutRuleInput) {
			var pattern map[string]any
			_ = json.Unmarshal([]byte(*r.EventPattern), &pattern)
			text, _ := json.MarshalIndent(pattern, "", "  ")
			r.EventPattern = ptr(string(text))
		}),
		"a pipeline as it is": pipeline(func(*pipelineOf) {}),
		"a pipeline's tags": func(w *world) func() {
			_, err := w.aws.codepipeline.TagResource(w.Context(), &codepipeline.TagResourceInput{
				ResourceArn: ptr("arn:aws:codepipeline:" + region + ":" + w.account() + ":backend-flask-prodgate"),
				Tags:        []cptypes.Tag{{Key: ptr("cost"), Value: ptr("more")}},
			})
			w.must(err)
			return nil
		},
		"a project's description": project("prodgate-backend-flask-build", func(u *codebuild.UpdateProjectInput) { u.Description = ptr("somebody's words") }),
		"a role's description": func(w *world) func() {
			_, err := w.aws.iam.UpdateRole(w.Context(), &iam.UpdateRoleInput{RoleName: ptr("prodgate-backend-flask-build"), Description: ptr("somebody's words")})
			w.must(err)
			return nil
		},
		"how long logs are kept": func(w *world) func() {
			_, err := w.aws.logs.PutRetentionPolicy(w.Context(), &cloudwatchlogs.PutRetentionPolicyInput{
				LogGroupName: ptr("/aws/codebuild/prodgate-backend-flask-build"), RetentionInDays: ptr(int32(7)),
			})
			w.must(err)
			return nil
		},
		"a policy in other words": func(w *world) func() {
			policy, err := w.managed(w.Context(), "arn:aws:iam::"+w.account()+":policy/prodgate/pipeline/prodgate-backend-flask-pipeline")
			w.must(err)
			return w.version("pipeline", "prodgate-backend-flask-pipeline", reformatPolicy(policy.Document))
		},
	}
}
