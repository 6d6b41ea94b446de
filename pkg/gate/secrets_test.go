package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/gate/gatetest"
)

const (
	secretPolicyType = "aws:secretsmanager/secretPolicy:SecretPolicy"
	rotationType     = "aws:secretsmanager/secretRotation:SecretRotation"

	rotator     = "arn:aws:lambda:eu-west-2:111111111111:function:rotate"
	rotatorRole = "arn:aws:iam::111111111111:role/service-role/rotate"
	company     = "arn:aws:secretsmanager:eu-west-2:111111111111:secret:company/token-QwErTy"
	adoptedKey  = "arn:aws:kms:eu-west-2:111111111111:key/" + gatetest.UUID
)

// withSecrets gives each app of a configuration these secrets, or one of each kind.
func withSecrets(config map[string]any, secrets ...object) map[string]any {
	if secrets == nil {
		secrets = three
	}
	for _, app := range config["apps"].([]any) {
		app.(object)["secrets"] = secrets
	}
	return config
}

// longestSecrets are as long as settings allow.
func longestSecrets(n int) []object {
	all := make([]object, n)
	for i := range all {
		all[i] = object{"name": fmt.Sprintf("%s%02d", strings.Repeat("N", 62), i)}
	}
	return all
}

// longestAdopted are secrets of others, with the longest names of AWS's.
func longestAdopted(n int) []object {
	all := make([]object, n)
	for i := range all {
		all[i] = object{"name": fmt.Sprintf("TOKEN%d", i), "arn": fmt.Sprintf("arn:aws:secretsmanager:eu-west-2:111111111111:secret:%s%02d-AbCdEf", strings.Repeat("n", 510), i)}
	}
	return all
}

// three are a secret of each kind: made and rotated, adopted with a key of its own,
// adopted with AWS's.
var three = []object{
	{"name": "TOKEN", "rotationLambdaArn": rotator, "rotationDays": 7},
	{"name": "OTHER", "arn": company, "keyArn": adoptedKey},
	{"name": "PLAIN", "arn": strings.Replace(company, "token", "plain", 1)},
}

// builtWith is a gate for api with secrets, in an account that has those to adopt.
func builtWith(t testing.TB, secrets ...object) *gatetest.Recording {
	t.Helper()
	s := decoded(t, withSecrets(config("api"), secrets...))
	w := world(s)
	w.SecretKeys[company] = "alias/" + gatetest.UUID
	return w.MustRun(t, program(s))
}

func TestSecrets_CreateWithoutValue(t *testing.T) {
	t.Parallel()
	r := builtWith(t, three...)
	secret := r.One(t, secretType, "gate-api-TOKEN")
	if got := secret.Text("name"); got != "prodgate/api/TOKEN" {
		t.Errorf("is called %s", got)
	}
	if got, want := secret.Text("kmsKeyId"), r.One(t, keyType, "gate-secrets").Output("arn"); got != want {
		t.Errorf("is encrypted with %s, want %s", got, want)
	}
	for _, word := range []string{"api", "TOKEN", "deployer", "break-glass"} {
		if !strings.Contains(secret.Text("description"), word) {
			t.Errorf("the description does not say %q: %s", word, secret.Text("description"))
		}
	}
	if n := len(r.Of(t, secretType)); n != 1 {
		t.Errorf("%d secrets are made, one is not adopted", n)
	}
	if r.Has("aws:secretsmanager/secretVersion:SecretVersion") {
		t.Error("a value is in the state")
	}
	rotation := r.One(t, rotationType, "gate-api-TOKEN")
	if rotation.Text("secretId") != secret.Output("arn") || rotation.Text("rotationLambdaArn") != rotator ||
		rotation.Input("rotateImmediately").BoolValue() || rotation.Input("rotationRules.automaticallyAfterDays").NumberValue() != 7 {
		t.Errorf("is rotated by %v", rotation.Inputs)
	}
	if len(r.Warnings) != 0 {
		t.Errorf("warns of %v", r.Warnings)
	}
}

func TestSecrets_RestorableWhereProtected(t *testing.T) {
	t.Parallel()
	for protect, want := range map[bool]float64{true: 21, false: 0} {
		c := withSecrets(config("api"))
		c["protect"], c["retention"] = protect, object{"keyDays": 21}
		if got := built(t, c).One(t, secretType, "gate-api-TOKEN").Input("recoveryWindowInDays"); !got.IsNumber() || got.NumberValue() != want {
			t.Errorf("protect %t: restored for %v days, want %v", protect, got, want)
		}
	}
}

