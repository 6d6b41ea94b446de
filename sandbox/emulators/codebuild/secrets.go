package codebuild

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// secrets are the variables that CodeBuild reads from Secrets Manager before the
// first command, each KEY=value. An unreadable secret fails the build. The guide does
// not name the phase; builds show DOWNLOAD_SOURCE, which covers everything before
// INSTALL.
func (b Build) secrets(ctx context.Context) (env []string, failure string, err error) {
	for _, v := range b.Project.Environment.Variables {
		if v.plain() {
			continue
		}
		// secret-id:json-key:version-stage:version-id, and an ARN has seven parts.
		if v.Type != "SECRETS_MANAGER" || strings.Count(v.Value, ":") != 6 {
			return nil, "", fmt.Errorf("variable %s: type %s of %q is not run here, only PLAINTEXT, and SECRETS_MANAGER of a secret's ARN",
				v.Name, v.Type, v.Value)
		}
		value, failure, err := b.secret(ctx, v.Value)
		if failure != "" || err != nil {
			return nil, failure, err
		}
		env = append(env, v.Name+"="+value)
	}
	return env, "", nil
}

// secret reads a value from Secrets Manager, with the real AWS CLI.
func (b Build) secret(ctx context.Context, arn string) (value, failure string, err error) {
	_, region, _, err := b.Project.place()
	if err != nil {
		return "", "", err
	}
	var stdout, stderr bytes.Buffer
	// bash finds the CLI on the build's PATH instead of this process's.
	cmd := exec.CommandContext(ctx, "bash", "-c", `exec aws secretsmanager get-secret-value --output json --region "$1" --secret-id "$2"`,
		"bash", region, arn)
	cmd.Env, cmd.Stdout, cmd.Stderr = b.Env, &stdout, &stderr
	var exit *exec.ExitError
	switch err := cmd.Run(); {
	case errors.As(err, &exit) && strings.Contains(stderr.String(), "GetSecretValue"):
		return "", "Secrets Manager Error Message: " + strings.TrimSpace(stderr.String()), nil
	case err != nil:
		return "", "", fmt.Errorf("secret %s: %w\n%s", arn, err, &stderr)
	}
	var answer struct{ SecretString *string }
	if err := json.Unmarshal(stdout.Bytes(), &answer); err != nil {
		return "", "", fmt.Errorf("secret %s: %w", arn, err)
	}
	if answer.SecretString == nil {
		return "", "", fmt.Errorf("secret %s is no text, which is not run here", arn)
	}
	return *answer.SecretString, "", nil
}
