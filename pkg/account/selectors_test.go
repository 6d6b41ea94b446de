package account

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// only is an advanced selector of fields that equal values.
func only(fields ...string) types.AdvancedEventSelector {
	var s types.AdvancedEventSelector
	for i := 0; i < len(fields); i += 2 {
		s.FieldSelectors = append(s.FieldSelectors, types.AdvancedFieldSelector{Field: &fields[i], Equals: []string{fields[i+1]}})
	}
	return s
}

// but adds what a field may not equal.
func but(s types.AdvancedEventSelector, field string, values ...string) types.AdvancedEventSelector {
	s.FieldSelectors = append(s.FieldSelectors, types.AdvancedFieldSelector{Field: &field, NotEquals: values})
	return s
}

func TestAccount_ManagementEvents(t *testing.T) {
	t.Parallel()
	yes := aws.Bool(true)
	management := only("eventCategory", "Management")
	begins := management
	begins.FieldSelectors = append(begins.FieldSelectors[:1:1], types.AdvancedFieldSelector{Field: aws.String("eventSource"), StartsWith: []string{"iam"}})
	for name, c := range map[string]struct {
		basic    []types.EventSelector
		advanced []types.AdvancedEventSelector
		want     Logs
	}{
		"everything":         {basic: []types.EventSelector{{IncludeManagementEvents: yes, ReadWriteType: types.ReadWriteTypeAll}}, want: Logs{Reads: true, Writes: true}},
		"the default":        {basic: []types.EventSelector{{IncludeManagementEvents: yes}}, want: Logs{Reads: true, Writes: true}},
		"writes":             {basic: []types.EventSelector{{IncludeManagementEvents: yes, ReadWriteType: types.ReadWriteTypeWriteOnly}}, want: Logs{Writes: true}},
		"reads":              {basic: []types.EventSelector{{IncludeManagementEvents: yes, ReadWriteType: types.ReadWriteTypeReadOnly}}, want: Logs{Reads: true}},
		"data events only":   {basic: []types.EventSelector{{IncludeManagementEvents: aws.Bool(false), ReadWriteType: types.ReadWriteTypeAll}}},
		"a selector of each": {basic: []types.EventSelector{{IncludeManagementEvents: aws.Bool(false)}, {IncludeManagementEvents: yes, ReadWriteType: types.ReadWriteTypeAll}}, want: Logs{Reads: true, Writes: true}},
		"all but KMS, said twice": {
			basic: []types.EventSelector{
				{IncludeManagementEvents: yes, ReadWriteType: types.ReadWriteTypeReadOnly, ExcludeManagementEventSources: []string{"rdsdata.amazonaws.com", "kms.amazonaws.com"}},
				{IncludeManagementEvents: yes, ReadWriteType: types.ReadWriteTypeWriteOnly, ExcludeManagementEventSources: []string{"kms.amazonaws.com"}},
			},
			want: Logs{Reads: true, Writes: true, Excluded: []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}},
		},
		"no selectors at all":   {},
		"advanced: everything":  {advanced: []types.AdvancedEventSelector{management}, want: Logs{Reads: true, Writes: true}},
		"advanced: writes":      {advanced: []types.AdvancedEventSelector{only("eventCategory", "Management", "readOnly", "false")}, want: Logs{Writes: true}},
		"advanced: reads":       {advanced: []types.AdvancedEventSelector{only("readOnly", "true", "eventCategory", "Management")}, want: Logs{Reads: true}},
		"advanced: both, apart": {advanced: []types.AdvancedEventSelector{only("eventCategory", "Management", "readOnly", "true"), only("eventCategory", "Management", "readOnly", "false")}, want: Logs{Reads: true, Writes: true}},
		"advanced: data events": {advanced: []types.AdvancedEventSelector{only("eventCategory", "Data", "resources.type", "AWS::S3::Object")}},
		"advanced: all but KMS": {
			advanced: []types.AdvancedEventSelector{but(management, "eventSource", "kms.amazonaws.com")},
			want:     Logs{Reads: true, Writes: true, Excluded: []string{"kms.amazonaws.com"}},
		},
		"advanced: one service":               {advanced: []types.AdvancedEventSelector{only("eventCategory", "Management", "eventSource", "s3.amazonaws.com")}},
		"advanced: services that begin so":    {advanced: []types.AdvancedEventSelector{begins}},
		"advanced: calls without the console": {advanced: []types.AdvancedEventSelector{only("eventCategory", "Management", "sessionCredentialFromConsole", "true")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := managementEvents(c.basic, c.advanced); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