func TestSecrets_WarnOfNoRotation(t *testing.T) {
	t.Parallel()
	r := builtWith(t, object{"name": "TOKEN"}, object{"name": "OTHER", "arn": company, "keyArn": adoptedKey})
	want := "prodgate/api/TOKEN has no rotationLambdaArn: nothing rotates it, and AWS Config's rule SECRETSMANAGER_ROTATION_ENABLED_CHECK reports it"
	if !slices.Equal(r.Warnings, []string{want}) {
		t.Errorf("warns of %q", r.Warnings)
	}
	if r.Has(rotationType) {
		t.Error("something rotates it")
	}
}

func TestSecrets_NothingWithoutSecrets(t *testing.T) {
	t.Parallel()
	for name, secrets := range map[string][]object{
		"no secret":           {},
		"an adopted one only": {{"name": "OTHER", "arn": company, "keyArn": adoptedKey}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := builtWith(t, secrets...)
			for _, made := range r.All() {
				if strings.Contains(strings.ToLower(made.String()), "secret") && !strings.HasSuffix(made.Name, "-scan-secrets") {
					t.Errorf("%s is made", made)
				}
			}
			for _, recorded := range r.One(t, recorderType, "gate-recorder").Input("recordingGroup.resourceTypes").ArrayValue() {
				if strings.Contains(recorded.StringValue(), "Secret") {
					t.Errorf("%s is recorded", recorded.StringValue())
				}
			}
		})
	}
	rules := 0
	r := builtWith(t, three...)
	for _, rule := range r.Of(t, ruleType) {
		if strings.HasPrefix(rule.Text("source.sourceIdentifier"), "SECRETSMANAGER_") {
			rules++
		}
	}
	recorded := fmt.Sprint(r.One(t, recorderType, "gate-recorder").Input("recordingGroup.resourceTypes"))
	if rules != 3 || !strings.Contains(recorded, "AWS::SecretsManager::Secret") {
		t.Errorf("with one, %d rules of secrets look at %s", rules, recorded)
	}
}

