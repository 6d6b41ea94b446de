package gate_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/gate"
	"prodgate/pkg/gate/gatetest"
	"prodgate/pkg/settings"
)

// The types that tests ask for.
const (
	keyType        = "aws:kms/key:Key"
	bucketType     = "aws:s3/bucketV2:BucketV2"
	policyOfBucket = "aws:s3/bucketPolicy:BucketPolicy"
	repositoryType = "aws:ecr/repository:Repository"
	connectionType = "aws:codeconnections/connection:Connection"
	protectionType = "github:index/branchProtection:BranchProtection"
	roleType       = "aws:iam/role:Role"
	policyType     = "aws:iam/policy:Policy"
	attachmentType = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	onlyThese      = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
	noInline       = "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive"
	functionType   = "aws:lambda/function:Function"
	projectType    = "aws:codebuild/project:Project"
	pipelineType   = "aws:codepipeline/pipeline:Pipeline"
	profileType    = "aws:signer/signingProfile:SigningProfile"
	parameterType  = "aws:ssm/parameter:Parameter"
	detectorType   = "aws:guardduty/detector:Detector"
	recorderType   = "aws:cfg/recorder:Recorder"
	statusType     = "aws:cfg/recorderStatus:RecorderStatus"
	channelType    = "aws:cfg/deliveryChannel:DeliveryChannel"
	ruleType       = "aws:cfg/rule:Rule"
	secretType     = "aws:secretsmanager/secret:Secret"
	trailType      = "aws:cloudtrail/trail:Trail"
	featureType    = "aws:guardduty/detectorFeature:DetectorFeature"
	analyzerType   = "aws:accessanalyzer/analyzer:Analyzer"
	hubType        = "aws:securityhub/account:Account"
	eventRuleType  = "aws:cloudwatch/eventRule:EventRule"
)

// decoded are the settings of a configuration, so that no test asks for a gate
// that no stack can have.
func decoded(t testing.TB, config map[string]any) *settings.Settings {
	t.Helper()
	written := map[string]string{}
	for key, value := range config {
		if key != "aws:region" {
			key = "prodgate:" + key
		}
		text, plain := value.(string)
		if !plain {
			encoded, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			text = string(encoded)
		}
		written[key] = text
	}
	s, err := settings.Decode("prodgate", written)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type object = map[string]any

// app is the configuration of an app.
func app(name string) object {
	return object{
		"name": name, "cluster": "web",
		"executionRoleArn": "arn:aws:iam::111111111111:role/execution",
		"taskRoleArn":      "arn:aws:iam::111111111111:role/task",
	}
}

// access names the roles that every gate needs.
var access = object{
	"deployerArns":  []string{"arn:aws:iam::111111111111:role/deployer"},
	"breakGlassArn": "arn:aws:iam::111111111111:role/break-glass",
}

// config is that of a gate for some apps, with nothing set that has a default.
func config(apps ...string) map[string]any {
	list := make([]any, len(apps))
	for i, name := range apps {
		list[i] = app(name)
	}
	return map[string]any{
		"aws:region": "eu-west-2", "account": "111111111111",
		"access": access,
		"source": object{"owner": "example-org", "repository": "web", "statusChecks": []string{"test"}, "codeOwners": []string{"@example-org/platform"}},
		"alerts": object{"emails": []string{"platform@example.com"}},
		"apps":   list,
	}
}

// approved is config with approvals.
// committed takes a configuration's sources from CodeCommit.
func committed(c map[string]any) map[string]any {
	source := object{"provider": "codecommit", "repository": "web", "reviews": 2, "reviewerArns": []string{"arn:aws:iam::111111111111:role/reviewer"}}
	if workflows, ok := c["workflows"].(object); ok {
		source["owner"] = "example-org"
		workflows["reviewers"] = []string{"@example-org/platform"}
	}
	c["source"] = source
	return c
}

func approved(apps ...string) map[string]any {
	c := config(apps...)
	c["access"] = object{
		"deployerArns": access["deployerArns"], "breakGlassArn": access["breakGlassArn"],
		"approverArns": []string{"arn:aws:iam::111111111111:role/release-manager"},
	}
	return c
}

// shifted lets CodeDeploy deploy the first app of a configuration, and ZAP attack it.
func shifted(c map[string]any) map[string]any {
	const listener = "arn:aws:elasticloadbalancing:eu-west-2:111111111111:listener/app/web/0123456789abcdef/"
	one := c["apps"].([]any)[0].(object)
	one["deployment"] = object{
		"kind": "blue-green", "listenerArn": listener + "0123456789abcdef", "testListenerArn": listener + "fedcba9876543210",
		"targetGroups": []string{"blue", "green"}, "containerPort": 4567, "alarms": []string{"5xx"},
	}
	one["health"] = object{"url": "https://api.example.com/api/health-check", "expect": object{"success": true, "ver": 1}}
	one["dast"] = object{"url": "https://api.example.com/"}
	return c
}

// telling has alerts go to a chat too.
func telling(c map[string]any) map[string]any {
	c["chatWebhook"] = webhook
	return c
}

const webhook = "https://chat.example.com/services/T0/B0/hunter2"

// longest is a configuration whose names are as long as settings allow, in a
// region with a long name.
func longest() map[string]any {
	name := func(n int) string { return strings.Repeat("n", n) }
	c := config()
	c["aws:region"], c["name"] = "ap-northeast-1", name(20)
	c["source"] = object{"owner": name(39), "repository": name(100), "statusChecks": []string{name(255)}, "reviews": 6, "codeOwners": []string{"@" + name(39) + "/" + name(39)}}
	// A trust takes 2,048 characters: settings keep approvers below that.
	c["access"] = object{
		"deployerArns": access["deployerArns"], "breakGlassArn": access["breakGlassArn"],
		"approverArns": []string{
			"arn:aws:iam::111111111111:role/" + name(510) + "/" + name(62), "arn:aws:iam::111111111111:role/" + name(510) + "/" + name(61),
			"arn:aws:iam::111111111111:role/" + name(445) + "/" + name(60),
		},
	}
	c["apps"] = []any{object{
		"name": name(30), "cluster": name(120), "service": name(120), "container": name(120),
		"folder": name(252), "dockerfile": name(255),
		// IAM: a path of 512 characters and a name of 64.
		"executionRoleArn": "arn:aws:iam::111111111111:role/" + name(510) + "/" + name(64),
		"taskRoleArn":      "arn:aws:iam::111111111111:role/" + name(510) + "/" + name(63),
		"secrets":          longestSecrets(10),
	}}
	return c
}

// program is a gate with its two providers, as main makes them, on an account that has
// what settings adopt.
func program(s *settings.Settings) pulumi.RunFunc { return programOn(s, gatetest.Having(s)) }

// newProviders makes the two providers of a gate.
func newProviders(ctx *pulumi.Context, s *settings.Settings) (pulumi.ResourceOption, error) {
	workload, err := aws.NewProvider(ctx, "workload", &aws.ProviderArgs{Region: pulumi.String(s.Region)})
	if err != nil {
		return nil, err
	}
	repository, err := github.NewProvider(ctx, "repository", &github.ProviderArgs{Owner: pulumi.String(s.Source.Owner)})
	if err != nil {
		return nil, err
	}
	return pulumi.Providers(workload, repository), nil
}

// programOn is program on an account that has something else already.
func programOn(s *settings.Settings, has gatetest.Account) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		providers, err := newProviders(ctx, s)
		if err != nil {
			return err
		}
		g, err := gate.New(ctx, "gate", &gate.Args{Settings: s, Account: has.For(s), Function: gatetest.Function}, providers)
		if err != nil {
			return err
		}
		g.Outputs.Export(ctx)
		return nil
	}
}

