// Command app-team is an app team's stack beside the gate: it reads the gate's
// contract and says which image may be pulled and which pipeline delivers it.
package main

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/contract"
	"prodgate/pkg/policydoc"
)

func main() { pulumi.Run(program) }

func program(ctx *pulumi.Context) error {
	s, err := read(ctx)
	if err != nil {
		return err
	}
	ref, err := pulumi.NewStackReference(ctx, s.gateStack, nil)
	if err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	gate := contract.Resolve(ref)
	app := gate.App(s.app)

	// The app stands where its gate stands: nobody writes the account twice.
	workload, err := aws.NewProvider(ctx, "workload", &aws.ProviderArgs{
		Region:            gate.Region,
		AllowedAccountIds: pulumi.StringArray{gate.Account},
	})
	if err != nil {
		return fmt.Errorf("provider: %w", err)
	}
	in := pulumi.Provider(workload)

	// For the execution role of the app's tasks.
	pull, err := iam.NewPolicy(ctx, "pull", &iam.PolicyArgs{
		Name:        pulumi.String(s.app + "-pull"),
		Description: pulumi.String("Pulls the images of " + s.app + " that its pipeline pushed"),
		Policy: policydoc.Document{
			{
				Sid:       "RegistryLogin", // of the registry: AWS takes no resource
				Actions:   []string{"ecr:GetAuthorizationToken"},
				Resources: policydoc.On("*"),
			},
			{
				Sid:       "PullImages",
				Actions:   []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
				Resources: []pulumi.StringInput{app.RepositoryArn},
			},
		}.JSON(),
	}, in)
	if err != nil {
		return fmt.Errorf("pull policy: %w", err)
	}
	// For people and dashboards that know the app and not the gate.
	pipeline, err := ssm.NewParameter(ctx, "pipeline", &ssm.ParameterArgs{
		Name:        pulumi.String("/apps/" + s.app + "/pipeline"),
		Description: pulumi.String("The pipeline that delivers " + s.app),
		Type:        pulumi.String("String"),
		Value:       app.Pipeline,
	}, in)
	if err != nil {
		return fmt.Errorf("pipeline parameter: %w", err)
	}
	ctx.Export("pullPolicyArn", pull.Arn)
	ctx.Export("pipelineParameter", pipeline.Name)
	return nil
}

// options are the stack's configuration.
type options struct{ gateStack, app string }

var (
	stackName = regexp.MustCompile(`^[^/\s]+/[^/\s]+/[^/\s]+$`)
	appName   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
)

// read names everything that is wrong at once.
func read(ctx *pulumi.Context) (options, error) {
	var s options
	s.gateStack, _ = ctx.GetConfig("app-team:gateStack")
	s.app, _ = ctx.GetConfig("app-team:app")
	var problems []error
	if !stackName.MatchString(s.gateStack) {
		problems = append(problems, fmt.Errorf("app-team:gateStack: %q is not organization/project/stack", s.gateStack))
	}
	if !appName.MatchString(s.app) {
		problems = append(problems, fmt.Errorf("app-team:app: %q is not the name of an app of the gate", s.app))
	}
	return s, errors.Join(problems...)
}
