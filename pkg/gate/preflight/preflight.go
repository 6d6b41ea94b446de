// Package preflight reads everything that must exist before the gate is made, and names all
// problems at once. It makes nothing.
package preflight

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/account"
	"prodgate/pkg/gate/component"
	"prodgate/pkg/gate/githubactions"
	"prodgate/pkg/pipeline"
)

// Result is what the rooms of the gate need of what exists already.
type Result struct {
	// Mergers are who may merge to prod, as GitHub's provider writes them.
	Mergers []string
	// Rotators are the roles of the functions that rotate secrets, by function.
	Rotators map[string]string
	// Workflows is the repository that holds the program; nil where settings name none.
	Workflows *githubactions.Repository
	// Trusts are the trust policies of the roles that settings trust, by name.
	Trusts map[string]string
	// Bus is EventBridge's default bus.
	Bus account.Bus
	// DetectorID is the GuardDuty detector that the gate adopts; empty for none.
	DetectorID string
}

// Check reads the repositories, the secrets, what the roles of GitHub Actions depend on, the
// detection services of the account, and the workload of the apps, with the providers of a parent.
func Check(c component.Context, parent pulumi.Resource, in account.Reader) (Result, error) {
	workload := start(func() ([]string, error) { return checkWorkload(c, in) })
	repositories, wrongRepositories := inspectRepositories(c, parent)
	rotators, wrongSecrets := checkSecrets(c, parent)
	workflows, wrongWorkflows := findWorkflows(c, parent)
	detectorID, wrongDetection := findDetection(c, in)
	trusts, wrongTrusts := readTrusts(c, parent)
	bus, wrongBus := readBus(c, in)
	warnings, wrongWorkload := workload()
	for _, warning := range warnings {
		wrongWorkload = errors.Join(wrongWorkload, c.Ctx.Log.Warn(warning, nil))
	}
	err := errors.Join(wrongRepositories, wrongSecrets, wrongWorkflows, wrongDetection, wrongWorkload, wrongTrusts, wrongBus, pipeline.New(c.Settings).Check())
	if err != nil {
		return Result{}, err
	}
	return Result{
		Mergers: repositories.mergers, Rotators: rotators, Workflows: workflows, DetectorID: detectorID, Trusts: trusts, Bus: bus,
	}, nil
}

// start runs a call while others run. The function that it returns waits for the result.
func start[T any](call func() (T, error)) (wait func() (T, error)) {
	var value T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		value, err = call()
	}()
	return func() (T, error) {
		<-done
		return value, err
	}
}
