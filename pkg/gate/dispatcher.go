package gate

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// dispatcher is the role that EventBridge takes on for the gate's rules.
type dispatcher struct {
	role     *iam.Role
	attached []pulumi.Resource
}

func (b builder) dispatcher(parent pulumi.Resource) (*dispatcher, error) {
	role, attached, err := b.role(parent, duty{
		name: b.called("dispatcher"), duty: naming.Dispatcher,
		// Amazon EventBridge User Guide, Cross-service confused deputy prevention: the rule
		// is the source.
		trust: b.byService("events.amazonaws.com", b.plan.Rules(), b.plan.GlobalRules()),
		may:   func(settings.App) policydoc.Document { return b.dispatches() },
	})
	return &dispatcher{role, attached}, err
}

// dispatches is what rules start, and where they bring events.
func (b builder) dispatches() policydoc.Document {
	document := policydoc.Document{{
		Sid: "StartCheck", Actions: []string{"codebuild:StartBuild"}, Resources: policydoc.On(b.plan.VerifierProject().ARN),
	}}
	if b.settings.FromCodeCommit() {
		document = append(document, policydoc.Statement{
			Sid: "StartPipelines", Actions: []string{"codepipeline:StartPipelineExecution"}, Resources: policydoc.On(b.plan.Pipelines()),
		})
	}
	if b.settings.Detection.Response == settings.Contain {
		document = append(document, policydoc.Statement{
			Sid: "StartContainment", Actions: []string{"states:StartExecution"}, Resources: policydoc.On(b.plan.Machine(naming.Containment).ARN),
		})
	}
	if b.global != nil {
		document = append(document, policydoc.Statement{
			Sid: "BringGlobalEvents", Actions: []string{"events:PutEvents"}, Resources: policydoc.On(b.plan.Bus()),
		})
	}
	return document
}

// globalProvider is that of the region where IAM and Organizations tell EventBridge of
// calls; nil where that is the stack's own, or where nobody listens.
func (b builder) globalProvider(parent pulumi.Resource) (*aws.Provider, error) {
	if b.settings.Region == b.settings.GlobalRegion() || b.settings.Detection.Response == settings.Ignore {
		return nil, nil
	}
	return aws.NewProvider(b.ctx, b.called("global"), &aws.ProviderArgs{
		Region:            pulumi.String(b.plan.Global),
		AllowedAccountIds: pulumi.ToStringArray([]string{b.plan.Account}),
		DefaultTags:       aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(Tags(b.settings))},
	}, pulumi.Parent(parent))
}
