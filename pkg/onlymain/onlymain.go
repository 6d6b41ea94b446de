// Package onlymain has the GitHub workflow that fails for every pull request to prod that is not from main. The gate writes
// it into the repository and requires its check.
package onlymain

import _ "embed"

// Workflow is the text of the file.
//
//go:embed prodgate.yml
var Workflow string

const (
	// File is its path in the repository.
	File = ".github/workflows/prodgate.yml"
	// Check is the name of the job, and of the check.
	Check = "only-main"
	// Base is the branch that the workflow guards.
	Base = "prod"
	// Head is the only branch that may be merged to Base.
	Head = "main"
	// ActionsApp is the id of the GitHub App that runs workflows on github.com. A check that must come from this app cannot be
	// passed by a commit status, which everybody with write access can set.
	ActionsApp = 15368
)
