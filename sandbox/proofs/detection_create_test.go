package proofs

import (
	"slices"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	gdtypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"prodgate/sandbox/evaluators/authority"
)

// TestDetection_Create brings up a gate that creates every detection service of an account,
// and takes it through an update, changes by hand, the end of its protection, and a destroy.
// Its source is CodeCommit and it has no workflows, so that no GitHub and no token of it exists.
func TestDetection_Create(t *testing.T) {
	t.Parallel()
	protect, hub := replace("prodgate:protect: false", "prodgate:protect: true"), chooseDetection(map[string]string{"securityHub": "create"})
	w := newWorld(t, "dev", protect, hub, onlyCodeCommit)
	if w.Cloud.GitHub != "" {
		t.Fatalf("GitHub is emulated at %s", w.Cloud.GitHub)
	}
	w.up()
	w.full("secrets", "connections")
	same(t, "what the account has of CodeCommit", [][]string{w.inventory()["source repositories"], w.inventory()["approval rules"]},
		[][]string{{"cruddur-dev"}, {"prodgate-prod"}})
	w.assertTrail()
	w.assertDetector()
	w.assertSecurityHub()
	same(t, "a second preview", w.planned(), map[string]string{})

	w.configure(protect, chooseDetection(map[string]string{"securityHub": "create", "severity": "high"}), onlyCodeCommit)
	same(t, "the update for another severity", w.planned(), map[string]string{
		"aws:cloudwatch/eventRule:EventRule gate-findings":    "update",
		"aws:ssm/parameter:Parameter gate-known-state-alerts": "update",
	})
	w.up()
	same(t, "a preview after the update", w.planned(), map[string]string{})

	w.disableDetection()
	same(t, "the repair", w.planned(), map[string]string{
		"aws:cloudtrail/trail:Trail gate-trail":                                             "update",
		"aws:guardduty/detectorFeature:DetectorFeature gate-detector-lambda-network-logs":   "update",
		"aws:guardduty/detectorFeature:DetectorFeature gate-detector-runtime-monitoring":    "update",
		"aws:accessanalyzer/analyzer:Analyzer gate-analyzer":                                "create",
		"aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2 gate-trail": "update",
		"aws:securityhub/standardsSubscription:StandardsSubscription gate-hub":              "create",
	})
	w.up()
	w.assertTrail()
	w.assertDetector()
	w.assertSecurityHub()
	same(t, "a preview after the repair", w.planned(), map[string]string{})
	w.run("refresh", "--yes")
	same(t, "a refresh after the repair", w.lastChanges(), map[string]int{})

	// Records of a protected gate stay until the protection is removed.
	bucket := ptr("prodgate-trail-111111111111-eu-west-2")
	object := ptr("AWSLogs/111111111111/CloudTrail/eu-west-2/2026/11/25/x.json.gz")
	written, err := w.aws.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: object, Body: strings.NewReader("calls"), ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256})
	w.must(err)
	kept, err := w.aws.s3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: bucket, Key: object})
	w.must(err)
	if kept.ObjectLockMode != s3types.ObjectLockModeGovernance || kept.ObjectLockRetainUntilDate == nil {
		t.Errorf("what CloudTrail writes is kept by %q until %v", kept.ObjectLockMode, kept.ObjectLockRetainUntilDate)
	}
	if _, err := w.aws.s3.DeleteObject(t.Context(), &s3.DeleteObjectInput{
		Bucket: bucket, Key: object, VersionId: written.VersionId, BypassGovernanceRetention: ptr(true),
	}); err == nil {
		t.Error("a deployer deletes what is locked")
	}
	w.assertTrailBucket(*bucket, true)
	w.configure(hub, onlyCodeCommit)
	w.up()
	w.assertTrailBucket(*bucket, false)
	w.run("destroy", "--yes")
	w.empty("after destroy")
}

