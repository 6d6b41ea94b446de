package knownstate

import "slices"

// Role compares the trust policy and the permission boundary of a role.
func Role(in Inputs) ([]Part, error) {
	var r reader
	role := r.object("a role", in, "name", "path", "assumeRolePolicy", "permissionsBoundary")
	return r.part("role", role["name"], Fields{"trust": r.document(role["assumeRolePolicy"]), "boundary": role["permissionsBoundary"]})
}

// Attachments compares the policies that are attached to a role, and finds any other.
func Attachments(in Inputs) ([]Part, error) {
	var r reader
	only := r.object("attachments", in, "roleName", "policyArns")
	return r.part("role", only["roleName"], Fields{"policies": r.set("policyArns", only["policyArns"])})
}

// InlinePolicies compares the inline policies of a role, and finds any other.
func InlinePolicies(in Inputs) ([]Part, error) {
	var r reader
	only := r.object("inline policies", in, "roleName", "policyNames")
	return r.part("role", only["roleName"], Fields{"inline policies": r.set("policyNames", only["policyNames"])})
}

// Policy compares the document of a customer managed policy, a permission boundary included.
func Policy(in Inputs) ([]Part, error) {
	var r reader
	policy := r.object("a policy", in, "name", "path", "description", "policy")
	return r.part("policy", policy["name"], Fields{"document": r.document(policy["policy"])})
}

// Repository compares the tag mutability of an ECR repository. Its scan, its key and its
// lifecycle policy do not decide what is deployed.
func Repository(in Inputs) ([]Part, error) {
	var r reader
	repository := r.object("a repository", in, "name", "imageTagMutability", "imageScanningConfiguration", "encryptionConfigurations", "forceDelete")
	return r.part("repository", repository["name"], Fields{"tag mutability": repository["imageTagMutability"]})
}

// RepositoryPolicy compares the policy that says who pushes and pulls.
func RepositoryPolicy(in Inputs) ([]Part, error) {
	var r reader
	policy := r.object("a repository's policy", in, "repository", "policy")
	return r.part("repository", policy["repository"], Fields{"policy": r.document(policy["policy"])})
}

// BucketPolicy compares the policy that says who reads and writes a bucket.
func BucketPolicy(in Inputs) ([]Part, error) {
	var r reader
	policy := r.object("a bucket's policy", in, "bucket", "policy")
	return r.part("bucket", policy["bucket"], Fields{"policy": r.document(policy["policy"])})
}

// TopicPolicy compares the policy that says who publishes to a topic.
func TopicPolicy(name string) Kind {
	return func(in Inputs) ([]Part, error) {
		var r reader
		policy := r.object("a topic's policy", in, "arn", "policy")
		return r.part("topic", name, Fields{"policy": r.document(policy["policy"])})
	}
}

// Schedule compares the schedule and the state of an EventBridge rule. Only scheduled rules
// are compared.
func Schedule(in Inputs) ([]Part, error) {
	var r reader
	rule := r.object("a rule", in, "name", "description", "scheduleExpression")
	return r.part("rule", rule["name"], Fields{"schedule": rule["scheduleExpression"], "state": "ENABLED"})
}

// Target compares the target of an EventBridge rule.
func Target(in Inputs) ([]Part, error) {
	var r reader
	target := r.object("a target", in, "rule", "targetId", "arn", "roleArn")
	return r.part("rule", target["rule"], Fields{"targets": []any{pick(target, "targetId", "arn", "roleArn")}})
}

// Names compares the names of the parameters below a path: deleting the parameter of an app
// would take the app out of the check.
func Names(below string, names []string) Part {
	var all []any
	for _, name := range slices.Sorted(slices.Values(names)) {
		all = append(all, name)
	}
	return Part{"parameters " + below, Fields{"names": slices.Compact(all)}}
}
