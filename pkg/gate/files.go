package gate

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/codeowners"
	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// owned is a file of the repository that the gate writes.
type owned struct{ role, name, text string }

// signature begins a file that the gate has written, and tells whose it is: two
// stacks may not own one.
const signature = "# Made by the stack "

func (b builder) signed(text string) string {
	return fmt.Sprintf("%s%s of the Pulumi project %s, change it there.\n%s", signature, b.ctx.Stack(), b.ctx.Project(), text)
}

// owns are the files that the gate writes.
func (b builder) owns() []owned {
	files := []owned{{"workflow", onlymain.File, b.signed(onlymain.Workflow)}}
	if b.settings.Source.CodeOwnersFile == settings.Create {
		files = append(files, owned{"codeowners", codeowners.File, b.signed(codeowners.Line(b.settings.Source.CodeOwners) + "\n")})
	}
	return files
}

// files looks at what is on both branches already.
func (i *inspection) files(repository string, protected bool) {
	if i.settings.Source.Protection == settings.Create {
		for _, file := range i.owns() {
			ours := i.place(repository, onlymain.Base, file, protected)
			i.place(repository, onlymain.Head, file, ours)
		}
	}
	for _, branch := range []string{onlymain.Head, onlymain.Base} {
		i.owners(repository, branch)
	}
}

// place is whether a file on a branch is the gate's. Nobody else's is overwritten,
// and nothing is written to prod once it is protected. On main a file may be changed
// by hand, its signature with it: it stays the gate's as long as prod's is, which
// only a reviewed merge can change. known says so of main, of prod that it is closed.
func (i *inspection) place(repository, branch string, file owned, known bool) (ours bool) {
	text, there, err := i.file(repository, branch, file.name)
	key := i.keyOf(repository)
	begins, _, _ := strings.Cut(text, "\n")
	signed, _, _ := strings.Cut(file.text, "\n")
	if ours = there && begins == signed; branch == onlymain.Head {
		if text != file.text {
			i.unsigned = append(i.unsigned, file.name)
		}
		ours = ours || known
	}
	at := fmt.Sprintf("%s of %s", file.name, branch)
	switch {
	case err != nil:
		i.add(key, repository, at+" cannot be read: "+err.Error(), "give the token (GITHUB_TOKEN) the right to read and write it")
	case !there && branch == onlymain.Base && known:
		i.add(key, repository, "prod is protected already and has no "+file.name+", which nobody can push to it any more",
			"merge the file to prod through main; or set source.protection to adopt, when the protection is not this stack's")
	case !there, ours:
	case strings.HasPrefix(begins, signature):
		i.add(key, repository, fmt.Sprintf("%s is another stack's, it begins with %q", at, begins),
			"set source.protection to adopt in one of the two stacks, or give each a repository")
	case file.name == codeowners.File:
		i.add("source.codeOwnersFile", string(settings.Create), at+" in "+repository+" is there and not the gate's",
			"set it to adopt, and add the line to the end of the file: "+codeowners.Line(i.settings.Source.CodeOwners))
	default:
		i.add(key, repository, at+" is there and not the gate's", "remove it, or give it another name")
	}
	return ours
}

// owners is whether the CODEOWNERS file that counts is, or will be, the right one.
func (i *inspection) owners(repository, branch string) {
	key, mode := "source.codeOwnersFile", string(i.settings.Source.CodeOwnersFile)
	line := codeowners.Line(i.settings.Source.CodeOwners)
	if i.settings.Source.Protection == settings.Adopt { // which names no owners
		key, mode = "source.protection", string(settings.Adopt)
		line = codeowners.Line([]string{"@" + i.hub.owner + "/…"})
	}
	create := i.settings.Source.Protection == settings.Create && i.settings.Source.CodeOwnersFile == settings.Create
	for _, name := range codeowners.Files {
		if create && name == codeowners.File {
			continue
		}
		at := fmt.Sprintf("%s of %s in %s", name, branch, repository)
		text, there, err := i.file(repository, branch, name)
		switch {
		case err != nil:
			i.add(key, mode, at+" cannot be read: "+err.Error(), "give the token (GITHUB_TOKEN) the right to read it")
			return
		case !there:
			continue
		case create:
			i.add(key, mode, at+" would not count beside "+codeowners.File+", of which GitHub takes the first",
				"move it there, set codeOwnersFile to adopt, and add the line to its end: "+line)
			return
		case name != codeowners.File:
			i.add(key, mode, at+" is not guarded by the rule for .github/", "move it to "+codeowners.File+", with this line at its end: "+line)
			return
		}
		if fault := codeowners.Fault(text, i.settings.Source.CodeOwners); fault != "" {
			i.add(key, mode, "in "+at+" "+fault, "add the line to its end: "+line)
		}
		return
	}
	if !create {
		i.add(key, mode, branch+" of "+repository+" has no CODEOWNERS", "add "+codeowners.File+" with the line: "+line)
	}
}

// writeFiles puts the gate's files on main, so that a merge of main keeps them, and
// on prod, whose CODEOWNERS is the one that counts. Author and committer are left
// out: only so GitHub signs what an app commits.
func (b builder) writeFiles(parent pulumi.Resource, repository string) ([]pulumi.Resource, error) {
	var files []pulumi.Resource
	for _, file := range b.owns() {
		for _, branch := range []string{onlymain.Head, onlymain.Base} {
			opts := []pulumi.ResourceOption{pulumi.Parent(parent), b.keeps()}
			if branch == onlymain.Base {
				// Once prod is protected nobody can write to it, nor should: a change gets
				// there as every other does, by a reviewed merge of main.
				opts = append(opts, pulumi.IgnoreChanges([]string{"content"}))
			}
			made, err := github.NewRepositoryFile(b.ctx, b.called(repository+"-"+branch+"-"+file.role), &github.RepositoryFileArgs{
				Repository:    pulumi.String(repository),
				Branch:        pulumi.String(branch),
				File:          pulumi.String(file.name),
				Content:       pulumi.String(file.text),
				CommitMessage: pulumi.String("prodgate: " + file.name),
			}, opts...)
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", file.name, branch, err)
			}
			files = append(files, made)
		}
	}
	return files, nil
}
