package main

// prodBranch is gate.ProdBranch, written once more: a pack that took it from the
// program would agree with whatever the program says.
const prodBranch = "prod"

// prodPipeline keeps everything but a push to prod from starting a delivery. A
// V1 pipeline has no triggers, and one that is not QUEUED may drop the execution
// that somebody approved for a newer one.
var prodPipeline = policy{
	name:        "prod-pipeline",
	description: "Every pipeline is V2 and QUEUED, and nothing but a push to prod starts it.",
	types:       []string{"aws:codepipeline/pipeline:Pipeline"},
	resource: func(_ stack, r resource) []finding {
		found := append(r.want("pipelineType", "V2"), r.want("executionMode", "QUEUED")...)
		found = append(found, one(r.at("triggers"), "trigger", inTrigger)...)
		for _, stage := range r.at("stages").list() {
			for _, action := range stage.at("actions").list() {
				if action.at("category").text() == "Source" {
					found = append(found, inSource(action)...)
				}
			}
		}
		return found
	},
}

// inTrigger looks at what GitHub can start the pipeline with.
func inTrigger(trigger value) []finding {
	git := trigger.at("gitConfiguration")
	found := one(git.at("pushes"), "push filter", func(push value) []finding {
		found := push.at("branches.includes").wantList("branches.includes of its push filter", prodBranch)
		if tags := push.at("tags"); !tags.silent() {
			found = append(found, finding{"tags start it", "leave tags out of the push filter"})
		}
		return found
	})
	if !git.at("pullRequests").silent() {
		found = append(found, finding{"pull requests start it", "leave pullRequests out of the trigger"})
	}
	return found
}

// inSource looks at a source action. Without DetectChanges=false it starts the
// pipeline beside the trigger, and a start by hand takes its branch.
func inSource(action value) []finding {
	configuration := action.at("configuration")
	return append(configuration.want("DetectChanges", "false"), configuration.want("BranchName", prodBranch)...)
}
