package response

import (
	"maps"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/states"
)

// runbook is a state machine that runs the same steps for each of the gate's pipelines, or for the one that has the part
// $.named, and publishes one record.
type runbook struct {
	comment string
	// first leads to loadGate, with $.because and $.named.
	startAt string
	first   map[string]states.State
	// check is the state that follows once $.one says whether a part of the gate is named.
	check string
	// steps run for each pipeline, in order.
	steps []step
	// last leads from next to publishRecord; next is publishRecord if last is empty.
	next string
	last map[string]states.State
	// data is added to $.gate by loadGate, beside record: the message, with placeholders for values.
	data            states.Fields
	subject, record string
	values          []string
}

// The names of the states that parts of a runbook refer to, and paths of their input.
const (
	loadGate      = "Load the gate"
	eachPipeline  = "Each pipeline"
	publishRecord = "Publish the record"
	outcome       = "Collect the outcomes"
	completed     = "Completed"

	theApp    = "$$.Map.Item.Value"
	execution = "$$.Execution.Id"
)

// done and failed are the lists of all pipelines.
var done, failed = states.JSONToString("$.done"), states.JSONToString("$.failed")

// anyName is the placeholder for an app's name in a name that is made from it.
const anyName = "{}"

// newMachine creates the machine of a runbook. The definition lists the apps; pkg/naming makes the names of their resources.
func newMachine(c component.Context, r runbook) states.Machine {
	gate := states.Fields{"record": r.record}
	maps.Copy(gate, r.data)
	var apps, names, affected []string
	for _, app := range c.Settings.Apps {
		apps, names = append(apps, app.Name), append(names, affectedNames(c, app.Name)...)
	}
	for _, name := range affectedNames(c, anyName) {
		affected = append(affected, states.Format(name, theApp))
	}
	gate["apps"], gate["names"] = apps, names

	all := map[string]states.State{
		loadGate: {Type: "Pass", Result: gate, ResultPath: "$.gate", Next: "One pipeline or all"},
		"One pipeline or all": {
			Type: "Pass", Next: r.check,
			Parameters: states.Fields{
				"because.$": "$.because", "gate.$": "$.gate", "named.$": "$.named", "one.$": states.ArrayContains("$.gate.names", "$.named"),
			},
		},
		eachPipeline: {
			Type: "Map", ItemsPath: "$.gate.apps", MaxConcurrency: 10, ResultPath: "$.each", Next: outcome,
			ItemSelector: states.Fields{
				"app.$": theApp, "pipeline.$": states.Format(c.Names.Pipeline(anyName).Name, theApp),
				"because.$": "$.because", "one.$": "$.one", "this.$": states.ArrayContains(states.Array(affected...), "$.named"),
				"outcome": states.Fields{},
			},
			ItemProcessor: perPipeline(r.steps),
		},
		outcome: {
			Type: "Pass", Next: r.next,
			Parameters: states.Fields{
				"because.$": "$.because", "gate.$": "$.gate", "one.$": "$.one",
				"done.$": "$.each[*].did", "failed.$": "$.each[*].failed[*]", "failures.$": states.ArrayLength("$.each[*].failed[*]"),
			},
		},
		publishRecord: {
			Type: "Task", Resource: integration(c, "sns:publish"), ResultPath: "$.told", Next: "Check for failures",
			Parameters: states.Fields{
				"TopicArn": c.Names.Topic().ARN, "Subject": c.Names.Gate + ": " + r.subject, "Message.$": states.FormatPath("$.gate.record", r.values...),
			},
			Retry: retries, Catch: []states.Catcher{{ErrorEquals: states.AllErrors, ResultPath: "$.told", Next: "Record not published"}},
		},
		"Check for failures":   {Type: "Choice", Choices: []states.Rule{states.IsPositive("$.failures").To("Incomplete")}, Default: completed},
		completed:              {Type: "Succeed"},
		"Incomplete":           {Type: "Fail", Error: "Incomplete", Cause: "The record published to the topic names what failed."},
		"Record not published": {Type: "Fail", Error: "RecordNotPublished", Cause: "The record could not be published. The events of the execution show what was done."},
	}
	maps.Copy(all, r.first)
	maps.Copy(all, r.last)
	return states.Machine{Comment: r.comment, StartAt: r.startAt, TimeoutSeconds: 30 * 60, States: all}
}

// affectedNames are the names that identify one app in a call.
func affectedNames(c component.Context, app string) []string {
	return []string{c.Names.Pipeline(app).Name, c.Names.Project(app, naming.Build).Name, c.Names.Repository(app).Name}
}

// integration is the ARN of an AWS service integration of Step Functions.
func integration(c component.Context, call string) string {
	return "arn:" + c.Names.Partition + ":states:::" + call
}
