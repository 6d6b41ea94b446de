package knownstate

import (
	"fmt"
	"slices"
)

// Role compares the trust policy, the permission boundary and the longest session of a role.
func Role(r *Reader, in Inputs) []Part {
	known := []string{"name", "path", "assumeRolePolicy", "permissionsBoundary", "maxSessionDuration"}
	role := r.object("a role", in, known...)
	length := role["maxSessionDuration"]
	if length == 3600 { // which AWS sets where nobody says otherwise
		length = nil
	}
	return r.part("role", role["name"], Fields{
		"trust": r.document(role["assumeRolePolicy"]), "boundary": role["permissionsBoundary"], "session length": length,
		"additions": r.unknown(role, known...),
	})
}

// Attachments compares the policies that are attached to a role, and finds any other.
func Attachments(r *Reader, in Inputs) []Part {
	only := r.object("attachments", in, "roleName", "policyArns")
	return r.part("role", only["roleName"], Fields{"policies": r.set("policyArns", only["policyArns"])})
}

// InlinePolicies compares the inline policies of a role, and finds any other.
func InlinePolicies(r *Reader, in Inputs) []Part {
	only := r.object("inline policies", in, "roleName", "policyNames")
	return r.part("role", only["roleName"], Fields{"inline policies": r.set("policyNames", only["policyNames"])})
}

// Policy compares the document of a customer managed policy, a permission boundary included.
func Policy(r *Reader, in Inputs) []Part {
	policy := r.object("a policy", in, "name", "path", "description", "policy")
	return r.part("policy", policy["name"], Fields{"document": r.document(policy["policy"])})
}

// Repository compares the tag mutability of an ECR repository. Its scan, its key and its
// lifecycle policy do not decide what is deployed.
func Repository(r *Reader, in Inputs) []Part {
	known := []string{"name", "imageTagMutability", "imageScanningConfiguration", "encryptionConfigurations", "forceDelete"}
	repository := r.object("a repository", in, known...)
	return r.part("repository", repository["name"], Fields{
		"tag mutability": repository["imageTagMutability"], "mutable tags": repository["imageTagMutabilityExclusionFilters"],
		"additions": r.unknown(repository, append(known, "imageTagMutabilityExclusionFilters")...),
	})
}

// RepositoryPolicy compares the policy that says who pushes and pulls.
func RepositoryPolicy(r *Reader, in Inputs) []Part {
	policy := r.object("a repository's policy", in, "repository", "policy")
	return r.part("repository", policy["repository"], Fields{"policy": r.document(policy["policy"])})
}

// BucketPolicy compares the policy that says who reads and writes a bucket.
func BucketPolicy(r *Reader, in Inputs) []Part {
	policy := r.object("a bucket's policy", in, "bucket", "policy")
	return r.part("bucket", policy["bucket"], Fields{"policy": r.document(policy["policy"])})
}

// TopicPolicy compares the policy that says who publishes to a topic.
func TopicPolicy(name string) Kind {
	return func(r *Reader, in Inputs) []Part {
		policy := r.object("a topic's policy", in, "arn", "policy")
		return r.part("topic", name, Fields{"policy": r.document(policy["policy"])})
	}
}

// Rule compares the pattern, the schedule and the state of an EventBridge rule.
func Rule(r *Reader, in Inputs) []Part {
	known := []string{"name", "description", "scheduleExpression", "eventPattern", "state"}
	rule := r.object("a rule", in, known...)
	state := rule["state"]
	if isEmpty(state) {
		state = "ENABLED"
	}
	return r.part("rule", rule["name"], Fields{
		"schedule": rule["scheduleExpression"], "pattern": r.json("a pattern", rule["eventPattern"]), "state": state,
		"additions": r.unknown(rule, known...),
	})
}

// Target compares a target of an EventBridge rule: which, as whom, and what it is given. Each is its own field,
// so that a further one is a difference too.
func Target(r *Reader, in Inputs) []Part {
	target := r.object("a target", in, "rule", "targetId", "arn", "roleArn", "input", "inputPath", "inputTransformer", "deadLetterConfig")
	compared := without(target, "rule")
	compared["inputTransformer"] = r.object("an input transformer", target["inputTransformer"], "inputPaths", "inputTemplate")
	compared["deadLetterConfig"] = r.object("a dead-letter queue", target["deadLetterConfig"], "arn")
	return r.part("rule", target["rule"], Fields{fmt.Sprintf("target %v", target["targetId"]): compared})
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
