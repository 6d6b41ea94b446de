package preflight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"prodgate/pkg/account"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/settings"
)

// checkWorkload compares what settings name of the apps' workload with what the account has. The
// error names every problem at once. A value that several apps share is reported once, for the
// first of them.
func checkWorkload(c component.Context, in account.WorkloadReader) (warnings []string, err error) {
	if len(c.Settings.Apps) == 0 {
		return nil, nil
	}
	ctx := c.Ctx.Context()
	w := &workload{ctx: ctx, account: in, apps: c.Settings.Apps, reported: map[string]bool{}}
	// These calls need no answer of the calls to Amazon ECS.
	w.roles = start(func() (map[string]string, error) { return in.Roles(ctx, w.roleNames()) })
	if w.firstOf(settings.Deployment.Listeners) >= 0 {
		w.loadBalancers = start(func() (loadBalancers, error) { return w.readLoadBalancers() })
	}
	if w.firstOf(groupsOf) >= 0 {
		w.targetGroups = start(func() ([]account.TargetGroup, error) { return in.TargetGroups(ctx) })
	}
	if c.Settings.UsesCodeCommit() {
		w.files = start(func() (map[account.Folder][]string, error) { return in.Files(ctx, w.folders()) })
	}
	w.checkClusters()
	w.checkServices()
	w.checkTaskDefinitions()
	w.checkRoles()
	w.checkLoadBalancers()
	w.checkDockerfiles()
	return w.warnings, errors.Join(w.problems...)
}

// workload is what the account has of the clusters, services, load balancers, roles and files
// that settings of apps name.
type workload struct {
	ctx     context.Context
	account account.WorkloadReader
	apps    []settings.App
	// clusters are those that exist, services those that can be deployed to, by
	// cluster/service; definitions are by ARN.
	clusters    map[string]bool
	services    map[string]account.Service
	definitions map[string]account.TaskDefinition
	// These wait for calls that run beside those to Amazon ECS. They are nil where settings
	// name nothing of the kind.
	roles         func() (map[string]string, error)
	loadBalancers func() (loadBalancers, error)
	targetGroups  func() ([]account.TargetGroup, error)
	files         func() (map[account.Folder][]string, error)

	warnings []string
	problems []error
	reported map[string]bool // by the setting's last word, value and problem
}

// add adds a problem of an app's setting, unless an earlier app has the same one.
func (w *workload) add(app int, key, value, what, remedy string) {
	if id := key[strings.LastIndex(key, ".")+1:] + " " + value + " " + what; !w.reported[id] {
		w.reported[id] = true
		w.problems = append(w.problems, component.SettingError(fmt.Sprintf("apps[%d].%s", app, key), value, "%s; %s", what, remedy))
	}
}

// addUnread adds that a call failed. One app is enough: credentials that may not make the
// call for one may not make it for another.
func (w *workload) addUnread(app int, key, value, what string, err error) {
	w.problems = append(w.problems, unread(fmt.Sprintf("apps[%d].%s", app, key), value, what, err))
}

// unique returns values of all apps, each once, sorted.
func (w *workload) unique(value func(settings.App) string) []string {
	values := map[string]bool{}
	for _, app := range w.apps {
		values[value(app)] = true
	}
	return slices.Sorted(maps.Keys(values))
}

const active = "ACTIVE"

func (w *workload) checkClusters() {
	w.clusters = map[string]bool{}
	found, err := w.account.Clusters(w.ctx, w.unique(func(app settings.App) string { return app.Cluster }))
	if err != nil {
		w.addUnread(0, "cluster", w.apps[0].Cluster, "whether the cluster exists", err)
		return
	}
	status := map[string]string{}
	for _, c := range found {
		status[c.Name] = c.Status
		w.clusters[c.Name] = c.Status == active
	}
	var names []string
	for i, app := range w.apps {
		if w.clusters[app.Cluster] {
			continue
		}
		if status := status[app.Cluster]; status != "" {
			w.add(i, "cluster", app.Cluster, "the cluster has the status "+status, "create it again, or name another")
			continue
		}
		if names == nil {
			names, _ = w.account.ClusterNames(w.ctx) // without the permission, the message has no suggestion
		}
		w.add(i, "cluster", app.Cluster, "the account has no such cluster in this region", suggest(app.Cluster, "clusters", names, "create the cluster, or correct the name"))
	}
}

// serviceKey is the key of an app's service: cluster/service.
func serviceKey(app settings.App) string { return app.Cluster + "/" + app.Service }

func (w *workload) checkServices() {
	w.services = map[string]account.Service{}
	asked, first := map[string][]string{}, -1
	for i, app := range w.apps {
		if w.clusters[app.Cluster] {
			asked[app.Cluster] = append(asked[app.Cluster], app.Service)
			if first < 0 {
				first = i
			}
		}
	}
	if first < 0 {
		return
	}
	found, err := w.account.Services(w.ctx, asked)
	if err != nil {
		w.addUnread(first, "service", w.apps[first].Service, "whether the service exists", err)
		return
	}
	all := map[string]account.Service{}
	for _, s := range found {
		all[s.Cluster+"/"+s.Name] = s
	}
	names := map[string][]string{}
	for i, app := range w.apps {
		if !w.clusters[app.Cluster] {
			continue
		}
		s, exists := all[serviceKey(app)]
		switch {
		case !exists:
			if _, listed := names[app.Cluster]; !listed {
				names[app.Cluster], _ = w.account.ServiceNames(w.ctx, app.Cluster)
			}
			w.add(i, "service", app.Service, "the cluster "+app.Cluster+" has no such service",
				suggest(app.Service, "services", names[app.Cluster], "create the service, or correct the name"))
			continue
		case s.Status != active:
			w.add(i, "service", app.Service, "the service has the status "+s.Status+": it is deleted from the cluster "+app.Cluster,
				"create it again, or remove the app from the settings")
			continue
		case s.Desired == 0:
			w.warnings = append(w.warnings, fmt.Sprintf("prodgate:apps[%d].service: %q: the service has a desired count of 0 and runs no task; "+
				"a deployment starts none either, and its verification fails; set a desired count first", i, app.Service))
		}
		w.services[serviceKey(app)] = s
		w.checkController(i, app, s)
	}
}

