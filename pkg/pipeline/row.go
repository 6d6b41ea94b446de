package pipeline

import (
	"prodgate/pkg/settings"
	"prodgate/pkg/tool"
)

// Row is one action of every pipeline. The rows of a stage follow each other.
type Row struct {
	// Stage and Action are their names in the pipeline; Category and Provider are CodePipeline's.
	Stage, Action, Category, Provider string
	// RunOrder is the action's place within its stage; 0 is the first.
	RunOrder int
	// Namespace is that of the variables that the action exports; empty for none. A Test action
	// with one exports a summary, which approvers read.
	Namespace string
	// Inputs and Outputs are artifacts.
	Inputs  []Input
	Outputs []string
	// TimeoutMinutes is the action's own timeout; 0 is CodePipeline's.
	TimeoutMinutes int
	// Setting is the key that switches the action, for the documentation; empty for none.
	Setting string
	// IsOn is whether the stack's settings switch the action on, and IsOnFor whether those of an
	// app do; nil is always.
	IsOn    func(*settings.Settings) bool
	IsOnFor func(settings.App) bool
	// Configuration is that of an action that starts no project.
	Configuration []Variable
	// Variables are those that the action sets for its project.
	Variables []Variable
	// Rights are those of the pipeline's role, beside its artifacts and builds.
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
	// IsOptional is whether the action goes without the artifact where no action before produces it.
	IsOptional bool
}

// Project is a CodeBuild project: one for all apps, or one for each.
type Project struct {
	// Name follows the gate's name, and the app's where each app has one.
	Name     string
	IsShared bool
	// Role is the role that the project shares with the other projects of the same role.
	Role string
	// Description is the project's; {app} and {scanner} stand for their names.
	Description string
	// Scanner is what the project runs. With Scanners, Choice is the name of the app's.
	Scanner
	Scanners map[string]Scanner
	Choice   func(settings.App) string
	// IsPrivileged is whether docker runs in the project.
	IsPrivileged bool
	// Minutes is the timeout of a shared project. One of an app has the settings' timeout, compute
	// type and limit of concurrent builds.
	Minutes int
	// Rights are those of the project's role, beside logs and artifacts.
	Rights []Right
}

// Scanner is a buildspec, and what it needs.
type Scanner struct {
	// Buildspec is the name of a file of package buildspec, without its extension.
	Buildspec string
	// Variables are the project's, before the tools' own.
	Variables []Variable
	// Tools and Packages are what the buildspec installs, at pinned versions.
	Tools    []tool.Tool
	Packages []tool.Package
}

// smallCompute is the compute type of shared projects: they run nothing that an app brings.
const smallCompute = "BUILD_GENERAL1_SMALL"

// Variable is an environment variable of a project, or a key of an action's configuration.
type Variable struct {
	Name string
	// Value is for an app; shared projects have no app.
	Value func(m Model, app settings.App) Value
	// When is whether the variable is set; nil is always.
	When func(m Model, app settings.App) bool
}

// Right is what a role is allowed to do.
type Right struct {
	Sid     string
	Actions []string
	// On are the resources in a scope; a right on none is left out.
	On func(m Model, scope Scope) []Value
	// Conditions hold all together.
	Conditions func(m Model, scope Scope) []Condition
	// When is whether the stack needs the right; nil is always.
	When func(m Model) bool
}

// constant is a variable whose value is the same for every stack.
func constant(name, value string) Variable {
	return Variable{Name: name, Value: func(Model, settings.App) Value { return text(value) }}
}

// ofApp is a variable whose value the app's settings say.
func ofApp(name string, value func(settings.App) string) Variable {
	return Variable{Name: name, Value: func(_ Model, app settings.App) Value { return text(value(app)) }}
}

// ofModel is a variable whose value follows from settings and names.
func ofModel(name string, value func(Model, settings.App) string) Variable {
	return Variable{Name: name, Value: func(m Model, app settings.App) Value { return text(value(m, app)) }}
}

// ofPart is a variable whose value is the ARN of a part.
func ofPart(name string, part Part) Variable {
	return Variable{Name: name, Value: func(Model, settings.App) Value { return Value{Part: part} }}
}

// pins are the variables by which a buildspec installs tools.
func pins(tools ...tool.Tool) []Variable {
	var all []Variable
	for _, t := range tools {
		all = append(all, constant(t.URLVariable(), t.URL), constant(t.SHA256Variable(), t.SHA256))
	}
	return all
}

// when sets variables under one condition.
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

// everything are all resources of the account: AWS lets the action name none.
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

// isOn is whether a row is in the pipeline of a scope. Boundaries, and the roles of shared
// projects, cover each check that an app's settings can switch on: switching one on changes
// none of them. They cover the sources and kinds of deployment that the stack has.
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

// scanner is what a row's project runs for an app, and the scanner's name.
func (p Project) scanner(app settings.App) (s Scanner, name string) {
	if p.Choice == nil {
		return p.Scanner, ""
	}
	name = p.Choice(app)
	return p.Scanners[name], name
}
