package gate_test

import (
	"strings"
	"testing"

	"prodgate/pkg/account"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/gatetest"
)

// presences are the keys of detection about what an account has once.
var presences = []string{"trail", "guardDuty", "config", "accessAnalyzer", "securityHub"}

// wanted is a configuration that wants one of them so, and leaves the others alone.
func wanted(key, how string) map[string]any {
	c := config("api")
	detection := object{"response": "off"} // without which a trail is needed
	for _, other := range presences {
		detection[other] = "off"
	}
	detection[key] = how
	c["detection"] = detection
	return c
}

// What accounts have.
var (
	ours        = map[string]string{"prodgate:gate": "prodgate"}
	anothers    = map[string]string{"prodgate:gate": "another"}
	trailARN    = "arn:aws:cloudtrail:eu-west-2:111111111111:trail/"
	companys    = account.Trail{Name: "company", ARN: "arn:aws:cloudtrail:us-east-1:999999999999:trail/company", MultiRegion: true, Validated: true}
	gates       = account.Trail{Name: "prodgate", ARN: trailARN + "prodgate", MultiRegion: true, Validated: true}
	all         = account.Logs{On: true, Reads: true, Writes: true}
	standard    = "arn:aws:securityhub:eu-west-2::standards/aws-foundational-security-best-practices/v/1.0.0"
	insight     = "prodgate: failed checks of CodeBuild and ECR"
	anAnalyzer  = account.Analyzer{Name: "company", Active: true}
	ofCompany   = account.Analyzer{Name: "organization", OfOrganization: true, Active: true}
	itsAnalyzer = account.Analyzer{Name: "prodgate", Active: true, Tags: ours}
)

// trails are five that are others'.
func trails() []account.Trail {
	all := []account.Trail{companys}
	for _, name := range []string{"a", "b", "c", "d"} {
		all = append(all, account.Trail{Name: name, ARN: trailARN + name})
	}
	return all
}

