package proofs

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"prodgate/pkg/knownstate"
	"prodgate/pkg/knownstate/archive"
	"prodgate/sandbox/emulators/codebuild"
	"prodgate/sandbox/emulators/lambda"
	"prodgate/sandbox/engine/stack"
)

// TestKnownState_FindChanges changes every part of a gate by hand and runs the deployed check, on a
// schedule and before a deployment, behind Lambda's runtime API.
func TestKnownState_FindChanges(t *testing.T) {
	t.Parallel()
	const releaseManager = "arn:aws:iam::111111111111:role/release-manager"
	w := newWorldUpOf(t, "dev", func(c *stack.Config) { c.Roles = append(c.Roles, releaseManager) })
	inbox := w.published()
	silent := func(when string, checks ...invocation) {
		t.Helper()
		for _, check := range checks {
			if found := w.assertFindings(check, inbox); len(found) > 0 {
				t.Errorf("%s the check of %q finds %q", when, check.app, found)
			}
		}
	}
	silent("after an up", w.scheduledCheck(), w.checkBeforeDeploy("backend-flask"))
	w.assertCheckStarts()
	w.assertCheckIsReproducible()
	w.assertEventsStartCheck(inbox)

	// Rows about the same field of a part are in separate rounds.
	for left := w.listTamperings(); len(left) > 0; {
		parts, later := map[string][]string{}, []manualChange(nil)
		var done, want []string
		var undo []func()
		for _, row := range left {
			fields := strings.Split(row.fields, ", ")
			if slices.ContainsFunc(fields, func(field string) bool { return slices.Contains(parts[row.part], field) }) {
				later = append(later, row)
				continue
			}
			parts[row.part], done, undo = append(parts[row.part], fields...), append(done, row.what), append(undo, row.change(w))
		}
		left = later
		for part, fields := range parts {
			want = append(want, part+": "+strings.Join(slices.Sorted(slices.Values(fields)), ", "))
		}
		found := w.assertFindings(w.scheduledCheck(), inbox)
		if slices.Sort(want); !slices.Equal(found, want) {
			t.Errorf("after %q the check finds\n%s\nwant\n%s", done, strings.Join(found, "\n"), strings.Join(want, "\n"))
		}
		for _, back := range slices.Backward(undo) {
			back()
		}
		t.Logf("%d changes by hand, of %d parts", len(done), len(parts))
	}
	silent("when all is put back", w.scheduledCheck())

	// Changes of another app, and of what is not compared.
	for _, change := range w.uncoveredChanges() {
		change(w)
	}
	silent("after changes of what is not compared", w.scheduledCheck())

	w.assertDeployRefused(inbox)
	w.assertWaitForUpdate(inbox)

	// Neither a refresh nor an update detects a changed trigger. An update that changes the
	// pipeline also restores its trigger.
	pipeline(func(p *pipelineOf) { p.Triggers[0].GitConfiguration.Push[0].Branches.Includes = []string{"anything"} })(w)
	w.up()
	same(t, "what is found after an up", w.assertFindings(w.checkBeforeDeploy("backend-flask"), inbox), []string{"trigger backend-flask-prodgate: branches"})

	// A large update: approvals, a secret, paths, and a further app.
	w.configure(
		func(s string) string { return strings.ReplaceAll(secondApp(s), "ACCOUNT", "111111111111") },
		replace("    breakGlassArn:", "    approverArns: ["+releaseManager+"]\n    breakGlassArn:"),
		replace("folder: backend-flask\n", "folder: backend-flask\n      paths: [shared/**, backend-flask/**]\n"),
		setSecrets("name: TOKEN"),
	)
	w.up()
	w.must(w.Cloud.WaitForEvents(w.Context()))
	inbox() // the new pipeline's first run failed: the connection is PENDING
	silent("after an up that changes the pipelines", w.scheduledCheck(), w.checkBeforeDeploy("backend-flask"), w.checkBeforeDeploy("frontend-react-js"))
	same(t, "a preview after it", w.planned(), map[string]string{})
}

// invocation is an invocation of the check.
type invocation struct {
	lambda.Function
	event []byte
	// app and job are those of a pipeline; empty for the schedule.
	app, job string
}

