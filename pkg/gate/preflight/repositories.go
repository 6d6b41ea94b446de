package preflight

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/codeowners"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/source"
	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// repositoryPreflight reads every repository before anything is made, and collects all
// problems of all repositories.
type repositoryPreflight struct {
	component.Context
	githubClient
	// mergers are who may merge, as the provider writes them.
	mergers []string
	// unsigned are files that are about to be written to main.
	unsigned []string
	problems []error
}

// add is a problem of a setting, in the words of a wrong setting.
func (i *repositoryPreflight) add(key, value, what, remedy string) {
	problem := component.SettingError(key, value, "%s; %s", what, remedy)
	if !slices.ContainsFunc(i.problems, func(p error) bool { return p.Error() == problem.Error() }) { // of several repositories
		i.problems = append(i.problems, problem)
	}
}

// inspectRepositories compares the repositories of GitHub, or of CodeCommit, with what the gate needs.
func inspectRepositories(c component.Context, parent pulumi.Resource) (*repositoryPreflight, error) {
	i := &repositoryPreflight{Context: c, githubClient: githubClient{c.Ctx, parent, c.Settings.Source.Owner}}
	if c.Settings.UsesCodeCommit() {
		return i, findSources(c, parent)
	}
	for n, name := range c.Settings.Repositories() {
		i.repository(name, n == 0)
	}
	if len(i.problems) > 0 {
		return nil, errors.Join(i.problems...)
	}
	return i, i.warn()
}

// warn says what stays open, which is for the user to decide.
func (i *repositoryPreflight) warn() error {
	if i.Settings.Source.Protection == settings.Off {
		return i.Ctx.Log.Warn(fmt.Sprintf("prodgate:source.protection: %q: nothing at GitHub keeps anybody who may write to %s "+
			"from pushing to prod, unreviewed and from any branch, and so to production; set it to create when the plan of %s "+
			"can protect branches", settings.Off, strings.Join(i.Settings.Repositories(), ", "), i.owner), nil)
	}
	// An app's token may not ask who it is.
	if len(i.unsigned) > 0 && i.get("user").found() {
		return i.Ctx.Log.Warn(fmt.Sprintf("prodgate:source.owner: %q: the token is a person's, and GitHub signs only what "+
			"an app commits: prod will not take main with the unsigned commits of %s; use the token of a GitHub App, or sign "+
			"these commits on main before it is merged", i.owner, strings.Join(slices.Compact(slices.Sorted(slices.Values(i.unsigned))), ", ")), nil)
	}
	return nil
}

// keyOf is the setting that names a repository.
func (i *repositoryPreflight) keyOf(repository string) string {
	for n, app := range i.Settings.Apps {
		if app.Repository == repository && repository != i.Settings.Source.Repository {
			return fmt.Sprintf("apps[%d].repository", n)
		}
	}
	return "source.repository"
}

// described is what GitHub says of a repository.
type described struct {
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
	Archived      bool
	Owner         struct{ Type string }
}

func (i *repositoryPreflight) repository(name string, first bool) {
	key, full := i.keyOf(name), i.owner+"/"+name
	a := i.getRepository(name, "")
	var r described
	switch {
	case a.refused != nil:
		i.add(key, name, "GitHub does not show "+full+": "+a.refused.Error(), "give the token (GITHUB_TOKEN) access to it")
		return
	case a.code == 404 || a.into(&r) != nil:
		i.add(key, name, "the token sees no repository "+full, "correct the name, or give the token access to it")
		return
	case !strings.EqualFold(r.FullName, full):
		i.add(key, name, full+" is called "+r.FullName+" now", "write its new name")
		return
	}
	if r.Archived {
		i.add(key, name, "is archived and cannot be changed", "unarchive it, or name another repository")
	}
	if i.Settings.Source.Protection == settings.Off {
		if !i.getRepository(name, "/branches/"+component.ProdBranch).found() {
			i.noBranch(key, name)
			return
		}
		i.checkDockerfiles(name)
		return
	}
	if r.DefaultBranch != onlymain.Head {
		i.add(key, name, fmt.Sprintf("its default branch is %q, and only main may be merged to prod", r.DefaultBranch), "rename the branch to main")
	}
	organization := r.Owner.Type == "Organization"
	if !organization && first && i.Settings.Source.Protection == settings.Create {
		i.add("source.owner", i.owner, "is a user, and GitHub restricts who may merge in repositories of organizations only",
			"move the repositories to an organization, or protect prod by hand and set source.protection to adopt")
	}
	protection, there := i.protection(key, name, component.ProdBranch)
	if !there {
		return
	}
	rules, err := i.branchRules(name, component.ProdBranch)
	if err != nil {
		i.noRules(key, name, err)
		return
	}
	i.people(name, first)
	i.checkDockerfiles(name)
	writes := len(i.unsigned)
	i.files(name, protection != nil || len(rules.closedTo) > 0)
	if len(i.unsigned) > writes {
		i.closedMain(key, name, i.unsigned[writes:])
	}
	if i.Settings.Source.Protection == settings.Adopt {
		i.adopted(name, organization, protection, rules)
	}
}

