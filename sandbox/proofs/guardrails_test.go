package proofs

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"gopkg.in/yaml.v3"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/settings"
	"prodgate/sandbox/engine/cloud"
	"prodgate/sandbox/engine/recovery"
	"prodgate/sandbox/engine/stack"
)

// The prod stack's organization: Pulumi.prod.yaml.
const (
	unit     = "ou-ab12-34567890"
	root     = "r-ab12"
	scp      = orgtypes.PolicyTypeServiceControlPolicy
	policies = "aws:organizations/policy:Policy "
	attached = "aws:organizations/policyAttachment:PolicyAttachment "
)

// unprotected lets a stack be destroyed.
var unprotected = replace("prodgate:protect: true", "prodgate:protect: false")

// organizationLists list the organization's policies and attachments, without AWS's own.
var organizationLists = map[string]func(context.Context, *organizations.Client) ([]string, error){
	"guardrails": func(ctx context.Context, o *organizations.Client) ([]string, error) {
		var names []string
		return names, ours(ctx, o, func(policy orgtypes.PolicySummary) error {
			names = append(names, *policy.Name)
			return nil
		})
	},
	"attached guardrails": func(ctx context.Context, o *organizations.Client) ([]string, error) {
		var all []string
		return all, ours(ctx, o, func(policy orgtypes.PolicySummary) error {
			got, err := o.ListTargetsForPolicy(ctx, &organizations.ListTargetsForPolicyInput{PolicyId: policy.Id})
			if err != nil {
				return err
			}
			for _, target := range got.Targets {
				all = append(all, *target.TargetId+" "+*policy.Name)
			}
			return nil
		})
	},
}

// ours visits the policies of an organization that are not AWS's.
func ours(ctx context.Context, o *organizations.Client, do func(orgtypes.PolicySummary) error) error {
	for _, kind := range []orgtypes.PolicyType{scp, orgtypes.PolicyTypeResourceControlPolicy} {
		got, err := o.ListPolicies(ctx, &organizations.ListPoliciesInput{Filter: kind})
		if err != nil {
			return err
		}
		for _, policy := range got.Policies {
			if policy.AwsManaged {
				continue
			}
			if err := do(policy); err != nil {
				return err
			}
		}
	}
	return nil
}

// organizations is a client with the role that attaches policies.
func (w *world) organizations() *organizations.Client {
	w.Helper()
	cfg, err := w.Cloud.OrganizationConfig(w.Context(), region)
	w.must(err)
	return organizations.NewFromConfig(cfg)
}

