package component

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/settings"
)

// valid is a configuration as Pulumi hands it to a program.
func valid() map[string]string {
	return map[string]string{
		"aws:region":       "eu-west-2",
		"prodgate:account": "111111111111",
		"prodgate:name":    "gate",
		"prodgate:access":  `{"deployerArns": ["arn:aws:iam::111111111111:role/deployer"], "breakGlassArn": "arn:aws:iam::111111111111:role/break-glass"}`,
		"prodgate:source":  `{"owner": "example-org", "repository": "web", "statusChecks": ["test"], "codeOwners": ["@example-org/platform"]}`,
		"prodgate:apps": `[{"name": "api", "cluster": "web", "executionRoleArn": "arn:aws:iam::111111111111:role/execution"},
			{"name": "web", "cluster": "web", "executionRoleArn": "arn:aws:iam::111111111111:role/execution"}]`,
		"prodgate:build":       `{"timeout": 20}`,
		"prodgate:chatWebhook": "https://hooks.slack.com/services/T0/B0/x",
	}
}

type mocks struct{}

func (mocks) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	return args.Name, args.Inputs, nil
}

func (mocks) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

// read runs ReadSettings in a program with mocks.
func read(t *testing.T, options ...pulumi.RunOption) (s *settings.Settings, err error) {
	t.Helper()
	ran := false
	program := func(ctx *pulumi.Context) error {
		ran = true
		s, err = ReadSettings(ctx)
		return nil
	}
	options = append([]pulumi.RunOption{pulumi.WithMocks("prodgate", "test", mocks{})}, options...)
	if e := pulumi.RunErr(program, options...); e != nil {
		t.Fatal(e)
	}
	if !ran {
		t.Fatal("the program did not run")
	}
	return s, err
}

// inline gives a program its configuration; the webhook and the keys named are secrets.
func inline(config map[string]string, secretKeys ...string) pulumi.RunOption {
	return func(info *pulumi.RunInfo) {
		info.Config, info.ConfigSecretKeys = config, append(secretKeys, "prodgate:chatWebhook")
	}
}

// setEnvironment gives a program its configuration as the engine does.
func setEnvironment(t *testing.T, config map[string]string) {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(pulumi.EnvConfig, string(text))
	t.Setenv(pulumi.EnvConfigSecretKeys, `["prodgate:chatWebhook"]`)
}

func TestReadSettings_InlineProgram(t *testing.T) {
	t.Parallel()
	s, err := read(t, inline(valid()))
	if err != nil {
		t.Fatal(err)
	}
	if s.Region != "eu-west-2" || s.Name != "gate" || len(s.Apps) != 2 {
		t.Errorf("got %+v", s)
	}
}

func TestReadSettings_Program(t *testing.T) {
	setEnvironment(t, valid())
	s, err := read(t)
	if err != nil {
		t.Fatal(err)
	}
	if s.Region != "eu-west-2" || s.Name != "gate" || len(s.Apps) != 2 {
		t.Errorf("got %+v", s)
	}
}

func TestReadSettings_FindsMisspeltKeys(t *testing.T) {
	config := valid()
	config["prodgate:aps"] = "[]"
	setEnvironment(t, config)
	_, err := read(t)
	if err == nil || err.Error() != `prodgate:aps: "[]" is set under an unknown key; did you mean apps?` {
		t.Errorf("got %v", err)
	}
}

// TestReadSettings_TakesNoValueFromTheEnvironment runs a program inside a program, which inherits the outer environment.
func TestReadSettings_TakesNoValueFromTheEnvironment(t *testing.T) {
	config := valid()
	config["prodgate:name"], config["prodgate:aps"] = "outer", "x"
	setEnvironment(t, config)
	s, err := read(t, inline(valid()))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "gate" {
		t.Errorf("got %+v", s)
	}
}

func TestReadSettings_KeepsSecretsOutOfMessages(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2"
	config := valid()
	maps.Copy(config, map[string]string{
		"prodgate:account": secret,
		"prodgate:source": `{"owner": "` + secret + `!", "repository": "web", "connectionArn": "arn:aws:` + secret + `", "reviews": 99,
			"codeOwners": ["@example-org/platform"]}`,
		"prodgate:build": `{"timeout": 1}`,
	})
	_, err := read(t, inline(config, "prodgate:account", "prodgate:source"))
	if err == nil {
		t.Fatal("accepted")
	}
	if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "99") {
		t.Errorf("a message has a secret:\n%v", err)
	}
	if strings.Count(err.Error(), "(secret)") != 4 || !strings.Contains(err.Error(), "prodgate:build.timeout: 1 is") {
		t.Errorf("got\n%v", err)
	}
}
