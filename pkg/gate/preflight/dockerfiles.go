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

// missingDockerfile is the problem that a branch lacks an app's Dockerfile. names are the files
// of the folder.
func missingDockerfile(i int, app settings.App, branch string, names []string) error {
	return component.SettingError(fmt.Sprintf("apps[%d].dockerfile", i), app.Dockerfile, "the branch %s of %s has no file %s; %s",
		branch, app.Repository, dockerfile(app), suggest(path.Base(app.Dockerfile), "files", names, "correct the folder or the name, or push the file to "+branch))
}

// branches are those that must have the Dockerfiles: prod is delivered, and main is merged to it.
var branches = []string{onlymain.Base, onlymain.Head}

// folderOf is the folder of an app's Dockerfile on a branch of a CodeCommit repository.
func folderOf(app settings.App, branch string) account.Folder {
	return account.Folder{Repository: app.Repository, Branch: branch, Path: path.Dir(path.Join("/", dockerfile(app)))}
}

// folders are those of all Dockerfiles, each once.
func (w *workload) folders() []account.Folder {
	listed := map[account.Folder]bool{}
	var folders []account.Folder
	for _, app := range w.apps {
		for _, branch := range branches {
			if f := folderOf(app, branch); !listed[f] {
				listed[f] = true
				folders = append(folders, f)
			}
		}
	}
	return folders
}

// checkDockerfiles looks for the apps' Dockerfiles in CodeCommit repositories. A repository that
// the gate creates, and a branch that nobody has pushed yet, have none to look for.
func (w *workload) checkDockerfiles() {
	if w.files == nil {
		return
	}
	files, err := w.files()
	if err != nil {
		w.addUnread(0, "dockerfile", w.apps[0].Dockerfile, "which files the repository "+w.apps[0].Repository+" has", err)
		return
	}
	for i, app := range w.apps {
		for _, branch := range branches {
			names, exists := files[folderOf(app, branch)]
			if exists && !slices.Contains(names, path.Base(app.Dockerfile)) {
				w.problems = append(w.problems, missingDockerfile(i, app, branch, names))
			}
		}
	}
}
