package knownstate

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// document is an IAM policy document in one form where AWS accepts several: a list of one may be written as its
// element, the order of statements and of the lists in them has no meaning, and every principal is * or {"AWS": "*"}.
// ECR and IAM rewrite the documents that they are given.
func document(text any) (any, error) {
	d, err := normalizeDocument(text)
	if err != nil {
		return nil, fmt.Errorf("policy document: %w", err)
	}
	return d, nil
}

// json is a text in JSON as a value; nil where there is none.
func (r *Reader) json(what string, text any) any {
	if isEmpty(text) {
		return nil
	}
	var value any
	if err := json.Unmarshal([]byte(fmt.Sprint(text)), &value); err != nil {
		r.fail(fmt.Errorf("%s: %w", what, err))
	}
	return value
}

func normalizeDocument(text any) (map[string]any, error) {
	var d map[string]any
	if err := json.Unmarshal([]byte(fmt.Sprint(text)), &d); err != nil {
		return nil, err
	}
	if d == nil {
		return nil, errors.New("it is null")
	}
	statements := asList(d["Statement"])
	for _, statement := range statements {
		s, is := statement.(map[string]any)
		if !is {
			return nil, fmt.Errorf("a statement is %v", statement)
		}
		if err := normalizeStatement(s); err != nil {
			return nil, fmt.Errorf("statement %v: %w", s["Sid"], err)
		}
	}
	slices.SortStableFunc(statements, byMember("Sid"))
	d["Statement"] = statements
	return d, nil
}

func normalizeStatement(s map[string]any) error {
	for _, key := range []string{"Action", "NotAction", "Resource", "NotResource"} {
		if err := sortMember(s, key); err != nil {
			return err
		}
	}
	for _, key := range []string{"Principal", "NotPrincipal"} {
		if s[key] == "*" {
			s[key] = map[string]any{"AWS": "*"}
		}
		if err := sortMembers(s[key]); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	operators, _ := s["Condition"].(map[string]any)
	for operator, keys := range operators {
		if err := sortMembers(keys); err != nil {
			return fmt.Errorf("condition %s: %w", operator, err)
		}
	}
	return nil
}

// byMember compares objects by a member.
func byMember(member string) func(a, b any) int {
	return func(a, b any) int {
		x, _ := a.(map[string]any)
		y, _ := b.(map[string]any)
		return compareStrings(x[member], y[member])
	}
}

// sortMember makes a sorted set of a member of an object.
func sortMember(object map[string]any, key string) error {
	set, err := sortedSet(object[key])
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	object[key] = set
	return nil
}

// sortMembers makes a sorted set of each member of an object.
func sortMembers(object any) error {
	members, _ := object.(map[string]any)
	for key := range members {
		if err := sortMember(members, key); err != nil {
			return err
		}
	}
	return nil
}

// asList is a list; a list of one where the value is none, and an empty one where there is no value.
func asList(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// sortedSet is a list of strings, sorted, each once. Any other element is an error, but a truth value or a number: IAM
// takes true for "true".
func sortedSet(value any) ([]any, error) {
	set := slices.Clone(asList(value))
	for i, element := range set {
		switch v := element.(type) {
		case string:
		case bool:
			set[i] = strconv.FormatBool(v)
		case float64:
			set[i] = strconv.FormatFloat(v, 'f', -1, 64)
		default:
			return nil, fmt.Errorf("a %T where a string is expected", element)
		}
	}
	slices.SortFunc(set, compareStrings)
	return slices.Compact(set), nil
}

// compareStrings orders strings by their bytes, and any other value before them.
func compareStrings(a, b any) int {
	x, _ := a.(string)
	y, _ := b.(string)
	return strings.Compare(x, y)
}
