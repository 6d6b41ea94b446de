// Command prodgate is a Pulumi program: it declares the gate between a merge to
// the prod branch and production, for the account and region of one stack.
package main

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate"
	"prodgate/pkg/settings"
)

func main() { pulumi.Run(program) }

// program reads the settings, makes the providers, declares the gate and
// exports its outputs.
func program(ctx *pulumi.Context) error {
	s, err := settings.Read(ctx)
	if err != nil {
		return err
	}
	workload, err := aws.NewProvider(ctx, "workload", &aws.ProviderArgs{
		Region:            pulumi.String(s.Region),
		AllowedAccountIds: pulumi.ToStringArray([]string{s.Account}),
		DefaultTags:       aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(s.Tags)},
	})
	if err != nil {
		return err
	}
	if err := gate.RequireAccount(ctx, s, workload); err != nil {
		return err
	}
	organization, err := organizationProvider(ctx, s)
	if err != nil {
		return err
	}
	repository, err := github.NewProvider(ctx, "repository", &github.ProviderArgs{
		Owner: pulumi.String(s.Source.Owner),
	})
	if err != nil {
		return err
	}
	g, err := gate.New(ctx, "gate", s, pulumi.Providers(workload, repository))
	if err != nil {
		return err
	}
	g.Outputs.Export(ctx)
	if organization != nil {
		_, err = gate.NewGuardrails(ctx, "guardrails", s, g, pulumi.Provider(organization))
	}
	return err
}

// organizationProvider is that of the account that attaches guardrails; nil where
// they are only exported.
func organizationProvider(ctx *pulumi.Context, s *settings.Settings) (*aws.Provider, error) {
	if s.Organization.TargetId == "" {
		return nil, nil
	}
	provider, err := aws.NewProvider(ctx, "organization", &aws.ProviderArgs{
		Region:            pulumi.String(s.Region),
		AllowedAccountIds: pulumi.ToStringArray([]string{strings.Split(s.Organization.RoleArn, ":")[4]}),
		AssumeRole: aws.ProviderAssumeRoleArgs{
			RoleArn:     pulumi.String(s.Organization.RoleArn),
			SessionName: pulumi.String(s.Name + "-guardrails"),
		},
		DefaultTags: aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(s.Tags)},
	})
	if err != nil {
		return nil, err
	}
	return provider, gate.RequireTarget(ctx, s, provider)
}
