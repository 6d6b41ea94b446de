package gate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codebuild"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/signer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
	"prodgate/pkg/tool"
)

// How long is waited for ECR's findings, and between two looks at what was deployed.
const (
	findingsAttempts = 90
	findingsPause    = 20 // seconds: half an hour in all
	verifyPause      = 10 // seconds
)

func (b builder) anyApps(is func(settings.App) bool) bool {
	return slices.ContainsFunc(b.settings.Apps, is)
}

func looksAtImage(app settings.App) bool { return app.Scan.Image != settings.None }
func isAttacked(app settings.App) bool   { return app.Dast.Url != "" }
func isShifted(app settings.App) bool    { return app.Deployment.Kind == settings.BlueGreen }

// checks makes the projects that every pipeline starts for its app. No step of a build can
// reach one: they run nothing that an app brings.
func (b builder) checks(parent pulumi.Resource, s *store) ([]pulumi.Resource, error) {
	group, err := b.group(component.ChecksType, parent, b.called("checks"))
	if err != nil {
		return nil, err
	}
	var made []pulumi.Resource
	looks, err := b.inspects(group, s)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	made = append(made, looks...)
	var profile *signer.SigningProfile
	if b.settings.Signs() {
		if profile, err = signer.NewSigningProfile(b.ctx, b.called("images"), &signer.SigningProfileArgs{
			Name:       b.profileName(s),
			PlatformId: pulumi.String("Notation-OCI-SHA384-ECDSA"),
			// How long a signature holds: an image that runs is rolled back to, or started anew, for years.
			SignatureValidityPeriod: signer.SigningProfileSignatureValidityPeriodArgs{Type: pulumi.String("MONTHS"), Value: pulumi.Int(135)},
		}, pulumi.Parent(group), b.keeps()); err != nil {
			return nil, fmt.Errorf("signing profile: %w", err)
		}
		sign, err := b.check(group, s, sharedCheck{
			duty: naming.Sign, what: []string{naming.Signer}, description: "Signs images with AWS Signer, by digest",
			buildspec: buildspec.Sign, signs: profile, may: b.signsImages(s, profile),
		})
		if err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
		made = append(made, sign...)
	}
	prepare, err := b.check(group, s, sharedCheck{
		duty: naming.Prepare, what: []string{naming.Preparer}, description: "Verifies an image by digest, and writes what deploys it",
		buildspec: buildspec.Prepare, signs: profile, may: b.prepares(s, profile),
	})
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	return append(made, prepare...), nil
}

// profileName is that of the signing profile. AWS Signer takes no hyphen in it, and keeps the
// name of a profile that was canceled: a gate that is made anew needs another one, and has
// another key.
func (b builder) profileName(s *store) pulumi.StringOutput {
	return s.ImageKey.KeyId.ApplyT(func(id string) string {
		return b.plan.SigningPrefix() + strings.ReplaceAll(id, "-", "")
	}).(pulumi.StringOutput)
}

// sharedCheck is a project of all pipelines with a role of its own.
type sharedCheck struct {
	duty        string
	what        []string // the projects of the role
	description string
	buildspec   string
	signs       *signer.SigningProfile // nil where nothing is signed
	may         policydoc.Document     // beside its logs
}

func (b builder) check(parent pulumi.Resource, s *store, c sharedCheck) ([]pulumi.Resource, error) {
	name := b.called(c.duty)
	role, attached, err := b.checkRole(parent, c)
	if err != nil {
		return nil, err
	}
	var variables codebuild.ProjectEnvironmentEnvironmentVariableArray
	if c.signs != nil {
		variables = append(pinned(tool.Notation, tool.SignerPlugin), variable{buildspec.SignerRoot, tool.SignerRoot}.plain(),
			codebuild.ProjectEnvironmentEnvironmentVariableArgs{
				Name: pulumi.String(buildspec.SigningProfile), Value: c.signs.Arn, Type: pulumi.String("PLAINTEXT"),
			})
	}
	made, err := b.runner(parent, s, runner{
		name: name, at: b.plan.Shared(c.what[0]), description: c.description, role: role, attached: attached,
		source: "CODEPIPELINE", buildspec: c.buildspec, variables: variables, computeType: "BUILD_GENERAL1_SMALL", minutes: 30,
	})
	if err != nil {
		return nil, err
	}
	return []pulumi.Resource{made}, nil
}

