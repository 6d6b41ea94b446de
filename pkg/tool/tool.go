// Package tool is the table of what the buildspecs download: each tool at one
// version, with the checksum of its release for Linux on x86-64.
//
// A new version is a new row, and nothing else. A checksum is taken from the
// release, or where that cannot be had, from two places that do not know each
// other; the row says which.
package tool

import "strings"

// Tool is a release's archive.
type Tool struct {
	// Name is the tool's, as its variables begin: gitleaks for GITLEAKS_URL.
	Name string
	// Version is the release, without a v.
	Version string
	// URL is where the archive is, and SHA256 its checksum in hexadecimal digits.
	URL, SHA256 string
	// Seen is where the checksum was read.
	Seen []string
}

// URLVariable is the environment variable with the archive's address.
func (t Tool) URLVariable() string { return strings.ToUpper(t.Name) + "_URL" }

// SHA256Variable is the environment variable with the archive's checksum.
func (t Tool) SHA256Variable() string { return strings.ToUpper(t.Name) + "_SHA256" }

// Package is a package of PyPI's, with the checksums of its wheels: one where it is
// pure Python, else one for each CPython.
type Package struct {
	Name, Version string
	SHA256        []string
	Seen          []string
}

// Requirements are the packages as pip reads them with --require-hashes.
func Requirements(packages []Package) string {
	lines := make([]string, len(packages))
	for i, p := range packages {
		lines[i] = p.Name + "==" + p.Version
		for _, sum := range p.SHA256 {
			lines[i] += " --hash=sha256:" + sum
		}
	}
	return strings.Join(lines, "\n")
}
