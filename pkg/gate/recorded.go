package gate

import (
	"slices"
	"strings"
)

// recordedTypes are what the rules look at when it changes, and what else is worth a
// history: keys and the trail.
func (b builder) recordedTypes() ([]string, error) {
	types := []string{itemKey}
	if b.hasTrail() {
		types = append(types, itemTrail)
	}
	for _, rule := range managedRules {
		if rule.item != "" && (rule.of == nil || rule.of(b)) {
			types = append(types, rule.item)
		}
	}
	written, err := b.guardOf()
	for _, rule := range written {
		types = append(types, rule.Type)
	}
	slices.Sort(types)
	return slices.DeleteFunc(slices.Compact(types), func(one string) bool {
		return strings.HasPrefix(one, "AWS::IAM::") && !b.recordsIAM()
	}), err
}

// recordedReads are the reads of recordedTypes, and of the rules that look once a day,
// in AWS's policy AWS_ConfigRole (v69). Patterns are so that a read that AWS adds is not
// cut; none of them reads what an object, an image, a job, a query of a trail or a key
// holds. That policy's config:Put* is left out, by which the recorder's role could
// change its own rules: recording does not need it.
func (b builder) recordedReads() []string {
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
	if b.createsSecrets() {
		reads = append(reads, "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:List*")
	}
	if b.hasTrail() {
		reads = append(reads, "cloudtrail:DescribeT*", "cloudtrail:GetEvent*", "cloudtrail:GetInsightSelectors",
			"cloudtrail:GetTrailStatus", "cloudtrail:ListT*")
	}
	if b.hasDetector() {
		reads = append(reads, "guardduty:Get*", "guardduty:List*")
	}
	return reads
}
