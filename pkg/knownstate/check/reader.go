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
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
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
		events: eventbridge.NewFromConfig(cfg), iam: iam.NewFromConfig(cfg), lambda: lambda.NewFromConfig(cfg), sns: sns.NewFromConfig(cfg),
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

func (l *live) topic(ctx context.Context, name string) ([]knownstate.Part, error) {
	answer, err := l.sns.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &l.Topic})
	if err != nil {
		return nil, err
	}
	return knownstate.TopicPolicy(name).Live(knownstate.Inputs{"policy": answer.Attributes["Policy"]})
}

func (l *live) rule(ctx context.Context, name string) ([]knownstate.Part, error) {
	rule, err := l.events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &name})
	if err != nil {
		return nil, err
	}
	targets := &eventbridge.ListTargetsByRuleOutput{}
	for input := (&eventbridge.ListTargetsByRuleInput{Rule: &name}); ; {
		page, err := l.events.ListTargetsByRule(ctx, input)
		if err != nil {
			return nil, err
		}
		targets.Targets = append(targets.Targets, page.Targets...)
		if page.NextToken == nil {
			break
		}
		input.NextToken = page.NextToken
	}
	return ruleParts(rule, targets)
}

func ruleParts(rule *eventbridge.DescribeRuleOutput, targets *eventbridge.ListTargetsByRuleOutput) ([]knownstate.Part, error) {
	all := []func() ([]knownstate.Part, error){
		func() ([]knownstate.Part, error) { return knownstate.Kind(knownstate.Rule).Live(ruleInputs(rule)) },
	}
	for _, target := range targets.Targets {
		all = append(all, func() ([]knownstate.Part, error) {
			return knownstate.Kind(knownstate.Target).Live(targetInputs(aws.ToString(rule.Name), target))
		})
	}
	return together(all...)
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
