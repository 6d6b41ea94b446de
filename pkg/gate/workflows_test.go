package gate_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/gate/guardrails"
)

const (
	oidcType        = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
	environmentType = "github:index/repositoryEnvironment:RepositoryEnvironment"
	branchType      = "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy"
	oidcLookup      = "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider"
	roleLookup      = "aws:iam/getRole:getRole"
	repoLookup      = "github:index/getRepository:getRepository"
	orgLookup       = "github:index/getOrganization:getOrganization"
	listLookup      = "github:index/getRepositoryEnvironments:getRepositoryEnvironments"
	oidcArn         = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
)

// run lets GitHub Actions run the program of a configuration.
func run(c map[string]any) map[string]any {
	c["workflows"] = object{
		"repository": "infrastructure", "previewEnvironment": "prod-preview", "upEnvironment": "prod",
	}
	return c
}

// statements are those of all policies of a workflow's role, Allow or Deny.
func statements(t *testing.T, r *gatetest.Recording, duty, effect string) []statement {
	t.Helper()
	var all []statement
	for _, p := range r.Of(t, policyType) {
		if strings.HasPrefix(p.Name, "gate-"+duty+"-") {
			for _, s := range parsed(t, p).Statement {
				if s.Effect == effect {
					all = append(all, s)
				}
			}
		}
	}
	if len(all) == 0 && effect == "Allow" {
		t.Fatalf("nothing is allowed to %s", duty)
	}
	return all
}

// on are the statements that have an action on an ARN.
func on(all []statement, action, arn string) []statement {
	return slices.DeleteFunc(slices.Clone(all), func(s statement) bool {
		return !slices.ContainsFunc(s.Action, func(p string) bool { return within(p, action) }) || !slices.ContainsFunc(s.Resource, func(p string) bool { return within(p, arn) })
	})
}

func TestGitHubActions_TrustOneEnvironment(t *testing.T) {
	t.Parallel()
	r := built(t, run(config("api")))
	const file = "example-org/infrastructure/.github/workflows/"
	for duty, environment := range map[string]string{"preview": "prod-preview", "deploy": "prod"} {
		role := r.One(t, roleType, "gate-"+duty)
		want := document{Version: "2012-10-17", Statement: []statement{{
			Sid: "OneEnvironmentOfOneRepository", Effect: "Allow",
			Principal: map[string][]string{"Federated": {oidcArn}},
			Action:    []string{"sts:AssumeRoleWithWebIdentity"},
			Condition: map[string]map[string][]string{"StringEquals": {
				"token.actions.githubusercontent.com:aud": {"sts.amazonaws.com"},
				"token.actions.githubusercontent.com:sub": {
					"repo:example-org/infrastructure:environment:" + environment,
					"repo:example-org@123456/infrastructure@456789:environment:" + environment,
				},
			}},
		}}}
		if duty == "preview" {
			want.Statement[0].Condition["StringLike"] = map[string][]string{"token.actions.githubusercontent.com:job_workflow_ref": {file + "preview.yml@*"}}
		} else {
			equal := want.Statement[0].Condition["StringEquals"]
			equal["token.actions.githubusercontent.com:job_workflow_ref"] = []string{file + "up.yml@refs/heads/main"}
			equal["token.actions.githubusercontent.com:ref"] = []string{"refs/heads/main"}
		}
		if got := parsed(t, role); !reflect.DeepEqual(got, want) {
			t.Errorf("%s trusts\n%+v, want\n%+v", role, got, want)
		}
		if got := r.Outputs[duty+"RoleArn"].Value; got != "arn:aws:iam::111111111111:role/prodgate/"+duty+"/prodgate-"+duty || got != role.Output("arn") {
			t.Errorf("the output is %v, the role %s", got, role.Output("arn"))
		}
	}
	if provider := r.One(t, oidcType, "gate-github-actions"); provider.Output("arn") != oidcArn ||
		provider.Text("url") != "https://token.actions.githubusercontent.com" ||
		fmt.Sprint(provider.Input("clientIdLists").Mappable()) != "[sts.amazonaws.com]" {
		t.Errorf("the provider is %v", provider.Inputs)
	}
}

