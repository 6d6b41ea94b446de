package catalogue

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// Rule is an EventBridge rule that reports the calls of some rows: those on one target
// that the same may make.
type Rule struct {
	// Name is the rule's, after the gate's.
	Name string
	// What is called, for a person.
	What string
	// Reads is whether it needs the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS.
	Reads bool
	// Pipeline is whether the calls change what delivers: these are contained.
	Pipeline bool
	// Global is whether CloudTrail tells of the calls, or of some, in the region of IAM.
	Global bool
	// Parameters are the paths in an event, from detail on, that name the part.
	Parameters []string
	// OfKeys is whether the pattern names keys, whose ids are KMS's to give.
	OfKeys bool

	target  Target
	by      []string
	calls   []Call
	members []string // of the target, where a pattern names each: a part of them
}

// Known are what a pattern names and settings do not know.
type Known struct {
	// Keys are the ARNs of the gate's keys, by purpose.
	Keys map[string]string
	// Rotators are the ARNs of the roles that rotate secrets.
	Rotators []string
}

// MaxPattern is how long an event pattern may be, in characters (Amazon EventBridge
// quotas, Event pattern size; it can be raised on request).
const MaxPattern = 2048

// Alerts are the rules of all rows that are reported, in the order of the table.
// Every such row is in exactly one of them, but where a stack has not what it is made on.
func Alerts(s *settings.Settings) []Rule {
	var rules []Rule
	for _, c := range Calls {
		if c.Reported != Alert && c.Reported != AlertOnRead || len(c.On.Resources(s)) == 0 {
			continue
		}
		i := slices.IndexFunc(rules, func(r Rule) bool {
			return r.Name == name(s, c)
		})
		if i < 0 {
			i = len(rules)
			seen := sightings[c.On]
			rules = append(rules, Rule{
				Name: name(s, c), What: c.On.scope().what, Reads: c.Reported == AlertOnRead, Pipeline: seen.pipeline && c.Reported == Alert,
				OfKeys: seen.keys != nil, target: c.On, by: c.By,
			})
		}
		rules[i].calls = append(rules[i].calls, c)
		rules[i].Global = rules[i].Global || slices.Contains(globalServices, c.service())
	}
	var split []Rule
	for _, r := range rules {
		r.Parameters = r.parameters()
		if sightings[r.target].members == nil {
			split = append(split, r)
			continue
		}
		for i, some := range r.inPatterns(s) {
			part := r
			if part.members = some; i > 0 {
				part.Name += "-" + strconv.Itoa(i+1)
			}
			split = append(split, part)
		}
	}
	return split
}

// inPatterns cuts the members of a target into so many at a time that a pattern has
// room for them.
func (r Rule) inPatterns(s *settings.Settings) [][]string {
	var all [][]string
	for _, name := range sightings[r.target].members(s) {
		if last := len(all) - 1; last >= 0 {
			r.members = append(slices.Clone(all[last]), name)
			if len(r.Pattern(s, Known{})) <= MaxPattern {
				all[last] = r.members
				continue
			}
		}
		all = append(all, []string{name})
	}
	return all
}

// name is that of the rule of a row: on-repositories-but-build-reads.
func name(s *settings.Settings, c Call) string {
	var text strings.Builder
	text.WriteString("on")
	for _, letter := range string(c.On) {
		if unicode.IsUpper(letter) {
			text.WriteByte('-')
		}
		text.WriteRune(unicode.ToLower(letter))
	}
	if by := present(s, c.By); len(by) > 0 {
		text.WriteString("-but-" + strings.ToLower(by[0]))
	}
	if c.Reported == AlertOnRead {
		text.WriteString("-reads")
	}
	if c.ofTwo() {
		text.WriteString("-alias")
	}
	return text.String()
}

// ofTwo is whether the call is on two targets at once: it gives a key an alias.
func (c Call) ofTwo() bool { return c.Action == "kms:CreateAlias" && c.On == Keys }

// service is the part of the action that IAM puts before the colon.
func (c Call) service() string {
	service, _, _ := strings.Cut(c.Action, ":")
	return service
}

// operation is the part behind it.
func (c Call) operation() string {
	_, operation, _ := strings.Cut(c.Action, ":")
	return operation
}

