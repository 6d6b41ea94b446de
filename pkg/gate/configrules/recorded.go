package configrules

import (
	"slices"
	"strings"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/pipeline"
)

// RecordedTypes are what the rules evaluate when it changes, and what else is worth a
// history: keys and the trail.
func RecordedTypes(c component.Context) ([]string, error) {
	s := subject{Context: c, pipeline: pipeline.New(c.Settings)}
	types := []string{itemKey}
	if s.hasTrail() {
		types = append(types, itemTrail)
	}
	for _, rule := range managedRules {
		if rule.item != "" && (rule.of == nil || rule.of(s)) {
			types = append(types, rule.item)
		}
	}
	written, err := s.pipeline.GuardRules()
	for _, rule := range written {
		types = append(types, rule.Type)
	}
	slices.Sort(types)
	return slices.DeleteFunc(slices.Compact(types), func(one string) bool {
		return strings.HasPrefix(one, "AWS::IAM::") && !recordsIAM(c)
	}), err
}

// RecordedReads are the reads of RecordedTypes, and of the rules that look once a day,
// in AWS's policy AWS_ConfigRole (v69). Patterns are so that a read that AWS adds is not
// cut; none of them reads what an object, an image, a job, a query of a trail or a key
// holds. That policy's config:Put* is left out, by which the recorder's role could
// change its own rules: recording does not need it.
func RecordedReads(c component.Context) []string {
	s := subject{Context: c}
	reads := []string{
		"codebuild:BatchGet*", "codebuild:List*",
		"codepipeline:GetPipeline*", "codepipeline:List*",
		"ecr:BatchGetRepositoryScanningConfiguration", "ecr:Describe*", "ecr:Get*Policy", "ecr:List*",
		"iam:Get*", "iam:List*",
		"kms:Describe*", "kms:GetKey*", "kms:List*",
		"logs:DescribeLogGroups", "logs:ListTagsForResource",
		"organizations:DescribeOrganization",
		"s3:GetBucket*", "s3:Get*Configuration", "s3:GetAccountPublicAccessBlock", "s3:List*",
		"sns:GetDataProtectionPolicy", "sns:GetTopicAttributes", "sns:List*",
	}
	if c.Settings.CreatesSecrets() {
		reads = append(reads, "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:List*")
	}
	if s.hasTrail() {
		reads = append(reads, "cloudtrail:DescribeT*", "cloudtrail:GetEvent*", "cloudtrail:GetInsightSelectors",
			"cloudtrail:GetTrailStatus", "cloudtrail:ListT*")
	}
	if s.hasDetector() {
		reads = append(reads, "guardduty:Get*", "guardduty:List*")
	}
	return reads
}
