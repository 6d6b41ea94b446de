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

// boundedRole keeps what is attached to a role, by whomever, below a limit that
// this program sets. A policy of AWS's is none: AWS changes it.
var boundedRole = policy{
	name:        "bounded-role",
	description: "Every role has a permission boundary, which is a policy of the same stack.",
	types:       []string{roleToken},
	resource: func(_ stack, r resource) []finding {
		at := r.at("permissionsBoundary")
		switch {
		case at.unknown():
			return nil
		case at.text() == "":
			return []finding{{"it has no permission boundary", "set permissionsBoundary to a policy of this stack"}}
		case !strings.Contains(at.text(), boundaryPath):
			return []finding{{fmt.Sprintf("its boundary %s is not of a path that ends in %s", at, boundaryPath),
				"set permissionsBoundary to a policy of this stack, and give that such a path"}}
		}
		return nil
	},
	// A boundary that is not of the stack is somebody else's to widen.
	missing: func(all []resource) []finding {
		var found []finding
		for _, role := range all {
			if at := role.at("permissionsBoundary"); role.token == roleToken && at.text() != "" && !policyOf(all, at.text()) {
				found = append(found, finding{fmt.Sprintf("the boundary %s of the role %s is no policy of this stack", at, role.name),
					"set permissionsBoundary to a policy of this stack"})
			}
		}
		return found
	},
}

// policyOf is whether one of the policies has, or may have, an ARN. It goes by
// path and name: the ARN itself is not known before the policy is made.
func policyOf(all []resource, arn string) bool {
	for _, r := range all {
		if r.token != policyToken {
			continue
		}
		path, name := r.at("path"), r.at("name")
		if path.unknown() || name.unknown() || strings.HasSuffix(arn, ":policy"+cmp.Or(path.text(), "/")+name.text()) {
			return true
		}
	}
	return false
}
