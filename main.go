// Command prodgate is a Pulumi program: it declares the gate between a merge to
// the prod branch and production, for the account and region of one stack.
package main

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/account"
	"prodgate/pkg/gate"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/settings"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error { return program(ctx, account.In) })
}

// program reads the settings, makes the providers, declares the gate and
// exports its outputs. in asks what the account has in a region.
func program(ctx *pulumi.Context, in func(region string) account.Reader) error {
	s, err := settings.Read(ctx)
	if err != nil {
		return err
	}
	workload, err := aws.NewProvider(ctx, "workload", &aws.ProviderArgs{
		Region:            pulumi.String(s.Region),
		AllowedAccountIds: pulumi.ToStringArray([]string{s.Account}),
		DefaultTags:       aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(component.Tags(s))},
	})
	if err != nil {
		return err
	}
	caller, err := gate.RequireAccount(ctx, s, workload)
	if err != nil {
		return err
	}
	organization, err := gate.OrganizationProvider(ctx, s, caller)
	if err != nil {
		return err
	}
	providers := []pulumi.ProviderResource{workload}
	if s.Source.Owner != "" { // CodeCommit has none
		repository, err := github.NewProvider(ctx, "repository", &github.ProviderArgs{
			Owner: pulumi.String(s.Source.Owner),
		})
		if err != nil {
			return err
		}
		providers = append(providers, repository)
	}
	g, err := gate.New(ctx, "gate", s, in(s.Region), pulumi.Providers(providers...))
	if err != nil {
		return err
	}
	g.Outputs.Export(ctx)
	if organization != nil {
		_, err = gate.NewGuardrails(ctx, "guardrails", s, pulumi.Provider(organization))
	}
	return err
}
