package account

import "context"

// WorkloadReader describes what the apps of a gate run on. Each method takes many names
// at once: a preview of a thousand apps must not make a call for each.
type WorkloadReader interface {
	// Clusters describes those of the named clusters that exist.
	Clusters(ctx context.Context, names []string) ([]Cluster, error)
	// ClusterNames lists the clusters of the region.
	ClusterNames(context.Context) ([]string, error)
	// Services describes those of the named services that exist; names are by cluster.
	Services(ctx context.Context, names map[string][]string) ([]Service, error)
	// ServiceNames lists the services of a cluster.
	ServiceNames(ctx context.Context, cluster string) ([]string, error)
	// TaskDefinitions describes task definitions by ARN.
	TaskDefinitions(ctx context.Context, arns []string) (map[string]TaskDefinition, error)
	// LoadBalancers lists the ARNs of the region's load balancers.
	LoadBalancers(context.Context) ([]string, error)
	// Listeners lists the listeners of a load balancer that exists.
	Listeners(ctx context.Context, loadBalancer string) ([]Listener, error)
	// TargetGroups lists the target groups of the region.
	TargetGroups(context.Context) ([]TargetGroup, error)
	// Roles describes those of the named roles that exist, as ARNs by name.
	Roles(ctx context.Context, names []string) (map[string]string, error)
	// Files lists the files of folders of CodeCommit repositories, by name. A folder of a
	// branch that does not exist is left out; one that does not exist has none.
	Files(ctx context.Context, folders []Folder) (map[Folder][]string, error)
}

// Folder is a folder of a branch of a CodeCommit repository. Its path begins with "/".
type Folder struct{ Repository, Branch, Path string }

// Cluster is a cluster of Amazon ECS.
type Cluster struct {
	Name string
	// Status is ACTIVE, or what ECS says of a cluster that nothing can be deployed to.
	Status string
}

// Service is a service of Amazon ECS.
type Service struct {
	Cluster, Name string
	// Status is ACTIVE, DRAINING or INACTIVE: ECS describes a deleted service for a while.
	Status  string
	Desired int
	// Controller is the type of the deployment controller: ECS, CODE_DEPLOY or EXTERNAL.
	Controller string
	// TaskDefinition is the ARN of the one that runs.
	TaskDefinition string
	Routes         []Route
}

// Route is how a load balancer reaches the tasks of a service.
type Route struct {
	TargetGroup, Container string
	Port                   int
}

// TaskDefinition is a revision of a task definition.
type TaskDefinition struct {
	Containers []string
	// ExecutionRole and TaskRole are ARNs, or names; empty for none.
	ExecutionRole, TaskRole string
}

// Listener is a listener of a load balancer.
type Listener struct {
	ARN  string
	Port int
}

// TargetGroup is a target group of Elastic Load Balancing.
type TargetGroup struct {
	Name, ARN string
	// LoadBalancers are the ARNs of those that send traffic to it.
	LoadBalancers []string
}
