package account

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// The most that one call of Amazon ECS describes (API reference: DescribeClusters,
// DescribeServices).
const (
	maxClusters = 100
	maxServices = 10
)

func (r awsReader) ecs() (*ecs.Client, error) {
	cfg, err := r.load()
	if err != nil {
		return nil, err
	}
	return ecs.NewFromConfig(cfg, func(o *ecs.Options) { o.Retryer = adaptiveRetryer() }), nil
}

func (r awsReader) Clusters(ctx context.Context, names []string) ([]Cluster, error) {
	client, err := r.ecs()
	if err != nil {
		return nil, err
	}
	return callEach(slices.Collect(slices.Chunk(sortedUnique(names), maxClusters)), func(some []string) ([]Cluster, error) {
		// A cluster that does not exist is one of the failures, not an error.
		described, err := client.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: some})
		if err != nil {
			return nil, withAction(err)
		}
		var clusters []Cluster
		for _, c := range described.Clusters {
			clusters = append(clusters, Cluster{Name: aws.ToString(c.ClusterName), Status: aws.ToString(c.Status)})
		}
		return clusters, nil
	})
}

func (r awsReader) ClusterNames(ctx context.Context) ([]string, error) {
	client, err := r.ecs()
	if err != nil {
		return nil, err
	}
	var names []string
	pages := ecs.NewListClustersPaginator(client, &ecs.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, withAction(err)
		}
		names = append(names, namesOf(page.ClusterArns)...)
	}
	return names, nil
}

func (r awsReader) Services(ctx context.Context, names map[string][]string) ([]Service, error) {
	client, err := r.ecs()
	if err != nil {
		return nil, err
	}
	type batch struct {
		cluster string
		names   []string
	}
	var batches []batch
	for _, cluster := range slices.Sorted(maps.Keys(names)) {
		for some := range slices.Chunk(sortedUnique(names[cluster]), maxServices) {
			batches = append(batches, batch{cluster, some})
		}
	}
	return callEach(batches, func(b batch) ([]Service, error) {
		described, err := client.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &b.cluster, Services: b.names})
		if err != nil {
			return nil, withAction(err)
		}
		var services []Service
		for _, s := range described.Services {
			services = append(services, toService(b.cluster, s))
		}
		return services, nil
	})
}

// toService converts what ECS answers. A service that CodeDeploy deploys to runs the task
// definition of its primary task set.
func toService(cluster string, s types.Service) Service {
	described := Service{
		Cluster: cluster, Name: aws.ToString(s.ServiceName), Status: aws.ToString(s.Status), Desired: int(s.DesiredCount),
		Controller: string(types.DeploymentControllerTypeEcs), TaskDefinition: aws.ToString(s.TaskDefinition),
	}
	if s.DeploymentController != nil && s.DeploymentController.Type != "" {
		described.Controller = string(s.DeploymentController.Type)
	}
	loadBalancers := s.LoadBalancers
	for _, set := range s.TaskSets {
		if aws.ToString(set.Status) == "PRIMARY" {
			described.TaskDefinition = aws.ToString(set.TaskDefinition)
			if len(set.LoadBalancers) > 0 {
				loadBalancers = set.LoadBalancers
			}
		}
	}
	for _, b := range loadBalancers {
		described.Routes = append(described.Routes, Route{
			TargetGroup: aws.ToString(b.TargetGroupArn), Container: aws.ToString(b.ContainerName), Port: int(aws.ToInt32(b.ContainerPort)),
		})
	}
	return described
}

func (r awsReader) ServiceNames(ctx context.Context, cluster string) ([]string, error) {
	client, err := r.ecs()
	if err != nil {
		return nil, err
	}
	var names []string
	pages := ecs.NewListServicesPaginator(client, &ecs.ListServicesInput{Cluster: &cluster, MaxResults: aws.Int32(100)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, withAction(err)
		}
		names = append(names, namesOf(page.ServiceArns)...)
	}
	return names, nil
}

// TaskDefinitions makes a call for each ARN: ECS describes one task definition at a time.
func (r awsReader) TaskDefinitions(ctx context.Context, arns []string) (map[string]TaskDefinition, error) {
	client, err := r.ecs()
	if err != nil {
		return nil, err
	}
	type described struct {
		arn string
		TaskDefinition
	}
	all, err := callEach(sortedUnique(arns), func(arn string) ([]described, error) {
		got, err := client.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &arn})
		if err != nil {
			return nil, withAction(err)
		}
		d := got.TaskDefinition
		definition := TaskDefinition{ExecutionRole: aws.ToString(d.ExecutionRoleArn), TaskRole: aws.ToString(d.TaskRoleArn)}
		for _, c := range d.ContainerDefinitions {
			definition.Containers = append(definition.Containers, aws.ToString(c.Name))
		}
		return []described{{arn, definition}}, nil
	})
	if err != nil {
		return nil, err
	}
	definitions := map[string]TaskDefinition{}
	for _, one := range all {
		definitions[one.arn] = one.TaskDefinition
	}
	return definitions, nil
}
