package preflight

import (
	"fmt"
	"slices"
	"strings"

	"prodgate/pkg/account"
	"prodgate/pkg/settings"
)

// loadBalancerOf is the ARN of a listener's load balancer, which the listener's ARN contains
// (Elastic Load Balancing User Guide, ARN formats).
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

// loadBalancers are the load balancers of the account, by ARN, and the listeners of those that
// settings name.
type loadBalancers struct {
	arns      []string
	listeners []account.Listener
}

// firstOf is the first app whose deployment names what of returns; -1 where none does.
func (w *workload) firstOf(of func(settings.Deployment) []string) int {
	return slices.IndexFunc(w.apps, func(app settings.App) bool { return len(of(app.Deployment)) > 0 })
}

func groupsOf(d settings.Deployment) []string { return d.TargetGroups }

func (w *workload) readLoadBalancers() (loadBalancers, error) {
	arns, err := w.account.LoadBalancers(w.ctx)
	if err != nil {
		return loadBalancers{}, err
	}
	var named []string
	for _, app := range w.apps {
		for _, listener := range app.Deployment.Listeners() {
			if arn := loadBalancerOf(listener); slices.Contains(arns, arn) {
				named = append(named, arn)
			}
		}
	}
	listeners, err := w.account.Listeners(w.ctx, named)
	return loadBalancers{arns, listeners}, err
}

// checkLoadBalancers compares listeners and target groups with what Elastic Load Balancing has.
func (w *workload) checkLoadBalancers() {
	has, groups := loadBalancers{}, []account.TargetGroup{}
	var err, groupsErr error
	if first := w.firstOf(settings.Deployment.Listeners); first >= 0 {
		if has, err = w.loadBalancers(); err != nil {
			w.addUnread(first, "deployment.listenerArn", w.apps[first].Deployment.ListenerArn, "which listeners the account has", err)
		}
	}
	if first := w.firstOf(groupsOf); first >= 0 {
		if groups, groupsErr = w.targetGroups(); groupsErr != nil {
			w.addUnread(first, "deployment.targetGroups", strings.Join(w.apps[first].Deployment.TargetGroups, ", "), "which target groups the account has", groupsErr)
		}
	}
	if err != nil || groupsErr != nil {
		return
	}
	for i, app := range w.apps {
		exists := true
		if arn := app.Deployment.ListenerArn; arn != "" {
			exists = w.checkListener(i, "listenerArn", arn, has)
		}
		if test := app.Deployment.TestListenerArn; test != "" {
			w.checkListener(i, "testListenerArn", test, has)
		}
		found := w.checkTargetGroups(i, app, groups)
		switch {
		case app.Deployment.Kind != settings.BlueGreen:
			w.warnUnnamed(i, app)
		case len(found) == 2 && exists:
			w.checkRoutes(i, app, found)
		}
	}
}

// warnUnnamed warns of the target groups of a rolling service that settings do not name: without the name, nothing denies or
// reports that somebody registers other targets.
func (w *workload) warnUnnamed(i int, app settings.App) {
	service := w.services[serviceKey(app)]
	if service.Controller != controllers[app.Deployment.Kind] {
		return // the deployment's kind is wrong
	}
	for _, r := range service.Routes {
		_, group, _ := strings.Cut(r.TargetGroup, ":targetgroup/")
		if name, _, _ := strings.Cut(group, "/"); !slices.Contains(app.Deployment.TargetGroups, name) {
			w.warnings = append(w.warnings, fmt.Sprintf("prodgate:apps[%d].deployment.targetGroups: the service %s gets its traffic from the target group %s, "+
				"which is not named: guardrails do not deny and alerts do not report changes of its targets; add %s, and the listener's ARN as deployment.listenerArn",
				i, app.Service, name, name))
		}
	}
}

func (w *workload) checkListener(i int, key, arn string, has loadBalancers) (exists bool) {
	key = "deployment." + key
	loadBalancer := loadBalancerOf(arn)
	if !slices.Contains(has.arns, loadBalancer) {
		var names []string
		for _, b := range has.arns {
			names = append(names, nameOf(b))
		}
		name, remedy := nameOf(loadBalancer), "write the ARN of a listener of the service's load balancer"
		if slices.Contains(names, name) {
			remedy = "copy the ARN again: the load balancer " + name + " has another id"
		} else {
			remedy = suggest(name, "load balancers", names, remedy)
		}
		w.add(i, key, arn, "the account has no such load balancer in this region", remedy)
		return false
	}
	var arns []string
	for _, l := range has.listeners {
		if l.ARN == arn {
			return true
		}
		if l.LoadBalancer == loadBalancer {
			arns = append(arns, fmt.Sprintf("%s (port %d)", l.ARN, l.Port))
		}
	}
	w.add(i, key, arn, "the load balancer "+nameOf(loadBalancer)+" has no such listener", suggest(arn, "listeners", arns, "correct the ARN"))
	return false
}

// checkTargetGroups returns the target groups of an app that exist.
func (w *workload) checkTargetGroups(i int, app settings.App, groups []account.TargetGroup) []account.TargetGroup {
	var found []account.TargetGroup
	for n, name := range app.Deployment.TargetGroups {
		at := slices.IndexFunc(groups, func(g account.TargetGroup) bool { return g.Name == name })
		if at >= 0 {
			found = append(found, groups[at])
			continue
		}
		var names []string
		for _, g := range groups {
			names = append(names, g.Name)
		}
		w.add(i, fmt.Sprintf("deployment.targetGroups[%d]", n), name, "the account has no such target group in this region",
			suggest(name, "target groups", names, "create the target group, or correct the name"))
	}
	return found
}

// checkRoutes compares the two target groups with the load balancer and the service. Before the
// first deployment no load balancer sends traffic to the group that waits for it.
func (w *workload) checkRoutes(i int, app settings.App, pair []account.TargetGroup) {
	value, loadBalancer := strings.Join(app.Deployment.TargetGroups, ", "), loadBalancerOf(app.Deployment.ListenerArn)
	const remedy = "name the target group that the listener forwards to, and the one to shift traffic to"
	if !slices.ContainsFunc(pair, func(g account.TargetGroup) bool { return slices.Contains(g.LoadBalancers, loadBalancer) }) {
		w.add(i, "deployment.targetGroups", value, "the load balancer "+nameOf(loadBalancer)+" sends no traffic to either", remedy)
	}
	s, exists := w.services[serviceKey(app)]
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
