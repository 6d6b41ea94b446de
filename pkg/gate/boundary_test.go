package gate_test

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/gate/gatetest"
)

// own is a role's own policy, and the boundary it is below.
func own(t *testing.T, r *gatetest.Recording, role *gatetest.Resource) (policy, boundary *gatetest.Resource) {
	t.Helper()
	for _, p := range r.Of(t, policyType) {
		if p.Output("arn") == role.Text("permissionsBoundary") {
			boundary = p
		}
	}
	if boundary == nil || !isBoundary(boundary) {
		t.Fatalf("%s is below %q, which is no boundary of the gate", role, role.Text("permissionsBoundary"))
	}
	return r.One(t, policyType, role.Name), boundary
}

// within is whether a pattern of IAM's matches all that another one, or a text, does.
func within(pattern, text string) bool {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^" + expression + "$").MatchString(text)
}

func TestIdentity_OneBoundaryPerDuty(t *testing.T) {
	t.Parallel()
	boundaries := func(r *gatetest.Recording) map[string]string {
		all := map[string]string{}
		for _, p := range r.Of(t, policyType) {
			if isBoundary(p) {
				all[p.Name] = p.Text("policy")
			}
		}
		return all
	}
	one, two := built(t, approved("api")), built(t, approved("web", "worker"))
	of := boundaries(one)
	if got, want := slices.Sorted(maps.Keys(of)), []string{
		"gate-boundary-approver", "gate-boundary-build", "gate-boundary-dispatcher", "gate-boundary-inspect", "gate-boundary-pipeline", "gate-boundary-prepare",
		"gate-boundary-recorder", "gate-boundary-remediator", "gate-boundary-scan", "gate-boundary-sign", "gate-boundary-verifier",
	}; !slices.Equal(got, want) {
		t.Errorf("the boundaries are %q, want %q", got, want)
	}
	if !maps.Equal(of, boundaries(two)) {
		t.Error("the boundaries of one app and of two others differ")
	}
	for _, role := range two.Of(t, roleType) {
		_, boundary := own(t, two, role)
		if want := "gate-boundary-" + path.Base(role.Text("path")); boundary.Name != want {
			t.Errorf("%s is below %s, want %s", role, boundary, want)
		}
	}
}

func TestIdentity_BoundaryAllowsPolicy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]map[string]any{
		"apps of ordinary names":        approved("api", "backend-flask-of-the-company"),
		"an app of the longest names":   longest(),
		"apps that nobody approves of":  config("api"),
		"apps with secrets":             withSecrets(config("api", "web")),
		"apps of a stack that contains": contained(config("api", "web")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := built(t, c)
			for _, role := range r.Of(t, roleType) {
				policy, boundary := own(t, r, role)
				limits := parsed(t, boundary).Statement
				for _, s := range parsed(t, policy).Statement {
					for _, action := range s.Action {
						for _, on := range s.Resource {
							if !slices.ContainsFunc(limits, func(limit statement) bool {
								in := func(text string) func(string) bool {
									return func(pattern string) bool { return within(pattern, text) }
								}
								return limit.Effect == "Allow" && slices.ContainsFunc(limit.Action, in(action)) &&
									slices.ContainsFunc(limit.Resource, in(on)) &&
									weaker(limit.Condition, s.Condition)
							}) {
								t.Errorf("%s needs %s on %s, which %s cuts", role, action, on, boundary)
							}
						}
					}
				}
			}
		})
	}
}

// weaker is whether a condition holds whenever another one does: all it asks for is
// asked for there, of the same values or of some that its patterns match.
func weaker(limit, of map[string]map[string][]string) bool {
	for operator, asked := range limit {
		for key, patterns := range asked {
			values := of[operator][key]
			if len(values) == 0 || slices.ContainsFunc(values, func(value string) bool {
				return !slices.ContainsFunc(patterns, func(pattern string) bool { return within(pattern, value) })
			}) {
				return false
			}
		}
	}
	return true
}

