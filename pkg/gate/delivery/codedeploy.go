package delivery

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codedeploy"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/pipeline"
	"prodgate/pkg/settings"
)

// newDeploymentGroup makes what CodeDeploy deploys an app with; nothing where ECS replaces the
// tasks.
func (d *Delivery) newDeploymentGroup(parent pulumi.Resource, app settings.App) ([]pulumi.Resource, error) {
	if !pipeline.IsBlueGreen(app) {
		return nil, nil
	}
	c, at, child, deployment := d.c, d.c.Names.Deployments(app.Name), pulumi.Parent(parent), app.Deployment
	application, err := codedeploy.NewApplication(c.Ctx, c.ChildName(app.Name), &codedeploy.ApplicationArgs{
		Name: pulumi.String(at.Name), ComputePlatform: pulumi.String("ECS"),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("application: %w", err)
	}
	events, alarms := []string{"DEPLOYMENT_FAILURE"}, codedeploy.DeploymentGroupAlarmConfigurationPtrInput(nil)
	if len(deployment.Alarms) > 0 {
		events = append(events, "DEPLOYMENT_STOP_ON_ALARM")
		alarms = codedeploy.DeploymentGroupAlarmConfigurationArgs{Enabled: pulumi.Bool(true), Alarms: pulumi.ToStringArray(deployment.Alarms)}
	}
	var testRoute codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoTestTrafficRoutePtrInput
	if deployment.TestListenerArn != "" {
		testRoute = codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoTestTrafficRouteArgs{
			ListenerArns: pulumi.ToStringArray([]string{deployment.TestListenerArn}),
		}
	}
	var groups codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoTargetGroupArray
	for _, name := range deployment.TargetGroups {
		groups = append(groups, codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoTargetGroupArgs{Name: pulumi.String(name)})
	}
	group, err := codedeploy.NewDeploymentGroup(c.Ctx, c.ChildName(app.Name), &codedeploy.DeploymentGroupArgs{
		AppName: application.Name, DeploymentGroupName: pulumi.String(at.Name), ServiceRoleArn: d.codeDeploy.Arn,
		DeploymentConfigName: pulumi.String(deployment.Config),
		DeploymentStyle: codedeploy.DeploymentGroupDeploymentStyleArgs{
			DeploymentType: pulumi.String("BLUE_GREEN"), DeploymentOption: pulumi.String("WITH_TRAFFIC_CONTROL"),
		},
		EcsService: codedeploy.DeploymentGroupEcsServiceArgs{
			ClusterName: pulumi.String(app.Cluster), ServiceName: pulumi.String(app.Service),
		},
		LoadBalancerInfo: codedeploy.DeploymentGroupLoadBalancerInfoArgs{
			TargetGroupPairInfo: codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoArgs{
				ProdTrafficRoute: codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoProdTrafficRouteArgs{
					ListenerArns: pulumi.ToStringArray([]string{deployment.ListenerArn}),
				},
				TestTrafficRoute: testRoute, TargetGroups: groups,
			},
		},
		BlueGreenDeploymentConfig: codedeploy.DeploymentGroupBlueGreenDeploymentConfigArgs{
			DeploymentReadyOption: codedeploy.DeploymentGroupBlueGreenDeploymentConfigDeploymentReadyOptionArgs{
				ActionOnTimeout: pulumi.String("CONTINUE_DEPLOYMENT"),
			},
			TerminateBlueInstancesOnDeploymentSuccess: codedeploy.DeploymentGroupBlueGreenDeploymentConfigTerminateBlueInstancesOnDeploymentSuccessArgs{
				Action: pulumi.String("TERMINATE"), TerminationWaitTimeInMinutes: pulumi.Int(deployment.TerminationMinutes),
			},
		},
		AutoRollbackConfiguration: codedeploy.DeploymentGroupAutoRollbackConfigurationArgs{
			Enabled: pulumi.Bool(true), Events: pulumi.ToStringArray(events),
		},
		AlarmConfiguration: alarms,
	}, child, pulumi.DependsOn(d.codeDeploy.Attached))
	if err != nil {
		return nil, fmt.Errorf("deployment group: %w", err)
	}
	return []pulumi.Resource{group}, nil
}
