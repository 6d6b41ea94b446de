package settings

var badScan = map[string]badCase{
	"a scanner is misspelt": {"scan.secrets", "gitleeks",
		`prodgate:scan.secrets: "gitleeks" is not a scanner of this kind; did you mean gitleaks?`},
	"nobody knows the scanner": {"scan.code", "sonar",
		`prodgate:scan.code: "sonar" is not a scanner of this kind; choose one of bandit, gosec, off`},
	"a scanner is of another kind": {"apps[0].scan.dependencies", "gitleaks",
		`prodgate:apps[0].scan.dependencies: "gitleaks" is not a scanner of this kind; choose one of grype, off`},
	"a scanner is switched off as a boolean": {"scan.image", false,
		`prodgate:scan.image: false is not a text; write one value, in quotes`},
	"nobody knows the severity": {"scan.severity", "severe",
		`prodgate:scan.severity: "severe" is not a severity; choose one of low, medium, high, critical`},
	"nobody knows the scan": {"scan.licences", "on",
		`prodgate:scan.licences: "on" is set under an unknown key; choose one of accepted, code, dependencies, image, secrets, severity`},
	"a finding that is accepted has expired": {"scan.accepted[0].expires", "2025-01-31",
		`prodgate:scan.accepted[0].expires: "2025-01-31" has passed, and the finding is no longer accepted; fix the finding, or accept it again with a later date`},
	"an app's finding that is accepted has expired": {"apps[0].scan.accepted[0].expires", "2025-01-31",
		`prodgate:apps[0].scan.accepted[0].expires: "2025-01-31" has passed, and the finding is no longer accepted; fix the finding, or accept it again with a later date`},
	"a finding is accepted for ever": {"scan.accepted[0].expires", gone{},
		`prodgate:scan.accepted[0].expires: (not set) is required; write the last day on which the finding is accepted, in quotes, such as "2026-12-31"`},
	"a finding is accepted until a day that is none": {"scan.accepted[0].expires", "2999-02-30",
		`prodgate:scan.accepted[0].expires: "2999-02-30" is not a date; write the last day on which the finding is accepted, in quotes, such as "2026-12-31"`},
	"a finding is accepted without a reason": {"scan.accepted[0].reason", gone{},
		`prodgate:scan.accepted[0].reason: (not set) is required; write in a line why the finding may stay`},
	"a finding has no id": {"scan.accepted[0].id", "",
		`prodgate:scan.accepted[0].id: "" is empty; write the id that the log of the scan shows`},
	"an app grades findings and nothing is scanned": {"apps", unscanned("severity", "low"),
		`prodgate:apps[0].scan.severity: (set) has no effect where every scan is off; leave the key out` + unscannedStack},
	"an app accepts findings and nothing is scanned": {"apps", unscanned("accepted", []any{}),
		`prodgate:apps[0].scan.accepted: (set) has no effect where every scan is off; leave the key out` + unscannedStack},
	"one app alone has no scan of its source": {"apps[0].scan.code", "off",
		`prodgate:apps[0].scan: secrets, code and dependencies off turns every scan of the source off, and apps[1] has one; leave one of them on, or give the app a gate of its own`},
}

// unscanned is one app without any scan, and one key more.
func unscanned(key string, value any) []any {
	return []any{map[string]any{
		"name": "backend", "cluster": "cruddur", "executionRoleArn": "arn:aws:iam::111111111111:role/x",
		"scan": map[string]any{"secrets": "off", "code": "off", "dependencies": "off", "image": "off", key: value},
	}}
}

// unscannedStack is what is said of the stack besides: it sets both keys, for no app.
const unscannedStack = `
prodgate:scan.accepted: (set) has no effect where every scan is off; leave the key out
prodgate:scan.severity: (set) has no effect where every scan is off; leave the key out`
