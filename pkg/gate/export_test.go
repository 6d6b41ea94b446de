package gate

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// Findings are the rules for findings alone, in a stack whose containment is a state
// machine of an ARN; empty for none.
func Findings(s *settings.Settings, machineArn string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		b := builder{ctx: ctx, settings: s, plan: naming.New(s), name: "gate", stock: &stock{keys: map[string]*kms.Key{}}}
		role, err := iam.NewRole(ctx, "gate-dispatcher", &iam.RoleArgs{Name: pulumi.String("dispatcher"), AssumeRolePolicy: pulumi.String("{}")})
		if err != nil {
			return err
		}
		parent, err := b.group(DetectionType, nil, "gate-detection")
		if err != nil {
			return err
		}
		told := &alerts{topicArn: pulumi.String("topic").ToStringOutput(), deadLettersArn: pulumi.String("queue").ToStringOutput()}
		var answer *containment
		if machineArn != "" {
			answer = &containment{machineArn: pulumi.String(machineArn).ToStringOutput()}
		}
		return b.findings(parent, told, &dispatcher{role, []pulumi.Resource{role}}, answer)
	}
}