// assertFindings runs a check and returns its findings, in order. Findings are one message and fail the
// pipeline's job; without findings there is no message and the job succeeds.
func (w *world) assertFindings(check invocation, inbox func() []message) []string {
	w.Helper()
	result, err := check.Invoke(w.Context(), check.event)
	w.must(err)
	told := inbox()
	if result.Error != "" {
		w.Fatalf("the check fails: %s\n%s", result.Error, result.Log)
	}
	if strings.Contains(result.Log, "credential") || check.job != "" && strings.Contains(result.Log, check.job) {
		w.Errorf("the check logs its event:\n%s", result.Log)
	}
	want := map[string]string{}
	if len(told) == 0 {
		if check.job != "" {
			want[check.job] = lambda.Succeeded
		}
		if !maps.Equal(result.Jobs, want) || !strings.HasSuffix(result.Log, "every part is as the known state has it\n") {
			w.Errorf("a check that finds nothing reports %v, want %v:\n%s", result.Jobs, want, result.Log)
		}
		return nil
	}
	if len(told) != 1 || told[0].Subject != "prodgate: differs from the known state" {
		w.Fatalf("a check that finds something tells %q:\n%s", told, result.Log)
	}
	paragraphs := strings.Split(told[0].Message, "\n\n")
	if len(paragraphs) != 4 || !strings.Contains(paragraphs[3], result.Stream) {
		w.Fatalf("the message is\n%s", told[0].Message)
	}
	found := strings.Split(paragraphs[1], "\n")
	if check.job != "" {
		want[check.job] = fmt.Sprintf("%d parts are not as pulumi up has made them: an alert names them", len(found))
	}
	if !maps.Equal(result.Jobs, want) {
		w.Errorf("the pipeline is told %v, want %v", result.Jobs, want)
	}
	return found
}

// checkFunction is the function that was deployed, with the credentials of its role.
func (w *world) checkFunction() lambda.Function {
	w.Helper()
	got, err := w.aws.lambda.GetFunctionConfiguration(w.Context(), &awslambda.GetFunctionConfigurationInput{FunctionName: ptr("prodgate-verifier")})
	w.must(err)
	session, err := w.aws.sts.AssumeRole(w.Context(), &sts.AssumeRoleInput{RoleArn: got.Role, RoleSessionName: ptr("prodgate-verifier")})
	w.must(err)
	of := session.Credentials
	return lambda.Function{
		Name: *got.FunctionName, ARN: *got.FunctionArn, Variables: maps.Clone(got.Environment.Variables), LogGroup: *got.LoggingConfig.LogGroup,
		Timeout: time.Duration(*got.Timeout) * time.Second,
		Env: []string{
			"AWS_ENDPOINT_URL=" + w.Cloud.AWS, "AWS_REGION=" + region,
			"AWS_ACCESS_KEY_ID=" + *of.AccessKeyId, "AWS_SECRET_ACCESS_KEY=" + *of.SecretAccessKey, "AWS_SESSION_TOKEN=" + *of.SessionToken,
		},
	}.With(checkProgram(w.T))
}

// checkProgram is the function's program for this machine, built once for all proofs.
func checkProgram(t testing.TB) string {
	t.Helper()
	program, err := builtCheck()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var builtCheck = sync.OnceValues(func() (string, error) {
	folder := filepath.Join(kit.Root, ".sandbox", "functions", strconv.Itoa(os.Getpid()))
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return "", err
	}
	return lambda.Program(context.Background(), kit.Root, folder)
})

// assertCheckIsReproducible asserts that what was deployed is the archive that this source makes, byte for byte.
func (w *world) assertCheckIsReproducible() {
	w.Helper()
	got, err := w.aws.lambda.GetFunctionConfiguration(w.Context(), &awslambda.GetFunctionConfigurationInput{FunctionName: ptr("prodgate-verifier")})
	w.must(err)
	built, err := archive.BuildFor(w.Context(), kit.Root, archive.System, archive.Architecture)
	w.must(err)
	content, err := os.ReadFile(built.Path)
	w.must(err)
	if sum := sha256.Sum256(content); *got.CodeSha256 != base64.StdEncoding.EncodeToString(sum[:]) || got.CodeSize != int64(len(content)) {
		w.Errorf("the function has %s, %d bytes; the source makes %s, %d bytes", *got.CodeSha256, got.CodeSize, built.SHA256, len(content))
	}
	if got.Architectures[0] != "arm64" || got.Runtime != "provided.al2023" || *got.Timeout != 900 {
		w.Errorf("the function runs as %v, %s, %d s", got.Architectures, got.Runtime, *got.Timeout)
	}
	for name, want := range map[string]string{knownstate.AttemptsVariable: "3", knownstate.PauseVariable: "60"} {
		if got.Environment.Variables[name] != want {
			w.Errorf("%s is %s, want %s", name, got.Environment.Variables[name], want)
		}
	}
}

