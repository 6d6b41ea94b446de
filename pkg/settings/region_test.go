package settings

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
)

// TestSettings_RegionsAreTheProviders compares the names of the regions with the constants of the provider's SDK.
func TestSettings_RegionsAreTheProviders(t *testing.T) {
	t.Parallel()
	var want []string
	for _, region := range []aws.Region{
		aws.RegionAFSouth1,
		aws.RegionAPEast1,
		aws.RegionAPNortheast1,
		aws.RegionAPNortheast2,
		aws.RegionAPNortheast3,
		aws.RegionAPSouth1,
		aws.RegionAPSouth2,
		aws.RegionAPSoutheast1,
		aws.RegionAPSoutheast2,
		aws.RegionAPSoutheast3,
		aws.RegionAPSoutheast4,
		aws.RegionAPSoutheast5,
		aws.RegionAPSoutheast7,
		aws.RegionCACentral,
		aws.RegionCAWest1,
		aws.RegionEUCentral1,
		aws.RegionEUCentral2,
		aws.RegionEUNorth1,
		aws.RegionEUSouth1,
		aws.RegionEUSouth2,
		aws.RegionEUWest1,
		aws.RegionEUWest2,
		aws.RegionEUWest3,
		aws.RegionILCentral1,
		aws.RegionMECentral1,
		aws.RegionMESouth1,
		aws.RegionMXCentral1,
		aws.RegionSAEast1,
		aws.RegionUSEast1,
		aws.RegionUSEast2,
		aws.RegionUSWest1,
		aws.RegionUSWest2,
		aws.RegionCNNorth1,
		aws.RegionCNNorthwest1,
		aws.RegionUSGovEast1,
		aws.RegionUSGovWest1,
	} {
		want = append(want, string(region))
	}
	slices.Sort(want)
	if got := regionNames(); !slices.Equal(got, want) {
		t.Errorf("the regions are\n%q, want\n%q", got, want)
	}
}
