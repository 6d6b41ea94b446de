package proofs

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	committypes "github.com/aws/aws-sdk-go-v2/service/codecommit/types"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"prodgate/pkg/catalogue"
	"prodgate/sandbox/engine/stack"
)

var sourceBlock = regexp.MustCompile(`(?s)  prodgate:source:\n.*?  prodgate:apps:\n`)

// fromCodeCommit changes prod's source to CodeCommit. The program itself stays at GitHub, where nobody is named who merges.
func fromCodeCommit(text string) string {
	text = strings.Replace(text, "    upEnvironment: prod\n", "    upEnvironment: prod\n    reviewers: [\"@example-org/platform\"]\n", 1)
	return sourceBlock.ReplaceAllString(text, `  prodgate:source:
    provider: codecommit
    owner: example-org
    repository: cruddur
    reviews: 1
    reviewerArns: [arn:aws:iam::222222222222:role/reviewer]
  prodgate:apps:
`)
}

// onlyCodeCommit takes the source of dev from CodeCommit: the stack has nothing at GitHub.
func onlyCodeCommit(text string) string {
	return sourceBlock.ReplaceAllString(text, `  prodgate:source:
    provider: codecommit
    repository: cruddur-dev
    reviewerArns: [arn:aws:iam::111111111111:role/reviewer]
  prodgate:apps:
`)
}

// alerting is prod without containment, which would send its own messages.
var alerting = replace("response: contain", "response: alert")

