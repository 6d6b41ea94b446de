package github

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Plan is an account's billing plan, which some features of private repositories
// depend on.
type Plan string

// The plans.
const (
	Free       Plan = "free"
	Team       Plan = "team"
	Enterprise Plan = "enterprise"
)

// Permission is an access level on a repository.
type Permission string

// The permissions, each including those before it.
const (
	None  Permission = "none"
	Read  Permission = "read"
	Write Permission = "write"
	Admin Permission = "admin"
)

// includes reports whether p is at least need.
func (p Permission) includes(need Permission) bool {
	order := []Permission{None, Read, Write, Admin}
	return slices.Index(order, p) >= slices.Index(order, need)
}

// Seed is the state before the first call. A later start adds what the state file
// lacks and keeps the rest of the file; Plan and Tokens always come from the
// seed.
type Seed struct {
	Owner Owner
	// Users are the logins of further users.
	Users []string
	// Teams belong to the owner, an organization.
	Teams []SeedTeam
	// Apps are installed on every repository.
	Apps         []SeedApp
	Repositories []SeedRepository
	// Tokens are the valid tokens. Without any, every token that is not empty is valid, as an
	// administrator's.
	Tokens []Token
}

// Owner owns all repositories.
type Owner struct {
	Login string
	// Organization is false for a user.
	Organization bool
	Plan         Plan
}

// admin is the login of the owner's administrator.
func (o Owner) admin() string {
	if o.Organization {
		return o.Login + "-admin"
	}
	return o.Login
}

// SeedTeam is a team of the owning organization.
type SeedTeam struct {
	Slug    string
	Members []string
}

// SeedApp is a GitHub App.
type SeedApp struct{ Slug, Name string }

// SeedRepository is a repository with one commit, on each of its branches.
type SeedRepository struct {
	Name    string
	Private bool
	// DefaultBranch is main by default.
	DefaultBranch string
	// Branches are the branches beside the default branch.
	Branches []string
	// Files are contents by path.
	Files map[string]string
	// Access is by actor: "/login" for a user, "organization/slug" for a team.
	// Users of tokens have the permission of their token. GitHub silently drops an actor without
	// write access from a branch protection rule.
	Access map[string]Permission
}

// Token is a credential and its user.
type Token struct {
	Value string
	// Login is created as a user if it does not exist.
	Login      string
	Permission Permission
	// App is the id of the app whose installation has the token; 0 for a person's token.
	App int64
	// SignsCommits is whether commits with this token are signed.
	SignsCommits bool
}

// check rejects a seed that GitHub could not have.
func (seed Seed) check() error {
	var errs []error
	if seed.Owner.Login == "" {
		errs = append(errs, errors.New("owner: login is empty"))
	}
	if plans := []Plan{Free, Team, Enterprise}; !slices.Contains(plans, seed.Owner.Plan) {
		errs = append(errs, fmt.Errorf("owner: plan %q is none of %q", seed.Owner.Plan, plans))
	}
	if !seed.Owner.Organization && len(seed.Teams) > 0 {
		errs = append(errs, errors.New("teams: only an organization has teams"))
	}
	for _, r := range seed.Repositories {
		if r.Name == "" {
			errs = append(errs, errors.New("repositories: one has no name"))
		}
	}
	for _, t := range seed.Tokens {
		if t.Value == "" || t.Login == "" || !slices.Contains([]Permission{None, Read, Write, Admin}, t.Permission) {
			errs = append(errs, errors.New("tokens: each minimum a value, a login and a permission"))
		}
	}
	return errors.Join(errs...)
}

// applyTo adds to the state what it lacks.
func (seed Seed) applyTo(s *state, now time.Time) {
	kind := "User"
	if seed.Owner.Organization {
		kind = "Organization"
	}
	owner := s.addAccount(seed.Owner.Login, kind)
	for _, login := range seed.Users {
		s.addAccount(login, "User")
	}
	for _, t := range seed.Tokens {
		s.addAccount(t.Login, "User")
	}
	for _, t := range seed.Teams {
		for _, login := range t.Members {
			s.addAccount(login, "User")
		}
		existing := owner.team(t.Slug)
		if existing == nil {
			existing = &team{ID: s.nextID(), Slug: t.Slug}
			owner.Teams = append(owner.Teams, existing)
		}
		for _, login := range t.Members {
			if !slices.Contains(existing.Members, login) {
				existing.Members = append(existing.Members, login)
			}
		}
	}
	for _, a := range seed.Apps {
		if s.app(a.Slug) == nil {
			s.Apps = append(s.Apps, &app{ID: s.nextID(), Slug: a.Slug, Name: a.Name})
		}
	}
	for _, r := range seed.Repositories {
		existing := s.repository(owner.Login, r.Name)
		if existing == nil {
			existing = r.create(s.nextID(), owner.Login, now)
			s.Repositories = append(s.Repositories, existing)
		}
		r.addFiles(existing, now)
		for actor, p := range r.Access {
			existing.grantAccess(actor, p)
		}
		for _, t := range seed.Tokens {
			existing.grantAccess("/"+t.Login, t.Permission)
		}
	}
}

// grantAccess gives access to an actor without any: a live stack can name a new code owner.
func (r *repository) grantAccess(actor string, p Permission) {
	if r.Access == nil {
		r.Access = map[string]Permission{}
	}
	actor = strings.ToLower(actor)
	if _, has := r.Access[actor]; !has {
		r.Access[actor] = p
	}
}

// addFiles commits files to the branches that do not have them.
func (seed SeedRepository) addFiles(r *repository, now time.Time) {
	who := person{Name: r.Owner, Email: r.Owner + "@users.noreply.github.com", Date: now}
	for _, branch := range append(slices.Clone(seed.Branches), r.DefaultBranch) {
		head, exists := r.Refs[headsPrefix+branch]
		for _, file := range slices.Sorted(maps.Keys(seed.Files)) {
			if exists && r.Commits[head].Files[file] == "" {
				head = r.commitFile(branch, file, r.addBlob([]byte(seed.Files[file])), commit{Message: file, Author: who, Committer: who})
			}
		}
	}
}

func (seed SeedRepository) create(id int64, owner string, now time.Time) *repository {
	r := &repository{
		ID: id, Owner: owner, Name: seed.Name, Private: seed.Private, CreatedAt: now,
		DefaultBranch: seed.DefaultBranch, Access: map[string]Permission{},
		Refs: map[string]string{}, Commits: map[string]commit{}, Blobs: map[string]blob{},
	}
	if r.DefaultBranch == "" {
		r.DefaultBranch = "main"
	}
	files := map[string]string{}
	for path, text := range seed.Files {
		files[path] = r.addBlob([]byte(text))
	}
	who := person{Name: owner, Email: owner + "@users.noreply.github.com", Date: now}
	head := r.addCommit(commit{Message: "Initial commit", Author: who, Committer: who, Files: files})
	for _, branch := range append(slices.Clone(seed.Branches), r.DefaultBranch) {
		r.Refs[headsPrefix+branch] = head
	}
	return r
}
