package response

import (
	"fmt"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/states"
)

// releaseCommand releases the deployments of all pipelines, as whoever may start the
// machine; with --input '{"pipeline":"NAME"}' those of one.
func releaseCommand(c component.Context) string {
	return fmt.Sprintf("aws stepfunctions start-execution --region %s --state-machine-arn %s", c.Names.Region, c.Names.Machine(naming.Release).ARN)
}

// releaseMachine is the machine that releases deployments. A name that is none of the gate's
// is refused: nothing would be done.
func releaseMachine(c component.Context) states.Machine {
	return newMachine(c, runbook{
		comment: "Releases deployments: undoes what containment did to one pipeline, or to all.",
		startAt: "Is a pipeline named", check: "Does the pipeline exist",
		first: map[string]states.State{
			"Is a pipeline named": {Type: "Choice", Choices: []states.Rule{states.IsPresent("$.pipeline").To("One pipeline")}, Default: "All"},
			"One pipeline":        {Type: "Pass", Parameters: states.Fields{"named.$": "$.pipeline", "because": states.Fields{}}, Next: loadGate},
			"All":                 {Type: "Pass", Parameters: states.Fields{"named": "", "because": states.Fields{}}, Next: loadGate},
			"Does the pipeline exist": {
				Type: "Choice", Choices: []states.Rule{states.IsTrue("$.one").To(eachPipeline), states.StringEquals("$.named", "").To(eachPipeline)}, Default: "No such pipeline",
			},
			"No such pipeline": {Type: "Fail", Error: "NoSuchPipeline", Cause: "The gate has no pipeline of this name: nothing was done."},
		},
		steps: []step{
			newCallStep(c, allowSessions(c, "pipeline", naming.Pipeline)),
			newCallStep(c, allowSessions(c, "build", naming.Build)),
			newCallStep(c, call{
				name: "Open Deploy", resource: "codepipeline:enableStageTransition", at: "deploy",
				with: states.Fields{"PipelineName.$": "$.pipeline", "StageName": naming.DeployStage, "TransitionType": "Inbound"},
				did:  did("Deploy is open"), not: "Deploy is closed",
			}),
		},
		next:    publishRecord,
		subject: "deployments are released",
		record:  "Deployments are released.\n\nDone: {}\nFailed: {}\nExecution: {}\n",
		values:  []string{done, failed, execution},
	})
}

func allowSessions(c component.Context, whose, duty string) call {
	return call{
		name: "Allow the sessions of the " + whose + " role", resource: "iam:deleteRolePolicy", at: whose,
		with: states.Fields{"RoleName.$": states.Format(c.Names.Role(anyName, duty).Name, "$.app"), "PolicyName": revocation},
		did:  did("the sessions of the " + whose + " role stay valid"), not: "the sessions of the " + whose + " role are revoked",
		alreadyDone: []string{"Iam.NoSuchEntityException"},
	}
}
