package pipeline

import (
	"prodgate/pkg/settings"
	"prodgate/pkg/tool"
)

// Row is one action of every pipeline. The rows of one stage are consecutive.
type Row struct {
	// Stage and Action are the names in the pipeline. Category and Provider are CodePipeline's terms.
	Stage, Action, Category, Provider string
	// RunOrder is the action's place within its stage; 0 is the first.
	RunOrder int
	// Namespace is the namespace of the variables that the action exports; empty for none. A Test
	// action with a namespace exports a summary, which approvers read.
	Namespace string
	// Inputs and Outputs are the artifacts that the action reads and writes.
	Inputs  []Input
	Outputs []string
	// TimeoutMinutes is the action's own timeout; 0 is CodePipeline's default.
	TimeoutMinutes int
	// Setting is the key that switches the action on or off, for the documentation; empty for none.
	Setting string
	// IsOn is whether the stack's settings switch the action on, IsOnFor whether an app's settings
	// do; nil is always.
	IsOn    func(*settings.Settings) bool
	IsOnFor func(settings.App) bool
	// Configuration is the configuration of an action that starts no project.
	Configuration []Variable
	// Variables are the environment variables that the action sets for its project.
	Variables []Variable
	// Rights are the rights that the pipeline's role needs for the action, beside artifacts and builds.
	Rights []Right
	// Project is the CodeBuild project that the action starts; nil for none.
	Project *Project
	// Function is the Lambda function that the action invokes; nil for none. All apps share it.
	Function *Function
}

// Function is a Lambda function.
type Function struct {
	// Role is the role of the function alone.
	Role        string
	Description string
	// Variables are its environment variables, which name no app.
	Variables         []Variable
	Minutes, MemoryMB int
	// Rights are those of the role, beside logs.
	Rights []Right
}

// Input is an artifact that an action reads.
type Input struct {
	Artifact string
	// IsOptional is whether the action runs without the artifact if no earlier action produces it.
	IsOptional bool
}

// Project is a CodeBuild project: one for all apps, or one for each.
type Project struct {
	// Name follows the gate's name in a shared project's name, and the app's in the name of each app's project.
	Name     string
	IsShared bool
	// Role is the project's role, by its name in package naming. Several projects may share a role.
	Role string
	// Description is the project's description; {app} and {scanner} are replaced by their names.
	Description string
	// Scanner is what the project runs. If there are Scanners, Choice returns the name of the app's scanner.
	Scanner
	Scanners map[string]Scanner
	Choice   func(settings.App) string
	// IsPrivileged is whether docker runs in the project.
	IsPrivileged bool
	// Minutes is the timeout of a shared project. The project of an app has the timeout, compute type
	// and limit of concurrent builds of the settings.
	Minutes int
	// Rights are the rights of the project's role, beside logs and artifacts.
	Rights []Right
}

// Scanner is a buildspec, with its variables and the tools that it installs.
type Scanner struct {
	// Buildspec is the name of a file of package buildspec, without its extension.
	Buildspec string
	// Variables are the project's variables; those of the tools follow them.
	Variables []Variable
	// Tools and Packages are installed by the buildspec, at pinned versions.
	Tools    []tool.Tool
	Packages []tool.Package
}

// smallCompute is the compute type of shared projects, which run no code of an app.
const smallCompute = "BUILD_GENERAL1_SMALL"

// Variable is an environment variable of a project, or a key of an action's configuration.
type Variable struct {
	Name string
	// Value returns the value for an app. Shared projects have no app.
	Value func(m Model, app settings.App) Value
	// When is whether the variable is set; nil is always.
	When func(m Model, app settings.App) bool
}

// Right is one thing that a role is allowed to do.
type Right struct {
	Sid     string
	Actions []string
	// On returns the resources in a scope; a right without resources is left out.
	On func(m Model, scope Scope) []Value
	// Conditions must all be true.
	Conditions func(m Model, scope Scope) []Condition
	// When is whether the stack needs the right; nil is always.
	When func(m Model) bool
}

// constant is a variable whose value is the same for every stack.
func constant(name, value string) Variable {
	return Variable{Name: name, Value: func(Model, settings.App) Value { return text(value) }}
}

// ofApp is a variable whose value follows from the app's settings.
func ofApp(name string, value func(settings.App) string) Variable {
	return Variable{Name: name, Value: func(_ Model, app settings.App) Value { return text(value(app)) }}
}

// ofModel is a variable whose value follows from the stack's settings and names.
func ofModel(name string, value func(Model, settings.App) string) Variable {
	return Variable{Name: name, Value: func(m Model, app settings.App) Value { return text(value(m, app)) }}
}

// ofPart is a variable whose value is the ARN of a part.
func ofPart(name string, part Part) Variable {
	return Variable{Name: name, Value: func(Model, settings.App) Value { return Value{Part: part} }}
}

// pins are the variables with which a buildspec installs tools.
func pins(tools ...tool.Tool) []Variable {
	var all []Variable
	for _, t := range tools {
		all = append(all, constant(t.URLVariable(), t.URL), constant(t.SHA256Variable(), t.SHA256))
	}
	return all
}

// when gives variables one condition.
func when(condition func(m Model, app settings.App) bool, variables ...Variable) []Variable {
	all := make([]Variable, len(variables))
	for i, v := range variables {
		v.When = condition
		all[i] = v
	}
	return all
}

// on are resources that are the same in every scope.
func on(resources func(m Model) []string) func(Model, Scope) []Value {
	return func(m Model, _ Scope) []Value { return texts(resources(m)...) }
}

// everything is the resource *, for actions that support no resource type.
func everything(Model, Scope) []Value { return texts("*") }

// isOnFor is whether the settings of an app switch the row on.
func (r Row) isOnFor(app settings.App) bool {
	if r.Project != nil && r.Project.Choice != nil {
		return r.Project.Choice(app) != settings.None
	}
	return r.IsOnFor == nil || r.IsOnFor(app)
}

// isRequired is whether no setting switches the row off.
func (r Row) isRequired() bool {
	return r.IsOn == nil && r.IsOnFor == nil && (r.Project == nil || r.Project.Choice == nil)
}

// isOn is whether a row is in the pipelines of a scope. Boundaries and the roles of shared projects
// cover every check that an app's settings can switch on, so that switching one on does not change
// them. Of sources and kinds of deployment they cover those that the stack has.
func (m Model) isOn(r Row, scope Scope) bool {
	switch {
	case r.IsOn != nil && !r.IsOn(m.settings):
		return false
	case scope.app != nil:
		return r.isOnFor(*scope.app)
	}
	return r.Project != nil || m.has(AllApps, r.isOnFor)
}

// rowsOf are the rows in the pipeline of a scope.
func (m Model) rowsOf(scope Scope) []Row {
	var all []Row
	for _, row := range m.rows {
		if m.isOn(row, scope) {
			all = append(all, row)
		}
	}
	return all
}

// scanner is the scanner that the project runs for an app, and its name.
func (p Project) scanner(app settings.App) (s Scanner, name string) {
	if p.Choice == nil {
		return p.Scanner, ""
	}
	name = p.Choice(app)
	return p.Scanners[name], name
}
