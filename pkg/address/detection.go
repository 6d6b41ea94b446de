package address

import "fmt"

// What watches the gate, and what answers.

// GlobalRules matches the gate's EventBridge rules in the region where IAM's events
// arrive.
func (p Plan) GlobalRules() string {
	return fmt.Sprintf("arn:%s:events:%s:%s:rule/%s-*", p.Partition, p.Global, p.Account, p.Gate)
}

// Bus is EventBridge's default bus of the stack's region.
func (p Plan) Bus() string { return p.arn("events", "event-bus/default") }

// DeadLetters keeps alerts that could not be delivered.
func (p Plan) DeadLetters() Named {
	name := p.Gate + "-dead-letters"
	return Named{name, p.arn("sqs", name)}
}

// Machine is one of the gate's Step Functions state machines: that of a duty.
func (p Plan) Machine(duty string) Named {
	name := p.Gate + "-" + duty
	return Named{name, p.arn("states", "stateMachine:"+name)}
}

// VerifierProject compares the live gate with its known state on a schedule.
func (p Plan) VerifierProject() Named {
	name := p.Gate + "-" + Verifier
	return Named{name, p.arn("codebuild", "project/"+name)}
}

// KnownState is the parameter with the hashes of what an app's pipeline has to be;
// app empty: of what all apps share.
func (p Plan) KnownState(app string) Named {
	name := "/" + p.Gate + "/known-state/" + app
	if app == "" {
		name = "/" + p.Gate + "/known-state-of-gate"
	}
	return Named{name, p.arn("ssm", "parameter"+name)}
}

// Trail is the CloudTrail trail that the gate makes.
func (p Plan) Trail() Named {
	return Named{p.Gate, p.arn("cloudtrail", "trail/"+p.Gate)}
}

// Automations matches every run of a runbook of Systems Manager.
func (p Plan) Automations() string { return p.arn("ssm", "automation-execution/*") }

// Remediations matches those of the gate's AWS Config rules.
func (p Plan) Remediations() string { return p.arn("config", "remediation-configuration/"+p.Gate+"-*") }
