package codebuild

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// everything is the only supported pattern with **. Elsewhere ** is a * that matches one
// level.
const everything = "**/*"

// collect reads the files that match the patterns, relative to the base, a folder of the source.
// It does not follow a link out of the base.
func collect(source, base string, patterns []string) (map[string][]byte, error) {
	root, err := os.OpenRoot(filepath.Join(source, base))
	if err != nil {
		return nil, fmt.Errorf("no matching base directory path found: %w", err)
	}
	defer root.Close()

	files := map[string][]byte{}
	for _, pattern := range patterns {
		names, err := matching(root.FS(), pattern)
		if err != nil {
			return nil, fmt.Errorf("artifact %s: %w", pattern, err)
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("no matching artifact paths found: %s", pattern)
		}
		for _, name := range names {
			content, err := fs.ReadFile(root.FS(), name)
			if err != nil {
				return nil, fmt.Errorf("artifact %s: %w", name, err)
			}
			files[name] = content
		}
	}
	return files, nil
}

func matching(folder fs.FS, pattern string) (names []string, err error) {
	if pattern != everything {
		return fs.Glob(folder, pattern)
	}
	err = fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	return names, err
}
