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
