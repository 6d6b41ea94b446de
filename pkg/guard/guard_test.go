package guard_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/guard"
)

func rules(t *testing.T) []guard.Rule {
	t.Helper()
	all, err := guard.Rules()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.guard")
	if err != nil || len(files) == 0 || len(files) != len(all) {
		t.Fatalf("%d rules of the files %v: %v", len(all), files, err)
	}
	return all
}

// TestGuard_RulesAreOfVersion2 finds what version 3 of the language added, by the history of its parser
// (github.com/aws-cloudformation/cloudformation-guard, parser.rs): AWS Config runs version 2, and the sandbox's
// interpreter is of version 3.
func TestGuard_RulesAreOfVersion2(t *testing.T) {
	t.Parallel()
	newer := map[string]*regexp.Regexp{
		"a function":                     regexp.MustCompile(`\b[a-z_]+\(`), // 3.0; rules with parameters: 2.1
		"a test of a type":               regexp.MustCompile(`(?i)\bis_(null|bool|int|float)\b`),
		"a captured name":                regexp.MustCompile(`\[[^\]"]*\|`),
		"look-around":                    regexp.MustCompile(`\(\?[=!<]`),
		"a quote in a text":              regexp.MustCompile(`\\"`),
		"a pattern that ends in a slash": regexp.MustCompile(`\\//`), // which no version reads
	}
	for _, rule := range rules(t) {
		for what, expression := range newer {
			if found := expression.FindString(rule.Body()); found != "" {
				t.Errorf("%s has %s: %s", rule.Name, what, found)
			}
		}
	}
}

func TestGuard_RulesSelectTheGateAlone(t *testing.T) {
	t.Parallel()
	every := regexp.MustCompile(`(?m)^rule `)
	header := regexp.MustCompile(`(?m)^rule ([a-z0-9_]+) when (?:resourceName|configuration\.path) (?:==|in) %`)
	names := map[string]string{}
	for _, rule := range rules(t) {
		found := header.FindAllStringSubmatch(rule.Body(), -1)
		if len(found) == 0 || len(found) != len(every.FindAllString(rule.Body(), -1)) {
			t.Errorf("%s has a rule without a condition on the gate's names", rule.Name)
		}
		for _, one := range found {
			if other := names[one[1]]; other != "" {
				t.Errorf("%s and %s both have %s", other, rule.Name, one[1])
			}
			names[one[1]] = rule.Name
		}
		if !strings.HasPrefix(rule.Body(), "# ") {
			t.Errorf("%s does not begin with a comment", rule.Name)
		}
	}
}

func TestGuard_PolicyHasTheValuesItNames(t *testing.T) {
	t.Parallel()
	values := map[string]string{"other": guard.Text("unused")}
	for _, rule := range rules(t) {
		for _, name := range rule.Variables() {
			values[name] = guard.Text("of " + name)
		}
	}
	for _, rule := range rules(t) {
		text, err := rule.Policy(values)
		if err != nil {
			t.Fatal(err)
		}
		head, body, _ := strings.Cut(text, "\n\n")
		if body != rule.Body() || strings.Contains(head, "other") {
			t.Errorf("%s is\n%s", rule.Name, text)
		}
		for _, name := range rule.Variables() {
			if !slices.Contains(strings.Split(head, "\n"), "let "+name+" = "+guard.Text("of "+name)) {
				t.Errorf("%s has no value of %%%s:\n%s", rule.Name, name, head)
			}
		}
		if _, err := rule.Policy(nil); err == nil || !strings.Contains(err.Error(), rule.Name) {
			t.Errorf("%s without values: %v", rule.Name, err)
		}
	}
}

func TestGuard_ValuesAreWrittenAsGuardReadsThem(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		guard.Text("arn:aws:kms"):                     `"arn:aws:kms"`,
		guard.Texts("a", "b/c"):                       `["a", "b/c"]`,
		guard.Pattern("^/a/.+-b$"):                    `/^\/a\/.+-b$/`,
		guard.Patterns(":a/.", "b$"):                  `[/:a\/./, /b$/]`,
		guard.Path("configuration.pipeline.stages.2"): "configuration.pipeline.stages.2",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
