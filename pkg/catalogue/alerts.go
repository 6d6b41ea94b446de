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

// AlertRule is an EventBridge rule that reports the calls of the rows that have the same target and the same authorized
// principals.
type AlertRule struct {
	// Name is the rule's name without the gate's prefix.
	Name string
	// What is the description of the target.
	What string
	// Reads is whether the rule needs the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS.
	Reads bool
	// AffectsDelivery is whether the calls change a part that delivers: they start containment.
	AffectsDelivery bool
	// Global is whether CloudTrail reports some of the calls in the region of IAM.
	Global bool
	// Parameters are the paths below detail that name the part in an event.
	Parameters []string
	// OfKeys is whether the pattern names keys, whose ids KMS gives.
	OfKeys bool

	target     Target
	authorized []string
	calls      []Call
	members    []string // the members of the target that the pattern names, where it names them one by one
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

// AlertRules are the rules of all reported rows, in the order of the table. Each row is in exactly one rule; rows on
// resources that the stack does not have are in none.
func AlertRules(s *settings.Settings) []AlertRule {
	var rules []AlertRule
	for _, c := range Calls {
		if c.Reported != Alert && c.Reported != AlertOnRead || len(c.On.Resources(s)) == 0 {
			continue
		}
		i := slices.IndexFunc(rules, func(r AlertRule) bool {
			return r.Name == ruleName(s, c)
		})
		if i < 0 {
			i = len(rules)
			matcher := eventMatchers[c.On]
			rules = append(rules, AlertRule{
				Name: ruleName(s, c), What: c.On.scope().description, Reads: c.Reported == AlertOnRead, AffectsDelivery: matcher.affectsDelivery && c.Reported == Alert,
				OfKeys: matcher.keyPurposes != nil, target: c.On, authorized: c.Authorized,
			})
		}
		rules[i].calls = append(rules[i].calls, c)
		rules[i].Global = rules[i].Global || slices.Contains(globalEventServices, c.service())
	}
	var split []AlertRule
	for _, r := range rules {
		r.Parameters = r.parameters()
		if eventMatchers[r.target].members == nil {
			split = append(split, r)
			continue
		}
		for i, some := range r.chunkMembers(s) {
			part := r
			if part.members = some; i > 0 {
				part.Name += "-" + strconv.Itoa(i+1)
			}
			split = append(split, part)
		}
	}
	return split
}

// chunkMembers splits the members of a target so that each chunk fits into a pattern.
func (r AlertRule) chunkMembers(s *settings.Settings) [][]string {
	var all [][]string
	for _, name := range eventMatchers[r.target].members(s) {
		if last := len(all) - 1; last >= 0 {
			r.members = append(slices.Clone(all[last]), name)
			if len(r.Pattern(s, DeployedARNs{})) <= MaxPattern {
				all[last] = r.members
				continue
			}
		}
		all = append(all, []string{name})
	}
	return all
}

// ruleName is the name of the rule of a row: on-repositories-but-build-reads.
func ruleName(s *settings.Settings, c Call) string {
	var text strings.Builder
	text.WriteString("on")
	for _, letter := range string(c.On) {
		if unicode.IsUpper(letter) {
			text.WriteByte('-')
		}
		text.WriteRune(unicode.ToLower(letter))
	}
	if by := presentDuties(s, c.Authorized); len(by) > 0 {
		text.WriteString("-but-" + strings.ToLower(by[0]))
	}
	if c.Reported == AlertOnRead {
		text.WriteString("-reads")
	}
	if c.isAliasOfKey() {
		text.WriteString("-alias")
	}
	return text.String()
}

// isAliasOfKey is whether the call gives a key an alias: it is on two targets, the key and the alias.
func (c Call) isAliasOfKey() bool { return c.Action == "kms:CreateAlias" && c.On == Keys }

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

// pattern is the JSON of an event pattern.
type pattern map[string]any

// Pattern is the rule's event pattern. It is longer than MaxPattern where too many principals are authorized.
func (r AlertRule) Pattern(s *settings.Settings, known DeployedARNs) string {
	detail := pattern{"eventSource": r.eventSources(), "userIdentity": r.unauthorizedIdentity(s, known)}
	if some := r.alternatives(s, known); len(some) == 1 {
		for key, value := range some[0] {
			detail[key] = value
		}
	} else {
		detail["$or"] = some
	}
	text, _ := json.Marshal(pattern{ // of texts only
		// PutEvents accepts no source with this prefix (EventBridge API, PutEvents).
		"source":      []any{pattern{"prefix": "aws."}},
		"detail-type": []string{"AWS API Call via CloudTrail"},
		"detail":      detail,
	})
	return string(text)
}

// eventSources are CloudTrail's names of the services.
func (r AlertRule) eventSources() []string {
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

// alternatives are the events that match: event names, and the parameter that names the part.
func (r AlertRule) alternatives(s *settings.Settings, known DeployedARNs) []pattern {
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
		alternative := pattern{"eventName": names[path]}
		if values := r.values(path, s, known); len(values) > 0 {
			alternative.put(path, values)
		}
		if r.calls[0].isAliasOfKey() { // the rule of aliases reports an alias with the gate's prefix
			alternative.put(request+"aliasName", []any{pattern{"anything-but": pattern{"prefix": naming.New(s).KeyAlias("")}}})
		}
		all = append(all, alternative)
	}
	return all
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

// values are the matchers of the parameter at a path.
func (r AlertRule) values(path string, s *settings.Settings, known DeployedARNs) []any {
	matcher := eventMatchers[r.target]
	switch {
	case matcher.keyPurposes != nil:
		var arns []any
		for _, purpose := range matcher.keyPurposes(known) {
			arns = append(arns, known.Keys[purpose])
		}
		return arns
	case r.members != nil:
		return matcher.memberValues(path, r.members)
	case matcher.matches != nil:
		return matcher.matches(naming.New(s), s)
	}
	return nil
}

// parameters are the paths of all calls of the rule.
func (r AlertRule) parameters() []string {
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

// unauthorizedIdentity matches every caller that is not authorized.
func (r AlertRule) unauthorizedIdentity(s *settings.Settings, known DeployedARNs) pattern {
	// An AWS service that calls as itself has no session, and policies that name it say what it may do. Every other
	// caller without a session is reported, IAM users and root included.
	identity := pattern{"type": []any{pattern{"anything-but": []string{"AWSService"}}}}
	if r.target == BreakGlass { // every use is reported
		return identity
	}
	var authorized []string
	for _, arn := range authorizedARNs(s, "", r.authorized, known.Rotators) {
		if arn != s.Access.BreakGlassArn {
			authorized = append(authorized, arn)
		}
	}
	// The session issuer is the role, by an ARN with its path. The issuer of a federated user is a user, who may have
	// the name of a role.
	identity["sessionContext"] = pattern{"sessionIssuer": pattern{"arn": []any{
		pattern{"anything-but": pattern{"wildcard": authorized}}, pattern{"exists": false},
	}}}
	return identity
}
