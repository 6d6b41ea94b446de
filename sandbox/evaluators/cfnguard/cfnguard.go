// Package cfnguard asks cfn-guard, AWS's own interpreter of Guard, what rules say of
// configuration items. AWS Config runs version 2 of it, and this is version 3, which
// reads the rules of version 2.
package cfnguard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
)

// Verdict is what rules say of one item, by their names.
type Verdict struct {
	Passed, Failed []string
	// Skipped are not about the item.
	Skipped []string
}

// Evaluate asks about every item, by every policy.
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
	// 19 is a rule that fails. A rule that cannot be read or evaluated is another matter.
	if err := cmd.Run(); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 19) {
		return nil, fmt.Errorf("cfn-guard: %w\n%s%s", err, &stderr, &stdout)
	}
	var answers []struct {
		Compliant    []string `json:"compliant"`
		NotCompliant []struct {
			Rule struct {
				Name string `json:"name"`
			}
		} `json:"not_compliant"`
		NotApplicable []string `json:"not_applicable"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &answers); err != nil {
		return nil, fmt.Errorf("cfn-guard: %w\n%s%s", err, &stderr, &stdout)
	}
	if len(answers) != len(items) {
		return nil, fmt.Errorf("cfn-guard answers %d of %d items\n%s", len(answers), len(items), &stderr)
	}
	verdicts := make([]Verdict, len(items))
	for i, a := range answers {
		verdicts[i] = Verdict{Passed: a.Compliant, Skipped: a.NotApplicable}
		for _, failed := range a.NotCompliant {
			verdicts[i].Failed = append(verdicts[i].Failed, failed.Rule.Name)
		}
	}
	return verdicts, nil
}
