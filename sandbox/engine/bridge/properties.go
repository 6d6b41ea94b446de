package bridge

import (
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// property is a property that has different names in the SDK and in the bridge. With list, the
// SDK has one object where the bridge has a list, because Terraform's schema does not say
// that there can be only one. With object, the SDK has the list and the bridge the object.
type property struct {
	sdk, bridge string
	list        bool
	object      bool
	// archive is whether the SDK has an archive, and the bridge the path of its file.
	archive bool
}

// provider is the key of a provider's own settings in properties.
const provider = "pulumi:providers:aws"

// properties are the differences, by the SDK's token. They apply at any depth of a
// resource; no other property of the resource has these names.
var properties = map[string][]property{
	provider: {
		{sdk: "assumeRole", bridge: "assumeRoles", list: true},
		{sdk: "defaultTags", bridge: "defaultTags", list: true},
	},
	"aws:cloudwatch/metricAlarm:MetricAlarm": {
		{sdk: "name", bridge: "alarmName"},
	},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {
		{sdk: "abortIncompleteMultipartUpload", bridge: "abortIncompleteMultipartUploads", list: true},
		{sdk: "expiration", bridge: "expirations", list: true},
		{sdk: "filter", bridge: "filters", list: true},
		{sdk: "noncurrentVersionExpiration", bridge: "noncurrentVersionExpirations", list: true},
	},
	"github:index/repositoryEnvironment:RepositoryEnvironment": {
		{sdk: "reviewers", bridge: "reviewers", object: true},
	},
	"aws:lambda/function:Function": {
		{sdk: "name", bridge: "functionName"},
		{sdk: "code", bridge: "filename", archive: true},
	},
	"aws:lambda/permission:Permission": {
		{sdk: "function", bridge: "functionName"},
	},
	"aws:sns/topicSubscription:TopicSubscription": {
		{sdk: "topic", bridge: "topicArn"},
	},
}

// renames replaces the names of a table in one direction: from the SDK's to the bridge's, or back.
type renames struct {
	table    []property
	toBridge bool
}

func (r renames) structure(s *structpb.Struct) {
	if s == nil {
		return
	}
	for name, v := range s.GetFields() {
		if !strings.HasPrefix(name, "__") { // the bridge's internal fields have the bridge's names
			r.value(v)
		}
	}
	for _, p := range r.table {
		from, to := p.sdk, p.bridge
		if !r.toBridge {
			from, to = to, from
		}
		v, ok := s.GetFields()[from]
		if !ok {
			continue
		}
		delete(s.Fields, from)
		if p.list {
			v = r.list(v)
		}
		if p.object {
			v = renames{toBridge: !r.toBridge}.list(v)
		}
		if p.archive {
			v = r.archive(v)
		}
		if v != nil {
			s.Fields[to] = v
		}
	}
}

func (r renames) value(v *structpb.Value) {
	r.structure(v.GetStructValue())
	for _, item := range v.GetListValue().GetValues() {
		r.value(item)
	}
}

// list converts an object to a list with the object, or such a list to its object. Any other
// value, such as an unknown one, stays. A provider's own settings are JSON after its check.
func (r renames) list(v *structpb.Value) *structpb.Value {
	var written structpb.Value
	if text := v.GetStringValue(); text != "" && written.UnmarshalJSON([]byte(text)) == nil {
		changed := r.list(&written)
		if changed == &written {
			return v
		}
		if changed == nil {
			return nil
		}
		// MarshalJSON is not used: its white space differs from build to build, and the
		// engine would see a change of the provider.
		return structpb.NewStringValue(string(encode(changed.AsInterface())))
	}
	if r.toBridge {
		if v.GetStructValue() != nil {
			return structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{v}})
		}
		return v
	}
	if list := v.GetListValue(); list != nil {
		if len(list.GetValues()) == 0 {
			return nil
		}
		return list.GetValues()[0]
	}
	return v
}

// archives are the paths of archives' files, by the hash of the archive. The engine sends an archive of its state by
// the hash alone, and one that the program declares with the path too.
var archives sync.Map

