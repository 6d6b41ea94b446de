package settings

import (
	"cmp"
	"fmt"
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strings"
)

// rule is what may stand under one key. Every key has one; a key without a rule
// is refused.
type rule struct {
	// key is the path below the project's namespace. [] is any item of a list or
	// any value of a dictionary, {} is the name of a dictionary's entry.
	key      string
	kind     kind
	required bool
	// min and max limit a number or a list's items, max a text's characters.
	min, max int
	// empty lets a text be empty. None is by default: who means no value leaves the
	// key out, and an empty one is a template gone wrong.
	empty bool
	// oneOf are the only values, as show or a text writes them.
	oneOf []string
	// valid is the shape of a text; what says so of one that has another.
	valid func(string) bool
	what  string
	// remedy of everything that can be wrong with the value.
	remedy string
}

// The lengths of the two names that begin all others. Together they leave room
// for what is added to them (see TestNamesFit): IAM's 64 characters for
// <name>-<app>-<duty>, S3's 63 for <name>-<what>-<account>-<region>.
const (
	maxName = 20
	maxApp  = 30
)

// maxTrusted is the most characters of a role's ARN that every policy and every alert
// names: six of them leave room in the 2,048 characters that EventBridge takes of a
// pattern. One of single sign-on has at most 148 (IAM Identity Center, permission sets).
const maxTrusted = 160

