// Package account finds out what an account and region have already of what they can
// have only once, or need only once: trails, GuardDuty's detector, AWS Config's recorder
// and delivery channel, analyzers of IAM Access Analyzer, and Security Hub. It also reads
// the clusters, services, load balancers, roles and files that settings of apps name. The
// provider looks up none of this but the detector. The package reads, and changes nothing.
package account

import "context"

// Reader asks for what there is, one kind at a time: of what settings leave alone,
// nobody asks. An error is of type *Error.
type Reader interface {
	// Trails are all whose events reach the region: those of other regions and of the
	// organization too.
	Trails(context.Context) ([]Trail, error)
	// Logs is what a trail of an ARN logs.
	Logs(ctx context.Context, arn string) (Logs, error)
	Detectors(context.Context) ([]Detector, error)
	Recorders(context.Context) ([]Recorder, error)
	// Channels are the names of AWS Config's delivery channels.
	Channels(context.Context) ([]string, error)
	// Analyzers are those of external access.
	Analyzers(context.Context) ([]Analyzer, error)
	// Hub is nil where Security Hub is not enabled.
	Hub(context.Context) (*Hub, error)
	WorkloadReader
}

// Trail is a trail of CloudTrail.
type Trail struct {
	Name, ARN string
	// MultiRegion is whether it is of every region, Validated whether a log file that
	// somebody changed is told by its digest.
	MultiRegion, Validated bool
}

// Logs is what a trail logs.
type Logs struct {
	// On is whether it logs at all, in this region.
	On bool
	// Reads and Writes are the two kinds of management events.
	Reads, Writes bool
	// LeftOut are the services whose management events it does not log.
	LeftOut []string
}

// Detector is GuardDuty's, of which a region has one.
type Detector struct {
	ID      string
	Enabled bool
	Tags    map[string]string
}

// Recorder is AWS Config's, of which a region has one.
type Recorder struct {
	Name      string
	Recording bool
}

// Analyzer is one of IAM Access Analyzer that looks for access from outside.
type Analyzer struct {
	Name string
	// OfOrganization is whether what is outside begins at the organization's border;
	// otherwise at the account's, and of those a region has one.
	OfOrganization bool
	Active         bool
	Tags           map[string]string
}

// Hub is Security Hub of a region.
type Hub struct {
	// Standards are the ARNs of those that are enabled, Insights the names of the
	// account's own.
	Standards, Insights []string
}

// Error is a call that AWS refused.
type Error struct {
	// Action is what IAM calls it.
	Action string
	Err    error
}

func (e *Error) Error() string { return e.Action + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }
