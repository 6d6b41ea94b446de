package knownstate

import (
	"cmp"
	"fmt"
	"slices"
)

// reading takes what it knows from inputs, and keeps the first thing that it does not
// know.
type reading struct{ err error }

// of is an object with no other members than some.
func (r *reading) of(what string, value any, known ...string) map[string]any {
	object, _ := value.(map[string]any)
	for name, member := range object {
		if !slices.Contains(known, name) && !without(member) {
			r.err = cmp.Or(r.err, fmt.Errorf("%s: nothing compares %s with what is live; say in pkg/knownstate and buildspec/known.yaml how, or that it need not be", what, name))
		}
	}
	return object
}

// each is of of every element of a list.
func (r *reading) each(what string, value any, known ...string) []map[string]any {
	var all []map[string]any
	for _, one := range list(value) {
		all = append(all, r.of(what, one, known...))
	}
	return all
}

// document is one that has to be there.
func (r *reading) document(text any) any {
	d, err := document(text)
	r.err = cmp.Or(r.err, err)
	return d
}

// part is a kind's one part.
func (r *reading) part(kind string, name any, fields Fields) ([]Part, error) {
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
