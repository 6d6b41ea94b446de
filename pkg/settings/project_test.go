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

func TestSettings_PulumiYAMLDeclaresTheTable(t *testing.T) {
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
		if want := types[settingOf[key].kind]; config.TypeName() != want {
			t.Errorf("%s is declared as %s, not %s", key, config.TypeName(), want)
		}
		if config.Description == "" || config.Description != settingOf[key].doc {
			t.Errorf("%s has the description %q\nthe table has     %q", key, config.Description, settingOf[key].doc)
		}
	}
}

func TestSettings_PulumiYAMLHasTheSameDefaults(t *testing.T) {
	t.Parallel()
	required := map[string]any{"aws:region": "eu-west-2", "account": "111111111111", "access": valid()["access"], "source": valid()["source"], "apps": valid()["apps"]}
	want, err := Decode("prodgate", encode(t, required))
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for key, declared := range loadProject(t).Config {
		if declared.Default == nil {
			t.Errorf("%s has no default: Pulumi reports a missing key without its remedy", key)
		}
		if _, given := required[key]; !given {
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

func TestSettings_StackFilesAreValid(t *testing.T) {
	t.Parallel()
	accounts := map[string]string{}
	for _, file := range stackFiles(t) {
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
		if filepath.Base(filepath.Dir(file)) == "stacks" {
			continue // all examples are of one account
		}
		if other, twice := accounts[s.Account]; twice {
			t.Errorf("%s is of the same account as %s", file, other)
		}
		accounts[s.Account] = file
	}
}

func TestSettings_UnquotedYAMLIsReported(t *testing.T) {
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
		`prodgate:access.breakGlassArn: (not set) is required; write the ARN of the break-glass role, without it nobody can change the gate when the deployers' roles are lost`,
		`prodgate:access.deployerArns: (not set) is required; write the ARNs of 1 to 5 roles that run pulumi up, nobody else may change the gate`,
		`prodgate:account: "1402433619" is not a 12-digit account id; write all 12 digits in quotes, YAML reads 012345670123 as an octal number`,
		`prodgate:apps[0].taskRoleArn: null is not a value; set one, or leave the key out`,
		`prodgate:detection.config: "no" is not one of the choices; choose one of create, adopt, off`,
		`prodgate:protect: "yes" is neither true nor false; write true or false`,
		`prodgate:source.codeOwners: (not set) is required; name the people or teams that review changes of the gate's workflow, as @login or @organization/team`,
		`prodgate:source.owner: 83 is not a text; write one value, in quotes`,
		`prodgate:tags: "" is not an object; write a name and a value on each line below the key`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("\ngot\n%v\nwant\n%s", err, want)
	}
}

// TestSettings_AStackIsToldAllItsMissingKeys decodes a stack with Pulumi's defaults, as the engine
// hands them on, and only account and region.
func TestSettings_AStackIsToldAllItsMissingKeys(t *testing.T) {
	t.Parallel()
	config := map[string]any{}
	for key, declared := range loadProject(t).Config {
		config[key] = declared.Default
	}
	config["aws:region"], config["account"] = "eu-west-2", "111111111111"
	_, err := Decode("prodgate", encode(t, config))
	want := strings.Join([]string{
		`prodgate:access.breakGlassArn: (not set) is required; write the ARN of the break-glass role, without it nobody can change the gate when the deployers' roles are lost`,
		`prodgate:access.deployerArns: (not set) is required; write the ARNs of 1 to 5 roles that run pulumi up, nobody else may change the gate`,
		`prodgate:apps: [] is empty; write the apps that the gate delivers, 1 to 1000 of them, each with name, cluster and executionRoleArn`,
		`prodgate:source.codeOwners: (not set) is required; name the people or teams that review changes of the gate's workflow, as @login or @organization/team`,
		`prodgate:source.owner: (not set) is required; write the user or organization alone, as in github.com/<owner>`,
		`prodgate:source.repository: (not set) is required; name the repository of the apps, or give each app its own`,
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("\ngot\n%v\nwant\n%s", err, want)
	}
}
