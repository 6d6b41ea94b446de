package gate_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/gate/gatetest"
)

func TestConfigRules_ParametersOfTheGate(t *testing.T) {
	t.Parallel()
	r := built(t, everything(t, "eu-west-2"))
	key := func(name string) string { return r.One(t, keyType, name).Output("arn") }
	groups := func(projects ...string) string {
		for i, project := range projects {
			projects[i] = "/aws/codebuild/prodgate-" + project
		}
		return strings.Join(projects, ",")
	}
	builds := groups("api-build", "web-build")
	logs := groups("api-build", "web-build", "api-scan-secrets", "api-scan-code", "api-scan-dependencies",
		"web-scan-secrets", "web-scan-code", "web-scan-dependencies",
		"findings", "packages", "sign", "prepare", "verify", "dast")
	want := map[string]map[string]string{
		"CLOUD_TRAIL_ENABLED":                            nil, // which bucket an adopted trail writes to is nobody's business
		"CODEBUILD_PROJECT_ENVIRONMENT_PRIVILEGED_CHECK": {"exemptedProjects": "prodgate-api-build,prodgate-web-build"},
		"CODEBUILD_PROJECT_LOGGING_ENABLED":              {"cloudWatchGroupNames": logs},
		"CODEPIPELINE_DEPLOYMENT_COUNT_CHECK":            {"deploymentLimit": "1"},
		"CODEPIPELINE_REGION_FANOUT_CHECK":               {"regionFanoutFactor": "1"},
		"CW_LOGGROUP_RETENTION_PERIOD_CHECK":             {"LogGroupNames": builds, "MinRetentionTime": "365"},
		"ECR_REPOSITORY_CMK_ENCRYPTION_ENABLED":          {"kmsKeyArns": key("gate-images")},
		"GUARDDUTY_NON_ARCHIVED_FINDINGS":                {"daysLowSev": "30", "daysMediumSev": "7", "daysHighSev": "1"},
		"IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS":     {"excludePermissionBoundaryPolicy": "true"},
		"IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS":      {"excludePermissionBoundaryPolicy": "true"},
		"MULTI_REGION_CLOUD_TRAIL_ENABLED":               {"includeManagementEvents": "true"},
		"S3_DEFAULT_ENCRYPTION_KMS":                      {"kmsKeyArns": key("gate-artifacts") + "," + key("gate-config")},
		"SECRETSMANAGER_ROTATION_ENABLED_CHECK":          {"maximumAllowedRotationFrequency": "60"},
		"SECRETSMANAGER_SECRET_UNUSED":                   {"unusedForDays": "90"},
		"SECRETSMANAGER_USING_CMK":                       {"kmsKeyArns": key("gate-secrets")},
	}
	// The gate's own trail writes to a bucket of the gate's, with a key of its.
	if slices.ContainsFunc(r.Of(t, bucketType), func(b *gatetest.Resource) bool { return b.Name == "gate-trail" }) {
		bucket := r.One(t, bucketType, "gate-trail").Text("bucket")
		want["CLOUD_TRAIL_ENABLED"] = map[string]string{"s3BucketName": bucket}
		want["MULTI_REGION_CLOUD_TRAIL_ENABLED"]["s3BucketName"] = bucket
		want["S3_DEFAULT_ENCRYPTION_KMS"]["kmsKeyArns"] += "," + key("gate-trail")
	}
	for identifier, rule := range managed(t, r) {
		var got map[string]string
		if text := rule.Text("inputParameters"); text != "" {
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				t.Fatal(err)
			}
		}
		if !maps.Equal(got, want[identifier]) {
			t.Errorf("%s is told %v, want %v", identifier, got, want[identifier])
		}
		delete(want, identifier)
	}
	if len(want) > 0 {
		t.Errorf("are not made: %v", want)
	}
}

func TestConfigRules_WarnOfParametersLeftOut(t *testing.T) {
	t.Parallel()
	apps := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("a%02d-%020d", i, i))
		}
		return names
	}
	const (
		privileged = "CODEBUILD_PROJECT_ENVIRONMENT_PRIVILEGED_CHECK"
		logging    = "CODEBUILD_PROJECT_LOGGING_ENABLED"
		retention  = "CW_LOGGROUP_RETENTION_PERIOD_CHECK"
	)
	for n, want := range map[int][]string{
		3: nil,
		// {"cloudWatchGroupNames":""} has 27 characters, each log group's name and comma 55 to 63, and those
		// of all apps together 203.
		4: {logging + " is made without cloudWatchGroupNames"},
		// {"LogGroupNames":"","MinRetentionTime":"365"} has 45 characters, each log group's name and comma 55.
		17: {logging + " is made without cloudWatchGroupNames"},
		19: {logging + " is made without cloudWatchGroupNames", retention + " is left out"},
		// {"exemptedProjects":""} has 23 characters, each project's name and comma 40.
		25: {logging + " is made without cloudWatchGroupNames", retention + " is left out"},
		26: {privileged + " is left out", logging + " is made without cloudWatchGroupNames", retention + " is left out"},
	} {
		t.Run(fmt.Sprint(n, " apps"), func(t *testing.T) {
			t.Parallel()
			r := built(t, config(apps(n)...))
			if len(r.Warnings) != len(want) {
				t.Errorf("the warnings are %q", r.Warnings)
			}
			made := managed(t, r)
			for _, what := range want {
				if !slices.ContainsFunc(r.Warnings, func(warning string) bool { return strings.Contains(warning, what) }) {
					t.Errorf("no warning says that %s: %q", what, r.Warnings)
				}
				if identifier, _, out := strings.Cut(what, " is left out"); out && made[identifier] != nil {
					t.Errorf("%s is made", identifier)
				}
			}
			if rule := made[logging]; rule == nil || (rule.Text("inputParameters") == "") != (n > 3) {
				t.Errorf("%s is told %v", logging, rule)
			}
			for identifier, rule := range made {
				if length := len(rule.Text("inputParameters")); length > 1024 {
					t.Errorf("the parameters of %s have %d characters", identifier, length)
				}
			}
		})
	}
}
