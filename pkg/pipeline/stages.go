package pipeline

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// Stage is a stage of an app's pipeline.
type Stage struct {
	Name    string
	Actions []Action
	// RollsBack is whether CodePipeline rolls the stage back to its last successful run when it fails.
	RollsBack bool
}

// Action is an action of an app's pipeline. Its owner is AWS and its version is 1.
type Action struct {
	Name, Category, Provider string
	Inputs, Outputs          []string
	// Namespace is empty if the action exports no variables.
	Namespace string
	// Configuration is the configuration that CodePipeline reads, with the project and its variables.
	Configuration map[string]Value
	// TimeoutMinutes is 0 for CodePipeline's default.
	TimeoutMinutes int
	RunOrder       int
}

// Stages are the stages of an app's pipeline, in order.
func (m Model) Stages(app settings.App) []Stage {
	var stages []Stage
	for _, row := range m.rowsOf(OneApp(app)) {
		last := len(stages) - 1
		if last < 0 || stages[last].Name != row.Stage {
			stages, last = append(stages, Stage{Name: row.Stage, RollsBack: row.Stage == naming.DeployStage}), last+1
		}
		stages[last].Actions = append(stages[last].Actions, m.action(row, app))
	}
	return stages
}

func (m Model) action(row Row, app settings.App) Action {
	action := Action{
		Name: row.Action, Category: row.Category, Provider: row.Provider, Inputs: m.inputsOf(row, OneApp(app)), Outputs: row.Outputs,
		Namespace: row.Namespace, Configuration: map[string]Value{}, TimeoutMinutes: row.TimeoutMinutes, RunOrder: max(row.RunOrder, 1),
	}
	for _, setting := range m.resolve(row.Configuration, app) {
		action.Configuration[setting.Name] = setting.Value
	}
	if row.Project == nil {
		return action
	}
	action.Configuration["ProjectName"] = text(m.project(*row.Project, app.Name).Name)
	if len(action.Inputs) > 1 {
		action.Configuration["PrimarySource"] = text(action.Inputs[0])
	}
	if variables := m.resolve(row.Variables, app); len(variables) > 0 {
		var all []map[string]string // in plain text, which is CodePipeline's default
		for _, v := range variables {
			all = append(all, map[string]string{"name": v.Name, "value": v.Value.Text})
		}
		written, _ := json.Marshal(all) // of texts only
		action.Configuration["EnvironmentVariables"] = text(string(written))
	}
	return action
}

// Setting is a variable with its value for an app.
type Setting struct {
	Name  string
	Value Value
}

// resolve returns the variables that are set for an app, with their values.
func (m Model) resolve(variables []Variable, app settings.App) []Setting {
	var all []Setting
	for _, v := range variables {
		if v.When == nil || v.When(m, app) {
			all = append(all, Setting{v.Name, v.Value(m, app)})
		}
	}
	return all
}

// inputsOf are the artifacts that the action of a row reads in a scope.
func (m Model) inputsOf(row Row, scope Scope) []string {
	var all []string
	for _, input := range row.Inputs {
		if !input.IsOptional || m.isProduced(input.Artifact, scope) {
			all = append(all, input.Artifact)
		}
	}
	return all
}

// isProduced is whether a run of any app of a scope produces an artifact.
func (m Model) isProduced(artifact string, scope Scope) bool {
	return m.has(scope, func(app settings.App) bool {
		return slices.ContainsFunc(m.rowsOf(OneApp(app)), func(row Row) bool { return slices.Contains(row.Outputs, artifact) })
	})
}

// ApprovalText is the text that the approvers of an app read. CodePipeline accepts 1,000 characters,
// and only variables that an earlier action exports: a source exports a commit's date and message, but
// not its author. The commit's page, to which the text links, has the rest.
func (m Model) ApprovalText(app settings.App) string {
	commit := "#{Source.FullRepositoryName}, #{Source.AuthorDate}: https://github.com/" + m.settings.Source.Owner + "/" + app.Repository + "/commit/"
	if m.settings.UsesCodeCommit() {
		commit = "#{Source.RepositoryName}, #{Source.AuthorDate}: https://" + m.names.Console() + "/codesuite/codecommit/repositories/" + app.Repository + "/commit/"
	}
	lines := []string{
		"Deploy " + app.Name + " to " + app.Cluster + "/" + app.Service + ".",
		"Commit #{Source.CommitId} of " + commit + "#{Source.CommitId}",
		"Image #{Build." + buildspec.ImageDigest + "}",
	}
	for _, row := range m.rowsOf(OneApp(app)) {
		if row.Stage == naming.ApprovalStage {
			break
		}
		if row.Category == "Test" && row.Namespace != "" {
			lines = append(lines, "#{"+row.Namespace+"."+buildspec.Summary+"}")
		}
	}
	return strings.Join(lines, "\n")
}

// StageNames are the names of the stages of every pipeline, in order. The stages up to the deployment
// are the same for all apps (checkStages), because AWS Config's rules address them by their number.
func (m Model) StageNames() []string {
	var names []string
	for _, stage := range m.Stages(m.settings.Apps[0]) {
		names = append(names, stage.Name)
	}
	return names
}

// checkStages returns an error if the stages up to the deployment are not the same for all apps.
func (m Model) checkStages() error {
	upToDeploy := func(app settings.App) []string {
		var names []string
		for _, stage := range m.Stages(app) {
			if names = append(names, stage.Name); stage.Name == naming.DeployStage {
				break
			}
		}
		return names
	}
	want := upToDeploy(m.settings.Apps[0])
	for i, app := range m.settings.Apps {
		if got := upToDeploy(app); !slices.Equal(got, want) {
			return settingError(fmt.Sprintf("apps[%d]", i), app.Name, "has the stages %s, and apps[0] %s: "+
				"AWS Config's rules know a stage by its number; switch the same stages on for all apps", strings.Join(got, ", "), strings.Join(want, ", "))
		}
	}
	return nil
}
