package proofs

import (
	"slices"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/sandbox/evaluators/authority"
)

// stageSteps are the calls of the scans, the signature and the verification of an app. Each step of
// CodeBuild is as in its user guide, like the build.
func (e *estate) stageSteps(app delivered) []leg {
	e.Helper()
	p, bucket, repository := e.plan, e.plan.Bucket("artifacts").ARN, e.plan.Repository(app.name).ARN
	put := func(name string) []call {
		return []call{{"s3:PutObject", e.artifact(app.name, name), nil}, {"kms:GenerateDataKey", e.key("artifacts"), viaS3}, {"kms:Decrypt", e.key("artifacts"), viaS3}}
	}
	get := func(name string) []call {
		return []call{{"s3:GetObject", e.artifact(app.name, name), nil}, {"s3:GetObjectVersion", e.artifact(app.name, name), nil}, {"kms:Decrypt", e.key("artifacts"), viaS3}}
	}
	pull := []call{
		{"ecr:GetAuthorizationToken", "*", nil}, {"ecr:BatchGetImage", repository, nil}, {"ecr:GetDownloadUrlForLayer", repository, nil},
	}
	// AWS Signer API, GetRevocationStatus: of the profile and of the job that signed.
	holds := []call{
		{"signer:GetRevocationStatus", e.profile, nil},
		{"signer:GetRevocationStatus", e.regional("signer", "/signing-jobs/0c7a1e2b-5d53-4a9b-9f0e-3c1f6f1a2b3c"), nil},
	}
	service := p.Service(app.cluster, app.service)
	prepared := []call{{"ecr:DescribeImages", repository, nil}}
	if app.listener != "" { // the task definition that runs is the template
		prepared = append(prepared, call{"ecs:DescribeServices", service, nil}, call{"ecs:DescribeTaskDefinition", "*", nil})
	}

	if e.source != "" {
		prepared = append(prepared, call{"codecommit:GetCommit", p.SourceRepository(e.source), nil}, call{"codecommit:GetMergeCommit", p.SourceRepository(e.source), nil})
	}

	var legs []leg
	for _, one := range []struct {
		what    string
		project naming.Named
		by      role
		calls   []call
	}{
		{"secrets are looked for", p.Project(app.name, "scan-secrets"), e.role(naming.Scan, app.name), get("Source")},
		{"code is looked at", p.Project(app.name, "scan-code"), e.role(naming.Scan, app.name), get("Source")},
		{"dependencies are looked at, and the SBOM is stored", p.Project(app.name, "scan-dependencies"), e.role(naming.Scan, app.name),
			slices.Concat(get("Source"), put("Sbom"))},
		{"ECR's findings are waited for: Amazon ECR User Guide, Retrieving image scan findings", p.Shared("findings"), e.role(naming.Inspect, ""),
			append(get("Build"), call{"ecr:DescribeImageScanFindings", repository, nil})},
		{"the image is signed: AWS Signer Developer Guide, Sign container images; Amazon ECR User Guide, IAM permissions for pushing an image",
			p.Shared("sign"), e.role(naming.Sign, ""), slices.Concat(get("Build"), get("Sbom"), pull, holds, []call{
				{"signer:SignPayload", e.profile, nil},
				{"ecr:BatchCheckLayerAvailability", repository, nil}, {"ecr:InitiateLayerUpload", repository, nil}, {"ecr:UploadLayerPart", repository, nil},
				{"ecr:CompleteLayerUpload", repository, nil}, {"ecr:PutImage", repository, nil},
			})},
		{"the signature is verified, and what deploys is stored: AWS Signer Developer Guide, Verify a container image", p.Shared("prepare"), e.role(naming.Prepare, ""),
			slices.Concat(get("Build"), get("Sbom"), pull, holds, put("Release"), prepared)},
		{"what runs is looked at: the buildspec's differs", p.Shared("verify"), e.role(naming.Inspect, ""), append(get("Release"),
			call{"ecs:DescribeServices", service, nil}, call{"ecs:DescribeTaskDefinition", "*", nil}, call{"ecs:ListTasks", e.regional("ecs", "container-instance/"+app.cluster+"/0f9e8d7c"), nil},
			call{"ecs:DescribeTasks", e.regional("ecs", "task/"+app.cluster+"/0f9e8d7c6b5a49382716f5e4d3c2b1a0"), nil})},
	} {
		from := map[string]string{"aws:SourceArn": one.project.ARN, "aws:SourceAccount": p.Account}
		legs = append(legs,
			leg{one.what + ": the pipeline starts it", e.role(naming.Pipeline, app.name).Principal, []call{
				{"codebuild:StartBuild", one.project.ARN, nil}, {"codebuild:BatchGetBuilds", one.project.ARN, nil},
			}},
			leg{one.what + ": CodeBuild takes the role on", authority.Principal{ARN: "codebuild.amazonaws.com"}, []call{{"sts:AssumeRole", one.by.ARN, from}}},
			leg{one.what, one.by.Principal, slices.Concat(one.calls, []call{
				{"logs:CreateLogStream", p.LogGroupOf(one.project).ARN + ":log-stream:5a6b", nil}, {"logs:PutLogEvents", p.LogGroupOf(one.project).ARN + ":log-stream:5a6b", nil},
				{"s3:GetBucketAcl", bucket, nil}, {"s3:GetBucketLocation", bucket, nil},
			})})
	}
	return legs
}

