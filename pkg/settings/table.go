package settings

import (
	"regexp"
	"slices"
)

// setting is one key: its meaning, its values, and the messages about a wrong value. README.md,
// the schema for editors, the defaults and the checks are made from it.
type setting struct {
	// key is the path below the project's namespace. [] is any item of a list or
	// any value of a dictionary, {} is the name of a dictionary's entry.
	key  string
	kind kind
	// doc describes the key in one or two sentences.
	doc string
	// example is a value that the checks accept.
	example any

	required bool
	// requiredWhen describes the condition under which a check across keys requires the key.
	requiredWhen string
	// preset is the default. A default that follows from another key is in derive, and
	// derived describes it.
	preset  any
	derived string

	// min and max limit a number or a list's items, max a text's characters.
	min, max int
	// unit is what a number counts.
	unit string
	// empty allows an empty text. By default it is refused: a key without a value can be left
	// out, and an empty text is usually a template that was filled in wrongly.
	empty bool
	// oneOf are the allowed values; a number is written as show writes it.
	oneOf []string
	// pattern is the form of a text, for the check and for editors. valid checks what a
	// pattern cannot express. Both accept every correct value.
	pattern *regexp.Regexp
	valid   func(string) bool
	// arn is the form of the ARN. compare checks the ARN against the stack's account and region.
	arn *arnShape
	// what says what is wrong with a value that pattern, valid or oneOf refuse.
	what string
	// remedy is what to do about any wrong value of the key.
	remedy string
}

// The most characters of the gate's name and of an app's name, with which all other names begin.
// They leave room for suffixes (see TestSettings_NamesFitTheLimitsOfAWS): IAM accepts 64
// characters for <name>-<app>-<duty>, S3 63 for <name>-<what>-<account>-<region>.
const (
	maxName = 20
	maxApp  = 30
)

// maxTrusted is the most characters of the ARN of a role that every policy and every alert rule
// names. EventBridge accepts patterns of 2,048 characters, and six such ARNs leave room in one. The
// ARN of a role of IAM Identity Center has at most 148 (IAM Identity Center, permission sets).
const maxTrusted = 160

// table has every setting, its limits, and the source of each limit.
var table = slices.Concat(accountSettings, accessSettings, sourceSettings, appSettings, scanSettings("apps[].scan"), deliverySettings,
	scanSettings("scan"), buildSettings, detectionSettings, alertSettings, organizationSettings, workflowSettings)

var accountSettings = []setting{
	// AWS, account identifiers: 12 digits, leading zeros included.
	{key: "account", kind: text, required: true, pattern: matches(`[0-9]{12}`), what: "is not a 12-digit account id",
		remedy:  "write all 12 digits in quotes, YAML reads 012345670123 as an octal number",
		doc:     "The 12-digit id of the AWS account that the gate protects, in quotes. Credentials of another account are refused before anything is created.",
		example: "111111111111"},
	// Without a hyphen, so that no pattern of one gate (prodgate-*) matches a name of another.
	{key: "name", kind: text, preset: "prodgate", max: maxName, pattern: matches(`[a-z][a-z0-9]*`), what: "is not a name AWS resources can begin with",
		remedy:  "use lowercase letters and digits, a letter first",
		doc:     "The prefix of every name that the gate creates. Two gates in one account need two names.",
		example: "prodgate"},
	{key: "protect", kind: boolean, preset: false,
		doc:     "Whether Pulumi refuses to delete keys, the artifact store, image repositories and the branch protection. Set it in production.",
		example: true},
	// AWS, tag naming limits: 50 tags a resource. Ten are reserved for the gate's own.
	{key: "tags", kind: dictionary, max: 40, remedy: "write up to 40, AWS allows 50 on a resource and ten are reserved for the gate",
		doc:     "Tags of every AWS resource. Use static values, so that a preview without changes stays empty.",
		example: map[string]any{"environment": "dev", "owner": "platform"}},
	{key: "tags{}", kind: text, max: 128, pattern: tagPattern, valid: isTag, what: notTag, remedy: tagRemedy},
	{key: "tags[]", kind: text, empty: true, max: 256, pattern: tagPattern, valid: isTag, what: notTag, remedy: tagRemedy},
}

