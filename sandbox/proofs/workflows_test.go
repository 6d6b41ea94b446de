package proofs

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	gdtypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"prodgate/pkg/naming"
	"prodgate/sandbox/engine/stack"
	"prodgate/sandbox/evaluators/authority"
)

const oidcArn = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com"

var adoptOidc = replace("oidcProvider: create", "oidcProvider: adopt")

// TestWorkflows_LeastPrivilege compares the calls of a stack's life cycle with the permissions of the
// deployed roles of GitHub Actions, both ways: every call is allowed, and no permission is unused.
func TestWorkflows_LeastPrivilege(t *testing.T) {
	t.Parallel()
	w := newWorldUp(t, "prod", unprotected)
	ran := newUsage()
	ran.deploy(w.snapshot.calls)
	deploy, preview := w.grants("deploy"), w.grants("preview")
	same(t, "the environments", w.listEnvironments(), map[string]any{
		"prod":         map[string]any{"can_admins_bypass": false, "branches": []string{"main"}, "reviewers": []string{"platform"}, "self": false},
		"prod-preview": map[string]any{"can_admins_bypass": true, "branches": nil, "reviewers": nil, "self": true},
	})

	reader := w.reader()
	w.calls()
	same(t, "the preview of a pull request", w.plannedAs(reader), asReader)
	ran.preview(w.calls())

	// Manual changes are detected and reverted.
	w.tamperWithGate()
	w.calls()
	if len(w.plannedAs(reader)) <= len(asReader) {
		t.Error("the preview of a pull request shows nothing of what somebody changed")
	}
	ran.preview(w.calls())
	w.up()
	ran.deploy(w.calls())
	same(t, "a preview after the repair", w.planned(), map[string]string{})

	// Another environment, a further app, and another tag.
	w.configure(unprotected, replace("upEnvironment: prod\n", "upEnvironment: production\n"),
		replace("    owner: platform\n", "    team: platform\n"),
		func(s string) string { return strings.ReplaceAll(secondApp(s), "ACCOUNT", "222222222222") })
	w.calls()
	w.up()
	ran.deploy(w.calls())
	same(t, "the environments after the update", keys(w.listEnvironments()), []string{"prod-preview", "production"})
	role, err := w.aws.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: ptr("prodgate-deploy")})
	w.must(err)
	if trust := unescaped(t, role.Role.AssumeRolePolicyDocument); !strings.Contains(trust, ":environment:production\"") || strings.Contains(trust, ":environment:prod\"") {
		t.Errorf("after the update the role trusts %s", trust)
	}
	same(t, "a preview after the update", w.planned(), map[string]string{})

	// A build has left an image behind.
	_, err = w.aws.s3.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: ptr("prodgate-artifacts-222222222222-eu-west-2"), Key: ptr("backend-flask-prodga/Source/a.zip"), Body: strings.NewReader("artifact"),
	})
	w.must(err)
	w.calls()
	w.run("destroy", "--yes")
	ran.deploy(w.calls())
	w.empty("after destroy")

	ran.assertGrants(t, deploy, preview)
}

// TestWorkflows_AdoptOIDCProvider: an account has one OIDC provider for GitHub. The stack adopts it if
// settings say so, and otherwise refuses it by name.
func TestWorkflows_AdoptOIDCProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "prod", unprotected, quiet)
	_, err := w.aws.iam.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{
		Url: ptr("https://token.actions.githubusercontent.com"), ClientIDList: []string{"sts.amazonaws.com"},
		ThumbprintList: []string{"6938fd4d98bab03faadb97b34396831e3780aea1"},
	})
	w.must(err)
	before := w.inventory()
	out := w.fails("up", "--yes", "--skip-preview")
	if !strings.Contains(out, `prodgate:workflows.oidcProvider: "create"`) || !strings.Contains(out, "set it to adopt") {
		t.Errorf("says\n%s", out)
	}
	same(t, "after the refusal the account", w.inventory(), before)

	// An existing environment is not adopted either.
	w.configure(unprotected, adoptOidc)
	w.environment(http.MethodPut, "prod")
	if out := w.fails("up", "--yes", "--skip-preview"); !strings.Contains(out, `prodgate:workflows.upEnvironment: "prod"`) || !strings.Contains(out, "name another") {
		t.Errorf("says\n%s", out)
	}
	same(t, "after the second refusal the account", w.inventory(), before)
	w.environment(http.MethodDelete, "prod")

	w.up()
	same(t, "the provider", w.inventory()["OIDC providers"], []string{oidcArn})
	same(t, "a second preview", w.planned(), map[string]string{})
	w.run("destroy", "--yes")
	same(t, "after destroy the account", w.inventory(), before)
}

