// Package component is what every part of the gate is made with: the context of the
// program, the settings, the names that follow from them, and the components that
// group resources in the tree of a preview.
package component

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/naming"
	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// ProdBranch is the branch that is delivered. It is no setting: a gate on another branch
// would be another product.
const ProdBranch = onlymain.Base

// Context is what every room of the gate gets. It is passed by value, and no room changes
// it: what one room makes for another is a return value.
type Context struct {
	Ctx      *pulumi.Context
	Settings *settings.Settings
	Names    naming.Plan
	gate     string
}

// New is the context of a gate. Its name begins the name of every child.
func New(ctx *pulumi.Context, s *settings.Settings, name string) Context {
	return Context{Ctx: ctx, Settings: s, Names: naming.New(s), gate: name}
}

// ChildName is the Pulumi name of a child: the gate's, and what the child is.
func (c Context) ChildName(role string) string { return c.gate + "-" + role }

// ProtectOption protects what holds history: the engine refuses to delete it while the
// setting protect is on.
func (c Context) ProtectOption() pulumi.ResourceOption { return pulumi.Protect(c.Settings.Protect) }

// AlertPrefix begins every alert: it names the gate, its account and its region.
func (c Context) AlertPrefix() string {
	return fmt.Sprintf("Gate %s of account %s in %s:", c.Names.Gate, c.Names.Account, c.Names.Region)
}

// Group is a component that groups resources and has no resource itself.
type Group struct{ pulumi.ResourceState }

// NewGroup registers a component. Whoever makes one calls RegisterOutputs when all of its
// children are registered.
func (c Context) NewGroup(token string, parent pulumi.Resource, name string) (*Group, error) {
	g := &Group{}
	return g, c.Ctx.RegisterComponentResource(token, name, g, pulumi.Parent(parent))
}

// RegisterOutputs tells the engine that a component has all of its children, and its outputs.
func (c Context) RegisterOutputs(of pulumi.Resource, outputs pulumi.Map) error {
	if outputs == nil {
		outputs = pulumi.Map{}
	}
	return c.Ctx.RegisterResourceOutputs(of, outputs)
}

// SettingError is an error of a setting that only AWS or GitHub can find: its key, its
// value, what is wrong with it and, after a semicolon, the remedy.
func SettingError(key string, value any, format string, args ...any) error {
	return fmt.Errorf("prodgate:%s: %q: %w", key, value, fmt.Errorf(format, args...))
}

// Tags are those of every AWS resource: the settings', and the gate's own, by which the
// deploying role tells the gate's resources from others.
func Tags(s *settings.Settings) map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, s.Tags)
	tags[naming.GateTag] = s.Name
	return tags
}
