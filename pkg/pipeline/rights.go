package pipeline

import (
	"slices"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// The rights that several rows have.
var (
	registryLogin = Right{Sid: "RegistryLogin", Actions: []string{"ecr:GetAuthorizationToken"}, On: everything}
	// revocations lets a role ask whether a signature is still valid. A signature has a profile and a
	// job; AWS chooses the id of the job.
	revocations = Right{
		Sid: "Revocations", Actions: []string{"signer:GetRevocationStatus"},
		On: func(m Model, _ Scope) []Value { return []Value{{Part: SigningProfile}, text(m.names.SigningJobs())} },
	}
	// readsSecrets lets a build read its app's secrets, and use their keys for nothing else. Secrets
	// Manager names the secret in the encryption context: Secrets Manager User Guide, Secret
	// encryption and decryption, Encryption context.
	readsSecrets = []Right{
		{
			Sid: "Secrets", Actions: []string{"secretsmanager:GetSecretValue"},
			On: func(m Model, scope Scope) []Value { return m.secretsOf(scope).arns },
		},
		{
			Sid: "SecretKeys", Actions: []string{"kms:Decrypt"},
			On: func(m Model, scope Scope) []Value { return m.secretsOf(scope).keys },
			Conditions: func(m Model, scope Scope) []Condition {
				return []Condition{m.viaService("secretsmanager"), {"ArnLike", "kms:EncryptionContext:SecretARN", m.secretsOf(scope).encrypted}}
			},
		},
	}
)

// repositories match the image repositories of all apps.
func repositories(m Model) []string { return []string{m.names.Repositories()} }

// services match the ECS services of all apps, which the app teams name.
func services(m Model, _ Scope) []Value { return texts(m.names.Service("*", "*")) }

func anyBlueGreen(m Model) bool { return m.has(AllApps, IsBlueGreen) }

// whenSigned limits a right to stacks that sign images.
func whenSigned(r Right) Right {
	r.When = func(m Model) bool { return m.settings.Signs() }
	return r
}

// publishes lets a role send an alert. The Sid of the statement is the reason.
func publishes(sid string) []Right {
	return []Right{
		{Sid: sid, Actions: []string{"sns:Publish"}, On: on(func(m Model) []string { return []string{m.names.Topic().ARN} })},
		{
			Sid: "AlertKey", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"},
			On:         func(Model, Scope) []Value { return []Value{{Part: AlertKey}} },
			Conditions: func(m Model, _ Scope) []Condition { return []Condition{m.viaService("sns")} },
		},
	}
}

// rollingRights let a pipeline deploy by ECS.
var rollingRights = append(slices.Clone(deploymentRights),
	Right{
		Sid: "DeployService", Actions: []string{"ecs:DescribeServices", "ecs:UpdateService"},
		On: func(m Model, scope Scope) []Value { return texts(m.names.Service(scope.service())) },
	},
	Right{Sid: "TaskDefinitions", Actions: []string{"ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"}, On: everything},
)

// blueGreenRights let a pipeline deploy by CodeDeploy: CodePipeline User Guide, Amazon ECS and
// CodeDeploy blue-green deploy action reference.
var blueGreenRights = append(slices.Clone(deploymentRights),
	Right{
		Sid: "Deployments", Actions: []string{"codedeploy:CreateDeployment", "codedeploy:GetDeployment"},
		On: func(m Model, scope Scope) []Value { return texts(m.names.Deployment(scope.name()).ARN) },
	},
	Right{
		Sid: "Revisions", Actions: []string{"codedeploy:GetApplication", "codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"},
		On: func(m Model, scope Scope) []Value { return texts(m.names.Deployments(scope.name()).ARN) },
	},
	Right{
		Sid: "DeploymentConfigurations", Actions: []string{"codedeploy:GetDeploymentConfig"},
		On: on(func(m Model) []string { return []string{m.names.DeploymentConfigs()} }),
	},
	Right{Sid: "TaskDefinitions", Actions: []string{"ecs:RegisterTaskDefinition"}, On: everything},
)

// deploymentRights are the rights that every kind of deployment needs.
var deploymentRights = []Right{
	{
		Sid: "TagNewTaskDefinitions", Actions: []string{"ecs:TagResource"},
		On: on(func(m Model) []string { return []string{m.names.TaskDefinitions()} }),
		Conditions: func(Model, Scope) []Condition {
			return []Condition{{"StringEquals", "ecs:CreateAction", texts("RegisterTaskDefinition")}}
		},
	},
	{
		Sid: "PassTaskRoles", Actions: []string{"iam:PassRole"},
		On: func(m Model, scope Scope) []Value {
			if scope.app == nil {
				return texts(m.names.AnyRole())
			}
			return texts(taskRoles(*scope.app)...)
		},
		Conditions: passedToTasks,
	},
}

// passedToTasks limits iam:PassRole to the tasks of a service.
func passedToTasks(Model, Scope) []Condition {
	return []Condition{{"StringEquals", "iam:PassedToService", texts("ecs-tasks.amazonaws.com")}}
}

// taskRoles are the roles of an app's tasks.
func taskRoles(app settings.App) []string {
	if app.TaskRoleArn == "" || app.TaskRoleArn == app.ExecutionRoleArn {
		return []string{app.ExecutionRoleArn}
	}
	return []string{app.ExecutionRoleArn, app.TaskRoleArn}
}

// trafficRights let CodeDeploy shift traffic: CodeDeploy User Guide, Create a service role for
// CodeDeploy, AWSCodeDeployRoleForECS, without the rights for hooks and topics. All apps share the
// role, which names the resources of each.
func trafficRights() []Right {
	ofApps := func(resources func(m Model, app settings.App) []string) func(Model, Scope) []Value {
		return func(m Model, _ Scope) []Value {
			var all []string
			for _, app := range m.settings.Apps {
				if IsBlueGreen(app) {
					all = append(all, resources(m, app)...)
				}
			}
			return texts(slices.Compact(slices.Sorted(slices.Values(all)))...)
		}
	}
	return []Right{
		{
			Sid: "Services", Actions: []string{"ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"},
			On: ofApps(func(m Model, app settings.App) []string { return []string{m.names.Service(app.Cluster, app.Service)} }),
		},
		{
			Sid: "TaskSets", Actions: []string{"ecs:CreateTaskSet", "ecs:DeleteTaskSet"},
			On: ofApps(func(m Model, app settings.App) []string { return []string{m.names.TaskSets(app.Cluster, app.Service)} }),
		},
		{
			Sid: "LoadBalancers",
			Actions: []string{
				"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetGroups",
			},
			On: everything,
		},
		{
			Sid: "Listeners", Actions: []string{"elasticloadbalancing:ModifyListener"},
			On: ofApps(func(_ Model, app settings.App) []string { return shiftedListeners(app) }),
		},
		{
			Sid: "Rules", Actions: []string{"elasticloadbalancing:ModifyRule"},
			On: ofApps(func(_ Model, app settings.App) []string {
				var rules []string
				for _, listener := range shiftedListeners(app) {
					rules = append(rules, naming.RulesOf(listener))
				}
				return rules
			}),
		},
		{
			Sid: "PassTaskRoles", Actions: []string{"iam:PassRole"}, Conditions: passedToTasks,
			On: ofApps(func(_ Model, app settings.App) []string { return taskRoles(app) }),
		},
		{
			Sid: "Alarms", Actions: []string{"cloudwatch:DescribeAlarms"},
			On: ofApps(func(m Model, app settings.App) []string {
				var alarms []string
				for _, name := range app.Deployment.Alarms {
					alarms = append(alarms, m.names.Alarm(name))
				}
				return alarms
			}),
		},
	}
}

// approverRights let a person answer the approval of one app.
var approverRights = []Right{
	{
		Sid: "Approve", Actions: []string{"codepipeline:PutApprovalResult"},
		On: func(m Model, scope Scope) []Value { return texts(m.names.Approval(scope.name())) },
	},
	{
		// What the page of the pipeline shows, and the approval's token with it.
		Sid: "SeeWhatIsApproved",
		Actions: []string{
			"codepipeline:GetPipeline", "codepipeline:GetPipelineState",
			"codepipeline:GetPipelineExecution", "codepipeline:ListPipelineExecutions",
		},
		On: func(m Model, scope Scope) []Value { return texts(m.names.Pipeline(scope.name()).ARN) },
	},
}

// verifierRights let the check of the known state read what the gate is made of, send alerts, and tell a pipeline
// whether its run goes on.
func verifierRights() []Right {
	one := func(arn func(naming.Plan) string) func(Model, Scope) []Value {
		return on(func(m Model) []string { return []string{arn(m.names)} })
	}
	return append([]Right{
		{Sid: "KnownState", Actions: []string{"ssm:GetParameter", "ssm:GetParametersByPath"}, On: one(naming.Plan.KnownStates)},
		{Sid: "Pipelines", Actions: []string{"codepipeline:GetPipeline"}, On: one(naming.Plan.Pipelines)},
		{Sid: "Projects", Actions: []string{"codebuild:BatchGetProjects"}, On: one(naming.Plan.Projects)},
		{Sid: "Images", Actions: []string{"ecr:DescribeRepositories", "ecr:GetRepositoryPolicy"}, On: one(naming.Plan.Repositories)},
		{Sid: "Roles", Actions: []string{"iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"}, On: one(naming.Plan.AllRoles)},
		{Sid: "Policies", Actions: []string{"iam:GetPolicy", "iam:GetPolicyVersion"}, On: one(naming.Plan.AllPolicies)},
		{Sid: "AllRoles", Actions: []string{"iam:ListRoles"}, On: everything},
		{Sid: "Trusts", Actions: []string{"iam:GetRole"}, On: on(func(m Model) []string { return m.trustedRoles() })},
		{
			Sid: "Provider", Actions: []string{"iam:GetOpenIDConnectProvider"}, On: one(naming.Plan.GitHubProvider),
			When: func(m Model) bool { return m.settings.Workflows.Repository != "" },
		},
		{Sid: "Rules", Actions: []string{"events:DescribeRule", "events:ListTargetsByRule"}, On: on(func(m Model) []string {
			return unique([]string{m.names.Rules(), m.names.GlobalRules()})
		})},
		{
			// KMS gives keys their ids, so that the alias identifies the key.
			Sid: "Keys", Actions: []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"}, On: one(naming.Plan.AllKeys),
			Conditions: func(m Model, _ Scope) []Condition {
				return []Condition{{"ForAnyValue:StringLike", "kms:ResourceAliases", texts(m.names.KeyAliases())}}
			},
		},
		{
			// One statement for what there is one of: a policy has 6,144 characters.
			Sid: "Parts", Actions: []string{"events:DescribeEventBus", "lambda:GetFunctionConfiguration", "lambda:GetPolicy", "s3:GetBucketPolicy"},
			On: on(func(m Model) []string {
				return []string{m.names.Bus(), m.names.CheckFunction().ARN, m.names.Bucket("artifacts").ARN}
			}),
		},
		{
			// AWS names no resource for these. Lambda Developer Guide, Using source function ARN to control function
			// access behavior: another function with this role has another ARN.
			Sid: "JobResults", Actions: []string{"codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult"}, On: everything,
			Conditions: func(m Model, _ Scope) []Condition {
				return []Condition{{"ArnEquals", "lambda:SourceFunctionArn", texts(m.names.CheckFunction().ARN)}}
			},
		},
		{
			Sid: "Topics", Actions: []string{"sns:GetDataProtectionPolicy", "sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"},
			// Both topics, and their subscriptions, whose ARNs SNS ends with an id.
			On: one(func(p naming.Plan) string { return p.Topic().ARN + "*" }),
		},
	}, publishes("Tell")...)
}

// trustedRoles are the roles of deployers, break-glass and approvers, which settings name.
func (m Model) trustedRoles() []string {
	access := m.settings.Access
	return unique(slices.Concat(access.DeployerArns, []string{access.BreakGlassArn}, access.ApproverArns))
}

// secrets are the ARNs of secrets, the ARNs of those that are encrypted with a key that a role must
// be allowed to use, and these keys. Every role may use the AWS managed key through the service.
type secrets struct{ arns, encrypted, keys []Value }

// secretsOf are the secrets of a scope. The gate names those that it creates. In the scope of all
// apps, adopted secrets may be any secrets of the account.
func (m Model) secretsOf(scope Scope) secrets {
	var all secrets
	add := func(arn string, key Value) {
		all.arns = append(all.arns, text(arn))
		if key == (Value{}) {
			return
		}
		all.encrypted = append(all.encrypted, text(arn))
		if !slices.Contains(all.keys, key) {
			all.keys = append(all.keys, key)
		}
	}
	if scope.app == nil {
		creates, adopts, encrypts := false, false, false
		for _, app := range m.settings.Apps {
			for _, secret := range app.Secrets {
				creates, adopts, encrypts = creates || secret.Arn == "", adopts || secret.Arn != "", encrypts || secret.KeyArn != ""
			}
		}
		if creates {
			add(m.names.Secret("*", "*").ARN, Value{Part: SecretsKey})
		}
		if adopts {
			key := Value{}
			if encrypts {
				key = text(m.names.AllKeys())
			}
			add(m.names.AllSecrets(), key)
		}
		return all
	}
	for _, secret := range scope.app.Secrets {
		if secret.Arn == "" {
			add(m.names.Secret(scope.app.Name, secret.Name).ARN, Value{Part: SecretsKey})
		} else {
			add(secret.Arn, text(secret.KeyArn))
		}
	}
	return all
}

// repository is the source repository of a scope.
func (s Scope) repository() string {
	if s.app == nil {
		return "*"
	}
	return s.app.Repository
}

// service is the cluster and the ECS service of a scope.
func (s Scope) service() (cluster, service string) {
	if s.app == nil {
		return "*", "*"
	}
	return s.app.Cluster, s.app.Service
}

// viaService is the condition that an AWS service uses a key on behalf of the role.
func (m Model) viaService(name string) Condition {
	return Condition{"StringEquals", "kms:ViaService", texts(name + "." + m.names.Region + "." + m.names.DNSSuffix())}
}
