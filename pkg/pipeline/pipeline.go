// Package pipeline is the model of the pipelines, as data: a row for each action, and everything
// that follows from the rows (stages, projects, roles, permission boundaries, the values of the
// rules in Guard, the approval's text, the documentation).
//
// The package declares no resources: package gate/delivery makes them from the model. README.md
// says how to add a stage.
package pipeline

import (
	"slices"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// Model is the pipelines of one stack.
type Model struct {
	settings *settings.Settings
	names    naming.Plan
	rows     []Row
	// buildspec returns the text of a buildspec by its name; empty if there is none.
	buildspec func(name string) string
}

// New makes the model of a stack with the gate's own rows.
func New(s *settings.Settings) Model { return NewWith(s, Rows(), buildspec.Text) }

// NewWith makes the model of a stack with other rows and buildspecs.
func NewWith(s *settings.Settings, rows []Row, buildspec func(name string) string) Model {
	return Model{s, naming.New(s), rows, buildspec}
}

// Scope says whether names and rights are for one app or for all apps.
type Scope struct{ app *settings.App }

// OneApp is the scope of an app's own resources.
func OneApp(app settings.App) Scope { return Scope{&app} }

// AllApps is the scope of shared resources and of permission boundaries. Its names are patterns
// that match the names of every app.
var AllApps = Scope{}

// name is the app's name, or the pattern that matches the names of all apps.
func (s Scope) name() string {
	if s.app == nil {
		return "*"
	}
	return s.app.Name
}

// apps are the apps of a scope.
func (m Model) apps(scope Scope) []settings.App {
	if scope.app == nil {
		return m.settings.Apps
	}
	return []settings.App{*scope.app}
}

// has is whether a predicate is true of any app of a scope.
func (m Model) has(scope Scope, predicate func(settings.App) bool) bool {
	return slices.ContainsFunc(m.apps(scope), predicate)
}

// Value is a text that follows from the settings, or the ARN of a part, which AWS chooses.
type Value struct {
	Text string
	Part Part
}

// Part is a resource whose ARN is known only when it exists.
type Part string

// The parts that rows name.
const (
	ArtifactKey    Part = "artifact key"
	AlertKey       Part = "alert key"
	AlertTopic     Part = "alert topic"
	SecretsKey     Part = "secrets key"
	SigningProfile Part = "signing profile"
	Connection     Part = "connection"
)

// text is a value that follows from the settings.
func text(t string) Value { return Value{Text: t} }

// texts are values that follow from the settings.
func texts(all ...string) []Value {
	values := make([]Value, len(all))
	for i, one := range all {
		values[i] = text(one)
	}
	return values
}

// HasDAST is whether dynamic analysis (DAST) tests an app after a deployment.
func HasDAST(app settings.App) bool { return app.Dast.Url != "" }

// IsBlueGreen is whether CodeDeploy shifts an app's traffic to new tasks.
func IsBlueGreen(app settings.App) bool { return app.Deployment.Kind == settings.BlueGreen }

// shiftedListeners are the listeners at which CodeDeploy shifts an app's traffic.
func shiftedListeners(app settings.App) []string {
	if !IsBlueGreen(app) {
		return nil
	}
	return app.Deployment.Listeners()
}

func isRolling(app settings.App) bool { return !IsBlueGreen(app) }

// scansDependencies is whether known vulnerabilities are looked for, in the source and in the image.
func scansDependencies(app settings.App) bool { return app.Scan.Dependencies != settings.None }

// scansImage is whether a run waits for ECR's findings of the image.
func scansImage(app settings.App) bool { return app.Scan.Image != settings.None }

// NeedsApproval is whether a person approves each deployment.
func (m Model) NeedsApproval() bool { return needsApproval(m.settings) }

func needsApproval(s *settings.Settings) bool { return len(s.Access.ApproverArns) > 0 }
