package codebuild

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"prodgate/pkg/buildspec"
)

type object = map[string]any

func basicFinding(id, severity string) object {
	return object{"name": id, "severity": severity, "attributes": []object{
		{"key": "package_version", "value": "3.0.2"}, {"key": "package_name", "value": "openssl"},
	}}
}

func enhancedFinding(id, severity, status string) object {
	return object{
		"severity": severity, "status": status, "type": "PACKAGE_VULNERABILITY", "findingArn": "arn:aws:inspector2:eu-west-2:123456789012:finding/1",
		"packageVulnerabilityDetails": object{"vulnerabilityId": id, "vulnerablePackages": []object{{"name": "openssl", "version": "3.0.2"}}},
	}
}

func basicScan(findings ...object) object {
	return object{"status": "COMPLETE", "findings": append([]object{}, findings...)}
}

func enhancedScan(findings ...object) object {
	return object{"status": "ACTIVE", "enhancedFindings": append([]object{}, findings...)}
}

// TestFindings runs the real buildspec against an emulator, with the real AWS CLI.
func TestFindings(t *testing.T) {
	t.Parallel()
	need(t, "aws", "pipx install awscli")
	need(t, "jq", "apt-get install jq")
	endpoint := emulator(t)
	today := time.Now().UTC()
	day := func(days int) string { return today.AddDate(0, 0, days).Format(time.DateOnly) }
	accepted := func(entries ...string) map[string]string {
		return map[string]string{buildspec.AcceptedFindings: "[" + strings.Join(entries, ",") + "]"}
	}
	entry := func(id string, days int) string {
		return fmt.Sprintf(`{"id":%q,"reason":"r","expires":%q}`, id, day(days))
	}
	many := make([]object, 1001)
	for i := range many {
		many[i] = basicFinding(fmt.Sprintf("CVE-2026-%d", i), "LOW")
	}
	many[1000] = basicFinding("CVE-2026-LAST", "CRITICAL")
	manyEnhanced := make([]object, 1001)
	for i := range manyEnhanced {
		manyEnhanced[i] = enhancedFinding(fmt.Sprintf("CVE-2026-%d", i), "LOW", "ACTIVE")
	}
	manyEnhanced[1000] = enhancedFinding("CVE-2026-LAST", "CRITICAL", "ACTIVE")

	for name, c := range map[string]struct {
		scans     []object
		variables map[string]string
		// summary is what a gate that lets it through exports.
		summary string
		words   []string
	}{
		"an image without findings passes": {
			scans: []object{basicScan()}, summary: "ECR: 0 findings of high or above, 0 accepted, 0 below", words: []string{"ECR: 0 findings"},
		},
		"findings below the threshold pass, and are told": {
			scans:   []object{basicScan(basicFinding("CVE-2026-1", "MEDIUM"), basicFinding("CVE-2026-2", "INFORMATIONAL"))},
			summary: "ECR: 0 findings of high or above, 0 accepted, 2 below",
			words:   []string{"below high: MEDIUM CVE-2026-1 in openssl 3.0.2", "below high: INFORMATIONAL CVE-2026-2"},
		},
		"informational is below low": {
			scans: []object{basicScan(basicFinding("CVE-2026-2", "INFORMATIONAL"))}, variables: map[string]string{buildspec.Severity: "low"},
			summary: "ECR: 0 findings of low or above, 0 accepted, 1 below", words: []string{"below low"},
		},
		"a finding at the threshold fails": {
			scans: []object{basicScan(basicFinding("CVE-2026-1", "HIGH"))}, words: []string{"refused: HIGH CVE-2026-1 in openssl 3.0.2", "is not deployed with these findings"},
		},
		"a severity that is not known yet counts as high": {
			scans: []object{basicScan(basicFinding("CVE-2026-1", "UNDEFINED"))}, words: []string{"refused: UNDEFINED CVE-2026-1"},
		},
		"a finding of enhanced scanning fails": {
			scans: []object{enhancedScan(enhancedFinding("CVE-2026-1", "CRITICAL", "ACTIVE"))}, words: []string{"refused: CRITICAL CVE-2026-1 in openssl 3.0.2"},
		},
		"one that is not triaged fails": {
			scans: []object{enhancedScan(enhancedFinding("CVE-2026-1", "UNTRIAGED", "ACTIVE"))}, words: []string{"refused: UNTRIAGED CVE-2026-1"},
		},
		"one that is suppressed elsewhere fails": {
			scans: []object{enhancedScan(enhancedFinding("CVE-2026-1", "CRITICAL", "SUPPRESSED"))}, words: []string{"refused: CRITICAL CVE-2026-1"},
		},
		"one that is closed does not count": {
			scans:   []object{enhancedScan(enhancedFinding("CVE-2026-1", "CRITICAL", "CLOSED"), enhancedFinding("CVE-2026-2", "LOW", "ACTIVE"))},
			summary: "ECR: 0 findings of high or above, 0 accepted, 1 below", words: []string{"below high: LOW CVE-2026-2"},
		},
		"the last page is read":                      {scans: []object{basicScan(many...)}, words: []string{"refused: CRITICAL CVE-2026-LAST", "1 findings of high or above", "1000 below"}},
		"the last page of enhanced scanning is read": {scans: []object{enhancedScan(manyEnhanced...)}, words: []string{"refused: CRITICAL CVE-2026-LAST", "1000 below"}},
		"an accepted finding passes, on its last day too": {
			scans: []object{basicScan(basicFinding("CVE-2026-1", "HIGH"))}, variables: accepted(entry("CVE-2026-1", 0)),
			summary: "ECR: 0 findings of high or above, 1 accepted, 0 below", words: []string{"accepted: HIGH CVE-2026-1"},
		},
		"accepting one does not accept another": {
			scans: []object{basicScan(basicFinding("CVE-2026-1", "HIGH"), basicFinding("CVE-2026-12", "HIGH"))}, variables: accepted(entry("CVE-2026-1", 1)),
			words: []string{"accepted: HIGH CVE-2026-1 ", "refused: HIGH CVE-2026-12 "},
		},
		"an accepted finding that has expired fails, found or not": {
			scans: []object{basicScan()}, variables: accepted(entry("CVE-2026-1", -1)),
			words: []string{"accepted finding CVE-2026-1 expired on " + day(-1) + ": fix it or accept it anew with a new date"},
		},
		"what is accepted for another app does not count": {
			scans: []object{basicScan(basicFinding("CVE-2026-1", "HIGH"))},
			variables: accepted(fmt.Sprintf(`{"app":"other","id":"CVE-2026-1","expires":%q}`, day(1)),
				fmt.Sprintf(`{"app":"other","id":"CVE-2026-2","expires":%q}`, day(-1))),
			words: []string{"refused: HIGH CVE-2026-1"},
		},
		"what is accepted for this app does": {
			scans:     []object{basicScan(basicFinding("CVE-2026-1", "HIGH"))},
			variables: accepted(fmt.Sprintf(`{"app":"backend","id":"CVE-2026-1","expires":%q}`, day(1))),
			summary:   "ECR: 0 findings of high or above, 1 accepted, 0 below", words: []string{"accepted: HIGH CVE-2026-1"},
		},
		"a list that cannot be read fails": {
			scans: []object{basicScan()}, variables: map[string]string{buildspec.AcceptedFindings: `[{"id":"CVE-2026-1"`}, words: []string{"ACCEPTED_FINDINGS is not a list"},
		},
		"an entry without a date fails": {
			scans: []object{basicScan()}, variables: accepted(`{"id":"CVE-2026-1"}`), words: []string{"ACCEPTED_FINDINGS is not a list"},
		},
		"a severity that nobody knows fails": {
			scans: []object{basicScan()}, variables: map[string]string{buildspec.Severity: "none"}, words: []string{"SEVERITY is none"},
		},
		"no digest fails": {
			scans: []object{basicScan()}, variables: map[string]string{buildspec.ImageDigest: "latest"}, words: []string{"not a digest: latest"},
		},
		"a scan takes its time": {
			scans:   []object{{}, {"status": "PENDING"}, {"status": "IN_PROGRESS"}, basicScan()},
			summary: "ECR: 0 findings of high or above, 0 accepted, 0 below", words: []string{"the scan is not begun", "the scan is PENDING", "the scan is IN_PROGRESS"},
		},
		"a scan that does not begin fails": {scans: []object{{}}, words: []string{"after 4 attempts: the scan is not begun. A missing answer is a failure"}},
		"a scan that does not end fails":   {scans: []object{{"status": "IN_PROGRESS"}}, words: []string{"after 4 attempts: the scan is IN_PROGRESS"}},
		"a scan that failed fails":         {scans: []object{{"status": "FAILED", "description": "no layers"}}, words: []string{"the scan is FAILED", "no layers"}},
		"an image that cannot be scanned fails": {
			scans: []object{{"status": "UNSUPPORTED_IMAGE"}}, words: []string{"the scan is UNSUPPORTED_IMAGE"},
		},
		"an image that is not scanned any more fails": {
			scans: []object{{"status": "SCAN_ELIGIBILITY_EXPIRED"}}, words: []string{"the scan is SCAN_ELIGIBILITY_EXPIRED"},
		},
		"findings that cannot be had fail": {scans: []object{{"status": "FINDINGS_UNAVAILABLE"}}, words: []string{"the scan is FINDINGS_UNAVAILABLE"}},
		"an image that is not there fails": {
			scans: []object{basicScan()}, variables: map[string]string{buildspec.ImageDigest: "sha256:" + strings.Repeat("0", 64)}, words: []string{"ImageNotFoundException"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repository := "prodgate/" + testName(t)
			digest := pushedImage(t, endpoint, repository)
			postToEmulator(t, endpoint, "scan", object{"region": "eu-west-2", "repository": repository, "digest": digest, "scans": c.scans})
			variables := map[string]string{
				buildspec.App: "backend", buildspec.RepositoryName: repository, buildspec.ImageDigest: digest,
				buildspec.Severity: "high", buildspec.AcceptedFindings: "[]", buildspec.Attempts: "4", buildspec.Pause: "0",
			}
			maps.Copy(variables, c.variables)
			g := newDeployGate(t, buildspec.Text("findings"), endpoint, nil, variables)
			if c.summary != "" {
				g.passes(t, c.summary, c.words...)
			} else {
				g.refuses(t, c.words...)
			}
		})
	}
}

