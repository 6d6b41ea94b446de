package catalogue

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// Document is one service control policy.
type Document struct{ Name, Description, JSON string }

// MaxAttached is how many service control policies a root, an organizational unit or
// an account takes (AWS Organizations, quotas). One of those is FullAWSAccess, without
// which nothing is allowed.
const MaxAttached = 5

const (
	maxDocument  = 5120 // characters of a policy; the same quotas
	maxDocuments = MaxAttached - 1
)

// Guardrails are the service control policies, in the order of their names, each within AWS's limit of characters. The
// error says what to do where the stack needs too many.
func Guardrails(s *settings.Settings) ([]Document, error) {
	packed, err := packDocuments([]scpStatement{regionStatement(s), closingStatement(s)}, fragments(s))
	if err != nil {
		return nil, err
	}
	// Documents that are only exported may be attached at several levels of the organization.
	if n := len(packed); n > maxDocuments && s.Organization.TargetId != "" {
		return nil, fmt.Errorf("prodgate:organization.targetId: %q: %d clusters and %d roles under prodgate:access need %d service control policies, "+
			"and a target takes %d beside FullAWSAccess; deploy to fewer clusters, name fewer roles, or name roles of shorter paths",
			s.Organization.TargetId, len(s.Clusters()), len(s.Access.DeployerArns)+1+len(s.Access.ApproverArns), n, maxDocuments)
	}
	var documents []Document
	for i, d := range packed {
		what := "Denies changes of production around the pipeline"
		if slices.ContainsFunc(d.fixed, func(st scpStatement) bool { return st.Sid == onlyInRegions }) {
			what += ", and the use of other regions than those of account " + s.Account
		}
		documents = append(documents, Document{
			Name:        s.Name + "-bypass-" + strconv.Itoa(i+1),
			Description: what + ", part " + strconv.Itoa(i+1),
			JSON:        d.json(),
		})
	}
	return documents, nil
}

// fragment is the smallest part of a document: it denies actions on resources to everybody but some principals, where a
// condition's key has one of the values.
type fragment struct {
	sid           string
	principals    []string
	denials       []denial // one of each kind
	operator      string   // of a condition; empty for none
	key           string
	values        []string
	growsWithApps bool
}

// denial is actions of one kind, and the resources of that kind.
type denial struct {
	kind               string
	actions, resources []string
}

