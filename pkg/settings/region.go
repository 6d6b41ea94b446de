package settings

import "slices"

// regions are the regions of each partition that the provider's SDK knows. Isolated partitions
// are left out: GitHub cannot be reached from them.
var regions = map[string][]string{
	"aws": {
		"af-south-1",
		"ap-east-1",
		"ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
		"ap-south-1", "ap-south-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
		"ap-southeast-4", "ap-southeast-5", "ap-southeast-7",
		"ca-central-1", "ca-west-1",
		"eu-central-1", "eu-central-2",
		"eu-north-1",
		"eu-south-1", "eu-south-2",
		"eu-west-1", "eu-west-2", "eu-west-3",
		"il-central-1",
		"me-central-1", "me-south-1",
		"mx-central-1",
		"sa-east-1",
		"us-east-1", "us-east-2",
		"us-west-1", "us-west-2",
	},
	"aws-cn":     {"cn-north-1", "cn-northwest-1"},
	"aws-us-gov": {"us-gov-east-1", "us-gov-west-1"},
}

// Partition is the region's partition of AWS, with which ARNs begin. It is empty for an
// unknown region, which Decode refuses.
func (s *Settings) Partition() string {
	for partition, members := range regions {
		if slices.Contains(members, s.Region) {
			return partition
		}
	}
	return ""
}

// GlobalRegion is the region in which global services, such as IAM and Organizations, report
// calls to EventBridge (IAM User Guide, Logging IAM and AWS STS API calls). It is empty for
// an unknown region.
func (s *Settings) GlobalRegion() string {
	return map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}[s.Partition()]
}

// regionNames are the regions of all partitions, sorted.
func regionNames() []string {
	var names []string
	for _, members := range regions {
		names = append(names, members...)
	}
	slices.Sort(names)
	return names
}
