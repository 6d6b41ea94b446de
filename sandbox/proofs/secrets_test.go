package proofs

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// company is what an account has before its gate: a secret with its own key, and a rotation
// function.
type company struct{ secret, key, otherKey, function, role string }

func (w *world) company() company {
	w.Helper()
	ctx := w.Context()
	key := func(description string) string {
		made, err := w.aws.kms.CreateKey(ctx, &kms.CreateKeyInput{Description: &description})
		w.must(err)
		return *made.KeyMetadata.Arn
	}
	c := company{key: key("the company's"), otherKey: key("another of the company's")}
	_, err := w.aws.kms.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: ptr("alias/company"), TargetKeyId: &c.key})
	w.must(err)
	secret, err := w.aws.secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: ptr("company/npm"), KmsKeyId: ptr("alias/company"), SecretString: ptr(companyValue),
	})
	w.must(err)
	c.secret = *secret.ARN

	role, err := w.aws.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: ptr("rotate"), AssumeRolePolicyDocument: ptr(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	w.must(err)
	c.role = *role.Role.Arn
	var code bytes.Buffer
	archive := zip.NewWriter(&code)
	_, err = archive.Create("rotate.py")
	w.must(err)
	w.must(archive.Close())
	function, err := w.aws.lambda.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: ptr("rotate-token"), Role: &c.role, Handler: ptr("rotate.handler"),
		Runtime: lambdatypes.RuntimePython312, Code: &lambdatypes.FunctionCode{ZipFile: code.Bytes()},
	})
	w.must(err)
	c.function = *function.FunctionArn
	return c
}

// Values that must appear nowhere.
const (
	companyValue = "npm-0f4b2a51"
	tokenValue   = `pip-7c3d, "quoted" and $HOME`
)

// secretsAre gives backend-flask secrets.
func setSecrets(yaml ...string) edit {
	all := "      secrets:\n"
	for _, secret := range yaml {
		all += "        - {" + secret + "}\n"
	}
	return replace("      deployTimeout: 15\n", "      deployTimeout: 15\n"+all)
}

func TestSecrets_LifeCycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev", quiet)
	c := w.company()
	before := w.inventory()
	token := "name: TOKEN, rotationDays: 7, rotationLambdaArn: " + c.function
	w.configure(setSecrets(token, "name: NPM, arn: '"+c.secret+"', keyArn: '"+c.key+"'"))
	w.up()
	same(t, "a second preview", w.planned(), map[string]string{})
	w.assertSecret(c)

	// A build fails before its first command while a secret has no value.
	build, standIn := w.sampleBuild()
	failed, err := build.Run(t.Context())
	w.must(err)
	if failed.Succeeded || len(failed.Phases) != 1 || failed.Phases[0].Name != "DOWNLOAD_SOURCE" ||
		!strings.Contains(failed.Log, "can't find the specified secret value for staging label: AWSCURRENT") {
		t.Errorf("a build without its secret: %v\n%s", failed.Phases, failed.Log)
	}

	// With values the build passes them to docker only.
	_, err = w.aws.secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: ptr("prodgate/backend-flask/TOKEN"), SecretString: ptr(tokenValue),
	})
	w.must(err)
	built, err := build.Run(t.Context())
	w.must(err)
	if !built.Succeeded {
		t.Fatalf("the build failed:\n%s", built.Log)
	}
	calls, err := standIn.Calls()
	w.must(err)
	digest := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
	handed := map[string]string{}
	for _, call := range calls {
		for name, value := range call.Secrets {
			handed[name] = value
		}
	}
	same(t, "what docker was handed", handed, map[string]string{"TOKEN": digest(tokenValue), "NPM": digest(companyValue)})
	w.run("refresh", "--yes")
	same(t, "what a refresh sees of a value", w.lastChanges(), map[string]int{})
	seen := map[string]string{
		"the log": failed.Log + built.Log, "what is handed on": fmt.Sprint(built.Exported), "docker's arguments": fmt.Sprint(calls),
		"the state": w.run("stack", "export", "--show-secrets"), "the outputs": w.run("stack", "output", "--json", "--show-secrets"),
	}
	for name, file := range built.Artifacts {
		seen[name] = string(file)
	}
	for where, text := range seen {
		for _, value := range []string{tokenValue, "pip-7c3d", companyValue} {
			if strings.Contains(text, value) {
				t.Errorf("%s is in %s", value, where)
			}
		}
		if text == "" {
			t.Errorf("%s is empty", where)
		}
	}

	// One more, one less.
	w.configure(setSecrets(token, "name: LATER"))
	same(t, "a secret more and one less", w.planned(), map[string]string{
		"aws:secretsmanager/secret:Secret gate-backend-flask-LATER":             "create",
		"aws:secretsmanager/secretPolicy:SecretPolicy gate-backend-flask-LATER": "create",
		"aws:iam/policy:Policy gate-backend-flask-build":                        "update",
		"aws:iam/policy:Policy gate-boundary-build":                             "update",
		"aws:codebuild/project:Project gate-backend-flask-build":                "update",
		"aws:ssm/parameter:Parameter gate-backend-flask":                        "update",
		"aws:ssm/parameter:Parameter gate-known-state":                          "update",
	})
	if out := w.run("up", "--yes", "--skip-preview", "--policy-pack", kit.Policy); !strings.Contains(out, "prodgate/backend-flask/LATER has no rotationLambdaArn") {
		t.Errorf("a secret that nothing rotates is not named:\n%s", out)
	}
	same(t, "a preview after the update", w.planned(), map[string]string{})

	// What is removed by hand is restored.
	_, err = w.aws.secrets.DeleteResourcePolicy(t.Context(), &secretsmanager.DeleteResourcePolicyInput{SecretId: ptr("prodgate/backend-flask/TOKEN")})
	w.must(err)
	_, err = w.aws.secrets.CancelRotateSecret(t.Context(), &secretsmanager.CancelRotateSecretInput{SecretId: ptr("prodgate/backend-flask/TOKEN")})
	w.must(err)
	w.run("refresh", "--yes")
	same(t, "the repair", w.planned(), map[string]string{
		"aws:secretsmanager/secretPolicy:SecretPolicy gate-backend-flask-TOKEN":     "update",
		"aws:secretsmanager/secretRotation:SecretRotation gate-backend-flask-TOKEN": "update",
	})
	w.up()
	w.assertSecret(c)

	w.run("destroy", "--yes")
	same(t, "after destroy the account", w.inventory(), before)
	w.assertAdoptedSecret(c)
}

