package catalogue

import (
	"slices"

	"prodgate/pkg/naming"
)

// group are rows that differ in the action and its impact only.
type group struct {
	on         Target
	authorized []string
	denied     []Control
	reported   Control
	calls      []callImpact
}

// callImpact is an action and what it would do to production.
type callImpact struct{ action, impact string }

func flat(groups []group) []Call {
	var calls []Call
	for _, g := range groups {
		for _, c := range g.calls {
			calls = append(calls, Call{c.action, c.impact, g.on, g.authorized, g.denied, g.reported})
		}
	}
	return calls
}

var (
	guardrailOnly      = []Control{Guardrail}
	repositoryControls = []Control{Guardrail, RepositoryPolicy}
	bucketControls     = []Control{Guardrail, BucketPolicy}
	keyControls        = []Control{Guardrail, KeyPolicy}
	topicControls      = []Control{Guardrail, TopicPolicy}
	secretControls     = []Control{Guardrail, SecretPolicy}
	onlyDeployers      []string
	// responders contain and release. Their own policies say which of the actions each may make.
	responders     = []string{naming.Containment, naming.Release}
	branchControls = []Control{BranchProtection}
)

// groups is the table, service by service.
var groups = []group{
	{on: Pipelines, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:CreatePipeline", "puts another pipeline in the place of one that was deleted"},
		{"codepipeline:UpdatePipeline", "takes a gate out of the pipeline, or delivers another branch"},
		{"codepipeline:DeletePipeline", "ends delivery, and makes room for another pipeline of that name"},
		{"codepipeline:PutWebhook", "lets somebody outside start runs"},
		{"codepipeline:TagResource", "changes what policies that look at tags think of the pipeline"},
		{"codepipeline:UntagResource", "changes what policies that look at tags think of the pipeline"},
	}},
	{on: Pipelines, authorized: []string{Trigger}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:StartPipelineExecution", "delivers a commit of any branch: sourceRevisions may name one"},
	}},
	{on: Pipelines, authorized: responders, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:StopPipelineExecution", "abandons a run between its stages"},
	}},
	{on: Stages, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:RetryStageExecution", "deploys once more what was stopped for a reason"},
		{"codepipeline:RollbackStage", "puts an old image back, its holes with it"},
		{"codepipeline:OverrideStageCondition", "skips a gate of a stage"},
	}},
	{on: Stages, authorized: responders, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:DisableStageTransition", "holds every fix back"},
		{"codepipeline:EnableStageTransition", "lets through what was held back for a reason"},
	}},
	{on: Approval, authorized: []string{naming.Approver}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:PutApprovalResult", "approves a deployment that nobody in charge has seen"},
	}},
	{on: Account, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:PutJobSuccessResult", "reports the success of an action that did not run"},
		{"codebuild:ImportSourceCredentials", "makes projects fetch sources as somebody else"},
		{"codebuild:DeleteSourceCredentials", "makes projects fetch sources as nobody"},
		{"ecr:PutRegistryPolicy", "lets another account replicate images into the repositories"},
		{"ecr:PutReplicationConfiguration", "copies images to where the gate's policies do not hold"},
		{"ecr:PutRegistryScanningConfiguration", "switches the scan of images off"},
		{"ecr:CreatePullThroughCacheRule", "fills the repositories from a registry outside"},
		{"guardduty:DisassociateFromAdministratorAccount", "takes the account out of the security team's sight"},
		{"guardduty:DisassociateFromMasterAccount", "takes the account out of the security team's sight, by its old name"},
		{"guardduty:CreateIPSet", "makes GuardDuty trust addresses, which it is silent about then"},
		{"config:PutDeliveryChannel", "sends the record of changes elsewhere"},
		{"config:DeleteDeliveryChannel", "loses the record of changes"},
		{"organizations:LeaveOrganization", "takes the account out from under every guardrail"},
		{"account:CloseAccount", "ends the account, and production with it"},
	}},
	{on: Projects, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codebuild:CreateProject", "puts another project in the place of one that was deleted"},
		{"codebuild:UpdateProject", "builds with another buildspec, image or role"},
		{"codebuild:DeleteProject", "ends delivery, and makes room for another project of that name"},
		{"codebuild:UpdateProjectVisibility", "shows the builds' logs and artifacts to everybody"},
		{"codebuild:StartBuildBatch", "builds with another buildspec as the build role, which may push"},
		{"codebuild:RetryBuild", "builds an old commit again"},
		{"codebuild:RetryBuildBatch", "builds an old commit again"},
		{"codebuild:StartSandbox", "opens a shell as the build role, which may push"},
		{"codebuild:CreateWebhook", "lets somebody outside start builds as the build role"},
		{"codebuild:UpdateWebhook", "lets somebody else outside start builds as the build role"},
		{"codebuild:PutResourcePolicy", "shares the project with another account"},
	}},
	{on: Projects, authorized: []string{naming.Pipeline, naming.Dispatcher}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codebuild:StartBuild", "builds with another buildspec, image or source as the build role, which may push"},
	}},
	{on: Repositories, authorized: onlyDeployers, denied: repositoryControls, reported: Alert, calls: []callImpact{
		{"ecr:BatchDeleteImage", "deletes the image that runs, or the one to go back to"},
		{"ecr:PutImageTagMutability", "lets a tag move to another image"},
		{"ecr:PutImageScanningConfiguration", "switches the scan on push off"},
		{"ecr:PutLifecyclePolicy", "expires the image that runs"},
		{"ecr:DeleteLifecyclePolicy", "keeps every image until the quota stops builds"},
		{"ecr:SetRepositoryPolicy", "lets somebody else push"},
		{"ecr:DeleteRepositoryPolicy", "lets every role of the account push that has a policy for it"},
		{"ecr:DeleteRepository", "deletes every image"},
	}},
	{on: Repositories, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		// ECR documents these actions in no repository policy.
		{"ecr:BatchImportUpstreamImage", "brings in an image that was not built here"},
		{"ecr:CreateRepository", "puts another repository in the place of one that was deleted"},
	}},
	{on: Repositories, authorized: []string{naming.Build, naming.Sign}, denied: []Control{RepositoryPolicy}, reported: Alert, calls: []callImpact{
		{"ecr:InitiateLayerUpload", "begins the push of an image that the pipeline did not build"},
		{"ecr:UploadLayerPart", "goes on with the push of an image that the pipeline did not build"},
		{"ecr:CompleteLayerUpload", "ends the push of an image that the pipeline did not build"},
		{"ecr:PutImage", "gives an image that the pipeline did not build a tag"},
	}},
	{on: Repositories, authorized: []string{naming.Build, naming.Sign, naming.Prepare, Execution, ServiceLinked}, denied: []Control{RepositoryPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"ecr:BatchGetImage", "reads what runs in production"},
	}},
	{on: Repositories, authorized: []string{Execution, ServiceLinked, naming.Sign, naming.Prepare}, denied: []Control{RepositoryPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"ecr:GetDownloadUrlForLayer", "takes what runs in production away"},
	}},
	{on: SigningProfiles, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"signer:CancelSigningProfile", "keeps every new image from being signed"},
		{"signer:RevokeSigningProfile", "keeps every image that was signed from being deployed"},
		{"signer:AddProfilePermission", "lets another account sign images"},
		{"signer:RemoveProfilePermission", "keeps an account that may sign from it"},
	}},
	{on: SigningProfiles, authorized: []string{naming.Sign}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"signer:SignPayload", "signs an image that no scan has seen"},
	}},
	{on: Deployments, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codedeploy:CreateApplication", "puts another application in the place of one that was deleted"},
		{"codedeploy:UpdateApplication", "ends delivery: the pipeline knows the application by its name"},
		{"codedeploy:DeleteApplication", "ends delivery"},
	}},
	{on: DeploymentGroups, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codedeploy:CreateDeploymentGroup", "puts another group in the place of one that was deleted"},
		{"codedeploy:UpdateDeploymentGroup", "shifts traffic at once, or without the alarms that would stop it"},
		{"codedeploy:DeleteDeploymentGroup", "ends delivery"},
	}},
	{on: DeploymentGroups, authorized: []string{naming.Pipeline}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codedeploy:CreateDeployment", "runs any image in the service"},
	}},
	{on: Listeners, authorized: []string{naming.Shift}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"elasticloadbalancing:ModifyListener", "leads production's traffic elsewhere"},
	}},
	{on: Listeners, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"elasticloadbalancing:DeleteListener", "ends production's traffic"},
		{"elasticloadbalancing:CreateRule", "leads a part of production's traffic elsewhere"},
	}},
	{on: Services, authorized: []string{naming.Shift}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"ecs:CreateTaskSet", "runs any image in the service"},
		{"ecs:DeleteTaskSet", "stops what was delivered"},
		{"ecs:UpdateServicePrimaryTaskSet", "makes another image the one that counts"},
	}},
	{on: Services, authorized: []string{naming.Pipeline}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"ecs:UpdateService", "runs another task definition, or none"},
	}},
	{on: Services, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"ecs:CreateService", "runs any image beside those that were delivered"},
		{"ecs:DeleteService", "stops production"},
		{"ecs:UpdateTaskSet", "scales what was delivered down"},
		{"ecs:StopServiceDeployment", "rolls a delivery back"},
		{"ecs:ExecuteCommand", "opens a shell in production"},
	}},
	{on: Tasks, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"ecs:RunTask", "runs any image in production's cluster"},
		{"ecs:StartTask", "runs any image on an instance of production's cluster"},
	}},
	{on: Connections, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codeconnections:DeleteConnection", "cuts the pipeline off its source"},
		{"codeconnections:UpdateConnectionInstallation", "takes the source from another installation of the GitHub app"},
		{"codestar-connections:DeleteConnection", "cuts the pipeline off its source, under the service's old name"},
		{"codestar-connections:UpdateConnectionInstallation", "takes the source from another installation, under the service's old name"},
	}},
	{on: Hosts, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codeconnections:UpdateHost", "takes the source from another server"},
		{"codestar-connections:UpdateHost", "takes the source from another server, under the service's old name"},
	}},
	{on: Sources, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codecommit:CreateRepository", "puts another repository in the place of one that was deleted"},
		{"codecommit:DeleteRepository", "ends delivery, and makes room for another repository of that name"},
		{"codecommit:UpdateRepositoryName", "makes room for another repository of that name"},
		{"codecommit:UpdateRepositoryEncryptionKey", "encrypts the source with a key of somebody else's"},
		{"codecommit:DisassociateApprovalRuleTemplateFromRepository", "takes a pull request to prod without an approval"},
		{"codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories", "takes pull requests to prod without an approval"},
	}},
	{on: PullRequests, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codecommit:OverridePullRequestApprovalRules", "merges to prod what nobody approved"},
	}},
	{on: ApprovalRules, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codecommit:UpdateApprovalRuleTemplateContent", "lets somebody else approve pull requests to prod, or nobody"},
		{"codecommit:UpdateApprovalRuleTemplateName", "hides the rule from the gate"},
		{"codecommit:DeleteApprovalRuleTemplate", "takes pull requests to prod without an approval"},
	}},
	{on: SourceBranch, authorized: onlyDeployers, denied: guardrailOnly, reported: BranchEvent, calls: []callImpact{
		{"codecommit:GitPush", "delivers what nobody reviewed"},
		{"codecommit:CreateBranch", "delivers a commit of any branch, where prod was deleted"},
		{"codecommit:DeleteBranch", "ends delivery, and makes room for another branch prod"},
		{"codecommit:CreateCommit", "delivers what nobody reviewed"},
		{"codecommit:PutFile", "delivers what nobody reviewed"},
		{"codecommit:DeleteFile", "delivers what nobody reviewed"},
		{"codecommit:MergeBranchesByFastForward", "merges to prod without a pull request"},
		{"codecommit:MergeBranchesBySquash", "merges to prod without a pull request"},
		{"codecommit:MergeBranchesByThreeWay", "merges to prod without a pull request"},
		{"codecommit:MergePullRequestBySquash", "puts a commit on prod that main never had"},
	}},
	{on: SourceBranch, authorized: []string{Mergers}, denied: guardrailOnly, reported: BranchEvent, calls: []callImpact{
		{"codecommit:MergePullRequestByFastForward", "delivers what was approved, when somebody else wants it"},
		{"codecommit:MergePullRequestByThreeWay", "delivers what was approved, when somebody else wants it"},
	}},
	{on: Buckets, authorized: onlyDeployers, denied: bucketControls, reported: Alert, calls: []callImpact{
		{"s3:PutBucketPolicy", "lets somebody else write what is deployed"},
		{"s3:DeleteBucketPolicy", "lets every role of the account write what is deployed that has a policy for it"},
		{"s3:PutBucketAcl", "lets another account write what is deployed"},
		{"s3:PutBucketOwnershipControls", "brings access lists back, which no policy shows"},
		{"s3:PutEncryptionConfiguration", "writes artifacts under a key of somebody else's"},
		{"s3:PutLifecycleConfiguration", "expires artifacts before they are deployed"},
		{"s3:PutReplicationConfiguration", "copies sources and records to another bucket"},
		{"s3:PutBucketObjectLockConfiguration", "lets the record of calls be deleted early"},
		{"s3:DeleteBucket", "ends delivery, and lets anybody in the world take the name"},
	}},
	{on: Buckets, authorized: []string{naming.Remediator}, denied: bucketControls, reported: Alert, calls: []callImpact{
		{"s3:PutBucketPublicAccessBlock", "lets the bucket be opened to everybody"},
		{"s3:PutBucketVersioning", "lets an artifact be replaced without a trace"},
	}},
	{on: ArtifactObjects, authorized: []string{naming.Pipeline, naming.Build, naming.Scan, naming.Prepare}, denied: []Control{BucketPolicy}, reported: Nothing, calls: []callImpact{
		{"s3:PutObject", "replaces what is about to be built or deployed"},
	}},
	{on: ArtifactObjects, authorized: onlyDeployers, denied: []Control{BucketPolicy}, reported: Nothing, calls: []callImpact{
		{"s3:ReplicateObject", "replaces what is about to be built or deployed, by way of another bucket"},
		{"s3:DeleteObject", "takes away what is about to be built or deployed"},
		{"s3:DeleteObjectVersion", "puts an older version of what is about to be deployed in its place"},
	}},
	{on: RecordObjects, authorized: []string{naming.Recorder}, denied: []Control{BucketPolicy}, reported: Nothing, calls: []callImpact{
		{"s3:PutObject", "forges the record of changes"},
	}},
	{on: RecordObjects, authorized: onlyDeployers, denied: []Control{BucketPolicy}, reported: Nothing, calls: []callImpact{
		{"s3:ReplicateObject", "forges the record of changes, by way of another bucket"},
		{"s3:DeleteObject", "hides the record of a change"},
		{"s3:DeleteObjectVersion", "destroys the record of a change"},
	}},
	{on: CallObjects, authorized: onlyDeployers, denied: []Control{BucketPolicy}, reported: Nothing, calls: []callImpact{
		{"s3:PutObject", "forges the record of calls"},
		{"s3:ReplicateObject", "forges the record of calls, by way of another bucket"},
		{"s3:DeleteObject", "hides the record of a call"},
		{"s3:DeleteObjectVersion", "destroys the record of a call"},
		{"s3:BypassGovernanceRetention", "destroys the record of a call that is locked"},
	}},
	{on: Keys, authorized: onlyDeployers, denied: keyControls, reported: Alert, calls: []callImpact{
		{"kms:PutKeyPolicy", "lets somebody else read and write what the key protects"},
		{"kms:ScheduleKeyDeletion", "destroys images, artifacts, logs and records for good"},
		{"kms:DisableKey", "stops builds, deployments and alerts"},
		{"kms:DisableKeyRotation", "lets a key that leaked be good for ever"},
		{"kms:CreateGrant", "lets somebody else use the key, which no policy shows"},
		{"kms:RevokeGrant", "keeps ECR from decrypting images"},
		{"kms:CreateAlias", "hides the key from policies that know it by its alias: beyond 50 KMS tells none of them"},
	}},
	{on: Aliases, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"kms:CreateAlias", "makes another key look like the gate's"},
		{"kms:UpdateAlias", "puts another key in the place of the gate's"},
		{"kms:DeleteAlias", "hides the key from policies that know it by its alias"},
	}},
	{on: ArtifactKey, authorized: readArtifacts, denied: []Control{KeyPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"kms:Decrypt", "reads sources and artifacts"},
	}},
	{on: ArtifactKey, authorized: onlyDeployers, denied: []Control{KeyPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"kms:ReEncryptFrom", "encrypts sources and artifacts anew for a key that somebody else reads with"},
	}},
	{on: SecretsKey, authorized: []string{naming.Build, Rotation}, denied: []Control{KeyPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"kms:Decrypt", "reads the secrets of the builds"},
	}},
	{on: SecretsKey, authorized: onlyDeployers, denied: []Control{KeyPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"kms:ReEncryptFrom", "encrypts the secrets of the builds anew for a key that somebody else reads with"},
	}},
	{on: Roles, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: roleChanges},
	{on: Roles, authorized: responders, denied: guardrailOnly, reported: Alert, calls: inlinePolicies},
	{on: Roles, authorized: onlyDeployers, denied: guardrailOnly, reported: Nothing, calls: passRole},
	{on: TrustedRoles, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: slices.Concat(roleChanges, inlinePolicies)},
	{on: TrustedRoles, authorized: onlyDeployers, denied: guardrailOnly, reported: Nothing, calls: passRole},
	{on: Policies, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"iam:CreatePolicy", "puts another policy in the place of one that was deleted"},
		{"iam:CreatePolicyVersion", "lets a role of the gate do more"},
		{"iam:SetDefaultPolicyVersion", "lets a role of the gate do what it could do before"},
		{"iam:DeletePolicyVersion", "takes away the version to go back to"},
		{"iam:DeletePolicy", "stops a role of the gate, or takes a boundary's place"},
	}},
	{on: ServiceRoles, authorized: onlyDeployers, denied: guardrailOnly, reported: AlertOnRead, calls: []callImpact{
		{"sts:AssumeRole", "acts as the gate: pushes, deploys, or changes the gate itself"},
	}},
	{on: ApproverRoles, authorized: []string{Approvers}, denied: guardrailOnly, reported: AlertOnRead, calls: []callImpact{
		{"sts:AssumeRole", "approves a deployment that nobody in charge has seen"},
	}},
	{on: BreakGlass, authorized: onlyDeployers, denied: nil, reported: AlertOnRead, calls: []callImpact{
		{"sts:AssumeRole", "may do everything; its own trust says who takes it on"},
	}},
	{on: IdentityProvider, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"iam:AddClientIDToOpenIDConnectProvider", "lets tokens made for somebody else take on the gate's roles"},
		{"iam:RemoveClientIDFromOpenIDConnectProvider", "keeps the gate from being deployed"},
		{"iam:UpdateOpenIDConnectProviderThumbprint", "lets another server speak for GitHub"},
		{"iam:DeleteOpenIDConnectProvider", "keeps the gate from being deployed"},
	}},
	{on: Rules, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"events:PutRule", "silences an alert: the rule matches something else"},
		{"events:PutTargets", "sends an alert elsewhere"},
		{"events:RemoveTargets", "silences an alert"},
		{"events:DisableRule", "silences an alert"},
		{"events:DeleteRule", "silences an alert for good"},
	}},
	{on: Topic, authorized: onlyDeployers, denied: topicControls, reported: Alert, calls: []callImpact{
		{"sns:AddPermission", "lets somebody else publish false alerts"},
		{"sns:RemovePermission", "keeps alerts from being published"},
		{"sns:SetTopicAttributes", "keeps alerts from being published, or encrypts them with another key"},
		{"sns:Subscribe", "tells an attacker what was noticed"},
		{"sns:DeleteTopic", "silences every alert"},
	}},
	{on: Topic, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"sns:SetSubscriptionAttributes", "filters alerts out on their way to a person"},
		{"sns:Unsubscribe", "takes a person off the alerts"},
	}},
	{on: Topic, authorized: []string{naming.Pipeline, naming.Verifier, naming.Containment, naming.Release}, denied: []Control{TopicPolicy}, reported: Nothing, calls: []callImpact{
		{"sns:Publish", "buries alerts under false ones"},
	}},
	{on: DeadLetters, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"sqs:SetQueueAttributes", "loses alerts that could not be delivered, or keeps them from the chat"},
		{"sqs:PurgeQueue", "loses alerts that could not be delivered, or were not yet"},
		{"sqs:DeleteQueue", "loses alerts that could not be delivered, or keeps them from the chat"},
	}},
	{on: Chat, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"pipes:UpdatePipe", "keeps alerts from the chat, or sends them elsewhere"},
		{"pipes:StopPipe", "keeps alerts from the chat"},
		{"pipes:DeletePipe", "keeps alerts from the chat for good"},
	}},
	// The guardrails of a stack with many clusters have no room for another statement.
	{on: ChatDestination, authorized: onlyDeployers, denied: nil, reported: Alert, calls: []callImpact{
		{"events:UpdateApiDestination", "sends alerts to another chat, whose members learn what was noticed"},
		{"events:DeleteApiDestination", "keeps alerts from the chat for good"},
	}},
	{on: Alarms, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"cloudwatch:PutMetricAlarm", "hides that alerts are not delivered"},
		{"cloudwatch:DisableAlarmActions", "hides that alerts are not delivered"},
		{"cloudwatch:SetAlarmState", "hides that alerts are not delivered"},
		{"cloudwatch:DeleteAlarms", "hides that alerts are not delivered"},
	}},
	{on: Machines, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"states:CreateStateMachine", "puts another answer in the place of one that was deleted"},
		{"states:UpdateStateMachine", "makes containment do nothing, or something else"},
		{"states:DeleteStateMachine", "leaves nothing that contains"},
	}},
	{on: Machines, authorized: []string{naming.Dispatcher}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"states:StartExecution", "lets through what was held back for a reason, or holds every fix back"},
	}},
	{on: Executions, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"states:StopExecution", "stops containment halfway"},
	}},
	{on: KnownState, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"ssm:PutParameter", "makes a pipeline that was tampered with look as it should"},
		{"ssm:DeleteParameter", "keeps every pipeline from deploying"},
		{"ssm:DeleteParameters", "keeps every pipeline from deploying"},
	}},
	{on: Trails, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"cloudtrail:StopLogging", "leaves no trace of what comes next, and no alert"},
		{"cloudtrail:DeleteTrail", "leaves no trace of what comes next, and no alert"},
		{"cloudtrail:UpdateTrail", "sends the trace elsewhere"},
		{"cloudtrail:PutEventSelectors", "leaves calls out of the trace"},
	}},
	{on: Detector, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"guardduty:DeleteDetector", "ends GuardDuty's watch"},
		{"guardduty:UpdateDetector", "suspends GuardDuty's watch, or a part of it"},
		{"guardduty:CreateFilter", "archives findings before anybody sees them"},
		{"guardduty:UpdateFilter", "archives more findings before anybody sees them"},
		{"guardduty:UpdateIPSet", "makes GuardDuty trust more addresses, which it is silent about then"},
	}},
	{on: Recorder, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"config:PutConfigurationRecorder", "leaves the gate's parts out of the record of changes"},
		{"config:StopConfigurationRecorder", "ends the record of changes"},
		{"config:DeleteConfigurationRecorder", "ends the record of changes"},
	}},
	{on: ConfigRules, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"config:DeleteConfigRule", "ends a check of the gate's parts"},
	}},
	// AWS Config gives rules their ARNs: a guardrail could deny only the creation of every rule, those of other
	// teams included.
	{on: ConfigRules, authorized: onlyDeployers, denied: nil, reported: Alert, calls: []callImpact{
		{"config:PutConfigRule", "makes a check of the gate's parts look for something else"},
	}},
	{on: Analyzers, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"access-analyzer:DeleteAnalyzer", "ends the watch over what others may reach"},
		{"access-analyzer:CreateArchiveRule", "archives findings before anybody sees them"},
		{"access-analyzer:UpdateArchiveRule", "archives more findings before anybody sees them"},
	}},
	{on: Hub, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"securityhub:DisableSecurityHub", "ends the checks of Security Hub"},
		{"securityhub:BatchDisableStandards", "ends the checks of Security Hub"},
	}},
	{on: Remedies, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"config:PutRemediationConfigurations", "puts something else right, or nothing"},
		{"config:DeleteRemediationConfiguration", "leaves what was done to a bucket as it is"},
	}},
	{on: LogGroups, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"logs:PutRetentionPolicy", "loses the builds' logs early"},
		{"logs:DeleteRetentionPolicy", "keeps what should be forgotten"},
		{"logs:AssociateKmsKey", "encrypts the builds' logs with a key of somebody else's"},
		{"logs:DisassociateKmsKey", "leaves the builds' logs to AWS's own key"},
		{"logs:DeleteLogStream", "hides what a build did"},
		{"logs:DeleteLogGroup", "hides what every build did"},
	}},
	{on: Secrets, authorized: onlyDeployers, denied: secretControls, reported: Alert, calls: []callImpact{
		{"secretsmanager:PutResourcePolicy", "lets somebody else read the secret"},
		{"secretsmanager:DeleteResourcePolicy", "lets every role of the account read the secret that has a policy for it"},
		{"secretsmanager:UpdateSecret", "gives the builds another secret, or encrypts it with another key"},
		{"secretsmanager:RotateSecret", "hands the secret to another function"},
		{"secretsmanager:CancelRotateSecret", "lets a secret that leaked be good for ever"},
		{"secretsmanager:ReplicateSecretToRegions", "copies the secret to where the gate does not look"},
		{"secretsmanager:DeleteSecret", "stops the builds"},
	}},
	{on: Secrets, authorized: []string{Rotation}, denied: []Control{SecretPolicy}, reported: Alert, calls: []callImpact{
		{"secretsmanager:PutSecretValue", "gives the builds another secret"},
		{"secretsmanager:UpdateSecretVersionStage", "gives the builds an old secret"},
	}},
	{on: Secrets, authorized: []string{naming.Build, Rotation}, denied: []Control{SecretPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"secretsmanager:GetSecretValue", "reads a secret of the builds"},
	}},
	{on: Branch, authorized: onlyDeployers, denied: branchControls, reported: Nothing, calls: []callImpact{
		{"github:Push", "delivers a commit that nobody reviewed"},
		{"github:ForcePush", "delivers a commit that nobody reviewed, and rewrites what was delivered"},
		{"github:DeleteBranch", "ends delivery, and lets prod begin anew from anywhere"},
	}},
	{on: Branch, authorized: onlyDeployers, denied: branchControls, reported: Preview, calls: []callImpact{
		{"github:AdminOverride", "merges past every review and check"},
	}},
	{on: Branch, authorized: onlyDeployers, denied: []Control{OnlyMainCheck}, reported: Nothing, calls: []callImpact{
		{"github:MergeFromOtherBranch", "delivers what main has never seen"},
	}},
	{on: Workflow, authorized: onlyDeployers, denied: []Control{CodeOwners}, reported: Preview, calls: []callImpact{
		{"github:EditWorkflow", "takes the check that only main is merged out"},
	}},
}

