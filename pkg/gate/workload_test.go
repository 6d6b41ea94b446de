package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/account"
	"prodgate/pkg/gate/gatetest"
)

const (
	anApp     = "prodgate:apps[0]."
	listener  = "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/"
	execution = "arn:aws:iam::111111111111:role/execution"
)

// TestWorkload_RefuseWhatDoesNotExist removes or changes one thing that settings name.
func TestWorkload_RefuseWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	type W = *gatetest.Workload
	service := func(change func(*account.Service)) func(W) {
		return func(w W) { change(&w.Services[0]) }
	}
	definition := func(change func(*account.TaskDefinition)) func(W) {
		return func(w W) {
			for arn, d := range w.Definitions {
				change(&d)
				w.Definitions[arn] = d
			}
		}
	}
	for name, c := range map[string]struct {
		blueGreen bool
		change    func(W)
		want      []string // a part of each problem, and there are as many
	}{
		"nothing":                     {false, func(W) {}, nil},
		"nothing of a blue/green app": {true, func(W) {}, nil},
		"a cluster": {false, func(w W) {
			w.Clusters = []account.Cluster{{Name: "batch", Status: "ACTIVE"}, {Name: "wep", Status: "ACTIVE"}}
		},
			[]string{anApp + `cluster: "web": the account has no such cluster in this region; did you mean wep?`}},
		"every cluster": {false, func(w W) { w.Clusters = nil }, []string{anApp + `cluster: "web": the account has no such cluster in this region; create the cluster, or correct the name`}},
		"many clusters": {false, func(w W) {
			w.Clusters = nil
			for i := range 9 {
				w.Clusters = append(w.Clusters, account.Cluster{Name: fmt.Sprintf("payments-%d", i)})
			}
		}, []string{`create the cluster, or correct the name; there are the clusters payments-0, payments-1, payments-2, payments-3, payments-4 and 4 more`}},
		"a cluster that was deleted": {false, func(w W) { w.Clusters[0].Status = "INACTIVE" }, []string{anApp + `cluster: "web": the cluster has the status INACTIVE; create it again`}},
		"a service": {false, func(w W) {
			w.Services[0].Name = "app"
			w.Services = append(w.Services, account.Service{Cluster: "other", Name: "api"})
		}, []string{anApp + `service: "api": the cluster web has no such service; did you mean app?`}},
		"a service that was deleted": {false, service(func(s *account.Service) { s.Status = "INACTIVE" }), []string{anApp + `service: "api": the service has the status INACTIVE: it is deleted from the cluster web; create it again, or remove the app from the settings`}},
		"a service that is drained":  {false, service(func(s *account.Service) { s.Status = "DRAINING" }), []string{`the service has the status DRAINING`}},
		"CodeDeploy where ECS deploys": {false, service(func(s *account.Service) { s.Controller = "CODE_DEPLOY" }), []string{
			anApp + `deployment.kind: "rolling": the service api has the deployment controller CODE_DEPLOY and needs ECS; set it to blue-green, or create the service again`}},
		"ECS where CodeDeploy deploys": {true, service(func(s *account.Service) { s.Controller = "ECS" }), []string{
			anApp + `deployment.kind: "blue-green": the service api has the deployment controller ECS and needs CODE_DEPLOY; set it to rolling, or create`}},
		"somebody who deploys by an own controller": {false, service(func(s *account.Service) { s.Controller, s.TaskDefinition = "EXTERNAL", "" }), []string{
			`has the deployment controller EXTERNAL and needs ECS; create the service again with the deployment controller ECS`}},
		"a container": {false, definition(func(d *account.TaskDefinition) { d.Containers = []string{"log", "app"} }), []string{
			anApp + `container: "api": the task definition web-api:1 of the service api has no such container; did you mean app?`}},
		"the execution role": {false, func(w W) { w.Roles = w.Roles[1:] }, []string{anApp + `executionRoleArn: "` + execution + `": IAM has no such role; create the role, or correct the ARN`}},
		"both roles":         {false, func(w W) { w.Roles = nil }, []string{`executionRoleArn: `, `taskRoleArn: `}},
		"the execution role, which the service has under another name": {false, func(w W) {
			w.Roles = w.Roles[1:]
			definition(func(d *account.TaskDefinition) { d.ExecutionRole = execution + "er" })(w)
		}, []string{`IAM has no such role; write the one of the task definition web-api:1: ` + execution + `er`}},
		"a role with another path": {false, func(w W) { w.Roles[0] = strings.Replace(execution, "role/", "role/ecs/", 1) }, []string{
			`IAM has the role under another ARN; write arn:aws:iam::111111111111:role/ecs/execution`}},
		"a role that the pipeline may not pass": {false, definition(func(d *account.TaskDefinition) { d.TaskRole = "other" }), []string{
			anApp + `taskRoleArn: "arn:aws:iam::111111111111:role/task": the task definition web-api:1 of the service api has another task role, which the pipeline may not pass; ` +
				`write the one of the task definition web-api:1: other`}},
		"a task definition without roles": {false, definition(func(d *account.TaskDefinition) { d.ExecutionRole, d.TaskRole = "", "" }), nil},
		"the load balancer": {true, func(w W) {
			w.LoadBalancers = []string{"arn:aws:elasticloadbalancing:eu-west-2:111111111111:loadbalancer/app/site/0123456789abcdef"}
		}, []string{`deployment.listenerArn: "` + listener + `0123456789abcdef": the account has no such load balancer in this region; write the ARN of a listener of the service's load balancer; there are the load balancers site`,
			`deployment.testListenerArn: `}},
		"the load balancer of another id": {true, func(w W) { w.LoadBalancers[0] = strings.TrimSuffix(w.LoadBalancers[0], "0") + "1" }, []string{
			`copy the ARN again: the load balancer web has another id`, `deployment.testListenerArn: `}},
		"the listener": {true, func(w W) { w.Listeners = w.Listeners[1:] }, []string{
			`deployment.listenerArn: "` + listener + `0123456789abcdef": the load balancer web has no such listener; correct the ARN; there are the listeners ` + listener + `fedcba9876543210 (port 443)`}},
		"the listener for tests": {true, func(w W) { w.Listeners = w.Listeners[:1] }, []string{`deployment.testListenerArn: "` + listener + `fedcba9876543210": the load balancer web has no such listener`}},
		"a target group": {true, func(w W) { w.TargetGroups[1].Name = "gren" }, []string{
			anApp + `deployment.targetGroups[1]: "green": the account has no such target group in this region; did you mean gren?`}},
		"the traffic of a load balancer": {true, func(w W) { w.TargetGroups[0].LoadBalancers = nil }, []string{
			anApp + `deployment.targetGroups: "blue, green": the load balancer web sends no traffic to either; name the target group`}},
		"the traffic of the service": {true, service(func(s *account.Service) { s.Routes[0].TargetGroup = "arn:of:other" }), []string{
			anApp + `deployment.targetGroups: "blue, green": the service api gets its traffic from another target group, arn:of:other; name`}},
		"the traffic of the green group": {true, func(w W) { w.Services[0].Routes[0].TargetGroup = w.TargetGroups[1].ARN }, nil},
		"the port": {true, service(func(s *account.Service) { s.Routes[0].Port = 80 }), []string{
			anApp + `deployment.containerPort: "4567": the service api gets its traffic at another port of the container api; write 80`}},
		"all of it": {true, func(w W) { *w = gatetest.Workload{} }, []string{"cluster: ", "executionRoleArn: ", "taskRoleArn: ", ".listenerArn: ", "testListenerArn: ",
			"targetGroups[0]: ", "targetGroups[1]: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written := config("api")
			if c.blueGreen {
				written = shifted(written)
			}
			s := decoded(t, written)
			has := gatetest.Having(s)
			has.Workload = gatetest.WorkloadOf(s)
			c.change(has.Workload)
			w := world(s)
			w.Preview = len(c.want) > 0 // a preview refuses it too
			r, err := w.Run(programOn(s, has))
			assertProblems(t, err, c.want)
			if len(c.want) > 0 {
				madeNothing(t, r)
			}
		})
	}
}