// TestDelivery_CodeCommit delivers from CodeCommit: no principal bypasses the stack, a merge after an
// approval starts the pipeline, and every change of prod is reported.
func TestDelivery_CodeCommit(t *testing.T) {
	t.Parallel()
	const repository = "cruddur"
	developers := func(c *stack.Config) { c.Roles = append(c.Roles, "arn:aws:iam::222222222222:role/developer") }
	w := newWorldOf(t, "prod", developers, fromCodeCommit, unprotected, alerting)
	w.calls()
	w.up()
	ran := newUsage()
	ran.deploy(w.calls())
	grants := w.grants("deploy")
	same(t, "a second preview", w.planned(), map[string]string{})
	w.assertPipelineConsistent("CodeCommit")
	w.assertConfigRules()
	w.assertGuardRulesPass("as deployed")
	e, app := w.readEstate(), w.theApp()
	same(t, "what there is of CodeCommit", [][]string{e.inventory["source repositories"], e.inventory["approval rules"]}, [][]string{{repository}, {"prodgate-prod"}})
	t.Run("every name in a document exists", e.assertKnownToAWS)
	t.Run("least privilege", func(t *testing.T) { e.assertLeastPrivilege(t, []delivered{app}) })
	t.Run("the catalogue", func(t *testing.T) {
		e.assertCatalogue(t, []delivered{app}, append(connected, catalogue.Hub, catalogue.Chat, catalogue.ChatDestination, catalogue.Machines, catalogue.Executions,
			catalogue.Deployments, catalogue.DeploymentGroups, catalogue.Listeners, catalogue.ListenerRules, catalogue.LoadBalancers, catalogue.TargetGroups,
			catalogue.ForeignServices)...)
	})

	inbox := w.inbox()
	if found := w.assertFindings(w.scheduledCheck(), inbox); len(found) > 0 {
		t.Errorf("the check of the known state finds %q", found)
	}

	who := func(role string) *codecommit.Client {
		return w.as(w.session("arn:aws:iam::222222222222:role/" + role)).codecommit
	}
	developer, reviewer := who("developer"), who("reviewer")
	first, err := developer.CreateCommit(t.Context(), &codecommit.CreateCommitInput{
		RepositoryName: ptr(repository), BranchName: ptr("main"), PutFiles: []committypes.PutFileEntry{
			{FilePath: ptr("a"), FileContent: []byte("a")}, {FilePath: ptr("backend-flask/Dockerfile.prod"), FileContent: []byte("FROM scratch\n")},
		},
	})
	w.must(err)
	_, err = w.aws.codecommit.CreateBranch(t.Context(), &codecommit.CreateBranchInput{RepositoryName: ptr(repository), BranchName: ptr("prod"), CommitId: first.CommitId})
	w.must(err)
	w.assertDelivery(inbox, *first.CommitId, "referenceCreated")

	second, err := developer.CreateCommit(t.Context(), &codecommit.CreateCommitInput{
		RepositoryName: ptr(repository), BranchName: ptr("main"), ParentCommitId: first.CommitId,
		PutFiles: []committypes.PutFileEntry{{FilePath: ptr("b"), FileContent: []byte("b")}},
	})
	w.must(err)
	asked, err := developer.CreatePullRequest(t.Context(), &codecommit.CreatePullRequestInput{
		Title: ptr("b"), Targets: []committypes.Target{{RepositoryName: ptr(repository), SourceReference: ptr("main"), DestinationReference: ptr("prod")}},
	})
	w.must(err)
	request, revision := asked.PullRequest.PullRequestId, asked.PullRequest.RevisionId
	merge := &codecommit.MergePullRequestByThreeWayInput{PullRequestId: request, RepositoryName: ptr(repository), SourceCommitId: second.CommitId}
	approve := &codecommit.UpdatePullRequestApprovalStateInput{PullRequestId: request, RevisionId: revision, ApprovalState: committypes.ApprovalStateApprove}
	_, err = reviewer.MergePullRequestByThreeWay(t.Context(), merge)
	if open := new(committypes.PullRequestApprovalRulesNotSatisfiedException); !errors.As(err, &open) {
		t.Errorf("a merge that nobody approved: %v", err)
	}
	if _, err = developer.UpdatePullRequestApprovalState(t.Context(), approve); err == nil {
		t.Error("who asks for the merge isApprover it")
	}
	_, err = reviewer.UpdatePullRequestApprovalState(t.Context(), approve)
	w.must(err)
	_, err = reviewer.MergePullRequestByThreeWay(t.Context(), merge)
	w.must(err)
	tip, err := developer.GetBranch(t.Context(), &codecommit.GetBranchInput{RepositoryName: ptr(repository), BranchName: ptr("prod")})
	w.must(err)
	if *tip.Branch.CommitId == *second.CommitId {
		t.Error("a merge of three ways made no commit")
	}
	w.assertDelivery(inbox, *tip.Branch.CommitId, "referenceUpdated")

	// A branch other than prod starts nothing and sends no alert.
	before := len(w.deliveries())
	_, err = developer.CreateBranch(t.Context(), &codecommit.CreateBranchInput{RepositoryName: ptr(repository), BranchName: ptr("prod-2"), CommitId: first.CommitId})
	w.must(err)
	w.must(w.Cloud.WaitForEvents(t.Context()))
	if n := len(w.deliveries()); n != before {
		t.Errorf("another branch starts %d executions", n-before)
	}
	if told := inbox(); len(told) > 0 {
		t.Errorf("another branch is reported: %v", told)
	}

	w.toldOfOnce(app, 10, func(target catalogue.Target) bool {
		return target == catalogue.Pipelines || target == catalogue.Sources || target == catalogue.PullRequests || target == catalogue.ApprovalRules
	})

	// By hand, and put back; more reviews and other tags.
	_, err = w.aws.codecommit.DisassociateApprovalRuleTemplateFromRepository(t.Context(), &codecommit.DisassociateApprovalRuleTemplateFromRepositoryInput{
		RepositoryName: ptr(repository), ApprovalRuleTemplateName: ptr("prodgate-prod"),
	})
	w.must(err)
	_, err = w.aws.codecommit.UpdateRepositoryDescription(t.Context(), &codecommit.UpdateRepositoryDescriptionInput{
		RepositoryName: ptr(repository), RepositoryDescription: ptr("mine"),
	})
	w.must(err)
	_, err = w.aws.codecommit.UpdateApprovalRuleTemplateDescription(t.Context(), &codecommit.UpdateApprovalRuleTemplateDescriptionInput{
		ApprovalRuleTemplateName: ptr("prodgate-prod"), ApprovalRuleTemplateDescription: ptr("mine"),
	})
	w.must(err)
	same(t, "what somebody changed", w.planned(), map[string]string{
		"aws:codecommit/approvalRuleTemplateAssociation:ApprovalRuleTemplateAssociation gate-cruddur": "create",
		"aws:codecommit/approvalRuleTemplate:ApprovalRuleTemplate gate-prod":                          "update",
		"aws:codecommit/repository:Repository gate-cruddur":                                           "update",
	})
	w.configure(fromCodeCommit, unprotected, alerting, replace("reviews: 1", "reviews: 2"), replace("    owner: platform\n", "    team: platform\n"))
	w.calls()
	w.up()
	ran.deploy(w.calls())
	same(t, "a preview after the repair", w.planned(), map[string]string{})
	w.run("refresh", "--yes")
	same(t, "a refresh", w.lastChanges(), map[string]int{})

	w.calls()
	w.run("destroy", "--yes", "--skip-preview")
	ran.deploy(w.calls())
	w.forget()
	w.empty("after destroy")
	holds(t, ran, grants, func(g grant) bool {
		return strings.Contains(g.Sid, "Source") || strings.Contains(g.Sid, "ApprovalRule")
	}, "codecommit")
}

// deliveries lists the executions of the app's pipeline, newest first.
func (w *world) deliveries() []cptypes.PipelineExecutionSummary {
	w.Helper()
	got, err := w.aws.codepipeline.ListPipelineExecutions(w.Context(), &codepipeline.ListPipelineExecutionsInput{PipelineName: ptr("backend-flask-prodgate")})
	w.must(err)
	return got.PipelineExecutionSummaries
}

// assertDelivery asserts that a change of prod to a commit starts the pipeline, and is reported.
func (w *world) assertDelivery(inbox func() []message, commit, event string) {
	w.Helper()
	w.must(w.Cloud.WaitForEvents(w.Context()))
	last := w.deliveries()[0]
	if last.Trigger == nil || last.Trigger.TriggerType != cptypes.TriggerTypeCloudWatchEvent {
		w.Errorf("%s starts %+v", event, last)
	}
	if len(last.SourceRevisions) != 1 || *last.SourceRevisions[0].RevisionId != commit {
		w.Errorf("%s delivers %+v, not %s", event, last.SourceRevisions, commit)
	}
	var told []message
	for _, one := range inbox() {
		if strings.Contains(one.Message, event) { // and not the question whether to deploy it
			told = append(told, one)
		}
	}
	if len(told) != 1 || !strings.Contains(told[0].Message, commit) {
		w.Errorf("%s is reported by %v", event, told)
	}
}
