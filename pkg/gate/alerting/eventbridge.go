package alerting

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// NewEventBridgeRole makes the role that EventBridge assumes for the gate's rules; none where no rule needs it: topics
// and functions have policies of their own.
func NewEventBridgeRole(c component.Context, parent pulumi.Resource, boundaries *identity.Boundaries) (*identity.Role, error) {
	permissions := eventBridgePermissions(c)
	if len(permissions) == 0 {
		return nil, nil
	}
	return boundaries.NewRole(c, parent, identity.RoleSpec{
		Name: c.ChildName("dispatcher"), Duty: naming.Dispatcher,
		// Amazon EventBridge User Guide, Cross-service confused deputy prevention: the rule
		// is the source.
		Trust:       identity.TrustService(c, "events.amazonaws.com", c.Names.Rules(), c.Names.GlobalRules()),
		Permissions: permissions,
	})
}

// eventBridgePermissions are what rules start, and where they forward events.
func eventBridgePermissions(c component.Context) policydoc.Document {
	var document policydoc.Document
	if c.Settings.UsesCodeCommit() {
		document = append(document, policydoc.Statement{
			Sid: "StartPipelines", Actions: []string{"codepipeline:StartPipelineExecution"}, Resources: policydoc.On(c.Names.Pipelines()),
		})
	}
	if c.Settings.Detection.Response == settings.Contain {
		document = append(document, policydoc.Statement{
			Sid: "StartContainment", Actions: []string{"states:StartExecution"}, Resources: policydoc.On(c.Names.Machine(naming.Containment).ARN),
		})
	}
	if ForwardsGlobalEvents(c.Settings) {
		document = append(document, policydoc.Statement{
			Sid: "ForwardGlobalEvents", Actions: []string{"events:PutEvents"}, Resources: policydoc.On(c.Names.Bus()),
		})
	}
	return document
}

// ForwardsGlobalEvents is whether rules in the region where IAM and Organizations send
// their events forward them to the stack's: not where that is the stack's own region, nor
// where nothing responds to them.
func ForwardsGlobalEvents(s *settings.Settings) bool {
	return s.Region != s.GlobalRegion() && s.Detection.Response != settings.Ignore
}
