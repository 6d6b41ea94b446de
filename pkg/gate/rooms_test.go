package gate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/delivery"
	"prodgate/pkg/gate/detection"
	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/gate/preflight"
	"prodgate/pkg/gate/response"
	"prodgate/pkg/gate/source"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/pipeline"
)

// base are the rooms that every other room needs.
type base struct {
	component.Context
	parent          *component.Group
	boundaries      *identity.Boundaries
	alerts          *alerting.Alerts
	eventBridgeRole *identity.Role
}

// builtRooms are some rooms of the gate of a configuration, for tests of many apps or of many configurations that read the
// resources of these rooms alone.
func builtRooms(t *testing.T, config map[string]any, rooms ...func(base) error) *gatetest.Recording {
	t.Helper()
	s := decoded(t, config)
	return world(s).MustRun(t, func(ctx *pulumi.Context) error {
		providers, err := newProviders(ctx, s)
		if err != nil {
			return err
		}
		b := base{Context: component.New(ctx, s, "gate"), parent: &component.Group{}}
		if err := ctx.RegisterComponentResource(component.GateType, "gate", b.parent, providers); err != nil {
			return err
		}
		if b.boundaries, err = identity.NewBoundaries(b.Context, b.parent); err != nil {
			return err
		}
		if b.alerts, err = alerting.New(b.Context, b.parent, b.boundaries); err != nil {
			return err
		}
		if b.eventBridgeRole, err = alerting.NewEventBridgeRole(b.Context, b.parent, b.boundaries); err != nil {
			return err
		}
		for _, room := range rooms {
			if err := room(b); err != nil {
				return err
			}
		}
		return nil
	})
}

// responseRoom has the state machines.
func responseRoom(b base) error {
	_, err := response.New(b.Context, b.parent, b.boundaries, b.alerts, b.eventBridgeRole)
	return err
}

// detectionRoom has AWS Config's rules, among others.
func detectionRoom(b base) error {
	store, err := storage.NewStore(b.Context, b.parent, nil)
	if err != nil {
		return err
	}
	_, err = detection.New(b.Context, b.parent, detection.Earlier{Boundaries: b.boundaries, Alerts: b.alerts, Store: store})
	return err
}

// deliveryRoom has the pipelines of all apps.
func deliveryRoom(b base) error {
	existing, err := preflight.Check(b.Context, b.parent, gatetest.Having(b.Settings).For(b.Settings))
	if err != nil {
		return err
	}
	source, err := source.New(b.Context, b.parent, existing.Mergers)
	if err != nil {
		return err
	}
	store, err := storage.NewStore(b.Context, b.parent, nil)
	if err != nil {
		return err
	}
	function, err := gatetest.Function(b.Ctx.Context())
	if err != nil {
		return err
	}
	pipelines, err := delivery.New(b.Context, b.parent, delivery.Earlier{
		Model: pipeline.New(b.Settings), Boundaries: b.boundaries, Store: store, Alerts: b.alerts, EventBridgeRole: b.eventBridgeRole, Source: source,
		Rotators: existing.Rotators, Function: function,
	})
	if err != nil {
		return err
	}
	for _, app := range b.Settings.Apps {
		if _, err := pipelines.NewApp(b.parent, app); err != nil {
			return err
		}
	}
	return nil
}

// TestRooms_DeclareWhatTheGateDeclares compares every resource of the rooms with the one of the whole gate.
func TestRooms_DeclareWhatTheGateDeclares(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config map[string]any
		room   func(base) error
	}{
		"response":  {contained(approved("api")), responseRoom},
		"detection": {approved("api"), detectionRoom},
		"delivery":  {approved("api"), deliveryRoom},
	} {
		whole, made := built(t, c.config), builtRooms(t, c.config, c.room).All()
		if len(made) < 30 {
			t.Errorf("%s: %d resources", name, len(made))
		}
		for _, one := range made {
			if !one.Custom || strings.HasPrefix(one.Type, "pulumi:providers:") {
				continue
			}
			if other := whole.One(t, one.Type, one.Name); fmt.Sprint(one.Inputs) != fmt.Sprint(other.Inputs) {
				t.Errorf("%s: %s has the inputs\n%v, in the gate\n%v", name, one, one.Inputs, other.Inputs)
			}
		}
	}
}
