package main

import "gopkg.in/yaml.v3"

// inlineBuildspec keeps buildspecs out of the app's repository, where a commit to the
// app would change them (OWASP CICD-SEC-4), and lets only the pipeline start a build.
var inlineBuildspec = policy{
	name:        "inline-buildspec",
	description: "Every CodeBuild project carries its buildspec and has no webhook.",
	types:       []string{"aws:codebuild/project:Project", "aws:codebuild/webhook:Webhook"},
	check: func(_ stack, r resource) []finding {
		if r.token == "aws:codebuild/webhook:Webhook" {
			return []finding{{"anybody who can open a pull request can start a build through a webhook",
				"remove it: the pipeline starts the build"}}
		}
		if spec := r.at("source.buildspec"); !spec.isUnknown() && !isInline(spec.text()) {
			return []finding{{"its buildspec is not inline: whoever can write to the repository or the bucket can change it",
				"set source.buildspec to the text of the buildspec"}}
		}
		return nil
	},
}

// isInline is whether a text is a buildspec. The name of a file, a path and an S3 ARN are
// YAML too, but no mapping with phases.
func isInline(text string) bool {
	var spec struct {
		Phases map[string]any
	}
	return yaml.Unmarshal([]byte(text), &spec) == nil && len(spec.Phases) > 0
}