// rules is every setting, its limits and where a limit comes from. The defaults
// stand in decode.go.
var rules = slices.Concat(scanRules("scan"), scanRules("apps[].scan"), deliveryRules, chatRules, []rule{
	// AWS, account identifiers: 12 digits, zeros in front included.
	{key: "account", kind: text, required: true, valid: shape(`[0-9]{12}`), what: "is not a 12-digit account id",
		remedy: "write all 12 digits in quotes, YAML reads 012345670123 as an octal number"},
	// Without a hyphen, so that no pattern of one gate (prodgate-*) matches a name of another.
	{key: "name", kind: text, max: maxName, valid: shape(`[a-z][a-z0-9]*`), what: "is not a name AWS resources can begin with",
		remedy: "use small letters and digits, a letter first"},
	{key: "protect", kind: boolean},
	// AWS, tag naming limits: 50 tags a resource. Ten are left for the gate's own.
	{key: "tags", kind: dictionary, max: 40, remedy: "AWS allows 50 on a resource and ten are kept free"},
	{key: "tags{}", kind: text, max: 128, valid: isTag, what: notTag, remedy: tagRemedy},
	{key: "tags[]", kind: text, empty: true, max: 256, valid: isTag, what: notTag, remedy: tagRemedy},

	{key: "access", kind: object},
	// The gate's own limit: every guardrail and resource policy names all of them.
	{key: "access.deployerArns", kind: list, required: true, min: 1, max: 5, remedy: "write the ARNs of 1 to 5 roles that run pulumi up, nobody else may change the gate"},
	{key: "access.deployerArns[]", kind: text, max: maxTrusted, remedy: roleRemedy + " of a shorter path"},
	{key: "access.breakGlassArn", kind: text, required: true, max: maxTrusted, remedy: "write the ARN of the role for emergencies, without one a lost deployer locks everybody out"},
	{key: "access.approverArns", kind: list, max: 10, remedy: "write up to 10 roles, people share one through single sign-on"},
	{key: "access.approverArns[]", kind: text, remedy: roleRemedy},

	{key: "source", kind: object},
	// GitHub: at most 39 characters. New logins have neither double nor trailing
	// hyphens; old ones do, and those of managed users have an underscore.
	{key: "source.owner", kind: text, required: true, max: 39, valid: shape(`[A-Za-z0-9][A-Za-z0-9_-]*`), what: "is not a GitHub login",
		remedy: "write the user or organization alone, as in github.com/<owner>"},
	{key: "source.repository", kind: text, max: 100, valid: isRepository, what: notRepository, remedy: repositoryRemedy},
	{key: "source.connectionArn", kind: text, remedy: "leave the key out and the gate creates a connection"},
	// GitHub REST, branch protection: 1 to 6 approving reviews, or 0 for none.
	{key: "source.reviews", kind: number, min: 1, max: 6, remedy: "one at least, or prod is open to whoever may write, and at most 6, the most that GitHub asks for"},
	{key: "source.protection", kind: text, oneOf: presences, what: notPresence},
	{key: "source.codeOwners", kind: list, max: 10, remedy: "write up to 10 owners, a team counts as one"},
	{key: "source.codeOwners[]", kind: text, valid: isHandle, what: notHandle, remedy: handleRemedy},
	{key: "source.codeOwnersFile", kind: text, oneOf: provided, what: notPresence},
	// The gate's own limit.
	{key: "source.mergers", kind: list, min: 1, max: 10, remedy: "write 1 to 10 who may merge, a team counts as one, or leave the key out for the code owners"},
	{key: "source.mergers[]", kind: text, valid: isHandle, what: notHandle, remedy: handleRemedy},
	{key: "source.statusChecks", kind: list, remedy: "leave the key out where nothing is checked"},
	{key: "source.statusChecks[]", kind: text, valid: isLine, what: "is not the name of a status check",
		remedy: "write the check's name as the pull request shows it"},

	// CodePipeline, quotas: 1,000 pipelines per region.
	{key: "apps", kind: list, required: true, min: 1, max: 1000, remedy: "write the apps the gate delivers, 1 to 1000 of them"},
	{key: "apps[]", kind: object},
	{key: "apps[].name", kind: text, required: true, max: maxApp, valid: shape(nameShape), what: "is not an app's name",
		remedy: "use small letters, digits and single hyphens, a letter first"},
	{key: "apps[].repository", kind: text, max: 100, valid: isRepository, what: notRepository, remedy: repositoryRemedy},
	// Three less than a path, for what the default of paths adds to it.
	{key: "apps[].folder", kind: text, max: maxPath - len("/**"), valid: isFolder, what: "is not a folder of the repository",
		remedy: `write it from the repository's root, such as services/api, or "." for the root`},
	{key: "apps[].dockerfile", kind: text, max: maxPath, valid: isFile, what: "is not a file below the app's folder",
		remedy: "write it from the app's folder, such as Dockerfile or docker/Dockerfile.prod"},
	// CodePipeline API, GitFilePathFilterCriteria: 1 to 8 patterns of 1 to 255 characters.
	{key: "apps[].paths", kind: list, min: 1, max: 8, remedy: "write 1 to 8 patterns, or leave the key out for everything below folder"},
	{key: "apps[].paths[]", kind: text, max: maxPath, valid: isPattern, what: "is not a pattern that files of a repository match",
		remedy: "write it from the repository's root and without a slash before it, such as api/**"},
	// ECS API, CreateCluster, CreateService, ContainerDefinition: up to 255 of these.
	{key: "apps[].cluster", kind: text, required: true, max: 255, valid: isECS, what: "is not the name of an ECS cluster",
		remedy: "write the cluster's name, not its ARN"},
	{key: "apps[].service", kind: text, max: 255, valid: isECS, what: "is not the name of an ECS service",
		remedy: "write the service's name, not its ARN"},
	{key: "apps[].container", kind: text, max: 255, valid: isECS, what: "is not the name of a container",
		remedy: "write the name that the container has in the task definition"},
	{key: "apps[].executionRoleArn", kind: text, required: true,
		remedy: "write the ARN of the execution role in the service's task definition"},
	{key: "apps[].taskRoleArn", kind: text,
		remedy: "leave the key out when the task definition has no task role"},
	// CodePipeline, quotas: the ECS action waits for one hour at most.
	{key: "apps[].deployTimeout", kind: number, min: 1, max: 60, remedy: "CodePipeline waits for a deployment from 1 to 60 minutes"},

	// CodeBuild has no limit of its own on variables, a role's policy has: 6,144 characters.
	{key: "apps[].secrets", kind: list, max: 10, remedy: "write up to 10, one secret may hold many values as JSON"},
	{key: "apps[].secrets[]", kind: object},
	{key: "apps[].secrets[].name", kind: text, required: true, max: 64, valid: shape(`[A-Z][A-Z0-9_]*`), what: "is not the name of an environment variable",
		remedy: "use capitals, digits and underscores, a letter first"},
	{key: "apps[].secrets[].arn", kind: text, remedy: "leave the key out and the gate creates a secret"},
	{key: "apps[].secrets[].keyArn", kind: text, remedy: "leave the key out when the secret is encrypted with AWS's own key"},
	{key: "apps[].secrets[].rotationLambdaArn", kind: text, remedy: "leave the key out when nothing can rotate the secret"},
	// Secrets Manager API, RotationRulesType: 1 to 1000 days.
	{key: "apps[].secrets[].rotationDays", kind: number, min: 1, max: 1000, remedy: "Secrets Manager rotates every 1 to 1000 days"},

	{key: "build", kind: object},
	{key: "build.image", kind: text, valid: isBuildImage, what: "is not an x86 Linux image of CodeBuild's own",
		remedy: "write one such as aws/codebuild/standard:7.0"},
	// CodeBuild API, ProjectEnvironment: those of LINUX_CONTAINER; the BUILD_LAMBDA_
	// ones can build no image.
	{key: "build.computeType", kind: text, oneOf: []string{
		"BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_XLARGE", "BUILD_GENERAL1_2XLARGE",
	}, what: "is not a size of CodeBuild's Linux machines"},
	// CodeBuild, quotas: build timeout 5 to 2160 minutes, queued timeout 5 to 480.
	{key: "build.timeout", kind: number, min: 5, max: 2160, remedy: "CodeBuild allows a build 5 to 2160 minutes"},
	{key: "build.queuedTimeout", kind: number, min: 5, max: 480, remedy: "CodeBuild lets a build wait 5 to 480 minutes"},
	// CodeBuild, quotas: 20 concurrent builds in an account, where nobody asked for more.
	{key: "build.concurrentBuilds", kind: number, min: 1, max: 20, remedy: "an account runs 20 builds at once, all apps together"},

	{key: "retention", kind: object},
	// CloudWatch Logs API, PutRetentionPolicy. Zero, the provider's word for ever, is
	// left out: whatever is kept is kept for a time.
	{key: "retention.logDays", kind: number, oneOf: []string{
		"1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731",
		"1096", "1827", "2192", "2557", "2922", "3288", "3653",
	}, what: "is not a period CloudWatch Logs knows"},
	// The gate's own limit; S3 counts days up to 2147483647.
	{key: "retention.artifactDays", kind: number, min: 1, max: 3650, remedy: "keep artifacts from a day up to ten years"},
	// ECR, service quotas: 100,000 images a repository. Two is the image that runs and
	// the one that is about to: with less, a failed deployment loses the first.
	{key: "retention.images", kind: number, min: 2, max: 100000, remedy: "keep at least the image that runs and the next, at most ECR's 100000"},
	// KMS API, ScheduleKeyDeletion; Secrets Manager API, DeleteSecret.
	{key: "retention.keyDays", kind: number, min: 7, max: 30, remedy: "KMS and Secrets Manager keep what is deleted for 7 to 30 days"},

	{key: "detection", kind: object},
	{key: "detection.guardDuty", kind: text, oneOf: presences, what: notPresence},
	{key: "detection.config", kind: text, oneOf: presences, what: notPresence},
	{key: "detection.trail", kind: text, oneOf: presences, what: notPresence},
	{key: "detection.accessAnalyzer", kind: text, oneOf: presences, what: notPresence},
	{key: "detection.securityHub", kind: text, oneOf: presences, what: notPresence},
	{key: "detection.response", kind: text, oneOf: []string{string(Ignore), string(Alert), string(Contain)}, what: "does not say what is done when something is seen"},
	// GuardDuty User Guide, Severity levels of GuardDuty findings.
	{key: "detection.severity", kind: text, oneOf: severities, what: "is not a severity that GuardDuty has"},
	// The gate's own limit. The least leaves time for an update, during which the live gate differs.
	{key: "detection.checkMinutes", kind: number, min: 15, max: 1440, remedy: "compare every 15 to 1440 minutes, a day"},

	{key: "alerts", kind: object},
	{key: "alerts.emails", kind: list, max: 10, remedy: "write up to 10 addresses, a mailing list counts as one"},
	// RFC 5321, 4.5.3.1.3: a path of 256 characters, two of them the brackets.
	{key: "alerts.emails[]", kind: text, max: 254, valid: isEmail, what: "is not an e-mail address",
		remedy: "write the address alone, such as team@example.com"},

	{key: "organization", kind: object},
	// Organizations API, AttachPolicy, TargetId.
	{key: "organization.targetId", kind: text, valid: shape(`r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[0-9]{12}`),
		what:   "is not the id of a root, an organizational unit or an account",
		remedy: "write one such as ou-ab12-34567890, or leave the key out and the guardrails are only exported"},
	{key: "organization.roleArn", kind: text, remedy: "write the ARN of the role in the management account that attaches policies"},
	{key: "organization.previewRoleArn", kind: text, remedy: previewRemedy},
	{key: "organization.regions", kind: list, min: 1, max: 20, remedy: "write the regions that the account may be used in, or leave the key out for the stack's alone"},
	{key: "organization.regions[]", kind: text, oneOf: regionNames(), what: regionRule.what, remedy: "write a region such as eu-west-2"},

	{key: "workflows", kind: object},
	{key: "workflows.repository", kind: text, max: 100, valid: isRepository, what: notRepository, remedy: repositoryRemedy},
	{key: "workflows.oidcProvider", kind: text, oneOf: provided, what: notPresence},
	// GitHub REST, environments: 255 characters. No wildcard, which a trust policy would read as its own.
	{key: "workflows.previewEnvironment", kind: text, max: 255, valid: isEnvironment, what: notEnvironment, remedy: environmentRemedy},
	{key: "workflows.upEnvironment", kind: text, max: 255, valid: isEnvironment, what: notEnvironment, remedy: environmentRemedy},
})

