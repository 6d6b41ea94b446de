package contract_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/contract"
	"prodgate/pkg/gate/gatetest"
)

// exported is a stack of version 1, written out: these names are promised.
func exported() map[string]any {
	return map[string]any{
		"contractVersion": 1.0, // numbers are float64 in a stack's state
		"account":         "111111111111",
		"region":          "eu-west-2",
		"apps": map[string]any{
			"api": map[string]any{
				"pipeline":      "prodgate-api",
				"pipelineArn":   "arn:aws:codepipeline:eu-west-2:111111111111:prodgate-api",
				"project":       "prodgate-api-build",
				"repositoryArn": "arn:aws:ecr:eu-west-2:111111111111:repository/prodgate/api",
				"repositoryUri": "111111111111.dkr.ecr.eu-west-2.amazonaws.com/prodgate/api",
			},
		},
		"artifactBucket":      "prodgate-artifacts-111111111111-eu-west-2",
		"alertTopicArn":       "arn:aws:sns:eu-west-2:111111111111:prodgate-alerts",
		"connectionArn":       "arn:aws:codeconnections:eu-west-2:111111111111:connection/" + gatetest.UUID,
		"connectionStatus":    "AVAILABLE",
		"connectionHandshake": "",
		"guardDutyDetectorId": gatetest.DetectorID,
		"guardrails":          []any{`{"Version":"2012-10-17","Statement":[]}`},
		"resourceControls":    []any{`{"Version":"2012-10-17","Statement":[]}`},
		"previewRoleArn":      "arn:aws:iam::111111111111:role/prodgate/preview/prodgate-preview",
		"deployRoleArn":       "arn:aws:iam::111111111111:role/prodgate/deploy/prodgate-deploy",
		"containmentArn":      "arn:aws:states:eu-west-2:111111111111:stateMachine:prodgate-containment",
		"knownState":          "/prodgate/known-state",
		"releaseCommand":      "aws stepfunctions start-execution --region eu-west-2 --state-machine-arn arn:aws:states:eu-west-2:111111111111:stateMachine:prodgate-release",
	}
}

const stack = "organization/prodgate/dev"

// reader resolves the contract of the stack and exports what a test reads of it.
func reader(read func(ctx *pulumi.Context, o contract.Outputs)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		ref, err := pulumi.NewStackReference(ctx, stack, nil)
		if err != nil {
			return err
		}
		read(ctx, contract.Resolve(ref))
		return nil
	}
}

// everything reads all of it.
func everything(ctx *pulumi.Context, o contract.Outputs) {
	o.Export(ctx)
	app := o.App("api")
	for name, output := range map[string]pulumi.StringOutput{
		"pipeline": app.Pipeline, "pipelineArn": app.PipelineArn, "project": app.Project,
		"repositoryArn": app.RepositoryArn, "repositoryUri": app.RepositoryURI,
	} {
		ctx.Export("api."+name, output)
	}
}

func world(outputs map[string]any) gatetest.World {
	return gatetest.World{Project: "app-team", Stacks: map[string]map[string]any{stack: outputs}}
}