// world is where a gate with these settings is brought up.
func world(s *settings.Settings) gatetest.World {
	w := gatetest.World{
		Account: s.Account, Region: s.Region, Partition: s.Partition(), SecretKeys: map[string]string{}, Roles: catalogue.TrustedRoles.Resources(s),
	}
	for _, app := range s.Apps {
		for _, secret := range app.Secrets {
			w.SecretKeys[secret.Arn] = secret.KeyArn
		}
	}
	return w
}

// builtGates are the gates of built, by configuration: many tests read the same ones.
var builtGates gatetest.Runs

// built is the gate of a configuration. Tests share it, and none changes it.
func built(t testing.TB, config map[string]any) *gatetest.Recording {
	t.Helper()
	s := decoded(t, config)
	w := world(s)
	encoded, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	w.Config = map[string]string{"test": string(encoded)} // the program takes its settings from s
	return builtGates.MustRun(t, w, program(s))
}

func TestGate_ProtectHistoryOnly(t *testing.T) {
	t.Parallel()
	history := []string{keyType, bucketType, repositoryType, connectionType, protectionType, rulesetType, fileType, secretType, profileType}
	for name, c := range map[string]struct{ protect bool }{
		"settings ask for protection":        {true},
		"settings do not ask for protection": {false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := withSecrets(config("api", "web"))
			config["protect"] = c.protect
			r := built(t, config)
			for _, token := range history {
				r.Of(t, token) // there is one
			}
			for _, made := range r.All() {
				want := c.protect && slices.Contains(history, made.Type)
				if made.Protect != want {
					t.Errorf("%s: protect is %t", made, made.Protect)
				}
				if made.RetainOnDelete {
					t.Errorf("%s is left behind when the gate is destroyed", made)
				}
			}
			forced := map[string]string{bucketType: "forceDestroy", repositoryType: "forceDelete"}
			for token, input := range forced {
				for _, made := range r.Of(t, token) {
					if got := made.Input(input); !got.IsBool() || got.BoolValue() == c.protect {
						t.Errorf("%s: %s is %v", made, input, got)
					}
				}
			}
		})
	}
}

