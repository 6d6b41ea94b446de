package main

import (
	"fmt"
	"regexp"

	"gopkg.in/yaml.v3"
)

// inlineBuildspec keeps what a build does out of the app's repository, where a
// commit to the app would change it (OWASP CICD-SEC-4), and the pipeline the only
// thing that starts it.
var inlineBuildspec = policy{
	name:        "inline-buildspec",
	description: "Every CodeBuild project carries its buildspec, has no webhook, and no credential in plain text.",
	types:       []string{"aws:codebuild/project:Project", "aws:codebuild/webhook:Webhook"},
	resource: func(_ stack, r resource) []finding {
		if r.token == "aws:codebuild/webhook:Webhook" {
			return []finding{{"anybody who can open a pull request can start a build through a webhook",
				"remove it: the pipeline starts the build"}}
		}
		var found []finding
		if spec := r.at("source.buildspec"); !spec.unknown() && !isInline(spec.text()) {
			found = append(found, finding{"its buildspec is not inline, and so the repository's or a bucket's to change",
				"set source.buildspec to the text of the buildspec"})
		}
		for _, variable := range r.at("environment.environmentVariables").list() {
			if isCredential(variable) {
				found = append(found, finding{fmt.Sprintf("the environment variable %s looks like a credential in plain text", variable.at("name")),
					"keep it in Secrets Manager, and set type to SECRETS_MANAGER and value to its name"})
			}
		}
		return found
	},
}

// isInline tells a buildspec from the name of a file, a path and an S3 ARN, which
// are a text to YAML too, but no mapping with phases.
func isInline(text string) bool {
	var spec struct {
		Phases map[string]any
	}
	return yaml.Unmarshal([]byte(text), &spec) == nil && len(spec.Phases) > 0
}

var (
	// credentialName is how the names of credentials end. A name that goes on, as
	// in TOKEN_URL or SECRET_ARN, says where one is.
	credentialName = regexp.MustCompile(`(?i)(password|passwd|secret|token|credentials?|(api|access|private|secret|signing)_?key(_id)?)$`)
	// credentialValue is how those begin whose issuers mark them: AWS, GitHub, PEM.
	credentialValue = regexp.MustCompile(`^((AKIA|ASIA)[A-Z0-9]{16}$|gh[pousr]_|github_pat_|-----BEGIN )`)
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
