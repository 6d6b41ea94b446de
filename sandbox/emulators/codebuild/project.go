package codebuild

import (
	"fmt"
	"strings"
)

// Project is the part of a project's definition that a build uses. Its JSON form is that of
// BatchGetProjects, so that a build can run the deployed project.
type Project struct {
	Name        string      `json:"name"`
	Arn         string      `json:"arn"`
	Source      Source      `json:"source"`
	Environment Environment `json:"environment"`
}

// Source holds the buildspec that the project brings along.
type Source struct {
	Buildspec string `json:"buildspec"`
}

// Environment is what the project's builds run in.
type Environment struct {
	Image string `json:"image"`
	// PrivilegedMode is what makes a docker daemon available to the build.
	PrivilegedMode bool       `json:"privilegedMode"`
	Variables      []Variable `json:"environmentVariables"`
}

// Variable is one environment variable of the project.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// Type is PLAINTEXT by default, or SECRETS_MANAGER. No other type is supported.
	Type string `json:"type"`
}

func (v Variable) plain() bool { return v.Type == "" || v.Type == "PLAINTEXT" }

// place reads partition, region and account from the project's ARN.
func (p Project) place() (partition, region, account string, err error) {
	parts := strings.Split(p.Arn, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "codebuild" {
		return "", "", "", fmt.Errorf("project %q: arn %q is not a project's", p.Name, p.Arn)
	}
	return parts[1], parts[3], parts[4], nil
}
