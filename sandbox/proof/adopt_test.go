package proof

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codeconnections"
	cctypes "github.com/aws/aws-sdk-go-v2/service/codeconnections/types"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	configtypes "github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
)

// TestAdoptsWhatTheAccountHas brings a gate up on an account that has a
// detector, a recorder and a connection already, and destroys it: what was
// there before is there after.
func TestAdoptsWhatTheAccountHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev")
	detector, err := w.aws.guardduty.CreateDetector(t.Context(), &guardduty.CreateDetectorInput{Enable: ptr(true)})
	w.must(err)
	_, err = w.aws.config.PutConfigurationRecorder(t.Context(), &configservice.PutConfigurationRecorderInput{
		ConfigurationRecorder: &configtypes.ConfigurationRecorder{
			Name: ptr("default"), RoleARN: ptr("arn:aws:iam::111111111111:role/config"),
			RecordingGroup: &configtypes.RecordingGroup{AllSupported: true},
		},
	})
	w.must(err)
	connection, err := w.aws.connections.CreateConnection(t.Context(), &codeconnections.CreateConnectionInput{
		ConnectionName: ptr("company"), ProviderType: cctypes.ProviderTypeGithub,
	})
	w.must(err)
	before := w.inventory()

	w.configure(
		replace("guardDuty: create", "guardDuty: adopt"),
		replace("config: create", "config: adopt"),
		replace("    reviews: 1\n", "    reviews: 1\n    connectionArn: "+*connection.ConnectionArn+"\n"),
	)
	w.up()
	for output, want := range map[string]string{
		"guardDutyDetectorId": *detector.DetectorId,
		"connectionArn":       *connection.ConnectionArn,
		"connectionStatus":    "PENDING",
	} {
		same(t, "the output "+output, w.output(output), want)
	}
	now := w.inventory()
	for _, kind := range []string{"detectors", "Config recorders", "connections"} {
		same(t, kind+" beside a gate that adopts", now[kind], before[kind])
	}
	if len(now["Config rules"]) == 0 {
		t.Error("a gate that adopts the recorder has no rules")
	}
	same(t, "a second preview", w.planned(), map[string]string{})
	w.run("destroy", "--yes")
	same(t, "after destroy the account", w.inventory(), before)
}
