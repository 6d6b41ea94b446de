// Package wildcards lists every wildcard that AWS makes unavoidable in the policies of the gate.
package wildcards

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"prodgate/pkg/deploypermissions"
)

// Kind is what a document is attached to, which decides what * means in it.
type Kind string

// The kinds of the gate's documents.
const (
	Identity   Kind = "identity" // what a role may do
	Boundary   Kind = "boundary" // the most that it may be given; what Identity has, it has too
	Trust      Kind = "trust"    // who may take a role on
	Key        Kind = "key"
	Bucket     Kind = "bucket"
	Topic      Kind = "topic"
	Queue      Kind = "queue"
	Repository Kind = "repository"
	Secret     Kind = "secret"
)

// Wildcard is a pattern in what a document allows, and why it cannot be a name.
// The gate has no others: a test holds the table against every document it makes.
type Wildcard struct {
	Kind Kind
	// Actions are as documents write them; they may be patterns too.
	Actions []string
	// Pattern is a resource, or the value of a condition. ${Name} stands for some
	// text without *, : and /, as in AWS's Service Authorization Reference.
	Pattern string
	// Why is AWS's reason, and the page that gives it.
	Why string
}

const (
	everything   = "*"
	objectReason = "the service makes up the keys of its objects; Service Authorization Reference, Amazon S3: " +
		"these actions take the resource type object, arn:${Partition}:s3:::${BucketName}/${ObjectName}"
	anyAppReason = "one boundary for the roles of any number of apps, each of which may do this to what is its own; " +
		"IAM User Guide, Permissions boundaries for IAM entities: a boundary gives nothing"
	sharedReason      = "one project serves the pipelines of any number of apps: the pattern is of the gate's own names, and no other gate's match it"
	anyPipelineReason = "one machine answers for any number of apps: the pattern is of the gate's own names, and no other gate's match it"
	keyReason         = "in a key policy * is the key that it is attached to; " +
		"AWS KMS Developer Guide, Creating a key policy, Resource"
)

