// Package cfnguard evaluates rules on configuration items with cfn-guard, AWS's own interpreter of
// Guard. AWS Config runs version 2; this is version 3, which reads the rules of version 2.
package cfnguard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
)

// Verdict is the result of rules for one item, by their names.
type Verdict struct {
	Passed, Failed []string
	// Skipped are the rules that do not apply to the item.
	Skipped []string
}

// Evaluate evaluates every policy on every item.
func Evaluate(ctx context.Context, program string, policies []string, items ...any) ([]Verdict, error) {
	input := struct {
		Rules []string `json:"rules"`
		Data  []string `json:"data"`
	}{Rules: policies}
	for _, item := range items {
		text, err := json.Marshal(item)
		if err != nil {
			return nil, err
		}
		input.Data = append(input.Data, string(text))
	}
	payload, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "validate", "--payload", "--structured", "--output-format", "json", "--show-summary", "none")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(payload), &stdout, &stderr
	var exit *exec.ExitError
	// 19 means that a rule failed. Any other status is a rule that cannot be read or evaluated.
	if err := cmd.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 19) {
		return nil, fmt.Errorf("cfn-guard: %w\n%s%s", err, &stderr, &stdout)
	}
	var results []struct {
		Compliant    []string `json:"compliant"`
		NotCompliant []struct {
			Rule struct {
				Name string `json:"name"`
			}
		} `json:"not_compliant"`
		NotApplicable []string `json:"not_applicable"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &results); err != nil {
		return nil, fmt.Errorf("cfn-guard: %w\n%s%s", err, &stderr, &stdout)
	}
	if len(results) != len(items) {
		return nil, fmt.Errorf("cfn-guard returned %d of %d items\n%s", len(results), len(items), &stderr)
	}
	verdicts := make([]Verdict, len(items))
	for i, a := range results {
		verdicts[i] = Verdict{Passed: a.Compliant, Skipped: a.NotApplicable}
		for _, failed := range a.NotCompliant {
			verdicts[i].Failed = append(verdicts[i].Failed, failed.Rule.Name)
		}
	}
	return verdicts, nil
}
