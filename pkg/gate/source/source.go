// Package source makes where merged code comes from: the connection to GitHub with the protection
// of the branch prod, or repositories of CodeCommit.
package source

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codeconnections"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codestarconnections"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/settings"
)

// Source is where merged code comes from: a connection to GitHub, and the
// protection of the branch that it watches; or repositories of CodeCommit.
type Source struct {
	// Empty with CodeCommit.
	ConnectionArn, ConnectionStatus pulumi.StringOutput
	// Ready is what must exist before a pipeline runs; of CodeCommit only.
	Ready []pulumi.Resource
	// Files are those that the gate writes, by repository of GitHub.
	Files map[string][]pulumi.Resource
}

// New makes the source. Mergers are who may merge to prod, as GitHub's provider writes them.
func New(c component.Context, parent pulumi.Resource, mergers []string) (*Source, error) {
	group, err := c.NewGroup(component.SourceType, parent, c.ChildName("source"))
	if err != nil {
		return nil, err
	}
	s, err := newSource(c, group, mergers)
	if err != nil {
		return nil, err
	}
	return s, c.RegisterOutputs(group, pulumi.Map{"connectionArn": s.ConnectionArn, "connectionStatus": s.ConnectionStatus})
}

func newSource(c component.Context, parent pulumi.Resource, mergers []string) (*Source, error) {
	if c.Settings.UsesCodeCommit() {
		return newCodeCommit(c, parent)
	}
	s, err := newConnection(c, parent)
	if err != nil {
		return nil, fmt.Errorf("connection: %w", err)
	}
	if c.Settings.Source.Protection != settings.Create {
		return s, nil
	}
	s.Files = map[string][]pulumi.Resource{}
	for _, repository := range c.Settings.Repositories() {
		if s.Files[repository], err = protectBranch(c, parent, repository, mergers); err != nil {
			return nil, fmt.Errorf("%s: %w", repository, err)
		}
	}
	return s, nil
}

// newConnection creates the connection, or adopts the one that settings name.
func newConnection(c component.Context, parent pulumi.Resource) (*Source, error) {
	if arn := c.Settings.Source.ConnectionArn; arn != "" {
		found, err := codestarconnections.LookupConnection(c.Ctx,
			&codestarconnections.LookupConnectionArgs{Arn: &arn}, pulumi.Parent(parent))
		if err != nil {
			return nil, component.SettingError("source.connectionArn", arn, "cannot be read; correct the ARN, "+
				"or leave it out and the gate creates a connection: %w", err)
		}
		return &Source{
			ConnectionArn:    pulumi.String(found.Arn).ToStringOutput(),
			ConnectionStatus: pulumi.String(found.ConnectionStatus).ToStringOutput(),
		}, nil
	}
	made, err := codeconnections.NewConnection(c.Ctx, c.ChildName("github"), &codeconnections.ConnectionArgs{
		Name:         pulumi.String(c.Names.Gate + "-github"),
		ProviderType: pulumi.String("GitHub"),
	}, pulumi.Parent(parent), c.ProtectOption())
	if err != nil {
		return nil, err
	}
	return &Source{ConnectionArn: made.Arn, ConnectionStatus: made.ConnectionStatus}, nil
}

// Handshake says what somebody must do before the connection works: only a person who is
// signed in to GitHub can complete a connection.
func (s *Source) Handshake(c component.Context) pulumi.StringOutput {
	if c.Settings.UsesCodeCommit() {
		return pulumi.String("").ToStringOutput()
	}
	return s.ConnectionStatus.ApplyT(func(status string) string {
		if status == "AVAILABLE" {
			return ""
		}
		return fmt.Sprintf("The connection to GitHub is %s and no push starts a pipeline yet: open "+
			"https://%s/codesuite/settings/connections?region=%s, choose it, choose "+
			"\"Update pending connection\", then run pulumi refresh.", status, c.Names.Console(), c.Names.Region)
	}).(pulumi.StringOutput)
}
