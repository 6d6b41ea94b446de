package gate_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/settings"
	"prodgate/pkg/states"
)

const machineType = "aws:sfn/stateMachine:StateMachine"

// contained is a configuration of a gate that holds deployments back.
func contained(c map[string]any) map[string]any {
	c["detection"] = object{"response": "contain"}
	return c
}

// machine is the definition of a state machine of a gate.
func machine(t *testing.T, r *gatetest.Recording, name string) states.Machine {
	t.Helper()
	var m states.Machine
	decoder := json.NewDecoder(strings.NewReader(r.One(t, machineType, "gate-"+name).Text("definition")))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

// maxPayload is the most bytes of a state's input or output (AWS Step Functions Developer Guide, Service quotas).
const maxPayload = 256 << 10

var machines = []string{"containment", "release"}

// eachState calls with every state, and the machine or the Map that it is of.
func eachState(m states.Machine, call func(name string, s states.State, of states.Machine)) {
	for name, s := range m.States {
		call(name, s, m)
		if s.ItemProcessor != nil {
			eachState(*s.ItemProcessor, call)
		}
	}
}

func TestResponse_ContainOnlyWhereSet(t *testing.T) {
	t.Parallel()
	for _, response := range []string{"off", "alert", "contain"} {
		c := config("api")
		c["detection"] = object{"response": response}
		r := built(t, c)
		want := map[string]any{"containmentArn": "", "releaseCommand": ""}
		if response == "contain" {
			want = map[string]any{
				"containmentArn": r.One(t, machineType, "gate-containment").Output("arn"),
				"releaseCommand": "aws stepfunctions start-execution --region eu-west-2 --state-machine-arn " + r.One(t, machineType, "gate-release").Output("arn"),
			}
		}
		for name, value := range want {
			if got := r.Outputs[name].Value; got != value {
				t.Errorf("%s: %s is %v, want %v", response, name, got, value)
			}
		}
		made := 0
		for _, one := range r.All() {
			if one.Type == component.ContainType || strings.HasPrefix(one.Type, "aws:sfn/") || one.Name == "gate-release" || one.Name == "gate-boundary-containment" {
				made++
			}
		}
		// The component, two machines, the release's role with its four companions, and a boundary.
		if all := map[string]int{"contain": 9}[response]; made != all {
			t.Errorf("%s: %d parts of containment are made, want %d", response, made, all)
		}
	}
}

func TestResponse_RoleMatchesMachine(t *testing.T) {
	t.Parallel()
	r := built(t, contained(config("api", "web")))
	for _, name := range machines {
		calls := map[string]bool{"kms:Decrypt": true, "kms:GenerateDataKey": true} // SNS, for an encrypted topic
		eachState(machine(t, r, name), func(_ string, s states.State, _ states.Machine) {
			if s.Type != "Task" {
				return
			}
			call, ours := strings.CutPrefix(s.Resource, "arn:aws:states:::")
			call = strings.TrimPrefix(call, "aws-sdk:")
			service, operation, found := strings.Cut(call, ":")
			if !ours || !found {
				t.Fatalf("%s calls %s", name, s.Resource)
			}
			calls[service+":"+strings.ToUpper(operation[:1])+operation[1:]] = true
		})
		if may := actionsOf(t, r.One(t, policyType, "gate-"+name)); !maps.Equal(may, calls) {
			t.Errorf("%s calls %v, its role may %v", name, calls, may)
		}

		made := r.One(t, machineType, "gate-"+name)
		role := r.One(t, roleType, "gate-"+name)
		want := document{Version: "2012-10-17", Statement: []statement{{
			Sid: "OneServiceForOneSource", Effect: "Allow", Principal: map[string][]string{"Service": {"states.amazonaws.com"}}, Action: []string{"sts:AssumeRole"},
			Condition: map[string]map[string][]string{
				"StringEquals": {"aws:SourceAccount": {"111111111111"}}, "ArnEquals": {"aws:SourceArn": {made.Output("arn")}},
			},
		}}}
		if got := parsed(t, role); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s trusts\n%v, want\n%v", role, got, want)
		}
		if made.Text("roleArn") != role.Output("arn") || made.Text("type") != "STANDARD" {
			t.Errorf("%s is %s with the role %s", made, made.Text("type"), made.Text("roleArn"))
		}
	}
}

