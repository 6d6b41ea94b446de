package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codebuild"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/settings"
)

// runAsPack makes the test binary the pack itself, to be talked to over the wire.
const runAsPack = "PRODGATE_TEST_AS_PACK"

func TestMain(m *testing.M) {
	if os.Getenv(runAsPack) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// testStack is what the configuration of the tests says.
var testStack = stack{region: "eu-west-2", account: "111111111111", protection: settings.Create,
	organizationRoles: []string{"arn:aws:iam::999999999999:role/guardrails", "arn:aws:iam::999999999999:role/guardrails-preview"}}

// config is the configuration of the tests.
var config = map[string]string{
	regionKey:         testStack.region,
	accountKey:        testStack.account,
	"prodgate:source": `{"owner": "example-org", "repository": "web", "statusChecks": ["test"], "codeOwners": ["@example-org/platform"]}`,
	"prodgate:access": `{"deployerArns": ["arn:aws:iam::111111111111:role/deployer"], "breakGlassArn": "arn:aws:iam::111111111111:role/break-glass"}`,
	organizationKey:   `{"targetId": "ou-ab12-34567890", "roleArn": "arn:aws:iam::999999999999:role/guardrails"}`,
	"prodgate:apps":   `[{"name": "api", "cluster": "web", "executionRoleArn": "arn:aws:iam::111111111111:role/execution", "secrets": [{"name": "TOKEN"}]}]`,
}

// program is the gate with its providers, as the program of the stack makes it.
func program(ctx *pulumi.Context) error {
	s, err := component.ReadSettings(ctx)
	if err != nil {
		return err
	}
	workload, err := aws.NewProvider(ctx, "workload", &aws.ProviderArgs{
		Region: pulumi.String(s.Region), AllowedAccountIds: pulumi.ToStringArray([]string{s.Account}),
	})
	if err != nil {
		return err
	}
	repository, err := github.NewProvider(ctx, "repository", &github.ProviderArgs{Owner: pulumi.String(s.Source.Owner)})
	if err != nil {
		return err
	}
	if _, err := aws.NewProvider(ctx, "organization", &aws.ProviderArgs{
		Region: pulumi.String(s.Region), AllowedAccountIds: pulumi.ToStringArray([]string{"999999999999"}),
		AssumeRole: aws.ProviderAssumeRoleArgs{RoleArn: pulumi.String(s.Organization.RoleArn)},
	}); err != nil {
		return err
	}
	_, err = gate.New(ctx, "gate", &gate.Args{Settings: s, Account: gatetest.Having(s).For(s), Function: gatetest.Function}, pulumi.Providers(workload, repository))
	return err
}

// recordGate records what the gate declares.
func recordGate(t testing.TB) *gatetest.Recording {
	t.Helper()
	return recordGateWith(t, config)
}

func recordGateWith(t testing.TB, config map[string]string) *gatetest.Recording {
	t.Helper()
	return gatetest.World{Account: testStack.account, Region: testStack.region, Config: config, SecretConfig: []string{"prodgate:chatWebhook"}}.MustRun(t, program)
}

// gateResources are the resources of the gate as a policy sees them.
func gateResources(t testing.TB) []resource {
	t.Helper()
	return gateResourcesWith(t, config)
}

func gateResourcesWith(t testing.TB, config map[string]string) []resource {
	t.Helper()
	var all []resource
	for _, r := range recordGateWith(t, config).All() {
		all = append(all, resource{value{property.New(sdk.FromResourcePropertyMap(r.Inputs))}, r.Type, r.Name})
	}
	return all
}

// listViolations is what all policies find, each finding after its policy's name.
func listViolations(all ...resource) []string {
	var lines []string
	for _, p := range policies {
		for _, r := range all {
			for _, f := range p.checkResource(testStack, r) {
				lines = append(lines, p.name+": "+f.String())
			}
		}
	}
	return lines
}

// with is a resource with another value at a path such as triggers.0.gitConfiguration.
func (r resource) with(t testing.TB, path string, to property.Value) resource {
	t.Helper()
	var segments []property.PathSegment
	for step := range strings.SplitSeq(path, ".") {
		if index, err := strconv.Atoi(step); err == nil {
			segments = append(segments, property.NewSegment(index))
		} else {
			segments = append(segments, property.NewSegment(step))
		}
	}
	changed, err := property.PathFromSegments(segments...).Set(r.v, to)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	r.v = changed
	return r
}

// findResource is the resource of a type and a name.
func findResource(t testing.TB, all []resource, token, name string) resource {
	t.Helper()
	at := slices.IndexFunc(all, func(r resource) bool { return r.token == token && r.name == name })
	if at < 0 {
		t.Fatalf("there is no %s %s", token, name)
	}
	return all[at]
}

func TestPolicies_GateHasNoViolation(t *testing.T) {
	t.Parallel()
	all := gateResources(t)
	for _, line := range listViolations(all...) {
		t.Error(line)
	}
	for _, p := range policies {
		if !slices.ContainsFunc(all, func(r resource) bool { return slices.Contains(p.types, r.token) }) {
			t.Errorf("%s looked at nothing", p.name)
		}
		if p.checkStack == nil {
			continue
		}
		if missing := p.checkStack(testStack, all); len(missing) > 0 {
			t.Errorf("%s: %v", p.name, missing)
		}
	}
}

// codeCommitConfig is the configuration with a source of CodeCommit.
func codeCommitConfig() map[string]string {
	c := maps.Clone(config)
	c["prodgate:source"] = `{"provider": "codecommit", "repository": "web", "reviewerArns": ["arn:aws:iam::111111111111:role/reviewer"]}`
	return c
}

// TestPolicies_CodeCommitGateHasNoViolation changes what its branch is guarded by, too.
func TestPolicies_CodeCommitGateHasNoViolation(t *testing.T) {
	t.Parallel()
	all := gateResourcesWith(t, codeCommitConfig())
	s := testStack
	s.usesCodeCommit = true
	listAll := func(all []resource) (lines []string) {
		for _, p := range policies {
			for _, r := range all {
				for _, f := range p.checkResource(s, r) {
					lines = append(lines, p.name+": "+f.String())
				}
			}
			if p.checkStack != nil {
				for _, f := range p.checkStack(s, all) {
					lines = append(lines, p.name+": "+f.String())
				}
			}
		}
		return lines
	}
	for _, line := range listAll(all) {
		t.Error(line)
	}
	template, pipeline := [2]string{templateType, "gate-prod"}, [2]string{"aws:codepipeline/pipeline:Pipeline", "gate-api"}
	approvers := func(text string) property.Value {
		return property.New(`{"DestinationReferences": ["refs/heads/prod"], "Statements": [` + text + `]}`)
	}
	for name, c := range map[string]struct {
		of    [2]string
		path  string
		to    property.Value
		finds string
	}{
		"nobody approves":            {template, "content", approvers(`{"NumberOfApprovalsNeeded": 0, "ApprovalPoolMembers": ["arn"]}`), "it asks for 0 approvals; ask for 1 or more"},
		"anybody approves":           {template, "content", approvers(`{"NumberOfApprovalsNeeded": 1}`), "anybody may approve; name"},
		"everybody is an approver":   {template, "content", approvers(`{"NumberOfApprovalsNeeded": 1, "ApprovalPoolMembers": ["arn", "*"]}`), "anybody may approve; name"},
		"nothing is asked":           {template, "content", approvers(""), "it asks for no approval; give it a statement"},
		"a rule of another branch":   {template, "content", property.New(`{"DestinationReferences": ["refs/heads/main"]}`), "nobody has to approve a pull request to the branch prod; add"},
		"a rule that is no rule":     {template, "content", property.New("off"), "nobody has to approve"},
		"a rule that is not known":   {template, "content", property.New(property.Computed), ""},
		"a source that polls":        {pipeline, "stages.0.actions.0.configuration.PollForSourceChanges", property.New("true"), `PollForSourceChanges is "true"; set it to "false"`},
		"a source that polls, too":   {pipeline, "stages.0.actions.0.configuration.PollForSourceChanges", property.New(property.Null), "PollForSourceChanges is not set"},
		"a source of another branch": {pipeline, "stages.0.actions.0.configuration.BranchName", property.New("main"), `BranchName is "main"; set it to "prod"`},
		"a trigger beside":           {pipeline, "triggers", property.New([]property.Value{property.New(map[string]property.Value{"providerType": property.New("x")})}), "it has triggers beside a source of CodeCommit; leave"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := slices.IndexFunc(all, func(r resource) bool { return r.token == c.of[0] && r.name == c.of[1] })
			changed := slices.Clone(all)
			changed[at] = all[at].with(t, c.path, c.to)
			got := strings.Join(listAll(changed), "\n")
			if c.finds == "" && got != "" || !strings.Contains(got, c.finds) {
				t.Errorf("found %q", got)
			}
		})
	}
}

