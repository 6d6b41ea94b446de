package settings

import (
	"cmp"
	"fmt"
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strings"
)

// matches compiles a pattern that must match a whole text.
func matches(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`^(` + pattern + `)$`)
}

var (
	// GitHub: a login, or an organization's login and a team's slug.
	handlePattern      = matches(`@[A-Za-z0-9][A-Za-z0-9_-]*(/[a-z0-9_][a-z0-9_.-]*)?`)
	environmentPattern = matches(`[A-Za-z0-9][A-Za-z0-9_-]*`)
	// GitHub: a workflow's file ends with .yml or .yaml. No wildcards, which a trust policy would interpret.
	workflowPattern = matches(`[A-Za-z0-9][A-Za-z0-9._-]*\.ya?ml`)
	ecsPattern      = matches(`[A-Za-z0-9_-]+`)
	// No characters that a shell, YAML or docker would interpret.
	pathPattern = matches(`[A-Za-z0-9._/-]+`)
	// The characters that IAM allows in a tag; other services allow more.
	tagPattern = matches(`[\p{L}\p{Z}\p{N}_.:/=+@-]*`)
	// One printable line that neither begins nor ends with a space.
	linePattern = matches(`[^\p{Z}\p{C}]([^\p{Zl}\p{Zp}\p{C}]*[^\p{Z}\p{C}])?`)
	// GitHub, repository limits: ASCII letters, digits and these, up to 100.
	repositoryPattern = matches(`[A-Za-z0-9._-]+`)
)

// isTag reports whether a text may be in a tag: AWS reserves the prefix aws:.
func isTag(text string) bool {
	return len(text) < 4 || !strings.EqualFold(text[:4], "aws:")
}

// isRepository refuses names that GitHub changes or reserves: GitHub removes .git from a name, and reserves .wiki.
func isRepository(name string) bool {
	return name != "." && name != ".." && !strings.HasSuffix(name, ".git") && !strings.HasSuffix(name, ".wiki")
}

// isFolder reports whether a path is inside the repository and in its shortest form, so that a
// folder has one spelling.
func isFolder(p string) bool {
	return !path.IsAbs(p) && path.Clean(p) == p && !slices.Contains(strings.Split(p, "/"), "..")
}

func isFile(p string) bool { return isFolder(p) && p != "." }

// isPattern reports whether files of a repository can match. CodePipeline accepts any
// text, and a pattern that no path can match never starts a pipeline.
func isPattern(p string) bool {
	return !strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "./") && !strings.HasPrefix(p, "../")
}

func isEmail(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err == nil && parsed.Address == text && strings.Contains(text[strings.LastIndex(text, "@"):], ".")
}

// accepts reports whether a text has the setting's form.
func (r setting) accepts(text string) bool {
	return (r.pattern == nil || r.pattern.MatchString(text)) && (r.valid == nil || r.valid(text))
}

// findFault says what is wrong with a value of the setting's kind, and the remedy; empty if nothing is.
func (r setting) findFault(value any) (what, remedy string) {
	switch v := value.(type) {
	case string:
		n := len([]rune(v))
		switch {
		case n == 0 && !r.empty:
			return "is empty", cmp.Or(r.remedy, "choose one of "+strings.Join(r.oneOf, ", "))
		case r.max > 0 && n > r.max:
			return fmt.Sprintf("has %d characters, more than %d", n, r.max), r.remedy
		case r.oneOf != nil && !slices.Contains(r.oneOf, v):
			return r.what, hint(v, r.oneOf, r.remedy)
		case n > 0 && !r.accepts(v):
			return r.what, r.remedy
		}
	case float64:
		switch {
		case r.oneOf != nil && !slices.Contains(r.oneOf, show(v)):
			return r.what, "choose one of " + strings.Join(r.oneOf, ", ")
		case r.oneOf == nil && (v < float64(r.min) || v > float64(r.max)):
			return fmt.Sprintf("is not between %d and %d", r.min, r.max), r.remedy
		}
	case []any:
		return r.findCountFault(len(v))
	case map[string]any:
		return r.findCountFault(len(v))
	}
	return "", ""
}

func (r setting) findCountFault(n int) (what, remedy string) {
	switch {
	case n == 0 && r.min > 0:
		return "is empty", r.remedy
	case n < r.min:
		return fmt.Sprintf("has %d entries, fewer than %d", n, r.min), r.remedy
	case r.max > 0 && n > r.max:
		return fmt.Sprintf("has %d entries, more than %d", n, r.max), r.remedy
	}
	return "", ""
}
