// Package operations keeps the lists of AWS's write operations and of IAM's actions that the catalogue's tests go through.
package operations

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"prodgate/sandbox/toolchain"
)

var update = flag.Bool("update", false, "write the list anew")

// services are those of the gate: IAM's prefix, and the name of the model.
var services = strings.Fields(`
	codepipeline=codepipeline codebuild=codebuild ecr=ecr ecs=ecs s3=s3 kms=kms iam=iam events=events sns=sns sqs=sqs pipes=pipes
	cloudwatch=cloudwatch states=stepfunctions ssm=ssm cloudtrail=cloudtrail guardduty=guardduty config=config
	access-analyzer=accessanalyzer securityhub=securityhub logs=logs secretsmanager=secretsmanager signer=signer
	codedeploy=codedeploy elasticloadbalancing=elbv2 codeconnections=codeconnections codestar-connections=codestar-connections
	codecommit=codecommit lambda=lambda organizations=organizations account=account
`)

// prefixes are IAM's prefixes of the services. AWS STS has no part of the gate, and assumes its roles.
func prefixes() []string {
	all := []string{"sts"}
	for _, service := range services {
		prefix, _, _ := strings.Cut(service, "=")
		all = append(all, prefix)
	}
	return all
}

// TestOperations_Current compares the lists with the models of botocore and with iam-data, as the toolchain pins them.
func TestOperations_Current(t *testing.T) {
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	evaluator, err := toolchain.PrepareEvaluator(t.Context(), root, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	kit, err := toolchain.Prepare(t.Context(), root, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(evaluator.Modules, "@cloud-copilot", "iam-data", "data")
	for file, arguments := range map[string][]string{
		"operations.json": append([]string{"operations.py", filepath.Join(data, "actions")}, services...),
		"actions.json":    append([]string{"actions.py", data}, prefixes()...),
	} {
		cmd := exec.CommandContext(t.Context(), kit.Python, arguments...)
		cmd.Stderr = os.Stderr
		want, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(root, "pkg", "catalogue", "testdata", file)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s differs from AWS's data; run go -C sandbox test ./evaluators/operations -update, and judge what is new", file)
		}
	}
}
