package github

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

var refRoutes = []route{
	{"GET /repos/{owner}/{repo}/branches", Read, listBranches},
	{"GET /repos/{owner}/{repo}/branches/{branch}", Read, getBranch},
	{"POST /repos/{owner}/{repo}/branches/{branch}/rename", Admin, renameBranch},
	{"GET /repos/{owner}/{repo}/git/ref/{ref...}", Read, getRef},
	{"GET /repos/{owner}/{repo}/git/matching-refs/{ref...}", Read, listRefs},
	{"POST /repos/{owner}/{repo}/git/refs", Write, createRef},
	{"PATCH /repos/{owner}/{repo}/git/refs/{ref...}", Write, updateRef},
	{"DELETE /repos/{owner}/{repo}/git/refs/{ref...}", Write, deleteRef},
	{"GET /repos/{owner}/{repo}/commits", Read, listCommits},
	{"GET /repos/{owner}/{repo}/commits/{ref...}", Read, getCommit},
}

// branches lists the names of all branches, sorted.
func (r *repository) branches() []string {
	var names []string
	for _, ref := range slices.Sorted(maps.Keys(r.Refs)) {
		if name, ok := strings.CutPrefix(ref, headsPrefix); ok {
			names = append(names, name)
		}
	}
	return names
}

func (c *call) branchJSON(name string) object {
	r := c.repo
	id := r.Refs[headsPrefix+name]
	out := object{
		"name": name, "protected": false, "commit": r.commitJSON(id),
		"protection":     object{"enabled": false, "required_status_checks": object{"enforcement_level": "off", "contexts": []string{}, "checks": []any{}}},
		"protection_url": r.url() + "/branches/" + name + "/protection",
	}
	if p := r.protectionOf(name); p != nil {
		level := "off"
		if p.RequiresStatusChecks {
			level = "non_admins"
			if p.IsAdminEnforced {
				level = "everyone"
			}
		}
		out["protected"] = true
		out["protection"] = object{"enabled": true, "required_status_checks": object{
			"enforcement_level": level, "contexts": p.contexts(), "checks": list(p.RequiredStatusChecks, c.checkJSON),
		}}
	}
	return out
}

func listBranches(c *call) (any, error) {
	names := c.repo.branches()
	if only := c.URL.Query().Get("protected"); only != "" {
		names = slices.DeleteFunc(names, func(name string) bool { return (c.repo.protectionOf(name) != nil) != (only == "true") })
	}
	return list(page(c, names), c.branchJSON), nil
}

func getBranch(c *call) (any, error) {
	name := c.PathValue("branch")
	if _, ok := c.repo.Refs[headsPrefix+name]; !ok {
		return nil, newError(http.StatusNotFound, "Branch not found")
	}
	return c.branchJSON(name), nil
}