func (i *repositoryPreflight) noBranch(key, repository string) {
	i.add(key, repository, "has no branch prod", "make it: git push origin main:prod")
}

// noRules is a branch whose rules GitHub does not show.
func (i *repositoryPreflight) noRules(key, repository string, err error) {
	i.add(key, repository, "GitHub does not tell the "+err.Error()+" in "+repository, "let the token (GITHUB_TOKEN) administer the repository")
}

// protection is that of a branch, nil when there is none. GitHub shows it, and that
// there is none, to administrators alone: it is the proof that the token is one's,
// also of an app's, whose permissions it does not list with the repository.
func (i *repositoryPreflight) protection(key, repository, branch string) (protection *branchProtection, there bool) {
	a := i.getRepository(repository, "/branches/"+branch+"/protection")
	switch {
	case a.says("Upgrade to GitHub"):
		i.add(key, repository, "is private, and the plan of "+i.owner+" protects branches of public repositories only",
			"upgrade the plan (GitHub Team, or Pro for a user), make the repository public, or set source.protection to off")
	case a.says("Branch not found") && branch == component.ProdBranch:
		i.noBranch(key, repository)
	case a.says("Branch not found"):
		i.add(key, repository, "has no branch "+branch, "push the program to it")
	case a.says("Branch not protected"):
		return nil, true
	case a.found() && a.into(&protection) == nil:
		return protection, true
	default:
		i.add(key, repository, "the token (GITHUB_TOKEN) may not administer it", "use one of an administrator, or of a GitHub App that may administer it")
	}
	return nil, false
}

// closedMain is a main that takes pull requests only, by a protection that holds for
// administrators too or by a ruleset: the gate's files cannot be written to it. An app may be
// excepted.
func (i *repositoryPreflight) closedMain(key, repository string, files []string) {
	rules, err := i.branchRules(repository, onlymain.Head)
	if err != nil {
		i.noRules(key, repository, err)
		return
	}
	what := strings.Join(files, ", ")
	var main branchProtection
	if a := i.getRepository(repository, "/branches/"+onlymain.Head+"/protection"); a.found() && a.into(&main) == nil &&
		main.Admins.Enabled && main.Reviews.Count > 0 && len(main.Reviews.Bypassers.Apps) == 0 {
		i.add(key, repository, "main takes pull requests only, so the gate cannot write "+what+" to it",
			"let the app whose token it is bypass them, or administrators for this update")
	}
	if by := strings.Join(rules.closedTo, ", "); by != "" {
		i.add(key, repository, "main takes pull requests only (ruleset "+by+"), so the gate cannot write "+what+" to it",
			"let the app whose token it is bypass the ruleset for this update, or take the ruleset away for it")
	}
}

// people are who is named: GitHub drops from a protection, without a word, who may
// not write, and does not ask a code owner who may not.
func (i *repositoryPreflight) people(repository string, first bool) {
	named := i.Settings.Source
	var teams []team
	if slices.ContainsFunc(slices.Concat(named.CodeOwners, named.Mergers), func(who string) bool { return strings.Contains(who, "/") }) {
		var err error
		if teams, err = i.teams(repository); err != nil {
			i.add("source.owner", i.owner, "GitHub does not list "+err.Error(), "let the token read the organization (read:org)")
			return
		}
	}
	logins := map[string]string{}
	for _, list := range []struct {
		key string
		who []string
	}{{"source.codeOwners", named.CodeOwners}, {"source.mergers", named.Mergers}} {
		for n, name := range list.who {
			if _, looked := logins[strings.ToLower(name)]; looked {
				continue
			}
			found, fault := i.find(repository, handle(name), teams, "write")
			if logins[strings.ToLower(name)] = found.login; fault != "" {
				i.add(fmt.Sprintf("%s[%d]", list.key, n), name, fault,
					"name one who may write to the repository, GitHub drops everybody else without a word")
			}
		}
	}
	if !first {
		return
	}
	for _, name := range named.Mergers {
		i.mergers = append(i.mergers, i.allowance(handle(name), logins[strings.ToLower(name)]))
	}
}

