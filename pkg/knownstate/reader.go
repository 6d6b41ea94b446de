package knownstate

import (
	"cmp"
	"fmt"
	"slices"
)

// reader takes values from inputs, and keeps the first error.
type reader struct{ err error }

func (r *reader) fail(err error) { r.err = cmp.Or(r.err, err) }

// object is a value as an object that has only the listed members. It is empty where there is no value.
func (r *reader) object(what string, value any, known ...string) map[string]any {
	if value == nil {
		return map[string]any{}
	}
	object, is := value.(map[string]any)
	if !is {
		r.fail(fmt.Errorf("%s is a %T, not an object", what, value))
		return map[string]any{}
	}
	for name, member := range object {
		if !slices.Contains(known, name) && !isEmpty(member) {
			r.fail(fmt.Errorf("%s: nothing compares %s with the live resource; say in pkg/knownstate and buildspec/known.yaml how, or that it need not be", what, name))
		}
	}
	return object
}

// objects are the elements of a list, each as object reads it.
func (r *reader) objects(what string, value any, known ...string) []map[string]any {
	var all []map[string]any
	for _, element := range asList(value) {
		all = append(all, r.object(what, element, known...))
	}
	return all
}

// set is a list of strings, sorted, each once.
func (r *reader) set(what string, value any) []any {
	all, err := sortedSet(value)
	if err != nil {
		r.fail(fmt.Errorf("%s: %w", what, err))
	}
	return all
}

// document is a required policy document.
func (r *reader) document(text any) any {
	d, err := document(text)
	r.fail(err)
	return d
}

// part is the only part of a kind.
func (r *reader) part(kind string, name any, fields Fields) ([]Part, error) {
	return []Part{{fmt.Sprintf("%s %v", kind, name), fields}}, r.err
}

// pick is an object with some of another's members.
func pick(from map[string]any, names ...string) map[string]any {
	picked := map[string]any{}
	for _, name := range names {
		picked[name] = from[name]
	}
	return picked
}
