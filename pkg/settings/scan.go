package settings

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// The scanners of each scan. Package pipeline has a row for each.
var (
	SecretScanners     = []string{"gitleaks"}
	CodeScanners       = []string{"bandit", "gosec"}
	DependencyScanners = []string{"grype"}
	ImageScanners      = []string{"ecr"}
)

// Scan says what is scanned before an image is delivered. Each scan is the name of its
// scanner, or None. The scans of an app override those of the stack.
type Scan struct {
	// Secrets is the scan for keys and passwords in the app's folder: gitleaks.
	Secrets string
	// Code is static analysis (SAST) of the app's folder: bandit for Python, gosec for Go.
	Code string
	// Dependencies compares what the app depends on with known vulnerabilities (SCA),
	// and writes the SBOM: grype.
	Dependencies string
	// Image is ECR's findings of the image that was pushed: ecr.
	Image string
	// Severity is the least severe finding that fails a run: low, medium, high or critical.
	Severity string
	// Accepted are findings that fail no run. Those of an app are added to those of the stack.
	Accepted []AcceptedFinding
}

// AcceptedFinding is a finding that somebody has accepted. It fails no run until it expires.
type AcceptedFinding struct {
	// Id is the scanner's id of the finding, as the log of the failed run shows it.
	Id string
	// Reason is why it may stay.
	Reason string
	// Expires is the last day (UTC) on which it is accepted: 2026-12-31.
	Expires string
}

// withDefaults fills in the scans that an app does not set with those of the stack.
func (s Scan) withDefaults(stack Scan) Scan {
	return Scan{
		Secrets:      cmp.Or(s.Secrets, stack.Secrets),
		Code:         cmp.Or(s.Code, stack.Code),
		Dependencies: cmp.Or(s.Dependencies, stack.Dependencies),
		Image:        cmp.Or(s.Image, stack.Image),
		Severity:     cmp.Or(s.Severity, stack.Severity),
		Accepted:     slices.Concat(stack.Accepted, s.Accepted),
	}
}

// scanSettings are the settings of the stack's scans, or of an app's, which override them.
func scanSettings(at string) []setting {
	isOfApp := at != "scan"
	scanner := func(key string, scanners []string, doc string) setting {
		s := setting{key: at + "." + key, kind: text, oneOf: append(slices.Clone(scanners), None), what: "is not a scanner of this kind", doc: doc, example: scanners[0]}
		if isOfApp {
			s.derived = "`scan." + key + "`"
		} else {
			s.preset = scanners[0]
		}
		return s
	}
	all := setting{key: at, kind: object, doc: "What is scanned before an image is delivered. Each scan is the name of its scanner, or `off`."}
	severity := setting{key: at + ".severity", kind: text, oneOf: severities, what: "is not a severity", preset: "high",
		doc: "The least severe finding that fails a run. A secret always fails it.", example: "critical"}
	if isOfApp {
		all.doc = "The scan settings that this app overrides."
		severity.preset, severity.derived = nil, "`scan.severity`"
	}
	return []setting{
		all,
		scanner("secrets", SecretScanners, "The scan for keys and passwords in the app's folder."),
		scanner("code", CodeScanners, "Static analysis (SAST) of the app's folder: `bandit` for Python, `gosec` for Go."),
		scanner("dependencies", DependencyScanners, "The comparison of the app's dependencies with known vulnerabilities (SCA). It writes the SBOM."),
		scanner("image", ImageScanners, "ECR's findings of the image that was pushed."),
		severity,
		// CodeBuild: 5,500 characters for all variables of a project.
		{key: at + ".accepted", kind: list, max: 20, remedy: "accept up to 20 findings, and fix the others",
			doc:     "Findings that fail no run until they expire. An app's are added to the stack's.",
			example: []any{map[string]any{"id": "CVE-2024-0001", "reason": "nothing calls it", "expires": "2999-12-31"}}},
		{key: at + ".accepted[]", kind: object},
		{key: at + ".accepted[].id", kind: text, required: true, max: 200, pattern: linePattern, what: "is not the id of a finding",
			remedy: "write the id that the log of the scan shows", doc: "The scanner's id of the finding, as the log of the failed run shows it.", example: "CVE-2024-0001"},
		{key: at + ".accepted[].reason", kind: text, required: true, max: 200, pattern: linePattern, what: "is not a reason",
			remedy: "write in a line why the finding may stay", doc: "Why the finding may stay.", example: "nothing calls it"},
		{key: at + ".accepted[].expires", kind: text, required: true, pattern: matches(`[0-9]{4}-[0-9]{2}-[0-9]{2}`), valid: isDate, what: "is not a date",
			remedy: "write the last day on which the finding is accepted, in quotes, such as \"2026-12-31\"",
			doc:    "The last day (UTC) on which the finding is accepted, in quotes.", example: "2999-12-31"},
	}
}

