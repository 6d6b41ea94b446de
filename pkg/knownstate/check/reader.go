package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"prodgate/pkg/knownstate"
)

// concurrency is how many calls are under way at a time; AWS's answers say when that is too many, and the SDK
// slows down.
const concurrency = 32

// maxProjects is the most that BatchGetProjects takes: AWS CodeBuild API Reference.
const maxProjects = 100

// live reads the live gate.
type live struct {
	Options
	region       string
	codebuild    *codebuild.Client
	codepipeline *codepipeline.Client
	ecr          *ecr.Client
	events       *eventbridge.Client
	iam          *iam.Client
	kms          *kms.Client
	lambda       *lambda.Client
	s3           *s3.Client
	sns          *sns.Client
	ssm          *ssm.Client
}

func newLive(cfg aws.Config, o Options) *live {
	cfg.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = concurrency })
	// Adaptive retries slow all calls of a client down when AWS throttles one.
	cfg.Retryer = func() aws.Retryer {
		return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, func(s *retry.StandardOptions) { s.MaxAttempts = 8 })
		})
	}
	return &live{
		Options: o, region: cfg.Region,
		codebuild: codebuild.NewFromConfig(cfg), codepipeline: codepipeline.NewFromConfig(cfg), ecr: ecr.NewFromConfig(cfg),
		events: eventbridge.NewFromConfig(cfg), iam: iam.NewFromConfig(cfg), kms: kms.NewFromConfig(cfg), lambda: lambda.NewFromConfig(cfg), sns: sns.NewFromConfig(cfg),
		ssm: ssm.NewFromConfig(cfg),
		s3:  s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = cfg.BaseEndpoint != nil }),
	}
}

// reading is what is live of a part: the hashes of its fields, or why they are not known.
type reading struct {
	hashes map[string]string
	err    error
}

// read reads parts by their names, as known states have them.
func (l *live) read(ctx context.Context, parts []string) map[string]reading {
	all := map[string]reading{}
	var lock sync.Mutex
	var running sync.WaitGroup
	free := make(chan struct{}, concurrency)
	var projects []string
	done := func(part string, read reading) {
		lock.Lock()
		defer lock.Unlock()
		all[part] = read
	}
	start := func(read func()) {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			read()
		})
	}
	// One answer has a pipeline and its trigger.
	pipelines := map[string][]string{}
	for _, part := range parts {
		kind, name, _ := strings.Cut(part, " ")
		switch kind {
		case "project":
			projects = append(projects, name)
		case "pipeline", "trigger":
			pipelines[name] = append(pipelines[name], part)
		}
	}
	for names := range slices.Chunk(projects, maxProjects) {
		start(func() {
			found, err := l.projects(ctx, names)
			for _, name := range names {
				part := "project " + name
				parts, is := found[name]
				if !is && err == nil {
					done(part, reading{err: errors.New("there is no such project")})
					continue
				}
				done(part, hashesOf(part, parts, err))
			}
		})
	}
	for name, wanted := range pipelines {
		start(func() {
			found, err := l.pipeline(ctx, name)
			for _, part := range wanted {
				done(part, hashesOf(part, found, err))
			}
		})
	}
	for _, part := range parts {
		kind, name, _ := strings.Cut(part, " ")
		if kind == "project" || kind == "pipeline" || kind == "trigger" {
			continue
		}
		start(func() {
			found, err := l.one(ctx, kind, name)
			done(part, hashesOf(part, found, err))
		})
	}
	running.Wait()
	return all
}

// hashesOf are the hashes of the parts of one name.
func hashesOf(part string, parts []knownstate.Part, err error) reading {
	hashes := map[string]string{}
	for _, p := range parts {
		if p.Name == part {
			for field, hash := range p.Hashes() {
				hashes[field] = hash
			}
		}
	}
	return reading{hashes, err}
}

