package catalogue

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// keys stand for those of KMS.
func keys() DeployedARNs {
	known := DeployedARNs{Keys: map[string]string{}, Rotators: []string{"arn:aws:iam::111111111111:role/rotation"}}
	for i, purpose := range []string{"alerts", "artifacts", "config", "images", "logs", "secrets", "trail"} {
		known.Keys[purpose] = fmt.Sprintf("arn:aws:kms:eu-west-2:111111111111:key/1234abcd-12ab-34cd-56ef-12345678900%d", i)
	}
	return known
}

// rowEvents are events of a row by a principal, one for each member that can name the part.
func rowEvents(s *settings.Settings, parts map[string]map[string]string, row Call, who string) []map[string]any {
	p := naming.New(s)
	special := map[Target][2]string{
		ServiceRoles: {"roleArn", p.Role("app-web", naming.Pipeline).ARN}, ApproverRoles: {"roleArn", p.Role("app-web", naming.Approver).ARN},
		BreakGlass: {"roleArn", s.Access.BreakGlassArn}, TrustedRoles: {"roleName", "release-manager"},
		ArtifactKey: {"keyId", keys().Keys["artifacts"]}, SecretsKey: {"keyId", keys().Keys["secrets"]}, ChatDestination: {"name", p.ChatDestination().Name}, Bus: {"name", "default"},
	}
	names := []string{row.operation()}
	if others := eventNames[row.Action]; others != nil {
		names = others
	}
	var events []map[string]any
	for _, name := range names {
		if at, is := special[row.On]; is {
			events = append(events, called(row.service(), name, at[0], at[1], who))
			continue
		}
		members := models()[row.service()][name]
		found := false
		for _, member := range members {
			if value, is := parts[row.service()][member]; is {
				if row.On == Aliases && member != "aliasName" || row.On == Keys && member == "aliasName" {
					continue
				}
				found, events = true, append(events, called(row.service(), name, member, value, who))
			}
		}
		if !found { // no operation of AWS's models, one that reads, or one on the account
			member := map[Target]string{Repositories: "repositoryName", Secrets: "secretId", Connections: "connectionArn", PullRequests: "pullRequestId", Buckets: "bucket"}[row.On]
			events = append(events, called(row.service(), name, member, parts[row.service()][member], who))
		}
	}
	for _, event := range events {
		event["detail"].(map[string]any)["readOnly"] = row.Reported == AlertOnRead
	}
	return events
}

