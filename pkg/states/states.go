// Package states writes state machines of AWS Step Functions, in the Amazon States
// Language with JSONPath.
package states

import (
	"encoding/json"
	"fmt"
	"strings"
)

// MaxDefinition is the most bytes of a definition. It cannot be raised: AWS Step Functions Developer Guide, Service
// quotas.
const MaxDefinition = 1 << 20

// Machine is a state machine, or the item processor of a Map state.
type Machine struct {
	Comment string            `json:",omitempty"`
	Config  map[string]string `json:"ProcessorConfig,omitempty"` // of an item processor
	StartAt string
	// TimeoutSeconds ends an execution that takes longer; 0 never.
	TimeoutSeconds int `json:",omitempty"`
	States         map[string]State
}

// State is a state. Each type uses some of the fields.
type State struct {
	Type    string
	Comment string `json:",omitempty"`
	// Next is the next state; End is whether the state is the last.
	Next string `json:",omitempty"`
	End  bool   `json:",omitempty"`

	InputPath  string `json:",omitempty"`
	ResultPath string `json:",omitempty"`

	// Pass and Task. Fields that end with .$ are paths or intrinsic functions.
	Parameters     Fields `json:",omitempty"`
	Result         any    `json:",omitempty"`
	Resource       string `json:",omitempty"`
	ResultSelector Fields `json:",omitempty"`

	// Task and Map.
	Retry []Retrier `json:",omitempty"`
	Catch []Catcher `json:",omitempty"`

	// Choice.
	Choices []Rule `json:",omitempty"`
	Default string `json:",omitempty"`

	// Map.
	ItemsPath      string   `json:",omitempty"`
	ItemSelector   Fields   `json:",omitempty"`
	MaxConcurrency int      `json:",omitempty"`
	ItemProcessor  *Machine `json:",omitempty"`

	// Fail.
	Error string `json:",omitempty"`
	Cause string `json:",omitempty"`
}

// Fields are the input or the output of a state.
type Fields map[string]any

// Retrier says how often and after how long a state is retried.
type Retrier struct {
	ErrorEquals     []string
	MaxAttempts     int
	IntervalSeconds int     `json:",omitempty"`
	BackoffRate     float64 `json:",omitempty"`
	MaxDelaySeconds int     `json:",omitempty"`
	JitterStrategy  string  `json:",omitempty"`
}

// Catcher names the next state after an error that is not retried.
type Catcher struct {
	ErrorEquals []string
	ResultPath  string `json:",omitempty"`
	Next        string
}

// Rule is a rule of a Choice state: a comparison, or all of And, and the next state.
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

// AllErrors matches every error that a state can catch.
var AllErrors = []string{"States.ALL"}

// InlineMap is the item processor of a Map state that runs in the same execution.
func InlineMap(startAt string, states map[string]State) *Machine {
	return &Machine{Config: map[string]string{"Mode": "INLINE"}, StartAt: startAt, States: states}
}

// IsPresent is true where the path exists. Every other comparison fails the execution where it does not, so that
// IsString and StringEquals test it first.
func IsPresent(path string) Rule { return Rule{Variable: path, IsPresent: new(true)} }

// IsString is true where the path has a string.
func IsString(path string) Rule {
	return Rule{And: []Rule{IsPresent(path), {Variable: path, IsString: new(true)}}}
}

// StringEquals is true where the path has the given string.
func StringEquals(path, text string) Rule {
	return Rule{And: []Rule{IsPresent(path), {Variable: path, StringEquals: new(text)}}}
}

// IsTrue is true where the path has the value true.
func IsTrue(path string) Rule { return Rule{Variable: path, BooleanEquals: new(true)} }

// IsFalse is true where the path has the value false.
func IsFalse(path string) Rule { return Rule{Variable: path, BooleanEquals: new(false)} }

// IsPositive is true where the path has a number above 0.
func IsPositive(path string) Rule { return Rule{Variable: path, NumericGreaterThan: new(0)} }

// To is the rule with a next state.
func (r Rule) To(next string) Rule {
	r.Next = next
	return r
}

// Format is the intrinsic function that replaces each {} of a text by a value. The text must have no quote and no other
// brace.
func Format(text string, values ...string) string {
	return call("Format", append([]string{"'" + text + "'"}, values...)...)
}

// FormatPath is Format of the text at a path, which may have any character.
func FormatPath(path string, values ...string) string {
	return call("Format", append([]string{path}, values...)...)
}

// JSONToString is the intrinsic function that writes a value as JSON.
func JSONToString(value string) string { return call("JsonToString", value) }

// Array is an array of values.
func Array(values ...string) string { return call("Array", values...) }

// ArrayContains is whether an array has a value.
func ArrayContains(array, value string) string { return call("ArrayContains", array, value) }

// ArrayLength is the number of an array's values.
func ArrayLength(array string) string { return call("ArrayLength", array) }

// ArrayFirst is the first value of an array.
func ArrayFirst(array string) string { return call("ArrayGetItem", array, "0") }

func call(name string, args ...string) string {
	return "States." + name + "(" + strings.Join(args, ", ") + ")"
}

// Text is the definition as JSON.
func (m Machine) Text() (string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	if len(text) > MaxDefinition {
		return "", fmt.Errorf("the definition has %d bytes, and Step Functions accepts %d", len(text), MaxDefinition)
	}
	return string(text), nil
}
