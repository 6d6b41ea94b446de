package settings

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

func loadProject(t *testing.T) *workspace.Project {
	t.Helper()
	project, err := workspace.LoadProject("../../Pulumi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(project.Config) == 0 {
		t.Fatal("Pulumi.yaml declares nothing")
	}
	return project
}

// decrypted is the configuration of a stack file as the engine hands it on.
func decrypted(t *testing.T, stack *workspace.ProjectStack) map[string]string {
	t.Helper()
	plain, err := stack.Config.Decrypt(config.NopDecrypter)
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]string{}
	for key, value := range plain {
		written[key.String()] = value
	}
	return written
}

func TestPulumiYAMLDeclaresTheKnownKeys(t *testing.T) {
	t.Parallel()
	declared := map[string]workspace.ProjectConfigType{}
	for key, config := range loadProject(t).Config {
		declared[strings.TrimPrefix(key, "prodgate:")] = config
	}
	if got := slices.Sorted(maps.Keys(declared)); !slices.Equal(got, children[""]) {
		t.Fatalf("declared %v, known %v", got, children[""])
	}
	types := map[kind]string{text: "string", boolean: "boolean", list: "array", object: "object", dictionary: "object"}
	for key, config := range declared {
		if want := types[ruleOf[key].kind]; config.TypeName() != want {
			t.Errorf("%s is declared as %s, not %s", key, config.TypeName(), want)
		}
		if config.Description == "" {
			t.Errorf("%s has no description", key)
		}
	}
}

func TestPulumiYAMLDescribesTheNestedKeys(t *testing.T) {
	t.Parallel()
	project := loadProject(t)
	checked := 0
	for parent, names := range children {
		top := parent[:strings.IndexAny(parent+".", ".[")]
		if top == "" {
			continue
		}
		for _, name := range names {
			checked++
			word := regexp.MustCompile(`\b` + name + `\b`)
			if !word.MatchString(project.Config[top].Description) {
				t.Errorf("the description of %s does not name %s", top, name)
			}
		}
	}
	if checked < 20 {
		t.Fatalf("checked %d keys only", checked)
	}
}

func TestPulumiYAMLHasTheSameDefaults(t *testing.T) {
	t.Parallel()
	required := map[string]any{"aws:region": "eu-west-2", "account": "111111111111", "access": valid()["access"], "source": valid()["source"], "apps": valid()["apps"]}
	want, err := Decode("prodgate", encode(t, required))
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for key, declared := range loadProject(t).Config {
		if declared.Default != nil {
			required[key] = declared.Default
			checked++
		}
	}
	if checked == 0 {
		t.Fatal("no default is declared")
	}
	got, err := Decode("prodgate", encode(t, required))
	if err != nil {
		t.Fatal(err)
	}
	// As text, which makes no difference between an empty map and none.
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("with the declared defaults %+v\nwithout any %+v", got, want)
	}
}

// The example accounts of AWS's own documentation and digits all the same are
// nobody's.
var exampleAccount = regexp.MustCompile(`^(1{12}|2{12}|123456789012)$`)

func TestStackFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../Pulumi.*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("found %v: %v", files, err)
	}
	accounts := map[string]string{}
	for _, file := range files {
		stack, err := workspace.LoadProjectStack(nil, loadProject(t), file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Decode("prodgate", decrypted(t, stack))
		if err != nil {
			t.Errorf("%s:\n%v", file, err)
			continue
		}
		if !exampleAccount.MatchString(s.Account) {
			t.Errorf("%s holds what may be a real account", file)
		}
		if other, twice := accounts[s.Account]; twice {
			t.Errorf("%s is of the same account as %s", file, other)
		}
		accounts[s.Account] = file
	}
}

func TestWhatYAMLMakesOfUnquotedValues(t *testing.T) {
	t.Parallel()
	stack, err := workspace.LoadProjectStackBytes(nil, loadProject(t), []byte(`
config:
  aws:region: eu-west-2
  prodgate:account: 012345670123
  prodgate:protect: yes
  prodgate:tags:
  prodgate:source: {owner: 0123, repository: r, reviews: 2.0}
  prodgate:apps:
    - {name: a, cluster: c, executionRoleArn: "arn:aws:iam::111111111111:role/x", taskRoleArn: }
  prodgate:detection: {guardDuty: off, config: no}
`), "Pulumi.test.yaml", encoding.YAML)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Decode("prodgate", decrypted(t, stack))
	want := strings.Join([]string{
		`prodgate:access.breakGlassArn: (absent) is required; write the ARN of the role for emergencies, without one a lost deployer locks everybody out`,
		`prodgate:access.deployerArns: (absent) is required; write the ARNs of 1 to 5 roles that run pulumi up, nobody else may change the gate`,
		`prodgate:account: "1402433619" is not a 12-digit account id; write all 12 digits in quotes, YAML reads 012345670123 as an octal number`,
		`prodgate:apps[0].taskRoleArn: null is no value; give it one, or leave the key out`,
		`prodgate:detection.config: "no" does not say who provides it; choose one of create, adopt, off`,
		`prodgate:protect: "yes" is neither true nor false; write true or false`,
		`prodgate:source.codeOwners: (absent) is required; write who reviews changes of the workflow that lets only main into prod, @login or @organization/team`,
		`prodgate:source.owner: 83 is not a text; write one value, in quotes`,
		`prodgate:tags: "" is not an object; write a name and a value on each line below the key`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("\ngot\n%v\nwant\n%s", err, want)
	}
}
