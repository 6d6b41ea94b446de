package catalogue

import (
	"path"
	"slices"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// sighting is how an event of CloudTrail shows that a call is on a target.
type sighting struct {
	// parameter is the path, from detail on, that names the part in a request; of calls
	// on the account, none. CloudTrail writes a request's members as the service's API
	// does, with a small letter first.
	parameter string
	// of are the paths of calls that have others: any of them names the part.
	of map[string][]string
	// is what the parameter has to be, in the operators of event patterns.
	is func(naming.Plan, *settings.Settings) []any
	// members are what the target consists of, where a pattern names each, and named is
	// what the parameter at a path has to be then.
	members func(*settings.Settings) []string
	named   func(path string, members []string) []any
	// keys are the purposes of the keys that the parameter names instead.
	keys func(Known) []string
	// names are those of events, where the calls have others on this target.
	names map[string][]string
	// pipeline is whether the target delivers, or decides what is delivered.
	pipeline bool
}

const (
	request = "requestParameters."
	// keyARN is where an event tells of a key, whichever way the request names it.
	keyARN = "resources.ARN"
)

// sightings are those of all targets that are reported.
var sightings = map[Target]sighting{
	Account: {},
	Pipelines: {pipeline: true, parameter: request + "name", is: pipelineName, of: map[string][]string{
		"codepipeline:CreatePipeline":        {request + "pipeline.name"},
		"codepipeline:UpdatePipeline":        {request + "pipeline.name"},
		"codepipeline:StopPipelineExecution": {request + "pipelineName"},
		"codepipeline:PutWebhook":            {request + "webhook.targetPipeline"},
		"codepipeline:TagResource":           {request + "resourceArn"},
		"codepipeline:UntagResource":         {request + "resourceArn"},
	}},
	Stages:   {pipeline: true, parameter: request + "pipelineName", is: pipelineName},
	Approval: {pipeline: true, parameter: request + "pipelineName", is: pipelineName},
	// A name, an ARN, or the id of a build, which begins with the project's name.
	Projects: {pipeline: true, parameter: request + "projectName", is: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{pattern{"prefix": p.Gate + "-"}, pattern{"wildcard": "arn:*/" + p.Gate + "-*"}}
	}, of: map[string][]string{
		"codebuild:CreateProject":           {request + "name"},
		"codebuild:UpdateProject":           {request + "name"},
		"codebuild:DeleteProject":           {request + "name"},
		"codebuild:UpdateProjectVisibility": {request + "projectArn"},
		"codebuild:RetryBuild":              {request + "id"},
		"codebuild:RetryBuildBatch":         {request + "id"},
		"codebuild:PutResourcePolicy":       {request + "resourceArn"},
	}},
	Repositories:     {pipeline: true, parameter: request + "repositoryName", is: beginsWith(func(p naming.Plan) string { return p.Gate + "/" })},
	SigningProfiles:  {pipeline: true, parameter: request + "profileName", is: beginsWith(naming.Plan.SigningPrefix)},
	Deployments:      {pipeline: true, parameter: request + "applicationName", is: gateName},
	DeploymentGroups: {pipeline: true, parameter: request + "applicationName", is: gateName},
	Listeners:        {parameter: request + "listenerArn", members: listeners, named: asTheyAre},
	Services: {parameter: request + "cluster", members: clusters, named: inClusters, of: map[string][]string{
		"ecs:StopServiceDeployment": {request + "serviceDeploymentArn"},
	}},
	Tasks: {parameter: request + "cluster", members: clusters, named: inClusters},
	Connections: {pipeline: true, parameter: request + "connectionArn", is: func(_ naming.Plan, s *settings.Settings) []any {
		if s.Source.ConnectionArn == "" { // the id of one that the gate makes is AWS's
			return []any{pattern{"exists": true}}
		}
		return []any{s.Source.ConnectionArn}
	}},
	Sources: {pipeline: true, parameter: request + "repositoryName", members: (*settings.Settings).Repositories, named: asTheyAre, of: map[string][]string{
		"codecommit:UpdateRepositoryName":                                  {request + "oldName"},
		"codecommit:BatchDisassociateApprovalRuleTemplateFromRepositories": {request + "repositoryNames"},
	}},
	PullRequests: {pipeline: true, parameter: request + "pullRequestId", is: anything},
	ApprovalRules: {pipeline: true, parameter: request + "approvalRuleTemplateName", is: exactly(naming.Plan.ApprovalRule), of: map[string][]string{
		"codecommit:UpdateApprovalRuleTemplateName": {request + "oldApprovalRuleTemplateName"},
	}},
	Hosts: {pipeline: true, parameter: request + "hostArn", is: anything},
	Buckets: {pipeline: true, parameter: request + "bucketName", is: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{pattern{"wildcard": p.Bucket("*").Name}}
	}},
	Keys: {pipeline: true, parameter: keyARN, keys: func(known Known) []string {
		var purposes []string
		for purpose := range known.Keys {
			purposes = append(purposes, purpose)
		}
		slices.Sort(purposes)
		return purposes
	}},
	ArtifactKey: {parameter: keyARN, keys: ofOne("artifacts")},
	SecretsKey:  {parameter: keyARN, keys: ofOne("secrets")},
	Aliases:     {pipeline: true, parameter: request + "aliasName", is: beginsWith(func(p naming.Plan) string { return p.KeyAlias("") })},
	// IAM has each name of a role once, and requests do not say the path.
	Roles:         {pipeline: true, parameter: request + "roleName", is: gateName},
	TrustedRoles:  {pipeline: true, parameter: request + "roleName", members: trusted, named: asTheyAre},
	ServiceRoles:  {parameter: request + "roleArn", is: serviceRoles},
	ApproverRoles: {parameter: request + "roleArn", is: beginsWith(func(p naming.Plan) string { return p.Roles(naming.Approver) })},
	// However somebody signs in to it: AWS STS API, Actions.
	BreakGlass: {parameter: request + "roleArn", is: func(_ naming.Plan, s *settings.Settings) []any { return []any{s.Access.BreakGlassArn} },
		names: map[string][]string{"sts:AssumeRole": {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}}},
	Policies: {pipeline: true, parameter: request + "policyArn", is: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{beginning(p.AllPolicies()), pattern{"prefix": "/" + p.Gate + "/"}}
	}, of: map[string][]string{"iam:CreatePolicy": {request + "path"}}},
	IdentityProvider: {pipeline: true, parameter: request + "openIDConnectProviderArn", is: exactly(naming.Plan.GitHubProvider)},
	Rules: {pipeline: true, parameter: request + "name", is: gateName, of: map[string][]string{
		"events:PutTargets":    {request + "rule"},
		"events:RemoveTargets": {request + "rule"},
	}},
	Topic: {pipeline: true, parameter: request + "topicArn", is: beginsWith(func(p naming.Plan) string { return p.Topic().ARN }), of: map[string][]string{
		"sns:SetSubscriptionAttributes": {request + "subscriptionArn"},
		"sns:Unsubscribe":               {request + "subscriptionArn"},
	}},
	DeadLetters: {parameter: request + "queueUrl", is: func(p naming.Plan, s *settings.Settings) []any {
		queues := []any{pattern{"suffix": "/" + p.DeadLetters().Name}}
		if s.TellsChat() {
			queues = append(queues, pattern{"suffix": "/" + p.ChatQueue().Name})
		}
		return queues
	}},
	Chat:            {parameter: request + "name", is: exactly(func(p naming.Plan) string { return p.Chat().Name })},
	ChatDestination: {parameter: request + "name", is: exactly(func(p naming.Plan) string { return p.ChatDestination().Name })},
	Alarms: {parameter: request + "alarmName", is: gateName, of: map[string][]string{
		"cloudwatch:DeleteAlarms":        {request + "alarmNames"},
		"cloudwatch:DisableAlarmActions": {request + "alarmNames"},
	}},
	Machines: {pipeline: true, parameter: request + "stateMachineArn", is: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{beginning(p.Machines()), pattern{"prefix": p.Gate + "-"}}
	}, of: map[string][]string{"states:CreateStateMachine": {request + "name"}}},
	Executions: {pipeline: true, parameter: request + "executionArn", is: beginsWith(naming.Plan.Executions)},
	KnownState: {pipeline: true, parameter: request + "name", is: beginsWith(func(p naming.Plan) string { return p.KnownState("").Name }), of: map[string][]string{
		"ssm:DeleteParameters": {request + "names"},
	}},
	Trails:   {pipeline: true},
	Detector: {},
	Recorder: {},
	ConfigRules: {parameter: request + "configRuleName", is: gateName, of: map[string][]string{
		"config:PutConfigRule": {request + "configRule.configRuleName"},
	}},
	Remedies: {parameter: request + "configRuleName", is: gateName, of: map[string][]string{
		"config:PutRemediationConfigurations": {request + "remediationConfigurations.configRuleName"},
	}},
	Analyzers: {},
	Hub:       {},
	LogGroups: {parameter: request + "logGroupName", is: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{pattern{"prefix": "/aws/codebuild/" + p.Gate + "-"}, beginning(p.LogGroups())}
	}, of: map[string][]string{
		"logs:AssociateKmsKey":    {request + "logGroupName", request + "resourceIdentifier"},
		"logs:DisassociateKmsKey": {request + "logGroupName", request + "resourceIdentifier"},
	}},
	Secrets: {parameter: request + "secretId", is: func(p naming.Plan, _ *settings.Settings) []any {
		return []any{pattern{"prefix": p.Gate + "/"}, beginning(p.Secrets())}
	}},
}

