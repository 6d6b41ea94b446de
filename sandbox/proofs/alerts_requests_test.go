package proofs

import (
	"fmt"
	"slices"
	"strings"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/naming"
)

// names are the values of a request's members that name a target, by the members'
// names in AWS's own models.
var names = map[catalogue.Target]func(*estate, delivered) map[string]string{
	catalogue.Account: func(*estate, delivered) map[string]string { return map[string]string{} },
	catalogue.Pipelines: func(e *estate, a delivered) map[string]string {
		p := e.plan.Pipeline(a.name)
		return map[string]string{"name": p.Name, "pipelineName": p.Name, "targetPipeline": p.Name, "resourceArn": p.ARN}
	},
	catalogue.Stages: func(e *estate, a delivered) map[string]string {
		return map[string]string{"pipelineName": e.plan.Pipeline(a.name).Name}
	},
	catalogue.Approval: func(e *estate, a delivered) map[string]string {
		return map[string]string{"pipelineName": e.plan.Pipeline(a.name).Name}
	},
	catalogue.Projects: func(e *estate, a delivered) map[string]string {
		p := e.plan.Project(a.name, naming.Build)
		return map[string]string{"name": p.Name, "projectName": p.Name, "projectArn": p.ARN, "resourceArn": p.ARN, "id": p.Name + ":0f5a7b6c"}
	},
	catalogue.Repositories: func(e *estate, a delivered) map[string]string {
		return map[string]string{"repositoryName": e.plan.Repository(a.name).Name}
	},
	catalogue.Services: func(e *estate, a delivered) map[string]string {
		return map[string]string{
			"cluster": e.plan.Cluster(a.cluster), "service": a.service,
			"clusterArn": e.plan.Cluster(a.cluster), "serviceArn": e.plan.Service(a.cluster, a.service), "daemonArn": e.regional("ecs", "daemon/"+a.cluster+"/x"),
			"serviceDeploymentArn": e.regional("ecs", "service-deployment/"+a.cluster+"/"+a.service+"/x"),
		}
	},
	catalogue.ForeignServices: func(e *estate, _ delivered) map[string]string {
		group := strings.TrimSuffix(e.plan.TargetGroup(targetGroup), "*") + "0123456789abcdef"
		return map[string]string{"cluster": e.plan.Cluster("elsewhere"), "service": "x", "loadBalancers": `{"targetGroupArn": "` + group + `"}`}
	},
	catalogue.SigningProfiles: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"profileName": e.profile[strings.LastIndex(e.profile, "/")+1:]}
	},
	catalogue.Deployments:      application,
	catalogue.DeploymentGroups: application,
	catalogue.Listeners: func(_ *estate, a delivered) map[string]string {
		return map[string]string{"ListenerArn": a.listener}
	},
	catalogue.ListenerRules: func(_ *estate, a delivered) map[string]string {
		rule := strings.TrimSuffix(naming.RulesOf(a.listener), "*") + "fedcba9876543210"
		return map[string]string{"RuleArn": rule}
	},
	catalogue.LoadBalancers: func(_ *estate, a delivered) map[string]string {
		return map[string]string{"LoadBalancerArn": naming.LoadBalancerOf(a.listener)}
	},
	catalogue.TargetGroups: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"TargetGroupArn": strings.TrimSuffix(e.plan.TargetGroup(targetGroup), "*") + "0123456789abcdef"}
	},
	catalogue.Bus: func(*estate, delivered) map[string]string { return map[string]string{"Name": "default"} },
	catalogue.Sources: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"repositoryName": e.source, "repositoryNames": e.source, "oldName": e.source, "newName": "x"}
	},
	catalogue.PullRequests: func(*estate, delivered) map[string]string { return map[string]string{"pullRequestId": "1"} },
	catalogue.ApprovalRules: func(e *estate, _ delivered) map[string]string {
		name := e.plan.ApprovalRule()
		return map[string]string{"approvalRuleTemplateName": name, "oldApprovalRuleTemplateName": name, "newApprovalRuleTemplateName": "x"}
	},
	catalogue.Tasks: func(_ *estate, a delivered) map[string]string { return map[string]string{"cluster": a.cluster} },
	catalogue.Connections: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"ConnectionArn": e.connection}
	},
	catalogue.Hosts: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"HostArn": e.plan.Connections("host/x-1")[0]}
	},
	catalogue.Buckets: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"Bucket": e.there("buckets", e.plan.Bucket("artifacts").Name), "Policy": "{}"}
	},
	catalogue.Keys: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"KeyId": e.key("images"), "TargetKeyId": e.key("images"), "AliasName": "alias/other"}
	},
	catalogue.ArtifactKey: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"KeyId": e.key("artifacts"), "SourceKeyId": e.key("artifacts"), "DestinationKeyId": e.regional("kms", "key/other")}
	},
	catalogue.SecretsKey: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"KeyId": e.key("secrets"), "SourceKeyId": e.key("secrets"), "DestinationKeyId": e.regional("kms", "key/other")}
	},
	catalogue.Aliases: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"AliasName": e.plan.KeyAlias("artifacts"), "TargetKeyId": e.regional("kms", "key/other")}
	},
	catalogue.Roles: func(e *estate, a delivered) map[string]string {
		return map[string]string{"RoleName": e.plan.Role(a.name, naming.Build).Name}
	},
	catalogue.TrustedRoles: func(*estate, delivered) map[string]string { return map[string]string{"RoleName": "release-manager"} },
	catalogue.ServiceRoles: func(e *estate, a delivered) map[string]string {
		return map[string]string{"RoleArn": e.plan.Role(a.name, naming.Pipeline).ARN}
	},
	catalogue.ApproverRoles: func(e *estate, a delivered) map[string]string {
		return map[string]string{"RoleArn": e.plan.Role(a.name, naming.Approver).ARN}
	},
	catalogue.BreakGlass: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"RoleArn": e.named("break-glass")}
	},
	catalogue.Policies: func(e *estate, a delivered) map[string]string {
		p := e.plan.Policy(a.name, naming.Build)
		return map[string]string{"PolicyArn": p.ARN, "PolicyName": p.Name, "Path": p.Path}
	},
	catalogue.IdentityProvider: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"OpenIDConnectProviderArn": e.plan.GitHubProvider()}
	},
	catalogue.Rules: func(e *estate, _ delivered) map[string]string {
		name := e.there("event rules", e.plan.Gate+"-failed-runs")
		return map[string]string{"Name": name, "Rule": name}
	},
	catalogue.Topic: func(e *estate, _ delivered) map[string]string {
		arn := e.there("topics", e.plan.Topic().ARN)
		return map[string]string{"TopicArn": arn, "SubscriptionArn": arn + ":5be8e5a7"}
	},
	catalogue.DeadLetters: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"QueueUrl": "https://sqs." + region + ".amazonaws.com/" + e.plan.Account + "/" + e.plan.DeadLetters().Name}
	},
	catalogue.Chat: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"Name": e.there("pipes", e.plan.Chat().Name)}
	},
	catalogue.ChatDestination: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"Name": e.plan.ChatDestination().Name}
	},
	catalogue.Alarms: func(e *estate, _ delivered) map[string]string {
		name := e.there("alarms", e.plan.DeadLetterAlarm().Name)
		return map[string]string{"AlarmName": name, "AlarmNames": name}
	},
	catalogue.KnownState: func(e *estate, a delivered) map[string]string {
		name := e.plan.KnownState(a.name).Name
		return map[string]string{"Name": name, "Names": name}
	},
	catalogue.CheckFunction: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"FunctionName": e.plan.CheckFunction().Name}
	},
	catalogue.Trails: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"Name": e.plan.Trail().ARN, "TrailName": e.plan.Trail().ARN}
	},
	catalogue.Detector: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"DetectorId": e.first("detectors")}
	},
	catalogue.Recorder: func(e *estate, _ delivered) map[string]string {
		name := e.first("Config recorders")
		return map[string]string{"ConfigurationRecorderName": name, "name": name}
	},
	catalogue.ConfigRules: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"ConfigRuleName": e.first("Config rules")}
	},
	catalogue.Remedies: func(e *estate, _ delivered) map[string]string {
		return map[string]string{"ConfigRuleName": e.plan.Gate + "-s3-bucket-versioning-enabled"}
	},
	catalogue.Analyzers: func(e *estate, _ delivered) map[string]string { return map[string]string{"analyzerName": e.plan.Gate} },
	catalogue.LogGroups: func(e *estate, a delivered) map[string]string {
		return map[string]string{"logGroupName": e.plan.LogGroup(a.name, naming.Build).Name}
	},
	catalogue.Secrets: func(e *estate, a delivered) map[string]string { return map[string]string{"SecretId": e.secret(a.name)} },
}