// TestWorkflows_PushToMain tries to update the gate by a workflow that somebody pushes to main
// of the program's repository: GitHub refuses the push, and IAM the job of another file.
func TestWorkflows_PushToMain(t *testing.T) {
	t.Parallel()
	w := newWorldUp(t, "prod", unprotected)
	const (
		program  = "/api/v3/repos/example-org/infrastructure/"
		workflow = program + "contents/.github/workflows/"
		byPull   = "Changes must be made through a pull request."
	)
	e := w.readEstate()
	deploy, preview := e.plan.Role("", naming.Deploy).ARN, e.plan.Role("", naming.Preview).ARN
	begun := w.does(stack.Administrator, "GET "+program+"git/ref/heads/main", nil)["object"].(object)["sha"].(string)

	// The push, by everybody who may write, to a file that exists and to a new one.
	text := object{"message": "m", "branch": "main", "content": []byte("on: push\n")}
	for _, who := range []string{stack.Developer, stack.Lead, stack.Administrator, stack.Provider} {
		w.refused(who, "PUT "+workflow+"other.yml", text, byPull)
		up := maps.Clone(text)
		up["sha"] = w.does(who, "GET "+workflow+"up.yml?ref=main", nil)["sha"]
		w.refused(who, "PUT "+workflow+"up.yml", up, byPull)
	}
	w.does(stack.Developer, "POST "+program+"git/refs", object{"ref": "refs/heads/feature", "sha": begun})
	text["branch"] = "feature"
	w.does(stack.Developer, "PUT "+workflow+"other.yml", text)
	ahead := w.does(stack.Developer, "GET "+program+"git/ref/heads/feature", nil)["object"].(object)["sha"]
	for _, who := range []string{stack.Developer, stack.Administrator} {
		w.refused(who, "PATCH "+program+"git/refs/heads/main", object{"sha": ahead}, byPull)
		w.refused(who, "POST "+program+"merges", object{"base": "main", "head": "feature"}, byPull)
	}
	request := program + fmt.Sprintf("pulls/%v", w.does(stack.Developer, "POST "+program+"pulls", object{"title": "t", "head": "feature", "base": "main"})["number"])
	for _, who := range []string{stack.Developer, stack.Administrator} {
		w.refused(who, "PUT "+request+"/merge", nil, "At least 2 approving review is required")
	}
	same(t, "main after the attacks", w.does(stack.Administrator, "GET "+program+"git/ref/heads/main", nil)["object"].(object)["sha"], any(begun))

	// A main that goes back: force is refused as well, and so is its deletion.
	w.does(stack.Lead, "POST "+request+"/reviews", approve)
	w.does(stack.Administrator, "POST "+request+"/reviews", approve)
	w.does(stack.Developer, "PUT "+request+"/merge", nil)
	w.refused(stack.Administrator, "PATCH "+program+"git/refs/heads/main", object{"sha": begun, "force": true}, "Cannot force-push to this branch")
	w.refused(stack.Administrator, "DELETE "+program+"git/refs/heads/main", nil, "Cannot delete")

	// The job: of the environment and the repository, but of another file or branch.
	main := "refs/heads/main"
	jobs := []struct {
		what, role string
		claims     map[string]string
		allowed    bool
	}{
		{"the workflow for updates", deploy, jobClaims("prod", "up.yml", main), true},
		{"another file on main", deploy, jobClaims("prod", "other.yml", main), false},
		{"the workflow for previews, on main", deploy, jobClaims("prod", "preview.yml", main), false},
		{"the workflow for updates, of a branch", deploy, jobClaims("prod", "up.yml", "refs/heads/feature"), false},
		{"the workflow for updates, called from a branch", deploy, changedClaim(jobClaims("prod", "up.yml", main), "ref", "refs/heads/feature"), false},
		{"the workflow for updates, of another repository", deploy,
			changedClaim(jobClaims("prod", "up.yml", main), "job_workflow_ref", "mallory/infrastructure/.github/workflows/up.yml@refs/heads/main"), false},
		{"a token that names no file", deploy, changedClaim(jobClaims("prod", "up.yml", main), "job_workflow_ref", ""), false},
		{"the workflow for updates, in the environment for previews", deploy, jobClaims("prod-preview", "up.yml", main), false},
		{"the workflow for previews, of a pull request", preview, jobClaims("prod-preview", "preview.yml", "refs/pull/7/merge"), true},
		{"another file of a pull request", preview, jobClaims("prod-preview", "other.yml", "refs/pull/7/merge"), false},
		{"another file of a pull request, with the name before it", preview, jobClaims("prod-preview", "preview.yml/../other.yml", "refs/pull/7/merge"), false},
	}
	var questions []authority.Question
	for _, job := range jobs {
		questions = append(questions, e.question(authority.Principal{ARN: e.plan.GitHubProvider()}, "sts:AssumeRoleWithWebIdentity", job.role, job.claims))
	}
	verdicts, err := e.judge.Ask(t.Context(), questions...)
	w.must(err)
	for i, job := range jobs {
		if verdicts[i].Allowed != job.allowed {
			t.Errorf("%s: allowed is %t, by %s", job.what, verdicts[i].Allowed, verdicts[i].By)
		}
	}

	// What somebody loosens by hand is put right.
	var rulesets []struct {
		ID   int64
		Name string
	}
	_, err = w.Cloud.GetGitHub(t.Context(), "infrastructure", "rulesets", &rulesets)
	w.must(err)
	if len(rulesets) != 1 || rulesets[0].Name != "prodgate-main" {
		t.Fatalf("the rulesets are %+v", rulesets)
	}
	w.does(stack.Administrator, fmt.Sprintf("DELETE %srulesets/%d", program, rulesets[0].ID), nil)
	text["branch"] = "main"
	w.does(stack.Developer, "PUT "+workflow+"third.yml", text)
	w.run("refresh", "--yes")
	same(t, "the repair", w.planned(), map[string]string{"github:index/repositoryRuleset:RepositoryRuleset gate-main": "create"})
	w.up()
	w.refused(stack.Developer, "PUT "+workflow+"fourth.yml", text, byPull)
}