// TestResponse_ReachOnlyTheGate: the patterns of a role match the pipelines and the
// roles of each app, and none of the gate's other roles.
func TestResponse_ReachOnlyTheGate(t *testing.T) {
	t.Parallel()
	r := built(t, contained(approved("api", "web")))
	reached := map[string][]string{}
	for _, name := range machines {
		for _, s := range parsed(t, r.One(t, policyType, "gate-"+name)).Statement {
			for _, action := range s.Action {
				reached[action] = s.Resource
			}
		}
	}
	matches := func(action, arn string) bool {
		return slices.ContainsFunc(reached[action], func(pattern string) bool { return within(pattern, arn) })
	}
	for _, pipeline := range r.Of(t, pipelineType) {
		arn := pipeline.Output("arn")
		for action, want := range map[string]string{
			"codepipeline:DisableStageTransition": "/Deploy", "codepipeline:EnableStageTransition": "/Deploy",
			"codepipeline:StopPipelineExecution": "", "codepipeline:ListPipelineExecutions": "",
		} {
			for _, stage := range []string{"", "/Source", "/Approve", "/Deploy"} {
				if got := matches(action, arn+stage); got != (stage == want) {
					t.Errorf("%s on %s%s: %t", action, arn, stage, got)
				}
			}
		}
	}
	for _, role := range r.Of(t, roleType) {
		duty := regexp.MustCompile(`/([a-z]+)/$`).FindStringSubmatch(role.Text("path"))[1]
		for _, action := range []string{"iam:PutRolePolicy", "iam:DeleteRolePolicy"} {
			if got := matches(action, role.Output("arn")); got != (duty == "pipeline" || duty == "build") {
				t.Errorf("%s on %s: %t", action, role, got)
			}
			if matches(action, role.Output("arn")) && role.Text("permissionsBoundary") == "" {
				t.Errorf("%s is below no boundary, and %s could make anything of it", role, action)
			}
		}
	}
}

func TestResponse_ContinueAfterFailure(t *testing.T) {
	t.Parallel()
	r := built(t, contained(config("api")))
	tasks := 0
	for _, name := range machines {
		eachState(machine(t, r, name), func(state string, s states.State, of states.Machine) {
			if s.Type != "Task" {
				return
			}
			tasks++
			if last := s.Retry[len(s.Retry)-1]; !slices.Equal(last.ErrorEquals, states.AllErrors) || last.MaxAttempts < 3 {
				t.Errorf("%s: %s is tried again on %v, %d times", name, state, last.ErrorEquals, last.MaxAttempts)
			}
			caught := s.Catch[len(s.Catch)-1]
			if !slices.Equal(caught.ErrorEquals, states.AllErrors) {
				t.Errorf("%s: %s leaves errors to others than %v", name, state, caught.ErrorEquals)
			}
			if said := of.States[caught.Next]; state != "Publish the record" {
				if _, recorded := said.Parameters["failed.$"]; said.Type != "Pass" || !recorded {
					t.Errorf("%s: nothing is said of a failure of %s", name, state)
				}
				// What comes after a failure comes after a success too, sooner or later.
				if !leads(of, s.Next, said.Next) && said.Next != s.Next {
					t.Errorf("%s: after a failure of %s comes %q, else %q", name, state, said.Next, s.Next)
				}
			}
		})
	}
	if tasks != 10 {
		t.Errorf("looked at %d tasks", tasks)
	}
}

// leads is whether one state comes after another, along Next.
func leads(of states.Machine, from, to string) bool {
	for name := from; name != ""; name = of.States[name].Next {
		if name == to {
			return true
		}
	}
	return from == to
}