func TestGitHubActions_OnlyMainUpdates(t *testing.T) {
	t.Parallel()
	r := built(t, run(config("api")))
	want := map[string]map[string]any{
		"gate-preview": {"repository": "infrastructure", "environment": "prod-preview", "canAdminsBypass": true},
		"gate-deploy": {
			"repository": "infrastructure", "environment": "prod", "canAdminsBypass": false, "preventSelfReview": true,
			"reviewers":              []any{map[string]any{"teams": []any{2001.0}, "users": []any{}}},
			"deploymentBranchPolicy": map[string]any{"protectedBranches": false, "customBranchPolicies": true},
		},
	}
	for _, e := range r.Of(t, environmentType) {
		if got := e.Inputs.Mappable(); !reflect.DeepEqual(got, want[e.Name]) {
			t.Errorf("%s is %v, want %v", e, got, want[e.Name])
		}
		// Only with its trust is an environment the gate's: see checkEnvironments.
		if role := r.One(t, roleType, e.Name); !slices.Contains(e.DependsOn, role.URN) {
			t.Errorf("%s does not wait for %s", e, role)
		}
	}
	policies := r.Of(t, branchType)
	got := policies[0].Inputs.Mappable()
	if len(policies) != 1 || !reflect.DeepEqual(got, map[string]any{"repository": "infrastructure", "environment": "prod", "branchPattern": "main"}) {
		t.Errorf("%d policies, the first of %v", len(policies), got)
	}
}

// TestGitHubActions_PartitionsWithoutClaims: AWS has the claims as condition keys in its
// commercial regions.
func TestGitHubActions_PartitionsWithoutClaims(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]int{"cn-north-1": 0, "us-gov-west-1": 0, "eu-west-2": 2} {
		partition := map[string]string{"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "eu-west-2": "aws"}[region]
		text, err := json.Marshal(run(config("api")))
		if err != nil {
			t.Fatal(err)
		}
		var c map[string]any
		if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), "arn:aws:", "arn:"+partition+":")), &c); err != nil {
			t.Fatal(err)
		}
		c["aws:region"] = region
		s := decoded(t, c)
		w := world(s)
		w.Region, w.Partition = region, partition
		r := w.MustRun(t, program(s))
		named := 0
		for _, duty := range []string{"preview", "deploy"} {
			if strings.Contains(r.One(t, roleType, "gate-"+duty).Text("assumeRolePolicy"), ":job_workflow_ref") {
				named++
			}
		}
		if named != want {
			t.Errorf("in %s %d roles name a workflow's file, want %d", region, named, want)
		}
	}
}

// TestGitHubActions_ProtectMain by a ruleset that nobody bypasses, and only where settings
// say that the gate protects.
func TestGitHubActions_ProtectMain(t *testing.T) {
	t.Parallel()
	main := func(edit func(object)) *gatetest.Resource {
		c := run(config("api"))
		c["workflows"].(object)["reviewers"] = []string{"@mona"}
		edit(c)
		s := decoded(t, c)
		w := world(s)
		if s.Source.Protection == "adopt" {
			w.GitHub = adoptable("", "")
			w.GitHub[programMain] = "200 " + strong
		}
		for _, made := range w.MustRun(t, program(s)).All() {
			if made.Type == rulesetType && made.Name == "gate-main" {
				return made
			}
		}
		return nil
	}
	want := map[string]any{
		"repository": "infrastructure", "name": "prodgate-main", "target": "branch", "enforcement": "active",
		"conditions": map[string]any{"refName": map[string]any{"includes": []any{"refs/heads/main"}, "excludes": []any{}}},
		"rules": map[string]any{"deletion": true, "nonFastForward": true, "pullRequest": map[string]any{
			"requiredApprovingReviewCount": 2.0, "requireCodeOwnerReview": true, "requireLastPushApproval": true, "dismissStaleReviewsOnPush": true,
		}},
	}
	if made := main(set("reviews", 2)); made == nil || !reflect.DeepEqual(made.Inputs.Mappable(), want) {
		t.Errorf("main is protected by %+v, want %+v", made, want)
	}
	for name, edit := range map[string]func(object){"adopt": adopts, "off": func(c object) { adopts(c); unprotected(c) }} {
		if made := main(edit); made != nil {
			t.Errorf("with protection %s makes %v", name, made)
		}
	}
	// The program may be in the repository of an app, whose main takes the gate's files first.
	made := main(func(c object) { c["workflows"].(object)["repository"] = "web" })
	if files := slices.DeleteFunc(slices.Clone(made.DependsOn), func(urn string) bool { return !strings.Contains(urn, fileType) }); len(files) != 4 {
		t.Errorf("%s waits for %q", made, files)
	}
}