func TestSecrets_PassByReference(t *testing.T) {
	t.Parallel()
	r := builtWith(t, three...)
	got := map[string][2]string{}
	for _, v := range r.One(t, projectType, "gate-api-build").Input("environment.environmentVariables").ArrayValue() {
		of := v.ObjectValue()
		got[of["name"].StringValue()] = [2]string{of["type"].StringValue(), of["value"].StringValue()}
	}
	for name, want := range map[string][2]string{
		"TOKEN":                {"SECRETS_MANAGER", r.One(t, secretType, "gate-api-TOKEN").Output("arn")},
		"OTHER":                {"SECRETS_MANAGER", company},
		"PLAIN":                {"SECRETS_MANAGER", three[2]["arn"].(string)},
		buildspec.BuildSecrets: {"PLAINTEXT", "TOKEN OTHER PLAIN"},
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if want := len(buildspec.Required("build")) + 5; len(got) != want {
		t.Errorf("%d variables, want %d: %v", len(got), want, got)
	}
	for _, v := range built(t, config("api")).One(t, projectType, "gate-api-build").Input("environment.environmentVariables").ArrayValue() {
		if name := v.ObjectValue()["name"].StringValue(); !slices.Contains(append(buildspec.Required("build"), buildspec.Signed), name) {
			t.Errorf("an app without secrets has %s", name)
		}
	}
}

func TestSecrets_BuildReadsItsOwn(t *testing.T) {
	t.Parallel()
	r := built(t, withSecrets(config("api", "web")))
	const own = "arn:aws:secretsmanager:eu-west-2:111111111111:secret:prodgate/api/TOKEN-??????"
	want := map[string]statement{
		"secretsmanager:GetSecretValue": {Sid: "Secrets", Effect: "Allow", Action: []string{"secretsmanager:GetSecretValue"},
			Resource: []string{own, company, three[2]["arn"].(string)}},
		"kms:Decrypt": {Sid: "SecretKeys", Effect: "Allow", Action: []string{"kms:Decrypt"},
			Resource: []string{r.One(t, keyType, "gate-secrets").Output("arn"), adoptedKey},
			Condition: map[string]map[string][]string{
				"StringEquals": {"kms:ViaService": {"secretsmanager.eu-west-2.amazonaws.com"}},
				"ArnLike":      {"kms:EncryptionContext:SecretARN": {own, company}},
			}},
	}
	found := 0
	for _, policy := range r.Of(t, policyType) {
		for _, s := range parsed(t, policy).Statement {
			if s.Sid != "Secrets" && s.Sid != "SecretKeys" {
				continue
			}
			if !strings.HasSuffix(policy.Name, "-build") { // the boundary's name ends so too
				t.Errorf("%s has %s", policy, s.Sid)
			}
			if policy.Name != "gate-api-build" {
				continue
			}
			found++
			if fmt.Sprint(s) != fmt.Sprint(want[s.Action[0]]) {
				t.Errorf("got  %v\nwant %v", s, want[s.Action[0]])
			}
		}
	}
	if found != len(want) {
		t.Errorf("looked at %d statements", found)
	}
}

func TestSecrets_KeyForBuildsAndRotation(t *testing.T) {
	t.Parallel()
	for _, s := range parsed(t, builtWith(t, three...).One(t, keyType, "gate-secrets")).Statement {
		if !slices.Equal(s.Action, []string{"kms:Decrypt"}) {
			continue
		}
		want := []string{"arn:aws:iam::111111111111:role/deployer", "arn:aws:iam::111111111111:role/break-glass",
			"arn:aws:iam::111111111111:role/prodgate/build/*", rotatorRole}
		if got := s.Condition["ArnNotLike"]["aws:PrincipalArn"]; s.Effect != "Deny" || !slices.Equal(got, want) {
			t.Errorf("%s to all but %v, want %v", s.Effect, got, want)
		}
		return
	}
	t.Error("no statement is of kms:Decrypt alone")
}

func TestSecrets_PolicyDeniesOthers(t *testing.T) {
	t.Parallel()
	const build = "arn:aws:iam::111111111111:role/prodgate/build/prodgate-api-build"
	deployers := []string{"arn:aws:iam::111111111111:role/deployer", "arn:aws:iam::111111111111:role/break-glass"}
	for name, c := range map[string]struct {
		secret object
		also   []string
	}{
		"with a function that rotates": {three[0], []string{rotatorRole}},
		"without one":                  {object{"name": "TOKEN"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := builtWith(t, c.secret).One(t, secretPolicyType, "gate-api-TOKEN")
			if !policy.Input("blockPublicPolicy").BoolValue() {
				t.Error("a public policy is let through")
			}
			but := map[string][]string{}
			for _, s := range parsed(t, policy).Statement {
				if s.Effect != "Deny" || !slices.Equal(s.Principal["AWS"], []string{"*"}) || !slices.Equal(s.Resource, []string{"*"}) {
					t.Errorf("%s: %+v", s.Sid, s)
				}
				if s.Sid == "DenyPlainHttp" {
					continue
				}
				for _, action := range s.Action {
					but[action] = s.Condition["ArnNotLike"]["aws:PrincipalArn"]
				}
			}
			writers := slices.Concat(deployers, c.also)
			for action, want := range map[string][]string{
				"secretsmanager:GetSecretValue":           slices.Concat(deployers, []string{build}, c.also),
				"secretsmanager:PutSecretValue":           writers,
				"secretsmanager:UpdateSecretVersionStage": writers,
				"secretsmanager:UpdateSecret":             deployers,
				"secretsmanager:DeleteSecret":             deployers,
				"secretsmanager:PutResourcePolicy":        deployers,
				"secretsmanager:DeleteResourcePolicy":     deployers,
				"secretsmanager:RotateSecret":             deployers,
				"secretsmanager:CancelRotateSecret":       deployers,
			} {
				if !slices.Equal(but[action], want) {
					t.Errorf("%s is refused to all but %v, want %v", action, but[action], want)
				}
			}
		})
	}
}

// Nothing is made where what settings say is there is not, and each of it is named.
func TestPreflight_NameMissingSecrets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secrets []object
		world   func(*gatetest.World)
		want    []string
	}{
		"a secret that is not there": {
			three, func(w *gatetest.World) { w.Refused = []string{"aws:secretsmanager/getSecret:getSecret"} },
			[]string{
				`prodgate:apps[0].secrets[1].arn: "` + company + `": cannot be read; correct the ARN, or leave it out and the gate creates a secret`,
				`prodgate:apps[0].secrets[2].arn: `,
			},
		},
		"a key that is not there": {
			three, func(w *gatetest.World) {
				w.SecretKeys = map[string]string{company: "alias/gone"}
				w.Refused = []string{"aws:kms/getKey:getKey"}
			},
			[]string{`prodgate:apps[0].secrets[1].arn: "` + company + `": its key alias/gone cannot be read; let the deployer`},
		},
		"another key": {
			three, func(w *gatetest.World) { w.SecretKeys = map[string]string{company: "alias/other"} },
			[]string{`prodgate:apps[0].secrets[1].keyArn: "` + adoptedKey + `": ` + company +
				" is encrypted with another key; write arn:aws:kms:eu-west-2:111111111111:key/other"},
		},
		"a key where AWS's own is": {
			three, func(w *gatetest.World) { w.SecretKeys = map[string]string{company: "alias/aws/secretsmanager"} },
			[]string{`prodgate:apps[0].secrets[1].keyArn: "` + adoptedKey + `": ` + company + " is encrypted with AWS's own key; leave the key out"},
		},
		"no key where there is one": {
			[]object{{"name": "OTHER", "arn": company}}, func(w *gatetest.World) { w.SecretKeys = map[string]string{company: adoptedKey} },
			[]string{`prodgate:apps[0].secrets[0].keyArn: "": ` + company + " is encrypted with another key; write " + adoptedKey},
		},
		"more than a policy holds": {
			longestAdopted(10), func(*gatetest.World) {},
			[]string{"prodgate:apps[0].secrets: 10 entries: their ARNs have 5720 characters, the policy of the build's role has room for 4000; keep several"},
		},
		"a function that is not there": {
			three, func(w *gatetest.World) {
				w.SecretKeys = map[string]string{company: adoptedKey}
				w.Refused = []string{"aws:lambda/getFunction:getFunction"}
			},
			[]string{`prodgate:apps[0].secrets[0].rotationLambdaArn: "` + rotator + `": cannot be read; correct the ARN, or leave it out and the secret is not rotated`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := decoded(t, withSecrets(config("api"), c.secrets...))
			w := world(s)
			c.world(&w)
			r, err := w.Run(program(s))
			if err == nil {
				t.Fatal("is not refused")
			}
			for _, want := range c.want {
				if n := strings.Count(err.Error(), want); n != 1 {
					t.Errorf("says %d times %s:\n%v", n, want, err)
				}
			}
			if n := strings.Count(err.Error(), "prodgate:apps"); n != len(c.want) {
				t.Errorf("%d problems are named, want %d:\n%v", n, len(c.want), err)
			}
			for _, made := range r.All() {
				if made.Custom && !strings.HasPrefix(made.Type, "pulumi:") {
					t.Errorf("%s is made", made)
				}
			}
		})
	}
}