// scheduledCheck is the check that EventBridge invokes. It does not wait to compare again.
func (w *world) scheduledCheck() invocation {
	w.Helper()
	check := invocation{Function: w.checkFunction(), event: []byte(`{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}`)}
	check.Variables[knownstate.AttemptsVariable] = "1"
	return check
}

// checkBeforeDeploy is the check that an app's pipeline invokes, configured by its action.
func (w *world) checkBeforeDeploy(app string) invocation {
	w.Helper()
	got, err := w.aws.codepipeline.GetPipeline(w.Context(), &codepipeline.GetPipelineInput{Name: ptr(app + "-prodgate")})
	w.must(err)
	var check, deploy cptypes.ActionDeclaration
	for _, stage := range got.Pipeline.Stages {
		for _, action := range stage.Actions {
			switch *stage.Name + "/" + *action.Name {
			case "Deploy/KnownState":
				check = action
			case "Deploy/Service":
				deploy = action
			}
		}
	}
	if *check.ActionTypeId.Provider != "Lambda" || *deploy.ActionTypeId.Provider != "ECS" || *check.RunOrder >= *deploy.RunOrder {
		w.Fatalf("before the deployment of %s is %+v", app, check)
	}
	return w.invokedBy(check.Configuration)
}

// invokedBy is an invocation by a pipeline: CodePipeline User Guide, AWS Lambda invoke action reference, Example JSON event.
func (w *world) invokedBy(configuration map[string]string) invocation {
	w.Helper()
	check := w.scheduledCheck()
	if configuration["FunctionName"] != check.Name {
		w.Fatalf("the pipeline invokes %s", configuration["FunctionName"])
	}
	check.app, check.job = configuration["UserParameters"], "11111111-abcd-1111-abcd-111111abcdef"
	event, err := json.Marshal(map[string]any{"CodePipeline.job": map[string]any{
		"id": check.job, "accountId": w.account(),
		"data": map[string]any{
			"actionConfiguration": map[string]any{"configuration": configuration}, "inputArtifacts": []any{}, "outputArtifacts": []any{},
			"artifactCredentials": map[string]any{"accessKeyId": "credential", "secretAccessKey": "credential", "sessionToken": "credential"},
		},
	}})
	w.must(err)
	check.event = event
	return check
}

// set overrides a variable of a build, as its caller can.
func set(build *codebuild.Build, name, value string) {
	variables := slices.DeleteFunc(slices.Clone(build.Project.Environment.Variables), func(v codebuild.Variable) bool { return v.Name == name })
	build.Project.Environment.Variables = append(variables, codebuild.Variable{Name: name, Value: value})
}

