package bridge

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// repeated lists the properties, by the SDK's token and in the bridge's names, in
// which a resource repeats what another resource declares: a bucket its policy, a
// role its attachments. They change when the other resource is created, after the
// first one's outputs were recorded, and the other resource reports its own changes.
var repeated = map[string][]string{
	"aws:iam/policy:Policy": {"attachmentCount"},
	"aws:iam/role:Role":     {"managedPolicyArns", "inlinePolicies"},
	"aws:s3/bucketV2:BucketV2": {
		"lifecycleRules", "objectLockConfiguration", "policy", "serverSideEncryptionConfiguration", "versioning",
	},
	"aws:sns/topic:Topic": {"policy"},
	"aws:sqs/queue:Queue": {"policy"},
}

// unordered lists the properties that are sets: their order is the service's.
var unordered = map[string][]string{
	"aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": {"policyArns"},
}

// keepUnchanged answers a refresh with the recorded state when the resource is as
// recorded. Terraform reads an empty block where it was told nothing, and the
// engine would show each of them as a change.
func keepUnchanged(token string, asked *pulumirpc.ReadRequest, read *pulumirpc.ReadResponse) {
	if asked.GetProperties() == nil || asked.GetInputs() == nil || asked.GetId() != read.GetId() {
		return // an import has no state, and a resource that is gone has no id
	}
	if !reflect.DeepEqual(meaning(token, asked, asked.GetProperties()), meaning(token, asked, read.GetProperties())) {
		return
	}
	read.Properties = proto.Clone(asked.GetProperties()).(*structpb.Struct)
	read.Inputs = proto.Clone(asked.GetInputs()).(*structpb.Struct)
}

// meaning is what a resource's properties say: without what is empty, without
// the bridge's own notes, and without what other resources declare.
func meaning(token string, asked *pulumirpc.ReadRequest, properties *structpb.Struct) map[string]any {
	fields := properties.AsMap()
	for _, name := range repeated[token] {
		if _, declared := asked.GetInputs().GetFields()[name]; !declared {
			delete(fields, name)
		}
	}
	for _, name := range unordered[token] {
		if list, ok := fields[name].([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return bytes.Compare(encode(a), encode(b)) })
		}
	}
	dropEmpty(fields)
	return fields
}

// dropEmpty removes the fields, at any depth, that say nothing. An item of a list
// stays: an empty filter beside no filter is a difference.
func dropEmpty(value any) {
	switch v := value.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(name string, field any) bool {
			dropEmpty(field)
			return strings.HasPrefix(name, "__") || isEmpty(field)
		})
	case []any:
		for _, item := range v {
			dropEmpty(item)
		}
	}
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

func encode(value any) []byte {
	text, _ := json.Marshal(value) // of a value that was JSON before
	return text
}
