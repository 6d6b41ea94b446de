package knownstate

// Role compares who takes a role on, and its boundary.
func Role(in Inputs) ([]Part, error) {
	var r reading
	role := r.of("a role", in, "name", "path", "assumeRolePolicy", "permissionsBoundary")
	return r.part("role", role["name"], Fields{"trust": r.document(role["assumeRolePolicy"]), "boundary": role["permissionsBoundary"]})
}

// Attachments compares the policies that a role has and no others.
func Attachments(in Inputs) ([]Part, error) {
	var r reading
	only := r.of("attachments", in, "roleName", "policyArns")
	return r.part("role", only["roleName"], Fields{"policies": set(only["policyArns"])})
}

// InlinePolicies compares those that a role has and no others.
func InlinePolicies(in Inputs) ([]Part, error) {
	var r reading
	only := r.of("inline policies", in, "roleName", "policyNames")
	return r.part("role", only["roleName"], Fields{"inline policies": set(only["policyNames"])})
}

// Policy compares the document of a customer-managed policy, a boundary's too.
func Policy(in Inputs) ([]Part, error) {
	var r reading
	policy := r.of("a policy", in, "name", "path", "description", "policy")
	return r.part("policy", policy["name"], Fields{"document": r.document(policy["policy"])})
}

// Repository compares whether a repository's tags move. Its scan, its key and its
// life cycle let nobody deliver anything.
func Repository(in Inputs) ([]Part, error) {
	var r reading
	repository := r.of("a repository", in, "name", "imageTagMutability", "imageScanningConfiguration", "encryptionConfigurations", "forceDelete")
	return r.part("repository", repository["name"], Fields{"tag mutability": repository["imageTagMutability"]})
}

// RepositoryPolicy compares who pushes and pulls.
func RepositoryPolicy(in Inputs) ([]Part, error) {
	var r reading
	policy := r.of("a repository's policy", in, "repository", "policy")
	return r.part("repository", policy["repository"], Fields{"policy": r.document(policy["policy"])})
}

// BucketPolicy compares who reads and writes a bucket.
func BucketPolicy(in Inputs) ([]Part, error) {
	var r reading
	policy := r.of("a bucket's policy", in, "bucket", "policy")
	return r.part("bucket", policy["bucket"], Fields{"policy": r.document(policy["policy"])})
}

// TopicPolicy compares who publishes to a topic.
func TopicPolicy(name string) Kind {
	return func(in Inputs) ([]Part, error) {
		var r reading
		policy := r.of("a topic's policy", in, "arn", "policy")
		return r.part("topic", name, Fields{"policy": r.document(policy["policy"])})
	}
}

// Schedule compares when a rule of EventBridge goes off. Only such rules are compared
// that do by the clock.
func Schedule(in Inputs) ([]Part, error) {
	var r reading
	rule := r.of("a rule", in, "name", "description", "scheduleExpression")
	return r.part("rule", rule["name"], Fields{"schedule": rule["scheduleExpression"], "state": "ENABLED"})
}

// Target compares what a rule starts.
func Target(in Inputs) ([]Part, error) {
	var r reading
	target := r.of("a target", in, "rule", "targetId", "arn", "roleArn")
	return r.part("rule", target["rule"], Fields{"targets": []any{pick(target, "targetId", "arn", "roleArn")}})
}

// Names compares which parameters there are below one: whoever deletes that of an app
// takes the app out of the check.
func Names(below string, names []string) Part {
	all := make([]any, len(names))
	for i, name := range names {
		all[i] = name
	}
	return Part{"parameters " + below, Fields{"names": set(all)}}
}
