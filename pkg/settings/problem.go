package settings

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Problem is one mistake in a stack's configuration, and its remedy.
type Problem struct {
	Key    string // such as prodgate:apps[2].folder
	Value  string // as it is set, truncated when long
	What   string // what is wrong with it: "is not a …"
	Remedy string
}

// Error is the problem and its remedy, on one line.
func (p Problem) Error() string {
	return fmt.Sprintf("%s: %s %s; %s", p.Key, p.Value, p.What, p.Remedy)
}

// Problems are all problems of a configuration, sorted by key.
type Problems []Problem

// Error has one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a single Problem.
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i := range p {
		errs[i] = p[i]
	}
	return errs
}

var index = regexp.MustCompile(`\[\d+\]`)

// sort sorts by key, and indexes as numbers: apps[2] is before apps[10].
func (p Problems) sort() {
	padded := func(key string) string {
		return index.ReplaceAllStringFunc(key, func(i string) string { return fmt.Sprintf("%12s", i) })
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return strings.Compare(padded(a.Key), padded(b.Key))
	})
}

// The texts that messages show in place of a value.
const (
	absent  = "(not set)"
	present = "(set)"
	hidden  = "(secret)"
)

// maxShown is the most characters of a value that a message shows.
const maxShown = 80

// show writes a value on one line, unless that would reveal a secret.
func show(value any) string {
	if holdsCredential(value) {
		return hidden
	}
	if text, ok := value.(string); ok {
		return strconv.Quote(truncate(text))
	}
	text, _ := json.Marshal(value) // it came from JSON
	return truncate(string(text))
}

func truncate(text string) string {
	if utf8.RuneCountInString(text) <= maxShown {
		return text
	}
	return string([]rune(text)[:maxShown]) + "…"
}
