package settings

import (
	"fmt"
	"strings"
)

// checkOwners checks code owners and mergers. If only one of the two is set, it is the default of
// the other. GitHub ignores case in logins and teams.
func (c *checker) checkOwners(s *Settings) {
	at := c.top("source")
	protection := at.child("protection")
	reviewers, mergers := at.child("codeOwners"), at.child("mergers")
	if c.hasProblem(at) || c.hasProblem(protection) || s.Source.Provider != GitHub {
		return
	}
	if s.Source.Protection == Off {
		for _, key := range []string{"reviews", "statusChecks"} {
			if at := at.child(key); c.isSet[at.key] && !c.hasProblem(at) {
				c.add(at, present, "has no effect while source.protection is off", "leave the key out, or set source.protection to create or adopt")
			}
		}
	}
	if s.Source.Protection != Create {
		for _, without := range []struct {
			at    place
			value any
		}{
			{reviewers, toJSONList(s.Source.CodeOwners)},
			{at.child("codeOwnersFile"), string(s.Source.CodeOwnersFile)},
			{mergers, toJSONList(s.Source.Mergers)},
		} {
			if c.isSet[without.at.key] && !c.hasProblem(without.at) {
				c.add(without.at, show(without.value), fmt.Sprintf("has no effect while source.protection is %s", s.Source.Protection),
					"leave the key out, or set source.protection to create")
			}
		}
		return
	}
	const remedy = "name the people or teams that review changes of the gate's workflow, as @login or @organization/team"
	switch {
	case c.hasProblem(reviewers):
	case !c.isSet[reviewers.key] && c.isSet[mergers.key]:
	case !c.isSet[reviewers.key]:
		c.add(reviewers, absent, "is required", remedy)
	case len(s.Source.CodeOwners) == 0:
		c.add(reviewers, "[]", "is empty", remedy)
	}
	if c.isSet[reviewers.key] { // by default the code owners are the mergers
		c.checkHandles(reviewers, s.Source.CodeOwners, s.Source.Owner)
	}
	if c.isSet[mergers.key] { // by default the mergers are the code owners
		c.checkHandles(mergers, s.Source.Mergers, s.Source.Owner)
	}
}

// checkHandles refuses duplicate handles, and teams of another organization.
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
