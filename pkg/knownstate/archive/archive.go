// Package archive builds the Lambda function that checks the known state, from the source of this module: the same
// source and the same version of Go make the same archive, byte for byte, on every machine.
package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Archive is a zip file with a function.
type Archive struct {
	// Path is where it is.
	Path string
	// SHA256 is its hash as Lambda returns it, in base64.
	SHA256 string
}

// The function runs on Lambda's arm64, as the one file bootstrap: Lambda Developer Guide, Building Lambda functions
// with Go.
const (
	System       = "linux"
	Architecture = "arm64"
	Runtime      = "provided.al2023"
	Handler      = "bootstrap"
)

const function = "prodgate/pkg/knownstate/check/function"

// reproducible are the flags that leave out of a binary where, when and from which commit it was built.
var reproducible = []string{"-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-buildid= -s -w"}

// Build builds the archive for Lambda from the module of the working folder, unless it was built from the same source
// before.
func Build(ctx context.Context) (Archive, error) {
	return builder{".", System, Architecture}.build(ctx)
}

// BuildFor is the archive of the module in a folder, for any system and architecture: the sandbox runs it.
func BuildFor(ctx context.Context, folder, system, architecture string) (Archive, error) {
	return builder{folder, system, architecture}.build(ctx)
}

// builder builds for a system and an architecture, from the module in a folder.
type builder struct{ module, system, architecture string }

func (b builder) build(ctx context.Context) (Archive, error) {
	folder, err := os.UserCacheDir()
	if err != nil {
		return Archive{}, fmt.Errorf("folder of archives: %w", err)
	}
	folder = filepath.Join(folder, "prodgate")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return Archive{}, fmt.Errorf("folder of archives: %w", err)
	}
	source, err := b.sourceID(ctx)
	if err != nil {
		return Archive{}, err
	}
	path := filepath.Join(folder, source+".zip")
	content, err := os.ReadFile(path)
	if err == nil {
		return Archive{path, encoded(content)}, nil
	}
	if content, err = b.compile(ctx, folder); err != nil {
		return Archive{}, err
	}
	// Another program may do the same: a name that exists has all of the content.
	part, err := os.CreateTemp(folder, "*.part")
	if err != nil {
		return Archive{}, err
	}
	_, err = part.Write(content)
	if closed := part.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	return Archive{path, encoded(content)}, err
}

// sourceID identifies the source of the function with everything that it imports, and the compiler.
func (b builder) sourceID(ctx context.Context) (string, error) {
	id, err := b.run(ctx, append(append([]string{"list", "-export"}, reproducible...), "-f", "{{.BuildID}}", function)...)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.Join(append(slices.Clone(reproducible), b.system, b.architecture, id), "\n")))
	return hex.EncodeToString(sum[:16]), nil
}

// compile compiles the function and packs it.
func (b builder) compile(ctx context.Context, folder string) ([]byte, error) {
	out, err := os.MkdirTemp(folder, "build-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(out) }()
	binary := filepath.Join(out, Handler)
	if _, err := b.run(ctx, append(append([]string{"build"}, reproducible...), "-o", binary, function)...); err != nil {
		return nil, err
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	return pack(content)
}

// pack makes a zip file of a program, with a fixed time.
func pack(program []byte) ([]byte, error) {
	var to bytes.Buffer
	w := zip.NewWriter(&to)
	header := &zip.FileHeader{Name: Handler, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	file, err := w.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(program); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return to.Bytes(), nil
}

// run is a command of go.
func (b builder) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = b.module
	cmd.Env = append(os.Environ(), "GOOS="+b.system, "GOARCH="+b.architecture, "GOARM64=v8.0", "GOAMD64=v1", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s of %s: %w\n%s", args[0], function, err, &stderr)
	}
	return strings.TrimSpace(string(out)), nil
}

func encoded(content []byte) string {
	sum := sha256.Sum256(content)
	return base64.StdEncoding.EncodeToString(sum[:])
}
