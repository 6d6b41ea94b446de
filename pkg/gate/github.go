package gate

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// hub asks GitHub's REST API, with the provider's own token.
type hub struct {
	ctx    *pulumi.Context
	parent pulumi.Resource
	owner  string
}

// answer is one of GitHub's.
type answer struct {
	code int
	body string
	// refused is the provider's error: it makes one of everything that GitHub does
	// not answer with but 404, and gives the status in its text alone.
	refused error
}

func (h hub) get(format string, args ...any) answer {
	found, err := github.GetRestApi(h.ctx, &github.GetRestApiArgs{Endpoint: fmt.Sprintf(format, args...)}, pulumi.Parent(h.parent))
	if err != nil {
		return answer{refused: err}
	}
	return answer{code: found.Code, body: found.Body}
}

// of asks about a repository: what is the rest of the path.
func (h hub) of(repository, what string) answer {
	return h.get("repos/%s/%s%s", h.owner, repository, what)
}

func (a answer) found() bool { return a.refused == nil && a.code < 300 }

// says is whether GitHub gave a reason that contains this text.
func (a answer) says(text string) bool {
	return strings.Contains(a.body, text) || a.refused != nil && strings.Contains(a.refused.Error(), text)
}

// into decodes an answer.
func (a answer) into(v any) error { return json.Unmarshal([]byte(a.body), v) }

// file is the text of a file on a branch, and whether it is there.
func (h hub) file(repository, branch, name string) (text string, there bool, err error) {
	a := h.of(repository, "/contents/"+name+"?ref="+branch)
	if a.refused != nil || a.code == 404 {
		return "", false, a.refused
	}
	var content struct{ Content, Encoding string }
	if err := a.into(&content); err != nil {
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
	Slug, Privacy string
	Permissions   struct{ Push bool }
	Parent        *struct{ Slug string }
}

// teams are those of a repository.
func (h hub) teams(repository string) ([]team, error) {
	const most = 100 // of a page
	var all []team
	for page := 1; ; page++ {
		a := h.of(repository, fmt.Sprintf("/teams?per_page=%d&page=%d", most, page))
		if !a.found() {
			return nil, fmt.Errorf("the teams of %s: %w", repository, a.refused)
		}
		var some []team
		if err := a.into(&some); err != nil {
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
func (h hub) allowance(who handle, login string) string {
	if organization, slug := who.split(); organization != "" {
		return h.owner + "/" + strings.ToLower(slug)
	}
	return "/" + login
}

// mayWrite is whether a user or a team may write to a repository, what is wrong if
// not, and the user's login in GitHub's spelling.
func (h hub) mayWrite(repository string, who handle, teams []team) (login, fault string) {
	organization, name := who.split()
	if organization == "" {
		a := h.of(repository, "/collaborators/"+name+"/permission")
		var got struct {
			Permission string
			User       struct{ Login string }
		}
		switch {
		case a.refused != nil:
			return name, "cannot be looked up: " + a.refused.Error()
		case a.code == 404:
			return name, "is no user of GitHub"
		case a.into(&got) != nil || !slices.Contains([]string{"admin", "write"}, got.Permission):
			return name, "may not write to " + repository
		}
		return got.User.Login, ""
	}
	if !strings.EqualFold(organization, h.owner) {
		return name, "is a team of another organization than " + h.owner
	}
	a := h.get("orgs/%s/teams/%s", h.owner, name)
	var got team
	switch {
	case a.refused != nil:
		return name, "cannot be looked up: " + a.refused.Error()
	case a.code == 404 || a.into(&got) != nil:
		return name, "is no team that the token can see"
	case got.Privacy == "secret":
		return name, "is a secret team, which GitHub takes for no code owner"
	}
	// A team has what its parents have, and a parent's entry is the only one it needs.
	for up := &got; up != nil; {
		if slices.ContainsFunc(teams, func(t team) bool { return t.Slug == up.Slug && t.Permissions.Push }) {
			return name, ""
		}
		if up.Parent == nil {
			break
		}
		parent := team{}
		if a := h.get("orgs/%s/teams/%s", h.owner, up.Parent.Slug); !a.found() || a.into(&parent) != nil {
			break
		}
		up = &parent
	}
	return name, "may not write to " + repository
}
