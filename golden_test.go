package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
)

var update = flag.Bool("update", false, "write the golden records of pkg/gate/testdata/golden anew")

// kinds are the stacks whose declarations are recorded. A kind with a base records a
// resource that the base declares in the same way by its name alone.
var kinds = []struct {
	name, base string
	stack      func(testing.TB) gatetest.World
	adopts     bool
}{
	{name: "dev", stack: func(t testing.TB) gatetest.World { return stack(t, "dev") }},
	{name: "prod", stack: func(t testing.TB) gatetest.World { return stack(t, "prod") }},
	{name: "codecommit", base: "dev", stack: func(t testing.TB) gatetest.World {
		return changed(t, "dev", "source", map[string]any{
			"provider": "codecommit", "repository": "cruddur-dev", "reviews": 2,
			"reviewerArns": []string{"arn:aws:iam::111111111111:role/reviewer"},
			"mergerArns":   []string{"arn:aws:iam::111111111111:role/merger"},
		})
	}},
	{name: "blue-green", base: "dev", stack: func(t testing.TB) gatetest.World {
		w := stack(t, "dev")
		var apps []map[string]any
		decode(t, w.Config["prodgate:apps"], &apps)
		delete(apps[0], "deployTimeout") // of rolling deployments
		apps[0]["deployment"] = map[string]any{
			"kind":         "blue-green",
			"listenerArn":  "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/0123456789abcdef",
			"targetGroups": []string{"blue", "green"}, "containerPort": 4567, "alarms": []string{"web-5xx"},
		}
		w.Config["prodgate:apps"] = encode(t, apps)
		return w
	}},
	{name: "chat", base: "dev", stack: func(t testing.TB) gatetest.World {
		w := stack(t, "dev")
		w.Config["prodgate:chatWebhook"] = "https://hooks.slack.com/services/T0/B0/x"
		w.SecretConfig = []string{"prodgate:chatWebhook"}
		return w
	}},
	{name: "adopted", base: "dev", adopts: true, stack: func(t testing.TB) gatetest.World {
		w := changed(t, "dev", "detection", map[string]any{
			"response": "contain", "trail": "adopt", "guardDuty": "adopt", "config": "adopt", "accessAnalyzer": "adopt", "securityHub": "adopt",
		})
		var source map[string]any
		decode(t, w.Config["prodgate:source"], &source)
		source["connectionArn"] = "arn:aws:codeconnections:eu-west-2:111111111111:connection/" + gatetest.UUID
		source["protection"] = "adopt"
		delete(source, "codeOwners")
		w.Config["prodgate:source"] = encode(t, source)
		w.GitHub = protectedElsewhere("repos/example-org/cruddur-dev")
		return w
	}},
}

// protectedElsewhere are GitHub's answers of a repository whose prod another stack protects.
func protectedElsewhere(repository string) map[string]string {
	file := func(text string) string {
		return `200 {"encoding": "base64", "content": "` + base64.StdEncoding.EncodeToString([]byte(text)) + `"}`
	}
	return map[string]string{
		repository + "/contents/" + onlymain.File + "?ref=prod": file(onlymain.Workflow),
		repository + "/contents/.github/CODEOWNERS?ref=main":    file("/.github/ @example-org/platform\n"),
		repository + "/contents/.github/CODEOWNERS?ref=prod":    file("/.github/ @example-org/platform\n"),
		repository + "/branches/prod/protection": `200 {
			"enforce_admins": {"enabled": true}, "required_signatures": {"enabled": true},
			"required_conversation_resolution": {"enabled": true}, "block_creations": {"enabled": true},
			"allow_force_pushes": {"enabled": false}, "allow_deletions": {"enabled": false},
			"restrictions": {"users": [], "teams": [{"slug": "platform"}], "apps": []},
			"required_status_checks": {"strict": true, "checks": [{"context": "test", "app_id": null}, {"context": "only-main", "app_id": 15368}]},
			"required_pull_request_reviews": {"required_approving_review_count": 2, "require_code_owner_reviews": true,
				"require_last_push_approval": true, "dismiss_stale_reviews": true}
		}`,
	}
}

// changed is a stack of this repository with another value of one key.
func changed(t testing.TB, name, key string, value any) gatetest.World {
	t.Helper()
	w := stack(t, name)
	w.Config["prodgate:"+key] = encode(t, value)
	return w
}

