package proofs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// aboutDNS are GuardDuty's finding types about DNS, from its user guide once more: those
// of EC2 whose data source is DNS logs, and those of Runtime Monitoring.
var aboutDNS = strings.Fields(`
	Backdoor:EC2/C&CActivity.B!DNS CryptoCurrency:EC2/BitcoinTool.B!DNS Impact:EC2/AbusedDomainRequest.Reputation
	Impact:EC2/BitcoinDomainRequest.Reputation Impact:EC2/MaliciousDomainRequest.Custom Impact:EC2/MaliciousDomainRequest.Reputation
	Impact:EC2/SuspiciousDomainRequest.Reputation Trojan:EC2/BlackholeTraffic!DNS Trojan:EC2/DGADomainRequest.B
	Trojan:EC2/DGADomainRequest.C!DNS Trojan:EC2/DNSDataExfiltration Trojan:EC2/DriveBySourceTraffic!DNS Trojan:EC2/DropPoint!DNS
	Trojan:EC2/PhishingDomainRequest!DNS UnauthorizedAccess:EC2/MetadataDNSRebind
	Backdoor:Runtime/C&CActivity.B!DNS CryptoCurrency:Runtime/BitcoinTool.B!DNS Impact:Runtime/AbusedDomainRequest.Reputation
	Impact:Runtime/BitcoinDomainRequest.Reputation Impact:Runtime/MaliciousDomainRequest.Reputation
	Impact:Runtime/SuspiciousDomainRequest.Reputation Trojan:Runtime/BlackholeTraffic!DNS Trojan:Runtime/DGADomainRequest.C!DNS
	Trojan:Runtime/DriveBySourceTraffic!DNS Trojan:Runtime/DropPoint!DNS Trojan:Runtime/PhishingDomainRequest!DNS
	UnauthorizedAccess:Runtime/MetadataDNSRebind
`)

// guardDutys is a finding as GuardDuty gives it to EventBridge. Amazon GuardDuty User
// Guide, Processing GuardDuty findings with Amazon EventBridge; API Reference, Finding.
func guardDutys(account, kind string, severity float64, resource string) string {
	return fmt.Sprintf(`{"version": "0", "id": "cd2d702e-ab31-411b-9344-793ce56b1bc7", "detail-type": "GuardDuty Finding", "source": "aws.guardduty",
		"account": "%[1]s", "time": "2026-11-25T09:21:05Z", "region": "eu-west-2", "resources": [],
		"detail": {"schemaVersion": "2.0", "accountId": "%[1]s", "region": "eu-west-2", "partition": "aws", "id": "16afba5c5c43e07c9e3e5e2e544e95df",
			"arn": "arn:aws:guardduty:eu-west-2:%[1]s:detector/12abc34d567e8fa901bc2d34e56789f0/finding/16afba5c5c43e07c9e3e5e2e544e95df",
			"type": %[2]q, "resource": %[4]s, "severity": %[3]v, "createdAt": "2026-11-25T09:20:00.000Z", "updatedAt": "2026-11-25T09:21:00.000Z",
			"title": "Something asked for a name that is known.", "description": "…",
			"service": {"serviceName": "guardduty", "detectorId": "12abc34d567e8fa901bc2d34e56789f0", "count": 3, "archived": false,
				"eventFirstSeen": "2026-11-25T09:15:00.000Z", "eventLastSeen": "2026-11-25T09:19:00.000Z", "additionalInfo": {"sample": true}}}}`,
		account, kind, severity, resource)
}

