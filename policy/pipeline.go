package main

// prodBranch is onlymain.Base, written once more: a pack that took it from the
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
		committed := 0
		for _, stage := range r.at("stages").list() {
			for _, action := range stage.at("actions").list() {
				if action.at("category").text() != "Source" {
					continue
				}
				own := "DetectChanges"
				if action.at("provider").text() == "CodeCommit" {
					committed++
					own = "PollForSourceChanges"
				}
				found = append(found, inSource(action, own)...)
			}
		}
		// An EventBridge rule starts a pipeline from CodeCommit, which knows no trigger.
		if committed == 0 {
			return append(found, one(r.at("triggers"), "trigger", inTrigger)...)
		}
		if !r.at("triggers").silent() {
			found = append(found, finding{"it has triggers beside a source of CodeCommit", "leave triggers out"})
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

// inSource looks at a source action. Unless its own way to start the pipeline is off, it does
// so beside the trigger or the rule, and a start by hand takes its branch.
func inSource(action value, own string) []finding {
	configuration := action.at("configuration")
	return append(configuration.want(own, "false"), configuration.want("BranchName", prodBranch)...)
}
