package catalogue

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"prodgate/pkg/naming"
	"prodgate/pkg/patterntest"
	"prodgate/pkg/settings"
)

// everything is a stack that has every part: its source is GitHub, or CodeCommit.
func everything(source string) *settings.Settings {
	s := account("web")
	if source == settings.CodeCommit {
		s = committed("web")
	}
	shift(s)
	s.Apps[0].Deployment.TargetGroups = []string{"blue", "green"}
	s.Detection.Config, s.Detection.GuardDuty = settings.Create, settings.Create
	s.Detection.AccessAnalyzer, s.Detection.SecurityHub = settings.Create, settings.Create
	return s
}

// partNames are the values by which the members of requests name a part of the gate, by service.
func partNames(s *settings.Settings) map[string]map[string]string {
	p := naming.New(s)
	app := "app-web"
	arn := func(service, resource string) string {
		return "arn:aws:" + service + ":eu-west-2:111111111111:" + resource
	}
	pipeline, project, machine := p.Pipeline(app), p.Project(app, naming.Build), p.Machine(naming.Containment)
	rule, topic, queue := "prodgate-watch-roles", p.Topic(), p.DeadLetters()
	listener := s.Apps[0].Deployment.ListenerArn
	all := map[string]map[string]string{
		"codepipeline": {"name": pipeline.Name, "pipelineName": pipeline.Name, "pipeline.name": pipeline.Name, "webhook.targetPipeline": pipeline.Name, "resourceArn": pipeline.ARN},
		"codebuild": {
			"name": project.Name, "projectName": project.Name, "projectArn": project.ARN, "resourceArn": project.ARN,
			"id": project.Name + ":0f5a7b6c", "ids": arn("codebuild", "build/"+project.Name+":0f5a7b6c"),
		},
		"ecr": {"repositoryName": p.Repository(app).Name, "resourceArn": p.Repository(app).ARN},
		"ecs": {
			"cluster": p.Cluster("web"), "clusterName": "web", "clusterArn": p.Cluster("web"), "serviceArn": p.Service("web", "web"), "daemonArn": arn("ecs", "daemon/web/x"),
			"loadBalancers.targetGroupArn": arn("elasticloadbalancing", "targetgroup/blue/0123456789abcdef"),
			"serviceDeploymentArn":         arn("ecs", "service-deployment/web/web/x"), "resourceArn": p.Service("web", "web"),
		},
		"s3":     {"bucket": p.Bucket("artifacts").Name},
		"kms":    {"keyId": keys().Keys["images"], "targetKeyId": keys().Keys["images"], "aliasName": p.KeyAlias("images"), "sourceKeyId": keys().Keys["images"], "destinationKeyId": keys().Keys["images"]},
		"iam":    {"roleName": p.Role(app, naming.Build).Name, "path": "/prodgate/pipeline/", "newPath": "/prodgate/pipeline/", "policyArn": p.Policy(app, naming.Build).ARN, "openIDConnectProviderArn": p.GitHubProvider(), "url": "https://" + naming.OIDCHost},
		"events": {"name": rule, "rule": rule, "resourceARN": arn("events", "rule/"+rule)},
		"sns":    {"topicArn": topic.ARN, "resourceArn": topic.ARN, "subscriptionArn": topic.ARN + ":5be8e5a7", "name": topic.Name},
		"sqs": {
			"queueUrl": "https://sqs.eu-west-2.amazonaws.com/111111111111/" + queue.Name, "queueName": queue.Name, "sourceArn": queue.ARN, "destinationArn": queue.ARN,
		},
		"pipes":      {"name": p.Chat().Name, "resourceArn": p.Chat().ARN},
		"cloudwatch": {"alarmName": p.DeadLetterAlarm().Name, "alarmNames": p.DeadLetterAlarm().Name, "muteTargets.alarmNames": p.DeadLetterAlarm().Name, "resourceARN": p.DeadLetterAlarm().ARN},
		"states": {
			"name": machine.Name, "stateMachineArn": machine.ARN, "resourceArn": machine.ARN, "executionArn": strings.Replace(machine.ARN, ":stateMachine:", ":execution:", 1) + ":x",
			"stateMachineVersionArn": machine.ARN + ":1", "stateMachineAliasArn": machine.ARN + ":live", "routingConfiguration.stateMachineVersionArn": machine.ARN + ":1",
		},
		"ssm":    {"name": p.KnownState(app).Name, "names": p.KnownState(app).Name, "resourceId": p.KnownState(app).Name},
		"config": {"configRuleName": "prodgate-x", "configRule.configRuleName": "prodgate-x", "configRuleNames": "prodgate-x", "remediationConfigurations.configRuleName": "prodgate-x"},
		"logs": {
			"logGroupName": p.LogGroup(app, naming.Build).Name, "logGroupIdentifier": p.LogGroup(app, naming.Build).ARN,
			"resourceIdentifier": p.LogGroup(app, naming.Build).ARN, "resourceArn": p.LogGroup(app, naming.Build).ARN,
		},
		"secretsmanager": {"secretId": "prodgate/app-web/TOKEN", "name": "prodgate/app-web/TOKEN"},
		"signer":         {"profileName": "prodgate_abc", "resourceArn": strings.TrimSuffix(p.SigningProfiles(), "*") + "abc"},
		"codedeploy": {
			"applicationName": p.Deployments(app).Name, "newApplicationName": p.Deployments(app).Name, "resourceArn": p.Deployments(app).ARN,
		},
		"elasticloadbalancing": {
			"listenerArn": listener, "ruleArn": strings.TrimSuffix(naming.RulesOf(listener), "*") + "0123", "rulePriorities.ruleArn": strings.TrimSuffix(naming.RulesOf(listener), "*") + "0123",
			"resourceArns": listener, "targetGroupArn": arn("elasticloadbalancing", "targetgroup/blue/0123"),
			"loadBalancerArn": arn("elasticloadbalancing", "loadbalancer/app/web/0123456789abcdef"),
		},
		"lambda":    {"functionName": "111111111111:function:" + p.CheckFunction().Name},
		"guardduty": {"detectorId": "12abc34d567e8fa901bc2d34e56789f0"}, "access-analyzer": {"analyzerName": "prodgate", "analyzerArn": p.Analyzer().ARN},
		"organizations": {}, "account": {}, "securityhub": {}, "cloudtrail": {"name": "prodgate", "trailName": "prodgate"},
	}
	for _, service := range []string{"codeconnections", "codestar-connections"} {
		all[service] = map[string]string{
			"connectionArn": arn(service, "connection/7d2469ff-514a-4e4f-9003-5ca4a43cdc41"), "hostArn": arn(service, "host/x-1"),
		}
	}
	all["codecommit"] = map[string]string{
		"repositoryName": "web", "repositoryNames": "web", "oldName": "web", "pullRequestId": "1",
		"approvalRuleTemplateName": p.ApprovalRule(), "oldApprovalRuleTemplateName": p.ApprovalRule(),
	}
	return all
}