// What findings are about.
const (
	anInstance  = `{"resourceType": "Instance", "instanceDetails": {"instanceId": "i-99999999"}}`
	itsRole     = `{"resourceType": "AccessKey", "accessKeyDetails": {"accessKeyId": "ASIA", "principalId": "AROA:x", "userType": "AssumedRole", "userName": "prodgate-backend-flask-build"}}`
	aRole       = `{"resourceType": "AccessKey", "accessKeyDetails": {"accessKeyId": "ASIA", "principalId": "AROA:x", "userType": "AssumedRole", "userName": "developer"}}`
	itsCluster  = `{"resourceType": "ECSCluster", "ecsClusterDetails": {"name": "cruddur", "arn": "arn:aws:ecs:eu-west-2:222222222222:cluster/cruddur", "status": "ACTIVE"}}`
	aCluster    = `{"resourceType": "ECSCluster", "ecsClusterDetails": {"name": "other", "arn": "arn:aws:ecs:eu-west-2:222222222222:cluster/other", "status": "ACTIVE"}}`
	itsBucket   = `{"resourceType": "S3Bucket", "s3BucketDetails": [{"name": "logs", "type": "Destination"}, {"name": "prodgate-artifacts-222222222222-eu-west-2", "type": "Destination"}]}`
	aBucket     = `{"resourceType": "S3Bucket", "s3BucketDetails": [{"name": "logs", "type": "Destination"}]}`
	notDNS      = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"
	outsideFind = `{"version": "0", "id": "22222222-dcba-4444-dcba-333333333333", "detail-type": "Access Analyzer Finding", "source": "aws.access-analyzer",
		"account": "222222222222", "time": "2026-11-25T09:30:00Z", "region": "eu-west-2", "resources": ["arn:aws:access-analyzer:eu-west-2:222222222222:analyzer/prodgate"],
		"detail": {"version": "1.0", "id": "22222222-dcba-4444-dcba-333333333333", "status": "STATUS", "resourceType": "TYPE", "resource": "RESOURCE",
			"createdAt": "2026-11-25T09:29:00Z", "analyzedAt": "2026-11-25T09:29:00Z", "updatedAt": "2026-11-25T09:29:30Z", "accountId": "222222222222",
			"region": "eu-west-2", "principal": PRINCIPAL, "action": ["s3:GetObject"], "condition": {}, "isDeleted": false, "isPublic": true}}`
)

// outside is a finding as IAM Access Analyzer gives it to EventBridge. IAM User Guide,
// Monitoring IAM Access Analyzer with Amazon EventBridge.
func outside(status, kind, resource, principal string) string {
	return strings.NewReplacer("STATUS", status, "TYPE", kind, "RESOURCE", resource, "PRINCIPAL", principal).Replace(outsideFind)
}

// ordinary are events of a normal run. CodePipeline User Guide, Monitoring CodePipeline
// events; CodeBuild User Guide, Build notifications input format reference; Amazon ECS
// Developer Guide, Amazon ECS service deployment state change events; CloudTrail's of a role.
var ordinary = []string{
	`{"source": "aws.codepipeline", "detail-type": "CodePipeline Pipeline Execution State Change", "detail": {"pipeline": "backend-flask-prodgate", "state": "SUCCEEDED"}}`,
	`{"source": "aws.codepipeline", "detail-type": "CodePipeline Action Execution State Change", "detail": {"pipeline": "backend-flask-prodgate", "state": "SUCCEEDED", "type": {"provider": "CodeBuild"}}}`,
	`{"source": "aws.codebuild", "detail-type": "CodeBuild Build State Change", "detail": {"project-name": "prodgate-backend-flask-build", "build-status": "SUCCEEDED"}}`,
	`{"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "detail": {"eventName": "SERVICE_DEPLOYMENT_COMPLETED"}}`,
	`{"source": "aws.ecr", "detail-type": "ECR Image Action", "detail": {"action-type": "PUSH", "repository-name": "prodgate/backend-flask"}}`,
	`{"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail", "detail": {"eventName": "ListBuckets", "userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"userName": "prodgate-deploy", "arn": "arn:aws:iam::222222222222:role/prodgate/deploy/prodgate-deploy"}}}}}`,
	`{"source": "aws.guardduty", "detail-type": "GuardDuty Runtime Protection Healthy", "detail": {"resourceDetails": {"ecsClusterDetails": {"clusterName": "cruddur"}}}}`,
	`{"source": "aws.access-analyzer", "detail-type": "Unused Access Finding for IAM entities", "detail": {"status": "ACTIVE", "resource": "arn:aws:iam::222222222222:role/prodgate/build/prodgate-backend-flask-build"}}`,
}

