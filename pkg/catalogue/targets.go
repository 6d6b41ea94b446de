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
	Bus              Target = "Bus"
	Topic            Target = "Topic"
	DeadLetters      Target = "DeadLetters"
	Chat             Target = "Chat"
	ChatDestination  Target = "ChatDestination"
	Alarms           Target = "Alarms"
	Machines         Target = "Machines"
	Executions       Target = "Executions"
	KnownState       Target = "KnownState"
	CheckFunction    Target = "CheckFunction"
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
	ListenerRules    Target = "ListenerRules"
	TargetGroups     Target = "TargetGroups"
	LoadBalancers    Target = "LoadBalancers"
	ForeignServices  Target = "ForeignServices"
	Services         Target = "Services"
	Tasks            Target = "Tasks"
	Sources          Target = "Sources"
	PullRequests     Target = "PullRequests"
	ApprovalRules    Target = "ApprovalRules"
	SourceBranch     Target = "SourceBranch"
	Branch           Target = "Branch"
	Workflow         Target = "Workflow"
)

// scope says which resources a target consists of.
type scope struct {
	target Target
	// description is the target's name in alerts and on the page.
	description string
	// kind is the type of the resource. An action applies to one type, so that actions
	// and resources of two types can share a statement.
	kind string
	// resources are ARNs and patterns; none where the stack has no such resource.
	resources func(naming.Plan, *settings.Settings) []string
	// operator and key are a condition that narrows the resources to values, where ARNs are not enough.
	operator, key string
	values        func(naming.Plan, *settings.Settings) []string
	// growsWithApps is whether each app adds to the resources or values.
	growsWithApps bool
	// closed is whether the resources have the gate's name in their ARNs: guardrails deny every call on them but reads.
	closed bool
}