// assertSecret asserts the settings of the secret TOKEN, and that the company's own secret is
// unchanged.
func (w *world) assertSecret(c company) {
	w.Helper()
	id := ptr("prodgate/backend-flask/TOKEN")
	got, err := w.aws.secrets.DescribeSecret(w.Context(), &secretsmanager.DescribeSecretInput{SecretId: id})
	w.must(err)
	key, err := w.aws.kms.DescribeKey(w.Context(), &kms.DescribeKeyInput{KeyId: ptr("alias/prodgate-secrets")})
	w.must(err)
	if awssdk.ToString(got.KmsKeyId) != *key.KeyMetadata.Arn || !awssdk.ToBool(got.RotationEnabled) ||
		awssdk.ToString(got.RotationLambdaARN) != c.function || awssdk.ToInt64(got.RotationRules.AutomaticallyAfterDays) != 7 {
		w.Errorf("%s is %+v", *id, got)
	}
	policy, err := w.aws.secrets.GetResourcePolicy(w.Context(), &secretsmanager.GetResourcePolicyInput{SecretId: id})
	w.must(err)
	text := awssdk.ToString(policy.ResourcePolicy)
	same(w.T, "the policy of "+*id, w.sids(text), []string{"OnlyDeployersOnSecrets", "OnlyRotationOnSecrets", "OnlyBuildRotationOnSecrets", "DenyPlainHttp"})
	for _, arn := range []string{c.role, "arn:aws:iam::111111111111:role/prodgate/build/prodgate-backend-flask-build", "arn:aws:iam::111111111111:role/break-glass"} {
		if !strings.Contains(text, arn) {
			w.Errorf("the policy of %s does not know %s: %s", *id, arn, text)
		}
	}
	w.assertAdoptedSecret(c)
}

func (w *world) assertAdoptedSecret(c company) {
	w.Helper()
	got, err := w.aws.secrets.DescribeSecret(w.Context(), &secretsmanager.DescribeSecretInput{SecretId: &c.secret})
	w.must(err)
	policy, err := w.aws.secrets.GetResourcePolicy(w.Context(), &secretsmanager.GetResourcePolicyInput{SecretId: &c.secret})
	w.must(err)
	if awssdk.ToString(got.KmsKeyId) != "alias/company" || len(got.Tags) != 0 || len(got.VersionIdsToStages) != 1 ||
		got.DeletedDate != nil || awssdk.ToBool(got.RotationEnabled) || policy.ResourcePolicy != nil {
		w.Errorf("the company's secret is %+v with the policy %s", got, awssdk.ToString(policy.ResourcePolicy))
	}
}

// TestSecrets_RefuseMissing covers settings that name what the account lacks: the error names each, and
// nothing is created.
func TestSecrets_RefuseMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev", quiet)
	c := w.company()
	before := w.inventory()
	gone := strings.Replace(c.secret, "company/npm", "company/gone", 1)
	w.configure(setSecrets(
		"name: GONE, arn: '"+gone+"'",
		"name: OTHERS, arn: '"+c.secret+"', keyArn: '"+c.otherKey+"'",
		"name: UNSAID, arn: '"+c.secret+"'",
		"name: TOKEN, rotationLambdaArn: "+c.function+"-gone",
	))
	out := strings.Join(strings.Fields(w.fails("up", "--yes", "--skip-preview")), " ")
	at := "prodgate:apps[0].secrets"
	for _, want := range []string{
		at + `[0].arn: "` + gone + `": cannot be read; correct the ARN, or leave it out and the gate creates a secret`,
		at + `[1].keyArn: "` + c.otherKey + `": ` + c.secret + " is encrypted with another key; write " + c.key,
		at + `[2].keyArn: "": ` + c.secret + " is encrypted with another key; write " + c.key,
		at + `[3].rotationLambdaArn: "` + c.function + `-gone": cannot be read; correct the ARN, or leave it out and the secret is not rotated`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the error does not say %s:\n%s", want, out)
		}
	}
	if strings.Contains(out, "goroutine") {
		t.Errorf("a panic:\n%s", out)
	}
	same(t, "after the refusal the account", w.inventory(), before)
}
