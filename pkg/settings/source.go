package settings

import "fmt"

// sourceRules are the rules of where merged code comes from.
var sourceRules = []rule{
	{key: "source", kind: object},
	// GitHub: at most 39 characters. New logins have neither double nor trailing
	// hyphens; old ones do, and those of managed users have an underscore.
	{key: "source.owner", kind: text, max: 39, valid: shape(`[A-Za-z0-9][A-Za-z0-9_-]*`), what: "is not a GitHub login",
		remedy: ownerRemedy},
	{key: "source.provider", kind: text, oneOf: []string{GitHub, CodeCommit}, what: "is no provider of sources"},
	{key: "source.repositories", kind: text, oneOf: provided, what: notPresence},
	// The gate's own limits: approval rules name the reviewers, guardrails the mergers.
	{key: "source.reviewerArns", kind: list, min: 1, max: 10, remedy: reviewersRemedy},
	{key: "source.reviewerArns[]", kind: text, max: maxTrusted, remedy: roleRemedy},
	{key: "source.mergerArns", kind: list, min: 1, max: 5, remedy: "write 1 to 5 roles that may merge to prod, or leave the key out for the reviewers"},
	{key: "source.mergerArns[]", kind: text, max: maxTrusted, remedy: roleRemedy},
	{key: "source.repository", kind: text, max: 100, valid: isRepository, what: notRepository, remedy: repositoryRemedy},
	{key: "source.connectionArn", kind: text, remedy: "leave the key out and the gate creates a connection"},
	// GitHub REST, branch protection: 1 to 6 approving reviews, or 0 for none.
	{key: "source.reviews", kind: number, min: 1, max: 6, remedy: "one at least, or prod is open to whoever may write, and at most 6, the most that GitHub asks for"},
	{key: "source.protection", kind: text, oneOf: presences, what: notPresence},
	{key: "source.codeOwners", kind: list, max: 10, remedy: "write up to 10 owners, a team counts as one"},
	{key: "source.codeOwners[]", kind: text, valid: isHandle, what: notHandle, remedy: handleRemedy},
	{key: "source.codeOwnersFile", kind: text, oneOf: provided, what: notPresence},
	// The gate's own limit.
	{key: "source.mergers", kind: list, min: 1, max: 10, remedy: "write 1 to 10 who may merge, a team counts as one, or leave the key out for the code owners"},
	{key: "source.mergers[]", kind: text, valid: isHandle, what: notHandle, remedy: handleRemedy},
	{key: "source.statusChecks", kind: list, remedy: "leave the key out where nothing is checked"},
	{key: "source.statusChecks[]", kind: text, valid: isLine, what: "is not the name of a status check",
		remedy: "write the check's name as the pull request shows it"},
}

const (
	ownerRemedy     = "write the user or organization alone, as in github.com/<owner>"
	reviewersRemedy = "write the ARNs of 1 to 10 roles whose approvals of a pull request to prod count"
)

// source has what its provider needs, and nothing that has no effect with it.
func (c *checker) source(s *Settings) {
	at := c.top("source")
	provider := at.child("provider")
	if c.wrong(at) || c.wrong(provider) {
		return
	}
	owner := at.child("owner")
	noEffect := func(at place) {
		if c.written[at.key] && !c.wrong(at) {
			c.add(at, "(written)", "has no effect while source.provider is "+s.Source.Provider, "leave the key out, or set source.provider to the other")
		}
	}
	if s.Source.Provider == GitHub {
		if !c.written[owner.key] {
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
	case !c.written[owner.key]:
		c.add(owner, absent, "is required with "+workflows.name(), ownerRemedy)
	}
	reviewers, mergers := at.child("reviewerArns"), at.child("mergerArns")
	c.needs(reviewers, provider, reviewersRemedy)
	for _, key := range []string{"connectionArn", "statusChecks", "protection", "codeOwners", "codeOwnersFile", "mergers"} {
		noEffect(at.child(key))
	}
	for i := range s.Apps {
		noEffect(c.top("apps").item(i).child("paths"))
	}
	for _, group := range []struct {
		at   place
		arns []string
	}{{reviewers, s.Source.ReviewerArns}, {mergers, s.Source.MergerArns}} {
		if !c.written[group.at.key] {
			continue // the reviewers again
		}
		for i, arn := range group.arns {
			c.role(group.at.item(i), arn, s)
		}
	}
	// Who may merge stands in every guardrail.
	if n := len(s.Source.ReviewerArns); n > 5 && !c.written[mergers.key] && !c.wrong(reviewers) {
		c.add(mergers, absent, fmt.Sprintf("is required with %d reviewers", n), "name 1 to 5 roles that may merge to prod")
	}
}
