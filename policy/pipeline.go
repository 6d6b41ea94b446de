package main

// prodBranch repeats onlymain.Base on purpose: a pack that read the program's constant
// would agree with every change of it.
const prodBranch = "prod"

// prodPipeline requires that only a push to prod starts a pipeline. A V1 pipeline has no
// triggers. A pipeline that is not QUEUED may replace an approved execution by a newer one.
var prodPipeline = policy{
	name:        "prod-pipeline",
	description: "Every pipeline is V2 and QUEUED, and nothing but a push to prod starts it.",
	types:       []string{"aws:codepipeline/pipeline:Pipeline"},
	check: func(_ stack, r resource) []finding {
		found := append(r.require("pipelineType", "V2"), r.require("executionMode", "QUEUED")...)
		committed := 0
		for _, stage := range r.at("stages").list() {
			for _, action := range stage.at("actions").list() {
				if action.at("category").text() != "Source" {
					continue
				}
				ownTrigger := "DetectChanges"
				if action.at("provider").text() == "CodeCommit" {
					committed++
					ownTrigger = "PollForSourceChanges"
				}
				found = append(found, checkSource(action, ownTrigger)...)
			}
		}
		// CodeCommit has no triggers of pipelines: an EventBridge rule starts the pipeline.
		if committed == 0 {
			return append(found, requireOne(r.at("triggers"), "trigger", checkTrigger)...)
		}
		if !r.at("triggers").isEmpty() {
			found = append(found, finding{"it has triggers beside a source of CodeCommit", "leave triggers out"})
		}
		return found
	},
}

// checkTrigger checks which events of GitHub start the pipeline.
func checkTrigger(trigger value) []finding {
	git := trigger.at("gitConfiguration")
	found := requireOne(git.at("pushes"), "push filter", func(push value) []finding {
		found := push.at("branches.includes").requireList("branches.includes of its push filter", prodBranch)
		if tags := push.at("tags"); !tags.isEmpty() {
			found = append(found, finding{"tags start it", "leave tags out of the push filter"})
		}
		return found
	})
	if !git.at("pullRequests").isEmpty() {
		found = append(found, finding{"pull requests start it", "leave pullRequests out of the trigger"})
	}
	return found
}

// checkSource checks a source action. ownTrigger is its setting that starts the pipeline beside
// the trigger or the rule, and must be off. A pipeline that is started by hand uses its branch.
func checkSource(action value, ownTrigger string) []finding {
	configuration := action.at("configuration")
	return append(configuration.require(ownTrigger, "false"), configuration.require("BranchName", prodBranch)...)
}
