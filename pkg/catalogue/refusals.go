package catalogue

import (
	"slices"

	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// policyOf is the control that a target's own policy is.
var policyOf = map[Target]Control{
	Repositories: RepositoryPolicy, Buckets: BucketPolicy, ArtifactObjects: BucketPolicy, RecordObjects: BucketPolicy, CallObjects: BucketPolicy,
	Keys: KeyPolicy, ArtifactKey: KeyPolicy, SecretsKey: KeyPolicy, Topic: TopicPolicy, Secrets: SecretPolicy,
}

// Refusals are the statements of a resource's own policy that refuse the calls of
// a target to whom they are not for. They are of one app, or (app empty) of all.
// arn is what they name as the resource; empty where such a policy names none (ECR).
// also are the roles of who rotates a secret.
func Refusals(t Target, s *settings.Settings, app, arn string, also ...string) policydoc.Document {
	var document policydoc.Document
	for _, c := range denied(policyOf[t], t) {
		sid := only(present(s, c.By)) + "On" + string(t)
		i := slices.IndexFunc(document, func(st policydoc.Statement) bool { return st.Sid == sid })
		if i < 0 {
			i = len(document)
			document = append(document, deny(sid, arn,
				policydoc.Is("ArnNotLike", "aws:PrincipalArn", may(s, app, c.By, also)...), notByService))
		}
		document[i].Actions = append(document[i].Actions, c.Action)
	}
	return document
}

// PlainHTTP refuses the same calls to everybody who makes them without TLS.
func PlainHTTP(t Target, arn string) policydoc.Statement {
	statement := deny("DenyPlainHttp", arn, policydoc.Is("Bool", "aws:SecureTransport", "false"))
	for _, c := range denied(policyOf[t], t) {
		statement.Actions = append(statement.Actions, c.Action)
	}
	return statement
}

func deny(sid, arn string, conditions ...policydoc.Condition) policydoc.Statement {
	s := policydoc.Statement{Sid: sid, Deny: true, Principals: policydoc.Anyone, Conditions: conditions}
	if arn != "" {
		s.Resources = policydoc.On(arn)
	}
	return s
}

// notByService leaves out a service that calls as itself, as AWS Config may to
// deliver and EventBridge does to publish: it has no ARN, and of an absent key a
// negated operator is true. What it may do, a statement that names it says. A service
// that calls for a role, CodePipeline for S3 and S3 for KMS, comes with the role's ARN;
// an anonymous caller has neither key and is refused.
var notByService = policydoc.Is("BoolIfExists", "aws:PrincipalIsAWSService", "false")
