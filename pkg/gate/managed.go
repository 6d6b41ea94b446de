package gate

import (
	"slices"
	"strconv"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// The types of the configuration items that the rules look at.
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
// watches it. A parameter names what is the gate's own only where the rule looks at
// that alone: others need not use the gate's keys.
var managedRules = []configRule{
	{identifier: "CODEBUILD_PROJECT_ARTIFACT_ENCRYPTION", item: itemProject},
	{
		// It flags every privileged project but these: those that run docker.
		identifier: "CODEBUILD_PROJECT_ENVIRONMENT_PRIVILEGED_CHECK", item: itemProject,
		parameters: map[string]value{"exemptedProjects": eachOf(builder.dockerProjects)}, needs: "exemptedProjects",
	},
	{identifier: "CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK", item: itemProject},
	{
		identifier: "CODEBUILD_PROJECT_LOGGING_ENABLED", item: itemProject,
		parameters: map[string]value{"cloudWatchGroupNames": eachOf(builder.logGroups)},
	},
	{identifier: "CODEBUILD_PROJECT_S3_LOGS_ENCRYPTED", item: itemProject},
	{identifier: "CODEBUILD_PROJECT_SOURCE_REPO_URL_CHECK", item: itemProject},
	// The gate makes no report group. CodeBuild makes one for a buildspec that reports,
	// and without tags: its own type is all that it can be told by.
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
	{identifier: "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", item: itemBucket, remedy: &closeBucket},
	{identifier: "S3_BUCKET_SSL_REQUESTS_ONLY", item: itemBucket},
	{identifier: "S3_BUCKET_VERSIONING_ENABLED", item: itemBucket, remedy: &versionBucket},
	{
		identifier: "S3_DEFAULT_ENCRYPTION_KMS", item: itemBucket,
		parameters: map[string]value{"kmsKeyArns": keys("artifacts", "config", "trail")},
	},
	// Others' topics have other keys: the type is all that a topic is told by.
	{identifier: "SNS_ENCRYPTED_KMS", item: itemTopic},

	// Of the account, once a day.
	{identifier: "CMK_BACKING_KEY_ROTATION_ENABLED"},
	{identifier: "CLOUDWATCH_LOG_GROUP_ENCRYPTED"},
	{
		identifier: "CW_LOGGROUP_RETENTION_PERIOD_CHECK", needs: "LogGroupNames", // others' logs may be kept shorter
		parameters: map[string]value{"LogGroupNames": eachOf(builder.buildLogs), "MinRetentionTime": eachOf(builder.logDays)},
	},
	{
		identifier: "CLOUD_TRAIL_ENABLED", of: builder.hasTrail,
		parameters: map[string]value{"s3BucketName": eachOf(builder.trailBucket)},
	},
	{
		identifier: "MULTI_REGION_CLOUD_TRAIL_ENABLED", of: builder.hasTrail,
		parameters: map[string]value{"s3BucketName": eachOf(builder.trailBucket), "includeManagementEvents": is("true")},
	},
	{identifier: "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", of: builder.hasTrail},
	{identifier: "CLOUD_TRAIL_ENCRYPTION_ENABLED", of: builder.hasTrail},
	{identifier: "CLOUDTRAIL_SECURITY_TRAIL_ENABLED", of: builder.hasTrail},
	{
		// AWS's own days, which its API does not fill in.
		identifier: "GUARDDUTY_NON_ARCHIVED_FINDINGS", of: builder.hasDetector,
		parameters: map[string]value{"daysLowSev": is("30"), "daysMediumSev": is("7"), "daysHighSev": is("1")},
	},
	// Which account is GuardDuty's administrator, and which the organization's, settings
	// do not say.
	{identifier: "GUARDDUTY_ENABLED_CENTRALIZED", of: func(b builder) bool { return b.hasDetector() && b.hasOrganization() }},
	{identifier: "ACCOUNT_PART_OF_ORGANIZATIONS", of: builder.hasOrganization},

	{
		identifier: "SECRETSMANAGER_ROTATION_ENABLED_CHECK", item: itemSecret, of: builder.createsSecrets,
		parameters: map[string]value{"maximumAllowedRotationFrequency": eachOf(builder.rotationDays)},
	},
	{
		identifier: "SECRETSMANAGER_USING_CMK", item: itemSecret, of: builder.createsSecrets,
		parameters: map[string]value{"kmsKeyArns": keys("secrets")},
	},
	{
		// AWS's own days, too. Of an app that is not delivered for so long, nobody would miss
		// the secret.
		identifier: "SECRETSMANAGER_SECRET_UNUSED", of: builder.createsSecrets,
		parameters: map[string]value{"unusedForDays": is("90")},
	},
}

func (b builder) hasTrail() bool    { return b.settings.Detection.Trail != settings.Off }
func (b builder) hasDetector() bool { return b.settings.Detection.GuardDuty != settings.Off }

// hasOrganization is whether the stack is known to be in one.
func (b builder) hasOrganization() bool { return b.settings.Organization.TargetId != "" }

// dockerProjects are the names of the projects that run docker, and so are privileged.
func (b builder) dockerProjects() []string {
	var names []string
	for _, app := range b.settings.Apps {
		names = append(names, b.plan.Project(app.Name, naming.Build).Name)
	}
	return names
}

// buildLogs are the names of the log groups of all builds: a parameter has no room for more.
func (b builder) buildLogs() []string {
	var names []string
	for _, app := range b.settings.Apps {
		names = append(names, b.plan.LogGroup(app.Name, naming.Build).Name)
	}
	return names
}

// logGroups are the names of all log groups.
func (b builder) logGroups() []string {
	names := b.buildLogs()
	for _, app := range b.settings.Apps {
		for _, at := range b.scanned(app) {
			names = append(names, b.plan.LogGroupOf(at).Name)
		}
	}
	for _, name := range b.toldProjects() {
		names = append(names, b.plan.LogGroupOf(naming.Named{Name: name}).Name)
	}
	return names
}

func (b builder) logDays() []string { return []string{strconv.Itoa(b.settings.Retention.LogDays)} }

// trailBucket is where the gate's own trail writes; none where it made no trail.
func (b builder) trailBucket() []string {
	if !slices.Contains(b.stock.buckets, "trail") {
		return nil
	}
	return []string{b.plan.Bucket("trail").Name}
}

// rotationDays are the most days that a secret of the gate goes unrotated; none where
// none is rotated.
func (b builder) rotationDays() []string {
	most := 0
	for _, app := range b.settings.Apps {
		for _, secret := range app.Secrets {
			if created(secret) && secret.RotationLambdaArn != "" {
				most = max(most, secret.RotationDays)
			}
		}
	}
	if most == 0 {
		return nil
	}
	return []string{strconv.Itoa(most)}
}
