// Package catalogue is the table of every call that can change production around
// the pipeline, and everything that follows from it: the organisation's guardrails,
// the statements of resource policies, and the page that a person reads. Alerts and
// tests are made from it too. A new row changes them all.
package catalogue

import "slices"

// Call is one way around the pipeline.
type Call struct {
	// Action is IAM's name of it, codepipeline:UpdatePipeline; or, for what GitHub
	// does, github:ForcePush and the like.
	Action string
	// Does says what the call would do to production.
	Does string
	// On is what the call is made on.
	On Target
	// By are the duties of the gate's own roles that may still make it, each for its
	// own app alone, and who else may of those below. Deployers and the break-glass
	// role always may.
	By []string
	// Denied is what refuses it to everybody else. Guardrails are there with an
	// organization only.
	Denied []Control
	// Reported is what tells of it, whoever made it.
	Reported Control
}

// Who may make a call and is no role of the gate's.
const (
	// Execution is the execution role of an app's service.
	Execution = "execution"
	// People are the roles of access.approverArns.
	People = "people"
	// Rotation is the role of the function that rotates a secret.
	Rotation = "rotation"
	// Mergers are the roles of source.mergerArns.
	Mergers = "mergers"
	// Trigger is the dispatcher's role where an EventBridge rule starts pipelines.
	Trigger = "trigger"
	// ServiceLinked are AWS's own roles in the account, such as Inspector's that scans images:
	// nobody else can take them on or change them.
	ServiceLinked = "serviceLinked"
)

// Target is a part of the gate that a call is made on.
type Target string

// Control is something that answers a call.
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

// The controls that report. What they are made of is not this package's business.
const (
	// Alert is an EventBridge rule on what CloudTrail logs as a management event.
	Alert Control = "alert"
	// AlertOnRead is one of the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS:
	// EventBridge passes no read-only event to any other rule.
	AlertOnRead Control = "alert on reads"
	// BranchEvent is an EventBridge rule on what CodeCommit tells of the branch prod.
	BranchEvent Control = "branch event"
	// Preview is the next pulumi preview --refresh: it shows the difference.
	Preview Control = "preview"
	// Nothing: a data event, of which EventBridge hears only where a trail is made to
	// log it, or no call of its own. A row of it is denied.
	Nothing Control = "nothing"
)

// Calls is the table.
var Calls = flat(groups)

// denied are the rows that a control denies, on some targets.
func denied(by Control, on ...Target) []Call {
	var calls []Call
	for _, c := range Calls {
		if slices.Contains(c.Denied, by) && slices.Contains(on, c.On) {
			calls = append(calls, c)
		}
	}
	return calls
}
