package cloud

import (
	"context"
	"errors"

	"prodgate/sandbox/emulators/github"
)

// Workload is the clusters, services and load balancers that an account has before the
// first update. The zero value is none.
type Workload struct {
	Region   string    `json:"region"`
	Services []Service `json:"services"`
}

// Service is a service of Amazon ECS. One with load balancers has the deployment controller
// CODE_DEPLOY.
type Service struct {
	Cluster       string         `json:"cluster"`
	Name          string         `json:"name"`
	Containers    []string       `json:"containers"`
	ExecutionRole string         `json:"executionRole"`
	TaskRole      string         `json:"taskRole"`
	LoadBalancers []LoadBalancer `json:"loadBalancers"`
}

// LoadBalancer sends traffic to a container of a service.
type LoadBalancer struct {
	// Listeners are the ARNs that settings name.
	Listeners    []string `json:"listeners"`
	TargetGroups []string `json:"targetGroups"`
	Container    string   `json:"container"`
	Port         int      `json:"port"`
}

func (c *Cloud) seedWorkload(ctx context.Context, w Workload) error {
	if len(w.Services) == 0 {
		return nil
	}
	return c.post(ctx, "workload", w)
}

// Seed adds what a changed configuration names to the running emulators.
func (c *Cloud) Seed(ctx context.Context, seed github.Seed, workload Workload, roles []string) error {
	var err error
	if c.github != nil {
		err = c.github.Seed(seed)
	}
	return errors.Join(err, c.seedRoles(ctx, roles), c.seedWorkload(ctx, workload))
}
