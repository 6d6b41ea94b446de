package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/gate/guardrails"
	"prodgate/pkg/settings"
)

const (
	guardrailType           = "aws:organizations/policy:Policy"
	guardrailAttachmentType = "aws:organizations/policyAttachment:PolicyAttachment"
	guardrailsRole          = "arn:aws:iam::999999999999:role/guardrails"
)

// attachedTo is a configuration whose guardrails are attached to a target.
func attachedTo(target string) map[string]any {
	c := config("api")
	c["organization"] = object{"id": "o-ab12cd34ef", "targetId": target, "roleArn": guardrailsRole}
	return c
}

// guarded is the gate and its guardrails, after the check of the target.
func guarded(s *settings.Settings) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		organization, err := guardrails.NewProvider(ctx, s, "arn:aws:sts::111111111111:assumed-role/deployer/session")
		if err != nil {
			return err
		}
		workload, err := aws.NewProvider(ctx, "workload", &aws.ProviderArgs{Region: pulumi.String(s.Region)})
		if err != nil {
			return err
		}
		if _, err := gate.New(ctx, "gate", &gate.Args{Settings: s, Account: gatetest.Having(s).For(s), Function: gatetest.Function}, pulumi.Providers(workload)); err != nil {
			return err
		}
		_, err = guardrails.New(ctx, "guardrails", s, pulumi.Provider(organization))
		return err
	}
}

func TestGuardrails_AttachToTarget(t *testing.T) {
	t.Parallel()
	for _, target := range []string{gatetest.Root, "ou-ab12-34567890", "111111111111"} {
		s := decoded(t, attachedTo(target))
		documents, err := catalogue.Guardrails(s)
		if err != nil {
			t.Fatal(err)
		}
		controls, err := catalogue.ResourceControls(s)
		if err != nil || len(controls) != 1 {
			t.Fatalf("%d resource control policies: %v", len(controls), err)
		}
		r := world(s).MustRun(t, guarded(s))
		if got := len(r.Of(t, guardrailAttachmentType)); got != len(documents)+len(controls) {
			t.Errorf("%d attachments of %d documents", got, len(documents)+len(controls))
		}
		for i, document := range slices.Concat(documents, controls) {
			kind := "SERVICE_CONTROL_POLICY"
			if i >= len(documents) {
				kind = "RESOURCE_CONTROL_POLICY"
			}
			name := "guardrails" + strings.TrimPrefix(document.Name, s.Name)
			policy, attachment := r.One(t, guardrailType, name), r.One(t, guardrailAttachmentType, name)
			for input, want := range map[string]string{
				"content": document.JSON, "description": document.Description, "type": kind,
				"name": document.Name + "-111111111111-eu-west-2",
			} {
				if got := policy.Text(input); got != want {
					t.Errorf("%s: %s is %s, want %s", policy, input, got, want)
				}
			}
			// Organizations API, CreatePolicy.
			if n := len(policy.Text("name")); n > 128 {
				t.Errorf("%s: the name has %d characters", policy, n)
			}
			if n := len(policy.Text("description")); n > 512 {
				t.Errorf("%s: the description has %d characters", policy, n)
			}
			if got := attachment.Text("policyId") + " " + attachment.Text("targetId"); got != "p-of-"+name+" "+target {
				t.Errorf("%s attaches %s", attachment, got)
			}
			for _, made := range []*gatetest.Resource{policy, attachment} {
				if made.Provider != "organization" {
					t.Errorf("%s has the provider %q", made, made.Provider)
				}
				if parent := r.Parent(made); parent == nil || parent.Type != component.GuardrailsType {
					t.Errorf("%s is below %v", made, parent)
				}
			}
		}
		for _, invoke := range r.Invokes {
			if strings.HasPrefix(invoke.Token, "aws:organizations/") && invoke.Provider != "organization" {
				t.Errorf("%s has the provider %q", invoke.Token, invoke.Provider)
			}
		}
	}
}

// A gate that cannot be made leaves no organization open, nor the other way round.
func TestGuardrails_IndependentOfGate(t *testing.T) {
	t.Parallel()
	s := decoded(t, attachedTo("ou-ab12-34567890"))
	r := world(s).MustRun(t, guarded(s))
	for _, attachment := range r.Of(t, guardrailAttachmentType) {
		if want := []string{r.One(t, guardrailType, attachment.Name).URN}; !slices.Equal(attachment.DependsOn, want) {
			t.Errorf("%s waits for %v", attachment, attachment.DependsOn)
		}
	}
	for _, made := range r.All() {
		if r.Path(made)[0] != component.GateType+" gate" {
			continue
		}
		for _, urn := range made.DependsOn {
			if strings.Contains(urn, "aws:organizations/") {
				t.Errorf("%s waits for %s", made, urn)
			}
		}
	}
}

