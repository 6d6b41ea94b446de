package stack

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"prodgate/sandbox/engine/cloud"
)

func TestConfig_Workload(t *testing.T) {
	t.Parallel()
	const listener = "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/0123456789abcdef"
	config, err := ParseConfig([]byte(`
config:
  aws:region: eu-west-2
  prodgate:account: "111111111111"
  prodgate:source: {owner: example-org, repository: cruddur}
  prodgate:apps:
    - {name: api, cluster: web, executionRoleArn: execution, taskRoleArn: task, folder: backend, dockerfile: Dockerfile.prod}
    - {name: log, cluster: web, service: api, executionRoleArn: execution}
    - name: site
      repository: frontend
      cluster: web
      container: nginx
      executionRoleArn: execution
      deployment: {kind: blue-green, listenerArn: ` + listener + `, targetGroups: [blue, green], containerPort: 80}
    - {name: without-cluster}
    - {name: half, cluster: web, deployment: {kind: blue-green, targetGroups: [blue, green]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	none := []cloud.LoadBalancer{}
	want := cloud.Workload{Region: "eu-west-2", Services: []cloud.Service{
		{Cluster: "web", Name: "api", Containers: []string{"api", "log"}, ExecutionRole: "execution", TaskRole: "task", LoadBalancers: none},
		{Cluster: "web", Name: "site", Containers: []string{"nginx"}, ExecutionRole: "execution", LoadBalancers: []cloud.LoadBalancer{
			{Listeners: []string{listener}, TargetGroups: []string{"blue", "green"}, Container: "nginx", Port: 80},
		}},
		{Cluster: "web", Name: "half", Containers: []string{"half"}, LoadBalancers: none},
	}}
	if !reflect.DeepEqual(config.Workload, want) {
		t.Errorf("got  %+v\nwant %+v", config.Workload, want)
	}
	files := map[string][]string{}
	for _, r := range config.GitHub.Repositories {
		files[r.Name] = slices.Sorted(maps.Keys(r.Files))
	}
	if want := map[string][]string{
		"cruddur":  {"backend/Dockerfile.prod", "half/Dockerfile", "log/Dockerfile", "without-cluster/Dockerfile"},
		"frontend": {"site/Dockerfile"},
	}; !reflect.DeepEqual(files, want) {
		t.Errorf("the repositories have %v, want %v", files, want)
	}
}