var accessSettings = []setting{
	{key: "access", kind: object,
		doc: "The roles that may change the gate, use it in an emergency, and approve deployments. Every other principal is denied."},
	// The gate's own limit: every guardrail and resource policy names all of them.
	{key: "access.deployerArns", kind: list, required: true, min: 1, max: 5,
		remedy:  "write the ARNs of 1 to 5 roles that run pulumi up, nobody else may change the gate",
		doc:     "The roles that run `pulumi up`, beside the one that the gate creates for GitHub Actions (see `workflows`). They must exist.",
		example: []any{"arn:aws:iam::111111111111:role/deployer"}},
	{key: "access.deployerArns[]", kind: text, max: maxTrusted, arn: &roleARN, remedy: roleRemedy + " of a shorter path"},
	{key: "access.breakGlassArn", kind: text, required: true, max: maxTrusted, arn: &roleARN,
		remedy:  "write the ARN of the break-glass role, without it nobody can change the gate when the deployers' roles are lost",
		doc:     "The role for emergencies. No policy of the gate denies it, and every use of it is reported. It must exist.",
		example: "arn:aws:iam::111111111111:role/break-glass"},
	{key: "access.approverArns", kind: list, max: 10, remedy: "write up to 10 roles, people share one through single sign-on",
		doc:     "The roles that may assume an app's approver role. If there are any, a pipeline waits for an approval before it deploys.",
		example: []any{"arn:aws:iam::111111111111:role/release-manager"}},
	{key: "access.approverArns[]", kind: text, arn: &roleARN, remedy: roleRemedy},
	{key: "access.allowAccountTrust", kind: boolean, preset: false,
		doc: "Whether these roles may have a trust policy that lets the whole account, another account or every identity of a web identity " +
			"provider assume them. Without, such a role is refused; with, the preview warns.",
		example: true},
}

