package gate_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
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

// TestKnownState_HasEveryPart: all of an app that decides what is delivered, and all that decides about every app, is
// in exactly one subject of the known state.
func TestKnownState_HasEveryPart(t *testing.T) {
	t.Parallel()
	r := built(t, telling(contained(run(withSecrets(approved("api", "web"))))))
	kinds := map[string]string{
		pipelineType: "pipeline ", projectType: "project ", roleType: "role ", policyType: "policy ", repositoryType: "repository ",
		functionType: "function ", "aws:cloudwatch/eventRule:EventRule": "rule ", "aws:sns/topic:Topic": "topic ", "aws:kms/alias:Alias": "key ",
	}
	const shared = "shared"
	want := map[string][]string{}
	for token, kind := range kinds {
		for _, made := range r.Of(t, token) {
			of := shared
			for _, app := range []string{"api", "web"} {
				if slices.Contains(r.Path(made), "prodgate:index:App gate-"+app) {
					of = app
				}
			}
			name := strings.TrimPrefix(made.Text("name"), "alias/")
			if strings.HasSuffix(made.Name, "-global") {
				name = "us-east-1/" + name
			}
			want[of] = append(want[of], kind+name)
			if token == pipelineType {
				want[of] = append(want[of], "trigger "+name)
			}
		}
	}
	want[shared] = append(want[shared], "bucket "+r.One(t, bucketType, "gate-artifacts").Text("bucket"), "bus default", "roles /prodgate/",
		"identity-provider token.actions.githubusercontent.com", "parameters /prodgate/known-state", "parameters /prodgate/known-state-shared")
	for _, role := range []string{"deployer", "break-glass", "release-manager"} {
		want[shared] = append(want[shared], "trust "+role)
	}
	got, below := map[string][]string{}, []any{}
	for name, parts := range knownStates(t, r) {
		of := path.Base(name)
		if name == "/prodgate/known-state" || strings.HasPrefix(name, "/prodgate/known-state-shared/") {
			of = shared
		}
		if strings.HasPrefix(name, "/prodgate/known-state-shared/") {
			below = append(below, name)
		}
		got[of] = slices.AppendSeq(got[of], maps.Keys(parts))
	}
	if len(got) != 3 || len(want) != 3 {
		t.Fatalf("%d scopes, want %d", len(got), len(want))
	}
	for name, parts := range want {
		slices.Sort(got[name])
		slices.Sort(parts)
		if compared := slices.Compact(got[name]); !slices.Equal(compared, parts) { // a parameter may have a part of a rule only
			t.Errorf("%s compares\n%q, want\n%q", name, compared, parts)
		}
	}
	main := knownStates(t, r)["/prodgate/known-state"]
	if names := main["parameters /prodgate/known-state"]["names"]; names != knownstate.Hash([]any{"/prodgate/known-state/api", "/prodgate/known-state/web"}) {
		t.Error("the names of the apps' parameters are others")
	}
	slices.SortFunc(below, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	if names := main["parameters /prodgate/known-state-shared"]["names"]; len(below) < 2 || names != knownstate.Hash(below) {
		t.Errorf("the names of the parameters of what apps share are not those of %q", below)
	}
}

// TestKnownState_NamesEveryRole: the part of all roles has each role that the program declares, by its folder.
func TestKnownState_NamesEveryRole(t *testing.T) {
	t.Parallel()
	r := built(t, contained(run(approved("api", "web"))))
	var names []string
	for _, role := range r.Of(t, roleType) {
		names = append(names, role.Text("path")+role.Text("name"))
	}
	want := knownstate.Roles("/prodgate/", names).Hashes()
	got := knownStates(t, r)["/prodgate/known-state-shared/access"]["roles /prodgate/"]
	if len(want) < 10 || !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestKnownState_SplitsWhatAppsShare: many records are in as many parameters as their tier needs, and a value that is
// too long is an error before AWS refuses it.
func TestKnownState_SplitsWhatAppsShare(t *testing.T) {
	t.Parallel()
	records := func(n, length int) baseline.Records {
		var all baseline.Records
		for i := range n {
			all = append(all, baseline.Record{Kind: knownstate.Topic, Inputs: &sns.TopicArgs{
				Name: pulumi.String(fmt.Sprintf("%0*d", length, i)), KmsMasterKeyId: pulumi.String("key"),
			}})
		}
		return all
	}
	s := decoded(t, config("api"))
	var names []string
	store := func(records baseline.Records) func(*pulumi.Context) error {
		return func(ctx *pulumi.Context) (err error) {
			parent := &component.Group{}
			if err := ctx.RegisterComponentResource(component.GateType, "gate", parent); err != nil {
				return err
			}
			names, err = baseline.StoreShared(component.New(ctx, s, "gate"), parent, "alerts", records, knownstate.Names("x", []string{"y"}))
			return err
		}
	}
	r := world(s).MustRun(t, store(records(170, 20)))
	const at = "/prodgate/known-state-shared/alerts"
	if want := []string{at, at + "-2", at + "-3"}; !slices.Equal(names, want) {
		t.Errorf("the parameters are %q", names)
	}
	states, parts := knownStates(t, r), 0
	for _, name := range names {
		parts += len(states[name])
	}
	if parts != 171 || len(states[at]) != 81 || states[at]["parameters x"] == nil {
		t.Errorf("%d parts, %d of them in the first parameter", parts, len(states[at]))
	}
	if _, err := world(s).Run(store(records(80, 90))); err == nil || !strings.Contains(err.Error(), at+" has 10") || !strings.Contains(err.Error(), "its tier takes 8192") {
		t.Errorf("a value that is too long: %v", err)
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
			"policy prodgate-api-pipeline: document", "repository prodgate/api: policy", "rule prodgate-watch-images-read: pattern"}},
		"the image of builds": {set("build", object{"image": "aws/codebuild/standard:6.0"}), []string{
			build + "image", "project prodgate-api-scan-code: image", "project prodgate-api-scan-dependencies: image",
			"project prodgate-api-scan-secrets: image", "project prodgate-findings: image", "project prodgate-packages: image", "project prodgate-prepare: image",
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
