package configrules

import (
	"slices"
	"strconv"

	"prodgate/pkg/gate/storage"
	"prodgate/pkg/settings"
)

// The types of the configuration items that the rules evaluate.
const (
	itemProject     = "AWS::CodeBuild::Project"
	itemReportGroup = "AWS::CodeBuild::ReportGroup"
	itemPipeline    = "AWS::CodePipeline::Pipeline"
	itemRepository  = "AWS::ECR::Repository"
	itemPolicy      = "AWS::IAM::Policy"
	itemRole        = "AWS::IAM::Role"
	itemKey         = "AWS::KMS::Key"
	itemBucket      = "AWS::S3::Bucket"
	itemTopic       = "AWS::SNS::Topic"
	itemSecret      = "AWS::SecretsManager::Secret"
	itemTrail       = "AWS::CloudTrail::Trail"
)

// managedRules are the managed rules that concern what the gate is made of, and what
// watches it. A parameter names what is the gate's own only where the rule evaluates
// that alone: others need not use the gate's keys.
var managedRules = []configRule{
	{identifier: "CODEBUILD_PROJECT_ARTIFACT_ENCRYPTION", item: itemProject},
	{
		// It flags every privileged project but these: those that run docker.
		identifier: "CODEBUILD_PROJECT_ENVIRONMENT_PRIVILEGED_CHECK", item: itemProject,
		parameters: map[string]value{"exemptedProjects": eachOf(subject.dockerProjects)}, needs: "exemptedProjects",
	},
	{identifier: "CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK", item: itemProject},
	{
		identifier: "CODEBUILD_PROJECT_LOGGING_ENABLED", item: itemProject,
		parameters: map[string]value{"cloudWatchGroupNames": eachOf(subject.logGroups)},
	},
	{identifier: "CODEBUILD_PROJECT_S3_LOGS_ENCRYPTED", item: itemProject},
	{identifier: "CODEBUILD_PROJECT_SOURCE_REPO_URL_CHECK", item: itemProject},
	// The gate makes no report group. CodeBuild makes one for a buildspec that reports,
	// and without tags: its own type is all that identifies it.
	{identifier: "CODEBUILD_REPORT_GROUP_ENCRYPTED_AT_REST", item: itemReportGroup},
	{
		identifier: "CODEPIPELINE_DEPLOYMENT_COUNT_CHECK", item: itemPipeline,
		parameters: map[string]value{"deploymentLimit": is("1")}, // one deploy action a stage
	},
	{
		identifier: "CODEPIPELINE_REGION_FANOUT_CHECK", item: itemPipeline,
		parameters: map[string]value{"regionFanoutFactor": is("1")}, // one region
	},
	{identifier: "ECR_PRIVATE_IMAGE_SCANNING_ENABLED"},
	{identifier: "ECR_PRIVATE_LIFECYCLE_POLICY_CONFIGURED", item: itemRepository},
	{identifier: "ECR_PRIVATE_TAG_IMMUTABILITY_ENABLED", item: itemRepository},
	{
		identifier: "ECR_REPOSITORY_CMK_ENCRYPTION_ENABLED", item: itemRepository,
		parameters: map[string]value{"kmsKeyArns": keys("images")},
	},
	// A boundary gives nothing, and others' often let everything through.
	{
		identifier: "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", item: itemPolicy,
		parameters: map[string]value{"excludePermissionBoundaryPolicy": is("true")},
	},
	{
		identifier: "IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS", item: itemPolicy,
		parameters: map[string]value{"excludePermissionBoundaryPolicy": is("true")},
	},
	{identifier: "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", item: itemBucket, remediation: &closeBucket},
	{identifier: "S3_BUCKET_SSL_REQUESTS_ONLY", item: itemBucket},
	{identifier: "S3_BUCKET_VERSIONING_ENABLED", item: itemBucket, remediation: &versionBucket},
	{
		identifier: "S3_DEFAULT_ENCRYPTION_KMS", item: itemBucket,
		parameters: map[string]value{"kmsKeyArns": keys("artifacts", "config", "trail")},
	},
	// Others' topics have other keys: the type is all that identifies a topic.
	{identifier: "SNS_ENCRYPTED_KMS", item: itemTopic},

	// Of the account, once a day.
	{identifier: "CMK_BACKING_KEY_ROTATION_ENABLED"},
	{identifier: "CLOUDWATCH_LOG_GROUP_ENCRYPTED"},
	{
		identifier: "CW_LOGGROUP_RETENTION_PERIOD_CHECK", needs: "LogGroupNames", // others' logs may be kept shorter
		parameters: map[string]value{"LogGroupNames": eachOf(subject.buildLogs), "MinRetentionTime": eachOf(subject.logDays)},
	},
	{
		identifier: "CLOUD_TRAIL_ENABLED", of: subject.hasTrail,
		parameters: map[string]value{"s3BucketName": eachOf(subject.trailBucket)},
	},
	{
		identifier: "MULTI_REGION_CLOUD_TRAIL_ENABLED", of: subject.hasTrail,
		parameters: map[string]value{"s3BucketName": eachOf(subject.trailBucket), "includeManagementEvents": is("true")},
	},
	{identifier: "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", of: subject.hasTrail},
	{identifier: "CLOUD_TRAIL_ENCRYPTION_ENABLED", of: subject.hasTrail},
	{identifier: "CLOUDTRAIL_SECURITY_TRAIL_ENABLED", of: subject.hasTrail},
	{
		// AWS's own days, which its API does not fill in.
		identifier: "GUARDDUTY_NON_ARCHIVED_FINDINGS", of: subject.hasDetector,
		parameters: map[string]value{"daysLowSev": is("30"), "daysMediumSev": is("7"), "daysHighSev": is("1")},
	},
	// Which account is GuardDuty's administrator, and which the organization's, settings
	// do not say.
	{identifier: "GUARDDUTY_ENABLED_CENTRALIZED", of: func(s subject) bool { return s.hasDetector() && s.hasOrganization() }},
	{identifier: "ACCOUNT_PART_OF_ORGANIZATIONS", of: subject.hasOrganization},

	{
		identifier: "SECRETSMANAGER_ROTATION_ENABLED_CHECK", item: itemSecret, of: subject.createsSecrets,
		parameters: map[string]value{"maximumAllowedRotationFrequency": eachOf(subject.rotationDays)},
	},
	{
		identifier: "SECRETSMANAGER_USING_CMK", item: itemSecret, of: subject.createsSecrets,
		parameters: map[string]value{"kmsKeyArns": keys("secrets")},
	},
	{
		// AWS's own days, too. Of an app that is not delivered for so long, nobody would miss
		// the secret.
		identifier: "SECRETSMANAGER_SECRET_UNUSED", of: subject.createsSecrets,
		parameters: map[string]value{"unusedForDays": is("90")},
	},
}

