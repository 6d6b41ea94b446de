package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// The parts of the gate.
const (
	Account          Target = "Account"
	Pipelines        Target = "Pipelines"
	Stages           Target = "Stages"
	Approval         Target = "Approval"
	Projects         Target = "Projects"
	Repositories     Target = "Repositories"
	Buckets          Target = "Buckets"
	ArtifactObjects  Target = "ArtifactObjects"
	RecordObjects    Target = "RecordObjects"
	CallObjects      Target = "CallObjects"
	Keys             Target = "Keys"
	ArtifactKey      Target = "ArtifactKey"
	SecretsKey       Target = "SecretsKey"
	Aliases          Target = "Aliases"
	Roles            Target = "Roles"
	TrustedRoles     Target = "TrustedRoles"
	ServiceRoles     Target = "ServiceRoles"
	ApproverRoles    Target = "ApproverRoles"
	BreakGlass       Target = "BreakGlass"
	Policies         Target = "Policies"
	IdentityProvider Target = "IdentityProvider"
	Rules            Target = "Rules"
	Topic            Target = "Topic"
	DeadLetters      Target = "DeadLetters"
	Chat             Target = "Chat"
	ChatDestination  Target = "ChatDestination"
	Alarms           Target = "Alarms"
	Machines         Target = "Machines"
	Executions       Target = "Executions"
	KnownState       Target = "KnownState"
	Trails           Target = "Trails"
	Detector         Target = "Detector"
	Recorder         Target = "Recorder"
	ConfigRules      Target = "ConfigRules"
	Remedies         Target = "Remedies"
	Analyzers        Target = "Analyzers"
	Hub              Target = "Hub"
	LogGroups        Target = "LogGroups"
	Secrets          Target = "Secrets"
	Hosts            Target = "Hosts"
	Connections      Target = "Connections"
	SigningProfiles  Target = "SigningProfiles"
	Deployments      Target = "Deployments"
	DeploymentGroups Target = "DeploymentGroups"
	Listeners        Target = "Listeners"
	Services         Target = "Services"
	Tasks            Target = "Tasks"
	Sources          Target = "Sources"
	PullRequests     Target = "PullRequests"
	ApprovalRules    Target = "ApprovalRules"
	SourceBranch     Target = "SourceBranch"
	Branch           Target = "Branch"
	Workflow         Target = "Workflow"
)

// scope is where a target stands.
type scope struct {
	target Target
	// what it is, for a person.
	what string
	// kind is the type of the resource. An action is made on one type, so that actions
	// and resources of two types can share a statement.
	kind string
	// resources are ARNs and patterns; none where the stack has no such thing.
	resources func(naming.Plan, *settings.Settings) []string
	// operator and key narrow the resources, where they are not enough, to values.
	operator, key string
	values        func(naming.Plan, *settings.Settings) []string
	// grows with the apps.
	grows bool
}

