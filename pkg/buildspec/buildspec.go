// Package buildspec holds what CodeBuild runs, as files of their own next to
// the names of the variables they read and export.
//
// A buildspec in the app's repository would let a commit to the app change its
// own gate. These are embedded here and written into the project instead.
package buildspec

import _ "embed"

// Build is the buildspec of the build stage: it builds the app's image once
// per commit, pushes it and names it by digest. It needs bash, docker (so a
// privileged project), the AWS CLI and jq, all of them in CodeBuild's standard
// images.
//
//go:embed build.yaml
var Build string

// The environment variables that Build reads.
const (
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
)

// BuildSecrets are the names of the variables that hold the build's secrets,
// separated by spaces. A project without secrets does not set it.
const BuildSecrets = "BUILD_SECRETS"

// Reads lists the environment variables that Build reads, CodeBuild's own and
// BuildSecrets left out: exactly these are every project's to set.
func Reads() []string {
	return []string{AppFolder, Dockerfile, RepositoryURI, RepositoryName, ContainerName}
}

// The variables that Build exports to the pipeline's later stages.
const (
	// ImageURI is the image by digest: repository@sha256:…
	ImageURI = "IMAGE_URI"
	// ImageDigest is the digest alone.
	ImageDigest = "IMAGE_DIGEST"
	// CommitID is the full id of the commit that was built.
	CommitID = "COMMIT_ID"
)

// Exports lists the variables that Build exports.
func Exports() []string {
	return []string{ImageURI, ImageDigest, CommitID}
}

// ImageDefinitions is the file in Build's artifact that the ECS deploy action
// reads: the container's name and the image by digest.
const ImageDefinitions = "imagedefinitions.json"

// KnownState is the buildspec of the check of the known state. It needs bash, the AWS
// CLI (of either major version), jq and sha256sum, all of them in CodeBuild's standard
// images.
//
//go:embed known.yaml
var KnownState string

// The environment variables that KnownState reads.
const (
	// GateName is what alerts are called by.
	GateName = "GATE"
	// KnownStateParameter is the parameter of what all apps share; those of apps are
	// below it.
	KnownStateParameter = "KNOWN_STATE"
	// PolicyPath begins the ARN of every policy of the gate.
	PolicyPath = "POLICIES"
	// AlertTopic is the ARN of the topic of alerts.
	AlertTopic = "ALERT_TOPIC"
	// Attempts is how often what differs is looked at before it is told, and Pause the
	// seconds between.
	Attempts = "ATTEMPTS"
	Pause    = "PAUSE"
)

// KnownStateReads lists the environment variables that KnownState reads, CodeBuild's
// own and App left out: a check of all apps does not set it.
func KnownStateReads() []string {
	return []string{GateName, KnownStateParameter, PolicyPath, AlertTopic, Attempts, Pause}
}
