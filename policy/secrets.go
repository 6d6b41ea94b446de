package main

import (
	"fmt"
	"regexp"
)

// noPlainSecret keeps secrets in Secrets Manager, whose policies name the readers. Whoever may
// describe the project reads a variable in plain text, and whoever may read the stack's state
// reads a value in it.
var noPlainSecret = policy{
	name:        "no-plain-secret",
	description: "No variable of a CodeBuild project is a secret in plain text, and no value of a secret is in the stack's state.",
	types:       []string{"aws:codebuild/project:Project", "aws:secretsmanager/secretVersion:SecretVersion"},
	check: func(_ stack, r resource) []finding {
		if r.token == "aws:secretsmanager/secretVersion:SecretVersion" {
			return []finding{{"the value of the secret is in the stack's state", "remove it: whoever knows the value puts it into Secrets Manager"}}
		}
		var found []finding
		for _, variable := range r.at("environment.environmentVariables").list() {
			if isCredential(variable) {
				found = append(found, finding{fmt.Sprintf("the environment variable %s looks like a credential in plain text", variable.at("name")),
					"keep it in Secrets Manager, and set type to SECRETS_MANAGER and value to its ARN"})
			}
		}
		return found
	},
}

var (
	// credentialName matches the endings of the names of credentials. A longer name, such as
	// TOKEN_URL or SECRET_ARN, says where a credential is.
	credentialName = regexp.MustCompile(`(?i)(password|passwd|passphrase|pwd|secret|token|credentials?|(api|access|private|secret|signing)_?key(_id)?)$`)
	// credentialValue matches credentials with a prefix of their issuer (AWS, GitHub, GitLab,
	// npm, Slack), JSON web tokens, PEM, and URLs with a password.
	credentialValue = regexp.MustCompile(`^((AKIA|ASIA)[A-Z0-9]{16}$|gh[pousr]_|github_pat_|glpat-|npm_|xox[abpr]-|eyJ[\w-]+\.eyJ|-----BEGIN |\w+://[^/@:]*:[^/@]+@)`)
)

// isCredential is whether a variable is in plain text, which is the default, and has the
// name or the form of a credential, or is a secret of the program.
func isCredential(variable value) bool {
	kind, content := variable.at("type"), variable.at("value")
	if kind.text() != "PLAINTEXT" && !kind.isEmpty() || kind.isUnknown() {
		return false
	}
	return content.isSecret() || credentialName.MatchString(variable.at("name").text()) || credentialValue.MatchString(content.text())
}
