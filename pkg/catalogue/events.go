package catalogue

import (
	"path"
	"slices"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// eventMatcher says how an event of CloudTrail shows that a call is on a target.
type eventMatcher struct {
	// parameter is the path below detail that names the part in a request; empty for calls on the account.
	// CloudTrail writes the members of a request as the service's API does, with a small first letter.
	parameter string
	// parametersOf are the paths of the calls that name the part elsewhere: each of them may name it.
	parametersOf map[string][]string
	// matches are the values of the parameter, in the operators of event patterns.
	matches func(naming.Plan, *settings.Settings) []any
	// members are the names of the parts where a pattern names each, and memberValues the values of the parameter
	// at a path then.
	members      func(*settings.Settings) []string
	memberValues func(path string, members []string) []any
	// keyPurposes are the purposes of the keys that the parameter names instead.
	keyPurposes func(DeployedARNs) []string
	// eventNames are the events of the calls whose events have other names on this target.
	eventNames map[string][]string
	// affectsDelivery is whether the target delivers, or decides what is delivered.
	affectsDelivery bool
}

const (
	request = "requestParameters."
	// keyARN is the path of a key's ARN in an event, whichever way the request names the key.
	keyARN = "resources.ARN"
)

// eventMatchers are the matchers of all reported targets.
var eventMatchers = map[Target]eventMatcher{
	Account: {},
	Pipelines: {affectsDelivery: true, parameter: request + "name", matches: pipelineName, parametersOf: map[string][]string{
		"codepipeline:CreatePipeline":        {request + "pipeline.name"},
		"codepipeline:UpdatePipeline":        {request + "pipeline.name"},
		"codepipeline:StopPipelineExecution": {request + "pipelineName"},
		"codepipeline:PutWebhook":            {request + "webhook.targetPipeline"},
		"codepipeline:TagResource":           {request + "resourceArn"},
		"codepipeline:UntagResource":         {request + "resourceArn"},
	}},
	Stages:   {affectsDelivery: true, parameter: request + "pipelineName", matches: pipelineName},
	Approval: {affectsDelivery: true, parameter: request + "pipelineName", matches: pipelineName},
	// A name, an ARN, or the id of a build, which begins with the project's name.
	Projects: {affectsDelivery: true, parameter: request + "projectName", matches: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{pattern{"prefix": p.Gate + "-"}, pattern{"wildcard": "arn:*/" + p.Gate + "-*"}}
	}, parametersOf: map[string][]string{
		"codebuild:CreateProject":           {request + "name"},
		"codebuild:UpdateProject":           {request + "name"},
		"codebuild:DeleteProject":           {request + "name"},
		"codebuild:UpdateProjectVisibility": {request + "projectArn"},
		"codebuild:RetryBuild":              {request + "id"},
		"codebuild:RetryBuildBatch":         {request + "id"},
		"codebuild:PutResourcePolicy":       {request + "resourceArn"},
	}},
	Repositories:     {affectsDelivery: true, parameter: request + "repositoryName", matches: hasPrefix(func(p naming.Plan) string { return p.Gate + "/" })},
	SigningProfiles:  {affectsDelivery: true, parameter: request + "profileName", matches: hasPrefix(naming.Plan.SigningPrefix)},
	Deployments:      {affectsDelivery: true, parameter: request + "applicationName", matches: gateName},
	DeploymentGroups: {affectsDelivery: true, parameter: request + "applicationName", matches: gateName},
	Listeners:        {parameter: request + "listenerArn", members: listeners, memberValues: literals},
	Services: {parameter: request + "cluster", members: (*settings.Settings).Clusters, memberValues: clusterValues, parametersOf: map[string][]string{
		"ecs:StopServiceDeployment": {request + "serviceDeploymentArn"},
	}},
	Tasks: {parameter: request + "cluster", members: (*settings.Settings).Clusters, memberValues: clusterValues},
	Connections: {affectsDelivery: true, parameter: request + "connectionArn", matches: func(_ naming.Plan, s *settings.Settings) []any {
		if s.Source.ConnectionArn == "" { // AWS gives the connection that the gate makes its id
			return []any{pattern{"exists": true}}
		}
		return []any{s.Source.ConnectionArn}
	}},
	Sources: {affectsDelivery: true, parameter: request + "repositoryName", members: (*settings.Settings).Repositories, memberValues: literals, parametersOf: map[string][]string{
		"codecommit:UpdateRepositoryName":                                  {request + "oldName"},
		"codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories": {request + "repositoryNames"},
	}},
	PullRequests: {affectsDelivery: true, parameter: request + "pullRequestId", matches: exists},
	ApprovalRules: {affectsDelivery: true, parameter: request + "approvalRuleTemplateName", matches: equals(naming.Plan.ApprovalRule), parametersOf: map[string][]string{
		"codecommit:UpdateApprovalRuleTemplateName": {request + "oldApprovalRuleTemplateName"},
	}},
	Hosts: {affectsDelivery: true, parameter: request + "hostArn", matches: exists},
	Buckets: {affectsDelivery: true, parameter: request + "bucketName", matches: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{pattern{"wildcard": p.Bucket("*").Name}}
	}},
	Keys: {affectsDelivery: true, parameter: keyARN, keyPurposes: func(known DeployedARNs) []string {
		var purposes []string
		for purpose := range known.Keys {
			purposes = append(purposes, purpose)
		}
		slices.Sort(purposes)
		return purposes
	}},
	ArtifactKey: {parameter: keyARN, keyPurposes: onlyKey("artifacts")},
	SecretsKey:  {parameter: keyARN, keyPurposes: onlyKey("secrets")},
	Aliases:     {affectsDelivery: true, parameter: request + "aliasName", matches: hasPrefix(func(p naming.Plan) string { return p.KeyAlias("") })},
	// Role names are unique in an account whatever their path, and requests do not have the path.
	Roles:         {affectsDelivery: true, parameter: request + "roleName", matches: gateName},
	TrustedRoles:  {affectsDelivery: true, parameter: request + "roleName", members: trustedRoleNames, memberValues: literals},
	ServiceRoles:  {parameter: request + "roleArn", matches: serviceRolePrefixes},
	ApproverRoles: {parameter: request + "roleArn", matches: hasPrefix(func(p naming.Plan) string { return p.Roles(naming.Approver) })},
	// Every way to assume a role: AWS STS API, Actions.
	BreakGlass: {parameter: request + "roleArn", matches: func(_ naming.Plan, s *settings.Settings) []any { return []any{s.Access.BreakGlassArn} },
		eventNames: map[string][]string{"sts:AssumeRole": {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}}},
	Policies: {affectsDelivery: true, parameter: request + "policyArn", matches: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{prefixOf(p.AllPolicies()), pattern{"prefix": "/" + p.Gate + "/"}}
	}, parametersOf: map[string][]string{"iam:CreatePolicy": {request + "path"}}},
	IdentityProvider: {affectsDelivery: true, parameter: request + "openIDConnectProviderArn", matches: equals(naming.Plan.GitHubProvider)},
	Rules: {affectsDelivery: true, parameter: request + "name", matches: gateName, parametersOf: map[string][]string{
		"events:PutTargets":    {request + "rule"},
		"events:RemoveTargets": {request + "rule"},
	}},
	Topic: {affectsDelivery: true, parameter: request + "topicArn", matches: hasPrefix(func(p naming.Plan) string { return p.Topic().ARN }), parametersOf: map[string][]string{
		"sns:SetSubscriptionAttributes": {request + "subscriptionArn"},
		"sns:Unsubscribe":               {request + "subscriptionArn"},
	}},
	DeadLetters: {parameter: request + "queueUrl", matches: func(p naming.Plan, s *settings.Settings) []any {
		queues := []any{pattern{"suffix": "/" + p.DeadLetters().Name}}
		if s.HasChat() {
			queues = append(queues, pattern{"suffix": "/" + p.ChatQueue().Name})
		}
		return queues
	}},
	Chat:            {parameter: request + "name", matches: equals(func(p naming.Plan) string { return p.Chat().Name })},
	ChatDestination: {parameter: request + "name", matches: equals(func(p naming.Plan) string { return p.ChatDestination().Name })},
	Alarms: {parameter: request + "alarmName", matches: gateName, parametersOf: map[string][]string{
		"cloudwatch:DeleteAlarms":        {request + "alarmNames"},
		"cloudwatch:DisableAlarmActions": {request + "alarmNames"},
	}},
	Machines: {affectsDelivery: true, parameter: request + "stateMachineArn", matches: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{prefixOf(p.Machines()), pattern{"prefix": p.Gate + "-"}}
	}, parametersOf: map[string][]string{"states:CreateStateMachine": {request + "name"}}},
	Executions: {affectsDelivery: true, parameter: request + "executionArn", matches: hasPrefix(naming.Plan.Executions)},
	KnownState: {affectsDelivery: true, parameter: request + "name", matches: hasPrefix(func(p naming.Plan) string { return p.KnownState("").Name }), parametersOf: map[string][]string{
		"ssm:DeleteParameters": {request + "names"},
	}},
	// A name, or an ARN with or without its beginning: Lambda API Reference, FunctionName.
	CheckFunction: {affectsDelivery: true, parameter: request + "functionName", matches: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{p.CheckFunction().Name, pattern{"suffix": ":" + p.CheckFunction().Name}}
	}, eventNames: map[string][]string{ // with the version of the API: AWS Lambda Developer Guide, Logging API calls with CloudTrail
		"lambda:UpdateFunctionCode":          {"UpdateFunctionCode20150331v2"},
		"lambda:UpdateFunctionConfiguration": {"UpdateFunctionConfiguration20150331v2"},
		"lambda:DeleteFunction":              {"DeleteFunction20150331"},
		"lambda:RemovePermission":            {"RemovePermission20150331v2"},
		"lambda:PutFunctionConcurrency":      {"PutFunctionConcurrency20171031"},
	}},
	Trails:   {affectsDelivery: true},
	Detector: {},
	Recorder: {},
	ConfigRules: {parameter: request + "configRuleName", matches: gateName, parametersOf: map[string][]string{
		"config:PutConfigRule": {request + "configRule.configRuleName"},
	}},
	Remedies: {parameter: request + "configRuleName", matches: gateName, parametersOf: map[string][]string{
		"config:PutRemediationConfigurations": {request + "remediationConfigurations.configRuleName"},
	}},
	Analyzers: {},
	Hub:       {},
	LogGroups: {parameter: request + "logGroupName", matches: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{pattern{"prefix": "/aws/codebuild/" + p.Gate + "-"}, prefixOf(p.LogGroups())}
	}, parametersOf: map[string][]string{
		"logs:AssociateKmsKey":    {request + "logGroupName", request + "resourceIdentifier"},
		"logs:DisassociateKmsKey": {request + "logGroupName", request + "resourceIdentifier"},
	}},
	Secrets: {parameter: request + "secretId", matches: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{pattern{"prefix": p.Gate + "/"}, prefixOf(p.Secrets())}
	}},
}

