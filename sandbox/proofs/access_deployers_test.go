package proofs

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"prodgate/sandbox/engine/bridge"
)

// TestAccess_OnlyDeployers runs a preview and an update with other credentials than a deployer's, and
// without a role that settings name: both end with one error, and create nothing.
func TestAccess_OnlyDeployers(t *testing.T) {
	t.Parallel()
	const account = "arn:aws:iam::111111111111:"
	w := newWorld(t, "dev", quiet)
	_, err := w.aws.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: ptr("developer"), Path: ptr("/teams/"), AssumeRolePolicyDocument: ptr(`{"Version": "2012-10-17", "Statement": []}`),
	})
	w.must(err)
	_, err = w.aws.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: ptr("mona")})
	w.must(err)
	mona := w.keyOf("mona")
	before := w.inventory()
	const missing = `prodgate:access.breakGlassArn: "` + account + `role/break-glass": AWS shows no such role; make it`

	for _, c := range []struct {
		name        string
		credentials awssdk.CredentialsProvider
		first       func() error
		want        []string
	}{
		{"a developer", w.session(account + "role/teams/developer"), nil, []string{
			"prodgate:access.deployerArns: the credentials are of the role developer, which may not change the gate; " +
				"add " + account + "role/teams/developer, or sign in with a role that stands there"}},
		{"a user", mona, nil, []string{
			"prodgate:access.deployerArns: the credentials are of " + account + "user/mona, which is no IAM role; sign in with a role that stands there"}},
		{"a deployer, without a role for emergencies", nil, w.withoutBreakGlass, []string{missing}},
		{"a user, without a role for emergencies", mona, nil, []string{
			"prodgate:access.deployerArns: the credentials are of " + account + "user/mona, which is no IAM role", missing}},
	} {
		if c.first != nil {
			w.must(c.first())
		}
		for _, args := range [][]string{{"preview"}, {"up", "--yes", "--skip-preview"}} {
			out := w.failsAs(c.credentials, args...)
			for _, want := range c.want {
				if strings.Count(diagnostics(out), want) != 1 {
					t.Errorf("%s, %s: does not say once %s:\n%s", c.name, args[0], want, out)
				}
			}
			if n := strings.Count(diagnostics(out), "prodgate:access"); n != len(c.want) {
				t.Errorf("%s, %s: %d problems, want %d:\n%s", c.name, args[0], n, len(c.want), out)
			}
			same(t, "after "+c.name+" the account", w.inventory(), before)
		}
	}
}

// TestAccess_BreakGlass: the break-glass role can change the gate when all deployers are lost.
func TestAccess_BreakGlass(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev", quiet)
	if out, err := w.pulumiAs(w.session("arn:aws:iam::111111111111:role/break-glass"), "preview"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestSettings_RefuseSecrets: a preview and an update refuse secrets in settings, and never print one.
func TestSettings_RefuseSecrets(t *testing.T) {
	t.Parallel()
	const value = "correct-horse-battery"
	token := "ghp_" + strings.Repeat("a1B2", 9)
	config := configOf(t, "dev",
		replace("      deployTimeout: 15\n", "      deployTimeout: 15\n      secrets:\n        - {name: NPM_TOKEN, value: "+value+"}\n"),
		replace("    owner: platform\n", "    owner: platform\n    ci: "+token+"\n"))
	w := newWorld(t, "dev", quiet)
	w.must(w.Configure(config.Text))
	for _, args := range [][]string{{"preview"}, {"up", "--yes", "--skip-preview"}} {
		out := w.fails(args...)
		for _, want := range []string{
			"prodgate:apps[0].secrets[0].value: (secret) is the value of a secret, which does not belong in settings; store it in Secrets Manager and name it here",
			`prodgate:tags["ci"]: (secret) looks like a GitHub token; revoke it`,
		} {
			if strings.Count(diagnostics(out), want) != 1 {
				t.Errorf("%s does not say once %s:\n%s", args[0], want, out)
			}
		}
		if strings.Contains(out, value) || strings.Contains(out, token) {
			t.Errorf("%s shows a secret:\n%s", args[0], out)
		}
		w.empty("after " + args[0])
	}
}

// session returns the credentials of a session of a role.
func (w *world) session(role string) awssdk.CredentialsProvider {
	w.Helper()
	cfg, err := w.Cloud.ConfigAs(w.Context(), region, role, "sandbox")
	w.must(err)
	return cfg.Credentials
}

// keyOf returns an access key of a user.
func (w *world) keyOf(user string) awssdk.CredentialsProvider {
	w.Helper()
	made, err := w.aws.iam.CreateAccessKey(w.Context(), &iam.CreateAccessKeyInput{UserName: &user})
	w.must(err)
	return awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) {
		return awssdk.Credentials{AccessKeyID: *made.AccessKey.AccessKeyId, SecretAccessKey: *made.AccessKey.SecretAccessKey}, nil
	})
}

func (w *world) withoutBreakGlass() error {
	_, err := w.aws.iam.DeleteRole(w.Context(), &iam.DeleteRoleInput{RoleName: ptr("break-glass")})
	return err
}

// commandAs is a command with other credentials; nil are the deployer's.
func (w *world) commandAs(who awssdk.CredentialsProvider, args ...string) *exec.Cmd {
	w.Helper()
	cmd := w.Command(w.Context(), args...)
	if who != nil {
		keys, err := who.Retrieve(w.Context())
		w.must(err)
		// A bridge of the pool would not be reused, because the credentials are unique.
		cmd.Env = append(cmd.Env, "AWS_ACCESS_KEY_ID="+keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+keys.SecretAccessKey, bridge.PoolVariable+"=")
		if keys.SessionToken != "" {
			cmd.Env = append(cmd.Env, "AWS_SESSION_TOKEN="+keys.SessionToken)
		}
	}
	return cmd
}

// pulumiAs is pulumi with other credentials.
func (w *world) pulumiAs(who awssdk.CredentialsProvider, args ...string) (string, error) {
	w.Helper()
	out, err := w.commandAs(who, args...).CombinedOutput()
	return string(out), err
}

// failsAs is pulumiAs that must fail.
func (w *world) failsAs(who awssdk.CredentialsProvider, args ...string) string {
	w.Helper()
	out, err := w.pulumiAs(who, args...)
	if err == nil {
		w.Fatalf("pulumi %s has to fail:\n%s", strings.Join(args, " "), out)
	}
	return out
}
