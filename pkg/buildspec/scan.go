package buildspec

import (
	_ "embed"

	"prodgate/pkg/tool"
)

// The buildspecs that scan an app's source, one tool each. They need bash, curl and jq,
// all of them in CodeBuild's standard images.
var (
	// Gitleaks looks for secrets.
	//
	//go:embed gitleaks.yaml
	Gitleaks string
	// Bandit looks for what is dangerous in Python. It needs python3 with pip.
	//
	//go:embed bandit.yaml
	Bandit string
	// Gosec looks for what is dangerous in Go. It needs go.
	//
	//go:embed gosec.yaml
	Gosec string
	// Grype looks for known vulnerabilities of dependencies, and writes the SBOM.
	//
	//go:embed grype.yaml
	Grype string
)

const (
	// Severity is the least severity that fails the run: low, medium, high or critical.
	// Tools that know no critical one take it for high.
	Severity = "SEVERITY"
	// AcceptedFindings is a list in JSON of objects with an id, a reason and the last day
	// on which it holds, expires: 2026-12-31. An id is
	//
	//   - of gitleaks path:rule:line,
	//   - of bandit and gosec path:rule,
	//   - of grype the vulnerability's, CVE or GHSA,
	//
	// with the path in the app's folder.
	AcceptedFindings = "ACCEPTED_FINDINGS"
)

// Summary is what each of them exports: a line of at most 120 characters about what was
// found, for whoever approves.
const Summary = "SUMMARY"

// SBOM is the file in Grype's artifact: the bill of materials, as CycloneDX in JSON.
const SBOM = "sbom.cdx.json"

// ScanReads are the environment variables that each of the scans reads, CodeBuild's own
// left out: exactly these are its project's to set.
func ScanReads() map[string][]string {
	reads := map[string][]string{
		Gitleaks: {AppFolder, AcceptedFindings},
		Bandit:   {AppFolder, AcceptedFindings, Severity, tool.BanditRequirements},
		Gosec:    {AppFolder, AcceptedFindings, Severity},
		Grype:    {AppFolder, AcceptedFindings, Severity},
	}
	for text, t := range map[string]tool.Tool{Gitleaks: tool.Gitleaks, Gosec: tool.Gosec, Grype: tool.Grype} {
		reads[text] = append(reads[text], t.URLVariable(), t.SHA256Variable())
	}
	return reads
}
