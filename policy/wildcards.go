package main

import (
	"regexp"
	"slices"
	"strings"
)

// documentKind is what a policy document is attached to.
type documentKind string

const (
	identityPolicy documentKind = "identity policy"     // grants permissions to a role
	boundaryPolicy documentKind = "permission boundary" // limits what policies grant; grants nothing
	trustPolicy    documentKind = "trust policy"        // says who may assume a role
)

// wildcard is a wildcard that AWS makes unavoidable, and AWS's reason for it.
type wildcard struct {
	kind documentKind
	// actions are as documents write them.
	actions []string
	// resource is a resource as documents write it. ${Name} stands for any text without *, : and /.
	resource string
	reason   string
}

const (
	noResourceType = "Service Authorization Reference: the action supports no resource type, so that its resource is *"
	boundaryReason = "the policies of the role name actions and resources, which are longer than the one document of a boundary; " +
		"IAM User Guide, Permissions boundaries for IAM entities: a boundary grants nothing"
	boundaryReads = boundaryReason + ". These actions read"
	configReads   = boundaryReads + ", and AWS Config reads every resource of a type that it records; " +
		"AWS Managed Policy Reference Guide, AWS_ConfigRole: it allows these actions, and more, on *"
	chosenNames = "settings name the repositories, and CodeCommit accepts any name; " + boundaryReason
)