func TestGate_Order(t *testing.T) {
	t.Parallel()
	r := built(t, config("api"))
	for name, c := range map[string]struct{ token, name, afterToken, afterName string }{
		"a pipeline starts with a role that may":                {pipelineType, "gate-api", attachmentType, "gate-api-pipeline"},
		"a pipeline starts with a store that is closed":         {pipelineType, "gate-api", policyOfBucket, "gate-artifacts"},
		"a role is made below a boundary that is there":         {roleType, "gate-api-build", policyType, "gate-boundary-build"},
		"only what is attached is attached":                     {onlyThese, "gate-api-build", attachmentType, "gate-api-build"},
		"a build starts with a role that may":                   {projectType, "gate-api-build", attachmentType, "gate-api-build"},
		"a bucket's policy waits for its public access block":   {policyOfBucket, "gate-artifacts", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "gate-artifacts"},
		"the recorder starts with a role that may deliver":      {recorderType, "gate-recorder", attachmentType, "gate-recorder"},
		"the recorder starts with a role that may read":         {recorderType, "gate-recorder", attachmentType, "gate-recorder-reads"},
		"the delivery channel waits for the recorder":           {channelType, "gate-recorder", recorderType, "gate-recorder"},
		"the delivery channel waits for its bucket's policy":    {channelType, "gate-recorder", policyOfBucket, "gate-config"},
		"the recorder is switched on when it can deliver":       {statusType, "gate-recorder", channelType, "gate-recorder"},
		"an alert is sent to a topic that lets it":              {"aws:cloudwatch/eventTarget:EventTarget", "gate-failed-runs", "aws:sns/topicPolicy:TopicPolicy", "gate-alerts"},
		"what a pipeline has to be is kept before it starts":    {pipelineType, "gate-api", parameterType, "gate-api"},
		"the check runs with a role that may":                   {functionType, "gate-verifier", attachmentType, "gate-verifier"},
		"a pipeline invokes a check that is there":              {pipelineType, "gate-api", functionType, "gate-verifier"},
		"the clock invokes a check that lets it":                {"aws:cloudwatch/eventTarget:EventTarget", "gate-check", "aws:lambda/permission:Permission", "gate-check"},
		"the log group is there before CodeBuild would make it": {projectType, "gate-api-build", "aws:cloudwatch/logGroup:LogGroup", "gate-api-build"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			waits, first := r.One(t, c.token, c.name), r.One(t, c.afterToken, c.afterName)
			if !slices.Contains(waits.DependsOn, first.URN) {
				t.Errorf("%s does not wait for %s", waits, first)
			}
		})
	}
	started := r.One(t, statusType, "gate-recorder")
	for _, rule := range r.Of(t, ruleType) {
		if !slices.Contains(rule.DependsOn, started.URN) {
			t.Errorf("%s does not wait for the recorder, without which it is refused", rule)
		}
	}
}

func TestGate_IgnoreNoChanges(t *testing.T) {
	t.Parallel()
	for _, made := range built(t, config("api")).All() {
		if made.Type == fileType && made.Text("branch") == "prod" {
			continue // nobody can push to it; a merge of main changes it
		}
		if len(made.IgnoreChanges) > 0 { // right one day, with a reason and an entry here
			t.Errorf("%s ignores changes of %v", made, made.IgnoreChanges)
		}
	}
}

func TestGate_PreviewShowsEveryResource(t *testing.T) {
	t.Parallel()
	s := decoded(t, withSecrets(config("api")))
	w := world(s)
	up := w.MustRun(t, program(s))
	w.Preview = true
	preview := w.MustRun(t, program(s))
	names := func(r *gatetest.Recording) string {
		var lines []string
		for _, made := range r.All() {
			lines = append(lines, made.String())
		}
		return strings.Join(lines, "\n")
	}
	if names(up) != names(preview) {
		t.Errorf("up makes\n%s\npreview shows\n%s", names(up), names(preview))
	}
	// A reviewer has to see who may assume a role before it is made.
	for _, role := range preview.Of(t, roleType) {
		if role.Text("assumeRolePolicy") == "" {
			t.Errorf("%s: the trust is unknown in a preview", role)
		}
	}
}

func TestGate_AnyPartition(t *testing.T) {
	t.Parallel()
	for region, partition := range map[string]string{"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"} {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			c := withSecrets(approved("api"), object{"name": "TOKEN"})
			c["aws:region"] = region
			text, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			c = nil
			if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), "arn:aws:", "arn:"+partition+":")), &c); err != nil {
				t.Fatal(err)
			}
			r := built(t, c)
			for _, made := range r.All() {
				if text := fmt.Sprint(made.Inputs); strings.Contains(text, "arn:aws:") {
					t.Errorf("%s names the partition aws: %s", made, text)
				}
			}
			handshake, _ := r.Outputs["connectionHandshake"].Value.(string)
			console := map[string]string{"aws-cn": "console.amazonaws.cn/", "aws-us-gov": "console.amazonaws-us-gov.com/"}[partition]
			if !strings.Contains(handshake, "https://"+console) {
				t.Errorf("the handshake is not at the console of %s: %s", partition, handshake)
			}
		})
	}
}
