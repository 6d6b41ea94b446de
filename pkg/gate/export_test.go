package gate

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/settings"
)

// Findings are the rules for findings alone, in a stack whose containment is a state
// machine of an ARN; empty for none.
func Findings(s *settings.Settings, machineArn string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		c := component.New(ctx, s, "gate")
		b := builder{c: c, ctx: ctx, settings: s, plan: c.Names}
		role, err := iam.NewRole(ctx, "gate-dispatcher", &iam.RoleArgs{Name: pulumi.String("dispatcher"), AssumeRolePolicy: pulumi.String("{}")})
		if err != nil {
			return err
		}
		parent, err := b.group(component.DetectionType, nil, "gate-detection")
		if err != nil {
			return err
		}
		told := &alerts{TopicArn: pulumi.String("topic").ToStringOutput(), DeadLettersArn: pulumi.String("queue").ToStringOutput()}
		var answer *containment
		if machineArn != "" {
			answer = &containment{machineArn: pulumi.String(machineArn).ToStringOutput()}
		}
		return b.findings(parent, told, &dispatcher{Role: role, Attached: []pulumi.Resource{role}}, answer)
	}
}
