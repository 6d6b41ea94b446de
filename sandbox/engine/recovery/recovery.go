// Package recovery makes a stack whole after its update was killed.
//
// The engine notes each creation before it begins. What it began and did not
// see finished may exist or not, and only the cloud knows: what is there is
// taken into the stack's state, the rest is left to the next update. The engine's
// own `pulumi refresh --import-pending-creates` (3.259) loses what it is to import.
package recovery

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"prodgate/sandbox/engine/stack"
)

// deployment is a stack's state, as far as it is looked into. The rest is kept
// as it is.
type deployment struct {
	whole     map[string]any
	resources []any
	pending   []any
}

// operation is what the engine noted of a creation.
type operation struct {
	urn, kind string
	inputs    map[string]any
}

// Recover takes what a killed update created and did not record into the state.
// Nobody else may be running on the stack: a lock that is left is the killed
// run's.
func Recover(ctx context.Context, s *stack.Stack, region string, log func(string, ...any)) error {
	if out, err := s.Command(ctx, "cancel", "--yes").CombinedOutput(); err != nil {
		return fmt.Errorf("cancel: %w\n%s", err, out)
	}
	state, err := export(ctx, s)
	if err != nil || len(state.pending) == 0 {
		return err
	}
	log("the last run was killed: looking for what it was doing (%d)", len(state.pending))
	find, err := newFinder(ctx, s.Cloud, region)
	if err != nil {
		return err
	}
	var imported []operation
	for _, entry := range state.pending {
		resource, op := created(entry)
		if op == nil {
			continue // an update or a deletion: refresh sees how it ended
		}
		id, err := find.id(ctx, *op)
		if err != nil {
			return fmt.Errorf("%s: %w", op.urn, err)
		}
		if id != "" {
			log("found %s %s", op.kind, id)
			// With nothing but an id the provider reads it as an import does.
			resource["id"], resource["outputs"] = id, map[string]any{}
			state.resources = append(state.resources, resource)
			imported = append(imported, *op)
		}
	}
	if err := state.store(ctx, s); err != nil {
		return err
	}
	if out, err := s.Command(ctx, "refresh", "--yes").CombinedOutput(); err != nil {
		return fmt.Errorf("refresh: %w\n%s", err, out)
	}
	return reworded(ctx, s, imported)
}

// rewords are the inputs that an import reads in other words than the program's:
// GitHub's own id of a repository. A change of it would be a replacement.
var rewords = map[string]string{"github:index/branchProtection:BranchProtection": "repositoryId"}

// reworded gives such inputs the program's words back.
func reworded(ctx context.Context, s *stack.Stack, imported []operation) error {
	words := map[string]operation{} // by URN
	for _, op := range imported {
		if rewords[op.kind] != "" {
			words[op.urn] = op
		}
	}
	if len(words) == 0 {
		return nil
	}
	state, err := export(ctx, s)
	if err != nil {
		return err
	}
	for _, entry := range state.resources {
		resource, _ := entry.(map[string]any)
		urn, _ := resource["urn"].(string)
		for _, side := range []string{"inputs", "outputs"} {
			if fields, ok := resource[side].(map[string]any); ok && words[urn].kind != "" {
				name := rewords[words[urn].kind]
				fields[name] = words[urn].inputs[name]
			}
		}
	}
	return state.store(ctx, s)
}

// created is the resource of a pending creation that only the cloud knows of.
func created(entry any) (map[string]any, *operation) {
	fields, _ := entry.(map[string]any)
	resource, _ := fields["resource"].(map[string]any)
	kind, _ := resource["type"].(string)
	if fields["type"] != "creating" || strings.HasPrefix(kind, "pulumi:") || strings.HasPrefix(kind, "prodgate:") {
		return nil, nil
	}
	urn, _ := resource["urn"].(string)
	inputs, _ := resource["inputs"].(map[string]any)
	return resource, &operation{urn: urn, kind: kind, inputs: inputs}
}

// export reads the state.
func export(ctx context.Context, s *stack.Stack) (*deployment, error) {
	out, err := s.Command(ctx, "stack", "export").Output()
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	d := &deployment{}
	if err := json.Unmarshal(out, &d.whole); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	inner, _ := d.whole["deployment"].(map[string]any)
	d.resources, _ = inner["resources"].([]any)
	d.pending, _ = inner["pending_operations"].([]any)
	return d, nil
}

// store writes the state back, with nothing pending.
func (d *deployment) store(ctx context.Context, s *stack.Stack) error {
	inner, _ := d.whole["deployment"].(map[string]any)
	inner["resources"] = d.resources
	delete(inner, "pending_operations")
	text, err := json.Marshal(d.whole)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	cmd := s.Command(ctx, "stack", "import")
	cmd.Stdin = bytes.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("import: %w\n%s", err, out)
	}
	return nil
}

// input is a text among a resource's inputs.
func (op operation) input(name string) string {
	text, _ := op.inputs[name].(string)
	return text
}