// scopes are all targets, in the order in which documents are filled.
var scopes = []scope{
	{
		target: Account, description: "the account (the call names no resource)", kind: "account",
		resources: func(naming.Plan, *settings.Settings) []string { return []string{"*"} },
		// The guardrails may be attached above other accounts too.
		operator: "StringEquals", key: "aws:PrincipalAccount",
		values: func(p naming.Plan, _ *settings.Settings) []string { return []string{p.Account} },
	},
	{target: Pipelines, closed: true, description: "the apps' pipelines", kind: "pipeline", resources: always(naming.Plan.Pipelines)},
	{target: Stages, closed: true, description: "the stages of the pipelines", kind: "stage", resources: always(naming.Plan.Stages)},
	{target: Approval, closed: true, description: "the approval action of a pipeline", kind: "action", resources: unless(hasNoApprovers, naming.Plan.Approvals)},
	{target: Projects, closed: true, description: "the CodeBuild projects", kind: "project", resources: always(naming.Plan.Projects)},
	{target: Repositories, closed: true, description: "the apps' image repositories", kind: "repository", resources: always(naming.Plan.Repositories)},
	{target: Buckets, closed: true, description: "the buckets for artifacts and records", kind: "bucket", resources: always(naming.Plan.Buckets)},
	{target: ArtifactObjects, description: "objects in the artifact bucket", kind: "object", resources: always(func(p naming.Plan) string {
		return p.Bucket("artifacts").ARN + "/*"
	})},
	{target: RecordObjects, description: "objects in AWS Config's bucket", kind: "object", resources: always(func(p naming.Plan) string {
		return p.Bucket("config").ARN + "/*"
	})},
	{target: CallObjects, description: "objects in CloudTrail's bucket", kind: "object", resources: unless(hasNoTrail, func(p naming.Plan) string {
		return p.Bucket("trail").ARN + "/*"
	})},
	{
		// KMS gives keys their ids, so that the alias identifies the key.
		target: Keys, description: "the gate's KMS keys", kind: "key", resources: always(naming.Plan.AllKeys),
		operator: "ForAnyValue:StringLike", key: "kms:ResourceAliases", values: always(naming.Plan.KeyAliases),
	},
	{
		target: ArtifactKey, description: "the KMS key for artifacts", kind: "key", resources: always(naming.Plan.AllKeys),
		operator: "ForAnyValue:StringEquals", key: "kms:ResourceAliases", values: always(func(p naming.Plan) string { return p.KeyAlias("artifacts") }),
	},
	{
		target: SecretsKey, description: "the KMS key for secrets", kind: "key", resources: unless(hasNoSecrets, naming.Plan.AllKeys),
		operator: "ForAnyValue:StringEquals", key: "kms:ResourceAliases", values: always(func(p naming.Plan) string { return p.KeyAlias("secrets") }),
	},
	{target: Aliases, closed: true, description: "the aliases of the gate's KMS keys", kind: "alias", resources: always(naming.Plan.AllAliases)},
	{target: Roles, closed: true, description: "the gate's roles", kind: "role", resources: always(naming.Plan.AllRoles)},
	{target: TrustedRoles, description: "the roles of deployers, approvers and break-glass", kind: "role", resources: func(_ naming.Plan, s *settings.Settings) []string {
		return slices.Concat(s.Access.DeployerArns, []string{s.Access.BreakGlassArn}, s.Access.ApproverArns)
	}},
	{target: ApproverRoles, description: "the approver roles of the apps", kind: "role", resources: unless(hasNoApprovers, func(p naming.Plan) string {
		return p.Roles(naming.Approver)
	})},
	{target: BreakGlass, description: "the break-glass role", kind: "role", resources: func(_ naming.Plan, s *settings.Settings) []string {
		return []string{s.Access.BreakGlassArn}
	}},
	{target: Policies, closed: true, description: "the policies and boundaries of the gate's roles", kind: "policy", resources: always(naming.Plan.AllPolicies)},
	{target: IdentityProvider, description: "GitHub's OpenID Connect provider", kind: "oidc-provider", resources: unless(hasNoWorkflows, naming.Plan.GitHubProvider)},
	{target: Rules, closed: true, description: "the gate's EventBridge rules", kind: "rule", resources: func(p naming.Plan, _ *settings.Settings) []string {
		return unique([]string{p.Rules(), p.GlobalRules()})
	}},
	{target: Bus, description: "EventBridge's default bus", kind: "event-bus", resources: always(naming.Plan.Bus)},
	// The pattern matches the subscriptions of the topic too.
	{target: Topic, closed: true, description: "the alert topic", kind: "topic", resources: always(func(p naming.Plan) string { return p.Topic().ARN + "*" })},
	{target: DeadLetters, closed: true, description: "the alert queues (chat, undelivered alerts)", kind: "queue", resources: func(p naming.Plan, s *settings.Settings) []string {
		if !s.HasChat() {
			return []string{p.DeadLetters().ARN}
		}
		return []string{p.DeadLetters().ARN, p.ChatQueue().ARN}
	}},
	{target: Chat, closed: true, description: "the EventBridge pipe to the chat", kind: "pipe", resources: unless(hasNoChat, func(p naming.Plan) string { return p.Chat().ARN })},
	{target: ChatDestination, closed: true, description: "the API destination of the chat", kind: "api-destination", resources: unless(hasNoChat, func(p naming.Plan) string {
		return p.ChatDestination().ARN
	})},
	{target: Alarms, closed: true, description: "the alarms on undelivered alerts and on the check of the known state", kind: "alarm", resources: always(naming.Plan.Alarms)},
	{target: Machines, closed: true, description: "the state machines for containment and release", kind: "statemachine", resources: unless(hasNoContainment, naming.Plan.Machines)},
	{target: Executions, closed: true, description: "an execution of these state machines", kind: "execution", resources: unless(hasNoContainment, naming.Plan.Executions)},
	{target: KnownState, closed: true, description: "the known state of the pipelines", kind: "parameter", resources: always(naming.Plan.KnownStates)},
	{target: CheckFunction, closed: true, description: "the function that checks the known state", kind: "function", resources: always(func(p naming.Plan) string {
		return p.CheckFunction().ARN + "*" // and its versions and aliases
	})},
	{target: Trails, description: "the account's trails", kind: "trail", resources: always(naming.Plan.Trails)},
	{target: Detector, description: "GuardDuty's detector", kind: "detector", resources: unless(isGuardDutyOff, naming.Plan.Detectors)},
	{target: Recorder, description: "AWS Config's recorder", kind: "recorder", resources: unless(isConfigOff, naming.Plan.ConfigRecorders)},
	{target: ConfigRules, description: "AWS Config's rules", kind: "config-rule", resources: unless(isConfigOff, naming.Plan.ConfigRules)},
	{target: Remedies, description: "AWS Config's remediations", kind: "remediation-configuration", resources: unless(isConfigOff, naming.Plan.Remediations)},
	{target: Analyzers, description: "the IAM Access Analyzer of external access", kind: "analyzer", resources: unless(isAnalyzerOff, naming.Plan.Analyzers)},
	{target: Hub, description: "Security Hub", kind: "hub", resources: unless(isSecurityHubOff, naming.Plan.Hub)},
	{target: LogGroups, closed: true, description: "the log groups of the builds", kind: "log-group", resources: always(naming.Plan.LogGroups)},
	{target: Secrets, closed: true, description: "the secrets that the gate makes", kind: "secret", resources: unless(hasNoSecrets, naming.Plan.Secrets)},
	{target: Hosts, description: "the hosts of connections", kind: "host", resources: func(p naming.Plan, s *settings.Settings) []string {
		if s.UsesCodeCommit() {
			return nil
		}
		return p.Connections("host/*")
	}},
	{target: SigningProfiles, closed: true, description: "the signing profile", kind: "signing-profile", resources: unless(isUnsigned, naming.Plan.SigningProfiles)},
	{target: Deployments, closed: true, description: "the CodeDeploy applications of the apps", kind: "application", resources: unless(hasNoBlueGreen, naming.Plan.AllDeployments)},
	{target: DeploymentGroups, closed: true, description: "the CodeDeploy deployment groups", kind: "deploymentgroup", resources: unless(hasNoBlueGreen, naming.Plan.DeploymentGroups)},
	{target: Listeners, description: "the load balancer listeners of the apps", kind: "listener", growsWithApps: true, resources: ofListeners(func(listener string) string { return listener })},
	{target: ListenerRules, description: "the rules of these listeners", kind: "listener-rule", growsWithApps: true, resources: ofListeners(naming.RulesOf)},
	{target: LoadBalancers, description: "the load balancers of these listeners", kind: "loadbalancer", growsWithApps: true, resources: ofListeners(naming.LoadBalancerOf)},
	{target: TargetGroups, description: "the target groups of the apps", kind: "targetgroup", growsWithApps: true, resources: func(p naming.Plan, s *settings.Settings) []string {
		return mapEach(targetGroups(s), p.TargetGroup)
	}},
	// Services of other clusters: those of the apps' clusters are Services.
	{target: ForeignServices, description: "a service, of any cluster, that registers its tasks with an app's target group", kind: "service", resources: unless(hasNoTargetGroups, naming.Plan.AllOfECS)},
	// AWS gives a connection its id, so that the pattern matches all of the region unless settings name one.
	{target: Connections, description: "the connection to GitHub", kind: "connection", resources: func(p naming.Plan, s *settings.Settings) []string {
		if s.UsesCodeCommit() {
			return nil
		}
		_, adopted, _ := strings.Cut(s.Source.ConnectionArn, ":connection/")
		if adopted == "" {
			adopted = "*"
		}
		return p.Connections("connection/" + adopted)
	}},
	{target: ServiceRoles, description: "the gate's roles except the approver roles", kind: "role", resources: func(p naming.Plan, _ *settings.Settings) []string {
		// The patterns have the first letters of the duties, and no approver's role begins with one of them:
		// a pattern for each duty would be too long.
		var patterns []string
		for _, duty := range naming.Serves() {
			patterns = append(patterns, strings.TrimSuffix(p.Roles(duty), duty[1:]+"/*")+"*")
		}
		patterns = unique(patterns)
		return patterns
	}},
	{
		target: Services, description: "the services in the apps' clusters", kind: "service", growsWithApps: true, resources: always(naming.Plan.AllOfECS),
		operator: "ArnEquals", key: "ecs:cluster",
		values: func(p naming.Plan, s *settings.Settings) []string { return mapEach(s.Clusters(), p.Cluster) },
	},
	{
		// A task definition belongs to no cluster.
		target: Tasks, description: "tasks in the apps' clusters", kind: "task-definition", growsWithApps: true, resources: always(naming.Plan.TaskDefinitions),
		operator: "ArnEquals", key: "ecs:cluster",
		values: func(p naming.Plan, s *settings.Settings) []string { return mapEach(s.Clusters(), p.Cluster) },
	},
	{target: Sources, description: "the apps' repositories in CodeCommit", kind: "source", growsWithApps: true, resources: sourceRepositories},
	// An event names a pull request by its number, and not its repository.
	{target: PullRequests, description: "pull requests in CodeCommit", kind: "pull-request", growsWithApps: true, resources: sourceRepositories},
	{
		// CodeCommit's approval rule templates have no ARN.
		target: ApprovalRules, description: "the approval rule template for prod in CodeCommit", kind: "approval-rule-template", resources: unless(isNotCodeCommit, func(naming.Plan) string { return "*" }),
		operator: "StringEquals", key: "aws:PrincipalAccount", values: always(func(p naming.Plan) string { return p.Account }),
	},
	{
		target: SourceBranch, description: "the branch prod of the apps' repositories in CodeCommit", kind: "reference", growsWithApps: true, resources: sourceRepositories,
		operator: "StringEquals", key: "codecommit:References", values: always(func(naming.Plan) string { return "refs/heads/prod" }),
	},
	{target: Branch, description: "the branch prod of the apps' repositories at GitHub", kind: "branch", resources: partOfGitHub("@prod")},
	{target: Workflow, description: "the workflows of the apps' repositories at GitHub", kind: "file", resources: partOfGitHub("/.github/**")},
}

