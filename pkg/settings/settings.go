// Package settings is everything a stack may choose: it reads the stack's
// configuration once and strictly, and reports every problem at once.
package settings

import (
	"cmp"
	"slices"
	"strings"
)

// Settings is the whole of a stack's configuration, defaults filled in and
// checked. Every key stands in Pulumi.yaml with its type and description.
type Settings struct {
	// Account is the 12-digit id of the account the gate protects. Credentials
	// of any other account are refused before anything is created.
	Account string
	// Region is aws:region, where the pipelines and everything they use live.
	Region string
	// Name begins the name of everything the gate creates. Two gates in one
	// account need two names.
	Name string
	// Protect makes the engine refuse to delete what holds history: keys, the
	// artifact store, image repositories, the branch protection.
	Protect bool
	// Tags go on every AWS resource, through the provider's default tags.
	Tags map[string]string

	Access Access
	Source Source
	Apps   []App
	Build  Build
	Scan   Scan
	// Sign is what signs an image when it has passed the scans, and verifies it before it
	// is deployed: SignSigner (AWS Signer, with Notation) or None.
	Sign         string
	Retention    Retention
	Detection    Detection
	Alerts       Alerts
	Organization Organization
	Workflows    Workflows
	// ChatWebhook is the address, and secret, that a chat takes messages at: Slack, or one
	// that takes the same JSON. Empty: alerts are sent by e-mail alone.
	ChatWebhook string
}

// TellsChat is whether alerts go to a chat too.
func (s *Settings) TellsChat() bool { return s.ChatWebhook != "" }

// FromCodeCommit is whether merged code comes from CodeCommit, and not from GitHub.
func (s *Settings) FromCodeCommit() bool { return s.Source.Provider == CodeCommit }

// Signs is whether images are signed, and verified before they are deployed.
func (s *Settings) Signs() bool { return s.Sign != None }

// PipelineName is the name of an app's pipeline. The app comes first, because
// CodePipeline names the folder of a pipeline's artifacts by its beginning.
func PipelineName(gate, app string) string { return app + "-" + gate }

// ArtifactFolder is that folder: the first 20 characters of the pipeline's name.
// No two apps of a gate may share one: a build of one could replace what the
// other deploys.
func ArtifactFolder(gate, app string) string {
	name := PipelineName(gate, app)
	return name[:min(len(name), 20)]
}

// Repositories are the GitHub repositories of all apps, each once, sorted. To GitHub,
// Web and web are one, and it refuses a second protection of its branch.
func (s *Settings) Repositories() []string {
	var names []string
	for _, app := range s.Apps {
		names = append(names, app.Repository)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
	})
	return slices.CompactFunc(names, strings.EqualFold)
}

// Clusters are the ECS clusters of all apps, each once, in the order of the apps.
func (s *Settings) Clusters() []string {
	var names []string
	for _, app := range s.Apps {
		if !slices.Contains(names, app.Cluster) {
			names = append(names, app.Cluster)
		}
	}
	return names
}

// Access is who may touch the gate, beside the gate's own roles. Everybody else is
// refused by resource policies and, where there is an organization, by its
// guardrails.
type Access struct {
	// DeployerArns are the roles that run pulumi up, beside the one that the gate
	// makes for GitHub Actions (see Workflows).
	DeployerArns []string
	// BreakGlassArn is the role for emergencies. No policy of the gate refuses it
	// anything, and every use of it is reported.
	BreakGlassArn string
	// ApproverArns are the roles whose holders may take on an app's approver role.
	// With any, a pipeline waits for an approval before it deploys.
	ApproverArns []string
}

// Organization is where service control policies are attached.
type Organization struct {
	// TargetId is the root, organizational unit or account that the guardrails are
	// attached to. Empty: they are only exported, for whoever may attach them.
	TargetId string
	// RoleArn is the role of the management account, or of a delegated
	// administrator, that attaches them. The deployer must be allowed to take it on.
	RoleArn string
	// PreviewRoleArn is the role of the same account that the previews of pull
	// requests take on instead (see Workflows). It only reads.
	PreviewRoleArn string
	// Regions are those that the account may be used in. Default: the stack's.
	Regions []string
}

// Workflows are the GitHub Actions that run this program, and what they need to
// get a role without a stored key.
type Workflows struct {
	// Repository of source.owner holds the program. Empty: no roles are made.
	Repository string
	// OidcProvider is who provides GitHub's OIDC provider, of which an account has
	// one: create or adopt.
	OidcProvider Presence
	// PreviewEnvironment and UpEnvironment are the GitHub environments whose jobs
	// may take on the role for previews, and the one for updates.
	PreviewEnvironment, UpEnvironment string
}

