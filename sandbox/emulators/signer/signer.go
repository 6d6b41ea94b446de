// Package signer serves what builds need to sign and verify: a release of notation that is built
// here, a stand-in for AWS's plugin of notation, and the root certificate of the emulator's
// signatures.
package signer

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"prodgate/pkg/buildspec"
	"prodgate/pkg/tool"
	"prodgate/sandbox/emulators/internet"
	"prodgate/sandbox/toolchain"
)

// Serve serves the tools at the addresses of their releases, in archives of the same form that it
// writes to the folder. It returns the project variables that differ from AWS's: the checksums of
// the archives, and the root certificate.
func Serve(ctx context.Context, net *internet.Internet, folder string, signing *toolchain.Signing, aws string) (map[string]string, error) {
	root, err := Root(ctx, aws)
	if err != nil {
		return nil, err
	}
	variables := map[string]string{buildspec.SignerRoot: root}
	for _, one := range []struct {
		of       tool.Tool
		program  string
		pack     func(name string, program []byte) ([]byte, error)
		checksum string // the variable
	}{
		{tool.Notation, signing.Notation, tarArchive, tool.Notation.SHA256Variable()},
		{tool.SignerPlugin, signing.Plugin, zipArchive, tool.SignerPlugin.SHA256Variable()},
	} {
		program, err := os.ReadFile(one.program)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.of.Name, err)
		}
		archive, err := one.pack(filepath.Base(one.program), program)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.of.Name, err)
		}
		file := filepath.Join(folder, filepath.Base(one.of.URL))
		if err := os.WriteFile(file, archive, 0o600); err != nil {
			return nil, err
		}
		if err := net.Serve(one.of.URL, file); err != nil {
			return nil, err
		}
		variables[one.checksum] = fmt.Sprintf("%x", sha256.Sum256(archive))
	}
	return variables, nil
}

// Root is the root certificate of the signatures of the emulator at the address, as
// tool.SignerRoot is AWS's.
func Root(ctx context.Context, aws string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, aws+"/sandbox/signer-root", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("the emulator's root certificate: %w", err)
	}
	text, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return "", fmt.Errorf("the emulator's root certificate: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the emulator's root certificate: %s", response.Status)
	}
	return strings.TrimSpace(string(text)), nil
}

func tarArchive(name string, program []byte) ([]byte, error) {
	var archive bytes.Buffer
	compressed := gzip.NewWriter(&archive)
	files := tar.NewWriter(compressed)
	err := files.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(program))})
	if err == nil {
		_, err = files.Write(program)
	}
	err = errors.Join(err, files.Close(), compressed.Close())
	return archive.Bytes(), err
}

func zipArchive(name string, program []byte) ([]byte, error) {
	var archive bytes.Buffer
	files := zip.NewWriter(&archive)
	file, err := files.Create(name)
	if err == nil {
		_, err = file.Write(program)
	}
	err = errors.Join(err, files.Close())
	return archive.Bytes(), err
}
