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
		{"codepipeline:CreatePipeline", "replaces a deleted pipeline"},
		{"codepipeline:UpdatePipeline", "removes a check from the pipeline, or delivers another branch"},
		{"codepipeline:DeletePipeline", "stops delivery, and frees the name for another pipeline"},
		{"codepipeline:PutWebhook", "lets an outsider start executions"},
		{"codepipeline:TagResource", "changes the result of policies with tag conditions"},
		{"codepipeline:UntagResource", "changes the result of policies with tag conditions"},
	}},
	{on: Pipelines, authorized: []string{Trigger}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:StartPipelineExecution", "delivers a commit of any branch: sourceRevisions may name one"},
	}},
	{on: Pipelines, authorized: responders, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:StopPipelineExecution", "abandons an execution between its stages"},
	}},
	{on: Stages, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:RetryStageExecution", "deploys again what was stopped"},
		{"codepipeline:RollbackStage", "deploys an old image with its vulnerabilities"},
		{"codepipeline:OverrideStageCondition", "skips a condition of a stage"},
	}},
	{on: Stages, authorized: responders, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:DisableStageTransition", "blocks every deployment, fixes included"},
		{"codepipeline:EnableStageTransition", "allows a deployment that was blocked"},
	}},
	{on: Approval, authorized: []string{naming.Approver}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:PutApprovalResult", "approves a deployment that no approver has reviewed"},
	}},
	{on: Account, authorized: []string{naming.Verifier}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codepipeline:PutJobSuccessResult", "reports the success of an action that did not run"},
	}},
	{on: CheckFunction, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"lambda:UpdateFunctionCode", "replaces the check of the known state"},
		{"lambda:UpdateFunctionConfiguration", "makes the check compare with another known state"},
		{"lambda:DeleteFunction", "stops the check, and frees the name for another function"},
		{"lambda:AddPermission", "lets other principals invoke or change the check"},
		{"lambda:RemovePermission", "stops the check on its schedule"},
		{"lambda:PutFunctionConcurrency", "stops the check"},
	}},
	{on: Account, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codebuild:ImportSourceCredentials", "makes projects fetch sources with other credentials"},
		{"codebuild:DeleteSourceCredentials", "makes projects fetch sources without credentials"},
		{"ecr:PutRegistryPolicy", "lets another account replicate images into the repositories"},
		{"ecr:PutReplicationConfiguration", "copies images to a registry without the gate's policies"},
		{"ecr:PutRegistryScanningConfiguration", "disables image scanning"},
		{"ecr:PutAccountSetting", "changes how images are scanned, or which actions a registry policy covers"},
		{"ecr:CreatePullThroughCacheRule", "fills the repositories from an external registry"},
		{"guardduty:DisassociateFromAdministratorAccount", "removes the account from GuardDuty's administrator"},
		{"guardduty:CreateTrustedEntitySet", "makes GuardDuty trust domains or addresses, and report nothing about them"},
		{"config:PutRetentionConfiguration", "deletes AWS Config's history sooner"},
		{"config:PutRemediationExceptions", "keeps a resource from being put right"},
		{"events:PutPermission", "lets another account send events to the bus"},
		{"events:RemovePermission", "changes who sends events to the bus"},
		{"guardduty:DisassociateFromMasterAccount", "removes the account from GuardDuty's administrator, under the action's old name"},
		{"guardduty:CreateIPSet", "makes GuardDuty trust IP addresses, and report nothing about them"},
		{"config:PutDeliveryChannel", "sends AWS Config's history elsewhere"},
		{"config:DeleteDeliveryChannel", "stops the delivery of AWS Config's history"},
		{"organizations:LeaveOrganization", "removes the account from every guardrail"},
		{"account:CloseAccount", "closes the account, and production with it"},
	}},
	{on: Projects, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codebuild:CreateProject", "replaces a deleted project"},
		{"codebuild:UpdateProject", "builds with another buildspec, image or role"},
		{"codebuild:DeleteProject", "stops delivery, and frees the name for another project"},
		{"codebuild:UpdateProjectVisibility", "makes the builds' logs and artifacts public"},
		{"codebuild:StartBuildBatch", "builds with another buildspec with the build role, which may push"},
		{"codebuild:RetryBuild", "builds an old commit again"},
		{"codebuild:RetryBuildBatch", "builds an old commit again"},
		{"codebuild:StartSandbox", "opens a shell with the build role, which may push"},
		{"codebuild:CreateWebhook", "lets an outsider start builds with the build role"},
		{"codebuild:UpdateWebhook", "lets another outsider start builds with the build role"},
		{"codebuild:PutResourcePolicy", "shares the project with another account"},
	}},
	{on: Projects, authorized: []string{naming.Pipeline}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codebuild:StartBuild", "builds with another buildspec, image or source with the build role, which may push"},
	}},
	{on: Repositories, authorized: onlyDeployers, denied: repositoryControls, reported: Alert, calls: []callImpact{
		{"ecr:BatchDeleteImage", "deletes the running image, or the one for a rollback"},
		{"ecr:PutImageTagMutability", "lets a tag move to another image"},
		{"ecr:PutImageScanningConfiguration", "disables scanning on push"},
		{"ecr:PutLifecyclePolicy", "expires the running image"},
		{"ecr:DeleteLifecyclePolicy", "keeps images until the quota stops builds"},
		{"ecr:SetRepositoryPolicy", "lets another principal push"},
		{"ecr:DeleteRepositoryPolicy", "lets every principal of the account push whose own policies allow it"},
		{"ecr:DeleteRepository", "deletes every image"},
	}},
	{on: Repositories, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		// ECR documents these actions in no repository policy.
		{"ecr:BatchImportUpstreamImage", "brings in an image that was not built here"},
		{"ecr:CreateRepository", "replaces a deleted repository"},
	}},
	{on: Repositories, authorized: []string{naming.Build, naming.Sign}, denied: []Control{RepositoryPolicy}, reported: Alert, calls: []callImpact{
		{"ecr:InitiateLayerUpload", "starts the push of an image that the pipeline did not build"},
		{"ecr:UploadLayerPart", "uploads a layer of an image that the pipeline did not build"},
		{"ecr:CompleteLayerUpload", "completes a layer of an image that the pipeline did not build"},
		{"ecr:PutImage", "tags an image that the pipeline did not build"},
	}},
	{on: Repositories, authorized: []string{naming.Build, naming.Inspect, naming.Sign, naming.Prepare, Execution, ServiceLinked}, denied: []Control{RepositoryPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"ecr:BatchGetImage", "reads the manifest of a production image"},
	}},
	{on: Repositories, authorized: []string{Execution, ServiceLinked, naming.Inspect, naming.Sign, naming.Prepare}, denied: []Control{RepositoryPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"ecr:GetDownloadUrlForLayer", "downloads a production image"},
	}},
	{on: SigningProfiles, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"signer:CancelSigningProfile", "prevents the signing of new images"},
		{"signer:RevokeSigningProfile", "prevents the deployment of every signed image"},
		{"signer:AddProfilePermission", "lets another account sign images"},
		{"signer:RemoveProfilePermission", "prevents another account from signing"},
	}},
	{on: SigningProfiles, authorized: []string{naming.Sign}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"signer:SignPayload", "signs an image that was not scanned"},
	}},
	{on: Deployments, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codedeploy:CreateApplication", "replaces a deleted application"},
		{"codedeploy:UpdateApplication", "stops delivery: the pipeline names the application"},
		{"codedeploy:DeleteApplication", "stops delivery"},
	}},
	{on: DeploymentGroups, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codedeploy:CreateDeploymentGroup", "replaces a deleted deployment group"},
		{"codedeploy:UpdateDeploymentGroup", "shifts traffic at once, or without alarms that stop the deployment"},
		{"codedeploy:DeleteDeploymentGroup", "stops delivery"},
	}},
	{on: DeploymentGroups, authorized: []string{naming.Pipeline}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codedeploy:CreateDeployment", "runs any image in the service"},
	}},
	{on: Listeners, authorized: []string{naming.Shift}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"elasticloadbalancing:ModifyListener", "routes production's traffic elsewhere"},
	}},
	{on: Listeners, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"elasticloadbalancing:DeleteListener", "stops production's traffic"},
		{"elasticloadbalancing:CreateRule", "routes a part of production's traffic elsewhere"},
		{"elasticloadbalancing:ModifyListenerAttributes", "changes the headers that requests and responses have"},
		{"elasticloadbalancing:AddListenerCertificates", "presents another certificate to production's users"},
		{"elasticloadbalancing:RemoveListenerCertificates", "stops production's traffic over TLS"},
	}},
	{on: ListenerRules, authorized: []string{naming.Shift}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"elasticloadbalancing:ModifyRule", "routes a part of production's traffic elsewhere"},
	}},
	{on: ListenerRules, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"elasticloadbalancing:SetRulePriorities", "routes a part of production's traffic by another rule"},
		{"elasticloadbalancing:DeleteRule", "routes a part of production's traffic by another rule"},
	}},
	{on: TargetGroups, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"elasticloadbalancing:RegisterTargets", "lets a task or host that the pipeline did not deliver answer production's users"},
		{"elasticloadbalancing:DeregisterTargets", "takes delivered tasks out of production's traffic"},
		{"elasticloadbalancing:ModifyTargetGroup", "changes the health check that deployments rely on"},
		{"elasticloadbalancing:ModifyTargetGroupAttributes", "keeps users at tasks of an old deployment"},
		{"elasticloadbalancing:DeleteTargetGroup", "stops delivery"},
	}},
	{on: LoadBalancers, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"elasticloadbalancing:CreateListener", "routes traffic of another port elsewhere"},
		{"elasticloadbalancing:ModifyLoadBalancerAttributes", "stops its access log, or loosens how it reads requests"},
		{"elasticloadbalancing:SetSecurityGroups", "opens production to other networks"},
		{"elasticloadbalancing:SetSubnets", "moves production to other networks"},
		{"elasticloadbalancing:DeleteLoadBalancer", "stops production's traffic"},
	}},
	// No condition key has the target group of a request: Service Authorization Reference, Amazon ECS.
	{on: ForeignServices, authorized: onlyDeployers, denied: nil, reported: Alert, calls: []callImpact{
		{"ecs:CreateService", "lets tasks that the pipeline did not deliver answer production's users"},
		{"ecs:UpdateService", "lets tasks that the pipeline did not deliver answer production's users"},
		{"ecs:CreateTaskSet", "lets tasks that the pipeline did not deliver answer production's users"},
	}},
	{on: Services, authorized: []string{naming.Shift}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"ecs:CreateTaskSet", "runs any image in the service"},
		{"ecs:DeleteTaskSet", "stops the delivered tasks"},
		{"ecs:UpdateServicePrimaryTaskSet", "makes another task set primary"},
	}},
	{on: Services, authorized: []string{naming.Pipeline}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"ecs:UpdateService", "runs another task definition, or no tasks"},
	}},
	{on: Services, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"ecs:CreateService", "runs any image beside the delivered services"},
		{"ecs:DeleteService", "stops production"},
		{"ecs:UpdateTaskSet", "scales the delivered tasks down"},
		{"ecs:StopServiceDeployment", "stops a deployment or rolls it back"},
		{"ecs:ExecuteCommand", "opens a shell in a production container"},
		{"ecs:CreateExpressGatewayService", "runs any image beside the delivered services, behind a load balancer of its own"},
		{"ecs:UpdateExpressGatewayService", "runs another image beside the delivered services"},
		{"ecs:CreateDaemon", "runs any image on every host of production's cluster"},
		{"ecs:UpdateDaemon", "runs another image on every host of production's cluster"},
	}},
	{on: Tasks, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"ecs:RunTask", "runs any image in production's cluster"},
		{"ecs:StartTask", "runs any image on an instance of production's cluster"},
	}},
	{on: Connections, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codeconnections:DeleteConnection", "disconnects the pipeline from its source"},
		{"codeconnections:UpdateConnectionInstallation", "uses another installation of the GitHub app as the source"},
		{"codestar-connections:DeleteConnection", "disconnects the pipeline from its source, under the service's old prefix"},
		{"codestar-connections:UpdateConnectionInstallation", "uses another installation as the source, under the service's old prefix"},
	}},
	{on: Hosts, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codeconnections:UpdateHost", "uses another server as the source"},
		{"codestar-connections:UpdateHost", "uses another server as the source, under the service's old prefix"},
	}},
	{on: Sources, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codecommit:CreateRepository", "replaces a deleted repository"},
		{"codecommit:DeleteRepository", "stops delivery, and frees the name for another repository"},
		{"codecommit:UpdateRepositoryName", "frees the name for another repository"},
		{"codecommit:UpdateRepositoryEncryptionKey", "encrypts the source with another party's key"},
		{"codecommit:DisassociateApprovalRuleTemplateFromRepository", "allows a pull request to prod without an approval"},
		{"codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories", "allows pull requests to prod without an approval"},
	}},
	{on: PullRequests, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codecommit:OverridePullRequestApprovalRules", "merges a pull request to prod that nobody approved"},
	}},
	{on: ApprovalRules, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"codecommit:UpdateApprovalRuleTemplateContent", "changes who must approve pull requests to prod"},
		{"codecommit:UpdateApprovalRuleTemplateName", "renames the rule, so that the gate does not find it"},
		{"codecommit:DeleteApprovalRuleTemplate", "allows pull requests to prod without an approval"},
	}},
	{on: SourceBranch, authorized: onlyDeployers, denied: guardrailOnly, reported: BranchEvent, calls: []callImpact{
		{"codecommit:GitPush", "delivers a commit that nobody reviewed"},
		{"codecommit:CreateBranch", "recreates a deleted prod from any branch"},
		{"codecommit:DeleteBranch", "stops delivery, and allows another branch prod"},
		{"codecommit:CreateCommit", "delivers a commit that nobody reviewed"},
		{"codecommit:PutFile", "delivers a commit that nobody reviewed"},
		{"codecommit:DeleteFile", "delivers a commit that nobody reviewed"},
		{"codecommit:MergeBranchesByFastForward", "merges to prod without a pull request"},
		{"codecommit:MergeBranchesBySquash", "merges to prod without a pull request"},
		{"codecommit:MergeBranchesByThreeWay", "merges to prod without a pull request"},
		{"codecommit:MergePullRequestBySquash", "puts a commit on prod that main does not have"},
	}},
	{on: SourceBranch, authorized: []string{Mergers}, denied: guardrailOnly, reported: BranchEvent, calls: []callImpact{
		{"codecommit:MergePullRequestByFastForward", "delivers an approved change at another time than the mergers decide"},
		{"codecommit:MergePullRequestByThreeWay", "delivers an approved change at another time than the mergers decide"},
	}},
	{on: Buckets, authorized: onlyDeployers, denied: bucketControls, reported: Alert, calls: []callImpact{
		{"s3:PutBucketPolicy", "lets another principal write what is deployed"},
		{"s3:DeleteBucketPolicy", "lets every principal of the account write what is deployed whose own policies allow it"},
		{"s3:PutBucketAcl", "lets another account write what is deployed"},
		{"s3:PutBucketOwnershipControls", "enables ACLs, which no policy shows"},
		{"s3:PutEncryptionConfiguration", "encrypts artifacts with another party's key"},
		{"s3:PutLifecycleConfiguration", "expires artifacts before they are deployed"},
		{"s3:PutReplicationConfiguration", "copies sources and records to another bucket"},
		{"s3:PutBucketObjectLockConfiguration", "lets the record of calls be deleted early"},
		{"s3:DeleteBucket", "stops delivery, and frees the bucket name for any account"},
	}},
	{on: Buckets, authorized: []string{naming.Remediator}, denied: bucketControls, reported: Alert, calls: []callImpact{
		{"s3:PutBucketPublicAccessBlock", "allows public access to the bucket"},
		{"s3:PutBucketVersioning", "lets an artifact be replaced without an old version"},
	}},
	{on: ArtifactObjects, authorized: []string{naming.Pipeline, naming.Build, naming.Scan, naming.Inspect, naming.Prepare}, denied: []Control{BucketPolicy}, reported: Nothing, calls: []callImpact{
		{"s3:PutObject", "replaces what is about to be built or deployed"},
	}},
	{on: ArtifactObjects, authorized: onlyDeployers, denied: []Control{BucketPolicy}, reported: Nothing, calls: []callImpact{
		{"s3:ReplicateObject", "replaces what is about to be built or deployed, through another bucket"},
		{"s3:DeleteObject", "deletes what is about to be built or deployed"},
		{"s3:DeleteObjectVersion", "restores an older version of what is about to be deployed"},
	}},
	{on: RecordObjects, authorized: []string{naming.Recorder}, denied: []Control{BucketPolicy}, reported: Nothing, calls: []callImpact{
		{"s3:PutObject", "forges the record of changes"},
	}},
	{on: RecordObjects, authorized: onlyDeployers, denied: []Control{BucketPolicy}, reported: Nothing, calls: []callImpact{
		{"s3:ReplicateObject", "forges the record of changes, through another bucket"},
		{"s3:DeleteObject", "hides the record of a change"},
		{"s3:DeleteObjectVersion", "destroys the record of a change"},
	}},
	{on: CallObjects, authorized: onlyDeployers, denied: []Control{BucketPolicy}, reported: Nothing, calls: []callImpact{
		{"s3:PutObject", "forges the record of calls"},
		{"s3:ReplicateObject", "forges the record of calls, through another bucket"},
		{"s3:DeleteObject", "hides the record of a call"},
		{"s3:DeleteObjectVersion", "destroys the record of a call"},
		{"s3:BypassGovernanceRetention", "destroys the record of a call that is locked"},
	}},
	{on: Keys, authorized: onlyDeployers, denied: keyControls, reported: Alert, calls: []callImpact{
		{"kms:PutKeyPolicy", "lets another principal read and write what the key encrypts"},
		{"kms:ScheduleKeyDeletion", "makes images, artifacts, logs and records unreadable for ever"},
		{"kms:DisableKey", "stops builds, deployments and alerts"},
		{"kms:DisableKeyRotation", "keeps a leaked key valid"},
		{"kms:CreateGrant", "lets another principal use the key by a grant, which no policy shows"},
		{"kms:RevokeGrant", "prevents ECR from decrypting images"},
		{"kms:CreateAlias", "exceeds the 50 aliases that KMS compares, so that policies on the alias no longer match"},
	}},
	{on: Aliases, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"kms:CreateAlias", "gives another key an alias of the gate"},
		{"kms:UpdateAlias", "points an alias of the gate to another key"},
		{"kms:DeleteAlias", "removes the alias that policies identify the key by"},
	}},
	{on: ArtifactKey, authorized: readArtifacts, denied: []Control{KeyPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"kms:Decrypt", "reads sources and artifacts"},
	}},
	{on: ArtifactKey, authorized: onlyDeployers, denied: []Control{KeyPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"kms:ReEncryptFrom", "re-encrypts sources and artifacts under a key that others may use"},
	}},
	{on: SecretsKey, authorized: []string{naming.Build, Rotation}, denied: []Control{KeyPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"kms:Decrypt", "reads the secrets of the builds"},
	}},
	{on: SecretsKey, authorized: onlyDeployers, denied: []Control{KeyPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"kms:ReEncryptFrom", "re-encrypts the builds' secrets under a key that others may use"},
	}},
	{on: Roles, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: roleChanges},
	{on: Roles, authorized: responders, denied: guardrailOnly, reported: Alert, calls: inlinePolicies},
	{on: Roles, authorized: onlyDeployers, denied: guardrailOnly, reported: Nothing, calls: passRole},
	{on: TrustedRoles, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: slices.Concat(roleChanges, inlinePolicies)},
	{on: TrustedRoles, authorized: onlyDeployers, denied: guardrailOnly, reported: Nothing, calls: passRole},
	{on: Policies, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"iam:CreatePolicy", "replaces a deleted policy"},
		{"iam:CreatePolicyVersion", "adds permissions to a role of the gate"},
		{"iam:SetDefaultPolicyVersion", "restores former permissions of a role of the gate"},
		{"iam:DeletePolicyVersion", "deletes the version for a rollback"},
		{"iam:DeletePolicy", "removes the permissions or the boundary of a role of the gate"},
	}},
	{on: ServiceRoles, authorized: onlyDeployers, denied: guardrailOnly, reported: AlertOnRead, calls: []callImpact{
		{"sts:AssumeRole", "acts as the gate: pushes, deploys or changes the gate"},
	}},
	{on: ApproverRoles, authorized: []string{Approvers}, denied: guardrailOnly, reported: AlertOnRead, calls: []callImpact{
		{"sts:AssumeRole", "approves a deployment that no approver has reviewed"},
	}},
	{on: BreakGlass, authorized: onlyDeployers, denied: nil, reported: AlertOnRead, calls: []callImpact{
		{"sts:AssumeRole", "gives all permissions of the break-glass role; its trust policy says who may assume it"},
	}},
	{on: IdentityProvider, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"iam:AddClientIDToOpenIDConnectProvider", "lets tokens for another audience assume the gate's roles"},
		{"iam:RemoveClientIDFromOpenIDConnectProvider", "prevents updates of the gate"},
		{"iam:UpdateOpenIDConnectProviderThumbprint", "accepts tokens of another server as GitHub's"},
		{"iam:DeleteOpenIDConnectProvider", "prevents updates of the gate"},
	}},
	{on: Rules, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"events:PutRule", "silences an alert by changing the rule's pattern"},
		{"events:PutTargets", "sends an alert elsewhere"},
		{"events:RemoveTargets", "silences an alert"},
		{"events:DisableRule", "silences an alert"},
		{"events:DeleteRule", "deletes an alert"},
	}},
	{on: Topic, authorized: onlyDeployers, denied: topicControls, reported: Alert, calls: []callImpact{
		{"sns:AddPermission", "lets another principal publish false alerts"},
		{"sns:RemovePermission", "prevents the publication of alerts"},
		{"sns:SetTopicAttributes", "prevents the publication of alerts, or encrypts them with another key"},
		{"sns:Subscribe", "sends the alerts to an attacker"},
		{"sns:DeleteTopic", "silences every alert"},
	}},
	{on: Topic, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"sns:SetSubscriptionAttributes", "filters alerts out of a subscription"},
		{"sns:Unsubscribe", "removes a subscriber of the alerts"},
	}},
	{on: Topic, authorized: []string{naming.Pipeline, naming.Verifier, naming.Containment, naming.Release}, denied: []Control{TopicPolicy}, reported: Nothing, calls: []callImpact{
		{"sns:Publish", "hides alerts among false ones"},
	}},
	{on: DeadLetters, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"sqs:SetQueueAttributes", "loses undelivered alerts, or alerts for the chat"},
		{"sqs:PurgeQueue", "loses undelivered alerts"},
		{"sqs:DeleteQueue", "loses undelivered alerts, or alerts for the chat"},
	}},
	{on: Chat, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"pipes:UpdatePipe", "stops alerts to the chat, or sends them elsewhere"},
		{"pipes:StopPipe", "stops alerts to the chat"},
		{"pipes:DeletePipe", "deletes the way of alerts to the chat"},
	}},
	{on: ChatDestination, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"events:UpdateApiDestination", "sends alerts to another chat"},
		{"events:DeleteApiDestination", "deletes the way of alerts to the chat"},
	}},
	{on: Alarms, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"cloudwatch:PutMetricAlarm", "hides undelivered alerts"},
		{"cloudwatch:DisableAlarmActions", "hides undelivered alerts"},
		{"cloudwatch:SetAlarmState", "hides undelivered alerts"},
		{"cloudwatch:DeleteAlarms", "hides undelivered alerts"},
	}},
	{on: Machines, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"states:CreateStateMachine", "replaces a deleted state machine"},
		{"states:UpdateStateMachine", "changes what containment does"},
		{"states:DeleteStateMachine", "removes containment"},
	}},
	{on: Machines, authorized: []string{naming.Dispatcher}, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"states:StartExecution", "releases a contained pipeline, or contains all of them"},
	}},
	{on: Executions, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"states:StopExecution", "stops containment before it is complete"},
	}},
	{on: KnownState, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"ssm:PutParameter", "makes a changed pipeline match the known state"},
		{"ssm:DeleteParameter", "prevents every deployment"},
		{"ssm:DeleteParameters", "prevents every deployment"},
	}},
	{on: Bus, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"events:UpdateEventBus", "changes how the bus encrypts and logs the events that rules report"},
	}},
	{on: Trails, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"cloudtrail:StopLogging", "stops the logging of calls, and every alert on them"},
		{"cloudtrail:DeleteTrail", "stops the logging of calls, and every alert on them"},
		{"cloudtrail:UpdateTrail", "sends the log of calls elsewhere"},
		{"cloudtrail:PutEventSelectors", "excludes calls from the log"},
		{"cloudtrail:PutEventConfiguration", "changes what the log has of a call"},
	}},
	{on: Detector, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"guardduty:DeleteDetector", "disables GuardDuty"},
		{"guardduty:UpdateDetector", "suspends GuardDuty, or a part of it"},
		{"guardduty:CreateFilter", "archives findings automatically"},
		{"guardduty:UpdateFilter", "archives more findings automatically"},
		{"guardduty:UpdateIPSet", "makes GuardDuty trust more IP addresses, and report nothing about them"},
		{"guardduty:UpdateTrustedEntitySet", "makes GuardDuty trust more domains or addresses, and report nothing about them"},
	}},
	{on: Recorder, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"config:PutConfigurationRecorder", "excludes the gate's parts from AWS Config's history"},
		{"config:StopConfigurationRecorder", "stops AWS Config's history"},
		{"config:DeleteConfigurationRecorder", "stops AWS Config's history"},
		{"config:DisassociateResourceTypes", "excludes the gate's parts from AWS Config's history"},
	}},
	{on: ConfigRules, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"config:DeleteConfigRule", "removes a check of the gate's parts"},
		{"config:DeleteEvaluationResults", "removes what a check has found"},
	}},
	// AWS Config gives rules their ARNs: a guardrail could deny only the creation of every rule, those of other
	// teams included.
	{on: ConfigRules, authorized: onlyDeployers, denied: nil, reported: Alert, calls: []callImpact{
		{"config:PutConfigRule", "changes a check of the gate's parts"},
	}},
	{on: Analyzers, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"access-analyzer:DeleteAnalyzer", "removes the analyzer of external access"},
		{"access-analyzer:CreateArchiveRule", "archives findings automatically"},
		{"access-analyzer:UpdateArchiveRule", "archives more findings automatically"},
		{"access-analyzer:UpdateAnalyzer", "excludes accounts or resources from the analysis"},
	}},
	{on: Hub, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"securityhub:DisableSecurityHub", "disables the checks of Security Hub"},
		{"securityhub:BatchDisableStandards", "disables the checks of Security Hub"},
	}},
	{on: Remedies, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"config:PutRemediationConfigurations", "changes or disables a remediation"},
		{"config:DeleteRemediationConfiguration", "removes a remediation"},
	}},
	{on: LogGroups, authorized: onlyDeployers, denied: guardrailOnly, reported: Alert, calls: []callImpact{
		{"logs:PutRetentionPolicy", "deletes the builds' logs early"},
		{"logs:DeleteRetentionPolicy", "keeps the builds' logs for ever"},
		{"logs:AssociateKmsKey", "encrypts the builds' logs with another party's key"},
		{"logs:DisassociateKmsKey", "encrypts the builds' logs with AWS's own key"},
		{"logs:DeleteLogStream", "deletes the log of a build"},
		{"logs:DeleteLogGroup", "deletes the logs of all builds"},
	}},
	{on: Secrets, authorized: onlyDeployers, denied: secretControls, reported: Alert, calls: []callImpact{
		{"secretsmanager:PutResourcePolicy", "lets another principal read the secret"},
		{"secretsmanager:DeleteResourcePolicy", "lets every principal of the account read the secret whose own policies allow it"},
		{"secretsmanager:UpdateSecret", "changes the secret of the builds, or its key"},
		{"secretsmanager:RotateSecret", "gives the secret to another rotation function"},
		{"secretsmanager:CancelRotateSecret", "keeps a leaked secret valid"},
		{"secretsmanager:ReplicateSecretToRegions", "copies the secret to a region that the gate does not watch"},
		{"secretsmanager:DeleteSecret", "stops the builds"},
	}},
	{on: Secrets, authorized: []string{Rotation}, denied: []Control{SecretPolicy}, reported: Alert, calls: []callImpact{
		{"secretsmanager:PutSecretValue", "changes the secret of the builds"},
		{"secretsmanager:UpdateSecretVersionStage", "restores an old value of the secret of the builds"},
	}},
	{on: Secrets, authorized: []string{naming.Build, Rotation}, denied: []Control{SecretPolicy}, reported: AlertOnRead, calls: []callImpact{
		{"secretsmanager:GetSecretValue", "reads a secret of the builds"},
	}},
	{on: Branch, authorized: onlyDeployers, denied: branchControls, reported: Nothing, calls: []callImpact{
		{"github:Push", "delivers a commit that nobody reviewed"},
		{"github:ForcePush", "delivers a commit that nobody reviewed, and rewrites the history of prod"},
		{"github:DeleteBranch", "stops delivery, and lets prod be recreated from any commit"},
	}},
	{on: Branch, authorized: onlyDeployers, denied: branchControls, reported: Preview, calls: []callImpact{
		{"github:AdminOverride", "merges without reviews and checks"},
	}},
	{on: Branch, authorized: onlyDeployers, denied: []Control{OnlyMainCheck}, reported: Nothing, calls: []callImpact{
		{"github:MergeFromOtherBranch", "delivers a commit that main does not have"},
	}},
	{on: Workflow, authorized: onlyDeployers, denied: []Control{CodeOwners}, reported: Preview, calls: []callImpact{
		{"github:EditWorkflow", "removes the check that only main is merged"},
	}},
}

