package catalogue

import (
	"slices"

	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// resourcePolicyOf is the kind of a target's resource policy.
var resourcePolicyOf = map[Target]Control{
	Repositories: RepositoryPolicy, Buckets: BucketPolicy, ArtifactObjects: BucketPolicy, RecordObjects: BucketPolicy, CallObjects: BucketPolicy,
	Keys: KeyPolicy, ArtifactKey: KeyPolicy, SecretsKey: KeyPolicy, Topic: TopicPolicy, Secrets: SecretPolicy,
}

// DenyStatements are the statements of a resource policy that deny the calls on a target to everybody who is not
// authorized, for one app or (app empty) for all. arn is the statements' resource; empty where the policy has none (ECR).
// rotators are the roles that rotate a secret.
func DenyStatements(t Target, s *settings.Settings, app, arn string, rotators ...string) policydoc.Document {
	var document policydoc.Document
	for _, c := range deniedBy(resourcePolicyOf[t], t) {
		sid := denySid(presentDuties(s, c.Authorized)) + "On" + string(t)
		i := slices.IndexFunc(document, func(st policydoc.Statement) bool { return st.Sid == sid })
		if i < 0 {
			i = len(document)
			document = append(document, denyStatement(sid, arn,
				policydoc.Is("ArnNotLike", "aws:PrincipalArn", authorizedARNs(s, app, c.Authorized, rotators)...), exceptServices))
		}
		document[i].Actions = append(document[i].Actions, c.Action)
	}
	return document
}

// DenyPlainHTTP denies the same calls to every caller without TLS.
func DenyPlainHTTP(t Target, arn string) policydoc.Statement {
	statement := denyStatement("DenyPlainHttp", arn, policydoc.Is("Bool", "aws:SecureTransport", "false"))
	for _, c := range deniedBy(resourcePolicyOf[t], t) {
		statement.Actions = append(statement.Actions, c.Action)
	}
	return statement
}

func denyStatement(sid, arn string, conditions ...policydoc.Condition) policydoc.Statement {
	s := policydoc.Statement{Sid: sid, Deny: true, Principals: policydoc.Anyone, Conditions: conditions}
	if arn != "" {
		s.Resources = policydoc.On(arn)
	}
	return s
}

// exceptServices exempts an AWS service that calls as itself, as AWS Config may to deliver and EventBridge does to publish: it
// has no ARN, and a negated operator is true of an absent key. Another statement says what the service may do. A service
// that calls for a role, CodePipeline for S3 and S3 for KMS, has the role's ARN; an anonymous caller has neither key and
// is denied.
var exceptServices = policydoc.Is("BoolIfExists", "aws:PrincipalIsAWSService", "false")