func TestGitHubActions_NothingWithoutWorkflows(t *testing.T) {
	t.Parallel()
	r := built(t, config("api"))
	for _, token := range []string{component.WorkflowsType, oidcType, environmentType, branchType} {
		if r.Has(token) {
			t.Errorf("there is a %s", token)
		}
	}
	for _, output := range []string{"previewRoleArn", "deployRoleArn"} {
		if got := r.Outputs[output].Value; got != "" {
			t.Errorf("%s is %v", output, got)
		}
	}
	for _, invoke := range r.Invokes {
		// The known state has the trust policies of the roles that settings name.
		isTrusted := invoke.Token == roleLookup && slices.Contains([]string{"deployer", "break-glass"}, invoke.Args["name"].StringValue())
		if slices.Contains([]string{oidcLookup, repoLookup, listLookup}, invoke.Token) || invoke.Token == roleLookup && !isTrusted {
			t.Errorf("asks %s", invoke.Token)
		}
	}
}

func TestGitHubActions_PreviewReadsOnly(t *testing.T) {
	t.Parallel()
	for _, s := range statements(t, built(t, run(config("api"))), "preview", "Allow") {
		for _, action := range s.Action {
			_, name, _ := strings.Cut(action, ":")
			looks := slices.ContainsFunc([]string{"Get", "List", "Describe", "BatchGet", "Validate"}, func(verb string) bool { return strings.HasPrefix(name, verb) })
			if !looks || slices.Contains([]string{"GetObject", "GetObjectVersion", "GetSecretValue", "BatchGetSecretValue", "GetAuthorizationToken", "BatchGetImage"}, name) {
				t.Errorf("%s allows %s", s.Sid, action)
			}
		}
	}
}

// TestGitHubActions_DeployMakesAppRoles and no other, and none without the
// boundary of its duty.
func TestGitHubActions_DeployMakesAppRoles(t *testing.T) {
	t.Parallel()
	r := built(t, run(approved("api", "web")))
	allowed := statements(t, r, "deploy", "Allow")
	made := 0
	for _, role := range r.Of(t, roleType) {
		arn := role.Output("arn")
		making := on(allowed, "iam:CreateRole", arn)
		if strings.Contains(arn, "/deploy/") || strings.Contains(arn, "/preview/") {
			if len(making) != 0 {
				t.Errorf("the deploying role makes %s", arn)
			}
			continue
		}
		made++
		if len(making) != 1 || !slices.Equal(making[0].Condition["StringEquals"]["iam:PermissionsBoundary"], []string{role.Text("permissionsBoundary")}) {
			t.Errorf("%s is made below %v, want %s", arn, making, role.Text("permissionsBoundary"))
		}
		for _, attached := range r.Of(t, attachmentType) {
			if attached.Text("role") != role.Text("name") {
				continue
			}
			to := on(allowed, "iam:AttachRolePolicy", arn)
			if len(to) != 1 || !slices.ContainsFunc(to[0].Condition["ArnLike"]["iam:PolicyARN"], func(p string) bool { return within(p, attached.Text("policyArn")) }) {
				t.Errorf("%s cannot be attached to %s: %v", attached.Text("policyArn"), arn, to)
			}
		}
		passed := on(allowed, "iam:PassRole", arn)
		trusted := parsed(t, role).Statement[0].Principal["Service"]
		if len(trusted) != len(passed) || len(passed) == 1 && !slices.Equal(passed[0].Condition["StringEquals"]["iam:PassedToService"], trusted) {
			t.Errorf("%s trusts %v and is passed by %v", arn, trusted, passed)
		}
	}
	if made != 15 { // two apps of four roles, the recorder, the remediator, the dispatcher, and who compares, inspects, signs and prepares
		t.Errorf("looked at %d roles", made)
	}
}