// inspects makes the projects that look at images and at what was deployed, which share a
// role that only reads.
func (b builder) inspects(parent pulumi.Resource, s *store) ([]pulumi.Resource, error) {
	role, attached, err := b.checkRole(parent, sharedCheck{
		duty: naming.Inspect, what: []string{naming.Findings, naming.Verify, naming.Dast}, may: b.looks(s),
	})
	if err != nil {
		return nil, err
	}
	var made []pulumi.Resource
	for _, one := range []struct {
		on          bool
		what        string
		description string
		buildspec   string
		variables   []variable
		tools       []tool.Tool
		minutes     int
	}{
		{b.anyApps(looksAtImage), naming.Findings, "Waits for what ECR finds in an image", buildspec.Findings, []variable{
			{buildspec.AcceptedFindings, acceptedOfAll(b.settings)},
			{buildspec.Attempts, strconv.Itoa(findingsAttempts)}, {buildspec.Pause, strconv.Itoa(findingsPause)},
		}, nil, 60},
		{true, naming.Verify, "Looks whether what runs is what was built, and well", buildspec.Verify, []variable{
			{buildspec.Pause, strconv.Itoa(verifyPause)},
		}, nil, 60},
		{b.anyApps(isAttacked), naming.Dast, "Attacks what was deployed, with OWASP ZAP", buildspec.ZAP, []variable{
			{buildspec.AcceptedFindings, acceptedOfAll(b.settings)},
		}, []tool.Tool{tool.ZAP}, 60},
	} {
		if !one.on {
			continue
		}
		project, err := b.runner(parent, s, runner{
			name: b.called(one.what), at: b.plan.Shared(one.what), description: one.description, role: role, attached: attached,
			source: "CODEPIPELINE", buildspec: one.buildspec, variables: slices.Concat(plain(one.variables), pinned(one.tools...)),
			computeType: "BUILD_GENERAL1_SMALL", minutes: one.minutes,
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.what, err)
		}
		made = append(made, project)
	}
	return made, nil
}

// checkRole makes the role of projects that all pipelines start.
func (b builder) checkRole(parent pulumi.Resource, c sharedCheck) (*iam.Role, []pulumi.Resource, error) {
	var projects []naming.Named
	var arns []string
	for _, what := range c.what {
		projects, arns = append(projects, b.plan.Shared(what)), append(arns, b.plan.Shared(what).ARN)
	}
	return b.role(parent, duty{
		name: b.called(c.duty), duty: c.duty, trust: b.byService("codebuild.amazonaws.com", arns...),
		may: func(settings.App) policydoc.Document {
			return append(policydoc.Document{b.logsTo(projects...)}, c.may...)
		},
	})
}

// looks is what looking at images and deployments needs.
func (b builder) looks(s *store) policydoc.Document {
	return append(b.handsOn(b.anyApp(), s, []string{buildArtifact, releaseArtifact}, nil),
		policydoc.Statement{Sid: "Findings", Actions: []string{"ecr:DescribeImageScanFindings"}, Resources: policydoc.On(b.plan.Repositories())},
		policydoc.Statement{Sid: "Services", Actions: []string{"ecs:DescribeServices"}, Resources: policydoc.On(b.plan.Service("*", "*"))},
		policydoc.Statement{Sid: "Tasks", Actions: []string{"ecs:DescribeTasks"}, Resources: policydoc.On(b.plan.Tasks())},
		policydoc.Statement{Sid: "TaskLists", Actions: []string{"ecs:DescribeTaskDefinition", "ecs:ListTasks"}, Resources: policydoc.On("*")},
	)
}

