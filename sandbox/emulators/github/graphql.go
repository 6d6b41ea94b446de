package github

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

//go:embed schema.graphql
var schemaText string

func loadSchema() (*ast.Schema, error) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: schemaText})
	if err != nil {
		return nil, fmt.Errorf("graphql schema: %w", err)
	}
	return schema, nil
}

// graphObject is a GraphQL object: the name of its type and its fields. A field
// is a value, or a resolver that computes it from the field's arguments.
type graphObject struct {
	typ    string
	fields object
}

type resolver = func(args object) (any, error)

// serveGraphQL serves a query or a mutation. As at GitHub, its errors are in "errors"
// of a response with status 200.
func (s *Server) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	token, err := s.authenticate(r)
	var apiErr *apiError
	if errors.As(err, &apiErr) {
		writeJSON(w, apiErr.status, object{"message": apiErr.message, "documentation_url": "https://docs.github.com/graphql"})
		return
	}
	var in struct {
		Query         string
		OperationName string
		Variables     object
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		writeJSON(w, http.StatusBadRequest, object{"message": "Problems parsing JSON"})
		return
	}
	// GitHub accepts User.name, which can be null, beside Team.name.
	checks := rules.NewDefaultRules()
	checks.RemoveRule(rules.OverlappingFieldsCanBeMergedRule.Name)
	doc, problems := gqlparser.LoadQueryWithRules(s.schema, in.Query, checks)
	if problems != nil {
		writeJSON(w, http.StatusOK, object{"errors": s.notEmulated(problems)})
		return
	}
	op := doc.Operations.ForName(in.OperationName)
	if op == nil {
		writeJSON(w, http.StatusOK, object{"errors": []object{{"message": "No operation named " + in.OperationName}}})
		return
	}
	vars, err := validator.VariableValues(s.schema, op, in.Variables)
	var problem *gqlerror.Error
	if errors.As(err, &problem) {
		writeJSON(w, http.StatusOK, object{"errors": s.notEmulated(gqlerror.List{problem})})
		return
	}
	g := graph{state: s.state, token: token, plan: s.plan}
	root := g.query()
	if op.Operation == ast.Mutation {
		root = g.mutation()
	}
	e := &execution{server: s, vars: vars}
	out := object{"data": e.object(op.SelectionSet, root, nil)}
	if len(e.errors) > 0 {
		out["errors"] = e.errors
	}
	writeJSON(w, http.StatusOK, out)
}

// notEmulated reports the problems of a query. GitHub may have a name that the schema
// lacks; any other problem is the caller's.
func (s *Server) notEmulated(problems gqlerror.List) []object {
	unknownNames := []string{"FieldsOnCorrectType", "KnownArgumentNames", "KnownTypeNames", "KnownDirectives"}
	var out []object
	for _, p := range problems {
		message := p.Message
		if slices.Contains(unknownNames, p.Rule) || message == "unknown field" {
			message = s.reportMissing(strings.TrimSpace(p.Path.String() + " " + message))
		}
		out = append(out, object{"message": message, "path": p.Path, "locations": p.Locations})
	}
	return out
}

// reportMissing records a part of a query that is not emulated, and returns the message.
func (s *Server) reportMissing(what string) string {
	s.unknown = append(s.unknown, "GraphQL "+what)
	return "not emulated: " + what
}

// execution is one running operation.
type execution struct {
	server *Server
	vars   object
	errors []object
}

// selected is a field of the result. A field that is selected twice is one,
// with both selections.
type selected struct {
	*ast.Field
	set ast.SelectionSet
}

func (e *execution) object(set ast.SelectionSet, t graphObject, path []any) object {
	out := object{}
	for _, f := range e.collectFields(set, t.typ, nil) {
		at := append(slices.Clone(path), f.Alias)
		value, err := e.resolve(f, t)
		if err != nil {
			e.addError(err, f, at)
		}
		out[f.Alias] = e.complete(value, f.set, at)
	}
	return out
}

func (e *execution) resolve(f *selected, t graphObject) (any, error) {
	if f.Name == "__typename" {
		return t.typ, nil
	}
	value, ok := t.fields[f.Name]
	if !ok {
		return nil, errors.New(e.server.reportMissing("field " + t.typ + "." + f.Name))
	}
	if make, ok := value.(resolver); ok {
		return make(f.ArgumentMap(e.vars))
	}
	return value, nil
}