func TestSecrets_PolicyFitsMaximum(t *testing.T) {
	t.Parallel()
	c := longest()
	long := func(i, n int) string {
		return fmt.Sprintf("arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:%s%02d-AbCdEf", strings.Repeat("n", n), i)
	}
	all := make([]object, 10)
	for i := range all { // 400 characters each, with its key
		key := fmt.Sprintf("arn:aws:kms:ap-northeast-1:111111111111:key/7d2469ff-514a-4e4f-9003-%012d", i)
		arn := long(i, 93)
		all[i] = object{"name": fmt.Sprintf("TOKEN%d", i), "arn": arn, "keyArn": key}
		if n := 2*len(arn) + len(key); n != 400 {
			t.Fatalf("a secret takes %d characters", n)
		}
	}
	r := built(t, withSecrets(c, all...))
	for _, policy := range r.Of(t, policyType) {
		if n := len(policy.Text("policy")); n > documents[policyType].limit {
			t.Errorf("%s has %d characters", policy, n)
		}
	}
}

func TestPreflight_FunctionQualifier(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{rotator: rotator + " $LATEST", rotator + ":live": rotator + " live"} {
		looked := 0
		for _, invoke := range builtWith(t, object{"name": "TOKEN", "rotationLambdaArn": arn}).Invokes {
			if invoke.Token != "aws:lambda/getFunction:getFunction" {
				continue
			}
			looked++
			if got := invoke.Args["functionName"].StringValue() + " " + invoke.Args["qualifier"].StringValue(); got != want {
				t.Errorf("%s is looked up as %s", arn, got)
			}
		}
		if looked != 1 {
			t.Errorf("%s is looked up %d times", arn, looked)
		}
	}
}