// changedClaim are claims with another value of one; empty: without it.
func changedClaim(claims map[string]string, name, value string) map[string]string {
	claims[naming.OIDCHost+":"+name] = value
	if value == "" {
		delete(claims, naming.OIDCHost+":"+name)
	}
	return claims
}

// listEnvironments lists the environments of the program's repository, each with its bypass setting,
// its branches, its reviewers, and whether they review their own jobs.
func (w *world) listEnvironments() map[string]any {
	w.Helper()
	const path = "repos/example-org/infrastructure/environments"
	all := map[string]any{}
	if w.Cloud.GitHub == "" { // a stack whose source is CodeCommit, without workflows
		return all
	}
	_, listed := w.github(path)
	list, _ := listed["environments"].([]any)
	for _, one := range list {
		e := one.(map[string]any)
		var branches []string
		_, policies := w.github(path + "/" + e["name"].(string) + "/deployment-branch-policies")
		for _, p := range policies["branch_policies"].([]any) {
			branches = append(branches, p.(map[string]any)["name"].(string))
		}
		var reviewers []string
		self := true
		for _, rule := range e["protection_rules"].([]any) {
			r := rule.(map[string]any)
			if r["type"] != "required_reviewers" {
				continue
			}
			self = r["prevent_self_review"] != true
			for _, reviewer := range r["reviewers"].([]any) {
				reviewers = append(reviewers, reviewer.(map[string]any)["reviewer"].(map[string]any)["slug"].(string))
			}
		}
		all[e["name"].(string)] = map[string]any{"can_admins_bypass": e["can_admins_bypass"], "branches": branches, "reviewers": reviewers, "self": self}
	}
	return all
}

