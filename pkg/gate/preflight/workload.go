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

// checkWorkload compares what settings say of the apps' services with what the account
// has, and names everything that is wrong at once. A value that several apps share is
// reported once, of the first of them.
func checkWorkload(c component.Context, has account.WorkloadReader) error {
	if len(c.Settings.Apps) == 0 {
		return nil
	}
	w := &workload{ctx: c.Ctx.Context(), has: has, apps: c.Settings.Apps, reported: map[string]bool{}}
	w.checkClusters()
	w.checkServices()
	w.checkTaskDefinitions()
	w.checkRoles()
	w.checkLoadBalancers()
	if c.Settings.FromCodeCommit() && c.Settings.Source.Repositories == settings.Adopt {
		w.checkDockerfiles()
	}
	for _, warning := range w.warnings {
		if err := c.Ctx.Log.Warn(warning, nil); err != nil {
			return err
		}
	}
	return errors.Join(w.problems...)
}

// workload is what the account has of what the apps run on.
type workload struct {
	ctx  context.Context
	has  account.WorkloadReader
	apps []settings.App
	// clusters are those that exist; services those that can be deployed to, by
	// cluster/service; definitions are by ARN.
	clusters    map[string]bool
	services    map[string]account.Service
	definitions map[string]account.TaskDefinition

	warnings []string
	problems []error
	reported map[string]bool // by setting's last word and value
}

// add reports a problem of an app's setting, unless it is reported of an app before it.
func (w *workload) add(app int, key, value, what, remedy string) {
	if id := key[strings.LastIndex(key, ".")+1:] + " " + value + " " + what; !w.reported[id] {
		w.reported[id] = true
		w.problems = append(w.problems, component.SettingError(fmt.Sprintf("apps[%d].%s", app, key), value, "%s; %s", what, remedy))
	}
}

// unread reports that AWS does not say what settings name. One such report is enough:
// whoever may not make one call may not make it for another app either.
func (w *workload) unread(app int, key, value, what string, err error) {
	remedy := "try again"
	var refused *account.Error
	if errors.As(err, &refused) {
		remedy = "let the credentials call " + refused.Action
		err = refused.Err
	}
	w.problems = append(w.problems, component.SettingError(fmt.Sprintf("apps[%d].%s", app, key), value, "AWS does not say %s; %s: %w", what, remedy, err))
}

// once are values of apps, each once, sorted.
func (w *workload) once(of func(settings.App) string) []string {
	all := map[string]bool{}
	for _, app := range w.apps {
		all[of(app)] = true
	}
	delete(all, "")
	return slices.Sorted(maps.Keys(all))
}

const active = "ACTIVE"

func (w *workload) checkClusters() {
	w.clusters = map[string]bool{}
	found, err := w.has.Clusters(w.ctx, w.once(func(app settings.App) string { return app.Cluster }))
	if err != nil {
		w.unread(0, "cluster", w.apps[0].Cluster, "whether the cluster exists", err)
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
			w.add(i, "cluster", app.Cluster, "is a cluster whose status is "+status, "create it again, or name another")
			continue
		}
		if names == nil {
			names, _ = w.has.ClusterNames(w.ctx) // a hint; whoever may not list the clusters gets none
		}
		w.add(i, "cluster", app.Cluster, "the account has no such cluster in this region", instead(app.Cluster, "clusters", names, "create the cluster, or correct the name"))
	}
}

// place is a service and its cluster.
func place(app settings.App) string { return app.Cluster + "/" + app.Service }

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
	found, err := w.has.Services(w.ctx, asked)
	if err != nil {
		w.unread(first, "service", w.apps[first].Service, "whether the service exists", err)
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
		s, exists := all[place(app)]
		switch {
		case !exists:
			if _, listed := names[app.Cluster]; !listed {
				names[app.Cluster], _ = w.has.ServiceNames(w.ctx, app.Cluster) // a hint
			}
			w.add(i, "service", app.Service, "the cluster "+app.Cluster+" has no such service",
				instead(app.Service, "services", names[app.Cluster], "create the service, or correct the name"))
			continue
		case s.Status != active:
			w.add(i, "service", app.Service, "the service is "+s.Status+": somebody deleted it from the cluster "+app.Cluster,
				"create it again, or take the app out of the settings")
			continue
		case s.Desired == 0:
			w.warnings = append(w.warnings, fmt.Sprintf("prodgate:apps[%d].service: %q: the service is scaled to 0 and runs no task; "+
				"a deployment starts none either, and its verification fails: scale it up first", i, app.Service))
		}
		w.services[place(app)] = s
		w.checkController(i, app, s)
	}
}

// controllers are the deployment controllers that the two kinds of deployment need (Amazon
// ECS API, DeploymentController).
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

// definition is the task definition that an app's service runs. It is missing where the
// service is, or where its deployment controller is EXTERNAL.
func (w *workload) definition(app settings.App) (arn string, definition account.TaskDefinition, exists bool) {
	arn = w.services[place(app)].TaskDefinition
	definition, exists = w.definitions[arn]
	return arn[strings.LastIndex(arn, "/")+1:], definition, exists
}

func (w *workload) checkTaskDefinitions() {
	var arns []string
	first := -1
	for i, app := range w.apps {
		if arn := w.services[place(app)].TaskDefinition; arn != "" {
			if arns = append(arns, arn); first < 0 {
				first = i
			}
		}
	}
	if first < 0 {
		return
	}
	var err error
	if w.definitions, err = w.has.TaskDefinitions(w.ctx, arns); err != nil {
		w.unread(first, "container", w.apps[first].Container, "which containers the task definition has", err)
		return
	}
	for i, app := range w.apps {
		name, definition, exists := w.definition(app)
		if exists && !slices.Contains(definition.Containers, app.Container) {
			w.add(i, "container", app.Container, "the task definition "+name+" of the service "+app.Service+" has no such container",
				instead(app.Container, "containers", definition.Containers, "correct the name"))
		}
	}
}

// checkRoles compares the roles of the tasks with IAM, and with the task definition: the
// pipeline may pass those that settings name and no other, so that a deployment with
// another one fails.
func (w *workload) checkRoles() {
	var names []string
	for _, app := range w.apps {
		for _, arn := range []string{app.ExecutionRoleArn, app.TaskRoleArn} {
			if arn != "" {
				names = append(names, path.Base(arn))
			}
		}
	}
	arns, err := w.has.Roles(w.ctx, names)
	if err != nil {
		w.unread(0, "executionRoleArn", w.apps[0].ExecutionRoleArn, "whether the role exists", err)
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

// instead is the remedy for a name that does not exist: the names that do, the nearest
// first.
func instead(name, kind string, names []string, remedy string) string {
	if len(names) == 0 {
		return remedy
	}
	const most = 5
	distance := func(other string) int {
		return levenshtein.Distance(strings.ToLower(name), strings.ToLower(other), nil)
	}
	names = slices.SortedFunc(slices.Values(names), func(a, b string) int {
		return cmp.Or(cmp.Compare(distance(a), distance(b)), strings.Compare(a, b))
	})
	some := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		some += fmt.Sprintf(" and %d more", more)
	}
	return "there are the " + kind + " " + some + ": " + remedy
}
