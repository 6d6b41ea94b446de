package pipeline_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/naming"
	"prodgate/pkg/pipeline"
	"prodgate/pkg/settings"
	"prodgate/pkg/tool"
)

type object = map[string]any

// stack is the settings of two apps, the first one blue/green, with approvals and a DAST.
func stack(t *testing.T, change func(map[string]any)) *settings.Settings {
	t.Helper()
	app := func(name string) object {
		return object{
			"name": name, "folder": name, "cluster": "web", "service": name, "container": name,
			"executionRoleArn": "arn:aws:iam::111111111111:role/execution", "taskRoleArn": "arn:aws:iam::111111111111:role/task-" + name,
			"scan": object{"code": "bandit"},
		}
	}
	blueGreen := app("api")
	blueGreen["deployment"] = object{
		"kind": "blue-green", "targetGroups": []string{"blue", "green"}, "containerPort": 4567, "alarms": []string{"5xx"},
		"listenerArn": "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/0123456789abcdef",
	}
	blueGreen["health"] = object{"url": "https://api.example.com/health", "expect": object{"success": true}}
	blueGreen["dast"] = object{"url": "https://api.example.com/"}
	blueGreen["secrets"] = []any{object{"name": "TOKEN"}, object{"name": "OTHER", "arn": "arn:aws:secretsmanager:eu-west-2:111111111111:secret:company/token-QwErTy",
		"keyArn": "arn:aws:kms:eu-west-2:111111111111:key/11111111-2222-3333-4444-555555555555"}}
	c := map[string]any{
		"account": "111111111111",
		"access": object{
			"deployerArns": []string{"arn:aws:iam::111111111111:role/deployer"}, "breakGlassArn": "arn:aws:iam::111111111111:role/break-glass",
			"approverArns": []string{"arn:aws:iam::111111111111:role/approver"},
		},
		"source": object{"owner": "example-org", "repository": "web", "codeOwners": []string{"@example-org/platform"}},
		"alerts": object{"emails": []string{"platform@example.com"}},
		"apps":   []any{blueGreen, app("web")},
	}
	if change != nil {
		change(c)
	}
	config := map[string]string{"aws:region": "eu-west-2"}
	for key, value := range c {
		if text, is := value.(string); is {
			config["prodgate:"+key] = text
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		config["prodgate:"+key] = string(text)
	}
	s, err := settings.Decode("prodgate", config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The checks that exist only here: a scan of the source for each app, and a check of all apps in
// a stage that is new.
var (
	lint = tool.Tool{Name: "lint", Version: "1.2.3", URL: "https://example.com/lint-1.2.3.tar.gz", SHA256: strings.Repeat("0a", 32)}
	// choice is the setting scan.lint.
	choice = map[string]string{"api": "lint", "web": settings.None}

	lintRow = pipeline.Row{
		Stage: "Scan", Action: "Lint", Category: "Test", Provider: "CodeBuild", Namespace: "Lint", Setting: "scan.lint",
		Inputs: []pipeline.Input{{Artifact: pipeline.SourceArtifact}}, Outputs: []string{"Report"},
		Project: &pipeline.Project{
			Name: "scan-lint", Role: naming.Scan, Description: "Looks for lint of {app}, with {scanner}",
			Choice:   func(app settings.App) string { return choice[app.Name] },
			Scanners: map[string]pipeline.Scanner{"lint": {Buildspec: "lint", Tools: []tool.Tool{lint}}},
			Rights: []pipeline.Right{{
				Sid: "Lint", Actions: []string{"codeartifact:ReadFromRepository"}, On: func(pipeline.Model, pipeline.Scope) []pipeline.Value {
					return []pipeline.Value{{Text: "*"}}
				},
			}},
		},
	}
	probeRow = pipeline.Row{
		Stage: "Probe", Action: "Probe", Category: "Test", Provider: "CodeBuild", Namespace: "Probe", Setting: "probe",
		IsOn:   func(*settings.Settings) bool { return true },
		Inputs: []pipeline.Input{{Artifact: pipeline.BuildArtifact}, {Artifact: "Report", IsOptional: true}},
		Project: &pipeline.Project{
			Name: "probe", IsShared: true, Role: naming.Inspect, Description: "Probes an image", Minutes: 10, Scanner: pipeline.Scanner{Buildspec: "probe"},
		},
	}
)

// withNewChecks is the model of a stack with both.
func withNewChecks(s *settings.Settings) pipeline.Model {
	var rows []pipeline.Row
	for _, row := range pipeline.Rows() {
		rows = append(rows, row)
		switch {
		case row.Action == "Code":
			rows = append(rows, lintRow)
		case row.Stage == "Sign":
			rows = append(rows, probeRow)
		}
	}
	return pipeline.NewWith(s, rows, func(name string) string {
		if name == "lint" || name == "probe" {
			return "version: 0.2 # " + name
		}
		return buildspec.Text(name)
	})
}

func TestModel_ANewCheckIsInTheStages(t *testing.T) {
	t.Parallel()
	s := stack(t, nil)
	m := withNewChecks(s)
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	for app, want := range map[int]string{
		0: "Source: GitHub; Scan: Secrets Code Lint Dependencies; Build: Image Findings Packages; Sign: Image; Probe: Probe; Approve: Approve; " +
			"Deploy: KnownState Prepare Service Verify; Test: Attack",
		1: "Source: GitHub; Scan: Secrets Code Dependencies; Build: Image Findings Packages; Sign: Image; Probe: Probe; Approve: Approve; " +
			"Deploy: KnownState Prepare Service Verify",
	} {
		var got []string
		for _, stage := range m.Stages(s.Apps[app]) {
			names := stage.Name + ":"
			for _, a := range stage.Actions {
				names += " " + a.Name
			}
			got = append(got, names)
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("got %s, want %s", strings.Join(got, "; "), want)
		}
	}
	probe := m.Stages(s.Apps[0])[4].Actions[0]
	if !slices.Equal(probe.Inputs, []string{"Build", "Report"}) || probe.Configuration["ProjectName"].Text != "prodgate-probe" || probe.Configuration["PrimarySource"].Text != "Build" {
		t.Errorf("%+v", probe)
	}
	if probe = m.Stages(s.Apps[1])[4].Actions[0]; !slices.Equal(probe.Inputs, []string{"Build"}) {
		t.Errorf("web makes no report: %+v", probe)
	}
	text := m.ApprovalText(s.Apps[0])
	if !strings.Contains(text, "#{Lint.SUMMARY}") || !strings.Contains(text, "#{Probe.SUMMARY}") || strings.Contains(m.ApprovalText(s.Apps[1]), "Lint") {
		t.Errorf("approvers read %s", text)
	}
}

func TestModel_ANewCheckHasAProject(t *testing.T) {
	t.Parallel()
	s := stack(t, nil)
	m := withNewChecks(s)
	projects, err := m.ProjectsOf(s.Apps[0])
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(projects, func(p pipeline.CodeBuildProject) bool { return p.Name == "prodgate-api-scan-lint" })
	if i < 0 {
		t.Fatalf("the projects are %+v", projects)
	}
	want := []pipeline.Setting{{Name: "LINT_URL", Value: pipeline.Value{Text: lint.URL}}, {Name: "LINT_SHA256", Value: pipeline.Value{Text: lint.SHA256}}}
	if p := projects[i]; p.Role != naming.Scan || p.Buildspec != "version: 0.2 # lint" || !slices.Equal(p.Variables, want) || p.IsPrivileged ||
		p.Suffix != "api-scan-lint" || p.Description != "Looks for lint of api, with lint" || p.Minutes != s.Build.Timeout {
		t.Errorf("%+v", p)
	}
	if projects, err = m.ProjectsOf(s.Apps[1]); err != nil || slices.ContainsFunc(projects, func(p pipeline.CodeBuildProject) bool { return strings.Contains(p.Name, "lint") }) {
		t.Errorf("web has %+v, %v", projects, err)
	}
	shared, err := m.SharedProjects()
	if err != nil || !slices.ContainsFunc(shared, func(p pipeline.CodeBuildProject) bool { return p.Name == "prodgate-probe" && p.Minutes == 10 }) {
		t.Errorf("%+v, %v", shared, err)
	}
	for _, name := range []string{"/aws/codebuild/prodgate-api-scan-lint", "/aws/codebuild/prodgate-probe"} {
		if !slices.Contains(m.LogGroups(), name) {
			t.Errorf("AWS Config does not know the log group %s", name)
		}
	}
	if parts := m.KnownParts(pipeline.OneApp(s.Apps[0])); !slices.Contains(parts, "project prodgate-api-scan-lint") {
		t.Errorf("the known state of api is of %q", parts)
	}
	if parts := m.KnownParts(pipeline.AllApps); !slices.Contains(parts, "project prodgate-probe") {
		t.Errorf("the known state is of %q", parts)
	}
	if _, err := pipeline.NewWith(s, []pipeline.Row{lintRow}, buildspec.Text).ProjectsOf(s.Apps[0]); err == nil || !strings.Contains(err.Error(), `no buildspec "lint"`) {
		t.Errorf("a row without a buildspec: %v", err)
	}
}

func TestModel_ANewCheckIsInRolesAndBoundaries(t *testing.T) {
	t.Parallel()
	s := stack(t, nil)
	m := withNewChecks(s)
	api, web := pipeline.OneApp(s.Apps[0]), pipeline.OneApp(s.Apps[1])
	for _, test := range []struct {
		what, role, sid, resource string
		scope                     pipeline.Scope
		want                      bool
	}{
		{"api's scans log", naming.Scan, "Logs", "/prodgate-api-scan-lint:*", api, true},
		{"web's scans do not", naming.Scan, "Logs", "-lint:*", web, false},
		{"the boundary logs", naming.Scan, "Logs", "/prodgate-*-scan-lint:*", pipeline.AllApps, true},
		{"api's scans write the report", naming.Scan, "WriteArtifacts", "/Report/*", api, true},
		{"web's scans do not write it", naming.Scan, "WriteArtifacts", "/Report/*", web, false},
		{"the boundary writes the report", naming.Scan, "WriteArtifacts", "/*/Report/*", pipeline.AllApps, true},
		{"api's scans have the right", naming.Scan, "Lint", "*", api, true},
		{"web's scans do not have it", naming.Scan, "Lint", "*", web, false},
		{"the boundary has the right", naming.Scan, "Lint", "*", pipeline.AllApps, true},
		{"api's pipeline starts the scan", naming.Pipeline, "Builds", ":project/prodgate-api-scan-lint", api, true},
		{"web's pipeline does not", naming.Pipeline, "Builds", "-lint", web, false},
		{"each pipeline starts the probe", naming.Pipeline, "Builds", ":project/prodgate-probe", web, true},
		{"the boundary starts both", naming.Pipeline, "Builds", ":project/prodgate-*-scan-lint", pipeline.AllApps, true},
		{"the inspecting role logs the probe", naming.Inspect, "Logs", "/prodgate-probe:*", pipeline.AllApps, true},
		{"the inspecting role reads the report", naming.Inspect, "ReadArtifacts", "/*/Report/*", pipeline.AllApps, true},
	} {
		found := slices.ContainsFunc(m.Statements(test.role, test.scope), func(s pipeline.Statement) bool {
			return s.Sid == test.sid && slices.ContainsFunc(s.Resources, func(v pipeline.Value) bool { return strings.HasSuffix(v.Text, test.resource) })
		})
		if found != test.want {
			t.Errorf("%s: %t\n%+v", test.what, found, m.Statements(test.role, test.scope))
		}
	}
	if sources := m.Sources(naming.Scan, api); !slices.ContainsFunc(sources, func(arn string) bool { return strings.HasSuffix(arn, "project/prodgate-api-scan-lint") }) {
		t.Errorf("the role of scans is assumed for %q", sources)
	}
}

func TestModel_ANewCheckIsInTheValuesOfGuard(t *testing.T) {
	t.Parallel()
	s := stack(t, nil)
	before, after := pipeline.New(s).GuardValues(), withNewChecks(s).GuardValues()
	for name, want := range map[string]string{
		"shared_projects": `["prodgate-findings", "prodgate-packages", "prodgate-sign", "prodgate-probe", "prodgate-prepare", "prodgate-verify", "prodgate-dast"]`,
		"app_projects":    `[/^prodgate-.+-/, /^prodgate-(findings|packages|sign|probe|prepare|verify|dast)$/]`,
		"approval_stage":  "configuration.pipeline.stages.5",
		"deploy_stage":    "configuration.pipeline.stages.6",
	} {
		if after[name] != want || before[name] == want {
			t.Errorf("%s is %s, was %s, want %s", name, after[name], before[name], want)
		}
	}
}

func TestModel_ANewCheckIsDocumented(t *testing.T) {
	t.Parallel()
	table := page([]pipeline.Row{lintRow, probeRow})
	for _, want := range []string{
		"| Scan | Lint | scan.lint | prodgate-APP-scan-lint | `lint` | lint 1.2.3 | Source → Report | scan | codeartifact:ReadFromRepository |",
		"| Probe | Probe | probe | prodgate-probe | `probe` | | Build, Report? → | inspect | |",
	} {
		if !strings.Contains(table, want+"\n") {
			t.Errorf("the table has no line\n%s\nbut\n%s", want, table)
		}
	}
}

// A boundary lets through everything that a role of any app is allowed.
func TestModel_BoundariesCoverEachApp(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]any){
		"GitHub": nil,
		"CodeCommit": func(c map[string]any) {
			c["source"] = object{"provider": "codecommit", "repository": "web", "reviews": 2, "reviewerArns": []string{"arn:aws:iam::111111111111:role/reviewer"}}
		},
		"nothing signed": func(c map[string]any) { c["sign"] = "off" },
	} {
		s := stack(t, change)
		for _, m := range []pipeline.Model{pipeline.New(s), withNewChecks(s)} {
			checked := 0
			for _, role := range m.Roles() {
				boundary := m.Boundary(role.Name)
				for _, app := range s.Apps {
					for _, statement := range m.Statements(role.Name, pipeline.OneApp(app)) {
						for _, action := range statement.Actions {
							for _, resource := range statement.Resources {
								checked++
								if !slices.ContainsFunc(boundary, func(b pipeline.Statement) bool {
									return slices.Contains(b.Actions, action) && slices.ContainsFunc(b.Resources, func(v pipeline.Value) bool { return covers(v, resource) })
								}) {
									t.Errorf("%s: the boundary of %s does not let %s of %s through on %+v", name, role.Name, app.Name, action, resource)
								}
							}
						}
					}
				}
			}
			if checked < 100 {
				t.Errorf("%s: checked %d actions on resources", name, checked)
			}
		}
	}
}

// covers is whether a value, as a pattern of IAM, matches another.
func covers(pattern, value pipeline.Value) bool {
	if value.Part != "" || pattern.Part != "" {
		return pattern == value || pattern.Text != "" && strings.HasSuffix(pattern.Text, ":key/*")
	}
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern.Text))
	return regexp.MustCompile("^" + expression + "$").MatchString(value.Text)
}

func TestModel_StagesBeforeTheDeploymentAreTheSameForAllApps(t *testing.T) {
	t.Parallel()
	s := stack(t, nil)
	row := probeRow
	row.IsOn, row.IsOnFor = nil, func(app settings.App) bool { return app.Name == "api" }
	rows := pipeline.Rows()
	i := slices.IndexFunc(rows, func(r pipeline.Row) bool { return r.Stage == "Sign" })
	err := pipeline.NewWith(s, slices.Insert(rows, i, row), buildspec.Text).Check()
	if err == nil || !strings.Contains(err.Error(), "prodgate:apps[1]") || !strings.Contains(err.Error(), "switch the same stages on for all apps") {
		t.Errorf("got %v", err)
	}
}
