package proofs

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codeconnections"
	cctypes "github.com/aws/aws-sdk-go-v2/service/codeconnections/types"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	gdtypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"prodgate/pkg/buildspec"
)

// deployed asserts, on the emulators' own responses, the state of a gate with these apps.
func (w *world) deployed(apps ...string) {
	w.Helper()
	w.assertConnection()
	for _, app := range apps {
		w.pipeline(app)
		w.project(app)
		w.assertRepository(app)
		w.role(app, "pipeline", byService("codepipeline.amazonaws.com", w.account(),
			"arn:aws:codepipeline:"+region+":"+w.account()+":"+app+"-prodgate"))
		w.role(app, "build", byService("codebuild.amazonaws.com", w.account(),
			"arn:aws:codebuild:"+region+":"+w.account()+":project/prodgate-"+app+"-build"))
		if w.approved() {
			w.role(app, "approver", trust{
				Principal: map[string][]string{"AWS": {"arn:aws:iam::" + w.account() + ":root"}},
				Condition: map[string]map[string][]string{"ArnEquals": {"aws:PrincipalArn": {"arn:aws:iam::" + w.account() + ":role/release-manager"}}},
			})
		}
	}
	w.role("", "recorder", byService("config.amazonaws.com", w.account(), ""), "AWS_ConfigRole")
	w.role("", "verifier", byService("lambda.amazonaws.com", w.account(), ""))
	w.role("", "remediator", byService("ssm.amazonaws.com", w.account(), "arn:aws:ssm:"+region+":"+w.account()+":automation-execution/*"))
	if w.output("containmentArn") != "" {
		for _, duty := range responseDuties {
			w.role("", duty, byService("states.amazonaws.com", w.account(), "arn:aws:states:"+region+":"+w.account()+":stateMachine:prodgate-"+duty))
		}
	}
	w.bucket("artifacts", "DenyPlainHttp", "DenyOldTls", "DenyOtherKey", "DenyOtherEncryption",
		"OnlyDeployersOnBuckets", "OnlyRemediatorOnBuckets", "OnlyPipelineBuildScanInspectPrepareOnArtifactObjects", "OnlyDeployersOnArtifactObjects")
	w.bucket("config", "DenyPlainHttp", "DenyOldTls", "DenyOtherKey", "DenyOtherEncryption",
		"OnlyDeployersOnBuckets", "OnlyRemediatorOnBuckets", "OnlyRecorderOnRecordObjects", "OnlyDeployersOnRecordObjects")
	w.assertDetectionRules()
	w.assertTopics()
	w.branchProtected()
}

func (w *world) account() string {
	return map[string]string{"dev": "111111111111", "prod": "222222222222"}[w.Name]
}

// approved is whether the stack has an approval.
func (w *world) approved() bool { return w.Name == "prod" }

func (w *world) assertConnection() {
	w.Helper()
	list, err := w.aws.connections.ListConnections(w.Context(), &codeconnections.ListConnectionsInput{})
	w.must(err)
	if len(list.Connections) != 1 || list.Connections[0].ConnectionStatus != cctypes.ConnectionStatusPending {
		w.Errorf("connections are %+v, want one that is PENDING", list.Connections)
	}
	if out := w.output("connectionHandshake"); !strings.Contains(out, "Update pending connection") {
		w.Errorf("the output does not say how to complete the connection: %s", out)
	}
}

