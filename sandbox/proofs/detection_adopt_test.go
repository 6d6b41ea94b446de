package proofs

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	analyzertypes "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/codeconnections"
	cctypes "github.com/aws/aws-sdk-go-v2/service/codeconnections/types"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	configtypes "github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
)

// chooseDetection sets what a stack creates, adopts or leaves out of the services that an account has
// once.
func chooseDetection(wanted map[string]string) edit {
	return func(text string) string {
		for _, key := range keys(wanted) {
			line := regexp.MustCompile(`(?m)^    ` + key + `: \w+$`)
			if !line.MatchString(text) {
				text = replace("  prodgate:detection:\n", "  prodgate:detection:\n    "+key+": off\n")(text)
			}
			text = line.ReplaceAllString(text, "    "+key+": "+wanted[key])
		}
		return text
	}
}

// every sets the same choice for allThatWatches.
func every(how string) map[string]string {
	wanted := map[string]string{}
	for _, key := range []string{"trail", "guardDuty", "config", "accessAnalyzer", "securityHub"} {
		wanted[key] = how
	}
	return wanted
}

// has creates services in an account before the gate.
var has = map[string]func(*world){
	"a detector": func(w *world) {
		_, err := w.aws.guardduty.CreateDetector(w.Context(), &guardduty.CreateDetectorInput{Enable: ptr(true)})
		w.must(err)
	},
	"a suspended detector": func(w *world) {
		_, err := w.aws.guardduty.CreateDetector(w.Context(), &guardduty.CreateDetectorInput{Enable: ptr(false)})
		w.must(err)
	},
	"a recorder": func(w *world) {
		_, err := w.aws.config.PutConfigurationRecorder(w.Context(), &configservice.PutConfigurationRecorderInput{
			ConfigurationRecorder: &configtypes.ConfigurationRecorder{
				Name: ptr("default"), RoleARN: ptr("arn:aws:iam::111111111111:role/config"),
				RecordingGroup: &configtypes.RecordingGroup{AllSupported: true},
			},
		})
		w.must(err)
	},
	"a channel": func(w *world) {
		w.bucketOf("records", "config.amazonaws.com")
		_, err := w.aws.config.PutDeliveryChannel(w.Context(), &configservice.PutDeliveryChannelInput{
			DeliveryChannel: &configtypes.DeliveryChannel{Name: ptr("default"), S3BucketName: ptr("records")},
		})
		w.must(err)
	},
	"recording": func(w *world) {
		_, err := w.aws.config.StartConfigurationRecorder(w.Context(), &configservice.StartConfigurationRecorderInput{ConfigurationRecorderName: ptr("default")})
		w.must(err)
	},
	"a trail":               func(w *world) { w.trailOf("company", true, nil) },
	"a trail of one region": func(w *world) { w.trailOf("regional", false, nil) },
	"a trail of writes without KMS": func(w *world) {
		w.trailOf("quiet", true, &trailtypes.EventSelector{
			ReadWriteType: trailtypes.ReadWriteTypeWriteOnly, IncludeManagementEvents: ptr(true),
			ExcludeManagementEventSources: []string{"kms.amazonaws.com"},
		})
		_, err := w.aws.cloudtrail.StopLogging(w.Context(), &cloudtrail.StopLoggingInput{Name: ptr("quiet")})
		w.must(err)
	},
	"five trails": func(w *world) {
		for _, name := range []string{"one", "two", "three", "four", "five"} {
			w.trailOf(name, false, nil)
		}
	},
	"an analyzer":                     func(w *world) { w.analyzerOf("company", analyzertypes.TypeAccount) },
	"an analyzer of the organization": func(w *world) { w.analyzerOf("organization", analyzertypes.TypeOrganization) },
	"Security Hub": func(w *world) {
		_, err := w.aws.securityhub.EnableSecurityHub(w.Context(), &securityhub.EnableSecurityHubInput{EnableDefaultStandards: ptr(true)})
		w.must(err)
	},
	"Security Hub without standards": func(w *world) {
		_, err := w.aws.securityhub.EnableSecurityHub(w.Context(), &securityhub.EnableSecurityHubInput{EnableDefaultStandards: ptr(false)})
		w.must(err)
	},
}

