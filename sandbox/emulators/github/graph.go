package github

import (
	"encoding/json"
	"net/http"
)

// graph builds the GraphQL objects from the state, for one caller.
type graph struct {
	state *state
	token Token
	plan  Plan
}

func (g graph) query() graphObject {
	return graphObject{"Query", object{
		"viewer":    g.account(g.state.account(g.token.Login)),
		"rateLimit": graphObject{"RateLimit", object{"cost": 1, "limit": 5000, "remaining": 4999}},
		"node": func(args object) (any, error) {
			id, _ := args["id"].(string)
			if found, ok := g.node(id); ok {
				return found, nil
			}
			return nil, unresolved(id)
		},
		"repository": func(args object) (any, error) {
			owner, _ := args["owner"].(string)
			name, _ := args["name"].(string)
			if r := g.state.repository(owner, name); r != nil && g.canRead(r) {
				return g.repository(r), nil
			}
			return nil, newError(http.StatusNotFound, "Could not resolve to a Repository with the name '%s/%s'.", owner, name)
		},
		"user":         g.login("User", "a User"),
		"organization": g.login("Organization", "an Organization"),
	}}
}

// login looks up a user or an organization.
func (g graph) login(kind, called string) resolver {
	return func(args object) (any, error) {
		login, _ := args["login"].(string)
		if a := g.state.account(login); a != nil && a.Type == kind {
			return g.account(a), nil
		}
		return nil, newError(http.StatusNotFound, "Could not resolve to %s with the login of '%s'.", called, login)
	}
}

func (g graph) canRead(r *repository) bool { return !r.Private || g.token.Permission.includes(Read) }

// node finds an object by its node id.
func (g graph) node(id string) (graphObject, bool) {
	for _, a := range g.state.Accounts {
		if a.nodeID() == id {
			return g.account(a), true
		}
	}
	for _, r := range g.state.Repositories {
		if !g.canRead(r) {
			continue
		}
		if r.nodeID() == id {
			return g.repository(r), true
		}
		if p := find(r.Protections, func(p *protection) bool { return p.nodeID() == id }); p != nil {
			return g.protection(r, p), true
		}
	}
	if actor, _ := g.state.actor(id); actor != nil {
		return g.actor(actor), true
	}
	return graphObject{}, false
}

func (g graph) account(a *account) graphObject {
	return graphObject{a.Type, object{
		"id": a.nodeID(), "databaseId": a.ID, "login": a.Login, "name": a.Login,
		"team": func(args object) (any, error) {
			slug, _ := args["slug"].(string)
			if t := a.team(slug); t != nil {
				return g.actor(t), nil
			}
			return nil, nil
		},
	}}
}

// actor is a user, team or app that a rule can except.
func (g graph) actor(actor any) graphObject {
	switch a := actor.(type) {
	case *account:
		return g.account(a)
	case *team:
		return graphObject{"Team", object{"id": a.nodeID(), "databaseId": a.ID, "slug": a.Slug, "name": a.Slug}}
	case *app:
		return graphObject{"App", object{"id": a.nodeID(), "databaseId": a.ID, "slug": a.Slug, "name": a.Name}}
	}
	return graphObject{}
}

func (g graph) repository(r *repository) graphObject {
	var rules []graphObject
	for _, p := range r.Protections {
		rules = append(rules, g.protection(r, p))
	}
	return graphObject{"Repository", object{
		"id": r.nodeID(), "databaseId": r.ID, "name": r.Name, "nameWithOwner": r.fullName(), "isPrivate": r.Private,
		"owner":                 g.account(g.state.account(r.Owner)),
		"branchProtectionRules": connection("BranchProtectionRuleConnection", "branchProtectionRules", rules),
		"defaultBranchRef":      func(object) (any, error) { return g.ref(r, r.DefaultBranch), nil },
		"ref": func(args object) (any, error) {
			name, _ := args["qualifiedName"].(string)
			for _, branch := range r.branches() {
				if name == branch || name == headsPrefix+branch {
					return g.ref(r, branch), nil
				}
			}
			return nil, nil
		},
	}}
}

func (g graph) ref(r *repository, branch string) graphObject {
	return graphObject{"Ref", object{
		"id": "REF_" + hash(r.fullName()+headsPrefix+branch), "name": branch, "prefix": headsPrefix,
		"branchProtectionRule": func(object) (any, error) {
			if p := r.protectionOf(branch); p != nil {
				return g.protection(r, p), nil
			}
			return nil, nil
		},
	}}
}