func TestPolicies_MissingBranchProtection(t *testing.T) {
	t.Parallel()
	without := slices.DeleteFunc(gateResources(t), func(r resource) bool { return r.token == protectionType })
	for name, c := range map[string]struct {
		all  []resource
		want int
	}{
		"an empty stack":                                   {nil, 1},
		"the gate without its protection":                  {without, 1},
		"a protection of another branch":                   {append(slices.Clone(without), protectPattern(property.New("main"))), 1},
		"a protection of prod":                             {append(slices.Clone(without), protectPattern(property.New("prod"))), 0},
		"a protection of a branch that is not known yet":   {append(slices.Clone(without), protectPattern(property.New(property.Computed))), 0},
		"a protection whose check anybody can pass":        {slices.DeleteFunc(gateResources(t), func(r resource) bool { return r.token == rulesetType }), 1},
		"a protection of a branch that is of another type": {append(slices.Clone(without), protectPattern(property.New(4.0))), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := protectedBranch.checkStack(testStack, c.all); len(got) != c.want {
				t.Errorf("found %v", got)
			}
		})
	}
}

func TestPolicies_BoundaryOfSameStack(t *testing.T) {
	t.Parallel()
	all := gateResources(t)
	name := func(r resource) bool { return r.token == policyToken && r.name == "gate-boundary-build" }
	at := slices.IndexFunc(all, name)
	changed := func(path string, to property.Value) []resource {
		other := slices.Clone(all)
		other[at] = other[at].with(t, path, to)
		return other
	}
	for name, c := range map[string]struct {
		all  []resource
		want int
	}{
		"the gate": {all, 0},
		"the gate without the boundary of builds": {slices.DeleteFunc(slices.Clone(all), name), 1},
		"a boundary of another name":              {changed("name", property.New("other")), 1},
		"a boundary of another path":              {changed("path", property.New("/boundary/")), 1},
		"a boundary whose name is not known yet":  {changed("name", property.New(property.Computed)), 0},
		"a boundary whose path is not known yet":  {changed("path", property.New(property.Computed)), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := boundedRole.checkStack(testStack, c.all); len(got) != c.want {
				t.Errorf("found %v", got)
			}
		})
	}
}

