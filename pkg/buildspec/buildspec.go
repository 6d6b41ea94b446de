// Package buildspec holds what CodeBuild runs, as files, and the names of the variables that
// they read and export. Each file says what it does and needs.
//
// A buildspec in the app's repository would let a commit to the app change its
// own gate. These are embedded here and written into the project instead.
package buildspec

import (
	"embed"
	"regexp"
	"slices"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Text is the buildspec in the file of a name, without its extension; empty where there is none.
func Text(name string) string {
	text, _ := files.ReadFile(name + ".yaml") // the only error is that there is no such file
	return string(text)
}

var (
	required = regexp.MustCompile(`: "\$\{([A-Z][A-Z0-9_]*):\?`)
	exported = regexp.MustCompile(`(?m)^ *export ([A-Z][A-Z0-9_]*)`)
	listed   = regexp.MustCompile(`(?s)\n  exported-variables:\n(.*?)\n\n`)
	entry    = regexp.MustCompile(`(?m)^ *- ([A-Z][A-Z0-9_]*)$`)
)

// Required are the variables that a buildspec fails without, CodeBuild's own left out, sorted.
func Required(name string) []string {
	return slices.DeleteFunc(find(required, Text(name)), func(variable string) bool { return strings.HasPrefix(variable, "CODEBUILD_") })
}

// Exported are the variables that a buildspec exports to the pipeline's later stages, sorted.
func Exported(name string) []string {
	sets := find(exported, Text(name))
	return slices.DeleteFunc(find(entry, listed.FindString(Text(name))), func(variable string) bool { return !slices.Contains(sets, variable) })
}

func find(expression *regexp.Regexp, text string) []string {
	var all []string
	for _, match := range expression.FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}