func TestGitHubActions_DeployCannotWidenItself(t *testing.T) {
	t.Parallel()
	r := built(t, run(approved("api")))
	denied := statements(t, r, "deploy", "Deny")
	writes := map[string]bool{}
	for _, s := range statements(t, r, "deploy", "Allow") {
		for _, action := range s.Action {
			_, name, _ := strings.Cut(action, ":")
			if strings.HasPrefix(action, "iam:") && !strings.HasPrefix(name, "Get") && !strings.HasPrefix(name, "List") && name != "CreateServiceLinkedRole" {
				writes[action] = true
			}
		}
	}
	own := []string{
		"arn:aws:iam::111111111111:role/prodgate/deploy/prodgate-deploy", "arn:aws:iam::111111111111:role/prodgate/preview/prodgate-preview",
		"arn:aws:iam::111111111111:role/deployer", "arn:aws:iam::111111111111:role/break-glass",
	}
	var policies []string
	for _, p := range r.Of(t, policyType) {
		if arn := p.Output("arn"); isBoundary(p) || strings.Contains(arn, "/deploy/") || strings.Contains(arn, "/preview/") {
			policies = append(policies, arn)
		}
	}
	if len(policies) < 8 || len(writes) < 15 {
		t.Fatalf("looks at %d policies and %d actions only", len(policies), len(writes))
	}
	for action := range writes {
		what := own
		if strings.HasSuffix(strings.TrimSuffix(action, "Version"), "Policy") && !strings.Contains(action, "Role") || action == "iam:CreatePolicyVersion" {
			what = policies
		}
		for _, arn := range what {
			if len(on(denied, action, arn)) == 0 {
				t.Errorf("nothing refuses the deploying role %s on %s", action, arn)
			}
		}
	}
	for _, arn := range own {
		for _, action := range []string{"sts:AssumeRole", "iam:PutRolePolicy", "iam:DeleteRolePermissionsBoundary"} {
			if len(on(denied, action, arn)) == 0 {
				t.Errorf("nothing refuses the deploying role %s on %s", action, arn)
			}
		}
	}
	for _, action := range []string{"iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider", "iam:AddClientIDToOpenIDConnectProvider"} {
		if len(on(denied, action, oidcArn)) == 0 {
			t.Errorf("nothing refuses the deploying role %s", action)
		}
	}
	if len(on(denied, "iam:DeleteRolePermissionsBoundary", "arn:aws:iam::111111111111:role/prodgate/build/prodgate-api-build")) == 0 {
		t.Error("the deploying role may take a boundary away")
	}
}

func TestGitHubActions_DeleteHistoryOnlyUnprotected(t *testing.T) {
	t.Parallel()
	history := []string{"s3:DeleteBucket", "s3:DeleteObject", "s3:DeleteObjectVersion", "ecr:DeleteRepository", "kms:ScheduleKeyDeletion", "codeconnections:DeleteConnection"}
	for _, protect := range []bool{true, false} {
		c := run(config("api"))
		c["protect"] = protect
		allowed := map[string]bool{}
		for _, s := range statements(t, built(t, c), "deploy", "Allow") {
			for _, action := range s.Action {
				allowed[action] = true
			}
		}
		for _, action := range history {
			if allowed[action] == protect {
				t.Errorf("protect is %t, and %s is allowed: %t", protect, action, allowed[action])
			}
		}
	}
}

// organized is attachedTo with a role for previews too.
func organized(c map[string]any) map[string]any {
	c["organization"] = object{"targetId": "111111111111", "roleArn": guardrailsRole, "previewRoleArn": guardrailsRole + "-preview"}
	return c
}

// TestGitHubActions_OnlyDeployAttachesGuardrails: each role takes on one of the
// organization's, and no other whatever its policy said: its boundary has no more.
func TestGitHubActions_OnlyDeployAttachesGuardrails(t *testing.T) {
	t.Parallel()
	r := built(t, organized(run(config("api"))))
	for duty, want := range map[string]string{"deploy": guardrailsRole, "preview": guardrailsRole + "-preview"} {
		for _, role := range []string{guardrailsRole, guardrailsRole + "-preview"} {
			got := on(statements(t, r, duty, "Allow"), "sts:AssumeRole", role)
			if (len(got) == 1) != (role == want) {
				t.Errorf("%s takes %s on by %v", duty, role, got)
			}
		}
	}
	limits := parsed(t, r.One(t, policyType, "gate-boundary-preview")).Statement
	if len(on(limits, "sts:AssumeRole", guardrailsRole)) > 0 || len(on(limits, "sts:AssumeRole", guardrailsRole+"-preview")) != 1 {
		t.Errorf("the boundary of preview is %v", limits)
	}
}

// TestGitHubActions_PreviewReadsOrganization by a role of its own, and says
// which when something is wrong with that.
func TestGitHubActions_PreviewReadsOrganization(t *testing.T) {
	t.Parallel()
	const previewer = "arn:aws:sts::111111111111:assumed-role/prodgate-preview/session"
	without := config("api")
	without["organization"] = object{"targetId": "111111111111", "roleArn": guardrailsRole}
	for _, c := range []struct {
		config             map[string]any
		caller, key, takes string
	}{
		{organized(run(config("api"))), previewer, "previewRoleArn", guardrailsRole + "-preview"},
		{organized(run(config("api"))), "arn:aws:sts::111111111111:assumed-role/prodgate-deploy/session", "roleArn", guardrailsRole},
		{organized(run(config("api"))), "arn:aws:iam::111111111111:user/prodgate-preview", "roleArn", guardrailsRole},
		{without, previewer, "roleArn", guardrailsRole}, // a role of somebody else
	} {
		s := decoded(t, c.config)
		provider := func(ctx *pulumi.Context) error {
			_, err := guardrails.NewProvider(ctx, s, c.caller)
			return err
		}
		w := world(s)
		taken := w.MustRun(t, provider).One(t, "pulumi:providers:aws", "organization").Inputs.Mappable()
		if got := fmt.Sprint(taken["assumeRole"]); got != "map[roleArn:"+c.takes+" sessionName:prodgate-guardrails]" {
			t.Errorf("%s takes on %s", c.caller, got)
		}
		for token, want := range map[string]string{
			"aws:index/getCallerIdentity:getCallerIdentity": "prodgate:organization." + c.key + `: "` + c.takes + `": cannot be assumed`,
			"aws:organizations/getPolicy:getPolicy":         "allow " + c.takes + " organizations:DescribePolicy",
		} {
			w.Refused = []string{token}
			if _, err := w.Run(provider); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s without %s: got %v", c.caller, token, err)
			}
		}
	}
}

