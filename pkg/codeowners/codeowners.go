// Package codeowners writes and checks the CODEOWNERS file of a GitHub repository for .github/: its owners must approve a
// change of the gate's workflow.
package codeowners

import (
	"fmt"
	"slices"
	"strings"
)

// File is the path that the gate writes.
const File = ".github/CODEOWNERS"

// Files are the paths that GitHub reads; the first file that exists counts.
var Files = []string{File, "CODEOWNERS", "docs/CODEOWNERS"}

// folder has the workflows and the first of Files.
const folder = ".github"

// Line is the rule that makes owners the code owners of .github/.
func Line(owners []string) string { return "/" + folder + "/ " + strings.Join(owners, " ") }

// Fault says why a file does not make exactly these owners the code owners of .github/, or, without owners, anybody; it is
// empty for a file that does. The last rule that matches a path counts, so a later rule is a fault unless it can match
// nothing below .github/.
func Fault(text string, owners []string) string {
	lines := strings.Split(text, "\n")
	for n, line := range slices.Backward(lines) {
		rule, _, _ := strings.Cut(line, "#")
		words := strings.Fields(rule)
		switch {
		case len(words) == 0, isElsewhere(words[0]):
			continue
		case len(words) == 1:
			return fmt.Sprintf("line %d, %q, leaves %s/ or a part of it to nobody", n+1, strings.TrimSpace(rule), folder)
		case len(owners) > 0 && !isSameOwners(words[1:], owners):
			return fmt.Sprintf("line %d, %q, takes %s/ or a part of it from %s", n+1, strings.TrimSpace(rule), folder, strings.Join(owners, " "))
		case matchesFolder(words[0]):
			return ""
		}
	}
	return "no line gives " + folder + "/ to owners"
}

// matchesFolder is whether a pattern matches everything below .github/.
func matchesFolder(pattern string) bool {
	pattern = strings.TrimPrefix(pattern, "/")
	return slices.Contains([]string{folder, folder + "/", folder + "/**", "*", "**"}, pattern)
}

// isElsewhere is whether a pattern can match nothing below .github/: it begins at the root, with the plain name of another
// file or folder. A pattern without a slash before its end matches at any depth.
func isElsewhere(pattern string) bool {
	first, rest, below := strings.Cut(strings.TrimPrefix(pattern, "/"), "/")
	rooted := strings.HasPrefix(pattern, "/") || below && rest != ""
	return rooted && first != folder && !strings.ContainsAny(first, `*?[\`)
}

// isSameOwners compares owners without order and case, as GitHub does.
func isSameOwners(a, b []string) bool {
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