func renameBranch(c *call) (any, error) {
	var in struct {
		NewName string `json:"new_name"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	from, to := headsPrefix+c.PathValue("branch"), headsPrefix+in.NewName
	if c.repo.Refs[from] == "" {
		return nil, newError(http.StatusNotFound, "Branch not found")
	}
	if in.NewName == "" || c.repo.Refs[to] != "" {
		return nil, newError(http.StatusUnprocessableEntity, "New branch name already exists or is invalid")
	}
	c.repo.Refs[to] = c.repo.Refs[from]
	delete(c.repo.Refs, from)
	if c.repo.DefaultBranch == c.PathValue("branch") {
		c.repo.DefaultBranch = in.NewName
	}
	if p := find(c.repo.Protections, func(p *protection) bool { return p.Pattern == c.PathValue("branch") }); p != nil {
		p.Pattern = in.NewName
	}
	return c.branchJSON(in.NewName), nil
}

func (r *repository) refJSON(ref string) object {
	id := r.Refs[ref]
	return object{
		"ref": ref, "node_id": "REF_" + hash(r.fullName()+ref), "url": r.url() + "/git/" + ref,
		"object": object{"type": "commit", "sha": id, "url": r.url() + "/git/commits/" + id},
	}
}

func getRef(c *call) (any, error) {
	ref := "refs/" + c.PathValue("ref")
	if _, ok := c.repo.Refs[ref]; !ok {
		return nil, notFound()
	}
	return c.repo.refJSON(ref), nil
}

func listRefs(c *call) (any, error) {
	refs := slices.DeleteFunc(slices.Sorted(maps.Keys(c.repo.Refs)), func(ref string) bool {
		return !strings.HasPrefix(ref, "refs/"+c.PathValue("ref"))
	})
	return list(page(c, refs), c.repo.refJSON), nil
}

func createRef(c *call) (any, error) {
	var in struct{ Ref, SHA string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(in.Ref, "refs/") || strings.Count(in.Ref, "/") < 2 {
		return nil, newError(http.StatusUnprocessableEntity, "Reference name must start with 'refs/' and contain at least two slashes.")
	}
	if _, ok := c.repo.Commits[in.SHA]; !ok {
		return nil, newError(http.StatusUnprocessableEntity, "Object does not exist")
	}
	if _, ok := c.repo.Refs[in.Ref]; ok {
		return nil, newError(http.StatusUnprocessableEntity, "Reference already exists")
	}
	if branch, ok := strings.CutPrefix(in.Ref, headsPrefix); ok {
		if err := c.checkBranchCreation(branch); err != nil {
			return nil, err
		}
	}
	c.repo.Refs[in.Ref] = in.SHA
	return c.repo.refJSON(in.Ref), nil
}

func updateRef(c *call) (any, error) {
	var in struct {
		SHA   string
		Force bool
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	ref := "refs/" + c.PathValue("ref")
	from, there := c.repo.Refs[ref]
	_, known := c.repo.Commits[in.SHA]
	switch {
	case !there:
		return nil, newError(http.StatusUnprocessableEntity, "Reference does not exist")
	case !known:
		return nil, newError(http.StatusUnprocessableEntity, "Object does not exist")
	case !in.Force && !slices.Contains(c.repo.ancestors(in.SHA), from):
		return nil, newError(http.StatusUnprocessableEntity, "Update is not a fast forward")
	}
	if branch, ok := strings.CutPrefix(ref, headsPrefix); ok {
		if err := c.checkRefUpdate(branch, in.SHA); err != nil {
			return nil, err
		}
	}
	c.repo.Refs[ref] = in.SHA
	return c.repo.refJSON(ref), nil
}

func deleteRef(c *call) (any, error) {
	ref := "refs/" + c.PathValue("ref")
	if _, ok := c.repo.Refs[ref]; !ok {
		return nil, newError(http.StatusUnprocessableEntity, "Reference does not exist")
	}
	if branch, ok := strings.CutPrefix(ref, headsPrefix); ok {
		if err := c.checkBranchDeletion(branch); err != nil {
			return nil, err
		}
	}
	delete(c.repo.Refs, ref)
	return nil, nil
}

func (r *repository) commitJSON(id string) object {
	cm := r.Commits[id]
	reason := "unsigned"
	if cm.Verified {
		reason = "valid"
	}
	parents := list(cm.Parents, func(id string) object { return object{"sha": id, "url": r.url() + "/commits/" + id} })
	return object{
		"sha": id, "node_id": "C_" + id, "url": r.url() + "/commits/" + id,
		"html_url": webURL + "/" + r.fullName() + "/commit/" + id, "parents": parents,
		"commit": object{
			"message": cm.Message, "author": cm.Author, "committer": cm.Committer,
			"tree":         object{"sha": cm.treeID(), "url": r.url() + "/git/trees/" + cm.treeID()},
			"url":          r.url() + "/git/commits/" + id,
			"verification": object{"verified": cm.Verified, "reason": reason, "signature": nil, "payload": nil},
		},
	}
}

func listCommits(c *call) (any, error) {
	q := c.URL.Query()
	ref := q.Get("sha")
	if ref == "" {
		ref = c.repo.DefaultBranch
	}
	id, ok := c.repo.resolve(ref)
	if !ok {
		return nil, notFound()
	}
	return list(page(c, c.repo.history(id, q.Get("path"))), c.repo.commitJSON), nil
}

func getCommit(c *call) (any, error) {
	id, ok := c.repo.resolve(c.PathValue("ref"))
	if !ok {
		return nil, newError(http.StatusUnprocessableEntity, "No commit found for SHA: %s", c.PathValue("ref"))
	}
	out := c.repo.commitJSON(id)
	out["files"] = page(c, c.repo.changes(id))
	return out, nil
}

// changes lists the files that a commit added, changed or removed.
func (r *repository) changes(id string) []object {
	now, before := r.Commits[id].Files, map[string]string{}
	for _, parent := range r.Commits[id].Parents {
		before = r.Commits[parent].Files
	}
	all := maps.Clone(before)
	maps.Copy(all, now)
	out := []object{}
	for _, file := range slices.Sorted(maps.Keys(all)) {
		status := "modified"
		switch {
		case before[file] == now[file]:
			continue
		case before[file] == "":
			status = "added"
		case now[file] == "":
			status = "removed"
		}
		out = append(out, object{"filename": file, "status": status, "sha": all[file]})
	}
	return out
}
