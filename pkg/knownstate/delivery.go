package knownstate

import (
	"fmt"
	"slices"
)

// Pipeline compares a pipeline without its tags. The trigger is its own part, because no
// refresh sees one that was changed by hand.
func Pipeline(region string) Kind {
	return func(in Inputs) ([]Part, error) {
		var r reader
		p := r.object("a pipeline", in, "name", "pipelineType", "executionMode", "roleArn", "artifactStores", "stages", "triggers")
		stores := map[string]any{}
		for _, store := range r.objects("an artifact store", p["artifactStores"], "type", "location", "encryptionKey") {
			stores[region] = store
		}
		fields := Fields{
			"type": p["pipelineType"], "execution mode": p["executionMode"], "role": p["roleArn"], "artifact store": stores,
		}
		var names []any
		for _, stage := range r.objects("a stage", p["stages"], "name", "actions", "onFailure") {
			var actions []any
			for _, action := range r.objects("an action", stage["actions"], "name", "category", "owner", "provider", "version", "runOrder",
				"configuration", "inputArtifacts", "outputArtifacts", "namespace", "timeoutInMinutes") {
				if isEmpty(action["runOrder"]) {
					action["runOrder"] = 1
				}
				actions = append(actions, action)
			}
			names = append(names, stage["name"])
			fields[fmt.Sprintf("stage %v", stage["name"])] = map[string]any{"actions": actions, "onFailure": r.object("onFailure", stage["onFailure"], "result")}
		}
		fields["stages"] = names
		return []Part{{fmt.Sprintf("pipeline %v", p["name"]), fields}, {fmt.Sprintf("trigger %v", p["name"]), r.triggers(p["triggers"])}}, r.err
	}
}

// triggers are the fields of a pipeline's trigger.
func (r *reader) triggers(value any) Fields {
	var sources, branches, paths, tags []any
	for _, trigger := range r.objects("a trigger", value, "providerType", "gitConfiguration") {
		git := r.object("a trigger", trigger["gitConfiguration"], "sourceActionName", "pushes")
		sources = append(sources, map[string]any{"provider": trigger["providerType"], "action": git["sourceActionName"]})
		for _, push := range r.objects("a push filter", git["pushes"], "branches", "filePaths", "tags") {
			branches = append(branches, r.filter(push["branches"]))
			paths = append(paths, r.filter(push["filePaths"]))
			tags = append(tags, r.filter(push["tags"]))
		}
	}
	return Fields{"source": sources, "branches": branches, "paths": paths, "tags": tags}
}

func (r *reader) filter(value any) any {
	f := r.object("a filter", value, "includes", "excludes")
	return map[string]any{"includes": r.set("includes", f["includes"]), "excludes": r.set("excludes", f["excludes"])}
}

// Project compares a CodeBuild project without its description and tags.
func Project(in Inputs) ([]Part, error) {
	var r reader
	p := r.object("a project", in, "name", "description", "serviceRole", "source", "artifacts", "encryptionKey", "environment", "logsConfig",
		"buildTimeout", "queuedTimeout", "concurrentBuildLimit")
	source := r.object("a source", p["source"], "type", "buildspec")
	environment := r.object("an environment", p["environment"], "type", "image", "computeType", "privilegedMode", "environmentVariables")
	logs := r.object("logs", p["logsConfig"], "cloudwatchLogs")
	var variables []any
	for _, v := range r.objects("a variable", environment["environmentVariables"], "name", "value", "type") {
		variables = append(variables, v)
	}
	slices.SortStableFunc(variables, byMember("name"))
	var privileged any // false means the same as no value
	if environment["privilegedMode"] == true {
		privileged = true
	}
	return r.part("project", p["name"], Fields{
		"source": pick(source, "type"), "buildspec": source["buildspec"],
		"artifacts": r.object("artifacts", p["artifacts"], "type"),
		"role":      p["serviceRole"], "key": p["encryptionKey"],
		"image": pick(environment, "type", "image", "computeType"), "privileged": privileged, "variables": variables,
		"logs":   map[string]any{"cloudWatch": r.object("logs", logs["cloudwatchLogs"], "status", "groupName")},
		"limits": map[string]any{"minutes": p["buildTimeout"], "queued": p["queuedTimeout"], "builds": p["concurrentBuildLimit"]},
	})
}