func TestGuardrails_AreAnOutput(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]map[string]any{
		"without": config("api"), "with": attachedTo("ou-ab12-34567890"),
	} {
		for _, preview := range []bool{false, true} {
			s := decoded(t, c)
			documents, err := catalogue.Guardrails(s)
			if err != nil || len(documents) == 0 {
				t.Fatalf("%d documents: %v", len(documents), err)
			}
			var want []string
			for _, document := range documents {
				want = append(want, document.JSON)
			}
			w := world(s)
			w.Preview = preview
			r := w.MustRun(t, program(s)) // without NewGuardrails
			if got, _ := r.Outputs["guardrails"].Value.([]string); !slices.Equal(got, want) {
				t.Errorf("%s an organization, in a preview %t: got %v", name, preview, r.Outputs["guardrails"])
			}
			if r.Has(guardrailType) || r.Has(guardrailAttachmentType) {
				t.Errorf("%s an organization the gate itself attaches something", name)
			}
		}
	}
}

// A gate for more clusters than a target has room for is a gate, where nobody asks
// for its guardrails to be attached.
func TestGuardrails_RefuseTooMany(t *testing.T) {
	t.Parallel()
	var apps []any
	for i := range 50 {
		one := app(fmt.Sprintf("app-%d", i))
		one["cluster"] = fmt.Sprintf("cluster-%s-%d", strings.Repeat("c", 200), i) // 255 characters at most
		apps = append(apps, one)
	}
	without, with := config(), attachedTo("ou-ab12-34567890")
	without["apps"], with["apps"] = apps, apps

	if got, _ := built(t, without).Outputs["guardrails"].Value.([]string); len(got) < 5 {
		t.Errorf("%d documents are exported", len(got))
	}
	s := decoded(t, with)
	r, err := world(s).Run(program(s))
	if err == nil || !strings.Contains(err.Error(), "guardrails: prodgate:organization.targetId: ") {
		t.Errorf("got %v", err)
	}
	if r.Has(keyType) || r.Has(component.GateType) {
		t.Error("something is made all the same")
	}
}