// scopes are all targets, in the order in which guardrails are packed.
var scopes = []scope{
	{
		target: Account, what: "the account: the call names nothing smaller", kind: "account",
		resources: func(naming.Plan, *settings.Settings) []string { return []string{"*"} },
		// The guardrails may hang above other accounts too.
		operator: "StringEquals", key: "aws:PrincipalAccount",
		values: func(p naming.Plan, _ *settings.Settings) []string { return []string{p.Account} },
	},
	{target: Pipelines, what: "the apps' pipelines", kind: "pipeline", resources: one(naming.Plan.Pipelines)},
	{target: Stages, what: "the stages of the pipelines", kind: "stage", resources: one(naming.Plan.Stages)},
	{target: Approval, what: "the approval of a deployment", kind: "action", resources: unless(nobodyApproves, naming.Plan.Approvals)},
	{target: Projects, what: "the CodeBuild projects", kind: "project", resources: one(naming.Plan.Projects)},
	{target: Repositories, what: "the apps' image repositories", kind: "repository", resources: one(naming.Plan.Repositories)},
	{target: Buckets, what: "the buckets of artifacts and records", kind: "bucket", resources: one(naming.Plan.Buckets)},
	{target: ArtifactObjects, what: "what is in the artifact bucket", kind: "object", resources: one(func(p naming.Plan) string {
		return p.Bucket("artifacts").ARN + "/*"
	})},
	{target: RecordObjects, what: "what is in AWS Config's bucket", kind: "object", resources: one(func(p naming.Plan) string {
		return p.Bucket("config").ARN + "/*"
	})},
	{target: CallObjects, what: "what is in CloudTrail's bucket", kind: "object", resources: unless(withoutTrail, func(p naming.Plan) string {
		return p.Bucket("trail").ARN + "/*"
	})},
	{
		// KMS makes up a key's id: its alias tells.
		target: Keys, what: "the gate's keys", kind: "key", resources: one(naming.Plan.AllKeys),
		operator: "ForAnyValue:StringLike", key: "kms:ResourceAliases", values: one(naming.Plan.KeyAliases),
	},
	{
		target: ArtifactKey, what: "the key of artifacts", kind: "key", resources: one(naming.Plan.AllKeys),
		operator: "ForAnyValue:StringEquals", key: "kms:ResourceAliases", values: one(func(p naming.Plan) string { return p.KeyAlias("artifacts") }),
	},
	{
		target: SecretsKey, what: "the key of secrets", kind: "key", resources: unless(withoutSecrets, naming.Plan.AllKeys),
		operator: "ForAnyValue:StringEquals", key: "kms:ResourceAliases", values: one(func(p naming.Plan) string { return p.KeyAlias("secrets") }),
	},
	{target: Aliases, what: "the aliases of the gate's keys", kind: "alias", resources: one(naming.Plan.AllAliases)},
	{target: Roles, what: "the gate's roles", kind: "role", resources: one(naming.Plan.AllRoles)},
	{target: TrustedRoles, what: "the roles of deployers, approvers and break-glass", kind: "role", resources: func(_ naming.Plan, s *settings.Settings) []string {
		return slices.Concat(s.Access.DeployerArns, []string{s.Access.BreakGlassArn}, s.Access.ApproverArns)
	}},
	{target: ApproverRoles, what: "the approvers' roles of the apps", kind: "role", resources: unless(nobodyApproves, func(p naming.Plan) string {
		return p.Roles(naming.Approver)
	})},
	{target: BreakGlass, what: "the break-glass role", kind: "role", resources: func(_ naming.Plan, s *settings.Settings) []string {
		return []string{s.Access.BreakGlassArn}
	}},
	{target: Policies, what: "the policies and boundaries of the gate's roles", kind: "policy", resources: one(naming.Plan.AllPolicies)},
	{target: IdentityProvider, what: "GitHub's OpenID Connect provider", kind: "oidc-provider", resources: unless(withoutWorkflows, naming.Plan.GitHubProvider)},
	{target: Rules, what: "the gate's EventBridge rules", kind: "rule", resources: one(naming.Plan.Rules)},
	// With the subscriptions, which stand below the topic.
	{target: Topic, what: "the topic of alerts", kind: "topic", resources: one(func(p naming.Plan) string { return p.Topic().ARN + "*" })},
	{target: DeadLetters, what: "the queues of alerts: for the chat, and those that could not be delivered", kind: "queue", resources: func(p naming.Plan, s *settings.Settings) []string {
		if !s.TellsChat() {
			return []string{p.DeadLetters().ARN}
		}
		return []string{p.DeadLetters().ARN, p.ChatQueue().ARN}
	}},
	{target: Chat, what: "what brings alerts to the chat", kind: "pipe", resources: unless(tellsNoChat, func(p naming.Plan) string { return p.Chat().ARN })},
	{target: ChatDestination, what: "where alerts of the chat are sent", kind: "api-destination", resources: unless(tellsNoChat, func(p naming.Plan) string {
		return p.ChatDestination().ARN
	})},
	{target: Alarms, what: "the alarm on that queue", kind: "alarm", resources: one(naming.Plan.Alarms)},
	{target: Machines, what: "the state machines that contain and release", kind: "statemachine", resources: unless(nothingContains, naming.Plan.Machines)},
	{target: Executions, what: "a run of these state machines", kind: "execution", resources: unless(nothingContains, naming.Plan.Executions)},
	{target: KnownState, what: "the known state of the pipelines", kind: "parameter", resources: one(naming.Plan.KnownStates)},
	{target: Trails, what: "the account's trails", kind: "trail", resources: one(naming.Plan.Trails)},
	{target: Detector, what: "GuardDuty's detector", kind: "detector", resources: unless(guardDutyOff, naming.Plan.Detectors)},
	{target: Recorder, what: "AWS Config's recorder", kind: "recorder", resources: unless(configOff, naming.Plan.ConfigRecorders)},
	{target: ConfigRules, what: "AWS Config's rules", kind: "config-rule", resources: unless(configOff, naming.Plan.ConfigRules)},
	{target: Remedies, what: "what AWS Config puts right", kind: "remediation-configuration", resources: unless(configOff, naming.Plan.Remediations)},
	{target: Analyzers, what: "the analyzer of external access", kind: "analyzer", resources: unless(analyzerOff, naming.Plan.Analyzers)},
	{target: Hub, what: "Security Hub", kind: "hub", resources: unless(hubOff, naming.Plan.Hub)},
	{target: LogGroups, what: "the log groups of the builds", kind: "log-group", resources: one(naming.Plan.LogGroups)},
	{target: Secrets, what: "the secrets that the gate makes", kind: "secret", resources: unless(withoutSecrets, naming.Plan.Secrets)},
	{target: Hosts, what: "hosts of connections", kind: "host", resources: func(p naming.Plan, s *settings.Settings) []string {
		if s.FromCodeCommit() {
			return nil
		}
		return p.Connections("host/*")
	}},
	{target: SigningProfiles, what: "what signs images", kind: "signing-profile", resources: unless(nothingSigns, naming.Plan.SigningProfiles)},
	{target: Deployments, what: "CodeDeploy's applications of the apps", kind: "application", resources: unless(nothingShifts, naming.Plan.AllDeployments)},
	{target: DeploymentGroups, what: "how CodeDeploy shifts traffic", kind: "deploymentgroup", resources: unless(nothingShifts, naming.Plan.DeploymentGroups)},
	{target: Listeners, what: "the load balancers' listeners of the apps", kind: "listener", grows: true, resources: func(_ naming.Plan, s *settings.Settings) []string {
		return listeners(s)
	}},
	// The id of one that the gate makes is AWS's: all of the region then.
	{target: Connections, what: "the connection to GitHub", kind: "connection", resources: func(p naming.Plan, s *settings.Settings) []string {
		if s.FromCodeCommit() {
			return nil
		}
		_, adopted, _ := strings.Cut(s.Source.ConnectionArn, ":connection/")
		if adopted == "" {
			adopted = "*"
		}
		return p.Connections("connection/" + adopted)
	}},
	{target: ServiceRoles, what: "the gate's roles but the approvers'", kind: "role", resources: func(p naming.Plan, _ *settings.Settings) []string {
		// By the first letters of their duties, of which no approver's role has one: there are too
		// many duties for a pattern of each.
		var patterns []string
		for _, duty := range naming.Serves() {
			patterns = append(patterns, strings.TrimSuffix(p.Roles(duty), duty[1:]+"/*")+"*")
		}
		patterns = unique(patterns)
		return patterns
	}},
	{
		target: Services, what: "all that runs in the apps' clusters", kind: "service", grows: true, resources: one(naming.Plan.AllOfECS),
		operator: "ArnEquals", key: "ecs:cluster",
		values: func(p naming.Plan, s *settings.Settings) []string { return each(clusters(s), p.Cluster) },
	},
	{
		// A task definition is of no cluster.
		target: Tasks, what: "tasks in the apps' clusters", kind: "task-definition", grows: true, resources: one(naming.Plan.TaskDefinitions),
		operator: "ArnEquals", key: "ecs:cluster",
		values: func(p naming.Plan, s *settings.Settings) []string { return each(clusters(s), p.Cluster) },
	},
	{target: Sources, what: "the apps' repositories in CodeCommit", kind: "source", grows: true, resources: sources},
	// A request is known by its number alone, which does not say of which repository.
	{target: PullRequests, what: "pull requests in CodeCommit", kind: "pull-request", grows: true, resources: sources},
	{
		// CodeCommit's templates have no ARN.
		target: ApprovalRules, what: "who approves a pull request to prod in CodeCommit", kind: "approval-rule-template", resources: unless(notCodeCommit, func(naming.Plan) string { return "*" }),
		operator: "StringEquals", key: "aws:PrincipalAccount", values: one(func(p naming.Plan) string { return p.Account }),
	},
	{
		target: SourceBranch, what: "the branch prod of the apps' repositories in CodeCommit", kind: "reference", grows: true, resources: sources,
		operator: "StringEquals", key: "codecommit:References", values: one(func(naming.Plan) string { return "refs/heads/prod" }),
	},
	{target: Branch, what: "the branch prod of the apps' repositories at GitHub", kind: "branch", resources: atGitHub("@prod")},
	{target: Workflow, what: "the workflows of the apps' repositories at GitHub", kind: "file", resources: atGitHub("/.github/**")},
}