func (w *world) pipeline(app string) {
	w.Helper()
	got, err := w.aws.codepipeline.GetPipeline(w.Context(), &codepipeline.GetPipelineInput{Name: ptr(app + "-prodgate")})
	w.must(err)
	p := got.Pipeline
	if p.PipelineType != cptypes.PipelineTypeV2 || p.ExecutionMode != cptypes.ExecutionModeQueued {
		w.Errorf("%s is %s and %s", app, p.PipelineType, p.ExecutionMode)
	}
	if len(p.Triggers) != 1 || len(p.Triggers[0].GitConfiguration.Push) != 1 {
		w.Fatalf("%s has triggers %+v", app, p.Triggers)
	}
	push := p.Triggers[0].GitConfiguration.Push[0]
	same(w.T, "the branch that triggers "+app, push.Branches, &cptypes.GitBranchFilterCriteria{Includes: []string{"prod"}})
	if push.Tags != nil || len(push.FilePaths.Includes) == 0 {
		w.Errorf("%s is triggered by tags %v, paths %v", app, push.Tags, push.FilePaths)
	}
	var stages []string
	for _, s := range p.Stages {
		stages = append(stages, awssdk.ToString(s.Name))
	}
	want := []string{"Source", "Scan", "Build", "Sign", "Deploy"}
	if app == "backend-flask" && w.Name == "dev" { // which is attacked
		want = append(want, "Test")
	}
	if w.approved() {
		want = slices.Insert(want, 4, "Approve")
		approve := p.Stages[4].Actions[0]
		if approve.ActionTypeId.Category != cptypes.ActionCategoryApproval || awssdk.ToInt32(approve.TimeoutInMinutes) != 24*60 ||
			approve.Configuration["NotificationArn"] != w.output("alertTopicArn") ||
			!strings.Contains(approve.Configuration["CustomData"], "#{Build.IMAGE_DIGEST}") {
			w.Errorf("the approval of %s is %+v", app, approve)
		}
	}
	same(w.T, "the stages of "+app, stages, want)
	source := p.Stages[0].Actions[0]
	if source.Configuration["DetectChanges"] != "false" || source.Configuration["BranchName"] != "prod" ||
		source.Configuration["FullRepositoryId"] != "example-org/"+w.repository() {
		w.Errorf("the source of %s is %v", app, source.Configuration)
	}
	if key := p.ArtifactStore.EncryptionKey; key == nil || !strings.Contains(awssdk.ToString(key.Id), ":key/") {
		w.Errorf("artifacts of %s are encrypted with %v", app, key)
	}
}

// buildProject is the build project of an app as CodeBuild returns it.
func (w *world) buildProject(app string) cbtypes.Project {
	w.Helper()
	return w.projectOf("prodgate-" + app + "-build")
}

func (w *world) projectOf(name string) cbtypes.Project {
	w.Helper()
	got, err := w.aws.codebuild.BatchGetProjects(w.Context(), &codebuild.BatchGetProjectsInput{Names: []string{name}})
	w.must(err)
	if len(got.Projects) != 1 {
		w.Fatalf("%d projects %s", len(got.Projects), name)
	}
	return got.Projects[0]
}

func (w *world) project(app string) {
	w.Helper()
	p := w.buildProject(app)
	if p.Source.Type != cbtypes.SourceTypeCodepipeline || awssdk.ToString(p.Source.Buildspec) != buildspec.Text("build") {
		w.Errorf("%s builds from %s with the buildspec\n%s", app, p.Source.Type, awssdk.ToString(p.Source.Buildspec))
	}
	if p.Webhook != nil {
		w.Errorf("%s has a webhook", app)
	}
	plain, secrets := map[string]string{}, []string{}
	for _, v := range p.Environment.EnvironmentVariables {
		name, value := awssdk.ToString(v.Name), awssdk.ToString(v.Value)
		switch v.Type {
		case cbtypes.EnvironmentVariableTypePlaintext:
			plain[name] = value
		case cbtypes.EnvironmentVariableTypeSecretsManager:
			if !strings.Contains(value, ":secret:prodgate/"+app+"/"+name+"-") {
				w.Errorf("%s of %s is the secret %s", name, app, value)
			}
			secrets = append(secrets, name)
		default:
			w.Errorf("%s of %s is %s", name, app, v.Type)
		}
	}
	same(w.T, "the secrets of "+app, strings.Fields(plain[buildspec.BuildSecrets]), secrets)
	delete(plain, buildspec.BuildSecrets)
	same(w.T, "the variables of "+app, keys(plain), slices.Sorted(slices.Values(buildspec.Required("build"))))
	if !awssdk.ToBool(p.Environment.PrivilegedMode) || awssdk.ToInt32(p.ConcurrentBuildLimit) != 1 {
		w.Errorf("%s: privileged %v, %d builds at once", app, p.Environment.PrivilegedMode, awssdk.ToInt32(p.ConcurrentBuildLimit))
	}
	if logs := p.LogsConfig.CloudWatchLogs; logs.Status != cbtypes.LogsConfigStatusTypeEnabled || awssdk.ToString(logs.GroupName) != "/aws/codebuild/prodgate-"+app+"-build" {
		w.Errorf("%s logs to %+v", app, logs)
	}
}

