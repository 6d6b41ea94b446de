package settings

var badOwners = map[string]badCase{
	"nobody owns the workflow": {"source", map[string]any{"owner": "example-org", "repository": "cruddur"},
		`prodgate:source.codeOwners: (not set) is required; name the people or teams that review changes of the gate's workflow, as @login or @organization/team`},
	"the list of owners is empty": {"source.codeOwners", []any{},
		`prodgate:source.codeOwners: [] is empty; name the people or teams that review changes of the gate's workflow, as @login or @organization/team`},
	"reviews are asked for and protection is off": {"source", unprotected("off", "reviews", 2),
		`prodgate:source.reviews: (set) has no effect while source.protection is off; leave the key out, or set source.protection to create or adopt`},
	"status checks are named and protection is off": {"source", unprotected("off", "statusChecks", []any{"test"}),
		`prodgate:source.statusChecks: (set) has no effect while source.protection is off; leave the key out, or set source.protection to create or adopt`},
	"an owner has no @": {"source.codeOwners[0]", "mona",
		`prodgate:source.codeOwners[0]: "mona" is neither a GitHub user nor a team; write @login for a user, @organization/team for a team`},
	"an owner is an address": {"source.codeOwners[0]", "mona@example.com",
		`prodgate:source.codeOwners[0]: "mona@example.com" is neither a GitHub user nor a team; write @login for a user, @organization/team for a team`},
	"an owner is a team of another organization": {"source.codeOwners[0]", "@other/platform",
		`prodgate:source.codeOwners[0]: "@other/platform" is a team of another organization than example-org, which owns the repository; name a team of example-org, or people`},
	"an owner stands there again in another case": {"source.codeOwners[2]", "@Mona",
		`prodgate:source.codeOwners[2]: "@Mona" is already listed as [1] in another case; leave one of them out`},
	"an owner stands there twice": {"source.codeOwners[2]", "@mona",
		`prodgate:source.codeOwners[2]: "@mona" is already listed as [1]; leave one of them out`},
	"there are eleven owners": {"source.codeOwners", []any{"@a", "@b", "@c", "@d", "@e", "@f", "@g", "@h", "@i", "@j", "@k"},
		`prodgate:source.codeOwners: ["@a","@b","@c","@d","@e","@f","@g","@h","@i","@j","@k"] has 11 entries, more than 10; write up to 10 owners, a team counts as one`},
	"nobody may merge": {"source.mergers", []any{},
		`prodgate:source.mergers: [] is empty; write 1 to 10 who may merge, a team counts as one, or leave the key out for the code owners`},
	"a team of another organization merges": {"source.mergers[0]", "@other/release",
		`prodgate:source.mergers[0]: "@other/release" is a team of another organization than example-org, which owns the repository; name a team of example-org, or people`},
	"a merger stands there again in another case": {"source.mergers[1]", "@EXAMPLE-ORG/release",
		`prodgate:source.mergers[1]: "@EXAMPLE-ORG/release" is already listed as [0] in another case; leave one of them out`},
	"protection is no answer": {"source.protection", "maybe",
		`prodgate:source.protection: "maybe" is not one of the choices; choose one of create, adopt, off`},
	"the owners' file is off": {"source.codeOwnersFile", "off",
		`prodgate:source.codeOwnersFile: "off" is not one of the choices; choose one of create, adopt`},
	"owners are named and protection is off": {"source", unprotected("off", "codeOwners", []any{"@mona"}),
		`prodgate:source.codeOwners: ["@mona"] has no effect while source.protection is off; leave the key out, or set source.protection to create`},
	"the owners' file is asked for and protection is adopted": {"source", unprotected("adopt", "codeOwnersFile", "create"),
		`prodgate:source.codeOwnersFile: "create" has no effect while source.protection is adopt; leave the key out, or set source.protection to create`},
	"mergers are named and protection is adopted": {"source", unprotected("adopt", "mergers", []any{"@mona"}),
		`prodgate:source.mergers: ["@mona"] has no effect while source.protection is adopt; leave the key out, or set source.protection to create`},
}

// unprotected is a source without a protection of ours, and one key more.
func unprotected(protection, key string, value any) map[string]any {
	return map[string]any{"owner": "example-org", "repository": "cruddur", "protection": protection, key: value}
}
