package deploypermissions

import (
	"slices"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// Why a pattern stands where a name would be better.
const (
	ownNames = "one role keeps any number of apps: the pattern is of the gate's own names, and no other gate's match it"
	noType   = "Service Authorization Reference: the action takes no resource type"
	ids      = "AWS names these by ids of its own, which are not known before they are made; " +
		"what changes one that is there asks for the gate's tag"
	linked        = "AWS names the roles of its services, and iam:AWSServiceName says of which services"
	chatIds       = "EventBridge ends the ARNs of destinations and connections, and the names of their secrets, with ids of its own"
	subscriptions = "SNS ends the ARN of a subscription with an id of its own"
	others        = "a trail that is adopted is others' to name, of whichever region and, where it is the organization's, of its account"
	clustersWhy   = "app teams name clusters and services, and one role describes those of any number of apps"
	chosen        = "settings name the repositories, with any name that CodeCommit takes"
	objects       = "a bucket is emptied before it is deleted, and the services that write to it make up the keys of its objects"
)

// everything is the resource of an action that takes none.
var everything = []string{"*"}

// table is the table. The operations are those of terraform-provider-aws 5.100,
// recorded; what the sandbox's emulator cannot show is said where it stands.
func table(p naming.Plan) []Work {
	// A request that makes something has its tags, one that changes it finds them.
	making := []Condition{{"StringEquals", "aws:RequestTag/" + naming.GateTag, []string{p.Gate}}}
	own := []Condition{{"StringEquals", "aws:ResourceTag/" + naming.GateTag, []string{p.Gate}}}

	return append([]Work{
		{
			Name: "Pipelines", On: []string{p.Pipelines()}, Why: ownNames,
			Read: []string{"codepipeline:GetPipeline", "codepipeline:ListTagsForResource"},
			Write: []string{
				"codepipeline:CreatePipeline", "codepipeline:DeletePipeline", "codepipeline:TagResource",
				"codepipeline:UntagResource", "codepipeline:UpdatePipeline",
			},
		},
		{
			Name: "Projects", On: []string{p.Projects()}, Why: ownNames,
			Read:  []string{"codebuild:BatchGetProjects"},
			Write: []string{"codebuild:CreateProject", "codebuild:DeleteProject", "codebuild:UpdateProject"},
		},
		{
			Name: "CheckFunction", On: []string{p.CheckFunction().ARN},
			Read: []string{"lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetPolicy", "lambda:ListVersionsByFunction"},
			Write: []string{
				"lambda:AddPermission", "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:RemovePermission", "lambda:TagResource",
				"lambda:UntagResource", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
			},
		},
		{
			Name: "NewSigningProfile", On: everything, Why: noType, When: making, For: (*settings.Settings).Signs,
			Write: []string{"signer:PutSigningProfile"},
		},
		{
			Name: "SigningProfiles", On: []string{p.SigningProfiles()}, Why: ownNames, For: (*settings.Settings).Signs,
			Read:   []string{"signer:GetSigningProfile"},
			Write:  []string{"signer:TagResource", "signer:UntagResource"},
			Delete: []string{"signer:CancelSigningProfile"},
		},
		{
			Name: "Deployments", On: []string{p.AllDeployments()}, Why: ownNames, For: shifts,
			Read:  []string{"codedeploy:GetApplication", "codedeploy:ListTagsForResource"},
			Write: []string{"codedeploy:CreateApplication", "codedeploy:DeleteApplication", "codedeploy:TagResource", "codedeploy:UntagResource"},
		},
		{
			Name: "DeploymentGroups", On: []string{p.DeploymentGroups()}, Why: ownNames, For: shifts,
			Read: []string{"codedeploy:GetDeploymentGroup", "codedeploy:ListTagsForResource"},
			Write: []string{
				"codedeploy:CreateDeploymentGroup", "codedeploy:DeleteDeploymentGroup", "codedeploy:TagResource", "codedeploy:UntagResource",
				"codedeploy:UpdateDeploymentGroup",
			},
		},
		{
			Name: "NewSources", On: []string{p.SourceRepositories()}, Why: chosen, When: making, For: (*settings.Settings).UsesCodeCommit,
			Write: []string{"codecommit:CreateRepository"},
		},
		{
			Name: "Sources", On: []string{p.SourceRepositories()}, Why: chosen, When: own, For: (*settings.Settings).UsesCodeCommit,
			Read:   []string{"codecommit:GetRepository", "codecommit:ListTagsForResource"},
			Write:  []string{"codecommit:TagResource", "codecommit:UntagResource", "codecommit:UpdateRepositoryDescription"},
			Delete: []string{"codecommit:DeleteRepository"},
		},
		{
			// An adopted repository has no tag of the gate's.
			Name: "SourceRules", On: []string{p.SourceRepositories()}, Why: chosen, For: (*settings.Settings).UsesCodeCommit,
			Write: []string{"codecommit:AssociateApprovalRuleTemplateWithRepository", "codecommit:DisassociateApprovalRuleTemplateFromRepository"},
		},
		{
			Name: "ApprovalRules", On: everything, Why: noType, For: (*settings.Settings).UsesCodeCommit,
			Read: []string{"codecommit:GetApprovalRuleTemplate", "codecommit:ListRepositoriesForApprovalRuleTemplate"},
			Write: []string{
				"codecommit:CreateApprovalRuleTemplate", "codecommit:DeleteApprovalRuleTemplate", "codecommit:UpdateApprovalRuleTemplateContent",
				"codecommit:UpdateApprovalRuleTemplateDescription",
			},
		},
		{
			// The preflight looks for the apps' Dockerfiles. The answer has names of files, and no content.
			Name: "SourceFolders", On: []string{p.SourceRepositories()}, Why: chosen, For: (*settings.Settings).UsesCodeCommit,
			Read: []string{"codecommit:GetFolder"},
		},
		{
			Name: "Services", On: []string{p.Cluster("*"), p.Service("*", "*")}, Why: clustersWhy,
			Read: []string{"ecs:DescribeClusters", "ecs:DescribeServices"},
		},
		{
			// CodePipeline User Guide, Amazon ECS deploy action reference: ecs:DescribeTaskDefinition is allowed on *.
			Name: "ServiceLists", On: everything, Why: noType,
			Read: []string{"ecs:DescribeTaskDefinition", "ecs:ListClusters", "ecs:ListServices"},
		},
		{
			Name: "LoadBalancers", On: everything, Why: noType, For: shifts,
			Read: []string{
				"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTargetGroups",
			},
		},
		{
			Name: "NewConnection", On: everything, Why: noType, When: making, For: usesGitHub,
			Write: []string{"codeconnections:CreateConnection"},
		},
		{
			Name: "Connections", On: p.Connections("connection/*"), Why: ids, For: usesGitHub, When: own,
			Read:   []string{"codeconnections:GetConnection", "codeconnections:ListTagsForResource", "codestar-connections:GetConnection"},
			Write:  []string{"codeconnections:TagResource", "codeconnections:UntagResource"},
			Delete: []string{"codeconnections:DeleteConnection"},
		},
		{
			Name: "ConnectionsForPipelines", On: p.Connections("connection/*"), Why: ids, For: usesGitHub,
			Write: []string{"codeconnections:PassConnection"},
			When:  []Condition{{"StringEquals", "codeconnections:PassedToService", []string{"codepipeline.amazonaws.com"}}},
		},
		{
			Name: "OldConnectionsForPipelines", On: p.Connections("connection/*"), Why: ids, For: usesGitHub,
			Write: []string{"codestar-connections:PassConnection"},
			When:  []Condition{{"StringEquals", "codestar-connections:PassedToService", []string{"codepipeline.amazonaws.com"}}},
		},
		{
			Name: "Repositories", On: []string{p.Repositories()}, Why: ownNames,
			Read: []string{
				"ecr:DescribeRepositories", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy", "ecr:ListTagsForResource",
			},
			Write: []string{
				"ecr:CreateRepository", "ecr:DeleteLifecyclePolicy", "ecr:DeleteRepositoryPolicy", "ecr:PutImageScanningConfiguration",
				"ecr:PutImageTagMutability", "ecr:PutLifecyclePolicy", "ecr:SetRepositoryPolicy", "ecr:TagResource", "ecr:UntagResource",
			},
			Delete: []string{"ecr:DeleteRepository"},
		},
		{
			Name: "LogGroupList", On: everything, Why: noType,
			Read: []string{"logs:DescribeLogGroups"},
		},
		{
			Name: "LogGroups", On: []string{p.LogGroups()}, Why: ownNames,
			Read: []string{"logs:ListTagsForResource"},
			Write: []string{
				"logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy",
				"logs:TagResource", "logs:UntagResource",
			},
		},
		{
			Name: "Topic", On: []string{p.Topic().ARN + "*"}, Why: ownNames,
			Read: []string{"sns:GetTopicAttributes", "sns:ListTagsForResource"},
			Write: []string{
				"sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource",
			},
		},
		{
			Name: "Subscriptions", On: []string{p.Topic().ARN + "*"}, Why: subscriptions,
			Read:  []string{"sns:GetSubscriptionAttributes"},
			Write: []string{"sns:Unsubscribe"},
		},
		{
			Name: "EventRules", On: sortedUnique([]string{p.Rules(), p.GlobalRules()}), Why: ownNames,
			Read: []string{"events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"},
			Write: []string{
				"events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource",
			},
		},
		{
			// The known state has the policy and the key of the bus.
			Name: "Bus", On: []string{p.Bus()},
			Read: []string{"events:DescribeEventBus"},
		},
		{
			Name: "ParameterList", On: everything, Why: noType,
			Read: []string{"ssm:DescribeParameters"},
		},
		{
			Name: "KnownState", On: []string{p.KnownStates()}, Why: ownNames,
			Read:  []string{"ssm:GetParameter", "ssm:ListTagsForResource"},
			Write: []string{"ssm:AddTagsToResource", "ssm:DeleteParameter", "ssm:PutParameter", "ssm:RemoveTagsFromResource"},
		},
		{
			Name: "DeadLetters", On: []string{p.DeadLetters().ARN},
			Read: []string{"sqs:GetQueueAttributes", "sqs:ListQueueTags"},
			Write: []string{
				"sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue",
			},
		},
		{
			Name: "ChatQueue", On: []string{p.ChatQueue().ARN}, For: (*settings.Settings).HasChat,
			Read: []string{"sqs:GetQueueAttributes", "sqs:ListQueueTags"},
			Write: []string{
				"sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue",
			},
		},
		{
			Name: "Chat", On: []string{p.Chat().ARN}, For: (*settings.Settings).HasChat,
			Read:  []string{"pipes:DescribePipe", "pipes:ListTagsForResource"},
			Write: []string{"pipes:CreatePipe", "pipes:DeletePipe", "pipes:TagResource", "pipes:UntagResource", "pipes:UpdatePipe"},
		},
		{
			// The destination shows the webhook to whoever previews, who can write to the chat then.
			Name: "ChatDestination", On: []string{p.ChatDestination().ARN}, Why: chatIds, For: (*settings.Settings).HasChat,
			Read:  []string{"events:DescribeApiDestination"},
			Write: []string{"events:CreateApiDestination", "events:DeleteApiDestination", "events:UpdateApiDestination"},
		},
		{
			// Service Authorization Reference, Amazon EventBridge: a destination is made, and
			// described, on both. It is changed on itself.
			Name: "ChatConnection", On: []string{p.ChatConnection().ARN}, Why: chatIds, For: (*settings.Settings).HasChat,
			Read:  []string{"events:DescribeApiDestination", "events:DescribeConnection"},
			Write: []string{"events:CreateApiDestination", "events:CreateConnection", "events:DeleteConnection", "events:UpdateConnection"},
		},
		{
			// Amazon EventBridge User Guide, Connections: EventBridge keeps what a connection is
			// authorized by in a secret, as whoever makes the connection.
			Name: "ChatSecret", On: []string{p.ChatSecret()}, Why: chatIds, Apart: true, For: (*settings.Settings).HasChat,
			Write: []string{
				"secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
				"secretsmanager:UpdateSecret",
			},
		},
		{
			Name: "Alarms", On: []string{p.Alarms()}, Why: ownNames,
			Read:  []string{"cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"},
			Write: []string{"cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"},
		},
		{
			// A preview has the definition checked.
			Name: "MachineDefinitions", On: everything, Why: noType,
			Read: []string{"states:ValidateStateMachineDefinition"},
		},
		{
			Name: "Machines", On: []string{p.Machines()}, Why: ownNames,
			Read: []string{"states:DescribeStateMachine", "states:ListStateMachineVersions", "states:ListTagsForResource"},
			Write: []string{
				"states:CreateStateMachine", "states:DeleteStateMachine", "states:TagResource", "states:UntagResource", "states:UpdateStateMachine",
			},
		},
		{
			Name: "TrailList", On: everything, Why: noType, For: watchesCalls,
			Read: []string{"cloudtrail:DescribeTrails"},
		},
		{
			// One that is adopted has to log every call.
			Name: "OthersTrails", On: []string{p.AnyTrail()}, Why: others, For: watchesCalls,
			Read: []string{"cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"},
		},
		{
			Name: "Trail", On: []string{p.Trail().ARN}, For: watchesCalls,
			Read: []string{"cloudtrail:ListTags"},
			Write: []string{
				"cloudtrail:AddTags", "cloudtrail:CreateTrail", "cloudtrail:DeleteTrail", "cloudtrail:RemoveTags",
				"cloudtrail:StartLogging", "cloudtrail:UpdateTrail",
			},
		},
		{
			Name: "AnalyzerList", On: everything, Why: noType, For: watchesAccess,
			Read: []string{"access-analyzer:ListAnalyzers"},
		},
		{
			Name: "Analyzer", On: []string{p.Analyzer().ARN}, For: watchesAccess,
			Read: []string{"access-analyzer:GetAnalyzer"},
			Write: []string{
				"access-analyzer:CreateAnalyzer", "access-analyzer:DeleteAnalyzer", "access-analyzer:TagResource", "access-analyzer:UntagResource",
			},
		},
		{
			Name: "SecurityHub", On: []string{p.Hub()}, For: hasHub,
			Read: []string{"securityhub:DescribeHub", "securityhub:GetEnabledStandards", "securityhub:GetInsights"},
			Write: []string{
				"securityhub:BatchDisableStandards", "securityhub:BatchEnableStandards", "securityhub:CreateInsight", "securityhub:DeleteInsight",
				"securityhub:DisableSecurityHub", "securityhub:EnableSecurityHub", "securityhub:UpdateInsight",
				"securityhub:UpdateSecurityHubConfiguration",
			},
		},
		{
			Name: "DetectorList", On: everything, Why: noType,
			Read: []string{"guardduty:ListDetectors"},
		},
		{
			Name: "NewDetector", On: everything, Why: noType, When: making,
			Write: []string{"guardduty:CreateDetector"},
		},
		{
			Name: "Detectors", On: []string{p.Detectors()}, Why: ids, When: own,
			Read:  []string{"guardduty:GetDetector"},
			Write: []string{"guardduty:DeleteDetector", "guardduty:TagResource", "guardduty:UntagResource", "guardduty:UpdateDetector"},
		},
		{
			// Of the recorders all are asked for: the call names none.
			Name: "ConfigLists", On: everything, Why: noType,
			Read: []string{
				"config:DescribeConfigRules", "config:DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorders",
				"config:DescribeDeliveryChannels",
			},
			// An account has one channel, and AWS no way to say which.
			Write: []string{"config:DeleteDeliveryChannel", "config:PutDeliveryChannel"},
		},
		{
			Name: "ConfigRecorder", On: []string{p.Recorder()}, Why: ids,
			Write: []string{
				"config:DeleteConfigurationRecorder", "config:PutConfigurationRecorder", "config:StartConfigurationRecorder",
				"config:StopConfigurationRecorder",
			},
		},
		{
			Name: "NewConfigRules", On: []string{p.ConfigRules()}, Why: ids, When: making,
			Write: []string{"config:PutConfigRule"},
		},
		{
			Name: "ConfigRules", On: []string{p.ConfigRules()}, Why: ids, When: own,
			Read:  []string{"config:ListTagsForResource"},
			Write: []string{"config:DeleteConfigRule", "config:PutConfigRule", "config:TagResource", "config:UntagResource"},
		},
		{
			// AWS ends the ARN of a remediation with an id of its own, after the rule's name.
			Name: "Remediations", On: []string{p.Remediations()}, Why: ids,
			Read:  []string{"config:DescribeRemediationConfigurations"},
			Write: []string{"config:DeleteRemediationConfiguration", "config:PutRemediationConfigurations"},
		},
		{
			Name: "KeyAliasList", On: everything, Why: noType,
			Read: []string{"kms:ListAliases"},
		},
		{
			Name: "KeyAliases", On: []string{p.AllAliases(), p.AllKeys()}, Why: ids, // both are asked
			Write: []string{"kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"},
		},
		{
			// KMS does not tell a tag that a new key is made with from one that it gets later.
			Name: "NewKeys", On: everything, Why: noType, When: making,
			Write: []string{"kms:CreateKey"},
		},
		{
			Name: "NewKeysTags", On: []string{p.AllKeys()}, Why: ids, When: making,
			Write: []string{"kms:TagResource"},
		},
		{
			// Right after a key is made, its tags do not count yet (AWS KMS Developer Guide,
			// ABAC for AWS KMS: up to five minutes), and a rotation that is on does no harm.
			Name: "FreshKeys", On: []string{p.AllKeys()}, Why: ids,
			Read:  []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"},
			Write: []string{"kms:EnableKeyRotation"},
		},
		{
			Name: "Keys", On: []string{p.AllKeys()}, Why: ids, When: own,
			Write:  []string{"kms:PutKeyPolicy", "kms:UntagResource", "kms:UpdateKeyDescription"},
			Delete: []string{"kms:ScheduleKeyDeletion"},
		},
		{
			// Amazon ECR User Guide, Encryption at rest: whoever makes a repository with a key of
			// one's own lets ECR use the key, by a grant, and takes that back with the repository.
			Name: "KeysForRepositories", On: []string{p.AllKeys()}, Why: ids,
			Write: []string{"kms:CreateGrant", "kms:RetireGrant"},
			When:  []Condition{{"StringEquals", "kms:ViaService", []string{"ecr." + p.Region + "." + p.DNSSuffix()}}},
		},
		{
			Name: "Buckets", On: []string{p.Buckets()}, Why: ownNames,
			Read: []string{
				"s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging",
				"s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
				"s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning",
				"s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
				"s3:GetReplicationConfiguration", "s3:ListBucket",
			},
			Write: []string{
				"s3:CreateBucket", "s3:DeleteBucketPolicy", "s3:PutBucketObjectLockConfiguration", "s3:PutBucketOwnershipControls",
				"s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
				"s3:PutLifecycleConfiguration",
			},
			Delete: []string{"s3:DeleteBucket", "s3:ListBucketVersions"},
		},
		{
			// Neither reads a value, nor writes one.
			Name: "Secrets", On: []string{p.Secrets()}, Why: ownNames,
			Read: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"},
			Write: []string{
				"secretsmanager:CreateSecret", "secretsmanager:DeleteResourcePolicy", "secretsmanager:PutResourcePolicy",
				"secretsmanager:TagResource", "secretsmanager:UntagResource", "secretsmanager:UpdateSecret",
			},
			Delete: []string{"secretsmanager:DeleteSecret"},
		},
		{
			Name: "Objects", On: []string{p.Buckets() + "/*"}, Why: objects,
			Delete: []string{"s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion"},
		},
	}, identities(p)...)
}

// duty is one of the gate's own duties, whose roles the deploying role makes.
type duty struct {
	name, role string
	// service takes the roles on; empty where people do.
	service string
	// managed are policies of AWS's that are attached beside the duty's own.
	managed []string
	// needed is of which stacks; nil: of all.
	needed func(*settings.Settings) bool
}

func duties(p naming.Plan) []duty {
	return []duty{
		{"Pipeline", naming.Pipeline, "codepipeline.amazonaws.com", nil, nil},
		{"Build", naming.Build, "codebuild.amazonaws.com", nil, nil},
		{"Scan", naming.Scan, "codebuild.amazonaws.com", nil, scansSources},
		{"Inspect", naming.Inspect, "codebuild.amazonaws.com", nil, nil},
		{"Sign", naming.Sign, "codebuild.amazonaws.com", nil, (*settings.Settings).Signs},
		{"Prepare", naming.Prepare, "codebuild.amazonaws.com", nil, nil},
		{"Shift", naming.Shift, "codedeploy.amazonaws.com", nil, shifts},
		{"Approver", naming.Approver, "", nil, nil},
		{"Containment", naming.Containment, "states.amazonaws.com", nil, nil},
		{"Release", naming.Release, "states.amazonaws.com", nil, nil},
		{"Recorder", naming.Recorder, "config.amazonaws.com", []string{p.Managed("service-role/AWS_ConfigRole")}, nil},
		{"Verifier", naming.Verifier, "lambda.amazonaws.com", nil, nil},
		{"Dispatcher", naming.Dispatcher, "events.amazonaws.com", nil, nil},
		{"ChatPipe", naming.ChatPipe, "pipes.amazonaws.com", nil, (*settings.Settings).HasChat},
		{"Remediator", naming.Remediator, "ssm.amazonaws.com", nil, nil},
	}
}

// identities are roles and policies: all are read, and those of the gate's own
// duties are made, each with the boundary of its duty.
func identities(p naming.Plan) []Work {
	var roles, policies []string
	var all []Work
	for _, d := range duties(p) {
		on := p.Roles(d.role)
		roles, policies = append(roles, on), append(policies, p.Policies(d.role))
		bound := Condition{"StringEquals", "iam:PermissionsBoundary", []string{p.Boundary(d.role).ARN}}
		all = append(all,
			Work{
				Name: "Bound" + d.name + "Roles", On: []string{on}, Why: ownNames, When: []Condition{bound}, For: d.needed,
				Write: []string{"iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary"},
			},
			Work{
				Name: "PoliciesOf" + d.name + "Roles", On: []string{on}, Why: ownNames, For: d.needed,
				Write: []string{"iam:AttachRolePolicy"},
				When:  []Condition{bound, {"ArnLike", "iam:PolicyARN", append([]string{p.Policies(d.role)}, d.managed...)}},
			})
		if d.service != "" {
			all = append(all, Work{
				Name: "Pass" + d.name + "Roles", On: []string{on}, Why: ownNames, For: d.needed,
				Write: []string{"iam:PassRole"},
				When:  []Condition{{"StringEquals", "iam:PassedToService", []string{d.service}}},
			})
		}
	}
	return append(all,
		Work{
			Name: "AllRoles", On: []string{p.AllRoles()}, Why: ownNames,
			// GetRolePolicy: of a role that somebody gave an inline policy.
			Read: []string{"iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"},
		},
		Work{
			Name: "Roles", On: roles, Why: ownNames,
			Write: []string{
				"iam:DeleteRole", "iam:ListInstanceProfilesForRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
			},
		},
		Work{
			Name: "AllPolicies", On: []string{p.AllPolicies()}, Why: ownNames,
			Read: []string{"iam:GetPolicy", "iam:GetPolicyVersion"},
		},
		Work{
			Name: "Policies", On: policies, Why: ownNames,
			Write: []string{
				"iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:ListPolicyVersions",
				"iam:TagPolicy", "iam:UntagPolicy",
			},
		},
		Work{
			Name: "IdentityProvider", On: []string{p.GitHubProvider()},
			Read: []string{"iam:GetOpenIDConnectProvider"},
		},
		serviceLinked("GuardDuty", "guardduty", "AWSServiceRoleForAmazonGuardDuty", p, nil),
		serviceLinked("AccessAnalyzer", "access-analyzer", "AWSServiceRoleForAccessAnalyzer", p, watchesAccess),
		serviceLinked("ApiDestinations", "apidestinations.events", "AWSServiceRoleForAmazonEventBridgeApiDestinations", p, (*settings.Settings).HasChat),
		serviceLinked("SecurityHub", "securityhub", "AWSServiceRoleForSecurityHub", p, hasHub),
		Work{
			// AWS Config's first remedy brings its role along.
			Name: "RoleOfRemedies", On: []string{p.ServiceLinkedRole("remediation.config.amazonaws.com", "*")}, Why: linked,
			Write: []string{"iam:CreateServiceLinkedRole"},
			When:  []Condition{{"StringEquals", "iam:AWSServiceName", []string{"remediation.config.amazonaws.com"}}},
		},
	)
}

// serviceLinked lets a service bring its role along, the first time that an account uses
// it.
func serviceLinked(name, service, role string, p naming.Plan, needed func(*settings.Settings) bool) Work {
	host := service + ".amazonaws.com"
	return Work{
		Name: "RoleOf" + name, On: []string{p.ServiceLinkedRole(host, role)}, For: needed,
		Write: []string{"iam:CreateServiceLinkedRole"},
		When:  []Condition{{"StringEquals", "iam:AWSServiceName", []string{host}}},
	}
}

func watchesCalls(s *settings.Settings) bool  { return s.Detection.Trail != settings.Off }
func watchesAccess(s *settings.Settings) bool { return s.Detection.AccessAnalyzer != settings.Off }
func hasHub(s *settings.Settings) bool        { return s.Detection.SecurityHub != settings.Off }
func usesGitHub(s *settings.Settings) bool    { return !s.UsesCodeCommit() }
func scansSources(s *settings.Settings) bool {
	return slices.ContainsFunc(s.Apps, settings.App.ScansSource)
}
func shifts(s *settings.Settings) bool {
	return slices.ContainsFunc(s.Apps, func(app settings.App) bool { return app.Deployment.Kind == settings.BlueGreen })
}
