package settings

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"
)

// stackFiles are the stack files of this repository, and those of the examples.
func stackFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for pattern, least := range map[string]int{"../../Pulumi.*.yaml": 2, "../../examples/stacks/Pulumi.*.yaml": 6} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) < least {
			t.Fatalf("found %v: %v", found, err)
		}
		files = append(files, found...)
	}
	return files
}

// compiled is the schema as it is in the repository.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stackOf is a configuration as the file of a stack has it.
func stackOf(t *testing.T, config map[string]any) any {
	t.Helper()
	named := map[string]any{}
	for name, value := range config {
		if name != regionSetting.key {
			name = "prodgate:" + name
		}
		named[name] = value
	}
	if named["prodgate:"+chatWebhook] != nil {
		named["prodgate:"+chatWebhook] = map[string]any{"secure": "v1:abc"}
	}
	return jsonOf(t, map[string]any{"config": named})
}

func TestSettings_SchemaAcceptsTheStacks(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	for _, file := range stackFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var stack any
		if err := yaml.Unmarshal(text, &stack); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(jsonOf(t, stack)); err != nil {
			t.Errorf("%s: %#v", file, err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		path, found := strings.CutPrefix(first, "# yaml-language-server: $schema=")
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), path)); !found || err != nil {
			t.Errorf("%s does not begin with the path of the schema: %s", file, first)
		}
	}
	if err := s.Validate(stackOf(t, valid())); err != nil {
		t.Errorf("every key: %#v", err)
	}
}

// TestSettings_SchemaRefuses holds the schema against the bad stacks of all topics. What
// one key has to do with another is for Decode alone: a schema's message could not say it.
func TestSettings_SchemaRefuses(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	refused := 0
	cases := allBad(t)
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		c := cases[name]
		config := valid()
		set(t, config, c.at, c.value)
		if s.Validate(stackOf(t, config)) != nil {
			refused++
			continue
		}
		// A single key's fault in type, limits or spelling is the schema's to find.
		for _, found := range []string{
			"is not a list", "is not an object", "is not a text", "is not a whole number", "is neither true nor false", "is not a value",
			"set under an unknown key", "is not between", "entries, more than", "entries, fewer than", "characters, more than", "did you mean",
			"choose one of", "is empty; ",
		} {
			if strings.Contains(c.want, found) && !strings.Contains(c.want, "required with") && !onlyByDecode[name] {
				t.Errorf("%s: the schema accepts %s = %v\n%s", name, c.at, c.value, c.want)
				break
			}
		}
	}
	if refused < 150 {
		t.Errorf("the schema refuses %d of %d bad stacks", refused, len(cases))
	}
}

// onlyByDecode are faults of one key that the schema leaves to Decode.
var onlyByDecode = map[string]bool{
	"the approvers are too long for a trust": true, // together
	"the list of owners is empty":            true, // which it may be without a protection
	"the webhook is too long":                true, // the file has it encrypted
}

// TestSettings_SchemaPatternsAreECMAScript refuses what Go alone has in regular expressions:
// editors read the patterns as ECMAScript's, where \p needs braces and (?i) does not exist.
func TestSettings_SchemaPatternsAreECMAScript(t *testing.T) {
	t.Parallel()
	var patterns []string
	var walk func(any)
	walk = func(node any) {
		switch node := node.(type) {
		case map[string]any:
			for key, value := range node {
				if text, ok := value.(string); ok && key == "pattern" {
					patterns = append(patterns, text)
				}
				walk(value)
			}
		case []any:
			for _, value := range node {
				walk(value)
			}
		}
	}
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var whole any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	walk(whole)
	if len(patterns) < 30 {
		t.Fatalf("found %d patterns only", len(patterns))
	}
	for _, pattern := range patterns {
		for _, ours := range []string{"(?", `\pZ`, `\pC`, `\pL`, `\z`, `\A`, `\Q`, "[[:"} {
			if strings.Contains(pattern, ours) {
				t.Errorf("%s has %s, which ECMAScript does not know", pattern, ours)
			}
		}
	}
}
