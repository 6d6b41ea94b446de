// Package patterntest judges EventBridge event patterns in tests, by the operators that the gate uses (Amazon EventBridge User
// Guide, Comparison operators). The proofs ask the sandbox's EventBridge, which gives the verdicts of AWS's own event-ruler.
package patterntest

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Matches is whether an event matches a pattern.
func Matches(t testing.TB, text string, event map[string]any) bool {
	t.Helper()
	return object(t, parsed(t, text), event)
}

// known are patterns that were asked for before.
var known sync.Map

func parsed(t testing.TB, text string) map[string]any {
	t.Helper()
	if p, is := known.Load(text); is {
		return p.(map[string]any)
	}
	var p map[string]any
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	known.Store(text, p)
	return p
}

func object(t testing.TB, p map[string]any, event any) bool {
	t.Helper()
	for key, matchers := range p {
		if key == "$or" {
			if !slices.ContainsFunc(matchers.([]any), func(one any) bool { return object(t, one.(map[string]any), event) }) {
				return false
			}
			continue
		}
		values := below(event, key)
		if deeper, ok := matchers.(map[string]any); ok {
			if len(values) == 0 {
				values = []any{nil} // of what is absent, that it is can be asked
			}
			if !slices.ContainsFunc(values, func(value any) bool { return object(t, deeper, value) }) {
				return false
			}
			continue
		}
		if !slices.ContainsFunc(matchers.([]any), func(matcher any) bool { return leaf(t, matcher, values) }) {
			return false
		}
	}
	return true
}

// below are the values of a key; of an array's elements, all of theirs.
func below(event any, key string) []any {
	switch e := event.(type) {
	case map[string]any:
		value, there := e[key]
		if list, ok := value.([]any); ok {
			return list
		}
		if there {
			return []any{value}
		}
	case []any:
		var all []any
		for _, one := range e {
			all = append(all, below(one, key)...)
		}
		return all
	}
	return nil
}

func leaf(t testing.TB, matcher any, values []any) bool {
	t.Helper()
	operator, ok := matcher.(map[string]any)
	if !ok {
		return slices.Contains(values, matcher)
	}
	for name, want := range operator {
		if name == "exists" {
			return want.(bool) == (len(values) > 0)
		}
		return slices.ContainsFunc(values, func(value any) bool { return compared(t, name, want, value) })
	}
	return false
}

func compared(t testing.TB, operator string, want, value any) bool {
	t.Helper()
	text, _ := value.(string)
	switch operator {
	case "prefix":
		return strings.HasPrefix(text, want.(string))
	case "suffix":
		return strings.HasSuffix(text, want.(string))
	case "wildcard":
		if list, ok := want.([]any); ok {
			return slices.ContainsFunc(list, func(one any) bool { return compared(t, operator, one, value) })
		}
		return wildcard(want.(string), text)
	case "numeric":
		least := want.([]any)
		number, ok := value.(float64)
		return ok && least[0] == ">=" && number >= least[1].(float64)
	case "anything-but":
		if list, ok := want.([]any); ok {
			return !slices.Contains(list, value)
		}
		for inner, of := range want.(map[string]any) {
			return !compared(t, inner, of, value)
		}
	}
	t.Fatalf("%s is not known here", operator)
	return false
}

func wildcard(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for i, part := range parts[1:] {
		if i == len(parts)-2 {
			return strings.HasSuffix(text, part)
		}
		_, rest, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = rest
	}
	return text == ""
}
