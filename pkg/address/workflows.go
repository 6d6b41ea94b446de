package address

// OIDCHost issues the identity tokens of GitHub Actions. It is the name of an
// account's provider of them, and begins the names of their claims.
const OIDCHost = "token.actions.githubusercontent.com"

// GateTag is on everything that AWS keeps tags of: what AWS names by an id of its
// own is known as the gate's by it.
const GateTag = "prodgate:gate"

// OIDCProvider is GitHub's, of which an account has one.
func (p Plan) OIDCProvider() string { return p.global("iam", "oidc-provider/"+OIDCHost) }

// What AWS names by an id of its own, as a pattern: the gate's are told from
// others by GateTag.
func (p Plan) Keys() string        { return p.arn("kms", "key/*") }
func (p Plan) Detectors() string   { return p.arn("guardduty", "detector/*") }
func (p Plan) ConfigRules() string { return p.arn("config", "config-rule/*") }

// Connections are under both names of the service: ARNs keep the one that they
// were made under.
func (p Plan) Connections() []string {
	return []string{p.arn("codeconnections", "connection/*"), p.arn("codestar-connections", "connection/*")}
}

// Recorder is AWS Config's of the gate, whose ARN ends with an id.
func (p Plan) Recorder() string { return p.arn("config", "configuration-recorder/"+p.Gate+"/*") }

// Aliases are those of the gate's keys.
func (p Plan) Aliases() string { return p.arn("kms", p.KeyAliases()) }

// Policies matches every app's policy of one duty.
func (p Plan) Policies(duty string) string { return p.global("iam", "policy/"+p.Gate+"/"+duty+"/*") }

// Boundaries matches the boundaries of all duties.
func (p Plan) Boundaries() string { return p.Policies("boundary") }

// ServiceLinkedRole is one that AWS makes for a service, under its own path.
func (p Plan) ServiceLinkedRole(service, name string) string {
	return p.global("iam", "role/aws-service-role/"+service+"/"+name)
}
