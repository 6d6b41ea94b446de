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

// Guardrails are the documents of the service control policies, in the order of
// their names, no longer than AWS takes. The error says what to do where they
// would be too many.
func Guardrails(s *settings.Settings) ([]Document, error) {
	packed, err := pack(regionStatement(s), pieces(s))
	if err != nil {
		return nil, err
	}
	// Those that are only exported may be attached above each other, as many at a level.
	if n := len(packed); n > maxDocuments && s.Organization.TargetId != "" {
		return nil, fmt.Errorf("prodgate:organization.targetId: %q: %d clusters and %d roles under prodgate:access need %d service control policies, "+
			"and a target takes %d beside FullAWSAccess; deploy to fewer clusters, name fewer roles, or name roles of shorter paths",
			s.Organization.TargetId, len(clusters(s)), len(s.Access.DeployerArns)+1+len(s.Access.ApproverArns), n, maxDocuments)
	}
	var documents []Document
	for i, d := range packed {
		what := "Nobody changes production around the pipeline"
		if len(d.fixed) > 0 {
			what += ", and account " + s.Account + " is used in its own regions alone"
		}
		documents = append(documents, Document{
			Name:        s.Name + "-bypass-" + strconv.Itoa(i+1),
			Description: what + ", part " + strconv.Itoa(i+1),
			JSON:        d.written(),
		})
	}
	return documents, nil
}

// piece is the least that a document can be made of: what some calls of one kind
// are refused on, but to who may. Product of actions, resources and values.
type piece struct {
	sid       string
	who       []string
	kind      string
	actions   []string
	resources []string
	operator  string // of a condition; empty for none
	key       string
	values    []string
	grows     bool
}

// pieces are those of all rows. A target of several resources, or values, makes a
// piece of each. Those that the same may stand together; what grows with the apps
// comes last, so that a new app leaves the first documents as they are.
func pieces(s *settings.Settings) []piece {
	p := naming.New(s)
	var all []piece
	for _, at := range scopes {
		var found []piece
		for _, c := range denied(Guardrail, at.target) {
			sid := only(present(s, c.By))
			i := slices.IndexFunc(found, func(f piece) bool { return f.sid == sid })
			if i < 0 {
				i = len(found)
				found = append(found, piece{sid: sid, who: may(s, "", c.By, nil), kind: at.kind, operator: at.operator, key: at.key, grows: at.grows})
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
	slices.SortStableFunc(all, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.order(), b.order()), strings.Compare(a.sid, b.sid))
	})
	return all
}

func (p piece) order() int {
	switch {
	case p.grows:
		return 2
	case p.sid != only(nobody):
		return 1
	}
	return 0
}

// statement is some pieces that the same may, in the same circumstances.
type statement struct {
	piece
	parts []piece // one of each kind
}

// take adds a piece, if that refuses nothing more than the two do.
func (st *statement) take(p piece) bool {
	if st.sid != p.sid || st.operator != p.operator || st.key != p.key {
		return false
	}
	i := slices.IndexFunc(st.parts, func(part piece) bool { return part.kind == p.kind })
	if !slices.Equal(st.values, p.values) {
		if len(st.parts) != 1 || i != 0 || !slices.Equal(st.parts[0].actions, p.actions) || !slices.Equal(st.parts[0].resources, p.resources) {
			return false
		}
		st.values = slices.Concat(st.values, p.values)
		return true
	}
	switch {
	case i < 0: // no action is made on both kinds
		st.parts = append(slices.Clone(st.parts), p)
	case slices.Equal(st.parts[i].actions, p.actions):
		st.parts = slices.Clone(st.parts)
		st.parts[i].resources = slices.Concat(st.parts[i].resources, p.resources)
	case slices.Equal(st.parts[i].resources, p.resources):
		st.parts = slices.Clone(st.parts)
		st.parts[i].actions = slices.Concat(st.parts[i].actions, p.actions)
	default:
		return false
	}
	return true
}

// with is the statements and a piece more, and whether it joined one of them.
func with(statements []statement, p piece) (more []statement, joined bool) {
	more = slices.Clone(statements)
	for i := range more {
		if more[i].take(p) {
			return more, true
		}
	}
	return append(more, statement{piece: p, parts: []piece{p}}), false
}

// packed is what becomes one document.
type packed struct {
	fixed      []scpStatement // not made of pieces
	statements []statement
}

// pack puts each piece into the first document that has room for it, rather into
// one where it joins a statement. What keeps the account in its regions is in the
// first: it would take up one of the few documents, and changes as seldom.
func pack(regions scpStatement, all []piece) ([]packed, error) {
	documents := []packed{{fixed: []scpStatement{regions}}}
	tooLong := func(roles int, d packed) error {
		return fmt.Errorf("prodgate:access: %d roles make a service control policy of %d characters, and AWS takes %d; "+
			"name fewer roles, or roles of shorter paths", roles, d.length(), maxDocument)
	}
	if documents[0].length() > maxDocument {
		return nil, tooLong(len(regions.Condition["ArnNotLike"]["aws:PrincipalArn"]), documents[0])
	}
	place := func(p piece, join bool) bool {
		for i, d := range documents {
			more, joined := with(d.statements, p)
			if grown := (packed{d.fixed, more}); (joined || !join) && grown.length() <= maxDocument {
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
		statements, _ := with(nil, p)
		alone := packed{statements: statements}
		if alone.length() > maxDocument {
			return nil, tooLong(len(p.who), alone)
		}
		documents = append(documents, alone)
	}
	return documents, nil
}

// length counts as Organizations does: every character of what it is sent.
func (d packed) length() int { return utf8.RuneCountInString(d.written()) }

// scp is a service control policy's JSON. It has no principal and NotPrincipal is
// not allowed in one: who may is a condition on the caller's ARN, that of the role
// for who has taken one on.
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

// written is the JSON, as short as it gets.
func (d packed) written() string {
	policy := scp{Version: "2012-10-17", Statement: slices.Clone(d.fixed)}
	sids := map[string]int{}
	for _, st := range d.statements {
		sid := st.sid
		if sids[st.sid]++; sids[st.sid] > 1 {
			sid += strconv.Itoa(sids[st.sid])
		}
		// The caller's ARN is there in every request that a service control policy is
		// asked about: it has no say in what services do by themselves.
		conditions := map[string]map[string][]string{"ArnNotLike": {"aws:PrincipalArn": st.who}}
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

// global are the services without a region of their own, and those that a region's
// work needs elsewhere; AWS Organizations User Guide, Deny access to AWS based on the
// requested AWS Region.
var global = []string{
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
		Sid: "OnlyInRegions", Effect: "Deny", NotAction: global, Resource: []string{"*"},
		Condition: map[string]map[string][]string{
			"StringNotEquals": {"aws:RequestedRegion": s.Organization.Regions},
			"StringEquals":    {"aws:PrincipalAccount": {s.Account}},
			"ArnNotLike":      {"aws:PrincipalArn": may(s, "", nil, nil)},
		},
	}
}
