package preflight

import (
	"fmt"
	"path"
	"slices"

	"prodgate/pkg/account"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

// dockerfile is the path of an app's Dockerfile in its repository.
func dockerfile(app settings.App) string { return path.Join(app.Folder, app.Dockerfile) }

// missingDockerfile reports that a branch has no Dockerfile of an app. names are the files
// of its folder.
func missingDockerfile(i int, app settings.App, branch string, names []string) error {
	return component.SettingError(fmt.Sprintf("apps[%d].dockerfile", i), app.Dockerfile, "the branch %s of %s has no file %s; %s",
		branch, app.Repository, dockerfile(app), instead(path.Base(app.Dockerfile), "files", names, "correct the folder or the name, or push the file to "+branch))
}

// checkDockerfiles looks for the apps' Dockerfiles on the branches prod and main of adopted
// CodeCommit repositories. A repository that the gate creates is empty, and is not asked;
// nor is a branch that does not exist yet.
func (w *workload) checkDockerfiles() {
	branches := []string{onlymain.Base, onlymain.Head}
	folder := func(app settings.App, branch string) account.Folder {
		return account.Folder{Repository: app.Repository, Branch: branch, Path: path.Dir(path.Join("/", dockerfile(app)))}
	}
	asked := map[account.Folder]bool{}
	var folders []account.Folder
	for _, app := range w.apps {
		for _, branch := range branches {
			if f := folder(app, branch); !asked[f] {
				asked[f] = true
				folders = append(folders, f)
			}
		}
	}
	files, err := w.has.Files(w.ctx, folders)
	if err != nil {
		w.unread(0, "dockerfile", w.apps[0].Dockerfile, "which files the repository "+w.apps[0].Repository+" has", err)
		return
	}
	for i, app := range w.apps {
		for _, branch := range branches {
			names, exists := files[folder(app, branch)]
			if exists && !slices.Contains(names, path.Base(app.Dockerfile)) {
				w.problems = append(w.problems, missingDockerfile(i, app, branch, names))
			}
		}
	}
}