// TestPreflight_CreateOrAdoptDetection: every answer of settings, to everything that
// an account may have. Without a message the program runs.
func TestPreflight_CreateOrAdoptDetection(t *testing.T) {
	t.Parallel()
	type A = gatetest.Account
	detector := func(enabled bool, tags map[string]string) A {
		return A{Detectors: []account.Detector{{ID: gatetest.DetectorID, Enabled: enabled, Tags: tags}}}
	}
	recorder := func(name string, recording bool, channels ...string) A {
		return A{Recorders: []account.Recorder{{Name: name, Recording: recording}}, Channels: channels}
	}
	for name, c := range map[string]struct {
		key, how string
		has      A
		want     string // what is wrong and, after a semicolon, the remedy
	}{
		"no trail, to create":               {"trail", "create", A{}, ""},
		"others' trails, to create":         {"trail", "create", A{Trails: trails()[:4]}, ""},
		"its own trail among five":          {"trail", "create", A{Trails: append(trails()[:4], gates)}, ""},
		"its own trail beside five, raised": {"trail", "create", A{Trails: append(trails(), gates)}, ""},
		"as many trails as AWS allows": {"trail", "create", A{Trails: trails()},
			"this account already has 5 trails in eu-west-2 (company, a, b, c, d), as many as AWS allows; set it to adopt, or delete one of them"},
		"no trail, to adopt":       {"trail", "adopt", A{}, "this account has no trail in eu-west-2; set it to create"},
		"its own trail, to adopt":  {"trail", "adopt", A{Trails: []account.Trail{gates}}, "this account has no trail in eu-west-2 but the gate's own; set it to create"},
		"a trail that logs it all": {"trail", "adopt", A{Trails: trails(), Logs: map[string]account.Logs{companys.ARN: all}}, ""},
		"one of several that does": {"trail", "adopt", A{Trails: []account.Trail{{Name: "a", ARN: trailARN + "a"}, companys}, Logs: map[string]account.Logs{companys.ARN: all}}, ""},
		"without RDS's Data API":   {"trail", "adopt", A{Trails: []account.Trail{companys}, Logs: map[string]account.Logs{companys.ARN: {On: true, Reads: true, Writes: true, Excluded: []string{"rdsdata.amazonaws.com"}}}}, ""},
		"trails that leave calls out": {"trail", "adopt", A{
			Trails: []account.Trail{companys, gates, {Name: "a", ARN: trailARN + "a"}, {Name: "b", ARN: trailARN + "b", MultiRegion: true}},
			Logs: map[string]account.Logs{
				companys.ARN: {On: true, Reads: true, Writes: true, Excluded: []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}},
				gates.ARN:    all, trailARN + "a": all, trailARN + "b": {},
			},
		}, "no trail of this account shows every call that changes the gate: company leaves out the events of kms.amazonaws.com, a is of one region only, " +
			"b does not log and logs no management events that read and logs no management events that write; put one of them right, or set it to create"},

		"no detector, to create":        {"guardDuty", "create", A{}, ""},
		"its own detector, to create":   {"guardDuty", "create", detector(true, ours), ""},
		"a detector, to create":         {"guardDuty", "create", detector(true, nil), "this account already has the detector " + gatetest.DetectorID + " in eu-west-2; set it to adopt"},
		"another gate's, to create":     {"guardDuty", "create", detector(true, anothers), "this account already has the detector " + gatetest.DetectorID + " in eu-west-2; set it to adopt"},
		"no detector, to adopt":         {"guardDuty", "adopt", A{}, "this account has no detector in eu-west-2; set it to create"},
		"its own detector, to adopt":    {"guardDuty", "adopt", detector(true, ours), "this account has no detector in eu-west-2 but the gate's own; set it to create"},
		"a detector, to adopt":          {"guardDuty", "adopt", detector(true, nil), ""},
		"another gate's, to adopt":      {"guardDuty", "adopt", detector(true, anothers), ""},
		"a detector that is suspended":  {"guardDuty", "adopt", detector(false, nil), "the detector " + gatetest.DetectorID + " is suspended and finds nothing; enable it"},
		"a detector that is left alone": {"guardDuty", "off", detector(false, nil), ""},

		"no recorder, to create":      {"config", "create", A{}, ""},
		"its own recorder, to create": {"config", "create", recorder("prodgate", true, "prodgate"), ""},
		"a recorder, to create":       {"config", "create", recorder("default", true, "default"), "this account already has the configuration recorder default in eu-west-2; set it to adopt"},
		"a channel, to create": {"config", "create", A{Channels: []string{"default"}},
			"this account already has the delivery channel default in eu-west-2, and no configuration recorder; delete it, or make it a recorder and set it to adopt"},
		"no recorder, to adopt":          {"config", "adopt", A{}, "this account has no configuration recorder in eu-west-2; set it to create"},
		"its own recorder, to adopt":     {"config", "adopt", recorder("prodgate", true), "this account has no configuration recorder in eu-west-2 but the gate's own; set it to create"},
		"a recorder, to adopt":           {"config", "adopt", recorder("default", true, "default"), ""},
		"a recorder that is stopped":     {"config", "adopt", recorder("default", false), "the configuration recorder default is stopped, and the gate's rules would see no change; start it"},
		"a recorder that is left alone":  {"config", "off", recorder("default", false), ""},
		"no analyzer, to create":         {"accessAnalyzer", "create", A{}, ""},
		"its own analyzer, to create":    {"accessAnalyzer", "create", A{Analyzers: []account.Analyzer{itsAnalyzer}}, ""},
		"its own by its tag, to create":  {"accessAnalyzer", "create", A{Analyzers: []account.Analyzer{{Name: "renamed", Tags: ours}}}, ""},
		"the organization's, to create":  {"accessAnalyzer", "create", A{Analyzers: []account.Analyzer{ofCompany}}, ""},
		"an analyzer, to create":         {"accessAnalyzer", "create", A{Analyzers: []account.Analyzer{ofCompany, anAnalyzer}}, "this account already has the analyzer company in eu-west-2; set it to adopt"},
		"no analyzer, to adopt":          {"accessAnalyzer", "adopt", A{}, "this account has no analyzer of external access in eu-west-2; set it to create"},
		"its own analyzer, to adopt":     {"accessAnalyzer", "adopt", A{Analyzers: []account.Analyzer{itsAnalyzer}}, "this account has no analyzer of external access in eu-west-2 but the gate's own; set it to create"},
		"an analyzer, to adopt":          {"accessAnalyzer", "adopt", A{Analyzers: []account.Analyzer{anAnalyzer}}, ""},
		"the organization's, to adopt":   {"accessAnalyzer", "adopt", A{Analyzers: []account.Analyzer{ofCompany}}, ""},
		"one of two that is active":      {"accessAnalyzer", "adopt", A{Analyzers: []account.Analyzer{{Name: "broken"}, anAnalyzer}}, ""},
		"an analyzer that is not active": {"accessAnalyzer", "adopt", A{Analyzers: []account.Analyzer{{Name: "broken"}}}, "the analyzer broken is not active and finds nothing; see in IAM Access Analyzer why"},

		"no Security Hub, to create":      {"securityHub", "create", A{}, ""},
		"its own Security Hub, to create": {"securityHub", "create", A{Hub: &account.Hub{Standards: []string{standard}, Insights: []string{"x", insight}}}, ""},
		"Security Hub, to create":         {"securityHub", "create", A{Hub: &account.Hub{Standards: []string{standard}}}, "this account already has Security Hub in eu-west-2; set it to adopt"},
		"another gate's Security Hub":     {"securityHub", "create", A{Hub: &account.Hub{Insights: []string{strings.Replace(insight, "prodgate", "another", 1)}}}, "this account already has Security Hub in eu-west-2; set it to adopt"},
		"no Security Hub, to adopt":       {"securityHub", "adopt", A{}, "this account has no Security Hub in eu-west-2; set it to create"},
		"its own Security Hub, to adopt":  {"securityHub", "adopt", A{Hub: &account.Hub{Standards: []string{standard}, Insights: []string{insight}}}, "this account has no Security Hub in eu-west-2 but the gate's own; set it to create"},
		"Security Hub, to adopt":          {"securityHub", "adopt", A{Hub: &account.Hub{Standards: []string{"x", standard}}}, ""},
		"Security Hub without the standard": {"securityHub", "adopt", A{Hub: &account.Hub{Standards: []string{"x"}}},
			"Security Hub has not the standard AWS Foundational Security Best Practices, whose controls look at CodeBuild and Amazon ECR; enable it in Security Hub of eu-west-2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := decoded(t, wanted(c.key, c.how))
			r, err := world(s).Run(programOn(s, c.has))
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			want := `prodgate:detection.` + c.key + `: "` + c.how + `": ` + c.want
			if err == nil || strings.Count(err.Error(), want) != 1 || strings.Count(err.Error(), "prodgate:") != 1 {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			madeNothing(t, r)
		})
	}
}

