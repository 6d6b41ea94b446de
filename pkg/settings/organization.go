package settings

import (
	"regexp"
	"slices"
)

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

const previewRemedy = "write the ARN of a role in roleArn's account that only reads, which previews of pull requests assume"

// checkOrganization checks the target of the guardrails, the roles that attach and read them, and
// that the allowed regions include the stack's.
func (c *checker) checkOrganization(s *Settings) {
	at := c.top("organization")
	target, role, preview, regions := at.child("targetId"), at.child("roleArn"), at.child("previewRoleArn"), at.child("regions")
	if c.isSet[target.key] {
		c.require(role, target, "write the ARN of the role in the management account that attaches policies")
		if repository := c.top("workflows").child("repository"); c.isSet[repository.key] {
			c.require(preview, repository, previewRemedy)
		}
	}
	switch {
	case c.isSet[role.key]:
		c.require(target, role, "write the root, the organizational unit or the account that the guardrails are attached to, or leave out roleArn too")
	case c.isSet[preview.key]:
		c.require(target, preview, "write what the guardrails are attached to and by which role, or leave out previewRoleArn too")
	}
	if id := s.Organization.TargetId; accountID.MatchString(id) && s.Account != "" && id != s.Account {
		c.add(target, show(id), "is not the stack's account "+s.Account, "write the stack's account, or the organizational unit that it is in")
	}

	// The roles are in any account but the stack's.
	foreign := *s
	foreign.Account = ""
	c.checkARN(role, roleARN, s.Organization.RoleArn, &foreign)
	switch got, ok := parseARN(s.Organization.RoleArn); {
	case !ok || c.hasProblem(role):
	case !accountID.MatchString(got.account):
		c.add(role, show(s.Organization.RoleArn), "names no account", "write the ARN of a role in the management account")
	case got.account == s.Account:
		// AWS Organizations: a service control policy has no effect in the management
		// account, and a delegated administrator can detach what it attached.
		c.add(role, show(s.Organization.RoleArn), "is of the stack's own account, which could detach its guardrails",
			"write a role of the management account, or of another account that may attach policies")
	}
	c.checkPreviewRole(preview, role, s, &foreign)

	if s.Region == "" || !c.isSet[regions.key] || c.hasProblem(regions) {
		return
	}
	for i, region := range s.Organization.Regions {
		other := Settings{Region: region}
		if item := regions.item(i); !c.hasProblem(item) && other.Partition() != s.Partition() {
			c.add(item, show(region), "is not of the partition "+s.Partition()+", which "+s.Region+" belongs to", "leave it out")
		}
	}
	if !slices.Contains(s.Organization.Regions, s.Region) {
		c.add(regions, show(toJSONList(s.Organization.Regions)), "does not include "+s.Region+", the stack's region", "add it, or the guardrails deny the gate itself")
	}
}

// checkPreviewRole requires a role other than roleArn, in the same account: a pull request that
// can assume roleArn can detach the guardrails.
func (c *checker) checkPreviewRole(at, role place, s, foreign *Settings) {
	c.checkARN(at, roleARN, s.Organization.PreviewRoleArn, foreign)
	attaching, known := parseARN(s.Organization.RoleArn)
	reading, ok := parseARN(s.Organization.PreviewRoleArn)
	switch {
	case !ok || !known || c.hasProblem(at) || c.hasProblem(role):
	case reading.account != attaching.account:
		c.add(at, show(s.Organization.PreviewRoleArn), "is not of the account "+attaching.account+", which roleArn is of", "write a role of that account")
	case reading == attaching:
		c.add(at, show(s.Organization.PreviewRoleArn), "is the same role as roleArn, with which any pull request could detach the guardrails",
			"write another role, which only reads")
	}
}

// toJSONList converts a list of texts to the type that JSON decoding gives it.
func toJSONList(list []string) []any {
	all := make([]any, len(list))
	for i, text := range list {
		all[i] = text
	}
	return all
}
