package proofs

import (
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
		{"s3:GetBucketPolicy", p.Bucket("artifacts").ARN, nil}, {"sns:GetTopicAttributes", p.Topic().ARN, nil},
	}}
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
