package component

// The type tokens of the components: URNs hold them, so they never change.
const (
	GateType       = "prodgate:index:Gate"
	SourceType     = "prodgate:index:Source"
	StoreType      = "prodgate:index:Store"
	BucketType     = "prodgate:index:Bucket"
	AlertsType     = "prodgate:index:Alerts"
	WatchType      = "prodgate:index:Watch"
	ContainType    = "prodgate:index:Containment"
	KnownStateType = "prodgate:index:KnownState"
	BoundariesType = "prodgate:index:Boundaries"
	DetectionType  = "prodgate:index:Detection"
	AppType        = "prodgate:index:App"
	RepositoryType = "prodgate:index:Repository"
	ProjectType    = "prodgate:index:Project"
	DeliveryType   = "prodgate:index:Delivery"
	ChecksType     = "prodgate:index:Checks"
	WorkflowsType  = "prodgate:index:Workflows"
	SecretsType    = "prodgate:index:Secrets"
	GuardrailsType = "prodgate:index:Guardrails"
)
