// Package delivery makes what package pipeline describes: the projects, roles, image repositories
// and pipelines that bring an app's commits to production, and the check of the known state.
package delivery

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/gate/source"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/knownstate/archive"
	"prodgate/pkg/naming"
	"prodgate/pkg/pipeline"
	"prodgate/pkg/settings"
)

// Earlier is what earlier rooms made for the pipelines.
type Earlier struct {
	Model           pipeline.Model
	Boundaries      *identity.Boundaries
	Store           *storage.Store
	Alerts          *alerting.Alerts
	EventBridgeRole *identity.Role
	Source          *source.Source
	// Rotators are the roles of the functions that rotate secrets, by function.
	Rotators map[string]string
	// Function is the archive of the function that checks the known state.
	Function archive.Archive
}

// Delivery is what the pipelines of all apps share.
type Delivery struct {
	c component.Context
	Earlier
	// boundaries are those of the roles that each app has.
	boundaries map[string]*identity.Boundary
	parts      parts
	// projects are those that every pipeline starts.
	projects   []pulumi.Resource
	codeDeploy *identity.Role // nil where no app is blue/green
	// checkGroup is the component of the known state.
	checkGroup *component.Group
	check      *alerting.CheckTarget
	records    baseline.Records
}

// New makes what the pipelines of all apps share: the check of the known state, the other checks,
// CodeDeploy's role, and the permission boundaries of the roles that each app has.
func New(c component.Context, parent pulumi.Resource, earlier Earlier) (*Delivery, error) {
	d := &Delivery{c: c, Earlier: earlier, boundaries: map[string]*identity.Boundary{}, parts: parts{
		pipeline.ArtifactKey: earlier.Store.ArtifactKey.Arn, pipeline.AlertKey: earlier.Alerts.Key.Arn, pipeline.AlertTopic: earlier.Alerts.TopicArn,
		pipeline.Connection: earlier.Source.ConnectionArn,
	}}
	if key := earlier.Store.SecretsKey; key != nil {
		d.parts[pipeline.SecretsKey] = key.Arn
	}
	if err := d.addKnownStateCheck(parent); err != nil {
		return nil, fmt.Errorf("known state: %w", err)
	}
	if err := d.addChecks(parent); err != nil {
		return nil, fmt.Errorf("checks: %w", err)
	}
	for _, role := range earlier.Model.Roles() {
		switch {
		case role.IsPerApp:
			boundary, err := earlier.Boundaries.New(c, role.Name, d.parts.document(earlier.Model.Boundary(role.Name)))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", role.Name, err)
			}
			d.boundaries[role.Name], d.records = boundary, append(d.records, boundary.Records...)
		case role.Name == naming.Shift:
			made, err := d.newSharedRole(parent, role)
			if err != nil {
				return nil, fmt.Errorf("CodeDeploy: %w", err)
			}
			d.codeDeploy = made
		}
	}
	return d, nil
}

// newSharedRole makes the role that all apps share, and its boundary.
func (d *Delivery) newSharedRole(parent pulumi.Resource, role pipeline.Role) (*identity.Role, error) {
	made, err := d.Boundaries.NewRole(d.c, parent, identity.RoleSpec{
		Name: d.c.ChildName(role.Name), Duty: role.Name,
		Trust:       identity.TrustService(d.c, role.Service, d.Model.Sources(role.Name, pipeline.AllApps)...),
		Permissions: d.parts.document(d.Model.Statements(role.Name, pipeline.AllApps)),
	})
	if err != nil {
		return nil, err
	}
	d.records = append(d.records, made.AllRecords()...)
	return made, nil
}

// newAppRole makes the role of an app below the boundary that all apps share.
func (d *Delivery) newAppRole(parent pulumi.Resource, name string, app settings.App, role pipeline.Role) (*identity.Role, error) {
	scope := pipeline.OneApp(app)
	trust := approverTrust(d.c)
	if role.Service != "" {
		trust = identity.TrustService(d.c, role.Service, d.Model.Sources(role.Name, scope)...)
	}
	return identity.NewRole(d.c, parent, d.boundaries[role.Name], identity.RoleSpec{
		Name: name, App: app.Name, Duty: role.Name, Trust: trust, Permissions: d.parts.document(d.Model.Statements(role.Name, scope)),
	})
}
