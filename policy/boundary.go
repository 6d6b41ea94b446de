package main

import (
	"cmp"
	"fmt"
	"strings"
)

const (
	roleToken   = "aws:iam/role:Role"
	policyToken = "aws:iam/policy:Policy"
)

// boundedRole limits every role, whatever is attached to it later, by a policy of this
// stack. A managed policy of AWS's is no such limit: AWS changes it.
var boundedRole = policy{
	name:        "bounded-role",
	description: "Every role has a permission boundary, which is a policy of the same stack.",
	types:       []string{roleToken},
	check: func(_ stack, r resource) []finding {
		at := r.at("permissionsBoundary")
		switch {
		case at.isUnknown():
			return nil
		case at.text() == "":
			return []finding{{"it has no permission boundary", "set permissionsBoundary to a policy of this stack"}}
		case !strings.Contains(at.text(), boundaryPath):
			return []finding{{fmt.Sprintf("its boundary %s is not a policy whose path ends with %s", at, boundaryPath),
				"set permissionsBoundary to a policy of this stack with such a path"}}
		}
		return nil
	},
	// Whoever owns a boundary outside the stack can widen it.
	checkStack: func(_ stack, all []resource) []finding {
		var found []finding
		for _, role := range all {
			if at := role.at("permissionsBoundary"); role.token == roleToken && at.text() != "" && !hasPolicy(all, at.text()) {
				found = append(found, finding{fmt.Sprintf("the boundary %s of the role %s is not a policy of this stack", at, role.name),
					"set permissionsBoundary to a policy of this stack"})
			}
		}
		return found
	},
}

// hasPolicy is whether one of the policies has, or may have, an ARN. It compares
// path and name: AWS returns the ARN itself only when the policy is created.
func hasPolicy(all []resource, arn string) bool {
	for _, r := range all {
		if r.token != policyToken {
			continue
		}
		path, name := r.at("path"), r.at("name")
		if path.isUnknown() || name.isUnknown() || strings.HasSuffix(arn, ":policy"+cmp.Or(path.text(), "/")+name.text()) {
			return true
		}
	}
	return false
}
