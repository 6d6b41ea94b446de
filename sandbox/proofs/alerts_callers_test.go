package proofs

import (
	"slices"
	"strings"

	"prodgate/pkg/catalogue"
	"prodgate/pkg/naming"
)

// caller is who makes a call, as CloudTrail says it, and what the catalogue calls them.
type caller struct {
	name     string
	identity map[string]any
	duty     string // one of address's or the catalogue's
	always   bool   // deploys
	triggers bool   // starts pipelines
}

func (c caller) arn() string {
	arn, _ := c.identity["arn"].(string)
	return arn
}

// may is whether a call is one of theirs. Every use of the break-glass role is reported.
func (c caller) may(row catalogue.Call) bool {
	if c.identity["type"] == "AWSService" {
		return true
	}
	if row.On == catalogue.BreakGlass {
		return false
	}
	duties := leftOut(row)
	return c.always || slices.Contains(duties, c.duty) || c.triggers && slices.Contains(duties, catalogue.Trigger)
}

// leftOut are the duties that the rule of a row leaves out: those that rows authorize on the
// service, to write or to read it; of keys, each for its own. Calls on the account are the
// deployers' alone. Two services are called by others of AWS's, and by pipelines, as they work.
func leftOut(row catalogue.Call) []string {
	service := func(c catalogue.Call) string { name, _, _ := strings.Cut(c.Action, ":"); return name }
	if row.On == catalogue.Account {
		return nil
	}
	duties := map[string][]string{
		"ecs": {catalogue.ServiceLinked}, "elasticloadbalancing": {catalogue.ServiceLinked},
		"codeconnections": {naming.Pipeline}, "codestar-connections": {naming.Pipeline},
	}[service(row)]
	for _, other := range catalogue.Calls {
		if service(other) == service(row) && other.Reported == row.Reported && (service(row) != "kms" || other.On == row.On) {
			duties = append(duties, other.Authorized...)
		}
	}
	return duties
}

// callers are everybody. CloudTrail User Guide, CloudTrail userIdentity element.
func (w *world) callers(app delivered) []caller {
	account, p := w.account(), planOf(w.account())
	session := func(arn string) map[string]any {
		name := arn[strings.LastIndex(arn, "/")+1:]
		return map[string]any{
			"type": "AssumedRole", "principalId": "AROAEXAMPLE:session", "accountId": account, "accessKeyId": "ASIAEXAMPLE",
			"arn": "arn:aws:sts::" + account + ":assumed-role/" + name + "/session",
			"sessionContext": map[string]any{
				"sessionIssuer": map[string]any{"type": "Role", "principalId": "AROAEXAMPLE", "arn": arn, "accountId": account, "userName": name},
				"attributes":    map[string]any{"mfaAuthenticated": "false", "creationDate": "2026-01-01T00:00:00Z"},
			},
		}
	}
	role := func(path string) map[string]any { return session("arn:aws:iam::" + account + ":role/" + path) }
	all := []caller{
		{name: "a developer", identity: role("developer")},
		{name: "a role that is called like the gate's", identity: role("prodgate-other-pipeline")},
		{name: "a role whose path ends like the gate's", identity: role("x/prodgate/build/y")},
		{name: "a user", identity: map[string]any{
			"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::" + account + ":user/deployer", "accountId": account, "userName": "deployer",
		}},
		{name: "the root user", identity: map[string]any{"type": "Root", "principalId": account, "arn": "arn:aws:iam::" + account + ":root", "accountId": account}},
		{name: "a user's own session", identity: map[string]any{
			"type": "FederatedUser", "principalId": account + ":deployer", "arn": "arn:aws:sts::" + account + ":federated-user/deployer", "accountId": account,
			"sessionContext": map[string]any{"sessionIssuer": map[string]any{
				"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::" + account + ":user/deployer", "accountId": account, "userName": "deployer",
			}},
		}},
		{name: "another account", identity: map[string]any{"type": "AWSAccount", "principalId": "AROAEXAMPLE:deployer", "accountId": "333333333333"}},
		{name: "a service for itself", identity: map[string]any{"type": "AWSService", "invokedBy": "codebuild.amazonaws.com"}},
		{name: "break-glass", identity: role("break-glass")},
		{name: "the deployer", identity: role("deployer"), always: true},
		{name: "the deploying role", identity: session(p.Role("", naming.Deploy).ARN), always: true},
		{name: "the previewing role", identity: session(p.Role("", naming.Preview).ARN)},
		{name: "a release manager", identity: role("release-manager"), duty: catalogue.Approvers},
		{name: "a reviewer", identity: role("reviewer"), duty: catalogue.Mergers},
		{name: "the execution role", identity: session(app.executionRole), duty: catalogue.Execution},
		{name: "a service-linked role", identity: role("aws-service-role/inspector2.amazonaws.com/AWSServiceRoleForAmazonInspector2"), duty: catalogue.ServiceLinked},
	}
	for _, duty := range []string{naming.Pipeline, naming.Build, naming.Scan, naming.Approver} {
		all = append(all, caller{name: "the " + duty + " role", identity: session(p.Role(app.name, duty).ARN), duty: duty})
	}
	for _, duty := range []string{
		naming.Recorder, naming.Dispatcher, naming.Verifier, naming.Containment, naming.Release, naming.Remediator,
		naming.ChatPipe, naming.Inspect, naming.Sign, naming.Prepare, naming.Shift,
	} {
		all = append(all, caller{name: "the " + duty + " role", identity: session(p.Role("", duty).ARN), duty: duty})
	}
	return all
}
