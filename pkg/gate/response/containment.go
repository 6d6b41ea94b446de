package response

import (
	"maps"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/states"
)

// containmentMachine is the machine that holds deployments back. Its input is an event, a call
// that CloudTrail reports or a finding of GuardDuty; or of a person, who says why:
//
//	{"by-hand": "a commit that nobody knows", "detail": {"requestParameters": {"name": "backend-flask-prodgate"}}}
//
// An event that names a part of one app is about that app alone. Any other is about all,
// and so is one whose name is none of the gate's.
func containmentMachine(c component.Context) states.Machine {
	first := map[string]states.State{
		"Filter authorized calls": filterAuthorized(c),
		"Denied call":             {Type: "Succeed", Comment: "AWS denied the call: nothing changed."},
		"Omitted request":         {Type: "Succeed", Comment: "CloudTrail left the request out for its size: it may be on a part of another team. The alert reports it."},
		"Authorized caller":       {Type: "Succeed", Comment: "A deployer, the break-glass role, or one of these state machines."},
	}
	for _, more := range []map[string]states.State{classifyTrigger(c), findPart()} {
		maps.Copy(first, more)
	}
	return newMachine(c, runbook{
		comment: "Holds deployments back: closes Deploy, stops what is under way, revokes the sessions of the roles, and says how to release them.",
		startAt: "Filter authorized calls", first: first, check: eachPipeline,
		steps: []step{
			newCallStep(c, call{
				name: "Close Deploy", resource: "codepipeline:disableStageTransition", at: "deploy",
				with: states.Fields{
					"PipelineName.$": "$.pipeline", "StageName": naming.DeployStage, "TransitionType": "Inbound", "Reason.$": "$.because.reason",
				},
				did: did("Deploy is closed"), not: "Deploy is open",
			}),
			{"runs", func(next string) (string, map[string]states.State) { return stopRuns(c, next) }},
			setRevocationTime("Set the revocation time"),
			newCallStep(c, revokeSessions(c, "pipeline", naming.Pipeline)),
			newCallStep(c, revokeSessions(c, "build", naming.Build)),
		},
		next: "Choose the release command", last: chooseReleaseCommand(),
		data: states.Fields{"undo": states.Fields{
			"all": releaseCommand(c), "one": releaseCommand(c) + ` --input '{"pipeline":"`, "end": `"}'`,
		}},
		subject: "deployments are stopped",
		record:  "Deployments are stopped.\n\nWhy: {}\nDone: {}\nFailed: {}\nTo release them: {}\nExecution: {}\n",
		values:  []string{"$.because.why", done, failed, "$.command.text", execution},
	})
}

// filterAuthorized ends the execution for calls that need no response. Input by hand is not
// filtered.
func filterAuthorized(c component.Context) states.State {
	rules := []states.Rule{
		states.IsPresent("$['by-hand']").To("Classify trigger"),
		states.IsPresent("$.detail.errorCode").To("Denied call"),
		states.IsPresent("$.detail.requestParameters.omitted").To("Omitted request"),
	}
	authorized := append(c.Names.Deployers(c.Settings), c.Settings.Access.BreakGlassArn,
		c.Names.Role("", naming.Containment).ARN, c.Names.Role("", naming.Release).ARN)
	for _, arn := range authorized {
		rules = append(rules, states.StringEquals("$.detail.userIdentity.sessionContext.sessionIssuer.arn", arn).To("Authorized caller"))
	}
	return states.State{Type: "Choice", Choices: rules, Default: "Classify trigger"}
}

// trigger is a kind of input: it is the one whose paths all have a text.
type trigger struct {
	name   string
	paths  []string
	why    string
	reason string
}

// classifyTrigger says why, for people, and the reason of a closed transition, for CodePipeline:
// that takes letters, digits, spaces and !@().*?- only (API reference,
// DisableStageTransition), so that nothing of an event is in it.
func classifyTrigger(c component.Context) map[string]states.State {
	const detail = "$.detail."
	undo := " The alert says who and what. To undo it start the state machine " + c.Names.Machine(naming.Release).Name + "."
	choice := states.State{Type: "Choice"}
	all := map[string]states.State{}
	for _, o := range []trigger{
		{"Started by hand", []string{"$['by-hand']"}, "by hand: {}", "Held back by hand."},
		{
			"CloudTrail call", []string{
				detail + "userIdentity.arn", detail + "eventName", detail + "eventSource", detail + "sourceIPAddress", detail + "eventTime", detail + "eventID",
			},
			"{} called {} of {} from {} at {}, event {}", "Held back after a tampering call.",
		},
		{
			"CloudTrail call without a caller ARN", []string{detail + "eventName", detail + "eventSource", detail + "eventID"},
			"a principal without an ARN called {} of {}, event {}", "Held back after a tampering call.",
		},
		{
			"GuardDuty finding", []string{detail + "type", detail + "title", detail + "id"},
			"GuardDuty found {}: {} (finding {})", "Held back after a finding of GuardDuty.",
		},
		{"Other input", nil, "see the input of the execution", "Held back."},
	} {
		because := states.Fields{"reason": o.reason + undo, "why": o.why}
		if o.paths == nil {
			choice.Default = o.name
		} else {
			delete(because, "why")
			because["why.$"] = states.Format(o.why, o.paths...)
			var there []states.Rule
			for _, path := range o.paths {
				there = append(there, states.IsString(path))
			}
			choice.Choices = append(choice.Choices, states.Rule{And: there}.To(o.name))
		}
		all[o.name] = states.State{Type: "Pass", Parameters: because, ResultPath: "$.because", Next: "Find the affected part"}
	}
	all["Classify trigger"] = choice
	return all
}