// codeDeploySteps are the calls of a deployment by CodeDeploy.
func (e *estate) codeDeploySteps(app delivered) []leg {
	e.Helper()
	p, shift := e.plan, e.role(naming.Shift, "")
	group, application, service := p.Deployment(app.name).ARN, p.Deployments(app.name).ARN, p.Service(app.cluster, app.service)
	return []leg{
		{"the action deploys: CodePipeline User Guide, Amazon ECS and CodeDeploy blue-green deploy action reference, Service role permissions",
			e.role(naming.Pipeline, app.name).Principal, []call{
				{"codedeploy:CreateDeployment", group, nil}, {"codedeploy:GetDeployment", group, nil},
				{"codedeploy:GetApplication", application, nil}, {"codedeploy:GetApplicationRevision", application, nil}, {"codedeploy:RegisterApplicationRevision", application, nil},
				{"codedeploy:GetDeploymentConfig", e.regional("codedeploy", "deploymentconfig:CodeDeployDefault.ECSCanary10Percent5Minutes"), nil},
			}},
		{"CodeDeploy takes its role on: CodeDeploy User Guide, Cross-service confused deputy prevention", authority.Principal{ARN: "codedeploy.amazonaws.com"}, []call{
			{"sts:AssumeRole", shift.ARN, map[string]string{"aws:SourceArn": group, "aws:SourceAccount": p.Account}},
		}},
		{"it shifts traffic: AWS Managed Policy Reference Guide, AWSCodeDeployRoleForECS", shift.Principal, []call{
			{"ecs:DescribeServices", service, nil}, {"ecs:UpdateServicePrimaryTaskSet", service, nil},
			{"ecs:CreateTaskSet", e.regional("ecs", "task-set/"+app.cluster+"/"+app.service+"/ecs-svc/123"), nil},
			{"ecs:DeleteTaskSet", e.regional("ecs", "task-set/"+app.cluster+"/"+app.service+"/ecs-svc/123"), nil},
			{"elasticloadbalancing:DescribeListeners", "*", nil}, {"elasticloadbalancing:DescribeRules", "*", nil}, {"elasticloadbalancing:DescribeTargetGroups", "*", nil},
			{"elasticloadbalancing:ModifyListener", app.listener, nil}, {"elasticloadbalancing:ModifyRule", strings.TrimSuffix(naming.RulesOf(app.listener), "*") + "fedcba9876543210", nil},
			{"cloudwatch:DescribeAlarms", p.Alarm("backend-5xx"), nil},
			{"iam:PassRole", app.executionRole, map[string]string{"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
			{"iam:PassRole", app.taskRole, map[string]string{"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
		}},
	}
}
