// Package gatetest runs a Pulumi program without an engine and records what it
// registers. It is a package because the gate, the program, the contract and the
// examples are all tested with it.
package gatetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// World is what a program finds. Its zero value is an AWS account in London whose
// connections are complete, and an organization at GitHub whose repositories have main,
// prod and nothing that protects it. What an account has once, an Account says.
type World struct {
	// Account and Region are those of the credentials.
	Account, Region string
	// Partition is aws, aws-cn or aws-us-gov.
	Partition string
	// Caller is the ARN of who runs the program: a session of the first deployer that
	// Config names, where there is none.
	Caller string
	// Roles are the ARNs of the roles that there are: those that Config names, where
	// there are none.
	Roles []string
	// Trusts are the trust policies of roles, by name. Other roles trust one role of the account.
	Trusts map[string]string
	// Project and Stack name the program.
	Project, Stack string
	// Config is the stack's configuration.
	Config map[string]string
	// SecretConfig are the keys of Config whose values are secrets of Pulumi's.
	SecretConfig []string
	// Stacks are the outputs of other stacks, by name.
	Stacks map[string]map[string]any
	// SecretKeys are the keys of the secrets that are there, as Secrets Manager
	// answers them, by the secret's ARN. One that is not here has AWS's own.
	SecretKeys map[string]string
	// Preview runs a first preview: nothing is there, so no output that a
	// provider makes is known.
	Preview bool
	// Organization is what the role for guardrails finds.
	Organization Organization
	// GitHub are answers of GitHub's REST API that differ from the usual ones, by
	// endpoint: a status, a space and the body.
	GitHub map[string]string
	// Answers are what invokes find, by token, instead of what an account has that is
	// new to the gate.
	Answers map[string]map[string]any
	// Refused are the tokens of resources and invokes that fail.
	Refused []string
}

// Recording is what a program did.
type Recording struct {
	// Outputs are the stack's, by name.
	Outputs map[string]Output
	// Invokes are the invokes, in order.
	Invokes []Invoke
	// Warnings and Notes are the program's, in order.
	Warnings, Notes []string

	world World
	mutex sync.Mutex
	byURN map[string]*Resource
	// sorted are the resources when the program has ended, by type and name.
	sorted func() []*Resource
}

// Output is an output of the stack.
type Output struct {
	Value         any
	Known, Secret bool
}

// Invoke is a call of a provider's function.
type Invoke struct {
	Token string
	// Provider is the name of the provider resource; empty for the default one.
	Provider string
	Args     resource.PropertyMap
}

// Resource is what a program registered, as the engine would see it.
type Resource struct {
	URN, Type, Name string
	// Parent is a URN; that of the stack is in no recording.
	Parent string
	// Custom is false for a component.
	Custom bool
	Inputs resource.PropertyMap
	// Outputs are those of the mock.
	Outputs resource.PropertyMap
	// Provider is the name of the provider resource; empty for the default one.
	// Providers are those that a component hands on, by package.
	Provider  string
	Providers map[string]string
	// DependsOn are the URNs of all that must exist first: what dependsOn
	// names, and whose outputs are inputs.
	DependsOn []string

	Protect, RetainOnDelete bool
	IgnoreChanges, Aliases  []string
	// Options are the other options that are set, by their names in the engine's protocol.
	Options map[string]any
}

// Run runs a program. The error is the program's; the recording is there with
// one too.
func (w World) Run(program pulumi.RunFunc) (*Recording, error) {
	w = w.filled()
	r := &Recording{world: w, byURN: map[string]*Resource{}, Outputs: map[string]Output{}}
	r.sorted = sync.OnceValue(r.sort)
	recorded := func(ctx *pulumi.Context) error {
		ctx.Log = log{ctx.Log, r}
		if err := program(ctx); err != nil {
			return err
		}
		for name, input := range ctx.GetCurrentExportMap() {
			got, err := internals.UnsafeAwaitOutput(ctx.Context(), pulumi.ToOutput(input))
			if err != nil {
				return fmt.Errorf("output %s: %w", name, err)
			}
			r.Outputs[name] = Output{got.Value, got.Known, got.Secret}
		}
		return nil
	}
	err := pulumi.RunErr(recorded, pulumi.WithMocks(w.Project, w.Stack, r), func(info *pulumi.RunInfo) {
		info.Config, info.ConfigSecretKeys, info.DryRun = w.Config, w.SecretConfig, w.Preview
	})
	return r, err
}

