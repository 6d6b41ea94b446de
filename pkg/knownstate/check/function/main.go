// Command function is the Lambda function that checks the known state: of every app when EventBridge's schedule or a rule
// on an event invokes it, and of one app when its pipeline does, which it tells whether the run goes on.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"prodgate/pkg/knownstate"
	"prodgate/pkg/knownstate/check"
)

func main() {
	log.SetFlags(0) // CloudWatch Logs adds the time
	lambda.Start(handle)
}

// event is what CodePipeline sends, or a rule of the gate; a schedule's has neither a job nor a rule. It is never logged: it
// has credentials, and whoever knows a job's id reports its result.
type event struct {
	Job *events.CodePipelineJob `json:"CodePipeline.job"`
	// Rule is the rule that has matched an event on a part of the gate.
	Rule string `json:"rule"`
}

func handle(ctx context.Context, e event) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if e.Job == nil {
		if e.Rule != "" {
			log.Printf("invoked by an event of %q", e.Rule)
		}
		_, err := run(ctx, cfg, "")
		return err
	}
	// Without a result the action waits for CodePipeline's timeout.
	app := e.Job.Data.ActionConfiguration.Configuration.UserParameters
	if app == "" {
		return report(ctx, cfg, e.Job.ID, nil, fmt.Errorf("the action names no app"))
	}
	found, err := run(ctx, cfg, app)
	return report(ctx, cfg, e.Job.ID, found, err)
}

func run(ctx context.Context, cfg aws.Config, app string) ([]string, error) {
	options, err := options()
	if err != nil {
		return nil, err
	}
	return check.New(cfg, options).Run(ctx, app)
}

// report tells CodePipeline the result of a job.
func report(ctx context.Context, cfg aws.Config, job string, found []string, err error) error {
	client := codepipeline.NewFromConfig(cfg)
	if err == nil && len(found) == 0 {
		_, err := client.PutJobSuccessResult(ctx, &codepipeline.PutJobSuccessResultInput{JobId: &job})
		if err != nil {
			return fmt.Errorf("result: %w", err)
		}
		return nil
	}
	message := fmt.Sprintf("%d parts are not as pulumi up has made them: an alert names them", len(found))
	if err != nil {
		message = "the check failed: " + err.Error()
	}
	_, failed := client.PutJobFailureResult(ctx, &codepipeline.PutJobFailureResultInput{
		JobId:          &job,
		FailureDetails: &types.FailureDetails{Type: types.FailureTypeJobFailed, Message: aws.String(message[:min(len(message), 4000)])},
	})
	if failed != nil {
		return fmt.Errorf("result: %w", failed)
	}
	return err
}

// options are the function's variables.
func options() (check.Options, error) {
	o := check.Options{
		Gate: os.Getenv(knownstate.GateVariable), KnownState: os.Getenv(knownstate.ParameterVariable), Policies: os.Getenv(knownstate.PoliciesVariable), Topic: os.Getenv(knownstate.TopicVariable),
		Log:     log.Printf,
		LogName: "the stream " + lambdacontext.LogStreamName + " of the log group " + lambdacontext.LogGroupName,
	}
	for name, value := range map[string]string{knownstate.GateVariable: o.Gate, knownstate.ParameterVariable: o.KnownState, knownstate.PoliciesVariable: o.Policies, knownstate.TopicVariable: o.Topic} {
		if value == "" {
			return o, fmt.Errorf("the variable %s is not set", name)
		}
	}
	var err error
	if o.Attempts, err = number(knownstate.AttemptsVariable); err != nil {
		return o, err
	}
	seconds, err := number(knownstate.PauseVariable)
	o.Pause = time.Duration(seconds) * time.Second
	return o, err
}

func number(variable string) (int, error) {
	n, err := strconv.Atoi(os.Getenv(variable))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("the variable %s is %q, not a number above 0", variable, os.Getenv(variable))
	}
	return n, nil
}
