package proofs

import (
	"encoding/json"
	"os/exec"
	"testing"
)

// TestSandbox_ConfigWithSecrets takes a stack file to which Pulumi has added its
// salt and a secret, as `pulumi config set --secret` does, through the CLI.
func TestSandbox_ConfigWithSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev")
	values := func() map[string]struct {
		Value  string
		Secret bool
	} {
		cmd := w.Command(w.Context(), "config", "--json", "--show-secrets")
		out, err := cmd.Output()
		if err != nil {
			w.Fatalf("%s: %v", cmd, problem(err))
		}
		var values map[string]struct {
			Value  string
			Secret bool
		}
		w.must(json.Unmarshal(out, &values))
		return values
	}
	// A secret with another passphrase: the sandbox cannot decrypt it, and must work without it.
	foreign := "encryptionsalt: v1:MTIzNDU2Nzg=:v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n" +
		string(configOf(t, "dev").Text) + "  github:token:\n    secure: v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"
	for range 2 { // the second finds the folder that the first left
		w.must(w.Configure([]byte(foreign)))
		got := values()
		if token := got["github:token"]; !token.Secret || token.Value != "sandbox" || got["prodgate:account"].Value != "111111111111" {
			t.Errorf("the CLI reads %v", got)
		}
	}
}

// problem is the output of a failed command.
func problem(err error) string {
	if exit, ok := err.(*exec.ExitError); ok {
		return string(exit.Stderr)
	}
	return err.Error()
}