var sourceSettings = []setting{
	{key: "source", kind: object,
		doc: "Where merged code comes from, and who may merge it to `prod`."},
	{key: "source.provider", kind: text, preset: GitHub, oneOf: []string{GitHub, CodeCommit}, what: "is not a source provider",
		doc:     "The service that hosts the repositories.",
		example: GitHub},
	// GitHub: at most 39 characters. New logins have neither double nor trailing
	// hyphens; old ones do, and those of managed users have an underscore.
	{key: "source.owner", kind: text, requiredWhen: "`source.provider` is `github`, or with `workflows.repository`", max: 39, pattern: matches(`[A-Za-z0-9][A-Za-z0-9_-]*`), what: "is not a GitHub login",
		remedy:  ownerRemedy,
		doc:     "The GitHub user or organization that owns the repositories. CodeCommit needs it for `workflows` only.",
		example: "example-org"},
	{key: "source.repository", kind: text, requiredWhen: "an app has no `repository`", max: 100, pattern: repositoryPattern, valid: isRepository, what: notRepository, remedy: repositoryRemedy,
		doc:     "The repository of every app that does not name another.",
		example: "cruddur"},
	{key: "source.connectionArn", kind: text, arn: &connectionARN, remedy: "leave the key out and the gate creates a connection", derived: "a new connection",
		doc:     "An existing CodeConnections connection to adopt. A connection that the gate creates must be completed once in the console. GitHub only.",
		example: "arn:aws:codeconnections:eu-west-2:111111111111:connection/7d2469ff-514a-4e4f-9003-5ca4a43cdc41"},
	// GitHub REST, branch protection: 1 to 6 approving reviews, or 0 for none.
	{key: "source.reviews", kind: number, preset: 1, min: 1, max: 6, unit: "reviews",
		remedy:  "write 1 to 6, GitHub's limit: with 0 everybody with write access could merge to prod",
		doc:     "How many approving reviews a pull request to `prod` needs.",
		example: 2},
	{key: "source.statusChecks", kind: list, remedy: "leave the key out where nothing is checked", derived: "`only-main` alone",
		doc:     "The status checks that must pass before a pull request to `prod` is merged, beside the gate's own `only-main`. GitHub only.",
		example: []any{"test"}},
	{key: "source.statusChecks[]", kind: text, pattern: linePattern, what: "is not the name of a status check",
		remedy: "write the check's name as the pull request shows it"},
	{key: "source.protection", kind: text, preset: string(Create), oneOf: presences, what: notPresence,
		doc:     "The branch protection of `prod`: `create` it, `adopt` the one that another stack of the same repository creates, or `off` where the owner's plan has none. It is that of `main` of `workflows.repository` too. CodeCommit needs it for `workflows` only.",
		example: string(Create)},
	{key: "source.codeOwners", kind: list, requiredWhen: "`source.protection` is `create` and `source.mergers` is left out", derived: "`source.mergers`", max: 10, remedy: "write up to 10 owners, a team counts as one",
		doc:     "The people and teams that review changes of the gate's own workflow. GitHub only.",
		example: []any{"@example-org/platform"}},
	{key: "source.codeOwners[]", kind: text, pattern: handlePattern, what: notHandle, remedy: handleRemedy},
	{key: "source.codeOwnersFile", kind: text, preset: string(Create), oneOf: createOrAdopt, what: notPresence,
		doc:     "The file `.github/CODEOWNERS`: `create` it, or `adopt` your own, which must have the gate's rule. GitHub only.",
		example: string(Adopt)},
	// The gate's own limit.
	{key: "source.mergers", kind: list, derived: "`source.codeOwners`", min: 1, max: 10, remedy: "write 1 to 10 who may merge, a team counts as one, or leave the key out for the code owners",
		doc:     "The people and teams that may merge to `prod`. GitHub only.",
		example: []any{"@example-org/release"}},
	{key: "source.mergers[]", kind: text, pattern: handlePattern, what: notHandle, remedy: handleRemedy},
	{key: "source.repositories", kind: text, preset: string(Create), oneOf: createOrAdopt, what: notPresence,
		doc:     "The repositories: `create` them, or `adopt` those that exist. CodeCommit only.",
		example: string(Adopt)},
	// The gate's own limits: approval rules name the reviewers, guardrails the mergers.
	{key: "source.reviewerArns", kind: list, requiredWhen: "`source.provider` is `codecommit`", min: 1, max: 10, remedy: reviewersRemedy,
		doc:     "The roles whose approvals of a pull request to `prod` count. CodeCommit only.",
		example: []any{"arn:aws:iam::111111111111:role/reviewer"}},
	{key: "source.reviewerArns[]", kind: text, max: maxTrusted, arn: &roleARN, remedy: roleRemedy},
	{key: "source.mergerArns", kind: list, requiredWhen: "there are more than 5 `source.reviewerArns`", derived: "`source.reviewerArns`", min: 1, max: 5,
		remedy:  "write 1 to 5 roles that may merge to prod, or leave the key out for the reviewers",
		doc:     "The roles that may merge to `prod`. CodeCommit only.",
		example: []any{"arn:aws:iam::111111111111:role/merger"}},
	{key: "source.mergerArns[]", kind: text, max: maxTrusted, arn: &roleARN, remedy: roleRemedy},
}

