package codebuild

import (
	"encoding/base64"
	"strings"
	"testing"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/settings"
)

// TestCommits runs the real buildspec before a deployment on commits of a CodeCommit repository:
// prod must contain only commits of main.
func TestCommits(t *testing.T) {
	t.Parallel()
	need(t, "aws", "pipx install awscli")
	need(t, "jq", "apt-get install jq")
	endpoint := emulator(t)
	for name, test := range map[string]struct {
		// does changes the repository, in which prod and main are one commit, and says
		// which commit of prod is delivered.
		does func(*repository) string
		says string // empty: it passes
	}{
		"the first commit": {func(r *repository) string { return r.tip("prod") }, ""},
		"a fast-forward to main": {func(r *repository) string {
			r.commit("main", "b")
			r.merge("fast-forward")
			return r.tip("prod")
		}, ""},
		"a merge commit": {func(r *repository) string {
			r.commit("main", "b")
			r.merge("three-way")
			return r.tip("prod")
		}, ""},
		"a merge commit, with main ahead since": {func(r *repository) string {
			r.commit("main", "b")
			r.merge("three-way")
			r.commit("main", "c")
			return r.tip("prod")
		}, ""},
		"the second merge commit": {func(r *repository) string {
			r.commit("main", "b")
			r.merge("three-way")
			r.commit("main", "c")
			r.merge("three-way")
			return r.tip("prod")
		}, ""},
		"a commit that main never had": {func(r *repository) string {
			r.commit("prod", "b")
			return r.tip("prod")
		}, "is not what main was"},
		"a squash": {func(r *repository) string {
			r.commit("main", "b")
			r.merge("squash")
			return r.tip("prod")
		}, "is not what main was"},
		"a merge of main onto what main never had": {func(r *repository) string {
			r.commit("prod", "hotfix")
			r.commit("main", "b")
			r.merge("three-way")
			return r.tip("prod")
		}, "is not what main was"},
		"a merge of another branch": {func(r *repository) string {
			r.aws(r.T, "codecommit", "create-branch", "--repository-name", r.name, "--branch-name", "other", "--commit-id", r.tip("main"))
			r.commit("other", "b")
			r.aws(r.T, "codecommit", "merge-branches-by-three-way", "--repository-name", r.name,
				"--source-commit-specifier", "other", "--destination-commit-specifier", "prod", "--target-branch", "prod")
			return r.tip("prod")
		}, "is not what main was"},
		"a commit that is not there": {func(*repository) string { return strings.Repeat("0", 40) }, "CommitDoesNotExistException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t, endpoint)
			b := r.ready.with(Variable{Name: buildspec.CommitID, Value: test.does(r)})
			if test.says == "" {
				ends(t, b, prepares)
				return
			}
			said(t, ends(t, b, "PRE_BUILD!"), test.says)
		})
	}
	t.Run("no commit at all", func(t *testing.T) {
		t.Parallel()
		r := newRepository(t, endpoint)
		said(t, ends(t, r.ready, "PRE_BUILD!"), "COMMIT_ID: is not set by the action")
		said(t, ends(t, r.ready.with(Variable{Name: buildspec.CommitID, Value: "prod"}), "PRE_BUILD!"), "not a commit: prod\n")
	})
}

// repository is a CodeCommit repository, with the build that prepares the deployment of an image.
type repository struct {
	*testing.T
	*app
	name  string
	ready Build
}

func newRepository(t *testing.T, endpoint string) *repository {
	t.Helper()
	r := &repository{T: t, app: newApp(t, endpoint)}
	r.name = strings.ReplaceAll(r.app.repository, "/", "-")
	built := r.run(t, succeeds)
	r.ready = Build{
		Project: Project{
			Name: "prodgate-prepare", Arn: "arn:aws:codebuild:eu-west-2:123456789012:project/prodgate-prepare", Source: Source{Buildspec: buildspec.Text("prepare")},
			Environment: Environment{Image: "aws/codebuild/standard:7.0", Variables: []Variable{
				{Name: buildspec.App, Value: "backend"},
				{Name: buildspec.RepositoryURI, Value: registry + "/" + r.app.repository},
				{Name: buildspec.ImageDigest, Value: built.Exported[buildspec.ImageDigest]},
				{Name: buildspec.ContainerName, Value: "backend"},
				{Name: buildspec.Deployment, Value: settings.Rolling},
				{Name: buildspec.SourceRepository, Value: r.name},
			}},
		},
		Source: artifact(t, map[string]string{buildspec.ImageDefinitions: string(built.Artifacts[buildspec.ImageDefinitions])}),
		Commit: commit, Initiator: "codepipeline/app-prodgate", Env: r.Env,
	}
	r.aws(t, "codecommit", "create-repository", "--repository-name", r.name)
	r.commit("main", "a")
	r.aws(t, "codecommit", "create-branch", "--repository-name", r.name, "--branch-name", "prod", "--commit-id", r.tip("main"))
	return r
}

func (r *repository) tip(branch string) string {
	r.T.Helper()
	return r.aws(r.T, "codecommit", "get-branch", "--repository-name", r.name, "--branch-name", branch, "--query", "branch.commitId")
}

// commit puts a file on a branch, named after its content.
func (r *repository) commit(branch, file string) {
	r.T.Helper()
	args := []string{
		"codecommit", "create-commit", "--repository-name", r.name, "--branch-name", branch,
		"--put-files", "filePath=" + file + ".txt,fileContent=" + base64.StdEncoding.EncodeToString([]byte(file)),
	}
	if file != "a" {
		args = append(args, "--parent-commit-id", r.tip(branch))
	}
	r.aws(r.T, args...)
}

// merge merges main to prod.
func (r *repository) merge(how string) {
	r.T.Helper()
	r.aws(r.T, "codecommit", "merge-branches-by-"+how, "--repository-name", r.name,
		"--source-commit-specifier", "main", "--destination-commit-specifier", "prod", "--target-branch", "prod")
}