func TestGitHubActions_PoliciesFitLongestSettings(t *testing.T) {
	t.Parallel()
	arn := func(n, path int) string {
		return "arn:aws:iam::111111111111:role/" + strings.Repeat("n", path) + "/" + strings.Repeat("d", n)
	}
	trusted := func(n int) string { return arn(n, 128-n) } // 160 characters
	// Guardrails that are attached leave no room for many long names: one or the other.
	people := func() map[string]any {
		c := longest()
		c["access"].(object)["deployerArns"] = []string{trusted(60), trusted(61), trusted(62), trusted(63), trusted(64)}
		c["access"].(object)["breakGlassArn"] = trusted(59)
		return c
	}
	organization := func() map[string]any {
		c := longest()
		c["access"] = access
		c["organization"] = object{"targetId": "111111111111", "roleArn": strings.Replace(arn(64, 510), "111111111111", "333333333333", 1),
			"previewRoleArn": strings.Replace(arn(63, 511), "111111111111", "333333333333", 1)}
		return c
	}
	for name, longest := range map[string]func() map[string]any{"people": people, "an organization": organization} {
		for provider, from := range map[string]func(map[string]any) map[string]any{
			"GitHub": func(c map[string]any) map[string]any { return c }, "CodeCommit": committed,
		} {
			t.Run(name+", "+provider, func(t *testing.T) {
				t.Parallel()
				workflowsFit(t, longest(), from)
			})
		}
	}
}

func workflowsFit(t *testing.T, c map[string]any, from func(map[string]any) map[string]any) {
	t.Helper()
	c["workflows"] = object{
		"repository":         strings.Repeat("n", 100),
		"previewEnvironment": strings.Repeat("n", 255), "upEnvironment": strings.Repeat("m", 255),
	}
	// All that a boundary has a pattern for.
	c["detection"] = object{"response": "contain", "securityHub": "create"}
	c["apps"].([]any)[0].(object)["secrets"] = []any{
		object{"name": "ROTATED", "rotationLambdaArn": "arn:aws:lambda:ap-northeast-1:111111111111:function:rotate"},
		object{"name": "ADOPTED", "arn": "arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:token-a1b2c3"},
	}
	c["apps"].([]any)[0].(object)["deployment"] = object{
		"kind": "blue-green", "listenerArn": "arn:aws:elasticloadbalancing:ap-northeast-1:111111111111:listener/app/web/0123456789abcdef/0123456789abcdef",
		"targetGroups": []string{"blue", "green"}, "containerPort": 4567,
	}
	r := built(t, from(telling(c)))
	for _, token := range []string{pipeType, "aws:codedeploy/deploymentGroup:DeploymentGroup", profileType, secretType} {
		if !r.Has(token) {
			t.Errorf("there is no %s", token)
		}
	}
	attached := map[string]int{}
	for _, a := range r.Of(t, attachmentType) {
		attached[a.Text("role")]++
	}
	for _, role := range r.Of(t, roleType) {
		if n := attached[role.Text("name")]; n == 0 || n > 10 { // IAM quotas
			t.Errorf("%s has %d policies", role, n)
		}
	}
	documentsFit(t, r)
	for _, made := range r.All() {
		for input, limit := range limits[made.Type] {
			if made.Text("tier") == "Advanced" {
				limit = 8192
			}
			if n := len(made.Text(input)); n > limit {
				t.Errorf("%s: %s has %d characters, AWS takes %d", made, input, n, limit)
			}
		}
	}
}

