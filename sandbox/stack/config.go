package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"prodgate/sandbox/cloud"
	"prodgate/sandbox/github"
)

// Config is what the emulators have to know of a stack's configuration.
type Config struct {
	// Text is the whole file.
	Text    []byte
	Account string
	Region  string
	GitHub  github.Seed
	// Organization is where settings say that guardrails are attached.
	Organization cloud.Organization
}

// ReadConfig reads Pulumi.<stack>.yaml of a program. It looks only for what it
// needs: the program itself says what is wrong with the rest.
func ReadConfig(program, stack string) (*Config, error) {
	name := "Pulumi." + stack + ".yaml"
	text, err := os.ReadFile(filepath.Join(program, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("no stack %q: there is no %s", stack, name)
	}
	if err != nil {
		return nil, err
	}
	config, err := ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return config, nil
}

// ParseConfig is ReadConfig of a file's text.
func ParseConfig(text []byte) (*Config, error) {
	var file struct {
		Config struct {
			Account string                             `yaml:"prodgate:account"`
			Region  string                             `yaml:"aws:region"`
			Source  struct{ Owner, Repository string } `yaml:"prodgate:source"`
			Apps    []struct{ Repository string }      `yaml:"prodgate:apps"`

			Organization struct {
				TargetID string `yaml:"targetId"`
				RoleArn  string `yaml:"roleArn"`
			} `yaml:"prodgate:organization"`
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	c := &Config{Text: text, Account: file.Config.Account, Region: file.Config.Region, GitHub: github.Seed{
		Owner: github.Owner{Login: file.Config.Source.Owner, Organization: true, Plan: github.Team},
	}}
	c.Organization.TargetID, c.Organization.RoleArn = file.Config.Organization.TargetID, file.Config.Organization.RoleArn
	for _, name := range repositories(file.Config.Source.Repository, file.Config.Apps) {
		c.GitHub.Repositories = append(c.GitHub.Repositories, github.SeedRepository{
			Name: name, Private: true, Branches: []string{"prod"},
		})
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
