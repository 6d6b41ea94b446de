// Package response makes the state machines that stop deployments and that release them.
package response

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
	"prodgate/pkg/states"
)

// Response is what holds deployments back. Its outputs are empty where settings want another
// response.
type Response struct {
	// ContainmentArn is the state machine that holds deployments back.
	ContainmentArn pulumi.StringOutput
	// ReleaseCommand releases the deployments of all pipelines.
	ReleaseCommand pulumi.StringOutput
	// Starts is the target by which a rule starts containment; nil where nothing contains.
	Starts *alerting.StepFunctionsTarget
	// Records are those of the permission boundaries.
	Records baseline.Records
}

// New makes the state machine that stops deployments and the one that releases
// them, each with a role that may do just that. The machines call AWS themselves:
// they have no code to patch.
//
// They do not log: to deliver logs, a machine's role must be allowed to change log
// deliveries and resource policies of the whole account, on * (AWS Step Functions
// Developer Guide, Using CloudWatch Logs to log execution history). Step Functions keeps
// what each execution did for 90 days.
func New(c component.Context, parent pulumi.Resource, boundaries *identity.Boundaries, alerts *alerting.Alerts, eventBridgeRole *identity.Role) (*Response, error) {
	if c.Settings.Detection.Response != settings.Contain {
		none := pulumi.String("").ToStringOutput()
		return &Response{ContainmentArn: none, ReleaseCommand: none}, nil
	}
	group, err := c.NewGroup(component.ContainType, parent, c.ChildName("containment"))
	if err != nil {
		return nil, err
	}
	contain, err := newStateMachine(c, group, boundaries, naming.Containment, containmentMachine(c), alerts, policydoc.Document{
		{
			Sid:       "CloseDeploy",
			Actions:   []string{"codepipeline:DisableStageTransition"},
			Resources: policydoc.On(c.Names.DeployStages()),
		},
		{
			Sid:       "StopRuns",
			Actions:   []string{"codepipeline:ListPipelineExecutions", "codepipeline:StopPipelineExecution"},
			Resources: policydoc.On(c.Names.Pipelines()),
		},
		{
			// IAM does not tell one inline policy from another. What it could write into a
			// role, the role's boundary limits to its duty.
			Sid:       "RevokeSessions",
			Actions:   []string{"iam:PutRolePolicy"},
			Resources: policydoc.On(c.Names.Roles(naming.Pipeline), c.Names.Roles(naming.Build)),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("containment: %w", err)
	}
	release, err := newStateMachine(c, group, boundaries, naming.Release, releaseMachine(c), alerts, policydoc.Document{
		{
			Sid:       "OpenDeploy",
			Actions:   []string{"codepipeline:EnableStageTransition"},
			Resources: policydoc.On(c.Names.DeployStages()),
		},
		{
			Sid:       "AllowSessions",
			Actions:   []string{"iam:DeleteRolePolicy"},
			Resources: policydoc.On(c.Names.Roles(naming.Pipeline), c.Names.Roles(naming.Build)),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	response := &Response{
		ContainmentArn: contain.Arn, ReleaseCommand: pulumi.String(releaseCommand(c)).ToStringOutput(),
		Starts:  &alerting.StepFunctionsTarget{MachineArn: contain.Arn, Role: eventBridgeRole},
		Records: append(contain.records, release.records...),
	}
	return response, c.RegisterOutputs(group, pulumi.Map{"containmentArn": response.ContainmentArn})
}

// stateMachine is a state machine with the records of its role's boundary.
type stateMachine struct {
	*sfn.StateMachine
	records baseline.Records
}

// newStateMachine makes the state machine of a duty, and its role, which publishes what the
// machine did.
func newStateMachine(c component.Context, parent pulumi.Resource, boundaries *identity.Boundaries, duty string, machine states.Machine,
	alerts *alerting.Alerts, permissions policydoc.Document) (*stateMachine, error) {
	definition, err := machine.Text()
	if err != nil {
		return nil, err
	}
	name, at := c.ChildName(duty), c.Names.Machine(duty)
	role, err := boundaries.NewRole(c, parent, identity.RoleSpec{
		Name: name, Duty: duty, Trust: identity.TrustService(c, "states.amazonaws.com", at.ARN),
		Permissions: append(permissions, alerts.PublishPermissions(c, "PublishRecord")...),
	})
	if err != nil {
		return nil, err
	}
	made, err := sfn.NewStateMachine(c.Ctx, name, &sfn.StateMachineArgs{
		Name:       pulumi.String(at.Name),
		Type:       pulumi.String("STANDARD"),
		RoleArn:    role.Arn,
		Definition: pulumi.String(definition),
	}, pulumi.Parent(parent), pulumi.DependsOn(role.Attached))
	if err != nil {
		return nil, fmt.Errorf("state machine: %w", err)
	}
	return &stateMachine{made, role.AllRecords()}, nil
}