// clientOf is what the SDK calls a service.
func clientOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	if name := map[string]string{"states": "stepfunctions", "access-analyzer": "accessanalyzer", "elasticloadbalancing": "elbv2"}[service]; name != "" {
		return name
	}
	return service
}

// regionOf is where a service is asked.
func regionOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	if slices.Contains([]string{"iam", "organizations", "account"}, service) {
		return "us-east-1"
	}
	return region
}

// operationsOf are the operations that an action allows, where it is not called like
// one (Service Authorization Reference, Amazon S3: Actions; AWS KMS; IAM).
func operationsOf(row catalogue.Call) []string {
	if row.On == catalogue.BreakGlass { // AWS STS API: however it is assumed
		return []string{"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}
	}
	if others := map[string][]string{
		"s3:PutBucketOwnershipControls":       {"PutBucketOwnershipControls", "DeleteBucketOwnershipControls"},
		"s3:PutBucketPublicAccessBlock":       {"PutPublicAccessBlock", "DeletePublicAccessBlock"},
		"s3:PutEncryptionConfiguration":       {"PutBucketEncryption", "DeleteBucketEncryption"},
		"s3:PutLifecycleConfiguration":        {"PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"},
		"s3:PutReplicationConfiguration":      {"PutBucketReplication", "DeleteBucketReplication"},
		"s3:PutBucketObjectLockConfiguration": {"PutObjectLockConfiguration"},
		"kms:ReEncryptFrom":                   {"ReEncrypt"},
		"iam:UpdateRole":                      {"UpdateRole", "UpdateRoleDescription"},
	}[row.Action]; others != nil {
		return others
	}
	_, operation, _ := strings.Cut(row.Action, ":")
	return []string{operation}
}

// noOperation are actions without an operation in AWS's models, or with one that is no
// longer called: what the console asks for, or ECR within a pull. CloudTrail's event
// source of each.
var noOperation = map[string]string{
	"codeconnections:UpdateConnectionInstallation":      "codeconnections.amazonaws.com",
	"codestar-connections:UpdateConnectionInstallation": "codestar-connections.amazonaws.com",
	"ecr:BatchImportUpstreamImage":                      "ecr.amazonaws.com",
	"account:CloseAccount":                              "account.amazonaws.com",
	"guardduty:DisassociateFromMasterAccount":           "guardduty.amazonaws.com",
}

// recorded is the event of such a call.
func recorded(w *world, row catalogue.Call, source string, told map[string]any, named map[string]string) map[string]any {
	parameters := map[string]string{}
	for name, value := range named {
		parameters[strings.ToLower(name[:1])+name[1:]] = value
	}
	_, operation, _ := strings.Cut(row.Action, ":")
	at := regionOf(row.Action)
	detail := map[string]any{
		"eventVersion": "1.10", "eventTime": "2026-01-01T00:00:00Z", "eventSource": source, "eventName": operation, "awsRegion": at,
		"sourceIPAddress": "192.0.2.1", "requestParameters": parameters, "responseElements": nil, "readOnly": false,
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": w.account(), "eventCategory": "Management",
	}
	for key, value := range told {
		detail[key] = value
	}
	return map[string]any{
		"version": "0", "id": fmt.Sprintf("7d2469ff-514a-4e4f-9003-%012d", len(told)), "detail-type": "AWS API Call via CloudTrail",
		"source": "aws." + strings.TrimSuffix(source, ".amazonaws.com"), "account": w.account(), "time": "2026-01-01T00:00:00Z",
		"region": at, "resources": []string{}, "detail": detail,
	}
}

// application names that of an app whose traffic is shifted.
func application(e *estate, a delivered) map[string]string {
	return map[string]string{"applicationName": e.there("CodeDeploy applications", e.plan.Deployments(a.name).Name)}
}