func (w *world) assertRepository(app string) {
	w.Helper()
	name := "prodgate/" + app
	got, err := w.aws.ecr.DescribeRepositories(w.Context(), &ecr.DescribeRepositoriesInput{RepositoryNames: []string{name}})
	w.must(err)
	r := got.Repositories[0]
	if r.ImageTagMutability != ecrtypes.ImageTagMutabilityImmutable || !r.ImageScanningConfiguration.ScanOnPush ||
		r.EncryptionConfiguration.EncryptionType != ecrtypes.EncryptionTypeKms {
		w.Errorf("repository %s is %+v", name, r)
	}
	policy, err := w.aws.ecr.GetRepositoryPolicy(w.Context(), &ecr.GetRepositoryPolicyInput{RepositoryName: &name})
	w.must(err)
	same(w.T, "the policy of "+name, w.sids(awssdk.ToString(policy.PolicyText)), []string{
		"OnlyDeployersOnRepositories", "OnlyBuildSignOnRepositories", "OnlyBuildInspectSignPrepareExecutionServiceLinkedOnRepositories", "OnlyExecutionServiceLinkedInspectSignPrepareOnRepositories", "DenyPlainHttp"})
	_, err = w.aws.ecr.GetLifecyclePolicy(w.Context(), &ecr.GetLifecyclePolicyInput{RepositoryName: &name})
	w.must(err)
}

// trust is the principal and the conditions of a trust policy.
type trust struct {
	Principal map[string][]string
	Condition map[string]map[string][]string
}

// byService is the trust of one service in one account, for one source.
func byService(service, account, source string) trust {
	t := trust{
		Principal: map[string][]string{"Service": {service}},
		Condition: map[string]map[string][]string{"StringEquals": {"aws:SourceAccount": {account}}},
	}
	if strings.HasSuffix(source, "*") {
		t.Condition["ArnLike"] = map[string][]string{"aws:SourceArn": {source}}
	} else if source != "" {
		t.Condition["ArnEquals"] = map[string][]string{"aws:SourceArn": {source}}
	}
	return t
}

// role asserts the trust policy of the role of an app's duty, its boundary, and that it has exactly its
// own policy and the AWS managed ones.
func (w *world) role(app, duty string, trusted trust, ofAWS ...string) {
	w.Helper()
	name := "prodgate-" + duty
	if app != "" {
		name = "prodgate-" + app + "-" + duty
	}
	got, err := w.aws.iam.GetRole(w.Context(), &iam.GetRoleInput{RoleName: &name})
	w.must(err)
	text, err := url.QueryUnescape(awssdk.ToString(got.Role.AssumeRolePolicyDocument))
	w.must(err)
	var document struct{ Statement []trust }
	w.must(json.Unmarshal([]byte(text), &document))
	same(w.T, "who takes on "+name, document.Statement, []trust{trusted})
	if want := "arn:aws:iam::" + w.account() + ":policy/prodgate/boundary/prodgate-" + duty + "-boundary"; got.Role.PermissionsBoundary == nil ||
		awssdk.ToString(got.Role.PermissionsBoundary.PermissionsBoundaryArn) != want {
		w.Errorf("%s is below %+v, want %s", name, got.Role.PermissionsBoundary, want)
	}
	inline, err := w.aws.iam.ListRolePolicies(w.Context(), &iam.ListRolePoliciesInput{RoleName: &name})
	w.must(err)
	attached, err := w.aws.iam.ListAttachedRolePolicies(w.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	w.must(err)
	var policies []string
	for _, p := range attached.AttachedPolicies {
		policies = append(policies, awssdk.ToString(p.PolicyName))
	}
	same(w.T, "the policies of "+name, slices.Sorted(slices.Values(policies)), slices.Sorted(slices.Values(append(ofAWS, name))))
	if len(inline.PolicyNames) != 0 {
		w.Errorf("%s has the inline policies %v", name, inline.PolicyNames)
	}
}

func (w *world) bucket(purpose string, sids ...string) {
	w.Helper()
	ctx, name := w.Context(), ptr("prodgate-"+purpose+"-"+w.account()+"-"+region)
	policy, err := w.aws.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name})
	w.must(err)
	same(w.T, "the policy of "+*name, w.sids(awssdk.ToString(policy.Policy)), sids)
	versioning, err := w.aws.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name})
	w.must(err)
	public, err := w.aws.s3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
	w.must(err)
	p := public.PublicAccessBlockConfiguration
	if versioning.Status != s3types.BucketVersioningStatusEnabled ||
		!*p.BlockPublicAcls || !*p.BlockPublicPolicy || !*p.IgnorePublicAcls || !*p.RestrictPublicBuckets {
		w.Errorf("%s: versioning %s, public access %+v", *name, versioning.Status, p)
	}
	encryption, err := w.aws.s3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name})
	w.must(err)
	if d := encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault; d.SSEAlgorithm != s3types.ServerSideEncryptionAwsKms ||
		!strings.Contains(awssdk.ToString(d.KMSMasterKeyID), ":key/") {
		w.Errorf("%s is encrypted with %+v", *name, d)
	}
	life, err := w.aws.s3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
	w.must(err)
	if len(life.Rules) != 1 || life.Rules[0].Status != s3types.ExpirationStatusEnabled {
		w.Errorf("%s has life cycle rules %+v", *name, life.Rules)
	}
}

