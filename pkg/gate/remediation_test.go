package gate_test

import (
	"fmt"
	"slices"
	"testing"
)

const remedyType = "aws:cfg/remediationConfiguration:RemediationConfiguration"

func TestConfigRules_RemediationOfOwnBuckets(t *testing.T) {
	t.Parallel()
	for _, recorder := range []string{"create", "adopt"} {
		t.Run("recorder: "+recorder, func(t *testing.T) {
			t.Parallel()
			r := built(t, configOf("api", "create", recorder))
			role := r.One(t, roleType, "gate-remediator")
			want := map[string]map[string]string{
				"prodgate-s3-bucket-level-public-access-prohibited": {"runbook": "AWS-DisableS3BucketPublicReadWrite", "AutomationAssumeRole": role.Output("arn"), "S3BucketName": "RESOURCE_ID"},
				"prodgate-s3-bucket-versioning-enabled":             {"runbook": "AWS-ConfigureS3BucketVersioning", "AutomationAssumeRole": role.Output("arn"), "BucketName": "RESOURCE_ID", "VersioningState": "Enabled"},
			}
			for _, remedy := range r.Of(t, remedyType) {
				got := map[string]string{"runbook": remedy.Text("targetId")}
				for _, parameter := range remedy.Input("parameters").ArrayValue() {
					p := parameter.ObjectValue()
					value := p["staticValue"]
					if p["resourceValue"].IsString() {
						value = p["resourceValue"]
					}
					got[p["name"].StringValue()] = value.StringValue()
				}
				rule := remedy.Text("configRuleName")
				if fmt.Sprint(got) != fmt.Sprint(want[rule]) {
					t.Errorf("%s is put right by %v, want %v", rule, got, want[rule])
				}
				delete(want, rule)
				if !remedy.Input("automatic").BoolValue() || remedy.Input("maximumAutomaticAttempts").NumberValue() != 3 ||
					remedy.Input("retryAttemptSeconds").NumberValue() != 600 || remedy.Text("resourceType") != "AWS::S3::Bucket" {
					t.Errorf("%s: %v", remedy, remedy.Inputs)
				}
				// It would be started for buckets of others.
				for _, made := range r.Of(t, ruleType) {
					if made.Text("name") == rule && made.Text("scope.tagKey") != "prodgate:gate" {
						t.Errorf("%s looks at more than the gate's", rule)
					}
				}
			}
			if len(want) > 0 {
				t.Errorf("nothing puts right what is found by %v", want)
			}
			var buckets []string
			for _, bucket := range r.Of(t, bucketType) {
				buckets = append(buckets, bucket.Output("arn"))
			}
			d := parsed(t, r.One(t, policyType, "gate-remediator"))
			got := d.Statement[0]
			slices.Sort(got.Resource)
			if len(d.Statement) != 1 || !slices.Equal(got.Action, []string{"s3:PutBucketPublicAccessBlock", "s3:PutBucketVersioning"}) || !slices.Equal(got.Resource, buckets) {
				t.Errorf("the role may %+v, want it to change %v", d, buckets)
			}
		})
	}
	if r := built(t, configOf("api", "create", "off")); r.Has(remedyType) {
		t.Error("something is put right that nobody looks at")
	}
}