// one reads a part that has an answer of its own.
func (l *live) one(ctx context.Context, kind, name string) ([]knownstate.Part, error) {
	switch kind {
	case "role":
		return l.role(ctx, name)
	case "policy":
		return l.policy(ctx, name)
	case "repository":
		return l.repository(ctx, name)
	case "bucket":
		return l.bucket(ctx, name)
	case "topic":
		return l.topic(ctx, name)
	case "rule":
		return l.rule(ctx, name)
	case "function":
		return l.function(ctx, name)
	case "bus":
		return l.bus(ctx, name)
	case "key":
		return l.key(ctx, name)
	case "identity-provider":
		return l.identityProvider(ctx, name)
	case "trust":
		return l.trust(ctx, name)
	case "roles":
		return l.roles(ctx, name)
	case "parameters":
		all, err := l.parametersBelow(ctx, name)
		var names []string
		for one := range all {
			names = append(names, one)
		}
		return []knownstate.Part{knownstate.Names(name, names)}, err
	}
	return nil, fmt.Errorf("unknown kind %s", kind)
}

// projects are those of names that exist.
func (l *live) projects(ctx context.Context, names []string) (map[string][]knownstate.Part, error) {
	answer, err := l.codebuild.BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: names})
	if err != nil {
		return nil, err
	}
	all := map[string][]knownstate.Part{}
	for _, project := range answer.Projects {
		parts, err := projectParts(project)
		if err != nil {
			return nil, err
		}
		all[aws.ToString(project.Name)] = parts
	}
	return all, nil
}

func projectParts(project cbtypes.Project) ([]knownstate.Part, error) {
	return knownstate.Kind(knownstate.Project).Live(projectInputs(project))
}

func (l *live) pipeline(ctx context.Context, name string) ([]knownstate.Part, error) {
	answer, err := l.codepipeline.GetPipeline(ctx, &codepipeline.GetPipelineInput{Name: &name})
	if err != nil {
		return nil, err
	}
	return pipelineParts(l.region, answer)
}

func pipelineParts(region string, answer *codepipeline.GetPipelineOutput) ([]knownstate.Part, error) {
	return knownstate.Pipeline(region).Live(pipelineInputs(region, answer))
}

func (l *live) role(ctx context.Context, name string) ([]knownstate.Part, error) {
	role, err := l.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, err
	}
	attached, inline := []any{}, []any{}
	for pages := iam.NewListAttachedRolePoliciesPaginator(l.iam, &iam.ListAttachedRolePoliciesInput{RoleName: &name}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, policy := range page.AttachedPolicies {
			attached = append(attached, aws.ToString(policy.PolicyArn))
		}
	}
	for pages := iam.NewListRolePoliciesPaginator(l.iam, &iam.ListRolePoliciesInput{RoleName: &name}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, policy := range page.PolicyNames {
			inline = append(inline, policy)
		}
	}
	return roleParts(role, attached, inline)
}

func roleParts(role *iam.GetRoleOutput, attached, inline []any) ([]knownstate.Part, error) {
	inputs, err := roleInputs(role.Role)
	if err != nil {
		return nil, err
	}
	return together(
		func() ([]knownstate.Part, error) { return knownstate.Kind(knownstate.Role).Live(inputs) },
		func() ([]knownstate.Part, error) {
			return knownstate.Kind(knownstate.Attachments).Live(knownstate.Inputs{"roleName": inputs["name"], "policyArns": attached})
		},
		func() ([]knownstate.Part, error) {
			return knownstate.Kind(knownstate.InlinePolicies).Live(knownstate.Inputs{"roleName": inputs["name"], "policyNames": inline})
		},
	)
}

// policy reads the version of a policy that counts. The last word of a name is what it is for, and its folder.
func (l *live) policy(ctx context.Context, name string) ([]knownstate.Part, error) {
	arn := l.Policies + "/" + name[strings.LastIndex(name, "-")+1:] + "/" + name
	policy, err := l.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return nil, err
	}
	version, err := l.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: policy.Policy.DefaultVersionId})
	if err != nil {
		return nil, err
	}
	return policyParts(name, version)
}

