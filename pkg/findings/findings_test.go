package findings

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"prodgate/pkg/patterntest"
	"prodgate/pkg/settings"
)

func stack(severity string, clusters ...string) *settings.Settings {
	s := &settings.Settings{Account: "111111111111", Region: "eu-west-2", Name: "prodgate", Detection: settings.Detection{Severity: severity}}
	for i, cluster := range clusters {
		s.Apps = append(s.Apps, settings.App{Name: fmt.Sprint("app", i), Cluster: cluster})
	}
	return s
}

type event = map[string]any

// found is a finding of GuardDuty, as EventBridge gets it.
func found(kind string, severity float64, resource event) event {
	return event{
		"source": "aws.guardduty", "detail-type": "GuardDuty Finding",
		"detail": event{"type": kind, "severity": severity, "resource": resource},
	}
}

var (
	instance = event{"resourceType": "Instance", "instanceDetails": event{"instanceId": "i-1"}}
	anything = "Policy:IAMUser/RootCredentialUsage"
)

// contained is how many of the patterns an event matches.
func contained(t *testing.T, s *settings.Settings, e event) int {
	t.Helper()
	n := 0
	for _, pattern := range ContainedPatterns(s) {
		if patterntest.Matches(t, pattern, e) {
			n++
		}
	}
	return n
}

func TestFindings_DNSReportedAndContainedOnce(t *testing.T) {
	t.Parallel()
	if !slices.Equal(slices.Compact(slices.Sorted(slices.Values(DNS))), slices.Sorted(slices.Values(DNS))) {
		t.Error("a type is there twice")
	}
	for _, kind := range DNS {
		for _, resource := range []event{instance, {"resourceType": "ECSCluster", "ecsClusterDetails": event{"name": "web"}}} {
			for _, severity := range []float64{1, 2, 5, 8, 9.5} {
				s, e := stack("critical", "web"), found(kind, severity, resource)
				if !patterntest.Matches(t, ReportedPattern(s), e) || contained(t, s, e) != 1 {
					t.Errorf("%s of severity %v: reported %t, contained by %d rules", kind, severity, patterntest.Matches(t, ReportedPattern(s), e), contained(t, s, e))
				}
			}
		}
		if !strings.Contains(kind, "DNS") && !strings.Contains(kind, "DomainRequest") {
			t.Errorf("%s is not one of dnsWildcards", kind)
		}
	}
}

func TestFindings_ReportedFromSeverity(t *testing.T) {
	t.Parallel()
	for severity, c := range map[string]struct{ yes, no []float64 }{
		"low":      {[]float64{1, 3.9, 4, 10}, []float64{0, 0.9}},
		"medium":   {[]float64{4, 5, 6.9, 8}, []float64{1, 3.9}},
		"high":     {[]float64{7, 8.9, 9}, []float64{4, 6.9}},
		"critical": {[]float64{9, 10}, []float64{8, 8.9}},
	} {
		for want, values := range map[bool][]float64{true: c.yes, false: c.no} {
			for _, value := range values {
				if got := patterntest.Matches(t, ReportedPattern(stack(severity, "web")), found(anything, value, instance)); got != want {
					t.Errorf("severity %s: a finding of %v is reported: %t", severity, value, got)
				}
			}
		}
	}
}

func TestFindings_ContainedAboutGate(t *testing.T) {
	t.Parallel()
	bucket := func(names ...string) event {
		var all []any
		for _, name := range names {
			all = append(all, event{"name": name, "arn": "arn:aws:s3:::" + name})
		}
		return event{"resourceType": "S3Bucket", "s3BucketDetails": all}
	}
	for name, c := range map[string]struct {
		severity float64
		resource event
		want     int
	}{
		"a role of the gate":              {5, event{"accessKeyDetails": event{"userName": "prodgate-api-build"}}, 1},
		"a role of another gate":          {5, event{"accessKeyDetails": event{"userName": "prodgate2-api-build"}}, 0},
		"somebody's role":                 {5, event{"accessKeyDetails": event{"userName": "developer"}}, 0},
		"a role of the gate, not severe":  {3.9, event{"accessKeyDetails": event{"userName": "prodgate-api-build"}}, 0},
		"a cluster of an app":             {7, event{"ecsClusterDetails": event{"name": "web"}}, 1},
		"a cluster of another app":        {7, event{"ecsClusterDetails": event{"name": "worker"}}, 1},
		"somebody's cluster":              {7, event{"ecsClusterDetails": event{"name": "web-2"}}, 0},
		"a bucket of the gate":            {4, bucket("prodgate-artifacts-111111111111-eu-west-2"), 1},
		"a bucket of the gate among some": {4, bucket("logs", "prodgate-trail-111111111111-eu-west-2"), 1},
		"somebody's bucket":               {9, bucket("logs"), 0},
		"an instance":                     {9, instance, 0},
		"a role of the gate on its own bucket": {8, event{
			"accessKeyDetails": event{"userName": "prodgate-api-build"}, "s3BucketDetails": []any{event{"name": "prodgate-artifacts-111111111111-eu-west-2"}},
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := contained(t, stack("medium", "web", "worker", "web"), found(anything, c.severity, c.resource)); got != c.want {
				t.Errorf("is contained by %d rules", got)
			}
		})
	}
}

