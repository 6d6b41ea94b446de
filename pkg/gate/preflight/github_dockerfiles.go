package preflight

import (
	"path"
	"slices"
	"strings"
)

// maxFileCalls is how many Dockerfiles of a repository are read by a call each. For more, one
// call lists all files of a branch.
const maxFileCalls = 5

// checkDockerfiles looks for the Dockerfiles of a repository's apps on both branches. A branch
// main that does not exist is reported with the default branch.
func (i *repositoryPreflight) checkDockerfiles(repository string) {
	var apps []int
	paths := map[string]bool{}
	for n, app := range i.Settings.Apps {
		if strings.EqualFold(app.Repository, repository) {
			apps = append(apps, n)
			paths[dockerfile(app)] = true
		}
	}
	for _, branch := range branches {
		var files map[string]bool
		if len(paths) > maxFileCalls {
			files = i.listFiles(repository, branch)
		}
		for _, n := range apps {
			app := i.Settings.Apps[n]
			file := dockerfile(app)
			if files[file] {
				continue
			}
			a := i.getRepository(repository, "/contents/"+file+"?ref="+branch)
			switch {
			case a.found() && !strings.HasPrefix(a.body, "["): // a folder is a list
			case a.says("No commit found for the ref"):
			case a.refused != nil:
				i.add(i.keyOf(repository), repository, file+" of "+branch+" cannot be read: "+a.refused.Error(), "give the token (GITHUB_TOKEN) the right to read it")
				return
			default:
				i.problems = append(i.problems, missingDockerfile(n, app, branch, i.listFolder(repository, branch, path.Dir(file))))
			}
		}
	}
}

// listFiles returns the paths of all files of a branch, or nil where GitHub truncates the list,
// at 100,000 (GitHub REST API, Git trees).
func (i *repositoryPreflight) listFiles(repository, branch string) map[string]bool {
	var tree struct {
		Truncated bool
		Tree      []struct{ Path, Type string }
	}
	if a := i.getRepository(repository, "/git/trees/"+branch+"?recursive=1"); !a.found() || a.into(&tree) != nil || tree.Truncated {
		return nil
	}
	files := map[string]bool{}
	for _, one := range tree.Tree {
		files[one.Path] = one.Type == "blob"
	}
	return files
}

// listFolder returns the files of a folder, for the remedy.
func (i *repositoryPreflight) listFolder(repository, branch, folder string) []string {
	var entries []struct{ Name, Type string }
	a := i.getRepository(repository, strings.TrimSuffix("/contents/"+strings.TrimPrefix(folder, "."), "/")+"?ref="+branch)
	if !a.found() || a.into(&entries) != nil {
		return nil
	}
	var names []string
	for _, one := range entries {
		if one.Type == "file" {
			names = append(names, one.Name)
		}
	}
	slices.Sort(names)
	return names
}
