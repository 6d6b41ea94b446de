package source

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codecommit"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/codepipeline"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/alerting"
	"prodgate/pkg/gate/baseline"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/identity"
	"prodgate/pkg/knownstate"
	"prodgate/pkg/settings"
)

// newCodeCommit makes or adopts repositories of CodeCommit, whose branch prod takes what reviewers approved.
// They are encrypted with AWS's own key: of a key of the gate's, the policy would have to name
// everybody who pulls and pushes.
func newCodeCommit(c component.Context, parent pulumi.Resource) (*Source, error) {
	child := pulumi.Parent(parent)
	rule, err := codecommit.NewApprovalRuleTemplate(c.Ctx, c.ChildName(component.ProdBranch), &codecommit.ApprovalRuleTemplateArgs{
		Name:        pulumi.String(c.Names.ApprovalRule()),
		Description: pulumi.String("Who approves a pull request to " + component.ProdBranch),
		Content:     pulumi.String(approvalRule(c)),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("approval rule: %w", err)
	}
	none := pulumi.String("").ToStringOutput()
	s := &Source{ConnectionArn: none, ConnectionStatus: none}
	for _, repository := range c.Settings.Repositories() {
		var at pulumi.StringInput = pulumi.String(repository)
		if c.Settings.Source.Repositories == settings.Create {
			made, err := codecommit.NewRepository(c.Ctx, c.ChildName(repository), &codecommit.RepositoryArgs{
				RepositoryName: pulumi.String(repository),
				Description:    pulumi.String("What gate " + c.Names.Gate + " delivers from its branch " + component.ProdBranch),
			}, child, c.ProtectOption())
			if err != nil {
				return nil, fmt.Errorf("%s: %w", repository, err)
			}
			at = made.RepositoryName
		}
		asked, err := codecommit.NewApprovalRuleTemplateAssociation(c.Ctx, c.ChildName(repository), &codecommit.ApprovalRuleTemplateAssociationArgs{
			ApprovalRuleTemplateName: rule.Name,
			RepositoryName:           at,
		}, child)
		if err != nil {
			return nil, fmt.Errorf("%s: approval rule: %w", repository, err)
		}
		s.Ready = append(s.Ready, asked)
	}
	return s, nil
}

// approvalRule is what a pull request to prod must meet: AWS CodeCommit User Guide, Create
// an approval rule template. Reviewers are sessions of roles, and whoever opened the request
// is none of them.
func approvalRule(c component.Context) string {
	var reviewers []string
	for _, arn := range c.Settings.Source.ReviewerArns {
		reviewers = append(reviewers, c.Names.Sessions(path.Base(arn)))
	}
	text, _ := json.Marshal(map[string]any{ // of texts and numbers only
		"Version":               "2018-11-08",
		"DestinationReferences": []string{branchReference},
		"Statements": []any{map[string]any{
			"Type": "Approvers", "NumberOfApprovalsNeeded": c.Settings.Source.Reviews, "ApprovalPoolMembers": reviewers,
		}},
	})
	return string(text)
}

// branchReference is git's name of the branch.
const branchReference = "refs/heads/" + component.ProdBranch

// prodChanges matches the events of CodeCommit about the branch prod of repositories.
func prodChanges(events []string, repositories []string) pulumi.StringOutput {
	return pulumi.JSONMarshal(map[string]any{
		"source":      []string{"aws.codecommit"},
		"detail-type": []string{"CodeCommit Repository State Change"},
		"detail": map[string]any{
			"event": events, "referenceType": []string{"branch"}, "referenceName": []string{component.ProdBranch}, "repositoryName": repositories,
		},
	})
}

// StartRule starts an app's pipeline when prod of its CodeCommit repository changes.
type StartRule struct {
	name   string
	rule   *cloudwatch.EventRuleArgs
	target *cloudwatch.EventTargetArgs
	ready  []pulumi.Resource
}

// NewStartRule describes the rule. The known state of an app has it, and exists before the pipeline.
func NewStartRule(c component.Context, app settings.App, alerts *alerting.Alerts, eventBridgeRole *identity.Role) *StartRule {
	name := c.Names.Gate + "-" + app.Name + "-" + component.ProdBranch
	return &StartRule{
		name: c.ChildName(app.Name + "-" + component.ProdBranch),
		rule: &cloudwatch.EventRuleArgs{
			Name:         pulumi.String(name),
			Description:  pulumi.String("Starts the pipeline of " + app.Name + " when " + component.ProdBranch + " of " + app.Repository + " has changed"),
			EventPattern: prodChanges([]string{"referenceCreated", "referenceUpdated"}, []string{app.Repository}),
		},
		target: &cloudwatch.EventTargetArgs{
			Rule:             pulumi.String(name),
			TargetId:         pulumi.String("pipeline"),
			Arn:              pulumi.String(c.Names.Pipeline(app.Name).ARN),
			RoleArn:          eventBridgeRole.Arn,
			DeadLetterConfig: cloudwatch.EventTargetDeadLetterConfigArgs{Arn: alerts.DeadLettersArn},
		},
		ready: slices.Concat(eventBridgeRole.Attached, alerts.Ready),
	}
}

// Records are those of the rule and its target.
func (s *StartRule) Records() baseline.Records {
	return baseline.Records{{Kind: knownstate.Rule, Inputs: s.rule}, {Kind: knownstate.Target, Inputs: s.target}}
}

// Declare makes the rule and its target, after the pipeline.
func (s *StartRule) Declare(c component.Context, parent pulumi.Resource, pipeline *codepipeline.Pipeline) error {
	child := pulumi.Parent(parent)
	made, err := cloudwatch.NewEventRule(c.Ctx, s.name, s.rule, child)
	if err != nil {
		return err
	}
	_, err = cloudwatch.NewEventTarget(c.Ctx, s.name, s.target, child, pulumi.DependsOn(append([]pulumi.Resource{made, pipeline}, s.ready...)))
	return err
}

// NewChangeRules publish an alert for every change of prod in CodeCommit, whoever makes it: a merge that was
// approved is one, and a push that guardrails would have refused is the other.
func NewChangeRules(c component.Context, parent pulumi.Resource, alerts *alerting.Alerts) (baseline.Records, error) {
	if !c.Settings.UsesCodeCommit() {
		return nil, nil
	}
	var records baseline.Records
	const few = 15 // names of 100 characters, of the 2,048 that a pattern takes
	for i, repositories := range slices.Collect(slices.Chunk(c.Settings.Repositories(), few)) {
		name := "source-changes"
		if i > 0 {
			name += "-" + strconv.Itoa(i+1)
		}
		made, err := alerts.NewRule(c, parent, alerting.Rule{
			Name:        name,
			Description: "The branch " + component.ProdBranch + " of a repository changed",
			Pattern:     prodChanges([]string{"referenceCreated", "referenceUpdated", "referenceDeleted"}, repositories),
			Paths: map[string]string{
				"event": "$.detail.event", "repository": "$.detail.repositoryName", "commit": "$.detail.commitId", "before": "$.detail.oldCommitId",
				"who": "$.detail.callerUserArn", "merge": "$.detail.mergeOption", "time": "$.time", "account": "$.account", "region": "$.region",
			},
			Message: c.AlertPrefix() + " " + component.ProdBranch + " of <repository>, account <account>, <region>: <event> at <time>, commit <commit> after <before>, by <who> " +
				"(empty: CloudTrail names the caller), merged by <merge> (empty: it was pushed). If it was no merge of an approved pull request, stop the pipeline's execution, " +
				"revoke the credentials of the caller, and restore the branch.",
		})
		if err != nil {
			return nil, err
		}
		records = append(records, made...)
	}
	return records, nil
}
