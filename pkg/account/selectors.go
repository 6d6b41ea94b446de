package account

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// managementEvents are what the selectors of a trail let through; it has one kind of
// them or the other. A selector that looks at more than the kind of call and the service
// leaves out what nobody can tell here: it counts as none.
func managementEvents(basic []types.EventSelector, advanced []types.AdvancedEventSelector) Logs {
	var logs Logs
	for _, s := range basic {
		if !aws.ToBool(s.IncludeManagementEvents) {
			continue
		}
		logs.Reads = logs.Reads || s.ReadWriteType != types.ReadWriteTypeWriteOnly
		logs.Writes = logs.Writes || s.ReadWriteType != types.ReadWriteTypeReadOnly
		logs.LeftOut = append(logs.LeftOut, s.ExcludeManagementEventSources...)
	}
	for _, s := range advanced {
		if one, whole := ofManagement(s.FieldSelectors); whole {
			logs.Reads, logs.Writes = logs.Reads || one.Reads, logs.Writes || one.Writes
			logs.LeftOut = append(logs.LeftOut, one.LeftOut...)
		}
	}
	slices.Sort(logs.LeftOut)
	logs.LeftOut = slices.Compact(logs.LeftOut)
	return logs
}

// ofManagement is what one advanced selector lets through, and whether it is of
// management events and nothing else narrows it.
func ofManagement(fields []types.AdvancedFieldSelector) (logs Logs, whole bool) {
	logs = Logs{Reads: true, Writes: true}
	management := false
	for _, f := range fields {
		only := len(f.StartsWith)+len(f.EndsWith)+len(f.NotStartsWith)+len(f.NotEndsWith) == 0
		switch {
		case aws.ToString(f.Field) == "eventCategory":
			management = slices.Equal(f.Equals, []string{"Management"})
		case aws.ToString(f.Field) == "readOnly" && only:
			logs.Reads, logs.Writes = slices.Contains(f.Equals, "true"), slices.Contains(f.Equals, "false")
		case aws.ToString(f.Field) == "eventSource" && only && len(f.Equals) == 0:
			logs.LeftOut = append(logs.LeftOut, f.NotEquals...)
		default:
			return Logs{}, false
		}
	}
	return logs, management
}
