package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// answers are what AWS says of an account that has one of everything, by operation; the
// services that have no header for it are told by method and path.
var answers = map[string]string{
	"DescribeTrails": `{"trailList": [
		{"Name": "company", "TrailARN": "arn:aws:cloudtrail:us-east-1:999999999999:trail/company", "IsMultiRegionTrail": true, "LogFileValidationEnabled": true},
		{"Name": "old", "TrailARN": "arn:aws:cloudtrail:eu-west-2:111111111111:trail/old"}]}`,
	"GetTrailStatus":    `{"IsLogging": true}`,
	"GetEventSelectors": `{"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]}`,
	"GET /detector":     `{"detectorIds": ["12abc34d567e8fa901bc2d34e56789f0"]}`,
	"GET /detector/12abc34d567e8fa901bc2d34e56789f0": `{"status": "ENABLED", "serviceRole": "x", "tags": {"prodgate:gate": "prodgate"}}`,
	"DescribeConfigurationRecorders":                 `{"ConfigurationRecorders": [{"name": "default"}, {"name": "other"}]}`,
	"DescribeConfigurationRecorderStatus":            `{"ConfigurationRecordersStatus": [{"name": "default", "recording": true}, {"name": "other", "recording": false}]}`,
	"DescribeDeliveryChannels":                       `{"DeliveryChannels": [{"name": "default"}]}`,
	"GET /analyzer": `{"analyzers": [
		{"arn": "a", "name": "ours", "type": "ACCOUNT", "status": "ACTIVE", "tags": {"prodgate:gate": "prodgate"}, "createdAt": "2026-01-01T00:00:00Z"},
		{"arn": "b", "name": "company", "type": "ORGANIZATION", "status": "DISABLED", "createdAt": "2026-01-01T00:00:00Z"},
		{"arn": "c", "name": "unused", "type": "ACCOUNT_UNUSED_ACCESS", "status": "ACTIVE", "createdAt": "2026-01-01T00:00:00Z"}]}`,
	"GET /accounts":       `{"HubArn": "arn:aws:securityhub:eu-west-2:111111111111:hub/default"}`,
	"POST /standards/get": `{"StandardsSubscriptions": [{"StandardsArn": "arn:of:standard", "StandardsSubscriptionArn": "x", "StandardsInput": {}, "StandardsStatus": "READY"}]}`,
	"POST /insights/get":  `{"Insights": [{"InsightArn": "x", "Name": "ours", "Filters": {}, "GroupByAttribute": "ResourceId"}]}`,
}

// operation is what a request asks for.
func operation(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndex(target, ".")+1:]
	}
	return r.Method + " " + r.URL.Path
}

