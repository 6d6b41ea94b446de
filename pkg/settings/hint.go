package settings

import (
	"strings"

	"github.com/agext/levenshtein"
)

// hint guesses which of the known words was meant, else gives the remedy, else
// names them all.
func hint(word string, known []string, remedy string) string {
	if meant := Nearest(word, known); meant != "" {
		return "did you mean " + meant + "?"
	}
	if remedy != "" {
		return remedy
	}
	return "choose one of " + strings.Join(known, ", ")
}

// Nearest is the known word that differs from word by at most two typing mistakes; two
// swapped letters are two. Case does not count.
func Nearest(word string, known []string) string {
	limit := min(2, 1+len(word)/4)
	// No known word is longer, and the comparison takes the square of the length.
	if len(word) > shown {
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
