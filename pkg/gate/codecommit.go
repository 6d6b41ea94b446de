package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codecommit"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codepipeline"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/policydoc"
	"prodgate/pkg/settings"
)

// findSources looks at the repositories of CodeCommit that are adopted, and says of all
// that are not there.
func (b builder) findSources(parent pulumi.Resource) error {
	if b.settings.Source.Repositories != settings.Adopt {
		return nil
	}
	var problems []error
	for _, name := range b.settings.Repositories() {
		if _, err := codecommit.LookupRepository(b.ctx, &codecommit.LookupRepositoryArgs{RepositoryName: name}, pulumi.Parent(parent)); err != nil {
			problems = append(problems, wrong("source.repositories", settings.Adopt, "CodeCommit does not show %s; correct the name, or set it to create: %w", name, err))
		}
	}
	return errors.Join(problems...)
}

// codeCommit are repositories of CodeCommit, whose branch prod takes what reviewers approved.
// They are encrypted with AWS's own key: of a key of the gate's, the policy would have to name
// everybody who pulls and pushes.
func (b builder) codeCommit(parent pulumi.Resource, starts *dispatcher) (*source, error) {
	child := pulumi.Parent(parent)
	rule, err := codecommit.NewApprovalRuleTemplate(b.ctx, b.called(ProdBranch), &codecommit.ApprovalRuleTemplateArgs{
		Name:        pulumi.String(b.plan.ApprovalRule()),
		Description: pulumi.String("Who approves a pull request to " + ProdBranch),
		Content:     pulumi.String(b.approvalRule()),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("approval rule: %w", err)
	}
	none := pulumi.String("").ToStringOutput()
	s := &source{connectionArn: none, connectionStatus: none, starts: starts}
	for _, repository := range b.settings.Repositories() {
		var at pulumi.StringInput = pulumi.String(repository)
		if b.settings.Source.Repositories == settings.Create {
			made, err := codecommit.NewRepository(b.ctx, b.called(repository), &codecommit.RepositoryArgs{
				RepositoryName: pulumi.String(repository),
				Description:    pulumi.String("What gate " + b.plan.Gate + " delivers from its branch " + ProdBranch),
			}, child, b.keeps())
			if err != nil {
				return nil, fmt.Errorf("%s: %w", repository, err)
			}
			at = made.RepositoryName
		}
		asked, err := codecommit.NewApprovalRuleTemplateAssociation(b.ctx, b.called(repository), &codecommit.ApprovalRuleTemplateAssociationArgs{
			ApprovalRuleTemplateName: rule.Name,
			RepositoryName:           at,
		}, child)
		if err != nil {
			return nil, fmt.Errorf("%s: approval rule: %w", repository, err)
		}
		s.ready = append(s.ready, asked)
	}
	return s, nil
}

// approvalRule is what a pull request to prod has to meet: AWS CodeCommit User Guide, Create
// an approval rule template. Reviewers are sessions of roles, and whoever opened the request
// is none of them.
func (b builder) approvalRule() string {
	var reviewers []string
	for _, arn := range b.settings.Source.ReviewerArns {
		reviewers = append(reviewers, b.plan.Sessions(path.Base(arn)))
	}
	text, _ := json.Marshal(map[string]any{ // of texts and numbers only
		"Version":               "2018-11-08",
		"DestinationReferences": []string{branchReference},
		"Statements": []any{map[string]any{
			"Type": "Approvers", "NumberOfApprovalsNeeded": b.settings.Source.Reviews, "ApprovalPoolMembers": reviewers,
		}},
	})
	return string(text)
}

// branchReference is git's name of the branch.
const branchReference = "refs/heads/" + ProdBranch

func (b builder) ofCodeCommit(app settings.App) action {
	return action{
		name: "CodeCommit", category: "Source", provider: "CodeCommit",
		out: []string{sourceArtifact}, namespace: pulumi.String("Source"),
		configuration: pulumi.StringMap{
			"RepositoryName":       pulumi.String(app.Repository),
			"BranchName":           pulumi.String(ProdBranch),
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

// changesOfProd matches what CodeCommit tells of the branch prod of some repositories.
func changesOfProd(events []string, repositories []string) pulumi.StringOutput {
	return pulumi.JSONMarshal(map[string]any{
		"source":      []string{"aws.codecommit"},
		"detail-type": []string{"CodeCommit Repository State Change"},
		"detail": map[string]any{
			"event": events, "referenceType": []string{"branch"}, "referenceName": []string{ProdBranch}, "repositoryName": repositories,
		},
	})
}

// starter starts an app's pipeline when prod of its repository has changed.
func (b builder) starter(parent pulumi.Resource, app settings.App, source *source, alerts *alerts, pipeline *codepipeline.Pipeline) error {
	child, name := pulumi.Parent(parent), b.called(app.Name+"-"+ProdBranch)
	made, err := cloudwatch.NewEventRule(b.ctx, name, &cloudwatch.EventRuleArgs{
		Name:         pulumi.String(b.plan.Gate + "-" + app.Name + "-" + ProdBranch),
		Description:  pulumi.String("Starts the pipeline of " + app.Name + " when " + ProdBranch + " of " + app.Repository + " has changed"),
		EventPattern: changesOfProd([]string{"referenceCreated", "referenceUpdated"}, []string{app.Repository}),
	}, child)
	if err != nil {
		return err
	}
	_, err = cloudwatch.NewEventTarget(b.ctx, name, &cloudwatch.EventTargetArgs{
		Rule:             made.Name,
		TargetId:         pulumi.String("pipeline"),
		Arn:              pipeline.Arn,
		RoleArn:          source.starts.Arn,
		DeadLetterConfig: cloudwatch.EventTargetDeadLetterConfigArgs{Arn: alerts.DeadLettersArn},
	}, child, pulumi.DependsOn(slices.Concat(source.starts.Attached, alerts.Ready)))
	return err
}

// watchSources tells of every change of prod in CodeCommit, whoever makes it: a merge that was
// approved is one, and a push that guardrails would have refused is the other.
func (b builder) watchSources(parent pulumi.Resource, alerts *alerts) error {
	if !b.settings.FromCodeCommit() {
		return nil
	}
	const few = 15 // names of 100 characters, of the 2,048 that a pattern takes
	for i, repositories := range slices.Collect(slices.Chunk(b.settings.Repositories(), few)) {
		name := "source-changes"
		if i > 0 {
			name += "-" + strconv.Itoa(i+1)
		}
		if err := b.rule(parent, alerts, rule{
			name:        name,
			description: "The branch " + ProdBranch + " of a repository changed",
			pattern:     changesOfProd([]string{"referenceCreated", "referenceUpdated", "referenceDeleted"}, repositories),
			paths: map[string]string{
				"event": "$.detail.event", "repository": "$.detail.repositoryName", "commit": "$.detail.commitId", "before": "$.detail.oldCommitId",
				"who": "$.detail.callerUserArn", "merge": "$.detail.mergeOption", "time": "$.time", "account": "$.account", "region": "$.region",
			},
			message: b.ofGate() + " " + ProdBranch + " of <repository>, account <account>, <region>: <event> at <time>, commit <commit> after <before>, by <who> " +
				"(nothing here: CloudTrail names them), merged by <merge> (nothing here: it was pushed). If it was no merge of an approved pull request, stop the pipeline's execution, " +
				"take the credentials of who did it away, and put the branch back.",
		}); err != nil {
			return err
		}
	}
	return nil
}