func (s subject) hasTrail() bool       { return s.Settings.Detection.Trail != settings.Off }
func (s subject) createsSecrets() bool { return s.Settings.CreatesSecrets() }
func (s subject) hasDetector() bool    { return s.Settings.Detection.GuardDuty != settings.Off }

// hasOrganization is whether the stack is known to be in one.
func (s subject) hasOrganization() bool { return s.Settings.Organization.TargetId != "" }

// dockerProjects are the names of the projects that run docker, and so are privileged.
func (s subject) dockerProjects() []string { return s.pipeline.PrivilegedProjects() }

// buildLogs are the names of the log groups of all builds: a parameter has no room for more.
func (s subject) buildLogs() []string { return s.pipeline.BuildLogGroups() }

// logGroups are the names of all log groups.
func (s subject) logGroups() []string { return s.pipeline.LogGroups() }

func (s subject) logDays() []string { return []string{strconv.Itoa(s.Settings.Retention.LogDays)} }

// trailBucket is where the gate's own trail writes; none where it made no trail.
func (s subject) trailBucket() []string {
	if !slices.ContainsFunc(s.Buckets, func(b *storage.Bucket) bool { return b.Purpose == "trail" }) {
		return nil
	}
	return []string{s.Names.Bucket("trail").Name}
}

// rotationDays are the most days that a secret of the gate goes unrotated; none where
// none is rotated.
func (s subject) rotationDays() []string {
	most := 0
	for _, app := range s.Settings.Apps {
		for _, secret := range app.Secrets {
			if secret.IsCreated() && secret.RotationLambdaArn != "" {
				most = max(most, secret.RotationDays)
			}
		}
	}
	if most == 0 {
		return nil
	}
	return []string{strconv.Itoa(most)}
}
