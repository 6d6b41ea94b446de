package pipeline

import (
	"strconv"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/naming"
	"prodgate/pkg/onlymain"
	"prodgate/pkg/settings"
	"prodgate/pkg/tool"
)

// The artifacts that actions pass to each other, beside the SBOM.
const (
	SourceArtifact  = "Source"
	BuildArtifact   = "Build"
	ReleaseArtifact = "Release" // written by the action that verifies an image, read by the one that deploys it
)

// Names that rows and rules share.
const (
	SourceStage  = "Source"
	GitHubAction = "GitHub"
	// BuildProject is the part after the app's name in the name of the project that runs docker.
	BuildProject = naming.Build
)

const (
	// A run waits half an hour for ECR's findings.
	findingsAttempts = 90
	findingsPause    = 20 // seconds
	// verifyPause is the time between two reads of the deployed service, in seconds.
	verifyPause = 10
	// The check reads a difference from the known state again, because a pulumi up may be running.
	checkAttempts = 3
	checkPause    = 60 // seconds
	// CodePipeline's default timeout of an approval is seven days. In QUEUED mode later commits on prod
	// would wait that long behind the approval.
	approvalMinutes = 24 * 60
)

// Rows are the actions of the gate's pipelines, in order.
func Rows() []Row {
	return []Row{
		{
			Stage: SourceStage, Action: GitHubAction, Category: "Source", Provider: "CodeStarSourceConnection", Namespace: "Source",
			Setting: "source.provider", IsOn: func(s *settings.Settings) bool { return !s.UsesCodeCommit() },
			Outputs: []string{SourceArtifact},
			Configuration: []Variable{
				ofPart("ConnectionArn", Connection),
				ofModel("FullRepositoryId", func(m Model, app settings.App) string { return m.settings.Source.Owner + "/" + app.Repository }),
				constant("BranchName", onlymain.Base),
				constant("OutputArtifactFormat", "CODE_ZIP"),
				constant("DetectChanges", "false"), // the trigger does
			},
			Rights: []Right{{
				// The service was renamed and still checks either prefix.
				Sid: "Connection", Actions: []string{"codeconnections:UseConnection", "codestar-connections:UseConnection"},
				On: func(Model, Scope) []Value { return []Value{{Part: Connection}} },
			}},
		},
		{
			Stage: SourceStage, Action: "CodeCommit", Category: "Source", Provider: "CodeCommit", Namespace: "Source",
			Setting: "source.provider", IsOn: (*settings.Settings).UsesCodeCommit,
			Outputs: []string{SourceArtifact},
			Configuration: []Variable{
				ofApp("RepositoryName", func(app settings.App) string { return app.Repository }),
				constant("BranchName", onlymain.Base),
				constant("OutputArtifactFormat", "CODE_ZIP"),
				constant("PollForSourceChanges", "false"), // the rule starts the pipeline
			},
			Rights: []Right{{
				// CodePipeline User Guide, CodeCommit source action reference, Service role permissions.
				Sid: "Source",
				Actions: []string{
					"codecommit:CancelUploadArchive", "codecommit:GetBranch", "codecommit:GetCommit", "codecommit:GetRepository",
					"codecommit:GetUploadArchiveStatus", "codecommit:UploadArchive",
				},
				On: func(m Model, scope Scope) []Value { return texts(m.names.SourceRepository(scope.repository())) },
			}},
		},
		{
			Stage: "Scan", Action: "Secrets", Category: "Test", Provider: "CodeBuild", Namespace: "Secrets", Setting: "scan.secrets",
			Inputs: inputs(SourceArtifact),
			Project: &Project{
				Name: "scan-secrets", Role: naming.Scan, Description: "Scans the source of {app} for secrets, with {scanner}",
				Choice: func(app settings.App) string { return app.Scan.Secrets },
				Scanners: map[string]Scanner{
					"gitleaks": {Buildspec: "gitleaks", Variables: scanVariables(), Tools: []tool.Tool{tool.Gitleaks}},
				},
			},
		},
		{
			Stage: "Scan", Action: "Code", Category: "Test", Provider: "CodeBuild", Namespace: "Code", Setting: "scan.code",
			Inputs: inputs(SourceArtifact),
			Project: &Project{
				Name: "scan-code", Role: naming.Scan, Description: "Scans the code of {app} for vulnerabilities, with {scanner}",
				Choice: func(app settings.App) string { return app.Scan.Code },
				Scanners: map[string]Scanner{
					"bandit": {
						Buildspec: "bandit", Packages: tool.Bandit,
						Variables: scanVariables(constant(tool.BanditRequirements, tool.Requirements(tool.Bandit)), severity),
					},
					"gosec": {Buildspec: "gosec", Variables: scanVariables(severity), Tools: []tool.Tool{tool.Gosec}},
				},
			},
		},
		{
			Stage: "Scan", Action: "Dependencies", Category: "Test", Provider: "CodeBuild", Namespace: "Dependencies", Setting: "scan.dependencies",
			Inputs: inputs(SourceArtifact), Outputs: []string{buildspec.SBOMArtifact},
			Project: &Project{
				Name: "scan-dependencies", Role: naming.Scan,
				Description: "Scans the dependencies of {app} for known vulnerabilities and writes its SBOM, with {scanner}",
				Choice:      func(app settings.App) string { return app.Scan.Dependencies },
				Scanners: map[string]Scanner{
					"grype": {Buildspec: "grype", Variables: scanVariables(severity), Tools: []tool.Tool{tool.Grype}},
				},
			},
		},
		{
			Stage: "Build", Action: "Image", Category: "Build", Provider: "CodeBuild", Namespace: "Build",
			Inputs: inputs(SourceArtifact), Outputs: []string{BuildArtifact},
			Project: &Project{
				Name: BuildProject, Role: naming.Build, Description: "Builds the image of {app} and pushes it to ECR by digest",
				IsPrivileged: true, // docker build needs it; no other project has it
				Scanner: Scanner{Buildspec: "build", Variables: concat([]Variable{
					appFolder,
					ofApp(buildspec.Dockerfile, func(app settings.App) string { return app.Dockerfile }),
					repositoryURI, repositoryName, containerName,
				}, when(func(m Model, _ settings.App) bool { return m.settings.Signs() }, constant(buildspec.Signed, "true")))},
				Rights: append([]Right{registryLogin, {
					Sid: "PushImages",
					Actions: []string{
						"ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart",
						"ecr:CompleteLayerUpload", "ecr:PutImage", "ecr:BatchGetImage", "ecr:DescribeImages",
					},
					On: func(m Model, scope Scope) []Value { return texts(m.names.Repository(scope.name()).ARN) },
				}}, readsSecrets...),
			},
		},
		{
			Stage: "Build", Action: "Findings", Category: "Test", Provider: "CodeBuild", Namespace: "Findings", RunOrder: 2,
			Setting: "scan.image", IsOnFor: scansImage,
			Inputs: inputs(BuildArtifact), Variables: []Variable{appName, repositoryName, imageDigest, severity},
			Project: &Project{
				Name: "findings", IsShared: true, Role: naming.Inspect, Description: "Waits for what ECR finds in an image", Minutes: 60,
				Scanner: Scanner{Buildspec: "findings", Variables: []Variable{
					acceptedOfAllApps,
					constant(buildspec.Attempts, strconv.Itoa(findingsAttempts)), constant(buildspec.Pause, strconv.Itoa(findingsPause)),
				}},
				Rights: []Right{{Sid: "Findings", Actions: []string{"ecr:DescribeImageScanFindings"}, On: on(repositories)}},
			},
		},
		{
			// The build's project runs code of the app, this one only reads the image.
			Stage: "Build", Action: "Packages", Category: "Test", Provider: "CodeBuild", Namespace: "Packages", RunOrder: 2,
			Setting: "scan.dependencies", IsOnFor: scansDependencies,
			Inputs: inputs(BuildArtifact), Outputs: []string{buildspec.ImageSBOMArtifact},
			Variables: []Variable{appName, repositoryURI, imageDigest, severity},
			Project: &Project{
				Name: "packages", IsShared: true, Role: naming.Inspect, Minutes: 60,
				Description: "Scans an image by digest for known vulnerabilities and writes its SBOM, with grype",
				Scanner:     Scanner{Buildspec: "packages", Variables: []Variable{acceptedOfAllApps}, Tools: []tool.Tool{tool.Grype}},
				Rights: []Right{
					registryLogin,
					{Sid: "PullImages", Actions: []string{"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}, On: on(repositories)},
				},
			},
		},
		{
			Stage: "Sign", Action: "Image", Category: "Build", Provider: "CodeBuild", Setting: "sign", IsOn: (*settings.Settings).Signs,
			Inputs: withSBOMs(BuildArtifact), Variables: []Variable{hasSBOM, hasImageSBOM, appName, repositoryURI, imageDigest, imageOrigin, sourceCommit},
			Project: &Project{
				Name: "sign", IsShared: true, Role: naming.Sign, Description: "Signs images with AWS Signer, by digest", Minutes: 30,
				Scanner: Scanner{Buildspec: "sign", Variables: signing},
				Rights: []Right{
					registryLogin,
					{
						Sid: "PushSignatures", // a signature is stored with the image
						Actions: []string{
							"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:GetDownloadUrlForLayer",
							"ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
						},
						On: on(repositories),
					},
					{Sid: "Sign", Actions: []string{"signer:SignPayload"}, On: func(Model, Scope) []Value { return []Value{{Part: SigningProfile}} }},
					revocations,
				},
			},
		},
		{
			Stage: naming.ApprovalStage, Action: naming.ApprovalStage, Category: "Approval", Provider: "Manual", TimeoutMinutes: approvalMinutes,
			Setting: "access.approverArns", IsOn: needsApproval,
			Configuration: []Variable{ofPart("NotificationArn", AlertTopic), ofModel("CustomData", Model.ApprovalText)},
			Rights:        publishes("AskForApproval"),
		},
		{
			Stage: naming.DeployStage, Action: "KnownState", Category: "Invoke", Provider: "Lambda",
			Configuration: []Variable{
				ofModel("FunctionName", func(m Model, _ settings.App) string { return m.names.CheckFunction().Name }),
				ofApp("UserParameters", func(app settings.App) string { return app.Name }),
			},
			Rights: []Right{{
				Sid: "CheckKnownState", Actions: []string{"lambda:InvokeFunction"},
				On: on(func(m Model) []string { return []string{m.names.CheckFunction().ARN} }),
			}},
			Function: &Function{
				Role: naming.Verifier, Description: "Compares the live gate with what pulumi up has made of it", Minutes: 15, MemoryMB: 512,
				Variables: []Variable{
					ofModel(knownstate.GateVariable, func(m Model, _ settings.App) string { return m.names.Gate }),
					ofModel(knownstate.ParameterVariable, func(m Model, _ settings.App) string { return m.names.KnownState("").Name }),
					ofModel(knownstate.PoliciesVariable, func(m Model, _ settings.App) string { return m.names.PolicyPath() }),
					ofModel(knownstate.TopicVariable, func(m Model, _ settings.App) string { return m.names.Topic().ARN }),
					constant(knownstate.AttemptsVariable, strconv.Itoa(checkAttempts)), constant(knownstate.PauseVariable, strconv.Itoa(checkPause)),
				},
				Rights: verifierRights(),
			},
		},
		{
			Stage: naming.DeployStage, Action: "Prepare", Category: "Build", Provider: "CodeBuild",
			Inputs: withSBOMs(BuildArtifact), Outputs: []string{ReleaseArtifact},
			Variables: concat(
				[]Variable{hasSBOM, hasImageSBOM, appName, repositoryURI, imageDigest, sourceCommit, containerName,
					ofApp(buildspec.Deployment, func(app settings.App) string { return app.Deployment.Kind })},
				when(func(_ Model, app settings.App) bool { return IsBlueGreen(app) }, cluster, service,
					ofApp(buildspec.ContainerPort, func(app settings.App) string { return strconv.Itoa(app.Deployment.ContainerPort) })),
				when(func(m Model, _ settings.App) bool { return m.settings.UsesCodeCommit() },
					ofApp(buildspec.SourceRepository, func(app settings.App) string { return app.Repository })),
			),
			Project: &Project{
				Name: "prepare", IsShared: true, Role: naming.Prepare, Minutes: 30,
				Description: "Verifies an image by digest, and writes what deploys it",
				Scanner:     Scanner{Buildspec: "prepare", Variables: when(func(m Model, _ settings.App) bool { return m.settings.Signs() }, signing...)},
				Rights: []Right{
					{Sid: "Images", Actions: []string{"ecr:DescribeImages"}, On: on(repositories)},
					{
						Sid: "Commits", Actions: []string{"codecommit:GetCommit", "codecommit:GetMergeCommit"},
						On: on(func(m Model) []string { return []string{m.names.SourceRepositories()} }), When: func(m Model) bool { return m.settings.UsesCodeCommit() },
					},
					{Sid: "Services", Actions: []string{"ecs:DescribeServices"}, On: services, When: anyBlueGreen},
					{Sid: "TaskDefinitions", Actions: []string{"ecs:DescribeTaskDefinition"}, On: everything, When: anyBlueGreen},
					whenSigned(registryLogin),
					whenSigned(Right{Sid: "PullSignatures", Actions: []string{"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}, On: on(repositories)}),
					whenSigned(revocations),
				},
			},
		},
		{
			// ECS replaces the tasks of a service.
			Stage: naming.DeployStage, Action: "Service", Category: "Deploy", Provider: "ECS", Namespace: "Deploy", RunOrder: 2,
			Setting: "apps[].deployment.kind", IsOnFor: isRolling,
			Inputs: inputs(ReleaseArtifact),
			Configuration: []Variable{
				ofApp("ClusterName", func(app settings.App) string { return app.Cluster }),
				ofApp("ServiceName", func(app settings.App) string { return app.Service }),
				constant("FileName", buildspec.ImageDefinitions),
				ofApp("DeploymentTimeout", func(app settings.App) string { return strconv.Itoa(app.DeployTimeout) }),
			},
			Rights: rollingRights,
		},
		{
			// CodeDeploy shifts traffic to new tasks.
			Stage: naming.DeployStage, Action: "Service", Category: "Deploy", Provider: "CodeDeployToECS", Namespace: "Deploy", RunOrder: 2,
			Setting: "apps[].deployment.kind", IsOnFor: IsBlueGreen,
			Inputs: inputs(ReleaseArtifact),
			Configuration: []Variable{
				ofModel("ApplicationName", func(m Model, app settings.App) string { return m.names.Deployments(app.Name).Name }),
				ofModel("DeploymentGroupName", func(m Model, app settings.App) string { return m.names.Deployments(app.Name).Name }),
				constant("TaskDefinitionTemplateArtifact", ReleaseArtifact),
				constant("TaskDefinitionTemplatePath", buildspec.TaskDefinition),
				constant("AppSpecTemplateArtifact", ReleaseArtifact),
				constant("AppSpecTemplatePath", buildspec.AppSpec),
				constant("Image1ArtifactName", ReleaseArtifact),
				constant("Image1ContainerName", buildspec.ImagePlaceholder),
			},
			Rights: blueGreenRights,
		},
		{
			// The check after a deployment is in the deployment's stage: a stage that fails is rolled back
			// to what it last did well, and so is the service.
			Stage: naming.DeployStage, Action: "Verify", Category: "Test", Provider: "CodeBuild", RunOrder: 3,
			Inputs: inputs(ReleaseArtifact),
			Variables: concat([]Variable{appName, cluster, service, containerName, imageDigest},
				when(func(_ Model, app settings.App) bool { return app.Health.Url != "" }, ofApp(buildspec.Health, healthCheck))),
			Project: &Project{
				Name: "verify", IsShared: true, Role: naming.Inspect, Minutes: 60,
				Description: "Verifies that the built image runs, and the health check of the app",
				Scanner:     Scanner{Buildspec: "verify", Variables: []Variable{constant(buildspec.Pause, strconv.Itoa(verifyPause))}},
				Rights: []Right{
					{Sid: "Services", Actions: []string{"ecs:DescribeServices"}, On: services},
					{Sid: "Tasks", Actions: []string{"ecs:DescribeTasks"}, On: on(func(m Model) []string { return []string{m.names.Tasks()} })},
					{Sid: "TaskLists", Actions: []string{"ecs:DescribeTaskDefinition", "ecs:ListTasks"}, On: everything},
				},
			},
		},
		{
			Stage: "Test", Action: "Attack", Category: "Test", Provider: "CodeBuild", Setting: "apps[].dast.url", IsOnFor: HasDAST,
			Inputs:    inputs(ReleaseArtifact),
			Variables: []Variable{appName, ofApp(buildspec.TargetURL, func(app settings.App) string { return app.Dast.Url }), severity},
			Project: &Project{
				Name: "dast", IsShared: true, Role: naming.Inspect, Description: "Attacks what was deployed, with OWASP ZAP", Minutes: 60,
				Scanner: Scanner{Buildspec: "zap", Variables: []Variable{acceptedOfAllApps}, Tools: []tool.Tool{tool.ZAP}},
			},
		},
	}
}