// TestGitHubActions_BoundaryAllowsPolicy: what a policy has, the boundary has.
func TestGitHubActions_BoundaryAllowsPolicy(t *testing.T) {
	t.Parallel()
	r := built(t, organized(run(config("api"))))
	for _, duty := range []string{"preview", "deploy"} {
		var limits, never []statement
		for _, s := range parsed(t, r.One(t, policyType, "gate-boundary-"+duty)).Statement {
			if s.Effect == "Deny" {
				never = append(never, s)
			} else {
				limits = append(limits, s)
			}
		}
		needed := map[string]bool{}
		for _, s := range statements(t, r, duty, "Allow") {
			for _, action := range s.Action {
				needed[action] = true
				for _, arn := range s.Resource {
					if len(on(limits, action, arn)) == 0 || len(on(never, action, arn)) > 0 {
						t.Errorf("%s: %s on %s is cut", duty, action, arn)
					}
				}
			}
		}
		for _, limit := range limits {
			for _, action := range limit.Action {
				if !slices.ContainsFunc(slices.Collect(maps.Keys(needed)), func(a string) bool { return within(action, a) }) {
					t.Errorf("%s: the boundary has %s, which nothing needs", duty, action)
				}
			}
		}
	}
}

func TestPreflight_InspectWorkflows(t *testing.T) {
	t.Parallel()
	const there = `workflows.%s: %q: example-org/infrastructure has an environment of this name already`
	environments := func(names ...string) map[string]any {
		list := make([]any, len(names))
		for i, name := range names {
			list[i] = map[string]any{"name": name, "nodeId": "EN_1"}
		}
		return map[string]any{"environments": list}
	}
	trusting := func(environment string) map[string]any {
		return map[string]any{"assumeRolePolicy": `{"sub":["repo:example-org/infrastructure:environment:` + environment + `"]}`}
	}
	found := func(tag string, audiences ...any) map[string]any {
		return map[string]any{"arn": oidcArn, "clientIdLists": audiences, "tags": map[string]any{"prodgate:gate": tag}}
	}
	for name, c := range map[string]struct {
		presence string
		answers  map[string]map[string]any
		refused  []string
		want     string // empty: it is made
	}{
		"an account without the provider":           {"create", nil, nil, ""},
		"the gate's own provider, the second time":  {"create", map[string]map[string]any{oidcLookup: found("prodgate", "sts.amazonaws.com")}, nil, ""},
		"a provider to adopt":                       {"adopt", map[string]map[string]any{oidcLookup: found("other", "sts.amazonaws.com")}, nil, ""},
		"a provider of somebody else":               {"create", map[string]map[string]any{oidcLookup: found("other", "sts.amazonaws.com")}, nil, `prodgate:workflows.oidcProvider: "create": the account has an OIDC provider of token.actions.githubusercontent.com already, and can have only one; set it to adopt`},
		"no provider to adopt":                      {"adopt", nil, nil, `prodgate:workflows.oidcProvider: "adopt": the account has no OIDC provider of token.actions.githubusercontent.com; set it to create`},
		"a provider of another audience":            {"adopt", map[string]map[string]any{oidcLookup: found("other", "https://github.com/example-org")}, nil, `prodgate:workflows.oidcProvider: "adopt": the account's OIDC provider of token.actions.githubusercontent.com does not take tokens for sts.amazonaws.com; add it`},
		"credentials that do not see the provider":  {"create", nil, []string{oidcLookup}, `prodgate:workflows.oidcProvider: "create": AWS does not say whether the account has ` + oidcArn},
		"a repository that does not exist":          {"create", map[string]map[string]any{repoLookup: {}}, nil, `prodgate:workflows.repository: "infrastructure": example-org has no repository of this name that the GitHub token can see; correct the name`},
		"a token that is refused":                   {"create", nil, []string{repoLookup}, `prodgate:workflows.repository: "infrastructure": GitHub does not show it; correct the name`},
		"a private repository on the free plan":     {"create", map[string]map[string]any{orgLookup: {"id": "1", "plan": "free"}}, nil, `prodgate:workflows.repository: "infrastructure": is private, and GitHub's free plan has environments of public repositories only; change the plan`},
		"environments that cannot be read":          {"create", nil, []string{listLookup}, `prodgate:workflows.repository: "infrastructure": its environments cannot be read; let the GitHub token administer`},
		"an environment for updates, of somebody":   {"create", map[string]map[string]any{listLookup: environments("Prod")}, nil, fmt.Sprintf(there, "upEnvironment", "prod")},
		"an environment for previews, of somebody":  {"create", map[string]map[string]any{listLookup: environments("prod-preview")}, nil, fmt.Sprintf(there, "previewEnvironment", "prod-preview")},
		"an environment that a role does not trust": {"create", map[string]map[string]any{listLookup: environments("prod"), roleLookup: trusting("production")}, nil, fmt.Sprintf(there, "upEnvironment", "prod")},
		"the gate's own environment":                {"create", map[string]map[string]any{listLookup: environments("prod"), roleLookup: trusting("prod")}, nil, ""},
		"credentials that do not see the role":      {"create", map[string]map[string]any{listLookup: environments("prod")}, []string{roleLookup}, `prodgate:workflows.upEnvironment: "prod": AWS does not say whose the environment is; let`},
		"the owner is a user":                       {"create", map[string]map[string]any{repoLookup: {"id": "1", "repoId": 1, "fullName": "example-org/infrastructure", "private": false}}, []string{orgLookup}, ""},
		"the owner is a user, privately":            {"create", nil, []string{orgLookup}, `prodgate:workflows.reviewers: "@example-org/platform": infrastructure is private, and repositories of users have reviewers of environments only if they are public; change`},
		"a private repository on the team plan":     {"create", map[string]map[string]any{orgLookup: {"id": "1", "plan": "team"}}, nil, `infrastructure is private, and repositories with the team plan have reviewers of environments only if they are public; change the plan or the visibility, or set it to []`},
		"an owner that GitHub does not show":        {"create", nil, []string{orgLookup, "github:index/getUser:getUser"}, `prodgate:workflows.repository: "infrastructure": GitHub does not show its owner example-org; correct`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := run(config("api"))
			config["workflows"].(object)["oidcProvider"] = c.presence
			s := decoded(t, config)
			w := world(s)
			w.Refused = c.refused
			w.Answers = map[string]map[string]any{"github:index/getUser:getUser": {"id": "987"}}
			maps.Copy(w.Answers, c.answers)
			r, err := w.Run(program(s))
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if r.Has(oidcType) != (c.presence == "create") {
					t.Errorf("%s makes a provider: %t", c.presence, r.Has(oidcType))
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got  %v\nwant %s", err, c.want)
			}
			for _, made := range r.All() {
				if made.Custom && !strings.HasPrefix(made.Type, "pulumi:providers:") {
					t.Errorf("%s is made", made)
				}
			}
		})
	}
}

