package gate_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/knownstate"
)

// state is what a parameter holds: hashes by part and field.
type state map[string]map[string]string

// knownStates are those of a gate, by the name of the parameter.
func knownStates(t *testing.T, r *gatetest.Recording) map[string]state {
	t.Helper()
	all := map[string]state{}
	for _, made := range r.Of(t, parameterType) {
		var held state
		if err := json.Unmarshal([]byte(made.Text("insecureValue")), &held); err != nil {
			t.Fatalf("%s: %v", made, err)
		}
		all[made.Text("name")] = held
	}
	return all
}

// TestKnownState_HasEveryPart: all of an app that decides what is delivered, and all that
// decides about every app.
func TestKnownState_HasEveryPart(t *testing.T) {
	t.Parallel()
	r := built(t, contained(run(withSecrets(approved("api", "web")))))
	kinds := map[string]string{pipelineType: "pipeline ", projectType: "project ", roleType: "role ", policyType: "policy ", repositoryType: "repository ",
		functionType: "function "}
	want := map[string][]string{}
	for token, kind := range kinds {
		for _, made := range r.Of(t, token) {
			of := "/prodgate/known-state"
			for _, app := range []string{"api", "web"} {
				if slices.Contains(r.Path(made), "prodgate:index:App gate-"+app) {
					of += "/" + app
				}
			}
			duty := strings.TrimPrefix(strings.TrimPrefix(made.Name, "gate-"), "boundary-")
			switch {
			case of != "/prodgate/known-state", token == projectType, token == functionType, token == policyType && isBoundary(made), slices.Contains([]string{"verifier", "dispatcher", "inspect", "sign", "prepare"}, duty):
				want[of] = append(want[of], kind+made.Text("name"))
			}
			if token == pipelineType {
				want[of] = append(want[of], "trigger "+made.Text("name"))
			}
		}
	}
	shared := "/prodgate/known-state"
	want[shared] = append(want[shared], "bucket "+r.One(t, bucketType, "gate-artifacts").Text("bucket"),
		"topic prodgate-alerts", "rule prodgate-check", "parameters "+shared)
	got := knownStates(t, r)
	if len(got) != 3 || len(want) != 3 {
		t.Fatalf("%d parameters, want %d", len(got), len(want))
	}
	for name, parts := range want {
		if compared := slices.Sorted(maps.Keys(got[name])); !slices.Equal(compared, slices.Sorted(slices.Values(parts))) {
			t.Errorf("%s compares\n%q, want\n%q", name, compared, slices.Sorted(slices.Values(parts)))
		}
	}
	if names := got[shared]["parameters "+shared]["names"]; names != knownstate.Hash([]any{shared + "/api", shared + "/web"}) {
		t.Error("the names of the apps' parameters are others")
	}
}

// TestKnownState_ChangedSettingChangesItsFields and no others.
func TestKnownState_ChangedSettingChangesItsFields(t *testing.T) {
	t.Parallel()
	const pipeline, trigger, build = "pipeline api-prodgate: ", "trigger api-prodgate: ", "project prodgate-api-build: "
	set := func(key string, value object) func(map[string]any) {
		return func(c map[string]any) { c[key] = value }
	}
	ofApp := func(key string, value any) func(map[string]any) {
		return func(c map[string]any) { c["apps"].([]any)[0].(object)[key] = value }
	}
	for name, c := range map[string]struct {
		change func(map[string]any)
		want   []string
	}{
		"nothing":                        {func(map[string]any) {}, nil},
		"tags":                           {set("tags", object{"owner": "me"}), nil},
		"how long things are kept":       {set("retention", object{"logDays": 400, "images": 7, "artifactDays": 3}), nil},
		"what is watched":                {set("detection", object{"guardDuty": "adopt"}), nil},
		"the files that start the build": {ofApp("paths", []string{"x/**"}), []string{trigger + "paths"}},
		"the time to deploy":             {ofApp("deployTimeout", 5), []string{pipeline + "stage Deploy"}},
		"the repository": {func(c map[string]any) {
			ofApp("repository", "other")(c)
			delete(c["source"].(object), "repository")
		}, []string{pipeline + "stage Source"}},
		"the dockerfile":  {ofApp("dockerfile", "Dockerfile.other"), []string{build + "variables"}},
		"the task's role": {ofApp("taskRoleArn", "arn:aws:iam::111111111111:role/other"), []string{"policy prodgate-api-pipeline: document"}},
		"the execution role": {ofApp("executionRoleArn", "arn:aws:iam::111111111111:role/other"), []string{
			"policy prodgate-api-pipeline: document", "repository prodgate/api: policy"}},
		"the image of builds": {set("build", object{"image": "aws/codebuild/standard:6.0"}), []string{
			build + "image", "project prodgate-api-scan-code: image", "project prodgate-api-scan-dependencies: image",
			"project prodgate-api-scan-secrets: image", "project prodgate-findings: image", "project prodgate-prepare: image",
			"project prodgate-sign: image",
			"project prodgate-verify: image"}},
		"how often it is compared": {set("detection", object{"checkMinutes": 30}), []string{"rule prodgate-check: schedule"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := config("api")
			c.change(changed)
			before, after := knownStates(t, built(t, config("api"))), knownStates(t, built(t, changed))
			var got []string
			for parameter, parts := range before {
				for part, fields := range parts {
					for field, hash := range fields {
						if after[parameter][part][field] != hash {
							got = append(got, part+": "+field)
						}
					}
					if len(after[parameter][part]) != len(fields) {
						t.Errorf("%s has the fields %v, had %v", part, after[parameter][part], fields)
					}
				}
			}
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestKnownState_IsNoSecret(t *testing.T) {
	t.Parallel()
	for _, made := range built(t, config("api")).Of(t, parameterType) {
		if made.Text("type") != "String" || !made.Input("value").IsNull() || made.Inputs["insecureValue"].IsSecret() {
			t.Errorf("%s: no preview shows what changes: %v", made, made.Inputs)
		}
	}
}
