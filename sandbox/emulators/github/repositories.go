package github

var repositoryRoutes = []route{
	{"GET /repos/{owner}/{repo}", Read, func(c *call) (any, error) { return c.repositoryJSON(c.repo), nil }},
}

func (r *repository) nodeID() string { return nodeID("R", r.ID) }

func (r *repository) url() string { return apiURL + "/repos/" + r.fullName() }

func (c *call) repositoryJSON(r *repository) object {
	visibility := "public"
	if r.Private {
		visibility = "private"
	}
	owner := c.state.account(r.Owner).summary()
	out := object{
		"id": r.ID, "node_id": r.nodeID(), "name": r.Name, "full_name": r.fullName(), "owner": owner,
		"private": r.Private, "visibility": visibility, "default_branch": r.DefaultBranch,
		"url": r.url(), "html_url": webURL + "/" + r.fullName(), "clone_url": webURL + "/" + r.fullName() + ".git",
		"archived": false, "disabled": false, "fork": false, "created_at": r.CreatedAt,
		"permissions": object{
			"admin": c.token.Permission.includes(Admin),
			"push":  c.token.Permission.includes(Write),
			"pull":  true,
		},
	}
	if owner["type"] == "Organization" {
		out["organization"] = owner
	}
	return out
}
