package pipeline

import "slices"

// KnownParts are the parts of a scope that follow from the rows and that the known state covers,
// sorted, by the names of package knownstate: the pipeline, projects, and roles with their
// policies; for all apps the permission boundaries too.
func (m Model) KnownParts(scope Scope) []string {
	var parts []string
	if scope.app != nil {
		name := m.names.Pipeline(scope.app.Name).Name
		parts = append(parts, "pipeline "+name, "repository "+m.names.Repository(scope.app.Name).Name)
		if !m.settings.UsesCodeCommit() {
			parts = append(parts, "trigger "+name)
		}
	}
	for _, role := range m.Roles() {
		if scope.app == nil {
			parts = append(parts, "policy "+m.names.Boundary(role.Name).Name)
		}
		if role.IsPerApp != (scope.app != nil) {
			continue
		}
		app := ""
		if scope.app != nil {
			app = scope.app.Name
		}
		if role.Service == codeBuild && len(m.projectsOf(role.Name, scope)) == 0 {
			continue
		}
		if role.Service == lambda {
			parts = append(parts, "function "+m.names.CheckFunction().Name)
		}
		parts = append(parts, "role "+m.names.Role(app, role.Name).Name, "policy "+m.names.Policy(app, role.Name).Name)
		for _, at := range m.projectsOf(role.Name, scope) {
			if scope.app != nil || m.isDeclared(at.Name) {
				parts = append(parts, "project "+at.Name)
			}
		}
	}
	slices.Sort(parts)
	return parts
}

// isDeclared is whether the stack has a shared project.
func (m Model) isDeclared(project string) bool {
	return slices.ContainsFunc(m.rows, func(row Row) bool {
		return row.Project != nil && row.Project.IsShared && m.names.Shared(row.Project.Name).Name == project &&
			m.isOn(row, AllApps) && m.has(AllApps, row.isOnFor)
	})
}
