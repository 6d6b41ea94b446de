package delivery

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codebuild"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/pipeline"
)

// addKnownStateCheck makes what compares the live gate with its known state, by the clock and
// before each deployment.
func (d *Delivery) addKnownStateCheck(parent pulumi.Resource) error {
	c := d.c
	group, err := c.NewGroup(component.KnownStateType, parent, c.ChildName("known-state"))
	if err != nil {
		return err
	}
	d.checkGroup = group
	spec, isThere := d.Model.Role(naming.Verifier)
	if !isThere {
		return fmt.Errorf("no row has a project of the role %s", naming.Verifier)
	}
	role, err := d.newSharedRole(group, spec)
	if err != nil {
		return err
	}
	byClock, err := d.Model.ScheduledCheck()
	if err != nil {
		return err
	}
	scheduled, records, err := d.newProject(group, byClock, role, nil)
	if err != nil {
		return err
	}
	d.records = append(d.records, records...)
	projects, err := d.Model.SharedProjects()
	if err != nil {
		return err
	}
	for _, project := range projects {
		if project.Role != naming.Verifier {
			continue
		}
		made, records, err := d.newProject(group, project, role, nil)
		if err != nil {
			return fmt.Errorf("before deployments: %w", err)
		}
		d.projects, d.records = append(d.projects, made), append(d.records, records...)
	}
	if err := d.addSchedule(scheduled); err != nil {
		return err
	}
	return d.addCheckAlert(byClock)
}

// addCheckAlert publishes an alert where the check fails, beside those that the check itself
// publishes: it may not get so far.
func (d *Delivery) addCheckAlert(check pipeline.CodeBuildProject) error {
	return d.Alerts.NewRule(d.c, d.checkGroup, alerting.Rule{
		Name:        "check-failed",
		Description: "The check of the known state failed or could not be made",
		Pattern: pulumi.JSONMarshal(map[string]any{
			"source":      []string{"aws.codebuild"},
			"detail-type": []string{"CodeBuild Build State Change"},
			"detail": map[string]any{
				"project-name": []string{check.Name},
				"build-status": []string{"FAILED", "FAULT", "STOPPED", "TIMED_OUT"},
			},
		}),
		Paths: map[string]string{
			"status": "$.detail.build-status", "time": "$.time", "log": "$.detail.additional-information.logs.deep-link",
		},
		Message: "The check of the known state of " + d.c.Names.Gate + " is <status> at <time>: a part differs from the known state, or could not be read. The log: <log>",
	})
}

// addSchedule starts the check by the clock.
func (d *Delivery) addSchedule(project *codebuild.Project) error {
	c, child, name := d.c, pulumi.Parent(d.checkGroup), d.c.ChildName("check")
	schedule := &cloudwatch.EventRuleArgs{
		Name:               pulumi.String(c.Names.Check().Name),
		Description:        pulumi.String("The known state is compared"),
		ScheduleExpression: pulumi.String(fmt.Sprintf("rate(%d minutes)", c.Settings.Detection.CheckMinutes)),
	}
	rule, err := cloudwatch.NewEventRule(c.Ctx, name, schedule, child)
	if err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	target := &cloudwatch.EventTargetArgs{
		Rule: rule.Name, TargetId: pulumi.String("verifier"), Arn: project.Arn, RoleArn: d.EventBridgeRole.Arn,
	}
	if _, err := cloudwatch.NewEventTarget(c.Ctx, name, target, child, pulumi.DependsOn(d.EventBridgeRole.Attached)); err != nil {
		return fmt.Errorf("schedule target: %w", err)
	}
	d.records = append(d.records, baseline.Record{Kind: knownstate.Schedule, Inputs: schedule}, baseline.Record{Kind: knownstate.Target, Inputs: target})
	return nil
}

// StoreKnownState stores what all apps share, with the records of other rooms, when all of it
// has been made.
func (d *Delivery) StoreKnownState(others baseline.Records) (*ssm.Parameter, error) {
	at := d.c.Names.KnownState("")
	var names []string
	for _, app := range d.c.Settings.Apps {
		names = append(names, d.c.Names.KnownState(app.Name).Name)
	}
	made, err := baseline.Store(d.c, d.checkGroup, baseline.Parameter{
		Name: d.c.ChildName("known-state"), At: at, Tier: baseline.Advanced, Description: "Known state of what all apps share",
	}, slices.Concat(d.records, others), knownstate.Names(at.Name, names))
	if err != nil {
		return nil, err
	}
	return made, d.c.RegisterOutputs(d.checkGroup, pulumi.Map{"parameter": made.Name})
}
