package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"prodgate/sandbox/github"
)

// Config is what the emulators have to know of a stack's configuration.
type Config struct {
	Account string
	GitHub  github.Seed
}

// ReadConfig reads Pulumi.<stack>.yaml of a program. It looks only for what it
// needs: the program itself says what is wrong with the rest.
func ReadConfig(program, stack string) (*Config, error) {
	text, err := os.ReadFile(filepath.Join(program, "Pulumi."+stack+".yaml"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("no stack %q here: there is no Pulumi.%s.yaml", stack, stack)
	}
	if err != nil {
		return nil, err
	}
	var file struct {
		Config struct {
			Account string `yaml:"prodgate:account"`
			Source  struct{ Owner, Repository string }                `yaml:"prodgate:source"`
			Apps    []struct{ Repository string } `yaml:"prodgate:apps"`
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("Pulumi.%s.yaml: %w", stack, err)
	}
	c := &Config{Account: file.Config.Account, GitHub: github.Seed{Owner: file.Config.Source.Owner}}
	for _, name := range repositories(file.Config.Source.Repository, file.Config.Apps) {
		c.GitHub.Repositories = append(c.GitHub.Repositories, github.Repository{Name: name})
	}
	return c, nil
}

func repositories(common string, apps []struct{ Repository string }) []string {
	seen := map[string]bool{"": true}
	var names []string
	for _, app := range append(apps, struct{ Repository string }{common}) {
		if !seen[app.Repository] {
			seen[app.Repository] = true
			names = append(names, app.Repository)
		}
	}
	return names
}
