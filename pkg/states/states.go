// Package states writes state machines of AWS Step Functions, in the Amazon States
// Language with JSONPath.
package states

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Limits of Step Functions that cannot be raised. AWS Step Functions Developer Guide,
// Service quotas.
const (
	// MaxDefinition is how long a definition may be, in bytes.
	MaxDefinition = 1 << 20
	// MaxHistory is how many events an execution may have.
	MaxHistory = 25000
	// MaxPayload is how long what a state is given, or gives, may be, in bytes.
	MaxPayload = 256 << 10
)

// Machine is a state machine, or what a Map does with each item.
type Machine struct {
	Comment string            `json:",omitempty"`
	Config  map[string]string `json:"ProcessorConfig,omitempty"` // of a Map's
	StartAt string
	// TimeoutSeconds ends an execution that takes longer; 0 never.
	TimeoutSeconds int `json:",omitempty"`
	States         map[string]State
}

// State is one state. Each type has its own fields of these.
type State struct {
	Type    string
	Comment string `json:",omitempty"`
	// Next is the state after this one; End is whether there is none.
	Next string `json:",omitempty"`
	End  bool   `json:",omitempty"`

	InputPath  string `json:",omitempty"`
	ResultPath string `json:",omitempty"`

	// Of a Pass and a Task. Fields that end with .$ are paths or intrinsic functions.
	Parameters     Fields `json:",omitempty"`
	Result         any    `json:",omitempty"`
	Resource       string `json:",omitempty"`
	ResultSelector Fields `json:",omitempty"`

	// Of a Task and a Map.
	Retry []Retrier `json:",omitempty"`
	Catch []Catcher `json:",omitempty"`

	// Of a Choice.
	Choices []Rule `json:",omitempty"`
	Default string `json:",omitempty"`

	// Of a Map.
	ItemsPath      string   `json:",omitempty"`
	ItemSelector   Fields   `json:",omitempty"`
	MaxConcurrency int      `json:",omitempty"`
	ItemProcessor  *Machine `json:",omitempty"`

	// Of a Fail.
	Error string `json:",omitempty"`
	Cause string `json:",omitempty"`
}

// Fields are what a state is given or gives.
type Fields map[string]any

// Retrier says how often, and how long after, a state is tried again.
type Retrier struct {
	ErrorEquals     []string
	MaxAttempts     int
	IntervalSeconds int     `json:",omitempty"`
	BackoffRate     float64 `json:",omitempty"`
	MaxDelaySeconds int     `json:",omitempty"`
	JitterStrategy  string  `json:",omitempty"`
}

// Catcher says where a state goes on that failed for good.
type Catcher struct {
	ErrorEquals []string
	ResultPath  string `json:",omitempty"`
	Next        string
}

// Rule is a rule of a Choice: a comparison, or all of And, and the state it leads to.
type Rule struct {
	Variable           string  `json:",omitempty"`
	IsPresent          *bool   `json:",omitempty"`
	IsString           *bool   `json:",omitempty"`
	StringEquals       *string `json:",omitempty"`
	BooleanEquals      *bool   `json:",omitempty"`
	NumericGreaterThan *int    `json:",omitempty"`
	And                []Rule  `json:",omitempty"`
	Next               string  `json:",omitempty"`
}

// All is every error that can be caught.
var All = []string{"States.ALL"}

// Every is how a Map does the same with each item, in the execution that it is of.
func Every(startAt string, states map[string]State) *Machine {
	return &Machine{Config: map[string]string{"Mode": "INLINE"}, StartAt: startAt, States: states}
}

// Present holds where there is something at a path. Every other comparison fails an
// execution whose input has nothing there, so that Text and Is ask for that first.
func Present(path string) Rule { return Rule{Variable: path, IsPresent: new(true)} }

// Text holds where there is a text at a path, Is where it is this one.
func Text(path string) Rule {
	return Rule{And: []Rule{Present(path), {Variable: path, IsString: new(true)}}}
}
func Is(path, text string) Rule {
	return Rule{And: []Rule{Present(path), {Variable: path, StringEquals: new(text)}}}
}

// True holds where true is at a path, False where false is.
func True(path string) Rule  { return Rule{Variable: path, BooleanEquals: new(true)} }
func False(path string) Rule { return Rule{Variable: path, BooleanEquals: new(false)} }

// Some holds where the number at a path is more than none.
func Some(path string) Rule { return Rule{Variable: path, NumericGreaterThan: new(0)} }

// To is a rule that leads to a state.
func (r Rule) To(next string) Rule {
	r.Next = next
	return r
}

// Format is the intrinsic function that puts values into the places {} of a text. The
// text must have no quote and no other brace.
func Format(text string, values ...string) string {
	return call("Format", append([]string{"'" + text + "'"}, values...)...)
}

// Filled is Format of a text that stands at a path, where it may have any character.
func Filled(path string, values ...string) string {
	return call("Format", append([]string{path}, values...)...)
}

// JSON is the intrinsic function that writes a value as JSON.
func JSON(value string) string { return call("JsonToString", value) }

// Array is an array of values, Contains whether an array has a value, Length how many
// it has, and First the first of them.
func Array(values ...string) string       { return call("Array", values...) }
func Contains(array, value string) string { return call("ArrayContains", array, value) }
func Length(array string) string          { return call("ArrayLength", array) }
func First(array string) string           { return call("ArrayGetItem", array, "0") }
func call(name string, args ...string) string {
	return "States." + name + "(" + strings.Join(args, ", ") + ")"
}

// Text is the definition, as AWS takes it.
func (m Machine) Text() (string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	if len(text) > MaxDefinition {
		return "", fmt.Errorf("the definition has %d bytes, Step Functions takes %d", len(text), MaxDefinition)
	}
	return string(text), nil
}
