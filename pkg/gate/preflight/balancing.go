package preflight

import (
	"fmt"
	"slices"
	"strings"

	"prodgate/pkg/account"
	"prodgate/pkg/settings"
)

// loadBalancerOf is the load balancer of a listener: Elastic Load Balancing makes the one
// ARN from the other (Elastic Load Balancing User Guide, ARN formats).
func loadBalancerOf(listener string) string {
	at := strings.LastIndex(listener, "/")
	if at < 0 {
		return ""
	}
	return strings.Replace(listener[:at], ":listener/", ":loadbalancer/", 1)
}

// nameOf is the name in the ARN of a load balancer: …/app/name/id.
func nameOf(loadBalancer string) string {
	parts := strings.Split(loadBalancer, "/")
	return parts[max(len(parts)-2, 0)]
}

// checkLoadBalancers compares listeners and target groups of blue/green deployments with
// what Elastic Load Balancing has.
func (w *workload) checkLoadBalancers() {
	first := slices.IndexFunc(w.apps, func(app settings.App) bool { return app.Deployment.Kind == settings.BlueGreen })
	if first < 0 {
		return
	}
	listener := w.apps[first].Deployment.ListenerArn
	balancers, err := w.has.LoadBalancers(w.ctx)
	if err != nil {
		w.unread(first, "deployment.listenerArn", listener, "which load balancers the account has", err)
		return
	}
	groups, err := w.has.TargetGroups(w.ctx)
	if err != nil {
		w.unread(first, "deployment.targetGroups", strings.Join(w.apps[first].Deployment.TargetGroups, ", "), "which target groups the account has", err)
		return
	}
	listeners := map[string][]account.Listener{}
	for i, app := range w.apps {
		for _, arn := range app.Deployment.Listeners() {
			balancer := loadBalancerOf(arn)
			if _, asked := listeners[balancer]; asked || !slices.Contains(balancers, balancer) {
				continue
			}
			if listeners[balancer], err = w.has.Listeners(w.ctx, balancer); err != nil {
				w.unread(i, "deployment.listenerArn", arn, "which listeners the load balancer has", err)
				return
			}
		}
	}
	for i, app := range w.apps {
		if app.Deployment.Kind != settings.BlueGreen {
			continue
		}
		exists := w.checkListener(i, "listenerArn", app.Deployment.ListenerArn, balancers, listeners)
		if test := app.Deployment.TestListenerArn; test != "" {
			w.checkListener(i, "testListenerArn", test, balancers, listeners)
		}
		if pair := w.checkTargetGroups(i, app, groups); len(pair) == 2 && exists {
			w.checkRoutes(i, app, pair)
		}
	}
}

func (w *workload) checkListener(i int, key, arn string, balancers []string, listeners map[string][]account.Listener) (exists bool) {
	key = "deployment." + key
	balancer := loadBalancerOf(arn)
	if !slices.Contains(balancers, balancer) {
		var names []string
		for _, b := range balancers {
			names = append(names, nameOf(b))
		}
		w.add(i, key, arn, "the account has no such load balancer in this region",
			instead(nameOf(balancer), "load balancers", names, "write the ARN of a listener of the service's load balancer"))
		return false
	}
	var arns []string
	for _, l := range listeners[balancer] {
		if l.ARN == arn {
			return true
		}
		arns = append(arns, fmt.Sprintf("%s (port %d)", l.ARN, l.Port))
	}
	w.add(i, key, arn, "the load balancer "+nameOf(balancer)+" has no such listener", instead(arn, "listeners", arns, "correct the ARN"))
	return false
}

// checkTargetGroups returns the two target groups of an app that exist.
func (w *workload) checkTargetGroups(i int, app settings.App, groups []account.TargetGroup) []account.TargetGroup {
	var pair []account.TargetGroup
	for n, name := range app.Deployment.TargetGroups {
		at := slices.IndexFunc(groups, func(g account.TargetGroup) bool { return g.Name == name })
		if at >= 0 {
			pair = append(pair, groups[at])
			continue
		}
		var names []string
		for _, g := range groups {
			names = append(names, g.Name)
		}
		w.add(i, fmt.Sprintf("deployment.targetGroups[%d]", n), name, "the account has no such target group in this region",
			instead(name, "target groups", names, "create the target group, or correct the name"))
	}
	return pair
}

// checkRoutes compares the pair of target groups with the traffic that reaches the
// service, as far as AWS shows it. The group that waits for the next deployment is behind
// no load balancer before the first one.
func (w *workload) checkRoutes(i int, app settings.App, pair []account.TargetGroup) {
	value, balancer := strings.Join(app.Deployment.TargetGroups, ", "), loadBalancerOf(app.Deployment.ListenerArn)
	const remedy = "name the target group that the listener forwards to, and the one to shift traffic to"
	if !slices.ContainsFunc(pair, func(g account.TargetGroup) bool { return slices.Contains(g.LoadBalancers, balancer) }) {
		w.add(i, "deployment.targetGroups", value, "the load balancer "+nameOf(balancer)+" sends no traffic to either", remedy)
	}
	s, exists := w.services[place(app)]
	if !exists || len(s.Routes) == 0 {
		return
	}
	used := func(r account.Route) bool {
		return slices.ContainsFunc(pair, func(g account.TargetGroup) bool { return g.ARN == r.TargetGroup })
	}
	if !slices.ContainsFunc(s.Routes, used) {
		w.add(i, "deployment.targetGroups", value, "the service "+app.Service+" gets its traffic from another target group, "+s.Routes[0].TargetGroup, remedy)
	}
	for _, r := range s.Routes {
		if r.Container == app.Container && r.Port != app.Deployment.ContainerPort && used(r) {
			w.add(i, "deployment.containerPort", fmt.Sprint(app.Deployment.ContainerPort), "the service "+app.Service+" gets its traffic at another port of the container "+
				app.Container, fmt.Sprintf("write %d", r.Port))
		}
	}
}