// excusedMembers are members that name no part of the gate, by the service and the member, with the reason.
var excusedMembers = []struct{ pattern, reason string }{
	{`\S+ \S+\.\S+`, "A member within a member describes what the part uses. The part is named at the top of the request."},
	{`\S+ (tagKeys|\S*[kK]ey|attributeName|metricName|displayName|versionName|username|authorName)`, "Names a tag, an object, an option or a person, and no resource of the gate."},
	{`\S+ \S*(Id|Ids|ID|id|Identifier|identifier)`, "AWS makes the id, which does not say whose part it is."},
	{`\S+ \S*([rR]ole|[rR]oleArn|RoleARN|KmsKeyIdentifier|Url|URL|Bucket|Path|principalArn|credentialArn|firehoseArn|rotationLambdaARN)`, "Names what the part uses, or where it sends; the part is named beside it."},
	{`codepipeline (webhookName|stageName|actionName)`, "The gate has no webhooks. Stages and actions are named beside their pipeline."},
	{`codebuild (arn|name)`, "Reports, fleets and source credentials have ARNs; the gate has none of its own beside the credentials of the account."},
	{`ecr name`, "Names an attribute of the registry."},
	{`ecs (capacityProviderArns|daemonName|daemonTaskDefinitionArn|serviceName|service|name|containerInstanceArn|containerName)`, "Stands beside the cluster, or names what belongs to no cluster: a task definition or a capacity provider runs nothing by itself."},
	{`kms (customKeyStoreName|newCustomKeyStoreName|xks\S+|name|policyName)`, "The gate has no custom key store. A policy or a grant is named beside its key."},
	{`iam (instanceProfileName|groupName|userName|accountAlias|policyName|name|aWSServiceName|serviceName|virtualMFADeviceName|sAMLProviderArn|serverCertificateName|newGroupName|newServerCertificateName|newUserName)`, "The gate has no users, groups, profiles, certificates or SAML providers. An inline policy is named beside its role; a managed one is created at a path."},
	{`events (replayName|connectionArn|archiveName|eventSourceArn|eventSourceName|eventBusName|ids)`, "The gate has one bus, the account's: calls on it are listed. Targets are named beside their rule."},
	{`sns (actionName|platformApplicationArn|endpointArn|targetArn)`, "The gate has no mobile push. Publishing is a data event; the topic's policy denies it."},
	{`pipes target`, "Names what a pipe sends to. A pipe to a part is no change of the part."},
	{`cloudwatch (alarmMuteRuleName|dashboardNames|dashboardName|ruleNames|ruleName|name|names|alarmRule)`, "Names dashboards, streams, rules or mutes. A mute names the alarms in muteTargets."},
	{`states (activityArn|workerName|stateName|mapRunArn)`, "The gate's state machines have no activities and no distributed maps."},
	{`ssm (defaultInstanceName|associationName|automationTargetParameterName|calendarNames|syncName|typeName|opsMetadataArn|taskArn|documentName|targetParameterName|changeRequestName|target|opsItemArn|resourceArn|outputS3BucketName)`, "The gate's parameters have standard tier, which takes no policy. Documents, associations and windows are none of its parts."},
	{`config (configurationRecorderArn|configurationRecorderName|configurationAggregatorName|conformancePackName|deliveryChannelName|organizationConfigRuleName|organizationConformancePackName|retentionConfigurationName|queryName|resourceName|resourceArn)`, "Calls on the recorder and the channel, which an account has once, are listed. AWS makes the ARN of a rule."},
	{`logs (integrationArn|deliveryDestinationArn|deliverySourceName|taskName|importSourceArn|detectorName|logStreamName|lookupTableName|logGroupIdentifiers|logGroupNames|logGroupArnList|name|policyName|deliveryDestinationName|destinationName|integrationName|anomalyDetectorArn|lookupTableArn|filterName|targetArn|destinationArn)`, "A stream or filter is named beside its log group. Detectors, queries and deliveries read log groups and change none."},
	{`signer \S*Arn`, "Names what the profile uses."},
	{`codedeploy (instanceNames|instanceName|deploymentConfigName|deploymentGroupName|tokenName|iamSessionArn|iamUserArn|currentDeploymentGroupName|newDeploymentGroupName)`, "A deployment group is named beside its application. Instances and configurations are none of the gate's."},
	{`elasticloadbalancing (trustStoreArn|name|resourceArn)`, "Names a new load balancer or target group, or a trust store: none is a part of the gate."},
	{`(codeconnections|codestar-connections) (connectionName|name|encryptionKeyArn|repositoryName|resourceName|resourceArn)`, "Names a new connection, or a link of Git sync, which the gate does not use. Tags change nothing that the gate asks for."},
	{`codecommit (branchName|approvalRuleName|filePath|name|resourceArn|newApprovalRuleTemplateName|defaultBranchName|newName)`, "Developers work on branches, files and requests; BranchEvent reports every change of prod. A new name is none of a part yet."},
	{`guardduty (name|resourceArn|filterName)`, "Stands beside the detector."},
	{`access-analyzer (ruleName|resourceArn|ids)`, "Stands beside the analyzer."},
	{`lambda (layerName|capacityProviderName|codeSigningConfigArn|durableExecutionArn|durableExecutionName|eventSourceArn|statementId|name|queues|topics|runtimeVersionArn|[kK][mM]\S*KeyArn|sourceArn|s3Key|sourceKMSKeyArn|role|uuid)`, "Stands beside the function, or names what the check does not have: layers, providers, code signing, durable executions."},
	{`(organizations|account|securityhub|cloudtrail) \S+`, "The account has the part once, or whichever it is called: calls are listed by name."},
}