func (t Target) scope() scope {
	i := slices.IndexFunc(scopes, func(s scope) bool { return s.target == t })
	if i < 0 {
		return scope{target: t, what: fmt.Sprintf("%s, which nothing knows", t)}
	}
	return scopes[i]
}

// Resources are the ARNs and patterns of a target in one stack; none where the
// stack has no such thing.
func (t Target) Resources(s *settings.Settings) []string {
	return t.scope().resources(naming.New(s), s)
}

func one(of func(naming.Plan) string) func(naming.Plan, *settings.Settings) []string {
	return func(p naming.Plan, _ *settings.Settings) []string { return []string{of(p)} }
}

// unless is one that a stack may do without.
func unless(absent func(*settings.Settings) bool, of func(naming.Plan) string) func(naming.Plan, *settings.Settings) []string {
	return func(p naming.Plan, s *settings.Settings) []string {
		if absent(s) {
			return nil
		}
		return []string{of(p)}
	}
}

func guardDutyOff(s *settings.Settings) bool   { return s.Detection.GuardDuty == settings.Off }
func configOff(s *settings.Settings) bool      { return s.Detection.Config == settings.Off }
func nobodyApproves(s *settings.Settings) bool { return len(s.Access.ApproverArns) == 0 }
func withoutSecrets(s *settings.Settings) bool {
	return !slices.ContainsFunc(s.Apps, func(app settings.App) bool {
		return slices.ContainsFunc(app.Secrets, func(secret settings.Secret) bool { return secret.Arn == "" })
	})
}
func withoutTrail(s *settings.Settings) bool     { return s.Detection.Trail != settings.Create }
func nothingContains(s *settings.Settings) bool  { return s.Detection.Response != settings.Contain }
func analyzerOff(s *settings.Settings) bool      { return s.Detection.AccessAnalyzer == settings.Off }
func hubOff(s *settings.Settings) bool           { return s.Detection.SecurityHub == settings.Off }
func withoutWorkflows(s *settings.Settings) bool { return s.Workflows.Repository == "" }

