package cloud

import (
	"context"
	"errors"

	"prodgate/sandbox/emulators/github"
)

// Workload is what apps run on before a gate comes. The zero value is nothing.
type Workload struct {
	Region   string    `json:"region"`
	Services []Service `json:"services"`
}

// Service is a service of Amazon ECS. CodeDeploy deploys to one that is balanced.
type Service struct {
	Cluster       string    `json:"cluster"`
	Name          string    `json:"name"`
	Containers    []string  `json:"containers"`
	ExecutionRole string    `json:"executionRole"`
	TaskRole      string    `json:"taskRole"`
	Balanced      []Balance `json:"balanced"`
}

// Balance is how a load balancer reaches a container.
type Balance struct {
	// Listeners are ARNs: settings choose them.
	Listeners    []string `json:"listeners"`
	TargetGroups []string `json:"targetGroups"`
	Container    string   `json:"container"`
	Port         int      `json:"port"`
}

func (c *Cloud) seedWorkload(ctx context.Context, w Workload) error {
	if len(w.Services) == 0 {
		return nil
	}
	return c.tell(ctx, "workload", w)
}

// Seed adds what a changed configuration names to emulators that run.
func (c *Cloud) Seed(ctx context.Context, seed github.Seed, workload Workload, roles []string) error {
	var err error
	if c.github != nil {
		err = c.github.Seed(seed)
	}
	return errors.Join(err, c.seedRoles(ctx, roles), c.seedWorkload(ctx, workload))
}
