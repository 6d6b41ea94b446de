// Package zap has a stand-in for ZAP, which cannot be had here: it looks at the headers
// of one page, and reports in ZAP's own form.
package zap

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"prodgate/pkg/tool"
)

// Script is the stand-in.
//
//go:embed zap.sh
var Script []byte

// Archive writes a script as ZAP's releases are packed, and returns its checksum.
func Archive(name string, script []byte) (checksum string, err error) {
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	files := tar.NewWriter(zipped)
	header := &tar.Header{Name: "ZAP_" + tool.ZAP.Version + "/zap.sh", Mode: 0o755, Size: int64(len(script))}
	err = files.WriteHeader(header)
	if err == nil {
		_, err = files.Write(script)
	}
	if err := errors.Join(err, files.Close(), zipped.Close(), os.WriteFile(name, packed.Bytes(), 0o600)); err != nil {
		return "", fmt.Errorf("archive of ZAP: %w", err)
	}
	sum := sha256.Sum256(packed.Bytes())
	return hex.EncodeToString(sum[:]), nil
}
