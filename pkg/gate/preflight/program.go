package preflight

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/githubactions"
	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// checkProgram reads what decides who updates the gate through GitHub Actions: the reviewers
// of the environment, main of the program's repository, and the files of the workflows. It
// adds the reviewers' ids to the repository.
func checkProgram(c component.Context, parent pulumi.Resource, found *githubactions.Repository) error {
	i := &repositoryPreflight{Context: c, githubClient: githubClient{c.Ctx, parent, c.Settings.Source.Owner}}
	i.reviewers(found)
	i.main()
	if len(i.problems) > 0 {
		return errors.Join(i.problems...)
	}
	return i.warnProgram()
}

// reviewers finds the ids of those who approve updates: GitHub refuses an environment whose
// reviewers may not read the repository.
func (i *repositoryPreflight) reviewers(found *githubactions.Repository) {
	repository := i.Settings.Workflows.Repository
	var teams []team
	for n, name := range i.Settings.Workflows.Reviewers {
		if strings.Contains(name, "/") && teams == nil {
			var err error
			if teams, err = i.teams(repository); err != nil {
				i.add("source.owner", i.owner, "GitHub does not list "+err.Error(), "let the token read the organization (read:org)")
				return
			}
		}
		who, fault := i.find(repository, handle(name), teams, "read")
		switch {
		case fault != "":
			i.add(fmt.Sprintf("workflows.reviewers[%d]", n), name, fault, "name one who may read the repository, GitHub takes nobody else")
		case strings.Contains(name, "/"):
			found.ReviewingTeams = append(found.ReviewingTeams, who.id)
		default:
			found.ReviewingUsers = append(found.ReviewingUsers, who.id)
		}
	}
}

// main compares main of the program's repository with what settings say of its protection.
// Where the gate protects it, a ruleset of its own stands beside whatever exists.
func (i *repositoryPreflight) main() {
	repository, mode := i.Settings.Workflows.Repository, i.Settings.Source.Protection
	if mode == settings.Off {
		return
	}
	protection, there := i.protection("workflows.repository", repository, onlymain.Head)
	if !there || mode == settings.Create {
		return
	}
	rules, err := i.branchRules(repository, onlymain.Head)
	if err != nil {
		i.noRules("workflows.repository", repository, err)
		return
	}
	if weaker := protection.mainWeaknesses(i.Settings, rules); len(weaker) > 0 {
		i.add("source.protection", string(mode), "the protection of main in "+repository+", whose jobs may update the gate, is weaker than the gate's: "+
			strings.Join(weaker, ", "), "correct it, or set protection to create")
	}
}

// warnProgram says what stays open, which is for the user to decide.
func (i *repositoryPreflight) warnProgram() error {
	w := i.Settings.Workflows
	var warnings []string
	if i.Settings.Source.Protection == settings.Off {
		warnings = append(warnings, fmt.Sprintf("prodgate:source.protection: %q: nothing at GitHub keeps anybody who may write to %s from "+
			"pushing to main, unreviewed, and so from updating the gate; set it to create when the plan of %s can protect branches", settings.Off, w.Repository, i.owner))
	}
	if len(w.Reviewers) == 0 {
		warnings = append(warnings, fmt.Sprintf("prodgate:workflows.reviewers: []: nobody approves the jobs of the environment %s, which update the gate; "+
			"name 1 to 6 reviewers when the plan of %s has them", w.UpEnvironment, i.owner))
	}
	for _, file := range []struct{ key, name string }{{"previewWorkflow", w.PreviewWorkflow}, {"upWorkflow", w.UpWorkflow}} {
		name := ".github/workflows/" + file.name
		if a := i.getRepository(w.Repository, "/contents/"+name+"?ref="+onlymain.Head); a.code == 404 {
			warnings = append(warnings, fmt.Sprintf("prodgate:workflows.%s: %q: main of %s has no %s, whose jobs alone may assume the role; "+
				"add the file, or name the one that has the jobs", file.key, file.name, w.Repository, name))
		}
	}
	var errs []error
	for _, warning := range warnings {
		errs = append(errs, i.Ctx.Log.Warn(warning, nil))
	}
	return errors.Join(errs...)
}
