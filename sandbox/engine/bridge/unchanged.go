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

// derivedProperties are the properties, by the SDK's token and in the bridge's names, that repeat
// what another resource declares, such as a bucket's policy or a role's attachments. They change
// when the other resource is created, after the outputs of the first were recorded. The other
// resource reports its own changes.
var derivedProperties = map[string][]string{
	"aws:iam/policy:Policy": {"attachmentCount"},
	"aws:iam/role:Role":     {"managedPolicyArns", "inlinePolicies"},
	"aws:s3/bucketV2:BucketV2": {
		"lifecycleRules", "objectLockConfiguration", "policy", "serverSideEncryptionConfiguration", "versioning",
	},
	"aws:sns/topic:Topic": {"policy"},
	"aws:sqs/queue:Queue": {"policy"},
}

// setProperties are the properties that are sets, whose order the service chooses.
var setProperties = map[string][]string{
	"aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": {"policyArns"},
}

// restoreUnchanged returns the recorded state to a refresh if the resource is unchanged. Terraform
// reads an empty block where nothing is declared, and the engine would show each empty block as
// a change.
func restoreUnchanged(token string, asked *pulumirpc.ReadRequest, read *pulumirpc.ReadResponse) {
	if asked.GetProperties() == nil || asked.GetInputs() == nil || asked.GetId() != read.GetId() {
		return // an import has no state, and a resource that is gone has no id
	}
	if !reflect.DeepEqual(normalize(token, asked, asked.GetProperties()), normalize(token, asked, read.GetProperties())) {
		return
	}
	read.Properties = proto.Clone(asked.GetProperties()).(*structpb.Struct)
	read.Inputs = proto.Clone(asked.GetInputs()).(*structpb.Struct)
}

// normalize returns a resource's properties for the comparison: without empty fields, without the
// bridge's internal fields, and without properties that other resources declare.
func normalize(token string, asked *pulumirpc.ReadRequest, properties *structpb.Struct) map[string]any {
	fields := properties.AsMap()
	for _, name := range derivedProperties[token] {
		if _, declared := asked.GetInputs().GetFields()[name]; !declared {
			delete(fields, name)
		}
	}
	for _, name := range setProperties[token] {
		if list, ok := fields[name].([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return bytes.Compare(encode(a), encode(b)) })
		}
	}
	dropEmpty(fields)
	return fields
}

// dropEmpty removes empty fields at any depth. It keeps empty items of lists: an empty filter
// differs from no filter.
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
	text, _ := json.Marshal(value) // the value was decoded from JSON
	return text
}
