package github

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

var pullRoutes = []route{
	{"POST /repos/{owner}/{repo}/pulls", Read, createPull},
	{"POST /repos/{owner}/{repo}/pulls/{number}/reviews", Write, withPull(reviewPull)},
	{"PUT /repos/{owner}/{repo}/pulls/{number}/merge", Write, withPull(mergePull)},
	{"POST /repos/{owner}/{repo}/merges", Write, mergeBranch},
	{"POST /repos/{owner}/{repo}/statuses/{sha}", Write, createStatus},
	{"POST /repos/{owner}/{repo}/check-runs", Write, createCheckRun},
}

// pull is a pull request between two branches of a repository.
type pull struct {
	Number int    `json:"number"`
	Head   string `json:"head"`
	Base   string `json:"base"`
	Author string `json:"author"`
	// Approvals are the approved commits, by the reviewer's login.
	Approvals map[string]string `json:"approvals,omitempty"`
	Merged    bool              `json:"merged,omitempty"`
}

// result is a commit status, which needs write access, or a check run, which needs an app.
type result struct {
	Context string `json:"context"`
	App     int64  `json:"app,omitempty"`
	Passed  bool   `json:"passed"`
}

func (c *call) pullJSON(p *pull) object {
	side := func(branch string) object {
		return object{"ref": branch, "sha": c.repo.Refs[headsPrefix+branch], "repo": c.repositoryJSON(c.repo)}
	}
	return object{
		"number": p.Number, "state": "open", "merged": p.Merged, "user": c.state.account(p.Author).summary(),
		"head": side(p.Head), "base": side(p.Base), "url": c.repo.url() + "/pulls/" + strconv.Itoa(p.Number),
	}
}

func createPull(c *call) (any, error) {
	var in struct{ Title, Head, Base string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	head, base := c.repo.Refs[headsPrefix+in.Head], c.repo.Refs[headsPrefix+in.Base]
	switch {
	case in.Title == "", head == "", base == "":
		return nil, newError(http.StatusUnprocessableEntity, "Validation Failed")
	case slices.Contains(c.repo.ancestors(base), head):
		return nil, newError(http.StatusUnprocessableEntity, "No commits between %s and %s", in.Base, in.Head)
	}
	p := &pull{Number: len(c.repo.Pulls) + 1, Head: in.Head, Base: in.Base, Author: c.token.Login, Approvals: map[string]string{}}
	c.repo.Pulls = append(c.repo.Pulls, p)
	return c.pullJSON(p), nil
}

func withPull(handler func(*call, *pull) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		if p := find(c.repo.Pulls, func(p *pull) bool { return strconv.Itoa(p.Number) == c.PathValue("number") }); p != nil {
			return handler(c, p)
		}
		return nil, notFound()
	}
}

func reviewPull(c *call, p *pull) (any, error) {
	var in struct{ Event string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	switch {
	case in.Event != "APPROVE":
		return nil, newError(http.StatusUnprocessableEntity, "not emulated: a review that is %q", in.Event)
	case c.token.Login == p.Author:
		return nil, newError(http.StatusUnprocessableEntity, "Can not approve your own pull request")
	}
	p.Approvals[c.token.Login] = c.repo.Refs[headsPrefix+p.Head]
	return response{http.StatusOK, object{"state": "APPROVED"}}, nil
}

func createStatus(c *call) (any, error) {
	var in struct{ State, Context string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return object{"state": in.State, "context": in.Context}, c.recordResult(c.PathValue("sha"), result{in.Context, c.token.App, in.State == "success"})
}

func createCheckRun(c *call) (any, error) {
	var in struct {
		Name, Conclusion string
		HeadSHA          string `json:"head_sha"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if c.token.App == 0 {
		return nil, newError(http.StatusForbidden, "You must authenticate via a GitHub App.")
	}
	return object{"name": in.Name, "conclusion": in.Conclusion},
		c.recordResult(in.HeadSHA, result{in.Name, c.token.App, in.Conclusion == "success" || in.Conclusion == "skipped"})
}

// recordResult stores the last result of each name and app.
func (c *call) recordResult(sha string, r result) error {
	if _, ok := c.repo.Commits[sha]; !ok {
		return newError(http.StatusUnprocessableEntity, "No commit found for SHA: %s", sha)
	}
	if c.repo.Results == nil {
		c.repo.Results = map[string][]result{}
	}
	others := slices.DeleteFunc(c.repo.Results[sha], func(o result) bool { return o.Context == r.Context && o.App == r.App })
	c.repo.Results[sha] = append(others, r)
	return nil
}

// hasPassed reports whether a check of a commit succeeded, from one app or from any.
func (r *repository) hasPassed(sha, context string, app int64) bool {
	green := false
	for _, result := range r.Results[sha] {
		if result.Context == context && (app == 0 || result.App == app) {
			if !result.Passed {
				return false
			}
			green = true
		}
	}
	return green
}

func mergePull(c *call, p *pull) (any, error) {
	if p.Merged {
		return nil, newError(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	}
	if violations := c.mergeBlockers(p); len(violations) > 0 {
		return nil, newError(http.StatusMethodNotAllowed, "%s", strings.Join(violations, " "))
	}
	p.Merged = true
	return object{"merged": true, "sha": c.merge(p.Base, c.repo.Refs[headsPrefix+p.Head])}, nil
}

// mergeBranch merges without a pull request, which is a push.
func mergeBranch(c *call) (any, error) {
	var in struct{ Base, Head string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	head, ok := c.repo.resolve(in.Head)
	if _, there := c.repo.Refs[headsPrefix+in.Base]; !ok || !there {
		return nil, notFound()
	}
	if err := c.checkPush(in.Base, "merge"); err != nil {
		return nil, err
	}
	return object{"sha": c.merge(in.Base, head)}, nil
}

// merge creates a merge commit, which GitHub signs: the head's changes since the
// merge base, applied to the base.
func (c *call) merge(branch, head string) string {
	base := c.repo.Refs[headsPrefix+branch]
	common := c.repo.Commits[c.repo.mergeBase(base, head)].Files
	files, theirs := maps.Clone(c.repo.Commits[base].Files), c.repo.Commits[head].Files
	for file := range unionOfKeys(common, theirs) {
		switch theirs[file] {
		case common[file]:
		case "":
			delete(files, file)
		default:
			files[file] = theirs[file]
		}
	}
	me := person{Name: c.token.Login, Date: c.now}
	id := c.repo.addCommit(commit{
		Message: "Merge", Author: me, Committer: person{Name: "GitHub", Email: "noreply@github.com", Date: c.now},
		Parents: []string{base, head}, Files: files, Verified: true, Pusher: c.token.Login,
	})
	c.repo.Refs[headsPrefix+branch] = id
	return id
}

// unionOfKeys returns the keys of both maps.
func unionOfKeys(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return all
}

// ancestors lists a commit and its ancestors, the nearest first.
func (r *repository) ancestors(id string) []string {
	seen, queue := []string{}, []string{id}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if !slices.Contains(seen, next) {
			seen = append(seen, next)
			queue = append(queue, r.Commits[next].Parents...)
		}
	}
	return seen
}

// mergeBase is the nearest common ancestor of two commits.
func (r *repository) mergeBase(a, b string) string {
	ofA := r.ancestors(a)
	for _, id := range r.ancestors(b) {
		if slices.Contains(ofA, id) {
			return id
		}
	}
	return ""
}
