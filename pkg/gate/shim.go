package gate

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	sourceroom "prodgate/pkg/gate/source"
	"prodgate/pkg/gate/storage"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// This file is for the parts of the gate that have no room yet, and goes with the last.

type (
	alerts     = alerting.Alerts
	store      = storage.Store
	dispatcher = identity.Role
	group      = component.Group
	source     = sourceroom.Source
)

const (
	standard = baseline.Standard
	advanced = baseline.Advanced
)

func created(s settings.Secret) bool { return s.IsCreated() }

func (b builder) createsSecrets() bool                  { return b.settings.CreatesSecrets() }
func (b builder) called(role string) string             { return b.c.ChildName(role) }
func (b builder) keeps() pulumi.ResourceOption          { return b.c.ProtectOption() }
func (b builder) by(service string) policydoc.Condition { return storage.ViaService(b.c, service) }

func (b builder) group(token string, parent pulumi.Resource, name string) (*group, error) {
	return b.c.NewGroup(token, parent, name)
}

func (b builder) byService(host string, sources ...string) policydoc.Statement {
	return identity.TrustService(b.c, host, sources...)
}

func (b builder) publishes(sid string, alerts *alerts) policydoc.Document {
	return alerts.PublishPermissions(b.c, sid)
}

// known are the records of the parts that are being made.
type known struct{ records baseline.Records }

// ofAll is a builder of what all apps share.
func (b builder) ofAll() builder {
	b.known = b.shared
	return b
}

func (b builder) knows(kind knownstate.Kind, args pulumi.Input) {
	b.keepRecords(baseline.Records{{Kind: kind, Inputs: args}})
}

func (b builder) keepRecords(records baseline.Records) {
	if b.known != nil {
		b.known.records = append(b.known.records, records...)
	}
}

func (b builder) keep(parent pulumi.Resource, name string, at naming.Named, tier, description string, more ...knownstate.Part) (*ssm.Parameter, error) {
	return baseline.Store(b.c, parent, baseline.Parameter{Name: name, At: at, Tier: tier, Description: description}, b.known.records, more...)
}

// duty is one role: who may take it on, and what it may do.
type duty struct {
	name  string       // of the resources
	app   settings.App // whose it is; without a name: the whole gate's
	duty  string       // one of address's duties
	trust policydoc.Statement
	// may is what the role of an app needs. The boundary of the duty is what it says
	// of anyApp: so the two cannot drift apart.
	may func(settings.App) policydoc.Document
	// reads is a policy of AWS's beside it, by name; empty for none. The boundary lets
	// through no more of that than most.
	reads string
	most  policydoc.Document
}

// anyApp stands for every app there is: what is written for it are patterns.
func (b builder) anyApp() settings.App {
	return settings.App{
		Name: "*", Repository: "*", Cluster: "*", Service: "*", ExecutionRoleArn: b.plan.AnyRole(),
		Scan: settings.Scan{Secrets: "*", Code: "*", Dependencies: "*", Image: "*"},
	}
}

func (b builder) role(parent pulumi.Resource, d duty) (*iam.Role, []pulumi.Resource, error) {
	boundary := b.ofDuty[d.duty]
	if boundary == nil {
		made, err := b.boundaries.New(b.c, d.duty, slices.Concat(d.may(b.anyApp()), d.most))
		if err != nil {
			return nil, nil, err
		}
		b.ofDuty[d.duty], boundary = made, made
		b.ofAll().keepRecords(made.Records)
	}
	made, err := identity.NewRole(b.c, parent, boundary, identity.RoleSpec{
		Name: d.name, App: d.app.Name, Duty: d.duty, Trust: d.trust, Permissions: d.may(d.app), ManagedPolicy: d.reads,
	})
	if err != nil {
		return nil, nil, err
	}
	b.keepRecords(made.Records)
	return made.Role, made.Attached, nil
}

// rule is an EventBridge rule that tells people.
type rule struct {
	name, description string
	pattern           pulumi.StringInput
	paths             map[string]string
	message           string
}

func (b builder) rule(parent pulumi.Resource, a *alerts, r rule) error {
	return a.NewRule(b.c, parent, alerting.Rule{Name: r.name, Description: r.description, Pattern: r.pattern, Paths: r.paths, Message: r.message})
}
