package source

import (
	"fmt"

	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/codeowners"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// File is a file of the repository that the gate writes.
type File struct{ role, Name, Text string }

// Signature begins a file that the gate has written, and names the stack that owns it: two
// stacks may not own one.
const Signature = "# Made by the stack "

func signed(c component.Context, text string) string {
	return fmt.Sprintf("%s%s of the Pulumi project %s, change it there.\n%s", Signature, c.Ctx.Stack(), c.Ctx.Project(), text)
}

// Files are the files that the gate writes.
func Files(c component.Context) []File {
	files := []File{{"workflow", onlymain.File, signed(c, onlymain.Workflow)}}
	if c.Settings.Source.CodeOwnersFile == settings.Create {
		files = append(files, File{"codeowners", codeowners.File, signed(c, codeowners.Line(c.Settings.Source.CodeOwners)+"\n")})
	}
	return files
}

// writeFiles puts the gate's files on main, so that a merge of main keeps them, and
// on prod, whose CODEOWNERS is the one that counts. Author and committer are left
// out: only so GitHub signs what an app commits.
func writeFiles(c component.Context, parent pulumi.Resource, repository string) ([]pulumi.Resource, error) {
	var files []pulumi.Resource
	for _, file := range Files(c) {
		for _, branch := range []string{onlymain.Head, onlymain.Base} {
			opts := []pulumi.ResourceOption{pulumi.Parent(parent), c.ProtectOption()}
			if branch == onlymain.Base {
				// Once prod is protected nobody can write to it, nor should: a change gets
				// there as every other does, by a reviewed merge of main.
				opts = append(opts, pulumi.IgnoreChanges([]string{"content"}))
			}
			made, err := github.NewRepositoryFile(c.Ctx, c.ChildName(repository+"-"+branch+"-"+file.role), &github.RepositoryFileArgs{
				Repository:    pulumi.String(repository),
				Branch:        pulumi.String(branch),
				File:          pulumi.String(file.Name),
				Content:       pulumi.String(file.Text),
				CommitMessage: pulumi.String("prodgate: " + file.Name),
			}, opts...)
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", file.Name, branch, err)
			}
			files = append(files, made)
		}
	}
	return files, nil
}
