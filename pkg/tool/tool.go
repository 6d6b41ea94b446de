// Package tool is the table of the tools that buildspecs download: each at one
// version, with the checksum of its release for Linux on x86-64.
//
// A new version needs a new row and nothing else. A checksum is from the release or,
// if the release is not available, from two independent sources; the row names them.
package tool

import "strings"

// Tool is the archive of a release.
type Tool struct {
	// Name begins the names of the tool's variables: gitleaks for GITLEAKS_URL.
	Name string
	// Version is the version of the release, without a v.
	Version string
	// URL is the archive's address, and SHA256 its checksum in hexadecimal digits.
	URL, SHA256 string
	// Seen names the sources of the checksum.
	Seen []string
}

// URLVariable is the environment variable with the archive's address.
func (t Tool) URLVariable() string { return strings.ToUpper(t.Name) + "_URL" }

// SHA256Variable is the environment variable with the archive's checksum.
func (t Tool) SHA256Variable() string { return strings.ToUpper(t.Name) + "_SHA256" }

// Package is a package on PyPI, with the checksums of its wheels: one if it is pure
// Python, else one for each CPython.
type Package struct {
	Name, Version string
	SHA256        []string
	Seen          []string
}

// Requirements writes packages as requirement lines for pip's --require-hashes.
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
