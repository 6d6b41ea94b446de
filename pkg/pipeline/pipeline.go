// Package pipeline is the model of what delivers an app, as data: a row for each action of a
// pipeline, and everything that follows from the rows (stages, projects, roles, permission
// boundaries, the values of the rules in Guard, the approval's text, the documentation).
//
// It declares nothing: package gate/delivery makes resources of it. README.md says how to add
// a stage.
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
	// buildspec is the text of a buildspec by its name; empty where there is none.
	buildspec func(name string) string
}

// New is the model of a stack with the gate's own rows.
func New(s *settings.Settings) Model { return Of(s, Rows(), buildspec.Text) }

// Of is the model of a stack with other rows and buildspecs.
func Of(s *settings.Settings, rows []Row, buildspec func(name string) string) Model {
	return Model{s, naming.New(s), rows, buildspec}
}

// Scope is what names and rights are for: one app, or all of them.
type Scope struct{ app *settings.App }

// OneApp is the scope of what an app has alone.
func OneApp(app settings.App) Scope { return Scope{&app} }

// AllApps is the scope of what apps share, and of permission boundaries: its names are patterns
// that match those of every app.
var AllApps = Scope{}

// name is the app's name, or the pattern that matches every app's.
func (s Scope) name() string {
	if s.app == nil {
		return "*"
	}
	return s.app.Name
}

// apps are those of a scope.
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

// Value is a text that is known from the settings, or the ARN of a part that AWS names.
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

// text is a value that is known from the settings.
func text(t string) Value { return Value{Text: t} }

// texts are values that are known from the settings.
func texts(all ...string) []Value {
	values := make([]Value, len(all))
	for i, one := range all {
		values[i] = text(one)
	}
	return values
}

// HasDAST is whether an app is tested from outside after a deployment.
func HasDAST(app settings.App) bool { return app.Dast.Url != "" }

// IsBlueGreen is whether CodeDeploy shifts an app's traffic to new tasks.
func IsBlueGreen(app settings.App) bool { return app.Deployment.Kind == settings.BlueGreen }

func isRolling(app settings.App) bool { return !IsBlueGreen(app) }

// scansImage is whether a run waits for what ECR finds in the image.
func scansImage(app settings.App) bool { return app.Scan.Image != settings.None }

// NeedsApproval is whether a person approves each deployment.
func (m Model) NeedsApproval() bool { return needsApproval(m.settings) }

func needsApproval(s *settings.Settings) bool { return len(s.Access.ApproverArns) > 0 }
