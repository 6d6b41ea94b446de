package settings

import "fmt"

const (
	ownerRemedy     = "write the user or organization alone, as in github.com/<owner>"
	reviewersRemedy = "write the ARNs of 1 to 10 roles whose approvals of a pull request to prod count"
)

// checkSource requires what the provider needs, and refuses keys that have no effect with it.
func (c *checker) checkSource(s *Settings) {
	at := c.top("source")
	provider := at.child("provider")
	if c.hasProblem(at) || c.hasProblem(provider) {
		return
	}
	owner := at.child("owner")
	other := CodeCommit
	if s.Source.Provider == CodeCommit {
		other = GitHub
	}
	noEffect := func(at place) {
		if c.isSet[at.key] && !c.hasProblem(at) {
			c.add(at, present, "has no effect while source.provider is "+s.Source.Provider, "leave the key out, or set source.provider to "+other)
		}
	}
	if s.Source.Provider == GitHub {
		if !c.isSet[owner.key] {
			c.add(owner, absent, "is required", ownerRemedy)
		}
		for _, key := range []string{"repositories", "reviewerArns", "mergerArns"} {
			noEffect(at.child(key))
		}
		return
	}
	switch workflows := c.top("workflows").child("repository"); {
	case s.Workflows.Repository == "":
		noEffect(owner)
	case !c.isSet[owner.key]:
		c.add(owner, absent, "is required with "+workflows.name(), ownerRemedy)
	}
	reviewers, mergers := at.child("reviewerArns"), at.child("mergerArns")
	c.require(reviewers, provider, reviewersRemedy)
	for _, key := range []string{"connectionArn", "statusChecks", "codeOwners", "codeOwnersFile", "mergers"} {
		noEffect(at.child(key))
	}
	if s.Workflows.Repository == "" { // protection is also that of the workflows' repository
		noEffect(at.child("protection"))
	}
	for i := range s.Apps {
		noEffect(c.top("apps").item(i).child("paths"))
	}
	for _, group := range []struct {
		at   place
		arns []string
	}{{reviewers, s.Source.ReviewerArns}, {mergers, s.Source.MergerArns}} {
		if !c.isSet[group.at.key] {
			continue // by default the mergers are the reviewers
		}
		for i, arn := range group.arns {
			c.checkRole(group.at.item(i), arn, s)
		}
	}
	// Every guardrail names the mergers, so that there can be only five.
	if n := len(s.Source.ReviewerArns); n > 5 && !c.isSet[mergers.key] && !c.hasProblem(reviewers) {
		c.add(mergers, absent, fmt.Sprintf("is required with %d reviewers", n), "name 1 to 5 roles that may merge to prod")
	}
}
