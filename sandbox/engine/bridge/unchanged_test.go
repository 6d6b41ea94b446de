package bridge

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
)

// TestRefresh_KeepsWhatIsUnchanged refreshes a resource: fields that Terraform adds are no
// change, and every other difference is a change.
func TestRefresh_KeepsWhatIsUnchanged(t *testing.T) {
	t.Parallel()
	const role = "aws:iam/role:Role"
	const exclusive = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
	for name, c := range map[string]struct {
		token               string
		inputs, state, read map[string]any
		changed             bool
	}{
		"nothing": {role, map[string]any{}, map[string]any{"name": "r"}, map[string]any{"name": "r"}, false},
		"an empty block": {role, map[string]any{}, map[string]any{"name": "r", "x": []any{map[string]any{"y": true}}},
			map[string]any{"name": "r", "tags": map[string]any{}, "x": []any{map[string]any{"y": true, "z": []any{}}}}, false},
		"an empty block that is gone": {role, map[string]any{}, map[string]any{"name": "r", "tags": map[string]any{}},
			map[string]any{"name": "r"}, false},
		"a note of the bridge": {role, map[string]any{}, map[string]any{"name": "r"},
			map[string]any{"name": "r", "__pulumi_raw_state_delta": map[string]any{"obj": true}}, false},
		"an item of a list, though empty": {role, map[string]any{}, map[string]any{"filters": []any{}},
			map[string]any{"filters": []any{map[string]any{}}}, true},
		"a value":         {role, map[string]any{}, map[string]any{"name": "r"}, map[string]any{"name": "s"}, true},
		"a value, to ''":  {role, map[string]any{}, map[string]any{"name": "r"}, map[string]any{"name": ""}, true},
		"a tag":           {role, map[string]any{}, map[string]any{"name": "r"}, map[string]any{"name": "r", "tags": map[string]any{"a": "b"}}, true},
		"another's value": {role, map[string]any{}, map[string]any{}, map[string]any{"managedPolicyArns": []any{"a"}}, false},
		"another's value that this one declares": {role, map[string]any{"managedPolicyArns": []any{"b"}},
			map[string]any{"managedPolicyArns": []any{"b"}}, map[string]any{"managedPolicyArns": []any{"a"}}, true},
		"the order of a set":  {exclusive, map[string]any{}, map[string]any{"policyArns": []any{"a", "b"}}, map[string]any{"policyArns": []any{"b", "a"}}, false},
		"an item of a set":    {exclusive, map[string]any{}, map[string]any{"policyArns": []any{"a", "b"}}, map[string]any{"policyArns": []any{"a"}}, true},
		"the order of a list": {role, map[string]any{}, map[string]any{"commands": []any{"a", "b"}}, map[string]any{"commands": []any{"b", "a"}}, true},
	} {
		asked := &pulumirpc.ReadRequest{Id: "id", Inputs: fields(t, c.inputs), Properties: fields(t, c.state)}
		read := &pulumirpc.ReadResponse{Id: "id", Inputs: fields(t, map[string]any{"read": true}), Properties: fields(t, c.read)}
		before := proto.Clone(read).(*pulumirpc.ReadResponse)
		restoreUnchanged(c.token, asked, read)
		if c.changed && !proto.Equal(read, before) {
			t.Errorf("%s: a change is lost, the engine gets %v", name, read)
		}
		if !c.changed && !(proto.Equal(read.GetProperties(), asked.GetProperties()) && proto.Equal(read.GetInputs(), asked.GetInputs())) {
			t.Errorf("%s: the engine gets %v, want the recorded state %v", name, read, asked)
		}
	}
}

// TestRefresh_KeepsImportsAndDeletions refreshes resources without a state to compare with: the
// response stays.
func TestRefresh_KeepsImportsAndDeletions(t *testing.T) {
	t.Parallel()
	state := fields(t, map[string]any{"tags": map[string]any{}})
	for name, c := range map[string]struct {
		asked *pulumirpc.ReadRequest
		read  *pulumirpc.ReadResponse
	}{
		"an import": {&pulumirpc.ReadRequest{Id: "id"}, &pulumirpc.ReadResponse{Id: "id", Properties: state, Inputs: state}},
		"a deletion": {&pulumirpc.ReadRequest{Id: "id", Properties: fields(t, nil), Inputs: fields(t, nil)},
			&pulumirpc.ReadResponse{}},
	} {
		before := proto.Clone(c.read)
		restoreUnchanged("aws:iam/role:Role", c.asked, c.read)
		if !proto.Equal(c.read, before) {
			t.Errorf("%s: the engine gets %v", name, c.read)
		}
	}
}
