package main

import (
	"fmt"
	"regexp"
)

// noPlainSecret keeps secrets where their readers are named: a variable in plain
// text is read by whoever may look at the project, a value in the stack's state by
// whoever may read that.
var noPlainSecret = policy{
	name:        "no-plain-secret",
	description: "No variable of a CodeBuild project is a secret in plain text, and no value of a secret is in the stack's state.",
	types:       []string{"aws:codebuild/project:Project", "aws:secretsmanager/secretVersion:SecretVersion"},
	resource: func(_ stack, r resource) []finding {
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
	// credentialName is how the names of credentials end. A name that goes on, as
	// in TOKEN_URL or SECRET_ARN, says where one is.
	credentialName = regexp.MustCompile(`(?i)(password|passwd|passphrase|pwd|secret|token|credentials?|(api|access|private|secret|signing)_?key(_id)?)$`)
	// credentialValue is how those look whose issuers mark them: AWS, GitHub, GitLab,
	// npm, Slack, JSON web tokens, PEM; and a URL with a password in it.
	credentialValue = regexp.MustCompile(`^((AKIA|ASIA)[A-Z0-9]{16}$|gh[pousr]_|github_pat_|glpat-|npm_|xox[abpr]-|eyJ[\w-]+\.eyJ|-----BEGIN |\w+://[^/@:]*:[^/@]+@)`)
)

// isCredential is whether a variable is in plain text, which is the default, and
// is called a credential, looks like one, or is secret to the program itself.
func isCredential(variable value) bool {
	kind, content := variable.at("type"), variable.at("value")
	if kind.text() != "PLAINTEXT" && !kind.silent() || kind.unknown() {
		return false
	}
	return content.secret() || credentialName.MatchString(variable.at("name").text()) || credentialValue.MatchString(content.text())
}
