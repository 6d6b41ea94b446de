package catalogue

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
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
	packed, err := packDocuments(regionStatement(s), fragments(s))
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
		if len(d.fixed) > 0 {
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

// fragment is the smallest part of a document: it denies actions of one kind on resources to everybody but some
// principals. It is the product of actions, resources and values.
type fragment struct {
	sid           string
	principals    []string
	kind          string
	actions       []string
	resources     []string
	operator      string // of a condition; empty for none
	key           string
	values        []string
	growsWithApps bool
}

// fragments are the fragments of all rows, one for each resource and value of a target. Fragments for the same principals
// are adjacent. Those that grow with the apps come last, so that a new app leaves the first documents as they are.
func fragments(s *settings.Settings) []fragment {
	p := naming.New(s)
	var all []fragment
	for _, at := range scopes {
		var found []fragment
		for _, c := range deniedBy(Guardrail, at.target) {
			sid := denySid(presentDuties(s, c.Authorized))
			i := slices.IndexFunc(found, func(f fragment) bool { return f.sid == sid })
			if i < 0 {
				i = len(found)
				found = append(found, fragment{sid: sid, principals: shortened(p, authorizedARNs(s, "", c.Authorized, nil)), kind: at.kind, operator: at.operator, key: at.key, growsWithApps: at.growsWithApps})
			}
			found[i].actions = append(found[i].actions, c.Action)
		}
		for _, f := range found {
			for _, resource := range at.resources(p, s) {
				f.resources = []string{resource}
				if at.operator == "" {
					all = append(all, f)
					continue
				}
				for _, value := range at.values(p, s) {
					f.values = []string{value}
					all = append(all, f)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b fragment) int {
		return cmp.Or(cmp.Compare(a.order(), b.order()), strings.Compare(a.sid, b.sid))
	})
	return all
}

// shortened names the gate's roles by their folders, as it names those that each app has, which saves the room of a
// statement: the same documents deny everybody but deployers to make a role in one.
func shortened(p naming.Plan, principals []string) []string {
	all := slices.Clone(principals)
	for i, arn := range all {
		if strings.HasPrefix(arn, strings.TrimSuffix(p.AllRoles(), "*")) {
			all[i] = path.Dir(arn) + "/*"
		}
	}
	return unique(all)
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

// statement is a number of fragments with the same principals and the same condition.
type statement struct {
	fragment
	parts []fragment // one of each kind
}

// merge adds a fragment if the result denies no more than the two.
func (st *statement) merge(f fragment) bool {
	if st.sid != f.sid || st.operator != f.operator || st.key != f.key {
		return false
	}
	i := slices.IndexFunc(st.parts, func(part fragment) bool { return part.kind == f.kind })
	if !slices.Equal(st.values, f.values) {
		if len(st.parts) != 1 || i != 0 || !slices.Equal(st.parts[0].actions, f.actions) || !slices.Equal(st.parts[0].resources, f.resources) {
			return false
		}
		st.values = slices.Concat(st.values, f.values)
		return true
	}
	switch {
	case i < 0: // no action applies to both kinds
		st.parts = append(slices.Clone(st.parts), f)
	case slices.Equal(st.parts[i].actions, f.actions):
		st.parts = slices.Clone(st.parts)
		st.parts[i].resources = slices.Concat(st.parts[i].resources, f.resources)
	case slices.Equal(st.parts[i].resources, f.resources):
		st.parts = slices.Clone(st.parts)
		st.parts[i].actions = slices.Concat(st.parts[i].actions, f.actions)
	default:
		return false
	}
	return true
}

// addFragment adds a fragment to statements, and says whether it was merged into one of them.
func addFragment(statements []statement, p fragment) (more []statement, joined bool) {
	more = slices.Clone(statements)
	for i := range more {
		if more[i].merge(p) {
			return more, true
		}
	}
	return append(more, statement{fragment: p, parts: []fragment{p}}), false
}

// policyDraft is a document that is being filled.
type policyDraft struct {
	fixed      []scpStatement // not made of fragments
	statements []statement
}

// packDocuments puts each fragment into the first document that has room for it, preferably one in which it merges with a
// statement. The statement about regions is in the first document: it would need one of the few documents for itself, and
// changes as seldom.
func packDocuments(regions scpStatement, all []fragment) ([]policyDraft, error) {
	documents := []policyDraft{{fixed: []scpStatement{regions}}}
	tooLong := func(roles int, d policyDraft) error {
		return fmt.Errorf("prodgate:access: %d roles make a service control policy of %d characters, and AWS takes %d; "+
			"name fewer roles, or roles of shorter paths", roles, d.length(), maxDocument)
	}
	if documents[0].length() > maxDocument {
		return nil, tooLong(len(regions.Condition["ArnNotLike"]["aws:PrincipalArn"]), documents[0])
	}
	place := func(p fragment, join bool) bool {
		for i, d := range documents {
			more, joined := addFragment(d.statements, p)
			if grown := (policyDraft{d.fixed, more}); (joined || !join) && grown.length() <= maxDocument {
				documents[i] = grown
				return true
			}
		}
		return false
	}
	for _, p := range all {
		if place(p, true) || place(p, false) {
			continue
		}
		statements, _ := addFragment(nil, p)
		alone := policyDraft{statements: statements}
		if alone.length() > maxDocument {
			return nil, tooLong(len(p.principals), alone)
		}
		documents = append(documents, alone)
	}
	return documents, nil
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
		for _, part := range st.parts {
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
// requested AWS Region.
var regionExemptActions = []string{
	"a4b:*", "acm:*", "aws-marketplace-management:*", "aws-marketplace:*", "aws-portal:*", "budgets:*", "ce:*", "chime:*",
	"cloudfront:*", "config:*", "cur:*", "directconnect:*", "ec2:DescribeRegions", "ec2:DescribeTransitGateways",
	"ec2:DescribeVpnGateways", "fms:*", "globalaccelerator:*", "health:*", "iam:*", "importexport:*", "kms:*",
	"mobileanalytics:*", "networkmanager:*", "organizations:*", "pricing:*", "route53:*", "route53domains:*",
	"route53-recovery-cluster:*", "route53-recovery-control-config:*", "route53-recovery-readiness:*", "s3:GetAccountPublic*",
	"s3:ListAllMyBuckets", "s3:ListMultiRegionAccessPoints", "s3:PutAccountPublic*", "shield:*", "sts:*", "support:*",
	"trustedadvisor:*", "waf-regional:*", "waf:*", "wafv2:*", "wellarchitected:*",
}

// regionStatement keeps the account in its regions.
func regionStatement(s *settings.Settings) scpStatement {
	return scpStatement{
		Sid: "OnlyInRegions", Effect: "Deny", NotAction: regionExemptActions, Resource: []string{"*"},
		Condition: map[string]map[string][]string{
			"StringNotEquals": {"aws:RequestedRegion": s.Organization.Regions},
			"StringEquals":    {"aws:PrincipalAccount": {s.Account}},
			"ArnNotLike":      {"aws:PrincipalArn": authorizedARNs(s, "", nil, nil)},
		},
	}
}