func (t Target) scope() scope {
	i := slices.IndexFunc(scopes, func(s scope) bool { return s.target == t })
	if i < 0 {
		return scope{target: t, description: fmt.Sprintf("%s, which has no scope", t)}
	}
	return scopes[i]
}

// Resources are the ARNs and patterns of a target in a stack; none where the stack has no such resource.
func (t Target) Resources(s *settings.Settings) []string {
	return t.scope().resources(naming.New(s), s)
}

// always is a resource that every stack has.
func always(of func(naming.Plan) string) func(naming.Plan, *settings.Settings) []string {
	return func(p naming.Plan, _ *settings.Settings) []string { return []string{of(p)} }
}

// unless is a resource that a stack has unless it lacks the feature.
func unless(absent func(*settings.Settings) bool, of func(naming.Plan) string) func(naming.Plan, *settings.Settings) []string {
	return func(p naming.Plan, s *settings.Settings) []string {
		if absent(s) {
			return nil
		}
		return []string{of(p)}
	}
}

func isGuardDutyOff(s *settings.Settings) bool { return s.Detection.GuardDuty == settings.Off }
func isConfigOff(s *settings.Settings) bool    { return s.Detection.Config == settings.Off }
func hasNoApprovers(s *settings.Settings) bool { return len(s.Access.ApproverArns) == 0 }
func hasNoSecrets(s *settings.Settings) bool {
	return !slices.ContainsFunc(s.Apps, func(app settings.App) bool {
		return slices.ContainsFunc(app.Secrets, func(secret settings.Secret) bool { return secret.Arn == "" })
	})
}
func hasNoTrail(s *settings.Settings) bool       { return s.Detection.Trail != settings.Create }
func hasNoContainment(s *settings.Settings) bool { return s.Detection.Response != settings.Contain }
func isAnalyzerOff(s *settings.Settings) bool    { return s.Detection.AccessAnalyzer == settings.Off }
func isSecurityHubOff(s *settings.Settings) bool { return s.Detection.SecurityHub == settings.Off }
func hasNoWorkflows(s *settings.Settings) bool   { return s.Workflows.Repository == "" }

