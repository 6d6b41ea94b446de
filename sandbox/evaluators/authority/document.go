package authority

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Document is a parsed policy document.
type Document struct {
	Version   string
	Statement []Statement
}

// Statement is one statement of a document.
type Statement struct {
	Sid       string                    `json:",omitempty"`
	Effect    string                    `json:",omitempty"`
	Principal any                       `json:",omitempty"`
	Action    StringList                `json:",omitempty"`
	Resource  StringList                `json:",omitempty"`
	Condition map[string]map[string]any `json:",omitempty"`
}

// StringList is an element that IAM accepts as a string or as a list.
type StringList []string

// UnmarshalJSON reads either form.
func (w *StringList) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*w = StringList{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(w))
}

// Parse parses a document. An element that Statement lacks, such as NotAction, is an error, because
// it would be lost.
func Parse(document string) (Document, error) {
	var raw struct{ Statement json.RawMessage }
	d := Document{Version: "2012-10-17"}
	if err := json.Unmarshal([]byte(document), &raw); err != nil {
		return d, err
	}
	if len(raw.Statement) > 0 && raw.Statement[0] == '{' {
		raw.Statement = slices.Concat([]byte("["), raw.Statement, []byte("]"))
	}
	var fields []map[string]json.RawMessage
	if err := json.Unmarshal(raw.Statement, &fields); err != nil {
		return d, err
	}
	for _, f := range fields {
		for name := range f {
			if !slices.Contains([]string{"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}, name) {
				return d, fmt.Errorf("a statement has %s", name)
			}
		}
	}
	return d, json.Unmarshal(raw.Statement, &d.Statement)
}

// Without is the document with one statement that no request meets, which removes its effect.
// The statement stays because AWS accepts no document without one.
func (d Document) Without(statement int) string {
	d.Statement = slices.Clone(d.Statement)
	d.Statement[statement].Condition = map[string]map[string]any{"StringEquals": {"aws:PrincipalAccount": "removed"}}
	return d.json()
}

// WithoutAction is the document without one action of a statement.
func (d Document) WithoutAction(statement int, action string) string {
	left := slices.DeleteFunc(slices.Clone(d.Statement[statement].Action), func(a string) bool { return a == action })
	if len(left) == 0 {
		return d.Without(statement)
	}
	d.Statement = slices.Clone(d.Statement)
	d.Statement[statement].Action = left
	return d.json()
}

func (d Document) json() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // cannot happen: the document was parsed from JSON
	}
	return string(text)
}
