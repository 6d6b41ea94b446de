// Package catalogue is the table of every call that can change production around
// the pipeline, and everything that follows from it: the organisation's guardrails,
// the statements of resource policies, and the page that a person reads. Alerts and
// tests are made from it too. A new row changes them all.
package catalogue

import (
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// Call is one way around the pipeline.
type Call struct {
	// Action is IAM's name of it, codepipeline:UpdatePipeline; or, for what GitHub
	// does, github:ForcePush and the like.
	Action string
	// Does says what the call would do to production.
	Does string
	// On is what the call is made on.
	On Target
	// By are the duties of the gate's own roles that may still make it. Deployers and
	// the break-glass role always may.
	By []string
	// Denied is what refuses it to everybody else.
	Denied []Control
	// Reported is what tells of it, whoever made it.
	Reported Control
}

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
	Alert   Control = "alert"   // an EventBridge rule
	Preview Control = "preview" // the next pulumi preview --refresh shows it
)

// Calls is the table.
var Calls = []Call{}

// Resources are the ARNs and patterns of a target in one stack.
func (t Target) Resources(s *settings.Settings) []string { return nil }

// Guardrails are the documents of the service control policies, in the order of
// their names, no longer than AWS takes. The error says what to do where they
// would be too many.
func Guardrails(s *settings.Settings) ([]Document, error) { return nil, nil }

// Document is one service control policy.
type Document struct{ Name, Description, JSON string }

// Refusals are the statements of a resource's own policy that refuse the calls of
// a target to whom they are not for. arn is what they name as the resource; empty
// where such a policy names none (ECR).
func Refusals(t Target, s *settings.Settings, arn string) policydoc.Document { return nil }
