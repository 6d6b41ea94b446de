package github

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

var environmentRoutes = []route{
	{"GET /repos/{owner}/{repo}/environments", Read, listEnvironments},
	{"GET /repos/{owner}/{repo}/environments/{environment}", Read, withEnvironment(getEnvironment)},
	{"PUT /repos/{owner}/{repo}/environments/{environment}", Admin, putEnvironment},
	{"DELETE /repos/{owner}/{repo}/environments/{environment}", Admin, withEnvironment(deleteEnvironment)},
	{"GET /repos/{owner}/{repo}/environments/{environment}/deployment-branch-policies", Read, withEnvironment(listPolicies)},
	{"POST /repos/{owner}/{repo}/environments/{environment}/deployment-branch-policies", Admin, withEnvironment(createPolicy)},
	{"GET /repos/{owner}/{repo}/environments/{environment}/deployment-branch-policies/{id}", Read, withPolicy(getPolicy)},
	{"PUT /repos/{owner}/{repo}/environments/{environment}/deployment-branch-policies/{id}", Admin, withPolicy(updatePolicy)},
	{"DELETE /repos/{owner}/{repo}/environments/{environment}/deployment-branch-policies/{id}", Admin, withPolicy(deletePolicy)},
}

// environment is a deployment environment with its protection rules.
type environment struct {
	ID                int64             `json:"id"`
	Name              string            `json:"name"`
	WaitTimer         int               `json:"waitTimer"`
	PreventSelfReview bool              `json:"preventSelfReview"`
	CanAdminsBypass   bool              `json:"canAdminsBypass"`
	Reviewers         []reviewer        `json:"reviewers,omitempty"`
	BranchPolicy      *deploymentPolicy `json:"branchPolicy,omitempty"`
	Policies          []*branchPolicy   `json:"policies,omitempty"`
	CreatedAt         time.Time         `json:"createdAt"`
	UpdatedAt         time.Time         `json:"updatedAt"`
	actionsStore
}

type reviewer struct {
	Type string `json:"type"`
	ID   int64  `json:"id"`
}

// deploymentPolicy selects the branches that can deploy: the protected ones, or those
// of the environment's branch policies.
type deploymentPolicy struct {
	ProtectedBranches    bool `json:"protected_branches"`
	CustomBranchPolicies bool `json:"custom_branch_policies"`
}

type branchPolicy struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

func (r *repository) environment(name string) *environment {
	return find(r.Environments, func(e *environment) bool { return strings.EqualFold(e.Name, name) })
}

func withEnvironment(handler func(*call, *environment) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		if e := c.repo.environment(c.PathValue("environment")); e != nil {
			return handler(c, e)
		}
		return nil, notFound()
	}
}

func (c *call) environmentJSON(e *environment) object {
	id := func(rule string) object {
		return object{"id": e.ID, "node_id": "GA_" + hash(fmt.Sprint(e.ID, rule)), "type": rule}
	}
	rules := []object{}
	if e.WaitTimer > 0 {
		rules = append(rules, id("wait_timer"))
		rules[len(rules)-1]["wait_timer"] = e.WaitTimer
	}
	if len(e.Reviewers) > 0 {
		rules = append(rules, id("required_reviewers"))
		rules[len(rules)-1]["prevent_self_review"] = e.PreventSelfReview
		rules[len(rules)-1]["reviewers"] = list(e.Reviewers, func(r reviewer) object {
			return object{"type": r.Type, "reviewer": c.reviewerJSON(r)}
		})
	}
	if e.BranchPolicy != nil {
		rules = append(rules, id("branch_policy"))
	}
	return object{
		"id": e.ID, "node_id": nodeID("EN", e.ID), "name": e.Name,
		"url":               c.repo.url() + "/environments/" + url.PathEscape(e.Name),
		"can_admins_bypass": e.CanAdminsBypass, "created_at": e.CreatedAt, "updated_at": e.UpdatedAt,
		"protection_rules": rules, "deployment_branch_policy": e.BranchPolicy,
	}
}

// reviewerJSON is the user or team with an id, or nil.
func (c *call) reviewerJSON(r reviewer) object {
	for _, a := range c.state.Accounts {
		if r.Type == "User" && a.Type == "User" && a.ID == r.ID {
			return a.summary()
		}
		if t := find(a.Teams, func(t *team) bool { return t.ID == r.ID }); r.Type == "Team" && t != nil {
			return a.teamJSON(t)
		}
	}
	return nil
}

func listEnvironments(c *call) (any, error) {
	return object{
		"total_count":  len(c.repo.Environments),
		"environments": list(page(c, c.repo.Environments), c.environmentJSON),
	}, nil
}

func getEnvironment(c *call, e *environment) (any, error) { return c.environmentJSON(e), nil }