var appSettings = []setting{
	// CodePipeline, quotas: 1,000 pipelines per region.
	{key: "apps", kind: list, required: true, min: 1, max: 1000, remedy: "write the apps that the gate delivers, 1 to 1000 of them, each with name, cluster and executionRoleArn",
		doc: "The apps that the gate delivers. Each is one container image on its way to one ECS service."},
	{key: "apps[]", kind: object},
	{key: "apps[].name", kind: text, required: true, max: maxApp, pattern: matches(nameShape), what: "is not an app's name",
		remedy:  "use lowercase letters, digits and single hyphens, a letter first",
		doc:     "The app's name in the names of its pipeline, project and roles.",
		example: "backend-flask"},
	{key: "apps[].repository", kind: text, derived: "`source.repository`", max: 100, pattern: repositoryPattern, valid: isRepository, what: notRepository, remedy: repositoryRemedy,
		doc:     "The app's own repository.",
		example: "backend"},
	// Three characters less than a path: the default of paths adds /** to the folder.
	{key: "apps[].folder", kind: text, derived: "the app's name", max: maxPath - len("/**"), pattern: pathPattern, valid: isFolder, what: "is not a folder of the repository",
		remedy:  `write it from the repository's root, such as services/api, or "." for the root`,
		doc:     "The app's folder in the repository and the docker build context; `.` is the repository's root.",
		example: "services/api"},
	{key: "apps[].dockerfile", kind: text, preset: "Dockerfile", max: maxPath, pattern: pathPattern, valid: isFile, what: "is not a file below the app's folder",
		remedy:  "write it from the app's folder, such as Dockerfile or docker/Dockerfile.prod",
		doc:     "The Dockerfile, relative to `folder`.",
		example: "docker/Dockerfile.prod"},
	// CodePipeline API, GitFilePathFilterCriteria: 1 to 8 patterns of 1 to 255 characters.
	{key: "apps[].paths", kind: list, derived: "`<folder>/**`", min: 1, max: 8, remedy: "write 1 to 8 patterns, or leave the key out for everything below folder",
		doc:     "The file patterns whose change starts the pipeline. GitHub only: CodeCommit reports the branch and not the files, and every change starts the pipeline.",
		example: []any{"services/api/**", "shared/**"}},
	{key: "apps[].paths[]", kind: text, max: maxPath, pattern: linePattern, valid: isPattern, what: "is not a pattern that files of a repository match",
		remedy: "write it from the repository's root and without a slash before it, such as api/**"},
	// ECS API, CreateCluster, CreateService, ContainerDefinition: up to 255 of these characters.
	{key: "apps[].cluster", kind: text, required: true, max: 255, pattern: ecsPattern, what: "is not the name of an ECS cluster",
		remedy:  "write the cluster's name, not its ARN",
		doc:     "The ECS cluster of the service. It has no default: the gate does not guess where production is.",
		example: "cruddur"},
	{key: "apps[].service", kind: text, derived: "the app's name", max: 255, pattern: ecsPattern, what: "is not the name of an ECS service",
		remedy:  "write the service's name, not its ARN",
		doc:     "The ECS service that the pipeline deploys to. It must exist.",
		example: "api"},
	{key: "apps[].container", kind: text, derived: "the app's name", max: 255, pattern: ecsPattern, what: "is not the name of a container",
		remedy:  "write the name that the container has in the task definition",
		doc:     "The container of the task definition that runs the image.",
		example: "app"},
	{key: "apps[].executionRoleArn", kind: text, required: true, arn: &roleARN,
		remedy:  "write the ARN of the execution role in the service's task definition",
		doc:     "The execution role of the service's task definition. It has no default: the pipeline may pass exactly this role, and it may pull the app's images.",
		example: "arn:aws:iam::111111111111:role/cruddur-execution"},
	{key: "apps[].taskRoleArn", kind: text, arn: &roleARN, derived: "no task role",
		remedy:  "leave the key out when the task definition has no task role",
		doc:     "The task role of the service's task definition, if it has one. The pipeline may pass it.",
		example: "arn:aws:iam::111111111111:role/cruddur-task"},
	// CodePipeline, quotas: the ECS action waits for one hour at most.
	{key: "apps[].deployTimeout", kind: number, preset: 20, min: 1, max: 60, unit: "minutes", remedy: "CodePipeline waits for a deployment from 1 to 60 minutes",
		doc:     "How long a deployment may take. Rolling deployments only.",
		example: 15},

	// CodeBuild does not limit the number of variables, but a role's policy has at most 6,144 characters.
	{key: "apps[].secrets", kind: list, max: 10, remedy: "write up to 10, one secret may hold many values as JSON",
		doc:     "The secrets of Secrets Manager that the app's build reads. Their values are never in settings.",
		example: []any{map[string]any{"name": "PIP_INDEX_TOKEN"}}},
	{key: "apps[].secrets[]", kind: object},
	{key: "apps[].secrets[].name", kind: text, required: true, max: 64, pattern: matches(`[A-Z][A-Z0-9_]*`), what: "is not the name of an environment variable",
		remedy:  "use uppercase letters, digits and underscores, a letter first",
		doc:     "The environment variable that the build reads the secret from.",
		example: "PIP_INDEX_TOKEN"},
	{key: "apps[].secrets[].arn", kind: text, arn: &secretARN, derived: "a new secret without a value", remedy: "leave the key out and the gate creates a secret",
		doc:     "An existing secret to adopt. Without it the gate creates one, and a deployer stores its value.",
		example: "arn:aws:secretsmanager:eu-west-2:111111111111:secret:npm/read-AbC12d"},
	{key: "apps[].secrets[].keyArn", kind: text, arn: &keyARN, derived: "AWS's own key", remedy: "leave the key out when the secret is encrypted with AWS's own key",
		doc:     "The KMS key of an adopted secret.",
		example: "arn:aws:kms:eu-west-2:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"},
	{key: "apps[].secrets[].rotationLambdaArn", kind: text, arn: &functionARN, requiredWhen: "`rotationDays` is set", derived: "no rotation", remedy: "leave the key out when nothing can rotate the secret",
		doc:     "The function that rotates a secret that the gate creates.",
		example: "arn:aws:lambda:eu-west-2:111111111111:function:rotate"},
	// Secrets Manager API, RotationRulesType: 1 to 1000 days.
	{key: "apps[].secrets[].rotationDays", kind: number, preset: 30, min: 1, max: 1000, unit: "days", remedy: "Secrets Manager rotates every 1 to 1000 days",
		doc:     "How often the secret is rotated.",
		example: 60},
}

