package buildspec

import _ "embed"

// ZAP is the buildspec of the test of a running app from outside. It needs bash, curl,
// jq, and Java 17 or later.
//
//go:embed zap.yaml
var ZAP string

// The environment variables that ZAP reads, beside those of other stages.
const (
	// TargetURL is where the app answers, by https.
	TargetURL = "TARGET_URL"
	// ZAPURL is the archive of a release of ZAP, and ZAPSHA256 its checksum.
	ZAPURL    = "ZAP_URL"
	ZAPSHA256 = "ZAP_SHA256"
)

// ZAPReads lists the environment variables that ZAP reads, CodeBuild's own left out.
func ZAPReads() []string {
	return []string{App, TargetURL, Severity, AcceptedFindings, ZAPURL, ZAPSHA256}
}
