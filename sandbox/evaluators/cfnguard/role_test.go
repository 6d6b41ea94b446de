package cfnguard_test

// roles are changes of a role, beginning with none.
var roles = map[string]testCase{
	"a role as it is": {},
	"no boundary":     {changes: []change{{"configuration.permissionsBoundary", nothing{}}}, fails: []string{"role_is_bounded"}},
	"a boundary of somebody else's": {
		changes: []change{{"configuration.permissionsBoundary.permissionsBoundaryArn", "arn:aws:iam::aws:policy/AdministratorAccess"}},
		fails:   []string{"role_is_bounded"},
	},
	"an inline policy": {
		changes: []change{{"configuration.rolePolicyList", []any{object{"policyName": "by-hand"}}}},
		fails:   []string{"role_is_bounded"},
	},
	"a policy of AWS's": {
		changes: []change{{"configuration.attachedManagedPolicies.0.policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"}},
		fails:   []string{"role_is_bounded"},
	},
	"the recorder's policy of AWS's": {changes: []change{{"configuration.attachedManagedPolicies.0.policyArn", "arn:aws:iam::aws:policy/service-role/AWS_ConfigRole"}}},
	"a role that is not ready yet":   {changes: []change{{"configuration.attachedManagedPolicies", []any{}}}},
	"a role that is nobody's of the gate": {
		changes: []change{{"configuration.path", "/team/prodgate/"}, {"configuration.permissionsBoundary", nothing{}}},
		foreign: true,
	},
}
