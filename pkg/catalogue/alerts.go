package catalogue

import (
	"encoding/json"
	"slices"
	"sort"
	"strconv"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// AlertRule is an EventBridge rule that reports every write call on some parts of the gate, whichever call it is, by any
// principal that is not authorized.
type AlertRule struct {
	// Name is the rule's name without the gate's prefix.
	Name string
	// What is the description of the parts.
	What string
	// Reads is whether the rule needs the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS.
	Reads bool
	// Sessions is whether the rule reports who assumed a role.
	Sessions bool
	// AffectsDelivery is whether the calls change a part that delivers: they start containment.
	AffectsDelivery bool
	// SecondTopic is whether the rule publishes to the second topic: it reports changes of the first one.
	SecondTopic bool
	// Parameters are the paths below detail that name the part in an event.
	Parameters []string
	// OfKeys is whether the pattern names keys, whose ids KMS gives.
	OfKeys bool

	atoms []atom
}

// DeployedARNs are the ARNs that patterns name and that are known after the deployment only.
type DeployedARNs struct {
	// Keys are the ARNs of the gate's keys, by purpose.
	Keys map[string]string
	// Rotators are the ARNs of the roles that rotate secrets.
	Rotators []string
}

// MaxPattern is the most characters of an event pattern (Amazon EventBridge quotas, Event
// pattern size; it can be raised on request).
const MaxPattern = 2048

// clause says how the events of some services show that a call is on a part of the gate.
type clause struct {
	// sources are the services, by the first label of CloudTrail's event source.
	sources []string
	// calls are matchers of the event's name; none for every call.
	calls []any
	// reads is whether calls that read are matched, and others are not.
	reads bool
	// duties are authorized beside the deployers. Where everyone is set, nobody is left out.
	duties   []string
	everyone bool
	// parts are the paths below detail that name a part, with the values of it.
	parts []part
	// purposes are the keys that the calls are on, where KMS names the part.
	purposes []string
}

// part is a path below detail, and a matcher of what it names.
type part struct {
	path   string
	values []any
}

// atom is the least of a clause that a pattern takes: one matcher of one path.
type atom struct {
	clause *clause
	path   string
	value  any
	// purpose is of the key that the value is the ARN of.
	purpose string
}

// AlertRules are the rules of a stack. Each call that the table reports matches exactly one. A rule whose pattern would be
// longer than MaxPattern is split, by services first.
func AlertRules(s *settings.Settings, rotators []string) []AlertRule {
	var rules []AlertRule
	for _, spec := range ruleSpecs {
		rules = append(rules, spec.rules(s, rotators)...)
	}
	return rules
}

// ForwardedRules are the rules of the region where IAM and Organizations send their events.
func ForwardedRules(s *settings.Settings, rotators []string) []AlertRule {
	var rules []AlertRule
	for _, spec := range forwardSpecs {
		rules = append(rules, spec.rules(s, rotators)...)
	}
	return rules
}

// rules are the rules of a specification: as few as have room for it.
func (spec ruleSpec) rules(s *settings.Settings, rotators []string) []AlertRule {
	rule := AlertRule{
		What: spec.what, Reads: spec.reads, Sessions: spec.sessions, AffectsDelivery: spec.affectsDelivery, SecondTopic: spec.secondTopic,
	}
	estimate := DeployedARNs{Keys: placeholders(s), Rotators: rotators}
	var rules []AlertRule
	for left := atoms(spec.clauses(naming.New(s), s)); len(left) > 0; left = left[len(rule.atoms):] {
		fit := sort.Search(len(left), func(n int) bool {
			rule.atoms = left[:n+1]
			return n > 0 && len(rule.Pattern(s, estimate)) > MaxPattern
		})
		rule.Name, rule.atoms = spec.name, left[:fit]
		if len(rules) > 0 {
			rule.Name += "-" + strconv.Itoa(len(rules)+1)
		}
		rules = append(rules, rule)
	}
	for i := range rules {
		rules[i].Parameters, rules[i].OfKeys = rules[i].parameters(), slices.ContainsFunc(rules[i].atoms, func(a atom) bool { return a.purpose != "" })
	}
	return rules
}

// atoms are the atoms of clauses, in order.
func atoms(clauses []clause) []atom {
	var all []atom
	for i := range clauses {
		c := &clauses[i]
		for _, purpose := range c.purposes {
			all = append(all, atom{clause: c, path: keyARN, purpose: purpose})
		}
		for _, p := range c.parts {
			for _, value := range p.values {
				all = append(all, atom{clause: c, path: p.path, value: value})
			}
		}
	}
	return all
}

// placeholders are ARNs as long as those of keys.
func placeholders(s *settings.Settings) map[string]string {
	p := naming.New(s)
	arns := map[string]string{}
	for _, purpose := range keyPurposes(s) {
		arns[purpose] = strings.TrimSuffix(p.AllKeys(), "*") + strings.Repeat("0", 36)
	}
	return arns
}

// pattern is the JSON of an event pattern.
type pattern map[string]any

// Pattern is the rule's event pattern. It is longer than MaxPattern where too many principals are authorized.
func (r AlertRule) Pattern(s *settings.Settings, known DeployedARNs) string {
	var alternatives []pattern
	var of []*clause
	for _, a := range r.atoms {
		if !slices.Contains(of, a.clause) {
			of = append(of, a.clause)
		}
	}
	for _, c := range of {
		alternatives = append(alternatives, r.clausePattern(c, s, known))
	}
	// What all alternatives share stands once.
	detail := shared(alternatives)
	switch {
	case len(alternatives) == 1:
		detail = alternatives[0]
	default:
		detail["$or"] = alternatives
	}
	// An AWS service that calls as itself has no session, and policies that name it say what it may do.
	detail.put("userIdentity.type", []any{pattern{"anything-but": []string{"AWSService"}}})
	// A data event is none: only some trails log these.
	detail["managementEvent"] = []any{true}
	text, _ := json.Marshal(pattern{ // of texts only
		// PutEvents accepts no source with this prefix (EventBridge API, PutEvents).
		"source":      []any{pattern{"prefix": "aws."}},
		"detail-type": []string{"AWS API Call via CloudTrail"},
		"detail":      detail,
	})
	return string(text)
}

// shared takes the members that all patterns have in common out of them.
func shared(all []pattern) pattern {
	common := pattern{}
	if len(all) < 2 {
		return common
	}
	for key, value := range all[0] {
		if key == "$or" {
			continue
		}
		text, _ := json.Marshal(value)
		same := !slices.ContainsFunc(all, func(p pattern) bool {
			other, _ := json.Marshal(p[key])
			return string(other) != string(text)
		})
		if same {
			common[key] = value
		}
	}
	for key := range common {
		for _, p := range all {
			delete(p, key)
		}
	}
	return common
}

// clausePattern matches the calls of a clause as far as the rule has its atoms.
func (r AlertRule) clausePattern(c *clause, s *settings.Settings, known DeployedARNs) pattern {
	var sources []string
	for _, source := range c.sources {
		sources = append(sources, source+".amazonaws.com")
	}
	detail := pattern{"eventSource": sources}
	if authorized := c.authorized(s, known); len(authorized) > 0 {
		// Every caller without a session is reported, IAM users and root included. The session issuer is the role, by an
		// ARN with its path. The issuer of a federated user is a user, who may have the name of a role.
		detail.put("userIdentity.sessionContext.sessionIssuer.arn", []any{pattern{"anything-but": pattern{"wildcard": authorized}}, pattern{"exists": false}})
	}
	if len(c.calls) > 0 {
		detail["eventName"] = c.calls
	}
	if !c.reads {
		detail["readOnly"] = []any{false}
	}
	var paths []string
	values := map[string][]any{}
	for _, a := range r.atoms {
		if a.clause != c {
			continue
		}
		if !slices.Contains(paths, a.path) {
			paths = append(paths, a.path)
		}
		value := a.value
		if a.purpose != "" {
			value = known.Keys[a.purpose]
		}
		values[a.path] = append(values[a.path], value)
	}
	if len(paths) == 1 {
		if paths[0] != "" {
			detail.put(paths[0], values[paths[0]])
		}
		return detail
	}
	// Alternatives stand below what all paths begin with: that is shorter.
	inRequest := !slices.ContainsFunc(paths, func(path string) bool { return !strings.HasPrefix(path, request) })
	var some []pattern
	for _, path := range paths {
		alternative, at := pattern{}, path
		if inRequest {
			at = strings.TrimPrefix(path, request)
		}
		alternative.put(at, values[path])
		some = append(some, alternative)
	}
	if inRequest {
		detail["requestParameters"] = pattern{"$or": some}
	} else {
		detail["$or"] = some
	}
	return detail
}

// put writes values at a path.
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

// parameters are the paths of the rule that a message can show.
func (r AlertRule) parameters() []string {
	var paths []string
	for _, a := range r.atoms {
		switch a.path {
		case "": // on the account
		case keyARN:
			paths = append(paths, strings.Replace(keyARN, ".", "[0].", 1))
		default:
			paths = append(paths, a.path)
		}
	}
	return unique(paths)
}

// authorized are the roles whose calls the clause leaves out. Every use of the break-glass role is reported.
func (c *clause) authorized(s *settings.Settings, known DeployedARNs) []string {
	if c.everyone {
		return nil
	}
	return slices.DeleteFunc(authorizedARNs(s, "", c.duties, known.Rotators), func(arn string) bool { return arn == s.Access.BreakGlassArn })
}

// service is the part of the action that IAM puts before the colon.
func (c Call) service() string {
	service, _, _ := strings.Cut(c.Action, ":")
	return service
}

// operation is the part of the action after the colon.
func (c Call) operation() string {
	_, operation, _ := strings.Cut(c.Action, ":")
	return operation
}
