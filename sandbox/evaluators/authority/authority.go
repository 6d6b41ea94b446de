// Package authority evaluates deployed policies as AWS does. The evaluator is the npm package
// @cloud-copilot/iam-simulate, which runs in Node.js; tests compare it with the examples that
// AWS publishes.
package authority

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strings"

	"prodgate/sandbox/toolchain"
)

// Policy is a document and its name in a verdict.
type Policy struct {
	Name     string `json:"name"`
	Document string `json:"document"`
}

// Level is the policies attached to the root, an organizational unit or an account.
type Level struct {
	Target   string   `json:"target"`
	Policies []Policy `json:"policies"`
}

// Principal is the caller, with all policies that apply to it.
type Principal struct {
	// ARN is a role's, a user's, or an OIDC provider's; a service is its host.
	ARN string
	// Identity is a role's attached and inline policies.
	Identity []Policy
	// Boundary is a role's permission boundary.
	Boundary *Policy
	// SCPs are the service control policies of the principal's account, from the root down. None
	// outside of an organization.
	SCPs []Level
}

// Question is one call to evaluate.
type Question struct {
	Principal Principal
	Action    string
	// Resource is one resource, or * for an action without resources.
	Resource string
	// Account is the resource's account.
	Account string
	// RCPs are the resource control policies of that account, from the root down. None outside of an organization.
	RCPs []Level
	// Policy is the resource policy; for a role, its trust policy. Nil for none.
	Policy *Policy
	// Context is added to the context of every request of the principal, and overrides it. An
	// empty value removes a key.
	Context map[string]string
}

// Verdict is the result of an evaluation.
type Verdict struct {
	Allowed bool
	// Refused is whether a statement denies the call; else no statement allows it.
	Refused bool
	// By names the documents and statements that decided.
	By string
}

// Evaluator is a running evaluator. It takes one batch of questions at a time.
type Evaluator struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *bufio.Reader
}

// Start starts an evaluator. It ends with Stop, and with this process.
func Start(kit *toolchain.Evaluator) (*Evaluator, error) {
	e := &Evaluator{cmd: exec.Command(kit.Node, kit.Script)}
	e.cmd.Env = append(os.Environ(), "NODE_PATH="+kit.Modules)
	e.cmd.Stderr = os.Stderr
	var err error
	if e.in, err = e.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	e.answers = bufio.NewReader(out)
	return e, e.cmd.Start()
}

// Stop ends the evaluator.
func (e *Evaluator) Stop() error {
	if err := e.in.Close(); err != nil {
		return err
	}
	return e.cmd.Wait()
}

// Ask evaluates questions, in their order. An invalid question (an unknown action, a resource of
// another type than the action's, a condition key that the action does not have) is an error,
// not a denial.
func (e *Evaluator) Ask(ctx context.Context, questions ...Question) ([]Verdict, error) {
	lines := make([]any, len(questions))
	for i, q := range questions {
		lines[i] = q.request()
	}
	answers := make([]struct {
		Verdict
		Error string
	}, len(questions))
	err := e.exchange(ctx, "evaluate", lines, func(i int, text []byte) error {
		if err := json.Unmarshal(text, &answers[i]); err != nil {
			return err
		}
		if answers[i].Error != "" {
			return fmt.Errorf("%s cannot be asked: %s", questions[i], answers[i].Error)
		}
		return nil
	})
	verdicts := make([]Verdict, len(answers))
	for i, a := range answers {
		verdicts[i] = a.Verdict
	}
	return verdicts, err
}

// Kind is the kind of a policy document, by what it is attached to.
type Kind string

// The kinds.
const (
	Identity Kind = "identity"
	Resource Kind = "resource"
	Trust    Kind = "trust"
	SCP      Kind = "scp"
	RCP      Kind = "rcp"
)

// Check validates a document against AWS's Service Authorization Reference: every action exists,
// every allowed resource has a type of the action, every condition key belongs to the action.
func (e *Evaluator) Check(ctx context.Context, kind Kind, document string) (problems []string, err error) {
	answer, err := exchangeOne[struct{ Problems []string }](ctx, e, "check", map[string]any{"kind": kind, "document": document})
	return answer.Problems, err
}

