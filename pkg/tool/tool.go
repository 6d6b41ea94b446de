// Package tool is the one table of what buildspecs download.
package tool

// Tool is a program of a release, for linux on amd64.
type Tool struct {
	Name, Version string
	// URL is where the release is, SHA256 what it has to be.
	URL, SHA256 string
}
