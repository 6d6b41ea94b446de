package account

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"golang.org/x/sync/errgroup"
)

// atOnce is how many calls are made side by side.
const atOnce = 8

// sideBySide makes a call for each of many, and keeps their order in what the calls return.
func sideBySide[In, Out any](many []In, call func(In) ([]Out, error)) ([]Out, error) {
	results := make([][]Out, len(many))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, one := range many {
		group.Go(func() (err error) {
			results[i], err = call(one)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(results...), nil
}

// once are names, each once, sorted.
func once(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// patient is how calls are tried again that are made for each of many: AWS answers some
// of them with a request to slow down, which the adaptive mode of the SDK follows.
func patient() aws.Retryer {
	return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) { o.MaxAttempts = 10 })
	})
}

// lastParts are what ARNs of ECS end with: the names.
func lastParts(arns []string) []string {
	var names []string
	for _, arn := range arns {
		names = append(names, arn[strings.LastIndex(arn, "/")+1:])
	}
	return names
}
