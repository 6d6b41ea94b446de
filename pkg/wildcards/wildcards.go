// Package wildcards lists every wildcard that AWS makes unavoidable in the policies of the gate.
package wildcards

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"prodgate/pkg/deploypermissions"
)

// Kind is what a document is attached to. It decides what * means in the document.
type Kind string

// The kinds of the gate's documents.
const (
	Identity   Kind = "identity" // grants permissions to a role
	Boundary   Kind = "boundary" // limits what policies grant; it contains every row of Identity too
	Trust      Kind = "trust"    // says who may assume a role
	Key        Kind = "key"
	Bucket     Kind = "bucket"
	Topic      Kind = "topic"
	Queue      Kind = "queue"
	Repository Kind = "repository"
	Secret     Kind = "secret"
)

// Wildcard is a wildcard that a document allows, and the reason why it cannot be a name.
// A test compares the table with every document that the gate creates: the gate has no other wildcards.
type Wildcard struct {
	Kind Kind
	// Actions are written as in documents; they may have wildcards too.
	Actions []string
	// Pattern is a resource, or the value of a condition. ${Name} stands for some
	// text without *, : and /, as in AWS's Service Authorization Reference.
	Pattern string
	// Why is AWS's reason, and the page that gives it.
	Why string
}

const (
	everything   = "*"
	objectReason = "the service chooses the keys of its objects; Service Authorization Reference, Amazon S3: " +
		"these actions take the resource type object, arn:${Partition}:s3:::${BucketName}/${ObjectName}"
	anyAppReason = "one boundary serves the roles of any number of apps, and the policy of each role names the resources of its app; " +
		"IAM User Guide, Permissions boundaries for IAM entities: a boundary grants nothing"
	sharedReason      = "one project serves the pipelines of any number of apps: the pattern matches the gate's own names, and no other gate's"
	anyPipelineReason = "one state machine serves any number of apps: the pattern matches the gate's own names, and no other gate's"
	keyReason         = "in a key policy * is the key that the policy is attached to; " +
		"AWS KMS Developer Guide, Creating a key policy, Resource"
)

