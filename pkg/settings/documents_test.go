package settings

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "write README.md and schema.json anew")

// The documents that are made from the table.
const (
	pageFile   = "README.md"
	schemaFile = "schema.json"
)

// TestSettings_DocumentsAreCurrent compares the page and the schema with the table.
func TestSettings_DocumentsAreCurrent(t *testing.T) {
	t.Parallel()
	for file, text := range map[string]string{pageFile: page(t), schemaFile: schema(t)} {
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		written, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(written) != text {
			t.Errorf("%s is stale: run go test ./pkg/settings -update", file)
		}
	}
}

// TestSettings_DocumentsNameEveryKey looks for each key of each object in the page and in the schema.
func TestSettings_DocumentsNameEveryKey(t *testing.T) {
	t.Parallel()
	text := page(t)
	checked := 0
	for parent, names := range children {
		for _, name := range names {
			path := strings.TrimPrefix(parent+"."+name, ".")
			if !strings.Contains(text, "\n| `"+path+"` |") && !strings.Contains(text, "\n## "+path+"\n") {
				t.Errorf("the page does not name %s", path)
			}
			if schemaOf(settingOf[path])["description"] == "" {
				t.Errorf("the schema does not describe %s", path)
			}
			checked++
		}
	}
	if checked < 70 {
		t.Fatalf("checked %d keys only", checked)
	}
}

const pageHead = `# Settings

Every key that a stack may set, in its file ` + "`Pulumi.<stack>.yaml`" + `. This page and [schema.json](schema.json) are made from [the settings'
own table](table.go) by ` + "`go test ./pkg/settings -update`" + `. Everything that is wrong with a stack is reported at once, before
anything is created: each line names the key, its value, what is wrong, and the remedy. Keys without effect are refused.

The least that a stack needs ([more examples](../../examples/README.md)):

` + "```yaml\n%s```" + `

With the comment in its first line, editors with a YAML language server (VS Code's YAML extension, Neovim, JetBrains) complete, describe and
check the keys. ` + "`prodgate:`" + ` begins every key but ` + "`aws:region`" + `; ` + "`apps[].name`" + ` is the key ` + "`name`" + ` of each item below ` + "`prodgate:apps`" + `.

Sections: %s.
`

