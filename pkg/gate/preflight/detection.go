package preflight

import (
	"errors"
	"slices"
	"strings"

	"prodgate/pkg/account"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// findDetection compares the settings of the detection services, of which an account has each once, with the account. The
// error names every difference. A resource with the gate's name or tag is the gate's own, and is not adopted.
func findDetection(c component.Context, has account.Reader) (detectorID string, err error) {
	detectorID, err = findDetector(c, has)
	return detectorID, errors.Join(findTrail(c, has), err, findRecorder(c, has), findAnalyzer(c, has), findHub(c, has))
}

// maxTrails is the quota of trails in a region, which AWS does not raise (AWS CloudTrail
// User Guide, Quotas in AWS CloudTrail). A trail of every region counts in each.
const maxTrails = 5

func findTrail(c component.Context, has account.Reader) error {
	key, wanted := "detection.trail", c.Settings.Detection.Trail
	if wanted == settings.Off {
		return nil
	}
	trails, err := has.Trails(c.Ctx.Context())
	if err != nil {
		return unread(key, wanted, "which trails the account has", err)
	}
	others := slices.DeleteFunc(slices.Clone(trails), func(t account.Trail) bool { return t.ARN == c.Names.Trail().ARN })
	if wanted == settings.Create {
		if len(others) == len(trails) && len(others) >= maxTrails {
			return component.SettingError(key, wanted, "this account already has %d trails in %s (%s), as many as AWS allows; "+
				"set it to adopt, or delete one of them", len(others), c.Names.Region, names(others))
		}
		return nil
	}
	if len(others) == 0 {
		return absent(c, key, "trail", len(trails))
	}
	var unfit []string
	for _, t := range others {
		logs, err := has.Logs(c.Ctx.Context(), t.ARN)
		if err != nil {
			return unread(key, wanted, "what the trail "+t.Name+" logs", err)
		}
		lacks := lacking(t, logs)
		if len(lacks) == 0 {
			return nil
		}
		unfit = append(unfit, t.Name+" "+strings.Join(lacks, " and "))
	}
	return component.SettingError(key, wanted, "no trail of this account shows every call that changes the gate: %s; "+
		"put one of them right, or set it to create", strings.Join(unfit, ", "))
}

// lacking lists the reasons why the gate's alerts cannot use a trail. The gate makes no calls of Amazon RDS's Data API.
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
	for _, source := range logs.Excluded {
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
func findDetector(c component.Context, has account.Reader) (string, error) {
	key, wanted := "detection.guardDuty", c.Settings.Detection.GuardDuty
	if wanted == settings.Off {
		return "", nil
	}
	detectors, err := has.Detectors(c.Ctx.Context())
	if err != nil {
		return "", unread(key, wanted, "whether the account has a detector", err)
	}
	others := slices.DeleteFunc(slices.Clone(detectors), func(d account.Detector) bool { return tagged(c, d.Tags) })
	switch {
	case wanted == settings.Create && len(others) > 0:
		return "", there(c, key, "the detector "+others[0].ID)
	case wanted == settings.Create:
		return "", nil
	case len(others) == 0:
		return "", absent(c, key, "detector", len(detectors))
	case !others[0].Enabled:
		return "", component.SettingError(key, wanted, "the detector %s is suspended and finds nothing; enable it", others[0].ID)
	}
	return others[0].ID, nil
}

func findRecorder(c component.Context, has account.Reader) error {
	key, wanted := "detection.config", c.Settings.Detection.Config
	if wanted == settings.Off {
		return nil
	}
	recorders, err := has.Recorders(c.Ctx.Context())
	if err != nil {
		return unread(key, wanted, "whether the account has a configuration recorder", err)
	}
	others := slices.DeleteFunc(slices.Clone(recorders), func(r account.Recorder) bool { return r.Name == c.Names.Gate })
	switch {
	case wanted == settings.Create && len(others) > 0:
		return there(c, key, "the configuration recorder "+others[0].Name)
	case wanted == settings.Create:
		return findChannel(c, has)
	case len(others) == 0:
		return absent(c, key, "configuration recorder", len(recorders))
	case !others[0].Recording:
		return component.SettingError(key, wanted, "the configuration recorder %s is stopped, and the gate's rules would see no change; start it", others[0].Name)
	}
	return nil
}

// findChannel looks for a delivery channel without a recorder, which the gate cannot adopt.
func findChannel(c component.Context, has account.Reader) error {
	key, wanted := "detection.config", c.Settings.Detection.Config
	channels, err := has.Channels(c.Ctx.Context())
	if err != nil {
		return unread(key, wanted, "whether the account has a delivery channel", err)
	}
	for _, name := range channels {
		if name != c.Names.Gate {
			return component.SettingError(key, wanted, "this account already has the delivery channel %s in %s, and no configuration recorder; "+
				"delete it, or make it a recorder and set it to adopt", name, c.Names.Region)
		}
	}
	return nil
}

func findAnalyzer(c component.Context, has account.Reader) error {
	key, wanted := "detection.accessAnalyzer", c.Settings.Detection.AccessAnalyzer
	if wanted == settings.Off {
		return nil
	}
	analyzers, err := has.Analyzers(c.Ctx.Context())
	if err != nil {
		return unread(key, wanted, "which analyzers the account has", err)
	}
	own := func(a account.Analyzer) bool { return a.Name == c.Names.Analyzer().Name || tagged(c, a.Tags) }
	others := slices.DeleteFunc(slices.Clone(analyzers), own)
	if wanted == settings.Create {
		// One of the organization leaves room for one of the account.
		if i := slices.IndexFunc(others, func(a account.Analyzer) bool { return !a.OfOrganization }); i >= 0 {
			return there(c, key, "the analyzer "+others[i].Name)
		}
		return nil
	}
	if len(others) == 0 {
		return absent(c, key, "analyzer of external access", len(analyzers))
	}
	if !slices.ContainsFunc(others, func(a account.Analyzer) bool { return a.Active }) {
		return component.SettingError(key, wanted, "the analyzer %s is not active and finds nothing; see in IAM Access Analyzer why", others[0].Name)
	}
	return nil
}

func findHub(c component.Context, has account.Reader) error {
	key, wanted := "detection.securityHub", c.Settings.Detection.SecurityHub
	if wanted == settings.Off {
		return nil
	}
	hub, err := has.Hub(c.Ctx.Context())
	if err != nil {
		return unread(key, wanted, "whether Security Hub is enabled", err)
	}
	own := hub != nil && slices.Contains(hub.Insights, c.Names.Insight())
	switch {
	case wanted == settings.Create && hub != nil && !own:
		return there(c, key, "Security Hub")
	case wanted == settings.Create:
		return nil
	case own:
		return absent(c, key, "Security Hub", 1)
	case hub == nil:
		return absent(c, key, "Security Hub", 0)
	case !slices.Contains(hub.Standards, c.Names.BestPractices()):
		return component.SettingError(key, wanted, "Security Hub has not the standard AWS Foundational Security Best Practices, whose controls look at "+
			"CodeBuild and Amazon ECR; enable it in Security Hub of %s", c.Names.Region)
	}
	return nil
}

// tagged is whether the tags include the gate's.
func tagged(c component.Context, tags map[string]string) bool {
	return tags[naming.GateTag] == c.Names.Gate
}

// there is the error for a resource that settings create and that exists already.
func there(c component.Context, key, what string) error {
	return component.SettingError(key, settings.Create, "this account already has %s in %s; set it to adopt", what, c.Names.Region)
}

// absent is the error for a resource that settings adopt and that does not exist. own is the number of the gate's own.
func absent(c component.Context, key, what string, own int) error {
	but := ""
	if own > 0 { // which goes with an update that does not create it
		but = " but the gate's own"
	}
	return component.SettingError(key, settings.Adopt, "this account has no %s in %s%s; set it to create", what, c.Names.Region, but)
}

// unread is the error for a call that reads the account and fails.
func unread(key string, value any, what string, err error) error {
	remedy := "try again"
	var refused *account.Error
	if errors.As(err, &refused) {
		remedy = "let the credentials call " + refused.Action
		err = refused.Err
	}
	return component.SettingError(key, value, "AWS does not say %s; %s: %w", what, remedy, err)
}