// globalEventServices have their events in the region of IAM, wherever the calls are made; STS only for calls to its global
// endpoint, and EventBridge where the gate has rules there too.
var globalEventServices = []string{"iam", "sts", "organizations", "account", "events"}

// eventNames are CloudTrail's names of the operations of an action, where they differ from the action. An IAM action may
// allow several operations: each is reported.
var eventNames = map[string][]string{
	// Amazon S3 User Guide, Amazon S3 CloudTrail events.
	"s3:PutBucketOwnershipControls":       {"PutBucketOwnershipControls", "DeleteBucketOwnershipControls"},
	"s3:PutBucketPublicAccessBlock":       {"PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"},
	"s3:PutEncryptionConfiguration":       {"PutBucketEncryption", "DeleteBucketEncryption"},
	"s3:PutLifecycleConfiguration":        {"PutBucketLifecycle", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"},
	"s3:PutReplicationConfiguration":      {"PutBucketReplication", "DeleteBucketReplication"},
	"s3:PutBucketObjectLockConfiguration": {"PutObjectLockConfiguration", "PutBucketObjectLockConfiguration"},
	"kms:ReEncryptFrom":                   {"ReEncrypt"},
	"iam:UpdateRole":                      {"UpdateRole", "UpdateRoleDescription"},
}

// eventNames are the names of the events of a call.
func (c Call) eventNames() []string {
	if names := eventMatchers[c.On].eventNames[c.Action]; names != nil {
		return names
	}
	if names := eventNames[c.Action]; names != nil {
		return names
	}
	return []string{c.operation()}
}

// parameters are the paths that name the part in an event of a call.
func (c Call) parameters() []string {
	matcher := eventMatchers[c.On]
	if paths, others := matcher.parametersOf[c.Action]; others {
		return paths
	}
	return []string{matcher.parameter}
}

// The values of parameters.

var (
	// pipelineName matches the pipelines of the gate, gateName the resources whose names begin with the gate's name.
	pipelineName = hasSuffix(func(p naming.Plan) string { return "-" + p.Gate })
	gateName     = hasPrefix(func(p naming.Plan) string { return p.Gate + "-" })
)

// prefixOf matches what begins with a name, or with a pattern that ends with *.
func prefixOf(of string) pattern { return pattern{"prefix": strings.TrimSuffix(of, "*")} }

func hasPrefix(of func(naming.Plan) string) func(naming.Plan, *settings.Settings) []any {
	return func(p naming.Plan, _ *settings.Settings) []any {
		return []any{prefixOf(of(p))}
	}
}

func hasSuffix(of func(naming.Plan) string) func(naming.Plan, *settings.Settings) []any {
	return func(p naming.Plan, _ *settings.Settings) []any { return []any{pattern{"suffix": of(p)}} }
}

func equals(of func(naming.Plan) string) func(naming.Plan, *settings.Settings) []any {
	return func(p naming.Plan, _ *settings.Settings) []any { return []any{of(p)} }
}

func exists(naming.Plan, *settings.Settings) []any { return []any{pattern{"exists": true}} }

func onlyKey(purpose string) func(DeployedARNs) []string {
	return func(DeployedARNs) []string { return []string{purpose} }
}

// trustedRoleNames are the names of the roles under access.
func trustedRoleNames(s *settings.Settings) []string {
	var names []string
	for _, arn := range TrustedRoles.Resources(s) {
		names = append(names, path.Base(arn))
	}
	return names
}

func serviceRolePrefixes(_ naming.Plan, s *settings.Settings) []any {
	var beginnings []any
	for _, arns := range ServiceRoles.Resources(s) {
		beginnings = append(beginnings, prefixOf(arns))
	}
	return beginnings
}

func literals(_ string, names []string) []any {
	var all []any
	for _, name := range names {
		all = append(all, name)
	}
	return all
}

// clusterValues match the ways in which a request names a cluster: its name, the end of its ARN, or nothing for the
// cluster default (Amazon ECS API). The ARN of a deployment contains the cluster.
func clusterValues(path string, names []string) []any {
	var all []any
	for _, name := range names {
		if path != request+"cluster" {
			all = append(all, pattern{"wildcard": "arn:*/" + name + "/*"})
			continue
		}
		all = append(all, name, pattern{"suffix": ":cluster/" + name})
		if name == "default" {
			all = append(all, pattern{"exists": false})
		}
	}
	return all
}
