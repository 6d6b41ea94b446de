package buildspec

import _ "embed"

// Findings is the buildspec of the gate that waits for what ECR finds in the image. It
// needs bash, the AWS CLI and jq.
//
//go:embed findings.yaml
var Findings string

// FindingsReads lists the environment variables that Findings reads, CodeBuild's own
// left out.
func FindingsReads() []string {
	return []string{App, RepositoryName, ImageDigest, Severity, AcceptedFindings, Attempts, Pause}
}
