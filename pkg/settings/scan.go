package settings

import (
	"fmt"
	"time"
)

// isDate reports whether the calendar has the day.
func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// checkScans refuses accepted findings that have expired, and a source scan that some apps have and
// others do not: AWS Config's rules address the stages of a pipeline by their number.
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
			c.add(at, "secrets, code and dependencies off", fmt.Sprintf("leaves no scan of the source, and apps[%d] has one", scanned),
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

// checkUnusedScans refuses what says of findings which of them count, where nothing finds any.
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
