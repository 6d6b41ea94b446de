package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	ofProgram "prodgate/pkg/wildcards"
)

// fullConfigs are stacks that have everything a stack can have, one for each source of commits.
func fullConfigs() []map[string]string {
	full := maps.Clone(config)
	full["prodgate:access"] = `{"deployerArns": ["arn:aws:iam::111111111111:role/deployer"], "breakGlassArn": "arn:aws:iam::111111111111:role/break-glass",
		"approverArns": ["arn:aws:iam::111111111111:role/release-manager"]}`
	full["prodgate:workflows"] = `{"repository": "infrastructure", "previewEnvironment": "prod-preview", "upEnvironment": "prod", "reviewers": ["@example-org/platform"]}`
	full[organizationKey] = strings.TrimSuffix(config[organizationKey], "}") + `, "previewRoleArn": "arn:aws:iam::999999999999:role/guardrails-preview"}`
	full["prodgate:detection"] = `{"response": "contain", "securityHub": "create"}`
	full["prodgate:chatWebhook"] = "https://chat.example.com/services/T0/B0/x"
	full["prodgate:protect"] = "false"
	full["prodgate:apps"] = `[{"name": "api", "cluster": "web", "executionRoleArn": "arn:aws:iam::111111111111:role/execution",
		"secrets": [{"name": "TOKEN", "rotationLambdaArn": "arn:aws:lambda:eu-west-2:111111111111:function:rotate"}],
		"deployment": {"kind": "blue-green", "listenerArn": "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/0123456789abcdef",
			"targetGroups": ["blue", "green"], "containerPort": 4567, "alarms": ["5xx"]}}, {"name": "web", "cluster": "web",
		"executionRoleArn": "arn:aws:iam::111111111111:role/execution"}]`
	codeCommit := maps.Clone(full)
	codeCommit["prodgate:source"] = `{"provider": "codecommit", "owner": "example-org", "repository": "web", "reviewerArns": ["arn:aws:iam::111111111111:role/reviewer"]}`
	return []map[string]string{full, codeCommit}
}

// TestWildcards_List holds the pack's list against everything a stack can declare: no policy has a wildcard that is not on it,
// and no row of it is for a wildcard that no policy has.
func TestWildcards_List(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	row := func(w wildcard, action string) string { return fmt.Sprintf("%s: %s on %s", w.kind, action, w.resource) }
	for _, c := range fullConfigs() {
		for _, r := range gateResourcesWith(t, c) {
			if r.token != policyToken {
				continue
			}
			for _, f := range noIAMWildcard.checkResource(testStack, r) {
				t.Errorf("%s: %s", r.name, f)
			}
			var document struct{ Statement []statement }
			if err := json.Unmarshal([]byte(r.at("policy").text()), &document); err != nil {
				t.Fatalf("%s: %v", r.name, err)
			}
			for _, s := range document.Statement {
				for _, w := range wildcards {
					for _, action := range w.actions {
						if s.Effect != "Deny" && w.kind == documentKindOf(r) && slices.Contains(s.Action, action) && slices.ContainsFunc(s.Resource, w.matches) {
							used[row(w, action)] = true
						}
					}
				}
			}
		}
	}
	for _, w := range wildcards {
		if w.reason == "" {
			t.Errorf("%s: %v on %s has no reason", w.kind, w.actions, w.resource)
		}
		for _, action := range w.actions {
			if !used[row(w, action)] {
				t.Errorf("no policy has %s", row(w, action))
			}
			if !strings.ContainsAny(action, "*?") && !coversAllResources(w.resource) {
				t.Errorf("%s needs no row: it names an action and resources", row(w, action))
			}
		}
	}
}

