package settings

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// fields are the rule keys that a type asks for.
func fields(t reflect.Type, key string) map[string]kind {
	switch t.Kind() {
	case reflect.Struct:
		all := map[string]kind{key: object}
		for i := range t.NumField() {
			at := strings.TrimPrefix(key+"."+keyOf(t.Field(i).Name), ".")
			for k, v := range fields(t.Field(i).Type, at) {
				all[k] = v
			}
		}
		return all
	case reflect.Slice:
		all := fields(t.Elem(), key+"[]")
		all[key] = list
		return all
	case reflect.Map:
		return map[string]kind{key: dictionary, key + "{}": text, key + "[]": fields(t.Elem(), key)[key]}
	case reflect.Interface:
		return map[string]kind{key: scalar}
	case reflect.Bool:
		return map[string]kind{key: boolean}
	case reflect.Int:
		return map[string]kind{key: number}
	default:
		return map[string]kind{key: text}
	}
}

func TestEveryFieldHasARule(t *testing.T) {
	t.Parallel()
	wanted := fields(reflect.TypeFor[Settings](), "")
	delete(wanted, "")
	delete(wanted, "region") // aws:region
	if len(wanted) < 40 {
		t.Fatalf("found %d fields only", len(wanted))
	}
	for key, k := range wanted {
		r, there := ruleOf[key]
		if !there {
			t.Errorf("%s has no rule", key)
		} else if r.kind != k {
			t.Errorf("the rule of %s is for another type", key)
		}
	}
	for _, r := range rules {
		if _, there := wanted[r.key]; !there {
			t.Errorf("the rule of %s is for no field", r.key)
		}
	}
	if len(ruleOf) != len(rules) {
		t.Error("a key has two rules")
	}
}

func TestEveryRuleCanHelp(t *testing.T) {
	t.Parallel()
	for _, r := range append(slices.Clone(rules), regionRule) {
		limited := r.required || r.kind == number || r.kind == text && r.oneOf == nil || r.kind != text && (r.min > 0 || r.max > 0)
		if limited && r.remedy == "" && r.oneOf == nil {
			t.Errorf("%s has no remedy", r.key)
		}
		if (r.valid != nil || r.oneOf != nil) && r.what == "" {
			t.Errorf("%s does not say what is wrong", r.key)
		}
		if strings.Contains(r.what+r.remedy, ";") {
			t.Errorf("%s has a semicolon, which parts the remedy from the rest", r.key)
		}
	}
}

// A default is never checked, so it has to be right.
func TestDefaultsKeepTheRules(t *testing.T) {
	t.Parallel()
	d := defaults(1)
	for key, value := range map[string]any{
		"name":                                 d.Name,
		"source.reviews":                       float64(d.Source.Reviews),
		"apps[].dockerfile":                    d.Apps[0].Dockerfile,
		"apps[].deployTimeout":                 float64(d.Apps[0].DeployTimeout),
		"build.image":                          d.Build.Image,
		"build.computeType":                    d.Build.ComputeType,
		"build.timeout":                        float64(d.Build.Timeout),
		"build.queuedTimeout":                  float64(d.Build.QueuedTimeout),
		"build.concurrentBuilds":               float64(d.Build.ConcurrentBuilds),
		"retention.logDays":                    float64(d.Retention.LogDays),
		"retention.artifactDays":               float64(d.Retention.ArtifactDays),
		"retention.images":                     float64(d.Retention.Images),
		"retention.keyDays":                    float64(d.Retention.KeyDays),
		"detection.guardDuty":                  string(d.Detection.GuardDuty),
		"detection.config":                     string(d.Detection.Config),
		"detection.trail":                      string(d.Detection.Trail),
		"detection.accessAnalyzer":             string(d.Detection.AccessAnalyzer),
		"detection.securityHub":                string(d.Detection.SecurityHub),
		"detection.response":                   string(d.Detection.Response),
		"detection.severity":                   d.Detection.Severity,
		"detection.checkMinutes":               float64(d.Detection.CheckMinutes),
		"source.protection":                    string(d.Source.Protection),
		"source.codeOwnersFile":                string(d.Source.CodeOwnersFile),
		"workflows.oidcProvider":               string(d.Workflows.OidcProvider),
		"scan.secrets":                         d.Scan.Secrets,
		"scan.code":                            d.Scan.Code,
		"scan.dependencies":                    d.Scan.Dependencies,
		"scan.image":                           d.Scan.Image,
		"scan.severity":                        d.Scan.Severity,
		"sign":                                 d.Sign,
		"apps[].deployment.kind":               d.Apps[0].Deployment.Kind,
		"apps[].deployment.config":             d.Apps[0].Deployment.Config,
		"apps[].deployment.terminationMinutes": float64(d.Apps[0].Deployment.TerminationMinutes),
		"apps[].health.seconds":                float64(d.Apps[0].Health.Seconds),
	} {
		if what, _ := ruleOf[key].fault(value); what != "" {
			t.Errorf("the default of %s, %v, %s", key, value, what)
		}
	}
}

// The longest names that the rules allow, put together, are within AWS's limits.
func TestNamesFit(t *testing.T) {
	t.Parallel()
	const duty, bucket = 10, len("artifacts")
	region := 0
	for _, name := range regionNames() {
		region = max(region, len(name))
	}
	if region < len("ap-southeast-1") {
		t.Fatalf("the longest region has %d characters", region)
	}
	for what, c := range map[string]struct{ length, limit int }{
		"IAM role, <name>-<app>-<duty>":                {maxName + 1 + maxApp + 1 + duty, 64},
		"CodePipeline pipeline, <name>-<app>":          {maxName + 1 + maxApp, 100},
		"CodeBuild project, <name>-<app>-<duty>":       {maxName + 1 + maxApp + 1 + duty, 150},
		"ECR repository, <name>/<app>":                 {maxName + 1 + maxApp, 256},
		"S3 bucket, <name>-<what>-<account>-<region>":  {maxName + 1 + bucket + 1 + 12 + 1 + region, 63},
		"CodePipeline path, <folder>/**":               {ruleOf["apps[].folder"].max + len("/**"), 255},
		"EventBridge rule, <name>-<app>-<duty>, again": {maxName + 1 + maxApp + 1 + duty, 64},
	} {
		if c.length > c.limit {
			t.Errorf("%s: %d characters, %d allowed", what, c.length, c.limit)
		}
	}
}

func TestHints(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"account": "account", "ACCOUNT": "account", "acconut": "account", "tgas": "tags", "app": "apps",
		"nothing": "", "": "", "xy": "", strings.Repeat("account", 1000): "",
	} {
		if got := nearest(word, children[""]); got != want {
			t.Errorf("%.20q: guessed %q, not %q", word, got, want)
		}
	}
}

func TestARNsKeepTheirColons(t *testing.T) {
	t.Parallel()
	const text = "arn:aws:logs:eu-west-2:111111111111:log-group:/x:*"
	got, ok := parseARN(text)
	if !ok || got.resource != "log-group:/x:*" || got.String() != text {
		t.Errorf("got %+v", got)
	}
	for _, text := range []string{"", "arn", "arn:aws:iam::1", "urn:aws:iam::111111111111:role/x"} {
		if _, ok := parseARN(text); ok {
			t.Errorf("%q is taken for an ARN", text)
		}
	}
}
