// Package account reads which resources exist in an account and region that can have one, or need one: CloudTrail trails,
// GuardDuty's detector, AWS Config's recorder and delivery channel, analyzers of IAM Access Analyzer, and Security Hub. It also
// reads the clusters, services, load balancers, roles and files that settings of apps name. The provider looks up none of
// these but the detector.
package account

import "context"

// Reader reads what exists, one kind at a time. An error is of type *Error.
type Reader interface {
	// Trails are all trails whose events reach the region, those of other regions and of the organization too.
	Trails(context.Context) ([]Trail, error)
	// Logs are the events that a trail logs.
	Logs(ctx context.Context, arn string) (Logs, error)
	Detectors(context.Context) ([]Detector, error)
	Recorders(context.Context) ([]Recorder, error)
	// Channels are the names of AWS Config's delivery channels.
	Channels(context.Context) ([]string, error)
	// Analyzers are the analyzers of external access.
	Analyzers(context.Context) ([]Analyzer, error)
	// Hub is nil where Security Hub is not enabled.
	Hub(context.Context) (*Hub, error)
	// Bus is EventBridge's default bus.
	Bus(context.Context) (Bus, error)
	WorkloadReader
}

// Bus is an EventBridge bus.
type Bus struct {
	Name string
	// Policy says who else puts events; it is empty for nobody. Key is the KMS key of the events; it is empty for AWS's own.
	Policy, Key string
}

// Trail is a trail of CloudTrail.
type Trail struct {
	Name, ARN string
	// MultiRegion is whether the trail logs every region, Validated whether log file validation is on.
	MultiRegion, Validated bool
}

// Logs are the events that a trail logs.
type Logs struct {
	// On is whether the trail logs in this region.
	On bool
	// Reads and Writes are the two kinds of management events.
	Reads, Writes bool
	// Excluded are the services whose management events the trail does not log.
	Excluded []string
}

// Detector is GuardDuty's detector; a region has one.
type Detector struct {
	ID      string
	Enabled bool
	Tags    map[string]string
}

// Recorder is AWS Config's recorder; a region has one.
type Recorder struct {
	Name      string
	Recording bool
}

// Analyzer is an analyzer of external access of IAM Access Analyzer.
type Analyzer struct {
	Name string
	// OfOrganization is whether its zone of trust is the organization; otherwise it is the account, and a region has one.
	OfOrganization bool
	Active         bool
	Tags           map[string]string
}

// Hub is Security Hub of a region.
type Hub struct {
	// Standards are the ARNs of the enabled standards, Insights the names of the account's custom insights.
	Standards, Insights []string
}

// Error is a failed call of AWS.
type Error struct {
	// Action is IAM's name of the call.
	Action string
	Err    error
}

func (e *Error) Error() string { return e.Action + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }
