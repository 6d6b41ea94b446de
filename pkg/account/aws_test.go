package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
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
	"DescribeClusters":    `{"clusters": [{"clusterName": "web", "status": "ACTIVE"}], "failures": [{"arn": "x", "reason": "MISSING"}]}`,
	"ListClusters":        `{"clusterArns": ["arn:aws:ecs:eu-west-2:111111111111:cluster/web", "arn:aws:ecs:eu-west-2:111111111111:cluster/batch"]}`,
	"ListServices":        `{"serviceArns": ["arn:aws:ecs:eu-west-2:111111111111:service/web/api"]}`,
	"DescribeServices": `{"services": [
		{"serviceName": "api", "status": "ACTIVE", "desiredCount": 2, "taskDefinition": "api:7", "loadBalancers": [{"targetGroupArn": "arn:of:blue", "containerName": "api", "containerPort": 80}]},
		{"serviceName": "site", "status": "ACTIVE", "deploymentController": {"type": "CODE_DEPLOY"}, "taskDefinition": "site:1", "taskSets": [
			{"status": "ACTIVE", "taskDefinition": "site:2"},
			{"status": "PRIMARY", "taskDefinition": "site:3", "loadBalancers": [{"targetGroupArn": "arn:of:green", "containerName": "site", "containerPort": 8080}]}]}]}`,
	"DescribeTaskDefinition": `{"taskDefinition": {"containerDefinitions": [{"name": "api"}, {"name": "log"}], "executionRoleArn": "arn:of:execution", "taskRoleArn": "task"}}`,
	"DescribeLoadBalancers": `<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member><LoadBalancerArn>arn:of:balancer</LoadBalancerArn></member>
		</LoadBalancers></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>`,
	"DescribeListeners": `<DescribeListenersResponse><DescribeListenersResult><Listeners><member><ListenerArn>arn:of:listener</ListenerArn><Port>443</Port></member>
		</Listeners></DescribeListenersResult></DescribeListenersResponse>`,
	"DescribeTargetGroups": `<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member><TargetGroupName>blue</TargetGroupName>
		<TargetGroupArn>arn:of:blue</TargetGroupArn><LoadBalancerArns><member>arn:of:balancer</member></LoadBalancerArns></member></TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>`,
	"GetRole":            `<GetRoleResponse><GetRoleResult><Role><Arn>arn:of:execution</Arn></Role></GetRoleResult></GetRoleResponse>`,
	"GetFolder":          `{"commitId": "c", "folderPath": "api", "files": [{"absolutePath": "api/Dockerfile", "relativePath": "Dockerfile"}]}`,
	"POST /insights/get": `{"Insights": [{"InsightArn": "x", "Name": "ours", "Filters": {}, "GroupByAttribute": "ResourceId"}]}`,
}

// operation is what a request asks for.
func operation(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndex(target, ".")+1:]
	}
	if action := r.FormValue("Action"); action != "" {
		return action
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
			if body = fmt.Sprintf(`{"__type": %q, "Message": %q}`, code, body); r.FormValue("Action") != "" {
				body = "<ErrorResponse><Error><Code>" + code + "</Code><Message>" + code + "</Message></Error></ErrorResponse>"
			}
		} else if body, there = answers[asked]; !there {
			t.Errorf("nobody knows %s", asked)
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return at(server.URL)
}

// at is a reader that asks a server.
func at(url string) Reader {
	return awsReader{func() (aws.Config, error) {
		return aws.Config{
			Region: "eu-west-2", BaseEndpoint: &url, RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
		}, nil
	}}
}

// asks are all that a Reader can be asked.
var asks = map[string]func(context.Context, Reader) (any, error){
	"trails":            func(ctx context.Context, r Reader) (any, error) { return r.Trails(ctx) },
	"logs":              func(ctx context.Context, r Reader) (any, error) { return r.Logs(ctx, "arn:of:trail") },
	"detectors":         func(ctx context.Context, r Reader) (any, error) { return r.Detectors(ctx) },
	"recorders":         func(ctx context.Context, r Reader) (any, error) { return r.Recorders(ctx) },
	"channels":          func(ctx context.Context, r Reader) (any, error) { return r.Channels(ctx) },
	"analyzers":         func(ctx context.Context, r Reader) (any, error) { return r.Analyzers(ctx) },
	"bus":               func(ctx context.Context, r Reader) (any, error) { return r.Bus(ctx) },
	"hub":               func(ctx context.Context, r Reader) (any, error) { return r.Hub(ctx) },
	"clusters":          func(ctx context.Context, r Reader) (any, error) { return r.Clusters(ctx, []string{"web", "no"}) },
	"names of clusters": func(ctx context.Context, r Reader) (any, error) { return r.ClusterNames(ctx) },
	"services": func(ctx context.Context, r Reader) (any, error) {
		return r.Services(ctx, map[string][]string{"web": {"api", "site", "no"}})
	},
	"names of services": func(ctx context.Context, r Reader) (any, error) { return r.ServiceNames(ctx, "web") },
	"task definitions":  func(ctx context.Context, r Reader) (any, error) { return r.TaskDefinitions(ctx, []string{"api:7"}) },
	"load balancers":    func(ctx context.Context, r Reader) (any, error) { return r.LoadBalancers(ctx) },
	"listeners":         func(ctx context.Context, r Reader) (any, error) { return r.Listeners(ctx, []string{"arn:of:balancer"}) },
	"target groups":     func(ctx context.Context, r Reader) (any, error) { return r.TargetGroups(ctx) },
	"roles":             func(ctx context.Context, r Reader) (any, error) { return r.Roles(ctx, []string{"execution"}) },
	"files": func(ctx context.Context, r Reader) (any, error) {
		return r.Files(ctx, []Folder{{"web", "prod", "/api"}})
	},
}

func TestAccount_ReadsResponses(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]any{
		"trails": []Trail{
			{Name: "company", ARN: "arn:aws:cloudtrail:us-east-1:999999999999:trail/company", MultiRegion: true, Validated: true},
			{Name: "old", ARN: "arn:aws:cloudtrail:eu-west-2:111111111111:trail/old"},
		},
		"logs":      Logs{On: true, Writes: true, Excluded: []string{"kms.amazonaws.com"}},
		"detectors": []Detector{{ID: "12abc34d567e8fa901bc2d34e56789f0", Enabled: true, Tags: map[string]string{"prodgate:gate": "prodgate"}}},
		"recorders": []Recorder{{Name: "default", Recording: true}, {Name: "other"}},
		"channels":  []string{"default"},
		"analyzers": []Analyzer{
			{Name: "ours", Active: true, Tags: map[string]string{"prodgate:gate": "prodgate"}}, {Name: "company", OfOrganization: true},
		},
		"hub":               &Hub{Standards: []string{"arn:of:standard"}, Insights: []string{"ours"}},
		"clusters":          []Cluster{{Name: "web", Status: "ACTIVE"}},
		"names of clusters": []string{"web", "batch"},
		"services": []Service{
			{Cluster: "web", Name: "api", Status: "ACTIVE", Desired: 2, Controller: "ECS", TaskDefinition: "api:7", Routes: []Route{{"arn:of:blue", "api", 80}}},
			{Cluster: "web", Name: "site", Status: "ACTIVE", Controller: "CODE_DEPLOY", TaskDefinition: "site:3", Routes: []Route{{"arn:of:green", "site", 8080}}},
		},
		"names of services": []string{"api"},
		"task definitions":  map[string]TaskDefinition{"api:7": {Containers: []string{"api", "log"}, ExecutionRole: "arn:of:execution", TaskRole: "task"}},
		"load balancers":    []string{"arn:of:balancer"},
		"listeners":         []Listener{{LoadBalancer: "arn:of:balancer", ARN: "arn:of:listener", Port: 443}},
		"target groups":     []TargetGroup{{Name: "blue", ARN: "arn:of:blue", LoadBalancers: []string{"arn:of:balancer"}}},
		"roles":             map[string]string{"execution": "arn:of:execution"},
		"files":             map[Folder][]string{{"web", "prod", "/api"}: {"Dockerfile"}},
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

func TestAccount_RolesThatDoNotExist(t *testing.T) {
	t.Parallel()
	roles, err := region(t, map[string]string{"GetRole": "NoSuchEntity"}).Roles(t.Context(), []string{"execution"})
	if err != nil || len(roles) != 0 {
		t.Errorf("got %v, %v", roles, err)
	}
}

func TestAccount_FilesThatDoNotExist(t *testing.T) {
	t.Parallel()
	folder := Folder{"web", "prod", "/api"}
	for code, want := range map[string]map[Folder][]string{
		"RepositoryDoesNotExistException": {}, "CommitDoesNotExistException": {}, "FolderDoesNotExistException": {folder: nil},
	} {
		got, err := region(t, map[string]string{"GetFolder": code}).Files(t.Context(), []Folder{folder})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, %v", code, got, err)
		}
	}
}

// TestAccount_ThousandServicesInAHundredCalls counts the calls for a thousand services.
func TestAccount_ThousandServicesInAHundredCalls(t *testing.T) {
	t.Parallel()
	var calls, most atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Services []string }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		calls.Add(1)
		most.Store(max(most.Load(), int32(len(asked.Services))))
		var described []map[string]string
		for _, name := range asked.Services {
			described = append(described, map[string]string{"serviceName": name, "status": "ACTIVE"})
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"services": described}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("api-%03d", i), fmt.Sprintf("api-%03d", i))
	}
	services, err := at(server.URL).Services(t.Context(), map[string][]string{"web": names})
	if err != nil || len(services) != 1000 || services[7].Name != "api-007" {
		t.Errorf("got %d services, %v", len(services), err)
	}
	if calls.Load() != 100 || most.Load() != maxServices {
		t.Errorf("%d calls of up to %d services", calls.Load(), most.Load())
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
		"DescribeClusters":                               {"clusters", "ecs:DescribeClusters"},
		"ListClusters":                                   {"names of clusters", "ecs:ListClusters"},
		"DescribeServices":                               {"services", "ecs:DescribeServices"},
		"ListServices":                                   {"names of services", "ecs:ListServices"},
		"DescribeTaskDefinition":                         {"task definitions", "ecs:DescribeTaskDefinition"},
		"DescribeLoadBalancers":                          {"load balancers", "elasticloadbalancing:DescribeLoadBalancers"},
		"DescribeListeners":                              {"listeners", "elasticloadbalancing:DescribeListeners"},
		"DescribeTargetGroups":                           {"target groups", "elasticloadbalancing:DescribeTargetGroups"},
		"GetRole":                                        {"roles", "iam:GetRole"},
		"GetFolder":                                      {"files", "codecommit:GetFolder"},
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
	if len(asks) != reflect.TypeFor[Reader]().NumMethod() || len(answers) != 22 {
		t.Error("something that can be asked, or is answered, is not refused here")
	}
}

func TestAccount_ConfigurationError(t *testing.T) {
	t.Parallel()
	broken := awsReader{func() (aws.Config, error) { return aws.Config{}, errors.New("no such profile") }}
	for name, ask := range asks {
		if _, err := ask(t.Context(), broken); err == nil || err.Error() != "no such profile" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