// TestFindings_PatternLength for clusters of any number and length: EventBridge takes 2,048
// characters, and 300 rules a bus.
func TestFindings_PatternLength(t *testing.T) {
	t.Parallel()
	var longest []string
	for i := range 1000 {
		longest = append(longest, fmt.Sprintf("%04d", i)+strings.Repeat("n", 251))
	}
	for _, clusters := range [][]string{{"web"}, longest[:1], longest[:7], longest[:8], longest} {
		s := stack("medium", clusters...)
		s.Name, s.Region = strings.Repeat("n", 20), "ap-northeast-1"
		patterns := ContainedPatterns(s)
		for _, pattern := range append(patterns, ReportedPattern(s), ExternalAccessPattern(s, slices.Repeat([]string{"arn:aws:kms:ap-northeast-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"}, 8))) {
			if len(pattern) > maxPattern || len(pattern) < 100 {
				t.Errorf("%d clusters: %d characters: %s", len(clusters), len(pattern), pattern)
			}
		}
		if len(patterns) > 200 {
			t.Errorf("%d clusters need %d rules", len(clusters), len(patterns))
		}
		all := strings.Join(patterns, "\n")
		for _, cluster := range clusters {
			if n := strings.Count(all, `"`+cluster+`"`); n != 1 {
				t.Errorf("%s of %d clusters is in the patterns %d times", cluster, len(clusters), n)
			}
		}
	}
}

func TestFindings_ExternalAccess(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:eu-west-2:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	github := event{"Federated": "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"}
	for name, c := range map[string]struct {
		status, resource string
		deleted          bool
		principal        any
		want             bool
	}{
		"a bucket of the gate":                {"ACTIVE", "arn:aws:s3:::prodgate-artifacts-111111111111-eu-west-2", false, event{"AWS": "*"}, true},
		"somebody's bucket":                   {"ACTIVE", "arn:aws:s3:::company", false, event{"AWS": "*"}, false},
		"a key of the gate":                   {"ACTIVE", key, false, event{"AWS": "333333333333"}, true},
		"somebody's key":                      {"ACTIVE", strings.Replace(key, "1234abcd", "9999abcd", 1), false, event{"AWS": "333333333333"}, false},
		"images":                              {"ACTIVE", "arn:aws:ecr:eu-west-2:111111111111:repository/prodgate/api", false, event{"AWS": "333333333333"}, true},
		"a secret":                            {"ACTIVE", "arn:aws:secretsmanager:eu-west-2:111111111111:secret:prodgate/api/TOKEN-AbCdEf", false, event{"AWS": "333333333333"}, true},
		"the topic":                           {"ACTIVE", "arn:aws:sns:eu-west-2:111111111111:prodgate-alerts", false, event{"AWS": "*"}, true},
		"the queue":                           {"ACTIVE", "arn:aws:sqs:eu-west-2:111111111111:prodgate-dead-letters", false, event{"AWS": "*"}, true},
		"a role":                              {"ACTIVE", "arn:aws:iam::111111111111:role/prodgate/build/prodgate-api-build", false, event{"AWS": "333333333333"}, true},
		"a role without a named principal":    {"ACTIVE", "arn:aws:iam::111111111111:role/prodgate/build/prodgate-api-build", false, nil, true},
		"a role that another provider has":    {"ACTIVE", "arn:aws:iam::111111111111:role/prodgate/deploy/prodgate-deploy", false, event{"Federated": "arn:aws:iam::111111111111:saml-provider/x"}, true},
		"a role that GitHub Actions take on":  {"ACTIVE", "arn:aws:iam::111111111111:role/prodgate/deploy/prodgate-deploy", false, github, false},
		"what somebody has put right":         {"RESOLVED", key, false, event{"AWS": "333333333333"}, false},
		"what somebody has archived":          {"ARCHIVED", key, false, event{"AWS": "333333333333"}, false},
		"what an analyzer that is gone found": {"ACTIVE", key, true, event{"AWS": "333333333333"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			detail := event{"status": c.status, "isDeleted": c.deleted, "resource": c.resource, "isPublic": false}
			if c.principal != nil {
				detail["principal"] = c.principal
			}
			e := event{"source": "aws.access-analyzer", "detail-type": "Access Analyzer Finding", "detail": detail}
			if got := patterntest.Matches(t, ExternalAccessPattern(stack("medium"), []string{key}), e); got != c.want {
				t.Errorf("is reported: %t", got)
			}
		})
	}
}

