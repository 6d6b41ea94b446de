package gate

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/component"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

func (b builder) ofCodeCommit(app settings.App) action {
	return action{
		name: "CodeCommit", category: "Source", provider: "CodeCommit",
		out: []string{sourceArtifact}, namespace: pulumi.String("Source"),
		configuration: pulumi.StringMap{
			"RepositoryName":       pulumi.String(app.Repository),
			"BranchName":           pulumi.String(component.ProdBranch),
			"OutputArtifactFormat": pulumi.String("CODE_ZIP"),
			"PollForSourceChanges": pulumi.String("false"), // the rule starts the pipeline
		},
	}
}

// readsSource is what a pipeline's role needs of CodeCommit: CodePipeline User Guide, CodeCommit
// source action reference, Service role permissions.
func (b builder) readsSource(app settings.App) policydoc.Statement {
	return policydoc.Statement{
		Sid: "Source",
		Actions: []string{
			"codecommit:CancelUploadArchive", "codecommit:GetBranch", "codecommit:GetCommit", "codecommit:GetRepository",
			"codecommit:GetUploadArchiveStatus", "codecommit:UploadArchive",
		},
		Resources: policydoc.On(b.plan.SourceRepository(app.Repository)),
	}
}
