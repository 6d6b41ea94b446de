package gate

import (
	"errors"
	"slices"
	"strings"

	"prodgate/pkg/account"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// already is what the account has that the gate adopts.
type already struct {
	detectorID string
}

// findAlready compares what settings say of what an account has once with what it has,
// before anything is made: all that does not agree. What bears the gate's name or its
// tag is the gate's own, and no other's to adopt.
func (b builder) findAlready(has account.Reader) (*already, error) {
	detectorID, err := b.findDetector(has)
	return &already{detectorID}, errors.Join(b.findTrail(has), err, b.findRecorder(has), b.findAnalyzer(has), b.findHub(has))
}

// maxTrails is the quota of trails in a region, which AWS does not raise (AWS CloudTrail
// User Guide, Quotas in AWS CloudTrail). A trail of every region counts in each.
const maxTrails = 5

func (b builder) findTrail(has account.Reader) error {
	key, wanted := "detection.trail", b.settings.Detection.Trail
	if wanted == settings.Off {
		return nil
	}
	trails, err := has.Trails(b.ctx.Context())
	if err != nil {
		return b.unread(key, wanted, "which trails the account has", err)
	}
	others := slices.DeleteFunc(slices.Clone(trails), func(t account.Trail) bool { return t.ARN == b.plan.Trail().ARN })
	if wanted == settings.Create {
		if len(others) == len(trails) && len(others) >= maxTrails {
			return wrong(key, wanted, "this account already has %d trails in %s (%s), as many as AWS allows; "+
				"set it to adopt, or delete one of them", len(others), b.plan.Region, names(others))
		}
		return nil
	}
	if len(others) == 0 {
		return b.absent(key, "trail", len(trails))
	}
	var unfit []string
	for _, t := range others {
		logs, err := has.Logs(b.ctx.Context(), t.ARN)
		if err != nil {
			return b.unread(key, wanted, "what the trail "+t.Name+" logs", err)
		}
		lacks := lacking(t, logs)
		if len(lacks) == 0 {
			return nil
		}
		unfit = append(unfit, t.Name+" "+strings.Join(lacks, " and "))
	}
	return wrong(key, wanted, "no trail of this account shows every call that changes the gate: %s; "+
		"put one of them right, or set it to create", strings.Join(unfit, ", "))
}

// lacking is what keeps alerts from being made of what a trail logs. The calls of
// Amazon RDS's Data API are none that the gate is about.
func lacking(t account.Trail, logs account.Logs) []string {
	var lacks []string
	for _, c := range []struct {
		holds bool
		what  string
	}{
		{t.MultiRegion, "is of one region only"},
		{logs.On, "does not log"},
		{logs.Reads, "logs no management events that read"},
		{logs.Writes, "logs no management events that write"},
	} {
		if !c.holds {
			lacks = append(lacks, c.what)
		}
	}
	for _, source := range logs.LeftOut {
		if source != "rdsdata.amazonaws.com" {
			lacks = append(lacks, "leaves out the events of "+source)
		}
	}
	return lacks
}

func names(trails []account.Trail) string {
	var all []string
	for _, t := range trails {
		all = append(all, t.Name)
	}
	return strings.Join(all, ", ")
}

// findDetector is the id of the detector that is adopted; empty for none.
func (b builder) findDetector(has account.Reader) (string, error) {
	key, wanted := "detection.guardDuty", b.settings.Detection.GuardDuty
	if wanted == settings.Off {
		return "", nil
	}
	detectors, err := has.Detectors(b.ctx.Context())
	if err != nil {
		return "", b.unread(key, wanted, "whether the account has a detector", err)
	}
	others := slices.DeleteFunc(slices.Clone(detectors), func(d account.Detector) bool { return b.tagged(d.Tags) })
	switch {
	case wanted == settings.Create && len(others) > 0:
		return "", b.there(key, "the detector "+others[0].ID)
	case wanted == settings.Create:
		return "", nil
	case len(others) == 0:
		return "", b.absent(key, "detector", len(detectors))
	case !others[0].Enabled:
		return "", wrong(key, wanted, "the detector %s is suspended and finds nothing; enable it", others[0].ID)
	}
	return others[0].ID, nil
}

func (b builder) findRecorder(has account.Reader) error {
	key, wanted := "detection.config", b.settings.Detection.Config
	if wanted == settings.Off {
		return nil
	}
	recorders, err := has.Recorders(b.ctx.Context())
	if err != nil {
		return b.unread(key, wanted, "whether the account has a configuration recorder", err)
	}
	others := slices.DeleteFunc(slices.Clone(recorders), func(r account.Recorder) bool { return r.Name == b.plan.Gate })
	switch {
	case wanted == settings.Create && len(others) > 0:
		return b.there(key, "the configuration recorder "+others[0].Name)
	case wanted == settings.Create:
		return b.findChannel(has)
	case len(others) == 0:
		return b.absent(key, "configuration recorder", len(recorders))
	case !others[0].Recording:
		return wrong(key, wanted, "the configuration recorder %s is stopped, and the gate's rules would see no change; start it", others[0].Name)
	}
	return nil
}

// findChannel looks for a delivery channel that somebody has left without a recorder,
// which there is none of to adopt.
func (b builder) findChannel(has account.Reader) error {
	key, wanted := "detection.config", b.settings.Detection.Config
	channels, err := has.Channels(b.ctx.Context())
	if err != nil {
		return b.unread(key, wanted, "whether the account has a delivery channel", err)
	}
	for _, name := range channels {
		if name != b.plan.Gate {
			return wrong(key, wanted, "this account already has the delivery channel %s in %s, and no configuration recorder; "+
				"delete it, or make it a recorder and set it to adopt", name, b.plan.Region)
		}
	}
	return nil
}

func (b builder) findAnalyzer(has account.Reader) error {
	key, wanted := "detection.accessAnalyzer", b.settings.Detection.AccessAnalyzer
	if wanted == settings.Off {
		return nil
	}
	analyzers, err := has.Analyzers(b.ctx.Context())
	if err != nil {
		return b.unread(key, wanted, "which analyzers the account has", err)
	}
	own := func(a account.Analyzer) bool { return a.Name == b.plan.Analyzer().Name || b.tagged(a.Tags) }
	others := slices.DeleteFunc(slices.Clone(analyzers), own)
	if wanted == settings.Create {
		// One of the organization leaves room for one of the account.
		if i := slices.IndexFunc(others, func(a account.Analyzer) bool { return !a.OfOrganization }); i >= 0 {
			return b.there(key, "the analyzer "+others[i].Name)
		}
		return nil
	}
	if len(others) == 0 {
		return b.absent(key, "analyzer of external access", len(analyzers))
	}
	if !slices.ContainsFunc(others, func(a account.Analyzer) bool { return a.Active }) {
		return wrong(key, wanted, "the analyzer %s is not active and finds nothing; see in IAM Access Analyzer why", others[0].Name)
	}
	return nil
}

func (b builder) findHub(has account.Reader) error {
	key, wanted := "detection.securityHub", b.settings.Detection.SecurityHub
	if wanted == settings.Off {
		return nil
	}
	hub, err := has.Hub(b.ctx.Context())
	if err != nil {
		return b.unread(key, wanted, "whether Security Hub is enabled", err)
	}
	own := hub != nil && slices.Contains(hub.Insights, b.plan.Insight())
	switch {
	case wanted == settings.Create && hub != nil && !own:
		return b.there(key, "Security Hub")
	case wanted == settings.Create:
		return nil
	case own:
		return b.absent(key, "Security Hub", 1)
	case hub == nil:
		return b.absent(key, "Security Hub", 0)
	case !slices.Contains(hub.Standards, b.plan.BestPractices()):
		return wrong(key, wanted, "Security Hub has not the standard AWS Foundational Security Best Practices, whose controls look at "+
			"CodeBuild and Amazon ECR; enable it in Security Hub of %s", b.plan.Region)
	}
	return nil
}

// tagged is whether tags are those of what the gate makes.
func (b builder) tagged(tags map[string]string) bool { return tags[naming.GateTag] == b.plan.Gate }

// there is that somebody else has made what settings want to create.
func (b builder) there(key, what string) error {
	return wrong(key, settings.Create, "this account already has %s in %s; set it to adopt", what, b.plan.Region)
}

// absent is that nobody else has made what settings want to adopt. own is how many the
// gate has.
func (b builder) absent(key, what string, own int) error {
	but := ""
	if own > 0 { // which goes with an update that does not create it
		but = " but the gate's own"
	}
	return wrong(key, settings.Adopt, "this account has no %s in %s%s; set it to create", what, b.plan.Region, but)
}

// unread is that AWS does not say what the account has.
func (b builder) unread(key string, value any, what string, err error) error {
	remedy := "try again"
	var refused *account.Error
	if errors.As(err, &refused) {
		remedy = "let the credentials call " + refused.Action
		err = refused.Err
	}
	return wrong(key, value, "AWS does not say %s; %s: %w", what, remedy, err)
}