// fragments are the fragments of the rows that the closing statement leaves, one for each resource, or for each value of a
// condition. Fragments for the same principals are adjacent. Those that grow with the apps come last, so that a new app
// leaves the first documents as they are.
func fragments(s *settings.Settings) []fragment {
	p := naming.New(s)
	var all []fragment
	for _, at := range scopes {
		var found []fragment
		for _, c := range deniedBy(Guardrail, at.target) {
			if isClosed(c) {
				continue
			}
			duties := exemptDuties(s, c)
			sid := denySid(duties)
			i := slices.IndexFunc(found, func(f fragment) bool { return f.sid == sid })
			if i < 0 {
				i = len(found)
				found = append(found, fragment{
					sid: sid, principals: authorizedARNs(s, "", duties, nil), denials: []denial{{kind: at.kind}},
					operator: at.operator, key: at.key, growsWithApps: at.growsWithApps,
				})
			}
			found[i].denials[0].actions = append(found[i].denials[0].actions, c.Action)
		}
		for _, f := range found {
			actions := f.denials[0].actions
			for _, resource := range at.resources(p, s) {
				f.denials = []denial{{at.kind, actions, []string{resource}}}
				if at.operator == "" {
					all = append(all, f)
					continue
				}
				for _, value := range at.values(p, s) {
					f.values = []string{value}
					all = addValue(all, f)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b fragment) int {
		return cmp.Or(cmp.Compare(a.order(), b.order()), strings.Compare(a.sid, b.sid))
	})
	return all
}

// addValue adds a fragment with a condition to the one with the same condition, if any, so that a value is there once
// for all kinds.
func addValue(all []fragment, f fragment) []fragment {
	for i := range all {
		if all[i].sid == f.sid && all[i].operator == f.operator && all[i].key == f.key && slices.Equal(all[i].values, f.values) && all[i].merge(f) {
			return all
		}
	}
	return append(all, f)
}

// order sorts the fragments of deployers before those of other principals, and fragments that grow last.
func (f fragment) order() int {
	switch {
	case f.growsWithApps:
		return 2
	case f.sid != denySid(onlyDeployers):
		return 1
	}
	return 0
}

// merge adds another fragment if the result denies no more than the two.
func (f *fragment) merge(other fragment) bool {
	if f.sid != other.sid || f.operator != other.operator || f.key != other.key {
		return false
	}
	if !slices.Equal(f.values, other.values) {
		if !slices.EqualFunc(f.denials, other.denials, denial.equal) {
			return false
		}
		f.values = slices.Concat(f.values, other.values)
		return true
	}
	denials := slices.Clone(f.denials)
	for _, added := range other.denials {
		i := slices.IndexFunc(denials, func(d denial) bool { return d.kind == added.kind })
		switch {
		case i < 0: // no action applies to both kinds
			denials = append(denials, added)
		case slices.Equal(denials[i].actions, added.actions):
			denials[i].resources = slices.Concat(denials[i].resources, added.resources)
		case slices.Equal(denials[i].resources, added.resources):
			denials[i].actions = slices.Concat(denials[i].actions, added.actions)
		default:
			return false
		}
	}
	f.denials = denials
	return true
}

func (d denial) equal(other denial) bool {
	return d.kind == other.kind && slices.Equal(d.actions, other.actions) && slices.Equal(d.resources, other.resources)
}

// addFragment adds a fragment to statements, and says whether it was merged into one of them.
func addFragment(statements []fragment, p fragment) (more []fragment, joined bool) {
	more = slices.Clone(statements)
	for i := range more {
		if more[i].merge(p) {
			return more, true
		}
	}
	return append(more, p), false
}

// policyDraft is a document that is being filled.
type policyDraft struct {
	fixed      []scpStatement // not made of fragments
	statements []fragment     // merged ones
}

// packDocuments packs the fixed statements, each into a document of its own, as they are long, and all fragments. Those that
// grow with the apps have the last documents for themselves where they do not fit beside the others: a statement would be
// cut in two, and an app would change documents that it does not concern.
func packDocuments(fixed []scpStatement, all []fragment) ([]policyDraft, error) {
	var documents []policyDraft
	for _, st := range fixed {
		alone := policyDraft{fixed: []scpStatement{st}}
		if alone.length() > maxDocument {
			return nil, alone.tooLong(len(st.Condition["ArnNotLike"]["aws:PrincipalArn"]))
		}
		documents = append(documents, alone)
	}
	growing := slices.IndexFunc(all, func(f fragment) bool { return f.growsWithApps }) // they are last
	if growing < 0 {
		growing = len(all)
	}
	documents, err := pack(documents, all[:growing])
	if err != nil {
		return nil, err
	}
	together, err := pack(documents, all[growing:])
	if err != nil || len(together) == len(documents) {
		return together, err
	}
	alone, err := pack(nil, all[growing:])
	return slices.Concat(documents, alone), err
}

// pack puts each fragment into the first document that has room for it, preferably one in which it merges with a statement.
func pack(documents []policyDraft, all []fragment) ([]policyDraft, error) {
	documents = slices.Clone(documents)
	place := func(f fragment, join bool) bool {
		for i, d := range documents {
			more, joined := addFragment(d.statements, f)
			if grown := (policyDraft{d.fixed, more}); (joined || !join) && grown.length() <= maxDocument {
				documents[i] = grown
				return true
			}
		}
		return false
	}
	for _, f := range all {
		if place(f, true) || place(f, false) {
			continue
		}
		statements, _ := addFragment(nil, f)
		alone := policyDraft{statements: statements}
		if alone.length() > maxDocument {
			return nil, alone.tooLong(len(f.principals))
		}
		documents = append(documents, alone)
	}
	return documents, nil
}

func (d policyDraft) tooLong(roles int) error {
	return fmt.Errorf("prodgate:access: %d roles make a service control policy of %d characters, and AWS takes %d; "+
		"name fewer roles, or roles of shorter paths", roles, d.length(), maxDocument)
}

// length counts every character of the document, as Organizations does.
func (d policyDraft) length() int { return utf8.RuneCountInString(d.json()) }

// scp is the JSON of a service control policy, which has neither Principal nor NotPrincipal: a condition on the caller's
// ARN exempts the authorized principals. The ARN of a session is that of its role.
type scp struct {
	Version   string
	Statement []scpStatement
}

type scpStatement struct {
	Sid, Effect string
	Action      []string `json:",omitempty"`
	NotAction   []string `json:",omitempty"`
	Resource    []string
	Condition   map[string]map[string][]string
}

// json is the document without white space.
func (d policyDraft) json() string {
	policy := scp{Version: "2012-10-17", Statement: slices.Clone(d.fixed)}
	sids := map[string]int{}
	for _, st := range d.statements {
		sid := st.sid
		if sids[st.sid]++; sids[st.sid] > 1 {
			sid += strconv.Itoa(sids[st.sid])
		}
		// Every request that a service control policy applies to has the caller's ARN: the policies do not apply to
		// what services do for themselves.
		conditions := map[string]map[string][]string{"ArnNotLike": {"aws:PrincipalArn": st.principals}}
		if st.operator != "" {
			conditions[st.operator] = map[string][]string{st.key: st.values}
		}
		out := scpStatement{Sid: sid, Effect: "Deny", Condition: conditions}
		for _, part := range st.denials {
			out.Action = append(out.Action, part.actions...)
			out.Resource = append(out.Resource, part.resources...)
		}
		out.Resource = unique(out.Resource) // "*" of two kinds
		policy.Statement = append(policy.Statement, out)
	}
	text, _ := json.Marshal(policy) // of texts only
	return string(text)
}

// regionExemptActions are the actions of services without regions, and those that work in a region needs elsewhere; AWS Organizations User Guide, Deny access to AWS based on the
// requested AWS Region, without the services that AWS has ended since.
var regionExemptActions = []string{
	"acm:*", "aws-marketplace-management:*", "aws-marketplace:*", "budgets:*", "ce:*", "chime:*",
	"cloudfront:*", "config:*", "cur:*", "directconnect:*", "ec2:DescribeRegions", "ec2:DescribeTransitGateways",
	"ec2:DescribeVpnGateways", "fms:*", "globalaccelerator:*", "health:*", "iam:*", "kms:*",
	"networkmanager:*", "organizations:*", "pricing:*", "route53:*", "route53domains:*",
	"route53-recovery-cluster:*", "route53-recovery-control-config:*", "route53-recovery-readiness:*", "s3:GetAccountPublic*",
	"s3:ListAllMyBuckets", "s3:ListMultiRegionAccessPoints", "s3:PutAccountPublic*", "shield:*", "sts:*", "support:*",
	"trustedadvisor:*", "wafv2:*", "wellarchitected:*",
}

const onlyInRegions = "OnlyInRegions"

// regionStatement keeps the account in its regions.
func regionStatement(s *settings.Settings) scpStatement {
	return scpStatement{
		Sid: onlyInRegions, Effect: "Deny", NotAction: regionExemptActions, Resource: []string{"*"},
		Condition: map[string]map[string][]string{
			"StringNotEquals": {"aws:RequestedRegion": s.Organization.Regions},
			"StringEquals":    {"aws:PrincipalAccount": {s.Account}},
			"ArnNotLike":      {"aws:PrincipalArn": authorizedARNs(s, "", nil, nil)},
		},
	}
}
