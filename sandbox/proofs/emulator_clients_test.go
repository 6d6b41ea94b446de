package proofs

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codeconnections"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/pipes"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/signer"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"prodgate/sandbox/engine/cloud"
)

// region is both stacks' aws:region.
const region = "eu-west-2"

// aws reads the emulator with AWS's own SDK.
type aws struct {
	cloudwatch   *cloudwatch.Client
	analyzers    *accessanalyzer.Client
	cloudtrail   *cloudtrail.Client
	codepipeline *codepipeline.Client
	codebuild    *codebuild.Client
	codecommit   *codecommit.Client
	codedeploy   *codedeploy.Client
	connections  *codeconnections.Client
	config       *configservice.Client
	ecr          *ecr.Client
	events       *eventbridge.Client
	global       *eventbridge.Client // of the region where IAM's events arrive
	guardduty    *guardduty.Client
	iam          *iam.Client
	kms          *kms.Client
	lambda       *lambda.Client
	sts          *sts.Client
	logs         *cloudwatchlogs.Client
	pipes        *pipes.Client
	s3           *s3.Client
	secrets      *secretsmanager.Client
	sfn          *sfn.Client
	signer       *signer.Client
	securityhub  *securityhub.Client
	sns          *sns.Client
	sqs          *sqs.Client
	ssm          *ssm.Client
}

func clients(t *testing.T, c *cloud.Cloud) aws {
	t.Helper()
	cfg, err := c.AWSConfig(t.Context(), region)
	if err != nil {
		t.Fatal(err)
	}
	return clientsOf(cfg)
}

// as is w.aws with other credentials.
func (w *world) as(who awssdk.CredentialsProvider) aws {
	w.Helper()
	cfg, err := w.Cloud.AWSConfig(w.Context(), region)
	w.must(err)
	cfg.Credentials = who
	return clientsOf(cfg)
}

func clientsOf(cfg awssdk.Config) aws {
	everywhere := cfg.Copy()
	everywhere.Region = "us-east-1"
	return aws{
		cloudwatch:   cloudwatch.NewFromConfig(cfg),
		global:       eventbridge.NewFromConfig(everywhere),
		analyzers:    accessanalyzer.NewFromConfig(cfg),
		cloudtrail:   cloudtrail.NewFromConfig(cfg),
		codepipeline: codepipeline.NewFromConfig(cfg),
		codebuild:    codebuild.NewFromConfig(cfg),
		codecommit:   codecommit.NewFromConfig(cfg),
		codedeploy:   codedeploy.NewFromConfig(cfg),
		connections:  codeconnections.NewFromConfig(cfg),
		config:       configservice.NewFromConfig(cfg),
		ecr:          ecr.NewFromConfig(cfg),
		events:       eventbridge.NewFromConfig(cfg),
		guardduty:    guardduty.NewFromConfig(cfg),
		iam:          iam.NewFromConfig(cfg),
		kms:          kms.NewFromConfig(cfg),
		lambda:       lambda.NewFromConfig(cfg),
		sts:          sts.NewFromConfig(cfg),
		logs:         cloudwatchlogs.NewFromConfig(cfg),
		pipes:        pipes.NewFromConfig(cfg),
		s3:           s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
		secrets:      secretsmanager.NewFromConfig(cfg),
		sfn:          sfn.NewFromConfig(cfg),
		signer:       signer.NewFromConfig(cfg),
		securityhub:  securityhub.NewFromConfig(cfg),
		sns:          sns.NewFromConfig(cfg),
		sqs:          sqs.NewFromConfig(cfg),
		ssm:          ssm.NewFromConfig(cfg),
	}
}

func ptr[T any](v T) *T { return &v }

// github returns a response of the GitHub emulator's REST API.
func (w *world) github(path string) (status int, body map[string]any) {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.Cloud.GitHub+"api/v3/"+path, nil)
	w.must(err)
	request.Header.Set("Authorization", "Bearer sandbox")
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	w.must(err)
	w.must(json.Unmarshal(text, &body))
	return response.StatusCode, body
}

// repository is the stack's: one that two stacks protect is not GitHub's to have.
func (w *world) repository() string {
	return map[string]string{"dev": "cruddur-dev", "prod": "cruddur"}[w.Name]
}

// assertGitHubEmpty fails if a part of a gate exists at GitHub.
func (w *world) assertGitHubEmpty(when string) {
	w.Helper()
	for _, what := range []string{"branches/prod/protection", "contents/.github?ref=main", "contents/.github?ref=prod"} {
		there, err := w.Cloud.GetGitHub(w.Context(), w.repository(), what, nil)
		w.must(err)
		if there {
			w.Errorf("%s %s has %s", when, w.repository(), what)
		}
	}
	var rulesets []map[string]any
	_, err := w.Cloud.GetGitHub(w.Context(), w.repository(), "rulesets", &rulesets) // a free plan has none to list
	w.must(err)
	if len(rulesets) > 0 {
		w.Errorf("%s %s has the rulesets %v", when, w.repository(), rulesets)
	}
}