// environment creates or deletes an environment by hand.
func (w *world) environment(method, name string) {
	w.Helper()
	url := w.Cloud.GitHub + "api/v3/repos/example-org/infrastructure/environments/" + name
	request, err := http.NewRequestWithContext(w.Context(), method, url, strings.NewReader("{}"))
	w.must(err)
	request.Header.Set("Authorization", "Bearer sandbox")
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	w.must(response.Body.Close())
	if response.StatusCode >= http.StatusMultipleChoices {
		w.Fatalf("%s of environment %s: %s", method, name, response.Status)
	}
}

// tamperWithGate makes changes that the deploying role must revert.
func (w *world) tamperWithGate() {
	w.Helper()
	w.tamperWithStack()
	ctx := w.Context()
	did := func(_ any, err error) {
		w.Helper()
		if err != nil {
			w.Error(err)
		}
	}
	a := w.aws
	repository := ptr("prodgate/backend-flask")
	did(a.ecr.PutImageTagMutability(ctx, &ecr.PutImageTagMutabilityInput{RepositoryName: repository, ImageTagMutability: ecrtypes.ImageTagMutabilityMutable}))
	did(a.ecr.PutImageScanningConfiguration(ctx, &ecr.PutImageScanningConfigurationInput{
		RepositoryName: repository, ImageScanningConfiguration: &ecrtypes.ImageScanningConfiguration{ScanOnPush: false},
	}))
	detectors, err := a.guardduty.ListDetectors(ctx, &guardduty.ListDetectorsInput{})
	w.must(err)
	did(a.guardduty.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{
		DetectorId: &detectors.DetectorIds[0], FindingPublishingFrequency: gdtypes.FindingPublishingFrequencySixHours,
	}))
	key := func(alias string) *string {
		got, err := a.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
		w.must(err)
		return got.KeyMetadata.KeyId
	}
	images, logs := key("alias/prodgate-images"), key("alias/prodgate-logs")
	did(a.kms.UpdateKeyDescription(ctx, &kms.UpdateKeyDescriptionInput{KeyId: images, Description: ptr("Not ours")}))
	did(a.kms.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: images, PolicyName: ptr("default"), Policy: ptr(`{"Version":"2012-10-17","Statement":[{"Sid":"Any",` +
		`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"kms:*","Resource":"*"}]}`)}))
	did(a.kms.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: ptr("alias/prodgate-images"), TargetKeyId: logs}))
	did(a.secrets.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: ptr("prodgate/backend-flask/PIP_INDEX_TOKEN"), Description: ptr("Not ours")}))
	did(a.sfn.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{
		StateMachineArn: ptr("arn:aws:states:eu-west-2:222222222222:stateMachine:prodgate-containment"),
		Definition:      ptr(`{"StartAt": "Nothing", "States": {"Nothing": {"Type": "Succeed"}}}`),
	}))
	otherCode(w)
	configured(func(u *lambda.UpdateFunctionConfigurationInput) { u.Timeout = ptr(int32(600)) })(w)
	name := ptr("prodgate-backend-flask-build")
	did(a.iam.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: ptr(int32(7200))}))
	did(a.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: ptr(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`)}))
	did(a.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name}))
	did(a.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: ptr("arn:aws:iam::aws:policy/AdministratorAccess")}))
	everything := ptr(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	did(a.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: ptr("more"), PolicyDocument: everything}))
	did(a.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{
		PolicyArn: ptr("arn:aws:iam::222222222222:policy/prodgate/build/prodgate-backend-flask-build"), PolicyDocument: everything, SetAsDefault: true,
	}))
}

// grant is the allowed actions and resources of one statement of a deployed policy.
type grant struct {
	Sid              string
	Action, Resource []string
}

// grants lists the grants of the role of a duty, from the account.
func (w *world) grants(duty string) []grant {
	w.Helper()
	ctx := w.Context()
	attached, err := w.aws.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: ptr("prodgate-" + duty)})
	w.must(err)
	var all []grant
	for _, p := range attached.AttachedPolicies {
		policy, err := w.aws.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: p.PolicyArn})
		w.must(err)
		version, err := w.aws.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: p.PolicyArn, VersionId: policy.Policy.DefaultVersionId})
		w.must(err)
		var d struct {
			Statement []struct {
				Effect string
				grant
			}
		}
		w.must(json.Unmarshal([]byte(unescaped(w.T, version.PolicyVersion.Document)), &d))
		for _, s := range d.Statement {
			if s.Effect == "Allow" {
				all = append(all, s.grant)
			}
		}
	}
	if len(all) == 0 {
		w.Fatalf("the role for %s may do nothing", duty)
	}
	return all
}

func unescaped(t *testing.T, document *string) string {
	t.Helper()
	text, err := url.QueryUnescape(awssdk.ToString(document))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// usage is the IAM actions that runs used, and their resources.
type usage struct{ deployed, previewed map[string]map[string]bool }

func newUsage() usage {
	return usage{map[string]map[string]bool{}, map[string]map[string]bool{}}
}

// deploy records the calls of an update, a refresh or a destroy.
func (u usage) deploy(calls []asked) { note(u.deployed, calls) }

// preview records the calls of a preview with a refresh. Updates make them too, but with another
// role of the organization.
func (u usage) preview(calls []asked) {
	note(u.previewed, calls)
	note(u.deployed, slices.DeleteFunc(slices.Clone(calls), func(c asked) bool { return c.Operation == "AssumeRole" }))
}

func note(into map[string]map[string]bool, calls []asked) {
	for _, c := range calls {
		if c.Service == "organizations" {
			continue // asked by the role of the organization's account
		}
		for _, action := range c.actions() {
			if into[action] == nil {
				into[action] = map[string]bool{}
			}
			into[action][c.arn()] = true
		}
	}
}

// assertGrants compares usage and grants, both ways.
func (u usage) assertGrants(t *testing.T, deploy, preview []grant) {
	t.Helper()
	for role, c := range map[string]struct {
		used   map[string]map[string]bool
		grants []grant
	}{"deploy": {u.deployed, deploy}, "preview": {u.previewed, preview}} {
		allowed := map[string][]string{}
		for _, g := range c.grants {
			for _, action := range g.Action {
				allowed[action] = append(allowed[action], g.Resource...)
			}
		}
		for _, action := range keys(c.used) {
			for _, on := range keys(c.used[action]) {
				if !isForPeople(action, on) && !slices.ContainsFunc(allowed[action], func(pattern string) bool { return on == "" || matches(pattern, on) }) {
					t.Errorf("the role for %s may not %s on %q: pkg/deploypermissions lacks it", role, action, on)
				}
			}
		}
		for _, action := range keys(allowed) {
			if c.used[action] == nil && actionsWithoutCall[action] == "" {
				t.Errorf("the role for %s may %s, which nothing did", role, action)
			}
		}
	}
	for action := range actionsWithoutCall {
		if u.deployed[action] != nil {
			t.Errorf("%s is called: it needs no exception", action)
		}
	}
}

func matches(pattern, text string) bool {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^" + expression + "$").MatchString(text)
}

// isForPeople is whether a call changes the deployers or their boundaries, which is allowed only to the
// roles that settings name and denied to the deploying role.
func isForPeople(action, on string) bool {
	return strings.HasSuffix(action, "OpenIDConnectProvider") && action != "iam:GetOpenIDConnectProvider" ||
		strings.Contains(on, "/prodgate/boundary/") || strings.Contains(on, "/prodgate/deploy/") || strings.Contains(on, "/prodgate/preview/")
}

// actionsWithoutCall are allowed actions that appear in no call, with the reason.
var actionsWithoutCall = map[string]string{
	"iam:PassRole":                        "AWS asks for it when a role is handed to a service",
	"codeconnections:PassConnection":      "AWS asks for it when a connection is handed to CodePipeline",
	"codestar-connections:PassConnection": "the same, for a connection of the old name",
	"codestar-connections:GetConnection":  "only a gate that adoptProtection a connection",
	"cloudtrail:GetEventSelectors":        "only a gate that adoptProtection a trail",
	"cloudtrail:UpdateTrail":              "a trail that somebody changed by hand",
	"s3:BypassGovernanceRetention":        "a gate that was protected is emptied before the retention of its trail is over",
	"ecs:ListClusters":                    "a preview that refuses a cluster names those that exist",
	"ecs:ListServices":                    "a preview that refuses a service names those that exist",
	"iam:CreateServiceLinkedRole":         "GuardDuty asks for it with the first detector of an account",
	"kms:CreateGrant":                     "ECR asks for it in the caller's name, with a repository that has a key",
	"logs:AssociateKmsKey":                "a log group whose key somebody took away, which the emulator does not know to do",
	"kms:RetireGrant":                     "the same, when the repository goes",
}

// actionsOf are the actions whose names differ from their operations'. AWS: Service
// Authorization Reference, Actions defined by Amazon S3.
var actionsOf = map[string][]string{
	"sts:GetCallerIdentity":               {}, // needs no permission
	"s3:DeleteBucketEncryption":           {"s3:PutEncryptionConfiguration"},
	"s3:DeleteBucketLifecycle":            {"s3:PutLifecycleConfiguration"},
	"s3:DeleteBucketOwnershipControls":    {"s3:PutBucketOwnershipControls"},
	"s3:DeleteObjects":                    {"s3:DeleteObject", "s3:DeleteObjectVersion"},
	"s3:DeletePublicAccessBlock":          {"s3:PutBucketPublicAccessBlock"},
	"s3:GetBucketAccelerateConfiguration": {"s3:GetAccelerateConfiguration"},
	"s3:GetBucketCors":                    {"s3:GetBucketCORS"},
	"s3:GetBucketEncryption":              {"s3:GetEncryptionConfiguration"},
	"s3:GetBucketLifecycleConfiguration":  {"s3:GetLifecycleConfiguration"},
	"s3:GetBucketReplication":             {"s3:GetReplicationConfiguration"},
	"s3:GetObjectLockConfiguration":       {"s3:GetBucketObjectLockConfiguration"},
	"s3:GetPublicAccessBlock":             {"s3:GetBucketPublicAccessBlock"},
	"s3:HeadBucket":                       {"s3:ListBucket"},
	"s3:ListObjectVersions":               {"s3:ListBucketVersions"},
	"s3:PutBucketEncryption":              {"s3:PutEncryptionConfiguration"},
	"s3:PutBucketLifecycleConfiguration":  {"s3:PutLifecycleConfiguration"},
	"s3:PutObjectLockConfiguration":       {"s3:PutBucketObjectLockConfiguration"},
	"s3:PutPublicAccessBlock":             {"s3:PutBucketPublicAccessBlock"},
}

// actions lists the IAM actions of a call.
func (c asked) actions() []string {
	service := c.Service
	if service == "monitoring" { // what CloudWatch's requests are signed for
		service = "cloudwatch"
	}
	action := service + ":" + c.Operation
	if named, ok := actionsOf[action]; ok {
		return named
	}
	return []string{action}
}

// arn is the ARN of the resource if the call contains it; else empty.
func (c asked) arn() string {
	switch {
	case c.Service == "s3" && c.Operation == "DeleteObjects":
		return "arn:aws:s3:::" + c.Resource + "/key"
	case c.Service == "s3":
		return "arn:aws:s3:::" + c.Resource
	case strings.HasPrefix(c.Resource, "arn:"):
		return c.Resource
	}
	return ""
}
