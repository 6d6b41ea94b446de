// Package gate is the Gate component: everything that stands between a merge to
// the prod branch and production.
package gate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/account"
	"prodgate/pkg/contract"
	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/delivery"
	"prodgate/pkg/gate/detection"
	"prodgate/pkg/gate/githubactions"
	"prodgate/pkg/gate/guardrails"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/gate/preflight"
	"prodgate/pkg/gate/response"
	"prodgate/pkg/gate/source"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/gate/watch"
	"prodgate/pkg/knownstate/archive"
	"prodgate/pkg/pipeline"
	"prodgate/pkg/settings"
)

// Gate is the component. Its providers, one of aws and, where settings name an owner,
// one of github, come from the options given to New.
type Gate struct {
	pulumi.ResourceState

	// Outputs is what the gate promises to other stacks.
	Outputs contract.Outputs
}

// Args are what a gate is made of.
type Args struct {
	// Settings are those of the stack.
	Settings *settings.Settings
	// Account reads what the account has already.
	Account account.Reader
	// Function builds the archive of the function that checks the known state.
	Function func(context.Context) (archive.Archive, error)
}

// New declares the gate of one stack: what all apps share first, then each app, then what
// watches them. Each room gets what earlier rooms returned.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Gate, error) {
	documents, controls, err := guardrails.Documents(args.Settings)
	if err != nil {
		return nil, fmt.Errorf("guardrails: %w", err)
	}
	g := &Gate{}
	if err := ctx.RegisterComponentResource(component.GateType, name, g, opts...); err != nil {
		return nil, fmt.Errorf("gate: %w", err)
	}
	c := component.New(ctx, args.Settings, name)
	function, err := args.Function(ctx.Context())
	if err != nil {
		return nil, fmt.Errorf("function: %w", err)
	}

	existing, err := preflight.Check(c, g, args.Account)
	if err != nil {
		return nil, err
	}
	rotators := slices.Sorted(maps.Values(existing.Rotators))
	boundaries, err := identity.NewBoundaries(c, g)
	if err != nil {
		return nil, fmt.Errorf("boundaries: %w", err)
	}
	alerts, err := alerting.New(c, g, boundaries)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	eventBridgeRole, err := alerting.NewEventBridgeRole(c, g, boundaries)
	if err != nil {
		return nil, fmt.Errorf("role of EventBridge: %w", err)
	}
	response, err := response.New(c, g, boundaries, alerts, eventBridgeRole)
	if err != nil {
		return nil, fmt.Errorf("response: %w", err)
	}
	source, err := source.New(c, g, existing.Mergers)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	store, err := storage.NewStore(c, g, rotators)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	pipelines, err := delivery.New(c, g, delivery.Earlier{
		Model: pipeline.New(c.Settings), Boundaries: boundaries, Store: store, Alerts: alerts, EventBridgeRole: eventBridgeRole, Source: source,
		Rotators: existing.Rotators, Function: function,
	})
	if err != nil {
		return nil, fmt.Errorf("delivery: %w", err)
	}
	apps := pulumi.StringMapMap{}
	for _, app := range c.Settings.Apps {
		if apps[app.Name], err = pipelines.NewApp(g, app); err != nil {
			return nil, fmt.Errorf("app %s: %w", app.Name, err)
		}
	}
	detection, err := detection.New(c, g, detection.Earlier{
		Boundaries: boundaries, Alerts: alerts, Store: store, Contain: response.Starts, DetectorID: existing.DetectorID,
	})
	if err != nil {
		return nil, fmt.Errorf("detection: %w", err)
	}
	keys := slices.Concat(storage.Keys{alerts.Key}, store.Keys(), detection.Keys)
	rules, err := watch.New(c, g, alerts, eventBridgeRole, response.Starts, pipelines.Check(), keys, rotators)
	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	workflows, err := githubactions.New(c, g, boundaries, existing.Workflows, source.Files[c.Settings.Workflows.Repository])
	if err != nil {
		return nil, fmt.Errorf("workflows: %w", err)
	}
	state, err := pipelines.StoreKnownState(delivery.Shared{
		Delivery: slices.Concat(eventBridgeRole.AllRecords(), store.Artifacts.Records),
		Alerts:   slices.Concat(alerts.Records, detection.Rules, rules, baseline.Records{existing.BusRecord()}),
		Access:   slices.Concat(keys.Records(), existing.TrustRecords(), workflows.Records, response.Records, detection.Records),
		Roles:    boundaries.Roles(),
	})
	if err != nil {
		return nil, fmt.Errorf("known state: %w", err)
	}
	if err := boundaries.RegisterOutputs(c); err != nil {
		return nil, err
	}

	g.Outputs = contract.Outputs{
		Account:             pulumi.String(c.Settings.Account).ToStringOutput(),
		Region:              pulumi.String(c.Settings.Region).ToStringOutput(),
		Apps:                apps.ToStringMapMapOutput(),
		ArtifactBucket:      store.Artifacts.Name,
		AlertTopicArn:       alerts.TopicArn,
		ConnectionArn:       source.ConnectionArn,
		ConnectionStatus:    source.ConnectionStatus,
		ConnectionHandshake: source.Handshake(c),
		GuardDutyDetectorID: detection.DetectorID,
		Guardrails:          documents,
		ResourceControls:    controls,
		KnownState:          state.Name,
		PreviewRoleArn:      workflows.PreviewArn,
		DeployRoleArn:       workflows.DeployArn,
		ContainmentArn:      response.ContainmentArn,
		ReleaseCommand:      response.ReleaseCommand,
	}
	return g, ctx.RegisterResourceOutputs(g, g.Outputs.Map())
}
