// Package guard holds the AWS Config rules that are written in Guard, as files of their
// own: they see what no managed rule of AWS looks at. A file names what is a gate's own
// by %name.
package guard

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Runtime is AWS Config's name of the language's version. The rules keep to what
// version 2.0 has.
const Runtime = "guard-2.x.x"

// MaxPolicy is how long the text of a rule may be: AWS Config API, CustomPolicyDetails,
// PolicyText.
const MaxPolicy = 10000

// Rule is one of AWS Config's.
type Rule struct {
	// Name is what it is called: its file.
	Name string
	// Type is the type of the resources that it looks at.
	Type string
	body string
}

//go:embed *.guard
var files embed.FS

// types are those of the resources, by how the names of their rules begin.
var types = map[string]string{
	"pipeline": "AWS::CodePipeline::Pipeline",
	"project":  "AWS::CodeBuild::Project",
	"role":     "AWS::IAM::Role",
}

// Rules are all there are, sorted by name.
func Rules() ([]Rule, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var rules []Rule
	for _, entry := range entries {
		body, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(entry.Name(), ".guard")
		kind, _, _ := strings.Cut(name, "-")
		if types[kind] == "" {
			return nil, fmt.Errorf("%s: no type of resource is known by %s", entry.Name(), kind)
		}
		rules = append(rules, Rule{Name: name, Type: types[kind], body: string(body)})
	}
	return rules, nil
}

var (
	comment = regexp.MustCompile(`(?m)^\s*#.*$`)
	named   = regexp.MustCompile(`%([a-z_]+)`)
)

// Body is the rule as it stands in its file.
func (r Rule) Body() string { return r.body }

// Names are what the rule has to be told, sorted.
func (r Rule) Names() []string {
	var names []string
	for _, found := range named.FindAllStringSubmatch(comment.ReplaceAllString(r.body, ""), -1) {
		names = append(names, found[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Policy is the text as AWS Config takes it: the values at its head, and the rule.
// A value is written as Text, Texts, Pattern, Patterns and Path write it.
func (r Rule) Policy(values map[string]string) (string, error) {
	var head strings.Builder
	for _, name := range r.Names() {
		if values[name] == "" {
			return "", fmt.Errorf("%s: %%%s is nothing that is known of the gate", r.Name, name)
		}
		fmt.Fprintf(&head, "let %s = %s\n", name, values[name])
	}
	return head.String() + "\n" + r.body, nil
}

// Text is a text as a value.
func Text(text string) string { return strconv.Quote(text) }

// Texts is a list of texts.
func Texts(texts ...string) string { return list(Text, texts) }

// Pattern is a regular expression. Version 2.0 has no look-around and no
// backreferences, and no version reads one that ends with a slash.
func Pattern(expression string) string {
	return "/" + strings.ReplaceAll(expression, "/", `\/`) + "/"
}

// Patterns is a list of regular expressions.
func Patterns(expressions ...string) string { return list(Pattern, expressions) }

// Path is where something stands in what AWS Config recorded.
func Path(path string) string { return path }

func list(value func(string) string, all []string) string {
	written := make([]string, len(all))
	for i, one := range all {
		written[i] = value(one)
	}
	return "[" + strings.Join(written, ", ") + "]"
}