// regionRule is the rule of aws:region, which is not of our namespace.
var regionRule = rule{
	key: "aws:region", kind: text, oneOf: regionNames(), what: "is not a region the gate knows",
	remedy: "write the region of the pipelines, such as eu-west-2",
}

var (
	presences = []string{string(Create), string(Adopt), string(Off)}
	// provided are the presences of what the gate cannot do without.
	provided = presences[:2]
	// severities are GuardDuty's, the least severe first.
	severities = []string{"low", "medium", "high", "critical"}
)

// What several rules say.
const (
	nameShape         = `[a-z][a-z0-9]*(-[a-z0-9]+)*`
	maxPath           = 255
	notPresence       = "does not say who provides it"
	notHandle         = "is neither a GitHub user nor a team"
	handleRemedy      = "write @login for a user, @organization/team for a team"
	notEnvironment    = "is not the name of a GitHub environment"
	environmentRemedy = "use letters, digits, hyphens and underscores"
	roleRemedy        = "write the ARN of an IAM role"
	notRepository     = "is not the name of a GitHub repository"
	repositoryRemedy  = "write the name alone, its owner stands in source.owner"
	notTag            = "is nothing AWS accepts in a tag"
	tagRemedy         = "use letters, digits, spaces and _.:/=+-@, and do not begin with aws:"
)