// assertCheckStarts asserts the schedule of the check, and the alarms on a check that fails or does not run.
func (w *world) assertCheckStarts() {
	w.Helper()
	const function = "arn:aws:lambda:eu-west-2:111111111111:function:prodgate-verifier"
	rule, err := w.aws.events.DescribeRule(w.Context(), &eventbridge.DescribeRuleInput{Name: ptr("prodgate-check")})
	w.must(err)
	targets, err := w.aws.events.ListTargetsByRule(w.Context(), &eventbridge.ListTargetsByRuleInput{Rule: ptr("prodgate-check")})
	w.must(err)
	target := targets.Targets[0]
	if *rule.ScheduleExpression != "rate(60 minutes)" || len(targets.Targets) != 1 || *target.Arn != function || target.RoleArn != nil ||
		*target.DeadLetterConfig.Arn != "arn:aws:sqs:eu-west-2:111111111111:prodgate-dead-letters" {
		w.Errorf("%s invokes %s", *rule.ScheduleExpression, *target.Arn)
	}
	policy, err := w.aws.lambda.GetPolicy(w.Context(), &awslambda.GetPolicyInput{FunctionName: ptr("prodgate-verifier")})
	w.must(err)
	for _, part := range []string{`"events.amazonaws.com"`, `"lambda:InvokeFunction"`, function, *rule.Arn} {
		if !strings.Contains(*policy.Policy, part) {
			w.Errorf("the function's policy has no %s: %s", part, *policy.Policy)
		}
	}
	alarms, err := w.aws.cloudwatch.DescribeAlarms(w.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: ptr("prodgate-check-")})
	w.must(err)
	var got []string
	for _, alarm := range alarms.MetricAlarms {
		got = append(got, fmt.Sprintf("%s: %s %s %s %v in %d of %d s, %s when missing, to %s", *alarm.AlarmName, *alarm.Dimensions[0].Value, *alarm.MetricName,
			alarm.ComparisonOperator, *alarm.Threshold, *alarm.EvaluationPeriods, *alarm.Period, *alarm.TreatMissingData, alarm.AlarmActions[0]))
	}
	slices.Sort(got)
	topic := "arn:aws:sns:eu-west-2:111111111111:prodgate-alerts"
	same(w.T, "what reports that the check fails or does not run", got, []string{
		"prodgate-check-errors: prodgate-verifier Errors GreaterThanThreshold 0 in 1 of 60 s, notBreaching when missing, to " + topic,
		"prodgate-check-missed: prodgate-verifier Invocations LessThanThreshold 1 in 2 of 3600 s, breaching when missing, to " + topic,
	})
}

