package settings

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
)

// regions are the regions of each partition that the provider's SDK names, without the
// isolated partitions, from which GitHub cannot be reached.
var regions = map[string][]aws.Region{
	"aws": {
		aws.RegionAFSouth1,
		aws.RegionAPEast1,
		aws.RegionAPNortheast1, aws.RegionAPNortheast2, aws.RegionAPNortheast3,
		aws.RegionAPSouth1, aws.RegionAPSouth2,
		aws.RegionAPSoutheast1, aws.RegionAPSoutheast2, aws.RegionAPSoutheast3,
		aws.RegionAPSoutheast4, aws.RegionAPSoutheast5, aws.RegionAPSoutheast7,
		aws.RegionCACentral, aws.RegionCAWest1,
		aws.RegionEUCentral1, aws.RegionEUCentral2,
		aws.RegionEUNorth1,
		aws.RegionEUSouth1, aws.RegionEUSouth2,
		aws.RegionEUWest1, aws.RegionEUWest2, aws.RegionEUWest3,
		aws.RegionILCentral1,
		aws.RegionMECentral1, aws.RegionMESouth1,
		aws.RegionMXCentral1,
		aws.RegionSAEast1,
		aws.RegionUSEast1, aws.RegionUSEast2,
		aws.RegionUSWest1, aws.RegionUSWest2,
	},
	"aws-cn":     {aws.RegionCNNorth1, aws.RegionCNNorthwest1},
	"aws-us-gov": {aws.RegionUSGovEast1, aws.RegionUSGovWest1},
}

// Partition is the part of AWS that the region belongs to; ARNs begin with it.
// It is empty for an unknown region, which Decode refuses.
func (s *Settings) Partition() string {
	for partition, members := range regions {
		if slices.Contains(members, aws.Region(s.Region)) {
			return partition
		}
	}
	return ""
}

// GlobalRegion is where services without a region, such as IAM and Organizations, report
// calls to EventBridge (IAM User Guide, Logging IAM and AWS STS API calls). It is empty for
// an unknown region.
func (s *Settings) GlobalRegion() string {
	return map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}[s.Partition()]
}

// regionNames are the regions of all partitions, sorted.
func regionNames() []string {
	var names []string
	for _, members := range regions {
		for _, region := range members {
			names = append(names, string(region))
		}
	}
	slices.Sort(names)
	return names
}
