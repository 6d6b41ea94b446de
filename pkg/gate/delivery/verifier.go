package delivery

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/knownstate/archive"
	"prodgate/pkg/naming"
	"prodgate/pkg/pipeline"
)

// addKnownStateCheck makes the function that compares the live gate with its known state: the schedule invokes it,
// and each pipeline before its deployment.
func (d *Delivery) addKnownStateCheck(parent pulumi.Resource) error {
	c := d.c
	group, err := c.NewGroup(component.KnownStateType, parent, c.ChildName("known-state"))
	if err != nil {
		return err
	}
	d.checkGroup = group
	check, err := d.Model.CheckFunction()
	if err != nil {
		return err
	}
	spec, isThere := d.Model.Role(check.Role)
	if !isThere {
		return fmt.Errorf("the function has no role %s", check.Role)
	}
	role, err := d.newSharedRole(group, spec)
	if err != nil {
		return err
	}
	function, err := d.newFunction(check, role)
	if err != nil {
		return fmt.Errorf("function: %w", err)
	}
	d.projects = append(d.projects, function)
	if err := d.addSchedule(function); err != nil {
		return err
	}
	return d.addCheckAlarms(function)
}

// newFunction makes the function and its log group.
func (d *Delivery) newFunction(check pipeline.LambdaFunction, role *identity.Role) (*lambda.Function, error) {
	c, child, name := d.c, pulumi.Parent(d.checkGroup), d.c.ChildName(naming.Verifier)
	group, err := cloudwatch.NewLogGroup(c.Ctx, name, &cloudwatch.LogGroupArgs{
		Name:            pulumi.String(c.Names.LogGroupOf(check.Named).Name),
		RetentionInDays: pulumi.Int(c.Settings.Retention.LogDays),
		KmsKeyId:        d.Store.LogsKey.Arn,
	}, child)
	if err != nil {
		return nil, fmt.Errorf("log group: %w", err)
	}
	variables := pulumi.StringMap{}
	for _, v := range check.Variables {
		variables[v.Name] = d.parts.input(v.Value)
	}
	args := &lambda.FunctionArgs{
		Name:          pulumi.String(check.Name),
		Description:   pulumi.String(check.Description),
		Role:          role.Arn,
		Runtime:       pulumi.String(archive.Runtime),
		Architectures: pulumi.ToStringArray([]string{archive.Architecture}),
		Handler:       pulumi.String(archive.Handler),
		Code:          pulumi.NewFileArchive(d.Function.Path),
		// The provider compares the hash: an archive of the same source has the same everywhere.
		SourceCodeHash: pulumi.String(d.Function.SHA256),
		Timeout:        pulumi.Int(check.Minutes * 60),
		MemorySize:     pulumi.Int(check.MemoryMB),
		Environment:    lambda.FunctionEnvironmentArgs{Variables: variables},
		LoggingConfig:  lambda.FunctionLoggingConfigArgs{LogFormat: pulumi.String("Text"), LogGroup: group.Name},
	}
	// Lambda checks that it can assume the role. A function without permission to log reports no error.
	made, err := lambda.NewFunction(c.Ctx, name, args, child, pulumi.DependsOn(role.Attached))
	if err != nil {
		return nil, err
	}
	d.records = append(d.records, baseline.Record{Kind: knownstate.Function, Inputs: args})
	return made, nil
}

// addSchedule invokes the check by the clock.
func (d *Delivery) addSchedule(function *lambda.Function) error {
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
	permission := &lambda.PermissionArgs{
		StatementId: pulumi.String("Schedule"), Function: function.Name, Action: pulumi.String("lambda:InvokeFunction"),
		// The schedule is one of the gate's rules. Those of the catalogue invoke the check on events.
		Principal: pulumi.String("events.amazonaws.com"), SourceArn: pulumi.String(c.Names.Rules()),
	}
	// A statement cannot be changed, and its id is the same.
	allowed, err := lambda.NewPermission(c.Ctx, name, permission, child, pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return fmt.Errorf("permission of the schedule: %w", err)
	}
	d.check = &alerting.CheckTarget{FunctionArn: function.Arn, Ready: []pulumi.Resource{allowed}}
	target := &cloudwatch.EventTargetArgs{
		Rule: rule.Name, TargetId: pulumi.String(naming.Verifier), Arn: function.Arn,
		DeadLetterConfig: cloudwatch.EventTargetDeadLetterConfigArgs{Arn: d.Alerts.DeadLettersArn},
	}
	if _, err := cloudwatch.NewEventTarget(c.Ctx, name, target, child, pulumi.DependsOn(append([]pulumi.Resource{allowed}, d.Alerts.Ready...))); err != nil {
		return fmt.Errorf("schedule target: %w", err)
	}
	d.records = append(d.records, baseline.Record{Kind: knownstate.Rule, Inputs: schedule}, baseline.Record{Kind: knownstate.Target, Inputs: target},
		baseline.Record{Kind: knownstate.FunctionPermission(c.Names.CheckFunction().ARN), Inputs: permission})
	return nil
}