func (w *world) assertDetectionRules() {
	w.Helper()
	ctx := w.Context()
	detectors, err := w.aws.guardduty.ListDetectors(ctx, &guardduty.ListDetectorsInput{})
	w.must(err)
	if len(detectors.DetectorIds) != 1 {
		w.Fatalf("GuardDuty detectors are %v", detectors.DetectorIds)
	}
	detector, err := w.aws.guardduty.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &detectors.DetectorIds[0]})
	w.must(err)
	if detector.Status != gdtypes.DetectorStatusEnabled {
		w.Errorf("the detector is %s", detector.Status)
	}
	recorders, err := w.aws.config.DescribeConfigurationRecorderStatus(ctx, &configservice.DescribeConfigurationRecorderStatusInput{})
	w.must(err)
	if len(recorders.ConfigurationRecordersStatus) != 1 || !recorders.ConfigurationRecordersStatus[0].Recording {
		w.Errorf("recorders are %+v", recorders.ConfigurationRecordersStatus)
	}
	w.assertConfigRules()
}

// assertTopics asserts the topics of alerts: where calls are reported, a second one reports changes of the first.
func (w *world) assertTopics() {
	w.Helper()
	first := "arn:aws:sns:" + region + ":" + w.account() + ":prodgate-alerts"
	want := map[string][]string{
		first: {"RulesOfTheGatePublish", "AlarmOfTheGatePublishes", "DenyPlainHttp", "OnlyDeployersOnTopic", "OnlyPipelineVerifierContainmentReleaseOnTopic"},
	}
	if strings.TrimSpace(w.run("config", "get", "--path", "detection.response")) != "off" {
		want[first+"-watch"] = []string{"RulesOfTheGatePublish", "DenyPlainHttp", "OnlyDeployersOnTopic", "OnlyPipelineVerifierContainmentReleaseOnTopic"}
	}
	topics, err := w.aws.sns.ListTopics(w.Context(), &sns.ListTopicsInput{})
	w.must(err)
	policies := map[string][]string{}
	for _, topic := range topics.Topics {
		got, err := w.aws.sns.GetTopicAttributes(w.Context(), &sns.GetTopicAttributesInput{TopicArn: topic.TopicArn})
		w.must(err)
		if !strings.Contains(got.Attributes["KmsMasterKeyId"], ":key/") {
			w.Errorf("%s is encrypted with %q", *topic.TopicArn, got.Attributes["KmsMasterKeyId"])
		}
		policies[*topic.TopicArn] = w.sids(got.Attributes["Policy"])
	}
	same(w.T, "the topics and their policies", policies, want)
}

func (w *world) branchProtected() {
	w.Helper()
	w.assertProtected(map[string]float64{"dev": 1, "prod": 2}[w.Name], "@example-org/platform")
}

// sids lists the statement ids of a policy, in order.
func (w *world) sids(policy string) []string {
	w.Helper()
	var document struct{ Statement []struct{ Sid string } }
	w.must(json.Unmarshal([]byte(policy), &document))
	var sids []string
	for _, s := range document.Statement {
		sids = append(sids, s.Sid)
	}
	return sids
}