// controllers are the deployment controllers that the kinds of deployment need (Amazon ECS
// API, DeploymentController).
var controllers = map[string]string{settings.Rolling: "ECS", settings.BlueGreen: "CODE_DEPLOY"}

func (w *workload) checkController(i int, app settings.App, s account.Service) {
	if needed := controllers[app.Deployment.Kind]; s.Controller != needed {
		remedy := "create the service again with the deployment controller " + needed
		for kind, controller := range controllers {
			if controller == s.Controller {
				remedy = "set it to " + kind + ", or " + remedy
			}
		}
		w.add(i, "deployment.kind", app.Deployment.Kind, "the service "+app.Service+" has the deployment controller "+s.Controller+" and needs "+needed, remedy)
	}
}

// definition is the task definition that an app's service runs. None exists where the
// service does not, or where its deployment controller is EXTERNAL.
func (w *workload) definition(app settings.App) (arn string, definition account.TaskDefinition, exists bool) {
	arn = w.services[serviceKey(app)].TaskDefinition
	definition, exists = w.definitions[arn]
	return arn[strings.LastIndex(arn, "/")+1:], definition, exists
}

func (w *workload) checkTaskDefinitions() {
	var arns []string
	first := -1
	for i, app := range w.apps {
		if arn := w.services[serviceKey(app)].TaskDefinition; arn != "" {
			if arns = append(arns, arn); first < 0 {
				first = i
			}
		}
	}
	if first < 0 {
		return
	}
	var err error
	if w.definitions, err = w.account.TaskDefinitions(w.ctx, arns); err != nil {
		w.addUnread(first, "container", w.apps[first].Container, "which containers the task definition has", err)
		return
	}
	for i, app := range w.apps {
		name, definition, exists := w.definition(app)
		if exists && !slices.Contains(definition.Containers, app.Container) {
			w.add(i, "container", app.Container, "the task definition "+name+" of the service "+app.Service+" has no such container",
				suggest(app.Container, "containers", definition.Containers, "correct the name"))
		}
	}
}

// roleNames are the names of the roles of all tasks.
func (w *workload) roleNames() []string {
	var names []string
	for _, app := range w.apps {
		for _, arn := range []string{app.ExecutionRoleArn, app.TaskRoleArn} {
			if arn != "" {
				names = append(names, path.Base(arn))
			}
		}
	}
	return names
}

// checkRoles compares the roles of the tasks with IAM and with the task definition. The pipeline
// may pass the roles that settings name and no others, so a deployment with another role fails.
func (w *workload) checkRoles() {
	arns, err := w.roles()
	if err != nil {
		w.addUnread(0, "executionRoleArn", w.apps[0].ExecutionRoleArn, "whether the role exists", err)
		return
	}
	for i, app := range w.apps {
		name, definition, _ := w.definition(app)
		for _, role := range []struct{ key, kind, arn, used string }{
			{"executionRoleArn", "execution role", app.ExecutionRoleArn, definition.ExecutionRole},
			{"taskRoleArn", "task role", app.TaskRoleArn, definition.TaskRole},
		} {
			remedy := "create the role, or correct the ARN"
			if role.used != "" && path.Base(role.used) != path.Base(role.arn) {
				remedy = "write the one of the task definition " + name + ": " + role.used
			}
			found := arns[path.Base(role.arn)]
			switch passes := func(arn string) bool { return path.Base(arn) == path.Base(role.used) }; {
			case role.arn != "" && found == "":
				w.add(i, role.key, role.arn, "IAM has no such role", remedy)
			case role.arn != "" && found != role.arn:
				w.add(i, role.key, role.arn, "IAM has the role under another ARN", "write "+found)
			case role.used != "" && !passes(app.ExecutionRoleArn) && !passes(app.TaskRoleArn):
				w.add(i, role.key, role.arn, "the task definition "+name+" of the service "+app.Service+" has another "+role.kind+
					", which the pipeline may not pass", remedy)
			}
		}
	}
}

// suggest is the remedy for a name that does not exist: the name that was meant, or the
// nearest names that exist.
func suggest(name, kind string, names []string, remedy string) string {
	if len(names) == 0 {
		return remedy
	}
	if meant := settings.Nearest(name, names); meant != "" {
		return "did you mean " + meant + "?"
	}
	const maxNames = 5
	distance := func(other string) int {
		return levenshtein.Distance(strings.ToLower(name), strings.ToLower(other), nil)
	}
	names = slices.SortedFunc(slices.Values(names), func(a, b string) int {
		return cmp.Or(cmp.Compare(distance(a), distance(b)), strings.Compare(a, b))
	})
	some := strings.Join(names[:min(maxNames, len(names))], ", ")
	if more := len(names) - maxNames; more > 0 {
		some += fmt.Sprintf(" and %d more", more)
	}
	return remedy + "; there are the " + kind + " " + some
}