// TestAlerts_Findings asks the rules for findings, as they are deployed, about every type of
// finding that concerns DNS, about others, and about a normal run; and lets some arrive.
func TestAlerts_Findings(t *testing.T) {
	t.Parallel()
	w := newWorldUp(t, "prod", unprotected)
	rules := w.patterns("prodgate-findings", "prodgate-contained-findings-", "prodgate-external-access")
	finding := func(kind string, severity float64, resource string) string {
		return guardDutys(w.account(), kind, severity, resource)
	}
	key := w.readEstate().key("artifacts")

	type want struct{ told, contained, outside int }
	cases := map[string]want{}
	for _, kind := range aboutDNS {
		for _, resource := range []string{anInstance, itsCluster, aCluster} {
			cases[finding(kind, 2, resource)], cases[finding(kind, 8, resource)] = want{told: 1, contained: 1}, want{told: 1, contained: 1}
		}
	}
	for resource, ours := range map[string]int{anInstance: 0, itsRole: 1, aRole: 0, itsCluster: 1, aCluster: 0, itsBucket: 1, aBucket: 0} {
		for severity, severe := range map[float64]int{1: 0, 3.9: 0, 4: 1, 5: 1, 8.9: 1, 9.5: 1} { // medium, by default
			cases[finding(notDNS, severity, resource)] = want{told: severe, contained: severe * ours}
		}
	}
	somebody := `{"AWS": "333333333333"}`
	for event, n := range map[string]int{
		outside("ACTIVE", "AWS::S3::Bucket", "arn:aws:s3:::prodgate-artifacts-222222222222-eu-west-2", `{"AWS": "*"}`):  1,
		outside("ACTIVE", "AWS::KMS::Key", key, somebody):                                                               1,
		outside("ACTIVE", "AWS::IAM::Role", "arn:aws:iam::222222222222:role/prodgate/build/prodgate-x-build", somebody): 1,
		outside("ACTIVE", "AWS::ECR::Repository", "arn:aws:ecr:eu-west-2:222222222222:repository/prodgate/x", somebody): 1,
		outside("RESOLVED", "AWS::KMS::Key", key, somebody):                                                             0,
		outside("ACTIVE", "AWS::KMS::Key", "arn:aws:kms:eu-west-2:222222222222:key/another", somebody):                  0,
		outside("ACTIVE", "AWS::S3::Bucket", "arn:aws:s3:::logs", `{"AWS": "*"}`):                                       0,
		// What GitHub Actions are for.
		outside("ACTIVE", "AWS::IAM::Role", "arn:aws:iam::222222222222:role/prodgate/deploy/prodgate-deploy", `{"Federated": "`+oidcArn+`"}`): 0,
	} {
		cases[event] = want{outside: n}
	}
	for _, event := range ordinary {
		cases[enveloped(event)] = want{}
	}
	for _, event := range keys(cases) {
		got := want{}
		for name, pattern := range rules {
			if !w.matchesPattern(pattern, event) {
				continue
			}
			switch name {
			case "prodgate-findings":
				got.told++
			case "prodgate-external-access":
				got.outside++
			default:
				got.contained++
			}
		}
		if got != cases[event] {
			t.Errorf("matched %+v, want %+v:\n%s", got, cases[event], event)
		}
	}
	t.Logf("%d events × %d rules", len(cases), len(rules))

	// They arrive: one message each, and containment starts where it has to.
	read := w.inbox()
	for event, c := range map[string]struct {
		says    []string
		started int
	}{
		finding(aboutDNS[0], 8, anInstance): {[]string{
			"GuardDuty found: Something asked for a name that is known.", aboutDNS[0], "severity 8 of 10", "type Instance", "account 222222222222, eu-west-2",
			"seen 3 times", "2026-11-25T09:19:00.000Z", "Deployments are stopped", "finding 16afba5c5c43e07c9e3e5e2e544e95df",
		}, 1},
		finding(notDNS, 5, aRole):                         {[]string{notDNS, "severity 5 of 10"}, 0},
		finding(notDNS, 8, itsRole):                       {[]string{notDNS, "severity 8 of 10"}, 1},
		outside("ACTIVE", "AWS::KMS::Key", key, somebody): {[]string{"external access to " + key, "AWS::KMS::Key, public: true", "pulumi up"}, 0},
	} {
		before := w.contained()
		w.must(w.Cloud.Inject(t.Context(), json.RawMessage(event)))
		w.must(w.Cloud.WaitForEvents(t.Context()))
		// Containment's own has a subject, and comes when it is done.
		told := slices.DeleteFunc(read(), func(m message) bool { return m.Subject != "" })
		if len(told) != 1 {
			t.Errorf("is reported in %d messages: %s\n%v", len(told), event, told)
			continue
		}
		for _, says := range c.says {
			if !strings.Contains(told[0].Message, says) {
				t.Errorf("the message does not say %s: %s", says, told[0].Message)
			}
		}
		if strings.ContainsAny(told[0].Message, "<>") {
			t.Errorf("something is missing in the message: %s", told[0].Message)
		}
		if got := w.contained() - before; got != c.started {
			t.Errorf("containment started %d times, want %d: %s", got, c.started, event)
		}
	}
}

