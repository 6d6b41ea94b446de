package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// protection is a branch protection rule. Its fields have the names of the
// GraphQL API, where the input's and the output's are the same.
type protection struct {
	ID      int64  `json:"databaseId"`
	Creator string `json:"creator"`
	Pattern string `json:"pattern"`

	IsAdminEnforced                bool `json:"isAdminEnforced"`
	AllowsDeletions                bool `json:"allowsDeletions"`
	AllowsForcePushes              bool `json:"allowsForcePushes"`
	BlocksCreations                bool `json:"blocksCreations"`
	LockBranch                     bool `json:"lockBranch"`
	LockAllowsFetchAndMerge        bool `json:"lockAllowsFetchAndMerge"`
	RequiresCommitSignatures       bool `json:"requiresCommitSignatures"`
	RequiresConversationResolution bool `json:"requiresConversationResolution"`
	RequiresLinearHistory          bool `json:"requiresLinearHistory"`

	RequiresApprovingReviews     bool `json:"requiresApprovingReviews"`
	RequiredApprovingReviewCount int  `json:"requiredApprovingReviewCount"`
	RequiresCodeOwnerReviews     bool `json:"requiresCodeOwnerReviews"`
	RequireLastPushApproval      bool `json:"requireLastPushApproval"`
	DismissesStaleReviews        bool `json:"dismissesStaleReviews"`
	RestrictsReviewDismissals    bool `json:"restrictsReviewDismissals"`

	RequiresStatusChecks       bool          `json:"requiresStatusChecks"`
	RequiresStrictStatusChecks bool          `json:"requiresStrictStatusChecks"`
	RequiredStatusChecks       []statusCheck `json:"requiredStatusChecks"`

	RequiresDeployments            bool     `json:"requiresDeployments"`
	RequiredDeploymentEnvironments []string `json:"requiredDeploymentEnvironments"`

	RestrictsPushes           bool     `json:"restrictsPushes"`
	PushActorIDs              []string `json:"pushActorIds"`
	ReviewDismissalActorIDs   []string `json:"reviewDismissalActorIds"`
	BypassForcePushActorIDs   []string `json:"bypassForcePushActorIds"`
	BypassPullRequestActorIDs []string `json:"bypassPullRequestActorIds"`
}

// statusCheck is a check by name; with an app id, only from that app.
type statusCheck struct {
	Context string `json:"context"`
	AppID   string `json:"appId,omitempty"`
}

func (p *protection) nodeID() string { return nodeID("BPR", p.ID) }

// contexts are the names of the required checks.
func (p *protection) contexts() []string {
	names := []string{}
	for _, check := range p.RequiredStatusChecks {
		names = append(names, check.Context)
	}
	return names
}

// protectionOf finds the rule for a branch: the one with its exact name, else the
// oldest whose pattern matches.
func (r *repository) protectionOf(branch string) *protection {
	if p := find(r.Protections, func(p *protection) bool { return p.Pattern == branch }); p != nil {
		return p
	}
	return find(r.Protections, func(p *protection) bool { return matches(p.Pattern, branch) })
}

// protections is the part of the state that changes rules: one repository's.
type protections struct {
	state *state
	repo  *repository
	plan  Plan
	login string
}

func (ps protections) create(input object) (*protection, error) {
	if err := checkPlan(ps.repo, ps.plan); err != nil {
		return nil, err
	}
	// At GitHub a rule requires one review by default.
	p, err := ps.withInput(protection{Creator: ps.login, RequiredApprovingReviewCount: 1}, input)
	if err != nil {
		return nil, err
	}
	p.ID = ps.state.nextID()
	ps.repo.Protections = append(ps.repo.Protections, p)
	return p, nil
}

func (ps protections) update(old *protection, input object) error {
	p, err := ps.withInput(*old, input)
	if err == nil {
		*old = *p
	}
	return err
}

