package settings

import (
	"fmt"
	"slices"
	"time"
)

// The scanners of each scan; what each is, the package scan says.
var (
	SecretScanners     = []string{"gitleaks"}
	CodeScanners       = []string{"bandit", "gosec"}
	DependencyScanners = []string{"grype"}
	ImageScanners      = []string{"ecr"}
)

// scanRules are the rules of the scans of a stack, or of an app.
func scanRules(at string) []rule {
	scanner := func(key string, scanners []string) rule {
		return rule{key: at + "." + key, kind: text, oneOf: append(slices.Clone(scanners), None), what: "is no scanner of this kind"}
	}
	return []rule{
		{key: at, kind: object},
		scanner("secrets", SecretScanners),
		scanner("code", CodeScanners),
		scanner("dependencies", DependencyScanners),
		scanner("image", ImageScanners),
		{key: at + ".severity", kind: text, oneOf: severities, what: "is no severity"},
		// CodeBuild: 5,500 characters for all variables of a project.
		{key: at + ".accepted", kind: list, max: 20, remedy: "accept up to 20 findings, and fix the others"},
		{key: at + ".accepted[]", kind: object},
		{key: at + ".accepted[].id", kind: text, required: true, max: 200, valid: isLine, what: "is not the id of a finding",
			remedy: "write the id that the log of the scan shows"},
		{key: at + ".accepted[].reason", kind: text, required: true, max: 200, valid: isLine, what: "is no reason",
			remedy: "write in a line why the finding may stay"},
		{key: at + ".accepted[].expires", kind: text, required: true, valid: isDate, what: "is not a day",
			remedy: "write the last day on which the finding is accepted, in quotes, such as \"2026-12-31\""},
	}
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// scans have nothing accepted whose time is over, and a stage of their own for all apps or for none:
// AWS Config's rules know the stages of a pipeline by their number.
func (c *checker) scans(s *Settings) {
	c.accepted(c.top("scan"), s.Scan.Accepted)
	scanned := -1
	for i, app := range s.Apps {
		c.accepted(c.top("apps").item(i).child("scan"), app.Scan.Accepted[min(len(app.Scan.Accepted), len(s.Scan.Accepted)):])
		if app.ScansSource() && scanned < 0 {
			scanned = i
		}
	}
	for i, app := range s.Apps {
		if at := c.top("apps").item(i).child("scan"); scanned >= 0 && !app.ScansSource() && !c.wrong(at) {
			c.add(at, "secrets, code and dependencies off", fmt.Sprintf("leaves no scan of the source, and apps[%d] has one", scanned),
				"leave one of them on, or give the app a gate of its own")
		}
	}
}

func (c *checker) accepted(scan place, findings []AcceptedFinding) {
	today := time.Now().UTC().Format(time.DateOnly)
	for i, finding := range findings {
		at := scan.child("accepted").item(i).child("expires")
		if finding.Expires != "" && finding.Expires < today && !c.wrong(at) {
			c.add(at, show(finding.Expires), "is over: the finding is accepted no more", "fix what was found, or accept it anew with another day")
		}
	}
}

// ScansSource is whether anything looks into the app's source.
func (a App) ScansSource() bool {
	return a.Scan.Secrets != None || a.Scan.Code != None || a.Scan.Dependencies != None
}
