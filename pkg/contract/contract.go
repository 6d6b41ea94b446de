// Package contract defines the outputs of a stack for the stacks that read it: names, types and version. A release only
// adds outputs; a change of meaning raises Version.
package contract

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Version is the contract's version, the output contractVersion.
const Version = 1

// The outputs of a stack. Every one is always exported; what a stack does not
// have is empty.
const (
	ContractVersion     = "contractVersion"
	Account             = "account"
	Region              = "region"
	Apps                = "apps"
	ArtifactBucket      = "artifactBucket"
	AlertTopicArn       = "alertTopicArn"
	ConnectionArn       = "connectionArn"
	ConnectionStatus    = "connectionStatus"
	ConnectionHandshake = "connectionHandshake"
	GuardDutyDetectorID = "guardDutyDetectorId"
	Guardrails          = "guardrails"
	ResourceControls    = "resourceControls"
	PreviewRoleArn      = "previewRoleArn"
	DeployRoleArn       = "deployRoleArn"
	ContainmentArn      = "containmentArn"
	ReleaseCommand      = "releaseCommand"
	KnownState          = "knownState"
)

// The fields of one app in the output apps.
const (
	AppPipeline      = "pipeline"
	AppPipelineArn   = "pipelineArn"
	AppProject       = "project"
	AppRepositoryArn = "repositoryArn"
	AppRepositoryURI = "repositoryUri"
	// AppApproverRoleArn is the role that approvers assume; empty without approvals.
	AppApproverRoleArn = "approverRoleArn"
)

// Outputs is what a stack exports, on both sides of a stack reference.
type Outputs struct {
	// Account and Region are those of the gate.
	Account, Region pulumi.StringOutput
	// Apps is by app name, then by field: AppPipeline and so on.
	Apps pulumi.StringMapMapOutput
	// ArtifactBucket is the name of the artifact store.
	ArtifactBucket pulumi.StringOutput
	// AlertTopicArn is the SNS topic of the gate's alerts.
	AlertTopicArn pulumi.StringOutput
	// ConnectionArn is the CodeConnections connection to GitHub; empty where the source is
	// CodeCommit, as are the two that follow.
	ConnectionArn pulumi.StringOutput
	// ConnectionStatus is PENDING, AVAILABLE or ERROR, as of the last refresh.
	ConnectionStatus pulumi.StringOutput
	// ConnectionHandshake says what a person must do to complete the connection; empty when it is complete.
	ConnectionHandshake pulumi.StringOutput
	// GuardDutyDetectorID is empty where detection.guardDuty is off.
	GuardDutyDetectorID pulumi.StringOutput
	// Guardrails are the service control policies about the gate, as JSON, attached where settings name an organization.
	Guardrails pulumi.StringArrayOutput
	// ResourceControls are the resource control policies about the gate, as JSON; empty where settings name no organization.id.
	ResourceControls pulumi.StringArrayOutput
	// PreviewRoleArn and DeployRoleArn are the roles that GitHub Actions assumes to preview and to update this stack; empty
	// without workflows.
	PreviewRoleArn, DeployRoleArn pulumi.StringOutput
	// ContainmentArn is the state machine that stops deployments, which people may start too. It is empty for a stack that
	// does not contain.
	ContainmentArn pulumi.StringOutput
	// ReleaseCommand releases the deployments that containment stopped; with --input '{"pipeline":"NAME"}' those of one
	// pipeline. It is empty for a stack that does not contain.
	ReleaseCommand pulumi.StringOutput
	// KnownState is the SSM parameter with the hashes of what all apps share; the parameter of an app is below it, and further ones of
	// what apps share are below the same name with -shared.
	KnownState pulumi.StringOutput
}

// App has the outputs of one app.
type App struct {
	Pipeline, PipelineArn, Project, RepositoryArn, RepositoryURI, ApproverRoleArn pulumi.StringOutput
}

// Map is every output under its name.
func (o Outputs) Map() pulumi.Map {
	m := pulumi.Map{ContractVersion: pulumi.Int(Version), Apps: o.Apps, Guardrails: o.Guardrails, ResourceControls: o.ResourceControls}
	for name, field := range o.strings() {
		m[name] = *field
	}
	return m
}

// Export makes every output an output of the stack.
func (o Outputs) Export(ctx *pulumi.Context) {
	for name, output := range o.Map() {
		ctx.Export(name, output)
	}
}

