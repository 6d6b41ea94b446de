package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/gate/gatetest"
)

func TestWhatAnAccountHasOnceIsCreatedAdoptedOrLeftAlone(t *testing.T) {
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
				looked := slices.ContainsFunc(r.Invokes, func(i gatetest.Invoke) bool {
					return i.Token == "aws:guardduty/getDetector:getDetector"
				})
				if looked != (guardDuty == "adopt") {
					t.Errorf("a detector is looked up: %t", looked)
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

func TestADetectorThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	s := decoded(t, configOf("api", "adopt", "off"))
	w := world(s)
	w.Refused = []string{"aws:guardduty/getDetector:getDetector"}
	_, err := w.Run(program(s))
	if err == nil || !strings.Contains(err.Error(), `prodgate:detection.guardDuty: "adopt": no detector can be read in eu-west-2`) {
		t.Errorf("got %v", err)
	}
}
