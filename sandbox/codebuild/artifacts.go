package codebuild

import (
	"fmt"
	"io/fs"
	"os"
)

// collect reads the files that the patterns name, relative to the source. It
// does not follow a link out of it. CodeBuild's ** is not run here: it is a *
// that matches one level.
func collect(source string, patterns []string) (map[string][]byte, error) {
	root, err := os.OpenRoot(source)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	defer root.Close()

	files := map[string][]byte{}
	for _, pattern := range patterns {
		names, err := fs.Glob(root.FS(), pattern)
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
