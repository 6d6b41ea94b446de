package proofs

import (
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// secondApp adds a second app, in its own repository.
var secondApp = replace("  prodgate:build:\n", `    - name: frontend-react-js
      folder: frontend
      cluster: cruddur
      service: frontend
      executionRoleArn: arn:aws:iam::ACCOUNT:role/cruddur-execution
  prodgate:build:
`)

// TestStack_LifeCycle creates each stack, makes every kind of change, and destroys it.
func TestStack_LifeCycle(t *testing.T) {
	t.Parallel()
	for name, account := range map[string]string{"dev": "111111111111", "prod": "222222222222"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldUp(t, name)

			// The first preview created nothing (snapshot.take), and equals the update.
			same(t, "the first update", w.snapshot.changes, map[string]int{"create": len(w.snapshot.preview)})
			w.full(map[string][]string{"dev": {"secrets"}}[name]...)
			w.deployed("backend-flask")
			same(t, "a second preview", w.planned(), map[string]string{})

			// A path filter and a second app change only their own resources.
			more := func(s string) string { return strings.ReplaceAll(secondApp(s), "ACCOUNT", account) }
			w.configure(more, replace("folder: backend-flask\n", "folder: backend-flask\n      paths: [backend-flask/**, shared/**]\n"))
			planned := w.planned()
			for resource, op := range planned {
				if strings.Contains(resource, "frontend-react-js") && op != "create" {
					t.Errorf("a new app wants to %s %s", op, resource)
				}
			}
			maps.DeleteFunc(planned, func(resource, _ string) bool { return strings.Contains(resource, "frontend-react-js") })
			beside := map[string]string{
				"aws:codepipeline/pipeline:Pipeline gate-backend-flask":                 "update",
				"aws:ssm/parameter:Parameter gate-backend-flask":                        "update",
				"aws:ssm/parameter:Parameter gate-known-state":                          "update",
				"aws:ssm/parameter:Parameter gate-known-state-access":                   "update",
				"aws:cfg/rule:Rule gate-codebuild-project-environment-privileged-check": "update",
				"aws:cfg/rule:Rule gate-codebuild-project-logging-enabled":              "update",
				"aws:cfg/rule:Rule gate-cw-loggroup-retention-period-check":             "update",
			}
			if name == "prod" { // which contains: the machines name every app
				beside["aws:sfn/stateMachine:StateMachine gate-containment"] = "update"
				beside["aws:sfn/stateMachine:StateMachine gate-release"] = "update"
			}
			same(t, "beside the new app, the update", planned, beside)
			w.up()
			w.deployed("backend-flask", "frontend-react-js")
			same(t, "a preview after the update", w.planned(), map[string]string{})

			// Manual changes are detected and reverted.
			w.tamperWithStack()
			same(t, "the repair", w.planned(), map[string]string{
				"aws:codepipeline/pipeline:Pipeline gate-backend-flask":                                          "update",
				"aws:codebuild/project:Project gate-backend-flask-build":                                         "update",
				"aws:ecr/repositoryPolicy:RepositoryPolicy gate-backend-flask":                                   "create",
				"aws:iam/policy:Policy gate-boundary-pipeline":                                                   "update",
				"aws:iam/role:Role gate-backend-flask-build":                                                     "update",
				"aws:iam/role:Role gate-backend-flask-pipeline":                                                  "update",
				"aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive gate-backend-flask-build": "update",
				"aws:iam/rolePoliciesExclusive:RolePoliciesExclusive gate-backend-flask-build":                   "update",
			})
			w.up()
			w.deployed("backend-flask", "frontend-react-js")
			same(t, "a preview after the repair", w.planned(), map[string]string{})
			w.run("refresh", "--yes")
			same(t, "a refresh after the repair", w.lastChanges(), map[string]int{})

			// A removed app is deleted with all of its resources. With protection on, nothing that
			// holds history is deleted.
			if name == "prod" {
				if out := w.fails("destroy", "--yes"); !strings.Contains(out, "protected") {
					t.Errorf("destroy fails for another reason than protection:\n%s", out)
				}
				w.deployed("backend-flask", "frontend-react-js")
				w.configure(more, replace("prodgate:protect: true", "prodgate:protect: false"))
				w.up()
			}
			w.run("destroy", "--yes")
			w.empty("after destroy")
		})
	}
}

// tamperWithStack changes parts of a gate, as somebody with a console would.
func (w *world) tamperWithStack() {
	w.Helper()
	ctx := w.Context()
	got, err := w.aws.codepipeline.GetPipeline(ctx, &codepipeline.GetPipelineInput{Name: ptr("backend-flask-prodgate")})
	w.must(err)
	// Not the trigger: the provider (terraform-provider-aws 5.100) reads it back
	// into triggerAlls only, so that neither refresh nor up sees a change of it.
	got.Pipeline.Stages[0].Actions[0].Configuration["BranchName"] = "anything"
	_, err = w.aws.codepipeline.UpdatePipeline(ctx, &codepipeline.UpdatePipelineInput{Pipeline: got.Pipeline})
	w.must(err)
	_, err = w.aws.codebuild.UpdateProject(ctx, &codebuild.UpdateProjectInput{
		Name: ptr("prodgate-backend-flask-build"),
		Source: &cbtypes.ProjectSource{
			Type: cbtypes.SourceTypeCodepipeline, Buildspec: ptr("buildspec-of-the-app.yml"),
		},
	})
	w.must(err)
	w.widenRoles()
	_, err = w.aws.ecr.DeleteRepositoryPolicy(ctx, &ecr.DeleteRepositoryPolicyInput{RepositoryName: ptr("prodgate/backend-flask")})
	w.must(err)
}

// widenRoles adds permissions to roles in each way that IAM has: a managed policy, an inline policy,
// no boundary, a wider boundary, and another trust policy.
func (w *world) widenRoles() {
	w.Helper()
	const everything = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`
	ctx, build, pipeline := w.Context(), ptr("prodgate-backend-flask-build"), ptr("prodgate-backend-flask-pipeline")
	_, err := w.aws.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: build, PolicyArn: ptr("arn:aws:iam::aws:policy/AdministratorAccess")})
	w.must(err)
	_, err = w.aws.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: build, PolicyName: ptr("by-hand"), PolicyDocument: ptr(everything)})
	w.must(err)
	_, err = w.aws.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: build})
	w.must(err)
	_, err = w.aws.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{
		PolicyArn:      ptr("arn:aws:iam::" + w.account() + ":policy/prodgate/boundary/prodgate-pipeline-boundary"),
		PolicyDocument: ptr(everything), SetAsDefault: true,
	})
	w.must(err)
	_, err = w.aws.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
		RoleName: pipeline,
		PolicyDocument: ptr(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
			"Principal": {"AWS": "arn:aws:iam::` + w.account() + `:root"}}]}`),
	})
	w.must(err)
}