// eventNames are CloudTrail's names of the operations of an action, where they differ from the action (Amazon S3 User Guide,
// Amazon S3 CloudTrail events; AWS KMS; IAM).
var eventNames = map[string][]string{
	"s3:PutBucketOwnershipControls":       {"PutBucketOwnershipControls", "DeleteBucketOwnershipControls"},
	"s3:PutBucketPublicAccessBlock":       {"PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"},
	"s3:PutEncryptionConfiguration":       {"PutBucketEncryption", "DeleteBucketEncryption"},
	"s3:PutLifecycleConfiguration":        {"PutBucketLifecycle", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"},
	"s3:PutReplicationConfiguration":      {"PutBucketReplication", "DeleteBucketReplication"},
	"s3:PutBucketObjectLockConfiguration": {"PutObjectLockConfiguration", "PutBucketObjectLockConfiguration"},
	"kms:ReEncryptFrom":                   {"ReEncrypt"},
	"iam:UpdateRole":                      {"UpdateRole", "UpdateRoleDescription"},
}

// containing are the parts whose change starts containment: what delivers, and what decides about that.
var containing = []Target{
	Pipelines, Stages, Approval, Projects, Repositories, SigningProfiles, Deployments, DeploymentGroups, Connections, Hosts, Sources, PullRequests,
	ApprovalRules, Buckets, Keys, Aliases, Roles, TrustedRoles, Policies, IdentityProvider, Rules, Topic, Machines, Executions, KnownState, CheckFunction, Trails,
}

// TestAlertRules_EveryReportedCall: each row that the table reports is for one rule, which starts containment where the part
// delivers and the call does not read; a deployer's is for none.
func TestAlertRules_EveryReportedCall(t *testing.T) {
	t.Parallel()
	if len(containing) != 27 {
		t.Fatalf("%d parts start containment", len(containing))
	}
	checked, seen := 0, map[Target]bool{}
	for _, source := range []string{settings.GitHub, settings.CodeCommit} {
		s := everything(source)
		patterns, parts, contains := patternsOf(s), partNames(s), map[string]bool{}
		for _, r := range AlertRules(s, keys().Rotators) {
			contains[r.Name] = r.AffectsDelivery
		}
		for _, row := range Calls {
			if row.Reported != Alert && row.Reported != AlertOnRead || len(row.On.Resources(s)) == 0 {
				continue
			}
			checked++
			for _, event := range rowEvents(s, parts, row, outsider) {
				got := matching(t, patterns, event)
				if len(got) != 1 {
					t.Errorf("%s on %s is for the rules %v: %v", row.Action, row.On, got, event)
					continue
				}
				if want := slices.Contains(containing, row.On) && row.Reported == Alert; contains[got[0]] != want {
					t.Errorf("%s on %s starts containment: %t", row.Action, row.On, !want)
				}
				seen[row.On] = true
			}
			for _, event := range rowEvents(s, parts, row, s.Access.DeployerArns[0]) {
				if got := matching(t, patterns, event); len(got) != 0 && row.On != BreakGlass {
					t.Errorf("%s on %s by a deployer is for the rules %v", row.Action, row.On, got)
				}
			}
			for _, duty := range presentDuties(s, row.Authorized) {
				for _, arn := range authorizedARNs(s, "app-web", []string{duty}, keys().Rotators) {
					arn = strings.Replace(arn, "/*", "/x", 1)
					if arn == s.Access.BreakGlassArn {
						continue
					}
					for _, event := range rowEvents(s, parts, row, arn) {
						if got := matching(t, patterns, event); len(got) != 0 {
							t.Errorf("%s on %s by %s is for the rules %v", row.Action, row.On, arn, got)
						}
					}
				}
			}
		}
	}
	for _, target := range containing {
		if !seen[target] {
			t.Errorf("nothing was called on %s", target)
		}
	}
	if checked < 300 {
		t.Errorf("looked at %d rows only", checked)
	}
}

// TestAlertRules_OmittedRequests: a request that CloudTrail left out is for one rule, whatever service it is of.
func TestAlertRules_OmittedRequests(t *testing.T) {
	t.Parallel()
	s := everything(settings.GitHub)
	patterns := patternsOf(s)
	for action := range strings.FieldsSeq("codepipeline:UpdatePipeline codebuild:UpdateProject ecr:SetRepositoryPolicy ecr:PutRegistryPolicy s3:PutBucketPolicy " +
		"kms:PutKeyPolicy iam:PutRolePolicy iam:UpdateAssumeRolePolicy events:PutRule events:PutPermission sns:SetTopicAttributes sqs:SetQueueAttributes pipes:UpdatePipe " +
		"monitoring:PutMetricAlarm states:UpdateStateMachine ssm:PutParameter secretsmanager:PutResourcePolicy logs:PutRetentionPolicy signer:AddProfilePermission " +
		"codedeploy:UpdateDeploymentGroup elasticloadbalancing:ModifyListener ecs:UpdateService codeconnections:DeleteConnection config:PutConfigRule " +
		"config:PutConfigurationRecorder guardduty:UpdateDetector access-analyzer:CreateArchiveRule organizations:LeaveOrganization cloudtrail:PutEventSelectors") {
		service, operation, _ := strings.Cut(action, ":")
		event := called(service, operation, "", "", outsider)
		event["detail"].(map[string]any)["requestParameters"] = map[string]any{"omitted": true, "originalSize": 123456.0, "reason": "requestParameters too large"}
		if got := matching(t, patterns, event); len(got) != 1 {
			t.Errorf("%s is for the rules %v", action, got)
		}
	}
}

// TestAlertRules_RolesByPath: a role or a policy of any name below the gate's path is reported.
func TestAlertRules_RolesByPath(t *testing.T) {
	t.Parallel()
	patterns := patternsOf(everything(settings.GitHub))
	for path, want := range map[string]int{"/prodgate/pipeline/": 1, "/prodgate/": 1, "/prodgate2/pipeline/": 0, "/": 0} {
		for _, operation := range []string{"CreateRole", "CreatePolicy", "CreateUser", "CreateInstanceProfile"} {
			event := called("iam", operation, "path", path, outsider)
			event["detail"].(map[string]any)["requestParameters"].(map[string]any)["roleName"] = "harmless"
			if got := matching(t, patterns, event); len(got) != want {
				t.Errorf("%s at %s is for the rules %v", operation, path, got)
			}
		}
	}
}

// TestAlertRules_Sessions: each session of a role that may change everything is reported once, whoever assumes it, and starts
// no containment. A service that assumes its role is no news.
func TestAlertRules_Sessions(t *testing.T) {
	t.Parallel()
	s := everything(settings.GitHub)
	patterns := patternsOf(s)
	p := naming.New(s)
	for _, role := range append(p.Deployers(s), s.Access.BreakGlassArn) {
		for _, operation := range []string{"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"} {
			for _, who := range []string{outsider, s.Access.DeployerArns[0], s.Access.BreakGlassArn} {
				if got := matching(t, patterns, called("sts", operation, "roleArn", role, who)); !slices.Equal(got, []string{"watch-sessions"}) {
					t.Errorf("%s of %s by %s is for the rules %v", operation, role, who, got)
				}
			}
			event := called("sts", operation, "roleArn", role, outsider)
			event["detail"].(map[string]any)["userIdentity"] = map[string]any{"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
			if got := matching(t, patterns, event); len(got) != 0 {
				t.Errorf("%s of %s by a service is for the rules %v", operation, role, got)
			}
		}
	}
	if got := matching(t, patterns, called("sts", "AssumeRole", "roleArn", outsider, s.Access.DeployerArns[0])); len(got) != 0 {
		t.Errorf("a session of somebody is for the rules %v", got)
	}
	for _, duty := range naming.Serves() {
		if got := matching(t, patterns, called("sts", "AssumeRole", "roleArn", p.Role("", duty).ARN, outsider)); len(got) != 1 {
			t.Errorf("a session of the role of %s is for the rules %v", duty, got)
		}
	}
	for _, r := range AlertRules(s, keys().Rotators) {
		if r.Sessions && r.AffectsDelivery {
			t.Errorf("%s starts containment", r.Name)
		}
	}
}

// TestAlertRules_ReportEachOther: no rule reports its own changes, and each is reported by one other.
func TestAlertRules_ReportEachOther(t *testing.T) {
	t.Parallel()
	s := everything(settings.GitHub)
	patterns := patternsOf(s)
	names := []string{"failed-runs", "check", "check-failed", "findings", "contained-findings-1", "contained-findings-2", "external-access", "source-changes", "app-web-prod"}
	for _, r := range AlertRules(s, keys().Rotators) {
		names = append(names, r.Name)
	}
	changes := map[string]string{"PutRule": "name", "DisableRule": "name", "EnableRule": "name", "DeleteRule": "name", "PutTargets": "rule", "RemoveTargets": "rule", "TagResource": "resourceARN"}
	for _, name := range names {
		for operation, member := range changes {
			value := "prodgate-" + name
			if member == "resourceARN" {
				value = "arn:aws:events:eu-west-2:111111111111:rule/" + value
			}
			got := matching(t, patterns, called("events", operation, member, value, outsider))
			if len(got) != 1 || got[0] == name {
				t.Errorf("%s of %s is for the rules %v", operation, name, got)
			}
		}
	}
	// In the region of IAM each of the two reports the other.
	forwarded := map[string]string{}
	for _, r := range ForwardedRules(s, keys().Rotators) {
		forwarded[r.Name] = r.Pattern(s, keys())
	}
	for name := range forwarded {
		got := matching(t, forwarded, called("events", "DisableRule", "name", "prodgate-"+name, outsider))
		if len(got) != 1 || got[0] == name {
			t.Errorf("DisableRule of the forwarding %s is for the rules %v", name, got)
		}
	}
	if len(forwarded) != 2 {
		t.Errorf("%d rules forward", len(forwarded))
	}
}

// TestAlertRules_TopicsReportEachOther: the alert about a topic goes to the other one.
func TestAlertRules_TopicsReportEachOther(t *testing.T) {
	t.Parallel()
	s := everything(settings.GitHub)
	patterns := patternsOf(s)
	second := map[string]bool{}
	for _, r := range AlertRules(s, keys().Rotators) {
		second[r.Name] = r.SecondTopic
	}
	p := naming.New(s)
	for arn, elsewhere := range map[string]bool{p.Topic().ARN: true, p.SecondTopic().ARN: false} {
		for operation, values := range map[string][2]string{
			"Unsubscribe": {"subscriptionArn", arn + ":5be8e5a7-0000"}, "SetSubscriptionAttributes": {"subscriptionArn", arn + ":5be8e5a7-0000"},
			"DeleteTopic": {"topicArn", arn}, "SetTopicAttributes": {"topicArn", arn}, "Subscribe": {"topicArn", arn},
		} {
			if got := matching(t, patterns, called("sns", operation, values[0], values[1], outsider)); len(got) != 1 || second[got[0]] != elsewhere {
				t.Errorf("%s of %s is for the rules %v", operation, arn, got)
			}
		}
	}
}

func TestCatalogue_RuleNamesAreUnique(t *testing.T) {
	t.Parallel()
	// Amazon EventBridge API, PutRule: up to 64 of these, the gate's name and a hyphen first.
	shape := regexp.MustCompile(`^(rules|watch(-[a-z0-9]+)+)(-[0-9]+)?$`)
	seen := map[string]bool{}
	for _, r := range AlertRules(account(numbered(200, "cluster")...), keys().Rotators) {
		if !shape.MatchString(r.Name) || len(r.Name) > 64-len("-")-20 {
			t.Errorf("%q is no name of a rule", r.Name)
		}
		if seen[r.Name] {
			t.Errorf("two rules are called %s", r.Name)
		}
		seen[r.Name] = true
	}
}

func TestCatalogue_PatternLength(t *testing.T) {
	t.Parallel()
	wide := account("web")
	wide.Source.ConnectionArn = "arn:aws:codestar-connections:eu-west-2:111111111111:connection/7d2469ff-514a-4e4f-9003-5ca4a43cdc41"
	crowded := committed(numbered(50, "cluster")...)
	for i := range crowded.Apps {
		crowded.Apps[i].Repository = fmt.Sprint(strings.Repeat("r", 95), i)
	}
	for name, s := range map[string]*settings.Settings{
		"one cluster": account("web"), "200 clusters": account(numbered(200, "cluster")...), "the longest names": longest(3, 5), "everything": everything(settings.GitHub),
		"the cluster default": account("default"), "CodeCommit": committed("web"), "CodeCommit, 50 repositories": crowded, "an adopted connection": wide, "clusters of the longest names": account(numbered(5, strings.Repeat("c", 250))...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, r := range append(AlertRules(s, keys().Rotators), ForwardedRules(s, keys().Rotators)...) {
				text := r.Pattern(s, keys())
				if len(text) > MaxPattern && r.Name != "watch-images-read" { // of execution roles there is a warning
					t.Errorf("%s: %d characters: %s", r.Name, len(text), text)
				}
				var parsed struct {
					Source     []any
					DetailType []string `json:"detail-type"`
					Detail     map[string]any
				}
				if err := json.Unmarshal([]byte(text), &parsed); err != nil || len(parsed.Source) != 1 || len(parsed.DetailType) != 1 {
					t.Errorf("%s: %v: %s", r.Name, err, text)
				}
				if strings.Contains(text, "null") || strings.Contains(text, "[]") || strings.Contains(text, `:""`) || strings.Contains(text, `[""`) {
					t.Errorf("%s has a hole: %s", r.Name, text)
				}
				if len(r.Parameters) > 90 { // Amazon EventBridge API, InputTransformer: 100 paths, ten of them of the caller
					t.Errorf("%s: a message would take %d paths", r.Name, len(r.Parameters))
				}
			}
		})
	}
}

// Everything that a pattern leaves out may make the call, and nobody else is left out.
func TestCatalogue_PatternExceptsOnlyAuthorized(t *testing.T) {
	t.Parallel()
	s := everything(settings.GitHub)
	checked := 0
	for _, spec := range ruleSpecs {
		for _, c := range spec.clauses(naming.New(s), s) {
			these := c.authorized(s, keys())
			if c.everyone != (len(these) == 0) {
				t.Errorf("%s leaves out %v", spec.name, these)
			}
			checked += len(these)
			var duties []string
			for _, row := range Calls {
				if slices.Contains(c.sources, eventSource(row.service())) {
					duties = append(duties, row.Authorized...)
				}
			}
			// Service-linked roles scale services, and a pipeline uses its connection: no row names these.
			allowed := authorizedARNs(s, "", append(duties, ServiceLinked, naming.Pipeline), keys().Rotators)
			for _, arn := range these {
				if arn == s.Access.BreakGlassArn || !slices.Contains(allowed, arn) {
					t.Errorf("%s leaves out %s", spec.name, arn)
				}
			}
		}
	}
	if checked < 60 {
		t.Errorf("looked at %d principals only", checked)
	}
}
