// Package operations keeps the list of the write operations of AWS that the catalogue's tests go through.
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

// TestOperations_Current compares the list with the models of botocore and the actions of iam-data, as the toolchain pins them.
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
	actions := filepath.Join(evaluator.Modules, "@cloud-copilot", "iam-data", "data", "actions")
	cmd := exec.CommandContext(t.Context(), kit.Python, append([]string{"operations.py", actions}, services...)...)
	cmd.Stderr = os.Stderr
	want, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "pkg", "catalogue", "testdata", "operations.json")
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
		t.Error("the list differs from AWS's models; run go -C sandbox test ./evaluators/operations -update, and look at what is new")
	}
}
