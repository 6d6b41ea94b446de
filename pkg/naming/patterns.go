package naming

// Patterns of resources that AWS names by an id.

// Stages matches every stage of the gate's pipelines, and every action in them.
func (p Plan) Stages() string { return p.Pipelines() + "/*" }

// DeployStages matches the stage of each that changes production.
func (p Plan) DeployStages() string { return p.Pipelines() + "/" + DeployStage }

// Approvals matches what every app's approver may answer.
func (p Plan) Approvals() string {
	return p.Pipelines() + "/" + ApprovalStage + "/" + ApprovalStage
}

// KeyAlias is the alias of the key of one purpose.
func (p Plan) KeyAlias(purpose string) string { return "alias/" + p.Gate + "-" + purpose }

// AllKeys matches every key of the account and region: KMS makes up their ids.
func (p Plan) AllKeys() string { return p.arn("kms", "key/*") }

// AllAliases matches the aliases of the gate's keys, as resources.
func (p Plan) AllAliases() string { return p.arn("kms", p.KeyAliases()) }

// Trails matches every trail of the account, whichever region it is of.
func (p Plan) Trails() string {
	return "arn:" + p.Partition + ":cloudtrail:*:" + p.Account + ":trail/*"
}

// Detectors matches GuardDuty's detector and what is below it.
func (p Plan) Detectors() string { return p.arn("guardduty", "detector/*") }

// ConfigRecorders matches AWS Config's recorder.
func (p Plan) ConfigRecorders() string { return p.arn("config", "configuration-recorder/*") }

// ConfigRules matches every rule of AWS Config: it makes up their ids.
func (p Plan) ConfigRules() string { return p.arn("config", "config-rule/*") }

// Connections is a connection or a host under both names of the service, which
// checks either.
func (p Plan) Connections(resource string) []string {
	return []string{p.arn("codeconnections", resource), p.arn("codestar-connections", resource)}
}

// Cluster is an app team's ECS cluster.
func (p Plan) Cluster(name string) string { return p.arn("ecs", "cluster/"+name) }

// AllOfECS matches everything that Amazon ECS has in the account and region. No
// pattern is of one cluster and of every type: the type that begins a resource takes
// no wildcard (IAM User Guide, Identify AWS resources with ARNs, Incorrect wildcard
// usage).
func (p Plan) AllOfECS() string { return p.arn("ecs", "*") }

// ServiceLinkedRoles matches the roles that AWS's services keep in the account.
func (p Plan) ServiceLinkedRoles() string { return p.iamARN("role/aws-service-role/*") }

// GitHubProvider is the account's OpenID Connect provider of GitHub Actions.
func (p Plan) GitHubProvider() string {
	return p.iamARN("oidc-provider/" + OIDCHost)
}
