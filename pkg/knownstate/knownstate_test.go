package knownstate

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestKnownState_Canonical(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ value, want string }{
		"keys are sorted":                    {`{"b": 1, "a": [2, 1]}`, `{"a":[2,1],"b":1}`},
		"what is empty is left out":          {`{"a": null, "b": "", "c": [], "d": {}, "e": {"f": {"g": []}}, "h": false, "i": 0}`, `{"h":false,"i":0}`},
		"what is empty stays in a list":      {`[null, "", [], {}, {"a": null}]`, `[null,"",[],{},{}]`},
		"texts are escaped no more than AWS": {`"<a> & \"b\" \\ \n\t\u0001\u007f é \u2028"`, "\"<a> & \\\"b\\\" \\\\ \\n\\t\\u0001\\u007f é \u2028\""},
		"numbers are whole":                  {`{"a": 20, "b": 20.0, "c": 43200}`, `{"a":20,"b":20,"c":43200}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var value any
			if err := json.Unmarshal([]byte(c.value), &value); err != nil {
				t.Fatal(err)
			}
			if got := string(Canonical(value)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

const plainDocument = `{"Version": "2012-10-17", "Statement": [
	{"Sid": "A", "Effect": "Deny", "Principal": {"AWS": ["*"]}, "Action": ["s3:B", "s3:A"], "Resource": ["x"],
		"Condition": {"Bool": {"aws:SecureTransport": ["false"]}, "ArnLike": {"k": ["2", "1"]}}},
	{"Sid": "B", "Effect": "Allow", "Principal": {"Service": ["s"]}, "Action": ["sts:AssumeRole"]}]}`

func TestKnownState_DocumentForms(t *testing.T) {
	t.Parallel()
	form := func(text string) string {
		d, err := document(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(Canonical(d))
	}
	want := form(plainDocument)
	for name, c := range map[string]struct {
		old, new string
		differs  bool
	}{
		"everybody without a type":      {`{"AWS": ["*"]}`, `"*"`, false},
		"a text for a list of one":      {`["x"]`, `"x"`, false},
		"a list the other way round":    {`["s3:B", "s3:A"]`, `["s3:A", "s3:B"]`, false},
		"one thing twice":               {`["s3:B", "s3:A"]`, `["s3:A", "s3:B", "s3:A"]`, false},
		"values the other way round":    {`["2", "1"]`, `["1", "2"]`, false},
		"a truth value for its text":    {`["false"]`, `[false]`, false},
		"an empty condition":            {`"Action": ["sts:AssumeRole"]`, `"Action": "sts:AssumeRole", "Condition": {}`, false},
		"another effect":                {`"Deny"`, `"Allow"`, true},
		"an action more":                {`"s3:B"`, `"s3:B", "s3:C"`, true},
		"an action less":                {`"s3:B", `, ``, true},
		"another resource":              {`["x"]`, `["x*"]`, true},
		"every resource but one":        {`"Resource"`, `"NotResource"`, true},
		"another principal":             {`"s"`, `"t"`, true},
		"another type of principal":     {`"Service"`, `"AWS"`, true},
		"no condition":                  {`"Bool": {"aws:SecureTransport": ["false"]}, `, ``, true},
		"another operator":              {`"Bool"`, `"BoolIfExists"`, true},
		"another value":                 {`["2", "1"]`, `["2"]`, true},
		"a statement more":              {`"Statement": [`, `"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},`, true},
		"a statement in another's name": {`"Sid": "B"`, `"Sid": "C"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(plainDocument, c.old) {
				t.Fatalf("the document has no %s", c.old)
			}
			if got := form(strings.Replace(plainDocument, c.old, c.new, 1)); (got != want) != c.differs {
				t.Errorf("differs is %t:\n%s\n%s", got != want, got, want)
			}
		})
	}
}

// TestKnownState_MalformedDocument: a policy that cannot be read is an error, and neither a panic nor a baseline.
func TestKnownState_MalformedDocument(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                      "unexpected end of JSON input",
		"x":                     "invalid character",
		"null":                  "it is null",
		"[]":                    "cannot unmarshal array",
		`{"Statement": "x"}`:    "a statement is x",
		`{"Statement": [null]}`: "a statement is <nil>",
		`{"Statement": [{"Sid": "A", "Action": [{"a": 1}, {"a": 1}]}]}`:                     "statement A: Action: a map[string]interface {} where a string is expected",
		`{"Statement": [{"Sid": "A", "Resource": {"a": 1}}]}`:                               "statement A: Resource: a map",
		`{"Statement": [{"Sid": "A", "NotAction": [["a"], ["a"]]}]}`:                        "statement A: NotAction: a []interface {}",
		`{"Statement": [{"Sid": "A", "NotResource": [null]}]}`:                              "statement A: NotResource: a <nil>",
		`{"Statement": [{"Sid": "A", "Principal": {"AWS": [{"a": 1}, {"a": 1}]}}]}`:         "statement A: Principal: AWS: a map",
		`{"Statement": [{"Sid": "A", "Condition": {"Bool": {"k": [{"a": 1}, {"a": 1}]}}}]}`: "statement A: condition Bool: k: a map",
	} {
		if d, err := document(text); err == nil || !strings.Contains(err.Error(), "policy document: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %v, %v, want %s", text, d, err, want)
		}
		for name, kind := range map[string]Kind{"Role": Role, "Policy": Policy, "BucketPolicy": BucketPolicy} {
			if _, err := kind.Declared(Inputs{"policy": text, "assumeRolePolicy": text}); err == nil {
				t.Errorf("%s accepts %q", name, text)
			}
		}
	}
}

// TestKnownState_MalformedInputs: an input of another type than Pulumi's SDK gives it is an error.
func TestKnownState_MalformedInputs(t *testing.T) {
	t.Parallel()
	objects := []any{map[string]any{"a": 1.0}, map[string]any{"a": 1.0}}
	push := func(filters map[string]any) Inputs {
		return Inputs{"triggers": []any{map[string]any{"gitConfiguration": map[string]any{"pushes": []any{filters}}}}}
	}
	for name, c := range map[string]struct {
		kind   Kind
		inputs Inputs
		want   string
	}{
		"objects for policies":      {Attachments, Inputs{"policyArns": objects}, "policyArns: a map[string]interface {} where a string is expected"},
		"objects for names":         {InlinePolicies, Inputs{"policyNames": objects}, "policyNames: a map"},
		"objects for branches":      {Pipeline("eu-west-2"), push(map[string]any{"branches": map[string]any{"includes": objects}}), "includes: a map"},
		"objects for excluded tags": {Pipeline("eu-west-2"), push(map[string]any{"tags": map[string]any{"excludes": objects}}), "excludes: a map"},
		"a string for a stage":      {Pipeline("eu-west-2"), Inputs{"stages": []any{"Build"}}, "a stage is a string, not an object"},
		"a string for an action":    {Pipeline("eu-west-2"), Inputs{"stages": []any{map[string]any{"actions": []any{"Build"}}}}, "an action is a string, not an object"},
		"a list for an environment": {Project, Inputs{"environment": []any{}}, "an environment is a []interface {}, not an object"},
		"a string for a variable":   {Project, Inputs{"environment": map[string]any{"environmentVariables": "x"}}, "a variable is a string, not an object"},
	} {
		if _, err := c.kind.Declared(c.inputs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// TestKnownState_UnknownInput: an input that no kind knows is an error.
func TestKnownState_UnknownInput(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]Kind{
		"Pipeline": Pipeline("eu-west-2"), "Project": Project, "Role": Role, "Attachments": Attachments, "InlinePolicies": InlinePolicies,
		"Policy": Policy, "Repository": Repository, "RepositoryPolicy": RepositoryPolicy, "BucketPolicy": BucketPolicy,
		"TopicPolicy": TopicPolicy("t"), "Rule": Rule, "Function": Function, "FunctionPermission": FunctionPermission("f"), "FunctionPolicy": FunctionPolicy, "Target": Target,
		"Topic": Topic, "Subscription": Subscription("t"), "Bus": Bus, "Key": Key("a"), "KeyAlias": KeyAlias,
		"IdentityProvider": IdentityProvider, "Trust": Trust, "a rule of another region": In("us-east-1", Rule),
	} {
		if _, err := kind.Declared(Inputs{"new": "x"}); err == nil || !strings.Contains(err.Error(), "nothing compares new with the live resource") {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := kind.Declared(Inputs{"new": ""}); err != nil && strings.Contains(err.Error(), "new") {
			t.Errorf("%s: of what is not set: %v", name, err)
		}
	}
	for _, deep := range []Inputs{
		{"stages": []any{map[string]any{"name": "S", "onFailure": map[string]any{"retryConfiguration": map[string]any{"retryMode": "ALL_ACTIONS"}}}}},
		{"stages": []any{map[string]any{"name": "S", "actions": []any{map[string]any{"roleArn": "r"}}}}},
		{"triggers": []any{map[string]any{"gitConfiguration": map[string]any{"pullRequests": []any{map[string]any{"events": []any{"x"}}}}}}},
	} {
		if _, err := Pipeline("eu-west-2").Declared(deep); err == nil {
			t.Errorf("%v is taken", deep)
		}
	}
}

func TestKnownState_Hashes(t *testing.T) {
	t.Parallel()
	text, err := Hashes([]Part{
		{"role a", Fields{"trust": "x", "none": nil, "empty": map[string]any{"x": []any{}}}},
		{"policy a", Fields{"document": "x"}},
		{"role a", Fields{"policies": []any{"p"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const x = "ba2df4903a2c14e86dc3bcca" // of printf '"x"' | sha256sum
	var got map[string]map[string]string
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || len(got["role a"]) != 2 || got["role a"]["trust"] != x || got["policy a"]["document"] != x || got["role a"]["policies"] == x {
		t.Errorf("got %s", text)
	}
	if _, err := Hashes([]Part{{"a b", Fields{"f": 1}}, {"a b", Fields{"f": 1}}}); err == nil || !strings.Contains(err.Error(), "a b: f is there twice") {
		t.Errorf("got %v", err)
	}
}

const onePolicy = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "a:B", "Resource": "*"}]}`

// TestKnownState_AlertsAndAccess: each input of what delivers alerts, and of who is trusted, changes its own field.
func TestKnownState_AlertsAndAccess(t *testing.T) {
	t.Parallel()
	other := strings.Replace(onePolicy, "a:B", "a:C", 1)
	for name, c := range map[string]struct {
		kind            Kind
		before, changed Inputs
		want            []string
	}{
		"a topic's key": {Topic, Inputs{"name": "t", "kmsMasterKeyId": "k"}, Inputs{"kmsMasterKeyId": "l"}, []string{"topic t: key"}},
		"a filter":      {Subscription("t"), Inputs{"protocol": "email", "endpoint": "a"}, Inputs{"filterPolicy": `{"a": ["b"]}`}, []string{"topic t: subscription email a"}},
		"a filter's scope": {Subscription("t"), Inputs{"protocol": "email", "endpoint": "a", "filterPolicy": `{"a": ["b"]}`}, Inputs{"filterPolicyScope": "MessageBody"},
			[]string{"topic t: subscription email a"}},
		"the scope that SNS fills in": {Subscription("t"), Inputs{"protocol": "email", "endpoint": "a", "filterPolicy": `{"a": ["b"]}`},
			Inputs{"filterPolicyScope": "MessageAttributes"}, nil},
		"a filter of nothing":   {Subscription("t"), Inputs{"protocol": "email", "endpoint": "a"}, Inputs{"filterPolicy": "{}", "filterPolicyScope": "MessageBody"}, nil},
		"a delivery policy":     {Subscription("t"), Inputs{"protocol": "email", "endpoint": "a"}, Inputs{"deliveryPolicy": `{"a": 1}`}, []string{"topic t: subscription email a"}},
		"a redrive policy":      {Subscription("t"), Inputs{"protocol": "email", "endpoint": "a"}, Inputs{"redrivePolicy": `{"a": 1}`}, []string{"topic t: subscription email a"}},
		"a bus's policy":        {Bus, Inputs{"name": "b", "policy": onePolicy, "key": "k"}, Inputs{"policy": other}, []string{"bus b: policy"}},
		"a bus's key":           {Bus, Inputs{"name": "b", "policy": onePolicy, "key": "k"}, Inputs{"key": "l"}, []string{"bus b: key"}},
		"no policy any more":    {Bus, Inputs{"name": "b", "policy": onePolicy, "key": "k"}, Inputs{"policy": ""}, []string{"bus b: policy"}},
		"a key's policy":        {Key("alias/g-a"), Inputs{"policy": onePolicy, "enableKeyRotation": true}, Inputs{"policy": other}, []string{"key g-a: policy"}},
		"a key's rotation":      {Key("alias/g-a"), Inputs{"policy": onePolicy, "enableKeyRotation": true}, Inputs{"enableKeyRotation": false}, []string{"key g-a: rotation"}},
		"a key's state":         {Key("alias/g-a"), Inputs{"policy": onePolicy}, Inputs{"state": "Disabled"}, []string{"key g-a: state"}},
		"a key's description":   {Key("alias/g-a"), Inputs{"policy": onePolicy}, Inputs{"description": "d", "deletionWindowInDays": 7}, nil},
		"a key that is enabled": {Key("alias/g-a"), Inputs{"policy": onePolicy}, Inputs{"state": "Enabled"}, nil},
		"an alias's key":        {KeyAlias, Inputs{"name": "alias/g-a", "targetKeyId": "1"}, Inputs{"targetKeyId": "2"}, []string{"key g-a: id"}},
		"an audience": {IdentityProvider, Inputs{"url": "https://h", "clientIdLists": []any{"a"}}, Inputs{"clientIdLists": []any{"a", "b"}},
			[]string{"identity-provider h: audiences"}},
		"an address as IAM has it": {IdentityProvider, Inputs{"url": "https://h", "clientIdLists": []any{"a"}}, Inputs{"url": "h"}, nil},
		"another address": {IdentityProvider, Inputs{"url": "https://h"}, Inputs{"url": "https://i"},
			[]string{"identity-provider h: url", "identity-provider i: url"}},
		"who may take a role on": {Trust, Inputs{"name": "r", "assumeRolePolicy": onePolicy}, Inputs{"assumeRolePolicy": other}, []string{"trust r: policy"}},
		"a rule of a region":     {In("x", Rule), Inputs{"name": "r", "state": "ENABLED"}, Inputs{"state": "DISABLED"}, []string{"rule x/r: state"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hashes := func(in Inputs) map[string]string {
				parts, err := c.kind.Live(in)
				if err != nil {
					t.Fatal(err)
				}
				all := map[string]string{}
				for _, part := range parts {
					for field, hash := range part.Hashes() {
						all[part.Name+": "+field] = hash
					}
				}
				return all
			}
			changed := maps.Clone(c.before)
			maps.Copy(changed, c.changed)
			before, after := hashes(c.before), hashes(changed)
			var got []string
			for field := range merged(before, after) {
				if before[field] != after[field] {
					got = append(got, field)
				}
			}
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// TestKnownState_Roles: names in whatever order, each once, by folder.
func TestKnownState_Roles(t *testing.T) {
	t.Parallel()
	got := Roles("/g/", []string{"/g/b/2", "/g/a/1", "/g/b/1", "/g/a/1", "/g/none", "/g/a/deep/er"})
	want := Part{"roles /g/", Fields{
		"a": []any{"/g/a/1", "/g/a/deep/er"}, "b": []any{"/g/b/1", "/g/b/2"}, "no folder": []any{"/g/none"},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
