// Package findings has the EventBridge event patterns of the GuardDuty and IAM Access Analyzer findings that are reported
// to people, and of those that start containment.
package findings

import (
	"encoding/json"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// DNS are GuardDuty's finding types about DNS queries, made of DNS logs and by Runtime Monitoring (Amazon GuardDuty User
// Guide, EC2 finding types and Runtime Monitoring finding types). An attacker on a host needs DNS to reach the outside.
var DNS = []string{
	"Backdoor:EC2/C&CActivity.B!DNS",
	"CryptoCurrency:EC2/BitcoinTool.B!DNS",
	"Impact:EC2/AbusedDomainRequest.Reputation",
	"Impact:EC2/BitcoinDomainRequest.Reputation",
	"Impact:EC2/MaliciousDomainRequest.Custom", // of a list of your own
	"Impact:EC2/MaliciousDomainRequest.Reputation",
	"Impact:EC2/SuspiciousDomainRequest.Reputation",
	"Trojan:EC2/BlackholeTraffic!DNS",
	"Trojan:EC2/DGADomainRequest.B",
	"Trojan:EC2/DGADomainRequest.C!DNS",
	"Trojan:EC2/DNSDataExfiltration",
	"Trojan:EC2/DriveBySourceTraffic!DNS",
	"Trojan:EC2/DropPoint!DNS",
	"Trojan:EC2/PhishingDomainRequest!DNS",
	"UnauthorizedAccess:EC2/MetadataDNSRebind",

	"Backdoor:Runtime/C&CActivity.B!DNS",
	"CryptoCurrency:Runtime/BitcoinTool.B!DNS",
	"Impact:Runtime/AbusedDomainRequest.Reputation",
	"Impact:Runtime/BitcoinDomainRequest.Reputation",
	"Impact:Runtime/MaliciousDomainRequest.Reputation",
	"Impact:Runtime/SuspiciousDomainRequest.Reputation",
	"Trojan:Runtime/BlackholeTraffic!DNS",
	"Trojan:Runtime/DGADomainRequest.C!DNS",
	"Trojan:Runtime/DriveBySourceTraffic!DNS",
	"Trojan:Runtime/DropPoint!DNS",
	"Trojan:Runtime/PhishingDomainRequest!DNS",
	"UnauthorizedAccess:Runtime/MetadataDNSRebind",
}

// dnsWildcards match the types of DNS, for patterns that have no room for the list.
var dnsWildcards = []string{"*DNS*", "*DomainRequest*"}

// lowestOf is the lowest value of each severity (Amazon GuardDuty User Guide, Severity levels of GuardDuty findings).
var lowestOf = map[string]int{"low": 1, "medium": 4, "high": 7, "critical": 9}

// maxPattern is the most characters of an event pattern (Amazon EventBridge
// quotas, Event pattern size).
const maxPattern = 2048

// pattern is the JSON of an event pattern.
type pattern map[string]any

func (p pattern) String() string {
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // & and > count once
	_ = e.Encode(p)        // of texts and numbers only
	return strings.TrimSpace(text.String())
}

// matcher is a list of one matcher.
func matcher(operator string, value any) []any { return []any{pattern{operator: value}} }

// guardDuty is a pattern of GuardDuty findings. Sample findings match too, so that people can test the alerts.
func guardDuty(detail pattern) pattern {
	return pattern{"source": []string{"aws.guardduty"}, "detail-type": []string{"GuardDuty Finding"}, "detail": detail}
}

// severe matches the severity of the settings, and those above.
func severe(s *settings.Settings) []any {
	return matcher("numeric", []any{">=", lowestOf[s.Detection.Severity]})
}

// ReportedPattern matches the findings that are reported: those about DNS, and others that are severe.
func ReportedPattern(s *settings.Settings) string {
	return guardDuty(pattern{"$or": []any{pattern{"type": DNS}, pattern{"severity": severe(s)}}}).String()
}

// ContainedPatterns match the findings that start containment: those about DNS anywhere in the account and region, and
// severe ones about the gate's roles and buckets and the apps' clusters. A finding matches one of them; there is more than
// one where the clusters need the room.
func ContainedPatterns(s *settings.Settings) []string {
	name := matcher("prefix", s.Name+"-")
	first := func(clusters []string) string {
		return guardDuty(pattern{"$or": []any{
			pattern{"type": append(matcher("wildcard", dnsWildcards[0]), matcher("wildcard", dnsWildcards[1])...)},
			severeExceptDNS(s, pattern{"resource": pattern{"accessKeyDetails": pattern{"userName": name}}}),
			severeExceptDNS(s, pattern{"resource": pattern{"s3BucketDetails": pattern{"name": name}}}),
			severeExceptDNS(s, inClusters(clusters)),
		}}).String()
	}
	next := func(clusters []string) string { return guardDuty(severeExceptDNS(s, inClusters(clusters))).String() }
	var all []string
	var some []string
	text := first
	for _, cluster := range s.Clusters() {
		if len(some) > 0 && len(text(append(some, cluster))) > maxPattern {
			all, some, text = append(all, text(some)), nil, next
		}
		some = append(some, cluster)
	}
	return append(all, text(some))
}

func inClusters(clusters []string) pattern {
	return pattern{"resource": pattern{"ecsClusterDetails": pattern{"name": clusters}}}
}

// severeExceptDNS matches severe findings that are not about DNS.
func severeExceptDNS(s *settings.Settings, detail pattern) pattern {
	detail["type"], detail["severity"] = matcher("anything-but", pattern{"wildcard": dnsWildcards}), severe(s)
	return detail
}

// ExternalAccessPattern matches IAM Access Analyzer's findings of external access to the gate's resources. GitHub Actions
// assume two of its roles from outside, which is intended; the catalogue reports changes of their trust policies.
func ExternalAccessPattern(s *settings.Settings, keys []string) string {
	p := naming.New(s)
	var parts []any
	for _, arn := range append([]string{p.Buckets(), p.AllRoles(), p.Repositories(), p.Secrets(), p.Topic().ARN, p.SecondTopic().ARN, p.DeadLetters().ARN}, keys...) {
		parts = append(parts, pattern{"wildcard": arn})
	}
	return pattern{
		"source": []string{"aws.access-analyzer"}, "detail-type": []string{"Access Analyzer Finding"},
		"detail": pattern{
			"status": []string{"ACTIVE"}, "isDeleted": []bool{false}, "resource": parts,
			"principal": pattern{"Federated": []any{pattern{"exists": false}, pattern{"anything-but": pattern{"suffix": naming.OIDCHost}}}},
		},
	}.String()
}