func TestContract_ExportAndResolve(t *testing.T) {
	t.Parallel()
	r := world(exported()).MustRun(t, reader(everything))
	got := map[string]any{}
	for name, output := range r.Outputs {
		if !output.Known || output.Secret {
			t.Errorf("%s: known is %t, secret is %t", name, output.Known, output.Secret)
		}
		got[name] = output.Value
	}
	want := exported()
	for field, value := range want["apps"].(map[string]any)["api"].(map[string]any) {
		want["api."+field] = value
	}
	if g, w := asJSON(t, got), asJSON(t, want); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestContract_OutputNames(t *testing.T) {
	t.Parallel()
	got := slices.Sorted(maps.Keys(contract.Outputs{}.Map()))
	want := slices.Sorted(maps.Keys(exported()))
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if fields := reflect.TypeFor[contract.Outputs]().NumField(); fields != len(want)-1 { // the version is no field
		t.Errorf("%d fields for %d outputs", fields, len(want))
	}
}

func TestContract_ResolveErrors(t *testing.T) {
	t.Parallel()
	account := func(ctx *pulumi.Context, o contract.Outputs) { ctx.Export("account", o.Account) }
	guardrails := func(ctx *pulumi.Context, o contract.Outputs) { ctx.Export("guardrails", o.Guardrails) }
	apps := func(ctx *pulumi.Context, o contract.Outputs) { ctx.Export("apps", o.Apps) }
	pipelineOf := func(app string) func(*pulumi.Context, contract.Outputs) {
		return func(ctx *pulumi.Context, o contract.Outputs) { ctx.Export("p", o.App(app).Pipeline) }
	}
	for name, c := range map[string]struct {
		change func(outputs map[string]any)
		read   func(*pulumi.Context, contract.Outputs)
		want   string
	}{
		"a stack of a later version": {
			func(o map[string]any) { o["contractVersion"] = 2.0 }, account,
			"has version 2 of the contract, this program reads version 1",
		},
		"a stack of something else": {
			func(o map[string]any) { clear(o); o["account"] = "111111111111" }, account,
			"has no output contractVersion; is it a stack of prodgate, and was pulumi up run?",
		},
		"a stack that was never brought up": {
			func(o map[string]any) { clear(o) }, account,
			"has no output contractVersion",
		},
		"a version that is no number": {
			func(o map[string]any) { o["contractVersion"] = "1" }, account,
			"has no output contractVersion",
		},
		"a version between two": {
			func(o map[string]any) { o["contractVersion"] = 1.5 }, account,
			"has version 1.5 of the contract",
		},
		"an output that came with a later release": {
			func(o map[string]any) { delete(o, "account") }, account,
			"the referenced stack has no output account; update it with a release that has the output",
		},
		"an output of another type": {
			func(o map[string]any) { o["account"] = 111111111111.0 }, account,
			"output account of the referenced stack is a float64, not a string",
		},
		"guardrails of a release before them": {
			func(o map[string]any) { delete(o, "guardrails") }, guardrails,
			"the referenced stack has no output guardrails; update it with a release that has the output",
		},
		"guardrails of another type": {
			func(o map[string]any) { o["guardrails"] = "{}" }, guardrails,
			"output guardrails of the referenced stack is a string, not a []interface {}",
		},
		"a guardrail of another type": {
			func(o map[string]any) { o["guardrails"] = []any{"{}", map[string]any{}} }, guardrails,
			"output guardrails[1] of the referenced stack is a map[string]interface {}, not a string",
		},
		"an app that the gate does not have": {
			func(map[string]any) {}, pipelineOf("web"),
			`the gate has no app "web" with a pipeline; it is added under prodgate:apps`,
		},
		"an app without a field": {
			func(o map[string]any) { delete(o["apps"].(map[string]any)["api"].(map[string]any), "pipeline") }, pipelineOf("api"),
			`the gate has no app "api" with a pipeline`,
		},
		"a gate without apps": {
			func(o map[string]any) { delete(o, "apps") }, pipelineOf("api"),
			"the referenced stack has no output apps",
		},
		"an app of another shape": {
			func(o map[string]any) { o["apps"] = map[string]any{"api": "prodgate-api"} }, apps,
			"app api: output api of the referenced stack is a string, not a map[string]interface {}",
		},
		"an app's field of another type": {
			func(o map[string]any) { o["apps"].(map[string]any)["api"].(map[string]any)["pipeline"] = true }, pipelineOf("api"),
			`the gate has no app "api" with a pipeline`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outputs := exported()
			c.change(outputs)
			_, err := world(outputs).Run(reader(c.read))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestContract_UnreadOutputs(t *testing.T) {
	t.Parallel()
	outputs := exported()
	delete(outputs, "guardDutyDetectorId")
	delete(outputs, "guardrails")
	outputs["addedLater"] = "is no harm"
	outputs["apps"].(map[string]any)["api"].(map[string]any)["addedLater"] = []any{"is no harm"}
	r := world(outputs).MustRun(t, reader(func(ctx *pulumi.Context, o contract.Outputs) {
		ctx.Export("account", o.Account)
		ctx.Export("pipeline", o.App("api").Pipeline)
	}))
	if r.Outputs["account"].Value != "111111111111" || r.Outputs["pipeline"].Value != "prodgate-api" {
		t.Errorf("got %v", r.Outputs)
	}
}

func TestContract_UnknownInPreview(t *testing.T) {
	t.Parallel()
	r := gatetest.World{Project: "app-team", Preview: true}.MustRun(t, reader(everything))
	checked := 0
	for name, output := range r.Outputs {
		if name == contract.ContractVersion {
			continue // this program's own
		}
		checked++
		if output.Known {
			t.Errorf("%s is known: %v", name, output.Value)
		}
	}
	if checked == 0 {
		t.Error("nothing was read")
	}
}
