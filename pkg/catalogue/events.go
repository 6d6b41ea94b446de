package catalogue

import (
	"path"
	"slices"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// ruleSpec is what an alert rule reports, for any stack. CloudTrail writes the members of a request as the service's API
// does, with a small first letter.
type ruleSpec struct {
	name, what                                    string
	reads, sessions, affectsDelivery, secondTopic bool
	clauses                                       func(naming.Plan, *settings.Settings) []clause
}

const (
	request = "requestParameters."
	// keyARN is the path of a key's ARN in an event, whichever way the request names the key.
	keyARN = "resources.ARN"
	// omitted is the path at which CloudTrail says that it left a request out for its size (AWS CloudTrail User Guide,
	// CloudTrail record contents, requestParameters).
	omitted = request + "omitted"
)

// ruleSpecs are the rules of the stack's region. The rules whose parts deliver come first: they start containment.
var ruleSpecs = []ruleSpec{
	{name: "watch-pipelines", what: "the apps' pipelines, their stages and approvals, or the CodeBuild projects", affectsDelivery: true, clauses: pipelineClauses},
	{name: "watch-images", what: "the image repositories, the signing profile, the CodeDeploy deployments or the state machines", affectsDelivery: true, clauses: imageClauses},
	{name: "watch-storage", what: "the gate's buckets, KMS keys or their aliases", affectsDelivery: true, clauses: storageClauses},
	{name: "watch-roles", what: "the gate's roles, policies or identity provider, or the roles of deployers, approvers and break-glass", affectsDelivery: true, clauses: roleClauses},
	{name: "watch-source", what: "the connection to GitHub, the repositories in CodeCommit, the known state, its check or the account's trails", affectsDelivery: true, clauses: sourceClauses},
	{name: "watch-topic", what: "the alert topic, or the rule that watches the other rules", affectsDelivery: true, secondTopic: true, clauses: topicClauses},
	{name: RulesRule, what: "the gate's EventBridge rules or the second alert topic", affectsDelivery: true, clauses: ruleClauses},
	{name: "watch-services", what: "the services, tasks or load balancers of the apps, or the result of an action of a pipeline", clauses: serviceClauses},
	{name: "watch-account", what: "the account (the call names no resource of the gate), GuardDuty, AWS Config, Security Hub or IAM Access Analyzer", clauses: accountClauses},
	{name: "watch-records", what: "the secrets, logs, alert queues, alarms or the way of alerts to the chat", clauses: recordClauses},
	{name: "watch-sessions", what: "a role of deployers or break-glass, or a role of the gate", reads: true, sessions: true, clauses: sessionClauses},
	{name: "watch-images-read", what: "the apps' image repositories", reads: true, clauses: imageReadClauses},
	{name: "watch-keys-read", what: "the KMS key for artifacts, or the secrets that the gate makes and their key", reads: true, clauses: secretReadClauses},
}

// forwardSpecs are the rules of the region where IAM and Organizations send their events. Each reports changes of the other.
var forwardSpecs = []ruleSpec{
	{name: "watch-roles", what: "the gate's roles, policies or identity provider, or the roles of deployers, approvers and break-glass", clauses: func(p naming.Plan, s *settings.Settings) []clause {
		return append(roleClauses(p, s), globalAccountClause(), ruleChanges(p.Gate+"-watch-sessions*").known())
	}},
	{name: "watch-sessions", what: "a role of deployers or break-glass, or a role of the gate", reads: true, clauses: func(p naming.Plan, s *settings.Settings) []clause {
		return append(sessionClauses(p, s), ruleChanges(p.Gate+"-watch-roles*").known())
	}},
}

// RulesRule is the rule that watches the other rules. Its name has no second hyphen, so that its own pattern does not match
// it: the rule of the topic reports its changes.
const RulesRule = "rules"

// writes is a clause of every write call on parts of a service. The rows of the table say which duties it leaves out.
func writes(service string, parts ...part) clause {
	return clause{sources: []string{eventSource(service)}, duties: dutiesOf(Alert, service), parts: append(parts, part{omitted, []any{true}})}
}

// at are the same values at several members of a request.
func at(values []any, members ...string) []part {
	parts := make([]part, len(members))
	for i, member := range members {
		parts[i] = part{request + member, values}
	}
	return parts
}

// except leaves calls out by their names.
func (c clause) except(names ...string) clause {
	c.calls = []any{pattern{"anything-but": names}}
	return c
}

// but authorizes duties that no row names, since they make calls that are no way around the pipeline.
func (c clause) but(duties ...string) clause {
	c.duties = unique(append(slices.Clone(c.duties), duties...))
	return c
}

// known leaves out the requests that CloudTrail left out: another rule reports those of the service.
func (c clause) known() clause {
	c.parts = slices.DeleteFunc(slices.Clone(c.parts), func(p part) bool { return p.path == omitted })
	return c
}

// named is a clause of some calls, whatever they are on: the account has the part once.
func named(calls []string, services ...string) clause {
	var sources []string
	for _, service := range services {
		sources = append(sources, eventSource(service))
	}
	return clause{sources: sources, calls: literals(calls...), parts: []part{{"", []any{nil}}}}
}

// eventSource is CloudTrail's name of a service, without its domain.
func eventSource(service string) string {
	if service == "cloudwatch" {
		return "monitoring"
	}
	return service
}

// dutiesOf are the duties that rows of a service authorize on parts, beside the deployers.
func dutiesOf(reported Control, service string) []string {
	var duties []string
	for _, c := range Calls {
		if c.Reported == reported && c.service() == service && c.On != Account {
			duties = append(duties, c.Authorized...)
		}
	}
	return unique(duties)
}

// operationsOf are the operations of a target's rows, of one service.
func operationsOf(service string, on ...Target) []string {
	var names []string
	for _, c := range Calls {
		if c.service() == service && slices.Contains(on, c.On) && (c.Reported == Alert || c.Reported == AlertOnRead) {
			names = append(names, c.operation())
		}
	}
	return unique(names)
}

func pipelineClauses(p naming.Plan, _ *settings.Settings) []clause {
	// A project's name, an ARN, or the id of a build, which begins with the project's name.
	project := []any{prefix(p.Gate + "-"), wildcard("*/" + p.Gate + "-*")}
	return []clause{
		writes("codepipeline", at([]any{suffix("-" + p.Gate)}, "name", "pipelineName", "pipeline.name", "webhook.targetPipeline", "resourceArn")...),
		writes("codebuild", at(project, "projectName", "name", "id", "ids", "projectArn", "resourceArn")...),
	}
}

func imageClauses(p naming.Plan, s *settings.Settings) []clause {
	clauses := []clause{
		writes("ecr", append(at([]any{prefix(p.Gate + "/")}, "repositoryName"), at([]any{prefix(p.Repositories())}, "resourceArn")...)...),
	}
	if !isUnsigned(s) {
		clauses = append(clauses, writes("signer", append(at([]any{prefix(p.SigningPrefix())}, "profileName"), at([]any{prefix(p.SigningProfiles())}, "resourceArn")...)...))
	}
	if !hasNoBlueGreen(s) {
		clauses = append(clauses, writes("codedeploy", append(at([]any{prefix(p.Gate + "-")}, "applicationName", "newApplicationName"),
			at([]any{prefix(p.AllDeployments()), prefix(strings.TrimSuffix(p.DeploymentGroups(), "/*"))}, "resourceArn")...)...))
	}
	if !hasNoContainment(s) {
		machine := wildcard("*:stateMachine:" + p.Gate + "-*")
		clauses = append(clauses, writes("states", append(at([]any{machine}, "stateMachineArn", "resourceArn", "stateMachineVersionArn", "stateMachineAliasArn", "routingConfiguration.stateMachineVersionArn"),
			part{request + "name", []any{prefix(p.Gate + "-")}}, part{request + "executionArn", []any{wildcard("*:execution:" + p.Gate + "-*")}})...))
	}
	return clauses
}

func storageClauses(p naming.Plan, s *settings.Settings) []clause {
	keys := writes("kms", at([]any{prefix(p.KeyAlias(""))}, "aliasName")...)
	keys.purposes = keyPurposes(s)
	return []clause{
		writes("s3", at([]any{wildcard(p.Bucket("*").Name)}, "bucketName")...),
		keys,
	}
}

// keyPurposes are the purposes of the keys that a stack has.
func keyPurposes(s *settings.Settings) []string {
	purposes := []string{"alerts", "artifacts", "images", "logs"}
	if !hasNoSecrets(s) {
		purposes = append(purposes, "secrets")
	}
	if s.Detection.Config == settings.Create {
		purposes = append(purposes, "config")
	}
	if !hasNoTrail(s) {
		purposes = append(purposes, "trail")
	}
	return purposes
}

func roleClauses(p naming.Plan, s *settings.Settings) []clause {
	// A request names a role without its path; the path is in the requests that create a part.
	parts := slices.Concat(
		at([]any{prefix("/" + p.Gate + "/")}, "path", "newPath"),
		at([]any{prefix(p.AllPolicies())}, "policyArn"),
		at(append([]any{prefix(p.Gate + "-")}, literals(trustedRoleNames(s)...)...), "roleName"),
	)
	if !hasNoWorkflows(s) {
		parts = append(parts, at(literals(p.GitHubProvider()), "openIDConnectProviderArn")...)
		parts = append(parts, at(literals("https://"+naming.OIDCHost), "url")...)
	}
	return []clause{writes("iam", parts...)}
}

func sourceClauses(p naming.Plan, s *settings.Settings) []clause {
	// A name or an ARN, with or without its beginning, a version or an alias (AWS Lambda API Reference, FunctionName). The names
	// of the events, which have the version of the API (UpdateFunctionCode20150331v2), do not matter.
	check := []any{suffix(p.CheckFunction().Name), wildcard("*" + p.CheckFunction().Name + ":*")}
	clauses := []clause{
		writes("ssm", at([]any{prefix(p.KnownState("").Name)}, "name", "names", "resourceId", "resourceArn")...),
		writes("lambda", at(check, "functionName")...),
		named(operationsOf("cloudtrail", Trails), "cloudtrail"),
	}
	if s.UsesCodeCommit() {
		developers := named(operationsOf("codecommit", Sources), "codecommit")
		developers.parts = at(literals(s.Repositories()...), "repositoryName", "repositoryNames", "oldName")
		overrides := named(operationsOf("codecommit", PullRequests), "codecommit")
		return append(clauses, developers, overrides,
			writes("codecommit", at(literals(p.ApprovalRule()), "approvalRuleTemplateName", "oldApprovalRuleTemplateName")...))
	}
	// AWS gives the connection that the gate makes its id. What a pipeline does with its own connection is no change of it.
	connection := []any{pattern{"exists": true}}
	if _, id, adopted := strings.Cut(s.Source.ConnectionArn, ":connection/"); adopted {
		connection = []any{suffix(":connection/" + id)}
	}
	both := writes("codeconnections", append(at(connection, "connectionArn"), at([]any{pattern{"exists": true}}, "hostArn")...)...).but(naming.Pipeline)
	both.sources = append(both.sources, "codestar-connections")
	if s.Source.ConnectionArn == "" { // other teams use theirs
		both = both.except("UseConnection", "PassConnection")
	}
	return append(clauses, both)
}

func topicClauses(p naming.Plan, _ *settings.Settings) []clause {
	topic := p.Topic()
	return []clause{
		topicChanges(topic).known(),
		ruleChanges(p.Gate + "-" + RulesRule).known(),
	}
}

// topicChanges are the calls on a topic and its subscriptions. Whoever is subscribed confirms that without credentials.
func topicChanges(topic naming.Named) clause {
	return writes("sns", append(at(literals(topic.ARN), "topicArn", "resourceArn"),
		part{request + "subscriptionArn", []any{prefix(topic.ARN + ":")}}, part{request + "name", literals(topic.Name)})...).except("ConfirmSubscription")
}

func ruleClauses(p naming.Plan, _ *settings.Settings) []clause {
	return []clause{
		ruleChanges(p.Gate+"-*-*", p.Check().Name, p.Gate+"-findings"),
		topicChanges(p.SecondTopic()),
	}
}

// ruleChanges are the calls on rules with some names.
func ruleChanges(names ...string) clause {
	var values, arns []any
	for _, name := range names {
		arns = append(arns, wildcard("*:rule/"+name))
		if strings.Contains(name, "*") {
			values = append(values, wildcard(name))
		} else {
			values = append(values, name)
		}
	}
	return writes("events", append(at(values, "name", "rule"), at(arns, "resourceARN")...)...)
}

func serviceClauses(_ naming.Plan, s *settings.Settings) []clause {
	// Application Auto Scaling and ECS act by service-linked roles; agents of hosts register themselves and report.
	services := writes("ecs").but(ServiceLinked).except("DiscoverPollEndpoint", "RegisterContainerInstance", "SubmitAttachmentStateChanges",
		"SubmitContainerStateChange", "SubmitTaskStateChange")
	for _, cluster := range s.Clusters() {
		// A request names a cluster by its name, the end of its ARN, or nothing for the cluster default (Amazon ECS API).
		names := []any{cluster, suffix(":cluster/" + cluster)}
		if cluster == "default" {
			names = append(names, pattern{"exists": false})
		}
		services.parts = append(services.parts, at(names, "cluster", "clusterName")...)
		services.parts = append(services.parts, at([]any{wildcard("arn:*/" + cluster + "/*")}, "serviceDeploymentArn", "serviceArn", "daemonArn", "resourceArn")...)
		services.parts = append(services.parts, at([]any{suffix(":cluster/" + cluster)}, "clusterArn")...)
	}
	for _, group := range targetGroups(s) {
		services.parts = append(services.parts, at([]any{wildcard("*:targetgroup/" + group + "/*")}, "loadBalancers.targetGroupArn")...)
	}
	// The check of the known state is an action of the pipelines. The rule of the pipelines reports what was left out of an event.
	jobs := named(operationsOf("codepipeline", Account), "codepipeline").but(naming.Verifier)
	jobs.parts = []part{{omitted, []any{pattern{"exists": false}}}}
	clauses := []clause{services, jobs}
	if len(listeners(s))+len(targetGroups(s)) > 0 {
		balancers := writes("elasticloadbalancing").but(ServiceLinked)
		for _, listener := range listeners(s) {
			_, balancer, _ := strings.Cut(listener, ":listener")
			id := path.Dir(balancer)
			balancers.parts = append(balancers.parts, at([]any{wildcard("*" + balancer + "*")}, "listenerArn", "ruleArn", "rulePriorities.ruleArn", "resourceArns")...)
			balancers.parts = append(balancers.parts, at([]any{suffix(id)}, "loadBalancerArn")...)
		}
		for _, group := range targetGroups(s) {
			balancers.parts = append(balancers.parts, at([]any{wildcard("*:targetgroup/" + group + "/*")}, "targetGroupArn")...)
		}
		clauses = append(clauses, balancers)
	}
	return clauses
}

func accountClauses(_ naming.Plan, s *settings.Settings) []clause {
	account := named(slices.Concat(operationsOf("codebuild", Account), operationsOf("ecr", Account), operationsOf("events", Account, Bus)), "codebuild", "ecr", "events")
	// The rules of the services report what was left out of an event.
	account.parts = []part{{omitted, []any{pattern{"exists": false}}}}
	clauses := []clause{account, globalAccountClause()}
	if !isGuardDutyOff(s) {
		clauses = append(clauses, whole("guardduty").except("ArchiveFindings", "UnarchiveFindings", "UpdateFindingsFeedback", "CreateSampleFindings"))
	}
	if !isAnalyzerOff(s) {
		clauses = append(clauses, whole("access-analyzer").except("UpdateFindings", "StartResourceScan", "StartPolicyGeneration", "GenerateFindingRecommendation"))
	}
	if !isSecurityHubOff(s) {
		clauses = append(clauses, named(operationsOf("securityhub", Hub), "securityhub"))
	}
	if !isConfigOff(s) {
		p := naming.New(s)
		rules := writes("config", at([]any{prefix(p.Gate + "-")}, "configRuleName", "configRule.configRuleName", "configRuleNames", "remediationConfigurations.configRuleName")...)
		clauses = append(clauses, named(append(operationsOf("config", Account, Recorder), "AssociateResourceTypes"), "config"), rules)
	}
	return clauses
}

// whole is a clause of every write call of a service: the account has the part once.
func whole(service string) clause { return named(nil, service) }

func globalAccountClause() clause {
	return named(slices.Concat(operationsOf("organizations", Account), operationsOf("account", Account)), "organizations", "account")
}

func recordClauses(p naming.Plan, s *settings.Settings) []clause {
	// Builds write their own logs, and people search them.
	logs := writes("logs", at([]any{wildcard("*/aws/codebuild/" + p.Gate + "-*")}, "logGroupName", "logGroupIdentifier", "resourceIdentifier", "resourceArn")...).
		except("CreateLogStream", "PutLogEvents", "StartQuery", "StartLiveTail")
	queues := []string{p.DeadLetters().Name}
	if s.HasChat() {
		queues = append(queues, p.ChatQueue().Name)
	}
	var urls, arns []any
	for _, name := range queues {
		urls, arns = append(urls, suffix("/"+name)), append(arns, suffix(":"+name))
	}
	clauses := []clause{
		logs,
		writes("sqs", slices.Concat(at(urls, "queueUrl"), at(literals(queues...), "queueName"), at(arns, "sourceArn", "destinationArn"))...),
		writes("cloudwatch", append(at([]any{prefix(p.Gate + "-")}, "alarmName", "alarmNames", "muteTargets.alarmNames"), at([]any{prefix(p.Alarms())}, "resourceARN")...)...),
	}
	if !hasNoSecrets(s) {
		clauses = append(clauses, writes("secretsmanager", at([]any{prefix(p.Gate + "/"), prefix(p.Secrets())}, "secretId", "name")...))
	}
	if s.HasChat() {
		pipe := writes("pipes", append(at(literals(p.Chat().Name), "name"), at([]any{suffix(":pipe/" + p.Chat().Name)}, "resourceArn")...)...)
		destination := writes("events", at(literals(p.ChatDestination().Name), "name")...)
		clauses = append(clauses, pipe, destination.known())
	}
	return clauses
}

// assumes are the ways to assume a role: AWS STS API, Actions.
var assumes = []string{"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}

func sessionClauses(p naming.Plan, s *settings.Settings) []clause {
	sts := []string{"sts"}
	return []clause{
		{sources: sts, calls: literals(assumes...), reads: true, everyone: true, parts: at(literals(append(p.Deployers(s), s.Access.BreakGlassArn)...), "roleArn")},
		{sources: sts, calls: literals("AssumeRole"), reads: true, duties: dutiesOf(AlertOnRead, "sts"), parts: at([]any{prefix(p.AllRoles())}, "roleArn")},
	}
}

func imageReadClauses(p naming.Plan, _ *settings.Settings) []clause {
	return []clause{{
		sources: []string{"ecr"}, calls: literals("BatchGetImage", "GetDownloadUrlForLayer"), reads: true,
		duties: dutiesOf(AlertOnRead, "ecr"), parts: at([]any{prefix(p.Gate + "/")}, "repositoryName"),
	}}
}

func secretReadClauses(p naming.Plan, s *settings.Settings) []clause {
	read := func(service string, on Target, calls ...string) clause {
		var duties []string
		for _, c := range Calls {
			if c.On == on && c.Reported == AlertOnRead {
				duties = append(duties, c.Authorized...)
			}
		}
		return clause{sources: []string{service}, calls: literals(calls...), reads: true, duties: unique(duties)}
	}
	artifacts := read("kms", ArtifactKey, "Decrypt", "ReEncrypt")
	artifacts.purposes = []string{"artifacts"}
	if hasNoSecrets(s) {
		return []clause{artifacts}
	}
	secrets := read("kms", SecretsKey, "Decrypt", "ReEncrypt")
	secrets.purposes = []string{"secrets"}
	values := read("secretsmanager", Secrets, "GetSecretValue")
	values.parts = at([]any{prefix(p.Gate + "/"), prefix(p.Secrets())}, "secretId")
	return []clause{artifacts, secrets, values}
}

// The values of parameters.

// prefix matches what begins with a name, or with a pattern that ends with *.
func prefix(of string) pattern { return pattern{"prefix": strings.TrimSuffix(of, "*")} }

func suffix(of string) pattern { return pattern{"suffix": of} }

func wildcard(of string) pattern { return pattern{"wildcard": of} }

func literals(names ...string) []any {
	all := make([]any, len(names))
	for i, name := range names {
		all[i] = name
	}
	return all
}

// trustedRoleNames are the names of the roles under access.
func trustedRoleNames(s *settings.Settings) []string {
	var names []string
	for _, arn := range TrustedRoles.Resources(s) {
		names = append(names, path.Base(arn))
	}
	return unique(names)
}