// TestFindings_DNSTypes holds the list against itself. GuardDuty makes the types of Runtime Monitoring after those of EC2 (Amazon
// GuardDuty User Guide, Runtime Monitoring finding types): each has one of the same name. Three need the DNS logs of EC2.
func TestFindings_DNSTypes(t *testing.T) {
	t.Parallel()
	ofLogsOnly := []string{"Impact:EC2/MaliciousDomainRequest.Custom", "Trojan:EC2/DGADomainRequest.B", "Trojan:EC2/DNSDataExfiltration"}
	for _, kind := range ofLogsOnly {
		if !slices.Contains(DNS, kind) {
			t.Errorf("%s is missing", kind)
		}
	}
	for _, kind := range DNS {
		twin := strings.Replace(kind, ":EC2/", ":Runtime/", 1)
		if twin == kind {
			twin = strings.Replace(kind, ":Runtime/", ":EC2/", 1)
		}
		if twin == kind || !slices.Contains(DNS, twin) && !slices.Contains(ofLogsOnly, kind) {
			t.Errorf("%s has no counterpart %s", kind, twin)
		}
	}
}

// TestFindings_FewRules fills each pattern to EventBridge's limit, 2,048 characters (Amazon EventBridge quotas), and no further.
func TestFindings_FewRules(t *testing.T) {
	t.Parallel()
	const limit = 2048
	two := func(length int) []string {
		return ContainedPatterns(stack("medium", "first", strings.Repeat("n", length)))
	}
	room := limit - len(two(1)[0]) + 1
	if patterns := two(room); len(patterns) != 1 || len(patterns[0]) != limit {
		t.Errorf("two clusters that fit are in %d patterns", len(patterns))
	}
	if patterns := two(room + 1); len(patterns) != 2 || !strings.Contains(patterns[0], `["first"]`) {
		t.Errorf("two clusters that do not fit are in %d patterns", len(patterns))
	}
	if patterns := ContainedPatterns(stack("medium", strings.Repeat("n", limit))); len(patterns) != 1 {
		t.Errorf("one cluster is in %d patterns", len(patterns))
	}
	if reported := ReportedPattern(stack("medium", "web")); !strings.Contains(reported, "C&CActivity") {
		t.Errorf("& is escaped, which needs room: %s", reported)
	}
}

// TestFindings_OtherEvents: what a normal run tells EventBridge of.
func TestFindings_OtherEvents(t *testing.T) {
	t.Parallel()
	s := stack("low", "web")
	external := event{"status": "ACTIVE", "isDeleted": false, "resource": "arn:aws:sns:eu-west-2:111111111111:prodgate-alerts", "principal": event{"AWS": "*"}}
	if !patterntest.Matches(t, ExternalAccessPattern(s, nil), event{"source": "aws.access-analyzer", "detail-type": "Access Analyzer Finding", "detail": external}) {
		t.Error("external access is not reported")
	}
	for _, e := range []event{
		{"source": "aws.codepipeline", "detail-type": "CodePipeline Pipeline Execution State Change", "detail": event{"state": "SUCCEEDED"}},
		{"source": "aws.codebuild", "detail-type": "CodeBuild Build State Change", "detail": event{"build-status": "SUCCEEDED"}},
		{"source": "aws.guardduty", "detail-type": "GuardDuty Runtime Protection Unhealthy", "detail": event{"severity": 9.0}},
		{"source": "company", "detail-type": "GuardDuty Finding", "detail": event{"type": DNS[0], "severity": 9.0}},
		{"source": "aws.access-analyzer", "detail-type": "Access Preview State Change", "detail": event{"status": "ACTIVE"}},
		{"source": "aws.access-analyzer", "detail-type": "Unused Access Finding for IAM entities", "detail": external},
		{"source": "company", "detail-type": "Access Analyzer Finding", "detail": external},
	} {
		if patterntest.Matches(t, ReportedPattern(s), e) || contained(t, s, e) > 0 || patterntest.Matches(t, ExternalAccessPattern(s, nil), e) {
			t.Errorf("%v is a finding", e)
		}
	}
}
