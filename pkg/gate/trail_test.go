package gate_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"prodgate/pkg/gate/gatetest"
)

const lockType = "aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2"

// kept is a configuration of a gate that is protected, or not.
func kept(protect bool) map[string]any {
	c := config("api")
	c["protect"] = protect
	c["retention"] = object{"logDays": 30}
	return c
}

func TestDetection_TrailOfEveryRegionAndCall(t *testing.T) {
	t.Parallel()
	r := built(t, config("api"))
	trail := r.One(t, trailType, "gate-trail")
	got := trail.Inputs.Mappable()
	want := map[string]any{
		"name": "prodgate", "s3BucketName": "prodgate-trail-111111111111-eu-west-2",
		"kmsKeyId":           r.One(t, keyType, "gate-trail").Output("arn"),
		"isMultiRegionTrail": true, "includeGlobalServiceEvents": true, "enableLogFileValidation": true, "enableLogging": true,
		// No selectors of any kind: all management events.
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("is %v\nwant %v", got, want)
	}
	if policy := r.One(t, policyOfBucket, "gate-trail"); !slices.Contains(trail.DependsOn, policy.URN) {
		t.Errorf("%s does not wait for %s, without which CloudTrail refuses the bucket", trail, policy)
	}
}

func TestDetection_LockTrailBucketOnly(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		r := built(t, kept(protect))
		for _, bucket := range r.Of(t, bucketType) {
			if got := bucket.Input("objectLockEnabled"); (got.IsBool() && got.BoolValue()) != (bucket.Name == "gate-trail") {
				t.Errorf("%s: Object Lock is %v", bucket, got)
			}
		}
		for _, e := range r.Of(t, "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2") {
			// CloudTrail's key policy asks for what a bucket's key does not say.
			if got := e.Input("rules.bucketKeyEnabled"); !got.IsBool() || got.BoolValue() == (e.Name == "gate-trail") {
				t.Errorf("%s: the bucket's own key is %v", e, got)
			}
		}
		lock := r.One(t, lockType, "gate-trail")
		retention := lock.Input("rule.defaultRetention")
		if want := map[string]any{"mode": "GOVERNANCE", "days": 30.0}; protect && !reflect.DeepEqual(retention.Mappable(), want) || !protect && !retention.IsNull() {
			t.Errorf("with protect %t objects are kept by %v", protect, retention)
		}
		if len(r.Of(t, lockType)) != 1 {
			t.Error("more is locked")
		}
	}
}

func TestDetection_TrailBucketDeletion(t *testing.T) {
	t.Parallel()
	const deployer, breakGlass = "arn:aws:iam::111111111111:role/deployer", "arn:aws:iam::111111111111:role/break-glass"
	for _, protect := range []bool{true, false} {
		policy := built(t, kept(protect)).One(t, policyOfBucket, "gate-trail")
		if got := excepted(t, policy, "OnlyDeployersOnCallObjects"); !slices.Equal(got, []string{deployer, breakGlass}) {
			t.Errorf("%v may", got)
		}
		var while *statement
		for _, s := range parsed(t, policy).Statement {
			if s.Sid == "DenyDeletionWhileProtected" {
				while = &s
			}
		}
		if (while != nil) != protect {
			t.Fatalf("with protect %t the policy has the statement: %t", protect, while != nil)
		}
		if while == nil {
			continue
		}
		want := statement{
			Sid: while.Sid, Effect: "Deny", Principal: while.Principal,
			Action:    []string{"s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion"},
			Resource:  []string{"arn:aws:s3:::prodgate-trail-111111111111-eu-west-2/*"},
			Condition: map[string]map[string][]string{"ArnNotEquals": {"aws:PrincipalArn": {breakGlass}}},
		}
		if fmt.Sprint(*while) != fmt.Sprint(want) {
			t.Errorf("is %v\nwant %v", *while, want)
		}
	}
}

// TestDetection_CloudTrailPermissions: its statements as the AWS CloudTrail User Guide has
// them, for the one trail.
func TestDetection_CloudTrailPermissions(t *testing.T) {
	t.Parallel()
	r := built(t, config("api"))
	const bucket, trail = "arn:aws:s3:::prodgate-trail-111111111111-eu-west-2", "arn:aws:cloudtrail:eu-west-2:111111111111:trail/prodgate"
	source := func(operator, key, value string) map[string]map[string][]string {
		c := map[string]map[string][]string{"StringEquals": {"aws:SourceArn": {trail}}}
		if c[operator] == nil {
			c[operator] = map[string][]string{}
		}
		if key != "" {
			c[operator][key] = []string{value}
		}
		return c
	}
	for of, want := range map[*gatetest.Resource]map[string]statement{
		r.One(t, policyOfBucket, "gate-trail"): {
			"TrailReadsBucketAcl": {Action: []string{"s3:GetBucketAcl"}, Resource: []string{bucket}, Condition: source("StringEquals", "", "")},
			"TrailWrites": {
				Action: []string{"s3:PutObject"}, Resource: []string{bucket + "/AWSLogs/111111111111/*"},
				Condition: source("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"),
			},
		},
		r.One(t, keyType, "gate-trail"): {
			"TrailEncrypts": {
				Action: []string{"kms:GenerateDataKey*"}, Resource: []string{"*"},
				Condition: source("StringLike", "kms:EncryptionContext:aws:cloudtrail:arn", "arn:aws:cloudtrail:*:111111111111:trail/*"),
			},
			"TrailDescribesKey": {Action: []string{"kms:DescribeKey"}, Resource: []string{"*"}, Condition: source("StringEquals", "", "")},
		},
	} {
		found := 0
		for _, s := range parsed(t, of).Statement {
			if !slices.Contains(s.Principal["Service"], "cloudtrail.amazonaws.com") {
				continue
			}
			found++
			w := want[s.Sid]
			w.Sid, w.Effect, w.Principal = s.Sid, "Allow", map[string][]string{"Service": {"cloudtrail.amazonaws.com"}}
			if fmt.Sprint(s) != fmt.Sprint(w) {
				t.Errorf("%s: is %v\nwant %v", of, s, w)
			}
		}
		if found != len(want) {
			t.Errorf("%s: CloudTrail is in %d statements", of, found)
		}
	}
}