// Source is where merged code comes from.
type Source struct {
	// Provider is GitHub or CodeCommit.
	Provider string
	// Owner is the GitHub user or organization that owns the repositories.
	Owner string
	// Repository is the repository of every app that does not name its own.
	Repository string
	// ConnectionArn adopts an existing CodeConnections connection. Empty: the
	// gate creates one, which somebody has to complete in the console.
	ConnectionArn string
	// Repositories is who provides CodeCommit's repositories: create or adopt.
	Repositories Presence
	// ReviewerArns are the roles whose approvals of a pull request to prod count, and
	// MergerArns those that may merge it; default: the same. CodeCommit's only.
	ReviewerArns, MergerArns []string
	// Reviews is how many approving reviews a pull request to prod needs: 1 to 6
	// (GitHub's own limit).
	Reviews int
	// StatusChecks must pass before a pull request to prod can be merged.
	StatusChecks []string
	// Protection is who provides the protection of prod: create, adopt (another
	// stack of the same repository does), or off (the owner's plan has none).
	Protection Presence
	// CodeOwners review what changes the gate's own workflow: @login or @org/team.
	CodeOwners []string
	// CodeOwnersFile is who provides .github/CODEOWNERS: create or adopt.
	CodeOwnersFile Presence
	// Mergers may merge to prod: @login or @org/team. Default: the code owners.
	Mergers []string
}

// The providers of sources.
const (
	GitHub     = "github"
	CodeCommit = "codecommit"
)

// App is one container image on its way to one ECS service.
type App struct {
	// Name is the app's name in the names of its pipeline, project and roles.
	Name string
	// Repository overrides source.repository.
	Repository string
	// Folder is the app's folder in the repository, and the docker build
	// context; "." is the repository's root.
	Folder string
	// Dockerfile is relative to Folder.
	Dockerfile string
	// Paths are the file patterns whose change starts the pipeline; at most 8,
	// CodePipeline's limit. Default: everything below Folder. CodeCommit tells of a branch
	// and not of files: whatever changes starts the pipeline.
	Paths []string
	// Cluster and Service name the existing ECS service that is deployed to.
	Cluster, Service string
	// Container is the container of the task definition that runs the image.
	Container string
	// ExecutionRoleArn and TaskRoleArn are the roles of the service's task
	// definition; the pipeline may pass exactly these. TaskRoleArn may be empty.
	ExecutionRoleArn, TaskRoleArn string
	// DeployTimeout is how long a deployment may take, in minutes: 1 to 60.
	DeployTimeout int
	// Secrets are what the app's build needs to know.
	Secrets []Secret
	// Scan is what the app has another of than the stack.
	Scan Scan
	// Deployment is how the service gets the image.
	Deployment Deployment
	// Health is what has to answer after a deployment. Without a url nothing is asked.
	Health Health
	// Dast is what is attacked after a deployment. Without a url nothing is: leave it out
	// where the target is production.
	Dast Dast
}

// Secret is a secret of Secrets Manager. Its value is never in settings.
type Secret struct {
	// Name is the environment variable that the build reads it from.
	Name string
	// Arn adopts a secret. Empty: the gate creates one, for somebody to fill.
	Arn string
	// KeyArn is the KMS key of an adopted secret. Empty: AWS's own key.
	KeyArn string
	// RotationLambdaArn is the function that rotates a created secret, every
	// RotationDays days. Default: 30.
	RotationLambdaArn string
	RotationDays      int
}

// Build is how CodeBuild runs, for all apps.
type Build struct {
	// Image is what the build runs in: an x86 Linux image of CodeBuild, or of ECR.
	Image string
	// ComputeType is CodeBuild's name of the machine's size.
	ComputeType string
	// Timeout and QueuedTimeout are minutes: 5 to 2160, and 5 to 480.
	Timeout, QueuedTimeout int
	// ConcurrentBuilds limits the builds of one app that run at once.
	ConcurrentBuilds int
}

// Retention is how long things are kept.
type Retention struct {
	// LogDays is one of the periods CloudWatch Logs knows.
	LogDays int
	// ArtifactDays is how long pipeline artifacts are kept.
	ArtifactDays int
	// Images is how many images a repository keeps; at least 2, so that a failed
	// deployment does not lose the image that runs.
	Images int
	// KeyDays is how long a deleted KMS key, or a secret that the gate made, can
	// still be restored: 7 to 30.
	KeyDays int
}

