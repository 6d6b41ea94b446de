// Package recovery makes a stack whole after its update was killed.
//
// The engine notes each creation before it begins. What it began and did not
// see finished may exist or not, and only the cloud knows: what is there is
// imported, the rest is made by the next update. On a real account `pulumi
// refresh` asks a person the same question for each resource.
package recovery

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"prodgate/sandbox/stack"
)

// operation is what the engine noted.
type operation struct {
	Type     string
	Resource struct {
		URN, Type string
		Inputs    map[string]any
	}
}

// Recover imports what a killed update created and did not record. Nobody else
// may be running on the stack: a lock that is left is the killed run's.
func Recover(ctx context.Context, s *stack.Stack, region string, log func(string, ...any)) error {
	if out, err := s.Command(ctx, "cancel", "--yes").CombinedOutput(); err != nil {
		return fmt.Errorf("cancel: %w\n%s", err, out)
	}
	pending, err := pending(ctx, s)
	if err != nil || len(pending) == 0 {
		return err
	}
	log("the last run was killed: looking for what it was creating (%d)", len(pending))
	find, err := newFinder(ctx, s.Cloud, region)
	if err != nil {
		return err
	}
	args := []string{"refresh", "--yes", "--clear-pending-creates"}
	for _, op := range pending {
		id, err := find.id(ctx, op)
		if err != nil {
			return fmt.Errorf("%s: %w", op.Resource.URN, err)
		}
		if id != "" {
			log("found %s %s", op.Resource.Type, id)
			args = append(args, "--import-pending-creates", op.Resource.URN, "--import-pending-creates", id)
		}
	}
	if out, err := s.Command(ctx, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("refresh: %w\n%s", err, out)
	}
	return nil
}

// pending reads the creations that were begun and not finished.
func pending(ctx context.Context, s *stack.Stack) ([]operation, error) {
	out, err := s.Command(ctx, "stack", "export").Output()
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	var export struct {
		Deployment struct {
			Pending []operation `json:"pending_operations"`
		}
	}
	if err := json.Unmarshal(out, &export); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	var creations []operation
	for _, op := range export.Deployment.Pending {
		if op.Type == "creating" && !strings.HasPrefix(op.Resource.Type, "pulumi:") && !strings.HasPrefix(op.Resource.Type, "prodgate:") {
			creations = append(creations, op)
		}
	}
	return creations, nil
}

// input is a text among a resource's inputs.
func (op operation) input(name string) string {
	text, _ := op.Resource.Inputs[name].(string)
	return text
}
