package gate_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/gate/gatetest"
)

const policyOfRepository = "aws:ecr/repositoryPolicy:RepositoryPolicy"

// document is an IAM policy document as AWS reads it.
type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid, Effect string
	Principal   map[string][]string
	Action      []string
	Resource    []string
	Condition   map[string]map[string][]string
}

// documents is where every document of the gate stands, and how long AWS lets it
// be. IAM counts characters without white space, and there is none.
var documents = map[string]struct {
	input string
	limit int
}{
	roleType:                          {"assumeRolePolicy", 2048}, // IAM quotas, the default
	policyType:                        {"policy", 6144},           // IAM quotas
	keyType:                           {"policy", 32 << 10},       // KMS quotas
	policyOfBucket:                    {"policy", 20 << 10},       // S3, bucket policies
	"aws:sns/topicPolicy:TopicPolicy": {"policy", 30 << 10},       // SNS API, AddPermission
	"aws:sqs/queuePolicy:QueuePolicy": {"policy", 8 << 10},        // SQS quotas
	policyOfRepository:                {"policy", 10 << 10},       // ECR quotas
	secretPolicyType:                  {"policy", 20 << 10},       // Secrets Manager quotas
}

// parsed is a document of the gate.
func parsed(t testing.TB, of *gatetest.Resource) document {
	t.Helper()
	var d document
	decoder := json.NewDecoder(strings.NewReader(of.Text(documents[of.Type].input)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		t.Fatalf("%s: %v", of, err)
	}
	return d
}

// isBoundary is whether a policy is made to be a boundary.
func isBoundary(policy *gatetest.Resource) bool {
	return strings.HasSuffix(policy.Text("path"), "/boundary/")
}

// eachDocument looks at every document of a gate.
func eachDocument(t *testing.T, r *gatetest.Recording, look func(*gatetest.Resource, document)) {
	t.Helper()
	for token := range documents {
		for _, made := range r.Of(t, token) {
			look(made, parsed(t, made))
		}
	}
}

func TestDocuments_AreListed(t *testing.T) {
	t.Parallel()
	for _, made := range built(t, withSecrets(config("api"))).All() {
		for input, value := range made.Inputs {
			if value.IsString() && strings.Contains(value.StringValue(), `"Statement"`) && documents[made.Type].input != string(input) {
				t.Errorf("%s: %s is a policy document that no test looks at", made, input)
			}
		}
	}
}

func TestDocuments_AreWellFormed(t *testing.T) {
	t.Parallel()
	eachDocument(t, built(t, withSecrets(approved("api", "web"))), func(of *gatetest.Resource, d document) {
		if d.Version != "2012-10-17" || len(d.Statement) == 0 {
			t.Errorf("%s: version %q with %d statements", of, d.Version, len(d.Statement))
		}
		sids := map[string]bool{}
		for _, s := range d.Statement {
			if !regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`).MatchString(s.Sid) || sids[s.Sid] {
				t.Errorf("%s: %q is no Sid, or one used twice", of, s.Sid)
			}
			sids[s.Sid] = true
			if s.Effect != "Allow" && s.Effect != "Deny" {
				t.Errorf("%s: %s has the effect %q", of, s.Sid, s.Effect)
			}
			texts := slices.Concat(s.Action, s.Resource)
			for _, names := range s.Principal {
				texts = append(texts, names...)
			}
			for _, keys := range s.Condition {
				for _, values := range keys {
					texts = append(texts, values...)
				}
			}
			// An output that the mocks lack comes out empty too: see gatetest.
			if len(s.Action) == 0 || slices.Contains(texts, "") {
				t.Errorf("%s: %s has an empty part: %+v", of, s.Sid, s)
			}
			for operator := range s.Condition {
				if s.Effect == "Allow" && strings.HasPrefix(operator, "ForAllValues:") {
					t.Errorf("%s: %s allows where the key is absent", of, s.Sid)
				}
			}
		}
	})
}

// documentsFit asserts that every document of a gate is as long as AWS takes it.
func documentsFit(t *testing.T, r *gatetest.Recording) {
	t.Helper()
	eachDocument(t, r, func(of *gatetest.Resource, _ document) {
		limit := documents[of.Type]
		if n := len(of.Text(limit.input)); n > limit.limit {
			t.Errorf("%s: %s has %d characters, AWS takes %d", of, limit.input, n, limit.limit)
		}
	})
}

func TestDocuments_FitLongestNames(t *testing.T) {
	t.Parallel()
	documentsFit(t, built(t, longest()))
}

func TestIdentity_TrustOneServiceForOneSource(t *testing.T) {
	t.Parallel()
	r := built(t, config("api", "web"))
	// Whoever has the role is the source: ARNs as AWS makes them, not as the plan does.
	source := map[string][]*gatetest.Resource{}
	for _, p := range r.Of(t, pipelineType) {
		source[p.Text("roleArn")] = append(source[p.Text("roleArn")], p)
	}
	for _, p := range r.Of(t, projectType) {
		source[p.Text("serviceRole")] = append(source[p.Text("serviceRole")], p)
	}
	service := map[string]string{pipelineType: "codepipeline.amazonaws.com", projectType: "codebuild.amazonaws.com"}

	for _, role := range r.Of(t, roleType) {
		d := parsed(t, role)
		if role.Name == "gate-dispatcher" { // of any rule of the gate
			const rules = ":111111111111:rule/prodgate-*"
			if got := fmt.Sprint(d.Statement[0].Principal, d.Statement[0].Condition); got != fmt.Sprint(map[string][]string{"Service": {"events.amazonaws.com"}},
				map[string]map[string][]string{"ArnLike": {"aws:SourceArn": {"arn:aws:events:eu-west-2" + rules, "arn:aws:events:us-east-1" + rules}},
					"StringEquals": {"aws:SourceAccount": {"111111111111"}}}) {
				t.Errorf("%s trusts %s", role, got)
			}
			continue
		}
		if len(d.Statement) != 1 || !slices.Equal(d.Statement[0].Action, []string{"sts:AssumeRole"}) || d.Statement[0].Effect != "Allow" {
			t.Fatalf("%s: %+v", role, d)
		}
		want := statement{
			Principal: map[string][]string{"Service": {"config.amazonaws.com"}},
			// AWS Config does not say for which recorder it takes on a role.
			Condition: map[string]map[string][]string{"StringEquals": {"aws:SourceAccount": {"111111111111"}}},
		}
		switch role.Name {
		case "gate-recorder":
		case "gate-verifier": // Lambda does not say for which function either
			want.Principal["Service"] = []string{"lambda.amazonaws.com"}
		case "gate-remediator": // by the runs of runbooks, each with an id of its own
			want.Principal["Service"] = []string{"ssm.amazonaws.com"}
			want.Condition["ArnLike"] = map[string][]string{"aws:SourceArn": {"arn:aws:ssm:eu-west-2:111111111111:automation-execution/*"}}
		default:
			by := source[role.Output("arn")]
			if by == nil {
				t.Errorf("nothing uses %s", role)
				continue
			}
			var arns []string
			for _, one := range by {
				arns = append(arns, one.Output("arn"))
			}
			want.Principal["Service"] = []string{service[by[0].Type]}
			want.Condition["ArnEquals"] = map[string][]string{"aws:SourceArn": arns}
		}
		if role.Name == "gate-inspect" { // nothing is attacked here; the role is the same
			arns := want.Condition["ArnEquals"]["aws:SourceArn"]
			want.Condition["ArnEquals"]["aws:SourceArn"] = append(arns, "arn:aws:codebuild:eu-west-2:111111111111:project/prodgate-dast")
		}
		for _, condition := range d.Statement[0].Condition {
			slices.Sort(condition["aws:SourceArn"])
		}
		slices.Sort(want.Condition["ArnEquals"]["aws:SourceArn"])
		got := statement{Principal: d.Statement[0].Principal, Condition: d.Statement[0].Condition}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s trusts\n%v, want\n%v", role, got, want)
		}
	}
}

func TestIdentity_OnePolicyPerRole(t *testing.T) {
	t.Parallel()
	r := built(t, config("api", "web"))
	attached := map[string][]string{}
	for _, a := range r.Of(t, attachmentType) {
		attached[a.Text("role")] = append(attached[a.Text("role")], a.Text("policyArn"))
	}
	users := map[string]int{}
	for _, role := range r.Of(t, roleType) {
		own := 0
		for _, arn := range attached[role.Text("name")] {
			if strings.HasPrefix(arn, "arn:aws:iam::111111111111:") {
				own++
				users[arn]++
			} else if role.Name != "gate-recorder" {
				t.Errorf("%s has a policy of AWS's, %s", role, arn)
			}
		}
		if own != 1 {
			t.Errorf("%s has the policies %v", role, attached[role.Text("name")])
		}
		for _, inline := range []string{"inlinePolicies", "managedPolicyArns"} {
			if !role.Input(inline).IsNull() {
				t.Errorf("%s has %s, which AWS Config does not look into", role, inline)
			}
		}
	}
	for _, policy := range r.Of(t, policyType) {
		if want := map[bool]int{true: 0, false: 1}[isBoundary(policy)]; users[policy.Output("arn")] != want {
			t.Errorf("%s is attached to %d roles", policy, users[policy.Output("arn")])
		}
	}
}

// excepted are those whom a document's statement does not refuse its calls.
func excepted(t *testing.T, of *gatetest.Resource, sid string) []string {
	t.Helper()
	for _, s := range parsed(t, of).Statement {
		if s.Sid == sid && s.Effect == "Deny" {
			return s.Condition["ArnNotLike"]["aws:PrincipalArn"]
		}
	}
	t.Fatalf("%s has no %s", of, sid)
	return nil
}

func TestDocuments_PatternsMatchRoles(t *testing.T) {
	t.Parallel()
	r := built(t, config("api", "web"))
	const deployer, breakGlass, execution = "arn:aws:iam::111111111111:role/deployer",
		"arn:aws:iam::111111111111:role/break-glass", "arn:aws:iam::111111111111:role/execution"
	matches := func(patterns []string, arn string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			prefix, all := strings.CutSuffix(pattern, "*")
			return pattern == arn || all && strings.HasPrefix(arn, prefix)
		})
	}
	role := func(name string) string { return r.One(t, roleType, name).Output("arn") }
	everybody := []string{deployer, breakGlass, execution, "arn:aws:iam::111111111111:role/admin"}
	for _, made := range r.Of(t, roleType) {
		everybody = append(everybody, made.Output("arn"))
	}
	for name, c := range map[string]struct {
		of   *gatetest.Resource
		sid  string
		want []string
	}{
		"writes artifacts": {r.One(t, policyOfBucket, "gate-artifacts"), "OnlyPipelineBuildScanInspectPrepareOnArtifactObjects", []string{
			role("gate-api-build"), role("gate-web-build"), role("gate-api-pipeline"), role("gate-web-pipeline"), role("gate-api-scan"), role("gate-web-scan"),
			role("gate-inspect"), role("gate-prepare")}},
		"deletes artifacts":  {r.One(t, policyOfBucket, "gate-artifacts"), "OnlyDeployersOnArtifactObjects", nil},
		"changes the bucket": {r.One(t, policyOfBucket, "gate-artifacts"), "OnlyDeployersOnBuckets", nil},
		"writes records":     {r.One(t, policyOfBucket, "gate-config"), "OnlyRecorderOnRecordObjects", []string{role("gate-recorder")}},
		"deletes records":    {r.One(t, policyOfBucket, "gate-config"), "OnlyDeployersOnRecordObjects", nil},
		"reads artifacts": {r.One(t, keyType, "gate-artifacts"), "OnlyPipelineBuildScanInspectSignPrepareOnArtifactKey", []string{
			role("gate-api-build"), role("gate-web-build"), role("gate-api-pipeline"), role("gate-web-pipeline"), role("gate-api-scan"), role("gate-web-scan"),
			role("gate-inspect"), role("gate-sign"), role("gate-prepare")}},
		"changes a key":     {r.One(t, keyType, "gate-images"), "OnlyDeployersOnKeys", nil},
		"publishes alerts":  {r.One(t, "aws:sns/topicPolicy:TopicPolicy", "gate-alerts"), "OnlyDeployersOnTopic", nil},
		"pushes the api":    {r.One(t, policyOfRepository, "gate-api"), "OnlyBuildSignOnRepositories", []string{role("gate-api-build"), role("gate-sign")}},
		"pulls the api":     {r.One(t, policyOfRepository, "gate-api"), "OnlyBuildInspectSignPrepareExecutionServiceLinkedOnRepositories", []string{role("gate-api-build"), role("gate-inspect"), role("gate-sign"), role("gate-prepare"), execution}},
		"changes the api's": {r.One(t, policyOfRepository, "gate-api"), "OnlyDeployersOnRepositories", nil},
		"pushes the web":    {r.One(t, policyOfRepository, "gate-web"), "OnlyBuildSignOnRepositories", []string{role("gate-web-build"), role("gate-sign")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			patterns := excepted(t, c.of, c.sid)
			for _, arn := range everybody {
				want := arn == deployer || arn == breakGlass || slices.Contains(c.want, arn)
				if matches(patterns, arn) != want {
					t.Errorf("%s: %s is refused to %s: %t", c.of, c.sid, arn, want)
				}
			}
		})
	}
	for _, token := range []string{keyType, policyOfBucket, policyOfRepository, "aws:sns/topicPolicy:TopicPolicy"} {
		for _, made := range r.Of(t, token) {
			plain := false
			for _, s := range parsed(t, made).Statement {
				plain = plain || s.Sid == "DenyPlainHttp" && s.Condition["Bool"]["aws:SecureTransport"] != nil
				if _, negated := s.Condition["ArnNotLike"]; negated && !slices.Equal(s.Condition["BoolIfExists"]["aws:PrincipalIsAWSService"], []string{"false"}) {
					t.Errorf("%s: %s refuses AWS's services, which have no ARN", made, s.Sid)
				}
			}
			if !plain {
				t.Errorf("%s can be used without TLS", made)
			}
		}
	}
}

func TestDocuments_NameExistingResources(t *testing.T) {
	t.Parallel()
	r := built(t, config("api"))
	there := map[string]bool{}
	for _, made := range r.All() {
		there[made.Output("arn")] = true
	}
	var projects []*gatetest.Resource
	for _, name := range []string{
		"gate-api-build", "gate-api-scan-secrets", "gate-api-scan-code", "gate-api-scan-dependencies", "gate-prepare", "gate-verify",
		"gate-findings", "gate-packages", "gate-sign",
	} {
		projects = append(projects, r.One(t, projectType, name))
	}
	logs := func(name string) *gatetest.Resource { return r.One(t, "aws:cloudwatch/logGroup:LogGroup", name) }
	for name, c := range map[string]struct {
		policy, sid string
		of          []*gatetest.Resource
		suffix      string
	}{
		"the build pushes to its repository":          {"gate-api-build", "PushImages", r.Of(t, repositoryType), ""},
		"the build logs to its log group":             {"gate-api-build", "Logs", []*gatetest.Resource{logs("gate-api-build")}, ":*"},
		"the check logs to its log group":             {"gate-verifier", "Logs", []*gatetest.Resource{logs("gate-verifier")}, ":*"},
		"the check reads the topics":                  {"gate-verifier", "Topics", []*gatetest.Resource{r.One(t, "aws:sns/topic:Topic", "gate-alerts")}, "*"},
		"the pipeline invokes the check":              {"gate-api-pipeline", "CheckKnownState", r.Of(t, functionType), ""},
		"the pipeline starts its projects":            {"gate-api-pipeline", "Builds", projects, ""},
		"the scans log to their log groups":           {"gate-api-scan", "Logs", []*gatetest.Resource{logs("gate-api-scan-secrets"), logs("gate-api-scan-code"), logs("gate-api-scan-dependencies")}, ":*"},
		"the scans read the source of their app":      {"gate-api-scan", "ReadArtifacts", []*gatetest.Resource{r.One(t, bucketType, "gate-artifacts")}, "/api-prodgate/Source/*"},
		"the scans write the SBOM of their app":       {"gate-api-scan", "WriteArtifacts", []*gatetest.Resource{r.One(t, bucketType, "gate-artifacts")}, "/api-prodgate/Sbom/*"},
		"what signs does so with the profile":         {"gate-sign", "Sign", []*gatetest.Resource{r.One(t, profileType, "gate-images")}, ""},
		"what verifies writes what deploys":           {"gate-prepare", "WriteArtifacts", []*gatetest.Resource{r.One(t, bucketType, "gate-artifacts")}, "/*/Release/*"},
		"the pipeline uses the connection":            {"gate-api-pipeline", "Connection", r.Of(t, connectionType), ""},
		"the pipeline keeps artifacts in the store":   {"gate-api-pipeline", "ArtifactBucket", []*gatetest.Resource{r.One(t, bucketType, "gate-artifacts")}, ""},
		"the pipeline keeps them in its folder":       {"gate-api-pipeline", "Artifacts", []*gatetest.Resource{r.One(t, bucketType, "gate-artifacts")}, "/api-prodgate/*"},
		"the pipeline encrypts with the store's key":  {"gate-api-pipeline", "ArtifactKey", []*gatetest.Resource{r.One(t, keyType, "gate-artifacts")}, ""},
		"the recorder delivers where AWS Config does": {"gate-recorder", "DeliverRecords", []*gatetest.Resource{r.One(t, bucketType, "gate-config")}, "/AWSLogs/111111111111/Config/*"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			for _, made := range c.of {
				want = append(want, made.Output("arn")+c.suffix)
			}
			for _, s := range parsed(t, r.One(t, policyType, c.policy)).Statement {
				if s.Sid == c.sid {
					if !slices.Equal(s.Resource, want) {
						t.Errorf("got %v, want %v", s.Resource, want)
					}
					return
				}
			}
			t.Errorf("%s has no statement %s", c.policy, c.sid)
		})
	}
}

func TestIdentity_PassOnlyTaskRoles(t *testing.T) {
	t.Parallel()
	const execution, task = "arn:aws:iam::111111111111:role/execution", "arn:aws:iam::111111111111:role/task"
	for name, c := range map[string]struct {
		task string
		want []string
	}{
		"two roles":                    {task, []string{execution, task}},
		"one role for both":            {execution, []string{execution}},
		"a task without a role of its": {"", []string{execution}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config("api")
			app := config["apps"].([]any)[0].(object)
			delete(app, "taskRoleArn")
			if c.task != "" {
				app["taskRoleArn"] = c.task
			}
			passes := 0
			r := built(t, config)
			for _, policy := range r.Of(t, policyType) {
				if isBoundary(policy) {
					continue
				}
				for _, s := range parsed(t, policy).Statement {
					if !slices.Contains(s.Action, "iam:PassRole") {
						continue
					}
					passes++
					to := s.Condition["StringEquals"]["iam:PassedToService"]
					if !slices.Equal(s.Resource, c.want) || !slices.Equal(to, []string{"ecs-tasks.amazonaws.com"}) || len(s.Action) != 1 {
						t.Errorf("%s passes %v to %v", policy, s.Resource, to)
					}
				}
			}
			if passes != 1 {
				t.Errorf("%d statements pass a role", passes)
			}
		})
	}
}

// TestDocuments_CheckReadsWhatThereIsOneOf: one statement of the check has the bus, the function itself and the artifact bucket.
func TestDocuments_CheckReadsWhatThereIsOneOf(t *testing.T) {
	t.Parallel()
	r := built(t, config("api"))
	want := []string{
		"arn:aws:events:eu-west-2:111111111111:event-bus/default", r.One(t, functionType, "gate-verifier").Output("arn"), r.One(t, bucketType, "gate-artifacts").Output("arn"),
	}
	for _, s := range parsed(t, r.One(t, policyType, "gate-verifier")).Statement {
		if s.Sid == "Parts" && slices.Equal(s.Resource, want) {
			return
		}
	}
	t.Errorf("no statement reads %v", want)
}
