package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// limits are AWS's limits of every physical name, in characters.
var limits = map[string]map[string]int{
	ruleType:                                 {"name": 128},
	recorderType:                             {"name": 256},
	channelType:                              {"name": 256},
	statusType:                               {"name": 256},
	connectionType:                           {"name": 32},
	pipelineType:                             {"name": 100},
	projectType:                              {"name": 150, "description": 255},
	repositoryType:                           {"name": 256},
	policyType:                               {"name": 128, "path": 512},
	roleType:                                 {"name": 64, "path": 512},
	keyType:                                  {"description": 8192},
	bucketType:                               {"bucket": 63},
	"aws:cloudwatch/eventRule:EventRule":     {"name": 64, "description": 512, "eventPattern": 2048},
	"aws:cloudwatch/eventTarget:EventTarget": {"targetId": 64, "inputTransformer.inputTemplate": 8192},
	"aws:cloudwatch/logGroup:LogGroup":       {"name": 512},
	"aws:kms/alias:Alias":                    {"name": 256},
	machineType:                              {"name": 80},
	"aws:sns/topic:Topic":                    {"name": 256},
	functionType:                             {"name": 64, "description": 256},
	trailType:                                {"name": 128},
	featureType:                              {"name": 64},
	analyzerType:                             {"analyzerName": 255},
	"aws:sqs/queue:Queue":                    {"name": 80},
	"aws:cloudwatch/metricAlarm:MetricAlarm": {"name": 255, "alarmDescription": 1024},
	profileType:                              {"name": 64},
	pipeType:                                 {"name": 64, "description": 512, "targetParameters.inputTemplate": 8192},
	destinationType:                          {"name": 64, "description": 512, "invocationEndpoint": 2048},
	chatConnectionType:                       {"name": 64, "description": 512},
	parameterType:                            {"name": 1011, "description": 1024, "insecureValue": 4096},
	rulesetType:                              {"name": 100}, // GitHub's
	secretType:                               {"name": 512, "description": 2048},
}

// optional is what some have: a rule that goes by the clock has no pattern, and what
// it starts gets no text.
var optional = []string{"eventPattern", "inputTransformer.inputTemplate"}

func TestNames_FitLongestSettings(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, made := range built(t, telling(contained(longest()))).All() {
		seen[made.Type] = true
		for input, limit := range limits[made.Type] {
			if made.Text("tier") == "Advanced" {
				limit = 8192
			}
			if n := len(made.Text(input)); n > limit || n == 0 && !slices.Contains(optional, input) {
				t.Errorf("%s: %s has %d characters, AWS takes 1 to %d", made, input, n, limit)
			}
		}
		for _, input := range []string{"name", "bucket"} {
			if ref := made.Type == policyOfBucket || strings.HasPrefix(made.Type, "aws:s3/bucket") && made.Type != bucketType; ref {
				continue // the bucket's name again
			}
			if made.Text(input) != "" && limits[made.Type][input] == 0 {
				t.Errorf("%s: no limit is known of %s", made, input)
			}
		}
		if made.Type == pipelineType {
			for _, stage := range made.Input("stages").ArrayValue() {
				for _, action := range stage.ObjectValue()["actions"].ArrayValue() {
					for key, value := range action.ObjectValue()["configuration"].ObjectValue() {
						if n := len(value.StringValue()); n > 1000 { // CodePipeline quotas
							t.Errorf("%s: %s has %d characters, CodePipeline takes 1000", made, key, n)
						}
					}
				}
			}
		}
	}
	for token := range limits {
		if !seen[token] {
			t.Errorf("there is no %s to look at", token)
		}
	}
}

func TestNames_LogicalNamesBeginWithComponent(t *testing.T) {
	t.Parallel()
	r := built(t, config("api", "web"))
	checked := 0
	for _, made := range r.All() {
		if strings.HasPrefix(made.Type, "pulumi:") {
			continue
		}
		checked++
		if made.Name != "gate" && !strings.HasPrefix(made.Name, "gate-") {
			t.Errorf("%s does not begin with the component's name", made)
		}
		// A name with one of these would make another stack's resources new ones.
		for _, own := range []string{"test", "111111111111", "eu-west-2", "prodgate"} {
			if strings.Contains(made.Name, own) {
				t.Errorf("%s contains %s", made, own)
			}
		}
	}
	if checked < 50 {
		t.Errorf("looked at %d resources only", checked)
	}
}

func TestNames_PhysicalNamesAreUnique(t *testing.T) {
	t.Parallel()
	// Apps that are named as parts of the gate are, or as each other's parts.
	r := built(t, withSecrets(approved("api", "api-build", "api-pipeline", "api-approver", "build", "recorder", "boundary", "boundaries", "boundary-build",
		"alerts", "artifacts", "failed-runs", "detector", "containment", "release")))
	taken := map[string]string{}
	for _, made := range r.All() {
		for input := range limits[made.Type] {
			if input != "name" && input != "bucket" || made.Type == statusType {
				continue
			}
			region := ""
			if strings.HasSuffix(made.Name, "-global") {
				region = " in the region of IAM"
			}
			key := fmt.Sprint(made.Type, " ", made.Text(input), region)
			if other := taken[key]; other != "" {
				t.Errorf("%s and %s are both called %s", other, made.Name, made.Text(input))
			}
			taken[key] = made.Name
		}
	}
	if len(taken) < 50 {
		t.Errorf("looked at %d names only", len(taken))
	}
}

func TestNames_AppsShareStoreAndConnectionOnly(t *testing.T) {
	t.Parallel()
	r := built(t, withSecrets(approved("api", "web")))
	for _, one := range []struct{ app, other string }{{"api", "web"}, {"web", "api"}} {
		made := 0
		for _, part := range r.All() {
			if !slices.Contains(r.Path(part), "prodgate:index:App gate-"+one.app) {
				continue
			}
			made++
			for input, value := range part.Inputs {
				text := fmt.Sprint(value)
				for _, foreign := range []string{"prodgate-" + one.other, "prodgate/" + one.other, "service/web/" + one.other} {
					if strings.Contains(text, foreign) {
						t.Errorf("%s: %s is about %s: %s", part, input, foreign, text)
					}
				}
			}
		}
		if made == 0 {
			t.Errorf("%s has no part", one.app)
		}
	}
}