// readArtifacts are the duties that read the artifacts of a pipeline.
var readArtifacts = []string{
	naming.Pipeline, naming.Build, naming.Scan, naming.Inspect, naming.Sign, naming.Prepare,
}

// roleChanges are the changes of a role of the gate, or of a role that may change the gate.
var roleChanges = []callImpact{
	{"iam:CreateRole", "creates a role with a trusted name"},
	{"iam:UpdateRole", "lengthens the sessions of a trusted role"},
	{"iam:UpdateAssumeRolePolicy", "lets another principal assume a trusted role"},
	{"iam:AttachRolePolicy", "adds permissions to a role"},
	{"iam:DetachRolePolicy", "removes permissions from a role"},
	{"iam:PutRolePermissionsBoundary", "adds permissions to a role, or removes them"},
	{"iam:DeleteRolePermissionsBoundary", "adds permissions to a role"},
	{"iam:DeleteRole", "frees a trusted name for another role"},
}

// inlinePolicies revoke the sessions of a role, and allow them again.
var inlinePolicies = []callImpact{
	{"iam:PutRolePolicy", "adds permissions to a role"},
	{"iam:DeleteRolePolicy", "removes permissions from a role, or allows revoked sessions again"},
}

// passRole is an action that AWS checks within other calls.
var passRole = []callImpact{
	{"iam:PassRole", "gives a trusted role to another party's project, function or task"},
}
