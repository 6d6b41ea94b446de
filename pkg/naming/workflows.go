package naming

// OIDCHost issues the identity tokens of GitHub Actions. It is the name of an
// account's provider of them, and begins the names of their claims.
const OIDCHost = "token.actions.githubusercontent.com"

// GateTag is on every resource that can have tags. It identifies the gate's resources that AWS names by an id.
const GateTag = "prodgate:gate"

// Recorder is AWS Config's of the gate, whose ARN ends with an id.
func (p Plan) Recorder() string { return p.arn("config", "configuration-recorder/"+p.Gate+"/*") }

// Policies matches every app's policy of one duty.
func (p Plan) Policies(duty string) string { return p.iamARN("policy/" + p.Gate + "/" + duty + "/*") }

// Boundaries matches the boundaries of all duties.
func (p Plan) Boundaries() string { return p.Policies("boundary") }

// AllFunctions matches every Lambda function of the account and region.
func (p Plan) AllFunctions() string { return p.arn("lambda", "function:*") }

// ServiceLinkedRole is one that AWS makes for a service, under its own path.
func (p Plan) ServiceLinkedRole(service, name string) string {
	return p.iamARN("role/aws-service-role/" + service + "/" + name)
}