func TestPolicies_ChosenProtection(t *testing.T) {
	t.Parallel()
	for source, accepted := range map[string]bool{
		`{"protection": "off"}`: true, `{"protection": "adopt"}`: true, `{"protection": "create"}`: false,
		`{"provider": "codecommit", "protection": "off"}`: false, `{"provider": "codecommit"}`: false,
		`{"protection": "maybe"}`: false, `{}`: false, ``: false, `off`: false,
	} {
		s := testStack
		s.protection, s.usesCodeCommit = readProtection(source)
		if got := protectedBranch.checkStack(s, nil); (len(got) == 0) != accepted {
			t.Errorf("%s: found %v", source, got)
		}
	}
}

func protectPattern(pattern property.Value) resource {
	return resource{value{property.New(map[string]property.Value{"pattern": pattern})}, protectionType, "gate"}
}

// forEachPath calls with every path into a value, leaves and what holds them.
func forEachPath(v property.Value, path string, call func(path string)) {
	if path != "" {
		call(path)
	}
	step := func(key string) string { return strings.TrimPrefix(path+"."+key, ".") }
	switch {
	case v.IsMap():
		for key, element := range v.AsMap().All {
			forEachPath(element, step(key), call)
		}
	case v.IsArray():
		for i, element := range v.AsArray().All {
			forEachPath(element, step(strconv.Itoa(i)), call)
		}
	}
}

