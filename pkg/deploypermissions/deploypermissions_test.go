package deploypermissions_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/deploypermissions"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

func stack() *settings.Settings {
	s := &settings.Settings{Account: "111111111111", Region: "eu-west-2", Name: "prodgate"}
	s.Access.DeployerArns, s.Access.BreakGlassArn = []string{"arn:aws:iam::111111111111:role/deployer"}, "arn:aws:iam::111111111111:role/break-glass"
	return s
}

func TestDeployPermissions_ActionsAreNamed(t *testing.T) {
	t.Parallel()
	sids := map[string]bool{}
	for _, s := range deploypermissions.Deploy(stack()) {
		if sids[s.Sid] {
			t.Errorf("two statements are called %s", s.Sid)
		}
		sids[s.Sid] = true
		if !slices.IsSorted(s.Actions) && !strings.HasPrefix(s.Sid, "Write") || len(s.Resources) == 0 { // Write is Write and Delete
			t.Errorf("%s: %v on %v", s.Sid, s.Actions, s.Resources)
		}
		for _, action := range s.Actions {
			if !regexp.MustCompile(`^[a-z0-9-]+:[A-Z][A-Za-z]+$`).MatchString(action) {
				t.Errorf("%s: %s is no action", s.Sid, action)
			}
		}
	}
}

// TestDeployPermissions_ActionsOnAllResources but what takes no resource, of which nothing
// changes what is there but the delivery channel, of which an account has one.
func TestDeployPermissions_ActionsOnAllResources(t *testing.T) {
	t.Parallel()
	var got []string
	for _, s := range deploypermissions.Deploy(stack()) {
		if slices.Contains(s.Resources, "*") {
			got = append(got, s.Actions...)
		}
	}
	want := []string{
		"access-analyzer:ListAnalyzers", "cloudtrail:DescribeTrails", "codeconnections:CreateConnection", "config:DeleteDeliveryChannel",
		"config:DescribeConfigRules", "config:DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorders",
		"config:DescribeDeliveryChannels", "config:PutDeliveryChannel",
		"ecs:DescribeTaskDefinition", "ecs:ListClusters", "ecs:ListServices", "guardduty:CreateDetector", "guardduty:ListDetectors", "kms:CreateKey", "kms:ListAliases",
		"logs:DescribeLogGroups", "signer:PutSigningProfile", "ssm:DescribeParameters", "states:ValidateStateMachineDefinition",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("on everything are allowed %v, want %v", got, want)
	}
}

// TestDeployPermissions_TagConditions: a pattern that matches what is not the
// gate's is read only, made with the tag, or found with it.
func TestDeployPermissions_TagConditions(t *testing.T) {
	t.Parallel()
	s := stack()
	p := naming.New(s)
	foreign := append(p.Connections("connection/*"), p.AllKeys(), p.Detectors(), p.ConfigRules())
	// What these do to another's: see the table.
	known := []string{
		"kms:CreateAlias", "kms:CreateGrant", "kms:DeleteAlias", "kms:EnableKeyRotation", "kms:RetireGrant", "kms:UpdateAlias",
		"codeconnections:PassConnection", "codestar-connections:PassConnection",
	}
	looked := 0
	for _, one := range deploypermissions.Deploy(s) {
		tagged := slices.ContainsFunc(one.Conditions, func(c deploypermissions.Condition) bool {
			return strings.HasSuffix(c.Key, "Tag/"+naming.GateTag) && c.Operator == "StringEquals" && slices.Equal(c.Values, []string{"prodgate"})
		})
		if !strings.HasPrefix(one.Sid, "Write") || tagged || !slices.ContainsFunc(one.Resources, func(on string) bool { return slices.Contains(foreign, on) }) {
			continue
		}
		looked++
		for _, action := range one.Actions {
			if !slices.Contains(known, action) {
				t.Errorf("%s allows %s on what is not the gate's", one.Sid, action)
			}
		}
	}
	if looked == 0 {
		t.Error("there is nothing to look at")
	}
}