// complete resolves the selection of a graphObject, or of each of several.
func (e *execution) complete(value any, set ast.SelectionSet, path []any) any {
	switch v := value.(type) {
	case graphObject:
		return e.object(set, v, path)
	case []graphObject:
		out := []object{}
		for i, item := range v {
			out = append(out, e.object(set, item, append(slices.Clone(path), i)))
		}
		return out
	}
	return value
}

// collectFields lists the fields of a selection for a type, in order.
func (e *execution) collectFields(set ast.SelectionSet, typ string, fields []*selected) []*selected {
	for _, selection := range set {
		switch sel := selection.(type) {
		case *ast.Field:
			if e.isSkipped(sel.Directives) {
				continue
			}
			if same := find(fields, func(f *selected) bool { return f.Alias == sel.Alias }); same != nil {
				same.set = append(slices.Clone(same.set), sel.SelectionSet...)
			} else {
				fields = append(fields, &selected{sel, sel.SelectionSet})
			}
		case *ast.InlineFragment:
			if !e.isSkipped(sel.Directives) && e.hasType(typ, sel.TypeCondition) {
				fields = e.collectFields(sel.SelectionSet, typ, fields)
			}
		case *ast.FragmentSpread:
			if !e.isSkipped(sel.Directives) && e.hasType(typ, sel.Definition.TypeCondition) {
				fields = e.collectFields(sel.Definition.SelectionSet, typ, fields)
			}
		}
	}
	return fields
}

func (e *execution) isSkipped(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if on, _ := d.ArgumentMap(e.vars)["if"].(bool); d.Name == "skip" && on || d.Name == "include" && !on {
			return true
		}
	}
	return false
}

// hasType reports whether an object of a type meets a fragment's type condition.
func (e *execution) hasType(typ, condition string) bool {
	return condition == "" || slices.ContainsFunc(e.server.schema.PossibleTypes[condition], func(d *ast.Definition) bool { return d.Name == typ })
}

func (e *execution) addError(err error, f *selected, path []any) {
	out := object{
		"message": err.Error(), "path": path,
		"locations": []object{{"line": f.Position.Line, "column": f.Position.Column}},
	}
	var apiErr *apiError
	if errors.As(err, &apiErr) {
		out["type"] = map[int]string{
			http.StatusNotFound: "NOT_FOUND", http.StatusForbidden: "FORBIDDEN",
			http.StatusUnprocessableEntity: "UNPROCESSABLE",
		}[apiErr.status]
	}
	e.errors = append(e.errors, out)
}

// connection is a paged list of objects, as every list at GitHub.
func connection(typ, field string, items []graphObject) resolver {
	return func(args object) (any, error) {
		first, ok := integer(args["first"])
		if !ok {
			return nil, newError(http.StatusUnprocessableEntity, "You must provide a `first` or `last` value to properly paginate the `%s` connection.", field)
		}
		if first > 100 {
			return nil, newError(http.StatusUnprocessableEntity, "Requesting %d records on the `%s` connection exceeds the `first` limit of 100 records.", first, field)
		}
		start := 0
		if after, ok := args["after"].(string); ok {
			if _, err := fmt.Sscanf(after, "cursor:%d", &start); err != nil || start < 0 {
				return nil, newError(http.StatusUnprocessableEntity, "`%s` does not appear to be a valid cursor.", after)
			}
		}
		from := min(start, len(items))
		to := min(from+first, len(items))
		info := object{"hasNextPage": to < len(items), "hasPreviousPage": from > 0, "startCursor": nil, "endCursor": nil}
		if to > from {
			info["startCursor"], info["endCursor"] = fmt.Sprintf("cursor:%d", from+1), fmt.Sprintf("cursor:%d", to)
		}
		return graphObject{typ, object{
			"nodes": items[from:to], "totalCount": len(items), "pageInfo": graphObject{"PageInfo", info},
		}}, nil
	}
}

// integer reads an argument that is a literal or a variable.
func integer(value any) (int, bool) {
	switch n := value.(type) {
	case int64:
		return int(n), true
	case float64:
		return int(n), true
	}
	return 0, false
}
