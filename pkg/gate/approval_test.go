package gate_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/buildspec"
)

// sourceVariables are what a source of CodeStarSourceConnection makes: CodePipeline
// User Guide, Variables reference. A variable that nothing makes fails its action.
var sourceVariables = []string{"AuthorDate", "BranchName", "CommitId", "CommitMessage", "ConnectionArn", "FullRepositoryName"}

func TestApproval_IsBetweenBuildAndDeployment(t *testing.T) {
	t.Parallel()
	r := built(t, approved("api", "web"))
	for _, name := range []string{"api", "web"} {
		all := actions(r.One(t, pipelineType, "gate-"+name))
		var stages []string
		for _, a := range all {
			stages = append(stages, a.stage)
		}
		stages = slices.Compact(stages)
		if want := []string{"Source", "Scan", "Build", "Sign", "Approve", "Deploy"}; !slices.Equal(stages, want) {
			t.Fatalf("the stages of %s are %q, want %q", name, stages, want)
		}
		approve := all[slices.IndexFunc(all, func(a actionOf) bool { return a.stage == "Approve" })]
		if approve.name != "Approve" || approve.category != "Approval" || approve.provider != "Manual" || len(approve.in)+len(approve.out) != 0 {
			t.Errorf("the approval is %+v", approve)
		}
		stage := r.One(t, pipelineType, "gate-"+name).Input("stages").ArrayValue()[4].ObjectValue()["actions"].ArrayValue()[0].ObjectValue()
		if namespace := stage["namespace"]; !namespace.IsNull() { // CodePipeline refuses an empty one
			t.Errorf("the approval makes variables of the namespace %v", namespace)
		}
		if minutes := stage["timeoutInMinutes"]; !minutes.IsNumber() || minutes.NumberValue() != 24*60 {
			t.Errorf("the approval waits for %v minutes", minutes)
		}
		if got, want := approve.configuration["NotificationArn"], r.One(t, "aws:sns/topic:Topic", "gate-alerts").Output("arn"); got != want {
			t.Errorf("asks at %q, want %q", got, want)
		}
		found := []string{buildspec.Summary}
		variables := map[string][]string{
			"Source": sourceVariables, "Build": buildspec.Exported("build"), "Secrets": found, "Code": found, "Dependencies": found, "Findings": found, "Packages": found,
		}
		text := approve.configuration["CustomData"]
		for _, v := range regexp.MustCompile(`#\{(\w+)\.(\w+)\}`).FindAllStringSubmatch(text, -1) {
			if !slices.Contains(variables[v[1]], v[2]) {
				t.Errorf("nothing makes %s", v[0])
			}
		}
		for _, says := range []string{"Deploy " + name + " to web/" + name, "example-org/web/commit/#{Source.CommitId}", "#{Build.IMAGE_DIGEST}", "#{Secrets.SUMMARY}", "#{Code.SUMMARY}", "#{Dependencies.SUMMARY}", "#{Findings.SUMMARY}", "#{Packages.SUMMARY}"} {
			if !strings.Contains(text, says) {
				t.Errorf("does not say %q:\n%s", says, text)
			}
		}
	}
}

func TestApproval_ApproverRoleAnswersOneAppAlone(t *testing.T) {
	t.Parallel()
	r := built(t, approved("api", "web"))
	for _, name := range []string{"api", "web"} {
		pipeline := r.One(t, pipelineType, "gate-"+name).Output("arn")
		d := parsed(t, r.One(t, policyType, "gate-"+name+"-approver"))
		for _, s := range d.Statement {
			for _, action := range s.Action {
				want := pipeline
				if action == "codepipeline:PutApprovalResult" {
					want += "/Approve/Approve"
				} else if !regexp.MustCompile(`^codepipeline:(Get|List)`).MatchString(action) {
					t.Errorf("an approver of %s may %s", name, action)
				}
				if !slices.Equal(s.Resource, []string{want}) {
					t.Errorf("%s is on %v, want %s", action, s.Resource, want)
				}
			}
		}
		role := r.One(t, roleType, "gate-"+name+"-approver")
		if got := role.Text("path"); got != "/prodgate/approver/" {
			t.Errorf("%s is at %s", role, got)
		}
		trust := parsed(t, role).Statement
		if len(trust) != 1 || !slices.Equal(trust[0].Principal["AWS"], []string{"arn:aws:iam::111111111111:root"}) || len(trust[0].Principal) != 1 ||
			!slices.Equal(trust[0].Condition["ArnEquals"]["aws:PrincipalArn"], []string{"arn:aws:iam::111111111111:role/release-manager"}) {
			t.Errorf("%s is assumed by %+v", role, trust)
		}
		apps, _ := r.Outputs["apps"].Value.(map[string]map[string]string)
		if got := apps[name]["approverRoleArn"]; got != role.Output("arn") {
			t.Errorf("the contract says %q", got)
		}
	}
}

func TestApproval_PipelineMayPublishTheRequest(t *testing.T) {
	t.Parallel()
	r := built(t, approved("api"))
	may := map[string]statement{}
	for _, s := range parsed(t, r.One(t, policyType, "gate-api-pipeline")).Statement {
		may[s.Sid] = s
	}
	for sid, want := range map[string]string{
		"AskForApproval": r.One(t, "aws:sns/topic:Topic", "gate-alerts").Output("arn"),
		"AlertKey":       r.One(t, keyType, "gate-alerts").Output("arn"),
	} {
		if got := may[sid].Resource; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is on %v, want %s", sid, got, want)
		}
	}
	if got := may["AlertKey"].Condition["StringEquals"]["kms:ViaService"]; !slices.Equal(got, []string{"sns.eu-west-2.amazonaws.com"}) {
		t.Errorf("the alerts' key is used through %v", got)
	}
}

func TestApproval_WithoutApproversThereIsNone(t *testing.T) {
	t.Parallel()
	r := built(t, config("api"))
	for _, role := range r.Of(t, roleType) {
		if strings.Contains(role.Name, "approver") {
			t.Errorf("there is %s", role)
		}
	}
	for _, s := range parsed(t, r.One(t, policyType, "gate-api-pipeline")).Statement {
		if slices.Contains(s.Action, "sns:Publish") {
			t.Errorf("the pipeline publishes: %+v", s)
		}
	}
	apps, _ := r.Outputs["apps"].Value.(map[string]map[string]string)
	if got, there := apps["api"]["approverRoleArn"]; got != "" || !there {
		t.Errorf("the contract says %q, %t", got, there)
	}
}
