package settings

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// fields are the keys of the table that a type asks for.
func fields(t reflect.Type, key string) map[string]kind {
	switch t.Kind() {
	case reflect.Struct:
		all := map[string]kind{key: object}
		for i := range t.NumField() {
			at := strings.TrimPrefix(key+"."+fieldKey(t.Field(i).Name), ".")
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

func TestSettings_EveryFieldIsInTheTable(t *testing.T) {
	t.Parallel()
	wanted := fields(reflect.TypeFor[Settings](), "")
	delete(wanted, "")
	delete(wanted, "region") // aws:region
	if len(wanted) < 40 {
		t.Fatalf("found %d fields only", len(wanted))
	}
	for key, k := range wanted {
		r, there := settingOf[key]
		if !there {
			t.Errorf("%s is not in the table", key)
		} else if r.kind != k {
			t.Errorf("%s is of another type in the table", key)
		}
	}
	for _, r := range table {
		if _, there := wanted[r.key]; !there {
			t.Errorf("%s is for no field", r.key)
		}
	}
	if len(settingOf) != len(table) {
		t.Error("a key is in the table twice")
	}
}

func TestSettings_EveryKeyHasARemedy(t *testing.T) {
	t.Parallel()
	for _, r := range append(slices.Clone(table), regionSetting) {
		limited := r.required || r.kind == number || r.kind == text && r.oneOf == nil || r.kind != text && (r.min > 0 || r.max > 0)
		if limited && r.remedy == "" && r.oneOf == nil {
			t.Errorf("%s has no remedy", r.key)
		}
		if (r.valid != nil || r.pattern != nil || r.oneOf != nil) && r.what == "" {
			t.Errorf("%s does not say what is wrong", r.key)
		}
		if strings.Contains(r.what+r.remedy, ";") {
			t.Errorf("%s has a semicolon, which parts the remedy from the rest", r.key)
		}
	}
}

// TestSettings_DefaultsKeepTheLimits checks each default: Decode never does.
func TestSettings_DefaultsKeepTheLimits(t *testing.T) {
	t.Parallel()
	checked := map[string]bool{}
	for _, r := range table {
		value := r.preset
		if whole, ok := value.(int); ok {
			value = float64(whole)
		}
		if value == nil {
			continue
		}
		checked[r.key] = true
		if !r.kind.holds(value) {
			t.Errorf("the default of %s, %v, is of another type", r.key, value)
		}
		if what, _ := r.findFault(value); what != "" {
			t.Errorf("the default of %s, %v, %s", r.key, value, what)
		}
	}
	// These had a default before, and keep one.
	for _, key := range []string{
		"name", "source.reviews", "apps[].dockerfile", "apps[].deployTimeout", "build.image", "build.computeType", "build.timeout",
		"build.queuedTimeout", "build.concurrentBuilds", "retention.logDays", "retention.artifactDays", "retention.images", "retention.keyDays",
		"detection.guardDuty", "detection.config", "detection.trail", "detection.accessAnalyzer", "detection.securityHub", "detection.response",
		"detection.severity", "detection.checkMinutes", "source.protection", "source.codeOwnersFile", "workflows.oidcProvider",
		"scan.secrets", "scan.code", "scan.dependencies", "scan.image", "scan.severity", "sign",
		"apps[].deployment.kind", "apps[].deployment.config", "apps[].deployment.terminationMinutes", "apps[].health.seconds",
	} {
		if !checked[key] {
			t.Errorf("%s has no default", key)
		}
	}
}

// TestSettings_EveryKeyIsDocumented asks for what the page, the schema and Pulumi.yaml are made from.
func TestSettings_EveryKeyIsDocumented(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, r := range append(slices.Clone(table), regionSetting) {
		if strings.HasSuffix(r.key, "]") || strings.HasSuffix(r.key, "}") {
			if r.doc != "" {
				t.Errorf("%s is described with its list", r.key)
			}
			continue
		}
		checked++
		if !strings.HasSuffix(r.doc, ".") || strings.ContainsAny(r.doc, "|\n") {
			t.Errorf("%s has the description %q", r.key, r.doc)
		}
		whole := r.kind == object || r.key == "apps" || r.key == chatWebhook // shown by their parts, or a secret
		if (r.example == nil) != whole {
			t.Errorf("%s has the example %v", r.key, r.example)
		}
		if r.kind == number && r.unit == "" {
			t.Errorf("%s has no unit", r.key)
		}
		if r.required && (r.preset != nil || r.derived != "" || r.requiredWhen != "") {
			t.Errorf("%s is required and has a default", r.key)
		}
	}
	if checked < 70 {
		t.Fatalf("checked %d keys only", checked)
	}
}

// TestSettings_ExamplesKeepTheLimits checks each example by the checks of a stack.
func TestSettings_ExamplesKeepTheLimits(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, r := range append(slices.Clone(table), regionSetting) {
		if r.example == nil {
			continue
		}
		checked++
		c := &checker{namespace: "prodgate", secret: func(string) bool { return false }, isSet: map[string]bool{}}
		value := jsonOf(t, r.example)
		c.checkValue(place{r.key, r.key, r.key}, r, value)
		s := Settings{Region: "eu-west-2"}
		arns := []any{value}
		if several, ok := value.([]any); ok {
			arns = several
		}
		for _, one := range arns {
			shape := r.arn
			if shape == nil {
				shape = settingOf[r.key+"[]"].arn
			}
			if shape != nil {
				c.checkARN(place{r.key, r.key, r.key}, *shape, one.(string), &s)
			}
		}
		for _, p := range c.problems {
			t.Errorf("the example of %s: %v", r.key, p)
		}
	}
	if checked < 60 {
		t.Fatalf("checked %d examples only", checked)
	}
}

// jsonOf is a value as JSON reads it, which is how a stack's configuration comes.
func jsonOf(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var read any
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// TestSettings_NamesFitTheLimitsOfAWS: the longest names that the limits allow, put together, are within AWS's limits.
func TestSettings_NamesFitTheLimitsOfAWS(t *testing.T) {
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
		"CodePipeline path, <folder>/**":               {settingOf["apps[].folder"].max + len("/**"), 255},
		"EventBridge rule, <name>-<app>-<duty>, again": {maxName + 1 + maxApp + 1 + duty, 64},
	} {
		if c.length > c.limit {
			t.Errorf("%s: %d characters, %d allowed", what, c.length, c.limit)
		}
	}
}

func TestSettings_HintsGuessTheKey(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"account": "account", "ACCOUNT": "account", "acconut": "account", "tgas": "tags", "app": "apps",
		"nothing": "", "": "", "xy": "", strings.Repeat("account", 1000): "",
	} {
		if got := Nearest(word, children[""]); got != want {
			t.Errorf("%.20q: guessed %q, not %q", word, got, want)
		}
	}
}

func TestSettings_ARNsKeepTheirColons(t *testing.T) {
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