// Check is the function as a target of rules.
func (d *Delivery) Check() *alerting.CheckTarget { return d.check }

// addCheckAlarms publish an alert where the check fails or does not run, beside the alerts that the check itself
// publishes: it may not get so far.
func (d *Delivery) addCheckAlarms(function *lambda.Function) error {
	c := d.c
	for _, alarm := range []struct {
		name                          string
		at                            naming.Named
		description, metric, operator string
		seconds, periods, threshold   int
		missing                       string
	}{
		{
			"check-errors", c.Names.CheckErrorsAlarm(), "The check of the known state failed: its log is in " + c.Names.LogGroupOf(c.Names.CheckFunction()).Name,
			"Errors", "GreaterThanThreshold", 60, 1, 0, "notBreaching",
		},
		{
			// Lambda counts no invocation of a function that is throttled, nor where nothing invokes it.
			"check-missed", c.Names.CheckMissedAlarm(), "The check of the known state did not run: see the rule " + c.Names.Check().Name + " and the function's concurrency",
			"Invocations", "LessThanThreshold", c.Settings.Detection.CheckMinutes * 60, 2, 1, "breaching",
		},
	} {
		if _, err := cloudwatch.NewMetricAlarm(c.Ctx, c.ChildName(alarm.name), &cloudwatch.MetricAlarmArgs{
			Name:               pulumi.String(alarm.at.Name),
			AlarmDescription:   pulumi.String(alarm.description),
			Namespace:          pulumi.String("AWS/Lambda"),
			MetricName:         pulumi.String(alarm.metric),
			Dimensions:         pulumi.StringMap{"FunctionName": function.Name},
			Statistic:          pulumi.String("Sum"),
			Period:             pulumi.Int(alarm.seconds),
			EvaluationPeriods:  pulumi.Int(alarm.periods),
			ComparisonOperator: pulumi.String(alarm.operator),
			Threshold:          pulumi.Float64(float64(alarm.threshold)),
			TreatMissingData:   pulumi.String(alarm.missing),
			AlarmActions:       pulumi.Array{d.Alerts.TopicArn},
		}, pulumi.Parent(d.checkGroup)); err != nil {
			return fmt.Errorf("alarm %s: %w", alarm.name, err)
		}
	}
	return nil
}

// Shared are the records of what all apps share, of the rooms that made it, by subject.
type Shared struct {
	// Delivery are those beside the room's own, Alerts those of rules and topics, Access those of keys, roles and who is trusted.
	Delivery, Alerts, Access baseline.Records
	// Roles are all of the gate's.
	Roles []naming.Role
}

// StoreKnownState stores what all apps share when all of it has been made.
func (d *Delivery) StoreKnownState(of Shared) (*ssm.Parameter, error) {
	at, shared := d.c.Names.KnownState(""), d.c.Names.SharedState("")
	var apps, roles []string
	for _, app := range d.c.Settings.Apps {
		apps = append(apps, d.c.Names.KnownState(app.Name).Name)
	}
	for _, role := range of.Roles {
		roles = append(roles, role.Path+role.Name)
	}
	alerts, err := baseline.StoreShared(d.c, d.checkGroup, "alerts", of.Alerts)
	if err != nil {
		return nil, err
	}
	access, err := baseline.StoreShared(d.c, d.checkGroup, "access", of.Access, knownstate.Roles(d.c.Names.RolePath(), roles))
	if err != nil {
		return nil, err
	}
	made, err := baseline.Store(d.c, d.checkGroup, baseline.Parameter{
		Name: d.c.ChildName("known-state"), At: at, Tier: baseline.Advanced, Description: "Known state of what all apps share",
	}, slices.Concat(d.records, of.Delivery), knownstate.Names(at.Name, apps), knownstate.Names(shared.Name, slices.Concat(alerts, access)))
	if err != nil {
		return nil, err
	}
	return made, d.c.RegisterOutputs(d.checkGroup, pulumi.Map{"parameter": made.Name})
}
