package codebuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// shell runs commands the way CodeBuild's agent makes one shell of many: each
// command is a script of its own, which finds the working directory and the
// variables of the one before and leaves its own to the next. Everything
// assigned is exported. Options such as set -e, functions, and whatever a
// script that exits early has assigned, do not carry over.
//
// The guide only says that the commands of version 0.2 share a shell. That it
// is done with scripts shows in what builds log (script.sh: line 4), and how,
// in AWS's own runner for CodeCatalyst (aws/codecatalyst-runner-cli).
type shell struct {
	folder string
	env    []string
	log    io.Writer
}

const script = `cd "$(cat "%[1]s/dir.txt")" || exit
set -a
. "%[1]s/env.sh"
%[2]s
CODEBUILD_LAST_EXIT=$?
export -p > "%[1]s/env.sh"
pwd > "%[1]s/dir.txt"
exit $CODEBUILD_LAST_EXIT
`

// newShell starts a shell in dir, with env. Its state is in folder.
func newShell(folder, dir string, env []string, log io.Writer) (*shell, error) {
	s := &shell{folder: folder, env: env, log: log}
	err := errors.Join(
		os.Mkdir(folder, 0o700),
		os.WriteFile(s.file("env.sh"), nil, 0o600),
		os.WriteFile(s.file("dir.txt"), []byte(dir), 0o600),
	)
	if err != nil {
		return nil, fmt.Errorf("shell: %w", err)
	}
	return s, nil
}

func (s *shell) file(name string) string { return filepath.Join(s.folder, name) }

// run runs a command and returns its exit status.
func (s *shell) run(ctx context.Context, command string) (status int, err error) {
	return s.bash(ctx, fmt.Sprintf(script, s.folder, command), s.log)
}

// bash runs a script. An error means that there is no exit status.
func (s *shell) bash(ctx context.Context, text string, stdout io.Writer) (status int, err error) {
	name := s.file("script.sh")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		return 0, fmt.Errorf("script: %w", err)
	}
	cmd := exec.CommandContext(ctx, "bash", name)
	cmd.Env = s.env
	cmd.Stdout, cmd.Stderr = stdout, s.log
	// A process left behind by the script may hold on to its output.
	cmd.WaitDelay = 10 * time.Second

	var exit *exec.ExitError
	switch err := cmd.Run(); {
	case ctx.Err() != nil:
		return 0, fmt.Errorf("script: %w", ctx.Err())
	case errors.As(err, &exit):
		return exit.ExitCode(), nil
	case err != nil:
		return 0, fmt.Errorf("script: %w", err)
	}
	return 0, nil
}

// set changes a variable for the following commands. Name and value need no quoting.
func (s *shell) set(name, value string) error {
	env, err := os.OpenFile(s.file("env.sh"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	_, err = fmt.Fprintf(env, "\nexport %s=%s\n", name, value)
	if err := errors.Join(err, env.Close()); err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	return nil
}

// get returns the variables that are set.
func (s *shell) get(ctx context.Context, names []string) (map[string]string, error) {
	text := fmt.Sprintf(". %q\n", s.file("env.sh"))
	for _, name := range names {
		text += fmt.Sprintf("if [ -n \"${%[1]s+set}\" ]; then printf '%[1]s=%%s\\0' \"$%[1]s\"; fi\n", name)
	}
	var out bytes.Buffer
	status, err := s.bash(ctx, text, &out)
	if err != nil {
		return nil, err
	}
	if status != 0 {
		return nil, fmt.Errorf("exit status %d", status)
	}
	values := map[string]string{}
	for pair := range strings.SplitSeq(out.String(), "\x00") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			values[name] = value
		}
	}
	return values, nil
}
