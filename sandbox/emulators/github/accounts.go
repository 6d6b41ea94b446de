package github

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

var accountRoutes = []route{
	{"GET /user", None, getViewer},
	{"GET /user/{id}", None, func(c *call) (any, error) {
		return c.showUser(find(c.state.Accounts, func(a *account) bool { return strconv.FormatInt(a.ID, 10) == c.PathValue("id") }))
	}},
	{"GET /users/{login}", None, func(c *call) (any, error) { return c.showUser(c.state.account(c.PathValue("login"))) }},
	{"GET /users/{login}/gpg_keys", None, listEmpty},
	{"GET /users/{login}/keys", None, listEmpty},
	{"GET /orgs/{org}", None, getOrganization},
	{"GET /orgs/{org}/teams/{slug}", None, withTeam(func(_ *call, org *account, t *team) any { return org.teamJSON(t) })},
	{"GET /orgs/{org}/teams/{slug}/members", None, withTeam(getTeamMembers)},
	{"GET /orgs/{org}/teams/{slug}/repos", None, withTeam(getTeamRepositories)},
	{"GET /repos/{owner}/{repo}/teams", Read, listTeams},
	{"GET /repos/{owner}/{repo}/collaborators/{login}/permission", Write, getPermission},
	{"GET /apps/{slug}", None, getApp},
	{"GET /rate_limit", None, getRateLimit},
}

// summary is an account as other objects embed it.
func (a *account) summary() object {
	return object{
		"id": a.ID, "node_id": a.nodeID(), "login": a.Login, "type": a.Type, "site_admin": false,
		"url": apiURL + "/users/" + a.Login, "html_url": webURL + "/" + a.Login,
	}
}

func (a *account) nodeID() string {
	if a.Type == "Organization" {
		return nodeID("O", a.ID)
	}
	return nodeID("U", a.ID)
}

// getViewer returns the user of the token; an app's installation has none.
func getViewer(c *call) (any, error) {
	if c.token.App != 0 {
		return nil, newError(http.StatusForbidden, "Resource not accessible by integration")
	}
	return c.showUser(c.state.account(c.token.Login))
}

func (c *call) showUser(a *account) (any, error) {
	if a == nil {
		return nil, notFound()
	}
	out := a.summary()
	out["name"] = a.Login
	return out, nil
}

func listEmpty(*call) (any, error) { return []object{}, nil }

func getOrganization(c *call) (any, error) {
	a := c.state.account(c.PathValue("org"))
	if a == nil || a.Type != "Organization" {
		return nil, notFound()
	}
	out := a.summary()
	out["name"] = a.Login
	out["plan"] = object{"name": c.plan}
	return out, nil
}

func withTeam(render func(*call, *account, *team) any) func(*call) (any, error) {
	return func(c *call) (any, error) {
		if org := c.state.account(c.PathValue("org")); org != nil {
			if t := org.team(c.PathValue("slug")); t != nil {
				return render(c, org, t), nil
			}
		}
		return nil, notFound()
	}
}

func (t *team) nodeID() string { return nodeID("T", t.ID) }

func (a *account) teamJSON(t *team) object {
	return object{
		"id": t.ID, "node_id": t.nodeID(), "slug": t.Slug, "name": t.Slug, "privacy": "closed",
		"notification_setting": "notifications_enabled", "permission": "pull",
		"url":      apiURL + "/orgs/" + a.Login + "/teams/" + t.Slug,
		"html_url": webURL + "/orgs/" + a.Login + "/teams/" + t.Slug,
	}
}

func getTeamMembers(c *call, _ *account, t *team) any {
	return list(page(c, t.Members), func(login string) object { return c.state.account(login).summary() })
}

func getTeamRepositories(c *call, org *account, t *team) any {
	var granted []*repository
	for _, r := range c.state.Repositories {
		if r.Access[strings.ToLower(org.Login+"/"+t.Slug)].includes(Read) {
			granted = append(granted, r)
		}
	}
	return list(page(c, granted), c.repositoryJSON)
}

// listTeams lists the teams with access to a repository, and their permissions.
func listTeams(c *call) (any, error) {
	var with []object
	owner := c.state.account(c.repo.Owner)
	for _, t := range owner.Teams {
		has := c.repo.Access[strings.ToLower(owner.Login+"/"+t.Slug)]
		if !has.includes(Read) {
			continue
		}
		out := owner.teamJSON(t)
		out["permission"] = map[Permission]string{Read: "pull", Write: "push", Admin: "admin"}[has]
		out["permissions"] = object{"pull": true, "push": has.includes(Write), "admin": has.includes(Admin)}
		with = append(with, out)
	}
	return page(c, append([]object{}, with...)), nil
}

// getPermission returns a user's permission on a repository. Everybody can read a
// public one.
func getPermission(c *call) (any, error) {
	a := c.state.account(c.PathValue("login"))
	if a == nil || a.Type != "User" {
		return nil, notFound()
	}
	has, there := c.repo.Access["/"+strings.ToLower(a.Login)]
	if !there {
		if has = Read; c.repo.Private {
			has = None
		}
	}
	return object{"permission": has, "role_name": has, "user": a.summary()}, nil
}

func (a *app) nodeID() string { return nodeID("A", a.ID) }

func (a *app) json() object {
	return object{"id": a.ID, "node_id": a.nodeID(), "slug": a.Slug, "name": a.Name, "html_url": webURL + "/apps/" + a.Slug}
}

func getApp(c *call) (any, error) {
	if a := c.state.app(c.PathValue("slug")); a != nil {
		return a.json(), nil
	}
	return nil, notFound()
}

func getRateLimit(c *call) (any, error) {
	rate := object{"limit": 5000, "remaining": 4999, "used": 1, "reset": c.now.Unix() + 3600}
	return object{"rate": rate, "resources": object{"core": rate, "graphql": rate}}, nil
}

// isListed reports whether a user is one of the handles, or a member of one of their teams.
func (s *state) isListed(handles []string, login string) bool {
	return slices.ContainsFunc(handles, func(handle string) bool {
		name := strings.TrimPrefix(handle, "@")
		if organization, slug, isTeam := strings.Cut(name, "/"); isTeam {
			a := s.account(organization)
			if a == nil {
				return false
			}
			t := a.team(slug)
			return t != nil && slices.Contains(t.Members, login)
		}
		return strings.EqualFold(name, login)
	})
}

// includesUser reports whether one of the node ids is the user's, or that of a team
// with the user as a member.
func (s *state) includesUser(ids []string, login string) bool {
	for _, a := range s.Accounts {
		if strings.EqualFold(a.Login, login) && slices.Contains(ids, a.nodeID()) {
			return true
		}
		for _, t := range a.Teams {
			if slices.Contains(t.Members, login) && slices.Contains(ids, t.nodeID()) {
				return true
			}
		}
	}
	return false
}
