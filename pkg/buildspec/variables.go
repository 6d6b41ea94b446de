package buildspec

// The environment variables that several stages read.
const (
	// App is the name of the app that the pipeline delivers.
	App = "APP"
	// Cluster and Service are where the app runs, by name.
	Cluster = "CLUSTER"
	Service = "SERVICE"
	// SourceRepository is the repository of CodeCommit that the commit has to be on main of.
	SourceRepository = "SOURCE_REPOSITORY"
	// Severity is the least severe finding that fails the run: low, medium, high or critical.
	// Tools that know no critical one take it for high.
	Severity = "SEVERITY"
	// AcceptedFindings is a list in JSON of objects with an id, the last day on which it holds
	// as expires (2026-12-31), and in projects of all apps the app. An id is
	//
	//   - of gitleaks path:rule:line,
	//   - of bandit and gosec path:rule, with the path in the app's folder,
	//   - of grype and ECR the vulnerability's, CVE or GHSA,
	//   - of ZAP the number of the rule.
	AcceptedFindings = "ACCEPTED_FINDINGS"
)

// Summary is what each scan and check exports: a line of at most 120 characters about what
// was found, for whoever approves.
const Summary = "SUMMARY"