// ResourcesFor returns the resources that an action applies to, by the Service Authorization
// Reference; * for an action without resources.
func (e *Evaluator) ResourcesFor(ctx context.Context, action string, resources ...string) ([]string, error) {
	answer, err := exchangeOne[struct{ Resources []string }](ctx, e, "fit", map[string]any{"action": action, "resources": append([]string{}, resources...)})
	return answer.Resources, err
}

// exchangeOne sends one request to the evaluator.
func exchangeOne[T any](ctx context.Context, e *Evaluator, ask string, question any) (T, error) {
	var answer struct {
		Answer T
		Error  string
	}
	err := e.exchange(ctx, ask, []any{question}, func(_ int, text []byte) error {
		if err := json.Unmarshal(text, &answer); err != nil {
			return err
		}
		if answer.Error != "" {
			return fmt.Errorf("%s: %s", ask, answer.Error)
		}
		return json.Unmarshal(text, &answer.Answer)
	})
	return answer.Answer, err
}

// exchange writes questions while it reads their results, because a pipe's buffer is small. It
// reads all results, and returns the first error.
func (e *Evaluator) exchange(ctx context.Context, ask string, questions []any, take func(int, []byte) error) error {
	stop := context.AfterFunc(ctx, func() { _ = e.cmd.Process.Kill() })
	defer stop()
	written := make(chan error, 1)
	go func() {
		encoder := json.NewEncoder(e.in)
		for _, q := range questions {
			if err := encoder.Encode(map[string]any{"ask": ask, "question": q}); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	var first error
	for i := range questions {
		line, err := e.answers.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("the policy evaluator ended: %w", err)
		}
		if err := take(i, line); err != nil && first == nil {
			first = err
		}
	}
	if err := <-written; err != nil {
		return fmt.Errorf("the policy evaluator reads no more: %w", err)
	}
	return first
}

// String describes the call in a failure.
func (q Question) String() string {
	return fmt.Sprintf("%s by %s on %s", q.Action, q.Principal.ARN, q.Resource)
}

// request is the question in the evaluator's form.
func (q Question) request() map[string]any {
	principal, context := q.Principal.identity()
	region := arnPart(q.Resource, 3)
	if region != "" {
		context["aws:RequestedRegion"] = region
	}
	context["aws:ResourceAccount"] = q.Account
	context["aws:SecureTransport"] = "true"
	if strings.HasPrefix(q.Action, "s3:") {
		context["s3:TlsVersion"] = "1.3"
	}
	maps.Copy(context, q.Context)
	maps.DeleteFunc(context, func(_, value string) bool { return value == "" })
	return map[string]any{
		"principal": principal, "action": q.Action, "resource": q.Resource, "account": q.Account, "context": context,
		"identity": q.Principal.Identity, "boundary": q.Principal.Boundary, "scps": q.Principal.SCPs, "rcps": q.RCPs,
		"resourcePolicy": q.Policy, "trust": strings.HasPrefix(q.Action, "sts:Assume"),
	}
}

// identity is the principal of a request and its context keys. A role calls as a session, whose
// aws:PrincipalArn is the role's; a service has none.
func (p Principal) identity() (principal string, context map[string]string) {
	if !strings.HasPrefix(p.ARN, "arn:") {
		return p.ARN, map[string]string{"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": p.ARN}
	}
	context = map[string]string{"aws:PrincipalIsAWSService": "false"}
	kind, _, _ := strings.Cut(arnPart(p.ARN, 5), "/")
	if kind == "oidc-provider" { // a token of the provider, before it assumes a role
		return p.ARN, context
	}
	context["aws:PrincipalArn"], context["aws:PrincipalAccount"] = p.ARN, arnPart(p.ARN, 4)
	if kind != "role" {
		context["aws:PrincipalType"] = "User"
		return p.ARN, context
	}
	context["aws:PrincipalType"] = "AssumedRole"
	name := p.ARN[strings.LastIndex(p.ARN, "/")+1:]
	return fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/session", arnPart(p.ARN, 1), arnPart(p.ARN, 4), name), context
}

// part is one of the six parts of an ARN.
func arnPart(arn string, i int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) <= i {
		return ""
	}
	return parts[i]
}
