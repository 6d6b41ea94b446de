package gate

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codepipeline"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/naming"
	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// approvalMinutes is how long an approval may take: CodePipeline's own seven days
// are long enough for prod to have moved on, in QUEUED mode behind this very wait.
const approvalMinutes = 24 * 60

func (b builder) asksForApproval() bool { return len(b.settings.Access.ApproverArns) > 0 }

// approval is the stage that waits for a person. What is approved is one digest, built
// of one commit.
func (b builder) approval(app settings.App, alerts *alerts) codepipeline.PipelineStageArgs {
	return stage(naming.ApprovalStage, action{
		name: naming.ApprovalStage, category: "Approval", provider: "Manual",
		configuration: pulumi.StringMap{
			"NotificationArn": alerts.TopicArn,
			"CustomData":      pulumi.String(b.asked(app)),
		},
		minutes: pulumi.Int(approvalMinutes),
	})
}

// asked is what approvers read. CodePipeline takes 1,000 characters, and no variable that an
// action before does not make: of an author, a source gives the date and the message
// only, the commit's page has the rest.
func (b builder) asked(app settings.App) string {
	commit := "#{Source.FullRepositoryName}, #{Source.AuthorDate}: https://github.com/" + b.settings.Source.Owner + "/" + app.Repository + "/commit/"
	if b.settings.FromCodeCommit() {
		commit = "#{Source.RepositoryName}, #{Source.AuthorDate}: https://" + b.plan.Console() + "/codesuite/codecommit/repositories/" + app.Repository + "/commit/"
	}
	lines := []string{
		"Deploy " + app.Name + " to " + app.Cluster + "/" + app.Service + ".",
		"Commit #{Source.CommitId} of " + commit + "#{Source.CommitId}",
		"Image #{Build." + buildspec.ImageDigest + "}",
	}
	for _, scan := range scans(app) {
		lines = append(lines, "#{"+scan.action+"."+buildspec.Summary+"}")
	}
	if looksAtImage(app) {
		lines = append(lines, "#{"+findingsAction+"."+buildspec.Summary+"}")
	}
	return strings.Join(lines, "\n")
}

// asks lets a pipeline's role tell the approvers.
func (b builder) asks(alerts *alerts) policydoc.Document {
	return b.publishes("AskForApproval", alerts)
}

// approver makes the role that the approvers take on to answer the one approval of
// one app. Its ARN is empty where nobody approves.
func (b builder) approver(parent pulumi.Resource, app settings.App) (pulumi.StringInput, error) {
	if !b.asksForApproval() {
		return pulumi.String(""), nil
	}
	role, _, err := b.role(parent, duty{
		name: b.called(app.Name + "-approver"), app: app, duty: naming.Approver,
		trust: b.byApprovers(),
		may: func(app settings.App) policydoc.Document {
			return policydoc.Document{
				{
					Sid:       "Approve",
					Actions:   []string{"codepipeline:PutApprovalResult"},
					Resources: policydoc.On(b.plan.Approval(app.Name)),
				},
				{
					// What the page of the pipeline shows, and the approval's token with it.
					Sid: "SeeWhatIsApproved",
					Actions: []string{
						"codepipeline:GetPipeline", "codepipeline:GetPipelineState",
						"codepipeline:GetPipelineExecution", "codepipeline:ListPipelineExecutions",
					},
					Resources: policydoc.On(b.plan.Pipeline(app.Name).ARN),
				},
			}
		},
	})
	if err != nil {
		return nil, err
	}
	return role.Arn, nil
}

// byApprovers is the trust in the approvers' roles. They are named in a condition: as
// a principal, a role that is deleted becomes an id that its successor does not have.
// It asks for no second factor: who is in a role already has none to show.
func (b builder) byApprovers() policydoc.Statement {
	return policydoc.Statement{
		Sid:        "NamedApprovers",
		Principals: map[string][]string{"AWS": {b.plan.Root()}},
		Actions:    []string{"sts:AssumeRole"},
		Conditions: []policydoc.Condition{policydoc.Is("ArnEquals", "aws:PrincipalArn", b.settings.Access.ApproverArns...)},
	}
}
