package preflight

import (
	"errors"
	"maps"
	"net/url"
	"path"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/account"
	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/knownstate"
)

// readTrusts reads the trust policies of the roles of deployers, approvers and break-glass, by name: the known state
// has them as they are now.
func readTrusts(c component.Context, parent pulumi.Resource) (map[string]string, error) {
	trusts := map[string]string{}
	for _, arn := range catalogue.TrustedRoles.Resources(c.Settings) {
		role, err := iam.LookupRole(c.Ctx, &iam.LookupRoleArgs{Name: path.Base(arn)}, pulumi.Parent(parent))
		if err != nil {
			return nil, component.SettingError("access", arn, "its trust policy cannot be read; allow iam:GetRole on it: %w", err)
		}
		trust := role.AssumeRolePolicy
		if plain, err := url.PathUnescape(trust); err == nil { // as IAM writes it
			trust = plain
		}
		trusts[path.Base(arn)] = trust
	}
	return trusts, nil
}

// readBus reads EventBridge's default bus, which is no resource of the gate's.
func readBus(c component.Context, in account.Reader) (account.Bus, error) {
	bus, err := in.Bus(c.Ctx.Context())
	var failed *account.Error
	if errors.As(err, &failed) {
		return bus, component.SettingError("region", c.Settings.Region, "EventBridge's default bus cannot be read; let the credentials call %s: %w", failed.Action, failed.Err)
	}
	return bus, err
}

// TrustRecords are those of the trust policies.
func (r Result) TrustRecords() baseline.Records {
	var all baseline.Records
	for _, name := range slices.Sorted(maps.Keys(r.Trusts)) {
		all = append(all, baseline.Record{Kind: knownstate.Trust, Inputs: pulumi.StringMap{
			"name": pulumi.String(name), "assumeRolePolicy": pulumi.String(r.Trusts[name]),
		}})
	}
	return all
}

// BusRecord is that of the bus.
func (r Result) BusRecord() baseline.Record {
	return baseline.Record{Kind: knownstate.Bus, Inputs: pulumi.StringMap{
		"name": pulumi.String(r.Bus.Name), "policy": pulumi.String(r.Bus.Policy), "key": pulumi.String(r.Bus.Key),
	}}
}
