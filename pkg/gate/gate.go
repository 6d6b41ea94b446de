// Package gate is the Gate component: everything that stands between a merge to
// the prod branch and production.
package gate

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/account"
	"prodgate/pkg/contract"
	"prodgate/pkg/naming"
	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// ProdBranch is what is delivered. It is no setting: a gate on another branch
// would be another product.
const ProdBranch = onlymain.Base

// The type tokens of the components: URNs hold them, so they never change.
const (
	GateType       = "prodgate:index:Gate"
	SourceType     = "prodgate:index:Source"
	StoreType      = "prodgate:index:Store"
	BucketType     = "prodgate:index:Bucket"
	AlertsType     = "prodgate:index:Alerts"
	WatchType      = "prodgate:index:Watch"
	ContainType    = "prodgate:index:Containment"
	KnownStateType = "prodgate:index:KnownState"
	BoundariesType = "prodgate:index:Boundaries"
	DetectionType  = "prodgate:index:Detection"
	AppType        = "prodgate:index:App"
	RepositoryType = "prodgate:index:Repository"
	ProjectType    = "prodgate:index:Project"
	DeliveryType   = "prodgate:index:Delivery"
	ChecksType     = "prodgate:index:Checks"
	WorkflowsType  = "prodgate:index:Workflows"
	SecretsType    = "prodgate:index:Secrets"
)

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
	if err := ctx.RegisterComponentResource(GateType, name, g, opts...); err != nil {
		return nil, fmt.Errorf("gate: %w", err)
	}
	b := builder{ctx: ctx, settings: s, plan: naming.New(s), name: name, stock: &stock{keys: map[string]*kms.Key{}}, shared: &known{}}

	// Everything that has to be there already, all that is wrong at once.
	found, err := b.inspect(g)
	rotators, unknown := b.checkSecrets(g)
	identity, unidentified := b.findWorkflows(g)
	adopted, taken := b.findAlready(has)
	if err := errors.Join(err, unknown, unidentified, taken, b.checkLengths()); err != nil {
		return nil, err
	}
	b.rotators = rotators
	if b.global, err = b.globalProvider(g); err != nil {
		return nil, fmt.Errorf("global provider: %w", err)
	}
	limits, err := b.group(BoundariesType, g, b.called("boundaries"))
	if err != nil {
		return nil, fmt.Errorf("boundaries: %w", err)
	}
	b.boundaries = boundaries{limits, map[string]*iam.Policy{}}
	alerts, err := b.alerts(g)
	if err != nil {
		return nil, fmt.Errorf("alerts: %w", err)
	}
	dispatcher, err := b.ofAll().dispatcher(g)
	if err != nil {
		return nil, fmt.Errorf("dispatcher: %w", err)
	}
	answer, err := b.containment(g, alerts)
	if err != nil {
		return nil, fmt.Errorf("containment: %w", err)
	}
	source, err := b.source(g, found.allowances, dispatcher)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	store, err := b.store(g)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
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
	workflows, err := b.workflows(g, identity)
	if err != nil {
		return nil, fmt.Errorf("workflows: %w", err)
	}
	state, err := b.ofAll().keepShared(check)
	if err != nil {
		return nil, fmt.Errorf("known state: %w", err)
	}

	containmentArn, releaseCommand := answer.outputs()
	g.Outputs = contract.Outputs{
		Account:             pulumi.String(s.Account).ToStringOutput(),
		Region:              pulumi.String(s.Region).ToStringOutput(),
		Apps:                apps.ToStringMapMapOutput(),
		ArtifactBucket:      store.artifacts.name,
		AlertTopicArn:       alerts.topicArn,
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

// builder is what every part of the gate is built from.
type builder struct {
	ctx      *pulumi.Context
	settings *settings.Settings
	plan     naming.Plan
	name     string // the Gate's, which begins every child's
	// global is the aws provider of the region where IAM's events arrive; nil where that
	// is the stack's own, or where nobody listens.
	global     *aws.Provider
	boundaries boundaries
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
	keys    map[string]*kms.Key
	buckets []string
}

// group is a component that only groups: the tree of a preview is read by it.
type group struct{ pulumi.ResourceState }

// group registers a component. Roles are the words of its name after the gate's.
func (b builder) group(token string, parent pulumi.Resource, name string) (*group, error) {
	g := &group{}
	return g, b.ctx.RegisterComponentResource(token, name, g, pulumi.Parent(parent))
}

// called is the name of a child: the gate's and what the child is.
func (b builder) called(role string) string { return b.name + "-" + role }

// keeps is the option of what holds history: with the setting protect the
// engine refuses to delete it.
func (b builder) keeps() pulumi.ResourceOption { return pulumi.Protect(b.settings.Protect) }
