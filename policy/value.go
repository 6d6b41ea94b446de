package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
)

// resource is a resource as the engine sends it: its inputs before it is created,
// its outputs afterwards.
type resource struct {
	value
	token, name string
}

func newResource(r policyx.AnalyzerResource) resource {
	return resource{value{property.New(r.Properties)}, r.Type, r.Name}
}

// value is a property that every method accepts. The SDK's own AsString and similar methods
// panic on a value that is unknown or of another type.
//
// In a preview a value may be unknown, and then no check finds anything. The engine sends the
// resource again when the value is known, before it creates the resource.
type value struct{ v property.Value }

// at is the property at a path such as source.buildspec: null if there is none, unknown
// below an unknown value.
func (v value) at(path string) value {
	for key := range strings.SplitSeq(path, ".") {
		switch {
		case v.isUnknown():
			return v
		case v.v.IsMap():
			v = value{v.v.AsMap().Get(key)}
		default:
			return value{}
		}
	}
	return v
}

func (v value) isUnknown() bool { return v.v.IsComputed() }

// isSecret is whether the program marks the value as a secret.
func (v value) isSecret() bool { return v.v.Secret() }

// list is the elements of a list; nil for anything else.
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

// text is a text that is known; empty for anything else.
func (v value) text() string {
	if !v.v.IsString() {
		return ""
	}
	return v.v.AsString()
}

// number is a number that is known; 0 for anything else.
func (v value) number() float64 {
	if !v.v.IsNumber() {
		return 0
	}
	return v.v.AsNumber()
}

// isEmpty is whether the value is absent, empty or unknown. A provider may write a block
// that was left out as an empty one.
func (v value) isEmpty() bool {
	switch {
	case v.isUnknown(), v.v.IsNull():
		return true
	case v.v.IsString():
		return v.text() == ""
	case v.v.IsArray():
		return len(v.list()) == 0
	case v.v.IsMap():
		for _, element := range v.v.AsMap().All {
			if !(value{element}).isEmpty() {
				return false
			}
		}
		return true
	}
	return false
}

// canBe is whether the value is a text or a boolean, or is unknown and may become it.
func (v value) canBe(be any) bool {
	switch {
	case v.isUnknown():
		return true
	case v.v.IsString():
		return be == v.v.AsString()
	case v.v.IsBool():
		return be == v.v.AsBool()
	}
	return false
}

// String is the value as messages show it, without secrets.
func (v value) String() string {
	switch {
	case v.isSecret():
		return "a secret"
	case v.isUnknown():
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

// require finds a property that is not, and cannot become, a text or a boolean.
func (v value) require(path string, be any) []finding {
	if got := v.at(path); !got.canBe(be) {
		return []finding{{fmt.Sprintf("%s is %s", path, got), fmt.Sprintf("set it to %#v", be)}}
	}
	return nil
}

// requireList finds a list that is not, and cannot become, these texts. Messages call it name.
func (v value) requireList(name string, be ...string) []finding {
	same := func(got value, be string) bool { return got.canBe(be) }
	if v.isUnknown() || v.v.IsArray() && slices.EqualFunc(v.list(), be, same) {
		return nil
	}
	return []finding{{fmt.Sprintf("%s is %s", name, v), fmt.Sprintf("set it to %q", be)}}
}

// requireOne checks the only element of a list, and finds a list with more elements or none.
func requireOne(list value, what string, check func(value) []finding) []finding {
	if list.isUnknown() {
		return nil
	}
	if n := len(list.list()); n != 1 {
		return []finding{{fmt.Sprintf("it has %d %ss", n, what), "give it exactly one"}}
	}
	return check(list.list()[0])
}