// Table is the table.
var Table = append(ofUpkeep(), []Wildcard{
	// What roles may do.
	{
		Kind: Identity, Actions: []string{"ecr:GetAuthorizationToken"}, Pattern: everything,
		Why: "the token is the registry's; Service Authorization Reference, Amazon ECR: the action takes no resource type",
	},
	{
		Kind: Identity, Actions: []string{"codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult"}, Pattern: everything,
		Why: "Service Authorization Reference, AWS CodePipeline: the actions take no resource type",
	},
	{
		Kind: Identity, Actions: []string{"ecs:RegisterTaskDefinition"}, Pattern: everything,
		Why: "CodePipeline User Guide, Amazon ECS deploy action reference: the least that the action needs has it on *. " +
			"Service Authorization Reference, Amazon ECS: it takes task-definition by now, of a family that is the app team's to name",
	},
	{
		Kind: Identity, Actions: []string{"ecs:TagResource"}, Pattern: "arn:${Partition}:ecs:${Region}:${Account}:task-definition/*:*",
		Why: "family and revision are the app team's and ECS's to give; " +
			"CodePipeline User Guide, Amazon ECS deploy action reference: task-definition/…:*, while RegisterTaskDefinition makes it",
	},
	{
		Kind: Identity, Actions: []string{"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl"},
		Pattern: "arn:${Partition}:s3:::${Bucket}/${Folder}/*", Why: objectReason,
	},
	{
		Kind: Identity, Actions: []string{"s3:PutObject"}, Pattern: "arn:${Partition}:s3:::${Bucket}/AWSLogs/${Account}/Config/*",
		Why: objectReason,
	},
	{
		Kind: Identity, Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Pattern: "arn:${Partition}:logs:${Region}:${Account}:log-group:/aws/codebuild/${Project}:*",
		Why: "CodeBuild opens a log stream for each build; Service Authorization Reference, Amazon CloudWatch Logs: " +
			"log-group and log-stream, arn:…:log-group:${LogGroupName}:log-stream:${LogStreamName}",
	},
	{
		Kind: Identity, Actions: []string{"codepipeline:DisableStageTransition", "codepipeline:EnableStageTransition"},
		Pattern: "arn:${Partition}:codepipeline:${Region}:${Account}:*-${Gate}/${Stage}", Why: anyPipelineReason,
	},
	{
		Kind: Identity, Actions: []string{"codepipeline:ListPipelineExecutions", "codepipeline:StopPipelineExecution"},
		Pattern: "arn:${Partition}:codepipeline:${Region}:${Account}:*-${Gate}", Why: anyPipelineReason,
	},
	{
		Kind: Identity, Actions: []string{"iam:PutRolePolicy"}, Pattern: "arn:${Partition}:iam::${Account}:role/${Gate}/${Duty}/*",
		Why: anyPipelineReason + "; what it could write into a role, the role's own boundary limits to its duty",
	},

	// What the check of the known state reads, beside what an update does too.
	{
		Kind: Identity, Actions: []string{"ssm:GetParametersByPath"},
		Pattern: "arn:${Partition}:ssm:${Region}:${Account}:parameter/${Gate}/known-state*",
		Why: "one check for any number of apps; AWS Systems Manager User Guide, How Parameter Store authorizes parameter retrieval: " +
			"it is the path that counts",
	},
	{
		Kind: Identity, Actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, Pattern: "arn:${Partition}:s3:::${Bucket}/*/${Artifact}/*",
		Why: objectReason + "; CodePipeline User Guide, AWS CodeBuild action reference: it hands a project an artifact, of whichever app",
	},

	// What delivers from CodeCommit.
	{
		Kind: Identity, Actions: []string{"codepipeline:StartPipelineExecution"},
		Pattern: "arn:${Partition}:codepipeline:${Region}:${Account}:*-${Gate}",
		Why:     "one role starts the pipelines of any number of apps: the pattern is of the gate's own names, and no other gate's match it",
	},
	{
		Kind: Identity, Actions: []string{"codecommit:GetCommit", "codecommit:GetMergeCommit"}, Pattern: "arn:${Partition}:codecommit:${Region}:${Account}:*",
		Why: "one project verifies the commits of any number of apps, whose repositories settings name with any name that CodeCommit takes",
	},
	{
		Kind: Boundary, Actions: []string{
			"codecommit:CancelUploadArchive", "codecommit:GetBranch", "codecommit:GetUploadArchiveStatus", "codecommit:UploadArchive",
		},
		Pattern: "arn:${Partition}:codecommit:${Region}:${Account}:*", Why: anyAppReason,
	},

	// What the projects need that all pipelines start for their apps.
	{
		Kind: Identity, Actions: []string{"s3:GetObject", "s3:GetObjectVersion"},
		Pattern: "arn:${Partition}:s3:::${Bucket}/${Folder}/Source/*", Why: objectReason,
	},
	{
		Kind: Identity, Actions: []string{"s3:PutObject"},
		Pattern: "arn:${Partition}:s3:::${Bucket}/${Folder}/Sbom/*", Why: objectReason,
	},
	{
		Kind: Identity, Actions: []string{"s3:PutObject"}, Pattern: "arn:${Partition}:s3:::${Bucket}/*/${Artifact}/*",
		Why: objectReason + "; " + sharedReason,
	},
	{
		Kind: Identity, Actions: []string{
			"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImageScanFindings", "ecr:DescribeImages",
			"ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
		},
		Pattern: "arn:${Partition}:ecr:${Region}:${Account}:repository/${Gate}/*", Why: sharedReason,
	},
	{
		Kind: Identity, Actions: []string{"ecs:DescribeTasks"}, Pattern: "arn:${Partition}:ecs:${Region}:${Account}:task/*/*",
		Why: sharedReason + "; ECS gives tasks their ids",
	},
	{
		Kind: Identity, Actions: []string{"ecs:ListTasks"}, Pattern: everything,
		Why: "Service Authorization Reference, Amazon ECS: of resources the action takes container instances only, and tasks of Fargate have none",
	},
	{
		Kind: Identity, Actions: []string{"signer:GetRevocationStatus"}, Pattern: "arn:${Partition}:signer:${Region}:${Account}:/signing-jobs/*",
		Why: "AWS Signer gives each signature a job with an id of its own; Service Authorization Reference, AWS Signer: the action needs the job and the profile",
	},

	// What CodeDeploy and a pipeline need to shift traffic.
	{
		Kind: Identity, Actions: []string{"elasticloadbalancing:DescribeRules"},
		Pattern: everything, Why: "Service Authorization Reference, Elastic Load Balancing V2: the action takes no resource type",
	},
	{
		Kind: Identity, Actions: []string{"elasticloadbalancing:ModifyRule"},
		Pattern: "arn:${Partition}:elasticloadbalancing:${Region}:${Account}:listener-rule/${Kind}/${Balancer}/${Id}/${Listener}/*",
		Why:     "the rules of a listener are the app team's, and Elastic Load Balancing gives them their ids",
	},
	{
		Kind: Identity, Actions: []string{"ecs:CreateTaskSet", "ecs:DeleteTaskSet"}, Pattern: "arn:${Partition}:ecs:${Region}:${Account}:task-set/${Cluster}/${Service}/*",
		Why: "ECS gives task sets their ids",
	},
	{
		Kind: Identity, Actions: []string{"codedeploy:GetDeploymentConfig"}, Pattern: "arn:${Partition}:codedeploy:${Region}:${Account}:deploymentconfig:*",
		Why: "CodePipeline User Guide, Amazon ECS and CodeDeploy blue-green deploy action reference: it reads the configuration of a deployment, on *",
	},
	{
		Kind: Trust, Actions: []string{"sts:AssumeRole"}, Pattern: "arn:${Partition}:codedeploy:${Region}:${Account}:deploymentgroup:${Gate}-*/*",
		Why: "one role for the deployment groups of all apps; AWS CodeDeploy User Guide, Cross-service confused deputy prevention: aws:SourceArn is the group's, by ArnLike",
	},

	// What roles may be given.
	{
		Kind: Boundary, Actions: []string{"codedeploy:CreateDeployment", "codedeploy:GetDeployment"},
		Pattern: "arn:${Partition}:codedeploy:${Region}:${Account}:deploymentgroup:${Gate}-*/${Gate}-*", Why: anyAppReason,
	},
	{
		Kind: Boundary, Actions: []string{"codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"},
		Pattern: "arn:${Partition}:codedeploy:${Region}:${Account}:application:${Gate}-*", Why: anyAppReason,
	},
	{
		Kind: Boundary, Actions: []string{"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl"},
		Pattern: "arn:${Partition}:s3:::${Bucket}/*/*", Why: anyAppReason,
	},
	{
		Kind: Boundary, Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Pattern: "arn:${Partition}:logs:${Region}:${Account}:log-group:/aws/codebuild/${Gate}-*-${Duty}:*", Why: anyAppReason,
	},
	{
		Kind: Boundary, Actions: []string{"codebuild:StartBuild", "codebuild:BatchGetBuilds"},
		Pattern: "arn:${Partition}:codebuild:${Region}:${Account}:project/${Gate}-*-${Duty}", Why: anyAppReason,
	},
	{
		Kind: Boundary, Actions: []string{"ecs:UpdateService"},
		Pattern: "arn:${Partition}:ecs:${Region}:${Account}:service/*/*", Why: anyAppReason + "; clusters and services are the app teams' to name",
	},
	{
		Kind: Boundary, Actions: []string{"iam:PassRole"}, Pattern: "arn:${Partition}:iam::${Account}:role/*",
		Why: anyAppReason + "; the roles of tasks are the app teams' to name, and iam:PassedToService lets them reach tasks only",
	},
	{
		Kind: Boundary, Actions: []string{"secretsmanager:GetSecretValue", "kms:Decrypt"},
		Pattern: "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:${Gate}/*/*-??????", Why: anyAppReason,
	},
	{
		Kind: Boundary, Actions: []string{"secretsmanager:GetSecretValue", "kms:Decrypt"},
		Pattern: "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:*", Why: anyAppReason + "; adopted secrets are others' to name",
	},
	{
		Kind: Boundary, Actions: []string{"kms:Decrypt"}, Pattern: "arn:${Partition}:kms:${Region}:${Account}:key/*",
		Why: anyAppReason + "; adopted secrets have keys of others, and kms:ViaService lets them decrypt secrets only",
	},
	{
		Kind: Boundary, Actions: []string{"codepipeline:PutApprovalResult"},
		Pattern: "arn:${Partition}:codepipeline:${Region}:${Account}:*-${Gate}/${Stage}/${Action}", Why: anyAppReason,
	},
	{
		Kind: Boundary, Actions: []string{
			"codepipeline:GetPipelineState", "codepipeline:GetPipelineExecution",
		},
		Pattern: "arn:${Partition}:codepipeline:${Region}:${Account}:*-${Gate}", Why: anyAppReason,
	},
	{
		Kind: Boundary, Actions: []string{
			"cloudtrail:DescribeT*", "cloudtrail:GetEvent*", "cloudtrail:GetInsightSelectors", "cloudtrail:GetTrailStatus", "cloudtrail:ListT*",
			"codebuild:BatchGet*", "codebuild:List*", "codepipeline:GetPipeline*", "codepipeline:List*",
			"ecr:BatchGetRepositoryScanningConfiguration", "ecr:Describe*", "ecr:Get*Policy", "ecr:List*",
			"guardduty:Get*", "guardduty:List*", "iam:Get*", "iam:List*", "kms:Describe*", "kms:GetKey*", "kms:List*",
			"logs:ListTagsForResource", "organizations:DescribeOrganization",
			"s3:GetBucket*", "s3:Get*Configuration", "s3:GetAccountPublicAccessBlock", "s3:List*",
			"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:List*",
			"sns:GetDataProtectionPolicy", "sns:GetTopicAttributes", "sns:List*",
		},
		Pattern: everything,
		Why: "AWS Config reads everything of a type that it records, with reads that are AWS's to add; " +
			"AWS Managed Policy Reference Guide, AWS_ConfigRole: it reads these, and more, on *",
	},
	{
		Kind: Boundary, Actions: []string{
			"access-analyzer:List*", "codecommit:*ApprovalRuleTemplate*", "codecommit:GetApprovalRule*", "codecommit:List*", "codedeploy:Get*", "codedeploy:List*",
			"ecs:Describe*", "ecs:List*", "elasticloadbalancing:Describe*", "logs:Describe*", "ssm:Describe*", "states:Validate*",
		}, Pattern: everything,
		Why: "the policies of the roles of GitHub Actions name what they read, and CodeCommit's templates have no ARN; beside all else a boundary has no room for it",
	},
	{
		Kind: Boundary, Actions: []string{"config:Describe*"}, Pattern: everything,
		Why: "who asks which recorder, channel and rules there are names none, and one by one these calls are longer than a boundary " +
			"has room for; Service Authorization Reference, AWS Config: they read",
	},

	// Who takes roles on.
	{
		Kind: Trust, Actions: []string{"sts:AssumeRole"}, Pattern: "arn:${Partition}:ssm:${Region}:${Account}:automation-execution/*",
		Why: "Systems Manager gives each run of a runbook an id of its own; AWS Systems Manager User Guide, Create the service roles " +
			"for Automation, limits aws:SourceArn to automation-execution/*, by ArnLike",
	},

	// Who may use a key.
	{Kind: Key, Actions: []string{"kms:*"}, Pattern: everything, Why: keyReason + "; Default key policy: kms:* to the account lets IAM policies decide"},
	{
		Kind: Key, Actions: []string{"kms:Decrypt", "kms:Encrypt"}, Pattern: everything, Why: keyReason,
	},
	{
		Kind: Key, Actions: []string{"kms:DescribeKey"}, Pattern: everything,
		Why: keyReason + "; AWS CloudTrail User Guide, Configure AWS KMS key policies for CloudTrail: the service has to look at the key, for the one trail",
	},
	{
		Kind: Key, Actions: []string{"kms:GenerateDataKey*"}, Pattern: "arn:${Partition}:cloudtrail:*:${Account}:trail/*",
		Why: "the trail of the gate is in aws:SourceArn beside it; AWS CloudTrail User Guide, Configure AWS KMS key policies for CloudTrail: " +
			"kms:EncryptionContext:aws:cloudtrail:arn limits a key to the trails of an account, by this pattern",
	},
	{
		Kind: Key, Actions: []string{"kms:ReEncrypt*", "kms:GenerateDataKey*"}, Pattern: everything,
		Why: keyReason + "; Amazon CloudWatch Logs User Guide, Encrypt log data in CloudWatch Logs using AWS KMS, and Amazon SNS " +
			"Developer Guide, Managing Amazon SNS encryption keys and costs: the services need both forms of these, written so",
	},
	{
		Kind: Key, Actions: []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"},
		Pattern: "arn:${Partition}:logs:${Region}:${Account}:log-group:/aws/codebuild/${Gate}-*",
		Why: "one key for the log groups of any number of apps; Amazon CloudWatch Logs User Guide, Encrypt log data in " +
			"CloudWatch Logs using AWS KMS: kms:EncryptionContext:aws:logs:arn limits a key to log groups, by ArnLike",
	},

	// Who may take a role on.
	{
		Kind: Trust, Actions: []string{"sts:AssumeRole"}, Pattern: "arn:${Partition}:events:${Region}:${Account}:rule/${Gate}-*",
		Why: "one role for all rules of the gate; Amazon EventBridge User Guide, Cross-service confused deputy prevention: " +
			"aws:SourceArn limits a role to rules, by ArnLike",
	},

	// Who may write to a bucket, a topic and a queue.
	{
		Kind: Bucket, Actions: []string{"s3:PutObject"}, Pattern: "arn:${Partition}:s3:::${Bucket}/AWSLogs/${Account}/*",
		Why: objectReason + "; AWS CloudTrail User Guide, Amazon S3 bucket policy for CloudTrail: the trail writes below the account's folder",
	},
	{
		Kind: Topic, Actions: []string{"sns:Publish"}, Pattern: "arn:${Partition}:events:${Region}:${Account}:rule/${Gate}-*",
		Why: "one topic for all rules of the gate; Amazon EventBridge User Guide, Resource-based policies for Amazon EventBridge, " +
			"Amazon SNS permissions: aws:SourceArn limits a topic to rules, by ArnLike",
	},
	{
		Kind: Queue, Actions: []string{"sqs:SendMessage"}, Pattern: "arn:${Partition}:events:${Region}:${Account}:rule/${Gate}-*",
		Why: "one queue for all rules of the gate; Amazon EventBridge User Guide, Using dead-letter queues to process undelivered events: " +
			"aws:SourceArn limits a queue to rules",
	},
}...)