// assertTrail asserts the selectors and the bucket of the gate's trail.
func (w *world) assertTrail() {
	w.Helper()
	ctx := w.Context()
	got, err := w.aws.cloudtrail.GetTrail(ctx, &cloudtrail.GetTrailInput{Name: ptr("prodgate")})
	w.must(err)
	trail := got.Trail
	if !awssdk.ToBool(trail.IsMultiRegionTrail) || !awssdk.ToBool(trail.IncludeGlobalServiceEvents) || !awssdk.ToBool(trail.LogFileValidationEnabled) ||
		!strings.Contains(awssdk.ToString(trail.KmsKeyId), ":key/") || awssdk.ToString(trail.S3BucketName) != "prodgate-trail-"+w.account()+"-"+region {
		w.Errorf("the trail is %+v", trail)
	}
	status, err := w.aws.cloudtrail.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: ptr("prodgate")})
	w.must(err)
	if !awssdk.ToBool(status.IsLogging) {
		w.Error("the trail does not log")
	}
	selectors, err := w.aws.cloudtrail.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: ptr("prodgate")})
	w.must(err)
	if len(selectors.EventSelectors) != 1 || selectors.EventSelectors[0].ReadWriteType != trailtypes.ReadWriteTypeAll ||
		!awssdk.ToBool(selectors.EventSelectors[0].IncludeManagementEvents) || len(selectors.EventSelectors[0].ExcludeManagementEventSources) > 0 {
		w.Errorf("the trail logs %+v", selectors.EventSelectors)
	}
	w.bucket("trail", "DenyPlainHttp", "DenyOldTls", "DenyOtherKey", "DenyOtherEncryption", "OnlyDeployersOnBuckets", "OnlyRemediatorOnBuckets",
		"TrailReadsBucketAcl", "TrailWrites", "OnlyDeployersOnCallObjects", "DenyDeletionWhileProtected")
}

// assertDetector asserts the features of GuardDuty beside DNS.
func (w *world) assertDetector() {
	w.Helper()
	detectors, err := w.aws.guardduty.ListDetectors(w.Context(), &guardduty.ListDetectorsInput{})
	w.must(err)
	detector, err := w.aws.guardduty.GetDetector(w.Context(), &guardduty.GetDetectorInput{DetectorId: &detectors.DetectorIds[0]})
	w.must(err)
	same(w.T, "the tag of the detector", detector.Tags["prodgate:gate"], "prodgate")
	on := map[string]string{}
	for _, f := range detector.Features {
		on[string(f.Name)] = string(f.Status)
		for _, agent := range f.AdditionalConfiguration {
			if f.Name == gdtypes.DetectorFeatureResultRuntimeMonitoring {
				on[string(agent.Name)] = string(agent.Status)
			}
		}
	}
	for name, want := range map[string]string{
		"DNS_LOGS": "ENABLED", "S3_DATA_EVENTS": "ENABLED", "LAMBDA_NETWORK_LOGS": "ENABLED", "RUNTIME_MONITORING": "ENABLED",
		"ECS_FARGATE_AGENT_MANAGEMENT": "ENABLED", "EKS_ADDON_MANAGEMENT": "DISABLED", "EC2_AGENT_MANAGEMENT": "DISABLED",
	} {
		if on[name] != want {
			w.Errorf("%s is %s", name, on[name])
		}
	}
}

// assertSecurityHub asserts that Security Hub has exactly one standard.
func (w *world) assertSecurityHub() {
	w.Helper()
	enabled, err := w.aws.securityhub.GetEnabledStandards(w.Context(), &securityhub.GetEnabledStandardsInput{})
	w.must(err)
	var standards []string
	for _, s := range enabled.StandardsSubscriptions {
		standards = append(standards, *s.StandardsArn)
	}
	same(w.T, "the standards", standards, []string{"arn:aws:securityhub:" + region + "::standards/aws-foundational-security-best-practices/v/1.0.0"})
}

