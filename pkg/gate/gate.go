// Package gate is the Gate component: everything that stands between a merge to
// the prod branch and production.
package gate

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/account"
	"prodgate/pkg/contract"
	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// ProdBranch is the branch that is delivered.
const ProdBranch = component.ProdBranch

// Gate is the component. Its providers, one of aws and, where settings name an owner,
// one of github, come from the options given to New.
type Gate struct {
	pulumi.ResourceState

	// Outputs is what the gate promises to other stacks.
	Outputs contract.Outputs
}

// New declares the gate of one stack, in an account that has something already: what
// all apps share first, then each app.
func New(ctx *pulumi.Context, name string, s *settings.Settings, has account.Reader, opts ...pulumi.ResourceOption) (*Gate, error) {
	guardrails, err := exported(s)
	if err != nil {
		return nil, fmt.Errorf("guardrails: %w", err)
	}
	g := &Gate{}
	if err := ctx.RegisterComponentResource(component.GateType, name, g, opts...); err != nil {
		return nil, fmt.Errorf("gate: %w", err)
	}
	c := component.New(ctx, s, name)
	b := builder{c: c, ctx: ctx, settings: s, plan: c.Names, stock: &stock{keys: map[string]*storage.Key{}}, ofDuty: map[string]*identity.Boundary{}, shared: &known{}}

	// Everything that has to be there already, all that is wrong at once.
	found, err := b.inspect(g)
	rotators, unknown := b.checkSecrets(g)
	repository, unidentified := b.findWorkflows(g)
	adopted, taken := b.findAlready(has)
	if err := errors.Join(err, unknown, unidentified, taken, b.checkLengths()); err != nil {
		return nil, err
	}
	b.rotators = rotators
	if b.global, err = b.globalProvider(g); err != nil {
		return nil, fmt.Errorf("global provider: %w", err)
	}
	if b.boundaries, err = identity.NewBoundaries(c, g); err != nil {
		return nil, fmt.Errorf("boundaries: %w", err)
	}
	alerts, err := alerting.New(c, g, b.boundaries)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	dispatcher, err := alerting.NewEventBridgeRole(c, g, b.boundaries)
	if err != nil {
		return nil, fmt.Errorf("dispatcher: %w", err)
	}
	b.ofAll().keepRecords(alerts.Records)
	b.ofAll().keepRecords(dispatcher.AllRecords())
	b.stock.keys["alerts"] = alerts.Key
	answer, err := b.containment(g, alerts)
	if err != nil {
		return nil, fmt.Errorf("containment: %w", err)
	}
	source, err := b.source(g, found.allowances, dispatcher)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	store, err := storage.NewStore(c, g, slices.Sorted(maps.Values(b.rotators)))
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	b.ofAll().keepRecords(store.Artifacts.Records)
	for _, key := range store.Keys() {
		b.stock.keys[key.Purpose] = key
	}
	b.stock.buckets = append(b.stock.buckets, store.Artifacts.Purpose)
	check, err := b.ofAll().knownState(g, alerts, dispatcher, store)
	if err != nil {
		return nil, fmt.Errorf("known state: %w", err)
	}
	started, err := b.ofAll().checks(g, store)
	if err != nil {
		return nil, fmt.Errorf("checks: %w", err)
	}
	started = append(started, check.beforeDeploy)
	if b.shift, err = b.ofAll().shifter(g); err != nil {
		return nil, fmt.Errorf("shift: %w", err)
	}
	apps := pulumi.StringMapMap{}
	for _, app := range s.Apps {
		if apps[app.Name], err = b.app(g, app, source, store, alerts, started); err != nil {
			return nil, fmt.Errorf("app %s: %w", app.Name, err)
		}
	}
	detection, err := b.detection(g, alerts, dispatcher, answer, adopted)
	if err != nil {
		return nil, fmt.Errorf("detection: %w", err)
	}
	if err := b.watch(g, alerts, dispatcher, answer); err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	workflows, err := b.workflows(g, repository)
	if err != nil {
		return nil, fmt.Errorf("workflows: %w", err)
	}
	state, err := b.ofAll().keepShared(check)
	if err != nil {
		return nil, fmt.Errorf("known state: %w", err)
	}

	if err := b.boundaries.RegisterOutputs(c); err != nil {
		return nil, err
	}
	containmentArn, releaseCommand := answer.outputs()
	g.Outputs = contract.Outputs{
		Account:             pulumi.String(s.Account).ToStringOutput(),
		Region:              pulumi.String(s.Region).ToStringOutput(),
		Apps:                apps.ToStringMapMapOutput(),
		ArtifactBucket:      store.Artifacts.Name,
		AlertTopicArn:       alerts.TopicArn,
		ConnectionArn:       source.connectionArn,
		ConnectionStatus:    source.connectionStatus,
		ConnectionHandshake: source.handshake(b.plan),
		GuardDutyDetectorID: detection.detectorID,
		Guardrails:          guardrails,
		KnownState:          state.Name,
		PreviewRoleArn:      workflows.previewArn,
		DeployRoleArn:       workflows.deployArn,
		ContainmentArn:      containmentArn,
		ReleaseCommand:      releaseCommand,
	}
	return g, ctx.RegisterResourceOutputs(g, g.Outputs.Map())
}

// builder is what the parts of the gate without a room are built from.
type builder struct {
	c        component.Context
	ctx      *pulumi.Context
	settings *settings.Settings
	plan     naming.Plan
	// global is the aws provider of the region where IAM's events arrive; nil where that
	// is the stack's own, or where nobody listens.
	global     *aws.Provider
	boundaries *identity.Boundaries
	ofDuty     map[string]*identity.Boundary
	shift      *shifter // nil where no traffic is shifted
	stock      *stock
	// rotators are the roles of the functions that rotate secrets, by function.
	rotators map[string]string
	// known is what is kept of the parts that are being made, an app's or shared; nil
	// where nothing is. shared is what is kept of those that are no app's.
	known, shared *known
}

// stock is what there is already of what rules ask for by its purpose.
type stock struct {
	keys    map[string]*storage.Key
	buckets []string
}

// globalProvider is that of the region where IAM and Organizations send their events; nil
// where that is the stack's own, or where nothing responds to them.
func (b builder) globalProvider(parent pulumi.Resource) (*aws.Provider, error) {
	if !alerting.ForwardsGlobalEvents(b.settings) {
		return nil, nil
	}
	return aws.NewProvider(b.ctx, b.called("global"), &aws.ProviderArgs{
		Region:            pulumi.String(b.plan.Global),
		AllowedAccountIds: pulumi.ToStringArray([]string{b.plan.Account}),
		DefaultTags:       aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(component.Tags(b.settings))},
	}, pulumi.Parent(parent))
}
