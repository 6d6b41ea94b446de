package knownstate

import (
	"fmt"
	"slices"
)

// Pipeline compares all of a pipeline but its tags, and its trigger as a part of its
// own: no refresh sees one that was changed by hand.
func Pipeline(region string) Kind {
	return func(in Inputs) ([]Part, error) {
		var r reading
		p := r.of("a pipeline", in, "name", "pipelineType", "executionMode", "roleArn", "artifactStores", "stages", "triggers")
		stores := map[string]any{}
		for _, store := range r.each("an artifact store", p["artifactStores"], "type", "location", "encryptionKey") {
			stores[region] = store
		}
		fields := Fields{
			"type": p["pipelineType"], "execution mode": p["executionMode"], "role": p["roleArn"], "artifact store": stores,
		}
		var names []any
		for _, stage := range r.each("a stage", p["stages"], "name", "actions", "onFailure") {
			var actions []any
			for _, action := range r.each("an action", stage["actions"], "name", "category", "owner", "provider", "version", "runOrder",
				"configuration", "inputArtifacts", "outputArtifacts", "namespace", "timeoutInMinutes") {
				if without(action["runOrder"]) {
					action["runOrder"] = 1
				}
				actions = append(actions, action)
			}
			names = append(names, stage["name"])
			fields[fmt.Sprintf("stage %v", stage["name"])] = map[string]any{"actions": actions, "onFailure": r.of("what a failure does", stage["onFailure"], "result")}
		}
		fields["stages"] = names
		return []Part{{fmt.Sprintf("pipeline %v", p["name"]), fields}, {fmt.Sprintf("trigger %v", p["name"]), r.triggers(p["triggers"])}}, r.err
	}
}

// triggers are what starts a pipeline.
func (r *reading) triggers(value any) Fields {
	var sources, branches, paths, tags []any
	for _, trigger := range r.each("a trigger", value, "providerType", "gitConfiguration") {
		git := r.of("a trigger", trigger["gitConfiguration"], "sourceActionName", "pushes")
		sources = append(sources, map[string]any{"provider": trigger["providerType"], "action": git["sourceActionName"]})
		for _, push := range r.each("a push filter", git["pushes"], "branches", "filePaths", "tags") {
			branches = append(branches, r.filter(push["branches"]))
			paths = append(paths, r.filter(push["filePaths"]))
			tags = append(tags, r.filter(push["tags"]))
		}
	}
	return Fields{"source": sources, "branches": branches, "paths": paths, "tags": tags}
}

func (r *reading) filter(value any) any {
	f := r.of("a filter", value, "includes", "excludes")
	return map[string]any{"includes": set(f["includes"]), "excludes": set(f["excludes"])}
}

// Project compares all of a CodeBuild project but its description and tags.
func Project(in Inputs) ([]Part, error) {
	var r reading
	p := r.of("a project", in, "name", "description", "serviceRole", "source", "artifacts", "encryptionKey", "environment", "logsConfig",
		"buildTimeout", "queuedTimeout", "concurrentBuildLimit")
	source := r.of("a source", p["source"], "type", "buildspec")
	environment := r.of("an environment", p["environment"], "type", "image", "computeType", "privilegedMode", "environmentVariables")
	logs := r.of("logs", p["logsConfig"], "cloudwatchLogs")
	var variables []any
	for _, v := range r.each("a variable", environment["environmentVariables"], "name", "value", "type") {
		variables = append(variables, v)
	}
	slices.SortStableFunc(variables, by("name"))
	var privileged any // false and not there are one
	if environment["privilegedMode"] == true {
		privileged = true
	}
	return r.part("project", p["name"], Fields{
		"source": pick(source, "type"), "buildspec": source["buildspec"],
		"artifacts": r.of("artifacts", p["artifacts"], "type"),
		"role":      p["serviceRole"], "key": p["encryptionKey"],
		"image": pick(environment, "type", "image", "computeType"), "privileged": privileged, "variables": variables,
		"logs":   map[string]any{"cloudWatch": r.of("logs", logs["cloudwatchLogs"], "status", "groupName")},
		"limits": map[string]any{"minutes": p["buildTimeout"], "queued": p["queuedTimeout"], "builds": p["concurrentBuildLimit"]},
	})
}
