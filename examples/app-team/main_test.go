package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate"
	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/settings"
)

const gateStack = "organization/prodgate/dev"

// gateOutputs are those of a real gate, as they come out of a stack's state.
func gateOutputs(t *testing.T) map[string]any {
	t.Helper()
	s, err := settings.Decode("prodgate", map[string]string{
		"aws:region": "eu-west-2", "prodgate:account": "111111111111",
		"prodgate:source": `{"owner": "example-org", "repository": "cruddur", "codeOwners": ["@mona"]}`,
		"prodgate:access": `{"deployerArns": ["arn:aws:iam::111111111111:role/deployer"], "breakGlassArn": "arn:aws:iam::111111111111:role/break-glass"}`,
		"prodgate:apps":   `[{"name": "backend-flask", "cluster": "cruddur", "executionRoleArn": "arn:aws:iam::111111111111:role/execution"}]`,
	})
	if err != nil {
		t.Fatal(err)
	}
	made := gatetest.World{}.MustRun(t, func(ctx *pulumi.Context) error {
		workload, err := aws.NewProvider(ctx, "workload", nil)
		if err != nil {
			return err
		}
		repository, err := github.NewProvider(ctx, "repository", nil)
		if err != nil {
			return err
		}
		g, err := gate.New(ctx, "gate", &gate.Args{Settings: s, Account: gatetest.Having(s).For(s), Function: gatetest.Function}, pulumi.Providers(workload, repository))
		if err != nil {
			return err
		}
		g.Outputs.Export(ctx)
		return nil
	})
	values := map[string]any{}
	for name, output := range made.Outputs {
		values[name] = output.Value
	}
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	outputs := map[string]any{}
	if err := json.Unmarshal(text, &outputs); err != nil {
		t.Fatal(err)
	}
	return outputs
}

func world(t *testing.T, config map[string]string) gatetest.World {
	return gatetest.World{
		Project: "app-team", Stack: "dev", Config: config,
		Stacks: map[string]map[string]any{gateStack: gateOutputs(t)},
	}
}

func TestAppTeam_ReadsTheAppFromTheGate(t *testing.T) {
	t.Parallel()
	r := world(t, map[string]string{"app-team:gateStack": gateStack, "app-team:app": "backend-flask"}).MustRun(t, program)

	policy := r.One(t, "aws:iam/policy:Policy", "pull")
	var document struct {
		Statement []struct {
			Sid, Effect      string
			Action, Resource []string
		}
	}
	if err := json.Unmarshal([]byte(policy.Text("policy")), &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Statement) != 2 {
		t.Fatalf("got %+v", document)
	}
	repository := []string{"arn:aws:ecr:eu-west-2:111111111111:repository/prodgate/backend-flask"}
	if pull := document.Statement[1]; pull.Sid != "PullImages" || !slices.Equal(pull.Resource, repository) {
		t.Errorf("pulls from %v", pull.Resource)
	}
	parameter := r.One(t, "aws:ssm/parameter:Parameter", "pipeline")
	if parameter.Text("value") != "backend-flask-prodgate" {
		t.Errorf("the pipeline is %q", parameter.Text("value"))
	}
	provider := r.One(t, "pulumi:providers:aws", "workload")
	if provider.Text("region") != "eu-west-2" {
		t.Errorf("stands in %q", provider.Text("region"))
	}
	for _, made := range []*gatetest.Resource{policy, parameter} {
		if made.Provider != "workload" {
			t.Errorf("%s has the provider %q", made, made.Provider)
		}
	}
	for name, want := range map[string]string{
		"pullPolicyArn":     "arn:aws:iam::111111111111:policy/backend-flask-pull",
		"pipelineParameter": "/apps/backend-flask/pipeline",
	} {
		if got := r.Outputs[name].Value; got != want {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
}

func TestAppTeam_ErrorNamesTheCause(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config map[string]string
		want   []string
	}{
		"nothing is set": {nil, []string{
			`app-team:gateStack: "" is not organization/project/stack`,
			`app-team:app: "" is not the name of an app`,
		}},
		"a stack without its project": {
			map[string]string{"app-team:gateStack": "dev", "app-team:app": "backend-flask"},
			[]string{`app-team:gateStack: "dev" is not organization/project/stack`},
		},
		"a stack that is not there": {
			map[string]string{"app-team:gateStack": "organization/prodgate/prod", "app-team:app": "backend-flask"},
			[]string{`unknown stack "organization/prodgate/prod"`},
		},
		"an app that the gate does not deliver": {
			map[string]string{"app-team:gateStack": gateStack, "app-team:app": "frontend"},
			[]string{`the gate has no app "frontend"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := world(t, c.config).Run(program)
			if err == nil {
				t.Fatal("was brought up")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			}
		})
	}
}
