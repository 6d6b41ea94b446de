package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
	"github.com/blang/semver"
)

func main() {
	policyx.Main(func(*pulumi.Context) (policyx.PolicyPack, error) {
		return policyx.NewPolicyPack("prodgate", semver.MustParse("1.0.0"), policyx.EnforcementLevelMandatory, nil)
	})
}
