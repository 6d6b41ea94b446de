package pipeline

import (
	"errors"
	"fmt"
)

// maxConfiguration is how long a value of an action's configuration may be: CodePipeline
// User Guide, Quotas.
const maxConfiguration = 1000

// maxAccepted leaves room for the other variables: CodeBuild takes 5,500 characters for all
// of a project (CodeBuild User Guide, Quotas).
const maxAccepted = 2500

// Check is an error that says everything that AWS would not take of the pipelines.
func (m Model) Check() error { return errors.Join(m.checkStages(), m.checkLengths()) }

// checkLengths is an error that names every app of which an action would be told too much.
func (m Model) checkLengths() error {
	var problems []error
	for i, app := range m.settings.Apps {
		for _, stage := range m.Stages(app) {
			for _, action := range stage.Actions {
				for key, value := range action.Configuration {
					if n := len(value.Text); n > maxConfiguration {
						problems = append(problems, settingError(fmt.Sprintf("apps[%d]", i), app.Name,
							"the action %s of the stage %s would have %d characters in %s, and CodePipeline accepts %d; "+
								"name cluster, service and container more briefly, or expect less of the health check",
							action.Name, stage.Name, n, key, maxConfiguration))
					}
				}
			}
		}
	}
	// Of all apps together where a project is theirs.
	if n := len(acceptedOfAll(m.settings)); n > maxAccepted {
		problems = append(problems, settingError("scan.accepted", n, "the accepted findings of all apps have so many characters, and the variables of a "+
			"project have room for %d of them; fix some of what was found, or give fewer words of reason", maxAccepted))
	}
	return errors.Join(problems...)
}

// settingError is an error of a setting that only all settings together show: its key, its value,
// what is wrong with it and, after a semicolon, the remedy.
func settingError(key string, value any, format string, args ...any) error {
	return fmt.Errorf("prodgate:%s: %q: %w", key, value, fmt.Errorf(format, args...))
}