// withInput is the rule with the input's fields. A null in the input changes
// nothing, so an empty list clears a list.
func (ps protections) withInput(old protection, input object) (*protection, error) {
	fields := object{}
	if err := json.Unmarshal([]byte(encodeJSON(old)), &fields); err != nil {
		return nil, fmt.Errorf("branch protection rule: %w", err)
	}
	if names, ok := input["requiredStatusCheckContexts"].([]any); ok && input["requiredStatusChecks"] == nil {
		checks := []object{}
		for _, name := range names {
			checks = append(checks, object{"context": name})
		}
		fields["requiredStatusChecks"] = checks
	}
	for field, value := range input {
		if value != nil {
			fields[field] = value
		}
	}
	p := &protection{}
	if err := json.Unmarshal([]byte(encodeJSON(fields)), p); err != nil {
		return nil, fmt.Errorf("branch protection rule: %w", err)
	}
	p.dropUnused()
	return p, ps.check(p)
}

// dropUnused clears the details of disabled settings.
func (p *protection) dropUnused() {
	if !p.RequiresApprovingReviews {
		p.RequiresCodeOwnerReviews, p.RequireLastPushApproval, p.DismissesStaleReviews = false, false, false
		p.RestrictsReviewDismissals, p.BypassPullRequestActorIDs = false, nil
	}
	if !p.RestrictsReviewDismissals {
		p.ReviewDismissalActorIDs = nil
	}
	if !p.RequiresStatusChecks {
		p.RequiresStrictStatusChecks, p.RequiredStatusChecks = false, nil
	}
	if !p.RequiresDeployments {
		p.RequiredDeploymentEnvironments = nil
	}
	if !p.RestrictsPushes {
		p.BlocksCreations, p.PushActorIDs = false, nil
	}
}

// check rejects what GitHub rejects, and drops what GitHub drops.
func (ps protections) check(p *protection) error {
	if strings.TrimSpace(p.Pattern) == "" {
		return newError(http.StatusUnprocessableEntity, "Name can't be blank")
	}
	if other := find(ps.repo.Protections, func(o *protection) bool { return o.Pattern == p.Pattern && o.ID != p.ID }); other != nil {
		return newError(http.StatusUnprocessableEntity, "Name already protected: %s", p.Pattern)
	}
	switch n := p.RequiredApprovingReviewCount; {
	case n < 0:
		return newError(http.StatusUnprocessableEntity, "Required approving review count must be greater than or equal to 0")
	case n > 6:
		return newError(http.StatusUnprocessableEntity, "Required approving review count must be less than or equal to 6")
	}
	if ps.state.account(ps.repo.Owner).Type == "User" && (p.RestrictsPushes || p.RestrictsReviewDismissals) {
		return newError(http.StatusUnprocessableEntity, "Only organization repositories can have users and team restrictions")
	}
	for i, check := range p.RequiredStatusChecks {
		if check.AppID == "any" {
			p.RequiredStatusChecks[i].AppID = ""
		} else if check.AppID != "" && ps.state.appByNodeID(check.AppID) == nil {
			return unresolved(check.AppID)
		}
	}
	for _, ids := range []*[]string{&p.PushActorIDs, &p.ReviewDismissalActorIDs, &p.BypassForcePushActorIDs, &p.BypassPullRequestActorIDs} {
		allowed := []string{}
		for _, id := range *ids {
			actor, accessKey := ps.state.actor(id)
			if actor == nil {
				return unresolved(id)
			}
			// An app has access by its installation.
			if accessKey == "" || ps.repo.Access[accessKey].includes(Write) {
				allowed = append(allowed, id)
			}
		}
		slices.Sort(allowed)
		*ids = slices.Compact(allowed)
	}
	return nil
}

// unresolved is GitHub's error for an unknown node id.
func unresolved(id string) error {
	return newError(http.StatusNotFound, "Could not resolve to a node with the global id of '%s'", id)
}

// actor finds the user, team or app with a node id, and its key in Access.
func (s *state) actor(id string) (actor any, accessKey string) {
	for _, a := range s.Accounts {
		if a.Type == "User" && a.nodeID() == id {
			return a, "/" + strings.ToLower(a.Login)
		}
		for _, t := range a.Teams {
			if t.nodeID() == id {
				return t, strings.ToLower(a.Login + "/" + t.Slug)
			}
		}
	}
	if a := s.appByNodeID(id); a != nil {
		return a, ""
	}
	return nil, ""
}

func (s *state) appByNodeID(id string) *app {
	return find(s.Apps, func(a *app) bool { return a.nodeID() == id })
}