// assertProblems asserts that an error names exactly the wanted problems; there is none where none is wanted.
func assertProblems(t *testing.T, err error, want []string) {
	t.Helper()
	text := ""
	if err != nil {
		text = err.Error()
	}
	if n := strings.Count(text, "prodgate:"); n != len(want) || len(want) == 0 && err != nil {
		t.Errorf("%d problems, want %d:\n%s", n, len(want), text)
	}
	for _, problem := range want {
		if !strings.Contains(text, problem) {
			t.Errorf("got  %s\nwant %s", text, problem)
		}
	}
}

// madeNothing asserts that no resource is registered but providers and the gate itself.
func madeNothing(t *testing.T, r *gatetest.Recording) {
	t.Helper()
	for _, made := range r.All() {
		if !strings.HasPrefix(made.Type, "pulumi:providers:") && made.Type != component.GateType {
			t.Errorf("%s is made", made)
		}
	}
}

func TestPreflight_ReportAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	c := config("api")
	c["detection"] = object{"trail": "adopt", "guardDuty": "adopt", "config": "adopt", "accessAnalyzer": "adopt", "securityHub": "adopt"}
	s := decoded(t, c)
	w := world(s)
	w.GitHub = map[string]string{"repos/example-org/web/branches/prod/protection": `404 {"message": "Branch not found"}`}
	r, err := w.Run(programOn(s, gatetest.Account{}))
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, key := range append(presences, "") {
		if n := strings.Count(err.Error(), "prodgate:detection."+key); n != map[bool]int{true: 5, false: 1}[key == ""] {
			t.Errorf("detection.%s is said %d times: %v", key, n, err)
		}
	}
	if !strings.Contains(err.Error(), "has no branch prod") {
		t.Errorf("nothing is said of GitHub: %v", err)
	}
	madeNothing(t, r)
}

func TestPreflight_NameActionToAllow(t *testing.T) {
	t.Parallel()
	some := gatetest.Account{Trails: []account.Trail{companys}, Logs: map[string]account.Logs{companys.ARN: all}}
	for action, c := range map[string]struct{ key, how, what string }{
		"cloudtrail:DescribeTrails":                  {"trail", "create", "which trails the account has"},
		"cloudtrail:GetTrailStatus":                  {"trail", "adopt", "what the trail company logs"},
		"cloudtrail:GetEventSelectors":               {"trail", "adopt", "what the trail company logs"},
		"guardduty:ListDetectors":                    {"guardDuty", "create", "whether the account has a detector"},
		"guardduty:GetDetector":                      {"guardDuty", "adopt", "whether the account has a detector"},
		"config:DescribeConfigurationRecorders":      {"config", "adopt", "whether the account has a configuration recorder"},
		"config:DescribeConfigurationRecorderStatus": {"config", "create", "whether the account has a configuration recorder"},
		"config:DescribeDeliveryChannels":            {"config", "create", "whether the account has a delivery channel"},
		"access-analyzer:ListAnalyzers":              {"accessAnalyzer", "create", "which analyzers the account has"},
		"securityhub:DescribeHub":                    {"securityHub", "create", "whether Security Hub is enabled"},
		"securityhub:GetEnabledStandards":            {"securityHub", "adopt", "whether Security Hub is enabled"},
		"securityhub:GetInsights":                    {"securityHub", "adopt", "whether Security Hub is enabled"},
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			s := decoded(t, wanted(c.key, c.how))
			refused := some
			refused.Refused = []string{action}
			r, err := world(s).Run(programOn(s, refused))
			want := `prodgate:detection.` + c.key + `: "` + c.how + `": AWS does not say ` + c.what + `; let the credentials call ` + action + `: AccessDenied`
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			madeNothing(t, r)
			// Of what settings leave alone nobody asks.
			off := decoded(t, wanted(c.key, "off"))
			if _, err := world(off).Run(programOn(off, refused)); err != nil {
				t.Errorf("with %s off: %v", c.key, err)
			}
		})
	}
}
