package proofs

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/naming"
	model "prodgate/pkg/pipeline"
	"prodgate/sandbox/evaluators/authority"
)

// assertTLSOnly asserts that the legitimate calls are denied over plain HTTP on resources whose
// policy requires TLS, and that every kind of resource with such a policy was tried.
func (e *estate) assertTLSOnly(t *testing.T, apps []delivered) {
	questions, _ := e.listQuestions(apps)
	var asked []authority.Question
	tried := map[string]int{"s3": 0, "sns": 0, "sqs": 0, "ecr": 0}
	if len(e.secrets) > 0 {
		tried["secretsmanager"] = 0
	}
	for _, q := range questions {
		service, _, _ := strings.Cut(q.Action, ":")
		if _, is := tried[service]; !is || q.Policy == nil || !e.deniesHTTP(*q.Policy, q.Action) {
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
	e.assertDenied(t, "over plain HTTP", asked)
}

// deniesHTTP is whether a policy denies an action over plain HTTP.
func (e *estate) deniesHTTP(p authority.Policy, action string) bool {
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

// assertAppsSeparated asserts that no role of the second app can make a legitimate call on
// a resource of the first app.
func (e *estate) assertAppsSeparated(t *testing.T, first, second delivered) {
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
	for _, l := range e.deliverySteps(first) {
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
	e.assertDenied(t, "for another app", asked)
}

// assertNoBuildOverride asserts that a pipeline's role starts a build of its app, and that it does not override what the project declares.
func (e *estate) assertNoBuildOverride(t *testing.T, app delivered) {
	pipeline, project := e.role(naming.Pipeline, app.name).Principal, e.plan.Project(app.name, naming.Build).ARN
	verdicts, err := e.judge.Ask(t.Context(), e.question(pipeline, "codebuild:StartBuild", project, nil))
	if err != nil {
		t.Fatal(err)
	}
	if !verdicts[0].Allowed {
		t.Errorf("a build of %s as the project declares it is denied", project)
	}
	var asked []authority.Question
	for _, key := range model.BuildOverrides {
		asked = append(asked, e.question(pipeline, "codebuild:StartBuild", project, map[string]string{key: "true"}))
	}
	e.assertDenied(t, "with an override", asked)
}

// assertNobodyOutside asserts that the resource control policies deny the gate's parts to a principal outside the organization,
// even if the part's own policy lets everybody in, and that nothing else does then.
func (e *estate) assertNobodyOutside(t *testing.T, app delivered) {
	if len(e.rcps) == 0 {
		t.Fatal("the organization has no resource control policies")
	}
	open := func(action string) *authority.Policy {
		resource := `, "Resource": "*"`
		if strings.HasPrefix(action, "sts:") {
			resource = ""
		}
		return &authority.Policy{Name: "open", Document: fmt.Sprintf(
			`{"Version": "2012-10-17", "Statement": [{"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": %q%s}]}`, action, resource)}
	}
	outsider := authority.Principal{ARN: "arn:aws:iam::333333333333:role/outsider", Identity: []authority.Policy{{
		Name: "everything", Document: `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`,
	}}}
	asked := []authority.Question{}
	for action, resource := range map[string]string{
		"s3:GetObject": e.artifact(app.name, ""), "s3:PutObject": e.artifact(app.name, ""), "s3:PutBucketPolicy": e.plan.Bucket("artifacts").ARN,
		"ecr:BatchGetImage": e.plan.Repository(app.name).ARN, "ecr:PutImage": e.plan.Repository(app.name).ARN,
		"sqs:ReceiveMessage": e.plan.DeadLetters().ARN, "kms:Decrypt": e.keys["artifacts"],
		"sts:AssumeRole": e.plan.Role(app.name, naming.Build).ARN,
	} {
		q := e.question(outsider, action, resource, nil)
		q.Policy = open(action)
		asked = append(asked, q)
	}
	e.assertDenied(t, "to a principal outside the organization", asked)
	for i := range asked {
		asked[i].RCPs = nil
	}
	verdicts, err := e.judge.Ask(t.Context(), asked...)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range verdicts {
		if !v.Allowed {
			t.Errorf("%s is denied without resource control policies too: %s", asked[i], v.By)
		}
	}
}

// assertDenied asserts that all calls are denied.
func (e *estate) assertDenied(t *testing.T, when string, questions []authority.Question) {
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

// assertKnownToAWS asserts that the catalogue and every document name only actions, resources and
// condition keys that AWS has.
func (e *estate) assertKnownToAWS(t *testing.T) {
	for _, row := range catalogue.Calls {
		if strings.HasPrefix(row.Action, "github:") {
			continue
		}
		if _, err := e.judge.ResourcesFor(t.Context(), row.Action); err != nil {
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
	for kind, levels := range map[authority.Kind][]authority.Level{authority.SCP: e.scps, authority.RCP: e.rcps} {
		for _, level := range levels {
			for _, p := range level.Policies {
				if p.Name != "FullAWSAccess" && p.Name != "RCPFullAWSAccess" {
					check(kind, p)
				}
			}
		}
	}
	t.Logf("%d rows and %d documents name only what AWS has", len(catalogue.Calls), checked)
}

// unknown is what AWS accepts and its Service Authorization Reference lacks.
var unknown = []string{
	// The service was renamed and accepts both prefixes, in ARNs too.
	"codestar-connections:UseConnection: arn:aws:codeconnections:",
	"ConnectionsForPipelines: arn:aws:code", "WriteConnections: arn:aws:codestar-connections:",
	// The reference has topics only. A call on a subscription has the subscription's ARN.
	"prodgate-alerts:* is of no resource type",
}
