package knownstate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// document is an IAM policy in which what AWS writes in more than one way has one: a
// list of one may stand as its element, the order of statements and of all lists in
// them says nothing, and everybody is * or {"AWS": "*"}. ECR and IAM write such
// documents anew.
func document(text any) (any, error) {
	var d map[string]any
	if err := json.Unmarshal([]byte(fmt.Sprint(text)), &d); err != nil {
		return nil, fmt.Errorf("policy document: %w", err)
	}
	statements := list(d["Statement"])
	for _, one := range statements {
		s, is := one.(map[string]any)
		if !is {
			return nil, fmt.Errorf("policy document: a statement is %v", one)
		}
		for _, key := range []string{"Action", "NotAction", "Resource", "NotResource"} {
			s[key] = set(s[key])
		}
		for _, key := range []string{"Principal", "NotPrincipal"} {
			if s[key] == "*" {
				s[key] = map[string]any{"AWS": "*"}
			}
			sets(s[key])
		}
		if operators, is := s["Condition"].(map[string]any); is {
			for _, keys := range operators {
				sets(keys)
			}
		}
	}
	slices.SortStableFunc(statements, by("Sid"))
	d["Statement"] = statements
	return d, nil
}

// by compares objects by a member.
func by(member string) func(a, b any) int {
	return func(a, b any) int {
		x, _ := a.(map[string]any)
		y, _ := b.(map[string]any)
		return compareTexts(x[member], y[member])
	}
}

// sets makes a set of each member of an object.
func sets(object any) {
	if members, is := object.(map[string]any); is {
		for key := range maps.Keys(members) {
			members[key] = set(members[key])
		}
	}
}

// list is a list, of one where there is no list, of none where there is nothing.
func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// set is a list of texts, sorted, each once.
func set(value any) []any {
	texts := slices.Clone(list(value))
	for i, one := range texts {
		switch v := one.(type) {
		case bool: // IAM takes true for "true"
			texts[i] = strconv.FormatBool(v)
		case float64:
			texts[i] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	slices.SortFunc(texts, compareTexts)
	return slices.Compact(texts)
}

// compareTexts orders texts by their bytes, and what is none before them.
func compareTexts(a, b any) int {
	x, _ := a.(string)
	y, _ := b.(string)
	return strings.Compare(x, y)
}
