package buildspec

// The buildspecs by the names that package gate has for them.
var (
	Build      = Text("build")
	KnownState = Text("known")
	Gitleaks   = Text("gitleaks")
	Bandit     = Text("bandit")
	Gosec      = Text("gosec")
	Grype      = Text("grype")
	Findings   = Text("findings")
	Verify     = Text("verify")
	ZAP        = Text("zap")
	Sign       = Text("sign")
	Prepare    = Text("prepare")
)
