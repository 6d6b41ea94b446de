package settings

import (
	"fmt"
	"strings"
)

// owners are those who review and merge. GitHub knows logins and teams without case.
func (c *checker) owners(s *Settings) {
	at := c.top("source")
	protection := at.child("protection")
	reviewers, mergers := at.child("codeOwners"), at.child("mergers")
	if c.wrong(at) || c.wrong(protection) || s.Source.Provider != GitHub {
		return
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
			if c.written[without.at.key] && !c.wrong(without.at) {
				c.add(without.at, show(without.value), fmt.Sprintf("has no effect while source.protection is %s", s.Source.Protection),
					"leave the key out, or set source.protection to create")
			}
		}
		return
	}
	const remedy = "write who reviews changes of the workflow that lets only main into prod, @login or @organization/team"
	switch {
	case c.wrong(reviewers):
	case !c.written[reviewers.key]:
		c.add(reviewers, absent, "is required", remedy)
	case len(s.Source.CodeOwners) == 0:
		c.add(reviewers, "[]", "is empty", remedy)
	}
	c.handles(reviewers, s.Source.CodeOwners, s.Source.Owner)
	if c.written[mergers.key] { // else they are the code owners again
		c.handles(mergers, s.Source.Mergers, s.Source.Owner)
	}
}

// handles are different people, and teams of the owner.
func (c *checker) handles(at place, handles []string, owner string) {
	first := map[string]int{}
	for i, handle := range handles {
		item := at.item(i)
		if c.wrong(item) {
			continue
		}
		folded := strings.ToLower(handle)
		if earlier, twice := first[folded]; twice {
			c.add(item, show(handle), fmt.Sprintf("stands there already, as [%d] in another case", earlier), "leave one of them out")
			continue
		}
		first[folded] = i
		organization, _, team := strings.Cut(strings.TrimPrefix(handle, "@"), "/")
		if team && !c.wrong(c.top("source").child("owner")) && !strings.EqualFold(organization, owner) {
			c.add(item, show(handle), "is a team of another organization than "+owner+", which owns the repository",
				"name a team of "+owner+", or people")
		}
	}
}