// hashOnly begins what stands for the path of an archive that is known by its hash.
const hashOnly = "hash:"

// archive is the path of an archive's file, or the archive in a file. Its hash is what the engine compares.
func (r renames) archive(v *structpb.Value) *structpb.Value {
	if r.toBridge {
		fields := v.GetStructValue().GetFields()
		hash, path := fields["hash"].GetStringValue(), fields["path"].GetStringValue()
		switch {
		case path != "" && hash != "":
			archives.Store(hash, path)
		case path == "" && hash != "":
			path = hashOnly + hash
			if known, is := archives.Load(hash); is {
				path, _ = known.(string)
			}
		case path == "":
			return v
		}
		return structpb.NewStringValue(path)
	}
	path := v.GetStringValue()
	if path == "" {
		return v
	}
	file := &archive.Archive{Sig: sig.ArchiveSig}
	if hash, is := strings.CutPrefix(path, hashOnly); is {
		file.Hash = hash
	} else if read, err := archive.FromPath(path); err == nil {
		file = read
	} else { // the file is no more
		file.Path = path
	}
	made, err := structpb.NewStruct(file.Serialize())
	if err != nil {
		return v
	}
	return structpb.NewStructValue(made)
}

// keys renames the paths of properties in a diff, such as rules[0].filters[0].
func (r renames) keys(paths []string) {
	for i, path := range paths {
		paths[i] = r.key(path)
	}
}

func (r renames) key(path string) string {
	segments := strings.Split(path, ".")
	for i, segment := range segments {
		name, index, _ := strings.Cut(segment, "[")
		for _, p := range r.table {
			if name != p.bridge {
				continue
			}
			segments[i] = p.sdk
			if p.object && len(segments) > i+1 {
				segments[i] += "[0]"
			}
			if index != "" && !p.list {
				segments[i] += "[" + index
			}
		}
	}
	return strings.Join(segments, ".")
}

// renameRequest renames the properties in a request of the engine. It is called with the SDK's token.
func renameRequest(token string, req any) {
	r := renames{properties[token], true}
	if r.table == nil {
		return
	}
	switch m := req.(type) {
	case *pulumirpc.CheckRequest:
		r.structure(m.GetOlds())
		r.structure(m.GetNews())
	case *pulumirpc.DiffRequest:
		r.structure(m.GetOlds())
		r.structure(m.GetOldInputs())
		r.structure(m.GetNews())
	case *pulumirpc.ConfigureRequest:
		r.structure(m.GetArgs())
	case *pulumirpc.CreateRequest:
		r.structure(m.GetProperties())
	case *pulumirpc.ReadRequest:
		r.structure(m.GetProperties())
		r.structure(m.GetInputs())
	case *pulumirpc.UpdateRequest:
		r.structure(m.GetOlds())
		r.structure(m.GetOldInputs())
		r.structure(m.GetNews())
	case *pulumirpc.DeleteRequest:
		r.structure(m.GetProperties())
		r.structure(m.GetOldInputs())
	}
}

// renameResponse renames the properties in a response of the bridge.
func renameResponse(token string, reply any) {
	r := renames{properties[token], false}
	if r.table == nil {
		return
	}
	switch m := reply.(type) {
	case *pulumirpc.CheckResponse:
		r.structure(m.GetInputs())
		for _, failure := range m.GetFailures() {
			failure.Property = r.key(failure.GetProperty())
		}
	case *pulumirpc.DiffResponse:
		r.keys(m.GetReplaces())
		r.keys(m.GetStables())
		r.keys(m.GetDiffs())
		detailed := map[string]*pulumirpc.PropertyDiff{}
		for path, d := range m.GetDetailedDiff() {
			detailed[r.key(path)] = d
		}
		m.DetailedDiff = detailed
	case *pulumirpc.CreateResponse:
		r.structure(m.GetProperties())
	case *pulumirpc.ReadResponse:
		r.structure(m.GetProperties())
		r.structure(m.GetInputs())
	case *pulumirpc.UpdateResponse:
		r.structure(m.GetProperties())
	}
}
