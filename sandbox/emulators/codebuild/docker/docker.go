// Package docker puts a stand-in for docker on PATH, for machines without a
// docker daemon: it builds nothing, but pushes a manifest into ECR and fails
// the way docker fails. It needs bash, jq and the AWS CLI.
package docker

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed docker.sh
var script []byte

// StandIn is an installed stand-in. Put its folder first on PATH. Images and
// logins are its own: two stand-ins do not know each other's.
type StandIn string

// Install puts the stand-in into the folder, as an executable named docker.
func Install(folder string) (StandIn, error) {
	if err := os.WriteFile(filepath.Join(folder, "docker"), script, 0o755); err != nil {
		return "", fmt.Errorf("docker stand-in: %w", err)
	}
	return StandIn(folder), nil
}

// Call is one call of docker.
type Call struct {
	Argv []string `json:"argv"`
	// Stdin is what a login read.
	Stdin string `json:"stdin"`
	// Context is the digest of the files a build was given.
	Context string `json:"context"`
	// Secrets are the SHA-256 digests of what a build was handed, by name.
	Secrets map[string]string `json:"secrets"`
}

// Calls returns the calls so far, oldest first.
func (s StandIn) Calls() ([]Call, error) {
	lines, err := os.ReadFile(filepath.Join(string(s), "state", "calls.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("docker calls: %w", err)
	}
	var calls []Call
	for decoder := json.NewDecoder(bytes.NewReader(lines)); decoder.More(); {
		var call Call
		if err := decoder.Decode(&call); err != nil {
			return nil, fmt.Errorf("docker calls: %w", err)
		}
		calls = append(calls, call)
	}
	return calls, nil
}
