package knownstate

// SharedSuffix ends the path of the parameters of what all apps share beside the first one: their number depends on how many
// rules, topics and keys the gate has.
const SharedSuffix = "-shared"

// The environment variables of the function that checks the known state.
const (
	// GateVariable is the name of the gate in alerts.
	GateVariable = "GATE"
	// ParameterVariable is the parameter of what all apps share; those of apps are below it.
	ParameterVariable = "KNOWN_STATE"
	// PoliciesVariable begins the ARN of every policy of the gate.
	PoliciesVariable = "POLICIES"
	// TopicVariable is the ARN of the topic of alerts.
	TopicVariable = "ALERT_TOPIC"
	// AttemptsVariable is how often what differs is read before it is reported, and PauseVariable the seconds between.
	AttemptsVariable = "ATTEMPTS"
	PauseVariable    = "PAUSE"
)
