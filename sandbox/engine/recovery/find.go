package recovery

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codeconnections"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/signer"
	signertypes "github.com/aws/aws-sdk-go-v2/service/signer/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

	"prodgate/sandbox/engine/cloud"
)

// finder finds the resources that interrupted operations created.
type finder struct {
	cfg     aws.Config
	account string
	cloud   *cloud.Cloud
}

func newFinder(ctx context.Context, c *cloud.Cloud, region string) (*finder, error) {
	cfg, err := c.AWSConfig(ctx, region)
	return &finder{cfg: cfg, account: c.Account, cloud: c}, err
}

// finders find a resource's id by its inputs; empty if the resource does not exist. The
// call that creates any other type is idempotent: the next update repeats it.
var finders = map[string]func(*finder, context.Context, operation) (string, error){
	"aws:iam/role:Role": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("name")
		_, err := iam.NewFromConfig(f.cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		return idUnlessMissing(name, err)
	},
	"aws:iam/policy:Policy": func(f *finder, ctx context.Context, op operation) (string, error) {
		arn := "arn:aws:iam::" + f.account + ":policy" + op.input("path") + op.input("name")
		_, err := iam.NewFromConfig(f.cfg).GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
		return idUnlessMissing(arn, err)
	},
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider": func(f *finder, ctx context.Context, op operation) (string, error) {
		arn := "arn:aws:iam::" + f.account + ":oidc-provider/" + strings.TrimPrefix(op.input("url"), "https://")
		_, err := iam.NewFromConfig(f.cfg).GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
		return idUnlessMissing(arn, err)
	},
	"aws:s3/bucketV2:BucketV2": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("bucket")
		client := s3.NewFromConfig(f.cfg, func(o *s3.Options) { o.UsePathStyle = true })
		_, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
		return idUnlessMissing(name, err)
	},
	"aws:ecr/repository:Repository": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("name")
		_, err := ecr.NewFromConfig(f.cfg).DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{name}})
		return idUnlessMissing(name, err)
	},
	"aws:codepipeline/pipeline:Pipeline": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("name")
		_, err := codepipeline.NewFromConfig(f.cfg).GetPipeline(ctx, &codepipeline.GetPipelineInput{Name: &name})
		return idUnlessMissing(name, err)
	},
	"aws:codebuild/project:Project": func(f *finder, ctx context.Context, op operation) (string, error) {
		got, err := codebuild.NewFromConfig(f.cfg).BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: []string{op.input("name")}})
		if err != nil || len(got.Projects) == 0 {
			return "", err
		}
		return aws.ToString(got.Projects[0].Arn), nil
	},
	"aws:codecommit/repository:Repository": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("repositoryName")
		_, err := codecommit.NewFromConfig(f.cfg).GetRepository(ctx, &codecommit.GetRepositoryInput{RepositoryName: &name})
		return idUnlessMissing(name, err)
	},
	"aws:codecommit/approvalRuleTemplate:ApprovalRuleTemplate": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("name")
		_, err := codecommit.NewFromConfig(f.cfg).GetApprovalRuleTemplate(ctx, &codecommit.GetApprovalRuleTemplateInput{ApprovalRuleTemplateName: &name})
		return idUnlessMissing(name, err)
	},
	"aws:codedeploy/application:Application": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("name")
		got, err := codedeploy.NewFromConfig(f.cfg).GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: &name})
		if err != nil {
			return idUnlessMissing("", err)
		}
		return aws.ToString(got.Application.ApplicationId) + ":" + name, nil
	},
	"aws:codedeploy/deploymentGroup:DeploymentGroup": func(f *finder, ctx context.Context, op operation) (string, error) {
		app, name := op.input("appName"), op.input("deploymentGroupName")
		_, err := codedeploy.NewFromConfig(f.cfg).GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{ApplicationName: &app, DeploymentGroupName: &name})
		// An import needs this form; the id in the state is CodeDeploy's.
		return idUnlessMissing(app+":"+name, err)
	},
	"aws:signer/signingProfile:SigningProfile": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("name")
		got, err := signer.NewFromConfig(f.cfg).GetSigningProfile(ctx, &signer.GetSigningProfileInput{ProfileName: &name})
		if err != nil {
			return idUnlessMissing("", err)
		}
		if got.Status != signertypes.SigningProfileStatusActive {
			return "", nil
		}
		return name, nil
	},
	"aws:cloudwatch/logGroup:LogGroup": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("name")
		got, err := cloudwatchlogs.NewFromConfig(f.cfg).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
		if err != nil {
			return "", err
		}
		for _, group := range got.LogGroups {
			if aws.ToString(group.LogGroupName) == name {
				return name, nil
			}
		}
		return "", nil
	},
	"aws:cloudtrail/trail:Trail": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("name")
		got, err := cloudtrail.NewFromConfig(f.cfg).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{TrailNameList: []string{name}})
		if err != nil || len(got.TrailList) == 0 {
			return "", err
		}
		return aws.ToString(got.TrailList[0].TrailARN), nil
	},
	"aws:accessanalyzer/analyzer:Analyzer": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("analyzerName")
		_, err := accessanalyzer.NewFromConfig(f.cfg).GetAnalyzer(ctx, &accessanalyzer.GetAnalyzerInput{AnalyzerName: &name})
		return idUnlessMissing(name, err)
	},
	"aws:ssm/parameter:Parameter": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("name")
		_, err := ssm.NewFromConfig(f.cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: &name})
		return idUnlessMissing(name, err)
	},
	"aws:kms/alias:Alias": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("name")
		_, err := kms.NewFromConfig(f.cfg).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &name})
		return idUnlessMissing(name, err)
	},
	// A key has no name. Its description is unique in the sandbox's account.
	"aws:kms/key:Key": func(f *finder, ctx context.Context, op operation) (string, error) {
		client := kms.NewFromConfig(f.cfg)
		list, err := client.ListKeys(ctx, &kms.ListKeysInput{})
		if err != nil {
			return "", err
		}
		for _, k := range list.Keys {
			key, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: k.KeyId})
			if err != nil {
				return "", err
			}
			m := key.KeyMetadata
			if m.KeyState == kmstypes.KeyStateEnabled && aws.ToString(m.Description) == op.input("description") {
				return aws.ToString(m.KeyId), nil
			}
		}
		return "", nil
	},
	"aws:codeconnections/connection:Connection": func(f *finder, ctx context.Context, op operation) (string, error) {
		list, err := codeconnections.NewFromConfig(f.cfg).ListConnections(ctx, &codeconnections.ListConnectionsInput{})
		if err != nil {
			return "", err
		}
		for _, c := range list.Connections {
			if aws.ToString(c.ConnectionName) == op.input("name") {
				return aws.ToString(c.ConnectionArn), nil
			}
		}
		return "", nil
	},
	"aws:secretsmanager/secret:Secret": func(f *finder, ctx context.Context, op operation) (string, error) {
		name := op.input("name")
		got, err := secretsmanager.NewFromConfig(f.cfg).DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &name})
		if err != nil || got.DeletedDate != nil {
			return idUnlessMissing("", err)
		}
		return aws.ToString(got.ARN), nil
	},
	"aws:guardduty/detector:Detector": func(f *finder, ctx context.Context, _ operation) (string, error) {
		list, err := guardduty.NewFromConfig(f.cfg).ListDetectors(ctx, &guardduty.ListDetectorsInput{})
		if err != nil || len(list.DetectorIds) == 0 {
			return "", err
		}
		return list.DetectorIds[0], nil
	},
	"aws:organizations/policy:Policy": func(f *finder, ctx context.Context, op operation) (string, error) {
		client, err := f.organization(ctx)
		if err != nil {
			return "", err
		}
		pages := organizations.NewListPoliciesPaginator(client, &organizations.ListPoliciesInput{Filter: orgtypes.PolicyTypeServiceControlPolicy})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return "", err
			}
			for _, policy := range page.Policies {
				if aws.ToString(policy.Name) == op.input("name") {
					return aws.ToString(policy.Id), nil
				}
			}
		}
		return "", nil
	},
	"aws:organizations/policyAttachment:PolicyAttachment": func(f *finder, ctx context.Context, op operation) (string, error) {
		client, err := f.organization(ctx)
		if err != nil {
			return "", err
		}
		policy := op.input("policyId")
		targets, err := client.ListTargetsForPolicy(ctx, &organizations.ListTargetsForPolicyInput{PolicyId: &policy})
		if err != nil {
			return idUnlessMissing("", err)
		}
		for _, target := range targets.Targets {
			if aws.ToString(target.TargetId) == op.input("targetId") {
				return op.input("targetId") + ":" + policy, nil
			}
		}
		return "", nil
	},
	"github:index/branchProtection:BranchProtection": func(f *finder, ctx context.Context, op operation) (string, error) {
		exists, err := f.cloud.GetGitHub(ctx, op.input("repositoryId"), "branches/"+op.input("pattern")+"/protection", nil)
		if err != nil || !exists {
			return "", err
		}
		return op.input("repositoryId") + ":" + op.input("pattern"), nil
	},
	"github:index/repositoryFile:RepositoryFile": func(f *finder, ctx context.Context, op operation) (string, error) {
		repository, file, branch := op.input("repository"), op.input("file"), op.input("branch")
		exists, err := f.cloud.GetGitHub(ctx, repository, "contents/"+file+"?ref="+branch, nil)
		if err != nil || !exists {
			return "", err
		}
		return repository + ":" + file + ":" + branch, nil
	},
	"github:index/repositoryRuleset:RepositoryRuleset": func(f *finder, ctx context.Context, op operation) (string, error) {
		var all []struct {
			ID   int64
			Name string
		}
		_, err := f.cloud.GetGitHub(ctx, op.input("repository"), "rulesets", &all)
		for _, ruleset := range all {
			if ruleset.Name == op.input("name") {
				return fmt.Sprintf("%s:%d", op.input("repository"), ruleset.ID), err
			}
		}
		return "", err
	},
	"github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy": func(f *finder, ctx context.Context, op operation) (string, error) {
		id, err := f.cloud.DeploymentBranch(ctx, op.input("repository"), op.input("environment"), op.input("branchPattern"))
		if err != nil || id == "" {
			return "", err
		}
		return op.input("repository") + ":" + op.input("environment") + ":" + id, nil
	},
}

// organization is a client of the account that attaches policies.
func (f *finder) organization(ctx context.Context) (*organizations.Client, error) {
	cfg, err := f.cloud.OrganizationConfig(ctx, f.cfg.Region)
	return organizations.NewFromConfig(cfg), err
}

func (f *finder) findID(ctx context.Context, op operation) (string, error) {
	findID, ok := finders[op.kind]
	if !ok {
		return "", nil
	}
	return findID(f, ctx, op)
}

// idUnlessMissing returns the id, or an empty one if the error says that the resource does not exist.
func idUnlessMissing(id string, err error) (string, error) {
	var api smithy.APIError
	if errors.As(err, &api) && (strings.Contains(api.ErrorCode(), "NotFound") || strings.Contains(api.ErrorCode(), "DoesNotExist") || strings.HasPrefix(api.ErrorCode(), "NoSuch")) {
		return "", nil
	}
	return id, err
}
