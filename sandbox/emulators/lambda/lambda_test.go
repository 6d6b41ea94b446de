package lambda

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"prodgate/pkg/knownstate"
	"prodgate/sandbox/toolchain"
)

// aws answers the calls of a check that knows one policy.
func aws(t *testing.T, document string) string {
	t.Helper()
	parts, err := knownstate.Kind(knownstate.Policy).Declared(knownstate.Inputs{"name": "p-build", "policy": `{"Statement": []}`})
	if err != nil {
		t.Fatal(err)
	}
	known, err := knownstate.Hashes(parts)
	if err != nil {
		t.Fatal(err)
	}
	value, err := json.Marshal(map[string]any{"Parameter": map[string]string{"Value": known}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := ""
		switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
		case "GetParameter":
			answer = string(value)
		case "GetParametersByPath":
			answer = `{"Parameters": []}`
		default:
			_ = r.ParseForm()
			answer = map[string]string{
				"GetPolicy":        `<GetPolicyResponse><GetPolicyResult><Policy><DefaultVersionId>v1</DefaultVersionId></Policy></GetPolicyResult></GetPolicyResponse>`,
				"GetPolicyVersion": `<GetPolicyVersionResponse><GetPolicyVersionResult><PolicyVersion><Document>` + document + `</Document></PolicyVersion></GetPolicyVersionResult></GetPolicyVersionResponse>`,
				"Publish":          `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`,
			}[r.Form.Get("Action")]
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestFunction_Invoke runs the function that the gate deploys, on this machine.
func TestFunction_Invoke(t *testing.T) {
	t.Parallel()
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	program, err := Program(t.Context(), root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const job = `{"CodePipeline.job": {"id": "job-1", "data": {"actionConfiguration": {"configuration": {"UserParameters": "api"}},
		"artifactCredentials": {"secretAccessKey": "credential"}}}}`
	as, other := "%7B%22Statement%22%3A%20%5B%5D%7D", "%7B%22Statement%22%3A%20%5B%7B%22Sid%22%3A%22X%22%7D%5D%7D"
	for name, c := range map[string]struct {
		event, document string
		without         string // a variable
		job, log, err   string
	}{
		"by the clock":        {event: `{"source": "aws.events"}`, document: as, log: "every part is as the known state has it"},
		"before a deployment": {event: job, document: as, job: Succeeded, log: "every part is as the known state has it"},
		"before a deployment of what has changed": {event: job, document: other, log: "policy p-build: document",
			job: "1 parts are not as pulumi up has made them: an alert names them"},
		"of no app": {event: `{"CodePipeline.job": {"id": "job-1"}}`, document: as, job: "the check failed: the action names no app", err: "the action names no app"},
		"without a variable": {event: job, document: as, without: knownstate.TopicVariable, job: "the check failed: the variable ALERT_TOPIC is not set",
			err: "the variable ALERT_TOPIC is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := Function{
				Name: "p-verifier", ARN: "arn:aws:lambda:eu-west-2:111111111111:function:p-verifier", LogGroup: "g", Timeout: time.Minute,
				Variables: map[string]string{
					knownstate.GateVariable: "p", knownstate.ParameterVariable: "/p/known-state", knownstate.PoliciesVariable: "arn:aws:iam::111111111111:policy/p",
					knownstate.TopicVariable: "arn:aws:sns:eu-west-2:111111111111:p", knownstate.AttemptsVariable: "1", knownstate.PauseVariable: "1",
				},
				Env: []string{"AWS_ENDPOINT_URL=" + aws(t, c.document), "AWS_REGION=eu-west-2", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"},
			}
			delete(f.Variables, c.without)
			result, err := f.With(program).Invoke(t.Context(), []byte(c.event))
			if err != nil {
				t.Fatal(err)
			}
			if result.Jobs["job-1"] != c.job || !strings.Contains(result.Log, c.log) || !strings.Contains(result.Error, c.err) || c.err == "" && result.Error != "" {
				t.Errorf("%+v", result)
			}
			if strings.Contains(result.Log, "job-1") || strings.Contains(result.Log, "credential") {
				t.Errorf("the event is logged: %s", result.Log)
			}
		})
	}
}
