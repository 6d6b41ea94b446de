package check

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"prodgate/pkg/knownstate"
)

// gate is a live gate of policies, and the known states of two apps and of what they share.
type gate struct {
	*server
	lock sync.Mutex
	// documents are the policies, by name.
	documents map[string]string
	// parameters are the known states.
	parameters map[string]string
	// fails are operations that AWS refuses, with the answer.
	fails map[string]string
	// ruleState is the state of the rule; empty where it is enabled.
	ruleState string
}

const policies = "arn:aws:iam::111111111111:policy/prodgate"

func statement(action string) string {
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "` + action + `", "Resource": "*"}]}`
}

// stored is the known state of policies.
func stored(t testing.TB, documents map[string]string, more ...knownstate.Part) string {
	t.Helper()
	parts := more
	for name, document := range documents {
		some, err := knownstate.Kind(knownstate.Policy).Declared(knownstate.Inputs{"name": name, "policy": document})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, some...)
	}
	text, err := knownstate.Hashes(parts)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// partOf is one field of the rule that the gate has.
func partOf(t testing.TB, field string) knownstate.Part {
	t.Helper()
	parts, err := knownstate.Kind(knownstate.Rule).Declared(knownstate.Inputs{"name": "r", "eventPattern": `{"source": ["a"]}`})
	if err != nil {
		t.Fatal(err)
	}
	return knownstate.Part{Name: parts[0].Name, Fields: knownstate.Fields{field: parts[0].Fields[field]}}
}

func newGate(t testing.TB) *gate {
	t.Helper()
	g := &gate{documents: map[string]string{}, parameters: map[string]string{}, fails: map[string]string{}}
	for _, name := range []string{"api-build", "web-build", "verifier"} {
		g.documents["prodgate-"+name] = statement("x:" + strings.ReplaceAll(name, "-", ""))
	}
	g.parameters["/p/known-state/api"] = stored(t, map[string]string{"prodgate-api-build": g.documents["prodgate-api-build"]})
	g.parameters["/p/known-state/web"] = stored(t, map[string]string{"prodgate-web-build": g.documents["prodgate-web-build"]})
	g.documents["prodgate-deploy"] = statement("x:deploy")
	const shared = "/p/known-state-shared"
	g.parameters[shared+"/access"] = stored(t, map[string]string{"prodgate-deploy": g.documents["prodgate-deploy"]})
	// The fields of one part are in two parameters.
	g.parameters[shared+"/alerts"], g.parameters[shared+"/alerts-2"] = stored(t, nil, partOf(t, "pattern")), stored(t, nil, partOf(t, "state"))
	g.parameters["/p/known-state"] = stored(t, map[string]string{"prodgate-verifier": g.documents["prodgate-verifier"]},
		knownstate.Names("/p/known-state", []string{"/p/known-state/api", "/p/known-state/web"}),
		knownstate.Names(shared, []string{shared + "/access", shared + "/alerts", shared + "/alerts-2"}))
	g.server = &server{answer: g.respond}
	return g
}

func (g *gate) respond(c call) string {
	g.lock.Lock()
	defer g.lock.Unlock()
	if answer, is := g.fails[c.operation]; is {
		return answer
	}
	var input struct{ Name, Path string }
	form, _ := url.ParseQuery(c.input)
	_ = json.Unmarshal([]byte(c.input), &input) // of the JSON protocol
	type parameter = map[string]string
	switch c.operation {
	case "GetParameter":
		value, is := g.parameters[input.Name]
		if !is {
			return `400 {"__type": "ParameterNotFound"}`
		}
		text, _ := json.Marshal(map[string]parameter{"Parameter": {"Name": input.Name, "Value": value}})
		return string(text)
	case "GetParametersByPath":
		var found []parameter
		for name, value := range g.parameters {
			if strings.HasPrefix(name, input.Path+"/") {
				found = append(found, parameter{"Name": name, "Value": value})
			}
		}
		text, _ := json.Marshal(map[string][]parameter{"Parameters": found})
		return string(text)
	case "GetPolicy":
		return result("GetPolicy", "<Policy><DefaultVersionId>v1</DefaultVersionId></Policy>")
	case "GetPolicyVersion":
		arn := form.Get("PolicyArn")
		return result("GetPolicyVersion", "<PolicyVersion><Document>"+url.PathEscape(g.documents[arn[strings.LastIndex(arn, "/")+1:]])+"</Document></PolicyVersion>")
	case "DescribeRule":
		return `{"Name": "r", "EventPattern": "{\"source\": [\"a\"]}", "State": "` + cmp.Or(g.ruleState, "ENABLED") + `"}`
	case "ListTargetsByRule":
		return "{}"
	case "Publish":
		return result("Publish", "<MessageId>1</MessageId>")
	}
	return "500 nobody knows " + c.operation
}

// change sets the document of a policy.
func (g *gate) change(name, action string) {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.documents[name] = statement(action)
}

// check is the check of the gate, and what it waits for; asleep is called then.
func (g *gate) check(t testing.TB, asleep func()) (*Check, *[]time.Duration) {
	t.Helper()
	var pauses []time.Duration
	return New(g.start(t), Options{
		Gate: "p", KnownState: "/p/known-state", Policies: policies, Topic: "arn:aws:sns:eu-west-2:111111111111:p-alerts", Attempts: 3, Pause: time.Minute,
		Log: t.Logf, LogName: "the stream s",
		Sleep: func(_ context.Context, pause time.Duration) error {
			pauses = append(pauses, pause)
			asleep()
			return nil
		},
	}), &pauses
}

// published are the messages that the check has sent.
func (g *gate) published() []url.Values {
	var all []url.Values
	g.server.lock.Lock()
	defer g.server.lock.Unlock()
	for _, c := range g.calls {
		if c.operation == "Publish" {
			form, _ := url.ParseQuery(c.input)
			all = append(all, form)
		}
	}
	return all
}

func TestCheck_FindsNothing(t *testing.T) {
	t.Parallel()
	for _, app := range []string{"", "api"} {
		g := newGate(t)
		check, pauses := g.check(t, func() {})
		found, err := check.Run(t.Context(), app)
		if err != nil || len(found) > 0 || len(g.published()) > 0 || len(*pauses) > 0 {
			t.Errorf("%q: found %q, %v, published %v, waited %v", app, found, err, g.published(), *pauses)
		}
	}
}

func TestCheck_ReportsDifferences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		app    string
		change func(*gate)
		want   []string
		second string // paragraph of the message
	}{
		"an app's policy, by the clock": {"", func(g *gate) { g.change("prodgate-web-build", "*") }, []string{"policy prodgate-web-build: document"},
			"A pipeline that differs from the known state deploys nothing."},
		"of another app, before a deployment": {"api", func(g *gate) {
			g.change("prodgate-web-build", "*")
			g.change("prodgate-api-build", "*")
		}, []string{"policy prodgate-api-build: document"}, "This run of the pipeline of api deploys nothing."},
		"what is shared, before a deployment": {"api", func(g *gate) { g.change("prodgate-verifier", "*") }, []string{"policy prodgate-verifier: document"},
			"This run of the pipeline of api deploys nothing."},
		"what is shared beside the first parameter": {"api", func(g *gate) { g.change("prodgate-deploy", "*") }, []string{"policy prodgate-deploy: document"}, ""},
		"a rule, by the clock":                      {"", func(g *gate) { g.ruleState = "DISABLED" }, []string{"rule r: state"}, ""},
		"a rule, before a deployment":               {"api", func(g *gate) { g.ruleState = "DISABLED" }, []string{"rule r: state"}, ""},
		"one of what is shared that is gone":        {"api", func(g *gate) { delete(g.parameters, "/p/known-state-shared/access") }, []string{"parameters /p/known-state-shared: names"}, ""},
		"one that somebody adds":                    {"", func(g *gate) { g.parameters["/p/known-state-shared/more"] = "{}" }, []string{"parameters /p/known-state-shared: names"}, ""},
		"a known state that is gone":                {"", func(g *gate) { delete(g.parameters, "/p/known-state/api") }, []string{"parameters /p/known-state: names"}, ""},
		"that of the app": {"api", func(g *gate) { delete(g.parameters, "/p/known-state/api") }, []string{
			"the known state could not be read: operation error SSM: GetParameter"}, ""},
		"a known state that is empty": {"api", func(g *gate) {
			for name := range g.parameters {
				g.parameters[name] = "{}"
			}
		}, []string{
			"the known state could not be read: it has no part"}, ""},
		"a known state that is no JSON": {"api", func(g *gate) { g.parameters["/p/known-state/api"] = "x" }, []string{
			"the known state could not be read: invalid character"}, ""},
		"what cannot be read": {"api", func(g *gate) {
			g.fails["GetPolicy"] = "404 <ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>"
		}, []string{"policy prodgate-api-build could not be read: operation error IAM: GetPolicy", "policy prodgate-deploy could not be read: ", "policy prodgate-verifier could not be read: "}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t)
			c.change(g)
			check, pauses := g.check(t, func() {})
			found, err := check.Run(t.Context(), c.app)
			if err != nil || !slices.EqualFunc(found, c.want, strings.HasPrefix) {
				t.Fatalf("found %q, %v, want %q", found, err, c.want)
			}
			if !slices.Equal(*pauses, []time.Duration{time.Minute, time.Minute}) {
				t.Errorf("waited %v", *pauses)
			}
			sent := g.published()
			if len(sent) != 1 || sent[0].Get("Subject") != "p: differs from the known state" || sent[0].Get("TopicArn") != "arn:aws:sns:eu-west-2:111111111111:p-alerts" {
				t.Fatalf("published %v", sent)
			}
			paragraphs := strings.Split(sent[0].Get("Message"), "\n\n")
			if len(paragraphs) != 4 || paragraphs[1] != strings.Join(found, "\n") || !strings.HasPrefix(paragraphs[2], c.second) || !strings.HasSuffix(paragraphs[3], "The log is the stream s.") {
				t.Errorf("the message is\n%s", sent[0].Get("Message"))
			}
		})
	}
}

// TestCheck_WaitsForAnUpdate: what differs and no longer does when it is read again is not reported, whether the gate
// or its known state has changed.
func TestCheck_WaitsForAnUpdate(t *testing.T) {
	t.Parallel()
	for name, settle := range map[string]func(*gate){
		"the part is put back": func(g *gate) { g.change("prodgate-api-build", "x:apibuild") },
		"the known state follows": func(g *gate) {
			g.lock.Lock()
			defer g.lock.Unlock()
			g.parameters["/p/known-state/api"] = stored(t, map[string]string{"prodgate-api-build": statement("*")})
		},
	} {
		g := newGate(t)
		g.change("prodgate-api-build", "*")
		check, pauses := g.check(t, func() { settle(g) })
		found, err := check.Run(t.Context(), "")
		if err != nil || len(found) > 0 || len(g.published()) > 0 || len(*pauses) != 1 {
			t.Errorf("%s: found %q, %v, published %v, waited %v", name, found, err, g.published(), *pauses)
		}
		// Two readings of the known state, and one policy of the four a second time.
		if g.count("GetPolicyVersion") != 5 {
			t.Errorf("%s: %d policies were read", name, g.count("GetPolicyVersion"))
		}
	}
}

// TestCheck_ReadsWhatAnUpdateChanges: a part that was as it is known is read again where the known state has changed.
func TestCheck_ReadsWhatAnUpdateChanges(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	g.change("prodgate-api-build", "*")
	check, _ := g.check(t, func() {
		g.change("prodgate-api-build", "x:apibuild")
		g.lock.Lock()
		defer g.lock.Unlock()
		g.parameters["/p/known-state/web"] = stored(t, map[string]string{"prodgate-web-build": statement("other")})
	})
	if found, err := check.Run(t.Context(), ""); err != nil || !slices.Equal(found, []string{"policy prodgate-web-build: document"}) {
		t.Errorf("found %q, %v", found, err)
	}
}

func TestCheck_Errors(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	g.change("prodgate-api-build", "*")
	g.fails["Publish"] = "403 <ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>"
	check, _ := g.check(t, func() {})
	if _, err := check.Run(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "alert: ") {
		t.Errorf("an alert that is not sent: %v", err)
	}
	check.live.Sleep = func(context.Context, time.Duration) error { return context.DeadlineExceeded }
	if _, err := check.Run(t.Context(), ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a check without time: %v", err)
	}
}

// TestCheck_Fields: a field that only one side has differs too.
func TestCheck_Fields(t *testing.T) {
	t.Parallel()
	if got := differing(map[string]string{"a": "1", "b": "2", "c": "3"}, map[string]string{"b": "2", "c": "4", "d": "5"}); !slices.Equal(got, []string{"a", "c", "d"}) {
		t.Errorf("got %q", got)
	}
}

// BenchmarkCheck_Apps reads the parts of any number of apps from AWS that answers after 20 ms.
func BenchmarkCheck_Apps(b *testing.B) {
	for _, apps := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(apps), func(b *testing.B) {
			var parts []string
			for i := range apps {
				app := fmt.Sprintf("app%d", i)
				parts = append(parts, "pipeline "+app+"-prodgate", "trigger "+app+"-prodgate", "repository prodgate/"+app)
				for _, project := range []string{"build", "scan-secrets", "scan-code", "scan-dependencies"} {
					parts = append(parts, "project prodgate-"+app+"-"+project)
				}
				for _, role := range []string{"pipeline", "build", "scan", "approver"} {
					parts = append(parts, "role prodgate-"+app+"-"+role, "policy prodgate-"+app+"-"+role)
				}
			}
			s := &server{latency: 20 * time.Millisecond, answer: recordedAnswer}
			l := newLive(s.start(b), Options{Policies: policies})
			for b.Loop() {
				read := l.read(b.Context(), parts)
				for part, got := range read {
					if got.err != nil || len(got.hashes) == 0 {
						b.Fatalf("%s: %v", part, got.err)
					}
				}
				if len(read) != len(parts) {
					b.Fatalf("read %d of %d parts", len(read), len(parts))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/float64(apps), "ms/app")
			b.ReportMetric(float64(len(s.calls))/float64(b.N)/float64(apps), "calls/app")
		})
	}
}

// recordedAnswer is a recorded answer, of whichever resource the call names.
func recordedAnswer(c call) string {
	var input struct {
		Name, RepositoryName string
		Names                []string
		RepositoryNames      []string
	}
	_ = json.Unmarshal([]byte(c.input), &input) // of the JSON protocol
	form, _ := url.ParseQuery(c.input)
	renamed := func(answer, old, name string) string { return strings.ReplaceAll(answer, old, name) }
	switch c.operation {
	case "GetPipeline":
		return renamed(pipelineAnswer, "a-prodgate", input.Name)
	case "BatchGetProjects":
		answer := recorded["a project of a pipeline"].answers[c.operation]
		one := answer[strings.Index(answer, `"projects": [`)+len(`"projects": [`) : len(answer)-len("]}")]
		var all []string
		for _, name := range input.Names {
			all = append(all, renamed(one, `"name": "p", "arn"`, `"name": "`+name+`", "arn"`))
		}
		return `{"projects": [` + strings.Join(all, ",") + "]}"
	case "DescribeRepositories":
		return renamed(recorded["a repository, whose policy ECR writes anew"].answers[c.operation], "prodgate/a", input.RepositoryNames[0])
	case "GetRepositoryPolicy":
		return renamed(recorded["a repository, whose policy ECR writes anew"].answers[c.operation], "prodgate/a", input.RepositoryName)
	case "GetPolicy", "GetPolicyVersion":
		return recorded["a policy"].answers[c.operation]
	}
	return renamed(recorded["a role"].answers[c.operation], "<RoleName>r<", "<RoleName>"+form.Get("RoleName")+"<")
}
