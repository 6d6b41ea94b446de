// Package codeowners writes and reads the CODEOWNERS file of a GitHub repository,
// as far as .github/ goes: who has to approve a change of the gate's own workflow.
package codeowners

import (
	"fmt"
	"slices"
	"strings"
)

// File is where the gate writes it.
const File = ".github/CODEOWNERS"

// Files is where GitHub looks for it. The first that is there counts.
var Files = []string{File, "CODEOWNERS", "docs/CODEOWNERS"}

// folder is what has to be owned: the workflows, and the first place of CODEOWNERS.
const folder = ".github"

// Line is the rule that gives .github/ to owners.
func Line(owners []string) string { return "/" + folder + "/ " + strings.Join(owners, " ") }

// Fault says what a file lacks to give all of .github/ to exactly these owners, with
// none named to anybody at all, or nothing. The last rule that matches a path counts, so a later rule that may match
// something below .github/ is a fault too: which one does is not worked out, only
// which one cannot.
func Fault(text string, owners []string) string {
	lines := strings.Split(text, "\n")
	for n, line := range slices.Backward(lines) {
		rule, _, _ := strings.Cut(line, "#")
		words := strings.Fields(rule)
		switch {
		case len(words) == 0, elsewhere(words[0]):
			continue
		case len(words) == 1:
			return fmt.Sprintf("line %d, %q, leaves %s/ or a part of it to nobody", n+1, strings.TrimSpace(rule), folder)
		case len(owners) > 0 && !sameOwners(words[1:], owners):
			return fmt.Sprintf("line %d, %q, takes %s/ or a part of it from %s", n+1, strings.TrimSpace(rule), folder, strings.Join(owners, " "))
		case whole(words[0]):
			return ""
		}
	}
	return "no line gives " + folder + "/ to owners"
}

// whole is whether a pattern matches everything below .github/.
func whole(pattern string) bool {
	pattern = strings.TrimPrefix(pattern, "/")
	return slices.Contains([]string{folder, folder + "/", folder + "/**", "*", "**"}, pattern)
}

// elsewhere is whether a pattern can match nothing below .github/: it begins at the
// root, with the plain name of something else. One without a slash before its end
// matches at any depth.
func elsewhere(pattern string) bool {
	first, rest, below := strings.Cut(strings.TrimPrefix(pattern, "/"), "/")
	rooted := strings.HasPrefix(pattern, "/") || below && rest != ""
	return rooted && first != folder && !strings.ContainsAny(first, `*?[\`)
}

// sameOwners compares regardless of order and case: to GitHub, logins and teams
// have none.
func sameOwners(a, b []string) bool {
	fold := func(names []string) []string {
		folded := []string{}
		for _, name := range names {
			folded = append(folded, strings.ToLower(name))
		}
		slices.Sort(folded)
		return slices.Compact(folded)
	}
	return slices.Equal(fold(a), fold(b))
}
