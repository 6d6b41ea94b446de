package account

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// managementEvents are the management events that the selectors of a trail log; a trail has basic or advanced selectors. A
// selector with conditions on more than the kind of call and the service counts as none, because it excludes unknown events.
func managementEvents(basic []types.EventSelector, advanced []types.AdvancedEventSelector) Logs {
	var logs Logs
	for _, s := range basic {
		if !aws.ToBool(s.IncludeManagementEvents) {
			continue
		}
		logs.Reads = logs.Reads || s.ReadWriteType != types.ReadWriteTypeWriteOnly
		logs.Writes = logs.Writes || s.ReadWriteType != types.ReadWriteTypeReadOnly
		logs.Excluded = append(logs.Excluded, s.ExcludeManagementEventSources...)
	}
	for _, s := range advanced {
		if one, isManagement := selectedEvents(s.FieldSelectors); isManagement {
			logs.Reads, logs.Writes = logs.Reads || one.Reads, logs.Writes || one.Writes
			logs.Excluded = append(logs.Excluded, one.Excluded...)
		}
	}
	slices.Sort(logs.Excluded)
	logs.Excluded = slices.Compact(logs.Excluded)
	return logs
}

// selectedEvents are the events of one advanced selector, and whether it selects management events without other conditions.
func selectedEvents(fields []types.AdvancedFieldSelector) (logs Logs, isManagement bool) {
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
			logs.Excluded = append(logs.Excluded, f.NotEquals...)
		default:
			return Logs{}, false
		}
	}
	return logs, management
}