// programMain is the endpoint of the protection of main of the program's repository.
const programMain = "repos/example-org/infrastructure/branches/main/protection"

// What decides who updates the gate is read before anything is made.
func TestPreflight_InspectProgram(t *testing.T) {
	t.Parallel()
	const (
		rules   = "repos/example-org/infrastructure/rules/branches/main?per_page=100"
		inside  = "repos/example-org/infrastructure/rulesets/7"
		bob     = "repos/example-org/infrastructure/collaborators/bob/permission"
		members = "repos/example-org/infrastructure/teams?per_page=100&page=1"
		open    = `404 {"message": "Branch not protected"}`
		weaker  = "prodgate:source.protection: \"adopt\": the protection of main in infrastructure, whose jobs may update the gate, is weaker than the gate's: "
	)
	reviewers := func(names ...string) func(object) {
		return func(c object) { c["workflows"].(object)["reviewers"] = names }
	}
	adopting := func(c object) { adopts(c); set("reviews", 2)(c); reviewers("@bob")(c) }
	for name, c := range map[string]struct {
		github map[string]string
		edit   func(object)
		want   string // empty: it is made
	}{
		"a reviewer who may read":                        {map[string]string{bob: `200 {"permission": "read", "user": {"login": "bob", "id": 5}}`}, reviewers("@bob"), ""},
		"a reviewer who may not":                         {map[string]string{bob: `200 {"permission": "none", "user": {"login": "bob", "id": 5}}`}, reviewers("@bob"), `prodgate:workflows.reviewers[0]: "@bob": may not read infrastructure; name one who may read`},
		"a reviewer who does not exist":                  {map[string]string{bob: notFound}, reviewers("@example-org/platform", "@bob"), `prodgate:workflows.reviewers[1]: "@bob": is no user of GitHub`},
		"a team that may read":                           {map[string]string{members: `200 [{"slug": "everybody", "permissions": {"push": false}}]`}, reviewers("@example-org/release"), ""},
		"a team that may not":                            {map[string]string{members: `200 []`, "orgs/example-org/teams/release": `200 {"id": 9, "slug": "release"}`}, reviewers("@example-org/release"), `prodgate:workflows.reviewers[0]: "@example-org/release": may not read infrastructure`},
		"teams that cannot be read":                      {map[string]string{members: forbidden}, reviewers("@example-org/release"), `GitHub does not list the teams of infrastructure`},
		"a main that is protected already":               {map[string]string{programMain: "200 " + strong}, reviewers("@bob"), ""},
		"a program without a main":                       {map[string]string{programMain: `404 {"message": "Branch not found"}`}, reviewers("@bob"), `prodgate:workflows.repository: "infrastructure": has no branch main; push the program to it`},
		"a plan that protects no branch":                 {map[string]string{programMain: `403 {"message": "Upgrade to GitHub Pro or make this repository public to enable this feature."}`}, reviewers("@bob"), `prodgate:workflows.repository: "infrastructure": is private, and the plan of example-org protects branches`},
		"a token without rights":                         {map[string]string{programMain: notFound}, reviewers("@bob"), `prodgate:workflows.repository: "infrastructure": the token (GITHUB_TOKEN) may not administer it`},
		"an adopted protection":                          {map[string]string{programMain: "200 " + strong}, adopting, ""},
		"an adopted main that is open":                   {map[string]string{programMain: open}, adopting, weaker + "it asks for 0 reviews and not for 2, force pushes are allowed, the branch may be deleted; correct it"},
		"adopted rules":                                  {map[string]string{programMain: open, rules: `200 ` + asStrong, inside: closedTo("never", "")}, adopting, ""},
		"adopted rules that somebody passes":             {map[string]string{programMain: open, rules: `200 ` + asStrong, inside: closedTo("never", `{"actor_type": "RepositoryRole", "actor_id": 5}`)}, adopting, weaker + "administrators may bypass the ruleset reviewed"},
		"adopted rules that are not told":                {map[string]string{programMain: open, rules: forbidden}, adopting, `prodgate:workflows.repository: "infrastructure": GitHub does not tell the rules of main in infrastructure`},
		"an adopted protection of fewer reviews":         {map[string]string{programMain: "200 " + strings.Replace(strong, `count": 2`, `count": 1`, 1)}, adopting, weaker + "it asks for 1 reviews and not for 2"},
		"an adopted protection that administrators pass": {map[string]string{programMain: "200 " + strings.Replace(strong, `"enforce_admins": {"enabled": true}`, `"enforce_admins": {"enabled": false}`, 1)}, adopting, weaker + "administrators are let through"},
		"an adopted protection with a bypass":            {map[string]string{programMain: "200 " + strings.Replace(strong, `"dismiss_stale_reviews": true`, `"bypass_pull_request_allowances": {"users": [{"login": "bob"}]}`, 1)}, adopting, weaker + "@bob needs no pull request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := run(config("api"))
			c.edit(config)
			s := decoded(t, config)
			w := world(s)
			w.GitHub = maps.Clone(c.github)
			if s.Source.Protection == "adopt" {
				maps.Copy(w.GitHub, adoptable("", ""))
			}
			r, err := w.Run(program(s))
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || strings.Count(err.Error(), "prodgate:") != 1 || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got  %v\nwant %s", err, c.want)
			}
			for _, made := range r.All() {
				if made.Custom && !strings.HasPrefix(made.Type, "pulumi:providers:") {
					t.Errorf("%s is made", made)
				}
			}
		})
	}
}