// Resolve reads the outputs of another stack. Its outputs fail, naming the
// versions, when that stack keeps another version of the contract.
func Resolve(ref *pulumi.StackReference) Outputs {
	all := ref.Outputs.ApplyT(func(outputs map[string]any) (map[string]any, error) {
		version, ok := outputs[ContractVersion].(float64)
		switch {
		case !ok:
			return nil, fmt.Errorf("the referenced stack has no output %s; is it a stack of prodgate, and was pulumi up run?", ContractVersion)
		case version != Version:
			return nil, fmt.Errorf("the referenced stack has version %v of the contract, this program reads version %d; use the prodgate/pkg/contract of that stack's release", version, Version)
		}
		return outputs, nil
	}).(pulumi.MapOutput)

	var o Outputs
	for name, field := range o.strings() {
		*field = all.ApplyT(func(outputs map[string]any) (string, error) {
			return value[string](outputs, name)
		}).(pulumi.StringOutput)
	}
	o.Apps = all.ApplyT(readApps).(pulumi.StringMapMapOutput)
	o.Guardrails = all.ApplyT(func(outputs map[string]any) ([]string, error) { return readDocuments(outputs, Guardrails) }).(pulumi.StringArrayOutput)
	o.ResourceControls = all.ApplyT(func(outputs map[string]any) ([]string, error) { return readDocuments(outputs, ResourceControls) }).(pulumi.StringArrayOutput)
	return o
}

// App is one app's part. Its outputs fail when the stack has no such app.
func (o Outputs) App(name string) App {
	field := func(key string) pulumi.StringOutput {
		return o.Apps.ApplyT(func(apps map[string]map[string]string) (string, error) {
			v, ok := apps[name][key]
			if !ok {
				return "", fmt.Errorf("the gate has no app %q with a %s; it is added under prodgate:apps of the gate's stack", name, key)
			}
			return v, nil
		}).(pulumi.StringOutput)
	}
	return App{
		Pipeline:        field(AppPipeline),
		PipelineArn:     field(AppPipelineArn),
		Project:         field(AppProject),
		RepositoryArn:   field(AppRepositoryArn),
		RepositoryURI:   field(AppRepositoryURI),
		ApproverRoleArn: field(AppApproverRoleArn),
	}
}

// strings is the table of the outputs that are one string.
func (o *Outputs) strings() map[string]*pulumi.StringOutput {
	return map[string]*pulumi.StringOutput{
		Account:             &o.Account,
		Region:              &o.Region,
		ArtifactBucket:      &o.ArtifactBucket,
		AlertTopicArn:       &o.AlertTopicArn,
		ConnectionArn:       &o.ConnectionArn,
		ConnectionStatus:    &o.ConnectionStatus,
		ConnectionHandshake: &o.ConnectionHandshake,
		GuardDutyDetectorID: &o.GuardDutyDetectorID,
		PreviewRoleArn:      &o.PreviewRoleArn,
		DeployRoleArn:       &o.DeployRoleArn,
		ContainmentArn:      &o.ContainmentArn,
		ReleaseCommand:      &o.ReleaseCommand,
		KnownState:          &o.KnownState,
	}
}

func readApps(outputs map[string]any) (map[string]map[string]string, error) {
	written, err := value[map[string]any](outputs, Apps)
	if err != nil {
		return nil, err
	}
	apps := map[string]map[string]string{}
	for name := range written {
		fields, err := value[map[string]any](written, name)
		if err != nil {
			return nil, fmt.Errorf("app %s: %w", name, err)
		}
		apps[name] = map[string]string{}
		for field, v := range fields {
			// A later release may add a field that is not a string; this release ignores it.
			if text, ok := v.(string); ok {
				apps[name][field] = text
			}
		}
	}
	return apps, nil
}

func readDocuments(outputs map[string]any, name string) ([]string, error) {
	written, err := value[[]any](outputs, name)
	if err != nil {
		return nil, err
	}
	documents := make([]string, len(written))
	for i, v := range written {
		var ok bool
		if documents[i], ok = v.(string); !ok {
			return nil, fmt.Errorf("output %s[%d] of the referenced stack is a %T, not a string", name, i, v)
		}
	}
	return documents, nil
}

// value is an output of a stack, or a field of one.
func value[T any](outputs map[string]any, name string) (T, error) {
	v, ok := outputs[name].(T)
	switch {
	case ok:
		return v, nil
	case outputs[name] == nil: // the stack may be of a release without the output
		return v, fmt.Errorf("the referenced stack has no output %s; update it with a release that has the output", name)
	default:
		return v, fmt.Errorf("output %s of the referenced stack is a %T, not a %T", name, outputs[name], v)
	}
}
