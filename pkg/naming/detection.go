package naming

import (
	"fmt"

	"prodgate/pkg/knownstate"
)

// Names of detection, alerting and response.

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

// Chat is the pipe that sends alerts to a chat.
func (p Plan) Chat() Named {
	name := p.Gate + "-chat"
	return Named{name, p.arn("pipes", "pipe/"+name)}
}

// ChatQueue is the queue that the pipe reads.
func (p Plan) ChatQueue() Named {
	name := p.Gate + "-chat"
	return Named{name, p.arn("sqs", name)}
}

// ChatDestination is the API destination that the pipe sends to. AWS ends its ARN with an id, so
// that the ARN here is a pattern.
func (p Plan) ChatDestination() Named {
	name := p.Gate + "-chat"
	return Named{name, p.arn("events", "api-destination/"+name+"/*")}
}

// ChatConnection is the connection of the API destination; its ARN is a pattern too.
func (p Plan) ChatConnection() Named {
	name := p.Gate + "-chat"
	return Named{name, p.arn("events", "connection/"+name+"/*")}
}

// ChatSecret matches the secret that EventBridge keeps for the connection.
func (p Plan) ChatSecret() string {
	return p.arn("secretsmanager", "secret:events!connection/"+p.ChatConnection().Name+"/*")
}

// Machine is one of the gate's Step Functions state machines: that of a duty.
func (p Plan) Machine(duty string) Named {
	name := p.Gate + "-" + duty
	return Named{name, p.arn("states", "stateMachine:"+name)}
}

// CheckFunction is the Lambda function that compares the live gate with its known state.
func (p Plan) CheckFunction() Named {
	name := p.Gate + "-" + Verifier
	return Named{name, p.arn("lambda", "function:"+name)}
}

// CheckErrorsAlarm reports a check that fails.
func (p Plan) CheckErrorsAlarm() Named { return p.alarm("check-errors") }

// CheckMissedAlarm reports that the schedule started no check.
func (p Plan) CheckMissedAlarm() Named { return p.alarm("check-missed") }

func (p Plan) alarm(what string) Named {
	name := p.Gate + "-" + what
	return Named{name, p.Alarm(name)}
}

// Check is the rule that starts the comparison on a schedule.
func (p Plan) Check() Named {
	name := p.Gate + "-check"
	return Named{name, p.arn("events", "rule/"+name)}
}

// KnownState is the parameter with the hashes of an app's pipeline; without an app, of what all apps share.
func (p Plan) KnownState(app string) Named {
	name := "/" + p.Gate + "/known-state/" + app
	if app == "" {
		name = "/" + p.Gate + "/known-state"
	}
	return Named{name, p.arn("ssm", "parameter"+name)}
}

// SharedState is a further parameter with hashes of what all apps share; without a name, the path of all of them.
func (p Plan) SharedState(name string) Named {
	path := p.KnownState("").Name + knownstate.SharedSuffix
	if name != "" {
		path += "/" + name
	}
	return Named{path, p.arn("ssm", "parameter"+path)}
}

// Trail is the CloudTrail trail that the gate makes.
func (p Plan) Trail() Named {
	return Named{p.Gate, p.arn("cloudtrail", "trail/"+p.Gate)}
}

// Analyzer is the analyzer of external access that the gate makes.
func (p Plan) Analyzer() Named {
	return Named{p.Gate, p.arn("access-analyzer", "analyzer/"+p.Gate)}
}

// Patterns of detection, alerting and response.

// AnyTrail matches the account's trails and those of its organization, which are of the
// management account.
func (p Plan) AnyTrail() string { return "arn:" + p.Partition + ":cloudtrail:*:*:trail/*" }

// Alarms matches the gate's CloudWatch alarms.
func (p Plan) Alarms() string { return p.arn("cloudwatch", "alarm:"+p.Gate+"-*") }

// Machines matches the gate's state machines.
func (p Plan) Machines() string { return p.arn("states", "stateMachine:"+p.Gate+"-*") }

// Executions matches every execution of the gate's state machines.
func (p Plan) Executions() string { return p.arn("states", "execution:"+p.Gate+"-*:*") }

// KnownStates matches the parameters of every app and of what they share.
func (p Plan) KnownStates() string { return p.arn("ssm", "parameter/"+p.Gate+"/known-state*") }

// Analyzers matches every analyzer of IAM Access Analyzer and what is below it.
func (p Plan) Analyzers() string { return p.arn("access-analyzer", "analyzer/*") }

// Hub is Security Hub of the account and region.
func (p Plan) Hub() string { return p.arn("securityhub", "hub/default") }

// DeadLetterAlarm is in alarm while the queue of dead letters is not empty.
func (p Plan) DeadLetterAlarm() Named {
	name := p.DeadLetters().Name
	return Named{name, p.arn("cloudwatch", "alarm:"+name)}
}

// Insight is the name of the insight of Security Hub that the gate makes with it. A hub
// takes no tag from the provider, so the insight identifies the gate.
func (p Plan) Insight() string { return p.Gate + ": failed checks of CodeBuild and ECR" }

// BestPractices is the standard AWS Foundational Security Best Practices.
func (p Plan) BestPractices() string {
	return fmt.Sprintf("arn:%s:securityhub:%s::standards/aws-foundational-security-best-practices/v/1.0.0", p.Partition, p.Region)
}

// Automations matches every run of a runbook of Systems Manager.
func (p Plan) Automations() string { return p.arn("ssm", "automation-execution/*") }

// Remediations matches those of the gate's AWS Config rules.
func (p Plan) Remediations() string { return p.arn("config", "remediation-configuration/"+p.Gate+"-*") }