func (g graph) protection(r *repository, p *protection) graphObject {
	fields := object{}
	_ = json.Unmarshal([]byte(encodeJSON(p)), &fields)
	fields["id"] = p.nodeID()
	fields["databaseId"] = p.ID
	fields["creator"] = g.account(g.state.account(p.Creator))
	fields["repository"] = func(object) (any, error) { return g.repository(r), nil }
	if !p.RequiresApprovingReviews {
		fields["requiredApprovingReviewCount"] = nil
	}
	fields["requiredStatusCheckContexts"] = p.contexts()
	checks := []graphObject{}
	for _, check := range p.RequiredStatusChecks {
		described := object{"context": check.Context, "app": nil}
		if a := g.state.appByNodeID(check.AppID); a != nil {
			described["app"] = g.actor(a)
		}
		checks = append(checks, graphObject{"RequiredStatusCheckDescription", described})
	}
	fields["requiredStatusChecks"] = checks
	fields["matchingRefs"] = func(args object) (any, error) {
		var refs []graphObject
		for _, branch := range r.branches() {
			if r.protectionOf(branch) == p {
				refs = append(refs, g.ref(r, branch))
			}
		}
		return connection("RefConnection", "matchingRefs", refs)(args)
	}
	for field, allowance := range map[string]struct {
		typ string
		ids []string
	}{
		"pushAllowances":              {"PushAllowance", p.PushActorIDs},
		"reviewDismissalAllowances":   {"ReviewDismissalAllowance", p.ReviewDismissalActorIDs},
		"bypassForcePushAllowances":   {"BypassForcePushAllowance", p.BypassForcePushActorIDs},
		"bypassPullRequestAllowances": {"BypassPullRequestAllowance", p.BypassPullRequestActorIDs},
	} {
		var allowed []graphObject
		for _, id := range allowance.ids {
			actor, _ := g.state.actor(id)
			allowed = append(allowed, graphObject{allowance.typ, object{
				"id": allowance.typ + "_" + hash(p.nodeID()+id), "actor": g.actor(actor),
				"branchProtectionRule": func(object) (any, error) { return g.protection(r, p), nil },
			}})
		}
		fields[field] = connection(allowance.typ+"Connection", field, allowed)
	}
	return graphObject{"BranchProtectionRule", fields}
}

func (g graph) mutation() graphObject {
	return graphObject{"Mutation", object{
		"createBranchProtectionRule": func(args object) (any, error) {
			input, _ := args["input"].(object)
			for _, r := range g.state.Repositories {
				if r.nodeID() != input["repositoryId"] || !g.canRead(r) {
					continue
				}
				if !g.token.Permission.includes(Admin) {
					return nil, forbidden()
				}
				p, err := g.protections(r).create(input)
				if err != nil {
					return nil, err
				}
				return g.payload("Create", input, g.protection(r, p)), nil
			}
			id, _ := input["repositoryId"].(string)
			return nil, unresolved(id)
		},
		"updateBranchProtectionRule": g.change(func(r *repository, p *protection, input object) (any, error) {
			if err := g.protections(r).update(p, input); err != nil {
				return nil, err
			}
			return g.payload("Update", input, g.protection(r, p)), nil
		}),
		"deleteBranchProtectionRule": g.change(func(r *repository, p *protection, input object) (any, error) {
			r.Protections = without(r.Protections, p)
			return g.payload("Delete", input, nil), nil
		}),
	}}
}

// change finds the rule of an input and checks that the caller can change it.
func (g graph) change(do func(*repository, *protection, object) (any, error)) resolver {
	return func(args object) (any, error) {
		input, _ := args["input"].(object)
		id, _ := input["branchProtectionRuleId"].(string)
		for _, r := range g.state.Repositories {
			p := find(r.Protections, func(p *protection) bool { return p.nodeID() == id })
			switch {
			case p == nil || !g.canRead(r):
				continue
			case !g.token.Permission.includes(Admin):
				return nil, forbidden()
			}
			return do(r, p, input)
		}
		return nil, unresolved(id)
	}
}

func (g graph) protections(r *repository) protections {
	return protections{state: g.state, repo: r, plan: g.plan, login: g.token.Login}
}

func (g graph) payload(verb string, input object, rule any) graphObject {
	return graphObject{verb + "BranchProtectionRulePayload", object{
		"clientMutationId": input["clientMutationId"], "branchProtectionRule": rule,
	}}
}