// pattern is the JSON of an event pattern.
type pattern map[string]any

// Pattern is the rule's event pattern. It is longer than MaxPattern where the names
// that it has to leave out are too many.
func (r Rule) Pattern(s *settings.Settings, known Known) string {
	detail := pattern{"eventSource": r.eventSources(), "userIdentity": r.others(s, known)}
	if some := r.sights(s, known); len(some) == 1 {
		for key, value := range some[0] {
			detail[key] = value
		}
	} else {
		detail["$or"] = some
	}
	text, _ := json.Marshal(pattern{ // of texts only
		// Whoever may put events puts none of a source that begins so (EventBridge API, PutEvents).
		"source":      []any{pattern{"prefix": "aws."}},
		"detail-type": []string{"AWS API Call via CloudTrail"},
		"detail":      detail,
	})
	return string(text)
}

// eventSources are how CloudTrail calls the services.
func (r Rule) eventSources() []string {
	var sources []string
	for _, c := range r.calls {
		service := c.service()
		if service == "cloudwatch" {
			service = "monitoring"
		}
		sources = append(sources, service+".amazonaws.com")
	}
	return unique(sources)
}

// sights are the alternatives of what an event says: calls, and the parameter that
// names the part.
func (r Rule) sights(s *settings.Settings, known Known) []pattern {
	var paths []string
	names := map[string][]string{}
	for _, c := range r.calls {
		for _, path := range c.parameters() {
			if names[path] == nil {
				paths = append(paths, path)
			}
			names[path] = append(names[path], c.eventNames()...)
		}
	}
	var all []pattern
	for _, path := range paths {
		sight := pattern{"eventName": names[path]}
		if values := r.values(path, s, known); len(values) > 0 {
			sight.put(path, values)
		}
		if r.calls[0].ofTwo() { // of an alias like the gate's own, the rule of aliases tells
			sight.put(request+"aliasName", []any{pattern{"anything-but": pattern{"prefix": naming.New(s).KeyAlias("")}}})
		}
		all = append(all, sight)
	}
	return all
}

// put writes values at a path, whose last part may be of an array's elements.
func (p pattern) put(path string, values []any) {
	first, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		p[first] = values
		return
	}
	below, ok := p[first].(pattern)
	if !ok {
		below = pattern{}
		p[first] = below
	}
	below.put(rest, values)
}

// values are what the parameter at a path matches.
func (r Rule) values(path string, s *settings.Settings, known Known) []any {
	seen := sightings[r.target]
	switch {
	case seen.keys != nil:
		var arns []any
		for _, purpose := range seen.keys(known) {
			arns = append(arns, known.Keys[purpose])
		}
		return arns
	case r.members != nil:
		return seen.named(path, r.members)
	case seen.is != nil:
		return seen.is(naming.New(s), s)
	}
	return nil
}

// parameters are the paths of all calls.
func (r Rule) parameters() []string {
	var paths []string
	for _, c := range r.calls {
		for _, path := range c.parameters() {
			switch path {
			case "": // on the account
			case keyARN:
				paths = append(paths, strings.Replace(keyARN, ".", "[0].", 1))
			default:
				paths = append(paths, path)
			}
		}
	}
	return unique(paths)
}

// others are all but who may make the calls.
func (r Rule) others(s *settings.Settings, known Known) pattern {
	// A service that works for itself has no session; what it may do, policies say that
	// name it. Everybody else without one, IAM users and root among them, is told of.
	who := pattern{"type": []any{pattern{"anything-but": []string{"AWSService"}}}}
	if r.target == BreakGlass { // every use of it is told of
		return who
	}
	var these []string
	for _, arn := range may(s, "", r.by, known.Rotators) {
		if arn != s.Access.BreakGlassArn {
			these = append(these, arn)
		}
	}
	// The issuer is the role, whose ARN has its path; of a federated user it is a user,
	// who may be called like a role.
	who["sessionContext"] = pattern{"sessionIssuer": pattern{"arn": []any{
		pattern{"anything-but": pattern{"wildcard": these}}, pattern{"exists": false},
	}}}
	return who
}