// shape is whether all of a text matches the pattern.
func shape(pattern string) func(string) bool {
	return regexp.MustCompile(`^(` + pattern + `)$`).MatchString
}

var (
	// GitHub: a login, or an organization's login and a team's slug.
	isHandle      = shape(`@[A-Za-z0-9][A-Za-z0-9_-]*(/[a-z0-9_][a-z0-9_.-]*)?`)
	isEnvironment = shape(`[A-Za-z0-9][A-Za-z0-9_-]*`)
	isECS         = shape(`[A-Za-z0-9_-]+`)
	// No character that a shell, YAML or docker would read as its own.
	isPath = shape(`[A-Za-z0-9._/-]+`)
	// What IAM, the strictest, allows in a tag.
	isTagText = shape(`[\p{L}\p{Z}\p{N}_.:/=+\-@]*`)
	// One printable line that neither begins nor ends with a space.
	isLine = shape(`[^\pZ\pC]([^\p{Zl}\p{Zp}\pC]*[^\pZ\pC])?`)
	// GitHub, repository limits: ASCII letters, digits and these, up to 100.
	isRepositoryText = shape(`[A-Za-z0-9._-]+`)
	// CodeBuild, Docker images: "standard" is Ubuntu. The arm and lambda images are of
	// other environment types than the gate's projects. Images of one's own would need
	// other pull credentials and a role that may pull them.
	isBuildImage = shape(`aws/codebuild/(standard|amazonlinux2?-x86_64-standard):[A-Za-z0-9][A-Za-z0-9._-]{0,127}`)
)