// disableDetection disables the detection services, as an attacker would first.
func (w *world) disableDetection() {
	w.Helper()
	ctx := w.Context()
	_, err := w.aws.cloudtrail.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: ptr("prodgate")})
	w.must(err)
	_, err = w.aws.cloudtrail.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: ptr("prodgate"), EventSelectors: []trailtypes.EventSelector{{
		ReadWriteType: trailtypes.ReadWriteTypeReadOnly, IncludeManagementEvents: ptr(true), ExcludeManagementEventSources: []string{"kms.amazonaws.com"},
	}}})
	w.must(err)
	detectors, err := w.aws.guardduty.ListDetectors(ctx, &guardduty.ListDetectorsInput{})
	w.must(err)
	_, err = w.aws.guardduty.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{DetectorId: &detectors.DetectorIds[0], Features: []gdtypes.DetectorFeatureConfiguration{
		{Name: gdtypes.DetectorFeatureLambdaNetworkLogs, Status: gdtypes.FeatureStatusDisabled},
		{Name: gdtypes.DetectorFeatureRuntimeMonitoring, Status: gdtypes.FeatureStatusEnabled, AdditionalConfiguration: []gdtypes.DetectorAdditionalConfiguration{
			{Name: gdtypes.FeatureAdditionalConfigurationEcsFargateAgentManagement, Status: gdtypes.FeatureStatusDisabled},
		}},
	}})
	w.must(err)
	_, err = w.aws.analyzers.DeleteAnalyzer(ctx, &accessanalyzer.DeleteAnalyzerInput{AnalyzerName: ptr("prodgate")})
	w.must(err)
	enabled, err := w.aws.securityhub.GetEnabledStandards(ctx, &securityhub.GetEnabledStandardsInput{})
	w.must(err)
	_, err = w.aws.securityhub.BatchDisableStandards(ctx, &securityhub.BatchDisableStandardsInput{
		StandardsSubscriptionArns: []string{*enabled.StandardsSubscriptions[0].StandardsSubscriptionArn},
	})
	w.must(err)
	_, err = w.aws.s3.PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{
		Bucket: ptr("prodgate-trail-" + w.account() + "-" + region), ObjectLockConfiguration: &s3types.ObjectLockConfiguration{ObjectLockEnabled: s3types.ObjectLockEnabledEnabled},
	})
	w.must(err)
}

// assertTrailBucket asserts which principals can delete CloudTrail's records from the bucket, whatever
// their own policies allow.
func (w *world) assertTrailBucket(bucket string, protected bool) {
	w.Helper()
	got, err := w.aws.s3.GetBucketPolicy(w.Context(), &s3.GetBucketPolicyInput{Bucket: &bucket})
	w.must(err)
	judge := evaluator(w.T)
	policy := authority.Policy{Name: "the bucket's", Document: awssdk.ToString(got.Policy)}
	var questions []authority.Question
	type try struct {
		role string
		may  bool
	}
	var tries []try
	for role, may := range map[string]bool{"developer": false, "deployer": !protected, "break-glass": true} {
		for _, action := range []string{"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"} {
			questions = append(questions, authority.Question{
				Principal: authority.Principal{
					ARN:      "arn:aws:iam::" + w.account() + ":role/" + role,
					Identity: []authority.Policy{{Name: "AdministratorAccess", Document: administratorAccess}},
				},
				Action: action, Resource: "arn:aws:s3:::" + bucket + "/AWSLogs/" + w.account() + "/CloudTrail/x", Account: w.account(), Policy: &policy,
			})
			tries = append(tries, try{role, may})
		}
	}
	verdicts, err := judge.Ask(w.Context(), questions...)
	w.must(err)
	for i, v := range verdicts {
		if v.Allowed != tries[i].may {
			w.Errorf("protected %t: %s by %s is allowed: %t, by %s", protected, questions[i].Action, tries[i].role, v.Allowed, v.By)
		}
	}
	if !slices.ContainsFunc(tries, func(one try) bool { return one.may }) {
		w.Error("nobody may do anything")
	}
}