func TestWorkload_WarnOfServiceWithoutTasks(t *testing.T) {
	t.Parallel()
	s := decoded(t, config("api"))
	has := gatetest.Having(s)
	has.Workload = gatetest.WorkloadOf(s)
	has.Workload.Services[0].Desired = 0
	r := world(s).MustRun(t, programOn(s, has))
	if !slices.ContainsFunc(r.Warnings, func(warning string) bool {
		return strings.HasPrefix(warning, anApp+`service: "api": the service has a desired count of 0 and runs no task; `)
	}) {
		t.Errorf("warns %q", r.Warnings)
	}
}

// rolling names the load balancer of the app, whose deployment stays a rolling one.
func rolling(config map[string]any) map[string]any {
	app := config["apps"].([]any)[0].(object)
	app["deployment"] = object{"listenerArn": listener + "0123456789abcdef", "targetGroups": []any{"web", "internal"}}
	return config
}

// TestWorkload_LoadBalancerOfRollingDeployment compares the load balancer that settings name with the account's, and warns of
// a target group that they do not name.
func TestWorkload_LoadBalancerOfRollingDeployment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(w *gatetest.Workload)
		want    []string
		warning string
	}{
		"all of it":      {func(*gatetest.Workload) {}, nil, ""},
		"the listener":   {func(w *gatetest.Workload) { w.Listeners = nil }, []string{anApp + `deployment.listenerArn: "` + listener + `0123456789abcdef": the load balancer web has no such listener; correct the ARN`}, ""},
		"a target group": {func(w *gatetest.Workload) { w.TargetGroups = w.TargetGroups[:1] }, []string{anApp + `deployment.targetGroups[1]: "internal": the account has no such target group in this region`}, ""},
		"another target group of the service": {func(w *gatetest.Workload) {
			w.Services[0].Routes = append(w.Services[0].Routes, account.Route{TargetGroup: "arn:aws:elasticloadbalancing:eu-west-2:111111111111:targetgroup/legacy/0123456789abcdef"})
		}, nil, anApp + "deployment.targetGroups: the service api gets its traffic from the target group legacy, which is not named: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := decoded(t, rolling(config("api")))
			has := gatetest.Having(s)
			has.Workload = gatetest.WorkloadOf(s)
			c.change(has.Workload)
			r, err := world(s).Run(programOn(s, has))
			assertProblems(t, err, c.want)
			if len(c.want) > 0 {
				madeNothing(t, r)
				return
			}
			warned := slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "deployment.targetGroups") })
			if warned != (c.warning != "") || warned && !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.HasPrefix(w, c.warning) }) {
				t.Errorf("warns %q, want %q", r.Warnings, c.warning)
			}
		})
	}
}