func policyParts(name string, version *iam.GetPolicyVersionOutput) ([]knownstate.Part, error) {
	inputs, err := policyInputs(name, version)
	if err != nil {
		return nil, err
	}
	return knownstate.Kind(knownstate.Policy).Live(inputs)
}

func (l *live) repository(ctx context.Context, name string) ([]knownstate.Part, error) {
	repositories, err := l.ecr.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{name}})
	if err != nil {
		return nil, err
	}
	policy, err := l.ecr.GetRepositoryPolicy(ctx, &ecr.GetRepositoryPolicyInput{RepositoryName: &name})
	if err != nil {
		return nil, err
	}
	return repositoryParts(repositories, policy)
}

func repositoryParts(repositories *ecr.DescribeRepositoriesOutput, policy *ecr.GetRepositoryPolicyOutput) ([]knownstate.Part, error) {
	if len(repositories.Repositories) != 1 {
		return nil, errors.New("there is no such repository")
	}
	return together(
		func() ([]knownstate.Part, error) {
			return knownstate.Kind(knownstate.Repository).Live(repositoryInputs(repositories.Repositories[0]))
		},
		func() ([]knownstate.Part, error) {
			return knownstate.Kind(knownstate.RepositoryPolicy).Live(repositoryPolicyInputs(policy))
		},
	)
}

func (l *live) bucket(ctx context.Context, name string) ([]knownstate.Part, error) {
	answer, err := l.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &name})
	if err != nil {
		return nil, err
	}
	return knownstate.Kind(knownstate.BucketPolicy).Live(knownstate.Inputs{"bucket": name, "policy": aws.ToString(answer.Policy)})
}

// topic reads a topic that stands beside the topic of alerts, with its subscriptions.
func (l *live) topic(ctx context.Context, name string) ([]knownstate.Part, error) {
	arn := l.Topic[:strings.LastIndex(l.Topic, ":")+1] + name
	topic, err := l.sns.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn})
	if err != nil {
		return nil, err
	}
	protection, err := l.sns.GetDataProtectionPolicy(ctx, &sns.GetDataProtectionPolicyInput{ResourceArn: &arn})
	if err != nil {
		return nil, err
	}
	var subscriptions []knownstate.Inputs
	for pages := sns.NewListSubscriptionsByTopicPaginator(l.sns, &sns.ListSubscriptionsByTopicInput{TopicArn: &arn}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Subscriptions {
			inputs, err := l.subscription(ctx, s)
			if err != nil {
				return nil, err
			}
			if inputs != nil {
				subscriptions = append(subscriptions, inputs)
			}
		}
	}
	return topicParts(name, topic, protection, subscriptions)
}

// subscription reads one of a topic's; nil for one that somebody has ended.
func (l *live) subscription(ctx context.Context, s snstypes.Subscription) (knownstate.Inputs, error) {
	switch aws.ToString(s.SubscriptionArn) {
	case "Deleted": // SNS lists it for three days more
		return nil, nil
	case "PendingConfirmation": // SNS shows nothing else of it
		return subscriptionInputs(s, nil), nil
	}
	answer, err := l.sns.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{SubscriptionArn: s.SubscriptionArn})
	if err != nil {
		return nil, err
	}
	return subscriptionInputs(s, answer.Attributes), nil
}

func topicParts(name string, topic *sns.GetTopicAttributesOutput, protection *sns.GetDataProtectionPolicyOutput, subscriptions []knownstate.Inputs) ([]knownstate.Part, error) {
	all := []func() ([]knownstate.Part, error){
		func() ([]knownstate.Part, error) {
			return knownstate.TopicPolicy(name).Live(knownstate.Inputs{"policy": topic.Attributes["Policy"]})
		},
		func() ([]knownstate.Part, error) {
			return knownstate.Kind(knownstate.Topic).Live(topicInputs(name, topic, protection))
		},
	}
	for _, inputs := range subscriptions {
		all = append(all, func() ([]knownstate.Part, error) { return knownstate.Subscription(name).Live(inputs) })
	}
	return together(all...)
}