// wildcards is the pack's own list. It repeats what pkg/policydoc says on purpose: a pack that read the
// program's table would accept every wildcard that the program adds to it.
var wildcards = []wildcard{
	{identityPolicy, []string{"ecr:GetAuthorizationToken"}, "*", noResourceType},
	{identityPolicy, []string{"codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult"}, "*", noResourceType},
	{identityPolicy, []string{"iam:ListRoles"}, "*", noResourceType},
	{identityPolicy, []string{"ecs:DescribeTaskDefinition"}, "*", noResourceType + "; CodePipeline User Guide, Amazon ECS deploy action reference"},
	{identityPolicy, []string{"ecs:RegisterTaskDefinition"}, "*", "CodePipeline User Guide, Amazon ECS deploy action reference: " +
		"the action needs it on *, because the app team names the family of the task definition"},
	{identityPolicy, []string{"ecs:ListTasks"}, "*", "Service Authorization Reference, Amazon ECS: the action supports container instances only, " +
		"and tasks on Fargate have none"},
	{identityPolicy, []string{
		"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetGroups",
	}, "*", noResourceType},
	{identityPolicy, []string{"ecs:ListClusters", "ecs:ListServices", "elasticloadbalancing:DescribeLoadBalancers"}, "*", noResourceType},
	{identityPolicy, []string{
		"access-analyzer:ListAnalyzers", "cloudtrail:DescribeTrails", "codeconnections:CreateConnection", "config:DescribeConfigRules",
		"config:DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorders", "config:DescribeDeliveryChannels",
		"guardduty:CreateDetector", "guardduty:ListDetectors", "kms:CreateKey", "kms:ListAliases", "logs:DescribeLogGroups",
		"signer:PutSigningProfile", "ssm:DescribeParameters", "states:ValidateStateMachineDefinition",
	}, "*", noResourceType},
	{identityPolicy, []string{"config:DeleteDeliveryChannel", "config:PutDeliveryChannel"}, "*", noResourceType +
		"; an account has one delivery channel in a region"},
	{identityPolicy, []string{
		"codecommit:CreateApprovalRuleTemplate", "codecommit:DeleteApprovalRuleTemplate", "codecommit:GetApprovalRuleTemplate",
		"codecommit:ListRepositoriesForApprovalRuleTemplate", "codecommit:UpdateApprovalRuleTemplateContent",
		"codecommit:UpdateApprovalRuleTemplateDescription",
	}, "*", noResourceType},
	{identityPolicy, []string{
		"codecommit:AssociateApprovalRuleTemplateWithRepository", "codecommit:CreateRepository", "codecommit:DeleteRepository",
		"codecommit:DisassociateApprovalRuleTemplateFromRepository", "codecommit:GetCommit", "codecommit:GetFolder",
		"codecommit:GetMergeCommit", "codecommit:GetRepository", "codecommit:ListTagsForResource", "codecommit:TagResource", "codecommit:UntagResource",
		"codecommit:UpdateRepositoryDescription",
	}, "arn:${Partition}:codecommit:${Region}:${Account}:*", "one role serves the repositories of all apps. Settings name them, and CodeCommit accepts any name"},

	{boundaryPolicy, []string{
		"cloudtrail:DescribeT*", "cloudtrail:GetEvent*", "cloudtrail:GetInsightSelectors", "cloudtrail:GetTrailStatus", "cloudtrail:ListT*",
		"codebuild:BatchGet*", "codebuild:List*", "codepipeline:GetPipeline*", "codepipeline:List*", "config:Describe*",
		"ecr:BatchGetRepositoryScanningConfiguration", "ecr:Describe*", "ecr:Get*Policy", "ecr:List*",
		"guardduty:Get*", "guardduty:List*", "iam:Get*", "iam:List*", "kms:Describe*", "kms:GetKey*", "kms:List*",
		"logs:ListTagsForResource", "organizations:DescribeOrganization",
		"s3:Get*Configuration", "s3:GetAccountPublicAccessBlock", "s3:GetBucket*", "s3:List*",
		"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:List*",
		"sns:GetDataProtectionPolicy", "sns:GetTopicAttributes", "sns:List*",
	}, "*", configReads},
	{boundaryPolicy, []string{
		"codecommit:GetApprovalRule*", "codecommit:List*", "codedeploy:Get*", "codedeploy:List*", "ecs:Describe*", "ecs:List*",
		"elasticloadbalancing:Describe*", "events:DescribeEventBus", "access-analyzer:List*", "logs:Describe*", "ssm:Describe*", "states:Validate*",
	}, "*", boundaryReads},
	{boundaryPolicy, []string{"codecommit:*ApprovalRuleTemplate*"}, "*", noResourceType + "; " + boundaryReason},
	{boundaryPolicy, []string{
		"codecommit:CancelUploadArchive", "codecommit:GetBranch", "codecommit:GetUploadArchiveStatus", "codecommit:UploadArchive",
	}, "arn:${Partition}:codecommit:${Region}:${Account}:*", chosenNames},
	{boundaryPolicy, []string{"codebuild:*Project"}, "arn:${Partition}:codebuild:${Region}:${Account}:project/${Gate}-*", boundaryReason},
	{boundaryPolicy, []string{"codedeploy:*Application"}, "arn:${Partition}:codedeploy:${Region}:${Account}:application:${Gate}-*", boundaryReason},
	{boundaryPolicy, []string{"codedeploy:*Application", "codedeploy:*DeploymentGroup"},
		"arn:${Partition}:codedeploy:${Region}:${Account}:deploymentgroup:${Gate}-*/*", boundaryReason},
	{boundaryPolicy, []string{"codedeploy:*DeploymentGroup"}, "arn:${Partition}:codedeploy:${Region}:${Account}:application:${Gate}-*", boundaryReason},
	{boundaryPolicy, []string{"codeconnections:*agResource"}, "arn:${Partition}:codeconnections:${Region}:${Account}:connection/*", boundaryReason},
	{boundaryPolicy, []string{"codedeploy:*agResource"}, "arn:${Partition}:codedeploy:${Region}:${Account}:application:${Gate}-*", boundaryReason},
	{boundaryPolicy, []string{"codedeploy:*agResource"}, "arn:${Partition}:codedeploy:${Region}:${Account}:deploymentgroup:${Gate}-*/*", boundaryReason},
	{boundaryPolicy, []string{"ecr:*agResource"}, "arn:${Partition}:ecr:${Region}:${Account}:repository/${Gate}/*", boundaryReason},
	{boundaryPolicy, []string{"codepipeline:*agResource"}, "arn:${Partition}:codepipeline:${Region}:${Account}:*-${Gate}", boundaryReason},
	{boundaryPolicy, []string{"codepipeline:*Pipeline"}, "arn:${Partition}:codepipeline:${Region}:${Account}:*-${Gate}", boundaryReason},
	{boundaryPolicy, []string{"ecr:*LifecyclePolicy", "ecr:*RepositoryPolicy"}, "arn:${Partition}:ecr:${Region}:${Account}:repository/${Gate}/*", boundaryReason},
	{boundaryPolicy, iamWrites, "arn:${Partition}:iam::${Account}:role/${Gate}/*", boundaryReason},
	{boundaryPolicy, iamWrites, "arn:${Partition}:iam::${Account}:policy/${Gate}/*", boundaryReason},
	{boundaryPolicy, iamWrites, "arn:${Partition}:iam::${Account}:role/aws-service-role/*", boundaryReason + ". AWS names the roles of its services"},
	{boundaryPolicy, []string{"kms:*Alias", "kms:*Grant"}, "arn:${Partition}:kms:${Region}:${Account}:key/*", boundaryReason + ". KMS gives keys their ids"},
	{boundaryPolicy, []string{"kms:*Alias", "kms:*Grant"}, "arn:${Partition}:kms:${Region}:${Account}:alias/${Gate}-*", boundaryReason},
	{boundaryPolicy, []string{"s3:DeleteObject*", "s3:Put*Configuration", "s3:PutBucket*"}, "arn:${Partition}:s3:::${Gate}-*-${Account}-${Region}", boundaryReason},
	{boundaryPolicy, []string{"s3:DeleteObject*", "s3:Put*Configuration", "s3:PutBucket*"}, "arn:${Partition}:s3:::${Gate}-*-${Account}-${Region}/*", boundaryReason},
	{boundaryPolicy, []string{"secretsmanager:*RotateSecret"}, "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:${Gate}/*", boundaryReason},

	{boundaryPolicy, []string{"access-analyzer:*"}, "arn:${Partition}:access-analyzer:*:*:analyzer/${Gate}", boundaryReason},
	{boundaryPolicy, []string{"cloudtrail:*"}, "arn:${Partition}:cloudtrail:*:*:trail/*", boundaryReason},
	{boundaryPolicy, []string{"cloudwatch:*"}, "arn:${Partition}:cloudwatch:*:*:alarm:${Gate}-*", boundaryReason},
	{boundaryPolicy, []string{"config:*"}, "arn:${Partition}:config:*:*:config-rule/*", boundaryReason},
	{boundaryPolicy, []string{"config:*"}, "arn:${Partition}:config:*:*:configuration-recorder/${Gate}/*", boundaryReason},
	{boundaryPolicy, []string{"config:*"}, "arn:${Partition}:config:*:*:remediation-configuration/${Gate}-*", boundaryReason},
	{boundaryPolicy, []string{"events:*"}, "arn:${Partition}:events:*:*:rule/${Gate}-*", boundaryReason},
	{boundaryPolicy, []string{"events:*"}, "arn:${Partition}:events:*:*:api-destination/${Gate}-chat/*", boundaryReason},
	{boundaryPolicy, []string{"events:*"}, "arn:${Partition}:events:*:*:connection/${Gate}-chat/*", boundaryReason},
	{boundaryPolicy, []string{"guardduty:*"}, "arn:${Partition}:guardduty:*:*:detector/*", boundaryReason},
	{boundaryPolicy, []string{"lambda:*"}, "arn:${Partition}:lambda:*:*:function:${Gate}-verifier", boundaryReason},
	{boundaryPolicy, []string{"logs:*"}, "arn:${Partition}:logs:*:*:log-group:/aws/codebuild/${Gate}-*", boundaryReason},
	{boundaryPolicy, []string{"pipes:*"}, "arn:${Partition}:pipes:*:*:pipe/${Gate}-chat", boundaryReason},
	{boundaryPolicy, []string{"securityhub:*"}, "arn:${Partition}:securityhub:*:*:hub/default", boundaryReason},
	{boundaryPolicy, []string{"sns:*"}, "arn:${Partition}:sns:*:*:${Gate}-alerts*", boundaryReason},
	{boundaryPolicy, []string{"sqs:*"}, "arn:${Partition}:sqs:*:*:${Gate}-dead-letters", boundaryReason},
	{boundaryPolicy, []string{"sqs:*"}, "arn:${Partition}:sqs:*:*:${Gate}-chat", boundaryReason},
	{boundaryPolicy, []string{"ssm:*"}, "arn:${Partition}:ssm:*:*:parameter/${Gate}/known-state*", boundaryReason},
	{boundaryPolicy, []string{"states:*"}, "arn:${Partition}:states:*:*:stateMachine:${Gate}-*", boundaryReason},
}