// TestDeployPermissions_ReadsWhatSettingsName: the roles of tasks by name, unless they are too many
// for one document; load balancers and folders of CodeCommit only where a stack names them.
func TestDeployPermissions_ReadsWhatSettingsName(t *testing.T) {
	t.Parallel()
	role := func(i int) string { return fmt.Sprintf("arn:aws:iam::111111111111:role/execution-%d", i) }
	few, many, other := stack(), stack(), stack()
	few.Apps = []settings.App{{ExecutionRoleArn: role(1), TaskRoleArn: role(2)}, {ExecutionRoleArn: role(1)}}
	for i := range 21 {
		many.Apps = append(many.Apps, settings.App{ExecutionRoleArn: role(i)})
	}
	other.Source.Provider = settings.CodeCommit
	other.Apps = []settings.App{{Deployment: settings.Deployment{Kind: settings.BlueGreen}}}
	for name, c := range map[string]struct {
		s      *settings.Settings
		action string
		want   []string
	}{
		"the roles of few apps":   {few, "iam:GetRole", []string{role(1), role(2)}},
		"the roles of many apps":  {many, "iam:GetRole", []string{"arn:aws:iam::111111111111:role/*"}},
		"services":                {few, "ecs:DescribeServices", []string{"arn:aws:ecs:eu-west-2:111111111111:cluster/*", "arn:aws:ecs:eu-west-2:111111111111:service/*/*"}},
		"task definitions":        {few, "ecs:DescribeTaskDefinition", []string{"*"}},
		"no load balancer":        {few, "elasticloadbalancing:DescribeTargetGroups", nil},
		"load balancers":          {other, "elasticloadbalancing:DescribeTargetGroups", []string{"*"}},
		"no folder":               {few, "codecommit:GetFolder", nil},
		"folders of repositories": {other, "codecommit:GetFolder", []string{"arn:aws:codecommit:eu-west-2:111111111111:*"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := allowedOn(deploypermissions.Preview(c.s), c.action)
			for _, on := range c.want {
				if !slices.Contains(got, on) {
					t.Errorf("%s is not allowed on %s but on %v", c.action, on, got)
				}
			}
			if len(c.want) == 0 && len(got) > 0 {
				t.Errorf("%s is allowed on %v", c.action, got)
			}
			if len(allowedOn(deploypermissions.Boundary(deploypermissions.Preview(c.s)), c.action)) == 0 && len(c.want) > 0 {
				t.Errorf("the boundary cuts %s", c.action)
			}
		})
	}
}

// TestDeployPermissions_BoundaryIsNarrow: what shortens one lets nothing through that delivers,
// unbinds, tells a secret, or takes history away that is protected.
func TestDeployPermissions_BoundaryIsNarrow(t *testing.T) {
	t.Parallel()
	s := stack()
	s.ChatWebhook, s.Protect = "https://chat.example.com/x", true
	s.Apps = []settings.App{{Name: "api", Deployment: settings.Deployment{Kind: settings.BlueGreen}}}
	chat := naming.New(s).ChatSecret()
	bounds := map[string][]deploypermissions.Statement{"deploy": deploypermissions.Boundary(deploypermissions.Deploy(s)), "preview": deploypermissions.Boundary(deploypermissions.Preview(s))}
	for action, on := range map[string][]string{
		"ecr:PutImage": nil, "s3:PutObject": nil, "codepipeline:StartPipelineExecution": nil, "codebuild:StartBuild": nil, "codedeploy:CreateDeployment": nil,
		"iam:PutRolePolicy": nil, "iam:DeleteRolePermissionsBoundary": nil, "signer:SignPayload": nil, "kms:Decrypt": nil,
		"s3:DeleteBucket": nil, "s3:DeleteObject": nil, "ecr:DeleteRepository": nil, "kms:ScheduleKeyDeletion": nil, "codeconnections:DeleteConnection": nil,
		"secretsmanager:GetSecretValue": {chat}, "secretsmanager:PutSecretValue": {chat},
	} {
		if got := allowedOn(bounds["deploy"], action); !slices.Equal(got, on) {
			t.Errorf("the boundary of updates lets %s through on %v, want %v", action, got, on)
		}
		if got := allowedOn(bounds["preview"], action); len(got) > 0 {
			t.Errorf("the boundary of previews lets %s through on %v", action, got)
		}
	}
	for _, action := range []string{"codebuild:UpdateProject", "codedeploy:UpdateDeploymentGroup", "codepipeline:UpdatePipeline", "iam:CreateRole", "s3:PutBucketPolicy", "kms:CreateGrant"} {
		if len(allowedOn(bounds["deploy"], action)) == 0 {
			t.Errorf("the boundary of updates cuts %s", action)
		}
		if got := allowedOn(bounds["preview"], action); len(got) > 0 {
			t.Errorf("the boundary of previews lets %s through on %v", action, got)
		}
	}
}

// allowedOn is what statements allow an action on.
func allowedOn(all []deploypermissions.Statement, action string) []string {
	var on []string
	for _, s := range all {
		matches := func(pattern string) bool { ok, err := path.Match(pattern, action); return ok && err == nil }
		if !s.Deny && slices.ContainsFunc(s.Actions, matches) {
			on = append(on, s.Resources...)
		}
	}
	return on
}

func TestDeployPermissions_PatternReasons(t *testing.T) {
	t.Parallel()
	patterns := deploypermissions.Patterns()
	if len(patterns) < 20 {
		t.Fatalf("%d patterns only", len(patterns))
	}
	for _, p := range patterns {
		if p.Why == "" || len(p.Actions) == 0 || !strings.Contains(p.On+strings.Join(p.Actions, " "), "*") || strings.Contains(p.On, "111111111111") {
			t.Errorf("%+v", p)
		}
	}
}