// globalServices tell of calls in the region of IAM, wherever they are made; STS only
// where it is asked at its global endpoint, and EventBridge where the gate has rules
// there too.
var globalServices = []string{"iam", "sts", "organizations", "account", "events"}

// eventNames are how CloudTrail calls what an action allows, where that is not the
// action. An action of IAM's may be of several operations: each is told of.
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

// eventNames are those of a call.
func (c Call) eventNames() []string {
	if names := sightings[c.On].names[c.Action]; names != nil {
		return names
	}
	if names := eventNames[c.Action]; names != nil {
		return names
	}
	return []string{c.operation()}
}

// parameters are the paths that name the part in an event of a call.
func (c Call) parameters() []string {
	seen := sightings[c.On]
	if paths, others := seen.of[c.Action]; others {
		return paths
	}
	return []string{seen.parameter}
}

// What a parameter has to be.

var (
	// pipelineName is the name of a pipeline of the gate, and gateName that of what is
	// named after the gate first.
	pipelineName = endsWith(func(p naming.Plan) string { return "-" + p.Gate })
	gateName     = beginsWith(func(p naming.Plan) string { return p.Gate + "-" })
)

// beginning is that of a pattern of the plan, which ends with *, or of a name.
func beginning(of string) pattern { return pattern{"prefix": strings.TrimSuffix(of, "*")} }

