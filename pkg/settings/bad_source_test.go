package settings

var badSource = map[string]badCase{
	"nobody knows the provider": {"source.provider", "bitbucket",
		`prodgate:source.provider: "bitbucket" is not a source provider; choose one of github, codecommit`},
	"the provider is misspelt": {"source.provider", "codecomit",
		`prodgate:source.provider: "codecomit" is not a source provider; did you mean codecommit?`},
	"repositories of GitHub are made": {"source.repositories", "create",
		`prodgate:source.repositories: (set) has no effect while source.provider is github; leave the key out, or set source.provider to codecommit`},
	"reviewers of GitHub are roles": {"source.reviewerArns", []any{"arn:aws:iam::111111111111:role/reviewer"},
		`prodgate:source.reviewerArns: (set) has no effect while source.provider is github; leave the key out, or set source.provider to codecommit`},
	"nobody approves in CodeCommit": {"source", commits("reviewerArns", gone{}),
		ofPaths + `prodgate:source.reviewerArns: (not set) is required with source.provider; write the ARNs of 1 to 10 roles whose approvals of a pull request to prod count`},
	"a reviewer is a user": {"source", commits("reviewerArns", []any{"arn:aws:iam::111111111111:user/mona"}),
		ofPaths + `prodgate:source.reviewerArns[0]: "arn:aws:iam::111111111111:user/mona" is the ARN of a user; name a role that the user may assume, whose ARN looks like arn:aws:iam::111111111111:role/<its name>`},
	"a merger is of another account": {"source", commits("mergerArns", []any{"arn:aws:iam::222222222222:role/merger"}),
		ofPaths + `prodgate:source.mergerArns[0]: "arn:aws:iam::222222222222:role/merger" is not of the account 111111111111; copy it from AWS, where it looks like arn:aws:iam::111111111111:role/<its name>`},
	"a merger is a role of the gate": {"source", commits("mergerArns", []any{"arn:aws:iam::111111111111:role/gate/build/x"}),
		ofPaths + `prodgate:source.mergerArns[0]: "arn:aws:iam::111111111111:role/gate/build/x" is a role of the gate itself; name a role of your own, the gate creates the roles below /gate/`},
	"six reviewers merge": {"source", commits("reviewerArns", []any{role("a"), role("b"), role("c"), role("d"), role("e"), role("f")}),
		ofPaths + `prodgate:source.mergerArns: (not set) is required with 6 reviewers; name 1 to 5 roles that may merge to prod`},
	"CodeCommit has a connection": {"source", commits("connectionArn", "arn:aws:codeconnections:eu-west-2:111111111111:connection/7d2469ff-514a-4e4f-9003-5ca4a43cdc41"),
		ofPaths + `prodgate:source.connectionArn: (set) has no effect while source.provider is codecommit; leave the key out, or set source.provider to github`},
	"CodeCommit has code owners": {"source", commits("codeOwners", []any{"@mona"}),
		ofPaths + `prodgate:source.codeOwners: (set) has no effect while source.provider is codecommit; leave the key out, or set source.provider to github`},
	"repositories of CodeCommit are off": {"source", commits("repositories", "off"),
		ofPaths + `prodgate:source.repositories: "off" is not one of the choices; choose one of create, adopt`},
}

// ofPaths is what is said besides: the app that all cases change has paths.
const ofPaths = `prodgate:apps[0].paths: (set) has no effect while source.provider is codecommit; leave the key out, or set source.provider to github
`

func role(name string) string { return "arn:aws:iam::111111111111:role/" + name }

// commits is a source of CodeCommit, and one key of another value.
func commits(key string, value any) map[string]any {
	source := map[string]any{
		"provider": "codecommit", "owner": "example-org", "repository": "cruddur", "reviewerArns": []any{role("reviewer")}, key: value,
	}
	if value == (gone{}) {
		delete(source, key)
	}
	return source
}
