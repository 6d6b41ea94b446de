package gate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// inspection looks at every repository before anything is made, and collects what
// is in the way: all of it, of all repositories.
type inspection struct {
	builder
	hub
	// allowances are who may merge, as the provider writes them.
	allowances []string
	// unsigned are files that are about to be written to main.
	unsigned []string
	problems []error
}

// add is a problem of a setting, in the words of a wrong setting.
func (i *inspection) add(key, value, what, remedy string) {
	problem := wrong(key, value, "%s; %s", what, remedy)
	if !slices.ContainsFunc(i.problems, func(p error) bool { return p.Error() == problem.Error() }) { // of several repositories
		i.problems = append(i.problems, problem)
	}
}

// inspect asks GitHub, or CodeCommit, whether the repositories are as the gate needs them.
func (b builder) inspect(parent pulumi.Resource) (*inspection, error) {
	i := &inspection{builder: b, hub: hub{b.ctx, parent, b.settings.Source.Owner}}
	if b.settings.FromCodeCommit() {
		return i, b.findSources(parent)
	}
	for n, name := range b.settings.Repositories() {
		i.repository(name, n == 0)
	}
	if len(i.problems) > 0 {
		return nil, errors.Join(i.problems...)
	}
	return i, i.warn()
}

// warn says what stays open, which is for the user to decide.
func (i *inspection) warn() error {
	if i.settings.Source.Protection == settings.Off {
		return i.builder.ctx.Log.Warn(fmt.Sprintf("prodgate:source.protection: %q: nothing at GitHub keeps anybody who may write to %s "+
			"from pushing to prod, unreviewed and from any branch, and so to production; set it to create when the plan of %s "+
			"can protect branches", settings.Off, strings.Join(i.settings.Repositories(), ", "), i.hub.owner), nil)
	}
	// An app's token may not ask who it is.
	if len(i.unsigned) > 0 && i.get("user").found() {
		return i.builder.ctx.Log.Warn(fmt.Sprintf("prodgate:source.owner: %q: the token is a person's, and GitHub signs only what "+
			"an app commits: prod will not take main with the unsigned commits of %s; use the token of a GitHub App, or sign "+
			"these commits on main before it is merged", i.hub.owner, strings.Join(slices.Compact(slices.Sorted(slices.Values(i.unsigned))), ", ")), nil)
	}
	return nil
}

// keyOf is the setting that names a repository.
func (i *inspection) keyOf(repository string) string {
	for n, app := range i.settings.Apps {
		if app.Repository == repository && repository != i.settings.Source.Repository {
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

func (i *inspection) repository(name string, first bool) {
	key, full := i.keyOf(name), i.hub.owner+"/"+name
	a := i.of(name, "")
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
	if i.settings.Source.Protection == settings.Off {
		if !i.of(name, "/branches/"+ProdBranch).found() {
			i.noBranch(key, name)
		}
		return
	}
	if r.DefaultBranch != onlymain.Head {
		i.add(key, name, fmt.Sprintf("its default branch is %q, and only main may be merged to prod", r.DefaultBranch), "rename the branch to main")
	}
	organization := r.Owner.Type == "Organization"
	if !organization && first && i.settings.Source.Protection == settings.Create {
		i.add("source.owner", i.hub.owner, "is a user, and GitHub restricts who may merge in repositories of organizations only",
			"move the repositories to an organization, or protect prod by hand and set source.protection to adopt")
	}
	protection, there := i.protection(key, name)
	if !there {
		return
	}
	i.people(name, first)
	writes := len(i.unsigned)
	i.files(name, protection != nil)
	if len(i.unsigned) > writes {
		i.closedMain(key, name, i.unsigned[writes:])
	}
	if i.settings.Source.Protection == settings.Adopt {
		i.adopted(name, organization, protection)
	}
}

func (i *inspection) noBranch(key, repository string) {
	i.add(key, repository, "has no branch prod", "make it: git push origin main:prod")
}

// protection is that of prod, nil when there is none. GitHub tells it, and that
// there is none, to administrators alone: it is the proof that the token is one's,
// also of an app's, whose permissions it does not list with the repository.
func (i *inspection) protection(key, repository string) (protection *live, there bool) {
	a := i.of(repository, "/branches/"+ProdBranch+"/protection")
	switch {
	case a.says("Upgrade to GitHub"):
		i.add(key, repository, "is private, and the plan of "+i.hub.owner+" protects branches of public repositories only",
			"upgrade the plan (GitHub Team, or Pro for a user), make the repository public, or set source.protection to off")
	case a.says("Branch not found"):
		i.noBranch(key, repository)
	case a.says("Branch not protected"):
		return nil, true
	case a.found() && a.into(&protection) == nil:
		return protection, true
	default:
		i.add(key, repository, "the token (GITHUB_TOKEN) may not administer it", "use one of an administrator, or of a GitHub App that may administer it")
	}
	return nil, false
}

// closedMain is a main that takes pull requests only, administrators included: the
// gate's files cannot be written to it. An app may be excepted.
func (i *inspection) closedMain(key, repository string, files []string) {
	var main live
	if a := i.of(repository, "/branches/"+onlymain.Head+"/protection"); !a.found() || a.into(&main) != nil {
		return
	}
	if main.Admins.Enabled && main.Reviews.Count > 0 && len(main.Reviews.Bypassers.Apps) == 0 {
		i.add(key, repository, "main takes pull requests only, so the gate cannot write "+strings.Join(files, ", ")+" to it",
			"let the app whose token it is bypass them, or administrators for this update")
	}
}

// people are who is named: GitHub drops from a protection, without a word, who may
// not write, and does not ask a code owner who may not.
func (i *inspection) people(repository string, first bool) {
	source := i.settings.Source
	var teams []team
	if slices.ContainsFunc(slices.Concat(source.CodeOwners, source.Mergers), func(who string) bool { return strings.Contains(who, "/") }) {
		var err error
		if teams, err = i.teams(repository); err != nil {
			i.add("source.owner", i.hub.owner, "GitHub does not list "+err.Error(), "let the token read the organization (read:org)")
			return
		}
	}
	logins := map[string]string{}
	for _, named := range []struct {
		key string
		who []string
	}{{"source.codeOwners", source.CodeOwners}, {"source.mergers", source.Mergers}} {
		for n, name := range named.who {
			if _, looked := logins[strings.ToLower(name)]; looked {
				continue
			}
			login, fault := i.mayWrite(repository, handle(name), teams)
			if logins[strings.ToLower(name)] = login; fault != "" {
				i.add(fmt.Sprintf("%s[%d]", named.key, n), name, fault,
					"name one who may write to the repository, GitHub drops everybody else without a word")
			}
		}
	}
	if !first {
		return
	}
	for _, name := range source.Mergers {
		i.allowances = append(i.allowances, i.allowance(handle(name), logins[strings.ToLower(name)]))
	}
}
