package screen

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"prodgate/pkg/contract"
	"prodgate/pkg/naming"
)

// maxPipelines is the most pipelines that a summary lists, so that it has less than 20 lines.
const maxPipelines = 8

// countedTypes are the types that a summary counts by name, in its order.
var countedTypes = []struct{ kind, one, many string }{
	{"aws:codepipeline/pipeline:Pipeline", "pipeline", "pipelines"},
	{"aws:codebuild/project:Project", "CodeBuild project", "CodeBuild projects"},
	{"aws:ecr/repository:Repository", "image repository", "image repositories"},
	{"aws:s3/bucketV2:BucketV2", "bucket", "buckets"},
	{"aws:kms/key:Key", "key", "keys"},
	{"aws:iam/role:Role", "role", "roles"},
	{"aws:cfg/rule:Rule", "AWS Config rule", "AWS Config rules"},
	{"aws:cloudwatch/eventRule:EventRule", "EventBridge rule", "EventBridge rules"},
	{"aws:sfn/stateMachine:StateMachine", "state machine", "state machines"},
}

// deployment is the part of a stack's exported state that a summary needs.
type deployment struct {
	Deployment struct {
		Resources []struct {
			Type    string
			Outputs map[string]any
		}
	}
}

// Summary lists a stack's resources by type, the links of its pipelines, what waits for a
// person, and the next commands. exported is the output of `pulumi stack export`.
func Summary(stack string, exported []byte) ([]string, error) {
	var d deployment
	if err := json.Unmarshal(exported, &d); err != nil {
		return nil, fmt.Errorf("summary: %w", err)
	}
	counts := map[string]int{}
	var outputs map[string]any
	var pending []string
	for _, r := range d.Deployment.Resources {
		counts[r.Type]++
		switch {
		case r.Type == "pulumi:pulumi:Stack":
			outputs = r.Outputs
		case r.Type == "aws:sns/topicSubscription:TopicSubscription" && r.Outputs["pendingConfirmation"] == true:
			pending = append(pending, fmt.Sprintf("%v gets no alerts before it confirms AWS's message.", r.Outputs["endpoint"]))
		}
	}
	if handshake, _ := outputs[contract.ConnectionHandshake].(string); handshake != "" {
		pending = append([]string{handshake}, pending...)
	}

	lines := []string{"  " + countResources(len(d.Deployment.Resources), counts)}
	apps, _ := outputs[contract.Apps].(map[string]any)
	for i, app := range slices.Sorted(maps.Keys(apps)) {
		if i == maxPipelines {
			lines = append(lines, fmt.Sprintf("  … and %d more pipelines", len(apps)-i))
			break
		}
		fields, _ := apps[app].(map[string]any)
		link, err := pipelineLink(fields)
		if err != nil {
			return nil, fmt.Errorf("summary: app %s: %w", app, err)
		}
		lines = append(lines, fmt.Sprintf("  pipeline of %s: %s", app, link))
	}
	for i, text := range pending {
		if i == 5 {
			lines = append(lines, fmt.Sprintf("  pending: %d more subscriptions", len(pending)-i))
			break
		}
		lines = append(lines, "  pending: "+text)
	}
	return append(lines, fmt.Sprintf("  next: `make preview STACK=%[1]s` after a change, `make outputs STACK=%[1]s`, `make down STACK=%[1]s`", stack)), nil
}

// countResources writes the number of resources, and how many there are of each of countedTypes.
func countResources(total int, counts map[string]int) string {
	var parts []string
	for _, c := range countedTypes {
		switch n := counts[c.kind]; n {
		case 0:
		case 1:
			parts = append(parts, "1 "+c.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, c.many))
		}
	}
	text := fmt.Sprintf("%d resources", total)
	if len(parts) > 0 {
		text += ", among them " + strings.Join(parts, ", ")
	}
	return text
}

// pipelineLink is the page of a pipeline in AWS's console.
func pipelineLink(app map[string]any) (string, error) {
	text, _ := app[contract.AppPipelineArn].(string)
	a, err := arn.Parse(text)
	if err != nil {
		return "", fmt.Errorf("pipeline %q: %w", text, err)
	}
	host := naming.Plan{Partition: a.Partition, Region: a.Region}.Console()
	return fmt.Sprintf("https://%s/codesuite/codepipeline/pipelines/%s/view?region=%s", host, a.Resource, a.Region), nil
}

// Outputs lists a stack's outputs. It counts the guardrails, which are documents of hundreds
// of lines. outputs is the output of `pulumi stack output --json`.
func Outputs(stack string, outputs []byte) ([]string, error) {
	var all map[string]any
	if err := json.Unmarshal(outputs, &all); err != nil {
		return nil, fmt.Errorf("outputs: %w", err)
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch value := all[name].(type) {
		case nil:
		case string:
			lines = append(lines, strings.TrimRight(fmt.Sprintf("  %-20s %s", name, value), " "))
		case []any:
			lines = append(lines, fmt.Sprintf("  %-20s %d documents: make outputs STACK=%s OUTPUT=%s", name, len(value), stack, name))
		case map[string]any:
			lines = append(lines, "  "+name)
			for _, key := range slices.Sorted(maps.Keys(value)) {
				fields, _ := value[key].(map[string]any)
				lines = append(lines, "    "+key)
				for _, field := range slices.Sorted(maps.Keys(fields)) {
					lines = append(lines, strings.TrimRight(fmt.Sprintf("      %-16s %v", field, fields[field]), " "))
				}
			}
		default:
			lines = append(lines, fmt.Sprintf("  %-20s %v", name, value))
		}
	}
	return lines, nil
}
