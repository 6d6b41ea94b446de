package gate

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codeconnections"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codestarconnections"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/settings"
)

// source is where merged code comes from: a connection to GitHub, and the
// protection of the branch that it watches; or repositories of CodeCommit.
type source struct {
	// Empty with CodeCommit.
	connectionArn, connectionStatus pulumi.StringOutput
	// starts takes on what starts a pipeline, and ready is what is there before one runs; of
	// CodeCommit only.
	starts *dispatcher
	ready  []pulumi.Resource
}

func (b builder) source(parent pulumi.Resource, allowances []string, starts *dispatcher) (*source, error) {
	group, err := b.group(component.SourceType, parent, b.called("source"))
	if err != nil {
		return nil, err
	}
	if b.settings.FromCodeCommit() {
		return b.codeCommit(group, starts)
	}
	s, err := b.connection(group)
	if err != nil {
		return nil, fmt.Errorf("connection: %w", err)
	}
	if b.settings.Source.Protection != settings.Create {
		return s, nil
	}
	for _, repository := range b.settings.Repositories() {
		if err := b.protect(group, repository, allowances); err != nil {
			return nil, fmt.Errorf("%s: %w", repository, err)
		}
	}
	return s, nil
}

// connection creates the connection, or adopts the one that settings name.
func (b builder) connection(parent pulumi.Resource) (*source, error) {
	if arn := b.settings.Source.ConnectionArn; arn != "" {
		found, err := codestarconnections.LookupConnection(b.ctx,
			&codestarconnections.LookupConnectionArgs{Arn: &arn}, pulumi.Parent(parent))
		if err != nil {
			return nil, wrong("source.connectionArn", arn, "cannot be read; correct the ARN, "+
				"or leave it out and the gate creates a connection: %w", err)
		}
		return &source{
			connectionArn:    pulumi.String(found.Arn).ToStringOutput(),
			connectionStatus: pulumi.String(found.ConnectionStatus).ToStringOutput(),
		}, nil
	}
	made, err := codeconnections.NewConnection(b.ctx, b.called("github"), &codeconnections.ConnectionArgs{
		Name:         pulumi.String(b.plan.Gate + "-github"),
		ProviderType: pulumi.String("GitHub"),
	}, pulumi.Parent(parent), b.keeps())
	if err != nil {
		return nil, err
	}
	return &source{connectionArn: made.Arn, connectionStatus: made.ConnectionStatus}, nil
}

// handshake says what somebody has to do before the connection works: nothing
// but a person signed in to GitHub can complete a connection.
func (s *source) handshake(plan naming.Plan) pulumi.StringOutput {
	if s.starts != nil {
		return pulumi.String("").ToStringOutput()
	}
	return s.connectionStatus.ApplyT(func(status string) string {
		if status == "AVAILABLE" {
			return ""
		}
		return fmt.Sprintf("The connection to GitHub is %s and no push starts a pipeline yet: open "+
			"https://%s/codesuite/settings/connections?region=%s, choose it, choose "+
			"\"Update pending connection\", then run pulumi refresh.", status, plan.Console(), plan.Region)
	}).(pulumi.StringOutput)
}
