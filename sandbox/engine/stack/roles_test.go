package stack

import (
	"slices"
	"testing"
)

func TestConfig_Roles(t *testing.T) {
	t.Parallel()
	config, err := ParseConfig([]byte(`
config:
  prodgate:account: "111111111111"
  prodgate:access:
    breakGlassArn: arn:aws:iam::111111111111:role/break-glass
    approverArns: [arn:aws:iam::111111111111:role/ops/approver]
    deployerArns: [arn:aws:iam::111111111111:role/deployer, arn:aws:iam::222222222222:role/foreign, mistaken]
  prodgate:apps:
    - executionRoleArn: arn:aws:iam::111111111111:role/execution
      taskRoleArn: arn:aws:iam::111111111111:role/task
    - executionRoleArn: arn:aws:iam::111111111111:role/execution
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"deployer", "break-glass", "ops/approver", "execution", "task"}
	for i := range want {
		want[i] = "arn:aws:iam::111111111111:role/" + want[i]
	}
	if !slices.Equal(config.Roles, want) {
		t.Errorf("got %v", config.Roles)
	}
}

// TestConfig_CodeCommitAlone: a stack without GitHub starts no emulator of GitHub.
func TestConfig_CodeCommitAlone(t *testing.T) {
	t.Parallel()
	config, err := ParseConfig([]byte(`
config:
  prodgate:account: "111111111111"
  prodgate:source: {provider: codecommit, repository: cruddur}
  prodgate:apps: [{name: web}]
`))
	if err != nil {
		t.Fatal(err)
	}
	if seed := config.GitHub; seed.Owner.Login != "" || len(seed.Repositories) > 0 {
		t.Errorf("GitHub has %v", seed)
	}
}
