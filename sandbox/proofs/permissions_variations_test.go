package proofs

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/naming"
	"prodgate/sandbox/evaluators/authority"
)

// encryptedOnly asserts that the calls of the walk fail over plain HTTP where the
// policy of the resource says so, and that every kind of resource with such a
// policy was tried.
func (e *estate) encryptedOnly(t *testing.T, apps []delivered) {
	questions, _ := e.walked(apps)
	var asked []authority.Question
	tried := map[string]int{"s3": 0, "sns": 0, "sqs": 0, "ecr": 0}
	if len(e.secrets) > 0 {
		tried["secretsmanager"] = 0
	}
	for _, q := range questions {
		service, _, _ := strings.Cut(q.Action, ":")
		if _, is := tried[service]; !is || q.Policy == nil || !e.refusesHTTP(*q.Policy, q.Action) {
			continue
		}
		tried[service]++
		q.Context = maps.Clone(q.Context)
		if q.Context == nil {
			q.Context = map[string]string{}
		}
		q.Context["aws:SecureTransport"] = "false"
		asked = append(asked, q)
	}
	for service, n := range tried {
		if n == 0 {
			t.Errorf("no call of %s was tried", service)
		}
	}
	e.denied(t, "over plain HTTP", asked)
}

// refusesHTTP is whether a policy speaks of plain HTTP for an action.
func (e *estate) refusesHTTP(p authority.Policy, action string) bool {
	e.Helper()
	d, err := authority.Parse(p.Document)
	if err != nil {
		e.Fatal(err)
	}
	service, _, _ := strings.Cut(action, ":")
	return slices.ContainsFunc(d.Statement, func(s authority.Statement) bool {
		_, http := s.Condition["Bool"]["aws:SecureTransport"]
		return http && (slices.Contains(s.Action, action) || slices.Contains(s.Action, service+":*"))
	})
}

// apart asserts that no role of an app does for another app what it does for its
// own: every call of the walk on something of the first app, by the role of the
// same duty of the second.
func (e *estate) apart(t *testing.T, first, second delivered) {
	counterpart := map[string]authority.Principal{}
	for _, duty := range []string{naming.Pipeline, naming.Build, naming.Scan, naming.Approver} {
		if mine, is := e.roles[e.plan.Role(first.name, duty).ARN]; is {
			counterpart[mine.ARN] = e.role(duty, second.name).Principal
		}
	}
	p := e.plan
	own := []string{
		p.Pipeline(first.name).ARN, p.Project(first.name, naming.Build).ARN, p.Project(first.name, "scan-").ARN, p.Repository(first.name).ARN,
		p.LogGroup(first.name, naming.Build).ARN, p.LogGroup(first.name, "scan-").ARN, e.artifact(first.name, ""), p.Service(first.cluster, first.service),
		e.regional("secretsmanager", "secret:"+p.Gate+"/"+first.name+"/"),
	}
	var asked []authority.Question
	for _, l := range e.run(first) {
		other, is := counterpart[l.who.ARN]
		if !is {
			continue
		}
		for _, c := range l.calls {
			if slices.ContainsFunc(own, func(prefix string) bool { return strings.HasPrefix(c.on, strings.TrimSuffix(prefix, "/a1B2c3D")) }) {
				asked = append(asked, e.question(other, c.action, c.on, c.with))
			}
		}
	}
	if len(asked) < len(counterpart) {
		t.Errorf("%d calls by %d roles", len(asked), len(counterpart))
	}
	e.denied(t, "for another app", asked)
}

// denied asserts that all are.
func (e *estate) denied(t *testing.T, when string, questions []authority.Question) {
	verdicts, err := e.judge.Ask(t.Context(), questions...)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if v.Allowed {
			t.Errorf("%s is allowed %s: %s", questions[i], when, v.By)
		}
	}
	t.Logf("%s: %d calls denied", when, len(questions))
}

// existing asserts that the catalogue and every document of the stack speak of
// actions, resources and condition keys that AWS has.
func (e *estate) existing(t *testing.T) {
	for _, row := range catalogue.Calls {
		if strings.HasPrefix(row.Action, "github:") {
			continue
		}
		if _, err := e.judge.Fit(t.Context(), row.Action); err != nil {
			t.Errorf("the catalogue's %s: %v", row.Action, err)
		}
	}
	checked := 0
	check := func(kind authority.Kind, p authority.Policy) {
		checked++
		problems, err := e.judge.Check(t.Context(), kind, p.Document)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		for _, problem := range problems {
			if !slices.ContainsFunc(unknown, func(known string) bool { return strings.Contains(problem, known) }) {
				t.Errorf("%s: %s", p.Name, problem)
			}
		}
	}
	for _, arn := range keys(e.roles) {
		r := e.roles[arn]
		for _, p := range r.Identity {
			if !strings.HasPrefix(p.Name, "arn:aws:iam::aws:") {
				check(authority.Identity, p)
			}
		}
		if r.Boundary != nil {
			check(authority.Identity, *r.Boundary)
		}
	}
	for _, arn := range keys(e.policies) {
		kind := authority.Resource
		if _, is := e.roles[arn]; is {
			kind = authority.Trust
		}
		check(kind, e.policies[arn])
	}
	for _, level := range e.scps {
		for _, p := range level.Policies {
			if p.Name != "FullAWSAccess" {
				check(authority.SCP, p)
			}
		}
	}
	t.Logf("%d rows and %d documents speak of what there is", len(catalogue.Calls), checked)
}

// unknown is what AWS takes and its Service Authorization Reference does not have.
var unknown = []string{
	// The service was renamed and checks either prefix, on ARNs of either name.
	"codestar-connections:UseConnection: arn:aws:codeconnections:",
	"ConnectionsForPipelines: arn:aws:code", "WriteConnections: arn:aws:codestar-connections:",
	// The reference knows topics only. What is asked about a subscription has its ARN.
	"prodgate-alerts:* is of no resource type",
}