// page is README.md.
func page(t testing.TB) string {
	t.Helper()
	minimal, err := os.ReadFile("../../examples/stacks/Pulumi.minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var sections, links []string
	for _, top := range sectionsOf() {
		name := strings.TrimSuffix(top, "[]")
		sections = append(sections, section(t, top))
		links = append(links, "["+name+"](#"+name+")")
	}
	return fmt.Sprintf(pageHead, minimal, strings.Join(links, ", ")) + strings.Join(sections, "")
}

// sectionsOf are the top-level keys with keys below them, in the table's order, after the single ones.
func sectionsOf() []string {
	sections := []string{"stack"}
	for _, r := range table {
		top, _, nested := strings.Cut(r.key, ".")
		if nested && !slices.Contains(sections, top) {
			sections = append(sections, top)
		}
	}
	return sections
}

// section is a table of the keys of one section.
func section(t testing.TB, top string) string {
	t.Helper()
	var rows []setting
	doc := "Keys of the stack itself."
	if top == "stack" {
		rows = append(rows, regionSetting)
	}
	for _, r := range table {
		below := strings.HasPrefix(r.key, top+".")
		single := top == "stack" && !strings.ContainsAny(r.key, ".[{") && r.kind != object && r.key != "apps"
		switch {
		case r.key == strings.TrimSuffix(top, "[]"):
			doc = r.doc
		case strings.HasSuffix(r.key, "]") || strings.HasSuffix(r.key, "}"): // described with its list
		case below || single:
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no keys", top)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "\n## %s\n\n%s\n\n| key | type and limits | default | what it is | example |\n|---|---|---|---|---|\n", strings.TrimSuffix(top, "[]"), doc)
	for _, r := range rows {
		example := ""
		if r.example != nil {
			example = "`" + flow(t, r.example) + "`"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s |\n", r.key, limits(r), defaultOf(t, r), r.doc, example)
	}
	return out.String()
}

// limits are the type and the limits of a key's value.
func limits(r setting) string {
	item := settingOf[r.key+"[]"]
	switch {
	case r.kind == object:
		return "object"
	case r.kind == boolean:
		return "`true` or `false`"
	case r.kind == number && r.oneOf != nil:
		return r.unit + ", one of " + strings.Join(r.oneOf, ", ")
	case r.kind == number:
		return fmt.Sprintf("%s, %d to %d", r.unit, r.min, r.max)
	case r.kind == list || r.kind == dictionary:
		what := map[kind]string{list: "list", dictionary: "names and values"}[r.kind]
		switch {
		case r.min == r.max && r.max > 0:
			what += fmt.Sprintf(", %d entries", r.max)
		case r.min > 0:
			what += fmt.Sprintf(", %d to %d entries", r.min, r.max)
		case r.max > 0:
			what += fmt.Sprintf(", up to %d entries", r.max)
		}
		if r.kind == list && item.kind == text {
			what += ", each " + limits(item)
		}
		return what
	case len(r.oneOf) > 10:
		return "region of AWS"
	case r.oneOf != nil:
		return "`" + strings.Join(r.oneOf, "`, `") + "`"
	}
	return form(r)
}

// form is what kind of text a key takes.
func form(r setting) string {
	what := "text"
	switch {
	case r.arn != nil:
		what = "ARN of " + r.arn.a
	case r.key == chatWebhook:
		what = "secret URL"
	}
	if r.max > 0 {
		what += fmt.Sprintf(", up to %d characters", r.max)
	}
	return what
}

// defaultOf is a key's default, or on which condition it is required.
func defaultOf(t testing.TB, r setting) string {
	t.Helper()
	switch {
	case r.required:
		return "**required**"
	case r.requiredWhen != "" && r.derived != "":
		return r.derived + "; **required** when " + r.requiredWhen
	case r.requiredWhen != "":
		return "**required** when " + r.requiredWhen
	case r.derived != "":
		return r.derived
	case r.preset == nil || r.preset == "":
		return "none"
	}
	return "`" + flow(t, r.preset) + "`"
}

// flow is a value in a line of YAML.
func flow(t testing.TB, value any) string {
	t.Helper()
	var node yaml.Node
	if err := node.Encode(value); err != nil {
		t.Fatal(err)
	}
	if node.Kind != yaml.ScalarNode {
		node.Style = yaml.FlowStyle
	}
	text, err := yaml.Marshal(&node)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// schema is schema.json, for the file of a stack.
func schema(t testing.TB) string {
	t.Helper()
	secure := map[string]any{
		"type": "object", "required": []string{"secure"}, "additionalProperties": false,
		"properties":  map[string]any{"secure": map[string]any{"type": "string"}},
		"description": "A secret, as pulumi config set --secret writes it.",
	}
	keys := map[string]any{regionSetting.key: schemaOf(regionSetting)}
	required := []string{regionSetting.key}
	for _, name := range children[""] {
		r := settingOf[name]
		one := map[string]any{"anyOf": []any{schemaOf(r), map[string]any{"$ref": "#/$defs/secure"}}, "description": r.doc}
		if name == chatWebhook {
			one = map[string]any{"$ref": "#/$defs/secure", "description": r.doc}
		}
		keys["prodgate:"+name] = one
		if slices.ContainsFunc(table, func(below setting) bool {
			return below.required && !strings.Contains(below.key, "[]") && (below.key == name || strings.HasPrefix(below.key, name+"."))
		}) {
			required = append(required, "prodgate:"+name)
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A stack of prodgate",
		"description": "Made from pkg/settings/table.go by go test ./pkg/settings -update.",
		"$defs":       map[string]any{"secure": secure},
		"type":        "object", "required": []string{"config"}, "additionalProperties": false,
		"properties": map[string]any{
			"config": map[string]any{
				"type": "object", "required": required, "properties": keys, "additionalProperties": false,
				// Keys of Pulumi and of its providers are theirs.
				"patternProperties": map[string]any{"^(pulumi|aws|github):": true},
			},
			"environment": true, "secretsprovider": true, "encryptedkey": true, "encryptionsalt": true, "backend": true,
		},
	}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// schemaOf is the schema of one key's value.
func schemaOf(r setting) map[string]any {
	s := map[string]any{}
	if r.doc != "" {
		s["description"] = r.doc
	}
	if r.preset != nil && r.key != chatWebhook {
		s["default"] = r.preset
	}
	if r.example != nil {
		s["examples"] = []any{r.example}
	}
	switch r.kind {
	case boolean:
		s["type"] = "boolean"
	case scalar:
		s["type"] = []string{"string", "number", "boolean"}
	case number:
		s["type"] = "integer"
		if r.oneOf == nil {
			s["minimum"], s["maximum"] = r.min, r.max
		}
	case text:
		s["type"] = "string"
		if r.max > 0 {
			s["maxLength"] = r.max
		}
		if !r.empty && r.oneOf == nil {
			s["minLength"] = 1
		}
		switch {
		case r.arn != nil:
			s["pattern"] = r.arn.pattern()
		case r.pattern != nil:
			s["pattern"] = r.pattern.String()
		}
	case list:
		s["type"], s["items"], s["uniqueItems"] = "array", schemaOf(settingOf[r.key+"[]"]), true
		if r.min > 0 {
			s["minItems"] = r.min
		}
		if r.max > 0 {
			s["maxItems"] = r.max
		}
	case dictionary:
		s["type"], s["additionalProperties"] = "object", schemaOf(settingOf[r.key+"[]"])
		s["propertyNames"] = schemaOf(settingOf[r.key+"{}"])
		s["maxProperties"] = r.max
		if r.min > 0 {
			s["minProperties"] = r.min
		}
	case object:
		s["type"], s["additionalProperties"] = "object", false
		keys, required := map[string]any{}, []string{}
		for _, name := range children[r.key] {
			below := settingOf[r.key+"."+name]
			keys[name] = schemaOf(below)
			if below.required {
				required = append(required, name)
			}
		}
		s["properties"] = keys
		if len(required) > 0 {
			s["required"] = required
		}
	}
	if r.oneOf != nil {
		s["enum"] = choices(r)
	}
	return s
}

// choices are the only values of a key, of its own type.
func choices(r setting) []any {
	var all []any
	for _, one := range r.oneOf {
		if whole, err := strconv.Atoi(one); err == nil && r.kind == number {
			all = append(all, whole)
			continue
		}
		all = append(all, one)
	}
	return all
}

// pattern is the form of the ARNs of this kind, of any account and region.
func (shape arnShape) pattern() string {
	resource := strings.TrimPrefix(shape.resource.String(), "^")
	region := "[a-z0-9-]+"
	if shape.global {
		region = ""
	}
	return "^arn:[a-z-]+:(" + strings.Join(shape.services, "|") + "):" + region + ":[0-9]{12}:" + resource
}