// isDate reports whether a text is a day of the calendar.
func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// checkScans refuses accepted findings that have expired. It also refuses a stack in which only some
// apps have source scans: AWS Config's rules address the stages of a pipeline by their number.
func (c *checker) checkScans(s *Settings) {
	c.checkAccepted(c.top("scan"), s.Scan.Accepted)
	scanned := -1
	for i, app := range s.Apps {
		c.checkAccepted(c.top("apps").item(i).child("scan"), app.Scan.Accepted[min(len(app.Scan.Accepted), len(s.Scan.Accepted)):])
		if app.ScansSource() && scanned < 0 {
			scanned = i
		}
	}
	for i, app := range s.Apps {
		if at := c.top("apps").item(i).child("scan"); scanned >= 0 && !app.ScansSource() && !c.hasProblem(at) {
			c.add(at, "secrets, code and dependencies off", fmt.Sprintf("turns every scan of the source off, and apps[%d] has one", scanned),
				"leave one of them on, or give the app a gate of its own")
		}
	}
}

func (c *checker) checkAccepted(scan place, findings []AcceptedFinding) {
	today := time.Now().UTC().Format(time.DateOnly)
	for i, finding := range findings {
		at := scan.child("accepted").item(i).child("expires")
		if finding.Expires != "" && finding.Expires < today && !c.hasProblem(at) {
			c.add(at, show(finding.Expires), "has passed, and the finding is no longer accepted", "fix the finding, or accept it again with a later date")
		}
	}
}

// checkUnusedScans refuses severity and accepted findings where no scan is on that they apply to.
func (c *checker) checkUnusedScans(s *Settings) {
	const why = "where every scan is off"
	used, graded := len(s.Apps) == 0, len(s.Apps) == 0
	for i, app := range s.Apps {
		at := c.top("apps").item(i).child("scan")
		used, graded = used || app.findsAnything(), graded || app.gradesFindings()
		if !app.findsAnything() {
			c.refuseUnused(at.child("accepted"), why)
		}
		if !app.gradesFindings() {
			c.refuseUnused(at.child("severity"), why)
		}
	}
	if !used {
		c.refuseUnused(c.top("scan").child("accepted"), why)
	}
	if !graded {
		c.refuseUnused(c.top("scan").child("severity"), why)
	}
}

// gradesFindings reports whether a severity decides which findings fail a run. Secrets have none.
func (a App) gradesFindings() bool {
	return a.Scan.Code != None || a.Scan.Dependencies != None || a.Scan.Image != None || a.Dast.Url != ""
}

// findsAnything reports whether any scan of the app is on.
func (a App) findsAnything() bool { return a.gradesFindings() || a.Scan.Secrets != None }

// ScansSource reports whether a scan reads the app's source.
func (a App) ScansSource() bool {
	return a.Scan.Secrets != None || a.Scan.Code != None || a.Scan.Dependencies != None
}