// TestResponse_IgnoreDeniedAndOmittedCalls: what AWS refused changed nothing, and a request that CloudTrail left out may be
// another team's.
func TestResponse_IgnoreDeniedAndOmittedCalls(t *testing.T) {
	t.Parallel()
	m := machine(t, built(t, contained(config("api"))), "containment")
	got := map[string]string{}
	for _, rule := range m.States["Filter authorized calls"].Choices {
		if rule.And == nil && rule.IsPresent != nil && *rule.IsPresent {
			got[rule.Variable] = m.States[rule.Next].Type
		}
	}
	want := map[string]string{
		"$['by-hand']": "Choice", "$.detail.errorCode": "Succeed", "$.detail.requestParameters.omitted": "Succeed",
	}
	if !maps.Equal(got, want) {
		t.Errorf("decides by %v, want %v", got, want)
	}
}

// TestResponse_IgnoreAuthorizedCallers: a call by these is no reason, whatever it was.
func TestResponse_IgnoreAuthorizedCallers(t *testing.T) {
	t.Parallel()
	r := built(t, contained(run(config("api"))))
	var got []string
	for _, rule := range machine(t, r, "containment").States["Filter authorized calls"].Choices {
		if rule.And != nil {
			if variable := rule.And[1].Variable; variable != "$.detail.userIdentity.sessionContext.sessionIssuer.arn" {
				t.Errorf("judges by %s", variable)
			}
			got = append(got, *rule.And[1].StringEquals)
		}
	}
	want := []string{"arn:aws:iam::111111111111:role/deployer", "arn:aws:iam::111111111111:role/break-glass"}
	for _, name := range []string{"deploy", "containment", "release"} {
		want = append(want, r.One(t, roleType, "gate-"+name).Output("arn"))
	}
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("leaves alone %v, want %v", got, want)
	}
}

// CodePipeline API Reference, DisableStageTransition and StopPipelineExecution: one
// reason is for both.
var reason = regexp.MustCompile(`^[a-zA-Z0-9!@ ().*?-]{1,200}$`)

func TestResponse_RecordsFit(t *testing.T) {
	t.Parallel()
	r := built(t, contained(longest()))
	reasons, names := 0, map[string]bool{}
	for _, name := range machines {
		eachState(machine(t, r, name), func(state string, s states.State, _ states.Machine) {
			if key := name + " " + state; names[key] || len(state) > 80 { // a state's name is once in a definition
				t.Errorf("%s: a state is called %q", name, state)
			} else {
				names[key] = true
			}
			if text, ok := s.Parameters["reason"].(string); ok {
				reasons++
				if !reason.MatchString(text) {
					t.Errorf("CodePipeline does not take the reason %q", text)
				}
			}
			if subject, ok := s.Parameters["Subject"].(string); ok && len(subject) > 100 { // SNS API, Publish
				t.Errorf("the subject %q has %d characters", subject, len(subject))
			}
		})
	}
	if reasons != 5 {
		t.Errorf("looked at %d reasons", reasons)
	}
}

// TestResponse_FitMaximumApps: the definition is as long as Step Functions
// takes it, and so is what its states are given, even where every call fails.
func TestResponse_FitMaximumApps(t *testing.T) {
	t.Parallel()
	var apps []string
	for i := range settings.MaxContained {
		apps = append(apps, fmt.Sprintf("a%03d-%025d", i, i)) // 30 characters, settings' longest
	}
	c := contained(config(apps...))
	c["name"] = strings.Repeat("n", 20)
	r := builtRooms(t, c, responseRoom)
	for _, name := range machines {
		made := r.One(t, machineType, "gate-"+name)
		if n := len(made.Text("definition")); n > states.MaxDefinition {
			t.Errorf("%s: the definition has %d bytes", name, n)
		}
		m := machine(t, r, name)
		given, err := json.Marshal(m.States["The gate"].Result)
		if err != nil {
			t.Fatal(err)
		}
		failures := 0
		eachState(m, func(_ string, s states.State, _ states.Machine) {
			text, ok := s.Parameters["failed.$"].(string)
			if said := regexp.MustCompile(`^States.Array\(States.Format\('\{\}: (.+): \{\}', `).FindStringSubmatch(text); ok && said != nil {
				// With the longest names of a pipeline and of an error.
				failures += len(said[1]) + 51 + len("CodePipeline.PipelineExecutionNotStoppableException") + len(`"": : ,`)
			}
		})
		if n := len(given) + failures*len(apps); failures == 0 || n > maxPayload {
			t.Errorf("%s: a state may be given %d bytes", name, n)
		}
	}
}