func TestIdentity_BoundaryAllowsNoMore(t *testing.T) {
	t.Parallel()
	r := built(t, contained(approved("api", "web")))
	for _, role := range r.Of(t, roleType) {
		policy, boundary := own(t, r, role)
		needs, allows := actionsOf(t, policy), actionsOf(t, boundary)
		for action := range allows {
			// AWS Config's reads: TestDetection_RecorderReadsWhatItRecords.
			if !needs[action] && role.Name != "gate-recorder" {
				t.Errorf("%s allows %s, which %s does not need", boundary, action, role)
			}
		}
		for _, s := range parsed(t, boundary).Statement {
			for _, action := range s.Action {
				if action == "iam:PassRole" && fmt.Sprint(s.Condition) != "map[StringEquals:map[iam:PassedToService:[ecs-tasks.amazonaws.com]]]" {
					t.Errorf("%s passes roles to more than tasks: %v", boundary, s.Condition)
				}
			}
		}
	}
}

// actionsOf are all that a policy allows.
func actionsOf(t *testing.T, policy *gatetest.Resource) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, s := range parsed(t, policy).Statement {
		if s.Effect != "Allow" {
			t.Fatalf("%s: %s denies, which this test does not weigh", policy, s.Sid)
		}
		for _, action := range s.Action {
			all[action] = true
		}
	}
	return all
}

func TestIdentity_NoRoleWidensRoles(t *testing.T) {
	t.Parallel()
	read := regexp.MustCompile(`^(iam|organizations|sts):(Describe|Get|List)`)
	rights := regexp.MustCompile(`(?i)^(iam|organizations|account|sts|\*|\w*\*)`)
	// To cut sessions off and to let them go on, below the boundaries of the roles.
	answers := map[string]string{"containment": "iam:PutRolePolicy", "release": "iam:DeleteRolePolicy"}
	seen := 0
	r := built(t, contained(approved("api", "web")))
	for _, policy := range r.Of(t, policyType) {
		for action := range actionsOf(t, policy) {
			service, _, _ := strings.Cut(action, ":")
			if !rights.MatchString(service) {
				continue
			}
			seen++
			if answers[strings.TrimPrefix(strings.TrimPrefix(policy.Name, "gate-"), "boundary-")] == action {
				continue
			}
			// The check of the known state reads rights, and AWS Config by AWS's own policy.
			if action != "iam:PassRole" && (!read.MatchString(action) || !isBoundary(policy) && policy.Name != "gate-verifier") {
				t.Errorf("%s allows %s", policy, action)
			}
		}
	}
	if seen == 0 {
		t.Error("looked at no action on rights, not even iam:PassRole")
	}
}

func TestIdentity_ExclusiveAttachments(t *testing.T) {
	t.Parallel()
	r := built(t, contained(approved("api", "web")))
	attached := map[string][]string{}
	for _, a := range r.Of(t, attachmentType) {
		attached[a.Text("role")] = append(attached[a.Text("role")], a.Text("policyArn"))
	}
	only, none := map[string][]string{}, map[string]int{}
	for _, e := range r.Of(t, onlyThese) {
		for _, arn := range e.Input("policyArns").ArrayValue() {
			only[e.Text("roleName")] = append(only[e.Text("roleName")], arn.StringValue())
		}
	}
	for _, e := range r.Of(t, noInline) {
		if names := e.Input("policyNames"); !names.IsArray() || len(names.ArrayValue()) != 0 {
			t.Errorf("%s leaves %v", e, names)
		}
		none[e.Text("roleName")]++
	}
	for _, role := range r.Of(t, roleType) {
		name := role.Text("name")
		if len(only[name]) == 0 || fmt.Sprint(only[name]) != fmt.Sprint(attached[name]) || none[name] != 1 {
			t.Errorf("%s: attached %v, exclusively %v; inline policies are taken away %d times", role, attached[name], only[name], none[name])
		}
	}
}

// manyApps is a configuration with apps of the longest names, 30 characters, and a secret each.
func manyApps(n int) map[string]any {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("a%03d-%025d", i, i))
	}
	c := approved(names...)
	c["name"] = strings.Repeat("n", 20)
	return withSecrets(c, object{"name": "TOKEN"})
}

func TestDocuments_FitManyApps(t *testing.T) {
	t.Parallel()
	documentsFit(t, built(t, manyApps(200)))
}