// allThatWatches are the services that can exist in an account before the gate.
var allThatWatches = []string{"a detector", "a recorder", "a channel", "recording", "a trail", "an analyzer", "Security Hub"}

// with creates some of them.
func (w *world) with(names ...string) {
	w.Helper()
	for _, name := range names {
		has[name](w)
	}
}

// bucketOf creates a bucket that a service can write to.
func (w *world) bucketOf(name, service string) {
	w.Helper()
	_, err := w.aws.s3.CreateBucket(w.Context(), &s3.CreateBucketInput{
		Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: region},
	})
	w.must(err)
	_, err = w.aws.s3.PutBucketPolicy(w.Context(), &s3.PutBucketPolicyInput{Bucket: &name, Policy: ptr(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
		"Principal": {"Service": "` + service + `"}, "Action": ["s3:GetBucketAcl", "s3:PutObject"], "Resource": ["arn:aws:s3:::` + name + `", "arn:aws:s3:::` + name + `/*"]}]}`)})
	w.must(err)
}

// trailOf creates a logging trail.
func (w *world) trailOf(name string, everyRegion bool, selector *trailtypes.EventSelector) {
	w.Helper()
	w.bucketOf(name+"-calls", "cloudtrail.amazonaws.com")
	_, err := w.aws.cloudtrail.CreateTrail(w.Context(), &cloudtrail.CreateTrailInput{Name: &name, S3BucketName: ptr(name + "-calls"), IsMultiRegionTrail: &everyRegion})
	w.must(err)
	_, err = w.aws.cloudtrail.StartLogging(w.Context(), &cloudtrail.StartLoggingInput{Name: &name})
	w.must(err)
	if selector != nil {
		_, err = w.aws.cloudtrail.PutEventSelectors(w.Context(), &cloudtrail.PutEventSelectorsInput{TrailName: &name, EventSelectors: []trailtypes.EventSelector{*selector}})
		w.must(err)
	}
}

func (w *world) analyzerOf(name string, kind analyzertypes.Type) {
	w.Helper()
	_, err := w.aws.analyzers.CreateAnalyzer(w.Context(), &accessanalyzer.CreateAnalyzerInput{AnalyzerName: &name, Type: kind})
	w.must(err)
}

// TestDetection_Adopt brings a gate up on an account with allThatWatches, and destroys it: what existed
// before still exists.
func TestDetection_Adopt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev")
	w.with(allThatWatches...)
	connection, err := w.aws.connections.CreateConnection(t.Context(), &codeconnections.CreateConnectionInput{
		ConnectionName: ptr("company"), ProviderType: cctypes.ProviderTypeGithub,
	})
	w.must(err)
	before := w.inventory()

	w.configure(chooseDetection(every("adopt")), replace("    reviews: 1\n", "    reviews: 1\n    connectionArn: "+*connection.ConnectionArn+"\n"))
	w.up()
	for output, want := range map[string]string{
		"guardDutyDetectorId": before["detectors"][0],
		"connectionArn":       *connection.ConnectionArn,
		"connectionStatus":    "PENDING",
	} {
		same(t, "the output "+output, w.output(output), want)
	}
	now := w.inventory()
	for _, kind := range []string{"detectors", "Config recorders", "Config channels", "trails", "analyzers", "hubs", "connections"} {
		same(t, kind+" beside a gate that adopts", now[kind], before[kind])
		if len(now[kind]) == 0 {
			t.Errorf("there are no %s", kind)
		}
	}
	if len(now["Config rules"]) == 0 {
		t.Error("a gate that adoptProtection the recorder has no rules")
	}
	same(t, "a second preview", w.planned(), map[string]string{})
	w.run("destroy", "--yes")
	same(t, "after destroy the account", w.inventory(), before)
}

// TestDetection_RefuseWrongChoice: every setting that contradicts the account is one error with the
// right value, and nothing is created.
func TestDetection_RefuseWrongChoice(t *testing.T) {
	t.Parallel()
	off := func(key, how string) map[string]string {
		wanted := every("off")
		wanted["response"], wanted[key] = "off", how
		return wanted
	}
	for name, c := range map[string]struct {
		has     []string
		choices []struct {
			wanted map[string]string
			want   []string // each is said once, and nothing else
		}
	}{
		"an account that has allThatWatches": {allThatWatches, []struct {
			wanted map[string]string
			want   []string
		}{
			{off("guardDuty", "create"), []string{`prodgate:detection.guardDuty: "create": this account already has the detector DETECTOR in eu-west-2; set it to adopt`}},
			{off("config", "create"), []string{`prodgate:detection.config: "create": this account already has the configuration recorder default in eu-west-2; set it to adopt`}},
			{off("accessAnalyzer", "create"), []string{`prodgate:detection.accessAnalyzer: "create": this account already has the analyzer company in eu-west-2; set it to adopt`}},
			{off("securityHub", "create"), []string{`prodgate:detection.securityHub: "create": this account already has Security Hub in eu-west-2; set it to adopt`}},
			{every("create"), []string{
				`prodgate:detection.guardDuty: "create": this account already has`, `prodgate:detection.config: "create": this account already has`,
				`prodgate:detection.accessAnalyzer: "create": this account already has`, `prodgate:detection.securityHub: "create": this account already has`,
			}},
		}},
		"an account that has nothing": {nil, []struct {
			wanted map[string]string
			want   []string
		}{
			{off("trail", "adopt"), []string{`prodgate:detection.trail: "adopt": this account has no trail in eu-west-2; set it to create`}},
			{off("guardDuty", "adopt"), []string{`prodgate:detection.guardDuty: "adopt": this account has no detector in eu-west-2; set it to create`}},
			{off("config", "adopt"), []string{`prodgate:detection.config: "adopt": this account has no configuration recorder in eu-west-2; set it to create`}},
			{off("accessAnalyzer", "adopt"), []string{`prodgate:detection.accessAnalyzer: "adopt": this account has no analyzer of external access in eu-west-2; set it to create`}},
			{off("securityHub", "adopt"), []string{`prodgate:detection.securityHub: "adopt": this account has no Security Hub in eu-west-2; set it to create`}},
			{every("adopt"), []string{
				`prodgate:detection.trail: "adopt": this account has no`, `prodgate:detection.guardDuty: "adopt": this account has no`,
				`prodgate:detection.config: "adopt": this account has no`, `prodgate:detection.accessAnalyzer: "adopt": this account has no`,
				`prodgate:detection.securityHub: "adopt": this account has no`,
			}},
		}},
		"an account whose things will not do": {
			[]string{"a suspended detector", "a recorder", "a trail of one region", "a trail of writes without KMS", "Security Hub without standards"},
			[]struct {
				wanted map[string]string
				want   []string
			}{{
				map[string]string{"trail": "adopt", "guardDuty": "adopt", "config": "adopt", "securityHub": "adopt"},
				[]string{
					`prodgate:detection.trail: "adopt": no trail of this account shows every call that changes the gate: regional is of one region only, ` +
						`quiet does not log and logs no management events that read and leaves out the events of kms.amazonaws.com; put one of them right, or set it to create`,
					`prodgate:detection.guardDuty: "adopt": the detector DETECTOR is suspended and finds nothing; enable it`,
					`prodgate:detection.config: "adopt": the configuration recorder default is stopped`,
					`prodgate:detection.securityHub: "adopt": Security Hub has not the standard`,
				},
			}},
		},
		"an account that has no room for a trail": {[]string{"five trails"}, []struct {
			wanted map[string]string
			want   []string
		}{
			{off("trail", "create"), []string{`prodgate:detection.trail: "create": this account already has 5 trails in eu-west-2 (one, two, three, four, five), as many as AWS allows; set it to adopt, or delete one of them`}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "dev")
			w.with(c.has...)
			before := w.inventory()
			for _, choice := range c.choices {
				w.configure(chooseDetection(choice.wanted))
				out := w.fails("up", "--yes", "--skip-preview")
				for _, want := range choice.want {
					if ids := before["detectors"]; len(ids) > 0 {
						want = strings.ReplaceAll(want, "DETECTOR", ids[0])
					}
					if strings.Count(diagnostics(out), want) != 1 {
						t.Errorf("says\n%s\nwant once\n%s", out, want)
					}
				}
				if n := strings.Count(diagnostics(out), "prodgate:detection."); n != len(choice.want) {
					t.Errorf("%d problems, want %d:\n%s", n, len(choice.want), out)
				}
				same(t, "after the refusal the account", w.inventory(), before)
			}
		})
	}
}
