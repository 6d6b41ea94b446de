package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
)

// resource is a resource as the engine shows it: its inputs before it is made,
// its outputs once it is.
type resource struct {
	value
	token, name string
}

func newResource(r policyx.AnalyzerResource) resource {
	return resource{value{property.New(r.Properties)}, r.Type, r.Name}
}

// value is a property that can be asked anything. The SDK's own AsString and its
// like panic on a value that is not known yet, or is of another type.
//
// In a preview a value may be unknown. Nothing is found then: it is looked at
// again when it is known, which is before the resource is made.
type value struct{ v property.Value }

// at is the property at a path such as source.buildspec: null where there is
// none, unknown below what is unknown.
func (v value) at(path string) value {
	for key := range strings.SplitSeq(path, ".") {
		switch {
		case v.unknown():
			return v
		case v.v.IsMap():
			v = value{v.v.AsMap().Get(key)}
		default:
			return value{}
		}
	}
	return v
}

func (v value) unknown() bool { return v.v.IsComputed() }

// secret is whether the program calls it one.
func (v value) secret() bool { return v.v.Secret() }

// list are the elements of a list; none of anything else.
func (v value) list() []value {
	if !v.v.IsArray() {
		return nil
	}
	var all []value
	for _, element := range v.v.AsArray().All {
		all = append(all, value{element})
	}
	return all
}

// text is a known text; empty for anything else.
func (v value) text() string {
	if !v.v.IsString() {
		return ""
	}
	return v.v.AsString()
}

// number is a known number; 0 for anything else.
func (v value) number() float64 {
	if !v.v.IsNumber() {
		return 0
	}
	return v.v.AsNumber()
}

// silent is whether it says nothing, or nothing yet: a provider may write a block
// that was left out as an empty one.
func (v value) silent() bool {
	switch {
	case v.unknown(), v.v.IsNull():
		return true
	case v.v.IsString():
		return v.text() == ""
	case v.v.IsArray():
		return len(v.list()) == 0
	case v.v.IsMap():
		for _, element := range v.v.AsMap().All {
			if !(value{element}).silent() {
				return false
			}
		}
		return true
	}
	return false
}

// may is whether it is, or is not known and may become, a text or a flag.
func (v value) may(be any) bool {
	switch {
	case v.unknown():
		return true
	case v.v.IsString():
		return be == v.v.AsString()
	case v.v.IsBool():
		return be == v.v.AsBool()
	}
	return false
}

// String is for messages: it shows no secret.
func (v value) String() string {
	switch {
	case v.secret():
		return "a secret"
	case v.unknown():
		return "not known yet"
	case v.v.IsNull():
		return "not set"
	case v.v.IsString():
		return strconv.Quote(v.text())
	case v.v.IsBool():
		return strconv.FormatBool(v.v.AsBool())
	case v.v.IsNumber():
		return strconv.FormatFloat(v.number(), 'f', -1, 64)
	case v.v.IsArray():
		return fmt.Sprint(v.list())
	}
	return "something else"
}

// want finds a property that is not, and cannot become, a text or a flag.
func (v value) want(path string, be any) []finding {
	if got := v.at(path); !got.may(be) {
		return []finding{{fmt.Sprintf("%s is %s", path, got), fmt.Sprintf("set it to %#v", be)}}
	}
	return nil
}

// wantList finds a list, called name, that is not, and cannot become, these texts.
func (v value) wantList(name string, be ...string) []finding {
	same := func(got value, be string) bool { return got.may(be) }
	if v.unknown() || v.v.IsArray() && slices.EqualFunc(v.list(), be, same) {
		return nil
	}
	return []finding{{fmt.Sprintf("%s is %s", name, v), fmt.Sprintf("set it to %q", be)}}
}

// one looks at the only element of a list, and finds that there are more or none.
func one(list value, what string, look func(value) []finding) []finding {
	if list.unknown() {
		return nil
	}
	if n := len(list.list()); n != 1 {
		return []finding{{fmt.Sprintf("it has %d %ss", n, what), "give it exactly one"}}
	}
	return look(list.list()[0])
}
