package gate

import (
	"fmt"

	"prodgate/pkg/naming"
	"prodgate/pkg/states"
)

// releaseCommand lets the deployments of all pipelines go on, as whoever may start the
// machine; with --input '{"pipeline":"NAME"}' those of one.
func (b builder) releaseCommand() string {
	return fmt.Sprintf("aws stepfunctions start-execution --region %s --state-machine-arn %s", b.plan.Region, b.plan.Machine(naming.Release).ARN)
}

// releases is the machine that lets deployments go on. A name that is none of the gate's
// is refused: nothing would be done.
func (b builder) releases() states.Machine {
	return b.runs(runbook{
		comment: "Lets deployments go on: undoes what containment did to one pipeline, or to all.",
		startAt: "One is named", check: "Is it one of these",
		first: map[string]states.State{
			"One is named": {Type: "Choice", Choices: []states.Rule{states.Present("$.pipeline").To("The one")}, Default: "All"},
			"The one":      {Type: "Pass", Parameters: states.Fields{"named.$": "$.pipeline", "because": states.Fields{}}, Next: theGate},
			"All":          {Type: "Pass", Parameters: states.Fields{"named": "", "because": states.Fields{}}, Next: theGate},
			"Is it one of these": {
				Type: "Choice", Choices: []states.Rule{states.True("$.one").To(each), states.Is("$.named", "").To(each)}, Default: "No such pipeline",
			},
			"No such pipeline": {Type: "Fail", Error: "NoSuchPipeline", Cause: "The gate has no pipeline of this name: nothing was done."},
		},
		steps: []step{
			b.calls(b.letsGoOn("pipeline", naming.Pipeline)),
			b.calls(b.letsGoOn("build", naming.Build)),
			b.calls(call{
				name: "Open Deploy", resource: "codepipeline:enableStageTransition", at: "deploy",
				with: states.Fields{"PipelineName.$": "$.pipeline", "StageName": naming.DeployStage, "TransitionType": "Inbound"},
				did:  did("Deploy is open"), not: "Deploy is closed",
			}),
		},
		next:    tell,
		subject: "deployments go on",
		record:  "Deployments go on: somebody released what was held back.\n\nDone: {}\nFailed: {}\nExecution: {}\n",
		values:  []string{done, failed, execution},
	})
}

func (b builder) letsGoOn(whose, duty string) call {
	return call{
		name: "Let the sessions of the " + whose + " role go on", resource: "iam:deleteRolePolicy", at: whose,
		with: states.Fields{"RoleName.$": states.Format(b.plan.Role(anyName, duty).Name, "$.app"), "PolicyName": revocation},
		did:  did("the sessions of the " + whose + " role go on"), not: "the sessions of the " + whose + " role are cut off",
		already: []string{"Iam.NoSuchEntityException"},
	}
}