func TestWorkload_ReportSharedValuesOnce(t *testing.T) {
	t.Parallel()
	s := decoded(t, config("api", "web", "site"))
	has := gatetest.Having(s)
	has.Workload = &gatetest.Workload{Roles: gatetest.WorkloadOf(s).Roles}
	_, err := world(s).Run(programOn(s, has))
	if err == nil || strings.Count(err.Error(), "prodgate:") != 1 || !strings.Contains(err.Error(), anApp+`cluster: "web"`) {
		t.Errorf("says %v", err)
	}
}

// TestWorkload_NameActionToAllow: a refused call gives one error, which names the action. Without
// the permission to list names, only the suggestion is missing.
func TestWorkload_NameActionToAllow(t *testing.T) {
	t.Parallel()
	for action, what := range map[string]string{
		"ecs:DescribeClusters":                       `cluster: "web": AWS does not say whether the cluster exists`,
		"ecs:DescribeServices":                       `service: "api": AWS does not say whether the service exists`,
		"ecs:DescribeTaskDefinition":                 `container: "api": AWS does not say which containers the task definition has`,
		"iam:GetRole":                                `executionRoleArn: "` + execution + `": AWS does not say whether the role exists`,
		"elasticloadbalancing:DescribeLoadBalancers": `deployment.listenerArn: "` + listener + `0123456789abcdef": AWS does not say which listeners the account has`,
		"elasticloadbalancing:DescribeListeners":     `deployment.listenerArn: "` + listener + `0123456789abcdef": AWS does not say which listeners the account has`,
		"elasticloadbalancing:DescribeTargetGroups":  `deployment.targetGroups: "blue, green": AWS does not say which target groups the account has`,
		"ecs:ListClusters":                           "",
		"ecs:ListServices":                           "",
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			s := decoded(t, shifted(config("api", "web")))
			has := gatetest.Having(s)
			has.Refused = []string{action}
			_, err := world(s).Run(programOn(s, has))
			if what == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if want := anApp + what + "; let the credentials call " + action + ": AccessDenied"; err == nil || strings.Count(err.Error(), "prodgate:") != 1 || !strings.Contains(err.Error(), want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// TestDockerfiles_ExistOnBothBranches reads each Dockerfile, or the list of all files where a
// repository has many Dockerfiles and GitHub does not truncate the list.
func TestDockerfiles_ExistOnBothBranches(t *testing.T) {
	t.Parallel()
	few, many := config("api"), config("a", "b", "c", "d", "e", "f")
	tree := func(branch string) string { return web + "/git/trees/" + branch + "?recursive=1" }
	listed := func(names ...string) string {
		var files []string
		for _, name := range names {
			files = append(files, fmt.Sprintf(`{"path": "%s/Dockerfile", "type": "blob"}`, name))
		}
		return `200 {"truncated": false, "tree": [` + strings.Join(files, ",") + `]}`
	}
	all := listed("a", "b", "c", "d", "e", "f")
	open := config("api")
	adopts(open)
	set("protection", "off")(open)
	delete(open["source"].(object), "statusChecks")
	for name, c := range map[string]struct {
		config map[string]any
		github map[string]string
		want   []string
		asked  int // for a file or a folder
	}{
		"there":                   {few, nil, nil, 2},
		"a list":                  {many, map[string]string{tree("prod"): all, tree("main"): all}, nil, 0},
		"a list that GitHub cuts": {many, nil, nil, 12},
		"not on prod": {few, map[string]string{contents("api/Dockerfile", "prod"): notFound, contents("api", "prod"): `200 [{"name": "Dockerfile.prod", "type": "file"}, {"name": "src", "type": "dir"}]`},
			[]string{anApp + `dockerfile: "Dockerfile": the branch prod of web has no file api/Dockerfile; correct the folder or the name, or push the file to prod; there are the files Dockerfile.prod`}, 3},
		"not on main, of a repository that nobody protects": {open, map[string]string{contents("api/Dockerfile", "main"): notFound, contents("api", "main"): notFound},
			[]string{anApp + `dockerfile: "Dockerfile": the branch main of web has no file api/Dockerfile; correct the folder or the name, or push the file to main`}, 3},
		"a folder of that name":            {few, map[string]string{contents("api/Dockerfile", "prod"): `200 [{"name": "x", "type": "file"}]`, contents("api", "prod"): notFound}, []string{"the branch prod of web has no file api/Dockerfile"}, 3},
		"no branch main":                   {open, map[string]string{contents("api/Dockerfile", "main"): `404 {"message": "No commit found for the ref main"}`}, nil, 2},
		"a file that GitHub does not show": {few, map[string]string{contents("api/Dockerfile", "prod"): forbidden}, []string{`"web": api/Dockerfile of prod cannot be read: `}, 1},
		"one of many": {many, map[string]string{tree("prod"): listed("a", "b", "c", "d", "e"), tree("main"): all, contents("f/Dockerfile", "prod"): notFound, contents("f", "prod"): notFound},
			[]string{`prodgate:apps[5].dockerfile: "Dockerfile": the branch prod of web has no file f/Dockerfile`}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := decoded(t, c.config)
			w := world(s)
			w.GitHub = c.github
			r, err := w.Run(program(s))
			assertProblems(t, err, c.want)
			asked := 0
			for _, invoke := range r.Invokes {
				if endpoint := invoke.Args["endpoint"]; endpoint.IsString() && strings.Contains(endpoint.StringValue(), "/contents/") && !strings.Contains(endpoint.StringValue(), ".github") &&
					!strings.Contains(endpoint.StringValue(), "CODEOWNERS") {
					asked++
				}
			}
			if asked != c.asked {
				t.Errorf("%d files and folders are asked for, want %d", asked, c.asked)
			}
		})
	}
}

// TestDockerfiles_OfCodeCommit reads repositories that exist, adopted or not.
func TestDockerfiles_OfCodeCommit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		repositories string
		branches     map[string][]string
		refused      []string
		want         string
	}{
		"there":           {"adopt", map[string][]string{"prod": {"Dockerfile"}, "main": {"Dockerfile"}}, nil, ""},
		"no branch":       {"adopt", nil, nil, ""},
		"not on main":     {"adopt", map[string][]string{"prod": {"Dockerfile"}, "main": {"README.md"}}, nil, anApp + `dockerfile: "Dockerfile": the branch main of web has no file api/Dockerfile; correct the folder or the name, or push the file to main; there are the files README.md`},
		"a new one":       {"create", nil, nil, ""},
		"one of the gate": {"create", map[string][]string{"prod": {"Dockerfile"}, "main": nil}, nil, anApp + `dockerfile: "Dockerfile": the branch main of web has no file api/Dockerfile; `},
		"a refused call":  {"adopt", nil, []string{"codecommit:GetFolder"}, anApp + `dockerfile: "Dockerfile": AWS does not say which files the repository web has; let the credentials call codecommit:GetFolder: `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written := committed(config("api"))
			written["source"].(object)["repositories"] = c.repositories
			s := decoded(t, written)
			has := gatetest.Having(s)
			has.Workload, has.Refused = gatetest.WorkloadOf(s), c.refused
			has.Workload.Folders = map[account.Folder][]string{}
			for branch, files := range c.branches {
				has.Workload.Folders[account.Folder{Repository: "web", Branch: branch, Path: "/api"}] = files
			}
			_, err := world(s).Run(programOn(s, has))
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
			} else if err == nil || strings.Count(err.Error(), "prodgate:") != 1 || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}
