package preflight

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// githubClient reads GitHub's REST API, with the provider's own token.
type githubClient struct {
	ctx    *pulumi.Context
	parent pulumi.Resource
	owner  string
}

// response is one of GitHub's.
type response struct {
	code int
	body string
	// refused is the provider's error: it makes one of everything that GitHub does
	// not answer with but 404, and gives the status in its text alone.
	refused error
}

func (g githubClient) get(format string, args ...any) response {
	found, err := github.GetRestApi(g.ctx, &github.GetRestApiArgs{Endpoint: fmt.Sprintf(format, args...)}, pulumi.Parent(g.parent))
	if err != nil {
		return response{refused: err}
	}
	return response{code: found.Code, body: found.Body}
}

// getRepository reads about a repository: what is the rest of the path.
func (g githubClient) getRepository(repository, what string) response {
	return g.get("repos/%s/%s%s", g.owner, repository, what)
}

func (r response) found() bool { return r.refused == nil && r.code < 300 }

// says is whether GitHub gave a reason that contains this text.
func (r response) says(text string) bool {
	return strings.Contains(r.body, text) || r.refused != nil && strings.Contains(r.refused.Error(), text)
}

// into decodes an answer.
func (r response) into(v any) error { return json.Unmarshal([]byte(r.body), v) }

// file is the text of a file on a branch, and whether it is there.
func (g githubClient) file(repository, branch, name string) (text string, there bool, err error) {
	r := g.getRepository(repository, "/contents/"+name+"?ref="+branch)
	if r.refused != nil || r.code == 404 {
		return "", false, r.refused
	}
	var content struct{ Content, Encoding string }
	if err := r.into(&content); err != nil {
		return "", true, err
	}
	if content.Encoding != "base64" { // GitHub leaves out what is larger than 1 MB
		return "", true, fmt.Errorf("its content is not in GitHub's answer (encoding %q)", content.Encoding)
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(content.Content, "\n", ""))
	return string(decoded), true, err
}

// team is one that may do something with a repository.
type team struct {
	ID            int
	Slug, Privacy string
	Permissions   struct{ Push bool }
	Parent        *struct{ Slug string }
}

// teams are those of a repository.
func (g githubClient) teams(repository string) ([]team, error) {
	const most = 100 // of a page
	var all []team
	for page := 1; ; page++ {
		r := g.getRepository(repository, fmt.Sprintf("/teams?per_page=%d&page=%d", most, page))
		if !r.found() {
			return nil, fmt.Errorf("the teams of %s: %w", repository, r.refused)
		}
		var some []team
		if err := r.into(&some); err != nil {
			return nil, err
		}
		if all = append(all, some...); len(some) < most {
			return all, nil
		}
	}
}

// handle is a user or a team as settings write it: @login, @organization/team.
type handle string

// split is the organization and the team, or nothing and the login.
func (h handle) split() (organization, name string) {
	name = strings.TrimPrefix(string(h), "@")
	if before, after, isTeam := strings.Cut(name, "/"); isTeam {
		return before, after
	}
	return "", name
}

// allowance is how the provider writes who may push. It compares texts, so they are
// in GitHub's own spelling: a team after the provider's owner.
func (g githubClient) allowance(who handle, login string) string {
	if organization, slug := who.split(); organization != "" {
		return g.owner + "/" + strings.ToLower(slug)
	}
	return "/" + login
}

// identified is a user or a team as GitHub knows it.
type identified struct {
	login string // of a user in GitHub's spelling, or a team's slug
	id    int
}

// find is the user or the team that settings name, and what is wrong with them: least is
// the permission on a repository that they must have, read or write.
func (g githubClient) find(repository string, who handle, teams []team, least string) (found identified, fault string) {
	organization, name := who.split()
	found.login = name
	without := "may not " + least + " " + map[string]string{"write": "to "}[least] + repository
	if organization == "" {
		r := g.getRepository(repository, "/collaborators/"+name+"/permission")
		var got struct {
			Permission string
			User       struct {
				Login string
				ID    int
			}
		}
		enough := []string{"admin", "write"}
		if least == "read" {
			enough = append(enough, "read")
		}
		switch {
		case r.refused != nil:
			return found, "cannot be looked up: " + r.refused.Error()
		case r.code == 404:
			return found, "is no user of GitHub"
		case r.into(&got) != nil || !slices.Contains(enough, got.Permission):
			return found, without
		}
		return identified{got.User.Login, got.User.ID}, ""
	}
	if !strings.EqualFold(organization, g.owner) {
		return found, "is a team of another organization than " + g.owner
	}
	r := g.get("orgs/%s/teams/%s", g.owner, name)
	var got team
	switch {
	case r.refused != nil:
		return found, "cannot be looked up: " + r.refused.Error()
	case r.code == 404 || r.into(&got) != nil:
		return found, "is no team that the token can see"
	case got.Privacy == "secret" && least == "write":
		return found, "is a secret team, which GitHub takes for no code owner"
	}
	found.id = got.ID
	// A team has what its parents have, and a parent's entry is the only one it needs.
	for up := &got; up != nil; {
		if slices.ContainsFunc(teams, func(t team) bool { return t.Slug == up.Slug && (t.Permissions.Push || least == "read") }) {
			return found, ""
		}
		if up.Parent == nil {
			break
		}
		parent := team{}
		if r := g.get("orgs/%s/teams/%s", g.owner, up.Parent.Slug); !r.found() || r.into(&parent) != nil {
			break
		}
		up = &parent
	}
	return found, without
}