// reads are those of AWS's policy AWS_ConfigRole, v69 of April 2026, on the types
// that the gate records, and what rules look at once a day; the AWS Managed Policy
// Reference Guide prints it.
var reads = strings.Fields(`
	cloudtrail:DescribeTrails cloudtrail:GetEventConfiguration cloudtrail:GetEventSelectors cloudtrail:GetInsightSelectors
	cloudtrail:GetTrailStatus cloudtrail:ListTags cloudtrail:ListTrails
	codebuild:BatchGetFleets codebuild:BatchGetReportGroups codebuild:ListFleets codebuild:ListReportGroups
	codepipeline:GetPipeline codepipeline:GetPipelineState codepipeline:ListActionTypes codepipeline:ListPipelines
	codepipeline:ListTagsForResource codepipeline:ListWebhooks
	ecr:BatchGetRepositoryScanningConfiguration ecr:DescribePullThroughCacheRules ecr:DescribeRegistry ecr:DescribeRepositories
	ecr:DescribeRepositoryCreationTemplates ecr:GetLifecyclePolicy ecr:GetRegistryPolicy ecr:GetRepositoryPolicy ecr:ListTagsForResource
	guardduty:GetAdministratorAccount guardduty:GetDetector guardduty:GetFindings guardduty:GetMasterAccount guardduty:GetMembers
	guardduty:ListDetectors guardduty:ListFindings guardduty:ListMembers
	iam:GetAccountAuthorizationDetails iam:GetPolicy iam:GetPolicyVersion iam:GetRole iam:GetRolePolicy iam:ListAttachedRolePolicies
	iam:ListEntitiesForPolicy iam:ListInstanceProfilesForRole iam:ListPolicies iam:ListPolicyVersions iam:ListRolePolicies iam:ListRoles
	kms:DescribeKey kms:GetKeyPolicy kms:GetKeyRotationStatus kms:ListAliases kms:ListKeys kms:ListResourceTags
	logs:DescribeLogGroups logs:ListTagsForResource organizations:DescribeOrganization
	s3:GetAccelerateConfiguration s3:GetAccountPublicAccessBlock s3:GetBucketAbac s3:GetBucketAcl s3:GetBucketCORS s3:GetBucketLocation
	s3:GetBucketLogging s3:GetBucketNotification s3:GetBucketObjectLockConfiguration s3:GetBucketPolicy s3:GetBucketPolicyStatus
	s3:GetBucketPublicAccessBlock s3:GetBucketRequestPayment s3:GetBucketTagging s3:GetBucketVersioning s3:GetBucketWebsite
	s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration s3:GetReplicationConfiguration s3:ListAllMyBuckets s3:ListBucket
	s3:ListTagsForResource
	secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy secretsmanager:ListSecrets secretsmanager:ListSecretVersionIds
	sns:GetDataProtectionPolicy sns:GetTopicAttributes sns:ListSubscriptions sns:ListSubscriptionsByTopic sns:ListTagsForResource
	sns:ListTopics
`)

func TestDetection_RecorderReadsWhatItRecords(t *testing.T) {
	t.Parallel()
	r := built(t, withSecrets(config("api")))
	_, boundary := own(t, r, r.One(t, roleType, "gate-recorder"))
	allows := slices.Collect(maps.Keys(actionsOf(t, boundary)))
	may := func(action string) bool {
		return slices.ContainsFunc(allows, func(pattern string) bool { return within(pattern, action) })
	}
	for _, action := range reads {
		if !may(action) {
			t.Errorf("%s cuts %s", boundary, action)
		}
	}
	for _, action := range []string{
		"cloudtrail:GetQueryResults", "cloudtrail:LookupEvents", "cloudtrail:StopLogging", "guardduty:DeleteDetector", "logs:GetLogEvents",
		"config:PutConfigRule", "config:StopConfigurationRecorder", "codepipeline:GetJobDetails", "ecr:GetAuthorizationToken",
		"ecr:GetDownloadUrlForLayer", "iam:PassRole", "kms:GenerateDataKeyWithoutPlaintext", "s3:GetObject", "s3:GetObjectVersion",
		"secretsmanager:GetSecretValue", "ssm:GetParameter", "sts:AssumeRole",
	} {
		if may(action) {
			t.Errorf("%s lets %s through", boundary, action)
		}
	}
	// Each recorded type has reads.
	for _, recorded := range r.One(t, recorderType, "gate-recorder").Input("recordingGroup.resourceTypes").ArrayValue() {
		service := strings.ToLower(strings.Split(recorded.StringValue(), "::")[1])
		if !slices.ContainsFunc(reads, func(action string) bool { return strings.HasPrefix(action, service+":") }) {
			t.Errorf("nothing reads %s", recorded.StringValue())
		}
	}
}
