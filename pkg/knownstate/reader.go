package knownstate

import (
	"cmp"
	"fmt"
	"slices"
)

// Reader takes values from inputs, and keeps the first error.
type Reader struct {
	err error
	// isLive is whether the inputs are AWS's answer. A member that no kind knows is compared then:
	// the program declares none.
	isLive bool
}

// Declared are the parts of what the program declares. An input that no kind knows is an error, so that
// no new input is left out of the comparison by accident.
func (k Kind) Declared(in Inputs) ([]Part, error) { return k.parts(&Reader{}, in) }

// Live are the parts of what AWS returns, as inputs of the same names. What the program never declares is
// compared too.
func (k Kind) Live(in Inputs) ([]Part, error) { return k.parts(&Reader{isLive: true}, in) }

func (k Kind) parts(r *Reader, in Inputs) ([]Part, error) {
	parts := k(r, in)
	if r.err != nil {
		return nil, r.err
	}
	return parts, nil
}

func (r *Reader) fail(err error) { r.err = cmp.Or(r.err, err) }

// object is a value as an object; of what the program declares, one that has only the listed members.
// It is empty where there is no value.
func (r *Reader) object(what string, value any, known ...string) map[string]any {
	if value == nil {
		return map[string]any{}
	}
	object, is := value.(map[string]any)
	if !is {
		r.fail(fmt.Errorf("%s is a %T, not an object", what, value))
		return map[string]any{}
	}
	for name := range r.unknown(object, known...) {
		if !r.isLive {
			r.fail(fmt.Errorf("%s: nothing compares %s with the live resource; say in pkg/knownstate how, or that it need not be", what, name))
		}
	}
	return object
}

// unknown are the members of an object that are not listed and have a value.
func (r *Reader) unknown(object map[string]any, known ...string) map[string]any {
	rest := map[string]any{}
	for name, member := range object {
		if !slices.Contains(known, name) && !isEmpty(member) {
			rest[name] = member
		}
	}
	return rest
}

// objects are the elements of a list, each as object reads it.
func (r *Reader) objects(what string, value any, known ...string) []map[string]any {
	var all []map[string]any
	for _, element := range asList(value) {
		all = append(all, r.object(what, element, known...))
	}
	return all
}

// set is a list of strings, sorted, each once.
func (r *Reader) set(what string, value any) []any {
	all, err := sortedSet(value)
	if err != nil {
		r.fail(fmt.Errorf("%s: %w", what, err))
	}
	return all
}

// document is a required policy document.
func (r *Reader) document(text any) any {
	d, err := document(text)
	r.fail(err)
	return d
}

// part is the only part of a kind.
func (r *Reader) part(kind string, name any, fields Fields) []Part {
	return []Part{{fmt.Sprintf("%s %v", kind, name), fields}}
}

// pick is an object with some of another's members.
func pick(from map[string]any, names ...string) map[string]any {
	picked := map[string]any{}
	for _, name := range names {
		picked[name] = from[name]
	}
	return picked
}

// without is an object without some of its members.
func without(from map[string]any, names ...string) map[string]any {
	rest := map[string]any{}
	for name, member := range from {
		if !slices.Contains(names, name) {
			rest[name] = member
		}
	}
	return rest
}
