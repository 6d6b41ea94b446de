package settings

import (
	"fmt"
	"net/url"
)

const (
	notHTTPS           = "is not the URL of an HTTPS server"
	targetGroupsRemedy = "write the names of the service's target groups: two for blue-green, which shifts traffic between them, and one to five for a rolling deployment"
	listenerRemedy     = "blue-green shifts traffic at a load balancer: write the ARN of its listener"
)

// httpsPattern is a URL of printable ASCII, without characters that a shell, JSON or
// CodePipeline (#{…}) would interpret.
var httpsPattern = matches(`https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/%?&=+-]*)?`)

// isHTTPS reports whether a text is the URL of an HTTPS server, without credentials.
func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && u.Fragment == ""
}

// checkDeployments requires a load balancer for blue-green, and refuses keys that the deployment's kind ignores.
func (c *checker) checkDeployments(s *Settings) {
	for i, app := range s.Apps {
		at := c.top("apps").item(i).child("deployment")
		kind := at.child("kind")
		if c.hasProblem(at) || c.hasProblem(kind) {
			continue
		}
		listener, groups, port := at.child("listenerArn"), at.child("targetGroups"), at.child("containerPort")
		test, alarms := at.child("testListenerArn"), at.child("alarms")
		c.checkARN(listener, listenerARN, app.Deployment.ListenerArn, s)
		if app.Deployment.Kind == BlueGreen {
			c.require(listener, kind, listenerRemedy)
			c.require(groups, kind, settingOf[groups.path].remedy)
			c.require(port, kind, settingOf[port.path].remedy)
			if n := len(app.Deployment.TargetGroups); n != 2 && c.isSet[groups.key] && !c.hasProblem(groups) {
				c.add(groups, groups.show(app.Deployment.TargetGroups), fmt.Sprintf("has %d entries, and blue-green takes 2", n), settingOf[groups.path].remedy)
			}
			c.checkARN(test, listenerARN, app.Deployment.TestListenerArn, s)
			c.refuseUnused(c.top("apps").item(i).child("deployTimeout"), "on a blue-green deployment")
			continue
		}
		for _, only := range []place{test, port, alarms, at.child("config"), at.child("terminationMinutes")} {
			if c.isSet[only.key] && !c.hasProblem(only) {
				c.add(only, present, "has no effect on a rolling deployment", "leave the key out, or set "+kind.name()+" to "+BlueGreen)
			}
		}
	}
}

// checkHealth requires the URL if other keys of the health check are set.
func (c *checker) checkHealth(s *Settings) {
	for i := range s.Apps {
		at := c.top("apps").item(i).child("health")
		url := at.child("url")
		if because := at.child("expect"); c.isSet[because.key] {
			c.require(url, because, settingOf["apps[].health.url"].remedy)
		}
		if !c.isSet[url.key] && !c.hasProblem(url) {
			c.refuseUnused(at.child("seconds"), "without "+url.name())
		}
	}
}