// excusedCalls are write calls that are not reported although they can name a part, with the reason.
var excusedCalls = []struct{ pattern, reason string }{
	{`ecs (DiscoverPollEndpoint|RegisterContainerInstance|SubmitAttachmentStateChanges|SubmitContainerStateChange|SubmitTaskStateChange)`, "The agent of each host makes them, as the role of the app team's host."},
	{`sns ConfirmSubscription`, "A subscriber confirms by a link, without credentials. Who subscribes is reported."},
	{`logs (CreateLogStream|PutLogEvents|StartQuery|StartLiveTail)`, "Builds write their logs, and people search them."},
	{`(codeconnections|codestar-connections) (UseConnection|PassConnection)`, "Pipelines of other teams use their connections. AWS gives the gate's connection its id."},
	{`guardduty (ArchiveFindings|UnarchiveFindings|UpdateFindingsFeedback|CreateSampleFindings)`, "People triage findings every day. A finding is reported before somebody archives it."},
	{`access-analyzer (UpdateFindings|StartResourceScan|StartPolicyGeneration|GenerateFindingRecommendation)`, "People triage findings every day, and let it generate policies."},
}

// dataEvents are calls that only a trail with data events logs.
var dataEvents = regexp.MustCompile(`^(sns (Publish|PublishBatch)|lambda Invoke.*|sqs (SendMessage|DeleteMessage|ChangeMessageVisibility)(Batch)?|s3 (.*Object(s|Acl|Tagging|LegalHold|Retention|Encryption)?|.*MultipartUpload|UploadPart.*|CreateSession))$`)