// readArtifacts are the duties that read the artifacts of a pipeline.
var readArtifacts = []string{
	naming.Pipeline, naming.Build, naming.Scan, naming.Verifier, naming.Inspect, naming.Sign, naming.Prepare,
}

// roleChanges are the changes of a role of the gate, or of a role that may change the gate.
var roleChanges = []callImpact{
	{"iam:CreateRole", "makes a role of a name that is trusted"},
	{"iam:UpdateRole", "lengthens the sessions of a role that is trusted"},
	{"iam:UpdateAssumeRolePolicy", "lets somebody else take on a role that is trusted"},
	{"iam:AttachRolePolicy", "lets a role do more"},
	{"iam:DetachRolePolicy", "keeps a role from doing its duty"},
	{"iam:PutRolePermissionsBoundary", "lets a role do more, or keeps it from doing its duty"},
	{"iam:DeleteRolePermissionsBoundary", "lets a role do more"},
	{"iam:DeleteRole", "makes room for another role of a name that is trusted"},
}

// inlinePolicies revoke the sessions of a role, and allow them again.
var inlinePolicies = []callImpact{
	{"iam:PutRolePolicy", "lets a role do more"},
	{"iam:DeleteRolePolicy", "keeps a role from doing its duty, or lets sessions go on that were cut off"},
}

// passRole is an action that AWS checks within other calls.
var passRole = []callImpact{
	{"iam:PassRole", "gives a project, a function or a task of somebody else's a role that is trusted"},
}
