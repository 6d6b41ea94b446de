package settings

import (
	"strings"

	"github.com/agext/levenshtein"
)

// hint guesses which of the known words was meant, else gives the remedy, else
// names them all.
func hint(word string, known []string, remedy string) string {
	if meant := nearest(word, known); meant != "" {
		return "did you mean " + meant + "?"
	}
	if remedy != "" {
		return remedy
	}
	return "choose one of " + strings.Join(known, ", ")
}

// nearest is the known word that one typing mistake in four characters (and one
// more, for short words) turns into word; upper and lower case make none.
func nearest(word string, known []string) string {
	limit := 1 + len(word)/4
	// A longer word is none of ours, and comparing it would take its length squared.
	if len(word) > 2*longest {
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

// longest is about the length of the longest word worth a guess.
const longest = 32
