package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codebuild"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// project is one CodeBuild project of an app's pipeline.
type project struct {
	duty        string // one of address's duties
	description string
	buildspec   string
	privileged  bool
	environment []variable
	secrets     []reference
	may         func(settings.App) policydoc.Document // beside its logs and artifacts
}

// variable is an environment variable of a project, in plain text: what is
// secret is a reference.
type variable struct{ name, value string }

// project makes the project with a role and a log group of its own. It has no
// webhook: only the pipeline starts it.
func (b builder) project(parent pulumi.Resource, app settings.App, s *store, p project) (*codebuild.Project, error) {
	name := b.called(app.Name + "-" + p.duty)
	group, err := b.group(component.ProjectType, parent, name)
	if err != nil {
		return nil, err
	}
	at := b.plan.Project(app.Name, p.duty)
	role, attached, err := b.role(group, duty{
		name: name, app: app, duty: p.duty, trust: b.byService("codebuild.amazonaws.com", at.ARN),
		may: func(app settings.App) policydoc.Document {
			return slices.Concat(policydoc.Document{b.logsTo(b.plan.Project(app.Name, p.duty))}, b.useArtifacts(app, s), p.may(app))
		},
	})
	if err != nil {
		return nil, err
	}
	variables := plain(p.environment)
	var secrets []string
	for _, ref := range p.secrets {
		variables = append(variables, codebuild.ProjectEnvironmentEnvironmentVariableArgs{
			Name: pulumi.String(ref.Name), Value: ref.ARN, Type: pulumi.String("SECRETS_MANAGER"),
		})
		secrets = append(secrets, ref.Name)
	}
	if len(secrets) > 0 {
		variables = append(variables, variable{buildspec.BuildSecrets, strings.Join(secrets, " ")}.plain())
	}
	return b.runner(group, s, runner{
		name: name, at: at, description: p.description, role: role, attached: attached,
		source: "CODEPIPELINE", buildspec: p.buildspec, privileged: p.privileged, variables: variables,
		computeType: b.settings.Build.ComputeType, minutes: b.settings.Build.Timeout, concurrent: b.settings.Build.ConcurrentBuilds,
	})
}

// plain is the variable as the project has it.
func (v variable) plain() codebuild.ProjectEnvironmentEnvironmentVariableArgs {
	return codebuild.ProjectEnvironmentEnvironmentVariableArgs{
		Name: pulumi.String(v.name), Value: pulumi.String(v.value), Type: pulumi.String("PLAINTEXT"),
	}
}

// plain are variables as a project has them.
func plain(variables []variable) codebuild.ProjectEnvironmentEnvironmentVariableArray {
	var all codebuild.ProjectEnvironmentEnvironmentVariableArray
	for _, v := range variables {
		all = append(all, v.plain())
	}
	return all
}

// logsTo lets a role write what a project logs.
func (b builder) logsTo(projects ...naming.Named) policydoc.Statement {
	logs := policydoc.Statement{Sid: "Logs", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}}
	for _, at := range projects {
		logs.Resources = append(logs.Resources, pulumi.String(b.plan.LogGroupOf(at).ARN+":*"))
	}
	return logs
}

// runner is a project with a role that is there already.
type runner struct {
	name        string // of the resources
	at          naming.Named
	description string
	role        *iam.Role
	attached    []pulumi.Resource
	source      string // CODEPIPELINE, or NO_SOURCE where no pipeline starts it
	buildspec   string
	privileged  bool
	variables   codebuild.ProjectEnvironmentEnvironmentVariableArray
	computeType string
	minutes     int
	concurrent  int // 0: as many as are started
}

// runner makes the project and its log group.
func (b builder) runner(parent pulumi.Resource, s *store, r runner) (*codebuild.Project, error) {
	child := pulumi.Parent(parent)
	group, err := cloudwatch.NewLogGroup(b.ctx, r.name, &cloudwatch.LogGroupArgs{
		Name:            pulumi.String(b.plan.LogGroupOf(r.at).Name),
		RetentionInDays: pulumi.Int(b.settings.Retention.LogDays),
		KmsKeyId:        s.LogsKey.Arn,
	}, child)
	if err != nil {
		return nil, fmt.Errorf("log group: %w", err)
	}
	artifacts := r.source
	if r.source == "NO_SOURCE" {
		artifacts = "NO_ARTIFACTS"
	}
	args := &codebuild.ProjectArgs{
		Name:        pulumi.String(r.at.Name),
		Description: pulumi.String(r.description),
		ServiceRole: r.role.Arn,
		Source: codebuild.ProjectSourceArgs{
			Type:      pulumi.String(r.source),
			Buildspec: pulumi.String(r.buildspec),
		},
		Artifacts:     codebuild.ProjectArtifactsArgs{Type: pulumi.String(artifacts)},
		EncryptionKey: s.ArtifactKey.Arn,
		Environment: codebuild.ProjectEnvironmentArgs{
			Type:                 pulumi.String("LINUX_CONTAINER"),
			Image:                pulumi.String(b.settings.Build.Image),
			ComputeType:          pulumi.String(r.computeType),
			PrivilegedMode:       pulumi.Bool(r.privileged),
			EnvironmentVariables: r.variables,
		},
		LogsConfig: codebuild.ProjectLogsConfigArgs{
			CloudwatchLogs: codebuild.ProjectLogsConfigCloudwatchLogsArgs{
				Status: pulumi.String("ENABLED"), GroupName: group.Name,
			},
		},
		BuildTimeout:  pulumi.Int(r.minutes),
		QueuedTimeout: pulumi.Int(b.settings.Build.QueuedTimeout),
	}
	if r.concurrent > 0 {
		args.ConcurrentBuildLimit = pulumi.Int(r.concurrent)
	}
	// A build that starts before its role may log fails without a word.
	made, err := codebuild.NewProject(b.ctx, r.name, args, child, pulumi.DependsOn(r.attached))
	if err != nil {
		return nil, fmt.Errorf("project: %w", err)
	}
	b.knows(knownstate.Project, args)
	return made, nil
}
