package gatetest

import (
	"context"
	"path"
	"slices"
	"strings"

	"prodgate/pkg/account"
	"prodgate/pkg/settings"
)

// Workload is what the account has of the clusters, services, load balancers, roles and files that
// settings of apps name. Tests remove what must not exist.
type Workload struct {
	Clusters []account.Cluster
	Services []account.Service
	// Definitions are task definitions by ARN.
	Definitions   map[string]account.TaskDefinition
	LoadBalancers []string
	Listeners     []account.Listener
	TargetGroups  []account.TargetGroup
	// Roles are ARNs.
	Roles []string
	// Folders are the files of CodeCommit's repositories.
	Folders map[account.Folder][]string
}

// WorkloadOf is the workload that settings name.
func WorkloadOf(s *settings.Settings) *Workload {
	w := &Workload{Definitions: map[string]account.TaskDefinition{}}
	prefix := "arn:" + s.Partition() + ":ecs:" + s.Region + ":" + s.Account + ":task-definition/"
	services := map[string]int{}
	if s.UsesCodeCommit() {
		w.Folders = map[account.Folder][]string{}
	}
	for _, app := range s.Apps {
		if !slices.ContainsFunc(w.Clusters, func(c account.Cluster) bool { return c.Name == app.Cluster }) {
			w.Clusters = append(w.Clusters, account.Cluster{Name: app.Cluster, Status: "ACTIVE"})
		}
		for _, role := range []string{app.ExecutionRoleArn, app.TaskRoleArn} {
			if role != "" && !slices.Contains(w.Roles, role) {
				w.Roles = append(w.Roles, role)
			}
		}
		at, exists := services[app.Cluster+"/"+app.Service]
		if !exists {
			at = len(w.Services)
			services[app.Cluster+"/"+app.Service] = at
			w.Services = append(w.Services, account.Service{
				Cluster: app.Cluster, Name: app.Service, Status: "ACTIVE", Desired: 1, Controller: "ECS", TaskDefinition: prefix + app.Cluster + "-" + app.Service + ":1",
			})
		}
		service := &w.Services[at]
		definition := w.Definitions[service.TaskDefinition]
		definition.Containers = append(definition.Containers, app.Container)
		definition.ExecutionRole, definition.TaskRole = app.ExecutionRoleArn, app.TaskRoleArn
		w.Definitions[service.TaskDefinition] = definition
		if len(app.Deployment.Listeners()) > 0 {
			w.addLoadBalancer(s, app, service)
		}
		if s.UsesCodeCommit() {
			file := path.Join("/", app.Folder, app.Dockerfile)
			for _, branch := range []string{"main", "prod"} {
				folder := account.Folder{Repository: app.Repository, Branch: branch, Path: path.Dir(file)}
				w.Folders[folder] = append(w.Folders[folder], path.Base(file))
			}
		}
	}
	return w
}

// addLoadBalancer adds a load balancer that sends the traffic of a service to the first of its
// target groups.
func (w *Workload) addLoadBalancer(s *settings.Settings, app settings.App, service *account.Service) {
	loadBalancer := strings.Replace(path.Dir(app.Deployment.ListenerArn), ":listener/", ":loadbalancer/", 1)
	if app.Deployment.Kind == settings.BlueGreen {
		service.Controller = "CODE_DEPLOY"
	}
	for _, arn := range app.Deployment.Listeners() {
		w.Listeners = append(w.Listeners, account.Listener{LoadBalancer: loadBalancer, ARN: arn, Port: 443})
	}
	if !slices.Contains(w.LoadBalancers, loadBalancer) {
		w.LoadBalancers = append(w.LoadBalancers, loadBalancer)
	}
	for i, name := range app.Deployment.TargetGroups {
		group := account.TargetGroup{
			Name: name, ARN: "arn:" + s.Partition() + ":elasticloadbalancing:" + s.Region + ":" + s.Account + ":targetgroup/" + name + "/0123456789abcdef",
		}
		if i == 0 {
			group.LoadBalancers = []string{loadBalancer}
			service.Routes = append(service.Routes, account.Route{TargetGroup: group.ARN, Container: app.Container, Port: app.Deployment.ContainerPort})
		}
		w.TargetGroups = append(w.TargetGroups, group)
	}
}

func (r reader) Clusters(_ context.Context, names []string) ([]account.Cluster, error) {
	all := slices.Clone(r.has.Workload.Clusters)
	return slices.DeleteFunc(all, func(c account.Cluster) bool { return !slices.Contains(names, c.Name) }), r.may("ecs:DescribeClusters")
}

func (r reader) ClusterNames(context.Context) ([]string, error) {
	var names []string
	for _, c := range r.has.Workload.Clusters {
		names = append(names, c.Name)
	}
	return names, r.may("ecs:ListClusters")
}

func (r reader) Services(_ context.Context, names map[string][]string) ([]account.Service, error) {
	all := slices.Clone(r.has.Workload.Services)
	return slices.DeleteFunc(all, func(s account.Service) bool { return !slices.Contains(names[s.Cluster], s.Name) }), r.may("ecs:DescribeServices")
}

func (r reader) ServiceNames(_ context.Context, cluster string) ([]string, error) {
	var names []string
	for _, s := range r.has.Workload.Services {
		if s.Cluster == cluster {
			names = append(names, s.Name)
		}
	}
	return names, r.may("ecs:ListServices")
}

func (r reader) TaskDefinitions(context.Context, []string) (map[string]account.TaskDefinition, error) {
	return r.has.Workload.Definitions, r.may("ecs:DescribeTaskDefinition")
}

func (r reader) LoadBalancers(context.Context) ([]string, error) {
	return r.has.Workload.LoadBalancers, r.may("elasticloadbalancing:DescribeLoadBalancers")
}

func (r reader) Listeners(_ context.Context, loadBalancers []string) ([]account.Listener, error) {
	all := slices.Clone(r.has.Workload.Listeners)
	return slices.DeleteFunc(all, func(l account.Listener) bool { return !slices.Contains(loadBalancers, l.LoadBalancer) }), r.may("elasticloadbalancing:DescribeListeners")
}

func (r reader) TargetGroups(context.Context) ([]account.TargetGroup, error) {
	return r.has.Workload.TargetGroups, r.may("elasticloadbalancing:DescribeTargetGroups")
}

func (r reader) Roles(_ context.Context, names []string) (map[string]string, error) {
	found := map[string]string{}
	for _, arn := range r.has.Workload.Roles {
		if slices.Contains(names, path.Base(arn)) {
			found[path.Base(arn)] = arn
		}
	}
	return found, r.may("iam:GetRole")
}

func (r reader) Files(_ context.Context, folders []account.Folder) (map[account.Folder][]string, error) {
	found := map[account.Folder][]string{}
	for _, f := range folders {
		if files, exists := r.has.Workload.Folders[f]; exists {
			found[f] = files
		}
	}
	return found, r.may("codecommit:GetFolder")
}