// rule reads a rule with its targets. One of another region has the region before its name.
func (l *live) rule(ctx context.Context, name string) ([]knownstate.Part, error) {
	region, of, isElsewhere := strings.Cut(name, "/")
	if !isElsewhere {
		region, of = l.region, name
	}
	in := func(o *eventbridge.Options) { o.Region = region }
	rule, err := l.events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &of}, in)
	if err != nil {
		return nil, err
	}
	targets := &eventbridge.ListTargetsByRuleOutput{}
	for input := (&eventbridge.ListTargetsByRuleInput{Rule: &of}); ; {
		page, err := l.events.ListTargetsByRule(ctx, input, in)
		if err != nil {
			return nil, err
		}
		targets.Targets = append(targets.Targets, page.Targets...)
		if page.NextToken == nil {
			break
		}
		input.NextToken = page.NextToken
	}
	if isElsewhere {
		return rulePartsIn(region, rule, targets)
	}
	return ruleParts(rule, targets)
}

func ruleParts(rule *eventbridge.DescribeRuleOutput, targets *eventbridge.ListTargetsByRuleOutput) ([]knownstate.Part, error) {
	return ruleAndTargets(rule, targets, knownstate.Rule, knownstate.Target)
}

func rulePartsIn(region string, rule *eventbridge.DescribeRuleOutput, targets *eventbridge.ListTargetsByRuleOutput) ([]knownstate.Part, error) {
	return ruleAndTargets(rule, targets, knownstate.In(region, knownstate.Rule), knownstate.In(region, knownstate.Target))
}

func ruleAndTargets(rule *eventbridge.DescribeRuleOutput, targets *eventbridge.ListTargetsByRuleOutput, ofRule, ofTarget knownstate.Kind) ([]knownstate.Part, error) {
	all := []func() ([]knownstate.Part, error){func() ([]knownstate.Part, error) { return ofRule.Live(ruleInputs(rule)) }}
	for _, target := range targets.Targets {
		all = append(all, func() ([]knownstate.Part, error) {
			return ofTarget.Live(targetInputs(aws.ToString(rule.Name), target))
		})
	}
	return together(all...)
}

func (l *live) bus(ctx context.Context, name string) ([]knownstate.Part, error) {
	bus, err := l.events.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: &name})
	if err != nil {
		return nil, err
	}
	return busParts(bus)
}

func busParts(bus *eventbridge.DescribeEventBusOutput) ([]knownstate.Part, error) {
	return knownstate.Kind(knownstate.Bus).Live(busInputs(bus))
}

// key reads the key that an alias stands for: GetKeyPolicy takes no alias.
func (l *live) key(ctx context.Context, name string) ([]knownstate.Part, error) {
	alias := knownstate.KeyAliasPrefix + name
	key, err := l.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
	if err != nil {
		return nil, err
	}
	policy, err := l.kms.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: key.KeyMetadata.KeyId, PolicyName: aws.String("default")})
	if err != nil {
		return nil, err
	}
	rotation, err := l.kms.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: key.KeyMetadata.KeyId})
	if err != nil {
		return nil, err
	}
	return keyParts(alias, key, policy, rotation)
}

func keyParts(alias string, key *kms.DescribeKeyOutput, policy *kms.GetKeyPolicyOutput, rotation *kms.GetKeyRotationStatusOutput) ([]knownstate.Part, error) {
	return together(
		func() ([]knownstate.Part, error) {
			return knownstate.Key(alias).Live(knownstate.Inputs{
				"policy": aws.ToString(policy.Policy), "enableKeyRotation": rotation.KeyRotationEnabled, "state": string(key.KeyMetadata.KeyState),
			})
		},
		func() ([]knownstate.Part, error) {
			return knownstate.Kind(knownstate.KeyAlias).Live(knownstate.Inputs{"name": alias, "targetKeyId": aws.ToString(key.KeyMetadata.KeyId)})
		},
	)
}

