package detection

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/guardduty"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/settings"
)

// feature is one of GuardDuty's that watches what the gate has. Its DNS queries it reads
// without one.
type feature struct {
	name string
	// agents are who installs the agent of a feature that needs one, and whether
	// GuardDuty does.
	agents []agent
}

type agent struct {
	name string
	on   bool
}

// features are those of a detector that the gate makes. GuardDuty answers the agents in
// this order: in another, every preview would show a change.
var features = []feature{
	{name: "S3_DATA_EVENTS"}, // who reads artifacts and records, and from where
	{name: "RUNTIME_MONITORING", agents: []agent{
		// The gate has neither, and what other teams run there is theirs to pay for and to
		// install an agent in.
		{"EKS_ADDON_MANAGEMENT", false},
		{"EC2_AGENT_MANAGEMENT", false},
		// A sidecar in the tasks that the pipeline deploys, which nobody has to build in.
		{"ECS_FARGATE_AGENT_MANAGEMENT", true},
	}},
	{name: "LAMBDA_NETWORK_LOGS"}, // functions rotate secrets
}

// newDetector makes GuardDuty's detector, or returns the one that the gate adopts.
func newDetector(c component.Context, parent pulumi.Resource, adoptedID string) (pulumi.StringOutput, error) {
	if c.Settings.Detection.GuardDuty != settings.Create {
		return pulumi.String(adoptedID).ToStringOutput(), nil
	}
	made, err := guardduty.NewDetector(c.Ctx, c.ChildName("detector"), &guardduty.DetectorArgs{
		Enable:                     pulumi.Bool(true),
		FindingPublishingFrequency: pulumi.String("FIFTEEN_MINUTES"), // of repeated findings; a new finding is published at once
	}, pulumi.Parent(parent))
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	for _, f := range features {
		args := &guardduty.DetectorFeatureArgs{DetectorId: made.ID(), Name: pulumi.String(f.name), Status: status(true)}
		var agents guardduty.DetectorFeatureAdditionalConfigurationArray
		for _, a := range f.agents {
			agents = append(agents, guardduty.DetectorFeatureAdditionalConfigurationArgs{Name: pulumi.String(a.name), Status: status(a.on)})
		}
		if len(agents) > 0 {
			args.AdditionalConfigurations = agents
		}
		slug := strings.ToLower(strings.ReplaceAll(f.name, "_", "-"))
		if _, err := guardduty.NewDetectorFeature(c.Ctx, c.ChildName("detector-"+slug), args, pulumi.Parent(parent)); err != nil {
			return pulumi.StringOutput{}, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return made.ID().ToStringOutput(), nil
}

func status(on bool) pulumi.String {
	if on {
		return "ENABLED"
	}
	return "DISABLED"
}
