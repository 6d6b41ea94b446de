package gate_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"prodgate/pkg/gate/gatetest"
)

func TestDetection_CreateAdoptOrOff(t *testing.T) {
	t.Parallel()
	for _, guardDuty := range []string{"create", "adopt", "off"} {
		for _, config := range []string{"create", "adopt", "off"} {
			t.Run("GuardDuty "+guardDuty+", Config "+config, func(t *testing.T) {
				t.Parallel()
				c := configOf("api", guardDuty, config)
				r := built(t, c)

				if got := r.Has(detectorType); got != (guardDuty == "create") {
					t.Errorf("a detector is made: %t", got)
				}
				want := map[string]string{"create": gatetest.DetectorID, "adopt": gatetest.DetectorID, "off": ""}[guardDuty]
				if got := fmt.Sprint(r.Outputs["guardDutyDetectorId"].Value); got != want {
					t.Errorf("the detector is %q, want %q", got, want)
				}

				for _, token := range []string{recorderType, channelType, statusType} {
					if got := r.Has(token); got != (config == "create") {
						t.Errorf("%s is made: %t", token, got)
					}
				}
				records := slices.ContainsFunc(r.Of(t, bucketType), func(b *gatetest.Resource) bool { return b.Name == "gate-config" })
				if records != (config == "create") {
					t.Errorf("a bucket for records is made: %t", records)
				}
				if got := r.Has(ruleType); got != (config != "off") {
					t.Errorf("rules are made: %t", got)
				}
			})
		}
	}
}

func configOf(app, guardDuty, recorder string) map[string]any {
	c := config(app)
	c["detection"] = object{"guardDuty": guardDuty, "config": recorder}
	return c
}

func TestDetection_AnalyzerAndSecurityHub(t *testing.T) {
	t.Parallel()
	for key, tokens := range map[string][]string{
		"trail":          {trailType, "aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2"},
		"guardDuty":      {detectorType, featureType},
		"accessAnalyzer": {analyzerType},
		"securityHub":    {hubType, "aws:securityhub/standardsSubscription:StandardsSubscription", "aws:securityhub/insight:Insight"},
	} {
		for _, how := range []string{"create", "adopt", "off"} {
			t.Run(key+" "+how, func(t *testing.T) {
				t.Parallel()
				r := built(t, wanted(key, how))
				for _, token := range tokens {
					if got := r.Has(token); got != (how == "create") {
						t.Errorf("%s is made: %t", token, got)
					}
				}
			})
		}
	}
}

func TestDetection_DetectorFeatures(t *testing.T) {
	t.Parallel()
	r := built(t, config("api"))
	got := map[string]any{}
	for _, f := range r.Of(t, featureType) {
		m := f.Inputs.Mappable()
		if f.Text("detectorId") != gatetest.DetectorID {
			t.Errorf("%s is of the detector %v", f, m["detectorId"])
		}
		delete(m, "detectorId")
		got[f.Name] = m
	}
	agent := func(name, status string) any { return map[string]any{"name": name, "status": status} }
	want := map[string]any{
		"gate-detector-s3-data-events":      map[string]any{"name": "S3_DATA_EVENTS", "status": "ENABLED"},
		"gate-detector-lambda-network-logs": map[string]any{"name": "LAMBDA_NETWORK_LOGS", "status": "ENABLED"},
		"gate-detector-runtime-monitoring": map[string]any{"name": "RUNTIME_MONITORING", "status": "ENABLED", "additionalConfigurations": []any{
			agent("EKS_ADDON_MANAGEMENT", "DISABLED"), agent("EC2_AGENT_MANAGEMENT", "DISABLED"), agent("ECS_FARGATE_AGENT_MANAGEMENT", "ENABLED"),
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the features are %v\nwant %v", got, want)
	}
}