// ofUpkeep are the rows of the roles that keep the gate.
func ofUpkeep() []Wildcard {
	var rows []Wildcard
	for _, p := range deploypermissions.Patterns() {
		kind := Identity
		if p.Bound {
			kind = Boundary
		}
		rows = append(rows, Wildcard{Kind: kind, Actions: p.Actions, Pattern: p.On, Why: p.Why})
	}
	return rows
}

// Unavoidable is whether the table has an action on a pattern.
func Unavoidable(kind Kind, action, pattern string) bool {
	return slices.ContainsFunc(Table, func(w Wildcard) bool { return w.Covers(kind) && w.Allows(action, pattern) })
}

// Covers is whether the row is of documents of a kind: a boundary holds what the
// roles below it may do.
func (w Wildcard) Covers(kind Kind) bool {
	return w.Kind == kind || w.Kind == Identity && kind == Boundary
}

// Allows is whether an action on a resource, or by a condition's value, is of the
// row. IAM does not tell the case of actions apart.
func (w Wildcard) Allows(action, pattern string) bool {
	same := func(a string) bool { return strings.EqualFold(a, action) }
	return slices.ContainsFunc(w.Actions, same) && w.expression().MatchString(pattern)
}

var placeholder = regexp.MustCompile(`\\\$\\\{\w+\\\}`)

// expressions are those of patterns, each made once.
var expressions sync.Map

func (w Wildcard) expression() *regexp.Regexp {
	if known, ok := expressions.Load(w.Pattern); ok {
		return known.(*regexp.Regexp)
	}
	made := regexp.MustCompile("^" + placeholder.ReplaceAllString(regexp.QuoteMeta(w.Pattern), "[^*:/]+") + "$")
	expressions.Store(w.Pattern, made)
	return made
}