// enveloped is an event with all that EventBridge adds.
func enveloped(event string) string {
	return `{"version": "0", "id": "cd2d702e-ab31-411b-9344-793ce56b1bc7", "account": "222222222222", "time": "2026-11-25T09:21:05Z", "region": "eu-west-2", "resources": [], ` + event[1:]
}

// patterns are those of the rules that are called so, or begin so.
func (w *world) patterns(names ...string) map[string]string {
	w.Helper()
	found := map[string]string{}
	var rules []eventtypes.Rule
	for input := (eventbridge.ListRulesInput{}); ; {
		listed, err := w.aws.events.ListRules(w.Context(), &input)
		w.must(err)
		rules = append(rules, listed.Rules...)
		if input.NextToken = listed.NextToken; input.NextToken == nil {
			break
		}
	}
	for _, name := range names {
		n := len(found)
		for _, rule := range rules {
			if got := awssdk.ToString(rule.Name); got == name || strings.HasSuffix(name, "-") && strings.HasPrefix(got, name) {
				if rule.State != eventtypes.RuleStateEnabled {
					w.Errorf("%s is %s", got, rule.State)
				}
				found[got] = awssdk.ToString(rule.EventPattern)
			}
		}
		if len(found) == n {
			w.Fatalf("there is no rule %s", name)
		}
	}
	return found
}

// matchesPattern asks EventBridge.
func (w *world) matchesPattern(pattern, event string) bool {
	w.Helper()
	got, err := w.aws.events.TestEventPattern(w.Context(), &eventbridge.TestEventPatternInput{EventPattern: &pattern, Event: &event})
	if err != nil {
		w.Fatalf("%v: %s", err, event)
	}
	return got.Result
}

// contained is how many times containment has run.
func (w *world) contained() int {
	w.Helper()
	return len(w.executions(w.output("containmentArn")))
}

// executions are those of a state machine.
func (w *world) executions(machine string) (arns []string) {
	w.Helper()
	listed, err := w.aws.sfn.ListExecutions(w.Context(), &sfn.ListExecutionsInput{StateMachineArn: &machine})
	w.must(err)
	for _, e := range listed.Executions {
		arns = append(arns, awssdk.ToString(e.ExecutionArn))
	}
	return arns
}
