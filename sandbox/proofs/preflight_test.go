package proofs

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// codeDeployed makes the app of dev a blue/green one.
var codeDeployed = replace("      deployTimeout: 15\n", `      deployment:
        kind: blue-green
        listenerArn: `+listenerARN+`
        targetGroups: [blue, green]
        containerPort: 4567
`)

const listenerARN = "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/0123456789abcdef"

// TestPreflight_RefuseWhatDoesNotExist misspells each setting that names a resource of the account
// or a file of the repository. Preview and update name all problems at once, one each, and create
// nothing. So does a role for deployers that the whole account may assume, which settings can accept. With the right names
// the same stack is previewed.
func TestPreflight_RefuseWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev", quiet, codeDeployed)
	for _, c := range []struct {
		edits []edit
		want  []string
	}{
		{[]edit{
			replace("cluster: cruddur", "cluster: crudur"),
			replace("role/cruddur-execution", "role/crudur-execution"),
			replace("dockerfile: Dockerfile.prod", "dockerfile: Dockerfile.prd"),
			replace(listenerARN, strings.TrimSuffix(listenerARN, "f")+"e"),
			replace("[blue, green]", "[blue, gren]"),
		}, []string{
			`prodgate:apps[0].cluster: "crudur": the account has no such cluster in this region; did you mean cruddur?`,
			`prodgate:apps[0].executionRoleArn: "arn:aws:iam::111111111111:role/crudur-execution": IAM has no such role; create the role, or correct the ARN`,
			`prodgate:apps[0].dockerfile: "Dockerfile.prd": the branch prod of cruddur-dev has no file backend-flask/Dockerfile.prd; did you mean Dockerfile.prod?`,
			`prodgate:apps[0].dockerfile: "Dockerfile.prd": the branch main of cruddur-dev has no file backend-flask/Dockerfile.prd; did you mean Dockerfile.prod?`,
			`: the load balancer web has no such listener; correct the ARN; there are the listeners ` + listenerARN + ` (port 8000)`,
			`prodgate:apps[0].deployment.targetGroups[1]: "gren": the account has no such target group in this region; did you mean green?`,
		}},
		{[]edit{replace("service: backend-flask", "service: backend-flusk")}, []string{
			`prodgate:apps[0].service: "backend-flusk": the cluster cruddur has no such service; did you mean backend-flask?`,
		}},
		{[]edit{replace("container: backend-flask", "container: backend"), replace("containerPort: 4567", "containerPort: 80")}, []string{
			`prodgate:apps[0].container: "backend": the task definition backend-flask:1 of the service backend-flask has no such container; correct the name; there are the containers backend-flask`,
		}},
		{[]edit{replace("kind: blue-green", "kind: rolling"), func(text string) string {
			return strings.NewReplacer("        listenerArn: "+listenerARN+"\n", "", "        targetGroups: [blue, green]\n", "", "        containerPort: 4567\n", "").Replace(text)
		}}, []string{
			`prodgate:apps[0].deployment.kind: "rolling": the service backend-flask has the deployment controller CODE_DEPLOY and needs ECS; set it to blue-green, or `,
		}},
	} {
		w.must(w.Configure(configOf(t, "dev", append([]edit{quiet, codeDeployed}, c.edits...)...).Text))
		out := w.fails("preview", "--policy-pack", kit.Policy)
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("the preview does not say %s\n%s", want, out)
			}
		}
		if n := strings.Count(diagnostics(out), "prodgate:apps[0]."); n != len(c.want) {
			t.Errorf("%d problems, want %d:\n%s", n, len(c.want), out)
		}
		if out := w.fails("up", "--yes", "--skip-preview", "--policy-pack", kit.Policy); !strings.Contains(out, c.want[0]) {
			t.Errorf("the update does not say %s\n%s", c.want[0], out)
		}
		w.empty("after a refusal")
	}
	w.must(w.Configure(configOf(t, "dev", quiet, codeDeployed).Text))
	w.trustsAccount("deployer")
	const broad = `prodgate:access.deployerArns[0]: "arn:aws:iam::111111111111:role/deployer": the trust policy lets the whole account 111111111111 assume the role; `
	if out := w.fails("preview", "--policy-pack", kit.Policy); strings.Count(diagnostics(out), broad) != 1 {
		t.Errorf("the preview does not say %s\n%s", broad, out)
	}
	w.must(w.Configure(configOf(t, "dev", quiet, codeDeployed, replace("  prodgate:access:\n", "  prodgate:access:\n    allowAccountTrust: true\n")).Text))
	if out := w.run("preview", "--policy-pack", kit.Policy); !strings.Contains(out, broad+"prodgate:access.allowAccountTrust accepts that") {
		t.Errorf("the preview does not warn of %s\n%s", broad, out)
	}
	for resource, op := range w.planned() {
		if op != "create" {
			t.Errorf("the preview wants to %s %s", op, resource)
		}
	}
}

// trustsAccount lets the whole account assume a role.
func (w *world) trustsAccount(role string) {
	w.Helper()
	_, err := w.aws.iam.UpdateAssumeRolePolicy(w.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: ptr(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::` + w.account() + `:root"}}]}`,
	)})
	w.must(err)
}
