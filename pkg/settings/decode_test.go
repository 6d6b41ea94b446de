package settings

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const listener = "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/api/0123456789abcdef/"

// valid is a configuration that sets every key.
func valid() map[string]any {
	return map[string]any{
		"aws:region": "eu-west-2",
		"account":    "111111111111",
		"name":       "gate",
		"protect":    true,
		"tags":       map[string]any{"environment": "test", "cost centre": ""},
		"access": map[string]any{
			"deployerArns": []any{"arn:aws:iam::111111111111:role/deployer"}, "breakGlassArn": "arn:aws:iam::111111111111:role/break-glass",
			"approverArns": []any{"arn:aws:iam::111111111111:role/approver"},
		},
		"source": map[string]any{
			"owner": "example-org", "repository": "cruddur",
			"connectionArn": "arn:aws:codeconnections:eu-west-2:111111111111:connection/7d2469ff-514a-4e4f-9003-5ca4a43cdc41",
			"reviews":       2, "statusChecks": []any{"test", "lint / go"}, "protection": "create",
			"codeOwners": []any{"@example-org/platform", "@mona"}, "codeOwnersFile": "adopt", "mergers": []any{"@example-org/release"},
		},
		"apps": []any{
			map[string]any{
				"name": "backend", "repository": "backend.api", "folder": "services/api", "dockerfile": "docker/Dockerfile.prod",
				"paths": []any{"services/api/**", "shared/**"}, "cluster": "cruddur", "service": "api", "container": "app",
				"executionRoleArn": "arn:aws:iam::111111111111:role/ecs/cruddur-execution",
				"taskRoleArn":      "arn:aws:iam::111111111111:role/cruddur-task",
				"secrets": []any{
					map[string]any{
						"name": "NPM_TOKEN", "arn": "arn:aws:secretsmanager:eu-west-2:111111111111:secret:npm/read-AbC12d",
						"keyArn": "arn:aws:kms:eu-west-2:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab",
					},
					map[string]any{
						"name": "SENTRY_DSN", "rotationDays": 60,
						"rotationLambdaArn": "arn:aws:lambda:eu-west-2:111111111111:function:rotate",
					},
				},
				"scan": map[string]any{
					"secrets": "off", "code": "gosec", "dependencies": "off", "image": "off", "severity": "low",
					"accepted": []any{map[string]any{"id": "main.go:G401", "reason": "a checksum, no secret", "expires": "2999-12-31"}},
				},
				"deployment": map[string]any{
					"kind": "blue-green", "listenerArn": listener + "0123456789abcdef", "testListenerArn": listener + "fedcba9876543210",
					"targetGroups": []any{"api-blue", "api-green"}, "containerPort": 4567, "config": "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
					"alarms": []any{"api 5xx"}, "terminationMinutes": 0,
				},
				"health": map[string]any{
					"url": "https://api.example.com/api/health-check", "expect": map[string]any{"success": true, "ver": 1, "name": "api"}, "seconds": 60,
				},
				"dast": map[string]any{"url": "https://api.example.com/"},
			},
			map[string]any{
				"name": "frontend", "cluster": "cruddur",
				"executionRoleArn": "arn:aws:iam::111111111111:role/cruddur-execution", "deployTimeout": 15,
			},
		},
		"build": map[string]any{
			"image": "aws/codebuild/amazonlinux-x86_64-standard:5.0", "computeType": "BUILD_GENERAL1_LARGE",
			"timeout": 20, "queuedTimeout": 30, "concurrentBuilds": 2,
		},
		"scan": map[string]any{
			"secrets": "gitleaks", "code": "off", "dependencies": "grype", "image": "ecr", "severity": "critical",
			"accepted": []any{map[string]any{"id": "CVE-2024-0001", "reason": "nothing calls it", "expires": "2999-01-31"}},
		},
		"sign":      "off",
		"retention": map[string]any{"logDays": 30, "artifactDays": 14, "images": 20, "keyDays": 7},
		"detection": map[string]any{
			"response": "contain", "trail": "adopt", "guardDuty": "adopt", "config": "off", "accessAnalyzer": "off", "securityHub": "create",
			"severity": "high", "checkMinutes": 30,
		},
		"alerts":      map[string]any{"emails": []any{"platform@example.com"}},
		"chatWebhook": "https://chat.example.com/services/T0/B0/x",
		"organization": map[string]any{
			"targetId": "ou-ab12-34567890", "roleArn": "arn:aws:iam::222222222222:role/guardrails", "previewRoleArn": "arn:aws:iam::222222222222:role/guardrails-preview",
			"regions": []any{"eu-west-2", "us-east-1"},
		},
		"workflows": map[string]any{
			"repository": "platform", "oidcProvider": "adopt", "previewEnvironment": "preview", "upEnvironment": "production",
			"previewWorkflow": "look.yaml", "upWorkflow": "update.yml", "reviewers": []any{"@mona"},
		},
	}
}

