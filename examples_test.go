package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/settings"
)

// TestExamples_RunTheProgram runs the program on each example stack, in an account and
// with repositories that have what the stack adopts.
func TestExamples_RunTheProgram(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("examples/stacks/Pulumi.*.yaml")
	if err != nil || len(files) < 6 {
		t.Fatalf("found %v: %v", files, err)
	}
	index, err := os.ReadFile("examples/README.md")
	if err != nil {
		t.Fatal(err)
	}
	// declares is a resource by which an example shows what it is an example of.
	declares := map[string]string{
		"minimal":          "aws:codepipeline/pipeline:Pipeline",
		"several-apps":     "aws:secretsmanager/secret:Secret",
		"codecommit":       "aws:codecommit/repository:Repository",
		"blue-green":       "aws:codedeploy/deploymentGroup:DeploymentGroup",
		"adopt-everything": "aws:sfn/stateMachine:StateMachine",
		"organization":     "aws:organizations/policyAttachment:PolicyAttachment",
	}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "Pulumi."), ".yaml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(string(index), "(stacks/"+filepath.Base(file)+")") {
				t.Errorf("examples/README.md does not name %s", file)
			}
			w := stackOf(t, name, file)
			s, err := settings.Decode("prodgate", w.Config)
			if err != nil {
				t.Fatal(err)
			}
			if s.Source.Protection == settings.Adopt {
				w.GitHub = protectedElsewhere("repos/" + s.Source.Owner + "/" + s.Source.Repository)
				program := protectedElsewhere("p") // whose main is protected as prod is
				w.GitHub["repos/"+s.Source.Owner+"/"+s.Workflows.Repository+"/branches/main/protection"] = program["p/branches/prod/protection"]
			}
			w.SecretKeys = map[string]string{}
			for _, secret := range s.Apps[0].Secrets {
				w.SecretKeys[secret.Arn] = secret.KeyArn
			}
			if s.Workflows.OidcProvider == settings.Adopt {
				w.Answers = map[string]map[string]any{"aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": {
					"arn": "theirs", "clientIdLists": []any{"sts.amazonaws.com"}, "tags": map[string]any{},
				}}
			}
			r := w.MustRun(t, func(ctx *pulumi.Context) error { return program(ctx, gatetest.Having(s).For, gatetest.Function) })
			if declares[name] == "" {
				t.Fatal("nothing is known of this example")
			}
			found := false
			for _, made := range r.All() {
				found = found || made.Type == declares[name]
			}
			if !found {
				t.Errorf("declares no %s", declares[name])
			}
		})
	}
}
