package proofs

import (
	"strings"
	"testing"
)

// balanced lets CodeDeploy deploy the app of dev.
var balanced = replace("      deployTimeout: 15\n", `      deployment:
        kind: blue-green
        listenerArn: `+listenerARN+`
        targetGroups: [blue, green]
        containerPort: 4567
`)

const listenerARN = "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/0123456789abcdef"

// TestPreflight_RefuseWhatDoesNotExist misspells each setting that names something of the
// account or of the repository: one error for each, all of a preview at once, and nothing
// is made. The account and the repository have what the right settings name.
func TestPreflight_RefuseWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev", quiet, balanced)
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
			`prodgate:apps[0].cluster: "crudur": the account has no such cluster in this region; there are the clusters cruddur: `,
			`prodgate:apps[0].executionRoleArn: "arn:aws:iam::111111111111:role/crudur-execution": IAM has no such role; `,
			`prodgate:apps[0].dockerfile: "Dockerfile.prd": the branch prod of cruddur-dev has no file backend-flask/Dockerfile.prd; there are the files Dockerfile.prod: `,
			`prodgate:apps[0].dockerfile: "Dockerfile.prd": the branch main of cruddur-dev has no file backend-flask/Dockerfile.prd; there are the files Dockerfile.prod: `,
			`: the load balancer web has no such listener; there are the listeners ` + listenerARN + ` (port 8000): `,
			`prodgate:apps[0].deployment.targetGroups[1]: "gren": the account has no such target group in this region; there are the target groups green, blue: `,
		}},
		{[]edit{replace("service: backend-flask", "service: backend-flusk")}, []string{
			`prodgate:apps[0].service: "backend-flusk": the cluster cruddur has no such service; there are the services backend-flask: `,
		}},
		{[]edit{replace("container: backend-flask", "container: backend"), replace("containerPort: 4567", "containerPort: 80")}, []string{
			`prodgate:apps[0].container: "backend": the task definition backend-flask:1 of the service backend-flask has no such container; there are the containers backend-flask: `,
		}},
		{[]edit{replace("kind: blue-green", "kind: rolling"), func(text string) string {
			return strings.NewReplacer("        listenerArn: "+listenerARN+"\n", "", "        targetGroups: [blue, green]\n", "", "        containerPort: 4567\n", "").Replace(text)
		}}, []string{
			`prodgate:apps[0].deployment.kind: "rolling": the service backend-flask has the deployment controller CODE_DEPLOY and needs ECS; set it to blue-green, or `,
		}},
	} {
		w.must(w.Configure(configOf(t, "dev", append([]edit{quiet, balanced}, c.edits...)...).Text))
		out := w.fails("preview", "--policy-pack", kit.Policy)
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("the preview does not say %s\n%s", want, out)
			}
		}
		// The tree of resources shows the first line of the error once more.
		_, diagnostics, _ := strings.Cut(out, "Diagnostics:")
		if n := strings.Count(diagnostics, "prodgate:apps[0]."); n != len(c.want) {
			t.Errorf("%d problems, want %d:\n%s", n, len(c.want), out)
		}
		if out := w.fails("up", "--yes", "--skip-preview", "--policy-pack", kit.Policy); !strings.Contains(out, c.want[0]) {
			t.Errorf("the update does not say %s\n%s", c.want[0], out)
		}
		w.empty("after a refusal")
	}
	w.must(w.Configure(configOf(t, "dev", quiet, balanced).Text))
	for resource, op := range w.planned() {
		if op != "create" {
			t.Errorf("the preview wants to %s %s", op, resource)
		}
	}
}