// Table lists every wildcard, including those of the roles that deploy the gate.
var Table = append(deploymentWildcards(), []Wildcard{
	// Permissions of roles.
	{
		Kind: Identity, Actions: []string{"ecr:GetAuthorizationToken"}, Pattern: everything,
		Why: "the token is for the whole registry; Service Authorization Reference, Amazon ECR: the action takes no resource type",
	},
	{
		Kind: Identity, Actions: []string{"codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult"}, Pattern: everything,
		Why: "Service Authorization Reference, AWS CodePipeline: the actions take no resource type",
	},
	{
		Kind: Identity, Actions: []string{"ecs:RegisterTaskDefinition"}, Pattern: everything,
		Why: "CodePipeline User Guide, Amazon ECS deploy action reference: the minimum policy allows the action on *. " +
			"Service Authorization Reference, Amazon ECS: the action takes the resource type task-definition now, and the app team names the family",
	},
	{
		Kind: Identity, Actions: []string{"ecs:TagResource"}, Pattern: "arn:${Partition}:ecs:${Region}:${Account}:task-definition/*:*",
		Why: "the app team names the family, and ECS numbers the revision; " +
			"CodePipeline User Guide, Amazon ECS deploy action reference: task-definition/…:*, when RegisterTaskDefinition creates it",
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
		Why: "CodeBuild creates a log stream for each build; Service Authorization Reference, Amazon CloudWatch Logs: " +
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
		Why: anyPipelineReason + "; the boundary of a role limits every policy that is written into the role",
	},

	// The check of the known state. The reads that updates need too are in pkg/deploypermissions.
	{
		Kind: Identity, Actions: []string{"ssm:GetParametersByPath"},
		Pattern: "arn:${Partition}:ssm:${Region}:${Account}:parameter/${Gate}/known-state*",
		Why: "one check serves any number of apps; AWS Systems Manager User Guide, How Parameter Store authorizes parameter retrieval: " +
			"the permission is on the path",
	},
	{
		Kind: Identity, Actions: []string{"iam:ListRoles"}, Pattern: everything,
		Why: "Service Authorization Reference, AWS IAM: the action takes no resource type",
	},
	{
		Kind: Identity, Actions: []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"}, Pattern: "alias/${Gate}-*",
		Why: "KMS gives keys their ids; AWS KMS Developer Guide, Use aliases to control access to KMS keys: kms:ResourceAliases limits the " +
			"statement to the keys of the gate's aliases",
	},
	{
		Kind: Identity, Actions: []string{"sns:GetDataProtectionPolicy", "sns:ListSubscriptionsByTopic"},
		Pattern: "arn:${Partition}:sns:${Region}:${Account}:${Gate}-alerts*",
		Why:     "the two topics of the gate, and their subscriptions, whose ARNs SNS ends with an id",
	},
	{
		Kind: Identity, Actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, Pattern: "arn:${Partition}:s3:::${Bucket}/*/${Artifact}/*",
		Why: objectReason + "; CodePipeline User Guide, AWS CodeBuild action reference: the action passes an artifact of any app to the project",
	},

	// Delivery from CodeCommit.
	{
		Kind: Identity, Actions: []string{"codepipeline:StartPipelineExecution"},
		Pattern: "arn:${Partition}:codepipeline:${Region}:${Account}:*-${Gate}",
		Why:     "one role starts the pipelines of any number of apps: the pattern matches the gate's own names, and no other gate's",
	},
	{
		Kind: Identity, Actions: []string{"codecommit:GetCommit", "codecommit:GetMergeCommit"}, Pattern: "arn:${Partition}:codecommit:${Region}:${Account}:*",
		Why: "one project verifies the commits of any number of apps. Settings name the repositories, and CodeCommit accepts any name",
	},
	{
		Kind: Boundary, Actions: []string{
			"codecommit:CancelUploadArchive", "codecommit:GetBranch", "codecommit:GetUploadArchiveStatus", "codecommit:UploadArchive",
		},
		Pattern: "arn:${Partition}:codecommit:${Region}:${Account}:*", Why: anyAppReason,
	},

	// Projects that the pipelines of all apps share.
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
		Why: "Service Authorization Reference, Amazon ECS: the action supports container instances only, and tasks on Fargate have none",
	},
	{
		Kind: Identity, Actions: []string{"signer:GetRevocationStatus"}, Pattern: "arn:${Partition}:signer:${Region}:${Account}:/signing-jobs/*",
		Why: "AWS Signer gives the job of each signature its own id; Service Authorization Reference, AWS Signer: the action needs the job and the profile",
	},

	// Blue/green deployments: CodeDeploy and the pipeline shift traffic.
	{
		Kind: Identity, Actions: []string{"elasticloadbalancing:DescribeRules"},
		Pattern: everything, Why: "Service Authorization Reference, Elastic Load Balancing V2: the action takes no resource type",
	},
	{
		Kind: Identity, Actions: []string{"elasticloadbalancing:ModifyRule"},
		Pattern: "arn:${Partition}:elasticloadbalancing:${Region}:${Account}:listener-rule/${Kind}/${Balancer}/${Id}/${Listener}/*",
		Why:     "the app team creates the rules of a listener, and Elastic Load Balancing gives them their ids",
	},
	{
		Kind: Identity, Actions: []string{"ecs:CreateTaskSet", "ecs:DeleteTaskSet"}, Pattern: "arn:${Partition}:ecs:${Region}:${Account}:task-set/${Cluster}/${Service}/*",
		Why: "ECS gives task sets their ids",
	},
	{
		Kind: Identity, Actions: []string{"codedeploy:GetDeploymentConfig"}, Pattern: "arn:${Partition}:codedeploy:${Region}:${Account}:deploymentconfig:*",
		Why: "CodePipeline User Guide, Amazon ECS and CodeDeploy blue-green deploy action reference: the action reads deployment configurations, on *",
	},
	{
		Kind: Trust, Actions: []string{"sts:AssumeRole"}, Pattern: "arn:${Partition}:codedeploy:${Region}:${Account}:deploymentgroup:${Gate}-*/*",
		Why: "one role serves the deployment groups of all apps; AWS CodeDeploy User Guide, Cross-service confused deputy prevention: aws:SourceArn is the ARN of the group, by ArnLike",
	},

	// Permission boundaries.
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
		Pattern: "arn:${Partition}:ecs:${Region}:${Account}:service/*/*", Why: anyAppReason + "; the app teams name clusters and services",
	},
	{
		Kind: Boundary, Actions: []string{"iam:PassRole"}, Pattern: "arn:${Partition}:iam::${Account}:role/*",
		Why: anyAppReason + "; the app teams name the roles of tasks, and iam:PassedToService lets the pipeline pass them to tasks only",
	},
	{
		Kind: Boundary, Actions: []string{"secretsmanager:GetSecretValue", "kms:Decrypt"},
		Pattern: "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:${Gate}/*/*-??????", Why: anyAppReason,
	},
	{
		Kind: Boundary, Actions: []string{"secretsmanager:GetSecretValue", "kms:Decrypt"},
		Pattern: "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:*", Why: anyAppReason + "; adopted secrets have any name",
	},
	{
		Kind: Boundary, Actions: []string{"kms:Decrypt"}, Pattern: "arn:${Partition}:kms:${Region}:${Account}:key/*",
		Why: anyAppReason + "; adopted secrets have keys that the gate did not create, and kms:ViaService lets roles decrypt only secrets with them",
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
		Why: "AWS Config reads every resource of a type that it records, and AWS adds read actions over time; " +
			"AWS Managed Policy Reference Guide, AWS_ConfigRole: it allows these actions, and more, on *",
	},
	{
		Kind: Boundary, Actions: []string{
			"access-analyzer:List*", "codecommit:*ApprovalRuleTemplate*", "codecommit:GetApprovalRule*", "codecommit:List*", "codedeploy:Get*", "codedeploy:List*",
			"ecs:Describe*", "ecs:List*", "elasticloadbalancing:Describe*", "events:DescribeEventBus", "logs:Describe*", "ssm:Describe*", "states:Validate*",
		}, Pattern: everything,
		Why: "the policies of the roles of GitHub Actions name what they read, which is longer than a boundary has room for; CodeCommit's templates have no ARN",
	},
	{
		Kind: Boundary, Actions: []string{"config:Describe*"}, Pattern: everything,
		Why: "calls that list recorders, channels and rules name no resource, and the list of these actions is longer than a boundary " +
			"has room for; Service Authorization Reference, AWS Config: the actions read",
	},

	// Trust policies.
	{
		Kind: Trust, Actions: []string{"sts:AssumeRole"}, Pattern: "arn:${Partition}:ssm:${Region}:${Account}:automation-execution/*",
		Why: "Systems Manager gives each run of a runbook its own id; AWS Systems Manager User Guide, Create the service roles " +
			"for Automation, limits aws:SourceArn to automation-execution/*, by ArnLike",
	},

	// Key policies.
	{Kind: Key, Actions: []string{"kms:*"}, Pattern: everything, Why: keyReason + "; Default key policy: kms:* to the account lets IAM policies decide"},
	{
		Kind: Key, Actions: []string{"kms:Decrypt", "kms:Encrypt"}, Pattern: everything, Why: keyReason,
	},
	{
		Kind: Key, Actions: []string{"kms:DescribeKey"}, Pattern: everything,
		Why: keyReason + "; AWS CloudTrail User Guide, Configure AWS KMS key policies for CloudTrail: CloudTrail must describe the key, for the one trail",
	},
	{
		Kind: Key, Actions: []string{"kms:GenerateDataKey*"}, Pattern: "arn:${Partition}:cloudtrail:*:${Account}:trail/*",
		Why: "aws:SourceArn in the same statement names the trail of the gate; AWS CloudTrail User Guide, Configure AWS KMS key policies for CloudTrail: " +
			"kms:EncryptionContext:aws:cloudtrail:arn limits a key to the trails of an account, by this pattern",
	},
	{
		Kind: Key, Actions: []string{"kms:ReEncrypt*", "kms:GenerateDataKey*"}, Pattern: everything,
		Why: keyReason + "; Amazon CloudWatch Logs User Guide, Encrypt log data in CloudWatch Logs using AWS KMS, and Amazon SNS " +
			"Developer Guide, Managing Amazon SNS encryption keys and costs: the services need these two patterns of actions",
	},
	{
		Kind: Key, Actions: []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"},
		Pattern: "arn:${Partition}:logs:${Region}:${Account}:log-group:/aws/codebuild/${Gate}-*",
		Why: "one key serves the log groups of any number of apps; Amazon CloudWatch Logs User Guide, Encrypt log data in " +
			"CloudWatch Logs using AWS KMS: kms:EncryptionContext:aws:logs:arn limits a key to log groups, by ArnLike",
	},

	// Trust policies of the roles of EventBridge and GitHub Actions.
	{
		Kind: Trust, Actions: []string{"sts:AssumeRole"}, Pattern: "arn:${Partition}:events:${Region}:${Account}:rule/${Gate}-*",
		Why: "one role serves all rules of the gate; Amazon EventBridge User Guide, Cross-service confused deputy prevention: " +
			"aws:SourceArn limits a role to rules, by ArnLike",
	},
	{
		Kind: Trust, Actions: []string{"sts:AssumeRoleWithWebIdentity"}, Pattern: "${Owner}/${Repository}/.github/workflows/${Workflow}@*",
		Why: "a preview runs at refs/pull/<number>/merge, which differs for each pull request; GitHub Docs, OpenID Connect reference: " +
			"job_workflow_ref ends with this ref, and sub in the same statement names the environment of previews",
	},

	// Policies of buckets, topics and queues.
	{
		Kind: Bucket, Actions: []string{"s3:PutObject"}, Pattern: "arn:${Partition}:s3:::${Bucket}/AWSLogs/${Account}/*",
		Why: objectReason + "; AWS CloudTrail User Guide, Amazon S3 bucket policy for CloudTrail: the trail writes into the account's folder",
	},
	{
		Kind: Topic, Actions: []string{"sns:Publish"}, Pattern: "arn:${Partition}:events:${Region}:${Account}:rule/${Gate}-*",
		Why: "one topic serves all rules of the gate; Amazon EventBridge User Guide, Resource-based policies for Amazon EventBridge, " +
			"Amazon SNS permissions: aws:SourceArn limits a topic to rules, by ArnLike",
	},
	{
		Kind: Queue, Actions: []string{"sqs:SendMessage"}, Pattern: "arn:${Partition}:events:${Region}:${Account}:rule/${Gate}-*",
		Why: "one queue serves all rules of the gate; Amazon EventBridge User Guide, Using dead-letter queues to process undelivered events: " +
			"aws:SourceArn limits a queue to rules",
	},
}...)