var buildSettings = []setting{
	{key: "build", kind: object, doc: "How CodeBuild runs, for all apps."},
	// CodeBuild, Docker images: "standard" is Ubuntu. The arm and lambda images need
	// other environment types than the gate's projects have. Custom images would need
	// other pull credentials and a role that may pull them.
	{key: "build.image", kind: text, preset: "aws/codebuild/standard:7.0",
		pattern: matches(`aws/codebuild/(standard|amazonlinux2?-x86_64-standard):[A-Za-z0-9][A-Za-z0-9._-]{0,127}`), what: "is not an x86 Linux image of CodeBuild's own",
		remedy:  "write one such as aws/codebuild/standard:7.0",
		doc:     "The x86 Linux image of CodeBuild that builds run in.",
		example: "aws/codebuild/amazonlinux-x86_64-standard:5.0"},
	// CodeBuild API, ProjectEnvironment: the compute types of LINUX_CONTAINER. Those that begin
	// with BUILD_LAMBDA_ cannot build images.
	{key: "build.computeType", kind: text, preset: "BUILD_GENERAL1_SMALL", oneOf: []string{
		"BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_XLARGE", "BUILD_GENERAL1_2XLARGE",
	}, what: "is not a size of CodeBuild's Linux machines",
		doc:     "The size of the machine, by CodeBuild's name.",
		example: "BUILD_GENERAL1_MEDIUM"},
	// CodeBuild, quotas: build timeout 5 to 2160 minutes, queued timeout 5 to 480.
	{key: "build.timeout", kind: number, preset: 30, min: 5, max: 2160, unit: "minutes", remedy: "CodeBuild allows a build 5 to 2160 minutes",
		doc:     "How long a build may take.",
		example: 20},
	{key: "build.queuedTimeout", kind: number, preset: 60, min: 5, max: 480, unit: "minutes", remedy: "CodeBuild lets a build wait 5 to 480 minutes",
		doc:     "How long a build may wait for a machine.",
		example: 30},
	// CodeBuild, quotas: by default an account has 20 concurrent builds.
	{key: "build.concurrentBuilds", kind: number, preset: 1, min: 1, max: 20, unit: "builds", remedy: "an account runs 20 builds at once, all apps together",
		doc:     "How many builds of one app run at the same time.",
		example: 2},

	{key: "retention", kind: object, doc: "How long things are kept."},
	// CloudWatch Logs API, PutRetentionPolicy. Zero, which the provider uses for no expiry, is
	// left out: every log expires.
	{key: "retention.logDays", kind: number, preset: 365, unit: "days", oneOf: []string{
		"1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731",
		"1096", "1827", "2192", "2557", "2922", "3288", "3653",
	}, what: "is not a retention period of CloudWatch Logs",
		doc:     "How long logs are kept, and what the gate's own trail writes.",
		example: 30},
	// The gate's own limit; S3 counts days up to 2147483647.
	{key: "retention.artifactDays", kind: number, preset: 90, min: 1, max: 3650, unit: "days", remedy: "write 1 to 3650 days, at most ten years",
		doc:     "How long pipeline artifacts are kept.",
		example: 30},
	// ECR, service quotas: 100,000 images a repository. Two are the image that runs and
	// the next one: with fewer, a failed deployment loses the image that runs.
	{key: "retention.images", kind: number, preset: 50, min: 2, max: 100000, unit: "images", remedy: "keep at least the image that runs and the next, at most ECR's 100000",
		doc:     "How many images an ECR repository keeps.",
		example: 20},
	// KMS API, ScheduleKeyDeletion; Secrets Manager API, DeleteSecret.
	{key: "retention.keyDays", kind: number, preset: 30, min: 7, max: 30, unit: "days", remedy: "KMS and Secrets Manager keep what is deleted for 7 to 30 days",
		doc:     "How long a deleted KMS key, or a secret that the gate created, can be restored.",
		example: 7},
}