func TestPolicies_UnknownValues(t *testing.T) {
	t.Parallel()
	count := 0
	for _, r := range gateResources(t) {
		forEachPath(r.v, "", func(path string) {
			count++
			for _, line := range listViolations(r.with(t, path, property.New(property.Computed))) {
				t.Errorf("%s %s with %s unknown: %s", r.token, r.name, path, line)
			}
		})
	}
	if count < 100 {
		t.Errorf("tried only %d", count)
	}
}

func TestPolicies_ValuesOfOtherTypes(t *testing.T) {
	t.Parallel()
	others := []property.Value{
		{}, property.New(4.0), property.New(true), property.New("{"), property.New([]property.Value{}), property.New([]property.Value{{}}),
		property.New(map[string]property.Value{"x": property.New(property.Computed)}), property.New("x").WithSecret(true),
	}
	for _, r := range gateResources(t) {
		forEachPath(r.v, "", func(path string) {
			for _, other := range others {
				for _, line := range listViolations(r.with(t, path, other)) {
					if strings.Contains(line, "the policy itself failed") {
						t.Errorf("%s %s with %s %v: %s", r.token, r.name, path, other, line)
					}
				}
			}
		})
	}
}

func TestPolicies_PanicIsViolation(t *testing.T) {
	t.Parallel()
	got := recoverPanic(func() []finding { panic("no such key") })
	if want := "[the policy itself failed: no such key; correct it in policy/]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// TestPolicies_ResourceTypes makes one of each that the gate does not have: a
// policy of a mistyped token would look at nothing.
func TestPolicies_ResourceTypes(t *testing.T) {
	t.Parallel()
	text := pulumi.String("x")
	recording := gatetest.World{}.MustRun(t, func(ctx *pulumi.Context) error {
		_, e1 := iam.NewRolePolicy(ctx, "x", &iam.RolePolicyArgs{Role: text, Policy: text})
		_, e2 := iam.NewUserPolicy(ctx, "x", &iam.UserPolicyArgs{User: text, Policy: text})
		_, e3 := iam.NewGroupPolicy(ctx, "x", &iam.GroupPolicyArgs{Group: text, Policy: text})
		_, e4 := iam.NewUserPolicyAttachment(ctx, "x", &iam.UserPolicyAttachmentArgs{User: text, PolicyArn: text})
		_, e5 := iam.NewGroupPolicyAttachment(ctx, "x", &iam.GroupPolicyAttachmentArgs{Group: text, PolicyArn: text})
		_, e6 := iam.NewPolicyAttachment(ctx, "x", &iam.PolicyAttachmentArgs{PolicyArn: text})
		_, e7 := codebuild.NewWebhook(ctx, "x", &codebuild.WebhookArgs{ProjectName: text})
		_, e8 := secretsmanager.NewSecretVersion(ctx, "x", &secretsmanager.SecretVersionArgs{SecretId: text})
		for _, err := range []error{e1, e2, e3, e4, e5, e6, e7, e8} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	known := map[string]bool{}
	for _, r := range recording.All() {
		known[r.Type] = true
	}
	for _, r := range append(gateResources(t), gateResourcesWith(t, codeCommitConfig())...) {
		known[r.token] = true
	}
	for _, p := range policies {
		for _, token := range p.types {
			if !known[token] {
				t.Errorf("%s looks at %s, which nothing makes", p.name, token)
			}
		}
	}
}