// gone as a value takes the key away.
type gone struct{}

// set changes one value of a configuration: set(c, "apps[1].paths[0]", "x"). An
// index one past the end appends.
func set(t testing.TB, config map[string]any, at string, value any) {
	t.Helper()
	steps := regexp.MustCompile(`\["[^"]*"\]|\[\d+\]|[^.\[\]]+`).FindAllString(at, -1)
	if strings.HasPrefix(at, "!") { // a key taken as it stands
		steps = []string{at[1:]}
	}
	var walk func(node any, steps []string) any
	walk = func(node any, steps []string) any {
		if len(steps) == 0 {
			return value
		}
		step := strings.Trim(steps[0], `[]"`)
		switch node := node.(type) {
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i > len(node) {
				t.Fatalf("no %s in %s", step, at)
			}
			if i == len(node) {
				node = append(node, nil)
			}
			node[i] = walk(node[i], steps[1:])
			return node
		case map[string]any:
			changed := walk(node[step], steps[1:])
			if changed == any(gone{}) {
				delete(node, step)
			} else {
				node[step] = changed
			}
			return node
		default:
			t.Fatalf("no %s in %s", step, at)
			return nil
		}
	}
	walk(config, steps)
}

// encode writes a configuration as Pulumi hands it to a program.
func encode(t testing.TB, config map[string]any) map[string]string {
	t.Helper()
	encoded := map[string]string{"pulumi:disable-default-providers": `["*"]`, "aws:profile": "other"}
	for name, value := range config {
		key := name
		if name != "aws:region" {
			key = "prodgate:" + name
		}
		if plain, ok := value.(string); ok {
			encoded[key] = plain
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		encoded[key] = string(text)
	}
	return encoded
}

func TestSettings_DecodeReadsEveryKey(t *testing.T) {
	t.Parallel()
	got, err := Decode("prodgate", encode(t, valid()))
	if err != nil {
		t.Fatal(err)
	}
	want := &Settings{
		Account: "111111111111", Region: "eu-west-2", Name: "gate", Protect: true,
		Tags: map[string]string{"environment": "test", "cost centre": ""},
		Access: Access{
			DeployerArns: []string{"arn:aws:iam::111111111111:role/deployer"}, BreakGlassArn: "arn:aws:iam::111111111111:role/break-glass",
			ApproverArns: []string{"arn:aws:iam::111111111111:role/approver"},
		},
		Source: Source{
			Provider: GitHub, Repositories: Create, Owner: "example-org", Repository: "cruddur",
			ConnectionArn: "arn:aws:codeconnections:eu-west-2:111111111111:connection/7d2469ff-514a-4e4f-9003-5ca4a43cdc41",
			Reviews:       2, StatusChecks: []string{"test", "lint / go"}, Protection: Create,
			CodeOwners: []string{"@example-org/platform", "@mona"}, CodeOwnersFile: Adopt, Mergers: []string{"@example-org/release"},
		},
		Apps: []App{{
			Name: "backend", Repository: "backend.api", Folder: "services/api", Dockerfile: "docker/Dockerfile.prod",
			Paths: []string{"services/api/**", "shared/**"}, Cluster: "cruddur", Service: "api", Container: "app",
			ExecutionRoleArn: "arn:aws:iam::111111111111:role/ecs/cruddur-execution",
			TaskRoleArn:      "arn:aws:iam::111111111111:role/cruddur-task", DeployTimeout: 20,
			Secrets: []Secret{{
				Name: "NPM_TOKEN", Arn: "arn:aws:secretsmanager:eu-west-2:111111111111:secret:npm/read-AbC12d",
				KeyArn: "arn:aws:kms:eu-west-2:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab", RotationDays: 30,
			}, {
				Name: "SENTRY_DSN", RotationLambdaArn: "arn:aws:lambda:eu-west-2:111111111111:function:rotate", RotationDays: 60,
			}},
			Scan: Scan{
				Secrets: None, Code: "gosec", Dependencies: None, Image: None, Severity: "low",
				Accepted: []AcceptedFinding{
					{Id: "CVE-2024-0001", Reason: "nothing calls it", Expires: "2999-01-31"},
					{Id: "main.go:G401", Reason: "a checksum, no secret", Expires: "2999-12-31"},
				},
			},
			Deployment: Deployment{
				Kind: BlueGreen, ListenerArn: listener + "0123456789abcdef", TestListenerArn: listener + "fedcba9876543210",
				TargetGroups: []string{"api-blue", "api-green"}, ContainerPort: 4567, Config: "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
				Alarms: []string{"api 5xx"},
			},
			Health: Health{
				Url: "https://api.example.com/api/health-check", Expect: map[string]any{"success": true, "ver": 1.0, "name": "api"}, Seconds: 60,
			},
			Dast: Dast{Url: "https://api.example.com/"},
		}, {
			Name: "frontend", Repository: "cruddur", Folder: "frontend", Dockerfile: "Dockerfile",
			Paths: []string{"frontend/**"}, Cluster: "cruddur", Service: "frontend", Container: "frontend",
			ExecutionRoleArn: "arn:aws:iam::111111111111:role/cruddur-execution", DeployTimeout: 15,
			Scan: Scan{
				Secrets: "gitleaks", Code: None, Dependencies: "grype", Image: "ecr", Severity: "critical",
				Accepted: []AcceptedFinding{{Id: "CVE-2024-0001", Reason: "nothing calls it", Expires: "2999-01-31"}},
			},
			Deployment: Deployment{Kind: Rolling, Config: "CodeDeployDefault.ECSCanary10Percent5Minutes", TerminationMinutes: 60},
			Health:     Health{Seconds: 300},
		}},
		Build: Build{
			Image: "aws/codebuild/amazonlinux-x86_64-standard:5.0", ComputeType: "BUILD_GENERAL1_LARGE",
			Timeout: 20, QueuedTimeout: 30, ConcurrentBuilds: 2,
		},
		Scan: Scan{
			Secrets: "gitleaks", Code: None, Dependencies: "grype", Image: "ecr", Severity: "critical",
			Accepted: []AcceptedFinding{{Id: "CVE-2024-0001", Reason: "nothing calls it", Expires: "2999-01-31"}},
		},
		Sign:      None,
		Retention: Retention{LogDays: 30, ArtifactDays: 14, Images: 20, KeyDays: 7},
		Detection: Detection{
			Response: Contain, Trail: Adopt, GuardDuty: Adopt, Config: Off, AccessAnalyzer: Off, SecurityHub: Create,
			Severity: "high", CheckMinutes: 30,
		},
		Alerts: Alerts{Emails: []string{"platform@example.com"}},
		Organization: Organization{
			TargetId: "ou-ab12-34567890", Regions: []string{"eu-west-2", "us-east-1"},
			RoleArn: "arn:aws:iam::222222222222:role/guardrails", PreviewRoleArn: "arn:aws:iam::222222222222:role/guardrails-preview",
		},
		Workflows: Workflows{
			Repository: "platform", OidcProvider: Adopt, PreviewEnvironment: "preview", UpEnvironment: "production",
			PreviewWorkflow: "look.yaml", UpWorkflow: "update.yml", Reviewers: []string{"@mona"},
		},
		ChatWebhook: "https://chat.example.com/services/T0/B0/x",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestSettings_DecodeFillsInDefaults(t *testing.T) {
	t.Parallel()
	got, err := Decode("prodgate", map[string]string{
		"aws:region":       "eu-west-2",
		"prodgate:account": "012345670123",
		"prodgate:access":  `{"deployerArns":["arn:aws:iam::012345670123:role/d"],"breakGlassArn":"arn:aws:iam::012345670123:role/b"}`,
		"prodgate:source":  `{"owner":"o","repository":"r","codeOwners":["@mona"]}`,
		"prodgate:apps":    `[{"name":"a","cluster":"c","executionRoleArn":"arn:aws:iam::012345670123:role/x","secrets":[{"name":"TOKEN"}]}]`,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &Settings{
		Account: "012345670123", Region: "eu-west-2", Name: "prodgate",
		Access: Access{DeployerArns: []string{"arn:aws:iam::012345670123:role/d"}, BreakGlassArn: "arn:aws:iam::012345670123:role/b"},
		Source: Source{
			Provider: GitHub, Repositories: Create, Owner: "o", Repository: "r", Reviews: 1, Protection: Create,
			CodeOwners: []string{"@mona"}, CodeOwnersFile: Create, Mergers: []string{"@mona"},
		},
		Apps: []App{{
			Name: "a", Repository: "r", Folder: "a", Dockerfile: "Dockerfile", Paths: []string{"a/**"},
			Cluster: "c", Service: "a", Container: "a",
			ExecutionRoleArn: "arn:aws:iam::012345670123:role/x", DeployTimeout: 20,
			Secrets:    []Secret{{Name: "TOKEN", RotationDays: 30}},
			Scan:       Scan{Secrets: "gitleaks", Code: "bandit", Dependencies: "grype", Image: "ecr", Severity: "high"},
			Deployment: Deployment{Kind: Rolling, Config: "CodeDeployDefault.ECSCanary10Percent5Minutes", TerminationMinutes: 60},
			Health:     Health{Seconds: 300},
		}},
		Build: Build{
			Image: "aws/codebuild/standard:7.0", ComputeType: "BUILD_GENERAL1_SMALL",
			Timeout: 30, QueuedTimeout: 60, ConcurrentBuilds: 1,
		},
		Scan:      Scan{Secrets: "gitleaks", Code: "bandit", Dependencies: "grype", Image: "ecr", Severity: "high"},
		Sign:      SignSigner,
		Retention: Retention{LogDays: 365, ArtifactDays: 90, Images: 50, KeyDays: 30},
		Detection: Detection{
			Response: Alert, Trail: Create, GuardDuty: Create, Config: Create, AccessAnalyzer: Create, SecurityHub: Off,
			Severity: "medium", CheckMinutes: 60,
		},
		Organization: Organization{Regions: []string{"eu-west-2"}},
		Workflows:    Workflows{OidcProvider: Create, PreviewWorkflow: "preview.yml", UpWorkflow: "up.yml"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestSettings_DecodeAccepts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at    string
		value any
		holds func(*Settings) bool
	}{
		"one approval":                   {"source.reviews", 1, func(s *Settings) bool { return s.Source.Reviews == 1 }},
		"the most approvals":             {"source.reviews", 6, func(s *Settings) bool { return s.Source.Reviews == 6 }},
		"no status check":                {"source.statusChecks", []any{}, func(s *Settings) bool { return len(s.Source.StatusChecks) == 0 }},
		"nobody to tell":                 {"alerts", map[string]any{}, func(s *Settings) bool { return len(s.Alerts.Emails) == 0 }},
		"no tags":                        {"tags", map[string]any{}, func(s *Settings) bool { return len(s.Tags) == 0 }},
		"a tag in another script":        {`tags["projet"]`, "Été 2025", func(s *Settings) bool { return s.Tags["projet"] == "Été 2025" }},
		"forty tags":                     {"tags", tags(40), func(s *Settings) bool { return len(s.Tags) == 40 }},
		"protection switched off":        {"protect", false, func(s *Settings) bool { return !s.Protect }},
		"protection as a text":           {"protect", "true", func(s *Settings) bool { return s.Protect }},
		"the longest name":               {"name", strings.Repeat("n", 20), func(s *Settings) bool { return len(s.Name) == 20 }},
		"the longest app name":           {"apps[1].name", strings.Repeat("a", 30), func(s *Settings) bool { return s.Apps[1].Service == s.Apps[1].Name }},
		"the longest folder":             {"apps[1].folder", strings.Repeat("f", 252), func(s *Settings) bool { return len(s.Apps[1].Paths[0]) == 255 }},
		"the root as an app's folder":    {"apps[1].folder", ".", func(s *Settings) bool { return slices.Equal(s.Apps[1].Paths, []string{"**"}) }},
		"a hidden folder":                {"apps[1].folder", ".deploy/api", func(s *Settings) bool { return s.Apps[1].Paths[0] == ".deploy/api/**" }},
		"eight paths":                    {"apps[0].paths", words("p", 8), func(s *Settings) bool { return len(s.Apps[0].Paths) == 8 }},
		"no task role":                   {"apps[0].taskRoleArn", gone{}, func(s *Settings) bool { return s.Apps[0].TaskRoleArn == "" }},
		"a connection of the old prefix": {"source.connectionArn", "arn:aws:codestar-connections:eu-west-2:111111111111:connection/7d2469ff-514a-4e4f-9003-5ca4a43cdc41", func(s *Settings) bool { return s.Source.ConnectionArn != "" }},
		"a dated CodeBuild image":        {"build.image", "aws/codebuild/standard:7.0-24.10.29", func(s *Settings) bool { return true }},
		"the shortest build":             {"build.timeout", 5, func(s *Settings) bool { return s.Build.Timeout == 5 }},
		"the longest build":              {"build.timeout", 2160, func(s *Settings) bool { return s.Build.Timeout == 2160 }},
		"logs for ten years":             {"retention.logDays", 3653, func(s *Settings) bool { return s.Retention.LogDays == 3653 }},
		"an owner of managed users":      {"source", map[string]any{"owner": "mona_acme", "repository": "r", "codeOwners": []any{"@mona_acme"}}, func(s *Settings) bool { return s.Source.Owner == "mona_acme" }},
		"a deployer of single sign-on":   {"access.deployerArns[1]", "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/eu-west-2/AWSReservedSSO_Deployer_0123456789abcdef", func(s *Settings) bool { return len(s.Access.DeployerArns) == 2 }},
		"nobody to approve":              {"access.approverArns", gone{}, func(s *Settings) bool { return len(s.Access.ApproverArns) == 0 }},
		"an app that two roles share":    {"apps[1].taskRoleArn", "arn:aws:iam::111111111111:role/cruddur-execution", func(s *Settings) bool { return s.Apps[1].TaskRoleArn == s.Apps[1].ExecutionRoleArn }},
		"a role of another gate":         {"access.breakGlassArn", "arn:aws:iam::111111111111:role/gate2/build/x", func(s *Settings) bool { return s.Access.BreakGlassArn != "" }},
		"the stack's account as target":  {"organization.targetId", "111111111111", func(s *Settings) bool { return s.Organization.TargetId == s.Account }},
		"the root as target":             {"organization.targetId", "r-ab12", func(s *Settings) bool { return s.Organization.TargetId == "r-ab12" }},
		"no organization":                {"organization", map[string]any{}, func(s *Settings) bool { return slices.Equal(s.Organization.Regions, []string{"eu-west-2"}) }},
		"guardrails to export only":      {"organization", map[string]any{"regions": []any{"us-east-1", "eu-west-2"}}, func(s *Settings) bool { return len(s.Organization.Regions) == 2 && s.Organization.TargetId == "" }},
		"code owners that are left out":  {"source.codeOwners", gone{}, func(s *Settings) bool { return slices.Equal(s.Source.CodeOwners, []string{"@example-org/release"}) }},
		"mergers that are left out":      {"source.mergers", gone{}, func(s *Settings) bool { return slices.Equal(s.Source.Mergers, s.Source.CodeOwners) }},
		"a team in another case":         {"source.codeOwners[0]", "@Example-Org/platform", func(s *Settings) bool { return s.Source.CodeOwners[0] == "@Example-Org/platform" }},
		"a source without protection":    {"source", map[string]any{"owner": "o", "repository": "r", "protection": "off"}, func(s *Settings) bool { return s.Source.Protection == Off && s.Source.Mergers == nil }},
		"a secret of the gate's making":  {"apps[1].secrets", []any{map[string]any{"name": "NPM_TOKEN"}}, func(s *Settings) bool { return s.Apps[1].Secrets[0] == (Secret{Name: "NPM_TOKEN", RotationDays: 30}) }},
		"one variable in two apps":       {"apps[1].secrets", []any{map[string]any{"name": "SENTRY_DSN"}}, func(s *Settings) bool { return s.Apps[0].Secrets[1].Name == s.Apps[1].Secrets[0].Name }},
		"a secret with AWS's own key":    {"apps[0].secrets[0].keyArn", gone{}, func(s *Settings) bool { return s.Apps[0].Secrets[0].KeyArn == "" }},
		"a key of several regions":       {"apps[0].secrets[0].keyArn", "arn:aws:kms:eu-west-2:111111111111:key/mrk-1234abcd12ab34cd56ef1234567890ab", func(s *Settings) bool { return s.Apps[0].Secrets[0].KeyArn != "" }},
		"a version that rotates":         {"apps[0].secrets[1].rotationLambdaArn", "arn:aws:lambda:eu-west-2:111111111111:function:rotate:live", func(s *Settings) bool { return s.Apps[0].Secrets[1].RotationDays == 60 }},
		"rotation every month":           {"apps[0].secrets[1].rotationDays", gone{}, func(s *Settings) bool { return s.Apps[0].Secrets[1].RotationDays == 30 }},
		"a text that only begins so":     {"source.repository", "npm_tokens-AKIA", func(s *Settings) bool { return s.Source.Repository == "npm_tokens-AKIA" }},
		"a scan that is off":             {"apps[1].scan", map[string]any{"image": "off"}, func(s *Settings) bool { return s.Apps[1].Scan.Image == None && s.Apps[1].Scan.Secrets == "gitleaks" }},
		"the last day of a finding":      {"scan.accepted[0].expires", time.Now().UTC().Format(time.DateOnly), func(s *Settings) bool { return len(s.Apps[0].Scan.Accepted) == 2 }},
		"a rolling deployment":           {"apps[0].deployment", map[string]any{"kind": "rolling"}, func(s *Settings) bool { return s.Apps[0].Deployment.Kind == Rolling }},
		"a network load balancer":        {"apps[0].deployment.listenerArn", strings.Replace(listener, "/app/", "/net/", 1) + "0123456789abcdef", func(s *Settings) bool { return true }},
		"a health check of the status":   {"apps[0].health", map[string]any{"url": "https://api.example.com:8443"}, func(s *Settings) bool { return s.Apps[0].Health.Seconds == 300 }},
		"a number written as a fraction": {"retention.keyDays", json.RawMessage("10.0"), func(s *Settings) bool { return s.Retention.KeyDays == 10 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := valid()
			set(t, config, c.at, c.value)
			s, err := Decode("prodgate", encode(t, config))
			if err != nil {
				t.Fatal(err)
			}
			if !c.holds(s) {
				t.Errorf("%s = %v was not taken: %+v", c.at, c.value, s)
			}
		})
	}
}

// TestSettings_WorkflowReviewers are the mergers, where settings name some and GitHub takes as many.
func TestSettings_WorkflowReviewers(t *testing.T) {
	t.Parallel()
	const required = "prodgate:workflows.reviewers: (not set) is required with workflows.repository; " +
		"name 1 to 6 people or teams that approve the jobs of the environment for updates"
	for name, c := range map[string]struct {
		source map[string]any
		asked  any
		want   []string
		says   string
	}{
		"the mergers":                     {map[string]any{"codeOwners": []any{"@mona"}, "mergers": []any{"@lead"}}, gone{}, []string{"@lead"}, ""},
		"the code owners":                 {map[string]any{"codeOwners": []any{"@mona"}}, gone{}, []string{"@mona"}, ""},
		"others":                          {map[string]any{"codeOwners": []any{"@mona"}}, []any{"@lead"}, []string{"@lead"}, ""},
		"nobody":                          {map[string]any{"codeOwners": []any{"@mona"}}, []any{}, []string{}, ""},
		"none, where nobody may merge":    {map[string]any{"protection": "off"}, gone{}, nil, required},
		"others, where nobody may merge":  {map[string]any{"protection": "adopt"}, []any{"@lead"}, []string{"@lead"}, ""},
		"more mergers than GitHub takes":  {map[string]any{"codeOwners": []any{"@a", "@b", "@c", "@d", "@e", "@f", "@g"}}, gone{}, nil, required},
		"as many mergers as GitHub takes": {map[string]any{"codeOwners": []any{"@a", "@b", "@c", "@d", "@e", "@f"}}, gone{}, []string{"@a", "@b", "@c", "@d", "@e", "@f"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := valid()
			c.source["owner"], c.source["repository"] = "example-org", "cruddur"
			set(t, config, "source", c.source)
			set(t, config, "workflows.reviewers", c.asked)
			s, err := Decode("prodgate", encode(t, config))
			switch {
			case c.says != "":
				if err == nil || err.Error() != c.says {
					t.Errorf("says %v, want %s", err, c.says)
				}
			case err != nil:
				t.Error(err)
			case !slices.Equal(s.Workflows.Reviewers, c.want):
				t.Errorf("got %q, want %q", s.Workflows.Reviewers, c.want)
			}
		})
	}
}

func TestSettings_WorkflowsMayBeLeftOut(t *testing.T) {
	t.Parallel()
	config := valid()
	set(t, config, "workflows", map[string]any{})
	set(t, config, "organization.previewRoleArn", gone{})
	s, err := Decode("prodgate", encode(t, config))
	if err != nil {
		t.Fatal(err)
	}
	if s.Workflows.Repository != "" {
		t.Errorf("got %+v", s.Workflows)
	}
}

func TestSettings_EveryAppMayHaveItsOwnRepository(t *testing.T) {
	t.Parallel()
	config := valid()
	set(t, config, "source.repository", gone{})
	set(t, config, "apps[1].repository", "frontend")
	s, err := Decode("prodgate", encode(t, config))
	if err != nil {
		t.Fatal(err)
	}
	if s.Apps[0].Repository != "backend.api" || s.Apps[1].Repository != "frontend" || s.Source.Repository != "" {
		t.Errorf("got %+v and %+v", s.Source, s.Apps)
	}
}

func TestSettings_AppsMayShareAServiceButNotAContainer(t *testing.T) {
	t.Parallel()
	config := valid()
	set(t, config, "apps[1].service", "api")
	if _, err := Decode("prodgate", encode(t, config)); err != nil {
		t.Fatal(err)
	}
}

func TestSettings_Partition(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"eu-west-2": "aws", "us-east-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov",
		"eu-wset-2": "", "us-iso-east-1": "", "": "",
	} {
		if got := (&Settings{Region: region}).Partition(); got != want {
			t.Errorf("%q is of %q, not of %q", region, got, want)
		}
	}
}

func TestSettings_StacksOfEveryPartition(t *testing.T) {
	t.Parallel()
	for region, partition := range map[string]string{"cn-northwest-1": "aws-cn", "us-gov-east-1": "aws-us-gov"} {
		config := valid()
		set(t, config, "aws:region", region)
		set(t, config, "organization.regions", []any{region})
		encoded := encode(t, config)
		for key, value := range encoded {
			value = strings.ReplaceAll(value, "arn:aws:", "arn:"+partition+":")
			encoded[key] = strings.ReplaceAll(value, ":eu-west-2:", ":"+region+":")
		}
		if _, err := Decode("prodgate", encoded); err != nil {
			t.Errorf("%s: %v", region, err)
		}
	}
}

// allBad are the cases of all topics.
func allBad(t testing.TB) map[string]badCase {
	t.Helper()
	all := map[string]badCase{}
	for _, topic := range []map[string]badCase{bad, badAccess, badOrganization, badWorkflows, badOwners, badSecrets, badCredentials, badScan, badDelivery, badChat, badSource} {
		for name, c := range topic {
			if _, twice := all[name]; twice {
				t.Fatalf("two cases are called %s", name)
			}
			all[name] = c
		}
	}
	return all
}

func TestSettings_DecodeRefuses(t *testing.T) {
	t.Parallel()
	cases := allBad(t)
	if len(cases) < 200 {
		t.Fatalf("only %d cases", len(cases))
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := valid()
			set(t, config, c.at, c.value)
			s, err := Decode("prodgate", encode(t, config))
			if err == nil {
				t.Fatalf("%s = %v was accepted", c.at, c.value)
			}
			if s != nil {
				t.Error("settings came with the error")
			}
			if err.Error() != c.want {
				t.Errorf("\ngot  %s\nwant %s", err, c.want)
			}
		})
	}
}

func TestSettings_AllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config map[string]string
		want   []string
	}{
		"nothing is set": {nil, []string{
			`aws:region: (not set) is required; write the region of the pipelines, such as eu-west-2`,
			`prodgate:access.breakGlassArn: (not set) is required; write the ARN of the break-glass role, without it nobody can change the gate when the deployers' roles are lost`,
			`prodgate:access.deployerArns: (not set) is required; write the ARNs of 1 to 5 roles that run pulumi up, nobody else may change the gate`,
			`prodgate:account: (not set) is required; write all 12 digits in quotes, YAML reads 012345670123 as an octal number`,
			`prodgate:apps: (not set) is required; write the apps that the gate delivers, 1 to 1000 of them, each with name, cluster and executionRoleArn`,
			`prodgate:source.codeOwners: (not set) is required; name the people or teams that review changes of the gate's workflow, as @login or @organization/team`,
			`prodgate:source.owner: (not set) is required; write the user or organization alone, as in github.com/<owner>`,
			`prodgate:source.repository: (not set) is required; name the repository of the apps, or give each app its own`,
		}},
		"types, unknown keys and limits in one object": {map[string]string{
			"aws:region":       "eu-west-2",
			"prodgate:account": "111111111111",
			"prodgate:source":  `{"owner":5,"repository":"o/r","reviews":"2","stauschecks":["x"],"connectionArn":null}`,
			"prodgate:apps": `[{"name":"Backend","cluster":["c"],"foldr":".","executionRoleArn":"arn:aws:iam::111111111111:role/x","deployTimeout":90.5},` +
				`"frontend"]`,
			"prodgate:alerts": `{"emails":"a@example.com"}`,
		}, []string{
			`prodgate:access.breakGlassArn: (not set) is required; write the ARN of the break-glass role, without it nobody can change the gate when the deployers' roles are lost`,
			`prodgate:access.deployerArns: (not set) is required; write the ARNs of 1 to 5 roles that run pulumi up, nobody else may change the gate`,
			`prodgate:alerts.emails: "a@example.com" is not a list; write its items below the key, each after a hyphen`,
			`prodgate:apps[0].cluster: ["c"] is not a text; write one value, in quotes`,
			`prodgate:apps[0].deployTimeout: 90.5 is not a whole number; write digits, without quotes and without a fraction`,
			`prodgate:apps[0].foldr: "." is set under an unknown key; did you mean folder?`,
			`prodgate:apps[0].name: "Backend" is not an app's name; use lowercase letters, digits and single hyphens, a letter first`,
			`prodgate:apps[1]: "frontend" is not an object; write these below the key: cluster, container, dast, deployTimeout, deployment, dockerfile, executionRoleArn, folder, health, name, paths, repository, scan, secrets, service, taskRoleArn`,
			`prodgate:source.codeOwners: (not set) is required; name the people or teams that review changes of the gate's workflow, as @login or @organization/team`,
			`prodgate:source.connectionArn: null is not a value; set one, or leave the key out`,
			`prodgate:source.owner: 5 is not a text; write one value, in quotes`,
			`prodgate:source.repository: "o/r" is not the name of a repository; write the name alone, its owner is set in source.owner`,
			`prodgate:source.reviews: "2" is not a whole number; write digits, without quotes and without a fraction`,
			`prodgate:source.stauschecks: ["x"] is set under an unknown key; did you mean statusChecks?`,
		}},
		"one typing mistake in the region hides no other": {map[string]string{
			"aws:region":       "eu-wset-2",
			"prodgate:account": "1402433619",
			"prodgate:source":  `{"owner":"o","repository":"r","connectionArn":"arn:aws:codeconnections:eu-west-2:111111111111:host/x"}`,
			"prodgate:apps":    `[{"name":"a","cluster":"c","executionRoleArn":"arn:aws:iam::222222222222:user/x"}]`,
		}, []string{
			`aws:region: "eu-wset-2" is not a region the gate knows; did you mean eu-west-2?`,
			`prodgate:access.breakGlassArn: (not set) is required; write the ARN of the break-glass role, without it nobody can change the gate when the deployers' roles are lost`,
			`prodgate:access.deployerArns: (not set) is required; write the ARNs of 1 to 5 roles that run pulumi up, nobody else may change the gate`,
			`prodgate:account: "1402433619" is not a 12-digit account id; write all 12 digits in quotes, YAML reads 012345670123 as an octal number`,
			`prodgate:apps[0].executionRoleArn: "arn:aws:iam::222222222222:user/x" is the ARN of a user; name a role that the user may assume, whose ARN looks like arn:<partition>:iam::<account>:role/<its name>`,
			`prodgate:source.codeOwners: (not set) is required; name the people or teams that review changes of the gate's workflow, as @login or @organization/team`,
			`prodgate:source.connectionArn: "arn:aws:codeconnections:eu-west-2:111111111111:host/x" is not the ARN of a connection; copy it from AWS, where it looks like arn:<partition>:codeconnections:<region>:<account>:connection/<its id>`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Decode("prodgate", c.config)
			if err == nil {
				t.Fatal("accepted")
			}
			if want := strings.Join(c.want, "\n"); err.Error() != want {
				t.Errorf("\ngot\n%s\nwant\n%s", err, want)
			}
		})
	}
}

func TestSettings_ManyAppsAreReportedInOrder(t *testing.T) {
	t.Parallel()
	config := valid()
	var apps []any
	for i := range 12 {
		apps = append(apps, map[string]any{
			"name": "app-" + strconv.Itoa(i), "cluster": "c", "dockerfile": "/etc/passwd",
			"executionRoleArn": "arn:aws:iam::111111111111:role/x",
		})
	}
	set(t, config, "apps", apps)
	_, err := Decode("prodgate", encode(t, config))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 12 {
		t.Fatal(err)
	}
	for i, p := range problems {
		if want := "prodgate:apps[" + strconv.Itoa(i) + "].dockerfile"; p.Key != want {
			t.Errorf("line %d is about %s, not %s", i, p.Key, want)
		}
	}
}

func TestSettings_EveryMessageNamesKeyValueAndRemedy(t *testing.T) {
	t.Parallel()
	for name, c := range allBad(t) {
		config := valid()
		set(t, config, c.at, c.value)
		_, err := Decode("prodgate", encode(t, config))
		var problems Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s: not Problems: %v", name, err)
			continue
		}
		for _, p := range problems {
			checkMessage(t, name, p)
		}
	}
}

