// Command prodgate is a Pulumi program: it declares the gate between a merge to
// the prod branch and production, for the account and region of one stack.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-github/sdk/v6/go/github"
	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/account"
	"prodgate/pkg/gate"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/guardrails"
	"prodgate/pkg/gate/preflight"
	"prodgate/pkg/knownstate/archive"
	"prodgate/pkg/settings"
)

func main() {
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		err := program(ctx, func(s *settings.Settings) account.Reader { return account.In(s.Region) }, archive.Build)
		if err != nil {
			err = reported{errors.Join(err, ctx.Log.Error(err.Error(), nil))}
		}
		return err
	})
	if err == nil {
		return
	}
	if !errors.As(err, new(reported)) {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(constant.ExitStatusLoggedError)
}

// reported is an error that is in the engine's log already. pulumi.Run would print "an unhandled error occurred: program
// failed" before it.
type reported struct{ error }

// program reads the settings, makes the providers, declares the gate and
// exports its outputs. reader reads what the account has; function builds the function of the gate.
func program(ctx *pulumi.Context, reader func(*settings.Settings) account.Reader, function func(context.Context) (archive.Archive, error)) error {
	s, err := component.ReadSettings(ctx)
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
	caller, err := preflight.RequireAccount(ctx, s, workload)
	if err != nil {
		return err
	}
	organization, err := guardrails.NewProvider(ctx, s, caller)
	if err != nil {
		return err
	}
	providers := []pulumi.ProviderResource{workload}
	if s.Source.Owner != "" { // a stack of CodeCommit without workflows has none
		repository, err := github.NewProvider(ctx, "repository", &github.ProviderArgs{
			Owner: pulumi.String(s.Source.Owner),
		})
		if err != nil {
			return err
		}
		providers = append(providers, repository)
	}
	g, err := gate.New(ctx, "gate", &gate.Args{Settings: s, Account: reader(s), Function: function}, pulumi.Providers(providers...))
	if err != nil {
		return err
	}
	g.Outputs.Export(ctx)
	if organization != nil {
		_, err = guardrails.New(ctx, "guardrails", s, pulumi.Provider(organization))
	}
	return err
}
