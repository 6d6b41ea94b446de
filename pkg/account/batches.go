package account

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"golang.org/x/sync/errgroup"
)

// maxConcurrentCalls is how many calls are made side by side.
const maxConcurrentCalls = 8

// callEach calls a function for each input, several side by side, and returns the results
// in the order of the inputs.
func callEach[In, Out any](inputs []In, call func(In) ([]Out, error)) ([]Out, error) {
	results := make([][]Out, len(inputs))
	var group errgroup.Group
	group.SetLimit(maxConcurrentCalls)
	for i, input := range inputs {
		group.Go(func() (err error) {
			results[i], err = call(input)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(results...), nil
}

func sortedUnique(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// adaptiveRetryer retries throttled calls at the rate that AWS accepts. It is for calls
// that are made once for each of many names.
func adaptiveRetryer() aws.Retryer {
	return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) { o.MaxAttempts = 10 })
	})
}

// namesOf are the names at the end of ARNs of Amazon ECS.
func namesOf(arns []string) []string {
	var names []string
	for _, arn := range arns {
		names = append(names, arn[strings.LastIndex(arn, "/")+1:])
	}
	return names
}
