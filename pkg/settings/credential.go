package settings

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
)

// credentials are the forms of texts that grant access by themselves. Their issuers publish
// these forms so that scanners can find leaks.
var credentials = []struct {
	a     string // what it is, with its article
	shape *regexp.Regexp
}{
	// AWS, IAM identifiers: AKIA begins the id of a user's access key, ASIA that of a temporary
	// one of STS; both have 20 characters.
	{"an AWS access key id", regexp.MustCompile(`AKIA[A-Z0-9]{16}`)},
	{"an AWS access key id", regexp.MustCompile(`ASIA[A-Z0-9]{16}`)},
	// GitHub, changelog of 31 March 2021: 40 characters, and more in the future.
	{"a GitHub token", regexp.MustCompile(`gh[pousr]_[A-Za-z0-9_]{36,}`)},
	// GitHub, fine-grained personal access tokens: 22 characters, _ and 59 more.
	{"a GitHub token", regexp.MustCompile(`github_pat_[A-Za-z0-9_]{36,}`)},
	// RFC 7468, 10 and 11, and OpenSSH's form, OPENSSH PRIVATE KEY.
	{"a private key", regexp.MustCompile(`-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY`)},
	// Slack, token types: tokens of a bot, a user and an app, and refresh tokens.
	{"a Slack token", regexp.MustCompile(`xox[abpr]-[A-Za-z0-9-]{10,}`)},
	// GitHub, announcement of npm's token format: GitHub's format with another prefix.
	{"an npm token", regexp.MustCompile(`npm_[A-Za-z0-9]{36,}`)},
	// RFC 7519: header and claims are JSON objects, and eyJ is base64 of {".
	{"a JSON web token", regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.`)},
}

const credentialRemedy = "revoke it and remove it, settings hold no credentials"

// findCredential names the credential that a value, or a value in it, looks like; empty for none.
func findCredential(value any) (a string) {
	switch value := value.(type) {
	case string:
		for _, c := range credentials {
			if c.shape.MatchString(value) {
				return c.a
			}
		}
	case []any:
		for _, item := range value {
			a = cmp.Or(a, findCredential(item))
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			a = cmp.Or(a, findCredential(name), findCredential(value[name]))
		}
	}
	return a
}

// secretName matches the usual names of values that must not be shown.
var secretName = regexp.MustCompile(`(?i)value|secret|passw|token|credential|plain|private`)

// holdsCredential reports whether showing a value could reveal a secret.
func holdsCredential(value any) bool {
	switch value := value.(type) {
	case []any:
		return slices.ContainsFunc(value, holdsCredential)
	case map[string]any:
		for name, entry := range value {
			if secretName.MatchString(name) || findCredential(name) != "" || holdsCredential(entry) {
				return true
			}
		}
		return false
	default:
		return findCredential(value) != ""
	}
}
