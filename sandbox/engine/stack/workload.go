package stack

import (
	"cmp"
	"path"
	"slices"

	"prodgate/pkg/settings"
	"prodgate/sandbox/engine/cloud"
)

// app is the part of an app in a stack file that the emulators need.
type app struct {
	Name, Repository            string
	Folder, Dockerfile          string
	Cluster, Service, Container string
	Execution                   string `yaml:"executionRoleArn"`
	Task                        string `yaml:"taskRoleArn"`
	Deployment                  struct {
		Kind          string
		Listener      string   `yaml:"listenerArn"`
		TestListener  string   `yaml:"testListenerArn"`
		TargetGroups  []string `yaml:"targetGroups"`
		ContainerPort int      `yaml:"containerPort"`
	}
}

// dockerfiles are the Dockerfiles of all apps, by repository and path, with the defaults of the settings.
func dockerfiles(common string, apps []app) map[string]map[string]string {
	files := map[string]map[string]string{}
	for _, a := range apps {
		repository := cmp.Or(a.Repository, common)
		if files[repository] == nil {
			files[repository] = map[string]string{}
		}
		files[repository][path.Join(cmp.Or(a.Folder, a.Name), cmp.Or(a.Dockerfile, "Dockerfile"))] = "FROM scratch\n"
	}
	return files
}

// workload are the clusters, services and load balancers that the settings of apps name. It omits an
// app without a cluster or with an incomplete load balancer, which the program itself reports.
func workload(region string, apps []app) cloud.Workload {
	w := cloud.Workload{Region: region}
	for _, a := range apps {
		if region == "" || a.Cluster == "" || a.Name == "" {
			continue
		}
		name, container := cmp.Or(a.Service, a.Name), cmp.Or(a.Container, a.Name)
		at := slices.IndexFunc(w.Services, func(s cloud.Service) bool { return s.Cluster == a.Cluster && s.Name == name })
		if at < 0 {
			at = len(w.Services)
			w.Services = append(w.Services, cloud.Service{
				Cluster: a.Cluster, Name: name, ExecutionRole: a.Execution, TaskRole: a.Task, LoadBalancers: []cloud.LoadBalancer{},
			})
		}
		s := &w.Services[at]
		s.Containers = append(s.Containers, container)
		if d := a.Deployment; d.Kind == settings.BlueGreen && d.Listener != "" && len(d.TargetGroups) > 0 && d.ContainerPort > 0 {
			listeners := slices.DeleteFunc([]string{d.Listener, d.TestListener}, func(arn string) bool { return arn == "" })
			s.LoadBalancers = append(s.LoadBalancers, cloud.LoadBalancer{Listeners: listeners, TargetGroups: d.TargetGroups, Container: container, Port: d.ContainerPort})
		}
	}
	return w
}
