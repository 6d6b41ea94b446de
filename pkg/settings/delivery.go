package settings

import "net/url"

// deliveryRules are the rules of what signs an image, deploys it, and looks at what was deployed.
var deliveryRules = []rule{
	{key: "sign", kind: text, oneOf: []string{SignSigner, None}, what: "is nothing that signs"},

	{key: "apps[].deployment", kind: object},
	{key: "apps[].deployment.kind", kind: text, oneOf: []string{Rolling, BlueGreen}, what: "is no kind of deployment"},
	{key: "apps[].deployment.listenerArn", kind: text, remedy: listenerRemedy},
	{key: "apps[].deployment.testListenerArn", kind: text, remedy: "leave the key out where nobody tries the new tasks first"},
	// CodeDeploy API, TargetGroupPairInfo: a pair.
	{key: "apps[].deployment.targetGroups", kind: list, min: 2, max: 2, remedy: "write the names of the two target groups that traffic is shifted between"},
	// Elastic Load Balancing API, CreateTargetGroup: 32 letters, digits and hyphens.
	{key: "apps[].deployment.targetGroups[]", kind: text, max: 32, valid: shape(`[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?`), what: "is not the name of a target group",
		remedy: "write the target group's name, not its ARN"},
	{key: "apps[].deployment.containerPort", kind: number, min: 1, max: 65535, remedy: "write the port of the container that the load balancer sends to"},
	// CodeDeploy User Guide, Predefined deployment configurations for an Amazon ECS compute platform.
	{key: "apps[].deployment.config", kind: text, oneOf: []string{
		"CodeDeployDefault.ECSAllAtOnce", "CodeDeployDefault.ECSCanary10Percent5Minutes", "CodeDeployDefault.ECSCanary10Percent15Minutes",
		"CodeDeployDefault.ECSLinear10PercentEvery1Minutes", "CodeDeployDefault.ECSLinear10PercentEvery3Minutes",
	}, what: "is no deployment configuration of CodeDeploy's for ECS"},
	// CodeDeploy, quotas: 10 alarms of a deployment group.
	{key: "apps[].deployment.alarms", kind: list, max: 10, remedy: "CodeDeploy takes up to 10 alarms"},
	{key: "apps[].deployment.alarms[]", kind: text, max: 255, valid: isLine, what: "is not the name of an alarm", remedy: "write the CloudWatch alarm's name, not its ARN"},
	// CodeDeploy, quotas: two days between the shift and the end of the old tasks.
	{key: "apps[].deployment.terminationMinutes", kind: number, min: 0, max: 2880, remedy: "the old tasks stay for up to 2880 minutes, two days"},

	{key: "apps[].health", kind: object},
	{key: "apps[].health.url", kind: text, max: 300, valid: isHTTPS, what: notHTTPS, remedy: "write the URL of the health check with https://"},
	{key: "apps[].health.expect", kind: dictionary, min: 1, max: 5, remedy: "write 1 to 5 fields of the answer with their values, such as success: true"},
	{key: "apps[].health.expect{}", kind: text, max: 64, valid: shape(`[A-Za-z_][A-Za-z0-9_-]*`), what: "is not the name of a field", remedy: "write the name of a field at the top of the answer"},
	{key: "apps[].health.expect[]", kind: scalar, max: 64, remedy: "write a text of up to 64 characters, a number, true or false"},
	{key: "apps[].health.seconds", kind: number, min: 10, max: 1800, remedy: "wait 10 to 1800 seconds"},

	{key: "apps[].dast", kind: object},
	{key: "apps[].dast.url", kind: text, max: 300, valid: isHTTPS, what: notHTTPS, remedy: "write where the attack begins with https://, or leave the key out where this is production"},
}

const (
	notHTTPS       = "is not the URL of an HTTPS server"
	listenerRemedy = "blue-green shifts traffic at a load balancer: write the ARN of its listener"
)

// isHTTPS is whether a text is such a URL, of printable ASCII and without what a shell, JSON or
// CodePipeline (#{…}) would read as its own, and without credentials.
func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && u.Fragment == "" &&
		shape(`https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/%?&=+-]*)?`)(text)
}

// deployments have a load balancer where traffic is shifted, and nothing that has no effect.
func (c *checker) deployments(s *Settings) {
	for i, app := range s.Apps {
		at := c.top("apps").item(i).child("deployment")
		kind := at.child("kind")
		if c.wrong(at) || c.wrong(kind) {
			continue
		}
		listener, groups, port := at.child("listenerArn"), at.child("targetGroups"), at.child("containerPort")
		test, alarms := at.child("testListenerArn"), at.child("alarms")
		if app.Deployment.Kind == BlueGreen {
			c.needs(listener, kind, listenerRemedy)
			c.needs(groups, kind, ruleOf[groups.rule].remedy)
			c.needs(port, kind, ruleOf[port.rule].remedy)
			c.arn(listener, listenerARN, app.Deployment.ListenerArn, s)
			c.arn(test, listenerARN, app.Deployment.TestListenerArn, s)
			continue
		}
		for _, only := range []place{listener, test, groups, port, alarms, at.child("config"), at.child("terminationMinutes")} {
			if c.written[only.key] && !c.wrong(only) {
				c.add(only, "(written)", "has no effect on a rolling deployment", "leave the key out, or set "+kind.name()+" to "+BlueGreen)
			}
		}
	}
}

// health is asked for where something is expected.
func (c *checker) health(s *Settings) {
	for i := range s.Apps {
		at := c.top("apps").item(i).child("health")
		if because := at.child("expect"); c.written[because.key] {
			c.needs(at.child("url"), because, ruleOf["apps[].health.url"].remedy)
		}
	}
}
