package gate

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/address"
)

// configRule is one of AWS Config's managed rules.
type configRule struct {
	// identifier is AWS's, which is not always the rule's name in capitals.
	identifier string
	// parameters are this gate's; nil for none. AWS wants every value a string.
	parameters func(builder) map[string]string
}

// managedRules are the managed rules that concern CodeBuild, CodePipeline, ECR,
// the buckets and IAM.
var managedRules = []configRule{
	{identifier: "CODEBUILD_PROJECT_ARTIFACT_ENCRYPTION"},
	{identifier: "CODEBUILD_PROJECT_ENVIRONMENT_PRIVILEGED_CHECK", parameters: func(b builder) map[string]string {
		// The rule flags every privileged project but these: those that run docker.
		var exempted []string
		for _, app := range b.settings.Apps {
			exempted = append(exempted, b.plan.Project(app.Name, address.Build).Name)
		}
		return map[string]string{"exemptedProjects": strings.Join(exempted, ",")}
	}},
	{identifier: "CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK"},
	{identifier: "CODEBUILD_PROJECT_LOGGING_ENABLED"},
	{identifier: "CODEBUILD_PROJECT_S3_LOGS_ENCRYPTED"},
	{identifier: "CODEBUILD_PROJECT_SOURCE_REPO_URL_CHECK"},
	{identifier: "CODEPIPELINE_DEPLOYMENT_COUNT_CHECK", parameters: func(builder) map[string]string {
		return map[string]string{"deploymentLimit": "1"} // one deploy action a stage
	}},
	{identifier: "CODEPIPELINE_REGION_FANOUT_CHECK", parameters: func(builder) map[string]string {
		return map[string]string{"regionFanoutFactor": "1"} // one region
	}},
	{identifier: "ECR_PRIVATE_IMAGE_SCANNING_ENABLED"},
	{identifier: "ECR_PRIVATE_LIFECYCLE_POLICY_CONFIGURED"},
	{identifier: "ECR_PRIVATE_TAG_IMMUTABILITY_ENABLED"},
	{identifier: "ECR_REPOSITORY_CMK_ENCRYPTION_ENABLED"},
	{identifier: "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS"},
	{identifier: "IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS"},
	{identifier: "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED"},
	{identifier: "S3_BUCKET_SSL_REQUESTS_ONLY"},
	{identifier: "S3_BUCKET_VERSIONING_ENABLED"},
	{identifier: "S3_DEFAULT_ENCRYPTION_KMS"},
}

// recordedTypes are what the rules look at, and the roles beside them. The
// global IAM types are recorded in this region only.
var recordedTypes = []string{
	"AWS::CodeBuild::Project",
	"AWS::CodePipeline::Pipeline",
	"AWS::ECR::Repository",
	"AWS::IAM::Policy",
	"AWS::IAM::Role",
	"AWS::KMS::Key",
	"AWS::S3::Bucket",
}

// recordedReads are the reads of recordedTypes in AWS's policy AWS_ConfigRole (v69), as
// patterns: a read that AWS adds for them is not cut. None of them reads what an
// object, an image, a job or a key holds. That policy's config:Put* is left out, by
// which the recorder's role could change its own rules: recording does not need it.
var recordedReads = []string{
	"codebuild:BatchGet*", "codebuild:List*",
	"codepipeline:GetPipeline*", "codepipeline:List*",
	"ecr:BatchGetRepositoryScanningConfiguration", "ecr:Describe*", "ecr:Get*Policy", "ecr:List*",
	"iam:Get*", "iam:List*",
	"kms:Describe*", "kms:GetKey*", "kms:List*",
	"s3:GetBucket*", "s3:Get*Configuration", "s3:GetAccountPublicAccessBlock", "s3:List*",
}

// maxParameters is the limit of PutConfigRule's InputParameters, in characters.
const maxParameters = 1024

// configRules makes the rules once the recorder runs: without one they are
// refused.
func (b builder) configRules(parent pulumi.Resource, recording []pulumi.Resource) error {
	for _, rule := range managedRules {
		slug := strings.ToLower(strings.ReplaceAll(rule.identifier, "_", "-"))
		args := &cfg.RuleArgs{
			Name:   pulumi.String(b.plan.Gate + "-" + slug),
			Source: cfg.RuleSourceArgs{Owner: pulumi.String("AWS"), SourceIdentifier: pulumi.String(rule.identifier)},
		}
		if rule.parameters != nil {
			parameters, err := json.Marshal(rule.parameters(b))
			if err != nil {
				return fmt.Errorf("%s: %w", rule.identifier, err)
			}
			if len(parameters) > maxParameters {
				if err := b.ctx.Log.Warn(fmt.Sprintf("AWS Config rule %s is left out: its parameters need %d characters "+
					"for this many apps, AWS takes %d", rule.identifier, len(parameters), maxParameters), nil); err != nil {
					return err
				}
				continue
			}
			args.InputParameters = pulumi.String(parameters)
		}
		if _, err := cfg.NewRule(b.ctx, b.called(slug), args,
			pulumi.Parent(parent), pulumi.DependsOn(recording)); err != nil {
			return fmt.Errorf("%s: %w", rule.identifier, err)
		}
	}
	return nil
}
