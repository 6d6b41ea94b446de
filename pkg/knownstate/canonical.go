package knownstate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Canonical is a value as JSON, the same text for equal values: keys are sorted, there is no white
// space, and an object has no member that is null, an empty string, an empty list or an empty object.
// Strings are escaped as jq does it.
func Canonical(value any) []byte { return appendValue(nil, value) }

func appendValue(to []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(to, "null"...)
	case bool:
		return strconv.AppendBool(to, v)
	case string:
		return appendString(to, v)
	case int:
		return strconv.AppendInt(to, int64(v), 10)
	case float64: // of JSON; every number that is compared is whole
		return strconv.AppendFloat(to, v, 'f', -1, 64)
	case []any:
		to = append(to, '[')
		for i, one := range v {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendValue(to, one)
		}
		return append(to, ']')
	case map[string]any:
		to = append(to, '{')
		first := true
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if isEmpty(v[key]) {
				continue
			}
			if !first {
				to = append(to, ',')
			}
			first = false
			to = append(appendString(to, key), ':')
			to = appendValue(to, v[key])
		}
		return append(to, '}')
	default:
		return appendString(to, fmt.Sprint(v))
	}
}

// isEmpty is whether an object means the same without a member of this value.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, member := range v {
			if !isEmpty(member) {
				return false
			}
		}
		return true
	}
	return false
}

func appendString(to []byte, text string) []byte {
	const digits = "0123456789abcdef"
	short := map[byte]byte{'"': '"', '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't'}
	to = append(to, '"')
	for i := range len(text) {
		c := text[i]
		switch escaped, is := short[c]; {
		case is:
			to = append(to, '\\', escaped)
		case c < ' ' || c == 0x7f:
			to = append(to, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			to = append(to, c)
		}
	}
	return append(to, '"')
}