// Detection is what watches the gate, and what is done when something is seen. Of
// each thing an account has once per region, or needs once, it says whether the gate
// creates it, adopts the one there is, or leaves it alone.
type Detection struct {
	// Response is what is done about a tampering call and a finding.
	Response Response
	// Trail is about a CloudTrail trail of all regions that logs management events:
	// alerts on calls are made from what it logs.
	Trail Presence
	// GuardDuty is about the region's detector.
	GuardDuty Presence
	// Config is about the region's configuration recorder and delivery channel;
	// the gate's rules are made unless it is Off.
	Config Presence
	// AccessAnalyzer is about the region's analyzer of external access.
	AccessAnalyzer Presence
	// SecurityHub is about Security Hub in the region. Default: off.
	SecurityHub Presence
	// Severity is the least severe finding of GuardDuty that is told of: low, medium,
	// high or critical. Those about DNS are always told of.
	Severity string
	// CheckMinutes is how often the live gate is compared with its known state, beside
	// the comparison before each deployment: 15 to 1440 minutes.
	CheckMinutes int
}

// Response is what is done about a tampering call, or a finding of GuardDuty.
type Response string

// The three responses. Nobody hears of anything where it is Ignore; Contain tells, and
// holds deployments back until somebody releases them.
const (
	Ignore  Response = "off"
	Alert   Response = "alert"
	Contain Response = "contain"
)

// Presence is who provides a thing that an account has only once.
type Presence string

// The three answers.
const (
	Create Presence = "create"
	Adopt  Presence = "adopt"
	Off    Presence = "off"
)

// Alerts is who is told.
type Alerts struct {
	// Emails receive the gate's alerts, after confirming the subscription.
	Emails []string
}

// None switches a scan or the signature off.
const None = "off"

// SignSigner is what signs: AWS Signer, with Notation.
const SignSigner = "signer"

// Scan is what is looked into before an image is delivered. Each scan is the name of its
// scanner, or None. Of an app, it is what it has another of than the stack.
type Scan struct {
	// Secrets looks for keys and passwords in the app's folder: gitleaks.
	Secrets string
	// Code is static analysis (SAST) of the app's folder: bandit for Python, gosec for Go.
	Code string
	// Dependencies compares what the app depends on with known vulnerabilities (SCA),
	// and writes the SBOM: grype.
	Dependencies string
	// Image waits for what ECR finds in the image that was pushed: ecr.
	Image string
	// Severity is the least severe finding that fails a run: low, medium, high or critical.
	Severity string
	// Accepted are findings that fail no run, of an app beside those of the stack.
	Accepted []AcceptedFinding
}

// AcceptedFinding is a finding that somebody has looked at, and that fails no run until
// it expires.
type AcceptedFinding struct {
	// Id is what the scanner calls it, as the log of the run that failed does.
	Id string
	// Reason is why it may stay.
	Reason string
	// Expires is the last day (UTC) on which it may: 2026-12-31.
	Expires string
}

// Deployment is how an ECS service gets an image.
type Deployment struct {
	// Kind is Rolling (ECS replaces tasks) or BlueGreen (CodeDeploy shifts traffic to new
	// ones, and back).
	Kind string
	// ListenerArn is the load balancer's listener of production traffic, TestListenerArn
	// one that the new tasks can be tried on before (optional).
	ListenerArn, TestListenerArn string
	// TargetGroups are the names of the two that traffic is shifted between.
	TargetGroups []string
	// ContainerPort is the container's port behind the load balancer.
	ContainerPort int
	// Config is CodeDeploy's name of how traffic is shifted.
	Config string
	// Alarms are the names of CloudWatch alarms that stop a deployment and shift traffic back.
	Alarms []string
	// TerminationMinutes is how long the old tasks stay for a way back: 0 to 2880 minutes.
	TerminationMinutes int
}

// Listeners are the ARNs of those that traffic is shifted at; none of a rolling deployment.
func (d Deployment) Listeners() []string {
	return slices.DeleteFunc([]string{d.ListenerArn, d.TestListenerArn}, func(arn string) bool { return arn == "" })
}

// The kinds of deployments.
const (
	Rolling   = "rolling"
	BlueGreen = "blue-green"
)

// Health is what an app answers when it is well.
type Health struct {
	// Url is asked by https.
	Url string
	// Expect are the fields that the JSON of the answer has to have, and their values.
	Expect map[string]any
	// Seconds is how long the service may take until it runs the image and answers so.
	Seconds int
}

// Dast is dynamic analysis of what was deployed.
type Dast struct {
	// Url is where OWASP ZAP begins, by https.
	Url string
}
