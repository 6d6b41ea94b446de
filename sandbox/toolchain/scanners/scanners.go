// Package scanners is what the scans download, as files for sandbox/emulators/internet: the tools
// at their pins' addresses, bandit and what it imports as PyPI offers them, and a
// database of vulnerabilities where grype asks for one.
//
// None of it is what AWS would get. The tools are built here from their Go modules, of
// the same versions; bandit is Debian's; the database holds the few advisories of
// advisories.json, in grype's own format. So a build here gets other checksums than the
// pins have, and nothing else differs.
package scanners

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"prodgate/pkg/tool"
	"prodgate/sandbox/emulators/internet"
	"prodgate/sandbox/toolchain"
)

// advisories are published ones: of GitHub's advisory database.
//
//go:embed advisories.json
var advisories []byte

// Scanners is what there is to download.
type Scanners struct {
	// Files are the files by host, and by the path of their URLs.
	Files map[string]map[string]string
	// Variables are those of a project that name a checksum, with the checksums here.
	Variables map[string]string

	tools *toolchain.Scanners
}

// databases is where grype looks for its database.
const databases = "grype.anchore.io"

// Prepare builds and packs what the scans download, into the folder.
func Prepare(ctx context.Context, root, folder string, log toolchain.Log) (*Scanners, error) {
	tools, err := toolchain.PrepareScanners(ctx, root, log)
	if err != nil {
		return nil, err
	}
	s := &Scanners{Files: map[string]map[string]string{}, Variables: map[string]string{}, tools: tools}
	for _, pinned := range []struct {
		tool.Tool
		program string
	}{{tool.Gitleaks, tools.Gitleaks}, {tool.Gosec, tools.Gosec}, {tool.Grype, tools.Grype}} {
		if err := s.release(folder, pinned.Tool, pinned.program); err != nil {
			return nil, fmt.Errorf("%s: %w", pinned.Name, err)
		}
	}
	if err := s.bandit(folder); err != nil {
		return nil, fmt.Errorf("bandit: %w", err)
	}
	database, err := s.Database(ctx, filepath.Join(folder, "database"), 0)
	if err != nil {
		return nil, err
	}
	s.Files[databases] = database
	return s, nil
}

// Serve lets the internet answer with the files.
func (s *Scanners) Serve(net *internet.Internet) {
	for host, files := range s.Files {
		net.Handle(host, internet.Files(files))
	}
}

// ServeDatabase lets the internet answer with another database.
func (s *Scanners) ServeDatabase(net *internet.Internet, files map[string]string) {
	net.Handle(databases, internet.Files(files))
}

// Database writes a database that was built so long ago, into a new folder.
func (s *Scanners) Database(ctx context.Context, folder string, age time.Duration) (map[string]string, error) {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	cmd := exec.CommandContext(ctx, s.tools.Database, folder, age.String())
	cmd.Stdin = bytes.NewReader(advisories)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("database: %w\n%s", err, out)
	}
	archives, err := filepath.Glob(filepath.Join(folder, "vulnerability-db_*"))
	if err != nil || len(archives) != 1 {
		return nil, fmt.Errorf("database: made %q: %w", archives, errors.Join(err, os.ErrNotExist))
	}
	const at = "/databases/v6/"
	return map[string]string{
		at + "latest.json":              filepath.Join(folder, "latest.json"),
		at + filepath.Base(archives[0]): archives[0],
	}, nil
}

// release packs a program as its release is, and puts it where the pin says.
func (s *Scanners) release(folder string, t tool.Tool, program string) error {
	at, err := url.Parse(t.URL)
	if err != nil {
		return err
	}
	archive := filepath.Join(folder, filepath.Base(at.Path))
	sum, err := pack(archive, t.Name, program)
	if err != nil {
		return err
	}
	s.put(at.Host, at.Path, archive)
	s.Variables[t.SHA256Variable()] = sum
	return nil
}

func (s *Scanners) put(host, path, file string) {
	if s.Files[host] == nil {
		s.Files[host] = map[string]string{}
	}
	s.Files[host][path] = file
}

// pack writes a program into a tar.gz, and returns the archive's checksum.
func pack(archive, name, program string) (sum string, err error) {
	in, err := os.Open(program)
	if err != nil {
		return "", err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return "", err
	}
	out, err := os.Create(archive)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, out.Close()) }()

	hash := sha256.New()
	// It is read once, from this machine: smaller would only be slower.
	zipped, err := gzip.NewWriterLevel(io.MultiWriter(out, hash), gzip.NoCompression)
	if err != nil {
		return "", err
	}
	packed := tar.NewWriter(zipped)
	if err := packed.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: info.Size(), Typeflag: tar.TypeReg}); err != nil {
		return "", err
	}
	if _, err := io.Copy(packed, in); err != nil {
		return "", err
	}
	if err := errors.Join(packed.Close(), zipped.Close()); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
