package buildspec

import _ "embed"

// Verify is the buildspec of the check after a deployment: what runs is what was built,
// and answers. Its source is an artifact with ImageDefinitions. It needs bash, the AWS
// CLI, jq and curl.
//
//go:embed verify.yaml
var Verify string

// Health is how the app answers that it is well, in JSON: url, expect (fields of its
// answer and their values) and seconds to wait. An action without a health check does
// not set it.
const Health = "HEALTH"

// VerifyReads lists the environment variables that Verify reads, CodeBuild's own and
// Health left out.
func VerifyReads() []string {
	return []string{App, Cluster, Service, ContainerName, ImageDigest, Pause}
}
