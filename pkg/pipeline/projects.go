package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// CodeBuildProject is the configuration of a CodeBuild project.
type CodeBuildProject struct {
	naming.Named
	// Suffix follows the name of the gate component in the resource's logical name.
	Suffix string
	// Role is the project's role, by its name in package naming.
	Role        string
	Description string
	// Source is CODEPIPELINE, or NO_SOURCE where no pipeline starts the project.
	Source string
	// Buildspec is the text of the inline buildspec.
	Buildspec    string
	IsPrivileged bool
	// ReadsSecrets is whether the project has the secrets of the app as variables.
	ReadsSecrets bool
	Variables    []Setting
	ComputeType  string
	Minutes      int
	// ConcurrentBuilds is the limit of builds at the same time; 0 is no limit.
	ConcurrentBuilds int
}

// project is the name of a row's project; app is a name or a pattern.
func (m Model) project(p Project, app string) naming.Named {
	if p.IsShared {
		return m.names.Shared(p.Name)
	}
	return m.names.Project(app, p.Name)
}

// ProjectsOf are the projects of one app.
func (m Model) ProjectsOf(app settings.App) ([]CodeBuildProject, error) {
	var all []CodeBuildProject
	for _, row := range m.rowsOf(OneApp(app)) {
		if row.Project == nil || row.Project.IsShared {
			continue
		}
		build := m.settings.Build
		made, err := m.describe(*row.Project, app)
		if err != nil {
			return nil, err
		}
		made.Suffix = app.Name + "-" + row.Project.Name
		made.ComputeType, made.Minutes, made.ConcurrentBuilds = build.ComputeType, build.Timeout, build.ConcurrentBuilds
		made.ReadsSecrets = row.Project.Role == naming.Build
		all = append(all, made)
	}
	return all, nil
}

// SharedProjects are the projects that the pipelines of all apps share. A project exists if any
// app needs it.
func (m Model) SharedProjects() ([]CodeBuildProject, error) {
	var all []CodeBuildProject
	for _, row := range m.rows {
		if row.Project == nil || !row.Project.IsShared || !m.isOn(row, AllApps) || !m.has(AllApps, row.isOnFor) {
			continue
		}
		made, err := m.describe(*row.Project, settings.App{})
		if err != nil {
			return nil, err
		}
		made.Suffix, made.ComputeType, made.Minutes = row.Project.Name, smallCompute, row.Project.Minutes
		all = append(all, made)
	}
	return all, nil
}

// LambdaFunction is a function as Lambda has it.
type LambdaFunction struct {
	naming.Named
	// Role is the role of the function, one of package naming's.
	Role, Description string
	Variables         []Setting
	Minutes, MemoryMB int
}

// CheckFunction is the function that checks the known state.
func (m Model) CheckFunction() (LambdaFunction, error) {
	i := slices.IndexFunc(m.rows, func(row Row) bool { return row.Function != nil })
	if i < 0 {
		return LambdaFunction{}, errors.New("no row has a function")
	}
	f := m.rows[i].Function
	return LambdaFunction{
		Named: m.names.CheckFunction(), Role: f.Role, Description: f.Description, Variables: m.resolve(f.Variables, settings.App{}),
		Minutes: f.Minutes, MemoryMB: f.MemoryMB,
	}, nil
}

// describe makes the part of a project that follows from its row. Shared projects have no app.
func (m Model) describe(p Project, app settings.App) (CodeBuildProject, error) {
	scanner, name := p.scanner(app)
	body := m.buildspec(scanner.Buildspec)
	if body == "" {
		return CodeBuildProject{}, fmt.Errorf("project %s: there is no buildspec %q for %q", p.Name, scanner.Buildspec, name)
	}
	return CodeBuildProject{
		Named: m.project(p, app.Name), Role: p.Role, Source: "CODEPIPELINE", Buildspec: body, IsPrivileged: p.IsPrivileged,
		Description: strings.NewReplacer("{app}", app.Name, "{scanner}", name).Replace(p.Description),
		Variables:   m.resolve(slices.Concat(scanner.Variables, pins(scanner.Tools...)), app),
	}, nil
}

// startedProjects are the ARNs of all projects that the pipelines of a scope start. Projects of
// required rows are before those of optional rows.
func (m Model) startedProjects(scope Scope) []string {
	var arns []string
	for _, isShared := range []bool{false, true} {
		for _, isRequired := range []bool{true, false} {
			for _, row := range m.rowsOf(scope) {
				if row.Project != nil && row.Project.IsShared == isShared && row.isRequired() == isRequired {
					arns = append(arns, m.project(*row.Project, scope.name()).ARN)
				}
			}
		}
	}
	return arns
}

// SharedNames are the names of all shared projects, whether the stack has them or not. These
// projects read variables that the action sets.
func (m Model) SharedNames() []string {
	var names []string
	for _, name := range m.sharedChecks() {
		names = append(names, m.names.Shared(name).Name)
	}
	return names
}

// sharedChecks are the shared projects, by the part of their names after the gate's.
func (m Model) sharedChecks() []string {
	var names []string
	for _, row := range m.rows {
		if row.Project != nil && row.Project.IsShared {
			names = append(names, row.Project.Name)
		}
	}
	return names
}

// PrivilegedProjects are the names of the projects of all apps that run docker.
func (m Model) PrivilegedProjects() []string {
	var names []string
	for _, app := range m.settings.Apps {
		for _, row := range m.rowsOf(OneApp(app)) {
			if row.Project != nil && row.Project.IsPrivileged {
				names = append(names, m.project(*row.Project, app.Name).Name)
			}
		}
	}
	return names
}

// BuildLogGroups are the names of the log groups of the projects that run docker.
func (m Model) BuildLogGroups() []string { return m.logGroups(m.PrivilegedProjects()) }

// LogGroups are the names of the log groups of all projects that the pipelines start.
func (m Model) LogGroups() []string {
	names := m.PrivilegedProjects()
	for _, app := range m.settings.Apps {
		for _, row := range m.rowsOf(OneApp(app)) {
			if row.Project != nil && !row.Project.IsShared && !row.Project.IsPrivileged {
				names = append(names, m.project(*row.Project, app.Name).Name)
			}
		}
	}
	return m.logGroups(append(names, m.SharedNames()...))
}

func (m Model) logGroups(projects []string) []string {
	var names []string
	for _, project := range projects {
		names = append(names, m.names.LogGroupOf(naming.Named{Name: project}).Name)
	}
	return names
}
