package gate

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codebuild"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

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
	may         func(settings.App) policydoc.Document // beside its logs and artifacts
}

// variable is an environment variable of a project, in plain text: what is
// secret is never here.
type variable struct{ name, value string }

// project makes the project with a role and a log group of its own. It has no
// webhook: only the pipeline starts it.
func (b builder) project(parent pulumi.Resource, app settings.App, s *store, p project) (*codebuild.Project, error) {
	name := b.called(app.Name + "-" + p.duty)
	component, err := b.group(ProjectType, parent, name)
	if err != nil {
		return nil, err
	}
	child := pulumi.Parent(component)
	at, logs := b.plan.Project(app.Name, p.duty), b.plan.LogGroup(app.Name, p.duty)
	group, err := cloudwatch.NewLogGroup(b.ctx, name, &cloudwatch.LogGroupArgs{
		Name:            pulumi.String(logs.Name),
		RetentionInDays: pulumi.Int(b.settings.Retention.LogDays),
		KmsKeyId:        s.logsKey.Arn,
	}, child)
	if err != nil {
		return nil, fmt.Errorf("log group: %w", err)
	}
	role, attached, err := b.role(component, duty{
		name: name, app: app, duty: p.duty, trust: b.byService("codebuild.amazonaws.com", at.ARN),
		may: func(app settings.App) policydoc.Document {
			return slices.Concat(policydoc.Document{{
				Sid:       "Logs",
				Actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
				Resources: policydoc.On(b.plan.LogGroup(app.Name, p.duty).ARN + ":*"),
			}}, b.useArtifacts(app, s), p.may(app))
		},
	})
	if err != nil {
		return nil, err
	}
	variables := make(codebuild.ProjectEnvironmentEnvironmentVariableArray, len(p.environment))
	for i, v := range p.environment {
		variables[i] = codebuild.ProjectEnvironmentEnvironmentVariableArgs{
			Name: pulumi.String(v.name), Value: pulumi.String(v.value), Type: pulumi.String("PLAINTEXT"),
		}
	}
	settings := b.settings.Build
	made, err := codebuild.NewProject(b.ctx, name, &codebuild.ProjectArgs{
		Name:        pulumi.String(at.Name),
		Description: pulumi.String(p.description),
		ServiceRole: role.Arn,
		Source: codebuild.ProjectSourceArgs{
			Type:      pulumi.String("CODEPIPELINE"),
			Buildspec: pulumi.String(p.buildspec),
		},
		Artifacts:     codebuild.ProjectArtifactsArgs{Type: pulumi.String("CODEPIPELINE")},
		EncryptionKey: s.artifactKey.Arn,
		Environment: codebuild.ProjectEnvironmentArgs{
			Type:                 pulumi.String("LINUX_CONTAINER"),
			Image:                pulumi.String(settings.Image),
			ComputeType:          pulumi.String(settings.ComputeType),
			PrivilegedMode:       pulumi.Bool(p.privileged),
			EnvironmentVariables: variables,
		},
		LogsConfig: codebuild.ProjectLogsConfigArgs{
			CloudwatchLogs: codebuild.ProjectLogsConfigCloudwatchLogsArgs{
				Status: pulumi.String("ENABLED"), GroupName: group.Name,
			},
		},
		BuildTimeout:         pulumi.Int(settings.Timeout),
		QueuedTimeout:        pulumi.Int(settings.QueuedTimeout),
		ConcurrentBuildLimit: pulumi.Int(settings.ConcurrentBuilds),
		// A build that starts before its role may log fails without a word.
	}, child, pulumi.DependsOn(attached))
	if err != nil {
		return nil, fmt.Errorf("project: %w", err)
	}
	return made, nil
}
