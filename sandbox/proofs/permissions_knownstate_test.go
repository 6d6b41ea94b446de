package proofs

import (
	"strings"

	"prodgate/pkg/naming"
	"prodgate/sandbox/evaluators/authority"
)

// knownStateSteps are the calls of package check, which compares the live gate with its known state on a
// schedule and before deployments.
func (e *estate) knownStateSteps() []leg {
	e.Helper()
	p, verifier := e.plan, e.role(naming.Verifier, "")
	viaSNS := map[string]string{"kms:ViaService": "sns." + region + ".amazonaws.com"}
	function := p.CheckFunction().ARN
	takes := leg{"Lambda takes its role on: Lambda Developer Guide, Defining Lambda function permissions with an execution role",
		authority.Principal{ARN: "lambda.amazonaws.com"}, []call{{"sts:AssumeRole", verifier.ARN, map[string]string{"aws:SourceAccount": p.Account}}}}
	stream := p.LogGroupOf(p.CheckFunction()).ARN + ":log-stream:5a6b"
	logs := leg{"it logs: Lambda Developer Guide, Sending Lambda function logs to CloudWatch Logs", verifier.Principal, []call{
		{"logs:CreateLogStream", stream, nil}, {"logs:PutLogEvents", stream, nil},
	}}
	ofFunction := map[string]string{"lambda:SourceFunctionArn": function}
	reports := leg{"it tells a pipeline: CodePipeline User Guide, Invoke an AWS Lambda function in a pipeline", verifier.Principal, []call{
		{"codepipeline:PutJobSuccessResult", "*", ofFunction}, {"codepipeline:PutJobFailureResult", "*", ofFunction},
	}}
	reads := leg{"the check reads what is known, and what is live", verifier.Principal, []call{
		{"ssm:GetParameter", p.KnownState("").ARN, nil}, {"ssm:GetParameter", p.KnownState("backend-flask").ARN, nil},
		{"ssm:GetParametersByPath", p.KnownState("").ARN, nil},
		{"codepipeline:GetPipeline", p.Pipeline("backend-flask").ARN, nil},
		{"codebuild:BatchGetProjects", p.Project("backend-flask", naming.Build).ARN, nil},
		{"lambda:GetFunctionConfiguration", function, nil}, {"lambda:GetPolicy", function, nil},
		{"ecr:DescribeRepositories", p.Repository("backend-flask").ARN, nil}, {"ecr:GetRepositoryPolicy", p.Repository("backend-flask").ARN, nil},
		{"events:DescribeRule", p.Check().ARN, nil}, {"events:ListTargetsByRule", p.Check().ARN, nil},
		{"events:DescribeRule", strings.TrimSuffix(p.GlobalRules(), "*") + "watch-roles", nil}, {"events:ListTargetsByRule", strings.TrimSuffix(p.GlobalRules(), "*") + "watch-roles", nil},
		{"events:DescribeEventBus", p.Bus(), nil},
		{"s3:GetBucketPolicy", p.Bucket("artifacts").ARN, nil},
		{"ssm:GetParametersByPath", p.SharedState("").ARN, nil},
		{"iam:ListRoles", "*", nil},
	}}
	for _, topic := range []string{p.Topic().ARN, p.SecondTopic().ARN} {
		for _, action := range []string{"sns:GetTopicAttributes", "sns:GetDataProtectionPolicy", "sns:ListSubscriptionsByTopic"} {
			reads.calls = append(reads.calls, call{action, topic, nil})
		}
		reads.calls = append(reads.calls, call{"sns:GetSubscriptionAttributes", topic + ":8a21d249-4329-4871-acc6-7be709c6ea7f", nil})
	}
	for _, name := range []string{"deployer", "break-glass", "release-manager"} {
		reads.calls = append(reads.calls, call{"iam:GetRole", e.named(name), nil})
	}
	reads.calls = append(reads.calls, call{"iam:GetOpenIDConnectProvider", p.GitHubProvider(), nil})
	for _, purpose := range []string{"alerts", "artifacts"} {
		for _, action := range []string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"} {
			reads.calls = append(reads.calls, call{action, e.key(purpose), nil})
		}
	}
	for _, role := range []naming.Role{p.Role("backend-flask", naming.Pipeline), p.Role("backend-flask", naming.Build), p.Role("", naming.Verifier)} {
		for _, action := range []string{"iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"} {
			reads.calls = append(reads.calls, call{action, role.ARN, nil})
		}
	}
	for _, policy := range []naming.Role{p.Policy("backend-flask", naming.Build), p.Boundary(naming.Build), p.Policy("", naming.Verifier)} {
		reads.calls = append(reads.calls, call{"iam:GetPolicy", policy.ARN, nil}, call{"iam:GetPolicyVersion", policy.ARN, nil})
	}
	return []leg{takes, logs, reports, reads, {
		"it tells: Amazon SNS Developer Guide, Encryption permissions", verifier.Principal, []call{
			{"sns:Publish", p.Topic().ARN, nil}, {"kms:GenerateDataKey", e.key("alerts"), viaSNS}, {"kms:Decrypt", e.key("alerts"), viaSNS},
		},
	}}
}
