package response

import (
	"cmp"
	"maps"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/states"
)

// step is a sequence of states for one pipeline. Its states lead to the next step whether they succeed or fail; name is the
// first of them.
type step struct {
	// at is the field of $.outcome that receives the step's two lists, did and failed; empty for a step without an outcome.
	at     string
	states func(next string) (name string, made map[string]states.State)
}

// perPipeline runs all steps, even if one fails, and returns what was done to the pipeline and what failed. It skips a
// pipeline that is not affected.
func perPipeline(steps []step) *states.Machine {
	const first, another, end = "Is the pipeline affected", "Skip the pipeline", "Outcome"
	all := map[string]states.State{another: {Type: "Pass", Result: states.Fields{"failed": none}, End: true}}
	var did, failed []string
	next := end
	for i := len(steps) - 1; i >= 0; i-- {
		name, made := steps[i].states(next)
		maps.Copy(all, made)
		if next = name; steps[i].at != "" {
			did, failed = append([]string{outcomeAt(steps[i].at) + ".did"}, did...), append([]string{outcomeAt(steps[i].at) + ".failed"}, failed...)
		}
	}
	all[first] = states.State{
		Type: "Choice", Default: next,
		Choices: []states.Rule{states.Rule{And: []states.Rule{states.IsTrue("$.one"), states.IsFalse("$.this")}}.To(another)},
	}
	all[end] = states.State{
		Type: "Pass", Next: "Merge the outcomes",
		Parameters: states.Fields{"pipeline.$": "$.pipeline", "did.$": states.Array(did...), "failed.$": states.Array(failed...)},
	}
	all["Merge the outcomes"] = states.State{
		Type: "Pass", End: true,
		Parameters: states.Fields{
			"did": states.Fields{"pipeline.$": "$.pipeline", "what.$": "$.did[*][*]"}, "failed.$": "$.failed[*][*]",
		},
	}
	return states.InlineMap(first, all)
}

// none is an empty list of texts.
var none = []string{}

// outcomeAt is the path of a step's lists; empty for a step inside a Map state.
func outcomeAt(at string) string {
	if at == "" {
		return ""
	}
	return "$.outcome." + at
}

// call is an AWS API call for one pipeline.
type call struct {
	name     string // of its state
	resource string
	with     states.Fields
	at       string
	// did is the outcome recorded when the call succeeds; not is recorded when it fails.
	did states.Fields
	not string
	// alreadyDone are the errors with which AWS reports that nothing is left to do.
	alreadyDone []string
	// orElse is the state after a call that failed; empty: the same as after a call that succeeded.
	orElse string
}

// did is the outcome of a call that one text describes.
func did(text string) states.Fields { return states.Fields{"did": []string{text}, "failed": none} }

// retries apply to every call. Errors that are permanent are not retried.
var retries = []states.Retrier{
	{
		ErrorEquals: []string{
			"CodePipeline.PipelineNotFoundException", "CodePipeline.StageNotFoundException", "CodePipeline.PipelineExecutionNotFoundException",
			"CodePipeline.PipelineExecutionNotStoppableException", "CodePipeline.DuplicatedStopRequestException", "Iam.NoSuchEntityException",
		},
		MaxAttempts: 0,
	},
	{ErrorEquals: states.AllErrors, MaxAttempts: 5, IntervalSeconds: 1, BackoffRate: 2, MaxDelaySeconds: 10, JitterStrategy: "FULL"},
}

// newCallStep creates the step of a call. The record has only the name of an error: with AWS's messages, the record of many
// pipelines would exceed the size of a state's input.
func newCallStep(c component.Context, of call) step {
	return step{of.at, func(next string) (string, map[string]states.State) {
		at, failed := outcomeAt(of.at), of.name+": failed"
		task := states.State{
			Type: "Task", Resource: integration(c, "aws-sdk:"+of.resource), Parameters: of.with,
			ResultSelector: of.did, ResultPath: at, Retry: retries,
			Catch: []states.Catcher{{ErrorEquals: states.AllErrors, ResultPath: "$.error", Next: failed}},
		}
		made := map[string]states.State{failed: to(cmp.Or(of.orElse, next), states.State{
			Type: "Pass", ResultPath: at,
			Parameters: states.Fields{
				"did": none, "failed.$": states.Array(states.Format("{}: "+of.not+": {}", "$.pipeline", "$.error.Error")),
			},
		})}
		if of.alreadyDone != nil {
			already := of.name + ": already done"
			task.Catch = append([]states.Catcher{{ErrorEquals: of.alreadyDone, ResultPath: "$.error", Next: already}}, task.Catch...)
			made[already] = to(next, states.State{Type: "Pass", ResultPath: at, Result: states.Fields{"did": none, "failed": none}})
		}
		made[of.name] = to(next, task)
		return of.name, made
	}}
}

// to sets the next state; an empty name ends the machine.
func to(next string, s states.State) states.State {
	s.Next, s.End = next, next == ""
	return s
}
