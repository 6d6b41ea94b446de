// Package settings has everything that a stack may choose. One table has every key; the
// defaults, the checks, README.md and the schema for editors are made from it. Decode reads a
// stack's configuration strictly and reports every problem at once.
package settings

import (
	"cmp"
	"slices"
	"strings"
)

// Settings is a stack's complete configuration, checked and with its defaults.
type Settings struct {
	// Account is the 12-digit id of the account that the gate protects. Credentials
	// of another account are refused before anything is created.
	Account string
	// Region is aws:region, the region of the pipelines and everything they use.
	Region string
	// Name is the prefix of every name that the gate creates. Two gates in one
	// account need two names.
	Name string
	// Protect makes Pulumi refuse to delete keys, the artifact store, image
	// repositories and the branch protection.
	Protect bool
	// Tags are set on every AWS resource, by the provider's default tags.
	Tags map[string]string

	Access Access
	Source Source
	Apps   []App
	Build  Build
	Scan   Scan
	// Sign is what signs an image that passed its scans, and verifies it before it is
	// deployed: SignSigner (AWS Signer, with Notation) or None.
	Sign         string
	Retention    Retention
	Detection    Detection
	Alerts       Alerts
	Organization Organization
	Workflows    Workflows
	// ChatWebhook is the secret URL of a chat's incoming webhook, of Slack or of a chat that
	// accepts the same JSON. If it is empty, alerts are sent by e-mail only.
	ChatWebhook string
}

// HasChat reports whether alerts are sent to a chat too.
func (s *Settings) HasChat() bool { return s.ChatWebhook != "" }

// UsesCodeCommit reports whether merged code comes from CodeCommit, and not from GitHub.
func (s *Settings) UsesCodeCommit() bool { return s.Source.Provider == CodeCommit }

// Signs reports whether images are signed, and verified before they are deployed.
func (s *Settings) Signs() bool { return s.Sign != None }

// PipelineName is the name of an app's pipeline. The app comes first, because
// CodePipeline names a pipeline's artifact folder by the beginning of its name.
func PipelineName(gate, app string) string { return app + "-" + gate }

// ArtifactFolder is an app's artifact folder: the first 20 characters of its pipeline's
// name. Two apps of a gate must not share one: a build of one app could replace what the
// other deploys.
func ArtifactFolder(gate, app string) string {
	name := PipelineName(gate, app)
	return name[:min(len(name), 20)]
}

// Repositories are the repositories of all apps, sorted and without duplicates. GitHub ignores
// case in names, and refuses a second protection of the same branch.
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

// Access are the roles that may change the gate, beside the gate's own roles. Resource policies
// and, in an organization, guardrails deny every other principal.
type Access struct {
	// DeployerArns are the roles that run pulumi up, beside the one that the gate
	// creates for GitHub Actions (see Workflows).
	DeployerArns []string
	// BreakGlassArn is the role for emergencies. No policy of the gate denies it, and
	// every use of it is reported.
	BreakGlassArn string
	// ApproverArns are the roles that may assume an app's approver role. If there are any,
	// a pipeline waits for an approval before it deploys.
	ApproverArns []string
	// AllowAccountTrust accepts roles of the three settings above whose trust policy admits
	// the whole account, another account or any identity of a provider.
	AllowAccountTrust bool
}

// Organization is where service control policies and resource control policies are attached.
type Organization struct {
	// Id is the organization's. With it, resource control policies deny what the gate has to principals outside of it.
	Id string
	// TargetId is the root, organizational unit or account that the guardrails are
	// attached to. Empty: they are only exported.
	TargetId string
	// RoleArn is the role of the management account, or of a delegated
	// administrator, that attaches them. Deployers must be allowed to assume it.
	RoleArn string
	// PreviewRoleArn is the role of the same account that previews of pull requests
	// assume instead (see Workflows). It only reads.
	PreviewRoleArn string
	// Regions are the regions that the account may be used in. Default: the stack's.
	Regions []string
}

// Workflows are the GitHub Actions that run this program, and what they need to assume a
// role without a stored key.
type Workflows struct {
	// Repository is the repository of source.owner that holds the program. Empty: no roles
	// are created.
	Repository string
	// OidcProvider says whether GitHub's OIDC provider, of which an account has one, is
	// created or adopted.
	OidcProvider Presence
	// PreviewEnvironment and UpEnvironment are the GitHub environments whose jobs
	// may assume the role for previews, and the role for updates.
	PreviewEnvironment, UpEnvironment string
	// PreviewWorkflow and UpWorkflow are the files of .github/workflows whose jobs may
	// assume these roles.
	PreviewWorkflow, UpWorkflow string
	// Reviewers approve the jobs of UpEnvironment, but not those that they start: @login or
	// @org/team. Default: the mergers. Empty: nobody is asked.
	Reviewers []string
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
	// gate creates one, which a person must complete in the console.
	ConnectionArn string
	// Repositories says whether CodeCommit's repositories are created or adopted.
	Repositories Presence
	// ReviewerArns are the roles whose approvals of a pull request to prod count, and
	// MergerArns the roles that may merge it; default: the reviewers. CodeCommit only.
	ReviewerArns, MergerArns []string
	// Reviews is how many approving reviews a pull request to prod needs: 1 to 6
	// (GitHub's own limit).
	Reviews int
	// StatusChecks must pass before a pull request to prod can be merged.
	StatusChecks []string
	// Protection says whether the protection of prod is created, adopted (another stack of
	// the same repository creates it), or off (the owner's plan has none).
	Protection Presence
	// CodeOwners review changes of the gate's own workflow: @login or @org/team. Default:
	// the mergers.
	CodeOwners []string
	// CodeOwnersFile says whether .github/CODEOWNERS is created or adopted.
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
	// Name is the app's part of the names of its pipeline, project and roles.
	Name string
	// Repository overrides source.repository.
	Repository string
	// Folder is the app's folder in the repository, and the docker build
	// context; "." is the repository's root.
	Folder string
	// Dockerfile is relative to Folder.
	Dockerfile string
	// Paths are the file patterns whose change starts the pipeline; at most 8,
	// CodePipeline's limit. Default: everything below Folder. CodeCommit reports the branch
	// and not the files: every change starts the pipeline.
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
	// Secrets are the secrets that the app's build reads.
	Secrets []Secret
	// Scan overrides the stack's scan settings for this app.
	Scan Scan
	// Deployment is how the service gets the image.
	Deployment Deployment
	// Health is what the app must answer after a deployment. Without a URL it is not asked.
	Health Health
	// Dast is the dynamic analysis after a deployment. Without a URL there is none: leave
	// it out where the target is production.
	Dast Dast
}