func TestGuardrails_RefuseWrongTarget(t *testing.T) {
	t.Parallel()
	const (
		ou    = "ou-ab12-34567890"
		below = "aws:organizations/getOrganizationalUnitDescendantAccounts:getOrganizationalUnitDescendantAccounts"
		key   = `prodgate:organization.targetId: "ou-ab12-34567890": `
		id    = `prodgate:organization.id: "o-ab12cd34ef": `
	)
	for name, c := range map[string]struct {
		target string
		change func(*gatetest.World)
		want   []string // and as many lines
	}{
		"a role that cannot be assumed": {ou,
			func(w *gatetest.World) { w.Refused = []string{"aws:index/getCallerIdentity:getCallerIdentity"} },
			[]string{`prodgate:organization.roleArn: "` + guardrailsRole + `": cannot be assumed; correct the ARN, name the roles`},
		},
		"an account in no organization": {ou,
			func(w *gatetest.World) { w.Refused = []string{"aws:organizations/getOrganization:getOrganization"} },
			[]string{`prodgate:organization.roleArn: "` + guardrailsRole + `": reads no organization; name a role`},
		},
		"a role that may not list": {ou,
			func(w *gatetest.World) { w.Organization.Closed = true },
			[]string{`prodgate:organization.roleArn: "` + guardrailsRole + `": may not read all of the organization o-ab12cd34ef; allow it organizations:`},
		},
		"a unit that is not there": {ou,
			func(w *gatetest.World) { w.Refused = []string{below} },
			[]string{key + "is no organizational unit of o-ab12cd34ef that can be read; correct the id: "},
		},
		"a root of another organization": {"r-cd34",
			func(*gatetest.World) {},
			[]string{`prodgate:organization.targetId: "r-cd34": is neither the root nor an account of o-ab12cd34ef; correct the id`},
		},
		"the stack's account, which is in another organization": {"111111111111",
			func(w *gatetest.World) { w.Organization.Accounts = []string{"999999999999"} },
			[]string{
				`prodgate:organization.targetId: "111111111111": is neither the root nor an account of o-ab12cd34ef; correct the id`,
				`prodgate:organization.targetId: "111111111111": the account 111111111111 is not in the organization o-ab12cd34ef; invite it`,
			},
		},
		"the management account": {ou,
			func(w *gatetest.World) { w.Organization.Manager = "111111111111" },
			[]string{key + "the account 111111111111 manages the organization o-ab12cd34ef, where service control policies have no effect; move"},
		},
		"an account in no organization's accounts": {ou,
			func(w *gatetest.World) { w.Organization.Accounts = []string{"999999999999"} },
			[]string{key + "the account 111111111111 is not in the organization o-ab12cd34ef; invite it"},
		},
		"an account of another unit": {ou,
			func(w *gatetest.World) { w.Organization.Below = []string{"333333333333"} },
			[]string{key + "the account 111111111111 is not below it; name the unit"},
		},
		"an empty unit": {ou,
			func(w *gatetest.World) { w.Organization.Below = []string{} },
			[]string{key + "the account 111111111111 is not below it; name the unit"},
		},
		"no service control policies": {ou,
			func(w *gatetest.World) { w.Organization.PolicyTypes = []string{"RESOURCE_CONTROL_POLICY"} },
			[]string{key + "service control policies are not enabled on the root r-ab12; enable them (aws organizations enable-policy-type --root-id r-ab12"},
		},
		"no resource control policies": {ou,
			func(w *gatetest.World) { w.Organization.PolicyTypes = []string{"SERVICE_CONTROL_POLICY"} },
			[]string{id + "resource control policies are not enabled on the root r-ab12; enable them (aws organizations enable-policy-type --root-id r-ab12 --policy-type RESOURCE_CONTROL_POLICY)"},
		},
		"a target that is full of resource control policies": {ou,
			func(w *gatetest.World) {
				w.Organization.Controls = []string{"RCPFullAWSAccess", "one", "two", "three", "four"}
			},
			[]string{id + "the target has room for 0 resource control policies, beside RCPFullAWSAccess, one, two, three, four, and the gate has 1; merge"},
		},
		"another organization": {ou,
			func(w *gatetest.World) { w.Organization.ID = "o-zzzzzzzzzz" },
			[]string{`prodgate:organization.id: "o-ab12cd34ef": ` + guardrailsRole + ` is in the organization o-zzzzzzzzzz: the resource control policy would deny every principal of it; write o-zzzzzzzzzz`},
		},
		"a full target": {ou,
			func(w *gatetest.World) { w.Organization.Attached = []string{"FullAWSAccess", "one", "two", "three"} },
			[]string{key + "the target has room for 1 service control policies, beside FullAWSAccess, one, two, three, and the gate has 2; merge"},
		},
		"a target whose policies cannot be listed": {ou,
			func(w *gatetest.World) {
				w.Refused = []string{"aws:organizations/getPoliciesForTarget:getPoliciesForTarget"}
			},
			[]string{key + "its policies cannot be read; allow " + guardrailsRole + " organizations:ListPoliciesForTarget: "},
		},
		"a target whose policies cannot be read": {ou,
			func(w *gatetest.World) { w.Refused = []string{"aws:organizations/getPolicy:getPolicy"} },
			[]string{key + "its policy FullAWSAccess cannot be read; allow " + guardrailsRole + " organizations:DescribePolicy: "},
		},
		"everything at once": {ou,
			func(w *gatetest.World) {
				w.Organization = gatetest.Organization{
					Manager: "111111111111", PolicyTypes: []string{}, Attached: []string{"a", "b", "c", "d", "e"},
				}
			},
			[]string{key + "the account", key + "service control policies are not", key + "the target has room for 0 service", id + "resource control policies are not"},
		},
		"everything at once about a unit that is not there": {ou,
			func(w *gatetest.World) {
				w.Refused = []string{below}
				w.Organization = gatetest.Organization{Accounts: []string{}, PolicyTypes: []string{}}
			},
			[]string{key + "is no organizational unit", key + "the account 111111111111 is not in", key + "service control policies are not", id + "resource control policies are not"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := decoded(t, attachedTo(c.target))
			w := world(s)
			c.change(&w)
			r, err := w.Run(guarded(s))
			if err == nil {
				t.Fatal("is not refused")
			}
			assertProblems(t, err, c.want)
			for _, made := range r.All() {
				if made.Type != "pulumi:providers:aws" {
					t.Errorf("%s is made", made)
				}
			}
		})
	}
}

// Guardrails that are attached already take no room of their own.
func TestGuardrails_OwnPoliciesNotCounted(t *testing.T) {
	t.Parallel()
	s := decoded(t, attachedTo("ou-ab12-34567890"))
	w := world(s)
	documents, err := catalogue.Guardrails(s)
	if err != nil || len(documents) != 2 {
		t.Fatalf("%d documents: %v", len(documents), err)
	}
	w.Organization.Attached = []string{"FullAWSAccess", "another", "one more"}
	for _, document := range documents {
		w.Organization.Attached = append(w.Organization.Attached, document.Name+"-111111111111-eu-west-2")
	}
	w.MustRun(t, guarded(s))
	w.Organization.Attached[3] = "prodgate-bypass-1-222222222222-eu-west-2" // of another account's gate
	if _, err := w.Run(guarded(s)); err == nil || !strings.Contains(err.Error(), "has room for 1") {
		t.Errorf("got %v", err)
	}
}
