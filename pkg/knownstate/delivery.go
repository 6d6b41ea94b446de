package knownstate

import (
	"fmt"
	"slices"
)

// Pipeline compares a pipeline without its tags. The trigger is its own part, because no
// refresh sees one that was changed by hand.
func Pipeline(region string) Kind {
	return func(r *Reader, in Inputs) []Part {
		known := []string{"name", "pipelineType", "executionMode", "roleArn", "artifactStores", "stages", "triggers"}
		p := r.object("a pipeline", in, known...)
		stores := map[string]any{}
		for _, store := range r.objects("an artifact store", p["artifactStores"], "type", "location", "encryptionKey") {
			at := region
			if own, _ := store["region"].(string); own != "" {
				at = own
			}
			stores[at] = without(store, "region")
		}
		fields := Fields{
			"type": p["pipelineType"], "execution mode": p["executionMode"], "role": p["roleArn"], "artifact store": stores,
			"variables": p["variables"], "additions": r.unknown(p, append(known, "variables")...),
		}
		var names []any
		for _, stage := range r.objects("a stage", p["stages"], "name", "actions", "onFailure") {
			names = append(names, stage["name"])
			fields[fmt.Sprintf("stage %v", stage["name"])] = r.stage(stage)
		}
		fields["stages"] = names
		return []Part{{fmt.Sprintf("pipeline %v", p["name"]), fields}, {fmt.Sprintf("trigger %v", p["name"]), r.triggers(p["triggers"])}}
	}
}

// stage is what is compared of a stage beside its name.
func (r *Reader) stage(stage map[string]any) map[string]any {
	var actions []any
	for _, action := range r.objects("an action", stage["actions"], "name", "category", "owner", "provider", "version", "runOrder",
		"configuration", "inputArtifacts", "outputArtifacts", "namespace", "timeoutInMinutes") {
		action = without(action)
		if isEmpty(action["runOrder"]) {
			action["runOrder"] = 1
		}
		actions = append(actions, action)
	}
	compared := without(stage, "name")
	compared["actions"], compared["onFailure"] = actions, r.object("onFailure", stage["onFailure"], "result")
	return compared
}

// triggers are the fields of a pipeline's trigger.
func (r *Reader) triggers(value any) Fields {
	var sources, branches, paths, tags, requests, additions []any
	for _, trigger := range r.objects("a trigger", value, "providerType", "gitConfiguration") {
		git := r.object("a trigger", trigger["gitConfiguration"], "sourceActionName", "pushes")
		sources = append(sources, map[string]any{"provider": trigger["providerType"], "action": git["sourceActionName"]})
		requests = append(requests, asList(git["pullRequests"])...)
		for _, more := range []map[string]any{
			r.unknown(trigger, "providerType", "gitConfiguration"), r.unknown(git, "sourceActionName", "pushes", "pullRequests"),
		} {
			if len(more) > 0 {
				additions = append(additions, more)
			}
		}
		for _, push := range r.objects("a push filter", git["pushes"], "branches", "filePaths", "tags") {
			branches = append(branches, r.filter(push["branches"]))
			paths = append(paths, r.filter(push["filePaths"]))
			tags = append(tags, r.filter(push["tags"]))
			if more := r.unknown(push, "branches", "filePaths", "tags"); len(more) > 0 {
				additions = append(additions, more)
			}
		}
	}
	return Fields{"source": sources, "branches": branches, "paths": paths, "tags": tags, "pull requests": requests, "additions": additions}
}

func (r *Reader) filter(value any) any {
	f := without(r.object("a filter", value, "includes", "excludes"))
	f["includes"], f["excludes"] = r.set("includes", f["includes"]), r.set("excludes", f["excludes"])
	return f
}

// Project compares a CodeBuild project without its description and tags.
func Project(r *Reader, in Inputs) []Part {
	known := []string{"name", "description", "serviceRole", "source", "artifacts", "encryptionKey", "environment", "logsConfig",
		"buildTimeout", "queuedTimeout", "concurrentBuildLimit"}
	p := r.object("a project", in, known...)
	source := r.object("a source", p["source"], "type", "buildspec")
	environment := r.object("an environment", p["environment"], "type", "image", "computeType", "privilegedMode", "environmentVariables")
	logs := without(r.object("logs", p["logsConfig"], "cloudwatchLogs"))
	var variables []any
	for _, v := range r.objects("a variable", environment["environmentVariables"], "name", "value", "type") {
		variables = append(variables, v)
	}
	slices.SortStableFunc(variables, byMember("name"))
	var privileged any // false means the same as no value
	if environment["privilegedMode"] == true {
		privileged = true
	}
	logs["cloudWatch"] = r.object("logs", logs["cloudwatchLogs"], "status", "groupName")
	return r.part("project", p["name"], Fields{
		"source": without(source, "buildspec"), "buildspec": source["buildspec"],
		"artifacts": r.object("artifacts", p["artifacts"], "type"),
		"role":      p["serviceRole"], "key": p["encryptionKey"],
		"image": without(environment, "privilegedMode", "environmentVariables"), "privileged": privileged, "variables": variables,
		"logs":      without(logs, "cloudwatchLogs"),
		"limits":    map[string]any{"minutes": p["buildTimeout"], "queued": p["queuedTimeout"], "builds": p["concurrentBuildLimit"]},
		"additions": r.unknown(p, known...),
	})
}

// Function compares a Lambda function: its code, by the hash of its archive, and everything that decides
// how it runs, without its description and tags.
func Function(r *Reader, in Inputs) []Part {
	known := []string{"name", "description", "sourceCodeHash", "role", "handler", "runtime", "architectures", "timeout", "memorySize",
		"environment", "loggingConfig"}
	f := r.object("a function", without(in, "code"), known...) // the hash stands for the archive
	environment := r.object("an environment", f["environment"], "variables")
	return r.part("function", f["name"], Fields{
		"code": f["sourceCodeHash"], "role": f["role"], "variables": environment,
		"runtime":   pick(f, "handler", "runtime", "architectures"),
		"limits":    pick(f, "timeout", "memorySize"),
		"logs":      r.object("logs", f["loggingConfig"], "logFormat", "logGroup"),
		"additions": r.unknown(f, known...),
	})
}

// FunctionPermission compares the policy that says who invokes a function, as Lambda writes it for the one
// permission that the program declares: Lambda Developer Guide, Viewing resource-based IAM policies in Lambda.
func FunctionPermission(arn string) Kind {
	return func(r *Reader, in Inputs) []Part {
		p := r.object("a permission", in, "statementId", "function", "action", "principal", "sourceArn")
		return r.part("function", p["function"], Fields{"policy": r.document(string(Canonical(map[string]any{
			"Version": "2012-10-17", "Id": "default",
			"Statement": []any{map[string]any{
				"Sid": p["statementId"], "Effect": "Allow", "Principal": map[string]any{"Service": p["principal"]}, "Action": p["action"],
				"Resource": arn, "Condition": map[string]any{"ArnLike": map[string]any{"AWS:SourceArn": p["sourceArn"]}},
			}},
		})))})
	}
}

// FunctionPolicy is the policy of a function as Lambda returns it.
func FunctionPolicy(r *Reader, in Inputs) []Part {
	p := r.object("a function's policy", in, "function", "policy")
	return r.part("function", p["function"], Fields{"policy": r.document(p["policy"])})
}
