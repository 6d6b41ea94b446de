package settings

import (
	"strings"

	"github.com/agext/levenshtein"
)

// hint suggests the known word that is nearest to word. Without one it returns the remedy, and
// without a remedy it lists all known words.
func hint(word string, known []string, remedy string) string {
	if meant := Nearest(word, known); meant != "" {
		return "did you mean " + meant + "?"
	}
	if remedy != "" {
		return remedy
	}
	return "choose one of " + strings.Join(known, ", ")
}

// Nearest is the known word that differs from word by at most two edits; two swapped letters
// are two edits. Case is ignored. It is empty if there is no such word.
func Nearest(word string, known []string) string {
	limit := min(2, 1+len(word)/4)
	// No known word is longer, and the time of the comparison grows with the square of the length.
	if len(word) > maxShown {
		return ""
	}
	best, at := "", limit+1
	for _, k := range known {
		if d := levenshtein.Distance(strings.ToLower(word), strings.ToLower(k), nil); d < at {
			best, at = k, d
		}
	}
	return best
}