func tellsNoChat(s *settings.Settings) bool   { return !s.TellsChat() }
func nothingSigns(s *settings.Settings) bool  { return !s.Signs() }
func nothingShifts(s *settings.Settings) bool { return len(listeners(s)) == 0 }

// listeners are those that traffic is shifted at.
func listeners(s *settings.Settings) []string {
	var all []string
	for _, app := range s.Apps {
		all = append(all, app.Deployment.Listeners()...)
	}
	return unique(all)
}

func each(names []string, of func(string) string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = of(name)
	}
	return all
}

func notCodeCommit(s *settings.Settings) bool { return !s.FromCodeCommit() }

// sources are the repositories in CodeCommit.
func sources(p naming.Plan, s *settings.Settings) []string {
	if !s.FromCodeCommit() {
		return nil
	}
	return each(s.Repositories(), p.SourceRepository)
}

// atGitHub is something of each repository there.
func atGitHub(what string) func(naming.Plan, *settings.Settings) []string {
	return func(_ naming.Plan, s *settings.Settings) []string {
		if s.FromCodeCommit() {
			return nil
		}
		return each(s.Repositories(), func(r string) string { return s.Source.Owner + "/" + r + what })
	}
}

// clusters are those of the apps, in the order of the apps.
func clusters(s *settings.Settings) []string {
	var all []string
	for _, app := range s.Apps {
		all = append(all, app.Cluster)
	}
	return unique(all)
}

// unique are texts in the order in which each first stands.
func unique(texts []string) []string {
	var all []string
	for _, text := range texts {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}
