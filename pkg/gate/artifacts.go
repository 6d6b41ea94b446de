package gate

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// useArtifacts lets a role read and write one app's artifacts.
func (b builder) useArtifacts(app settings.App, s *store) policydoc.Document {
	bucket, folder := b.plan.Bucket("artifacts").ARN, b.artifactFolder(app)
	return policydoc.Document{
		{
			Sid:       "Artifacts",
			Actions:   []string{"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"},
			Resources: policydoc.On(bucket + "/" + folder + "/*"),
		},
		{
			Sid:       "ArtifactBucket",
			Actions:   []string{"s3:GetBucketAcl", "s3:GetBucketLocation"},
			Resources: policydoc.On(bucket),
		},
		{
			Sid:        "ArtifactKey",
			Actions:    []string{"kms:Decrypt", "kms:GenerateDataKey"},
			Resources:  []pulumi.StringInput{s.ArtifactKey.Arn},
			Conditions: []policydoc.Condition{b.by("s3")},
		},
	}
}

// artifactFolder is where an app's artifacts are; of any app, every folder: a name may be
// cut off.
func (b builder) artifactFolder(app settings.App) string {
	if app.Name == b.anyApp().Name {
		return "*"
	}
	return settings.ArtifactFolder(b.plan.Gate, app.Name)
}