func beginsWith(of func(naming.Plan) string) func(naming.Plan, *settings.Settings) []any {
	return func(p naming.Plan, _ *settings.Settings) []any {
		return []any{beginning(of(p))}
	}
}

func endsWith(of func(naming.Plan) string) func(naming.Plan, *settings.Settings) []any {
	return func(p naming.Plan, _ *settings.Settings) []any { return []any{pattern{"suffix": of(p)}} }
}

func exactly(of func(naming.Plan) string) func(naming.Plan, *settings.Settings) []any {
	return func(p naming.Plan, _ *settings.Settings) []any { return []any{of(p)} }
}

func anything(naming.Plan, *settings.Settings) []any { return []any{pattern{"exists": true}} }

func ofOne(purpose string) func(Known) []string {
	return func(Known) []string { return []string{purpose} }
}

// trusted are the names of the roles that settings trust.
func trusted(s *settings.Settings) []string {
	var names []string
	for _, arn := range TrustedRoles.Resources(s) {
		names = append(names, path.Base(arn))
	}
	return names
}

func serviceRoles(_ naming.Plan, s *settings.Settings) []any {
	var beginnings []any
	for _, arns := range ServiceRoles.Resources(s) {
		beginnings = append(beginnings, beginning(arns))
	}
	return beginnings
}

func asTheyAre(_ string, names []string) []any {
	var all []any
	for _, name := range names {
		all = append(all, name)
	}
	return all
}

// inClusters are what a request names a cluster by: its name or the end of its ARN; who
// names none means the cluster default (Amazon ECS API). A deployment's ARN has the
// cluster in it.
func inClusters(path string, names []string) []any {
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