// deploymentWildcards are the rows of the roles that deploy the gate.
func deploymentWildcards() []Wildcard {
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

// Unavoidable is whether the table has an action on a pattern, for documents of a kind.
func Unavoidable(kind Kind, action, pattern string) bool {
	return slices.ContainsFunc(Table, func(w Wildcard) bool { return w.Covers(kind) && w.Allows(action, pattern) })
}

// Covers is whether the row applies to documents of a kind. A boundary contains what the
// policies of the roles below it allow.
func (w Wildcard) Covers(kind Kind) bool {
	return w.Kind == kind || w.Kind == Identity && kind == Boundary
}

// Allows is whether the row has an action on a resource, or with the value of a condition.
// IAM ignores the case of actions.
func (w Wildcard) Allows(action, pattern string) bool {
	same := func(a string) bool { return strings.EqualFold(a, action) }
	return slices.ContainsFunc(w.Actions, same) && w.expression().MatchString(pattern)
}

var placeholder = regexp.MustCompile(`\\\$\\\{\w+\\\}`)

// expressions caches the compiled expression of each pattern.
var expressions sync.Map

func (w Wildcard) expression() *regexp.Regexp {
	if cached, ok := expressions.Load(w.Pattern); ok {
		return cached.(*regexp.Regexp)
	}
	compiled := regexp.MustCompile("^" + placeholder.ReplaceAllString(regexp.QuoteMeta(w.Pattern), "[^*:/]+") + "$")
	expressions.Store(w.Pattern, compiled)
	return compiled
}
