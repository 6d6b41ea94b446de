package stack

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// roles are the ARNs of the account's roles that a configuration names: first the deployers,
// then the other roles in access, then the roles of the apps' tasks.
func roles(text []byte, account string) ([]string, error) {
	var file struct {
		Config struct {
			Access struct {
				Deployers  []string `yaml:"deployerArns"`
				BreakGlass string   `yaml:"breakGlassArn"`
				Approvers  []string `yaml:"approverArns"`
			} `yaml:"prodgate:access"`
			Source struct {
				Reviewers []string `yaml:"reviewerArns"`
				Mergers   []string `yaml:"mergerArns"`
			} `yaml:"prodgate:source"`
			Apps []struct {
				Execution string `yaml:"executionRoleArn"`
				Task      string `yaml:"taskRoleArn"`
			} `yaml:"prodgate:apps"`
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	access := file.Config.Access
	source := file.Config.Source
	all := slices.Concat(access.Deployers, []string{access.BreakGlass}, access.Approvers, source.Reviewers, source.Mergers)
	for _, app := range file.Config.Apps {
		all = append(all, app.Execution, app.Task)
	}
	var ours []string
	for _, arn := range all {
		if strings.Contains(arn, "::"+account+":role/") && !slices.Contains(ours, arn) {
			ours = append(ours, arn)
		}
	}
	return ours, nil
}