func TestFindings_RequireVariables(t *testing.T) {
	t.Parallel()
	need(t, "jq", "apt-get install jq")
	g := newDeployGate(t, buildspec.Text("findings"), "http://127.0.0.1:1", nil, map[string]string{
		buildspec.App: "backend", buildspec.RepositoryName: "repository", buildspec.ImageDigest: "sha256:" + strings.Repeat("0", 64),
		buildspec.Severity: "high", buildspec.AcceptedFindings: "[]", buildspec.Attempts: "1", buildspec.Pause: "0",
	})
	g.missing(t, buildspec.Required("findings"))
	g.refuses(t, "Could not connect to the endpoint")
}

// TestFindings_CountedButNotListed: a response whose findings are counted and not listed is not an image
// without findings.
func TestFindings_CountedButNotListed(t *testing.T) {
	t.Parallel()
	need(t, "jq", "apt-get install jq")
	for name, c := range map[string]struct{ answer, word string }{
		"counts without findings":   {`{"imageScanStatus":{"status":"COMPLETE"},"imageScanFindings":{"findingSeverityCounts":{"HIGH":1}}}`, "counts findings of repository@sha256:"},
		"findings that say nothing": {`{"imageScanStatus":{"status":"ACTIVE"},"imageScanFindings":{}}`, "a page without findings"},
		"no findings at all":        {`{"imageScanStatus":{"status":"COMPLETE"}}`, "a page without findings"},
		"no status":                 {`{}`, "the scan is unknown"},
		"no JSON":                   {`<html>`, "parse error"},
		"no id":                     {`{"imageScanStatus":{"status":"ACTIVE"},"imageScanFindings":{"enhancedFindings":[{"severity":"HIGH"}]}}`, "refused: HIGH null"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newDeployGate(t, buildspec.Text("findings"), "http://127.0.0.1:1", nil, map[string]string{
				buildspec.App: "backend", buildspec.RepositoryName: "repository", buildspec.ImageDigest: "sha256:" + strings.Repeat("0", 64),
				buildspec.Severity: "high", buildspec.AcceptedFindings: "[]", buildspec.Attempts: "1", buildspec.Pause: "0",
			})
			g.onPath(t, "aws", "echo '"+c.answer+"'")
			g.refuses(t, c.word)
		})
	}
}
