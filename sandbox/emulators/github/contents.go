package github

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

var contentRoutes = []route{
	{"GET /repos/{owner}/{repo}/contents/{path...}", Read, getContents},
	{"PUT /repos/{owner}/{repo}/contents/{path...}", Write, putContents},
	{"DELETE /repos/{owner}/{repo}/contents/{path...}", Write, deleteContents},
}

func getContents(c *call) (any, error) {
	ref := c.URL.Query().Get("ref")
	if ref == "" {
		ref = c.repo.DefaultBranch
	}
	id, ok := c.repo.resolve(ref)
	if !ok {
		return nil, newError(http.StatusNotFound, "No commit found for the ref %s", ref)
	}
	files, name := c.repo.Commits[id].Files, c.PathValue("path")
	if _, ok := files[name]; ok {
		out := c.repo.entryJSON(files, name, ref)
		out["encoding"] = "base64"
		out["content"] = wrapBase64(base64.StdEncoding.EncodeToString(c.repo.Blobs[files[name]].bytes()))
		return out, nil
	}
	folder, inside := "", map[string]bool{}
	if name != "" {
		folder = strings.TrimSuffix(name, "/") + "/"
	}
	for file := range files {
		if rest, ok := strings.CutPrefix(file, folder); ok {
			first, _, _ := strings.Cut(rest, "/")
			inside[folder+first] = true
		}
	}
	if len(inside) == 0 && folder != "" {
		return nil, notFound()
	}
	return list(slices.Sorted(maps.Keys(inside)), func(p string) object { return c.repo.entryJSON(files, p, ref) }), nil
}

// entryJSON describes a file, or a folder if no file has this path.
func (r *repository) entryJSON(files map[string]string, name, ref string) object {
	kind, id := "dir", hash(name)
	var size int
	if blobID, ok := files[name]; ok {
		kind, id, size = "file", blobID, len(r.Blobs[blobID].bytes())
	}
	return object{
		"type": kind, "name": path.Base(name), "path": name, "sha": id, "size": size,
		"url":          r.url() + "/contents/" + name + "?ref=" + url.QueryEscape(ref),
		"html_url":     webURL + "/" + r.fullName() + "/blob/" + ref + "/" + name,
		"git_url":      r.url() + "/git/blobs/" + id,
		"download_url": "https://raw.githubusercontent.com/" + r.fullName() + "/" + ref + "/" + name,
	}
}

// wrap breaks base64 into lines, as GitHub sends it.
func wrapBase64(s string) string {
	var b strings.Builder
	for part := range slices.Chunk([]byte(s), 60) {
		b.Write(part)
		b.WriteByte('\n')
	}
	return b.String()
}

// change is the body of a PUT or DELETE of a file.
type change struct {
	Message   string  `json:"message"`
	Content   []byte  `json:"content"`
	SHA       string  `json:"sha"`
	Branch    string  `json:"branch"`
	Author    *person `json:"author"`
	Committer *person `json:"committer"`
}

// readChange reads the body of a PUT or DELETE and validates it against the current
// file, whose id is present; empty if the file does not exist.
func readChange(c *call) (in change, present string, err error) {
	if err := c.decode(&in); err != nil {
		return in, "", err
	}
	if in.Message == "" {
		return in, "", newError(http.StatusUnprocessableEntity, "Invalid request.\n\n\"message\" wasn't supplied.")
	}
	if in.Branch == "" {
		in.Branch = c.repo.DefaultBranch
	}
	head, ok := c.repo.Refs[headsPrefix+in.Branch]
	if !ok {
		return in, "", newError(http.StatusNotFound, "Branch %s not found", in.Branch)
	}
	name := c.PathValue("path")
	present = c.repo.Commits[head].Files[name]
	switch {
	case in.SHA == "" && present != "":
		err = newError(http.StatusUnprocessableEntity, "Invalid request.\n\n\"sha\" wasn't supplied.")
	case in.SHA != "" && in.SHA != present:
		err = newError(http.StatusConflict, "%s does not match %s", name, in.SHA)
	}
	return in, present, err
}

func putContents(c *call) (any, error) {
	in, present, err := readChange(c)
	if err != nil {
		return nil, err
	}
	status, verb := http.StatusCreated, "create"
	if present != "" {
		status, verb = http.StatusOK, "update"
	}
	if err := c.checkPush(in.Branch, verb); err != nil {
		return nil, err
	}
	name := c.PathValue("path")
	cm := c.repo.commitFile(in.Branch, name, c.repo.addBlob(in.Content), c.commitOf(in))
	entry := c.repo.entryJSON(c.repo.Commits[cm].Files, name, in.Branch)
	return response{status, object{"content": entry, "commit": c.repo.gitCommitJSON(cm)}}, nil
}

func deleteContents(c *call) (any, error) {
	in, present, err := readChange(c)
	if err != nil {
		return nil, err
	}
	if present == "" {
		return nil, notFound()
	}
	if err := c.checkPush(in.Branch, "delete"); err != nil {
		return nil, err
	}
	cm := c.repo.commitFile(in.Branch, c.PathValue("path"), "", c.commitOf(in))
	return response{http.StatusOK, object{"content": nil, "commit": c.repo.gitCommitJSON(cm)}}, nil
}

// gitCommitJSON is the commit in git's form: its fields beside its id.
func (r *repository) gitCommitJSON(id string) object {
	out := r.commitJSON(id)["commit"].(object)
	out["sha"], out["node_id"] = id, "C_"+id
	return out
}

// commitOf sets the author and committer: the token's user, unless the change names them.
func (c *call) commitOf(in change) commit {
	a := c.state.account(c.token.Login)
	me := person{Name: a.Login, Email: fmt.Sprintf("%d+%s@users.noreply.github.com", a.ID, a.Login)}
	// GitHub signs for an app that names neither author nor committer.
	signed := c.token.SignsCommits || c.token.App != 0 && in.Author == nil && in.Committer == nil
	cm := commit{Message: in.Message, Author: me, Committer: me, Verified: signed, Pusher: c.token.Login}
	if in.Committer != nil {
		cm.Author, cm.Committer = *in.Committer, *in.Committer
	}
	if in.Author != nil {
		cm.Author = *in.Author
	}
	for _, p := range []*time.Time{&cm.Author.Date, &cm.Committer.Date} {
		if p.IsZero() {
			*p = c.now
		}
	}
	return cm
}
