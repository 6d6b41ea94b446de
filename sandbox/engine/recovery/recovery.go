// Package recovery repairs a stack whose update was killed.
//
// The engine records each creation before it begins. After a kill only the cloud shows whether
// a pending resource exists: an existing one is added to the stack's state, and the next update
// creates the rest. The engine's own `pulumi refresh --import-pending-creates` (3.259) loses the
// resources that it imports.
package recovery

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"prodgate/sandbox/engine/stack"
)

// deployment is a stack's state. Only resources and pending operations are read; the rest stays
// unchanged.
type deployment struct {
	whole     map[string]any
	resources []any
	pending   []any
}

// operation is a creation that the engine recorded.
type operation struct {
	urn, kind string
	inputs    map[string]any
}

// Recover adds what a killed update created to the state. No other process may run on the
// stack: a remaining lock belongs to the killed run.
func Recover(ctx context.Context, s *stack.Stack, region string, log func(string, ...any)) error {
	if out, err := s.Command(ctx, "cancel", "--yes").CombinedOutput(); err != nil {
		return fmt.Errorf("cancel: %w\n%s", err, out)
	}
	state, err := export(ctx, s)
	if err != nil || len(state.pending) == 0 {
		return err
	}
	log("the last run was killed: looking for the %d resources that it was creating", len(state.pending))
	finder, err := newFinder(ctx, s.Cloud, region)
	if err != nil {
		return err
	}
	var imported []operation
	for _, entry := range state.pending {
		resource, op := pendingCreation(entry)
		if op == nil {
			continue // refresh reads the result of an update or a deletion
		}
		id, err := finder.findID(ctx, *op)
		if err != nil {
			return fmt.Errorf("%s: %w", op.urn, err)
		}
		if id != "" {
			log("found %s %s", op.kind, id)
			// A resource with only an id is read as an import.
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
	return restoreInputs(ctx, s, imported)
}

// importedNames are the inputs that an import reads with another value than the program's:
// GitHub's own id of a repository. A changed value would replace the resource.
var importedNames = map[string]string{"github:index/branchProtection:BranchProtection": "repositoryId"}

// restoreInputs sets such inputs back to the program's values.
func restoreInputs(ctx context.Context, s *stack.Stack, imported []operation) error {
	byURN := map[string]operation{}
	for _, op := range imported {
		if importedNames[op.kind] != "" {
			byURN[op.urn] = op
		}
	}
	if len(byURN) == 0 {
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
			if fields, ok := resource[side].(map[string]any); ok && byURN[urn].kind != "" {
				name := importedNames[byURN[urn].kind]
				fields[name] = byURN[urn].inputs[name]
			}
		}
	}
	return state.store(ctx, s)
}

// pendingCreation returns the resource of a pending creation in the cloud; nil for any other operation.
func pendingCreation(entry any) (map[string]any, *operation) {
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

// input returns an input of the resource that is a string.
func (op operation) input(name string) string {
	text, _ := op.inputs[name].(string)
	return text
}
