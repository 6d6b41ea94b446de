package settings

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kind is the type of a value in the configuration.
type kind int

const (
	text kind = iota
	number
	boolean
	list
	object
	dictionary // an object with any keys
	scalar     // a text, a number or a boolean
)

// mismatch says what is wrong with a value of another kind.
func (k kind) mismatch(known []string) (what, remedy string) {
	switch k {
	case number:
		return "is not a whole number", "write digits, without quotes and without a fraction"
	case boolean:
		return "is neither true nor false", "write true or false"
	case list:
		return "is not a list", "write its items below the key, each after a hyphen"
	case object:
		return "is not an object", "write these below the key: " + strings.Join(known, ", ")
	case dictionary:
		return "is not an object", "write a name and a value on each line below the key"
	case scalar:
		return "is not a single value", "write a text, a number, true or false"
	default:
		return "is not a text", "write one value, in quotes"
	}
}

func (k kind) holds(value any) bool {
	ok := false
	switch k {
	case text:
		_, ok = value.(string)
	case number:
		var n float64
		n, ok = value.(float64)
		ok = ok && n == math.Trunc(n)
	case boolean:
		_, ok = value.(bool)
	case list:
		_, ok = value.([]any)
	case object, dictionary:
		_, ok = value.(map[string]any)
	case scalar:
		switch value.(type) {
		case string, float64, bool:
			ok = true
		}
	}
	return ok
}

// parse reads a value of Pulumi's configuration, where every value is text, and lists and
// objects are JSON. A value that cannot be parsed stays text, and the check reports the wrong
// kind.
func (k kind) parse(config string) any {
	var value any
	switch {
	case k == text:
		return config
	case k == boolean && config != "true" && config != "false":
		return config
	case json.Unmarshal([]byte(config), &value) != nil:
		return config
	}
	return value
}

// place is where a value is set.
type place struct {
	config string // the key of Pulumi's configuration: prodgate:apps
	key    string // the whole path, for messages: prodgate:apps[2].folder
	path   string // the key in the table: apps[].folder
}

func (p place) child(name string) place {
	return place{p.config, p.key + "." + escapeKey(name), strings.TrimPrefix(p.path+"."+name, ".")}
}

func (p place) item(i int) place {
	return place{p.config, p.key + "[" + strconv.Itoa(i) + "]", p.path + "[]"}
}

func (p place) entry(name string) place {
	return place{p.config, p.key + "[" + show(name) + "]", p.path + "[]"}
}

// name is the path without the namespace, for a message about another key.
func (p place) name() string { return p.key[strings.Index(p.key, ":")+1:] }

// isOfSecret reports whether the place is in an entry of an app's secrets.
func (p place) isOfSecret() bool { return strings.HasPrefix(p.path, "apps[].secrets") }

// show writes a value for a message, and hides every value in an entry of secrets: it may be the secret itself.
func (p place) show(value any) string {
	if p.isOfSecret() {
		return hidden
	}
	return show(value)
}

var simpleKey = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// escapeKey writes a key on one line, and hides a key that looks like a credential.
func escapeKey(name string) string {
	if len(name) <= maxShown && simpleKey.MatchString(name) && !holdsCredential(name) {
		return name
	}
	return show(name)
}

// checker collects problems.
type checker struct {
	namespace string // prodgate
	secret    func(config string) bool
	isSet     map[string]bool // the keys that are set, as messages name them
	problems  Problems
}

// top is the place of one of Pulumi's keys.
func (c *checker) top(name string) place {
	return place{c.namespace + ":" + name, c.namespace + ":" + escapeKey(name), name}
}

func (c *checker) add(at place, value, what, remedy string) {
	if (c.secret(at.config) || at.path == chatWebhook) && value != absent {
		value = hidden
	}
	c.problems = append(c.problems, Problem{at.key, value, what, remedy})
}

// hasProblem reports whether exactly this key has a problem already.
func (c *checker) hasProblem(at place) bool {
	return slices.ContainsFunc(c.problems, func(p Problem) bool { return p.Key == at.key })
}

// checkAll checks every value that is set, from the top level down.
func (c *checker) checkAll(values map[string]any) {
	c.checkKeys(values, children[""], c.top)
}