// iamARN is the ARN of a resource of IAM in the account.
func (l *live) iamARN(resource string) string {
	before, _, _ := strings.Cut(l.Policies, ":policy/")
	return before + ":" + resource
}

func (l *live) identityProvider(ctx context.Context, host string) ([]knownstate.Part, error) {
	answer, err := l.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(l.iamARN("oidc-provider/" + host))})
	if err != nil {
		return nil, err
	}
	return identityProviderParts(answer)
}

func identityProviderParts(answer *iam.GetOpenIDConnectProviderOutput) ([]knownstate.Part, error) {
	return knownstate.Kind(knownstate.IdentityProvider).Live(identityProviderInputs(answer))
}

// trust reads the trust policy of a role that others make.
func (l *live) trust(ctx context.Context, name string) ([]knownstate.Part, error) {
	answer, err := l.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, err
	}
	return trustParts(answer)
}

func trustParts(answer *iam.GetRoleOutput) ([]knownstate.Part, error) {
	trust, err := decoded(answer.Role.AssumeRolePolicyDocument)
	if err != nil {
		return nil, fmt.Errorf("trust policy: %w", err)
	}
	return knownstate.Kind(knownstate.Trust).Live(knownstate.Inputs{"name": aws.ToString(answer.Role.RoleName), "assumeRolePolicy": trust})
}

// maxRoles is the most that ListRoles returns at a time: IAM API Reference.
const maxRoles = 1000

// roles reads the names of the roles below an IAM path.
func (l *live) roles(ctx context.Context, below string) ([]knownstate.Part, error) {
	var names []string
	for pages := iam.NewListRolesPaginator(l.iam, &iam.ListRolesInput{PathPrefix: &below, MaxItems: aws.Int32(maxRoles)}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, role := range page.Roles {
			names = append(names, aws.ToString(role.Path)+aws.ToString(role.RoleName))
		}
	}
	return []knownstate.Part{knownstate.Roles(below, names)}, nil
}

func (l *live) function(ctx context.Context, name string) ([]knownstate.Part, error) {
	configuration, err := l.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if err != nil {
		return nil, err
	}
	policy, err := l.lambda.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: &name})
	if err != nil {
		return nil, err
	}
	return functionParts(configuration, policy)
}

func functionParts(configuration *lambda.GetFunctionConfigurationOutput, policy *lambda.GetPolicyOutput) ([]knownstate.Part, error) {
	return together(
		func() ([]knownstate.Part, error) {
			return knownstate.Kind(knownstate.Function).Live(functionInputs(configuration))
		},
		func() ([]knownstate.Part, error) {
			return knownstate.Kind(knownstate.FunctionPolicy).Live(knownstate.Inputs{
				"function": aws.ToString(configuration.FunctionName), "policy": aws.ToString(policy.Policy),
			})
		},
	)
}

// together are the parts of several answers.
func together(all ...func() ([]knownstate.Part, error)) ([]knownstate.Part, error) {
	var parts []knownstate.Part
	for _, of := range all {
		more, err := of()
		if err != nil {
			return nil, err
		}
		parts = append(parts, more...)
	}
	return parts, nil
}

// parameter is the value of a parameter.
func (l *live) parameter(ctx context.Context, name string) (string, error) {
	answer, err := l.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
	if err != nil {
		return "", err
	}
	return aws.ToString(answer.Parameter.Value), nil
}

// parametersBelow are the values of the parameters below a path, by name.
func (l *live) parametersBelow(ctx context.Context, path string) (map[string]string, error) {
	all := map[string]string{}
	for pages := ssm.NewGetParametersByPathPaginator(l.ssm, &ssm.GetParametersByPathInput{Path: &path}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, parameter := range page.Parameters {
			all[aws.ToString(parameter.Name)] = aws.ToString(parameter.Value)
		}
	}
	return all, nil
}