// documents are the guardrails of a configuration.
func documents(t *testing.T, config *stack.Config) []catalogue.Document {
	t.Helper()
	var file struct{ Config map[string]any }
	if err := yaml.Unmarshal(config.Text, &file); err != nil {
		t.Fatal(err)
	}
	written := map[string]string{}
	for key, value := range file.Config {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if plain, ok := value.(string); ok {
			text = []byte(plain)
		}
		written[key] = string(text)
	}
	s, err := settings.Decode("prodgate", written)
	if err != nil {
		t.Fatal(err)
	}
	all, err := catalogue.Guardrails(s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// assertGuardrails asserts, on the organization's own responses, that exactly these guardrails are
// attached to the unit.
func (w *world) assertGuardrails(want []catalogue.Document) {
	w.Helper()
	o := w.organizations()
	got, err := o.ListPoliciesForTarget(w.Context(), &organizations.ListPoliciesForTargetInput{TargetId: ptr(unit), Filter: scp})
	w.must(err)
	contents := map[string]string{}
	for _, policy := range got.Policies {
		described, err := o.DescribePolicy(w.Context(), &organizations.DescribePolicyInput{PolicyId: policy.Id})
		w.must(err)
		contents[*policy.Name] = *described.Policy.Content
		if policy.AwsManaged {
			continue
		}
		if n := utf8.RuneCountInString(*described.Policy.Content); n > 5120 {
			w.Errorf("%s has %d characters", *policy.Name, n)
		}
		tags, err := o.ListTagsForResource(w.Context(), &organizations.ListTagsForResourceInput{ResourceId: policy.Id})
		w.must(err)
		same(w.T, "the tags of "+*policy.Name, len(tags.Tags), 2) // environment and owner
	}
	if contents["FullAWSAccess"] == "" {
		w.Error("the unit has lost FullAWSAccess")
	}
	delete(contents, "FullAWSAccess")
	all, exported := map[string]string{}, []string{}
	for _, document := range want {
		all[document.Name+"-222222222222-eu-west-2"] = document.JSON
		exported = append(exported, document.JSON)
	}
	if len(all) < 2 {
		w.Fatalf("%d guardrails are too few to prove anything", len(all))
	}
	same(w.T, "what is attached", contents, all)

	var output []string
	w.must(json.Unmarshal([]byte(w.run("stack", "output", "guardrails", "--json")), &output))
	same(w.T, "the output guardrails", output, exported)
}

// TestGuardrails_LifeCycle takes the guardrails of the prod stack from nothing through every
// kind of change back to nothing.
func TestGuardrails_LifeCycle(t *testing.T) {
	t.Parallel()
	w := newWorldUp(t, "prod", unprotected, quiet)
	w.full()
	before := documents(t, configOf(t, "prod", unprotected, quiet))
	w.assertGuardrails(before)
	same(t, "a second preview", w.planned(), map[string]string{})

	// A manual change in the organization is detected and reverted.
	o := w.organizations()
	w.must(ours(t.Context(), o, func(policy orgtypes.PolicySummary) error {
		if strings.HasPrefix(*policy.Name, "prodgate-bypass-1") {
			_, err := o.UpdatePolicy(t.Context(), &organizations.UpdatePolicyInput{PolicyId: policy.Id, Content: ptr(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::nothing"}]}`)})
			return err
		}
		_, err := o.DetachPolicy(t.Context(), &organizations.DetachPolicyInput{PolicyId: policy.Id, TargetId: ptr(unit)})
		return err
	}))
	w.run("refresh", "--yes")
	same(t, "what a refresh sees", w.lastChanges(), map[string]int{"update": 1, "delete": len(before) - 1})
	repair := map[string]string{policies + "guardrails-bypass-1": "update"}
	for _, document := range before {
		if name := strings.TrimPrefix(document.Name, "prodgate-"); name != "bypass-1" {
			repair[attached+"guardrails-"+name] = "create"
		}
	}
	same(t, "the repair", w.planned(), repair)
	w.up()
	w.assertGuardrails(before)

	// An app on another cluster changes only the documents about services, and may need one more; a further deployer
	// changes all.
	cluster := func(s string) string {
		s = secondApp(s)
		return strings.ReplaceAll(strings.Replace(s, "folder: frontend\n      cluster: cruddur", "folder: frontend\n      cluster: other", 1), "ACCOUNT", "222222222222")
	}
	_, err := w.aws.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: ptr("second-deployer"), Description: ptr(cloud.Seeded), AssumeRolePolicyDocument: ptr(`{"Version": "2012-10-17", "Statement": []}`),
	})
	w.must(err)
	deployer := replace("role/deployer]", "role/deployer, arn:aws:iam::222222222222:role/second-deployer]")
	for _, change := range [][]edit{{unprotected, cluster}, {unprotected, cluster, deployer}} {
		config := configOf(t, "prod", append(change, quiet)...)
		w.configure(change...)
		after := documents(t, config)
		want := map[string]string{}
		if len(after) < len(before) {
			t.Fatalf("the documents are %d, and were %d", len(after), len(before))
		}
		for i, document := range after {
			resource := "guardrails-" + strings.TrimPrefix(document.Name, "prodgate-")
			switch {
			case i >= len(before):
				want[policies+resource], want[attached+resource] = "create", "create"
			case document != before[i]:
				want[policies+resource] = "update"
			}
		}
		planned := w.planned()
		for resource := range planned {
			if !strings.Contains(resource, "aws:organizations/") {
				delete(planned, resource)
			}
		}
		if len(want) == 0 {
			t.Error("no document changes")
		}
		same(t, "the update of guardrails", planned, want)
		w.up()
		w.assertGuardrails(after)
		same(t, "a preview after it", w.planned(), map[string]string{})
		before = after
	}

	w.run("destroy", "--yes")
	w.empty("after destroy")
}

// TestGuardrails_PreviewAssumesReadRole: the preview of a pull request changes no guardrail and never
// assumes the role that attaches them.
func TestGuardrails_PreviewAssumesReadRole(t *testing.T) {
	t.Parallel()
	w := newWorldUp(t, "prod", unprotected, quiet)
	reader := w.reader()
	w.calls()
	same(t, "the preview of a pull request", w.plannedAs(reader), asReader)
	called := map[string]bool{}
	for _, call := range w.calls() {
		switch {
		case call.Operation == "AssumeRole":
			called[call.Resource] = true
		case call.Service == "organizations" && !strings.HasPrefix(call.Operation, "Describe") && !strings.HasPrefix(call.Operation, "List"):
			t.Errorf("calls %s of the organization", call.Operation)
		case call.Service == "organizations":
			called[call.Operation] = true
		}
	}
	same(t, "what it calls and takes on", keys(called), []string{
		"DescribeOrganization", "DescribePolicy", "ListAWSServiceAccessForOrganization", "ListAccounts", "ListAccountsForParent",
		"ListOrganizationalUnitsForParent", "ListPoliciesForTarget", "ListRoots", "ListTagsForResource", "ListTargetsForPolicy",
		"arn:aws:iam::999999999999:role/prodgate-guardrails-preview",
	})

	// Without the program's own providers, the last update's refresh: what
	// preview.yml has PULUMI_RUN_PROGRAM for.
	w.calls()
	if out, err := w.pulumiAs(reader, "preview", "--run-program=false"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if !slices.ContainsFunc(w.calls(), func(call asked) bool { return call.Resource == w.Cloud.Organization.RoleArn }) {
		t.Error("a refresh by the last update's providers takes on nothing else: PULUMI_RUN_PROGRAM is needed no more")
	}
}

// asReader is the only change in a preview of a pull request that changes nothing: the role that the
// organization's provider assumes.
var asReader = map[string]string{"pulumi:providers:aws organization": "update"}

// reader returns the credentials of the gate's role for previews.
func (w *world) reader() awssdk.CredentialsProvider {
	w.Helper()
	reader := awssdk.NewCredentialsCache(w.session("arn:aws:iam::222222222222:role/prodgate/preview/prodgate-preview"))
	_, err := reader.Retrieve(w.Context()) // before anything is recorded
	w.must(err)
	return reader
}

// TestGuardrails_KilledUpdate: AWS rejects a second policy with the same name, and a second
// attachment. The test creates the state that a kill leaves between AWS's response and the engine's
// record of it.
func TestGuardrails_KilledUpdate(t *testing.T) {
	t.Parallel()
	w := newWorldUp(t, "prod", unprotected, quiet)
	before := w.inventory()

	// Not through an import, which drops pending operations.
	file := w.stateFile()
	text, err := os.ReadFile(file)
	w.must(err)
	var state struct {
		Version    int `json:"version"`
		Checkpoint struct {
			Stack  string         `json:"stack"`
			Latest map[string]any `json:"latest"`
		} `json:"checkpoint"`
	}
	w.must(json.Unmarshal(text, &state))
	var kept, pending []any
	latest := state.Checkpoint.Latest
	for _, entry := range latest["resources"].([]any) {
		made := entry.(map[string]any)
		if strings.HasPrefix(made["type"].(string), "aws:organizations/") {
			delete(made, "id")
			delete(made, "outputs")
			pending = append(pending, map[string]any{"type": "creating", "resource": made})
			continue
		}
		kept = append(kept, made)
	}
	if want := 2 * len(before["guardrails"]); len(pending) != want {
		t.Fatalf("%d resources of the organization, want %d", len(pending), want)
	}
	latest["resources"], latest["pending_operations"] = kept, pending
	text, err = json.Marshal(state)
	w.must(err)
	w.must(os.WriteFile(file, text, 0o600))

	w.must(recovery.Recover(t.Context(), w.Stack, region, t.Logf))
	same(t, "a preview after the recovery", w.planned(), map[string]string{})
	same(t, "what there is", w.inventory(), before)
	w.run("destroy", "--yes")
	w.empty("after destroy")
}

// TestGuardrails_RefuseTarget covers the problems of an organization: a preview and an update end
// with one message, and nothing is created.
func TestGuardrails_RefuseTarget(t *testing.T) {
	t.Parallel()
	const (
		key     = `prodgate:organization.targetId: "` + unit + `": `
		roleKey = `prodgate:organization.roleArn: "arn:aws:iam::999999999999:role/`
		account = "222222222222"
	)
	detach := func(w *world, o *organizations.Client) {
		_, err := o.RemoveAccountFromOrganization(w.Context(), &organizations.RemoveAccountFromOrganizationInput{AccountId: ptr(account)})
		w.must(err)
	}
	for name, c := range map[string]struct {
		seed func(*stack.Config)                 // the organization
		edit edit                                // of the settings, once it is there
		do   func(*world, *organizations.Client) // to it
		want string
	}{
		"a role that is not there": {
			edit: replace("role/prodgate-guardrails", "role/somebody"),
			want: roleKey + `somebody": cannot be assumed; correct the ARN`,
		},
		"an organization that is gone": {
			do: func(w *world, o *organizations.Client) {
				detach(w, o)
				_, err := o.DeleteOrganization(w.Context(), &organizations.DeleteOrganizationInput{})
				w.must(err)
				w.Cloud.Organization = cloud.Organization{}
			},
			want: roleKey + `prodgate-guardrails": reads no organization; name a role`,
		},
		"a unit that is not there": {
			edit: replace(unit, "ou-ab12-00000000"),
			want: `prodgate:organization.targetId: "ou-ab12-00000000": is no organizational unit of o-`,
		},
		"a root that is not there": {
			edit: replace(unit, "r-cd34"),
			want: `prodgate:organization.targetId: "r-cd34": is neither the root nor an account of o-`,
		},
		"an account outside of the organization": {do: detach, want: key + "the account " + account + " is not in the organization o-"},
		"an account of another unit": {
			do: func(w *world, o *organizations.Client) {
				_, err := o.MoveAccount(w.Context(), &organizations.MoveAccountInput{
					AccountId: ptr(account), SourceParentId: ptr(unit), DestinationParentId: ptr(root),
				})
				w.must(err)
			},
			want: key + "the account " + account + " is not below it; name the unit",
		},
		"the management account": {
			seed: func(c *stack.Config) { c.Organization.Manager = account },
			want: key + "the account " + account + " manages the organization o-",
		},
		"service control policies that are not enabled": {
			do: func(w *world, o *organizations.Client) {
				_, err := o.DisablePolicyType(w.Context(), &organizations.DisablePolicyTypeInput{RootId: ptr(root), PolicyType: scp})
				w.must(err)
			},
			want: key + "service control policies are not enabled on the root " + root + "; enable them",
		},
		"a target that is full": {
			do: func(w *world, o *organizations.Client) {
				for _, name := range []string{"one", "two", "three", "four"} {
					made, err := o.CreatePolicy(w.Context(), &organizations.CreatePolicyInput{
						Name: ptr(name), Description: ptr(""), Type: scp,
						Content: ptr(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"a4b:*","Resource":"*"}]}`),
					})
					w.must(err)
					_, err = o.AttachPolicy(w.Context(), &organizations.AttachPolicyInput{PolicyId: made.Policy.PolicySummary.Id, TargetId: ptr(unit)})
					w.must(err)
				}
			},
			want: key + "has room for 0 service control policies, beside FullAWSAccess, one, two, three, four, and the gate has",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.seed == nil {
				c.seed = func(*stack.Config) {}
			}
			w := newWorldOf(t, "prod", c.seed, quiet)
			if c.do != nil {
				c.do(w, w.organizations())
			}
			if c.edit != nil {
				w.configure(c.edit)
			}
			before := w.inventory()
			for _, args := range [][]string{{"preview"}, {"up", "--yes", "--skip-preview"}} {
				out := w.fails(args...)
				if strings.Count(diagnostics(out), c.want) != 1 || strings.Count(diagnostics(out), "prodgate:organization.") != 1 {
					t.Errorf("%s does not say once, and nothing else, %s:\n%s", args[0], c.want, out)
				}
			}
			same(t, "after the refusal the account", w.inventory(), before)
		})
	}
}

// TestGuardrails_Targets: a root and an account are targets too, and a delegated
// administrator attaches as well as the management account.
func TestGuardrails_Targets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		target string
		seed   func(*stack.Config)
	}{
		"the root":    {root, func(*stack.Config) {}},
		"the account": {"222222222222", func(*stack.Config) {}},
		"a unit, through a delegated administrator": {unit, func(c *stack.Config) { c.Organization.Manager = "888888888888" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldOf(t, "prod", c.seed, replace("targetId: "+unit, `targetId: "`+c.target+`"`), quiet)
			w.run("up", "--yes", "--skip-preview", "--target-dependents", "--target", "**guardrails*")
			if got := w.inventory()["attached guardrails"]; len(got) < 2 || !strings.HasPrefix(got[0], c.target+" ") {
				t.Errorf("attached is %v", got)
			}
			w.run("destroy", "--yes")
			w.empty("after destroy")
		})
	}
}
