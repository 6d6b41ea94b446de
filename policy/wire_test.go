package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"

	sdk "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"prodgate/pkg/gate/gatetest"
)

// startPack starts the pack as the engine does: a program that prints its port, and
// then gets the stack by a call.
func startPack(t *testing.T) pulumirpc.AnalyzerClient {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), runAsPack+"=1")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the pack says no port: %v", err)
	}
	connection, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	pack := pulumirpc.NewAnalyzerClient(connection)
	if _, err := pack.Handshake(t.Context(), &pulumirpc.AnalyzerHandshakeRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := pack.ConfigureStack(t.Context(), &pulumirpc.AnalyzerStackConfigureRequest{
		Project: "prodgate", Stack: "test", Config: config, DryRun: true,
	}); err != nil {
		t.Fatal(err)
	}
	return pack
}

// analyze returns what the pack reports about a resource with other inputs.
func analyze(t *testing.T, pack pulumirpc.AnalyzerClient, r *gatetest.Resource, inputs sdk.PropertyMap) []*pulumirpc.AnalyzeDiagnostic {
	t.Helper()
	answer, err := pack.Analyze(t.Context(), &pulumirpc.AnalyzeRequest{
		Type: r.Type, Name: r.Name, Urn: r.URN, Properties: marshal(t, inputs),
	})
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	return answer.Diagnostics
}

func marshal(t *testing.T, inputs sdk.PropertyMap) *structpb.Struct {
	t.Helper()
	wire, err := plugin.MarshalProperties(inputs, plugin.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return wire
}

func TestProtocol_EnforcementLevel(t *testing.T) {
	t.Parallel()
	info, err := startPack(t).GetAnalyzerInfo(t.Context(), &emptypb.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, p := range policies {
		want += len(p.sdkPolicies(testStack)) // of a resource, of the stack
	}
	if info.Name != "prodgate" || len(info.Policies) != want {
		t.Errorf("the pack %s has %d policies, want %d", info.Name, len(info.Policies), want)
	}
	names := map[string]bool{}
	for _, p := range info.Policies {
		if p.EnforcementLevel != pulumirpc.EnforcementLevel_MANDATORY {
			t.Errorf("%s is %s", p.Name, p.EnforcementLevel)
		}
		if names[p.Name] || p.Description == "" {
			t.Errorf("%q is there twice, or says nothing", p.Name)
		}
		names[p.Name] = true
	}
}

func TestProtocol_GateHasNoViolation(t *testing.T) {
	t.Parallel()
	pack, r := startPack(t), recordGate(t)
	var whole []*pulumirpc.AnalyzerResource
	for _, made := range r.All() {
		for _, d := range analyze(t, pack, made, made.Inputs) {
			t.Errorf("%s: %s", made, d.Message)
		}
		whole = append(whole, &pulumirpc.AnalyzerResource{
			Type: made.Type, Name: made.Name, Urn: made.URN, Properties: marshal(t, made.Inputs),
		})
	}
	answer, err := pack.AnalyzeStack(t.Context(), &pulumirpc.AnalyzeStackRequest{Resources: whole})
	if err != nil || len(answer.Diagnostics) > 0 || len(whole) == 0 {
		t.Errorf("%d resources: %v %v", len(whole), answer, err)
	}
	answer, err = pack.AnalyzeStack(t.Context(), &pulumirpc.AnalyzeStackRequest{})
	if err != nil || len(answer.Diagnostics) != 1 || !strings.HasSuffix(answer.Diagnostics[0].Message, "of that pattern") {
		t.Errorf("an empty stack: %v %v", answer, err)
	}
}

func TestProtocol_UnknownValues(t *testing.T) {
	t.Parallel()
	pack := startPack(t)
	for _, made := range recordGate(t).All() {
		inputs := sdk.PropertyMap{}
		for key := range made.Inputs {
			inputs[key] = sdk.MakeComputed(sdk.NewProperty(""))
		}
		for _, d := range analyze(t, pack, made, inputs) {
			t.Errorf("%s: %s", made, d.Message)
		}
		for key := range inputs { // as the engine has them with their dependencies
			inputs[key] = sdk.NewProperty(sdk.Output{Element: sdk.NewProperty(""), Dependencies: []sdk.URN{sdk.URN(made.URN)}})
		}
		for _, d := range analyze(t, pack, made, inputs) {
			t.Errorf("%s: %s", made, d.Message)
		}
	}
}

func TestProtocol_Violation(t *testing.T) {
	t.Parallel()
	pack, repository := startPack(t), recordGate(t).One(t, "aws:ecr/repository:Repository", "gate-api")
	inputs := repository.Inputs.Copy()
	inputs["imageTagMutability"] = sdk.NewProperty("MUTABLE")
	all := analyze(t, pack, repository, inputs)
	if len(all) != 1 {
		t.Fatalf("%d violations: %v", len(all), all)
	}
	d := all[0]
	want := immutableRegistry.description + "\n" + `imageTagMutability is "MUTABLE"; set it to "IMMUTABLE"`
	if d.Message != want || d.PolicyName != immutableRegistry.name || d.Urn != repository.URN ||
		d.EnforcementLevel != pulumirpc.EnforcementLevel_MANDATORY {
		t.Errorf("got %v, want %s", d, want)
	}
}
