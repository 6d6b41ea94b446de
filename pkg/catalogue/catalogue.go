// Package catalogue is the table of the calls that can change production around the pipeline. The guardrails of
// the organization, the deny statements of resource policies, the alert rules, the page README.md and the proofs
// are derived from it.
package catalogue

import "slices"

// Call is a way around the pipeline.
type Call struct {
	// Action is the IAM action, codepipeline:UpdatePipeline; for GitHub a name like github:ForcePush.
	Action string
	// Impact is what the call would do to production.
	Impact string
	// On is the part of the gate that the call changes or reads.
	On Target
	// Authorized are the duties of the gate's roles that may make the call, each for its own app, and the
	// principals below. Deployers and the break-glass role are always authorized.
	Authorized []string
	// Denied are the controls that deny the call to everybody else. Guardrails exist with an organization only.
	Denied []Control
	// Reported is the control that reports the call.
	Reported Control
}

// Principals that are not roles of the gate.
const (
	// Execution is the execution role of an app's service.
	Execution = "execution"
	// Approvers are the roles of access.approverArns.
	Approvers = "people"
	// Rotation is the role of the function that rotates a secret.
	Rotation = "rotation"
	// Mergers are the roles of source.mergerArns.
	Mergers = "mergers"
	// Trigger is the role of EventBridge where a rule starts the pipelines.
	Trigger = "trigger"
	// ServiceLinked are AWS's service-linked roles in the account, such as Inspector's, which scans images:
	// nobody else can assume or change them.
	ServiceLinked = "serviceLinked"
)

// Target is a part of the gate that a call is made on.
type Target string

// Control denies or reports a call.
type Control string

// The controls that deny.
const (
	Guardrail        Control = "guardrail"         // a service control policy
	RepositoryPolicy Control = "repository policy" // of ECR
	BucketPolicy     Control = "bucket policy"
	KeyPolicy        Control = "key policy"
	TopicPolicy      Control = "topic policy"
	SecretPolicy     Control = "secret policy"
	BranchProtection Control = "branch protection" // GitHub's
	OnlyMainCheck    Control = "only-main check"   // GitHub's, required
	CodeOwners       Control = "code owners"       // GitHub's, required
)

// The controls that report.
const (
	// Alert is an EventBridge rule on a management event of CloudTrail.
	Alert Control = "alert"
	// AlertOnRead is such a rule in the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS: EventBridge passes
	// read-only events to no other rule.
	AlertOnRead Control = "alert on reads"
	// BranchEvent is an EventBridge rule on CodeCommit's event about the branch prod.
	BranchEvent Control = "branch event"
	// Preview is the next pulumi preview --refresh: it shows the difference.
	Preview Control = "preview"
	// Nothing reports a data event, which EventBridge receives only where a trail logs it, or an action that is
	// checked within other calls. A row with it is denied.
	Nothing Control = "nothing"
)

// Calls are the rows of the table.
var Calls = flat(groups)

// deniedBy are the rows that a control denies, on the given targets.
func deniedBy(by Control, on ...Target) []Call {
	var calls []Call
	for _, c := range Calls {
		if slices.Contains(c.Denied, by) && slices.Contains(on, c.On) {
			calls = append(calls, c)
		}
	}
	return calls
}
