// Package mutation measures how many small changes of a package its own tests notice. Gremlins changes the operators; no kept
// tool changes texts and fields, in which a control of this program stands, so that this package does.
package mutation

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mutant is one change of a file: text takes the place of the bytes from start to end.
type mutant struct {
	file       string
	line       int
	what       string
	start, end int
	text       string
}

// apply is the file with the change.
func (m mutant) apply(source []byte) []byte {
	return slices.Concat(source[:m.start], []byte(m.text), source[m.end:])
}

func (m mutant) String() string { return fmt.Sprintf("%s:%d: %s", m.file, m.line, m.what) }

// prose are the names of fields and constants whose texts only people read.
var prose = regexp.MustCompile(`(?i)(why|reason|description|comment|remedy|help|example|title|summary)$`)

// finder collects the mutants of a file.
type finder struct {
	name   string
	source []byte
	files  *token.FileSet
	found  []mutant
	// skipped are texts that only people read.
	skipped map[ast.Node]bool
}

// findMutants are the changes of texts, numbers, truth values, fields, elements, assignments and conditions of a file.
func findMutants(name string, source []byte) ([]mutant, error) {
	f := &finder{name: name, source: source, files: token.NewFileSet(), skipped: map[ast.Node]bool{}}
	file, err := parser.ParseFile(f.files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("mutants: %w", err)
	}
	ast.Inspect(file, f.visit)
	slices.SortFunc(f.found, func(a, b mutant) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	return f.found, nil
}

func (f *finder) visit(n ast.Node) bool {
	if f.skipped[n] {
		return false
	}
	switch n := n.(type) {
	case *ast.ImportSpec:
		return false
	case *ast.Field:
		if n.Tag != nil {
			f.skipped[n.Tag] = true
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if prose.MatchString(name.Name) && i < len(n.Values) {
				f.skipped[n.Values[i]] = true
			}
		}
	case *ast.CallExpr:
		f.skipMessage(n)
	case *ast.BasicLit:
		f.literal(n)
	case *ast.Ident:
		if other := map[string]string{"true": "false", "false": "true"}[n.Name]; other != "" {
			f.add(n, n.Name+" is "+other, other)
		}
	case *ast.CompositeLit:
		f.elements(n)
	case *ast.AssignStmt:
		f.assignment(n)
	case *ast.IfStmt:
		f.condition(n.Cond)
	}
	return true
}

// skipMessage leaves out the messages of errors and panics.
func (f *finder) skipMessage(call *ast.CallExpr) {
	if slices.Contains([]string{"fmt.Errorf", "errors.New", "panic"}, f.text(call.Fun)) {
		for _, arg := range call.Args {
			f.skipped[arg] = true
		}
	}
}

// literal changes a text or a number.
func (f *finder) literal(n *ast.BasicLit) {
	switch n.Kind {
	case token.STRING:
		value, err := strconv.Unquote(n.Value)
		if err != nil || len(strings.Fields(value)) > 7 { // a sentence
			return
		}
		f.add(n, n.Value+" is changed", strconv.Quote(value+"~"))
	case token.INT:
		f.add(n, n.Value+" is one more", "("+n.Value+"+1)")
	}
}

// elements leaves out each field of a structure or map, and each element of a list that is not a literal itself.
func (f *finder) elements(n *ast.CompositeLit) {
	for _, element := range n.Elts {
		switch element := element.(type) {
		case *ast.KeyValueExpr:
			if prose.MatchString(f.text(element.Key)) {
				f.skipped[element] = true
				continue
			}
			f.drop(element)
		case *ast.BasicLit:
		default:
			f.drop(element)
		}
	}
}

// drop leaves out an element and the comma behind it.
func (f *finder) drop(n ast.Node) {
	end := f.files.Position(n.End()).Offset
	if rest := bytes.TrimLeft(f.source[end:], " \t"); bytes.HasPrefix(rest, []byte(",")) {
		end = len(f.source) - len(rest) + 1
	}
	f.found = append(f.found, mutant{
		file: f.name, line: f.files.Position(n.Pos()).Line, what: short(f.text(n)) + " is left out",
		start: f.files.Position(n.Pos()).Offset, end: end,
	})
}

// assignment leaves out what is put in a field or a map.
func (f *finder) assignment(n *ast.AssignStmt) {
	if n.Tok != token.ASSIGN || len(n.Lhs) != 1 {
		return
	}
	switch n.Lhs[0].(type) {
	case *ast.IndexExpr, *ast.SelectorExpr:
		f.add(n, short(f.text(n))+" is left out", "_, _ = "+f.text(n.Lhs[0])+", "+f.text(n.Rhs[0]))
	}
}

// condition turns a condition round; comparisons are Gremlins'.
func (f *finder) condition(n ast.Expr) {
	switch n := n.(type) {
	case *ast.Ident, *ast.CallExpr, *ast.SelectorExpr, *ast.UnaryExpr:
		f.add(n, "if "+short(f.text(n))+" is turned round", "!("+f.text(n)+")")
	}
}

func (f *finder) add(n ast.Node, what, text string) {
	f.found = append(f.found, mutant{
		file: f.name, line: f.files.Position(n.Pos()).Line, what: what,
		start: f.files.Position(n.Pos()).Offset, end: f.files.Position(n.End()).Offset, text: text,
	})
}

func (f *finder) text(n ast.Node) string {
	return string(f.source[f.files.Position(n.Pos()).Offset:f.files.Position(n.End()).Offset])
}

// short is the beginning of a text, on one line.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 70 {
		text = text[:70] + "…"
	}
	return text
}
