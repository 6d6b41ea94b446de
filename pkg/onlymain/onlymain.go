// Package onlymain is the GitHub workflow that lets nothing but main be merged to
// prod. The gate writes it into the repository and makes its job a required check.
package onlymain

import _ "embed"

// Workflow is the text of the file.
//
//go:embed prodgate.yml
var Workflow string

const (
	// File is where GitHub looks for it.
	File = ".github/workflows/prodgate.yml"
	// Check is the job's name, which GitHub calls the check by.
	Check = "only-main"
	// Base is the branch that the workflow guards.
	Base = "prod"
	// Head is the only branch that may be merged to Base.
	Head = "main"
	// ActionsApp is the id of the GitHub App that runs workflows on github.com. A check
	// that is required of it alone cannot be passed by a commit status, which everybody
	// who may write can set.
	ActionsApp = 15368
)