func checkMessage(t *testing.T, name string, p Problem) {
	t.Helper()
	line := p.Error()
	if p.Key == "" || p.Value == "" || p.What == "" || p.Remedy == "" {
		t.Errorf("%s: lacks a part: %q", name, line)
	}
	if !strings.HasPrefix(line, "prodgate:") && !strings.HasPrefix(line, "aws:region: ") {
		t.Errorf("%s: begins with no key: %s", name, line)
	}
	if !strings.Contains(line, "; ") {
		t.Errorf("%s: has no remedy: %s", name, line)
	}
	if strings.ContainsAny(line, "\n\r") {
		t.Errorf("%s: is more than a line: %q", name, line)
	}
}

func TestSettings_ProblemsCanBeTakenApart(t *testing.T) {
	t.Parallel()
	_, err := Decode("prodgate", nil)
	var one Problem
	if !errors.As(err, &one) || one.Key != "aws:region" {
		t.Errorf("got %+v of %v", one, err)
	}
}

func FuzzSettings_Decode(f *testing.F) {
	add := func(config map[string]any) {
		c := encode(f, config)
		f.Add(c["aws:region"], c["prodgate:account"], c["prodgate:name"], c["prodgate:tags"],
			c["prodgate:source"], c["prodgate:apps"], c["prodgate:build"], c["prodgate:access"],
			c["prodgate:organization"], c["prodgate:workflows"], "prodgate:x", c["prodgate:alerts"])
	}
	add(valid())
	cases := allBad(f)
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		config := valid()
		set(f, config, cases[name].at, cases[name].value)
		add(config)
	}
	f.Fuzz(func(t *testing.T, region, account, name, tags, source, apps, build, access, organization, workflows, key, value string) {
		config := map[string]string{
			"aws:region": region, "prodgate:account": account, "prodgate:name": name, "prodgate:tags": tags,
			"prodgate:source": source, "prodgate:apps": apps, "prodgate:build": build, "prodgate:access": access,
			"prodgate:organization": organization, "prodgate:workflows": workflows, key: value,
		}
		s, err := Decode("prodgate", config)
		if (s == nil) == (err == nil) {
			t.Fatalf("settings %v and error %v", s, err)
		}
		again, same := Decode("prodgate", config)
		if !reflect.DeepEqual(s, again) || !reflect.DeepEqual(err, same) {
			t.Fatalf("two answers:\n%v\n%v", err, same)
		}
		if err == nil {
			if s.Partition() == "" || len(s.Apps) == 0 {
				t.Fatalf("accepted %+v", s)
			}
			return
		}
		var problems Problems
		if !errors.As(err, &problems) {
			t.Fatalf("not Problems: %v", err)
		}
		for _, p := range problems {
			checkMessage(t, "fuzz", p)
			if a := findCredential(p.Error()); a != "" {
				t.Fatalf("a message tells %s: %s", a, p)
			}
		}
	})
}

// words are n different texts, tags n different tags.
func words(prefix string, n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = prefix + strconv.Itoa(i)
	}
	return all
}

func tags(n int) map[string]any {
	all := map[string]any{}
	for _, key := range words("tag", n) {
		all[key.(string)] = "x"
	}
	return all
}