func excused(list []struct{ pattern, reason string }, name string) bool {
	return slices.ContainsFunc(list, func(e struct{ pattern, reason string }) bool {
		return regexp.MustCompile("^(?:" + e.pattern + ")$").MatchString(name)
	})
}

// as are the identities of a session, as CloudTrail writes them.
func as(role string) map[string]any {
	return map[string]any{"type": "AssumedRole", "arn": role, "sessionContext": map[string]any{"sessionIssuer": map[string]any{"arn": role}}}
}

// outsider is nobody whom a row authorizes.
const outsider = "arn:aws:iam::111111111111:role/developer"

// called is the event of a call whose request has one value at a path; empty for none.
func called(service, operation, path, value, who string) map[string]any {
	parameters := map[string]any{}
	at := parameters
	for steps := strings.Split(path, "."); path != ""; steps = steps[1:] {
		if len(steps) == 1 {
			at[steps[0]] = value
			break
		}
		below := map[string]any{}
		at[steps[0]], at = below, below
	}
	detail := map[string]any{
		"eventSource": eventSource(service) + ".amazonaws.com", "eventName": operation, "readOnly": false, "managementEvent": true,
		"userIdentity": as(who), "requestParameters": parameters,
	}
	switch {
	case service == "kms" && strings.HasPrefix(value, "arn:"):
		detail["resources"] = []any{map[string]any{"ARN": value}}
	case service == "s3" && path != "":
		detail["requestParameters"] = map[string]any{"bucketName": value}
	}
	return map[string]any{"source": "aws." + service, "detail-type": "AWS API Call via CloudTrail", "detail": detail}
}