func isTag(text string) bool {
	reserved := len(text) >= 4 && strings.EqualFold(text[:4], "aws:")
	return isTagText(text) && !reserved
}

// GitHub takes .git off a name and keeps .wiki for itself.
func isRepository(name string) bool {
	return isRepositoryText(name) && name != "." && name != ".." &&
		!strings.HasSuffix(name, ".git") && !strings.HasSuffix(name, ".wiki")
}

// isFolder is whether a path stays inside the repository and is written in the
// only way: one folder, one spelling.
func isFolder(p string) bool {
	return isPath(p) && !path.IsAbs(p) && path.Clean(p) == p && !slices.Contains(strings.Split(p, "/"), "..")
}

func isFile(p string) bool { return isFolder(p) && p != "." }

// CodePipeline takes any text, and one that no path can match never starts anything.
func isPattern(p string) bool {
	return isLine(p) && !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "./") && !strings.HasPrefix(p, "../")
}

func isEmail(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err == nil && parsed.Address == text && strings.Contains(text[strings.LastIndex(text, "@"):], ".")
}

// fault says what is wrong with a value of the rule's kind, or nothing.
func (r rule) fault(value any) (what, remedy string) {
	switch v := value.(type) {
	case string:
		n := len([]rune(v))
		switch {
		case n == 0 && !r.empty:
			return "is empty", cmp.Or(r.remedy, "choose one of "+strings.Join(r.oneOf, ", "))
		case r.max > 0 && n > r.max:
			return fmt.Sprintf("has %d characters, more than %d", n, r.max), r.remedy
		case r.oneOf != nil && !slices.Contains(r.oneOf, v):
			return r.what, hint(v, r.oneOf, r.remedy)
		case r.valid != nil && n > 0 && !r.valid(v):
			return r.what, r.remedy
		}
	case float64:
		switch {
		case r.oneOf != nil && !slices.Contains(r.oneOf, show(v)):
			return r.what, "choose one of " + strings.Join(r.oneOf, ", ")
		case r.oneOf == nil && (v < float64(r.min) || v > float64(r.max)):
			return fmt.Sprintf("is not between %d and %d", r.min, r.max), r.remedy
		}
	case []any:
		return r.countFault(len(v))
	case map[string]any:
		return r.countFault(len(v))
	}
	return "", ""
}

func (r rule) countFault(n int) (what, remedy string) {
	switch {
	case n == 0 && r.min > 0:
		return "is empty", r.remedy
	case n < r.min:
		return fmt.Sprintf("has %d entries, fewer than %d", n, r.min), r.remedy
	case r.max > 0 && n > r.max:
		return fmt.Sprintf("has %d entries, more than %d", n, r.max), r.remedy
	}
	return "", ""
}
