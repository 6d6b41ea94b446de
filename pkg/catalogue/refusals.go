package catalogue

import (
	"slices"

	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// policyOf is the control that a target's own policy is.
var policyOf = map[Target]Control{
	Repositories: RepositoryPolicy, Buckets: BucketPolicy, ArtifactObjects: BucketPolicy, RecordObjects: BucketPolicy,
	Keys: KeyPolicy, ArtifactKey: KeyPolicy, SecretsKey: KeyPolicy, Topic: TopicPolicy, Secrets: SecretPolicy,
}

// Refusals are the statements of a resource's own policy that refuse the calls of
// a target to whom they are not for. They are of one app, or (app empty) of all.
// arn is what they name as the resource; empty where such a policy names none (ECR).
// also are the roles of who rotates a secret.
func Refusals(t Target, s *settings.Settings, app, arn string, also ...string) policydoc.Document {
	var document policydoc.Document
	for _, c := range denied(policyOf[t], t) {
		sid := only(c.By) + "On" + string(t)
		i := slices.IndexFunc(document, func(st policydoc.Statement) bool { return st.Sid == sid })
		if i < 0 {
			i = len(document)
			st := policydoc.Statement{
				Sid: sid, Deny: true, Principals: policydoc.Anyone,
				Conditions: []policydoc.Condition{
					policydoc.Is("ArnNotLike", "aws:PrincipalArn", may(s, app, c.By, also)...),
					byServiceItself,
				},
			}
			if arn != "" {
				st.Resources = policydoc.On(arn)
			}
			document = append(document, st)
		}
		document[i].Actions = append(document[i].Actions, c.Action)
	}
	return document
}

// byServiceItself leaves out a service that calls as itself, AWS Config that delivers
// or EventBridge that publishes: it has no ARN, of which a negated operator is true.
// What it may do, a statement that names it says. A service that calls for a role has
// the role's ARN, and anonymous callers have neither key.
var byServiceItself = policydoc.Is("BoolIfExists", "aws:PrincipalIsAWSService", "false")