func encode(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decode(t testing.TB, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// declaration is a resource as the program registers it.
type declaration struct {
	Resource      string         `yaml:"resource"`
	SameAs        string         `yaml:"sameAs,omitempty"`
	Parent        string         `yaml:"parent,omitempty"`
	Provider      string         `yaml:"provider,omitempty"`
	Providers     []string       `yaml:"providers,omitempty"`
	Protect       bool           `yaml:"protect,omitempty"`
	Retain        bool           `yaml:"retainOnDelete,omitempty"`
	IgnoreChanges []string       `yaml:"ignoreChanges,omitempty"`
	Aliases       []string       `yaml:"aliases,omitempty"`
	Options       map[string]any `yaml:"options,omitempty"`
	DependsOn     []string       `yaml:"dependsOn,omitempty"`
	Inputs        map[string]any `yaml:"inputs,omitempty"`
}

// TestGolden_Declarations compares everything that the program registers, for each kind of
// stack, with the record in the repository: URNs, inputs, options and outputs. A change that
// is meant is recorded with go test -run Golden . -update, and reviewed as a diff.
func TestGolden_Declarations(t *testing.T) {
	t.Parallel()
	records := map[string]map[string]declaration{}
	for _, kind := range kinds {
		w := kind.stack(t)
		var recording *gatetest.Recording
		if kind.adopts {
			s, err := settings.Decode("prodgate", w.Config)
			if err != nil {
				t.Fatal(err)
			}
			recording = w.MustRun(t, func(ctx *pulumi.Context) error { return program(ctx, gatetest.Having(s).For, gatetest.Function) })
		} else {
			recording = runs.MustRun(t, w, fresh)
		}
		declared := declarations(recording)
		if len(declared) < 100 {
			t.Fatalf("%s declares %d resources", kind.name, len(declared))
		}
		records[kind.name] = declared
		compareGolden(t, kind.name, written(t, declared, records[kind.base], kind.base))
	}
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("pkg", "gate", "testdata", "golden", name+".yaml")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	at := 0
	for at < min(len(gotLines), len(wantLines)) && gotLines[at] == wantLines[at] {
		at++
	}
	t.Errorf("%s declares something else from line %d on, record it with -update if that is meant:\n%s\nand no longer\n%s",
		file, at+1, strings.Join(gotLines[at:min(at+10, len(gotLines))], "\n"), strings.Join(wantLines[at:min(at+10, len(wantLines))], "\n"))
}

// declarations are all that a run registered, by URN, and the stack's outputs.
func declarations(r *gatetest.Recording) map[string]declaration {
	short := func(urn string) string {
		if urn == "" {
			return ""
		}
		return string(resource.URN(urn).Type()) + " " + resource.URN(urn).Name()
	}
	all := map[string]declaration{}
	for _, made := range r.All() {
		d := declaration{
			Resource: strings.TrimPrefix(made.URN, "urn:pulumi:"+string(resource.URN(made.URN).Stack())+"::"),
			Parent:   short(made.Parent), Provider: made.Provider, Protect: made.Protect, Retain: made.RetainOnDelete,
			IgnoreChanges: made.IgnoreChanges, Aliases: made.Aliases, Options: made.Options, Inputs: map[string]any{},
		}
		for _, pkg := range slices.Sorted(maps.Keys(made.Providers)) {
			d.Providers = append(d.Providers, pkg+" "+made.Providers[pkg])
		}
		for _, urn := range made.DependsOn {
			d.DependsOn = append(d.DependsOn, short(urn))
		}
		slices.Sort(d.DependsOn)
		d.DependsOn = slices.Compact(d.DependsOn)
		for key, value := range made.Inputs {
			d.Inputs[string(key)] = readable(value)
		}
		all[d.Resource] = d
	}
	outputs := map[string]any{}
	for name, output := range r.Outputs {
		outputs[name] = map[string]any{"value": readable(resource.NewPropertyValue(output.Value)), "known": output.Known, "secret": output.Secret}
	}
	all["outputs"] = declaration{Resource: "outputs", Inputs: outputs}
	return all
}

// readable is a value with each JSON document in it on lines of its own, so that a diff
// shows the statement that changed. Nothing but white space is lost.
func readable(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return map[string]any{"secret": readable(value.SecretValue().Element)}
	case value.IsString():
		text := value.StringValue()
		if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
			var lines bytes.Buffer
			if json.Indent(&lines, []byte(text), "", " ") == nil {
				return lines.String() + "\n"
			}
		}
		return text
	case value.IsArray():
		var all []any
		for _, one := range value.ArrayValue() {
			all = append(all, readable(one))
		}
		return all
	case value.IsObject():
		all := map[string]any{}
		for key, one := range value.ObjectValue() {
			all[string(key)] = readable(one)
		}
		return all
	default:
		return value.Mappable()
	}
}

// written is a record's text, sorted by URN.
func written(t *testing.T, declared, base map[string]declaration, baseName string) string {
	t.Helper()
	var out bytes.Buffer
	for _, urn := range slices.Sorted(maps.Keys(declared)) {
		d := declared[urn]
		if of, there := base[urn]; there && encode(t, of) == encode(t, d) {
			d = declaration{Resource: urn, SameAs: baseName}
		}
		text, err := yaml.Marshal([]declaration{d})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	return out.String()
}