// iamWrites are the patterns by which a boundary limits changes of roles and policies.
var iamWrites = []string{"iam:Create*", "iam:DeletePolicy*", "iam:Tag*", "iam:Untag*", "iam:Update*"}

// isUnavoidable is whether the list has an action on a resource, for documents of a kind.
func isUnavoidable(kind documentKind, action, resource string) bool {
	return slices.ContainsFunc(wildcards, func(w wildcard) bool { return w.allows(kind, action, resource) })
}

// allows is whether the row covers an action on a resource. A boundary has one statement for many services: an
// action has no effect on the resources of another.
func (w wildcard) allows(kind documentKind, action, resource string) bool {
	// A boundary must contain what the policies below it grant. IAM ignores the case of actions.
	covers := w.kind == kind || w.kind == identityPolicy && kind == boundaryPolicy
	listed := slices.ContainsFunc(w.actions, func(a string) bool { return strings.EqualFold(a, action) })
	return covers && listed && (w.matches(resource) || kind == boundaryPolicy && isOfAnotherService(action, resource))
}

var placeholder = regexp.MustCompile(`\\\$\\\{\w+\\\}`)

// matches is whether a document's resource is written like the row's.
func (w wildcard) matches(resource string) bool {
	return resourcePatterns[w.resource].MatchString(resource)
}

// resourcePatterns are the compiled resources of the rows.
var resourcePatterns = func() map[string]*regexp.Regexp {
	all := map[string]*regexp.Regexp{}
	for _, w := range wildcards {
		all[w.resource] = regexp.MustCompile("^" + placeholder.ReplaceAllString(regexp.QuoteMeta(w.resource), "[^*:/]+") + "$")
	}
	return all
}()

// isOfAnotherService is whether an ARN names one service, and an action is of another.
func isOfAnotherService(action, resource string) bool {
	service, _, _ := strings.Cut(action, ":")
	arn := strings.SplitN(resource, ":", arnParts)
	return len(arn) == arnParts && !strings.ContainsAny(service+arn[2], "*?") && !strings.EqualFold(service, arn[2])
}
