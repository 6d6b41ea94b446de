package catalogue

import (
	"slices"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// openReads are the actions on a closed part that guardrails leave to IAM: those that the Service Authorization Reference
// calls reads or lists. TestGuardrails_CloseEveryWrite goes through all actions of AWS: no pattern lets a write through.
var openReads = []string{
	"codepipeline:Get*", "codepipeline:List*",
	"codebuild:BatchGet*", "codebuild:Get*", "codebuild:List*",
	"ecr:BatchCheck*", "ecr:BatchGet*", "ecr:Describe*", "ecr:Get*", "ecr:List*",
	"s3:Get*", "s3:List*",
	"iam:Generate*", "iam:Get*", "iam:List*", "iam:Simulate*",
	"events:Describe*", "events:List*",
	"sns:Get*", "sns:List*",
	"sqs:Get*", "sqs:List*",
	"pipes:Describe*", "pipes:List*",
	"cloudwatch:Describe*", "cloudwatch:List*",
	"states:Describe*", "states:Get*", "states:List*",
	"ssm:Get*", "ssm:List*",
	"lambda:Get*", "lambda:List*",
	"logs:Describe*", "logs:Filter*", "logs:Get*", "logs:List*", "logs:StartLiveTail", "logs:StartQuery",
	"secretsmanager:Describe*", "secretsmanager:Get*", "secretsmanager:List*",
	"signer:Get*", "signer:List*",
	"codedeploy:BatchGet*", "codedeploy:Get*", "codedeploy:List*",
}

// openWrites are the other actions on a closed part that somebody else than deployers and the gate's roles makes.
var openWrites = []struct{ action, why string }{
	{"sts:*", "Approvers, workflows and services assume the gate's roles: rows say who may, and trust policies enforce it."},
	{"secretsmanager:PutSecretValue", "A rotation function writes the secret: the secret's policy denies it to everybody else."},
	{"secretsmanager:UpdateSecretVersionStage", "A rotation function writes the secret: the secret's policy denies it to everybody else."},
	{"sns:ConfirmSubscription", "A subscriber confirms by a token that SNS sends: who subscribes is denied."},
}

const onlyTheGate = "OnlyDeployersAndTheGate"

// closingStatement denies every action but reads on the parts that the gate names, whether a row names the action or not: to
// everybody but deployers, the break-glass role and the gate's own roles, which their boundaries bind.
func closingStatement(s *settings.Settings) scpStatement {
	p := naming.New(s)
	actions := slices.Clone(openReads)
	for _, open := range openWrites {
		actions = append(actions, open.action)
	}
	resources := []string{p.Buckets() + "/*"} // one pattern for the objects of all buckets
	for _, at := range scopes {
		if at.closed {
			resources = append(resources, at.resources(p, s)...)
		}
	}
	all := slices.Clone(resources)
	resources = slices.DeleteFunc(resources, func(arn string) bool { return isCovered(arn, all) })
	return scpStatement{
		Sid: onlyTheGate, Effect: "Deny", NotAction: actions, Resource: resources,
		Condition: map[string]map[string][]string{"ArnNotLike": {"aws:PrincipalArn": append(authorizedARNs(s, "", nil, nil), p.AllRoles())}},
	}
}

// isCovered is whether another of all patterns matches what a pattern does: it begins the same and ends with *.
func isCovered(arn string, all []string) bool {
	return slices.ContainsFunc(all, func(other string) bool {
		prefix, isPattern := strings.CutSuffix(other, "*")
		return isPattern && other != arn && strings.HasPrefix(arn, prefix)
	})
}

// isClosed is whether the closing statement denies a call.
func isClosed(c Call) bool {
	return c.On.scope().closed && !slices.ContainsFunc(openWrites, func(open struct{ action, why string }) bool { return open.action == c.Action })
}
