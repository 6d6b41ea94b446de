package archive

import (
	"archive/zip"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestArchive_IsReproducible builds the function twice, the second time without the first archive.
func TestArchive_IsReproducible(t *testing.T) {
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(out))) // not below the folder of archives
	var all []Archive
	for range 2 {
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		built, err := Build(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		again, err := Build(t.Context())
		if err != nil || again != built {
			t.Errorf("the archive that is there is %+v, %v, want %+v", again, err, built)
		}
		all = append(all, built)
	}
	if all[0].SHA256 != all[1].SHA256 || all[0].Path == all[1].Path {
		t.Errorf("two builds are %+v", all)
	}
	content, err := os.ReadFile(all[0].Path)
	if err != nil || encoded(content) != all[0].SHA256 {
		t.Errorf("the hash is %s, of the file %s, %v", all[0].SHA256, encoded(content), err)
	}
}

// TestArchive_HasOneProgram: Lambda starts the one file of the archive, which has to be executable.
func TestArchive_HasOneProgram(t *testing.T) {
	t.Parallel()
	content, err := pack([]byte("program"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if len(files.File) != 1 || files.File[0].Name != "bootstrap" || files.File[0].Mode() != 0o755 || files.File[0].Modified.Year() != 1980 {
		t.Errorf("the archive has %+v", files.File)
	}
}
