package gate_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// TestDelivery_BlueGreenRollsBack asks CodeDeploy to go back where a deployment fails or an alarm of the settings goes off.
func TestDelivery_BlueGreenRollsBack(t *testing.T) {
	t.Parallel()
	const groupType = "aws:codedeploy/deploymentGroup:DeploymentGroup"
	texts := func(v resource.PropertyValue) []string {
		var all []string
		if v.IsArray() {
			for _, one := range v.ArrayValue() {
				all = append(all, one.StringValue())
			}
		}
		slices.Sort(all)
		return all
	}
	isTrue := func(v resource.PropertyValue) bool { return v.IsBool() && v.BoolValue() }

	group := built(t, shifted(config("api"))).One(t, groupType, "gate-api")
	if got := texts(group.Input("autoRollbackConfiguration.events")); !isTrue(group.Input("autoRollbackConfiguration.enabled")) ||
		!slices.Equal(got, []string{"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"}) {
		t.Errorf("it rolls back at %v: %v", got, group.Input("autoRollbackConfiguration"))
	}
	if got := texts(group.Input("alarmConfiguration.alarms")); !isTrue(group.Input("alarmConfiguration.enabled")) || !slices.Equal(got, []string{"5xx"}) ||
		isTrue(group.Input("alarmConfiguration.ignorePollAlarmFailure")) {
		t.Errorf("it stops at %v", group.Input("alarmConfiguration"))
	}

	c := shifted(config("api"))
	delete(c["apps"].([]any)[0].(object)["deployment"].(object), "alarms")
	group = built(t, c).One(t, groupType, "gate-api")
	if got := texts(group.Input("autoRollbackConfiguration.events")); !isTrue(group.Input("autoRollbackConfiguration.enabled")) ||
		!slices.Equal(got, []string{"DEPLOYMENT_FAILURE"}) || !group.Input("alarmConfiguration").IsNull() {
		t.Errorf("without alarms it rolls back at %v and stops at %v", got, group.Input("alarmConfiguration"))
	}
}

// TestStorage_KeysRotate asks KMS for new material of every key of the gate.
func TestStorage_KeysRotate(t *testing.T) {
	t.Parallel()
	keys := built(t, withSecrets(config("api"))).Of(t, keyType)
	if len(keys) < 4 {
		t.Errorf("there are only %d keys", len(keys))
	}
	for _, key := range keys {
		if rotates := key.Input("enableKeyRotation"); !rotates.IsBool() || !rotates.BoolValue() {
			t.Errorf("%s does not rotate", key)
		}
	}
}

// TestStorage_BucketsDenyOldTLS requires the whole statement: TLS below 1.2 is denied to everybody, for every action, on the
// bucket and its objects.
func TestStorage_BucketsDenyOldTLS(t *testing.T) {
	t.Parallel()
	for _, policy := range built(t, config("api")).Of(t, policyOfBucket) {
		denies := slices.ContainsFunc(parsed(t, policy).Statement, func(s statement) bool {
			return s.Effect == "Deny" && slices.Equal(s.Action, []string{"s3:*"}) && slices.Equal(s.Principal["AWS"], []string{"*"}) &&
				len(s.Resource) == 2 && strings.HasSuffix(s.Resource[0], policy.Text("bucket")) && s.Resource[1] == s.Resource[0]+"/*" &&
				reflect.DeepEqual(s.Condition, map[string]map[string][]string{"NumericLessThan": {"s3:TlsVersion": {"1.2"}}})
		})
		if !denies {
			t.Errorf("%s takes TLS older than 1.2", policy)
		}
	}
}

// TestDelivery_NobodyOverridesABuild lets no role start a build with another buildspec, image, host or role: neither by its
// policy nor by its permission boundary.
func TestDelivery_NobodyOverridesABuild(t *testing.T) {
	t.Parallel()
	refused := map[string][]string{}
	for _, key := range []string{"source.buildspec", "environment.image", "environment.fleet.fleetArn", "environment.privilegedMode",
		"environment.registryCredential", "serviceRole"} {
		refused["codebuild:"+key] = []string{"true"}
	}
	var started []string
	for _, policy := range built(t, approved("api")).Of(t, policyType) {
		for _, s := range parsed(t, policy).Statement {
			if s.Effect == "Allow" && slices.Contains(s.Action, "codebuild:StartBuild") {
				started = append(started, policy.Name)
				if !reflect.DeepEqual(s.Condition, map[string]map[string][]string{"Null": refused}) {
					t.Errorf("%s starts builds with %v", policy, s.Condition)
				}
			}
		}
	}
	slices.Sort(started)
	if want := []string{"gate-api-pipeline", "gate-boundary-pipeline"}; !slices.Equal(started, want) {
		t.Errorf("%v let a role start builds, want %v", started, want)
	}
}

// TestDelivery_ArtifactKeyViaS3 lets every role use the key of artifacts through Amazon S3 only: nobody decrypts with it directly.
func TestDelivery_ArtifactKeyViaS3(t *testing.T) {
	t.Parallel()
	r := built(t, approved("api"))
	key := r.One(t, keyType, "gate-artifacts").Output("arn")
	users := 0
	for _, policy := range r.Of(t, policyType) {
		for _, s := range parsed(t, policy).Statement {
			if s.Effect != "Allow" || !slices.Contains(s.Resource, key) || !slices.ContainsFunc(s.Action, func(a string) bool { return strings.HasPrefix(a, "kms:") }) {
				continue
			}
			users++
			if got := s.Condition["StringEquals"]["kms:ViaService"]; !slices.Equal(got, []string{"s3.eu-west-2.amazonaws.com"}) {
				t.Errorf("%s, %s: the key is used through %v", policy, s.Sid, got)
			}
		}
	}
	if users < 6 {
		t.Errorf("only %d policies use the key", users)
	}
}