// TestWildcards_DisagreeWithProgram adds wildcards to the table that the program's policies are checked against. The program's
// own table then accepts them; the pack refuses them.
func TestWildcards_DisagreeWithProgram(t *testing.T) { // not parallel: it changes the program's table
	table := ofProgram.Table
	t.Cleanup(func() { ofProgram.Table = table })
	policies := gateResources(t)
	for _, c := range []struct {
		kind             ofProgram.Kind
		of               [2]string
		action, resource string
	}{
		{ofProgram.Identity, permission, "ecr:PutImage", "*"},
		{ofProgram.Identity, permission, "s3:*", "arn:aws:s3:::prodgate-artifacts-111111111111-eu-west-2"},
		{ofProgram.Boundary, boundary, "iam:*", "*"},
		{ofProgram.Boundary, boundary, "iam:Put*", "arn:aws:iam::111111111111:role/prodgate/*"},
	} {
		added := ofProgram.Wildcard{Kind: c.kind, Actions: []string{c.action}, Pattern: c.resource, Why: "the program says so"}
		ofProgram.Table = append(slices.Clone(table), added)
		if !added.Covers(c.kind) || !added.Allows(c.action, c.resource) {
			t.Errorf("the program's table does not accept %s on %s", c.action, c.resource)
		}
		document := property.New(allow(fmt.Sprintf(`"Action": %q, "Resource": %q`, c.action, c.resource)))
		got := listViolations(findResource(t, policies, c.of[0], c.of[1]).with(t, "policy", document))
		if len(got) == 0 || !strings.Contains(got[0], c.action) {
			t.Errorf("the pack accepts %s on %s in a %s: %v", c.action, c.resource, c.kind, got)
		}
	}
}

// TestWildcards_Imports keeps the pack from asking the program: it depends on the settings and on nothing that makes policies.
func TestWildcards_Imports(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if !slices.Contains(packages, "prodgate/pkg/settings") {
		t.Errorf("go list names no package of this repository: %d packages", len(packages))
	}
	for _, p := range []string{"policydoc", "wildcards", "deploypermissions", "catalogue", "gate"} {
		if slices.Contains(packages, "prodgate/pkg/"+p) {
			t.Errorf("the pack depends on pkg/%s, which makes the program's policies", p)
		}
	}
}

func TestWildcards_IsUnavoidable(t *testing.T) {
	t.Parallel()
	const object = "arn:aws:s3:::prodgate-artifacts/api-prodgate/*"
	for name, c := range map[string]struct {
		kind             documentKind
		action, resource string
		want             bool
	}{
		"an action that takes no resource":              {identityPolicy, "ecr:GetAuthorizationToken", "*", true},
		"the same in another case":                      {identityPolicy, "ECR:getauthorizationtoken", "*", true},
		"an action that takes one":                      {identityPolicy, "ecr:PutImage", "*", false},
		"a key's * in a role's policy":                  {identityPolicy, "kms:Decrypt", "*", false},
		"a folder for another action":                   {identityPolicy, "s3:Delete*", object, false},
		"a boundary's reads in a boundary":              {boundaryPolicy, "s3:GetBucket*", "*", true},
		"a boundary's reads in a role":                  {identityPolicy, "s3:GetBucket*", "*", false},
		"every read of a service":                       {boundaryPolicy, "s3:Get*", "*", false},
		"a role's wildcard in its boundary":             {boundaryPolicy, "ecr:GetAuthorizationToken", "*", true},
		"another pattern of actions":                    {boundaryPolicy, "kms:Re*", "*", false},
		"a boundary's writes on the gate's buckets":     {boundaryPolicy, "s3:PutBucket*", "arn:aws:s3:::prodgate-*-111111111111-eu-west-2", true},
		"a boundary's writes on every bucket":           {boundaryPolicy, "s3:PutBucket*", "arn:aws:s3:::*", false},
		"a boundary's writes on everything":             {boundaryPolicy, "s3:PutBucket*", "*", false},
		"what goes on after the resource":               {boundaryPolicy, "codebuild:*Project", "arn:aws:codebuild:eu-west-2:111111111111:project/prodgate-*/x", false},
		"a listed action on another service's resource": {boundaryPolicy, "s3:PutBucket*", "arn:aws:ecr:eu-west-2:111111111111:repository/prodgate/*", true},
		"the same where a policy grants it":             {identityPolicy, "s3:PutBucket*", "arn:aws:ecr:eu-west-2:111111111111:repository/prodgate/*", false},
		"another action on another service's resource":  {boundaryPolicy, "s3:*", "arn:aws:ecr:eu-west-2:111111111111:repository/prodgate/*", false},
		"a listed action on a resource of any service":  {boundaryPolicy, "s3:PutBucket*", "arn:aws:*:::prodgate", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := isUnavoidable(c.kind, c.action, c.resource); got != c.want {
				t.Errorf("%s on %s: %t", c.action, c.resource, got)
			}
		})
	}
}
