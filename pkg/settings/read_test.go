package settings

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type mocks struct{}

func (mocks) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	return args.Name, args.Inputs, nil
}

func (mocks) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

// read runs Read in a program with mocks.
func read(t *testing.T, options ...pulumi.RunOption) (s *Settings, err error) {
	t.Helper()
	ran := false
	program := func(ctx *pulumi.Context) error {
		ran = true
		s, err = Read(ctx)
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

func inline(config map[string]string, secret ...string) pulumi.RunOption {
	return func(info *pulumi.RunInfo) {
		info.Config, info.ConfigSecretKeys = config, append(secret, "prodgate:"+chatWebhook)
	}
}

func environment(t *testing.T, config map[string]string) {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(pulumi.EnvConfig, string(text))
	t.Setenv(pulumi.EnvConfigSecretKeys, `["prodgate:chatWebhook"]`)
}

func TestSettings_ReadOfAnInlineProgram(t *testing.T) {
	t.Parallel()
	s, err := read(t, inline(encode(t, valid())))
	if err != nil {
		t.Fatal(err)
	}
	if s.Region != "eu-west-2" || s.Name != "gate" || len(s.Apps) != 2 {
		t.Errorf("got %+v", s)
	}
}

func TestSettings_ReadOfAProgram(t *testing.T) {
	environment(t, encode(t, valid()))
	s, err := read(t)
	if err != nil {
		t.Fatal(err)
	}
	if s.Region != "eu-west-2" || s.Name != "gate" || len(s.Apps) != 2 {
		t.Errorf("got %+v", s)
	}
}

func TestSettings_ReadFindsMisspeltKeys(t *testing.T) {
	config := valid()
	config["aps"] = []any{}
	environment(t, encode(t, config))
	_, err := read(t)
	if err == nil || err.Error() != `prodgate:aps: "[]" is set under an unknown key; did you mean apps?` {
		t.Errorf("got %v", err)
	}
}

// A program inside a program has the outer one's environment, and no use for it.
func TestSettings_ReadTakesNoValueFromTheEnvironment(t *testing.T) {
	config := valid()
	config["name"], config["aps"] = "outer", "x"
	environment(t, encode(t, config))
	s, err := read(t, inline(encode(t, valid())))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "gate" {
		t.Errorf("got %+v", s)
	}
}

func TestSettings_ReadKeepsSecretsOutOfMessages(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2"
	config := valid()
	set(t, config, "account", secret)
	set(t, config, "source.owner", secret+"!")
	set(t, config, "source.connectionArn", "arn:aws:"+secret)
	set(t, config, "source.reviews", 99)
	set(t, config, "build.timeout", 1)
	_, err := read(t, inline(encode(t, config), "prodgate:account", "prodgate:source"))
	if err == nil {
		t.Fatal("accepted")
	}
	if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "99") {
		t.Errorf("told a secret:\n%v", err)
	}
	if strings.Count(err.Error(), hidden) != 4 || !strings.Contains(err.Error(), "prodgate:build.timeout: 1 is") {
		t.Errorf("got\n%v", err)
	}
}