// Secret is a secret in Secrets Manager. Its value is never in settings.
type Secret struct {
	// Name is the environment variable that the build reads it from.
	Name string
	// Arn adopts a secret. Empty: the gate creates one, and a deployer stores its value.
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
	// Image is the x86 Linux image of CodeBuild that the build runs in.
	Image string
	// ComputeType is the size of the machine, by CodeBuild's name.
	ComputeType string
	// Timeout and QueuedTimeout are minutes: 5 to 2160, and 5 to 480.
	Timeout, QueuedTimeout int
	// ConcurrentBuilds limits the builds of one app that run at once.
	ConcurrentBuilds int
}

// Retention says how long logs, artifacts, images and deleted keys are kept.
type Retention struct {
	// LogDays is one of the periods that CloudWatch Logs offers.
	LogDays int
	// ArtifactDays is how long pipeline artifacts are kept.
	ArtifactDays int
	// Images is how many images a repository keeps: at least 2, so that a failed
	// deployment does not lose the running image.
	Images int
	// KeyDays is how long a deleted KMS key, or a secret that the gate created, can be
	// restored: 7 to 30.
	KeyDays int
}

// Detection says which services watch the gate, and how the gate responds to a detection. For
// each service that an account has once in a region, it says whether the gate creates it, adopts
// the existing one, or does not use it.
type Detection struct {
	// Response is the response to a tampering call and to a finding.
	Response Response
	// Trail is the CloudTrail trail of all regions that logs management events. Alerts on
	// calls are made from its events.
	Trail Presence
	// GuardDuty is the region's detector.
	GuardDuty Presence
	// Config is the region's configuration recorder and delivery channel. The gate's rules
	// are created unless it is Off.
	Config Presence
	// AccessAnalyzer is the region's analyzer of external access.
	AccessAnalyzer Presence
	// SecurityHub is Security Hub in the region. Default: off.
	SecurityHub Presence
	// Severity is the least severe finding of GuardDuty that is reported: low, medium,
	// high or critical. Findings about DNS are always reported.
	Severity string
	// CheckMinutes is how often the live gate is compared with its known state, beside
	// the comparison before each deployment: 15 to 1440 minutes.
	CheckMinutes int
}

// Response is the response to a tampering call, or to a finding of GuardDuty.
type Response string

// The responses. Ignore reports nothing. Contain reports, and stops deployments until a person
// releases them.
const (
	Ignore  Response = "off"
	Alert   Response = "alert"
	Contain Response = "contain"
)

// Presence says whether the gate creates, adopts or does not use something that exists only once.
type Presence string

// The gate creates the resource, adopts the existing one, or does not use it.
const (
	Create Presence = "create"
	Adopt  Presence = "adopt"
	Off    Presence = "off"
)

// Alerts says who receives the gate's alerts.
type Alerts struct {
	// Emails receive the gate's alerts, after confirming the subscription.
	Emails []string
}

// None switches a scan or the signature off.
const None = "off"

// SignSigner is AWS Signer, with Notation.
const SignSigner = "signer"

// Deployment is how an ECS service gets a new image.
type Deployment struct {
	// Kind is Rolling (ECS replaces tasks) or BlueGreen (CodeDeploy shifts traffic to new
	// tasks, and back).
	Kind string
	// ListenerArn is the load balancer's listener of production traffic, which a rolling deployment may leave out;
	// TestListenerArn is an optional one on which the new tasks can be tried before.
	ListenerArn, TestListenerArn string
	// TargetGroups are the names of the service's target groups: the two that traffic is shifted between, or those of a
	// rolling deployment.
	TargetGroups []string
	// ContainerPort is the container's port behind the load balancer.
	ContainerPort int
	// Config is the deployment configuration, by CodeDeploy's name.
	Config string
	// Alarms are the names of CloudWatch alarms that stop a deployment and shift traffic back.
	Alarms []string
	// TerminationMinutes is how long the old tasks stay for a rollback: 0 to 2880 minutes.
	TerminationMinutes int
}

// Listeners are the ARNs of the listeners through which the service gets its traffic.
func (d Deployment) Listeners() []string {
	return slices.DeleteFunc([]string{d.ListenerArn, d.TestListenerArn}, func(arn string) bool { return arn == "" })
}

// The kinds of deployments.
const (
	Rolling   = "rolling"
	BlueGreen = "blue-green"
)

// Health is the health check of an app after a deployment.
type Health struct {
	// Url is the HTTPS URL of the health check.
	Url string
	// Expect are the fields that the JSON of the response must have, and their values.
	Expect map[string]any
	// Seconds is how long the service may take until it runs the image and answers so.
	Seconds int
}

// Dast is the dynamic analysis (DAST) of a deployed app.
type Dast struct {
	// Url is the HTTPS URL at which OWASP ZAP begins.
	Url string
}