// signsImages is what signing needs: the signature is kept with the image.
func (b builder) signsImages(s *store, profile *signer.SigningProfile) policydoc.Document {
	return append(b.handsOn(b.anyApp(), s, b.built(), nil),
		registryLogin(),
		policydoc.Statement{
			Sid: "PushSignatures",
			Actions: []string{
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:GetDownloadUrlForLayer",
				"ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
			},
			Resources: policydoc.On(b.plan.Repositories()),
		},
		policydoc.Statement{
			Sid: "Sign", Actions: []string{"signer:SignPayload"}, Resources: []pulumi.StringInput{profile.Arn},
		},
		b.revocations(profile),
	)
}

// prepares is what the verification before a deployment needs.
func (b builder) prepares(s *store, profile *signer.SigningProfile) policydoc.Document {
	may := append(b.handsOn(b.anyApp(), s, b.built(), []string{releaseArtifact}),
		policydoc.Statement{Sid: "Images", Actions: []string{"ecr:DescribeImages"}, Resources: policydoc.On(b.plan.Repositories())})
	if b.settings.FromCodeCommit() {
		may = append(may, policydoc.Statement{
			Sid: "Commits", Actions: []string{"codecommit:GetCommit", "codecommit:GetMergeCommit"}, Resources: policydoc.On(b.plan.SourceRepositories()),
		})
	}
	if b.anyApps(isShifted) {
		may = append(may,
			policydoc.Statement{Sid: "Services", Actions: []string{"ecs:DescribeServices"}, Resources: policydoc.On(b.plan.Service("*", "*"))},
			policydoc.Statement{Sid: "TaskDefinitions", Actions: []string{"ecs:DescribeTaskDefinition"}, Resources: policydoc.On("*")})
	}
	if profile == nil {
		return may
	}
	return append(may,
		registryLogin(),
		policydoc.Statement{
			Sid: "PullSignatures", Actions: []string{"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}, Resources: policydoc.On(b.plan.Repositories()),
		},
		b.revocations(profile),
	)
}

// built are the artifacts of a build, and what belongs to it.
func (b builder) built() []string {
	if b.anyApps(hasSBOM) {
		return []string{buildArtifact, buildspec.SBOMArtifact}
	}
	return []string{buildArtifact}
}

// revocations lets a role ask whether a signature holds still: it is of a profile and of a
// job, whose id is AWS's.
func (b builder) revocations(profile *signer.SigningProfile) policydoc.Statement {
	return policydoc.Statement{
		Sid: "Revocations", Actions: []string{"signer:GetRevocationStatus"},
		Resources: []pulumi.StringInput{profile.Arn, pulumi.String(b.plan.SigningJobs())},
	}
}

func registryLogin() policydoc.Statement {
	return policydoc.Statement{Sid: "RegistryLogin", Actions: []string{"ecr:GetAuthorizationToken"}, Resources: policydoc.On("*")}
}

// handsOn lets a role read some artifacts of an app, and write others.
func (b builder) handsOn(app settings.App, s *store, reads, writes []string) policydoc.Document {
	bucket, folder := b.plan.Bucket("artifacts").ARN, b.artifactFolder(app)
	at := func(names []string) []pulumi.StringInput {
		var all []pulumi.StringInput
		for _, name := range names {
			all = append(all, pulumi.String(bucket+"/"+folder+"/"+name+"/*"))
		}
		return all
	}
	key := policydoc.Statement{
		Sid: "ArtifactKey", Actions: []string{"kms:Decrypt"}, Resources: []pulumi.StringInput{s.ArtifactKey.Arn},
		Conditions: []policydoc.Condition{b.by("s3")},
	}
	document := policydoc.Document{
		{Sid: "ReadArtifacts", Actions: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resources: at(reads)},
		// CodeBuild User Guide, Allow CodeBuild to interact with other AWS services.
		{Sid: "ArtifactBucket", Actions: []string{"s3:GetBucketAcl", "s3:GetBucketLocation"}, Resources: policydoc.On(bucket)},
	}
	if len(writes) > 0 {
		document = append(document, policydoc.Statement{Sid: "WriteArtifacts", Actions: []string{"s3:PutObject"}, Resources: at(writes)})
		key.Actions = append(key.Actions, "kms:GenerateDataKey")
	}
	return append(document, key)
}
