package account

import "context"

// WorkloadReader describes the clusters, services, load balancers, roles and files that settings
// of apps name. Each method takes many names at once, and makes as few calls as AWS allows.
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
	// Listeners lists the listeners of load balancers that exist.
	Listeners(ctx context.Context, loadBalancers []string) ([]Listener, error)
	// TargetGroups lists the target groups of the region.
	TargetGroups(context.Context) ([]TargetGroup, error)
	// Roles describes those of the named roles that exist, as ARNs by name.
	Roles(ctx context.Context, names []string) (map[string]string, error)
	// Files lists the names of the files in folders of CodeCommit repositories. A folder of a
	// repository or branch that does not exist is left out; a folder that does not exist has no files.
	Files(ctx context.Context, folders []Folder) (map[Folder][]string, error)
}

// Folder is a folder of a branch of a CodeCommit repository. Its path begins with "/".
type Folder struct{ Repository, Branch, Path string }

// Cluster is a cluster of Amazon ECS.
type Cluster struct {
	Name string
	// Status is ACTIVE where tasks can run (Amazon ECS API, Cluster).
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
	// TaskDefinition is the ARN of the task definition that the service runs.
	TaskDefinition string
	Routes         []Route
}

// Route is a load balancer entry of a service: the container and port that a target group sends traffic to.
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
	// LoadBalancer is the ARN of its load balancer.
	LoadBalancer, ARN string
	Port              int
}

// TargetGroup is a target group of Elastic Load Balancing.
type TargetGroup struct {
	Name, ARN string
	// LoadBalancers are the ARNs of the load balancers that send traffic to the group.
	LoadBalancers []string
}
