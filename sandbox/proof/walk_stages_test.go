package proof

import (
	"slices"

	"prodgate/pkg/address"
	"prodgate/sandbox/authority"
)

// stages is what scans, signs and verifies in a run of an app, call by call. Each leg of
// CodeBuild's is that of its user guide, as the build is.
func (e *estate) stages(app delivered) []leg {
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

	var legs []leg
	for _, one := range []struct {
		what    string
		project address.Named
		by      role
		calls   []call
	}{
		{"secrets are looked for", p.Project(app.name, address.ScanSecrets), e.role(address.Scan, app.name), get("Source")},
		{"code is looked at", p.Project(app.name, address.ScanCode), e.role(address.Scan, app.name), get("Source")},
		{"dependencies are looked at, and the SBOM is stored", p.Project(app.name, address.ScanDependencies), e.role(address.Scan, app.name),
			slices.Concat(get("Source"), put("Sbom"))},
		{"ECR's findings are waited for: Amazon ECR User Guide, Retrieving image scan findings", p.Shared(address.Findings), e.role(address.Inspect, ""),
			append(get("Build"), call{"ecr:DescribeImageScanFindings", repository, nil})},
		{"the image is signed: AWS Signer Developer Guide, Sign container images; Amazon ECR User Guide, IAM permissions for pushing an image",
			p.Shared(address.Signer), e.role(address.Sign, ""), slices.Concat(get("Build"), get("Sbom"), pull, holds, []call{
				{"signer:SignPayload", e.profile, nil},
				{"ecr:BatchCheckLayerAvailability", repository, nil}, {"ecr:InitiateLayerUpload", repository, nil}, {"ecr:UploadLayerPart", repository, nil},
				{"ecr:CompleteLayerUpload", repository, nil}, {"ecr:PutImage", repository, nil},
			})},
		{"the signature is verified, and what deploys is stored: AWS Signer Developer Guide, Verify a container image", p.Shared(address.Preparer), e.role(address.Prepare, ""),
			slices.Concat(get("Build"), get("Sbom"), pull, holds, put("Release"), []call{{"ecr:DescribeImages", repository, nil}})},
		{"what runs is looked at: the buildspec's differs", p.Shared(address.Verify), e.role(address.Inspect, ""), append(get("Release"),
			call{"ecs:DescribeServices", service, nil}, call{"ecs:DescribeTaskDefinition", "*", nil}, call{"ecs:ListTasks", "*", nil},
			call{"ecs:DescribeTasks", e.regional("ecs", "task/"+app.cluster+"/0f9e8d7c6b5a49382716f5e4d3c2b1a0"), nil})},
	} {
		from := map[string]string{"aws:SourceArn": one.project.ARN, "aws:SourceAccount": p.Account}
		legs = append(legs,
			leg{one.what + ": the pipeline starts it", e.role(address.Pipeline, app.name).Principal, []call{
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
