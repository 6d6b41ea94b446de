// Package tool is the table of what the buildspecs download: each tool at one
// version, with the checksum of its release for Linux on x86-64.
//
// A new version is a new row, and nothing else. A checksum is taken from the
// release, or where that cannot be had, from two places that do not know each
// other; the row says which.
package tool

import (
	"maps"
	"slices"
	"strings"
)

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

// Variables are the environment variables that a project needs to install the tool.
func (t Tool) Variables() map[string]string {
	return map[string]string{t.URLVariable(): t.URL, t.SHA256Variable(): t.SHA256}
}

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

// All is every archive of the table, by name.
func All() []Tool {
	return slices.SortedFunc(maps.Values(table), func(a, b Tool) int { return strings.Compare(a.Name, b.Name) })
}

// table is filled by the files of the stages.
var table = map[string]Tool{}

// add puts a row into the table. A second row of one name would leave it open which of
// them a build gets.
func add(t Tool) Tool {
	if _, there := table[t.Name]; there {
		panic("two tools named " + t.Name)
	}
	table[t.Name] = t
	return t
}