var detectionSettings = []setting{
	{key: "detection", kind: object,
		doc: "What watches the gate, and the response to a detection. Of each service that an account has once, `create` it, `adopt` the existing one, or leave it `off`."},
	{key: "detection.response", kind: text, preset: string(Alert), oneOf: []string{string(Ignore), string(Alert), string(Contain)}, what: "is not a response",
		doc:     "The response to a tampering call or a finding: `off` reports nothing, `alert` reports it, `contain` also stops deployments until a person releases them.",
		example: string(Contain)},
	{key: "detection.trail", kind: text, preset: string(Create), oneOf: presences, what: notPresence,
		doc:     "The CloudTrail trail of all regions that logs management events. Alerts on calls are made from it.",
		example: string(Adopt)},
	{key: "detection.guardDuty", kind: text, preset: string(Create), oneOf: presences, what: notPresence,
		doc:     "The region's GuardDuty detector.",
		example: string(Adopt)},
	{key: "detection.config", kind: text, preset: string(Create), oneOf: presences, what: notPresence,
		doc:     "The region's AWS Config recorder and delivery channel. The gate's rules are created unless it is `off`.",
		example: string(Adopt)},
	{key: "detection.accessAnalyzer", kind: text, preset: string(Create), oneOf: presences, what: notPresence,
		doc:     "The region's IAM Access Analyzer of external access.",
		example: string(Adopt)},
	{key: "detection.securityHub", kind: text, preset: string(Off), oneOf: presences, what: notPresence,
		doc:     "Security Hub in the region.",
		example: string(Adopt)},
	// GuardDuty User Guide, Severity levels of GuardDuty findings.
	{key: "detection.severity", kind: text, preset: "medium", oneOf: severities, what: "is not a severity that GuardDuty has",
		doc:     "The least severe finding of GuardDuty that is reported. Findings about DNS are always reported.",
		example: "high"},
	// The gate's own limit. The minimum leaves time for an update, during which the live gate differs.
	{key: "detection.checkMinutes", kind: number, preset: 60, min: 15, max: 1440, unit: "minutes", remedy: "write 15 to 1440 minutes, at most a day",
		doc:     "How often the live gate is compared with its known state, beside the comparison before each deployment.",
		example: 30},
}

