package proofs

import (
	"encoding/json"
	"fmt"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// queue is a queue that takes what EventBridge and SNS send.
type queue struct{ url, arn string }

func (w *world) queue(name string) queue {
	w.Helper()
	arn := fmt.Sprintf("arn:aws:sqs:%s:%s:%s", region, w.Cloud.Account, name)
	made, err := w.aws.sqs.CreateQueue(w.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{
		"Policy": fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage",
			"Principal": {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}, "Resource": "%s"}]}`, arn),
	}})
	w.must(err)
	return queue{*made.QueueUrl, arn}
}

// messages are what is in a queue once every event is where it goes; they are
// taken out.
func (w *world) messages(q queue) []string {
	w.Helper()
	w.must(w.Cloud.WaitForEvents(w.Context()))
	var bodies []string
	for {
		got, err := w.aws.sqs.ReceiveMessage(w.Context(), &sqs.ReceiveMessageInput{QueueUrl: &q.url, MaxNumberOfMessages: 10})
		w.must(err)
		if len(got.Messages) == 0 {
			return bodies
		}
		for _, m := range got.Messages {
			bodies = append(bodies, *m.Body)
			_, err := w.aws.sqs.DeleteMessage(w.Context(), &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: m.ReceiptHandle})
			w.must(err)
		}
	}
}

// trail makes the company's trail, of every region.
func (w *world) trail() {
	w.Helper()
	const bucket = "company-trail"
	_, err := w.aws.s3.CreateBucket(w.Context(), &s3.CreateBucketInput{Bucket: ptr(bucket), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{
		LocationConstraint: region,
	}})
	w.must(err)
	_, err = w.aws.s3.PutBucketPolicy(w.Context(), &s3.PutBucketPolicyInput{Bucket: ptr(bucket), Policy: ptr(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["s3:GetBucketAcl", "s3:PutObject"], "Resource": "*"}]}`)})
	w.must(err)
	_, err = w.aws.cloudtrail.CreateTrail(w.Context(), &cloudtrail.CreateTrailInput{
		Name: ptr("company"), S3BucketName: ptr(bucket), IsMultiRegionTrail: ptr(true),
	})
	w.must(err)
	_, err = w.aws.cloudtrail.StartLogging(w.Context(), &cloudtrail.StartLoggingInput{Name: ptr("company")})
	w.must(err)
}

// TestAlerts_CallsBecomeEvents lets several stop a pipeline that is not there: EventBridge
// hears of each who it was.
func TestAlerts_CallsBecomeEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dev")
	ctx := t.Context()
	inbox := w.queue("inbox")
	_, err := w.aws.events.PutRule(ctx, &eventbridge.PutRuleInput{Name: ptr("heard"), EventPattern: ptr(
		`{"$or": [{"source": ["aws.codepipeline"], "detail": {"eventName": ["StopPipelineExecution"]}}, {"source": ["aws.guardduty"]}]}`)})
	w.must(err)
	_, err = w.aws.events.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: ptr("heard"), Targets: []eventtypes.Target{{Id: ptr("1"), Arn: &inbox.arn}}})
	w.must(err)
	stop := func(a aws) {
		_, err := a.codepipeline.StopPipelineExecution(ctx, &codepipeline.StopPipelineExecutionInput{
			PipelineName: ptr("none"), PipelineExecutionId: ptr("01234567-0123-0123-0123-0123456789ab"), Abandon: true,
		})
		if err == nil {
			t.Error("a pipeline that is not there was stopped")
		}
	}
	stop(w.aws)
	same(t, "what is heard without a trail", w.messages(inbox), nil)

	w.trail()
	_, err = w.aws.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: ptr("mona"), Path: ptr("/people/")})
	w.must(err)
	account := "arn:aws:iam::" + w.Cloud.Account + ":"
	root, err := w.Cloud.ConfigAsRoot(ctx, region)
	w.must(err)
	for want, who := range map[string]awssdk.CredentialsProvider{
		account + "role/break-glass": w.session(account + "role/break-glass"),
		account + "user/people/mona": w.keyOf("mona"),
		account + "root":             root.Credentials,
	} {
		stop(w.as(who))
		heard := w.messages(inbox)
		if len(heard) != 1 {
			t.Fatalf("of %s is heard %v", want, heard)
		}
		var event struct {
			Source, Region string
			Detail         struct {
				UserIdentity struct {
					Arn            string
					SessionContext struct{ SessionIssuer struct{ Arn string } }
				}
				ErrorCode         string
				RequestParameters struct{ PipelineName string }
			}
		}
		w.must(json.Unmarshal([]byte(heard[0]), &event))
		got := event.Detail.UserIdentity.Arn
		if issuer := event.Detail.UserIdentity.SessionContext.SessionIssuer.Arn; issuer != "" {
			got = issuer
		}
		same(t, "who is heard", got, want)
		same(t, "what is heard", []string{event.Source, event.Region, event.Detail.ErrorCode, event.Detail.RequestParameters.PipelineName},
			[]string{"aws.codepipeline", region, "PipelineNotFoundException", "none"})
	}

	w.must(w.Cloud.Inject(ctx, map[string]any{
		"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "account": w.Cloud.Account, "region": region, "detail": map[string]any{"severity": 8},
	}))
	if heard := w.messages(inbox); len(heard) != 1 {
		t.Errorf("of a finding is heard %v", heard)
	}
}