// assertEventsStartCheck asserts that a change by an outsider invokes the check at once, which reports it, and that neither the
// check's own reads nor the change of a deployer invoke it.
func (w *world) assertEventsStartCheck(inbox func() []message) {
	w.Helper()
	taken := func() (events []string) {
		w.must(w.Cloud.WaitForEvents(w.Context()))
		request, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.Cloud.AWS+"/sandbox/invocations", nil)
		w.must(err)
		answer, err := http.DefaultClient.Do(request)
		w.must(err)
		defer func() { _ = answer.Body.Close() }()
		var all []struct{ Function, Event string }
		w.must(json.NewDecoder(answer.Body).Decode(&all))
		for _, one := range all {
			if one.Function != "arn:aws:lambda:eu-west-2:111111111111:function:prodgate-verifier" {
				w.Errorf("a rule invokes %s", one.Function)
			}
			events = append(events, one.Event)
		}
		return events
	}
	same(w.T, "what a preview and the check invoke", taken(), nil)
	own := attach("prodgate-backend-flask-build")(w)
	own()
	same(w.T, "what the change of a deployer invokes", taken(), nil)
	_, err := w.aws.iam.CreateRole(w.Context(), &iam.CreateRoleInput{RoleName: ptr("somebody"), AssumeRolePolicyDocument: ptr(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}}]}`)})
	w.must(err)
	outsider := w.as(w.session("arn:aws:iam::111111111111:role/somebody"))
	_, err = outsider.iam.AttachRolePolicy(w.Context(), &iam.AttachRolePolicyInput{
		RoleName: ptr("prodgate-backend-flask-build"), PolicyArn: ptr("arn:aws:iam::aws:policy/AdministratorAccess"),
	})
	w.must(err)
	events := taken()
	same(w.T, "what the change of an outsider invokes", events, []string{`{"rule":"prodgate-watch-roles"}`})
	inbox() // the alert of the call
	if len(events) > 0 {
		check := w.scheduledCheck()
		check.event = []byte(events[0])
		same(w.T, "what the check finds then", w.assertFindings(check, inbox), []string{"role prodgate-backend-flask-build: policies"})
	}
	own()
	same(w.T, "what the check itself invokes", taken(), nil)
}

// assertDeployRefused asserts that the check before a deployment covers the app and the shared
// parts, and no other app.
func (w *world) assertDeployRefused(inbox func() []message) {
	w.Helper()
	const own, shared = "role prodgate-backend-flask-build", "policy prodgate-pipeline-boundary"
	back, again := attach("prodgate-backend-flask-build")(w), newVersion("boundary", "prodgate-pipeline-boundary")(w)
	same(w.T, "what keeps the app from being deployed", w.assertFindings(w.checkBeforeDeploy("backend-flask"), inbox), []string{shared + ": document", own + ": policies"})
	back()
	again()
	// An app without its known state is not deployed, and stays part of the check.
	restore := w.parameter("/prodgate/known-state/backend-flask", func(map[string]any) map[string]any { return nil })
	unknown := w.assertFindings(w.checkBeforeDeploy("backend-flask"), inbox)
	if len(unknown) != 1 || !strings.HasPrefix(unknown[0], "the known state could not be read: ") || !strings.Contains(unknown[0], "ParameterNotFound") {
		w.Errorf("without a known state the check finds %q", unknown)
	}
	same(w.T, "what the check by the clock finds then", w.assertFindings(w.scheduledCheck(), inbox), []string{"parameters /prodgate/known-state: names"})
	restore()
	// A check that is told another known state finds none. One that is told a known state that somebody wrote is reported by the
	// alert on the function alone.
	back = configured(func(u *awslambda.UpdateFunctionConfigurationInput) {
		u.Environment.Variables[knownstate.ParameterVariable] = "/prodgate/other"
	})(w)
	other := w.assertFindings(w.scheduledCheck(), inbox)
	if len(other) != 1 || !strings.HasPrefix(other[0], "the known state could not be read: ") {
		w.Errorf("with another known state the check finds %q", other)
	}
	back()
	// An unreadable known state is reported too.
	deleted, forgotten := w.without("prodgate/backend-flask"), w.parameter("/prodgate/known-state/backend-flask", func(parts map[string]any) map[string]any {
		parts["project prodgate-backend-flask-scan"] = map[string]any{"buildspec": "x"}
		return parts
	})
	unread := w.assertFindings(w.checkBeforeDeploy("backend-flask"), inbox)
	if len(unread) != 2 || !strings.HasPrefix(unread[0], "project prodgate-backend-flask-scan could not be read: ") || !strings.Contains(unread[0], "there is no such project") ||
		!strings.HasPrefix(unread[1], "repository prodgate/backend-flask could not be read: ") || !strings.Contains(unread[1], "RepositoryPolicyNotFoundException") {
		w.Errorf("of what cannot be read the check finds %q", unread)
	}
	deleted()
	forgotten()
}

// assertWaitForUpdate asserts that the deployed check compares a difference again before it reports
// it, so that a running update can end.
func (w *world) assertWaitForUpdate(inbox func() []message) {
	w.Helper()
	back := attach("prodgate-backend-flask-build")(w)
	check := w.scheduledCheck()
	check.Variables[knownstate.AttemptsVariable], check.Variables[knownstate.PauseVariable] = "3", "5"
	var once sync.Once
	check.Logs = writer(func(line string) {
		if strings.Contains(line, "differ from the known state") {
			once.Do(back)
		}
	})
	start := time.Now()
	if found := w.assertFindings(check, inbox); len(found) > 0 || time.Since(start) < 5*time.Second {
		w.Errorf("after an update the check finds %q, in %s", found, time.Since(start))
	}
}

// writer is a function that gets what is written.
type writer func(string)

func (w writer) Write(text []byte) (int, error) {
	w(string(text))
	return len(text), nil
}

// parameter changes a known state, or deletes it if the change returns nil.
func (w *world) parameter(name string, change func(map[string]any) map[string]any) (undo func()) {
	w.Helper()
	got, err := w.aws.ssm.GetParameter(w.Context(), &ssm.GetParameterInput{Name: &name})
	w.must(err)
	var parts map[string]any
	w.must(json.Unmarshal([]byte(*got.Parameter.Value), &parts))
	put := func(text string) {
		_, err := w.aws.ssm.PutParameter(w.Context(), &ssm.PutParameterInput{Name: &name, Value: &text, Type: "String", Overwrite: ptr(true)})
		w.must(err)
	}
	if changed := change(maps.Clone(parts)); changed == nil {
		_, err = w.aws.ssm.DeleteParameter(w.Context(), &ssm.DeleteParameterInput{Name: &name})
		w.must(err)
	} else {
		text, err := json.Marshal(changed)
		w.must(err)
		put(string(text))
	}
	return func() { put(*got.Parameter.Value) }
}
