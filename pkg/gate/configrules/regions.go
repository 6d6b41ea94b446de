package configrules

import (
	"slices"
	"strings"

	"prodgate/pkg/gate/component"
)

// Regions that lack rules, together.
const (
	newest = "ap-southeast-5 ap-southeast-7 mx-central-1 "
	// unrecorded are those where AWS Config came after February 2022, and where it does not
	// record what IAM has: AWS Config Developer Guide, List of AWS Config Managed Rules by
	// Region Availability, Managed Rules and Global IAM Resource Types.
	unrecorded = newest + "ap-south-2 ap-southeast-4 ca-west-1 eu-central-2 eu-south-2 il-central-1 me-central-1 "
	china      = "cn-north-1 cn-northwest-1 "
	government = "us-gov-east-1 us-gov-west-1 "
)

// absent are the regions that AWS does not have a rule in: AWS Config Developer Guide,
// the rule's page, AWS Region. A rule that is not here is in all of them.
var absent = map[string]string{
	"ACCOUNT_PART_OF_ORGANIZATIONS":                  "cn-north-1",
	"CODEBUILD_PROJECT_ARTIFACT_ENCRYPTION":          unrecorded + china + government + "ap-northeast-3 ap-southeast-3",
	"CODEBUILD_PROJECT_ENVIRONMENT_PRIVILEGED_CHECK": unrecorded + "ap-northeast-3 ap-southeast-3",
	"CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK":         newest + "ap-southeast-3 ca-west-1",
	"CODEBUILD_PROJECT_LOGGING_ENABLED":              newest + "ap-southeast-3 ca-west-1",
	"CODEBUILD_PROJECT_S3_LOGS_ENCRYPTED":            newest + "ap-southeast-3 ca-west-1",
	"CODEBUILD_PROJECT_SOURCE_REPO_URL_CHECK":        newest + "ap-southeast-3 ca-west-1",
	"CODEBUILD_REPORT_GROUP_ENCRYPTED_AT_REST":       newest + "ca-west-1",
	"CODEPIPELINE_DEPLOYMENT_COUNT_CHECK":            noPipelines,
	"CODEPIPELINE_REGION_FANOUT_CHECK":               noPipelines,
	"ECR_PRIVATE_IMAGE_SCANNING_ENABLED":             china + "ap-southeast-7 mx-central-1",
	"ECR_PRIVATE_LIFECYCLE_POLICY_CONFIGURED":        newest + "il-central-1",
	"ECR_PRIVATE_TAG_IMMUTABILITY_ENABLED":           newest + "il-central-1",
	"ECR_REPOSITORY_CMK_ENCRYPTION_ENABLED":          newest + "ca-west-1 il-central-1",
	"GUARDDUTY_ENABLED_CENTRALIZED":                  "ap-southeast-7 mx-central-1",
	"GUARDDUTY_NON_ARCHIVED_FINDINGS":                "ap-southeast-7 mx-central-1",
	"IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS":     unrecorded,
	"IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS":      unrecorded,
}

const noPipelines = newest + china + government +
	"af-south-1 ap-northeast-3 ap-southeast-3 ap-southeast-4 ca-west-1 eu-central-2 eu-south-2 me-south-1"

// isOffered is whether AWS has a rule in the stack's region.
func isOffered(c component.Context, identifier string) bool {
	return !slices.Contains(strings.Fields(absent[identifier]), c.Settings.Region)
}

// recordsIAM is whether AWS Config can record in the stack's region what IAM has, which
// is of no region.
func recordsIAM(c component.Context) bool {
	return !slices.Contains(strings.Fields(unrecorded), c.Settings.Region)
}
