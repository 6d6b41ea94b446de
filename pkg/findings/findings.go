// Package findings says which findings of GuardDuty and of IAM Access Analyzer people are
// told of, and which hold deployments back, as event patterns of EventBridge.
package findings

import (
	"encoding/json"
	"strings"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// DNS are the types of GuardDuty's findings about names that something in the account
// asked for: those made of DNS logs, and of what Runtime Monitoring sees of DNS (Amazon
// GuardDuty User Guide, EC2 finding types and Runtime Monitoring finding types). Whoever
// has got into a host has to find their way out of it, and asks for a name.
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

// aboutDNS matches these types and no others of what the gate has. It is for patterns
// that have no room for the list.
var aboutDNS = []string{"*DNS*", "*DomainRequest*"}

// leastOf is where each severity begins (Amazon GuardDuty User Guide, Severity levels of
// GuardDuty findings).
var leastOf = map[string]int{"low": 1, "medium": 4, "high": 7, "critical": 9}

// maxPattern is how long an event pattern may be, in characters (Amazon EventBridge
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

// one is a list of one matcher.
func one(operator string, value any) []any { return []any{pattern{operator: value}} }

// guardDuty is a pattern of its findings. Samples are among them: they are how to find
// out what happens.
func guardDuty(detail pattern) pattern {
	return pattern{"source": []string{"aws.guardduty"}, "detail-type": []string{"GuardDuty Finding"}, "detail": detail}
}

// severe matches the severities that settings name, and those above.
func severe(s *settings.Settings) []any {
	return one("numeric", []any{">=", leastOf[s.Detection.Severity]})
}

// Told is the pattern of what people are told of: findings about DNS, and others that
// are severe enough.
func Told(s *settings.Settings) string {
	return guardDuty(pattern{"$or": []any{pattern{"type": DNS}, pattern{"severity": severe(s)}}}).String()
}

// Contained are the patterns of what holds deployments back: findings about DNS,
// wherever in the account and region, and severe ones about the gate's own roles and
// buckets, and about the clusters that it deploys to. A finding matches one of them.
func Contained(s *settings.Settings) []string {
	name := one("prefix", s.Name+"-")
	all := []string{
		guardDuty(pattern{"type": DNS}).String(),
		others(s, pattern{"$or": []any{
			pattern{"resource": pattern{"accessKeyDetails": pattern{"userName": name}}},
			pattern{"resource": pattern{"s3BucketDetails": pattern{"name": name}}},
		}}).String(),
	}
	in := func(clusters []string) string {
		return others(s, pattern{"resource": pattern{"ecsClusterDetails": pattern{"name": clusters}}}).String()
	}
	var some []string
	for _, cluster := range clusters(s) {
		if len(some) > 0 && len(in(append(some, cluster))) > maxPattern {
			all, some = append(all, in(some)), nil
		}
		some = append(some, cluster)
	}
	return append(all, in(some))
}

// others are severe findings that are not about DNS.
func others(s *settings.Settings, detail pattern) pattern {
	detail["type"], detail["severity"] = one("anything-but", pattern{"wildcard": aboutDNS}), severe(s)
	return guardDuty(detail)
}

// clusters are those of the apps, each once.
func clusters(s *settings.Settings) []string {
	var all []string
	known := map[string]bool{}
	for _, app := range s.Apps {
		if !known[app.Cluster] {
			known[app.Cluster], all = true, append(all, app.Cluster)
		}
	}
	return all
}

// External is the pattern of what IAM Access Analyzer finds that somebody outside may
// reach: of what the gate has. GitHub Actions take on two of its roles from outside,
// which is what these are for; who changes such a trust, the catalogue tells of.
func External(s *settings.Settings, keys []string) string {
	p := naming.New(s)
	var parts []any
	for _, arn := range append([]string{p.Buckets(), p.AllRoles(), p.Repositories(), p.Secrets(), p.Topic().ARN, p.DeadLetters().ARN}, keys...) {
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