// checkValue checks one value and all it contains.
func (c *checker) checkValue(at place, r setting, value any) {
	known := children[r.key]
	holds := r.kind.holds(value)
	a := ""
	if _, word := value.(string); word || !holds { // else each item and entry is checked
		a = findCredential(value)
	}
	switch {
	case value == nil:
		c.add(at, "null", "is not a value", "set one, or leave the key out")
		return
	case a != "":
		c.add(at, hidden, "looks like "+a, credentialRemedy)
		return
	case !holds:
		what, remedy := r.kind.mismatch(known)
		c.add(at, at.show(value), what, remedy)
		return
	}
	if what, remedy := r.findFault(value); what != "" {
		c.add(at, show(value), what, remedy)
	}
	switch r.kind {
	case list:
		c.checkItems(at, value.([]any))
	case dictionary:
		entries := value.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			entry := at.entry(name)
			if a := findCredential(name); a != "" {
				c.add(entry, hidden, "looks like "+a, credentialRemedy)
			} else if what, remedy := settingOf[r.key+"{}"].findFault(name); what != "" {
				c.add(entry, show(name), what, remedy)
			}
			c.checkValue(entry, settingOf[entry.path], entries[name])
		}
	case object:
		c.checkKeys(value.(map[string]any), known, at.child)
	}
}

// checkItems checks a list. No list may have the same text twice.
func (c *checker) checkItems(at place, items []any) {
	first := map[string]int{}
	for i, item := range items {
		c.checkValue(at.item(i), settingOf[at.item(i).path], item)
		word, _ := item.(string)
		if earlier, twice := first[word]; twice && word != "" {
			c.add(at.item(i), show(word), fmt.Sprintf("is already listed as [%d]", earlier), "leave one of them out")
			continue
		}
		first[word] = i
	}
}

// checkKeys checks an object: the keys it has, the keys it lacks, and unknown keys.
func (c *checker) checkKeys(values map[string]any, known []string, child func(string) place) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		at := child(name)
		c.isSet[at.key] = true
		if slices.Contains(known, name) {
			c.checkValue(at, settingOf[at.path], values[name])
		} else {
			c.addUnknown(at, name, known, values[name])
		}
	}
	for _, name := range known {
		if _, there := values[name]; there {
			continue
		}
		at := child(name)
		switch r := settingOf[at.path]; {
		case r.required:
			c.add(at, absent, "is required", r.remedy)
		case r.kind == object:
			// Without the object its required keys are missing too.
			c.checkKeys(nil, children[at.path], at.child)
		}
	}
}

func (c *checker) addUnknown(at place, name string, known []string, value any) {
	// Without --path, pulumi config set uses source.owner as the name of a key.
	outer := name[:strings.IndexAny(name+".", ".[")]
	what, remedy := "is set under an unknown key", hint(name, known, "")
	a := cmp.Or(findCredential(name), findCredential(value))
	shown := at.show(value)
	if secretName.MatchString(name) {
		shown = hidden
	}
	switch {
	case a != "":
		shown, what, remedy = hidden, "looks like "+a, credentialRemedy
	case at.isOfSecret() && secretName.MatchString(name):
		what, remedy = "is the value of a secret, which does not belong in settings", "store it in Secrets Manager and name it here"
	case name == "region" && at.config == c.namespace+":region":
		remedy = "set aws:region, which the AWS provider reads too"
	case outer != name && slices.Contains(known, outer):
		remedy = "write it below " + outer + ", or give pulumi config set the flag --path"
	}
	c.add(at, shown, what, remedy)
}

var (
	// settingOf finds a setting by its key.
	settingOf = map[string]setting{}
	// children are the sorted names of an object's keys, by the object's key.
	children = map[string][]string{}
)

func init() {
	for _, r := range table {
		settingOf[r.key] = r
		if strings.HasSuffix(r.key, "]") || strings.HasSuffix(r.key, "}") {
			continue
		}
		cutAt := strings.LastIndex(r.key, ".")
		parent := r.key[:max(cutAt, 0)]
		children[parent] = append(children[parent], r.key[cutAt+1:])
	}
	for _, names := range children {
		slices.Sort(names)
	}
}
