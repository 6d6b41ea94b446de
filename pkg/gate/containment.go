package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
	"prodgate/pkg/states"
)

// containment holds deployments back. It is nil where the response is another.
type containment struct {
	// machineArn is the state machine that contains.
	machineArn pulumi.StringOutput
	// releaseCommand lets the deployments of all pipelines go on.
	releaseCommand pulumi.StringOutput
}

// outputs are empty where nothing contains.
func (c *containment) outputs() (machineArn, releaseCommand pulumi.StringOutput) {
	if c == nil {
		none := pulumi.String("").ToStringOutput()
		return none, none
	}
	return c.machineArn, c.releaseCommand
}

// containment makes the state machine that holds deployments back and the one that lets
// them go on, each with a role that may do just that. The machines call AWS themselves:
// there is no code in them that would have to be patched.
//
// They do not log: to deliver logs, a machine's role has to be allowed to change log
// deliveries and resource policies of the whole account, on * (AWS Step Functions
// Developer Guide, Using CloudWatch Logs to log execution history). Step Functions keeps
// what each execution did for 90 days.
func (b builder) containment(parent pulumi.Resource, alerts *alerts) (*containment, error) {
	if b.settings.Detection.Response != settings.Contain {
		return nil, nil
	}
	group, err := b.group(component.ContainType, parent, b.called("containment"))
	if err != nil {
		return nil, err
	}
	contains, err := b.machine(group, naming.Containment, b.contains(), alerts, policydoc.Document{
		{
			Sid:       "CloseDeploy",
			Actions:   []string{"codepipeline:DisableStageTransition"},
			Resources: policydoc.On(b.plan.DeployStages()),
		},
		{
			Sid:       "StopRuns",
			Actions:   []string{"codepipeline:ListPipelineExecutions", "codepipeline:StopPipelineExecution"},
			Resources: policydoc.On(b.plan.Pipelines()),
		},
		{
			// IAM does not tell one inline policy from another. What it could write into a
			// role, the role's boundary limits to its duty.
			Sid:       "CutSessionsOff",
			Actions:   []string{"iam:PutRolePolicy"},
			Resources: policydoc.On(b.plan.Roles(naming.Pipeline), b.plan.Roles(naming.Build)),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("containment: %w", err)
	}
	if _, err := b.machine(group, naming.Release, b.releases(), alerts, policydoc.Document{
		{
			Sid:       "OpenDeploy",
			Actions:   []string{"codepipeline:EnableStageTransition"},
			Resources: policydoc.On(b.plan.DeployStages()),
		},
		{
			Sid:       "LetSessionsGoOn",
			Actions:   []string{"iam:DeleteRolePolicy"},
			Resources: policydoc.On(b.plan.Roles(naming.Pipeline), b.plan.Roles(naming.Build)),
		},
	}); err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	return &containment{contains.Arn, pulumi.String(b.releaseCommand()).ToStringOutput()}, nil
}

// machine makes the state machine of a duty, and its role, which tells of what it did.
func (b builder) machine(parent pulumi.Resource, of string, m states.Machine, alerts *alerts, may policydoc.Document) (*sfn.StateMachine, error) {
	definition, err := m.Text()
	if err != nil {
		return nil, err
	}
	name, at := b.called(of), b.plan.Machine(of)
	role, attached, err := b.role(parent, duty{
		name: name, duty: of, trust: b.byService("states.amazonaws.com", at.ARN),
		may: func(settings.App) policydoc.Document { return append(may, b.publishes("Tell", alerts)...) },
	})
	if err != nil {
		return nil, err
	}
	made, err := sfn.NewStateMachine(b.ctx, name, &sfn.StateMachineArgs{
		Name:       pulumi.String(at.Name),
		Type:       pulumi.String("STANDARD"),
		RoleArn:    role.Arn,
		Definition: pulumi.String(definition),
	}, pulumi.Parent(parent), pulumi.DependsOn(attached))
	if err != nil {
		return nil, fmt.Errorf("state machine: %w", err)
	}
	return made, nil
}
