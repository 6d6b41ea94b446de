package cfnguard_test

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prodgate/pkg/guard"
	"prodgate/sandbox/evaluators/cfnguard"
	"prodgate/sandbox/toolchain"
)

// values are those of the gate prodgate, with approvals.
var values = map[string]string{
	"app_projects":    guard.Patterns("^prodgate-.+-", "^prodgate-(findings|sign|prepare|verify|dast)$"),
	"approval_stage":  guard.Path("configuration.pipeline.stages.2"),
	"artifact_bucket": guard.Text("prodgate-artifacts-111111111111-eu-west-2"),
	"artifact_key":    guard.Text("arn:aws:kms:eu-west-2:111111111111:key/key-of-gate-artifacts"),
	"boundaries":      guard.Pattern(":policy/prodgate/boundary/."),
	"branch":          guard.Text("prod"),
	"build_image":     guard.Text("aws/codebuild/amazonlinux-x86_64-standard:5.0"),
	"deploy_stage":    guard.Path("configuration.pipeline.stages.3"),
	"docker_projects": guard.Pattern("^prodgate-.+-build$"),
	"pipelines":       guard.Pattern("-prodgate$"),
	"projects":        guard.Pattern("^prodgate-"),
	"region":          guard.Text("eu-west-2"),
	"repositories":    guard.Texts("example-org/api", "example-org/web"),
	"role_paths":      guard.Pattern("^/prodgate/."),
	"role_policies":   guard.Patterns(":policy/prodgate/.", ":aws:policy/service-role/AWS_ConfigRole$"),
	"roles":           guard.Pattern(":role/prodgate/."),
	"shared_projects": guard.Texts("prodgate-findings", "prodgate-verify"),
	"check_function":  guard.Text("prodgate-verifier"),
}

// policies are all rules as AWS Config gets them but one, by the type that each looks at: a
// stack has one provider of sources.
func policies(t *testing.T, but string) map[string][]string {
	t.Helper()
	rules, err := guard.Rules()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, rule := range rules {
		if rule.Name == but {
			continue
		}
		text, err := rule.Policy(values)
		if err != nil {
			t.Fatal(err)
		}
		all[rule.Type] = append(all[rule.Type], text)
	}
	return all
}

func program(t *testing.T) string {
	t.Helper()
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	path, err := toolchain.PrepareGuard(t.Context(), root, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// item is an item that AWS Config recorded, with changes.
func item(t *testing.T, file string, changes ...change) any {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var read any
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		read = c.in(t, read, strings.Split(c.path, "."))
	}
	return read
}

// change is a new value at a path, such as configuration.source.0.type; nil removes the
// existing value.
type change struct {
	path string
	to   any
}

type nothing struct{}

// in returns a value with the change applied inside it.
func (c change) in(t *testing.T, value any, steps []string) any {
	t.Helper()
	if len(steps) == 0 {
		return c.to
	}
	taken := c.to == (nothing{}) && len(steps) == 1
	switch in := value.(type) {
	case map[string]any:
		if taken {
			delete(in, steps[0])
		} else {
			in[steps[0]] = c.in(t, in[steps[0]], steps[1:])
		}
		return in
	case []any:
		i, err := strconv.Atoi(steps[0])
		if err != nil || i >= len(in) {
			t.Fatalf("%s: there is no %s", c.path, steps[0])
		}
		if taken {
			return slices.Delete(in, i, i+1)
		}
		in[i] = c.in(t, in[i], steps[1:])
		return in
	default:
		t.Fatalf("%s: there is no %s", c.path, steps[0])
		return nil
	}
}

type object = map[string]any

// unchanged is an item as in its file.
func unchanged() []change { return nil }

// testCase is the expected result of the rules for a changed item.
type testCase struct {
	changes []change
	// fails are the rules that do, and no other.
	fails []string
	// foreign is whether the item is not of the gate: no rule is about it.
	foreign bool
}

func TestRules_ReportOnlyTheViolation(t *testing.T) {
	t.Parallel()
	for file, c := range map[string]struct {
		kind  string
		cases map[string]testCase
		but   string
		first func() []change
	}{
		"pipeline":             {"AWS::CodePipeline::Pipeline", pipelines, "pipeline-codecommit", unchanged},
		"pipeline, CodeCommit": {"AWS::CodePipeline::Pipeline", committed, "pipeline-trigger", fromCodeCommit},
		"project":              {"AWS::CodeBuild::Project", projects, "", unchanged},
		"role":                 {"AWS::IAM::Role", roles, "", unchanged},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			var names []string
			var items []any
			file, _, _ = strings.Cut(file, ",")
			for name, one := range c.cases {
				names, items = append(names, name), append(items, item(t, file, slices.Concat(c.first(), one.changes)...))
			}
			verdicts, err := cfnguard.Evaluate(t.Context(), program(t), policies(t, c.but)[c.kind], items...)
			if err != nil {
				t.Fatal(err)
			}
			failed := map[string]bool{}
			for i, name := range names {
				want, got := c.cases[name], verdicts[i]
				slices.Sort(got.Failed)
				slices.Sort(want.fails)
				if !slices.Equal(got.Failed, want.fails) {
					t.Errorf("%s: %q fail, want %q", name, got.Failed, want.fails)
				}
				if (len(got.Passed)+len(got.Failed) == 0) != want.foreign {
					t.Errorf("%s: %q pass, %q are not about it", name, got.Passed, got.Skipped)
				}
				for _, rule := range got.Failed {
					failed[rule] = true
				}
			}
			for _, rule := range slices.Concat(verdicts[0].Passed, verdicts[0].Failed, verdicts[0].Skipped) {
				if !failed[rule] {
					t.Errorf("nothing makes %s fail", rule)
				}
			}
		})
	}
}
