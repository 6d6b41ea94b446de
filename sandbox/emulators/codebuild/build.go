// Package codebuild runs a buildspec on this machine as CodeBuild does, with the same phases,
// variables and artifacts, so that a pipeline's build stage can be tested without AWS.
//
// It runs what a gate's buildspec can contain and rejects the rest (see
// parse). Its behavior is that of CodeBuild's user guide, "Build
// specification reference", "Build phase transitions" and "Environment
// variables in build environments"; where the guide is silent, the code says
// so. There is no container: the tools are this machine's, and docker is
// whatever comes first on PATH (package docker has a stand-in).
package codebuild

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Build is one build of a project.
type Build struct {
	Project Project
	// Source is the folder with the source. The build works on a copy.
	Source string
	// Further are the folders of the secondary input artifacts, by name. They are copied too, and
	// their paths are in CODEBUILD_SRC_DIR_ and the name.
	Further map[string]string
	// Commit is the full id of the source's commit.
	Commit string
	// Initiator is who started the build: codepipeline/name for a pipeline.
	Initiator string
	// Env is the build's outer environment, as KEY=value: PATH, and the AWS CLI's endpoint and
	// credentials. The caller's own environment is not inherited.
	Env []string
}

// Result is the result of a build.
type Result struct {
	// ID is the build's id: the project, a colon and a random text.
	ID string
	// Succeeded is whether every phase succeeded.
	Succeeded bool
	// Phases are the phases that ran, in order.
	Phases []Phase
	// Log is what CodeBuild would write to CloudWatch Logs, without its masking: CodeBuild
	// replaces the value of a secret with ***, and a test of this log finds the value.
	Log string
	// Exported are the exported variables that are set at the end.
	Exported map[string]string
	// Artifacts are the files that were uploaded, by their path in the source.
	Artifacts map[string][]byte
}

// Phase is one phase of a build that ran.
type Phase struct {
	// Name is CodeBuild's: INSTALL, PRE_BUILD, BUILD, POST_BUILD or
	// UPLOAD_ARTIFACTS; DOWNLOAD_SOURCE if a secret is missing.
	Name string
	// Failure is the reason of a failed phase; empty if the phase succeeded.
	Failure string
}

// Run runs the build. A failed build is a Result; an error means that the build could not run.
func (b Build) Run(ctx context.Context) (*Result, error) {
	spec, err := parse(b.Project.Source.Buildspec)
	if err != nil {
		return nil, fmt.Errorf("project %q: %w", b.Project.Name, err)
	}
	root, err := os.MkdirTemp("", "codebuild-")
	if err != nil {
		return nil, fmt.Errorf("build folder: %w", err)
	}
	defer os.RemoveAll(root)

	source := filepath.Join(root, "src")
	if err := os.CopyFS(source, os.DirFS(b.Source)); err != nil {
		return nil, fmt.Errorf("source %s: %w", b.Source, err)
	}
	further := map[string]string{}
	for name, folder := range b.Further {
		if !variableName.MatchString(name) {
			return nil, fmt.Errorf("input artifact %q is not a valid variable name", name)
		}
		further[name] = filepath.Join(root, "further", name)
		if err := os.CopyFS(further[name], os.DirFS(folder)); err != nil {
			return nil, fmt.Errorf("input artifact %s: %w", name, err)
		}
	}
	result := &Result{ID: b.Project.Name + ":" + rand.Text()}
	var log bytes.Buffer
	secrets, failure, err := b.secrets(ctx)
	switch {
	case err != nil:
		return nil, err
	case failure != "":
		fmt.Fprintf(&log, "[Container] Phase complete: DOWNLOAD_SOURCE State: FAILED\n[Container] %s\n", failure)
		result.Phases, result.Log = []Phase{{"DOWNLOAD_SOURCE", failure}}, log.String()
		return result, nil
	}
	env, err := b.environment(spec, result.ID, root, source, further, secrets)
	if err != nil {
		return nil, err
	}
	shell, err := newShell(filepath.Join(root, "tmp"), source, env, &log)
	if err != nil {
		return nil, err
	}

	r := run{spec: spec, shell: shell, log: &log, source: source, result: result}
	err = r.runPhases(ctx)
	result.Log = log.String()
	return result, err
}

// environment is the environment of the first command. Later entries win: the project's
// variables override the buildspec's, and CodeBuild's own override both.
func (b Build) environment(spec *buildSpec, id, root, source string, further map[string]string, secrets []string) ([]string, error) {
	partition, region, account, err := b.Project.place()
	if err != nil {
		return nil, err
	}
	// A container's temporary files are deleted with it.
	home, temporary := filepath.Join(root, "home"), filepath.Join(root, "temporary")
	for _, folder := range []string{home, temporary} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return nil, fmt.Errorf("build folder: %w", err)
		}
	}

	env := append([]string(nil), b.Env...)
	for name, value := range spec.Env.Variables {
		env = append(env, name+"="+value)
	}
	for _, v := range b.Project.Environment.Variables {
		if v.plain() {
			env = append(env, v.Name+"="+v.Value)
		}
	}
	env = append(env, secrets...)
	if !b.Project.Environment.PrivilegedMode {
		// The docker client is in every image, the daemon is not.
		env = append(env, "DOCKER_HOST=unix://"+filepath.Join(root, "docker.sock"))
	}
	for name, folder := range further {
		env = append(env, "CODEBUILD_SRC_DIR_"+name+"="+folder)
	}
	return append(env,
		"HOME="+home,
		"TMPDIR="+temporary,
		"AWS_DEFAULT_REGION="+region,
		"AWS_REGION="+region,
		"CODEBUILD_BUILD_ARN="+strings.Join([]string{"arn", partition, "codebuild", region, account, "build/" + id}, ":"),
		"CODEBUILD_BUILD_ID="+id,
		"CODEBUILD_BUILD_IMAGE="+b.Project.Environment.Image,
		"CODEBUILD_BUILD_NUMBER=1",
		"CODEBUILD_BUILD_SUCCEEDING=1",
		"CODEBUILD_CI=true",
		"CODEBUILD_INITIATOR="+b.Initiator,
		"CODEBUILD_RESOLVED_SOURCE_VERSION="+b.Commit,
		"CODEBUILD_SRC_DIR="+source,
		"CODEBUILD_START_TIME="+strconv.FormatInt(time.Now().UnixMilli(), 10),
	), nil
}
