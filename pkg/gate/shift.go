package gate

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codedeploy"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// shifter is CodeDeploy's role, where an app's traffic is shifted.
type shifter struct {
	role     *iam.Role
	attached []pulumi.Resource
}

func (b builder) shifter(parent pulumi.Resource) (*shifter, error) {
	if !b.anyApps(isShifted) {
		return nil, nil
	}
	role, attached, err := b.role(parent, duty{
		name: b.called("shift"), duty: naming.Shift,
		// CodeDeploy User Guide, Cross-service confused deputy prevention: the ARN is the group's.
		trust: b.byService("codedeploy.amazonaws.com", b.plan.DeploymentGroups()),
		may:   func(settings.App) policydoc.Document { return b.shiftsTraffic() },
	})
	if err != nil {
		return nil, err
	}
	return &shifter{role, attached}, nil
}

// deployment makes what CodeDeploy knows of an app; nothing where ECS deploys by itself.
func (b builder) deployment(parent pulumi.Resource, app settings.App) ([]pulumi.Resource, error) {
	if !isShifted(app) {
		return nil, nil
	}
	at, child, d := b.plan.Deployments(app.Name), pulumi.Parent(parent), app.Deployment
	application, err := codedeploy.NewApplication(b.ctx, b.called(app.Name), &codedeploy.ApplicationArgs{
		Name: pulumi.String(at.Name), ComputePlatform: pulumi.String("ECS"),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("application: %w", err)
	}
	events, alarms := []string{"DEPLOYMENT_FAILURE"}, codedeploy.DeploymentGroupAlarmConfigurationPtrInput(nil)
	if len(d.Alarms) > 0 {
		events = append(events, "DEPLOYMENT_STOP_ON_ALARM")
		alarms = codedeploy.DeploymentGroupAlarmConfigurationArgs{Enabled: pulumi.Bool(true), Alarms: pulumi.ToStringArray(d.Alarms)}
	}
	var tried codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoTestTrafficRoutePtrInput
	if d.TestListenerArn != "" {
		tried = codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoTestTrafficRouteArgs{
			ListenerArns: pulumi.ToStringArray([]string{d.TestListenerArn}),
		}
	}
	var groups codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoTargetGroupArray
	for _, name := range d.TargetGroups {
		groups = append(groups, codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoTargetGroupArgs{Name: pulumi.String(name)})
	}
	group, err := codedeploy.NewDeploymentGroup(b.ctx, b.called(app.Name), &codedeploy.DeploymentGroupArgs{
		AppName: application.Name, DeploymentGroupName: pulumi.String(at.Name), ServiceRoleArn: b.shift.role.Arn,
		DeploymentConfigName: pulumi.String(d.Config),
		DeploymentStyle: codedeploy.DeploymentGroupDeploymentStyleArgs{
			DeploymentType: pulumi.String("BLUE_GREEN"), DeploymentOption: pulumi.String("WITH_TRAFFIC_CONTROL"),
		},
		EcsService: codedeploy.DeploymentGroupEcsServiceArgs{
			ClusterName: pulumi.String(app.Cluster), ServiceName: pulumi.String(app.Service),
		},
		LoadBalancerInfo: codedeploy.DeploymentGroupLoadBalancerInfoArgs{
			TargetGroupPairInfo: codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoArgs{
				ProdTrafficRoute: codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoProdTrafficRouteArgs{
					ListenerArns: pulumi.ToStringArray([]string{d.ListenerArn}),
				},
				TestTrafficRoute: tried, TargetGroups: groups,
			},
		},
		BlueGreenDeploymentConfig: codedeploy.DeploymentGroupBlueGreenDeploymentConfigArgs{
			DeploymentReadyOption: codedeploy.DeploymentGroupBlueGreenDeploymentConfigDeploymentReadyOptionArgs{
				ActionOnTimeout: pulumi.String("CONTINUE_DEPLOYMENT"),
			},
			TerminateBlueInstancesOnDeploymentSuccess: codedeploy.DeploymentGroupBlueGreenDeploymentConfigTerminateBlueInstancesOnDeploymentSuccessArgs{
				Action: pulumi.String("TERMINATE"), TerminationWaitTimeInMinutes: pulumi.Int(d.TerminationMinutes),
			},
		},
		AutoRollbackConfiguration: codedeploy.DeploymentGroupAutoRollbackConfigurationArgs{
			Enabled: pulumi.Bool(true), Events: pulumi.ToStringArray(events),
		},
		AlarmConfiguration: alarms,
	}, child, pulumi.DependsOn(b.shift.attached))
	if err != nil {
		return nil, fmt.Errorf("deployment group: %w", err)
	}
	return []pulumi.Resource{group}, nil
}

// shifts is the action by which CodeDeploy deploys.
func (b builder) shifts(app settings.App) action {
	at := b.plan.Deployments(app.Name)
	return action{
		name: "Service", category: "Deploy", provider: "CodeDeployToECS", in: []string{releaseArtifact}, namespace: pulumi.String("Deploy"),
		configuration: pulumi.StringMap{
			"ApplicationName":                pulumi.String(at.Name),
			"DeploymentGroupName":            pulumi.String(at.Name),
			"TaskDefinitionTemplateArtifact": pulumi.String(releaseArtifact),
			"TaskDefinitionTemplatePath":     pulumi.String(buildspec.TaskDefinition),
			"AppSpecTemplateArtifact":        pulumi.String(releaseArtifact),
			"AppSpecTemplatePath":            pulumi.String(buildspec.AppSpec),
			"Image1ArtifactName":             pulumi.String(releaseArtifact),
			"Image1ContainerName":            pulumi.String(buildspec.ImagePlaceholder),
		},
	}
}

// startsDeployments is what a pipeline's role needs to deploy by CodeDeploy. CodePipeline
// User Guide, Amazon ECS and CodeDeploy blue-green deploy action reference. alone is whether
// no other statement lets it register a task definition.
func (b builder) startsDeployments(app settings.App, alone bool) policydoc.Document {
	may := policydoc.Document{
		{
			Sid:       "Deployments",
			Actions:   []string{"codedeploy:CreateDeployment", "codedeploy:GetDeployment"},
			Resources: policydoc.On(b.plan.Deployment(app.Name).ARN),
		},
		{
			Sid:       "Revisions",
			Actions:   []string{"codedeploy:GetApplication", "codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"},
			Resources: policydoc.On(b.plan.Deployments(app.Name).ARN),
		},
		{
			Sid:       "DeploymentConfigurations",
			Actions:   []string{"codedeploy:GetDeploymentConfig"},
			Resources: policydoc.On(b.plan.DeploymentConfigs()),
		},
	}
	if alone {
		may = append(may, policydoc.Statement{Sid: "TaskDefinitions", Actions: []string{"ecs:RegisterTaskDefinition"}, Resources: policydoc.On("*")})
	}
	return may
}

// shiftsTraffic is what CodeDeploy needs. CodeDeploy User Guide, Create a service role for
// CodeDeploy: AWSCodeDeployRoleForECS, less what hooks and topics would need.
func (b builder) shiftsTraffic() policydoc.Document {
	var services, taskSets, listeners, rules, roles, alarms []string
	for _, app := range b.settings.Apps {
		if !isShifted(app) {
			continue
		}
		services = append(services, b.plan.Service(app.Cluster, app.Service))
		taskSets = append(taskSets, b.plan.TaskSets(app.Cluster, app.Service))
		for _, arn := range app.Deployment.Listeners() {
			listeners, rules = append(listeners, arn), append(rules, naming.RulesOf(arn))
		}
		roles = append(roles, passed(app)...)
		for _, name := range app.Deployment.Alarms {
			alarms = append(alarms, b.plan.Alarm(name))
		}
	}
	may := policydoc.Document{
		{Sid: "Services", Actions: []string{"ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"}, Resources: policydoc.On(once(services)...)},
		{Sid: "TaskSets", Actions: []string{"ecs:CreateTaskSet", "ecs:DeleteTaskSet"}, Resources: policydoc.On(once(taskSets)...)},
		{
			Sid: "LoadBalancers",
			Actions: []string{
				"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTargetGroups",
			},
			Resources: policydoc.On("*"),
		},
		{Sid: "Listeners", Actions: []string{"elasticloadbalancing:ModifyListener"}, Resources: policydoc.On(once(listeners)...)},
		{Sid: "Rules", Actions: []string{"elasticloadbalancing:ModifyRule"}, Resources: policydoc.On(once(rules)...)},
		b.passes(once(roles)),
	}
	if len(alarms) > 0 {
		may = append(may, policydoc.Statement{Sid: "Alarms", Actions: []string{"cloudwatch:DescribeAlarms"}, Resources: policydoc.On(once(alarms)...)})
	}
	return may
}

// passes lets a role give these to the tasks of a service.
func (b builder) passes(roles []string) policydoc.Statement {
	return policydoc.Statement{
		Sid:        "PassTaskRoles",
		Actions:    []string{"iam:PassRole"},
		Resources:  policydoc.On(roles...),
		Conditions: []policydoc.Condition{policydoc.Is("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com")},
	}
}

// passed are the roles of an app's tasks.
func passed(app settings.App) []string {
	if app.TaskRoleArn == "" || app.TaskRoleArn == app.ExecutionRoleArn {
		return []string{app.ExecutionRoleArn}
	}
	return []string{app.ExecutionRoleArn, app.TaskRoleArn}
}

// once are texts, each once, sorted.
func once(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }
