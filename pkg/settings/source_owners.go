package settings

import (
	"fmt"
	"strings"
)

// checkOwners checks who reviews and who merges: the code owners, or else the mergers, are
// both. GitHub knows logins and teams without case.
func (c *checker) checkOwners(s *Settings) {
	at := c.top("source")
	protection := at.child("protection")
	reviewers, mergers := at.child("codeOwners"), at.child("mergers")
	if c.hasProblem(at) || c.hasProblem(protection) || s.Source.Provider != GitHub {
		return
	}
	if s.Source.Protection == Off {
		for _, key := range []string{"reviews", "statusChecks"} {
			if at := at.child(key); c.written[at.key] && !c.hasProblem(at) {
				c.add(at, present, "has no effect while source.protection is off", "leave the key out, or set source.protection to create or adopt")
			}
		}
	}
	if s.Source.Protection != Create {
		for _, without := range []struct {
			at    place
			value any
		}{
			{reviewers, texts(s.Source.CodeOwners)},
			{at.child("codeOwnersFile"), string(s.Source.CodeOwnersFile)},
			{mergers, texts(s.Source.Mergers)},
		} {
			if c.written[without.at.key] && !c.hasProblem(without.at) {
				c.add(without.at, show(without.value), fmt.Sprintf("has no effect while source.protection is %s", s.Source.Protection),
					"leave the key out, or set source.protection to create")
			}
		}
		return
	}
	const remedy = "name the people or teams that review changes of the gate's workflow, as @login or @organization/team"
	switch {
	case c.hasProblem(reviewers):
	case !c.written[reviewers.key] && c.written[mergers.key]:
	case !c.written[reviewers.key]:
		c.add(reviewers, absent, "is required", remedy)
	case len(s.Source.CodeOwners) == 0:
		c.add(reviewers, "[]", "is empty", remedy)
	}
	if c.written[reviewers.key] { // else they are the mergers
		c.checkHandles(reviewers, s.Source.CodeOwners, s.Source.Owner)
	}
	if c.written[mergers.key] { // else they are the code owners
		c.checkHandles(mergers, s.Source.Mergers, s.Source.Owner)
	}
}

// checkHandles refuses the same person twice, and teams of another organization.
func (c *checker) checkHandles(at place, handles []string, owner string) {
	first := map[string]int{}
	for i, handle := range handles {
		item := at.item(i)
		if c.hasProblem(item) {
			continue
		}
		folded := strings.ToLower(handle)
		if earlier, twice := first[folded]; twice {
			c.add(item, show(handle), fmt.Sprintf("is already listed as [%d] in another case", earlier), "leave one of them out")
			continue
		}
		first[folded] = i
		organization, _, team := strings.Cut(strings.TrimPrefix(handle, "@"), "/")
		if team && !c.hasProblem(c.top("source").child("owner")) && !strings.EqualFold(organization, owner) {
			c.add(item, show(handle), "is a team of another organization than "+owner+", which owns the repository",
				"name a team of "+owner+", or people")
		}
	}
}