var alertSettings = []setting{
	{key: "alerts", kind: object, doc: "Who receives the gate's alerts."},
	{key: "alerts.emails", kind: list, max: 10, remedy: "write up to 10 addresses, a mailing list counts as one",
		doc:     "The e-mail addresses that receive alerts, after confirming the subscription.",
		example: []any{"platform@example.com"}},
	// RFC 5321, 4.5.3.1.3: a path of 256 characters, two of them the brackets.
	{key: "alerts.emails[]", kind: text, max: 254, pattern: matches(`[^\s@]+@[^\s@]+`), valid: isEmail, what: "is not an e-mail address",
		remedy: "write the address alone, such as team@example.com"},
	// Amazon EventBridge API, CreateApiDestination: InvocationEndpoint.
	// The default is empty, because Pulumi requires a default for a typed key.
	{key: chatWebhook, kind: text, preset: "", empty: true, max: 2048, valid: isWebhook, what: "is not the HTTPS URL of a webhook", remedy: chatRemedy,
		doc: "The incoming webhook of a chat (Slack, Mattermost, Google Chat) that receives alerts too. Whoever knows the URL can write to the chat: it must be a secret, set with `pulumi config set --secret chatWebhook <url>`."},
}

var organizationSettings = []setting{
	{key: "organization", kind: object,
		doc: "Where the guardrails (service control policies, resource control policies) are attached. Without `targetId` they are only exported."},
	// Organizations API, Organization, Id.
	{key: "organization.id", kind: text, pattern: matches(`o-[a-z0-9]{10,32}`), derived: "no resource control policies",
		what: "is not the id of an organization", remedy: "write one such as o-ab12cd34ef: aws organizations describe-organization has it",
		doc: "The organization's id. With it, a resource control policy denies principals outside the organization the gate's buckets, images, " +
			"queues, secrets, keys and roles; it is attached like the guardrails, or only exported.",
		example: "o-ab12cd34ef"},
	// Organizations API, AttachPolicy, TargetId.
	{key: "organization.targetId", kind: text, requiredWhen: "`organization.roleArn` or `organization.previewRoleArn` is set",
		pattern: matches(`r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[0-9]{12}`),
		what:    "is not the id of a root, an organizational unit or an account",
		remedy:  "write one such as ou-ab12-34567890, or leave the key out and the guardrails are only exported",
		doc:     "The root, organizational unit or account that the guardrails are attached to.",
		example: "ou-ab12-34567890"},
	{key: "organization.roleArn", kind: text, requiredWhen: "`organization.targetId` is set", arn: &roleARN, remedy: "write the ARN of the role in the management account that attaches policies",
		doc:     "The role of the management account, or of a delegated administrator, that attaches the guardrails. Deployers must be allowed to assume it.",
		example: "arn:aws:iam::999999999999:role/prodgate-guardrails"},
	{key: "organization.previewRoleArn", kind: text, requiredWhen: "`organization.targetId` and `workflows.repository` are set", arn: &roleARN, remedy: previewRemedy,
		doc:     "The role of the same account that previews of pull requests assume. It needs `organizations:Describe*` and `organizations:List*`, and no more.",
		example: "arn:aws:iam::999999999999:role/prodgate-guardrails-preview"},
	{key: "organization.regions", kind: list, derived: "the stack's region", min: 1, max: 20, remedy: "write the regions that the account may be used in, or leave the key out for the stack's alone",
		doc:     "The regions that the account may be used in. The stack's must be one of them.",
		example: []any{"eu-west-2"}},
	{key: "organization.regions[]", kind: text, oneOf: regionNames(), what: regionSetting.what, remedy: "write a region such as eu-west-2"},
}

