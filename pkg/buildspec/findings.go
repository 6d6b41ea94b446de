package buildspec

import _ "embed"

// Findings is the buildspec of the gate that waits for what ECR finds in the image. It
// needs bash, the AWS CLI and jq.
//
//go:embed findings.yaml
var Findings string

// The environment variables that Findings reads, beside KnownStateApp, Attempts and
// Pause of KnownState, RepositoryName of Build and its ImageDigest.
const (
	// Severity is the lowest severity that fails: low, medium, high or critical.
	Severity = "SEVERITY"
	// AcceptedFindings is a list in JSON of what is accepted: id, expires, and app where
	// it is not for every app.
	AcceptedFindings = "ACCEPTED_FINDINGS"
)

// FindingsReads lists the environment variables that Findings reads, CodeBuild's own
// left out.
func FindingsReads() []string {
	return []string{KnownStateApp, RepositoryName, ImageDigest, Severity, AcceptedFindings, Attempts, Pause}
}

// Summary is the one variable that a gate exports: what it found, in a line of at most
// 120 characters.
const Summary = "SUMMARY"
