package proofs

import (
	"slices"

	"prodgate/pkg/naming"
	"prodgate/sandbox/evaluators/authority"
)

// responseDuties are the duties of the state machines.
var responseDuties = []string{naming.Containment, naming.Release}

// responseSteps are the calls of the containment's state machines for an app; none without containment.
func (e *estate) responseSteps(app string) []leg {
	e.Helper()
	p := e.plan
	if _, made := e.roles[p.Role("", naming.Containment).ARN]; !made {
		return nil
	}
	pipeline, roles := p.Pipeline(app).ARN, []string{p.Role(app, naming.Pipeline).ARN, p.Role(app, naming.Build).ARN}
	does := map[string][]call{
		naming.Containment: {
			{"codepipeline:DisableStageTransition", pipeline + "/" + naming.DeployStage, nil},
			{"codepipeline:ListPipelineExecutions", pipeline, nil}, {"codepipeline:StopPipelineExecution", pipeline, nil},
			{"iam:PutRolePolicy", roles[0], nil}, {"iam:PutRolePolicy", roles[1], nil},
		},
		naming.Release: {
			{"codepipeline:EnableStageTransition", pipeline + "/" + naming.DeployStage, nil},
			{"iam:DeleteRolePolicy", roles[0], nil}, {"iam:DeleteRolePolicy", roles[1], nil},
		},
	}
	var legs []leg
	for _, duty := range responseDuties {
		role := e.role(duty, "")
		legs = append(legs,
			leg{"Step Functions takes the role on for this machine: Step Functions Developer Guide, Prevent cross-service confused deputy issue",
				authority.Principal{ARN: "states.amazonaws.com"}, []call{
					{"sts:AssumeRole", role.ARN, map[string]string{"aws:SourceArn": p.Machine(duty).ARN, "aws:SourceAccount": p.Account}},
				}},
			leg{"the machine calls: its definition", role.Principal, does[duty]},
			leg{"and tells: Amazon SNS Developer Guide, Encryption permissions", role.Principal, []call{
				{"sns:Publish", p.Topic().ARN, nil}, {"kms:GenerateDataKey", e.key("alerts"), viaSNS}, {"kms:Decrypt", e.key("alerts"), viaSNS},
			}},
		)
	}
	return legs
}

// isResponseCall is whether the state machine of a duty makes a call for one of the apps. Of a row
// that authorizes both machines, each makes its own calls.
func (e *estate) isResponseCall(duty string, apps []delivered, q authority.Question) bool {
	e.Helper()
	by := e.role(duty, "").ARN
	return slices.ContainsFunc(apps, func(app delivered) bool {
		return slices.ContainsFunc(e.responseSteps(app.name), func(l leg) bool {
			return l.who.ARN == by && slices.ContainsFunc(l.calls, func(c call) bool { return c.action == q.Action && c.on == q.Resource })
		})
	})
}
