package gate_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/gate/gatetest"
)

// fact is what AWS says of a managed rule: AWS Config Developer Guide, the rule's page.
// sandbox/emulators/aws/test_managed_rules.py holds the file against a list of all of them.
type fact struct {
	Periodic   bool
	Types      []string
	Parameters []string
	Absent     []string
}

func facts(t *testing.T) map[string]fact {
	t.Helper()
	text, err := os.ReadFile("testdata/managed-rules.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]fact
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// regionsOf are the regions that AWS names where it names some that lack a rule, and one
// that lacks none. Two are younger than the provider, and no stack can be there.
var regionsOf = map[string]string{
	"AWS GovCloud (US-East)": "us-gov-east-1", "AWS GovCloud (US-West)": "us-gov-west-1",
	"Africa (Cape Town)": "af-south-1", "Asia Pacific (Hyderabad)": "ap-south-2", "Asia Pacific (Jakarta)": "ap-southeast-3",
	"Asia Pacific (Malaysia)": "ap-southeast-5", "Asia Pacific (Melbourne)": "ap-southeast-4", "Asia Pacific (New Zealand)": "",
	"Asia Pacific (Osaka)": "ap-northeast-3", "Asia Pacific (Taipei)": "", "Asia Pacific (Thailand)": "ap-southeast-7",
	"Canada West (Calgary)": "ca-west-1", "China (Beijing)": "cn-north-1", "China (Ningxia)": "cn-northwest-1",
	"Europe (London)": "eu-west-2", "Europe (Spain)": "eu-south-2", "Europe (Zurich)": "eu-central-2",
	"Israel (Tel Aviv)": "il-central-1", "Mexico (Central)": "mx-central-1", "Middle East (Bahrain)": "me-south-1",
	"Middle East (UAE)": "me-central-1",
}

// everything is the configuration of a gate that has all that rules are about.
func everything(t *testing.T, region string) map[string]any {
	t.Helper()
	c := withSecrets(approved("api", "web"), object{
		"name": "TOKEN", "rotationLambdaArn": "arn:aws:lambda:eu-west-2:111111111111:function:rotate", "rotationDays": 60,
	})
	c["organization"] = object{"targetId": "ou-ab12-34567890", "roleArn": guardrailsRole}
	partition := "aws"
	if strings.HasPrefix(region, "cn-") {
		partition = "aws-cn"
	} else if strings.HasPrefix(region, "us-gov-") {
		partition = "aws-us-gov"
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	there := strings.NewReplacer("arn:aws:", "arn:"+partition+":", "eu-west-2", region).Replace(string(text))
	c = nil
	if err := json.Unmarshal([]byte(there), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// managed are the managed rules of a gate, by AWS's identifier.
func managed(t *testing.T, r *gatetest.Recording) map[string]*gatetest.Resource {
	t.Helper()
	all := map[string]*gatetest.Resource{}
	for _, rule := range r.Of(t, ruleType) {
		if identifier := rule.Text("source.sourceIdentifier"); identifier != "" {
			if all[identifier] != nil || rule.Text("source.owner") != "AWS" {
				t.Errorf("%s is there twice, or owned by %s", identifier, rule.Text("source.owner"))
			}
			all[identifier] = rule
		}
	}
	return all
}

// texts are the strings of a list.
func texts(of *gatetest.Resource, path string) []string {
	var all []string
	if list := of.Input(path); list.IsArray() {
		for _, one := range list.ArrayValue() {
			all = append(all, one.StringValue())
		}
	}
	return all
}

func TestConfigRules_ManagedRulesAsDocumented(t *testing.T) {
	t.Parallel()
	known := facts(t)
	for _, region := range regionsOf {
		if region == "" {
			continue
		}
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			r := built(t, everything(t, region))
			made := managed(t, r)
			notes := strings.Join(r.Notes, "\n")
			for identifier, fact := range known {
				absent := slices.ContainsFunc(fact.Absent, func(name string) bool { return regionsOf[name] == region })
				noted := strings.Contains(notes, identifier) && strings.Contains(notes, " in "+region+":")
				if (made[identifier] == nil) != absent || noted != absent {
					t.Errorf("%s: AWS lacks it: %t, it is made: %t, a note says that it is not: %t", identifier, absent, made[identifier] != nil, noted)
				}
			}
			recorded := texts(r.One(t, recorderType, "gate-recorder"), "recordingGroup.resourceTypes")
			for identifier, rule := range made {
				fact, is := known[identifier]
				if !is {
					t.Fatalf("testdata/managed-rules.json does not know %s", identifier)
				}
				var parameters map[string]string // AWS Config refuses numbers
				if text := rule.Text("inputParameters"); text != "" {
					if err := json.Unmarshal([]byte(text), &parameters); err != nil {
						t.Errorf("%s: %v in %s", identifier, err, text)
					}
				}
				for name, value := range parameters {
					if !slices.Contains(fact.Parameters, name) || value == "" {
						t.Errorf("%s: %s is no parameter of it, or says nothing: %q", identifier, name, value)
					}
				}
				types, tag := texts(rule, "scope.complianceResourceTypes"), rule.Text("scope.tagKey")
				switch {
				case fact.Periodic:
					if len(types) > 0 || tag != "" {
						t.Errorf("%s looks once a day and has a scope", identifier)
					}
				case tag != "":
					if tag != "prodgate:gate" || rule.Text("scope.tagValue") != "prodgate" || len(types) > 0 {
						t.Errorf("%s has the scope %s=%s and %v: AWS Config takes a tag or types", identifier, tag, rule.Text("scope.tagValue"), types)
					}
				case len(types) == 0 || slices.ContainsFunc(types, func(one string) bool { return !slices.Contains(fact.Types, one) }):
					t.Errorf("%s looks at %v, of %v", identifier, types, fact.Types)
				}
				if !fact.Periodic && !slices.ContainsFunc(fact.Types, func(one string) bool { return slices.Contains(recorded, one) }) {
					t.Errorf("%s looks at %v, which is not recorded", identifier, fact.Types)
				}
			}
		})
	}
	for identifier, fact := range known {
		for _, name := range fact.Absent {
			if _, listed := regionsOf[name]; !listed {
				t.Errorf("%s: %s is not looked at", identifier, name)
			}
		}
	}
}

func TestConfigRules_OnlyAboutExistingParts(t *testing.T) {
	t.Parallel()
	all := managed(t, built(t, everything(t, "eu-west-2")))
	trails := []string{"CLOUD_TRAIL_ENABLED", "MULTI_REGION_CLOUD_TRAIL_ENABLED", "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED",
		"CLOUD_TRAIL_ENCRYPTION_ENABLED", "CLOUDTRAIL_SECURITY_TRAIL_ENABLED"}
	secrets := []string{"SECRETSMANAGER_ROTATION_ENABLED_CHECK", "SECRETSMANAGER_USING_CMK", "SECRETSMANAGER_SECRET_UNUSED"}
	for name, c := range map[string]struct {
		change func(map[string]any)
		out    []string
	}{
		"all that there is":     {func(map[string]any) {}, nil},
		"no trail":              {func(c map[string]any) { c["detection"] = object{"trail": "off", "response": "off"} }, trails},
		"an adopted trail":      {func(c map[string]any) { c["detection"] = object{"trail": "adopt"} }, nil},
		"no GuardDuty":          {func(c map[string]any) { c["detection"] = object{"guardDuty": "off"} }, []string{"GUARDDUTY_ENABLED_CENTRALIZED", "GUARDDUTY_NON_ARCHIVED_FINDINGS"}},
		"no organization":       {func(c map[string]any) { delete(c, "organization") }, []string{"ACCOUNT_PART_OF_ORGANIZATIONS", "GUARDDUTY_ENABLED_CENTRALIZED"}},
		"no secrets":            {func(c map[string]any) { withSecrets(c, []object{}...) }, secrets},
		"no secrets of its own": {func(c map[string]any) { withSecrets(c, theirs) }, secrets},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := everything(t, "eu-west-2")
			c.change(config)
			made := managed(t, built(t, config))
			for identifier := range all {
				if (made[identifier] == nil) != slices.Contains(c.out, identifier) {
					t.Errorf("%s is made: %t", identifier, made[identifier] != nil)
				}
			}
		})
	}
}

// theirs is a secret of somebody else's.
var theirs = object{"name": "TOKEN", "arn": "arn:aws:secretsmanager:eu-west-2:111111111111:secret:company-AbCdEf"}

func TestDetection_RecorderRecordsWhatRulesEvaluate(t *testing.T) {
	t.Parallel()
	r := built(t, everything(t, "eu-west-2"))
	got := texts(r.One(t, recorderType, "gate-recorder"), "recordingGroup.resourceTypes")
	want := []string{
		"AWS::CloudTrail::Trail", "AWS::CodeBuild::Project", "AWS::CodeBuild::ReportGroup", "AWS::CodePipeline::Pipeline",
		"AWS::ECR::Repository", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::KMS::Key", "AWS::S3::Bucket", "AWS::SNS::Topic",
		"AWS::SecretsManager::Secret",
	}
	if !slices.Equal(got, want) {
		t.Errorf("records %v, want %v", got, want)
	}
	// Where AWS Config came late it cannot record what IAM has.
	for _, one := range texts(built(t, everything(t, "me-central-1")).One(t, recorderType, "gate-recorder"), "recordingGroup.resourceTypes") {
		if strings.HasPrefix(one, "AWS::IAM::") {
			t.Errorf("records %s in me-central-1", one)
		}
	}
}

func TestDetection_NameTypesOfAdoptedRecorder(t *testing.T) {
	t.Parallel()
	for recorder, told := range map[string]bool{"create": false, "adopt": true} {
		r := built(t, configOf("api", "create", recorder))
		if got := strings.Contains(strings.Join(r.Notes, "\n"), "does not record, of AWS::CloudTrail::Trail, AWS::CodeBuild::Project"); got != told {
			t.Errorf("%s: the notes are %q", recorder, r.Notes)
		}
	}
}
