package buildspec

// The environment variables that buildspecs read, beside those of the tools that they install
// (package tool).
const (
	// App is the name of the app that the pipeline delivers.
	App = "APP"
	// AppFolder is the app's folder in the source, and the docker build context.
	AppFolder = "APP_FOLDER"
	// Dockerfile is relative to the app's folder.
	Dockerfile = "DOCKERFILE"
	// RepositoryURI is the image repository as docker names it:
	// account.dkr.ecr.region.amazonaws.com/name.
	RepositoryURI = "REPOSITORY_URI"
	// RepositoryName is the same repository as ECR names it.
	RepositoryName = "REPOSITORY_NAME"
	// ContainerName is the container of the task definition that runs the image.
	ContainerName = "CONTAINER_NAME"
	// BuildSecrets are the names of the variables that hold the build's secrets,
	// separated by spaces. A project without secrets does not set it.
	BuildSecrets = "BUILD_SECRETS"
	// Cluster and Service are where the app runs, by name.
	Cluster = "CLUSTER"
	Service = "SERVICE"
	// SourceRepository is the repository of CodeCommit whose branch main must contain the commit.
	SourceRepository = "SOURCE_REPOSITORY"
	// Severity is the least severe finding that fails the run: low, medium, high or critical.
	// Tools without a critical severity treat it as high.
	Severity = "SEVERITY"
	// AcceptedFindings is a list in JSON of objects with an id, the last day on which it holds
	// as expires (2026-12-31), and in projects of all apps the app. An id is
	//
	//   - of gitleaks path:rule:line,
	//   - of bandit and gosec path:rule, with the path in the app's folder,
	//   - of grype and ECR the vulnerability's, CVE or GHSA,
	//   - of ZAP the number of the rule.
	AcceptedFindings = "ACCEPTED_FINDINGS"
	// Attempts is how often a result is read again before it is final, and Pause the seconds between.
	Attempts = "ATTEMPTS"
	Pause    = "PAUSE"
	// Health is the answer that the app must give, in JSON: url, expect (fields of its
	// answer and their values) and seconds to wait. An action without a health check does
	// not set it.
	Health = "HEALTH"
	// TargetURL is where the app answers, by https.
	TargetURL = "TARGET_URL"
	// SBOM is true where there is the artifact SBOMArtifact, and else not set.
	SBOM = "SBOM"
	// ImageSBOM is true where there is the artifact ImageSBOMArtifact, and else not set.
	ImageSBOM = "IMAGE_SBOM"
	// Signed is true where the gate signs images, and else not set.
	Signed = "SIGNED"
	// Deployment is the kind of deployment: settings.Rolling or settings.BlueGreen.
	// ContainerPort is where a blue/green one sends traffic.
	Deployment    = "DEPLOYMENT"
	ContainerPort = "CONTAINER_PORT"
	// SignerRoot is the certificate that signatures end at: tool.SignerRoot.
	SignerRoot = "SIGNER_ROOT"
	// SigningProfile is the ARN of the profile in AWS Signer. Where nothing is signed, the project
	// that verifies images sets neither it nor the variables of the tools that sign.
	SigningProfile = "SIGNING_PROFILE"
)

// The variables that buildspecs export to the pipeline's later stages.
const (
	// ImageURI is the image by digest: repository@sha256:…
	ImageURI = "IMAGE_URI"
	// ImageDigest is the digest alone.
	ImageDigest = "IMAGE_DIGEST"
	// ImageOrigin is built if the build pushed the image, and found if an image with the commit's
	// tag was in the repository before.
	ImageOrigin = "IMAGE_ORIGIN"
	// CommitID is the full id of the commit: that was built, or where an action sets it, of the run's source.
	CommitID = "COMMIT_ID"
	// Summary is what each scan and check exports: a line of at most 120 characters about what
	// was found, for approvers.
	Summary = "SUMMARY"
)

// SBOMArtifact is the artifact with the app's SBOM, and SBOMFile the file in it.
const (
	SBOMArtifact = "Sbom"
	SBOMFile     = "sbom.cdx.json"
)

// ImageSBOMArtifact is the artifact with the SBOM of the pushed image, and ImageSBOMFile the file in it.
const (
	ImageSBOMArtifact = "ImageSbom"
	ImageSBOMFile     = "image.cdx.json"
)

// The files of artifacts that deployments read.
const (
	// ImageDefinitions names the container and the image by digest, for a deployment by ECS.
	ImageDefinitions = "imagedefinitions.json"
	// The others are of a blue/green deployment only.
	ImageDetail    = "imageDetail.json"
	TaskDefinition = "taskdef.json"
	AppSpec        = "appspec.yaml"
)

// ImagePlaceholder stands in TaskDefinition for the image, in angle brackets: the
// action's Image1ContainerName.
const ImagePlaceholder = "IMAGE1_NAME"
