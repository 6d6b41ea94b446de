package settings

import "strings"

// The examples are AWS's and RFC 7519's own, or made up of a prefix and repetition.
// They are put together here, so that no scanner takes this file for a leak.
var (
	exampleAWSKey    = "AKIA" + "IOSFODNN7EXAMPLE"
	exampleGitHub    = "ghp_" + strings.Repeat("a1B2", 9)
	exampleFine      = "github_pat_" + strings.Repeat("a", 22) + "_" + strings.Repeat("b", 59)
	exampleNPM       = "npm_" + strings.Repeat("a1B2", 9)
	exampleSlack     = "xoxb-" + "123456789012-abcdefghijkl"
	exampleJWT       = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODB9." + "dBjftJeZ4CVP"
	examplePEM       = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA"
	exampleTemporary = "ASIA" + "IOSFODNN7EXAMPLE"
)

const revoke = "; revoke it and remove it, settings hold no credentials"

var badCredentials = map[string]badCase{
	"a tag is an access key": {`tags["key"]`, exampleAWSKey,
		`prodgate:tags["key"]: (secret) looks like an AWS access key id` + revoke},
	"a tag's name is an access key": {`tags["` + exampleAWSKey + `"]`, "x",
		`prodgate:tags[(secret)]: (secret) looks like an AWS access key id` + revoke},
	"a tag holds an access key of a session": {`tags["key"]`, "key=" + exampleTemporary,
		`prodgate:tags["key"]: (secret) looks like an AWS access key id` + revoke},
	"the region is a token": {"aws:region", exampleGitHub,
		`aws:region: (secret) looks like a GitHub token` + revoke},
	"the owner stands in a URL with a token": {"source.owner", "https://" + exampleGitHub + "@github.com/example-org",
		`prodgate:source.owner: (secret) looks like a GitHub token` + revoke},
	"the connection is a token": {"source.connectionArn", exampleFine,
		`prodgate:source.connectionArn: (secret) looks like a GitHub token` + revoke},
	"a status check is a private key": {"source.statusChecks[1]", examplePEM,
		`prodgate:source.statusChecks[1]: (secret) looks like a private key` + revoke},
	"an address is a token of Slack": {"alerts.emails[0]", exampleSlack,
		`prodgate:alerts.emails[0]: (secret) looks like a Slack token` + revoke},
	"a folder is a token of npm": {"apps[0].folder", exampleNPM,
		`prodgate:apps[0].folder: (secret) looks like an npm token` + revoke},
	"the break-glass role is a token": {"access.breakGlassArn", exampleJWT,
		`prodgate:access.breakGlassArn: (secret) looks like a JSON web token` + revoke},
	"an unknown key holds a token": {"source.foo", exampleGitHub,
		`prodgate:source.foo: (secret) looks like a GitHub token` + revoke},
	"an unknown key holds an object with a token": {"foo", map[string]any{"bar": []any{exampleGitHub}},
		`prodgate:foo: (secret) looks like a GitHub token` + revoke},
	"an unknown key is a token": {exampleGitHub, "x",
		`prodgate:(secret): (secret) looks like a GitHub token` + revoke},
	"a list is an object with a token": {"source.statusChecks", map[string]any{"test": exampleGitHub},
		`prodgate:source.statusChecks: (secret) looks like a GitHub token` + revoke},
	"the apps are no JSON and hold a token": {"apps", "[{" + exampleGitHub,
		`prodgate:apps: (secret) looks like a GitHub token` + revoke},

	"a secret comes with its value": {"apps[0].secrets[0].value", "hunter2",
		`prodgate:apps[0].secrets[0].value: (secret) is the value of a secret, which does not belong in settings; store it in Secrets Manager and name it here`},
	"a secret comes with its password": {"apps[0].secrets[1].password", "hunter2",
		`prodgate:apps[0].secrets[1].password: (secret) is the value of a secret, which does not belong in settings; store it in Secrets Manager and name it here`},
	"a secret comes with many values": {"apps[0].secrets[1].secretString", map[string]any{"user": "x", "pin": 1234},
		`prodgate:apps[0].secrets[1].secretString: (secret) is the value of a secret, which does not belong in settings; store it in Secrets Manager and name it here`},
	"a secret comes with a token that shows what it is": {"apps[0].secrets[1].token", exampleNPM,
		`prodgate:apps[0].secrets[1].token: (secret) looks like an npm token` + revoke},
	"a secret's ARN is the secret": {"apps[0].secrets[0].arn", exampleNPM,
		`prodgate:apps[0].secrets[0].arn: (secret) looks like an npm token` + revoke},
	"a secret has a key that may be anything": {"apps[0].secrets[0].extra", "hunter2",
		`prodgate:apps[0].secrets[0].extra: (secret) is set under an unknown key; choose one of arn, keyArn, name, rotationDays, rotationLambdaArn`},
	"secrets are names and values": {"apps[0].secrets", map[string]any{"NPM_TOKEN": "hunter2"},
		`prodgate:apps[0].secrets: (secret) is not a list; write its items below the key, each after a hyphen`},
	"a secret is a text": {"apps[0].secrets[0]", "NPM_TOKEN=hunter2",
		`prodgate:apps[0].secrets[0]: (secret) is not an object; write these below the key: arn, keyArn, name, rotationDays, rotationLambdaArn`},
	"secrets stand under a misspelt key": {"apps[0].secret", []any{map[string]any{"pin": "hunter2"}},
		`prodgate:apps[0].secret: (secret) is set under an unknown key; did you mean secrets?`},
	"apps are an object, and have secrets": {"apps", map[string]any{"backend": map[string]any{"secrets": []any{"hunter2"}}},
		`prodgate:apps: (secret) is not a list; write its items below the key, each after a hyphen`},
}
