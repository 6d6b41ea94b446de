package gatetest

import (
	"context"
	"errors"
	"slices"

	"prodgate/pkg/account"
	"prodgate/pkg/knownstate/archive"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// Account is what an account has before the gate comes, of what it can have only once.
// Its zero value has nothing but the workload of the apps.
type Account struct {
	Trails []account.Trail
	// Logs are what trails log, by ARN.
	Logs      map[string]account.Logs
	Detectors []account.Detector
	Recorders []account.Recorder
	Channels  []string
	Analyzers []account.Analyzer
	Hub       *account.Hub
	// BusPolicy is the policy of EventBridge's default bus; most have none.
	BusPolicy string
	// Workload is that of the apps; nil is what settings name.
	Workload *Workload
	// Refused are the actions that the credentials may not call.
	Refused []string
}

// For is a reader of the account for a program with these settings.
func (a Account) For(s *settings.Settings) account.Reader {
	if a.Workload == nil {
		a.Workload = WorkloadOf(s)
	}
	return reader{a}
}

// Having is an account that has what settings adopt, made by somebody else.
func Having(s *settings.Settings) Account {
	var a Account
	const name = "company"
	if s.Detection.Trail == settings.Adopt {
		arn := "arn:" + s.Partition() + ":cloudtrail:" + s.Region + ":" + s.Account + ":trail/" + name
		a.Trails = []account.Trail{{Name: name, ARN: arn, MultiRegion: true, Validated: true}}
		a.Logs = map[string]account.Logs{arn: {On: true, Reads: true, Writes: true}}
	}
	if s.Detection.GuardDuty == settings.Adopt {
		a.Detectors = []account.Detector{{ID: DetectorID, Enabled: true}}
	}
	if s.Detection.Config == settings.Adopt {
		a.Recorders, a.Channels = []account.Recorder{{Name: name, Recording: true}}, []string{name}
	}
	if s.Detection.AccessAnalyzer == settings.Adopt {
		a.Analyzers = []account.Analyzer{{Name: name, Active: true}}
	}
	if s.Detection.SecurityHub == settings.Adopt {
		a.Hub = &account.Hub{Standards: []string{naming.New(s).BestPractices()}}
	}
	return a
}

type reader struct{ has Account }

func (r reader) Trails(context.Context) ([]account.Trail, error) {
	return r.has.Trails, r.may("cloudtrail:DescribeTrails")
}

func (r reader) Logs(_ context.Context, arn string) (account.Logs, error) {
	return r.has.Logs[arn], r.may("cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors")
}

func (r reader) Detectors(context.Context) ([]account.Detector, error) {
	return r.has.Detectors, r.may("guardduty:ListDetectors", "guardduty:GetDetector")
}

func (r reader) Recorders(context.Context) ([]account.Recorder, error) {
	return r.has.Recorders, r.may("config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus")
}

func (r reader) Channels(context.Context) ([]string, error) {
	return r.has.Channels, r.may("config:DescribeDeliveryChannels")
}

func (r reader) Analyzers(context.Context) ([]account.Analyzer, error) {
	return r.has.Analyzers, r.may("access-analyzer:ListAnalyzers")
}

func (r reader) Hub(context.Context) (*account.Hub, error) {
	return r.has.Hub, r.may("securityhub:DescribeHub", "securityhub:GetEnabledStandards", "securityhub:GetInsights")
}

func (r reader) Bus(context.Context) (account.Bus, error) {
	return account.Bus{Name: "default", Policy: r.has.BusPolicy}, r.may("events:DescribeEventBus")
}

// may is AWS's answer to a call of each action.
func (r reader) may(actions ...string) error {
	for _, action := range actions {
		if slices.Contains(r.has.Refused, action) {
			return &account.Error{Action: action, Err: errors.New("AccessDenied")}
		}
	}
	return nil
}

// Function is the archive of the function that checks the known state. Nothing reads it: what it is made of is
// compiled elsewhere.
func Function(context.Context) (archive.Archive, error) {
	return archive.Archive{Path: "function.zip", SHA256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}, nil
}
