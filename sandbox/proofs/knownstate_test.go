package proofs

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"prodgate/pkg/buildspec"
	"prodgate/sandbox/emulators/codebuild"
	"prodgate/sandbox/engine/stack"
)

// TestKnownState_FindChanges changes every part of a gate by hand and runs the deployed check, on a
// schedule and before a deployment, in bash with the real AWS CLI.
func TestKnownState_FindChanges(t *testing.T) {
	t.Parallel()
	const releaseManager = "arn:aws:iam::111111111111:role/release-manager"
	w := newWorldUpOf(t, "dev", func(c *stack.Config) { c.Roles = append(c.Roles, releaseManager) })
	inbox := w.inbox()
	silent := func(when string, builds ...codebuild.Build) {
		t.Helper()
		for _, build := range builds {
			if found := w.assertFindings(build, inbox); len(found) > 0 {
				t.Errorf("%s %s finds %q", when, build.Project.Name, found)
			}
		}
	}
	silent("after an up", w.scheduledCheck(), w.checkBeforeDeploy("backend-flask"))
	w.assertCheckStarts(inbox)

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

// assertFindings runs a check and returns its findings, in order. Findings are one message and fail
// the build; without findings there is no message and the build succeeds.
func (w *world) assertFindings(build codebuild.Build, inbox func() []message) []string {
	w.Helper()
	result, err := build.Run(w.Context())
	w.must(err)
	told := inbox()
	if result.Succeeded {
		if len(told) > 0 || !strings.Contains(result.Log, "every part is as the known state has it\n[Container]") {
			w.Errorf("a check that succeeds tells %q:\n%s", told, result.Log)
		}
		return nil
	}
	if len(told) != 1 || told[0].Subject != "prodgate: differs from the known state" {
		w.Fatalf("a check that fails tells %q:\n%s", told, result.Log)
	}
	paragraphs := strings.Split(told[0].Message, "\n\n")
	if len(paragraphs) != 4 || !strings.Contains(paragraphs[3], result.ID) {
		w.Fatalf("the message is\n%s", told[0].Message)
	}
	return strings.Split(paragraphs[1], "\n")
}

// scheduledCheck is the check that EventBridge starts. It does not wait to compare again.
func (w *world) scheduledCheck() codebuild.Build {
	w.Helper()
	build := codebuild.Build{
		Project: asDeployed(w.projectOf("prodgate-verifier")), Source: w.TempDir(), Initiator: "rule/prodgate-check",
		Env: append(w.Cloud.Env(), "PATH="+kit.Path()),
	}
	set(&build, buildspec.Attempts, "1")
	return build
}

// checkBeforeDeploy is the check that an app's pipeline starts, configured by its action.
func (w *world) checkBeforeDeploy(app string) codebuild.Build {
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
	if *check.ActionTypeId.Provider != "CodeBuild" || *deploy.ActionTypeId.Provider != "ECS" || *check.RunOrder >= *deploy.RunOrder {
		w.Fatalf("before the deployment of %s is %+v", app, check)
	}
	build := w.scheduledCheck()
	build.Project, build.Initiator = asDeployed(w.projectOf(check.Configuration["ProjectName"])), "codepipeline/"+app+"-prodgate"
	set(&build, buildspec.Attempts, "1")
	var overrides []codebuild.Variable
	w.must(json.Unmarshal([]byte(check.Configuration["EnvironmentVariables"]), &overrides))
	for _, v := range overrides {
		set(&build, v.Name, v.Value)
	}
	return build
}

// set overrides a variable of a build, as its caller can.
func set(build *codebuild.Build, name, value string) {
	variables := slices.DeleteFunc(slices.Clone(build.Project.Environment.Variables), func(v codebuild.Variable) bool { return v.Name == name })
	build.Project.Environment.Variables = append(variables, codebuild.Variable{Name: name, Value: value})
}

// assertCheckStarts asserts the schedule of the check, and the report of a check that fails or does
// not end.
func (w *world) assertCheckStarts(inbox func() []message) {
	w.Helper()
	rule, err := w.aws.events.DescribeRule(w.Context(), &eventbridge.DescribeRuleInput{Name: ptr("prodgate-check")})
	w.must(err)
	targets, err := w.aws.events.ListTargetsByRule(w.Context(), &eventbridge.ListTargetsByRuleInput{Rule: ptr("prodgate-check")})
	w.must(err)
	started := *targets.Targets[0].Arn + " as " + *targets.Targets[0].RoleArn
	if *rule.ScheduleExpression != "rate(60 minutes)" || len(targets.Targets) != 1 ||
		started != "arn:aws:codebuild:eu-west-2:111111111111:project/prodgate-verifier as arn:aws:iam::111111111111:role/prodgate/dispatcher/prodgate-dispatcher" {
		w.Errorf("%s starts %s", *rule.ScheduleExpression, started)
	}
	for _, status := range []string{"FAILED", "FAULT", "STOPPED", "TIMED_OUT"} {
		w.putBuildEvent("prodgate-verifier", status)
		if told := inbox(); len(told) != 1 || !strings.Contains(told[0].Message, "is "+status+" at ") || !strings.Contains(told[0].Message, "https://console.aws.amazon.com/x") {
			w.Errorf("of a check that is %s people are told %q", status, told)
		}
	}
	w.putBuildEvent("prodgate-verifier", "SUCCEEDED")
	w.putBuildEvent("prodgate-verifier-before-deploy", "FAILED") // its pipeline fails
	if told := inbox(); len(told) != 0 {
		w.Errorf("people are told %q", told)
	}
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
	tools := w.TempDir()
	asked, answered := filepath.Join(tools, "asked"), filepath.Join(tools, "answered")
	w.must(os.WriteFile(filepath.Join(tools, "sleep"), []byte("#!/bin/bash\necho \"$1\" >> "+asked+
		"\nuntil [ -e "+answered+" ]; do /bin/sleep 0.1; done\n"), 0o700))
	build := w.scheduledCheck()
	build.Project = asDeployed(w.projectOf("prodgate-verifier"))
	build.Env = append(w.Cloud.Env(), "PATH="+tools+":"+kit.Path())
	back := attach("prodgate-backend-flask-build")(w)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
			if _, err := os.Stat(asked); err == nil {
				break
			}
		}
		back()
		_ = os.WriteFile(answered, nil, 0o600)
	}()
	found := w.assertFindings(build, inbox)
	<-ended
	pauses, err := os.ReadFile(asked)
	w.must(err)
	if len(found) > 0 || string(pauses) != "60\n" {
		w.Errorf("after an update the check finds %q, with pauses of %q", found, pauses)
	}
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

// putBuildEvent puts an event of CodeBuild.
func (w *world) putBuildEvent(project, status string) {
	w.Helper()
	w.must(w.Cloud.Inject(w.Context(), map[string]any{
		"source": "aws.codebuild", "detail-type": "CodeBuild Build State Change", "account": w.account(), "region": region,
		"detail": map[string]any{
			"build-status": status, "project-name": project,
			"additional-information": map[string]any{"logs": map[string]any{"deep-link": "https://console.aws.amazon.com/x"}},
		},
	}))
}
