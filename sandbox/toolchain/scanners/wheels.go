package scanners

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"prodgate/pkg/tool"
	"prodgate/sandbox/toolchain"
)

// parts are bandit and what it imports, as Debian has them: the package and what is
// imported of it.
var parts = []struct{ name, imported string }{
	{"bandit", "bandit"}, {"PyYAML", "yaml"}, {"pbr", "pbr"}, {"six", "six.py"}, {"stevedore", "stevedore"},
}

const (
	index  = "pypi.org"
	wheels = "files.pythonhosted.org"
)

// bandit makes wheels of what Debian has installed, and offers them as PyPI does.
func (s *Scanners) bandit(folder string) error {
	var requirements []tool.Package
	for _, part := range parts {
		// .egg-info or .dist-info
		metadata, err := filepath.Glob(filepath.Join(toolchain.DebianPython, part.name+"-*-info"))
		if err != nil || len(metadata) != 1 {
			return fmt.Errorf("%s of Debian's package bandit is not there (apt-get install bandit): %w", part.name, errors.Join(err, fs.ErrNotExist))
		}
		wheel, err := makeWheel(folder, metadata[0], part.imported)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		s.put(wheels, "/packages/"+wheel.file, filepath.Join(folder, wheel.file))

		name := strings.ToLower(wheel.name)
		page := filepath.Join(folder, name+".html")
		text := fmt.Sprintf("<!DOCTYPE html>\n<a href=\"https://%s/packages/%s#sha256=%s\">%[2]s</a>\n", wheels, wheel.file, wheel.sum)
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			return err
		}
		s.put(index, "/simple/"+name+"/", page)
		requirements = append(requirements, tool.Package{Name: name, Version: wheel.version, SHA256: []string{wheel.sum}})
	}
	s.Variables[tool.BanditRequirements] = tool.Requirements(requirements)
	return nil
}

type wheel struct{ name, version, file, sum string }

var (
	metadataName    = regexp.MustCompile(`(?m)^Name: (\S+)$`)
	metadataVersion = regexp.MustCompile(`(?m)^Version: (\S+)$`)
)

// makeWheel packs an installed package: its pure Python alone, so that any Python runs it.
func makeWheel(folder, info, imported string) (wheel, error) {
	metadata, err := os.ReadFile(filepath.Join(info, "METADATA"))
	if errors.Is(err, fs.ErrNotExist) {
		metadata, err = os.ReadFile(filepath.Join(info, "PKG-INFO"))
	}
	if err != nil {
		return wheel{}, err
	}
	name, version := metadataName.FindSubmatch(metadata), metadataVersion.FindSubmatch(metadata)
	if name == nil || version == nil {
		return wheel{}, fmt.Errorf("%s says no name and version", info)
	}
	w := wheel{name: string(name[1]), version: string(version[1])}
	w.file = fmt.Sprintf("%s-%s-py3-none-any.whl", w.name, w.version)
	about := fmt.Sprintf("%s-%s.dist-info/", w.name, w.version)

	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	var record strings.Builder
	add := func(name string, content []byte) error {
		sum := sha256.Sum256(content)
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum[:]), len(content))
		f, err := z.Create(name)
		if err != nil {
			return err
		}
		_, err = f.Write(content)
		return err
	}
	err = filepath.WalkDir(filepath.Join(toolchain.DebianPython, imported), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) == ".pyc" || path.Ext(file) == ".so" {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return add(strings.TrimPrefix(file, toolchain.DebianPython+"/"), content)
	})
	err = errors.Join(err, add(about+"METADATA", metadata),
		add(about+"WHEEL", []byte("Wheel-Version: 1.0\nGenerator: prodgate\nRoot-Is-Purelib: true\nTag: py3-none-any\n")))
	if points, e := os.ReadFile(filepath.Join(info, "entry_points.txt")); e == nil {
		err = errors.Join(err, add(about+"entry_points.txt", points))
	}
	fmt.Fprintf(&record, "%sRECORD,,\n", about)
	f, e := z.Create(about + "RECORD")
	if err := errors.Join(err, e); err != nil {
		return wheel{}, err
	}
	_, err = f.Write([]byte(record.String()))
	if err := errors.Join(err, z.Close()); err != nil {
		return wheel{}, err
	}
	sum := sha256.Sum256(packed.Bytes())
	w.sum = hex.EncodeToString(sum[:])
	return w, os.WriteFile(filepath.Join(folder, w.file), packed.Bytes(), 0o644)
}