func hasNoChat(s *settings.Settings) bool  { return !s.HasChat() }
func isUnsigned(s *settings.Settings) bool { return !s.Signs() }
func hasNoBlueGreen(s *settings.Settings) bool {
	return !slices.ContainsFunc(s.Apps, func(app settings.App) bool { return app.Deployment.Kind == settings.BlueGreen })
}

// listeners are the load balancer listeners of the apps that settings name.
func listeners(s *settings.Settings) []string {
	var all []string
	for _, app := range s.Apps {
		all = append(all, app.Deployment.Listeners()...)
	}
	return unique(all)
}

// targetGroups are the names of the target groups of the apps that settings name.
func targetGroups(s *settings.Settings) []string {
	var all []string
	for _, app := range s.Apps {
		all = append(all, app.Deployment.TargetGroups...)
	}
	return unique(all)
}

func hasNoTargetGroups(s *settings.Settings) bool { return len(targetGroups(s)) == 0 }

// ofListeners is a part of each listener's load balancer.
func ofListeners(of func(listener string) string) func(naming.Plan, *settings.Settings) []string {
	return func(_ naming.Plan, s *settings.Settings) []string { return unique(mapEach(listeners(s), of)) }
}

func mapEach(names []string, of func(string) string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = of(name)
	}
	return all
}

func isNotCodeCommit(s *settings.Settings) bool { return !s.UsesCodeCommit() }

// sourceRepositories are the ARNs of the repositories in CodeCommit.
func sourceRepositories(p naming.Plan, s *settings.Settings) []string {
	if !s.UsesCodeCommit() {
		return nil
	}
	return mapEach(s.Repositories(), p.SourceRepository)
}

// partOfGitHub is a part of each repository at GitHub.
func partOfGitHub(what string) func(naming.Plan, *settings.Settings) []string {
	return func(_ naming.Plan, s *settings.Settings) []string {
		if s.UsesCodeCommit() {
			return nil
		}
		return mapEach(s.Repositories(), func(r string) string { return s.Source.Owner + "/" + r + what })
	}
}

// unique are texts without duplicates, in the order of their first occurrence.
func unique(texts []string) []string {
	var all []string
	for _, text := range texts {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}
