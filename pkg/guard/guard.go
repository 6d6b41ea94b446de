// Package guard holds the AWS Config rules in Guard, a file for each. They evaluate what no managed rule of AWS evaluates.
// A file refers to values of a stack by %name.
package guard

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Runtime is AWS Config's name of the language's version. The rules use the language of version 2.0.
const Runtime = "guard-2.x.x"

// MaxPolicy is the most characters of a rule: AWS Config API, CustomPolicyDetails, PolicyText.
const MaxPolicy = 10000

// Rule is an AWS Config rule in Guard.
type Rule struct {
	// Name is the name of its file, without .guard.
	Name string
	// Type is the type of the resources that it evaluates.
	Type string
	body string
}

//go:embed *.guard
var files embed.FS

// types are the types of resources, by the first word of a rule's name.
var types = map[string]string{
	"pipeline": "AWS::CodePipeline::Pipeline",
	"project":  "AWS::CodeBuild::Project",
	"role":     "AWS::IAM::Role",
}

// Rules are all rules, sorted by name.
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
			return nil, fmt.Errorf("%s: unknown type of resource %s", entry.Name(), kind)
		}
		rules = append(rules, Rule{Name: name, Type: types[kind], body: string(body)})
	}
	return rules, nil
}

var (
	comment  = regexp.MustCompile(`(?m)^\s*#.*$`)
	variable = regexp.MustCompile(`%([a-z_]+)`)
)

// Body is the text of the file.
func (r Rule) Body() string { return r.body }

// Variables are the names of the values that the rule refers to, sorted.
func (r Rule) Variables() []string {
	var names []string
	for _, found := range variable.FindAllStringSubmatch(comment.ReplaceAllString(r.body, ""), -1) {
		names = append(names, found[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Policy is the text for AWS Config: the values, and the rule. Text, Texts, Pattern, Patterns and Path write a value.
func (r Rule) Policy(values map[string]string) (string, error) {
	var head strings.Builder
	for _, name := range r.Variables() {
		if values[name] == "" {
			return "", fmt.Errorf("%s: %%%s has no value", r.Name, name)
		}
		fmt.Fprintf(&head, "let %s = %s\n", name, values[name])
	}
	return head.String() + "\n" + r.body, nil
}

// Text writes a string.
func Text(text string) string { return strconv.Quote(text) }

// Texts writes a list of strings.
func Texts(texts ...string) string { return list(Text, texts) }

// Pattern writes a regular expression. Version 2.0 has no look-around and no backreferences, and no version reads an
// expression that ends with a slash.
func Pattern(expression string) string {
	return "/" + strings.ReplaceAll(expression, "/", `\/`) + "/"
}

// Patterns writes a list of regular expressions.
func Patterns(expressions ...string) string { return list(Pattern, expressions) }

// Path writes the path of a value in a configuration item.
func Path(path string) string { return path }

func list(write func(string) string, all []string) string {
	written := make([]string, len(all))
	for i, one := range all {
		written[i] = write(one)
	}
	return "[" + strings.Join(written, ", ") + "]"
}