// Runs keeps the recordings of one program, so that tests that ask for the same world share a run.
type Runs struct{ byWorld sync.Map }

// MustRun is World.MustRun, once for each world. No test may change the recording.
func (r *Runs) MustRun(t testing.TB, w World, program pulumi.RunFunc) *Recording {
	t.Helper()
	key, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	run, _ := r.byWorld.LoadOrStore(string(key), sync.OnceValues(func() (*Recording, error) { return w.Run(program) }))
	recording, err := run.(func() (*Recording, error))()
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

// MustRun is Run of a program that must succeed.
func (w World) MustRun(t testing.TB, program pulumi.RunFunc) *Recording {
	t.Helper()
	r, err := w.Run(program)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// NewResource implements pulumi.MockResourceMonitor.
func (r *Recording) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.ReadRPC != nil {
		return r.world.read(args)
	}
	if slices.Contains(r.world.Refused, args.TypeToken) {
		return "", nil, fmt.Errorf("%s is refused", args.TypeToken)
	}
	id, outputs := r.world.outputs(args.TypeToken, args.Name, args.Inputs)
	rpc := args.RegisterRPC
	made := &Resource{
		URN:  r.world.urn(rpc.GetParent(), args.TypeToken, args.Name),
		Type: args.TypeToken, Name: args.Name,
		Parent: rpc.GetParent(), Custom: args.Custom,
		Inputs: args.Inputs, Outputs: outputs,
		Provider: providerName(args.Provider), DependsOn: rpc.GetDependencies(),
		Protect: rpc.GetProtect(), RetainOnDelete: rpc.GetRetainOnDelete(),
		IgnoreChanges: rpc.GetIgnoreChanges(), Aliases: rpc.GetAliasURNs(), Options: options(rpc),
	}
	for _, alias := range rpc.GetAliases() {
		// protobuf writes one or two spaces, depending on the binary.
		made.Aliases = append(made.Aliases, strings.Join(strings.Fields(alias.String()), " "))
	}
	for pkg, reference := range rpc.GetProviders() {
		if made.Providers == nil {
			made.Providers = map[string]string{}
		}
		made.Providers[pkg] = providerName(reference)
	}

	r.mutex.Lock()
	defer r.mutex.Unlock()
	if _, twice := r.byURN[made.URN]; twice { // the engine says the same, the SDK's mocks do not
		return "", nil, fmt.Errorf("duplicate resource URN %s", made.URN)
	}
	r.byURN[made.URN] = made
	if r.world.Preview {
		return "", args.Inputs, nil
	}
	return id, outputs, nil
}

// options are those of a registration that Resource has no field for.
func options(rpc *pulumirpc.RegisterResourceRequest) map[string]any {
	set := map[string]any{}
	for name, value := range map[string]any{
		"deleteBeforeReplace": rpc.GetDeleteBeforeReplace(), "deletedWith": rpc.GetDeletedWith(), "importId": rpc.GetImportId(),
		"version": rpc.GetVersion(), "replaceOnChanges": rpc.GetReplaceOnChanges(), "hideDiffs": rpc.GetHideDiffs(),
		"additionalSecretOutputs": rpc.GetAdditionalSecretOutputs(), "customTimeouts": strings.Join(strings.Fields(rpc.GetCustomTimeouts().String()), " "),
	} {
		if !reflect.ValueOf(value).IsZero() && value != "<nil>" {
			set[name] = value
		}
	}
	return set
}

// Call implements pulumi.MockResourceMonitor.
func (r *Recording) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mutex.Lock()
	r.Invokes = append(r.Invokes, Invoke{args.Token, providerName(args.Provider), args.Args})
	r.mutex.Unlock()
	if slices.Contains(r.world.Refused, args.Token) {
		return nil, fmt.Errorf("%s is refused", args.Token)
	}
	return r.world.answer(args.Token, args.Args)
}