// region is a reader of an account that answers so; other answers come first.
func region(t *testing.T, other map[string]string) Reader {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := operation(r)
		body, there := other[asked]
		if there {
			code, _, _ := strings.Cut(body, " ")
			w.Header().Set("X-Amzn-ErrorType", code)
			w.WriteHeader(http.StatusBadRequest)
			body = fmt.Sprintf(`{"__type": %q, "Message": %q}`, code, body)
		} else if body, there = answers[asked]; !there {
			t.Errorf("nobody knows %s", asked)
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return live{func() (aws.Config, error) {
		return aws.Config{
			Region: "eu-west-2", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
		}, nil
	}}
}

// asks are all that a Reader can be asked.
var asks = map[string]func(context.Context, Reader) (any, error){
	"trails":    func(ctx context.Context, r Reader) (any, error) { return r.Trails(ctx) },
	"logs":      func(ctx context.Context, r Reader) (any, error) { return r.Logs(ctx, "arn:of:trail") },
	"detectors": func(ctx context.Context, r Reader) (any, error) { return r.Detectors(ctx) },
	"recorders": func(ctx context.Context, r Reader) (any, error) { return r.Recorders(ctx) },
	"channels":  func(ctx context.Context, r Reader) (any, error) { return r.Channels(ctx) },
	"analyzers": func(ctx context.Context, r Reader) (any, error) { return r.Analyzers(ctx) },
	"hub":       func(ctx context.Context, r Reader) (any, error) { return r.Hub(ctx) },
}

func TestAccount_ReadsResponses(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]any{
		"trails": []Trail{
			{Name: "company", ARN: "arn:aws:cloudtrail:us-east-1:999999999999:trail/company", MultiRegion: true, Validated: true},
			{Name: "old", ARN: "arn:aws:cloudtrail:eu-west-2:111111111111:trail/old"},
		},
		"logs":      Logs{On: true, Writes: true, LeftOut: []string{"kms.amazonaws.com"}},
		"detectors": []Detector{{ID: "12abc34d567e8fa901bc2d34e56789f0", Enabled: true, Tags: map[string]string{"prodgate:gate": "prodgate"}}},
		"recorders": []Recorder{{Name: "default", Recording: true}, {Name: "other"}},
		"channels":  []string{"default"},
		"analyzers": []Analyzer{
			{Name: "ours", Active: true, Tags: map[string]string{"prodgate:gate": "prodgate"}}, {Name: "company", OfOrganization: true},
		},
		"hub": &Hub{Standards: []string{"arn:of:standard"}, Insights: []string{"ours"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := asks[name](t.Context(), region(t, nil))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

func TestAccount_WithoutSecurityHub(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"InvalidAccessException", "ResourceNotFoundException"} {
		if hub, err := region(t, map[string]string{"GET /accounts": code}).Hub(t.Context()); hub != nil || err != nil {
			t.Errorf("%s: %+v, %v", code, hub, err)
		}
	}
}

// TestAccount_ErrorNamesAction: whatever call is refused.
func TestAccount_ErrorNamesAction(t *testing.T) {
	t.Parallel()
	for refused, c := range map[string]struct{ ask, action string }{
		"DescribeTrails":    {"trails", "cloudtrail:DescribeTrails"},
		"GetTrailStatus":    {"logs", "cloudtrail:GetTrailStatus"},
		"GetEventSelectors": {"logs", "cloudtrail:GetEventSelectors"},
		"GET /detector":     {"detectors", "guardduty:ListDetectors"},
		"GET /detector/12abc34d567e8fa901bc2d34e56789f0": {"detectors", "guardduty:GetDetector"},
		"DescribeConfigurationRecorders":                 {"recorders", "config:DescribeConfigurationRecorders"},
		"DescribeConfigurationRecorderStatus":            {"recorders", "config:DescribeConfigurationRecorderStatus"},
		"DescribeDeliveryChannels":                       {"channels", "config:DescribeDeliveryChannels"},
		"GET /analyzer":                                  {"analyzers", "access-analyzer:ListAnalyzers"},
		"GET /accounts":                                  {"hub", "securityhub:DescribeHub"},
		"POST /standards/get":                            {"hub", "securityhub:GetEnabledStandards"},
		"POST /insights/get":                             {"hub", "securityhub:GetInsights"},
	} {
		t.Run(c.action, func(t *testing.T) {
			t.Parallel()
			_, err := asks[c.ask](t.Context(), region(t, map[string]string{refused: "AccessDeniedException"}))
			var named *Error
			if !errors.As(err, &named) || named.Action != c.action || !strings.Contains(err.Error(), "AccessDenied") {
				t.Errorf("got %v", err)
			}
		})
	}
	if len(asks) != reflect.TypeFor[Reader]().NumMethod() || len(answers) != 12 {
		t.Error("something that can be asked, or is answered, is not refused here")
	}
}

func TestAccount_ConfigurationError(t *testing.T) {
	t.Parallel()
	broken := live{func() (aws.Config, error) { return aws.Config{}, errors.New("no such profile") }}
	for name, ask := range asks {
		if _, err := ask(t.Context(), broken); err == nil || err.Error() != "no such profile" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