// matching are the rules whose patterns match an event.
func matching(t *testing.T, patterns map[string]string, event map[string]any) []string {
	t.Helper()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(patterns)) {
		if patterntest.Matches(t, patterns[name], event) {
			names = append(names, name)
		}
	}
	return names
}

func patternsOf(s *settings.Settings) map[string]string {
	patterns := map[string]string{}
	for _, r := range AlertRules(s, keys().Rotators) {
		patterns[r.Name] = r.Pattern(s, keys())
	}
	return patterns
}

// TestAlertRules_EveryWriteOnEveryPart goes through every write operation of AWS's models, and every member by which a request
// can name a part of the gate: an outsider's call is for one rule, a deployer's for none. A member that names no part, and a
// call that is not reported, is excused with a reason.
func TestAlertRules_EveryWriteOnEveryPart(t *testing.T) {
	t.Parallel()
	services := models()
	checked, unreported := 0, 0
	for _, source := range []string{settings.GitHub, settings.CodeCommit} {
		s := everything(source)
		patterns, parts := patternsOf(s), partNames(s)
		for service, operations := range services {
			if (service == "codecommit") != (source == settings.CodeCommit) && (service == "codecommit" || strings.HasSuffix(service, "connections")) {
				continue
			}
			for operation, members := range operations {
				for _, member := range members {
					value, names := parts[service][member]
					if operation == "UpdateEventBus" && member == "name" {
						value = "default" // a bus, and no rule
					}
					if !names {
						if !excused(excusedMembers, service+" "+member) {
							t.Errorf("%s:%s: %s neither names a part nor is excused", service, operation, member)
						}
						continue
					}
					want := 1
					if excused(excusedCalls, service+" "+operation) || listed(service, member) && !hasRow(service, operation) {
						unreported, want = unreported+1, 0
					}
					event := called(service, operation, member, value, outsider)
					if dataEvents.MatchString(service + " " + operation) {
						event["detail"].(map[string]any)["managementEvent"] = false
						unreported, want = unreported+1, 0
					}
					checked++
					if got := matching(t, patterns, event); len(got) != want {
						t.Errorf("%s:%s on %s %s by an outsider is for the rules %v, want %d", service, operation, member, value, got, want)
					}
					for _, deployer := range naming.New(s).Deployers(s) {
						if got := matching(t, patterns, called(service, operation, member, value, deployer)); len(got) != 0 {
							t.Errorf("%s:%s on %s by a deployer is for the rules %v", service, operation, member, got)
						}
					}
				}
			}
		}
	}
	t.Logf("%d calls on parts: one rule each; %d excused", checked, unreported)
	if checked < 600 {
		t.Errorf("checked %d calls only", checked)
	}
}

// listed is whether rules name the calls of a service that they report on a member: the account has the part once, or everybody
// makes the other calls every day.
func listed(service, member string) bool {
	return service == "cloudtrail" || service == "securityhub" || service == "codecommit" && !strings.HasSuffix(member, "TemplateName")
}

// hasRow is whether the table has a row of a call.
func hasRow(service, operation string) bool {
	return slices.ContainsFunc(Calls, func(c Call) bool { return c.Action == service+":"+operation && c.Reported == Alert })
}

// models are the write operations of AWS's models, with the members of their requests that can name a resource, as
// sandbox/evaluators/operations lists them.
var models = sync.OnceValue(func() (services map[string]map[string][]string) {
	text, err := os.ReadFile("testdata/operations.json")
	if err == nil {
		err = json.Unmarshal(text, &services)
	}
	if err != nil {
		panic(err)
	}
	return services
})
