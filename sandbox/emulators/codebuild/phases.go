package codebuild

import (
	"bytes"
	"context"
	"fmt"
)

// run takes a build through its phases.
type run struct {
	spec   *buildSpec
	shell  *shell
	log    *bytes.Buffer
	source string
	result *Result
}

// runPhases runs the phases in CodeBuild's order. A failure in INSTALL or PRE_BUILD
// ends the build. A failure in BUILD does not: POST_BUILD runs all the same,
// unless on-failure says ABORT. UPLOAD_ARTIFACTS is attempted whenever BUILD
// was. (The guide does not say whether ABORT changes that. No later stage sees
// the artifacts of a failed build.)
func (r *run) runPhases(ctx context.Context) error {
	r.result.Succeeded = true
	phases := r.spec.Phases
	for _, p := range []struct {
		name      string
		spec      *phaseSpec
		endsBuild bool // when it fails
	}{
		{"INSTALL", phases.Install, true},
		{"PRE_BUILD", phases.PreBuild, true},
		{"BUILD", phases.Build, false},
		{"POST_BUILD", phases.PostBuild, false},
	} {
		if p.spec == nil {
			continue
		}
		failure, err := r.commands(ctx, p.name, p.spec.Commands)
		if err != nil {
			return fmt.Errorf("phase %s: %w", p.name, err)
		}
		if err := r.finish(p.name, failure); err != nil {
			return err
		}
		if failure != "" && p.endsBuild {
			return r.export(ctx)
		}
		if failure != "" && p.spec.OnFailure == abort {
			break
		}
	}
	if err := r.export(ctx); err != nil {
		return err
	}
	return r.upload()
}

// commands runs a phase's commands up to the first that fails.
func (r *run) commands(ctx context.Context, phase string, commands []string) (failure string, err error) {
	fmt.Fprintf(r.log, "[Container] Entering phase %s\n", phase)
	for _, command := range commands {
		fmt.Fprintf(r.log, "[Container] Running command %s\n", command)
		status, err := r.shell.run(ctx, command)
		if err != nil {
			return "", err
		}
		if status != 0 {
			return fmt.Sprintf("COMMAND_EXECUTION_ERROR: Error while executing command: %s. Reason: exit status %d",
				command, status), nil
		}
	}
	return "", nil
}

// finish records the result of a phase, and sets CODEBUILD_BUILD_SUCCEEDING for the next ones.
func (r *run) finish(phase, failure string) error {
	r.result.Phases = append(r.result.Phases, Phase{Name: phase, Failure: failure})
	if failure == "" {
		fmt.Fprintf(r.log, "[Container] Phase complete: %s State: SUCCEEDED\n", phase)
		return nil
	}
	fmt.Fprintf(r.log, "[Container] Phase complete: %s State: FAILED\n[Container] %s\n", phase, failure)
	r.result.Succeeded = false
	return r.shell.set("CODEBUILD_BUILD_SUCCEEDING", "0")
}

// export reads the exported variables as the last phase left them.
func (r *run) export(ctx context.Context) error {
	exported, err := r.shell.get(ctx, r.spec.Env.ExportedVariables)
	if err != nil {
		return fmt.Errorf("exported variables: %w", err)
	}
	r.result.Exported = exported
	return nil
}

// upload collects the artifacts. A missing file fails the build.
func (r *run) upload() error {
	if len(r.spec.Artifacts.Files) == 0 {
		return nil
	}
	files, err := collect(r.source, r.spec.Artifacts.BaseDirectory, r.spec.Artifacts.Files)
	if err != nil {
		return r.finish("UPLOAD_ARTIFACTS", "CLIENT_ERROR: "+err.Error())
	}
	r.result.Artifacts = files
	return r.finish("UPLOAD_ARTIFACTS", "")
}