var workflowSettings = []setting{
	{key: "workflows", kind: object, doc: "The GitHub Actions that run this program, and the roles that they assume without a stored key."},
	{key: "workflows.repository", kind: text, requiredWhen: "another key of `workflows` is set", derived: "no roles are created", max: 100, pattern: repositoryPattern, valid: isRepository, what: notRepository, remedy: repositoryRemedy,
		doc:     "The repository of `source.owner` that holds this program.",
		example: "infrastructure"},
	{key: "workflows.oidcProvider", kind: text, preset: string(Create), oneOf: createOrAdopt, what: notPresence,
		doc:     "GitHub's OIDC provider, of which an account has one.",
		example: string(Adopt)},
	// GitHub REST, environments: 255 characters. No wildcards, which a trust policy would interpret.
	{key: "workflows.previewEnvironment", kind: text, requiredWhen: "`workflows.repository` is set", max: 255, pattern: environmentPattern, what: notEnvironment, remedy: environmentRemedy,
		doc:     "The GitHub environment whose jobs may assume the role for previews.",
		example: "prod-preview"},
	{key: "workflows.upEnvironment", kind: text, requiredWhen: "`workflows.repository` is set", max: 255, pattern: environmentPattern, what: notEnvironment, remedy: environmentRemedy,
		doc:     "The GitHub environment whose jobs may assume the role for updates, from `main` only.",
		example: "prod"},
	{key: "workflows.previewWorkflow", kind: text, preset: "preview.yml", max: 100, pattern: workflowPattern, what: notWorkflow, remedy: workflowRemedy,
		doc:     "The file of `.github/workflows` whose jobs may assume the role for previews.",
		example: "preview-prod.yml"},
	{key: "workflows.upWorkflow", kind: text, preset: "up.yml", max: 100, pattern: workflowPattern, what: notWorkflow, remedy: workflowRemedy,
		doc:     "The file of `.github/workflows`, on `main`, whose jobs may assume the role for updates.",
		example: "up-prod.yml"},
	// GitHub, deployments and environments: up to six people or teams are reviewers.
	{key: "workflows.reviewers", kind: list, requiredWhen: "`workflows.repository` is set and there are no `source.mergers`, or more than 6", derived: "`source.mergers`", max: maxReviewers,
		remedy:  "write up to 6 reviewers, a team counts as one, or [] where the plan has none",
		doc:     "The people and teams one of whom approves each job of `upEnvironment`, but not a job of their own. `[]` asks nobody, where the owner's plan has no reviewers, and warns.",
		example: []any{"@example-org/release"}},
	{key: "workflows.reviewers[]", kind: text, pattern: handlePattern, what: notHandle, remedy: handleRemedy},
}

// regionSetting is aws:region, which is not in the project's namespace.
var regionSetting = setting{
	key: "aws:region", kind: text, required: true, oneOf: regionNames(), what: "is not a region the gate knows",
	remedy:  "write the region of the pipelines, such as eu-west-2",
	doc:     "The region of the pipelines and everything they use.",
	example: "eu-west-2",
}

var (
	presences = []string{string(Create), string(Adopt), string(Off)}
	// createOrAdopt are the presences of a resource that the gate needs.
	createOrAdopt = presences[:2]
	// severities are the severities of GuardDuty, the least severe first.
	severities = []string{"low", "medium", "high", "critical"}
)

// Texts and limits that several settings share.
const (
	nameShape         = `[a-z][a-z0-9]*(-[a-z0-9]+)*`
	maxPath           = 255
	notPresence       = "is not one of the choices"
	notHandle         = "is neither a GitHub user nor a team"
	handleRemedy      = "write @login for a user, @organization/team for a team"
	notEnvironment    = "is not the name of a GitHub environment"
	environmentRemedy = "use letters, digits, hyphens and underscores"
	notWorkflow       = "is not the name of a workflow file"
	workflowRemedy    = "write the name alone, as in .github/workflows/<name>.yml"
	maxReviewers      = 6
	roleRemedy        = "write the ARN of an IAM role"
	notRepository     = "is not the name of a repository"
	repositoryRemedy  = "write the name alone, its owner is set in source.owner"
	notTag            = "is not allowed in a tag"
	tagRemedy         = "use letters, digits, spaces and _.:/=+-@, and do not begin with aws:"
)
