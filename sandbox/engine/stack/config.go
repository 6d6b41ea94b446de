package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"prodgate/pkg/onlymain"
	"prodgate/sandbox/emulators/github"
	"prodgate/sandbox/engine/cloud"
)

// The tokens that the GitHub emulator accepts. The login of each is its name. The
// provider uses an app's token, because GitHub signs the commits of apps.
const (
	Provider      = "sandbox"       // an app that may administer the repositories
	Administrator = "administrator" // a person who may administer the repositories
	Developer     = "developer"     // a person who may write
	Lead          = "lead"          // a person who may write, and is in every team of the configuration
	Actions       = "actions"       // GitHub's own app, which runs workflows
)

// Config is the part of a stack's configuration that the emulators need.
type Config struct {
	// Text is the whole file.
	Text    []byte
	Account string
	Region  string
	GitHub  github.Seed
	// Organization is where the settings attach guardrails.
	Organization cloud.Organization
	// Workload are the clusters, services and load balancers that the settings of apps name.
	Workload cloud.Workload
	// Roles are the ARNs of the roles that the account has before the first update. The first
	// one is the deployer.
	Roles []string
	// Unreadable are the keys of secrets whose passphrase is not in the environment.
	Unreadable []string
}

// ReadConfig reads Pulumi.<stack>.yaml of a program. It reads only what the emulators
// need: the program itself reports what is wrong with the rest.
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

// ParseConfig is ReadConfig for the text of a file.
func ParseConfig(text []byte) (*Config, error) {
	read, err := readConfigFile(text)
	if err != nil {
		return nil, err
	}
	plain, err := read.decrypted()
	if err != nil {
		return nil, err
	}
	var file struct {
		Config struct {
			Account string `yaml:"prodgate:account"`
			Region  string `yaml:"aws:region"`
			Source  struct {
				Owner, Repository string
				CodeOwners        []string `yaml:"codeOwners"`
				Mergers           []string
			} `yaml:"prodgate:source"`
			Apps []app `yaml:"prodgate:apps"`

			Organization struct {
				ID             string `yaml:"id"`
				TargetID       string `yaml:"targetId"`
				RoleArn        string `yaml:"roleArn"`
				PreviewRoleArn string `yaml:"previewRoleArn"`
			} `yaml:"prodgate:organization"`
			// The repository of Workflows has the program.
			Workflows struct {
				Repository string
				Reviewers  []string
			} `yaml:"prodgate:workflows"`
		}
	}
	if err := yaml.Unmarshal(plain, &file); err != nil {
		return nil, err
	}
	source := file.Config.Source
	c := &Config{Text: text, Account: file.Config.Account, Region: file.Config.Region, Unreadable: read.unreadable, GitHub: github.Seed{
		Owner: github.Owner{Login: source.Owner, Organization: true, Plan: github.Team},
		Tokens: []github.Token{
			{Value: Provider, Login: Provider, Permission: github.Admin, App: 1},
			{Value: Administrator, Login: Administrator, Permission: github.Admin, SignsCommits: true},
			{Value: Developer, Login: Developer, Permission: github.Write, SignsCommits: true},
			{Value: Lead, Login: Lead, Permission: github.Write, SignsCommits: true},
			{Value: Actions, Login: Actions, Permission: github.Write, App: onlymain.ActionsApp},
		},
	}}
	organization := file.Config.Organization
	c.Organization = cloud.Organization{
		ID: organization.ID, TargetID: organization.TargetID, RoleArn: organization.RoleArn, PreviewRoleArn: organization.PreviewRoleArn,
	}
	access := map[string]github.Permission{}
	for _, who := range slices.Concat(source.CodeOwners, source.Mergers, file.Config.Workflows.Reviewers) {
		organization, slug, isTeam := strings.Cut(strings.TrimPrefix(who, "@"), "/")
		actor := "/" + organization
		if isTeam {
			actor = organization + "/" + slug
		}
		if access[actor] == github.Write {
			continue
		}
		if access[actor] = github.Write; isTeam {
			c.GitHub.Teams = append(c.GitHub.Teams, github.SeedTeam{Slug: slug, Members: []string{Lead}})
		} else {
			c.GitHub.Users = append(c.GitHub.Users, organization)
		}
	}
	files := dockerfiles(source.Repository, file.Config.Apps)
	if program := file.Config.Workflows.Repository; program != "" {
		c.GitHub.Owner.Plan = github.Enterprise // only this plan has reviewers of environments in private repositories
		if files[program] == nil {
			files[program] = map[string]string{}
		}
		for _, workflow := range []string{"preview", "up"} {
			files[program][".github/workflows/"+workflow+".yml"] = "name: " + workflow + "\n"
		}
	}
	for _, name := range repositories(source.Repository, append(file.Config.Apps, app{Repository: file.Config.Workflows.Repository})) {
		if source.Owner == "" {
			break // all repositories are in CodeCommit
		}
		c.GitHub.Repositories = append(c.GitHub.Repositories, github.SeedRepository{
			Name: name, Private: true, Branches: []string{"prod"}, Files: files[name], Access: access,
		})
	}
	c.Workload = workload(c.Region, file.Config.Apps)
	c.Roles, err = roles(plain, c.Account)
	return c, err
}

func repositories(common string, apps []app) []string {
	seen := map[string]bool{"": true}
	var names []string
	for _, app := range append(apps, app{Repository: common}) {
		if !seen[app.Repository] {
			seen[app.Repository] = true
			names = append(names, app.Repository)
		}
	}
	return names
}
