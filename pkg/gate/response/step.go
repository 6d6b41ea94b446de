package response

import (
	"cmp"
	"maps"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/states"
)

// step is taken for one pipeline. Its states lead to the next one whatever happens; name
// is the first of them.
type step struct {
	// at is the field of $.outcome where it leaves two lists: did, and failed. A step
	// without leaves nothing.
	at     string
	states func(next string) (name string, made map[string]states.State)
}

// perPipeline takes all steps, whatever becomes of one, and gives what was done to the
// pipeline and what failed; nothing for a pipeline that the runbook is not about.
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

// none is no text: a list of nothing.
var none = []string{}

// outcomeAt is where a step leaves its lists; of a step within a step, its own end.
func outcomeAt(at string) string {
	if at == "" {
		return ""
	}
	return "$.outcome." + at
}

// call is a call of AWS's for one pipeline.
type call struct {
	name     string // of its state
	resource string
	with     states.Fields
	at       string
	// did is the outcome recorded when the call succeeds; not is recorded when it fails.
	did states.Fields
	not string
	// alreadyDone are the errors by which AWS says that it is done.
	alreadyDone []string
	// orElse comes after one that failed; empty: what comes after it anyway.
	orElse string
}

// did is the outcome of a call of which one text says everything.
func did(text string) states.Fields { return states.Fields{"did": []string{text}, "failed": none} }

// retries are of every call. What does not heal is not tried again.
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

// newCallStep makes the step of a call. Of an error, the record has the name: with AWS's
// sentence for each, that of many pipelines would be too long for a state.
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

// to leads a state to the next one; the empty name is the end.
func to(next string, s states.State) states.State {
	s.Next, s.End = next, next == ""
	return s
}
