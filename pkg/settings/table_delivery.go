package settings

// deliverySettings are the settings of signing, of deployments, and of the checks after them.
var deliverySettings = []setting{
	{key: "sign", kind: text, preset: SignSigner, oneOf: []string{SignSigner, None}, what: "is not a signing service",
		doc:     "What signs an image that passed its scans, and verifies it before it is deployed: AWS Signer with Notation, or `off`.",
		example: SignSigner},

	{key: "apps[].deployment", kind: object, doc: "How the service gets the image."},
	{key: "apps[].deployment.kind", kind: text, preset: Rolling, oneOf: []string{Rolling, BlueGreen}, what: "is not a deployment type",
		doc: "`rolling`: ECS replaces tasks. `blue-green`: CodeDeploy shifts traffic to new tasks, and back.", example: BlueGreen},
	{key: "apps[].deployment.listenerArn", kind: text, requiredWhen: blueGreenOnly, arn: &listenerARN, remedy: listenerRemedy,
		doc:     "The load balancer's listener of production traffic. On a rolling deployment too, guardrails deny changes of it and alerts report them.",
		example: "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/0123456789abcdef"},
	{key: "apps[].deployment.testListenerArn", kind: text, arn: &listenerARN, derived: "no test listener", remedy: "leave the key out where nobody tries the new tasks first",
		doc:     "A listener on which the new tasks can be tried before traffic is shifted. Blue/green only.",
		example: "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/fedcba9876543210"},
	// Amazon ECS Developer Guide, service load balancing: five target groups. CodeDeploy API, TargetGroupPairInfo: two.
	{key: "apps[].deployment.targetGroups", kind: list, requiredWhen: blueGreenOnly, min: 1, max: 5, remedy: targetGroupsRemedy,
		doc:     "The names of the target groups of the service: on blue/green the two that traffic is shifted between, on a rolling deployment those that the service registers its tasks with. Guardrails deny changes of them and alerts report them.",
		example: []any{"web-blue", "web-green"}},
	// Elastic Load Balancing API, CreateTargetGroup: 32 letters, digits and hyphens.
	{key: "apps[].deployment.targetGroups[]", kind: text, max: 32, pattern: matches(`[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?`), what: "is not the name of a target group",
		remedy: "write the target group's name, not its ARN"},
	{key: "apps[].deployment.containerPort", kind: number, requiredWhen: blueGreenOnly, min: 1, max: 65535, unit: "port", remedy: "write the port of the container that the load balancer sends to",
		doc:     "The container's port behind the load balancer. Blue/green only.",
		example: 4567},
	// CodeDeploy User Guide, Predefined deployment configurations for an Amazon ECS compute platform.
	{key: "apps[].deployment.config", kind: text, preset: "CodeDeployDefault.ECSCanary10Percent5Minutes", oneOf: []string{
		"CodeDeployDefault.ECSAllAtOnce", "CodeDeployDefault.ECSCanary10Percent5Minutes", "CodeDeployDefault.ECSCanary10Percent15Minutes",
		"CodeDeployDefault.ECSLinear10PercentEvery1Minutes", "CodeDeployDefault.ECSLinear10PercentEvery3Minutes",
	}, what: "is not a deployment configuration of CodeDeploy for ECS",
		doc:     "CodeDeploy's name of how traffic is shifted. Blue/green only.",
		example: "CodeDeployDefault.ECSAllAtOnce"},
	// CodeDeploy, quotas: 10 alarms a deployment group.
	{key: "apps[].deployment.alarms", kind: list, max: 10, remedy: "write up to 10 alarms, CodeDeploy's limit",
		doc:     "The names of CloudWatch alarms that stop a deployment and shift traffic back. Blue/green only.",
		example: []any{"web-5xx"}},
	{key: "apps[].deployment.alarms[]", kind: text, max: 255, pattern: linePattern, what: "is not the name of an alarm", remedy: "write the CloudWatch alarm's name, not its ARN"},
	// CodeDeploy, quotas: at most two days between the traffic shift and the termination of the old tasks.
	{key: "apps[].deployment.terminationMinutes", kind: number, preset: 60, min: 0, max: 2880, unit: "minutes", remedy: "write 0 to 2880 minutes, at most two days",
		doc:     "How long the old tasks stay for a way back. Blue/green only.",
		example: 30},

	{key: "apps[].health", kind: object, doc: "What the app must answer after a deployment. Without `url` it is not asked."},
	{key: "apps[].health.url", kind: text, requiredWhen: "`expect` is set", max: 300, pattern: httpsPattern, valid: isHTTPS, what: notHTTPS, remedy: "write the https:// URL of the health check",
		doc:     "The URL of the health check.",
		example: "https://api.example.com/api/health-check"},
	{key: "apps[].health.expect", kind: dictionary, min: 1, max: 5, remedy: "write 1 to 5 fields of the answer with their values, such as success: true",
		doc:     "The fields that the answer's JSON must have, and their values.",
		example: map[string]any{"success": true}},
	{key: "apps[].health.expect{}", kind: text, max: 64, pattern: matches(`[A-Za-z_][A-Za-z0-9_-]*`), what: "is not the name of a field", remedy: "write the name of a field at the top of the answer"},
	{key: "apps[].health.expect[]", kind: scalar, max: 64, remedy: "write a text of up to 64 characters, a number, true or false"},
	{key: "apps[].health.seconds", kind: number, preset: 300, min: 10, max: 1800, unit: "seconds", remedy: "wait 10 to 1800 seconds",
		doc:     "How long the service may take until it runs the image and answers so.",
		example: 60},

	{key: "apps[].dast", kind: object, doc: "Dynamic analysis (DAST) of what was deployed. Without `url` there is none: leave it out where the target is production."},
	{key: "apps[].dast.url", kind: text, max: 300, pattern: httpsPattern, valid: isHTTPS, what: notHTTPS, remedy: "write the https:// URL at which the attack begins, or leave the key out in production",
		doc:     "Where OWASP ZAP begins.",
		example: "https://api.dev.example.com"},
}

const blueGreenOnly = "`kind` is `blue-green`"