// putEnvironment creates an environment or replaces all its settings.
func putEnvironment(c *call) (any, error) {
	var in struct {
		WaitTimer         int               `json:"wait_timer"`
		PreventSelfReview bool              `json:"prevent_self_review"`
		CanAdminsBypass   *bool             `json:"can_admins_bypass"`
		Reviewers         []reviewer        `json:"reviewers"`
		BranchPolicy      *deploymentPolicy `json:"deployment_branch_policy"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	unsupported := func(rule string) error {
		return newError(http.StatusUnprocessableEntity, "Failed to create the environment protection rule. Please ensure the billing plan supports the %s protection rule.", rule)
	}
	isLimited := c.repo.Private && c.plan != Enterprise
	switch {
	case c.repo.Private && c.plan == Free:
		return nil, notFound()
	case isLimited && len(in.Reviewers) > 0:
		return nil, unsupported("required reviewers")
	case isLimited && in.WaitTimer > 0:
		return nil, unsupported("wait timer")
	case in.WaitTimer < 0 || in.WaitTimer > 43200:
		return nil, newError(http.StatusUnprocessableEntity, "Invalid request.\n\nwait_timer must be between 0 and 43200")
	case len(in.Reviewers) > 6:
		return nil, newError(http.StatusUnprocessableEntity, "Invalid request.\n\nNo more than 6 items are allowed; %d were supplied.", len(in.Reviewers))
	case in.PreventSelfReview && len(in.Reviewers) == 0:
		return nil, newError(http.StatusUnprocessableEntity, "Failed to create or update the environment protection rule. Required reviewers must have at least one reviewer to set prevent_self_review.")
	case in.BranchPolicy != nil && in.BranchPolicy.ProtectedBranches == in.BranchPolicy.CustomBranchPolicies:
		return nil, newError(http.StatusUnprocessableEntity, "protected_branches and custom_branch_policies cannot have the same value")
	case slices.ContainsFunc(in.Reviewers, func(r reviewer) bool { return c.reviewerJSON(r) == nil }):
		return nil, newError(http.StatusUnprocessableEntity, "Failed to create the environment protection rule. One of the reviewers does not exist or cannot read the repository.")
	}
	e := c.repo.environment(c.PathValue("environment"))
	if e == nil {
		e = &environment{ID: c.state.nextID(), Name: c.PathValue("environment"), CreatedAt: c.now}
		c.repo.Environments = append(c.repo.Environments, e)
	}
	e.WaitTimer, e.PreventSelfReview, e.Reviewers, e.BranchPolicy = in.WaitTimer, in.PreventSelfReview, in.Reviewers, in.BranchPolicy
	e.CanAdminsBypass = in.CanAdminsBypass == nil || *in.CanAdminsBypass
	if e.BranchPolicy == nil || !e.BranchPolicy.CustomBranchPolicies {
		e.Policies = nil
	}
	e.UpdatedAt = c.now
	return c.environmentJSON(e), nil
}

func deleteEnvironment(c *call, e *environment) (any, error) {
	c.repo.Environments = without(c.repo.Environments, e)
	return nil, nil
}

func withPolicy(handler func(*call, *environment, *branchPolicy) (any, error)) func(*call) (any, error) {
	return withEnvironment(func(c *call, e *environment) (any, error) {
		if p := find(e.Policies, func(p *branchPolicy) bool { return strconv.FormatInt(p.ID, 10) == c.PathValue("id") }); p != nil {
			return handler(c, e, p)
		}
		return nil, notFound()
	})
}

func (p *branchPolicy) json() object {
	return object{"id": p.ID, "node_id": nodeID("DBP", p.ID), "name": p.Name, "type": p.Type}
}

func listPolicies(c *call, e *environment) (any, error) {
	return object{"total_count": len(e.Policies), "branch_policies": list(page(c, e.Policies), (*branchPolicy).json)}, nil
}

func createPolicy(c *call, e *environment) (any, error) {
	if e.BranchPolicy == nil || !e.BranchPolicy.CustomBranchPolicies {
		return nil, notFound()
	}
	p := &branchPolicy{Type: "branch"}
	if err := c.decode(p); err != nil {
		return nil, err
	}
	if p.Name == "" {
		return nil, newError(http.StatusUnprocessableEntity, "Invalid request.\n\n\"name\" wasn't supplied.")
	}
	p.ID = c.state.nextID()
	e.Policies = append(e.Policies, p)
	return response{http.StatusOK, p.json()}, nil
}

func getPolicy(_ *call, _ *environment, p *branchPolicy) (any, error) { return p.json(), nil }

func updatePolicy(c *call, _ *environment, p *branchPolicy) (any, error) {
	var in struct{ Name string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Name != "" {
		p.Name = in.Name
	}
	return p.json(), nil
}

func deletePolicy(_ *call, e *environment, p *branchPolicy) (any, error) {
	e.Policies = without(e.Policies, p)
	return nil, nil
}
