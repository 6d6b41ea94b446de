package settings

import (
	"fmt"
	"strings"
)

// namedRole is a role and the key that names it.
type namedRole struct {
	at    place
	arn   string
	group string // the key, without an index
}

// checkRoles requires roles of this account that are not the gate's own, and different roles
// for different duties. A role is compared with those before it, in the order of the messages.
func (c *checker) checkRoles(s *Settings) {
	var all []namedRole
	add := func(at place, arns ...string) {
		for i, role := range arns {
			all = append(all, namedRole{at.item(i), role, at.name()})
		}
	}
	access := c.top("access")
	add(access.child("deployerArns"), s.Access.DeployerArns...)
	add(access.child("approverArns"), s.Access.ApproverArns...)
	all = append(all, namedRole{access.child("breakGlassArn"), s.Access.BreakGlassArn, "access.breakGlassArn"})
	people := len(all)
	for i, app := range s.Apps {
		at := c.top("apps").item(i)
		all = append(all,
			namedRole{at.child("executionRoleArn"), app.ExecutionRoleArn, ""},
			namedRole{at.child("taskRoleArn"), app.TaskRoleArn, ""})
	}

	// IAM, CreateRole: a name is unique in an account, whatever its path and case.
	holders := map[string]namedRole{}
	for i, role := range all {
		if !c.checkRole(role.at, role.arn, s) {
			continue
		}
		name := strings.ToLower(role.arn[strings.LastIndex(role.arn, "/")+1:])
		earlier, twice := holders[name]
		if !twice && i < people {
			holders[name] = role
		}
		if !twice {
			continue
		}
		remedy := "name another role, or the app could change the gate"
		switch role.group {
		case earlier.group:
			remedy = "leave one of them out, two roles of an account cannot differ only in path or case"
		case "access.approverArns":
			remedy = "name another role, or deployers approve their own deployments"
		case "access.breakGlassArn":
			remedy = "name another role, break-glass must not be in daily use"
		}
		c.add(role.at, show(role.arn), "is also the role of "+earlier.at.name(), remedy)
	}

	// IAM quotas, role trust policy length: 2,048 by default. The rest of the approver
	// role's trust policy takes less than 300.
	const most = 1750
	if written := len(strings.Join(s.Access.ApproverArns, `","`)); written > most {
		c.add(access.child("approverArns"), show(s.Access.ApproverArns),
			fmt.Sprintf("has %d characters, more than the %d that fit into the trust policy of a role", written, most),
			"name fewer roles, people share one through single sign-on")
	}
}

// checkRole reports whether a role is set, of this account, and not one of the gate's own.
func (c *checker) checkRole(at place, arn string, s *Settings) bool {
	c.checkARN(at, roleARN, arn, s)
	if arn == "" || c.hasProblem(at) {
		return false
	}
	if s.Name != "" && !c.hasProblem(c.top("name")) && strings.Contains(arn, ":role/"+s.Name+"/") {
		c.add(at, show(arn), "is a role of the gate itself",
			fmt.Sprintf("name a role of your own, the gate creates the roles below /%s/", s.Name))
		return false
	}
	return true
}