// What stays open at the program's repository is said in every run.
func TestPreflight_WarnOfProgram(t *testing.T) {
	t.Parallel()
	const up = "repos/example-org/infrastructure/contents/.github/workflows/up.yml?ref=main"
	for name, c := range map[string]struct {
		github map[string]string
		edit   func(object)
		want   []string
	}{
		"nothing": {nil, func(object) {}, nil},
		"no reviewers": {nil, func(c object) { c["workflows"].(object)["reviewers"] = []string{} },
			[]string{`prodgate:workflows.reviewers: []: nobody approves the jobs of the environment prod, which update the gate; name 1 to 6`}},
		"no protection": {nil, func(c object) { adopts(c); unprotected(c); c["workflows"].(object)["reviewers"] = []string{"@mona"} },
			[]string{`prodgate:source.protection: "off": nothing at GitHub keeps anybody who may write to infrastructure from pushing to main, unreviewed, and so from updating the gate`}},
		"no file": {map[string]string{up: notFound}, func(object) {},
			[]string{`prodgate:workflows.upWorkflow: "up.yml": main of infrastructure has no .github/workflows/up.yml, whose jobs alone may assume the role; add the file`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := run(config("api"))
			c.edit(config)
			s := decoded(t, config)
			w := world(s)
			w.GitHub = c.github
			warned := strings.Join(w.MustRun(t, program(s)).Warnings, "\n")
			for _, want := range c.want {
				if !strings.Contains(warned, want) {
					t.Errorf("warns %q, want %q", warned, want)
				}
			}
			if len(c.want) == 0 && warned != "" {
				t.Errorf("warns %q", warned)
			}
		})
	}
}