// All are the resources, sorted by type and name. The caller may change the list.
func (r *Recording) All() []*Resource { return slices.Clone(r.sorted()) }

func (r *Recording) sort() []*Resource {
	return slices.SortedFunc(maps.Values(r.byURN), func(a, b *Resource) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name), strings.Compare(a.URN, b.URN))
	})
}

// Of are the resources of a type, sorted by name. A test that would look at
// none fails.
func (r *Recording) Of(t testing.TB, token string) []*Resource {
	t.Helper()
	all := r.sorted()
	first, found := slices.BinarySearchFunc(all, token, func(made *Resource, token string) int { return strings.Compare(made.Type, token) })
	if !found {
		t.Fatalf("there is no %s", token)
	}
	end := first
	for end < len(all) && all[end].Type == token {
		end++
	}
	return slices.Clone(all[first:end])
}

// One is the resource of a type and a name.
func (r *Recording) One(t testing.TB, token, name string) *Resource {
	t.Helper()
	for _, made := range r.Of(t, token) {
		if made.Name == name {
			return made
		}
	}
	t.Fatalf("there is no %s %s", token, name)
	return nil
}

// Has is whether there is any resource of a type.
func (r *Recording) Has(token string) bool {
	return slices.ContainsFunc(r.sorted(), func(made *Resource) bool { return made.Type == token })
}

// Parent is the resource that another is a child of; nil for the stack.
func (r *Recording) Parent(child *Resource) *Resource { return r.byURN[child.Parent] }

// Path is a resource below all its parents, a type and a name each.
func (r *Recording) Path(of *Resource) []string {
	var path []string
	for ; of != nil; of = r.Parent(of) {
		path = append(path, of.Type+" "+of.Name)
	}
	slices.Reverse(path)
	return path
}

// Input is the input at a path such as environment.image; null where there is
// none. A secret one is shown.
func (of *Resource) Input(path string) resource.PropertyValue {
	value := resource.NewProperty(of.Inputs)
	for _, step := range strings.Split(path, ".") {
		if value.IsArray() && len(value.ArrayValue()) == 1 { // blocks of at most one
			value = value.ArrayValue()[0]
		}
		if !value.IsObject() {
			return resource.NewNullProperty()
		}
		value = value.ObjectValue()[resource.PropertyKey(step)]
		if value.IsSecret() {
			value = value.SecretValue().Element
		}
	}
	return value
}

// Text is the input at a path, a string; empty where there is none.
func (of *Resource) Text(path string) string {
	if value := of.Input(path); value.IsString() {
		return value.StringValue()
	}
	return ""
}

// Output is what the mock made, a string; empty where there is none.
func (of *Resource) Output(name string) string {
	if value := of.Outputs[resource.PropertyKey(name)]; value.IsString() {
		return value.StringValue()
	}
	return ""
}

func (of *Resource) String() string { return of.Type + " " + of.Name }

// urn is the one that the SDK's mocks give out.
func (w World) urn(parent, token, name string) string {
	types := ""
	if p := resource.URN(parent); p != "" && p.QualifiedType() != resource.RootStackType {
		types = string(p.QualifiedType()) + resource.URNTypeDelimiter
	}
	return fmt.Sprintf("urn:pulumi:%s::%s::%s%s::%s", w.Stack, w.Project, types, token, name)
}

// providerName is the name in a provider reference, urn::id.
func providerName(reference string) string {
	parts := strings.Split(reference, resource.URNNameDelimiter)
	if len(parts) < 2 {
		return ""
	}
	return parts[len(parts)-2]
}

// log keeps the warnings and the notes.
type log struct {
	pulumi.Log
	r *Recording
}

func (l log) Warn(message string, args *pulumi.LogArgs) error {
	l.r.mutex.Lock()
	defer l.r.mutex.Unlock()
	l.r.Warnings = append(l.r.Warnings, message)
	return l.Log.Warn(message, args)
}

func (l log) Info(message string, args *pulumi.LogArgs) error {
	l.r.mutex.Lock()
	defer l.r.mutex.Unlock()
	l.r.Notes = append(l.r.Notes, message)
	return l.Log.Info(message, args)
}