// findPart finds the name of a part in a request, and drops the rest of the event, which may be long.
func findPart() map[string]states.State {
	choice := states.State{Type: "Choice", Default: "No part named"}
	named := func(field string, value any) states.State {
		return states.State{Type: "Pass", Parameters: states.Fields{"because.$": "$.because", field: value}, Next: loadGate}
	}
	all := map[string]states.State{"No part named": named("named", "")}
	for _, parameter := range []string{"pipeline.name", "pipelineName", "projectName", "repositoryName", "name"} {
		path, state := "$.detail.requestParameters."+parameter, "Part named by "+parameter
		choice.Choices = append(choice.Choices, states.IsString(path).To(state))
		all[state] = named("named.$", path)
	}
	all["Find the affected part"] = choice
	return all
}

// stopRuns stops the executions in progress. CodePipeline has at most 50 executions of a pipeline
// in progress (User Guide, Quotas) and lists the newest first; with the commit messages of
// a hundred, the list could be longer than a state takes.
func stopRuns(c component.Context, next string) (string, map[string]states.State) {
	list, made := newCallStep(c, call{
		name: "List runs", resource: "codepipeline:listPipelineExecutions", at: "runs", orElse: next,
		with: states.Fields{"PipelineName.$": "$.pipeline", "MaxResults": 50},
		did:  states.Fields{"inProgress.$": "$.PipelineExecutionSummaries[?(@.Status == 'InProgress')].PipelineExecutionId"},
		not:  "what is under way goes on",
	}).states("Stop runs")
	start, stop := newCallStep(c, call{
		name: "Stop a run", resource: "codepipeline:stopPipelineExecution",
		with: states.Fields{
			"PipelineName.$": "$.pipeline", "PipelineExecutionId.$": "$.run", "Abandon": true, "Reason.$": "$.because.reason",
		},
		did: states.Fields{"did.$": states.Array(states.Format("run {} is stopped", "$.PipelineExecutionId")), "failed": none},
		not: "a run goes on",
		// The execution has ended meanwhile.
		alreadyDone: []string{"CodePipeline.PipelineExecutionNotStoppableException", "CodePipeline.DuplicatedStopRequestException"},
	}).states("")
	made["Stop runs"] = states.State{
		Type: "Map", ItemsPath: outcomeAt("runs") + ".inProgress", MaxConcurrency: 5, ResultPath: outcomeAt("runs"), Next: next,
		ResultSelector: states.Fields{"did.$": "$[*].did[*]", "failed.$": "$[*].failed[*]"},
		ItemSelector:   states.Fields{"pipeline.$": "$.pipeline", "run.$": "$$.Map.Item.Value", "because.$": "$.because"},
		ItemProcessor:  states.InlineMap(start, stop),
	}
	return list, made
}

// setRevocationTime builds the policy that denies everything to sessions older than the state.
func setRevocationTime(name string) step {
	return step{states: func(next string) (string, map[string]states.State) {
		return name, map[string]states.State{name: {
			Type: "Pass", ResultPath: "$.cut", Next: next,
			Parameters: states.Fields{
				"Version": "2012-10-17",
				"Statement": []any{states.Fields{
					"Effect": "Deny", "Action": []string{"*"}, "Resource": []string{"*"},
					"Condition": states.Fields{"DateLessThan": states.Fields{"aws:TokenIssueTime.$": "$$.State.EnteredTime"}},
				}},
			},
		}}
	}}
}

// revocation is the inline policy with which IAM's console revokes the sessions of a role
// (IAM User Guide, Revoke IAM role temporary security credentials).
//
// The next pulumi up removes the policy as it does any inline policy (rolePoliciesExclusive), and a preview shows that.
// Sessions of CodePipeline and CodeBuild last an hour at most, the roles' own limit: after an up within the hour, sessions
// that have not expired are valid again, while Deploy stays disabled. The same holds for the release.
const revocation = "AWSRevokeOlderSessions"

func revokeSessions(c component.Context, whose, duty string) call {
	return call{
		name: "Revoke the sessions of the " + whose + " role", resource: "iam:putRolePolicy", at: whose,
		with: states.Fields{
			"RoleName.$": states.Format(c.Names.Role(anyName, duty).Name, "$.app"), "PolicyName": revocation, "PolicyDocument.$": states.JSONToString("$.cut"),
		},
		did: did("the sessions of the " + whose + " role are revoked"), not: "the sessions of the " + whose + " role stay valid",
	}
}

// chooseReleaseCommand chooses the command that undoes the containment: for one pipeline, or for all.
func chooseReleaseCommand() map[string]states.State {
	command := func(value string) states.State {
		return states.State{Type: "Pass", Parameters: states.Fields{"text.$": value}, ResultPath: "$.command", Next: publishRecord}
	}
	return map[string]states.State{
		"Choose the release command": {Type: "Choice", Choices: []states.Rule{states.IsTrue("$.one").To("Release command for one")}, Default: "Release command for all"},
		"Release command for all":    command("$.gate.undo.all"),
		// In three pieces: in a template, the braces of JSON would be places for values.
		"Release command for one": command(states.Format("{}{}{}", "$.gate.undo.one", states.ArrayFirst("$.done[*].pipeline"), "$.gate.undo.end")),
	}
}
