package buildspec

import _ "embed"

// Sign is the buildspec that signs an app's image by its digest, with notation and AWS
// Signer. Its input is the artifact of Build; a further one called Sbom has the app's SBOM,
// where the variable SBOM says so. It needs bash, curl, jq, tar, unzip, sha256sum and the
// AWS CLI, all of them in CodeBuild's standard images.
//
//go:embed sign.yaml
var Sign string

// Prepare is the buildspec before a deployment: it verifies what Sign signed, and writes the
// files that the deployment reads. Its inputs and needs are those of Sign.
//
//go:embed prepare.yaml
var Prepare string

// The environment variables that Sign and Prepare read of their projects. Those of a tool are
// its row in package tool.
const (
	NotationURL        = "NOTATION_URL"
	NotationSHA256     = "NOTATION_SHA256"
	SignerPluginURL    = "SIGNER_PLUGIN_URL"
	SignerPluginSHA256 = "SIGNER_PLUGIN_SHA256"
	// SignerRoot is the certificate that signatures end at: tool.SignerRoot.
	SignerRoot = "SIGNER_ROOT"
	// SigningProfile is the ARN of the profile in AWS Signer. Where nothing is signed the
	// project of Prepare sets neither it nor the ones above.
	SigningProfile = "SIGNING_PROFILE"
)

// The environment variables that Sign and Prepare read of their actions, beside RepositoryURI,
// ImageDigest, and ContainerName and CommitID, each where it is listed.
const (
	// SBOM is true where there is the artifact SBOMArtifact, and else not set.
	SBOM = "SBOM"
	// Deployment is Rolling or BlueGreen. ContainerPort is where a blue/green one sends traffic.
	Deployment    = "DEPLOYMENT"
	ContainerPort = "CONTAINER_PORT"
)

// The kinds of deployment.
const (
	Rolling   = "rolling"
	BlueGreen = "blue-green"
)

// SBOMArtifact is the artifact with the app's SBOM, and SBOMFile the file in it.
const (
	SBOMArtifact = "Sbom"
	SBOMFile     = "sbom.cdx.json"
)

// The files of Prepare's artifact, beside ImageDefinitions: of a blue/green deployment only.
const (
	ImageDetail    = "imageDetail.json"
	TaskDefinition = "taskdef.json"
	AppSpec        = "appspec.yaml"
)

// ImagePlaceholder is what stands in TaskDefinition for the image, in angle brackets: the
// action's Image1ContainerName.
const ImagePlaceholder = "IMAGE1_NAME"

// signing are the variables of a project that signs or verifies.
func signing() []string {
	return []string{NotationURL, NotationSHA256, SignerPluginURL, SignerPluginSHA256, SignerRoot, SigningProfile}
}

// SignReads lists the environment variables that Sign reads, CodeBuild's own and SBOM left out.
func SignReads() []string {
	return append(signing(), App, RepositoryURI, ImageDigest, CommitID)
}

// PrepareReads lists the environment variables that every action of Prepare sets.
func PrepareReads() []string {
	return []string{App, RepositoryURI, ImageDigest, ContainerName, Deployment}
}

// PrepareMayRead lists those that Prepare reads where there is something signed, an SBOM, a
// blue/green deployment, or a repository of CodeCommit.
func PrepareMayRead() []string {
	return append(signing(), SBOM, Cluster, Service, ContainerPort, SourceRepository, CommitID)
}