// adopted is whether somebody else's protection of prod is as strong as the gate's.
func (i *repositoryPreflight) adopted(repository string, organization bool, protection *branchProtection, rules branchRules) {
	key, mode := "source.protection", string(settings.Adopt)
	if protection == nil && len(rules.rules) == 0 {
		i.add(key, mode, "prod of "+repository+" is not protected", "set it to create, or protect the branch first")
		return
	}
	text, _, err := i.file(repository, onlymain.Base, onlymain.File)
	begins, rest, _ := strings.Cut(text, "\n")
	if strings.HasPrefix(begins, source.Signature) {
		text = rest
	}
	if err != nil || text != onlymain.Workflow {
		i.add(key, mode, onlymain.File+" of prod in "+repository+" is not the workflow that lets only main through",
			"let the stack that protects the branch run first, or merge pkg/onlymain/prodgate.yml there")
	}
	if weaker := protection.weaknesses(i.Settings, organization, rules); len(weaker) > 0 {
		i.add(key, mode, "the protection of prod in "+repository+" is weaker than the gate's: "+strings.Join(weaker, ", "),
			"correct it, or take it away and set protection to create")
	}
}

// files reads what exists on both branches.
func (i *repositoryPreflight) files(repository string, protected bool) {
	if i.Settings.Source.Protection == settings.Create {
		for _, file := range source.Files(i.Context) {
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
// by hand, its source.Signature with it: it stays the gate's as long as prod's is, which
// only a reviewed merge can change. known says so of main, of prod that it is closed.
func (i *repositoryPreflight) place(repository, branch string, file source.File, known bool) (ours bool) {
	text, there, err := i.file(repository, branch, file.Name)
	key := i.keyOf(repository)
	begins, _, _ := strings.Cut(text, "\n")
	signed, _, _ := strings.Cut(file.Text, "\n")
	if ours = there && begins == signed; branch == onlymain.Head {
		if text != file.Text {
			i.unsigned = append(i.unsigned, file.Name)
		}
		ours = ours || known
	}
	at := fmt.Sprintf("%s of %s", file.Name, branch)
	switch {
	case err != nil:
		i.add(key, repository, at+" cannot be read: "+err.Error(), "give the token (GITHUB_TOKEN) the right to read and write it")
	case !there && branch == onlymain.Base && known:
		i.add(key, repository, "prod is protected already and has no "+file.Name+", which nobody can push to it any more",
			"merge the file to prod through main; or set source.protection to adopt, when the protection is not this stack's")
	case !there, ours:
	case strings.HasPrefix(begins, source.Signature):
		i.add(key, repository, fmt.Sprintf("%s is another stack's, it begins with %q", at, begins),
			"set source.protection to adopt in one of the two stacks, or give each a repository")
	case file.Name == codeowners.File:
		i.add("source.codeOwnersFile", string(settings.Create), at+" in "+repository+" is there and not the gate's",
			"set it to adopt, and add the line to the end of the file: "+codeowners.Line(i.Settings.Source.CodeOwners))
	default:
		i.add(key, repository, at+" is there and not the gate's", "remove it, or give it another name")
	}
	return ours
}

// owners is whether the CODEOWNERS file that counts is, or will be, the right one.
func (i *repositoryPreflight) owners(repository, branch string) {
	key, mode := "source.codeOwnersFile", string(i.Settings.Source.CodeOwnersFile)
	line := codeowners.Line(i.Settings.Source.CodeOwners)
	if i.Settings.Source.Protection == settings.Adopt { // which names no owners
		key, mode = "source.protection", string(settings.Adopt)
		line = codeowners.Line([]string{"@" + i.owner + "/…"})
	}
	create := i.Settings.Source.Protection == settings.Create && i.Settings.Source.CodeOwnersFile == settings.Create
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
		if fault := codeowners.Fault(text, i.Settings.Source.CodeOwners); fault != "" {
			i.add(key, mode, "in "+at+" "+fault, "add the line to its end: "+line)
		}
		return
	}
	if !create {
		i.add(key, mode, branch+" of "+repository+" has no CODEOWNERS", "add "+codeowners.File+" with the line: "+line)
	}
}
